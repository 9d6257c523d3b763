/* Kernels: the arithmetic of the network, as one table of functions a set.
 *
 * Sets: `naive` (plain loops, the reference twin of every kernel; also compiled with double scalars as `naive64`),
 * `portable`, `avx2`, `avx512` (one source over vectors, compiled once for each width). The model asks
 * for a set by name and calls through the table, never a set's own header.
 *
 * Memory order: activations [n, h, w, c] (NHWC), convolution weights [r, s, c, k] (taps, input, output channels),
 * weights of linear maps [out, in] as PyTorch has them. Nothing allocates: plans are made once, scratch is the
 * caller's. Sums over threads are formed in a fixed order: same set, same thread count, same bits. */
#ifndef MLVICX_KERNELS_KERNELS_H
#define MLVICX_KERNELS_KERNELS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/base/err.h"
#include "engine/base/real.h"

/** How a kernel may run: `threads` OpenMP threads, and scratch of the greatest need (see *_scratch). */
struct kernel_run {
    int threads;
    real *scratch; /* borrowed, ARENA_ALIGN-aligned */
};

/* ---- convolution -------------------------------------------------------------------------------------- */

/** Shape of a convolution without bias: x [n,h,w,c] -> y [n,oh,ow,k], square kernel `r`, zero padding `pad`. */
struct conv_shape {
    int n, h, w, c, k, r, stride, pad;
};

static inline int conv_out(int size, int r, int stride, int pad)
{
    return (size + 2 * pad - r) / stride + 1;
}

/** What a set prepares once for a shape: tables of offsets, block sizes. Opaque; made and freed by the set. */
struct conv_plan;

/* ---- batch norm --------------------------------------------------------------------------------------- */

/** x is [groups * rows, c]: `groups` views that keep their own statistics, `rows` = n * h * w of one view. */
struct norm_shape {
    int groups, rows, c;
    bool relu; /* y = max(0, .) after the optional residual */
};

enum { NORM_EPS_INVERSE = 100000 }; /* eps 1e-5 */

/* ---- context gate ------------------------------------------------------------------------------------- */

/** x [n,h,w,c]; hidden = c / reduction. See "Context bottleneck" in assets/docs/method.md. */
struct gate_shape {
    int n, h, w, c, hidden;
};

/** Weights (or their gradients) of one gate. Borrowed. */
struct gate_weights {
    real *reduce;  /* [hidden, c]      */
    real *expand;  /* [c, hidden]      */
    real *spatial; /* [7, 7, 2]: taps, then (mean, max) */
};

/** What forward keeps for backward. All borrowed from the arena, n times the sizes below. */
struct gate_saved {
    real *pooled;     /* [2, n, c]: mean over hw, then maximum over hw                         */
    real *hidden;     /* [2, n, hidden]: relu(reduce * pooled)                                 */
    real *channel;    /* [n, c]: the channel gate g                                            */
    real *stat;       /* [n, h, w, 2]: mean and maximum over c of g * x                        */
    int32_t *largest; /* [n, h, w]: first channel that attains the maximum                     */
    real *spatial;    /* [n, h, w]: the spatial gate s                                         */
};

/** Choices forced upon forward (NULL: it chooses itself). See engine/model/choices.h. */
struct gate_choices {
    const uint8_t *top;     /* [n, h, w, c]: 1 where x attains (shares) the maximum over hw    */
    const uint8_t *hidden;  /* [2, n, hidden]: 1 where the ReLU lets pass                      */
    const int32_t *largest; /* [n, h, w]                                                       */
};

/* ---- linear maps -------------------------------------------------------------------------------------- */

/** y [rows, out] = x [rows, in] * w [out, in] transposed + bias. */
struct linear_shape {
    int rows, in, out;
};

enum update_kind { UPDATE_LARS, UPDATE_ADAMW };

/** What an optimizer makes of a gradient g, element by element, in place.
 *  LARS:  moment = momentum * moment + scale * (g + decay * value); value -= rate * moment.
 *  AdamW: moment = momentum * moment + (1 - momentum) * g; second = momentum2 * second + (1 - momentum2) * g * g;
 *         value = keep * value - rate * moment / (sqrt(second) * root + eps). */
struct update {
    enum update_kind kind;
    real momentum, scale, decay, rate;
    real momentum2, keep, root, eps;
    real *value, *moment, *second; /* borrowed; second only for AdamW */
};

/* ---- the table ---------------------------------------------------------------------------------------- */

struct kernels {
    const char *name; /* "avx2" */

    /** Make the plan of one shape for `threads` threads; NULL with an error when memory ran out. */
    struct conv_plan *(*conv_create)(const struct conv_shape *s, int threads, struct err *e);
    void (*conv_destroy)(struct conv_plan *p); /* NULL is fine */
    /** Scratch in reals that any of the three passes needs. */
    size_t (*conv_scratch)(const struct conv_plan *p);
    /** y [n,oh,ow,k], filled. */
    void (*conv_forward)(const struct kernel_run *run, const struct conv_plan *p, const real *x, const real *w,
                         real *y);
    /** dx [n,h,w,c]: filled, or added to when `add`. */
    void (*conv_backward_data)(const struct kernel_run *run, const struct conv_plan *p, const real *dy, const real *w,
                               real *dx, bool add);
    /** dw [r,s,c,k]: filled. */
    void (*conv_backward_weights)(const struct kernel_run *run, const struct conv_plan *p, const real *x,
                                  const real *dy, real *dw);

    /** Scratch in reals of both norm passes. */
    size_t (*norm_scratch)(const struct norm_shape *s, int threads);
    /** Training: y = relu?(weight * (x - mean) * scale + bias + residual?), mean and scale = 1/sqrt(var + eps) [groups,
     * c] filled with the statistics of each group (biased variance), `unbiased` [groups, c] with the n-1 variance for
     * the running statistics. residual [groups*rows, c] or NULL. `keep` NULL, or [groups*rows, c] bytes: where forced,
     * the ReLU passes exactly where keep is 1. y may be x only if no backward follows. */
    void (*norm_forward)(const struct kernel_run *run, const struct norm_shape *s, const real *x, const real *residual,
                         const real *weight, const real *bias, const uint8_t *keep, real *y, real *mean, real *scale,
                         real *unbiased);
    /** Evaluation: the same with given statistics [c] (mean, variance) for every row. May run in place (y == x). */
    void (*norm_evaluate)(const struct kernel_run *run, const struct norm_shape *s, const real *x, const real *residual,
                          const real *weight, const real *bias, const real *mean, const real *var, real *y);
    /** dy [groups*rows, c] -> dx (filled; may be dy), dweight [c], dbias [c] (filled, summed over groups), dresidual
     *  (filled; may be dy; NULL when there was none). With relu, gradients pass where y > 0, or where keep is 1 if
     *  keep is given. */
    void (*norm_backward)(const struct kernel_run *run, const struct norm_shape *s, const real *x, const real *y,
                          const real *weight, const uint8_t *keep, const real *mean, const real *scale, const real *dy,
                          real *dx, real *dresidual, real *dweight, real *dbias);

    /** Max-pool 3x3, stride 2, pad 1: x [n,h,w,c] -> y [n,oh,ow,c], oh = conv_out(h,3,2,1). tap [n,oh,ow,c] is filled
     * with the tap 0..8 (row-major) of the first largest element; with `forced` it is read instead. */
    void (*maxpool_forward)(const struct kernel_run *run, int n, int h, int w, int c, const real *x, bool forced,
                            real *y, uint8_t *tap);
    /** dx [n,h,w,c] filled. */
    void (*maxpool_backward)(const struct kernel_run *run, int n, int h, int w, int c, const real *dy,
                             const uint8_t *tap, real *dx);

    /** Scratch in reals of both gate passes. */
    size_t (*gate_scratch)(const struct gate_shape *s, int threads);
    /** y = s * g * x. y may not be x. saved is filled. */
    void (*gate_forward)(const struct kernel_run *run, const struct gate_shape *s, const struct gate_weights *w,
                         const struct gate_choices *forced, const real *x, real *y, const struct gate_saved *saved);
    /** dy [n,h,w,c] -> dx (filled; may be dy), dw (filled). A maximum over channels sends its gradient to the first
     * largest element; positions that tie for the maximum over hw share it equally. */
    void (*gate_backward)(const struct kernel_run *run, const struct gate_shape *s, const struct gate_weights *w,
                          const struct gate_choices *forced, const real *x, const struct gate_saved *saved,
                          const real *dy, real *dx, const struct gate_weights *dw);

    /** Mean over positions: x [n,hw,c] -> y [n,c]; backward adds dy / hw to dx. */
    void (*mean_forward)(const struct kernel_run *run, int n, int hw, int c, const real *x, real *y);
    void (*mean_backward)(const struct kernel_run *run, int n, int hw, int c, const real *dy, real *dx);

    /** Pool to cells by a separable operator: x [n,h,w,c], py [cells,h], px [cells,w] -> y [n,cells,cells,c] (rows,
     * columns). Backward adds to dx. Entries of py and px that are 0 are skipped: the operator is banded. */
    void (*cells_forward)(const struct kernel_run *run, int n, int h, int w, int c, int cells, const real *py,
                          const real *px, const real *x, real *y);
    void (*cells_backward)(const struct kernel_run *run, int n, int h, int w, int c, int cells, const real *py,
                           const real *px, const real *dy, real *dx);

    /** c [m,n] = alpha * op(a) [m,k] * op(b) [k,n] + beta * c; row-major with leading dimensions lda, ldb, ldc.
     *  ta: a is stored [k,m]; tb: b is stored [n,k]. beta 0 does not read c. */
    void (*product)(const struct kernel_run *run, bool ta, bool tb, int m, int n, int k, real alpha, const real *a,
                    int lda, const real *b, int ldb, real beta, real *c, int ldc);

    /** Scratch in reals of all passes of a linear map, and of linear_norm where it is `normed`. */
    size_t (*linear_scratch)(const struct linear_shape *s, bool normed, int threads);
    /** y is filled, or added to when `add`. bias [out] or NULL. squares: NULL, or filled with the sum of all w * w. */
    void (*linear_forward)(const struct kernel_run *run, const struct linear_shape *s, const real *x, const real *w,
                           const real *bias, bool add, real *y, double *squares);
    /** dx [rows, in] = dy [rows, out] * w: filled, or added to when `add`. */
    void (*linear_backward_data)(const struct kernel_run *run, const struct linear_shape *s, const real *dy,
                                 const real *w, bool add, real *dx);
    /** dw [out, in] = dy transposed * x. dw: NULL, or filled. u: NULL, or applied to dw, which need not be kept. */
    void (*linear_backward_weights)(const struct kernel_run *run, const struct linear_shape *s, const real *x,
                                    const real *dy, real *dw, const struct update *u);
    /** Sum of all dw * dw, without making dw: sum over rows i, j of (x_i . x_j) (dy_i . dy_j), in double. `most` is
     *  filled with an upper bound for the size of any partial sum of dw: finite as float, so is dw. */
    double (*linear_norm)(const struct kernel_run *run, const struct linear_shape *s, const real *x, const real *dy,
                          double *most);

    /** `rounds` of multiply-adds that wait for nothing, on all threads; returns their flops. Timed, it is the peak that
     *  the figures of all others are held against. Writes one real of scratch. */
    double (*peak_flops)(const struct kernel_run *run, int rounds);
};

enum kernel_set {
    KERNELS_AUTO,
    KERNELS_AVX512,
    KERNELS_AVX2,
    KERNELS_PORTABLE,
    KERNELS_NAIVE,
    KERNELS_NAIVE64,
    KERNELS_COUNT
};

/** Names in the order of enum kernel_set: "auto", "avx512", ... */
extern const char *const kernel_set_names[KERNELS_COUNT + 1];

/** Turn auto into the best set of this CPU; refuse a set that this CPU lacks, by name (ERR_UNSUPPORTED). The
 * environment variable MLVICX_KERNELS, when set and not empty, overrules `wanted`. Precision-neutral (defined once). */
bool kernels_resolve(enum kernel_set wanted, enum kernel_set *found, struct err *e);

#define kernels_find  REAL_NAME(kernels_find)
#define kernels_naive REAL_NAME(kernels_naive)

/** The table of a resolved set at this precision; the double engine has only the naive one (for KERNELS_NAIVE64). */
const struct kernels *kernels_find(enum kernel_set set);

/** The reference twin of every kernel. */
extern const struct kernels kernels_naive;

#endif
