/* The correlation matrix of the columns, seen in panels of rows and never whole: at d = 4096 it would be 64 MB. What
 * stays are blocks for a heatmap of any size, the strongest pairs, and the mean. */
#include "engine/diagnose/diagnose_parts.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <cblas.h>

enum { PANEL = 128 }; /* least rows of a panel, rounded up to whole blocks */

/* Order of pairs: stronger first, then by place, so that the list does not depend on how it was gathered. */
static int pair_compare(const void *a, const void *b)
{
    const struct diagnose_pair *p = a, *q = b;
    float u = fabsf(p->r), v = fabsf(q->r);
    if (u != v) return u > v ? -1 : 1;
    if (p->i != q->i) return p->i < q->i ? -1 : 1;
    return p->j < q->j ? -1 : p->j > q->j;
}

/* Keep the strongest in a heap whose root is the weakest kept. */
static void pair_offer(struct diagnose *g, struct diagnose_pair p)
{
    struct diagnose_pair *h = g->pair;
    int i;
    if (g->pairs < DIAGNOSE_PAIRS) {
        i = g->pairs++;
        for (int up; i > 0 && pair_compare(&h[up = (i - 1) / 2], &p) < 0; i = up) h[i] = h[up];
    } else {
        if (pair_compare(&p, &h[0]) >= 0) return;
        i = 0;
        for (int down; (down = 2 * i + 1) < g->pairs; i = down) {
            if (down + 1 < g->pairs && pair_compare(&h[down + 1], &h[down]) > 0) down++;
            if (pair_compare(&p, &h[down]) >= 0) break;
            h[i] = h[down];
        }
    }
    h[i] = p;
}

/* Rows first..last of the matrix, right of the diagonal; r [last-first, d-first]. `sum` [blocks, blocks] of |r|. */
static void panel_gather(const float *r, int first, int last, struct diagnose *g, double *sum)
{
    int width = g->d - first, b = g->block_size;
    for (int i = first; i < last; i++) {
        const float *row = r + (size_t)(i - first) * (size_t)width - first;
        for (int j = i + 1; j < g->d; j++) {
            float v = fminf(1, fmaxf(-1, row[j])), a = fabsf(v);
            size_t k = (size_t)(i / b) * (size_t)g->blocks + (size_t)(j / b);
            struct diagnose_block *block = &g->correlation[k];
            sum[k] += a;
            if (a > block->largest) *block = (struct diagnose_block){ .largest = a, .i = (float)i, .j = (float)j };
            if (g->pairs < DIAGNOSE_PAIRS || a >= fabsf(g->pair[0].r)) pair_offer(g, (struct diagnose_pair){ i, j, v });
        }
    }
}

/* Means of the blocks, the mirrored half, the mean of all. */
static void blocks_finish(struct diagnose *g, const double *sum)
{
    double total = 0;
    for (int p = 0; p < g->blocks; p++) {
        for (int q = p; q < g->blocks; q++) {
            int b = g->block_size;
            double rows = p == g->blocks - 1 ? g->d - p * b : b, columns = q == g->blocks - 1 ? g->d - q * b : b;
            double count = p == q ? rows * (rows - 1) / 2 : rows * columns;
            size_t k = (size_t)p * (size_t)g->blocks + (size_t)q;
            struct diagnose_block *block = &g->correlation[k];
            total += sum[k];
            block->mean = count > 0 ? (float)(sum[k] / count) : 0;
            g->corr_max = fmax(g->corr_max, block->largest);
            g->correlation[(size_t)q * (size_t)g->blocks + (size_t)p] = *block;
        }
    }
    g->corr_abs = total / (0.5 * g->d * (g->d - 1.0));
}

bool correlation_fill(const double *x, const double *norm, struct diagnose *g, struct err *e)
{
    int n = g->n, d = g->d, b = g->block_size, rows = b * ((PANEL + b - 1) / b);
    size_t blocks = (size_t)g->blocks * (size_t)g->blocks;
    float *unit = malloc((size_t)n * (size_t)d * sizeof *unit),
          *panel = malloc((size_t)rows * (size_t)d * sizeof *panel);
    double *sum = calloc(blocks, sizeof *sum);
    bool ok = unit && panel && sum;
    if (!ok) {
        err_set(e, ERR_MEMORY, "correlations of %d dimensions: no memory", d);
        goto done;
    }
    for (int i = 0; i < n; i++)
        for (int j = 0; j < d; j++) {
            size_t k = (size_t)i * (size_t)d + (size_t)j;
            unit[k] = norm[j] > 0 ? (float)(x[k] / norm[j]) : 0;
        }
    /* No pair seen yet: each block names its first place (0, 0 stays where there is no pair or all are 0). */
    for (int p = 0; p < g->blocks; p++)
        for (int q = 0; q < g->blocks; q++)
            g->correlation[(size_t)p * (size_t)g->blocks + (size_t)q] =
                (struct diagnose_block){ .i = (float)(p * b), .j = (float)(q * b) };
    g->corr_max = d > 1 ? 0 : NAN;
    for (int first = 0; first < d; first += rows) {
        int last = first + rows < d ? first + rows : d;
        cblas_sgemm(CblasRowMajor, CblasTrans, CblasNoTrans, last - first, d - first, n, 1, unit + first, d,
                    unit + first, d, 0, panel, d - first);
        panel_gather(panel, first, last, g, sum);
    }
    if (d > 1)
        blocks_finish(g, sum);
    else
        g->corr_abs = NAN;
    qsort(g->pair, (size_t)g->pairs, sizeof *g->pair, pair_compare);
done:
    free(unit);
    free(panel);
    free(sum);
    return ok;
}
