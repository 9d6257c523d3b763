/* The naive set: plain loops, one function a kernel, the twin that every fast kernel is tested against.
 *
 * Contracts, shapes and ownership are those of struct kernels. Threads share out independent outputs only, so the bits
 * do not depend on their number. Compiled for float and for double. */
#ifndef MLVICX_NAIVE_NAIVE_H
#define MLVICX_NAIVE_NAIVE_H

#include "engine/kernels/kernels.h"

#define conv_create_naive           REAL_NAME(conv_create_naive)
#define conv_destroy_naive          REAL_NAME(conv_destroy_naive)
#define conv_table_bytes_naive      REAL_NAME(conv_table_bytes_naive)
#define conv_candidate_naive        REAL_NAME(conv_candidate_naive)
#define conv_set_variant_naive      REAL_NAME(conv_set_variant_naive)
#define conv_variant_naive          REAL_NAME(conv_variant_naive)
#define conv_scratch_naive          REAL_NAME(conv_scratch_naive)
#define conv_forward_naive          REAL_NAME(conv_forward_naive)
#define conv_backward_data_naive    REAL_NAME(conv_backward_data_naive)
#define conv_backward_weights_naive REAL_NAME(conv_backward_weights_naive)
#define norm_scratch_naive          REAL_NAME(norm_scratch_naive)
#define norm_statistics_naive       REAL_NAME(norm_statistics_naive)
#define norm_apply_naive            REAL_NAME(norm_apply_naive)
#define norm_backward_naive         REAL_NAME(norm_backward_naive)
#define norm_explain_naive          REAL_NAME(norm_explain_naive)
#define maxpool_forward_naive       REAL_NAME(maxpool_forward_naive)
#define maxpool_backward_naive      REAL_NAME(maxpool_backward_naive)
#define gate_scratch_naive          REAL_NAME(gate_scratch_naive)
#define gate_forward_naive          REAL_NAME(gate_forward_naive)
#define gate_backward_naive         REAL_NAME(gate_backward_naive)
#define stage_scratch_naive         REAL_NAME(stage_scratch_naive)
#define stage_forward_naive         REAL_NAME(stage_forward_naive)
#define stage_backward_naive        REAL_NAME(stage_backward_naive)
#define stage_explain_naive         REAL_NAME(stage_explain_naive)
#define mean_forward_naive          REAL_NAME(mean_forward_naive)
#define mean_backward_naive         REAL_NAME(mean_backward_naive)
#define cells_forward_naive         REAL_NAME(cells_forward_naive)
#define cells_backward_naive        REAL_NAME(cells_backward_naive)
#define product_naive               REAL_NAME(product_naive)
#define directions_naive            REAL_NAME(directions_naive)
#define normality_naive             REAL_NAME(normality_naive)

#define linear_scratch_naive          REAL_NAME(linear_scratch_naive)
#define linear_forward_naive          REAL_NAME(linear_forward_naive)
#define linear_backward_data_naive    REAL_NAME(linear_backward_data_naive)
#define linear_backward_weights_naive REAL_NAME(linear_backward_weights_naive)
#define linear_backward_bias_naive    REAL_NAME(linear_backward_bias_naive)
#define linear_norm_naive             REAL_NAME(linear_norm_naive)
#define peak_flops_naive              REAL_NAME(peak_flops_naive)

struct conv_plan *conv_create_naive(const struct conv_shape *s, int threads, struct err *e);
void conv_destroy_naive(struct conv_plan *p);
size_t conv_table_bytes_naive(const struct conv_plan *p);
const char *conv_candidate_naive(const struct conv_plan *p, int direction, int i);
bool conv_set_variant_naive(struct conv_plan *p, int direction, const char *name);
const char *conv_variant_naive(const struct conv_plan *p, int direction);
size_t conv_scratch_naive(const struct conv_plan *p);
void conv_forward_naive(const struct kernel_run *run, const struct conv_plan *p, const real *x, const real *w, real *y);
void conv_backward_data_naive(const struct kernel_run *run, const struct conv_plan *p, const real *dy, const real *w,
                              real *dx, bool add);
void conv_backward_weights_naive(const struct kernel_run *run, const struct conv_plan *p, const real *x, const real *dy,
                                 real *dw);

size_t norm_scratch_naive(const struct norm_shape *s, int threads);
void norm_statistics_naive(const struct kernel_run *run, const struct norm_shape *s, const real *x, const real *weight,
                           const real *bias, const struct norm_saved *saved);
void norm_apply_naive(const struct kernel_run *run, const struct norm_shape *s, const struct norm_apply_args *a);
void norm_backward_naive(const struct kernel_run *run, const struct norm_shape *s, const struct norm_backward_args *b);
void norm_explain_naive(const struct kernel_run *run, const struct norm_shape *s, const struct norm_backward_args *b);

/* Pieces of the naive stage, each a pass over the whole batch. */

/** A max-pool, 3x3, stride 2, pad 1: x [n, h, w, c] -> y [n, oh, ow, c]. */
struct maxpool_shape {
    int n, h, w, c;
};

/** tap [n, oh, ow, c]: filled with the first tap that attains the maximum, or obeyed where forced. NULL: not kept. */
void maxpool_forward_naive(const struct kernel_run *run, const struct maxpool_shape *s, const real *x, bool forced,
                           real *y, uint8_t *tap);
/** dy, tap [n, oh, ow, c] -> dx [n, h, w, c]: filled. */
void maxpool_backward_naive(const struct kernel_run *run, const struct maxpool_shape *s, const real *dy,
                            const uint8_t *tap, real *dx);

/** What both directions of a gate share. Borrowed. */
struct gate_operands {
    const struct gate_weights *weights;
    const struct gate_choices *forced; /* NULL: it chooses itself               */
    const struct gate_saved *saved;    /* filled by forward, read by backward   */
};

/** What the gate's backward reads and fills; borrowed. */
struct gate_backward_args {
    const real *x;                 /* [n, h, w, c]                    */
    const real *dy;                /* [n, h, w, c]                    */
    real *dx;                      /* [n, h, w, c]: filled; may be dy */
    const struct gate_weights *dw; /* filled; NULL: nothing is learned */
};

size_t gate_scratch_naive(const struct gate_shape *s, int threads);
/** x [n, h, w, c] -> y [n, h, w, c]. */
void gate_forward_naive(const struct kernel_run *run, const struct gate_shape *s, const struct gate_operands *with,
                        const real *x, real *y);
void gate_backward_naive(const struct kernel_run *run, const struct gate_shape *s, const struct gate_operands *with,
                         const struct gate_backward_args *b);
size_t stage_scratch_naive(const struct stage_shape *s, int threads);
void stage_forward_naive(const struct kernel_run *run, const struct stage_shape *s, const struct stage_operands *with,
                         const struct stage_forward_args *f);
void stage_backward_naive(const struct kernel_run *run, const struct stage_shape *s, const struct stage_operands *with,
                          const struct stage_backward_args *b);
void stage_explain_naive(const struct kernel_run *run, const struct stage_shape *s, const struct stage_operands *with,
                         const struct stage_backward_args *b);

void mean_forward_naive(const struct kernel_run *run, int n, int hw, int c, const real *x, real *y);
void mean_backward_naive(const struct kernel_run *run, int n, int hw, int c, const real *dy, real *dx);
void cells_forward_naive(const struct kernel_run *run, const struct cells_shape *s, const struct cell_operators *op,
                         const real *x, real *y);
void cells_backward_naive(const struct kernel_run *run, const struct cells_shape *s, const struct cell_operators *op,
                          const real *dy, real *dx);
void product_naive(const struct kernel_run *run, const struct product *p);
void directions_naive(const struct kernel_run *run, const struct direction_draw *draw, real *out);
void normality_naive(const struct kernel_run *run, int n, int k, const real *x, real *statistic, real *dx);

size_t linear_scratch_naive(const struct linear_shape *s, bool normed, int threads);
void linear_forward_naive(const struct kernel_run *run, const struct linear_shape *s,
                          const struct linear_forward_args *a);
void linear_backward_data_naive(const struct kernel_run *run, const struct linear_shape *s, const real *dy,
                                const real *w, bool add, real *dx);
void linear_backward_weights_naive(const struct kernel_run *run, const struct linear_shape *s, const real *x,
                                   const real *dy, real *dw, const struct update *u);
void linear_backward_bias_naive(const struct kernel_run *run, const struct linear_shape *s, const real *dy, real *db);
double linear_norm_naive(const struct kernel_run *run, const struct linear_shape *s, const real *x, const real *dy,
                         double *most);
double peak_flops_naive(const struct kernel_run *run, int rounds);

#endif
