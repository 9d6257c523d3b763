/* What network: architecture, widths, image size. Plain values, with names and checks. */
#ifndef MLVICX_MODEL_SHAPE_H
#define MLVICX_MODEL_SHAPE_H

#include <stdbool.h>

#include "engine/base/err.h"

enum model_arch { MODEL_RESNET18, MODEL_RESNET50, MODEL_ARCH_COUNT };
extern const char *const model_arch_names[MODEL_ARCH_COUNT + 1];

enum { MODEL_MAPS = 5, MODEL_CELLS = 4, MODEL_LEAST_SIZE = 32 };

struct model_shape {
    enum model_arch arch;
    int width;                   /* stem channels; 64 in the paper                  */
    bool context;                /* gates after each of the five maps               */
    int context_reduction;       /* hidden width of a channel gate = channels / it  */
    double context_start;        /* added inside both sigmoids of a gate, a constant; 0 as published */
    int dim, fuse, grid;         /* embedding D, fused channels F, resize grid      */
    int size;                    /* image side in pixels, 32 up                     */
    int channels;                /* of the images: 1 (grey) or 3                    */
    float mean[3], deviation[3]; /* normalisation of 0..1 pixels, by RGB channel */
    bool local;                  /* the maps are pooled, fused and given a head of their own */
    int out;                     /* width of the projection z; 0: dim */
    bool predictor;              /* byol, simsiam: a head behind the projection, in training */
    int classes;                 /* of a classifier over h, which is then the only head; 0: none */
};

/** Where in the network a layer stands: what its time is told under. Gates stand for the ends of the stages that they
 * are computed with: the last norm, the gates, and the pooling for the heads. In a network without gates these are of
 * the stage that they end. */
enum model_stage {
    STAGE_STEM,
    STAGE_LAYER1,
    STAGE_LAYER2,
    STAGE_LAYER3,
    STAGE_LAYER4,
    STAGE_GATES,
    STAGE_HEADS,
    STAGE_COUNT
};
extern const char *const model_stage_names[STAGE_COUNT + 1]; /* "stem", "layer1", ... */

/** Channels of map k = 0..4. */
int model_map_channels(const struct model_shape *s, int k);

/** Width of the projection z. */
int model_out(const struct model_shape *s);

/** Refuse what cannot be built, with the reason. */
bool model_shape_check(const struct model_shape *s, struct err *e);

#endif
