/* Pooling in plain loops: maximum 3x3/2, mean over positions, separable operator to cells. */
#include "engine/kernels/naive/naive.h"

#include <string.h>

/* Input pixel of tap 0..8 of output o, -1 outside. */
static int pool_pixel(int h, int w, int ow, int o, int tap)
{
    int y = o / ow * 2 - 1 + tap / 3, x = o % ow * 2 - 1 + tap % 3;
    return y < 0 || y >= h || x < 0 || x >= w ? -1 : y * w + x;
}

/* One output at a time; the first of equal taps wins. */
void maxpool_forward_naive(const struct kernel_run *run, const struct maxpool_shape *s, const real *x, bool forced,
                           real *y, uint8_t *tap)
{
    int n = s->n, h = s->h, w = s->w, c = s->c, oh = conv_out(h, 3, 2, 1), ow = conv_out(w, 3, 2, 1);
#pragma omp parallel for schedule(static) num_threads(run->threads)
    for (int image = 0; image < n; image++) {
        const real *in = x + (size_t)image * h * w * c;
        for (int o = 0; o < oh * ow; o++) {
            for (int l = 0; l < c; l++) {
                size_t at = ((size_t)image * oh * ow + o) * c + l;
                int best = forced ? tap[at] : -1;
                for (int t = 0; t < 9 && !forced; t++) {
                    int pixel = pool_pixel(h, w, ow, o, t);
                    if (pixel < 0) continue;
                    if (best < 0 || in[(size_t)pixel * c + l] > in[(size_t)pool_pixel(h, w, ow, o, best) * c + l])
                        best = t;
                }
                if (tap) tap[at] = (uint8_t)best;
                y[at] = in[(size_t)pool_pixel(h, w, ow, o, best) * c + l];
            }
        }
    }
}

/* Windows overlap, so an image is one thread's. */
void maxpool_backward_naive(const struct kernel_run *run, const struct maxpool_shape *s, const real *dy,
                            const uint8_t *tap, real *dx)
{
    int n = s->n, h = s->h, w = s->w, c = s->c, oh = conv_out(h, 3, 2, 1), ow = conv_out(w, 3, 2, 1);
    size_t size = (size_t)h * w * c;
#pragma omp parallel for schedule(static) num_threads(run->threads)
    for (int image = 0; image < n; image++) {
        real *in = dx + image * size;
        memset(in, 0, size * sizeof *in);
        for (int o = 0; o < oh * ow; o++) {
            size_t at = ((size_t)image * oh * ow + o) * c;
            for (int l = 0; l < c; l++) in[(size_t)pool_pixel(h, w, ow, o, tap[at + l]) * c + l] += dy[at + l];
        }
    }
}

void mean_forward_naive(const struct kernel_run *run, int n, int hw, int c, const real *x, real *y)
{
#pragma omp parallel for schedule(static) num_threads(run->threads)
    for (int i = 0; i < n * c; i++) {
        const real *in = x + (size_t)(i / c) * hw * c + i % c;
        double sum = 0;
        for (int p = 0; p < hw; p++) sum += (double)in[(size_t)p * c];
        y[i] = (real)(sum / hw);
    }
}

void mean_backward_naive(const struct kernel_run *run, int n, int hw, int c, const real *dy, real *dx)
{
#pragma omp parallel for schedule(static) num_threads(run->threads)
    for (int i = 0; i < n * hw; i++) {
        const real *g = dy + (size_t)(i / hw) * c;
        for (int l = 0; l < c; l++) dx[(size_t)i * c + l] += g[l] / (real)hw;
    }
}

void cells_forward_naive(const struct kernel_run *run, const struct cells_shape *s, const struct cell_operators *op,
                         const real *x, real *y)
{
    int n = s->n, h = s->h, w = s->w, c = s->c, cells = s->cells;
#pragma omp parallel for schedule(static) num_threads(run->threads)
    for (int o = 0; o < n * cells * cells; o++) {
        const real *in = x + (size_t)(o / (cells * cells)) * h * w * c;
        const real *weights_y = op->rows + (size_t)(o / cells % cells) * h,
                   *weights_x = op->columns + (size_t)(o % cells) * w;
        real *out = y + (size_t)o * c;
        for (int l = 0; l < c; l++) out[l] = 0;
        for (int p = 0; p < h * w; p++) {
            real weight = weights_y[p / w] * weights_x[p % w];
            if (weight == 0) continue;
            for (int l = 0; l < c; l++) out[l] += weight * in[(size_t)p * c + l];
        }
    }
}

void cells_backward_naive(const struct kernel_run *run, const struct cells_shape *s, const struct cell_operators *op,
                          const real *dy, real *dx)
{
    int n = s->n, h = s->h, w = s->w, c = s->c, cells = s->cells;
#pragma omp parallel for schedule(static) num_threads(run->threads)
    for (int pixel = 0; pixel < n * h * w; pixel++) {
        const real *in = dy + (size_t)(pixel / (h * w)) * cells * cells * c;
        real *out = dx + (size_t)pixel * c;
        for (int o = 0; o < cells * cells; o++) {
            real weight =
                op->rows[(size_t)(o / cells) * h + pixel / w % h] * op->columns[(size_t)(o % cells) * w + pixel % w];
            if (weight == 0) continue;
            for (int l = 0; l < c; l++) out[l] += weight * in[(size_t)o * c + l];
        }
    }
}
