/* Debiased linear CKA: do two levels hold the same picture of the images?
 *
 * hsic(K, L) = [tr(KL) + 1'K1 1'L1 / ((n-1)(n-2)) - 2/(n-2) 1'KL1] / (n(n-3)), K and L Gram matrices with zeroed
 * diagonals (Song et al. 2012; Nguyen, Raghu, Kornblith 2021, eq. 3). For linear kernels tr(KL) is |X'Y|^2 less the
 * diagonals, so the n x n matrices are formed only where they are the smaller ones. */
#include "engine/diagnose/diagnose.h"

#include <math.h>
#include <stdlib.h>

#include <cblas.h>

/* One level: centred rows, diagonal k_ii and row sums of the zero-diagonal Gram matrix. */
struct cka_level {
    int d;
    double *x;        /* [n, d] */
    double *diagonal; /* [n]    */
    double *sums;     /* [n]    */
};

static bool cka_level_init(struct cka_level *s, const float *x, int n, int d)
{
    s->d = d;
    s->x = malloc((size_t)n * (size_t)d * sizeof *s->x);
    s->diagonal = malloc((size_t)n * sizeof *s->diagonal);
    s->sums = malloc((size_t)n * sizeof *s->sums);
    double *mean = calloc((size_t)d, sizeof *mean);
    bool ok = s->x && s->diagonal && s->sums && mean;
    if (ok) {
        for (int i = 0; i < n; i++)
            for (int j = 0; j < d; j++) mean[j] += x[(size_t)i * (size_t)d + (size_t)j];
        for (int i = 0; i < n; i++) {
            double *row = s->x + (size_t)i * (size_t)d;
            for (int j = 0; j < d; j++) row[j] = x[(size_t)i * (size_t)d + (size_t)j] - mean[j] / n;
            s->diagonal[i] = cblas_ddot(d, row, 1, row, 1);
            /* Centred rows add up to zero, so those other than row i add up to minus row i. */
            s->sums[i] = -s->diagonal[i];
        }
    }
    free(mean);
    return ok;
}

static void cka_level_clear(struct cka_level *s)
{
    free(s->x);
    free(s->diagonal);
    free(s->sums);
}

/* Sum of squares of X'Y [dx, dy], in panels of rows. */
static double cross_features(const struct cka_level *a, const struct cka_level *b, int n, double *panel, int rows)
{
    double sum = 0;
    for (int first = 0; first < a->d; first += rows) {
        int m = first + rows < a->d ? rows : a->d - first;
        cblas_dgemm(CblasRowMajor, CblasTrans, CblasNoTrans, m, b->d, n, 1, a->x + first, a->d, b->x, b->d, 0, panel,
                    b->d);
        sum += cblas_ddot(m * b->d, panel, 1, panel, 1);
    }
    return sum;
}

/* The same number as tr(K L) = sum of K o L, in panels of rows of both Gram matrices: panel holds 2 rows n. */
static double cross_rows(const struct cka_level *a, const struct cka_level *b, int n, double *panel, int rows)
{
    double sum = 0;
    for (int first = 0; first < n; first += rows) {
        int m = first + rows < n ? rows : n - first;
        double *k = panel, *l = panel + (size_t)rows * (size_t)n;
        cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasTrans, m, n, a->d, 1, a->x + (size_t)first * (size_t)a->d, a->d,
                    a->x, a->d, 0, k, n);
        cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasTrans, m, n, b->d, 1, b->x + (size_t)first * (size_t)b->d, b->d,
                    b->x, b->d, 0, l, n);
        sum += cblas_ddot(m * n, k, 1, l, 1);
    }
    return sum;
}

static double hsic(const struct cka_level *a, const struct cka_level *b, int n, double *panel, int rows)
{
    bool by_rows = (double)n * (a->d + b->d) < (double)a->d * b->d;
    double trace = by_rows ? cross_rows(a, b, n, panel, rows) : cross_features(a, b, n, panel, rows);
    double both = 0, ka = 0, kb = 0;
    for (int i = 0; i < n; i++) {
        trace -= a->diagonal[i] * b->diagonal[i];
        both += a->sums[i] * b->sums[i];
        ka += a->sums[i];
        kb += b->sums[i];
    }
    return (trace + ka * kb / ((n - 1.0) * (n - 2.0)) - 2 * both / (n - 2.0)) / (n * (n - 3.0));
}

bool diagnose_cka_levels(const float *const *x, const int *d, int levels, int n, double *cka, struct err *e)
{
    enum { ROWS = 128 };
    if (levels < 1) return true;
    int widest = 2 * n; /* two rows of a panel of cross_rows */
    for (int l = 0; l < levels; l++) widest = d[l] > widest ? d[l] : widest;
    struct cka_level *all = calloc((size_t)levels, sizeof *all);
    double *panel = malloc((size_t)ROWS * (size_t)widest * sizeof *panel),
           *within = malloc((size_t)levels * sizeof *within);
    bool ok = all && panel && within;
    for (int l = 0; ok && l < levels; l++) {
        ok = cka_level_init(&all[l], x[l], n, d[l]);
        if (ok) within[l] = n > 3 ? hsic(&all[l], &all[l], n, panel, ROWS) : NAN;
    }
    if (!ok) err_set(e, ERR_MEMORY, "similarity of %d levels of %d rows: no memory", levels, n);
    for (int i = 0; ok && i < levels; i++) {
        for (int j = 0; j <= i; j++) {
            double scale = within[i] > 0 && within[j] > 0 ? sqrt(within[i]) * sqrt(within[j]) : NAN;
            double across = i == j || isnan(scale) ? within[i] : hsic(&all[i], &all[j], n, panel, ROWS);
            cka[i * levels + j] = cka[j * levels + i] = across / scale;
        }
    }
    for (int l = 0; all && l < levels; l++) cka_level_clear(&all[l]);
    free(all);
    free(panel);
    free(within);
    return ok;
}

bool diagnose_cka(const float *x, int dx, const float *y, int dy, int n, double *cka, struct err *e)
{
    const float *const both[] = { x, y };
    const int d[] = { dx, dy };
    double matrix[4];
    if (!diagnose_cka_levels(both, d, 2, n, matrix, e)) return false;
    *cka = matrix[1];
    return true;
}
