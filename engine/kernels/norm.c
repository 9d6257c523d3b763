/* Batch norm over vectors of channels: one pass of sums about a pivot, one pass that applies them.
 *
 * Sums run in float over BLOCK_ROWS rows at a time and are added up in double, in each thread for its own rows, then
 * over threads in their order. The pivot, a mean of a few rows, keeps the squares from cancelling; what is applied is
 * (x - pivot) - offset, which keeps the digits that a mean rounded to float would cost. */
#include "engine/kernels/fast.h"

#include <math.h>

#include "engine/kernels/naive.h"

enum {
    BLOCK_ROWS = 64, /* rows summed in float */
    PIVOT_ROWS = 8,
};

/* Two sums for each group and channel: [groups][2][c] doubles a thread, then coefficients for every thread. */
struct norm_scratch {
    double *sums;
    float *first, *second, *third; /* [groups, c] */
    size_t part;                   /* doubles of a thread */
};

static size_t sums_reals(const struct norm_shape *s)
{
    return aligned_reals(2 * 2 * (size_t)s->groups * s->c);
}

size_t norm_scratch_fast(const struct norm_shape *s, int threads)
{
    return sums_reals(s) * (size_t)threads + 3 * aligned_reals((size_t)s->groups * s->c);
}

static struct norm_scratch scratch_of(const struct kernel_run *run, const struct norm_shape *s)
{
    size_t stats = aligned_reals((size_t)s->groups * s->c), sums = sums_reals(s);
    return (struct norm_scratch){ .first = run->scratch,
                                  .second = run->scratch + stats,
                                  .third = run->scratch + 2 * stats,
                                  .sums = (double *)(void *)(run->scratch + 3 * stats),
                                  .part = sums / 2 };
}

static void add_lanes(double *sums, vec v, int left)
{
    for (int l = 0; l < at_most(left, LANES); l++) sums[l] += (double)v[l];
}

/* ---- forward ------------------------------------------------------------------------------------------- */

/* pivot[c] = mean of a few rows of a group. */
static void pivot_rows(const struct norm_shape *s, const float *x, float *pivot)
{
    int n = at_most(s->rows, PIVOT_ROWS);
    for (int c = 0; c < s->c; c++) pivot[c] = 0;
    for (int i = 0; i < n; i++) {
        const float *row = x + share((size_t)s->rows, i, n) * s->c;
        for (int c = 0; c < s->c; c++) pivot[c] += row[c] / (float)n;
    }
}

/* sums[0][c] += x - pivot, sums[1][c] += its square, over at most BLOCK_ROWS rows. */
static void statistics_block(const float *x, int rows, int c, const float *pivot, double *sums)
{
    for (int at = 0; at < c; at += GROUP_VECS * LANES) {
        vec sum[GROUP_VECS], squares[GROUP_VECS], centre[GROUP_VECS];
        UNROLL for (int v = 0; v < GROUP_VECS; v++)
        {
            sum[v] = squares[v] = (vec){ 0 };
            centre[v] = at + v * LANES < c ? vec_part(pivot + at + v * LANES, c - at - v * LANES) : (vec){ 0 };
        }
        const float *row = x + at;
        bool whole = c - at >= GROUP_VECS * LANES;
        for (int i = 0; i < rows; i++, row += c) {
            UNROLL for (int v = 0; v < GROUP_VECS; v++)
            {
                int left = c - at - v * LANES;
                if (!whole && left <= 0) break;
                vec d = (whole ? vec_load(row + v * LANES) : vec_part(row + v * LANES, left)) - centre[v];
                sum[v] += d;
                squares[v] += d * d;
            }
        }
        UNROLL for (int v = 0; v < GROUP_VECS; v++)
        {
            add_lanes(sums + at + v * LANES, sum[v], c - at - v * LANES);
            add_lanes(sums + c + at + v * LANES, squares[v], c - at - v * LANES);
        }
    }
}

/* The statistics of every group, from the sums of all threads; first becomes weight * scale, third mean - pivot. */
static void statistics_finish(const struct norm_shape *s, const struct norm_scratch *t, int threads,
                              const float *weight, float *mean, float *scale, float *unbiased)
{
    for (int i = 0; i < s->groups * s->c; i++) {
        size_t at = (size_t)(i / s->c) * 2 * s->c + i % s->c;
        double sum = 0, squares = 0;
        for (int part = 0; part < threads; part++) {
            sum += t->sums[part * t->part + at];
            squares += t->sums[part * t->part + at + s->c];
        }
        double offset = sum / s->rows, spread = fmax(squares - sum * offset, 0);
        mean[i] = (float)((double)t->second[i] + offset);
        t->third[i] = (float)offset;
        scale[i] = (float)(1 / sqrt(spread / s->rows + 1.0 / NORM_EPS_INVERSE));
        unbiased[i] = (float)(spread / (s->rows > 1 ? s->rows - 1 : 1));
        t->first[i] = weight[i % s->c] * scale[i];
    }
}

/* Coefficients of one group, [c] each. */
struct coefficients {
    const float *pivot, *offset, *factor, *bias;
};

/* y = relu?(((x - pivot) - offset) * factor + bias + residual?) over rows of one group. */
ALWAYS_INLINE void apply_rows(const bool relu, const bool add, size_t rows, int c, const float *x,
                              const float *residual, const struct coefficients *k, float *y)
{
    const vec zero = { 0 };
    for (size_t row = 0; row < rows; row++, x += c, y += c, residual += add ? c : 0) {
        for (int at = 0; at < c; at += LANES) {
            int left = c - at;
            vec v = (vec_part(x + at, left) - vec_part(k->pivot + at, left)) - vec_part(k->offset + at, left);
            v = v * vec_part(k->factor + at, left) + vec_part(k->bias + at, left);
            if (add) v += vec_part(residual + at, left);
            if (relu) v = vec_max(zero, v); /* in this order a NaN stays */
            vec_put(y + at, v, left);
        }
    }
}

static void apply(const struct norm_shape *s, size_t rows, const float *x, const float *residual,
                  const struct coefficients *k, const uint8_t *keep, float *y)
{
    if (s->relu && !keep) {
        if (residual) {
            apply_rows(true, true, rows, s->c, x, residual, k, y);
        } else {
            apply_rows(true, false, rows, s->c, x, NULL, k, y);
        }
        return;
    }
    if (residual) {
        apply_rows(false, true, rows, s->c, x, residual, k, y);
    } else {
        apply_rows(false, false, rows, s->c, x, NULL, k, y);
    }
    for (size_t i = 0; s->relu && i < rows * s->c; i++) y[i] = keep[i] ? y[i] : 0;
}

/* Of a gradient over few rows little is left once its mean and its part along x are taken out, and rounding must not be
 * what is left: at this size the twin's double costs nothing. */
enum { FEW_ROWS = 32 };

void norm_forward_fast(const struct kernel_run *run, const struct norm_shape *s, const float *x, const float *residual,
                       const float *weight, const float *bias, const uint8_t *keep, float *y, float *mean, float *scale,
                       float *unbiased)
{
    if (s->rows <= FEW_ROWS) {
        norm_forward_naive(run, s, x, residual, weight, bias, keep, y, mean, scale, unbiased);
        return;
    }
    struct norm_scratch t = scratch_of(run, s);
    size_t group = (size_t)s->rows * s->c;
    for (int g = 0; g < s->groups; g++) pivot_rows(s, x + g * group, t.second + (size_t)g * s->c);
#pragma omp parallel for schedule(static, 1) num_threads(run->threads)
    for (int part = 0; part < run->threads; part++) {
        double *sums = t.sums + part * t.part;
        size_t from = share((size_t)s->rows, part, run->threads), end = share((size_t)s->rows, part + 1, run->threads);
        memset(sums, 0, 2 * (size_t)s->groups * s->c * sizeof *sums);
        for (int g = 0; g < s->groups; g++) {
            for (size_t row = from; row < end; row += BLOCK_ROWS) {
                statistics_block(x + g * group + row * s->c, (int)(end - row < BLOCK_ROWS ? end - row : BLOCK_ROWS),
                                 s->c, t.second + (size_t)g * s->c, sums + 2 * (size_t)g * s->c);
            }
        }
    }
    statistics_finish(s, &t, run->threads, weight, mean, scale, unbiased);
#pragma omp parallel for schedule(static, 1) num_threads(run->threads)
    for (int part = 0; part < run->threads; part++) {
        size_t from = share((size_t)s->rows, part, run->threads), end = share((size_t)s->rows, part + 1, run->threads);
        for (int g = 0; g < s->groups; g++) {
            size_t at = g * group + from * s->c, stat = (size_t)g * s->c;
            struct coefficients k = { t.second + stat, t.third + stat, t.first + stat, bias };
            apply(s, end - from, x + at, residual ? residual + at : NULL, &k, keep ? keep + at : NULL, y + at);
        }
    }
}

void norm_evaluate_fast(const struct kernel_run *run, const struct norm_shape *s, const float *x, const float *residual,
                        const float *weight, const float *bias, const float *mean, const float *var, float *y)
{
    float *factor = run->scratch, *none = factor + s->c;
    size_t rows = (size_t)s->groups * s->rows;
    struct coefficients k = { mean, none, factor, bias };
    for (int c = 0; c < s->c; c++) {
        none[c] = 0;
        factor[c] = (float)((double)weight[c] / sqrt((double)var[c] + 1.0 / NORM_EPS_INVERSE));
    }
#pragma omp parallel for schedule(static, 1) num_threads(run->threads)
    for (int part = 0; part < run->threads; part++) {
        size_t from = share(rows, part, run->threads), end = share(rows, part + 1, run->threads), at = from * s->c;
        apply(s, end - from, x + at, residual ? residual + at : NULL, &k, NULL, y + at);
    }
}

/* ---- backward ------------------------------------------------------------------------------------------ */

/* The gradient below the ReLU. */
ALWAYS_INLINE vec passed(const bool relu, const float *dy, const float *y, int left)
{
    vec g = vec_part(dy, left);
    return relu ? vec_pick(vec_part(y, left) > 0, g, (vec){ 0 }) : g;
}

/* sums[0][c] += g, sums[1][c] += g * (x - mean), over at most BLOCK_ROWS rows; g is kept in dresidual when there is
 * one. */
ALWAYS_INLINE void gradient_block(const bool relu, const float *x, const float *y, const float *dy, int rows, int c,
                                  const float *mean, float *dresidual, double *sums)
{
    for (int at = 0; at < c; at += LANES) {
        vec sum = { 0 }, product = { 0 };
        int left = c - at;
        vec centre = vec_part(mean + at, left);
        for (int i = 0; i < rows; i++) {
            size_t here = (size_t)i * c + at;
            vec g = passed(relu, dy + here, y + here, left);
            if (dresidual) vec_put(dresidual + here, g, left);
            sum += g;
            product += g * (vec_part(x + here, left) - centre);
        }
        add_lanes(sums + at, sum, left);
        add_lanes(sums + c + at, product, left);
    }
}

/* dx = factor * g - (x - mean) * slope - shift over rows of one group. */
ALWAYS_INLINE void gradient_apply(const bool relu, const float *x, const float *y, const float *g, size_t rows, int c,
                                  const float *mean, const float *factor, const float *slope, const float *shift,
                                  float *dx)
{
    for (size_t row = 0; row < rows; row++, x += c, y += c, g += c, dx += c) {
        for (int at = 0; at < c; at += LANES) {
            int left = c - at;
            vec v = passed(relu, g + at, y + at, left) * vec_part(factor + at, left) - vec_part(shift + at, left);
            v -= (vec_part(x + at, left) - vec_part(mean + at, left)) * vec_part(slope + at, left);
            vec_put(dx + at, v, left);
        }
    }
}

/* Forced ReLU: the mask is given. dx, which may be dy, takes the passed gradient first. */
static void force(const struct kernel_run *run, size_t n, const uint8_t *keep, const float *dy, float *g)
{
#pragma omp parallel for schedule(static) num_threads(run->threads)
    for (size_t i = 0; i < n; i++) g[i] = keep[i] ? dy[i] : 0;
}

static void gradient_sums(const struct kernel_run *run, const struct norm_shape *s, const struct norm_scratch *t,
                          bool relu, const float *x, const float *y, const float *mean, const float *dy,
                          float *dresidual)
{
    size_t group = (size_t)s->rows * s->c;
#pragma omp parallel for schedule(static, 1) num_threads(run->threads)
    for (int part = 0; part < run->threads; part++) {
        double *sums = t->sums + part * t->part;
        size_t from = share((size_t)s->rows, part, run->threads), end = share((size_t)s->rows, part + 1, run->threads);
        memset(sums, 0, 2 * (size_t)s->groups * s->c * sizeof *sums);
        for (int g = 0; g < s->groups; g++) {
            for (size_t row = from; row < end; row += BLOCK_ROWS) {
                int rows = (int)(end - row < BLOCK_ROWS ? end - row : BLOCK_ROWS);
                size_t at = g * group + row * s->c, stat = (size_t)g * s->c;
                float *keep = dresidual ? dresidual + at : NULL;
                if (relu) {
                    gradient_block(true, x + at, y + at, dy + at, rows, s->c, mean + stat, keep, sums + 2 * stat);
                } else {
                    gradient_block(false, x + at, y + at, dy + at, rows, s->c, mean + stat, keep, sums + 2 * stat);
                }
            }
        }
    }
}

/* From sums to coefficients: slope and shift of gradient_apply, [groups, c]; dweight and dbias. */
static void gradient_finish(const struct norm_shape *s, const struct norm_scratch *t, int threads, const float *weight,
                            const float *scale, float *dweight, float *dbias)
{
    for (int c = 0; c < s->c; c++) {
        double dw = 0, db = 0;
        for (int g = 0; g < s->groups; g++) {
            size_t at = 2 * (size_t)g * s->c + c, stat = (size_t)g * s->c + c;
            double sum = 0, product = 0, factor = (double)scale[stat];
            for (int part = 0; part < threads; part++) {
                sum += t->sums[part * t->part + at];
                product += t->sums[part * t->part + at + s->c];
            }
            db += sum;
            dw += product * factor;
            t->first[stat] = (float)((double)weight[c] * factor * factor * factor * product / s->rows);
            t->second[stat] = (float)((double)weight[c] * factor * sum / s->rows);
        }
        dweight[c] = (float)dw;
        dbias[c] = (float)db;
    }
}

void norm_backward_fast(const struct kernel_run *run, const struct norm_shape *s, const float *x, const float *y,
                        const float *weight, const uint8_t *keep, const float *mean, const float *scale,
                        const float *dy, float *dx, float *dresidual, float *dweight, float *dbias)
{
    if (s->rows <= FEW_ROWS) {
        norm_backward_naive(run, s, x, y, weight, keep, mean, scale, dy, dx, dresidual, dweight, dbias);
        return;
    }
    struct norm_scratch t = scratch_of(run, s);
    size_t group = (size_t)s->rows * s->c;
    bool relu = s->relu;
    if (relu && keep) {
        float *g = dresidual ? dresidual : dx;
        force(run, s->groups * group, keep, dy, g);
        dy = g;
        relu = false;
        gradient_sums(run, s, &t, false, x, y, mean, dy, NULL);
    } else {
        gradient_sums(run, s, &t, relu, x, y, mean, dy, dresidual);
        if (dresidual) { /* it holds what has passed */
            dy = dresidual;
            relu = false;
        }
    }
    gradient_finish(s, &t, run->threads, weight, scale, dweight, dbias);
    /* the sums are spent: their place takes weight * scale */
    float *factor = (float *)t.sums;
    for (int i = 0; i < s->groups * s->c; i++) factor[i] = weight[i % s->c] * scale[i];
#pragma omp parallel for schedule(static, 1) num_threads(run->threads)
    for (int part = 0; part < run->threads; part++) {
        size_t from = share((size_t)s->rows, part, run->threads), end = share((size_t)s->rows, part + 1, run->threads);
        for (int g = 0; g < s->groups; g++) {
            size_t at = g * group + from * s->c, stat = (size_t)g * s->c;
            if (relu) {
                gradient_apply(true, x + at, y + at, dy + at, end - from, s->c, mean + stat, factor + stat,
                               t.first + stat, t.second + stat, dx + at);
            } else {
                gradient_apply(false, x + at, y + at, dy + at, end - from, s->c, mean + stat, factor + stat,
                               t.first + stat, t.second + stat, dx + at);
            }
        }
    }
}
