/* Updates: LARS (You 2017) and AdamW (Loshchilov 2019) over the parameters ("Optimizer" in assets/docs/method.md). */
#ifndef MLVICX_TRAIN_OPTIMIZER_H
#define MLVICX_TRAIN_OPTIMIZER_H

#include <stdint.h>

#include "engine/base/real.h"
#include "engine/kernels/kernels.h"
#include "engine/model/network.h"
#include "engine/model/params.h"
#include "engine/train/engine.h"

/** Sums over one tensor, found in one pass: of gradient * gradient, value * gradient, value * value. */
struct optimizer_sums {
    double gg, vg, vv;
};

/** One update. */
struct optimizer_settings {
    int64_t number; /* 1, 2, ...                                            */
    double rate;
    double factor; /* of all gradients: 1, or less where they are clipped  */
};

struct optimizer {
    enum optim_kind kind;
    double momentum, weight_decay, eta; /* unitless */
    const struct kernels *kernels;      /* borrowed, static */
    const struct fused_update
        *fused_updates; /* [fused_count], borrowed: gradients that are made while they are applied */
    int fused_count;
    struct optimizer_sums *sums; /* [params.count], borrowed: filled by optimizer_measure, read by optimizer_step */
};

#define optimizer_measure REAL_NAME(optimizer_measure)
#define optimizer_step    REAL_NAME(optimizer_step)

/** Fill the sums; returns the norm over all gradients that are not exactly zero. Where one is not finite, `*bad` is its
 *  tensor, else -1. */
double optimizer_measure(const struct kernel_run *run, const struct optimizer *o, const struct params *p, int *bad);

/** An update, after optimizer_measure: params->value from the gradients, moments in place. Tensors that are not
 * trained, and those whose gradient is exactly zero, stay as they are. */
void optimizer_step(const struct kernel_run *run, const struct optimizer *o, struct params *p,
                    const struct optimizer_settings *of);

#endif
