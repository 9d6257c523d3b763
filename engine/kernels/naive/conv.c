/* Convolution in plain loops: every output pixel visits its taps, channels innermost because they are contiguous. */
#include "engine/kernels/naive/naive.h"

#include <stdlib.h>
#include <string.h>

struct conv_plan {
    struct conv_shape s;
    int oh, ow;
};

struct conv_plan *conv_create_naive(const struct conv_shape *s, int threads, struct err *e)
{
    (void)threads;
    struct conv_plan *p = malloc(sizeof *p);
    if (!p) {
        err_set(e, ERR_MEMORY, "plan a convolution: memory ran out");
        return NULL;
    }
    p->s = *s;
    p->oh = conv_out(s->h, s->r, s->stride, s->pad);
    p->ow = conv_out(s->w, s->r, s->stride, s->pad);
    return p;
}

void conv_destroy_naive(struct conv_plan *p)
{
    free(p);
}

size_t conv_table_bytes_naive(const struct conv_plan *p)
{
    (void)p;
    return 0;
}

const char *conv_candidate_naive(const struct conv_plan *p, int direction, int i)
{
    return i == 0 ? conv_variant_naive(p, direction) : NULL;
}

bool conv_set_variant_naive(struct conv_plan *p, int direction, const char *name)
{
    return strcmp(name, conv_variant_naive(p, direction)) == 0;
}

const char *conv_variant_naive(const struct conv_plan *p, int direction)
{
    (void)p;
    (void)direction;
    return "loops";
}

size_t conv_scratch_naive(const struct conv_plan *p)
{
    (void)p;
    return 0;
}

/* Index of the input pixel that output (oy, ox) of image n meets at tap (i, j); -1 in the padding. */
static ptrdiff_t input_pixel(const struct conv_shape *s, int n, int oy, int ox, int i, int j)
{
    int y = oy * s->stride - s->pad + i, x = ox * s->stride - s->pad + j;
    if (y < 0 || y >= s->h || x < 0 || x >= s->w) return -1;
    return ((ptrdiff_t)n * s->h + y) * s->w + x;
}

/* Channels whose sums are held in double at the same time: they stay in the first cache, and the loop over outputs,
 * which lie together in w and dy, is one that compilers turn into vectors. */
enum { BLOCK_C = 8, BLOCK_K = 64 };

/* Outputs [k0, k0 + BLOCK_K) of one pixel out [k]: over taps, then input channels. `row` counts rows of outputs over
 * all images. */
static void forward_block(const struct conv_plan *p, const real *x, const real *w, real *out, int row, int ox, int k0)
{
    const struct conv_shape *s = &p->s;
    int nk = s->k - k0 < BLOCK_K ? s->k - k0 : BLOCK_K;
    double sum[BLOCK_K] = { 0 };
    for (int tap = 0; tap < s->r * s->r; tap++) {
        ptrdiff_t pixel = input_pixel(s, row / p->oh, row % p->oh, ox, tap / s->r, tap % s->r);
        if (pixel < 0) continue;
        for (int c = 0; c < s->c; c++) {
            double in = (double)x[pixel * s->c + c];
            const real *weights = w + ((size_t)tap * s->c + c) * s->k + k0;
            for (int k = 0; k < nk; k++) sum[k] += in * (double)weights[k];
        }
    }
    for (int k = 0; k < nk; k++) out[k0 + k] = (real)sum[k];
}

void conv_forward_naive(const struct kernel_run *run, const struct conv_plan *p, const real *x, const real *w, real *y)
{
    const struct conv_shape *s = &p->s;
    int rows = s->n * p->oh;
#pragma omp parallel for schedule(static) num_threads(run->threads)
    for (int row = 0; row < rows; row++) {
        for (int ox = 0; ox < p->ow; ox++) {
            real *out = y + ((size_t)row * p->ow + ox) * s->k;
            for (int k = 0; k < s->k; k += BLOCK_K) forward_block(p, x, w, out, row, ox, k);
        }
    }
}

void conv_backward_data_naive(const struct kernel_run *run, const struct conv_plan *p, const real *dy, const real *w,
                              real *dx, bool add)
{
    const struct conv_shape *s = &p->s;
    size_t image = (size_t)s->h * s->w * s->c;
    /* an image is one thread's, since neighbouring outputs add to the same inputs */
#pragma omp parallel for schedule(static) num_threads(run->threads)
    for (int n = 0; n < s->n; n++) {
        if (!add) memset(dx + n * image, 0, image * sizeof *dx);
        for (int o = 0; o < p->oh * p->ow; o++) {
            const real *out = dy + ((size_t)n * p->oh * p->ow + o) * s->k;
            for (int tap = 0; tap < s->r * s->r; tap++) {
                ptrdiff_t pixel = input_pixel(s, n, o / p->ow, o % p->ow, tap / s->r, tap % s->r);
                if (pixel < 0) continue;
                for (int c = 0; c < s->c; c++) {
                    const real *weights = w + ((size_t)tap * s->c + c) * s->k;
                    double sum = 0;
#pragma omp simd reduction(+ : sum)
                    for (int k = 0; k < s->k; k++) sum += (double)out[k] * (double)weights[k];
                    dx[pixel * s->c + c] += (real)sum;
                }
            }
        }
    }
}

/* dw [r, r, c, k] of one tap, channels c0.. and outputs k0..: a thread sums its block over all pixels of all images, so
 * that no sum is shared. */
static void weights_block(const struct conv_plan *p, const real *x, const real *dy, real *dw, int tap, int c0, int k0)
{
    const struct conv_shape *s = &p->s;
    int nc = s->c - c0 < BLOCK_C ? s->c - c0 : BLOCK_C, nk = s->k - k0 < BLOCK_K ? s->k - k0 : BLOCK_K;
    double sum[BLOCK_C][BLOCK_K] = { 0 };
    for (int n = 0; n < s->n; n++) {
        for (int o = 0; o < p->oh * p->ow; o++) {
            ptrdiff_t pixel = input_pixel(s, n, o / p->ow, o % p->ow, tap / s->r, tap % s->r);
            if (pixel < 0) continue;
            const real *out = dy + ((size_t)n * p->oh * p->ow + o) * s->k + k0;
            for (int c = 0; c < nc; c++) {
                double in = (double)x[pixel * s->c + c0 + c];
                for (int k = 0; k < nk; k++) sum[c][k] += in * (double)out[k];
            }
        }
    }
    for (int c = 0; c < nc; c++) {
        for (int k = 0; k < nk; k++) dw[((size_t)tap * s->c + c0 + c) * s->k + k0 + k] = (real)sum[c][k];
    }
}

void conv_backward_weights_naive(const struct kernel_run *run, const struct conv_plan *p, const real *x, const real *dy,
                                 real *dw)
{
    const struct conv_shape *s = &p->s;
    int cs = (s->c + BLOCK_C - 1) / BLOCK_C, ks = (s->k + BLOCK_K - 1) / BLOCK_K;
#pragma omp parallel for schedule(static) num_threads(run->threads)
    for (int block = 0; block < s->r * s->r * cs * ks; block++) {
        weights_block(p, x, dy, dw, block / (cs * ks), block / ks % cs * BLOCK_C, block % ks * BLOCK_K);
    }
}
