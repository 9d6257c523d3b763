/* Plan of the direct convolution: which input rows meet which weights, tabled once.
 *
 * Forward and backward-data are the same machine with other tables: output pixels visit taps, each tap reads one run of
 * input channels. Output pixels that use the same taps form a class: the parity classes of a strided backward pass
 * visit only the taps that hit; on small maps the border pixels are classes of their own and skip the padding; on large
 * ones padding taps read a row of zeros, which costs little and keeps neighbours together. */
#ifndef MLVICX_KERNELS_CONV_H
#define MLVICX_KERNELS_CONV_H

#include "engine/kernels/set.h"

enum { CONV_TAPS_MOST = 49 };

struct conv_class {
    unsigned key; /* taps of rows << 16 | taps of columns, as bits */
    int taps, pixels;
    int tap[CONV_TAPS_MOST]; /* which weights */
    int32_t *out;            /* [pixels]: output pixel within its image               */
    int32_t *in;             /* [pixels, taps]: first input channel, -1 for padding   */
};

struct conv_pass {
    int in_c, out_c;            /* channels of a run, channels of an output pixel */
    int taps;                   /* of all classes: rows of the packed weights     */
    int out_pixels;             /* of an image                                    */
    size_t in_image, out_image; /* reals                                          */
    int class_count;
    struct conv_class *classes; /* owned */
};

struct conv_plan {
    struct conv_shape s;
    int oh, ow, threads;
    /* Few input channels: every image is copied with its border, and a whole row of taps is one run of r * c. */
    bool bordered;
    size_t border_image; /* reals of such a copy */
    struct conv_pass forward, backward;
    bool split_pixels; /* backward-weights: threads share out pixels, else pieces of dw */
};

#define conv_plan_create  SET_NAME(conv_plan_create)
#define conv_plan_destroy SET_NAME(conv_plan_destroy)

struct conv_plan *conv_plan_create(const struct conv_shape *s, int threads, struct err *e);
void conv_plan_destroy(struct conv_plan *p);

#endif
