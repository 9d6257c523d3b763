/* Kernels of one vector set; contracts are those of struct kernels. */
#ifndef MLVICX_KERNELS_FAST_H
#define MLVICX_KERNELS_FAST_H

#include "engine/kernels/set.h"

#define conv_scratch_fast          SET_NAME(conv_scratch)
#define conv_forward_fast          SET_NAME(conv_forward)
#define conv_backward_data_fast    SET_NAME(conv_backward_data)
#define conv_backward_weights_fast SET_NAME(conv_backward_weights)
#define product_fast               SET_NAME(product)

size_t conv_scratch_fast(const struct conv_plan *p);
void conv_forward_fast(const struct kernel_run *run, const struct conv_plan *p, const float *x, const float *w, float *y);
void conv_backward_data_fast(const struct kernel_run *run, const struct conv_plan *p, const float *dy, const float *w,
                             float *dx, bool add);
void conv_backward_weights_fast(const struct kernel_run *run, const struct conv_plan *p, const float *x, const float *dy,
                                float *dw);

void product_fast(const struct kernel_run *run, bool ta, bool tb, int m, int n, int k, float alpha, const float *a, int lda,
                  const float *b, int ldb, float beta, float *c, int ldc);

#endif
