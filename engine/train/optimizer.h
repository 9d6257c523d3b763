/* Updates: LARS (You 2017) and AdamW (Loshchilov 2019) over the parameters ("Optimizer" in assets/docs/method.md). */
#ifndef MLVICX_TRAIN_OPTIMIZER_H
#define MLVICX_TRAIN_OPTIMIZER_H

#include <stdint.h>

#include "engine/base/real.h"
#include "engine/kernels/kernels.h"
#include "engine/model/params.h"
#include "engine/train/engine.h"

struct optimizer {
    enum optim_kind kind;
    double momentum, weight_decay, eta;
};

#define optimizer_step      REAL_NAME(optimizer_step)
#define optimizer_grad_norm REAL_NAME(optimizer_grad_norm)

/** Norm over all gradients that are not exactly zero. Where one is not finite, `*bad` is its tensor, else -1. */
double optimizer_grad_norm(const struct kernel_run *run, const struct params *p, int *bad);

/** Update number `t` = 1, 2, ... at rate `lr`: params->value from params->gradient, moments in place. Tensors that are not
 *  trained, and those whose gradient is exactly zero, stay as they are. */
void optimizer_step(const struct kernel_run *run, const struct optimizer *o, struct params *p, double lr, int64_t t);

#endif
