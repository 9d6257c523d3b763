/* Rotate once, then every strength is a division: with x = P V' (P'P diagonal), fits and leave-one-out errors of all
 * strengths cost a product each. A class that misses labels is fitted on the rows that have them. */
#include "engine/evaluate/ridge.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <cblas.h>
#include <lapacke.h>

static const double grid[] = { 1e-4, 1e-3, 1e-2, 1e-1, 1, 10 };
enum { GRID = (int)(sizeof grid / sizeof grid[0]) };

/* One rotated problem: rows that have labels for the classes at hand. All arrays in one block. */
struct problem {
    int n, d, m, k; /* rows, features, rank at most min(n, d), classes of this problem */
    double *block;
    double *x;          /* [n, d] centred        */
    double *mean;       /* [d]                   */
    double *values;     /* [m] eigenvalues       */
    double *vectors;    /* [m, m], row i = eigenvector i of the smaller Gram matrix */
    double *v;          /* [m, d]: right vectors */
    double *p;          /* [n, m] = x v'         */
    double *y;          /* [n, k] centred labels */
    double *label_mean; /* [k] means of labels   */
    double *py;         /* [m, k] = p' y         */
    double *scaled;     /* [m, k]                */
    double *fit;        /* [n, k]                */
};

static bool problem_create(struct problem *q, struct err *e)
{
    size_t n = (size_t)q->n, d = (size_t)q->d, m = (size_t)q->m, k = (size_t)q->k;
    size_t sizes[] = { n * d, d, m, m * m, m * d, n * m, n * k, k, m * k, m * k, n * k }, total = 0;
    double **places[] = { &q->x, &q->mean,       &q->values, &q->vectors, &q->v,  &q->p,
                          &q->y, &q->label_mean, &q->py,     &q->scaled,  &q->fit };
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) total += sizes[i];
    q->block = malloc(total * sizeof *q->block);
    if (!q->block) return err_set(e, ERR_MEMORY, "ridge regression of %d x %d: no memory", q->n, q->d);
    double *at = q->block;
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        *places[i] = at;
        at += sizes[i];
    }
    return true;
}

static void columns_centre(double *x, int n, int d, double *mean)
{
    memset(mean, 0, (size_t)d * sizeof *mean);
    for (int i = 0; i < n; i++) cblas_daxpy(d, 1.0 / n, x + (size_t)i * (size_t)d, 1, mean, 1);
    for (int i = 0; i < n; i++) cblas_daxpy(d, -1, mean, 1, x + (size_t)i * (size_t)d, 1);
}

static bool problem_rotate(struct problem *q, struct err *e)
{
    int n = q->n, d = q->d, m = q->m;
    bool wide = n < d;
    cblas_dsyrk(CblasRowMajor, CblasUpper, wide ? CblasNoTrans : CblasTrans, m, wide ? d : n, 1, q->x, d, 0, q->vectors,
                m);
    lapack_int info = LAPACKE_dsyevd(LAPACK_COL_MAJOR, 'V', 'L', m, q->vectors, m, q->values);
    if (info != 0) return err_set(e, ERR_NUMERIC, "ridge regression of %d x %d: eigenvalues did not converge", n, d);
    double least = 1e-12 * fmax(q->values[m - 1], 0);
    if (!wide) {
        memcpy(q->v, q->vectors, (size_t)m * (size_t)m * sizeof *q->v);
    } else {
        cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, m, d, n, 1, q->vectors, m, q->x, d, 0, q->v, d);
        for (int i = 0; i < m; i++)
            cblas_dscal(d, q->values[i] > least ? 1 / sqrt(q->values[i]) : 0, q->v + (size_t)i * (size_t)d, 1);
    }
    cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasTrans, n, m, d, 1, q->x, d, q->v, d, 0, q->p, m);
    cblas_dgemm(CblasRowMajor, CblasTrans, CblasNoTrans, m, q->k, n, 1, q->p, m, q->y, q->k, 0, q->py, q->k);
    for (int i = 0; i < m; i++) q->values[i] = q->values[i] > least ? q->values[i] : 0;
    return true;
}

/* scaled = (values + lambda n)^-1 p' y. */
static void problem_scale(struct problem *q, double lambda)
{
    for (int i = 0; i < q->m; i++)
        for (int c = 0; c < q->k; c++) q->scaled[i * q->k + c] = q->py[i * q->k + c] / (q->values[i] + lambda * q->n);
}

/* Mean squared leave-one-out error of all classes at one strength: residual / (1 - leverage). */
static double problem_error(struct problem *q, double lambda)
{
    problem_scale(q, lambda);
    cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, q->n, q->k, q->m, 1, q->p, q->m, q->scaled, q->k, 0, q->fit,
                q->k);
    double sum = 0;
    for (int i = 0; i < q->n; i++) {
        double leverage = 1.0 / q->n;
        for (int j = 0; j < q->m; j++) {
            double u = q->p[(size_t)i * (size_t)q->m + (size_t)j];
            leverage += u * u / (q->values[j] + lambda * q->n);
        }
        for (int c = 0; c < q->k; c++) {
            double r = (q->y[(size_t)i * (size_t)q->k + (size_t)c] - q->fit[(size_t)i * (size_t)q->k + (size_t)c]) /
                       fmax(1 - leverage, 1e-12);
            sum += r * r;
        }
    }
    return sum / q->n / q->k;
}

/* Whether the labels of class c hold both values, and whether some are missing. */
static bool both_values(const int8_t *labels, int n, int classes, int c, bool *missing)
{
    bool seen[3] = { false };
    for (int i = 0; i < n; i++) {
        int8_t v = labels[(size_t)i * (size_t)classes + (size_t)c];
        seen[v < 0 ? 2 : v > 0] = true;
    }
    *missing = seen[2];
    return seen[0] && seen[1];
}

/* Fit the classes listed in `which` [k] on the rows where the first of them has a label. */
static bool fit_group(struct ridge *r, const struct standardized_features *from, const int *which, int k, struct err *e)
{
    const double *x = from->x;
    const int8_t *labels = from->labels;
    int n = from->n;
    struct problem q = { .d = r->d, .k = k };
    for (int i = 0; i < n; i++) q.n += labels[(size_t)i * (size_t)r->classes + (size_t)which[0]] >= 0;
    q.m = q.n < q.d ? q.n : q.d;
    if (!problem_create(&q, e)) return false;
    for (int i = 0, at = 0; i < n; i++) {
        const int8_t *label = labels + (size_t)i * (size_t)r->classes;
        if (label[which[0]] < 0) continue;
        memcpy(q.x + (size_t)at * (size_t)q.d, x + (size_t)i * (size_t)q.d, (size_t)q.d * sizeof *x);
        for (int c = 0; c < k; c++) q.y[(size_t)at * (size_t)k + (size_t)c] = label[which[c]];
        at++;
    }
    columns_centre(q.x, q.n, q.d, q.mean);
    columns_centre(q.y, q.n, k, q.label_mean);
    bool ok = problem_rotate(&q, e);
    double best = INFINITY, lambda = grid[GRID - 1];
    for (int g = GRID - 1; ok && g >= 0; g--) {
        double error = problem_error(&q, grid[g]);
        if (error < best) {
            best = error;
            lambda = grid[g];
        }
    }
    if (ok) problem_scale(&q, lambda);
    for (int c = 0; ok && c < k; c++) {
        double *w = r->weights + (size_t)which[c] * (size_t)q.d;
        cblas_dgemv(CblasRowMajor, CblasTrans, q.m, q.d, 1, q.v, q.d, q.scaled + c, k, 0, w, 1);
        r->offset[which[c]] = q.label_mean[c] - cblas_ddot(q.d, w, 1, q.mean, 1);
        r->lambda[which[c]] = lambda;
    }
    free(q.block);
    return ok;
}

bool ridge_fit(struct ridge *r, const struct standardized_features *from, struct err *e)
{
    int n = from->n, d = from->d, classes = from->classes;
    *r = (struct ridge){ .d = d, .classes = classes };
    size_t k = (size_t)(classes > 0 ? classes : 1);
    int *complete = malloc(k * sizeof *complete), count = 0;
    r->weights = calloc(k * (size_t)d, sizeof *r->weights);
    r->offset = calloc(k, sizeof *r->offset);
    r->lambda = calloc(k, sizeof *r->lambda);
    bool ok = complete && r->weights && r->offset && r->lambda;
    if (!ok) err_set(e, ERR_MEMORY, "ridge regression of %d classes: no memory", classes);
    for (int c = 0; ok && c < classes; c++) {
        bool missing;
        if (!both_values(from->labels, n, classes, c, &missing))
            r->offset[c] = r->lambda[c] = NAN;
        else if (!missing)
            complete[count++] = c;
        else
            ok = fit_group(r, from, &c, 1, e);
    }
    if (ok && count) ok = fit_group(r, from, complete, count, e);
    free(complete);
    if (!ok) ridge_clear(r);
    return ok;
}

void ridge_score(const struct ridge *r, const double *x, int m, double *scores)
{
    for (int i = 0; i < m; i++)
        memcpy(scores + (size_t)i * (size_t)r->classes, r->offset, (size_t)r->classes * sizeof *scores);
    if (m > 0 && r->classes > 0)
        cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasTrans, m, r->classes, r->d, 1, x, r->d, r->weights, r->d, 1,
                    scores, r->classes);
}

void ridge_clear(struct ridge *r)
{
    free(r->weights);
    free(r->offset);
    free(r->lambda);
    *r = (struct ridge){ 0 };
}
