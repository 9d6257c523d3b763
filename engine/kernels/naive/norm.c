/* Batch norm in plain loops: one channel of one group at a time, statistics in double, two passes for the variance. */
#include "engine/kernels/naive/naive.h"

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
        double w = weight ? (double)weight[c] : 1, b = bias ? (double)bias[c] : 0;
        saved->affine[all + gc] = (real)(w * scale);
        saved->affine[2 * all + gc] = (real)(b - (m - (double)saved->mean[gc]) * w * scale);
    }
}

/* Element i below the ReLU, of one group's coefficients. */
static double normed(const real *x, size_t i, const real *affine, size_t all, size_t gc)
{
    return ((double)x[i] - (double)affine[gc]) * (double)affine[all + gc] + (double)affine[2 * all + gc];
}

void norm_apply_naive(const struct kernel_run *run, const struct norm_shape *s, const struct norm_apply_args *a)
{
    size_t all = (size_t)s->groups * s->c;
#pragma omp parallel for schedule(static) num_threads(run->threads)
    for (int gc = 0; gc < s->groups * s->c; gc++) {
        size_t first = (size_t)(gc / s->c) * s->rows * s->c + gc % s->c, end = first + (size_t)s->rows * s->c;
        for (size_t i = first; i < end; i += s->c)
            a->y[i] = activate(
                s, a->keep, i,
                (real)(normed(a->x, i, a->affine, all, (size_t)gc) + (a->residual ? (double)a->residual[i] : 0)));
    }
}

/* The gradient at element i as it arrives below the ReLU. */
static double passed(const struct norm_shape *s, const struct norm_backward_args *b, size_t gc, size_t i)
{
    if (!s->relu) return (double)b->dy[i];
    bool passes = b->keep ? b->keep[i] != 0
                  : b->y  ? b->y[i] > 0
                          : (real)normed(b->x, i, b->saved->affine, (size_t)s->groups * s->c, gc) > 0;
    return passes ? (double)b->dy[i] : 0;
}

/* dx = weight * scale * (g - mean(g) - xhat * mean(g * xhat)), with xhat = (x - mean) * scale and g what passes the
 * ReLU: mean and variance depend on x too (Ioffe, Szegedy 2015). dweight = sum of g * xhat, dbias = sum of g, over all
 * groups.
 */
void norm_backward_naive(const struct kernel_run *run, const struct norm_shape *s, const struct norm_backward_args *b)
{
#pragma omp parallel for schedule(static) num_threads(run->threads)
    for (int c = 0; c < s->c; c++) {
        double dw = 0, db = 0, w = b->weight ? (double)b->weight[c] : 1;
        for (int group = 0; group < s->groups; group++) {
            size_t first = (size_t)group * s->rows * s->c + c, end = first + (size_t)s->rows * s->c;
            size_t gc = (size_t)group * s->c + c;
            double m = (double)b->saved->mean[gc], factor = (double)b->saved->scale[gc];
            double sum = 0, product = 0;
            for (size_t i = first; i < end; i += s->c) {
                double g = passed(s, b, gc, i);
                sum += g;
                product += g * ((double)b->x[i] - m) * factor;
            }
            dw += product;
            db += sum;
            for (size_t i = first; i < end; i += s->c) {
                double g = passed(s, b, gc, i), xhat = ((double)b->x[i] - m) * factor;
                if (b->dresidual) b->dresidual[i] = (real)g;
                b->dx[i] = (real)(w * factor * (g - sum / s->rows - xhat * product / s->rows));
            }
        }
        if (!b->weight) continue;
        b->dweight[c] = (real)dw;
        b->dbias[c] = (real)db;
    }
}

/* dx = factor * g, statistics being constants. */
void norm_explain_naive(const struct kernel_run *run, const struct norm_shape *s, const struct norm_backward_args *b)
{
    size_t all = (size_t)s->groups * s->c;
#pragma omp parallel for schedule(static) num_threads(run->threads)
    for (int gc = 0; gc < s->groups * s->c; gc++) {
        size_t first = (size_t)(gc / s->c) * s->rows * s->c + gc % s->c, end = first + (size_t)s->rows * s->c;
        for (size_t i = first; i < end; i += s->c) {
            double g = passed(s, b, (size_t)gc, i);
            if (b->dresidual) b->dresidual[i] = (real)g;
            b->dx[i] = (real)(g * (double)b->saved->affine[all + gc]);
        }
    }
}
