/* Batch norm in plain loops: one channel of one group at a time, statistics in double, two passes for the variance. */
#include "engine/kernels/naive.h"

#include <math.h>

size_t norm_scratch_naive(const struct norm_shape *s, int threads)
{
    (void)s, (void)threads;
    return 0;
}

static real activate(const struct norm_shape *s, const uint8_t *keep, size_t i, real v)
{
    if (!s->relu) return v;
    if (keep) return keep[i] ? v : 0;
    return v < 0 ? 0 : v; /* a NaN stays */
}

void norm_statistics_naive(const struct kernel_run *run, const struct norm_shape *s, const real *x, const real *weight,
                           const real *bias, const struct norm_saved *saved)
{
    size_t all = (size_t)s->groups * s->c;
#pragma omp parallel for schedule(static) num_threads(run->threads)
    for (int gc = 0; gc < s->groups * s->c; gc++) {
        int c = gc % s->c;
        size_t first = (size_t)(gc / s->c) * s->rows * s->c + c, end = first + (size_t)s->rows * s->c;
        double sum = 0, squares = 0;
        for (size_t i = first; i < end; i += s->c) sum += (double)x[i];
        double m = sum / s->rows;
        for (size_t i = first; i < end; i += s->c) squares += ((double)x[i] - m) * ((double)x[i] - m);
        double scale = 1 / sqrt(squares / s->rows + 1.0 / NORM_EPS_INVERSE);
        saved->mean[gc] = (real)m;
        saved->scale[gc] = (real)scale;
        saved->unbiased[gc] = (real)(squares / (s->rows > 1 ? s->rows - 1 : 1));
        saved->affine[gc] = (real)m;
        saved->affine[all + gc] = (real)((double)weight[c] * scale);
        saved->affine[2 * all + gc] =
            (real)((double)bias[c] - (m - (double)saved->mean[gc]) * (double)weight[c] * scale);
    }
}

/* Element i below the ReLU, of one group's coefficients. */
static double normed(const real *x, size_t i, const real *affine, size_t all, size_t gc)
{
    return ((double)x[i] - (double)affine[gc]) * (double)affine[all + gc] + (double)affine[2 * all + gc];
}

void norm_apply_naive(const struct kernel_run *run, const struct norm_shape *s, const real *x, const real *residual,
                      const real *affine, const uint8_t *keep, real *y)
{
    size_t all = (size_t)s->groups * s->c;
#pragma omp parallel for schedule(static) num_threads(run->threads)
    for (int gc = 0; gc < s->groups * s->c; gc++) {
        size_t first = (size_t)(gc / s->c) * s->rows * s->c + gc % s->c, end = first + (size_t)s->rows * s->c;
        for (size_t i = first; i < end; i += s->c)
            y[i] = activate(s, keep, i,
                            (real)(normed(x, i, affine, all, (size_t)gc) + (residual ? (double)residual[i] : 0)));
    }
}

/* The gradient at element i as it arrives below the ReLU. */
static double passed(const struct norm_shape *s, const real *x, const real *y, const uint8_t *keep, const real *affine,
                     const real *dy, size_t gc, size_t i)
{
    if (!s->relu) return (double)dy[i];
    bool passes = keep ? keep[i] != 0 : y ? y[i] > 0 : (real)normed(x, i, affine, (size_t)s->groups * s->c, gc) > 0;
    return passes ? (double)dy[i] : 0;
}

/* dx = weight * scale * (g - mean(g) - xhat * mean(g * xhat)), statistics being functions of x too. */
void norm_backward_naive(const struct kernel_run *run, const struct norm_shape *s, const real *x, const real *y,
                         const real *weight, const uint8_t *keep, const struct norm_saved *saved, const real *dy,
                         real *dx, real *dresidual, real *dweight, real *dbias)
{
#pragma omp parallel for schedule(static) num_threads(run->threads)
    for (int c = 0; c < s->c; c++) {
        double dw = 0, db = 0;
        for (int group = 0; group < s->groups; group++) {
            size_t first = (size_t)group * s->rows * s->c + c, end = first + (size_t)s->rows * s->c;
            size_t gc = (size_t)group * s->c + c;
            double m = (double)saved->mean[gc], factor = (double)saved->scale[gc];
            double sum = 0, product = 0;
            for (size_t i = first; i < end; i += s->c) {
                double g = passed(s, x, y, keep, saved->affine, dy, gc, i);
                sum += g;
                product += g * ((double)x[i] - m) * factor;
            }
            dw += product;
            db += sum;
            for (size_t i = first; i < end; i += s->c) {
                double g = passed(s, x, y, keep, saved->affine, dy, gc, i), xhat = ((double)x[i] - m) * factor;
                if (dresidual) dresidual[i] = (real)g;
                dx[i] = (real)((double)weight[c] * factor * (g - sum / s->rows - xhat * product / s->rows));
            }
        }
        dweight[c] = (real)dw;
        dbias[c] = (real)db;
    }
}
