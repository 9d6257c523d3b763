/* The parameters of a network: names, shapes, order in memory, and the blocks that hold them.
 *
 * One list in PyTorch's order. Blocks of values, moments and gradients have their layouts from it, so that counting,
 * saving and updating are one loop; what a tensor lacks has no place in them. Files have PyTorch's order of dimensions,
 * memory the order that kernels read. */
#ifndef MLVICX_MODEL_PARAMS_H
#define MLVICX_MODEL_PARAMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/base/arena.h"
#include "engine/base/err.h"
#include "engine/base/real.h"
#include "engine/model/shape.h"
#include "engine/model/tensor.h"

/* What stands before the name of a parameter in that of its moving average. */
#define TARGET_PREFIX "target."

enum param_order {
    PARAM_PLAIN, /* as in files                                                     */
    PARAM_CONV,  /* file [k, c, r, s], memory [r, s, c, k]                          */
    PARAM_CELLS, /* file [d, f * 16] with 16 cells inside f, memory [d, 16 * f]     */
};

/** How a tensor starts ("Initialisation" in assets/docs/method.md). */
enum param_start { START_ZERO, START_ONE, START_KAIMING, START_UNIFORM };

struct param {
    struct engine_tensor info; /* info.name points to `name` */
    char name[96];
    enum param_order order;
    enum param_start start;
    int fan_in;             /* of START_UNIFORM: bound 1/sqrt(fan_in) */
    int place;              /* stream of its initial values           */
    int source;             /* of a TENSOR_TARGET: the parameter that it follows; else -1 */
    size_t offset;          /* in reals; trainable tensors and running statistics count apart */
    size_t gradient_offset; /* in reals, in the block of gradients, where absent ones have no place */
    bool gradient_absent;   /* its gradient is never whole in memory (struct fused_update) */
    size_t moment_offset;   /* in reals, in the blocks of moments, where frozen ones have no place */
    bool frozen;            /* it has neither gradient nor moments */
};

struct params {
    struct param *list; /* [count], owned */
    int count, room;
    int places; /* of the next tensor, counted as if all gates were built: one seed, one encoder, whatever hangs on it
                 */
    size_t trainable;   /* reals of all trainable tensors, each padded to ARENA_ALIGN */
    size_t running;     /* reals of all running statistics, padded alike              */
    size_t targets;     /* reals of all moving averages, padded alike                 */
    size_t gradients;   /* reals of all gradients that are whole, padded alike        */
    size_t moments;     /* reals of the first moments of all that is not frozen, padded alike */
    struct arena arena; /* holds the blocks below; NULL where a use does not need one */
    real *value;        /* [trainable]                                               */
    real *momentum;     /* [moments]: first moment                                   */
    real *second;       /* [moments]: second moment, of AdamW                        */
    real *gradient;     /* [gradients]: of one micro-batch, then of the step         */
    real *sum;          /* [gradients]: over micro-batches                           */
    real *statistics;   /* [running]                                                 */
    real *before;       /* [running]: as the step began; goes with sum               */
    real *target;       /* [targets]                                                 */
};

#define params_add      REAL_NAME(params_add)
#define params_allocate REAL_NAME(params_allocate)
#define params_clear    REAL_NAME(params_clear)
#define params_bytes    REAL_NAME(params_bytes)
#define params_start    REAL_NAME(params_start)
#define params_value    REAL_NAME(params_value)
#define params_gradient REAL_NAME(params_gradient)
#define params_follow   REAL_NAME(params_follow)
#define params_export   REAL_NAME(params_export)
#define params_import   REAL_NAME(params_import)

/** A tensor to append. */
struct param_spec {
    const char *prefix, *suffix; /* its name is both, one behind the other                */
    enum engine_tensor_kind kind;
    enum param_order order;
    enum param_start start;
    int fan_in;   /* of START_UNIFORM                                      */
    int source;   /* of a TENSOR_TARGET: index of the parameter that it follows */
    int shape[4]; /* PyTorch's order; 0 beyond its last dimension          */
};

/** Append a tensor; returns its index, or -1 when memory ran out. */
int params_add(struct params *p, const struct param_spec *spec);

/** Which blocks a use needs. */
struct params_need {
    bool gradient; /* and momentum       */
    bool second;   /* of AdamW           */
    bool sum;      /* and before         */
};

/** Bytes of all blocks that params_allocate would make. */
size_t params_bytes(const struct params *p, const struct params_need *need);
/** Make the blocks, zeroed. */
bool params_allocate(struct params *p, const struct params_need *need, struct err *e);
void params_clear(struct params *p);

/** Draw the initial values from `seed`; each tensor has a stream of its own, moving averages begin as copies. */
void params_start(struct params *p, uint64_t seed);

/** Moving averages: target = keep * target + (1 - keep) * parameter. */
void params_follow(const struct params *p, double keep);

/** [count] numbers of tensor i in memory order, in its block; NULL for an absent gradient or that of a frozen one. */
real *params_value(const struct params *p, int i);
real *params_gradient(const struct params *p, int i);

/** Copy between a tensor's numbers m [count] in memory order and f32 or f64 [count] in PyTorch's; exactly one of both
 * is given, the other NULL. */
void params_export(const struct param *t, const real *m, float *f32, double *f64);
void params_import(const struct param *t, real *m, const float *f32, const double *f64);

#endif
