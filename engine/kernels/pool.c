/* Pooling over vectors of channels: every output element is written once, sums keep a fixed order. */
#include "engine/kernels/fast.h"

/* ---- maximum 3x3, stride 2, pad 1 ---------------------------------------------------------------------- */

static inline void taps_store(uint8_t *p, ivec v, int left)
{
    for (int l = 0; l < at_most(left, LANES); l++) p[l] = (uint8_t)v[l];
}

/* One output pixel: its window begins at (top, side) of the image. */
static void maxpool_pixel(int h, int w, int c, const float *image, int top, int side, float *y, uint8_t *tap)
{
    int i0 = top < 0 ? -top : 0, i1 = at_most(3, h - top), j0 = side < 0 ? -side : 0, j1 = at_most(3, w - side);
    for (int at = 0; at < c; at += LANES) {
        int left = c - at;
        vec best = vec_part(image + ((size_t)(top + i0) * w + side + j0) * c + at, left);
        ivec which = (ivec){ 0 } + (i0 * 3 + j0);
        for (int i = i0; i < i1; i++) {
            for (int j = j0; j < j1; j++) {
                vec v = vec_part(image + ((size_t)(top + i) * w + side + j) * c + at, left);
                ivec more = v > best;
                best = vec_pick(more, v, best);
                which = ivec_pick(more, (ivec){ 0 } + (i * 3 + j), which);
            }
        }
        vec_put(y + at, best, left);
        taps_store(tap + at, which, left);
    }
}

static void maxpool_forced(int w, int c, const float *image, int top, int side, float *y, const uint8_t *tap)
{
    for (int l = 0; l < c; l++) y[l] = image[((size_t)(top + tap[l] / 3) * w + side + tap[l] % 3) * c + l];
}

void maxpool_forward_fast(const struct kernel_run *run, int n, int h, int w, int c, const float *x, bool forced,
                          float *y, uint8_t *tap)
{
    int oh = conv_out(h, 3, 2, 1), ow = conv_out(w, 3, 2, 1);
#pragma omp parallel for schedule(static) num_threads(run->threads)
    for (int row = 0; row < n * oh; row++) {
        const float *image = x + (size_t)(row / oh) * h * w * c;
        for (int ox = 0; ox < ow; ox++) {
            size_t at = ((size_t)row * ow + ox) * c;
            int top = row % oh * 2 - 1, side = ox * 2 - 1;
            if (forced) {
                maxpool_forced(w, c, image, top, side, y + at, tap + at);
            } else {
                maxpool_pixel(h, w, c, image, top, side, y + at, tap + at);
            }
        }
    }
}

/* An input pixel gathers from the at most four windows that hold it. */
static void maxpool_gather(int oh, int ow, int c, int iy, int ix, const float *dy, const uint8_t *tap, float *dx)
{
    int y1 = at_most((iy + 1) / 2, oh - 1), x1 = at_most((ix + 1) / 2, ow - 1);
    memset(dx, 0, (size_t)c * sizeof *dx);
    for (int oy = iy / 2; oy <= y1; oy++) {
        for (int ox = ix / 2; ox <= x1; ox++) {
            const float *g = dy + ((size_t)oy * ow + ox) * c;
            const uint8_t *taps = tap + ((size_t)oy * ow + ox) * c,
                          here = (uint8_t)((iy - oy * 2 + 1) * 3 + ix - ox * 2 + 1);
            for (int l = 0; l < c; l++) dx[l] += taps[l] == here ? g[l] : 0;
        }
    }
}

void maxpool_backward_fast(const struct kernel_run *run, int n, int h, int w, int c, const float *dy,
                           const uint8_t *tap, float *dx)
{
    int oh = conv_out(h, 3, 2, 1), ow = conv_out(w, 3, 2, 1);
#pragma omp parallel for schedule(static) num_threads(run->threads)
    for (int row = 0; row < n * h; row++) {
        size_t image = (size_t)(row / h) * oh * ow * c;
        for (int ix = 0; ix < w; ix++) {
            maxpool_gather(oh, ow, c, row % h, ix, dy + image, tap + image, dx + ((size_t)row * w + ix) * c);
        }
    }
}

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

void cells_forward_fast(const struct kernel_run *run, int n, int h, int w, int c, int cells, const float *py,
                        const float *px, const float *x, float *y)
{
#pragma omp parallel for schedule(static) num_threads(run->threads)
    for (int o = 0; o < n * cells * cells; o++) {
        const float *in = x + (size_t)(o / (cells * cells)) * h * w * c;
        const float *weights_y = py + (size_t)(o / cells % cells) * h, *weights_x = px + (size_t)(o % cells) * w;
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

void cells_backward_fast(const struct kernel_run *run, int n, int h, int w, int c, int cells, const float *py,
                         const float *px, const float *dy, float *dx)
{
#pragma omp parallel for schedule(static) num_threads(run->threads)
    for (int row = 0; row < n * h; row++) {
        const float *in = dy + (size_t)(row / h) * cells * cells * c;
        for (int i = 0; i < cells; i++) {
            float weight_y = py[(size_t)i * h + row % h];
            if (weight_y == 0) continue;
            for (int j = 0; j < cells; j++) {
                const float *g = in + ((size_t)i * cells + j) * c;
                int x0, x1;
                band(px + (size_t)j * w, w, &x0, &x1);
                for (int ix = x0; ix < x1; ix++) {
                    float weight = weight_y * px[(size_t)j * w + ix], *out = dx + ((size_t)row * w + ix) * c;
                    for (int l = 0; l < c; l++) out[l] += weight * g[l];
                }
            }
        }
    }
}
