/* What byol and simsiam learn from: each view's prediction is drawn to the direction of the other view's constant. */
#ifndef MLVICX_METHODS_COSINE_H
#define MLVICX_METHODS_COSINE_H

#include "engine/base/real.h"
#include "engine/train/methods/loss.h"

#define cosine_scratch REAL_NAME(cosine_scratch)
#define cosine_pair    REAL_NAME(cosine_pair)

/** Reals of scratch that cosine_pair needs for views of [n, d]. */
size_t cosine_scratch(const struct kernels *k, int threads, int n, int d);

/** Facts of views->embedding into `out`; returns the mean over images of cos(z1, c2) + cos(z2, c1), where c [2, n, d]
 * is constant. views->dz is filled with `factor` * views->scale times its gradient. */
double cosine_pair(const struct kernel_run *run, const struct loss_views *views, const real *c, double factor,
                   struct level_report *out);

#endif
