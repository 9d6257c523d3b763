/* Means and cells over vectors of channels: every output element is written once, sums keep a fixed order. */
#include "engine/kernels/vector/fast.h"

/* ---- mean over positions ------------------------------------------------------------------------------- */

void mean_forward_fast(const struct kernel_run *run, int n, int hw, int c, const float *x, float *y)
{
    enum { BLOCK = 64 }; /* positions summed in float before they are added to the rest */
#pragma omp parallel for schedule(static) num_threads(run->threads)
    for (int image = 0; image < n; image++) {
        for (int at = 0; at < c; at += LANES) {
            int left = c - at;
            vec sum = { 0 };
            for (int from = 0; from < hw; from += BLOCK) {
                vec part = { 0 };
                for (int p = from; p < at_most(hw, from + BLOCK); p++) {
                    part += vec_part(x + ((size_t)image * hw + p) * c + at, left);
                }
                sum += part;
            }
            vec_put(y + (size_t)image * c + at, sum / (float)hw, left);
        }
    }
}

void mean_backward_fast(const struct kernel_run *run, int n, int hw, int c, const float *dy, float *dx)
{
#pragma omp parallel for schedule(static) num_threads(run->threads)
    for (int i = 0; i < n * hw; i++) {
        const float *g = dy + (size_t)(i / hw) * c;
        float *out = dx + (size_t)i * c;
        for (int l = 0; l < c; l++) out[l] += g[l] / (float)hw;
    }
}

/* ---- cells --------------------------------------------------------------------------------------------- */

/* Where a row of a banded operator begins and ends to be other than 0. */
static void band(const float *row, int n, int *from, int *end)
{
    for (*from = 0; *from < n && row[*from] == 0;) ++*from;
    for (*end = n; *end > *from && row[*end - 1] == 0;) --*end;
}

void cells_forward_fast(const struct kernel_run *run, const struct cells_shape *s, const struct cell_operators *op,
                        const float *x, float *y)
{
    int n = s->n, h = s->h, w = s->w, c = s->c, cells = s->cells;
#pragma omp parallel for schedule(static) num_threads(run->threads)
    for (int o = 0; o < n * cells * cells; o++) {
        const float *in = x + (size_t)(o / (cells * cells)) * h * w * c;
        const float *weights_y = op->rows + (size_t)(o / cells % cells) * h,
                    *weights_x = op->columns + (size_t)(o % cells) * w;
        int y0, y1, x0, x1;
        band(weights_y, h, &y0, &y1);
        band(weights_x, w, &x0, &x1);
        for (int at = 0; at < c; at += LANES) {
            int left = c - at;
            vec sum = { 0 };
            for (int iy = y0; iy < y1; iy++) {
                vec row = { 0 };
                for (int ix = x0; ix < x1; ix++)
                    row += vec_part(in + ((size_t)iy * w + ix) * c + at, left) * weights_x[ix];
                sum += row * weights_y[iy];
            }
            vec_put(y + (size_t)o * c + at, sum, left);
        }
    }
}

void cells_backward_fast(const struct kernel_run *run, const struct cells_shape *s, const struct cell_operators *op,
                         const float *dy, float *dx)
{
    int n = s->n, h = s->h, w = s->w, c = s->c, cells = s->cells;
#pragma omp parallel for schedule(static) num_threads(run->threads)
    for (int row = 0; row < n * h; row++) {
        const float *in = dy + (size_t)(row / h) * cells * cells * c;
        for (int i = 0; i < cells; i++) {
            float weight_y = op->rows[(size_t)i * h + row % h];
            if (weight_y == 0) continue;
            for (int j = 0; j < cells; j++) {
                const float *g = in + ((size_t)i * cells + j) * c;
                int x0, x1;
                band(op->columns + (size_t)j * w, w, &x0, &x1);
                for (int ix = x0; ix < x1; ix++) {
                    float weight = weight_y * op->columns[(size_t)j * w + ix], *out = dx + ((size_t)row * w + ix) * c;
                    for (int l = 0; l < c; l++) out[l] += weight * g[l];
                }
            }
        }
    }
}
