/* Batch norm over vectors of channels: one pass of sums about a pivot, one pass that applies them.
 *
 * Sums run in float over NORM_BLOCK rows at a time and are added up in double, in each thread for its own rows, then
 * over threads in their order. The pivot, a mean of a few rows, keeps the squares from cancelling, and the digits
 * that a mean rounded to float would cost. */
#include "engine/kernels/vector/norm.h"

#include <math.h>

#include "engine/kernels/naive/naive.h"

enum {
    PIVOT_ROWS = 8,
    VECS = 4, /* vectors of channels that walk down the rows together */
};

size_t norm_sums_reals(int groups, int c, int threads)
{
    size_t stats = (size_t)groups * c;
    return 3 * aligned_reals(stats) + aligned_reals(4 * stats) * (size_t)threads;
}

struct norm_sums norm_sums_of(float *scratch, int groups, int c, int threads)
{
    size_t stats = aligned_reals((size_t)groups * c);
    return (struct norm_sums){ .groups = groups,
                               .c = c,
                               .threads = threads,
                               .slope = scratch,
                               .shift = scratch + stats,
                               .factor = scratch + 2 * stats,
                               .sums = (double *)(void *)(scratch + 3 * stats),
                               .part = aligned_reals(4 * (size_t)groups * c) / 2 };
}

size_t norm_scratch_fast(const struct norm_shape *s, int threads)
{
    return norm_sums_reals(s->groups, s->c, threads);
}

/* ---- forward ------------------------------------------------------------------------------------------- */

/* pivot[c] = mean of a few rows of a group, spread evenly over it. */
static void pivot_rows(const struct norm_shape *s, const float *x, float *pivot)
{
    int n = at_most(s->rows, PIVOT_ROWS);
    for (int c = 0; c < s->c; c++) pivot[c] = 0;
    for (int i = 0; i < n; i++) {
        const float *row = x + share((size_t)s->rows, i, n) * s->c;
        for (int c = 0; c < s->c; c++) pivot[c] += row[c] / (float)n;
    }
}

/* At most NORM_BLOCK rows of one group. Borrowed. */
struct rows {
    const float *x; /* [rows, c] */
    int rows, c;
    const float *pivot; /* [c] */
};

/* sums[0][c] += x - pivot, sums[1][c] += its square, for `count` vectors of channels from `at` on: sums [2, c]. They
 * walk down the rows together, and each has its sums in registers. */
ALWAYS_INLINE void statistics_vecs(const bool whole, const int count, const struct rows *b, int at, double *sums)
{
    const int rows = b->rows, c = b->c, left = c - at;
    const float *x = b->x + at, *pivot = b->pivot + at;
    vec sum[VECS], squares[VECS], centre[VECS];
    UNROLL for (int v = 0; v < count; v++)
    {
        sum[v] = squares[v] = (vec){ 0 };
        centre[v] = vec_read(whole, pivot + v * LANES, left);
    }
    for (int i = 0; i < rows; i++, x += c) {
        UNROLL for (int v = 0; v < count; v++)
        {
            vec d = vec_read(whole, x + v * LANES, left) - centre[v];
            sum[v] += d;
            squares[v] += d * d;
        }
    }
    add_lanes(sums + at, sum, count, left);
    add_lanes(sums + c + at, squares, count, left);
}

static void statistics_block(const struct rows *b, double *sums)
{
    int at = 0;
    for (; at + VECS * LANES <= b->c; at += VECS * LANES) statistics_vecs(true, VECS, b, at, sums);
    for (; at + LANES <= b->c; at += LANES) statistics_vecs(true, 1, b, at, sums);
    if (at < b->c) statistics_vecs(false, 1, b, at, sums);
}

/* The statistics of every group from the sums of all threads; the pivots are in place. */
static void statistics_finish(const struct norm_shape *s, const struct norm_sums *t, const float *weight,
                              const float *bias, const struct norm_saved *saved)
{
    size_t all = (size_t)s->groups * s->c;
    for (size_t i = 0; i < all; i++) {
        size_t c = i % s->c, at = (i / s->c) * 2 * s->c + c;
        double sum = 0, squares = 0;
        for (int part = 0; part < t->threads; part++) {
            sum += t->sums[part * t->part + at];
            squares += t->sums[part * t->part + at + s->c];
        }
        double offset = sum / s->rows, spread = fmax(squares - sum * offset, 0);
        double scale = 1 / sqrt(spread / s->rows + 1.0 / NORM_EPS_INVERSE);
        double w = weight ? (double)weight[c] : 1, b = bias ? (double)bias[c] : 0;
        saved->mean[i] = (float)((double)saved->affine[i] + offset);
        saved->scale[i] = (float)scale;
        saved->unbiased[i] = (float)(spread / (s->rows > 1 ? s->rows - 1 : 1));
        saved->affine[all + i] = (float)(w * scale);
        saved->affine[2 * all + i] = (float)(b - offset * w * scale);
    }
}

void norm_statistics_fast(const struct kernel_run *run, const struct norm_shape *s, const float *x, const float *weight,
                          const float *bias, const struct norm_saved *saved)
{
    /* Of a gradient over few rows little is left once its mean and its part along x are taken out, and rounding must
     * not be what is left: at this size the twin's double costs nothing. */
    if (s->rows <= NORM_FEW_ROWS) {
        norm_statistics_naive(run, s, x, weight, bias, saved);
        return;
    }
    struct norm_sums t = norm_sums_of(run->scratch, s->groups, s->c, run->threads);
    size_t group = (size_t)s->rows * s->c;
    for (int g = 0; g < s->groups; g++) pivot_rows(s, x + g * group, saved->affine + (size_t)g * s->c);
#pragma omp parallel for schedule(static, 1) num_threads(run->threads)
    for (int part = 0; part < run->threads; part++) {
        double *sums = t.sums + part * t.part;
        size_t from = share((size_t)s->rows, part, run->threads), end = share((size_t)s->rows, part + 1, run->threads);
        memset(sums, 0, 2 * (size_t)s->groups * s->c * sizeof *sums);
        for (int g = 0; g < s->groups; g++) {
            for (size_t row = from; row < end; row += NORM_BLOCK) {
                const struct rows block = { .x = x + g * group + row * s->c,
                                            .rows = (int)(end - row < NORM_BLOCK ? end - row : NORM_BLOCK),
                                            .c = s->c,
                                            .pivot = saved->affine + (size_t)g * s->c };
                statistics_block(&block, sums + 2 * (size_t)g * s->c);
            }
        }
    }
    statistics_finish(s, &t, weight, bias, saved);
}

/* y = relu?(normed x + residual?) over rows of one group, where a begins; coefficients lie `all` apart. */
ALWAYS_INLINE void apply_rows(const bool relu, const bool add, size_t rows, int c, const struct norm_apply_args *a,
                              size_t all)
{
    const float *x = a->x, *residual = a->residual, *k = a->affine;
    float *y = a->y;
    for (size_t row = 0; row < rows; row++, x += c, y += c, residual += add ? c : 0) {
        for (int at = 0; at < c; at += LANES) {
            int left = c - at;
            vec v = normed(vec_part(x + at, left), vec_part(k + at, left), vec_part(k + all + at, left),
                           vec_part(k + 2 * all + at, left));
            if (add) v += vec_part(residual + at, left);
            if (relu) v = rectified(v);
            vec_put(y + at, v, left);
        }
    }
}

static void apply(const struct norm_shape *s, size_t rows, const struct norm_apply_args *a)
{
    size_t all = (size_t)s->groups * s->c;
    if (s->relu && !a->keep) {
        if (a->residual) {
            apply_rows(true, true, rows, s->c, a, all);
        } else {
            apply_rows(true, false, rows, s->c, a, all);
        }
        return;
    }
    if (a->residual) {
        apply_rows(false, true, rows, s->c, a, all);
    } else {
        apply_rows(false, false, rows, s->c, a, all);
    }
    for (size_t i = 0; s->relu && i < rows * s->c; i++) a->y[i] = a->keep[i] ? a->y[i] : 0;
}

void norm_apply_fast(const struct kernel_run *run, const struct norm_shape *s, const struct norm_apply_args *a)
{
    if (s->rows <= NORM_FEW_ROWS) {
        norm_apply_naive(run, s, a);
        return;
    }
#pragma omp parallel for schedule(static, 1) num_threads(run->threads)
    for (int part = 0; part < run->threads; part++) {
        size_t from = share((size_t)s->rows, part, run->threads), end = share((size_t)s->rows, part + 1, run->threads);
        for (int g = 0; g < s->groups; g++) {
            size_t at = (g * (size_t)s->rows + from) * s->c;
            const struct norm_apply_args part_of = { .x = a->x + at,
                                                     .residual = a->residual ? a->residual + at : NULL,
                                                     .affine = a->affine + (size_t)g * s->c,
                                                     .keep = a->keep ? a->keep + at : NULL,
                                                     .y = a->y + at };
            apply(s, end - from, &part_of);
        }
    }
}

/* ---- backward ------------------------------------------------------------------------------------------ */

/* Where the mask of the ReLU comes from. */
enum mask { MASK_NONE, MASK_OUTPUT, MASK_INPUT };

/* One block of rows of one group: what the first pass reads. Borrowed. */
struct block {
    const float *x, *y, *dy; /* [rows, c]; y NULL where the mask needs none      */
    const float *mean;       /* [c]                                              */
    const float *k;          /* pivot, factor, shift: [c] each, `all` apart      */
    size_t all;
    float *dresidual; /* [rows, c]; NULL, or takes what passed */
    int rows, c;
};

/* sums[0][c] += g, sums[1][c] += g * (x - mean), over at most NORM_BLOCK rows of `count` vectors at `at`. */
ALWAYS_INLINE void gradient_vecs(const enum mask mask, const bool whole, const int count, const struct block *b, int at,
                                 double *sums)
{
    const int rows = b->rows, c = b->c, left = c - at;
    vec sum[VECS], product[VECS], centre[VECS], pivot[VECS], factor[VECS], shift[VECS];
    UNROLL for (int v = 0; v < count; v++)
    {
        sum[v] = product[v] = (vec){ 0 };
        centre[v] = vec_read(whole, b->mean + at + v * LANES, left);
        if (mask != MASK_INPUT) continue;
        pivot[v] = vec_read(whole, b->k + at + v * LANES, left);
        factor[v] = vec_read(whole, b->k + b->all + at + v * LANES, left);
        shift[v] = vec_read(whole, b->k + 2 * b->all + at + v * LANES, left);
    }
    for (int i = 0; i < rows; i++) {
        UNROLL for (int v = 0; v < count; v++)
        {
            size_t here = (size_t)i * c + at + v * LANES;
            vec g = vec_read(whole, b->dy + here, left), x = vec_read(whole, b->x + here, left);
            if (mask == MASK_OUTPUT) g = vec_pick(vec_read(whole, b->y + here, left) > 0, g, (vec){ 0 });
            if (mask == MASK_INPUT) g = vec_pick(normed(x, pivot[v], factor[v], shift[v]) > 0, g, (vec){ 0 });
            if (b->dresidual) vec_write(whole, b->dresidual + here, g, left);
            sum[v] += g;
            product[v] += g * (x - centre[v]);
        }
    }
    add_lanes(sums + at, sum, count, left);
    add_lanes(sums + c + at, product, count, left);
}

ALWAYS_INLINE void gradient_block(const enum mask mask, const struct block *b, double *sums)
{
    enum { TWO = 2 }; /* with their coefficients four would not fit the registers of narrow sets */
    int at = 0, c = b->c;
    for (; at + TWO * LANES <= c; at += TWO * LANES) gradient_vecs(mask, true, TWO, b, at, sums);
    for (; at + LANES <= c; at += LANES) gradient_vecs(mask, true, 1, b, at, sums);
    if (at < c) gradient_vecs(mask, false, 1, b, at, sums);
}

/* With xhat = (x - mean) * scale and R rows, dx = w scale (g - sum(g) / R - xhat sum(g xhat) / R) becomes
 * g * factor - (x - mean) * slope - shift: three numbers a channel. */
void norm_sums_finish(const struct norm_sums *t, double rows, const float *weight, const float *scale, float *dweight,
                      float *dbias)
{
    const int groups = t->groups, c = t->c;
    for (int i = 0; i < c; i++) {
        double dw = 0, db = 0;
        for (int g = 0; g < groups; g++) {
            size_t at = 2 * (size_t)g * c + i, stat = (size_t)g * c + i;
            double sum = 0, product = 0, factor = (double)scale[stat], w = weight ? (double)weight[i] : 1;
            for (int part = 0; part < t->threads; part++) {
                sum += t->sums[part * t->part + at];
                product += t->sums[part * t->part + at + c];
            }
            db += sum;
            dw += product * factor;
            t->slope[stat] = (float)(w * factor * factor * factor * product / rows);
            t->shift[stat] = (float)(w * factor * sum / rows);
            t->factor[stat] = weight ? weight[i] * scale[stat] : scale[stat];
        }
        if (!weight) continue;
        dweight[i] = (float)dw;
        dbias[i] = (float)db;
    }
}

/* The last pass: dx [rows, c] over rows of one group, whose numbers begin at `stat`. */
ALWAYS_INLINE void gradient_apply(const enum mask mask, const struct norm_sums *t, size_t stat, const struct block *b,
                                  size_t rows, float *dx)
{
    const int c = t->c;
    const float *factor = t->factor + stat, *shift = t->shift + stat, *slope = t->slope + stat;
    for (size_t row = 0; row < rows; row++) {
        for (int at = 0; at < c; at += LANES) {
            int left = c - at;
            size_t here = row * c + at;
            vec g = vec_part(b->dy + here, left), x = vec_part(b->x + here, left);
            if (mask == MASK_OUTPUT) g = vec_pick(vec_part(b->y + here, left) > 0, g, (vec){ 0 });
            if (mask == MASK_INPUT) {
                vec y = normed(x, vec_part(b->k + at, left), vec_part(b->k + b->all + at, left),
                               vec_part(b->k + 2 * b->all + at, left));
                g = vec_pick(y > 0, g, (vec){ 0 });
            }
            g = g * vec_part(factor + at, left) - vec_part(shift + at, left);
            vec_put(dx + here, g - (x - vec_part(b->mean + at, left)) * vec_part(slope + at, left), left);
        }
    }
}

void norm_sums_apply(const struct norm_sums *t, int group, size_t rows, const float *x, const float *g,
                     const float *mean, float *dx)
{
    size_t stat = (size_t)group * t->c;
    const struct block b = { .x = x, .dy = g, .mean = mean + stat };
    gradient_apply(MASK_NONE, t, stat, &b, rows, dx);
}

/* The block that begins at element `at` of group g. */
static struct block block_at(const struct norm_shape *s, const struct block *whole, int g, size_t at)
{
    size_t stat = (size_t)g * s->c;
    struct block b = *whole;
    b.x += at;
    if (b.y) b.y += at;
    b.dy += at;
    b.mean += stat;
    b.k += stat;
    if (b.dresidual) b.dresidual += at;
    return b;
}

static void gradient_sums(const struct kernel_run *run, const struct norm_shape *s, const struct norm_sums *t,
                          enum mask mask, const struct block *whole)
{
#pragma omp parallel for schedule(static, 1) num_threads(run->threads)
    for (int part = 0; part < run->threads; part++) {
        double *all = t->sums + part * t->part;
        size_t from = share((size_t)s->rows, part, run->threads), end = share((size_t)s->rows, part + 1, run->threads);
        memset(all, 0, 2 * (size_t)s->groups * s->c * sizeof *all);
        for (int g = 0; g < s->groups; g++) {
            double *sums = all + 2 * (size_t)g * s->c;
            for (size_t row = from; row < end; row += NORM_BLOCK) {
                struct block b = block_at(s, whole, g, ((size_t)g * s->rows + row) * s->c);
                b.rows = (int)(end - row < NORM_BLOCK ? end - row : NORM_BLOCK);
                if (mask == MASK_OUTPUT) {
                    gradient_block(MASK_OUTPUT, &b, sums);
                } else if (mask == MASK_INPUT) {
                    gradient_block(MASK_INPUT, &b, sums);
                } else {
                    gradient_block(MASK_NONE, &b, sums);
                }
            }
        }
    }
}

/* Forced ReLU: the mask is given. dx, which may be dy, takes the passed gradient first. */
static void force(const struct kernel_run *run, size_t n, const uint8_t *keep, const float *dy, float *g)
{
#pragma omp parallel for schedule(static) num_threads(run->threads)
    for (size_t i = 0; i < n; i++) g[i] = keep[i] ? dy[i] : 0;
}

/* Two passes over the rows: sums of g and g * (x - mean), then dx. Where there is a residual, dresidual takes what
 * passed the ReLU in the first pass, and is read in place of dy in the second: dy is then read once, and dx may be dy.
 */
void norm_backward_fast(const struct kernel_run *run, const struct norm_shape *s, const struct norm_backward_args *b)
{
    if (s->rows <= NORM_FEW_ROWS) {
        norm_backward_naive(run, s, b);
        return;
    }
    size_t all = (size_t)s->groups * s->c;
    const float *dy = b->dy;
    float *dresidual = b->dresidual;
    struct norm_sums t = norm_sums_of(run->scratch, s->groups, s->c, run->threads);
    enum mask mask = !s->relu ? MASK_NONE : dresidual ? MASK_OUTPUT : MASK_INPUT;
    if (s->relu && b->keep) {
        force(run, all * s->rows, b->keep, dy, dresidual ? dresidual : b->dx);
        dy = dresidual ? dresidual : b->dx;
        dresidual = NULL;
        mask = MASK_NONE;
    }
    struct block whole = { .x = b->x,
                           .y = b->y,
                           .dy = dy,
                           .mean = b->saved->mean,
                           .k = b->saved->affine,
                           .all = all,
                           .dresidual = dresidual,
                           .c = s->c };
    gradient_sums(run, s, &t, mask, &whole);
    if (dresidual) { /* it holds what has passed */
        whole.dy = dresidual;
        whole.dresidual = NULL;
        mask = MASK_NONE;
    }
    norm_sums_finish(&t, s->rows, b->weight, b->saved->scale, b->dweight, b->dbias);
#pragma omp parallel for schedule(static, 1) num_threads(run->threads)
    for (int part = 0; part < run->threads; part++) {
        size_t from = share((size_t)s->rows, part, run->threads), end = share((size_t)s->rows, part + 1, run->threads);
        for (int g = 0; g < s->groups; g++) {
            size_t at = ((size_t)g * s->rows + from) * s->c;
            const struct block part_of = block_at(s, &whole, g, at);
            if (mask == MASK_INPUT) {
                gradient_apply(MASK_INPUT, &t, (size_t)g * s->c, &part_of, end - from, b->dx + at);
            } else {
                gradient_apply(MASK_NONE, &t, (size_t)g * s->c, &part_of, end - from, b->dx + at);
            }
        }
    }
}
