/* Kernels of one vector set; contracts, shapes and ownership are those of struct kernels. Few rows are left to the
 * naive twin, whose sums are in double. */
#ifndef MLVICX_VECTOR_FAST_H
#define MLVICX_VECTOR_FAST_H

#include "engine/kernels/vector/set.h"

#define conv_candidate_fast        SET_NAME(conv_candidate)
#define conv_set_variant_fast      SET_NAME(conv_set_variant)
#define conv_variant_fast          SET_NAME(conv_variant)
#define conv_scratch_fast          SET_NAME(conv_scratch)
#define conv_forward_fast          SET_NAME(conv_forward)
#define conv_backward_data_fast    SET_NAME(conv_backward_data)
#define conv_backward_weights_fast SET_NAME(conv_backward_weights)
#define norm_scratch_fast          SET_NAME(norm_scratch)
#define norm_statistics_fast       SET_NAME(norm_statistics)
#define norm_apply_fast            SET_NAME(norm_apply)
#define norm_backward_fast         SET_NAME(norm_backward)
#define stage_scratch_fast         SET_NAME(stage_scratch)
#define stage_forward_fast         SET_NAME(stage_forward)
#define stage_backward_fast        SET_NAME(stage_backward)
#define mean_forward_fast          SET_NAME(mean_forward)
#define mean_backward_fast         SET_NAME(mean_backward)
#define cells_forward_fast         SET_NAME(cells_forward)
#define cells_backward_fast        SET_NAME(cells_backward)
#define product_fast               SET_NAME(product)
#define directions_fast            SET_NAME(directions)
#define normality_fast             SET_NAME(normality)

#define linear_scratch_fast          SET_NAME(linear_scratch)
#define linear_forward_fast          SET_NAME(linear_forward)
#define linear_backward_data_fast    SET_NAME(linear_backward_data)
#define linear_backward_weights_fast SET_NAME(linear_backward_weights)
#define linear_backward_bias_fast    SET_NAME(linear_backward_bias)
#define linear_norm_fast             SET_NAME(linear_norm)
#define peak_flops_fast              SET_NAME(peak_flops)

const char *conv_candidate_fast(const struct conv_plan *p, int direction, int i);
bool conv_set_variant_fast(struct conv_plan *p, int direction, const char *name);
const char *conv_variant_fast(const struct conv_plan *p, int direction);
size_t conv_scratch_fast(const struct conv_plan *p);
void conv_forward_fast(const struct kernel_run *run, const struct conv_plan *p, const float *x, const float *w,
                       float *y);
void conv_backward_data_fast(const struct kernel_run *run, const struct conv_plan *p, const float *dy, const float *w,
                             float *dx, bool add);
void conv_backward_weights_fast(const struct kernel_run *run, const struct conv_plan *p, const float *x,
                                const float *dy, float *dw);

size_t norm_scratch_fast(const struct norm_shape *s, int threads);
void norm_statistics_fast(const struct kernel_run *run, const struct norm_shape *s, const float *x, const float *weight,
                          const float *bias, const struct norm_saved *saved);
void norm_apply_fast(const struct kernel_run *run, const struct norm_shape *s, const struct norm_apply_args *a);
void norm_backward_fast(const struct kernel_run *run, const struct norm_shape *s, const struct norm_backward_args *b);

size_t stage_scratch_fast(const struct stage_shape *s, int threads);
void stage_forward_fast(const struct kernel_run *run, const struct stage_shape *s, const struct stage_operands *with,
                        const struct stage_forward_args *f);
void stage_backward_fast(const struct kernel_run *run, const struct stage_shape *s, const struct stage_operands *with,
                         const struct stage_backward_args *b);

void mean_forward_fast(const struct kernel_run *run, int n, int hw, int c, const float *x, float *y);
void mean_backward_fast(const struct kernel_run *run, int n, int hw, int c, const float *dy, float *dx);
void cells_forward_fast(const struct kernel_run *run, const struct cells_shape *s, const struct cell_operators *op,
                        const float *x, float *y);
void cells_backward_fast(const struct kernel_run *run, const struct cells_shape *s, const struct cell_operators *op,
                         const float *dy, float *dx);
void product_fast(const struct kernel_run *run, const struct product *p);
void directions_fast(const struct kernel_run *run, const struct direction_draw *draw, float *out);
void normality_fast(const struct kernel_run *run, int n, int k, const float *x, float *statistic, float *dx);

size_t linear_scratch_fast(const struct linear_shape *s, bool normed, int threads);
void linear_forward_fast(const struct kernel_run *run, const struct linear_shape *s,
                         const struct linear_forward_args *a);
void linear_backward_data_fast(const struct kernel_run *run, const struct linear_shape *s, const float *dy,
                               const float *w, bool add, float *dx);
void linear_backward_weights_fast(const struct kernel_run *run, const struct linear_shape *s, const float *x,
                                  const float *dy, float *dw, const struct update *u);
void linear_backward_bias_fast(const struct kernel_run *run, const struct linear_shape *s, const float *dy, float *db);
double linear_norm_fast(const struct kernel_run *run, const struct linear_shape *s, const float *x, const float *dy,
                        double *most);
double peak_flops_fast(const struct kernel_run *run, int rounds);

#endif
