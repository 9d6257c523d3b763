/* The engine as others see it: a network, its optimizer and its plan behind one handle, in either precision.
 *
 * What crosses this line is in PyTorch's order, images as float32 or 8-bit; inside, scalars are float or, for the set
 * naive64, double. A step allocates nothing: memory is planned when the handle is made. The engine never
 * prints, exits or touches a store; it returns errors and numbers. */
#ifndef MLVICX_TRAIN_ENGINE_H
#define MLVICX_TRAIN_ENGINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/base/err.h"
#include "engine/base/levels.h"
#include "engine/base/methods.h"
#include "engine/kernels/kernels.h"
#include "engine/model/choices.h"
#include "engine/model/shape.h"
#include "engine/model/tensor.h"
#include "engine/model/tuning.h"
#include "engine/train/methods/method.h"

enum optim_kind { OPTIM_ADAMW, OPTIM_LARS };

struct engine_config {
    enum method_kind method;
    struct model_shape model;
    int batch;         /* images a step (each in two views); 2 up. 0: no training, features only   */
    bool fuse_trained; /* false: the fusing convolutions get no update, as published               */
    bool exclusive;    /* of a classifier: one class an image, softmax; else a sigmoid each          */
    bool freeze;       /* encoder and gates run in evaluation mode and stay as they are; only with a classifier */
    enum optim_kind optim;
    double momentum, weight_decay, eta;
    double clip;             /* greatest norm of all gradients together; 0: they are not clipped            */
    int accumulate;          /* micro-batches of `batch` a step                                          */
    enum kernel_set kernels; /* resolved, see engine_kernels                                             */
    int threads;             /* 1 up                                                                     */
    int features;            /* images of one evaluation pass; 0: as many as training plans for          */
    const struct tuning
        *tuning;  /* how convolutions are computed, borrowed while the engine is made; NULL: fixed table */
    bool observe; /* keep what `verify` compares: maps averaged to cells, choices of ReLUs and maxima    */
};

/** Images of one call, n of them in each of its views, [n, size, size, channels]; of each view exactly one of both
 *  pointers. u8 is scaled to 0..1 and normalised with the model's mean and deviation; f32 is normalised already (three
 *  channels) or, for grey images, on the scale of 0..1 and normalised by the stem. All borrowed. */
struct batch {
    int n, views;         /* views: 1, or 2 that belong to the same images */
    const uint8_t *u8[2]; /* [n, size, size, channels] each; or */
    const float *f32[2];  /* the same                           */
    const int8_t *labels; /* [n, model.classes]: 1, 0, -1 where it is not known; NULL where the method reads none */
};

/** What a step is told besides its images. */
struct step_settings {
    struct loss_weights weights;
    double rate;
    struct loss_draw draw;
    double keep; /* of the moving average, where the method has one: target = keep * target + (1 - keep) * parameter */
};

enum step_phase { PHASE_FORWARD, PHASE_HEADS, PHASE_LOSS, PHASE_BACKWARD, PHASE_UPDATE, PHASE_COUNT };
extern const char *const step_phase_names[PHASE_COUNT + 1];

struct step_report {
    const struct method_info *method; /* what the numbers of a level are */
    int levels;                       /* how many of its levels there are */
    struct level_report level[METHOD_LEVELS];
    double features_rho; /* correlation of both views of h, mean over its dimensions; NaN: there is one view */
    double total;        /* weighted sum of the levels */
    double grad_norm;    /* over all tensors whose gradient is not exactly zero, before it is clipped */
    double seconds[PHASE_COUNT];
    double stage[2][STAGE_COUNT]; /* parts of forward (heads are a phase of their own) and of backward, in seconds */
    unsigned absent;              /* bit s: the network has no layer of stage s */
};

/** Which numbers of a tensor engine_read and engine_write mean. Running statistics have only VALUE. */
enum engine_part { PART_VALUE, PART_GRADIENT, PART_MOMENTUM, PART_SECOND };

/** What an engine takes: for --dry-run, checks and benchmarks. */
struct engine_size {
    size_t parameters;       /* numbers, trained or not                 */
    double parameter_bytes;  /* values, moments, gradients, statistics  */
    double activation_bytes; /* one arena for training and evaluation   */
    double scratch_bytes;
    double table_bytes;   /* which input each convolution reads where; grows with the pixels of an image */
    double total_bytes;   /* of these four */
    double largest_bytes; /* of one tensor: what writing a checkpoint takes on top of the total */
    double step_flops;    /* of one step: both views, forward and backward */
    int layers;
};
struct engine_layer {
    const char *name, *kind;              /* "layer1.0.conv1", "conv" */
    int shape[4];                         /* output of both views [n,h,w,c] */
    double flops, bytes, offset;          /* forward flops; output bytes; offset in the activation arena */
    struct conv_shape conv;               /* of a convolution; else r is 0 */
    const char *variant[CONV_DIRECTIONS]; /* what computes each direction of it; until the callback returns */
};

/** What a layer took in the last step. */
struct engine_timing {
    const char *name, *kind;
    enum model_stage stage;
    int kernel, stride; /* of a convolution; else 0          */
    double flops;       /* of forward; backward has twice as many, the stem's as many */
    double forward_seconds, backward_seconds;
};

/** What a method is; static. */
const struct method_info *engine_method(enum method_kind kind);

struct engine;

enum { ENGINE_DOUBLE_ROWS = 3 };

/** The set that computes the steps of `c`, whose `kernels` is not read: `set`, but naive64 where a norm that learns has
 * ENGINE_DOUBLE_ROWS or fewer rows a view. Of a gradient over two or three rows little is left once its mean and its
 * part along x are taken out: rounding the maps of the encoder to float moves what is left by up to a fifth ("Small
 * batches" in engine/train/README.md). The norms of heads have `batch` rows; a classifier has no norm, and those of its
 * encoder have the positions of the last map, at 32 px one, times as many; frozen ones do not learn. */
enum kernel_set engine_kernels(enum kernel_set set, const struct engine_config *c);

/** Plan and allocate; parameters are zero until engine_init or engine_write. */
bool engine_create(struct engine **out, const struct engine_config *c, struct err *e);
void engine_destroy(struct engine *g); /* NULL is fine */

/** The size of an engine that is not made. `layers` NULL, or called for each layer. */
bool engine_measure(const struct engine_config *c, struct engine_size *size,
                    void (*layers)(void *ctx, const struct engine_layer *l), void *ctx, struct err *e);

/** Kaiming initialisation from `seed` ("Initialisation" in assets/docs/method.md); running mean 0, variance 1. */
void engine_init(struct engine *g, uint64_t seed);

int engine_tensors(const struct engine *g);
/** Whether this engine keeps that part of all its parameters, frozen ones aside: features-only engines have values,
 * LARS no second moment; gradients only where they are observed or accumulated, since large ones are used up as they
 * are made. */
bool engine_has(const struct engine *g, enum engine_part part);
const struct engine_tensor *engine_tensor(const struct engine *g, int i);
/** Copy tensor i, `count` floats in PyTorch's order. */
void engine_read(const struct engine *g, int i, enum engine_part part, float *out);
void engine_write(struct engine *g, int i, enum engine_part part, const float *in);
/** Copies in double: what naive64 really holds. */
void engine_read64(const struct engine *g, int i, enum engine_part part, double *out);
void engine_write64(struct engine *g, int i, enum engine_part part, const double *in);
/** Whether its scalars are double. */
bool engine_is_double(const struct engine *g);

/** Updates made so far (AdamW's bias correction counts them). */
int64_t engine_updates(const struct engine *g);
void engine_set_updates(struct engine *g, int64_t n);

/** One step over config.accumulate micro-batches; each view of `b` has batch * accumulate images, and there are as many
 *  views as the method reads: forward, loss, backward, update. On a non-finite loss or gradient nothing is applied and
 *  the error (ERR_NUMERIC) names the first tensor or term. */
bool engine_step(struct engine *g, const struct batch *b, const struct step_settings *settings,
                 struct step_report *report, struct err *e);

/** Times of the last step, layer by layer. */
void engine_timings(const struct engine *g, void (*layer)(void *ctx, const struct engine_timing *t), void *ctx);

/** Evaluation mode: running statistics, no gradients. `out[l]` NULL or filled with [n, dims of level l]; maps are
 *  averaged over positions. Of `images` the first view is read, n at most config.features. gates false: without the
 * context gates (plain ResNet). */
bool engine_features(struct engine *g, const struct batch *images, bool gates, float *const out[LEVEL_COUNT],
                     struct err *e);
/** Width of a level, 0 where such a network has none: that of the projection for z, D for d, channels for maps and h,
 * classes for logits. */
int engine_level_dims(const struct model_shape *s, enum engine_level level);

/** What a linear score of h, the sum of weights[c] * h[c], owes to a map of one image. Owned arrays. */
struct engine_explanation {
    int h, w, c;
    double score;
    double *map, *gradient; /* [h, w, c]: the map as the next stage reads it; the gradient of the score to it */
};
/** Evaluation mode, as engine_features; of `image` the one image of its first view is read. `level` LEVEL_MAP1 to
 * LEVEL_MAP5; weights [dims of h], borrowed. What it computes with is planned and allocated at the first call and kept.
 * `out` is filled; engine_explanation_clear frees it. */
bool engine_explain(struct engine *g, const struct batch *image, bool gates, enum engine_level level,
                    const double *weights, struct engine_explanation *out, struct err *e);
void engine_explanation_clear(struct engine_explanation *x); /* fine on a zeroed struct */

/* ---- for `verify`, with config.observe ---- */

/** One view (0, 1) of an output of the last step as doubles in PyTorch's order: "h" [n, c5], "z", "p", "t" and "d" [n,
 * dim], "logits" [n, classes], "map.1" .. "map.5" [n, c, 4, 4] averaged to cells by adaptive pooling. Returns how many
 * numbers; out may be NULL. */
size_t engine_output(const struct engine *g, const char *name, int view, double *out);

/** The choices of the last step; borrowed until the next one. After a forced step they hold flips and their size. */
const struct choices *engine_choices(const struct engine *g);

/** Force these choices (of an engine of the same configuration; borrowed) upon the following steps; NULL: choose
 * freely. */
void engine_force(struct engine *g, const struct choices *forced);

#endif
