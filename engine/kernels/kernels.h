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
    real *scratch; /* [the greatest *_scratch of the calls], borrowed, ARENA_ALIGN-aligned */
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

/** The directions of a convolution: each may be computed in several ways, its variants. */
enum conv_direction { CONV_FORWARD, CONV_DATA, CONV_WEIGHTS, CONV_DIRECTIONS };
extern const char *const conv_direction_names[CONV_DIRECTIONS + 1]; /* "forward", "data", "weights" */

/* ---- batch norm --------------------------------------------------------------------------------------- */

/** x is [groups * rows, c]: `groups` views that keep their own statistics, `rows` = n * h * w of one view. */
struct norm_shape {
    int groups, rows, c;
    bool relu; /* y = max(0, .) after the optional residual */
};

enum { NORM_EPS_INVERSE = 100000 }; /* eps 1e-5 */

/** What the statistics of x are, and how they are applied. Borrowed. */
struct norm_saved {
    real *mean;     /* [groups, c]                                                                      */
    real *scale;    /* [groups, c] 1 / sqrt(biased variance + eps)                                      */
    real *unbiased; /* [groups, c] variance by n - 1, for the running statistics                        */
    real *affine;   /* [3, groups, c] pivot, factor, shift: normed x = (x - pivot) * factor + shift     */
};

/** What norm_apply reads and fills; borrowed. */
struct norm_apply_args {
    const real *x;        /* [groups * rows, c]                                                             */
    const real *residual; /* [groups * rows, c], added before the ReLU; NULL: none                          */
    const real *affine;   /* [3, groups, c]: that of norm_saved, or any other                               */
    const uint8_t *keep;  /* [groups * rows, c]: forced, the ReLU passes exactly where it is 1; NULL: free  */
    real *y;              /* [groups * rows, c]: filled; may be x if no backward follows                    */
};

/** What norm_backward reads and fills; borrowed. */
struct norm_backward_args {
    const real *x;       /* [groups * rows, c]                                                              */
    const real *y;       /* [groups * rows, c]: the output; NULL without residual: it is found from x       */
    const real *weight;  /* [c]; NULL: 1                                                                    */
    const uint8_t *keep; /* as forward had it                                                               */
    const struct norm_saved *saved;
    const real *dy;  /* [groups * rows, c]                                                              */
    real *dx;        /* [groups * rows, c]: filled; may be dy                                           */
    real *dresidual; /* [groups * rows, c]: filled; may be dy; NULL when there was no residual          */
    real *dweight;   /* [c]: filled, summed over groups; NULL with weight                               */
    real *dbias;     /* [c]: the same                                                                   */
};

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
    real start;    /* added inside both sigmoids, a constant: 0 as published, more opens the gates */
};

/** What the gate keeps for backward. All borrowed. */
struct gate_saved {
    real *pooled;     /* [2, n, c]: mean over hw, then maximum over hw                         */
    real *hidden;     /* [2, n, hidden]: relu(reduce * pooled)                                 */
    real *channel;    /* [2, n, c]: the channel gate g, then 1 - g, exact where g is nearly 1   */
    real *stat;       /* [n, h, w, 2]: mean and maximum over c of g * x                        */
    int32_t *largest; /* [n, h, w]: first channel that attains the maximum                     */
    real *spatial;    /* [2, n, h, w]: the spatial gate s, then 1 - s                           */
};

/** Choices forced upon forward (NULL: it chooses itself). See engine/model/choices.h. */
struct gate_choices {
    const uint8_t *top;     /* [n, h, w, c]: 1 where x attains (shares) the maximum over hw    */
    const uint8_t *hidden;  /* [2, n, hidden]: 1 where the ReLU lets pass                      */
    const int32_t *largest; /* [n, h, w]                                                       */
};

/* ---- cells ------------------------------------------------------------------------------------------- */

/** x [n, h, w, c] -> y [n, cells, cells, c]. */
struct cells_shape {
    int n, h, w, c, cells;
};

/** Separable operator to cells, banded: what is 0 is skipped. Borrowed. */
struct cell_operators {
    const real *rows;    /* [cells, h] */
    const real *columns; /* [cells, w] */
};

/* ---- linear maps -------------------------------------------------------------------------------------- */

/** y [rows, out] = x [rows, in] * w [out, in] transposed + bias. */
struct linear_shape {
    int rows, in, out;
};

/** What linear_forward reads and fills; borrowed. */
struct linear_forward_args {
    const real *x;    /* [rows, in]                                 */
    const real *w;    /* [out, in]                                  */
    const real *bias; /* [out]; NULL: none                          */
    real *y;          /* [rows, out]: filled, or added to           */
    bool add;         /* to y                                       */
    double *squares;  /* filled with the sum of all w * w; NULL: not */
};

enum update_kind { UPDATE_LARS, UPDATE_ADAMW };

/** What an optimizer makes of a gradient, element by element, in place; g = factor * gradient.
 *  LARS:  moment = momentum * moment + scale * (g + decay * value); value -= rate * moment.
 *  AdamW: moment = momentum * moment + (1 - momentum) * g; second = momentum2 * second + (1 - momentum2) * g * g;
 *         value = keep * value - rate * moment / (sqrt(second) * root + eps). */
struct update {
    enum update_kind kind;
    real factor; /* of the gradient alone, where scale is of the decay too: 1, or less where it is clipped */
    real momentum, scale, decay, rate;
    real momentum2, keep, root, eps;
    real *value;  /* [out, in], borrowed, updated in place        */
    real *moment; /* [out, in], borrowed, updated in place        */
    real *second; /* [out, in], borrowed, the same; NULL for LARS */
};

/* ---- matrix products ------------------------------------------------------------------------------------ */

/** A factor of a product: row i of the stored matrix begins at x + i * pitch. Borrowed. */
struct factor {
    const real *x;
    int pitch;       /* reals from row to row                                  */
    bool transposed; /* it is the transpose of what is stored that is multiplied */
};

/** c [m, n] = alpha * a [m, k] * b [k, n] + beta * c, where a and b are taken after transposition: a transposed `a` is
 *  stored [k, m], a transposed `b` [n, k]. */
struct product {
    int m, n, k;
    struct factor a, b;
    real *c;    /* [m, pitch], row-major; filled */
    int pitch;  /* of c, reals from row to row   */
    real alpha; /* never left out: 0 clears c    */
    real beta;  /* 0: c is not read              */
};

/* ---- random directions --------------------------------------------------------------------------------- */

/** Which directions: numbers first .. first + count of those that (seed, step) names, in d dimensions. */
struct direction_draw {
    uint64_t seed;
    uint32_t step;
    int first, count, d;
};

/* The knots 0 .. NORMALITY_REACH at which characteristic functions are compared. */
enum { NORMALITY_KNOTS = 17, NORMALITY_REACH = 3 };

/* ---- end of a stage ----------------------------------------------------------------------------------- */

/** What stands between the last convolution of a stage and the next stage: batch norm, residual, ReLU, context gate,
 *  pools. x [n,h,w,c] -> map [n,h,w,c]; y is the map, or its max-pool [n,oh,ow,c]. */
struct stage_shape {
    int n, h, w, c;
    int groups;   /* views, n / groups images each, with coefficients of their own */
    int hidden;   /* of the channel gate: c / reduction; 0: no gate                */
    bool maxpool; /* 3x3, stride 2, pad 1                                          */
    int cells;    /* pooled to [cells, cells], at most STAGE_CELLS                 */
};

enum { STAGE_CELLS = 8 };

/** What both directions of a stage share. Borrowed. */
struct stage_operands {
    const struct gate_weights *gate;
    const struct cell_operators *cells;
    const struct stage_choices *forced; /* NULL: it chooses itself; only the naive sets obey */
    const struct stage_saved *saved;    /* filled by forward, read by backward               */
};

/** What forward reads and fills; borrowed. */
struct stage_forward_args {
    const real *x;        /* [n, h, w, c]                                 */
    const real *residual; /* [n, h, w, c]; NULL: there is none            */
    const real *affine;   /* [3, groups, c] as in norm_saved              */
    real *y;              /* [n, h, w, c] or [n, oh, ow, c]; not x        */
    /* what else is made, each NULL where not wanted: */
    real *cells;     /* [n, cells, cells, c]                       */
    real *mean;      /* [n, c]: of the map over positions          */
    real *activated; /* [n, h, w, c]: what stands before the gate  */
    real *gated;     /* [n, h, w, c]: the map, where y is its pool */
};

/** What backward reads and fills; borrowed. */
struct stage_backward_args {
    const real *x;        /* [n, h, w, c]                                         */
    const real *residual; /* [n, h, w, c]; NULL: there is none                    */
    const real *weight;   /* [c] of the norm                                      */
    const struct norm_saved *norm;
    const real *dy;         /* [n, h, w, c] or [n, oh, ow, c], as y                 */
    const real *dcells;     /* [n, cells, cells, c]; NULL: none                     */
    real *dx;               /* [n, h, w, c]: filled; may be dy where there is neither max-pool nor residual */
    real *dresidual;        /* [n, h, w, c]: filled; may be dy where there is no max-pool; NULL without residual */
    real *dweight;          /* [c] of the norm: filled                              */
    real *dbias;            /* [c] of the norm: filled                              */
    struct gate_weights dw; /* of the gate: filled                                */
};

/** What forward keeps for backward: of the gate, and taps of the pool (NULL: not kept). */
struct stage_saved {
    struct gate_saved gate;
    uint8_t *tap; /* [n, oh, ow, c] */
};

/** Choices forced upon the stage; only the naive sets obey. */
struct stage_choices {
    const uint8_t *keep; /* [n, h, w, c]: 1 where the ReLU passes */
    struct gate_choices gate;
    const uint8_t *tap; /* [n, oh, ow, c] */
};

/* ---- the table ---------------------------------------------------------------------------------------- */

struct kernels {
    const char *name; /* "avx2" */

    /** Make the plan of one shape for `threads` threads; NULL with an error when memory ran out. */
    struct conv_plan *(*conv_create)(const struct conv_shape *s, int threads, struct err *e);
    /** The same without its tables: for what it takes and how it would be computed. Nothing computes with it. */
    struct conv_plan *(*conv_measure)(const struct conv_shape *s, int threads, struct err *e);
    void (*conv_destroy)(struct conv_plan *p); /* NULL is fine */
    /** Bytes of the tables of a plan, also of one without them. */
    size_t (*conv_table_bytes)(const struct conv_plan *p);
    /** Name of the i-th variant that can compute this direction of this shape; NULL beyond the last. */
    const char *(*conv_candidate)(const struct conv_plan *p, int direction, int i);
    /** Compute a direction by the variant of that name from now on; false where it is none of the candidates. */
    bool (*conv_set_variant)(struct conv_plan *p, int direction, const char *name);
    /** Name of the variant that a direction is computed by; a new plan has what a fixed table says of its shape. */
    const char *(*conv_variant)(const struct conv_plan *p, int direction);
    /** Scratch in reals that any of the three directions needs, as they are computed. */
    size_t (*conv_scratch)(const struct conv_plan *p);
    /** x [n,h,w,c], w [r,r,c,k] -> y [n,oh,ow,k], filled. */
    void (*conv_forward)(const struct kernel_run *run, const struct conv_plan *p, const real *x, const real *w,
                         real *y);
    /** dy [n,oh,ow,k], w [r,r,c,k] -> dx [n,h,w,c]: filled, or added to when `add`. */
    void (*conv_backward_data)(const struct kernel_run *run, const struct conv_plan *p, const real *dy, const real *w,
                               real *dx, bool add);
    /** x [n,h,w,c], dy [n,oh,ow,k] -> dw [r,r,c,k]: filled. */
    void (*conv_backward_weights)(const struct kernel_run *run, const struct conv_plan *p, const real *x,
                                  const real *dy, real *dw);

    /** Scratch in reals of all norm passes. */
    size_t (*norm_scratch)(const struct norm_shape *s, int threads);
    /** Fill `saved` from x [groups * rows, c]: the statistics of each group (biased variance in scale). weight, bias
     * [c], or both NULL: 1 and 0. */
    void (*norm_statistics)(const struct kernel_run *run, const struct norm_shape *s, const real *x, const real *weight,
                            const real *bias, const struct norm_saved *saved);
    /** y = relu?((x - pivot) * factor + shift + residual?). */
    void (*norm_apply)(const struct kernel_run *run, const struct norm_shape *s, const struct norm_apply_args *a);
    /** With relu, gradients pass where y > 0, or where keep is 1 if it is given. */
    void (*norm_backward)(const struct kernel_run *run, const struct norm_shape *s, const struct norm_backward_args *b);

    /** Scratch in reals of both stage passes. */
    size_t (*stage_scratch)(const struct stage_shape *s, int threads);
    /** map = s * g * relu((x - pivot) * factor + shift + residual?); with no hidden units map = relu(...). Of `saved`,
     *  tap and gate.largest may be NULL when nothing goes back. `forced` NULL, or obeyed. */
    void (*stage_forward)(const struct kernel_run *run, const struct stage_shape *s, const struct stage_operands *with,
                          const struct stage_forward_args *f);
    /** A maximum over channels sends its gradient to the first largest element; positions that tie for the maximum over
     *  hw share it equally. */
    void (*stage_backward)(const struct kernel_run *run, const struct stage_shape *s, const struct stage_operands *with,
                           const struct stage_backward_args *b);

    /** What goes back where statistics are constants and nothing is learned: of norm_backward and stage_backward `dx`
     * and `dresidual` alone, with `saved->affine`; dx as dy says there. `dcells`, weights and what is learned are not
     * looked at. For few images: all sets share the naive ones. */
    void (*norm_explain)(const struct kernel_run *run, const struct norm_shape *s, const struct norm_backward_args *b);
    size_t (*stage_explain_scratch)(const struct stage_shape *s, int threads);
    void (*stage_explain)(const struct kernel_run *run, const struct stage_shape *s, const struct stage_operands *with,
                          const struct stage_backward_args *b);

    /** Mean over positions: x [n,hw,c] -> y [n,c]; backward adds dy / hw to dx. */
    void (*mean_forward)(const struct kernel_run *run, int n, int hw, int c, const real *x, real *y);
    void (*mean_backward)(const struct kernel_run *run, int n, int hw, int c, const real *dy, real *dx);

    /** Pool a map to cells by a separable operator: x [n,h,w,c] -> y [n,cells,cells,c]; backward adds to dx. */
    void (*cells_forward)(const struct kernel_run *run, const struct cells_shape *s, const struct cell_operators *op,
                          const real *x, real *y);
    void (*cells_backward)(const struct kernel_run *run, const struct cells_shape *s, const struct cell_operators *op,
                           const real *dy, real *dx);

    /** Matrix product: see struct product. */
    void (*product)(const struct kernel_run *run, const struct product *p);

    /** out [count, d]: of unit length, uniform on the sphere; each a pure function of (seed, step, its number), the
     * same in all sets but for rounding. */
    void (*directions)(const struct kernel_run *run, const struct direction_draw *draw, real *out);
    /** statistic [k]: Epps and Pulley's, of each column of x [n, k] against the standard normal: n times the integral
     * of |mean exp(itx) - exp(-t^2/2)|^2 exp(-t^2/2) over -3 .. 3, by the trapezoid rule. dx [n, k]: filled with the
     *  gradient of its column's statistic; may be x. A column with a number that is not finite has none. */
    void (*normality)(const struct kernel_run *run, int n, int k, const real *x, real *statistic, real *dx);

    /** Scratch in reals of all passes of a linear map, and of linear_norm where it is `normed`. */
    size_t (*linear_scratch)(const struct linear_shape *s, bool normed, int threads);
    /** y = x w' + bias: see struct linear_forward_args. */
    void (*linear_forward)(const struct kernel_run *run, const struct linear_shape *s,
                           const struct linear_forward_args *a);
    /** dx [rows, in] = dy [rows, out] * w: filled, or added to when `add`. */
    void (*linear_backward_data)(const struct kernel_run *run, const struct linear_shape *s, const real *dy,
                                 const real *w, bool add, real *dx);
    /** dw [out, in] = dy [rows, out] transposed * x [rows, in]. dw: NULL, or filled. u: NULL, or applied to dw, which
     * need not be kept. */
    void (*linear_backward_weights)(const struct kernel_run *run, const struct linear_shape *s, const real *x,
                                    const real *dy, real *dw, const struct update *u);
    /** db [out] = sum over rows of dy [rows, out]: filled. */
    void (*linear_backward_bias)(const struct kernel_run *run, const struct linear_shape *s, const real *dy, real *db);
    /** Sum of all dw * dw of x [rows, in] and dy [rows, out], without making dw: sum over rows i, j of (x_i . x_j)
     * (dy_i . dy_j), in double. `most` is filled with an upper bound for the size of any partial sum of dw: finite as
     * float, so is dw. */
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
