/* The loss of one level: variance, invariance, covariance of two views (VICReg; Bardes, Ponce, LeCun 2022), with the
 * variance term halved as there, and its gradient. "Loss" in assets/docs/method.md. */
#ifndef MLVICX_TRAIN_LOSS_H
#define MLVICX_TRAIN_LOSS_H

#include <stddef.h>
#include <stdint.h>

#include "engine/base/real.h"
#include "engine/kernels/kernels.h"
#include "engine/train/engine.h"

#define loss_level   REAL_NAME(loss_level)
#define loss_scratch REAL_NAME(loss_scratch)

/** Reals of scratch that loss_level needs for views of [n, d]. */
size_t loss_scratch(int n, int d);

/** Terms of one level and gradient of `weight` * total. ab: both views [2, n, d], borrowed; dab [2, n, d] filled. n
 * >= 2. The covariance uses the n x n Gram matrix where n < d, else the d x d matrix: same numbers. hinge: NULL, or [2,
 * d] bytes that force the variance hinge (1 where a dimension is below 1); record: NULL, or filled with the hinge's own
 * choice and, where forced, how it differs. `gain` is left alone. */
void loss_level(const struct kernels *k, const struct kernel_run *run, const struct loss_weights *w, double weight,
                int n, int d, const real *ab, real *dab, real *scratch, const uint8_t *hinge, struct choice *record,
                struct level_loss *out);

#endif
