/* The context gate of one image, except for its map: channel gate, planes of the spatial gate, and the way back.
 *
 * The passes over the map are in `stage_*.c`; what lies between them is here. Symbols as in naive/gate.c. */
#ifndef MLVICX_VECTOR_GATE_H
#define MLVICX_VECTOR_GATE_H

#include "engine/kernels/vector/fast.h"

enum { GATE_TAPS = 7, GATE_PAD = 3 };

/* A plane of one image with a border of zeros, its rows rounded up to vectors. */
struct gate_plane {
    int h, w, width; /* width: floats of a bordered row */
    size_t size;
    float start; /* of the gate: added to each sum */
};

/* Scratch: four parts for all images, then four of one thread. Borrowed. */
struct gate_scratch {
    float *dgate;    /* [n, c]                                              */
    float *dhidden;  /* [2, n, hidden]                                      */
    float *dpooled;  /* [2, n, c]                                           */
    float *dspatial; /* [n, 98]: of each image, the gradient of 7 x 7 x 2   */
    float *planes;   /* [2] planes                                          */
    float *dstat;    /* [h, w, 2]                                           */
    float *sums;     /* [hidden]                                            */
    float *tops;     /* [c]: positions that attain the maximum              */
};

#define gate_plane_of         SET_NAME(gate_plane_of)
#define gate_scratch_of       SET_NAME(gate_scratch_of)
#define gate_channel          SET_NAME(gate_channel)
#define gate_spatial          SET_NAME(gate_spatial)
#define gate_spatial_backward SET_NAME(gate_spatial_backward)
#define gate_channel_backward SET_NAME(gate_channel_backward)
#define gate_weights_finish   SET_NAME(gate_weights_finish)

struct gate_plane gate_plane_of(const struct gate_shape *s);
/* The scratch of thread `part` in base [the reals returned]. Returns the reals of all threads. */
size_t gate_scratch_of(const struct gate_shape *s, float *base, int part, int threads, struct gate_scratch *t);

/* Hidden units and gate of one image from its pooled vectors. sums [hidden]: scratch. */
void gate_channel(const struct gate_shape *s, const struct gate_weights *w, int image, const struct gate_saved *saved,
                  float *sums);
/* The spatial gate [h, w] of one image, and rests [h, w], what is left to 1, from its stat [h, w, 2]. weights [7, 7,
 * 2]; planes: those of the thread's scratch; out [h, w]. */
void gate_spatial(const struct gate_plane *p, const float *weights, const float *stat, float *planes, float *out,
                  float *rests);

/* planes[0] holds du in its middle; fills dstat, and dspatial [98], this image's part of the gradient of the 7x7
 * weights. weights [7, 7, 2], stat [h, w, 2]. */
void gate_spatial_backward(const struct gate_plane *p, const float *weights, const float *stat, float *dspatial,
                           const struct gate_scratch *t);
/* From dgate of one image to dhidden and dpooled. */
void gate_channel_backward(const struct gate_shape *s, const struct gate_weights *w, int image,
                           const struct gate_saved *saved, const struct gate_scratch *t);
/* Gradients of the weights from what all images left in scratch. */
void gate_weights_finish(const struct kernel_run *run, const struct gate_shape *s, const struct gate_saved *saved,
                         const struct gate_scratch *t, const struct gate_weights *dw);

#endif
