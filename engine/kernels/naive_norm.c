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

void norm_forward_naive(const struct kernel_run *run, const struct norm_shape *s, const real *x, const real *residual,
                        const real *weight, const real *bias, const uint8_t *keep, real *y, real *mean, real *scale,
                        real *unbiased)
{
#pragma omp parallel for schedule(static) num_threads(run->threads)
    for (int gc = 0; gc < s->groups * s->c; gc++) {
        int c = gc % s->c;
        size_t first = (size_t)(gc / s->c) * s->rows * s->c + c, end = first + (size_t)s->rows * s->c;
        double sum = 0, squares = 0;
        for (size_t i = first; i < end; i += s->c) sum += (double)x[i];
        double m = sum / s->rows;
        for (size_t i = first; i < end; i += s->c) squares += ((double)x[i] - m) * ((double)x[i] - m);
        double factor = 1 / sqrt(squares / s->rows + 1.0 / NORM_EPS_INVERSE);
        mean[gc] = (real)m;
        scale[gc] = (real)factor;
        unbiased[gc] = (real)(squares / (s->rows > 1 ? s->rows - 1 : 1));
        for (size_t i = first; i < end; i += s->c) {
            double v = (double)weight[c] * ((double)x[i] - m) * factor + (double)bias[c];
            y[i] = activate(s, keep, i, (real)(v + (residual ? (double)residual[i] : 0)));
        }
    }
}

void norm_evaluate_naive(const struct kernel_run *run, const struct norm_shape *s, const real *x, const real *residual,
                         const real *weight, const real *bias, const real *mean, const real *var, real *y)
{
    int rows = s->groups * s->rows;
#pragma omp parallel for schedule(static) num_threads(run->threads)
    for (int c = 0; c < s->c; c++) {
        double factor = 1 / sqrt((double)var[c] + 1.0 / NORM_EPS_INVERSE);
        for (int row = 0; row < rows; row++) {
            size_t i = (size_t)row * s->c + c;
            double v = (double)weight[c] * ((double)x[i] - (double)mean[c]) * factor + (double)bias[c];
            y[i] = activate(s, NULL, i, (real)(v + (residual ? (double)residual[i] : 0)));
        }
    }
}

/* The gradient at element i as it arrives below the ReLU. */
static double passed(const struct norm_shape *s, const real *y, const uint8_t *keep, const real *dy, size_t i)
{
    bool pass = !s->relu || (keep ? keep[i] != 0 : y[i] > 0);
    return pass ? (double)dy[i] : 0;
}

/* dx = weight * scale * (g - mean(g) - xhat * mean(g * xhat)), statistics being functions of x too. */
void norm_backward_naive(const struct kernel_run *run, const struct norm_shape *s, const real *x, const real *y,
                         const real *weight, const uint8_t *keep, const real *mean, const real *scale, const real *dy,
                         real *dx, real *dresidual, real *dweight, real *dbias)
{
#pragma omp parallel for schedule(static) num_threads(run->threads)
    for (int c = 0; c < s->c; c++) {
        double dw = 0, db = 0;
        for (int group = 0; group < s->groups; group++) {
            size_t first = (size_t)group * s->rows * s->c + c, end = first + (size_t)s->rows * s->c;
            double m = (double)mean[(size_t)group * s->c + c], factor = (double)scale[(size_t)group * s->c + c];
            double sum = 0, product = 0;
            for (size_t i = first; i < end; i += s->c) {
                double g = passed(s, y, keep, dy, i);
                sum += g;
                product += g * ((double)x[i] - m) * factor;
            }
            dw += product;
            db += sum;
            for (size_t i = first; i < end; i += s->c) {
                double g = passed(s, y, keep, dy, i), xhat = ((double)x[i] - m) * factor;
                if (dresidual) dresidual[i] = (real)g;
                dx[i] = (real)((double)weight[c] * factor * (g - sum / s->rows - xhat * product / s->rows));
            }
        }
        dweight[c] = (real)dw;
        dbias[c] = (real)db;
    }
}
