#include "engine/evaluate/lookalike.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>

#include <cblas.h>

enum { PANEL = 64 };
static const double shrinkage = 0.02;

/* The nearest image and how near; the second nearest's likeness. */
struct nearest {
    int image;
    float first, second;
};

/* Lower triangle of the covariance of columns with mean 0, a little of its mean added to the diagonal. */
static void covariance(const double *x, int n, int d, double *c)
{
    cblas_dsyrk(CblasRowMajor, CblasLower, CblasTrans, d, n, 1.0 / n, x, d, 0, c, d);
    double trace = 0;
    for (int j = 0; j < d; j++) trace += c[(size_t)j * (size_t)d + (size_t)j];
    for (int j = 0; j < d; j++) c[(size_t)j * (size_t)d + (size_t)j] += shrinkage * trace / d + DBL_MIN;
}

/* Cholesky's triangle in place. */
static void decompose(double *c, int d)
{
    for (int j = 0; j < d; j++) {
        double *row = c + (size_t)j * (size_t)d;
        for (int i = 0; i <= j; i++) {
            const double *other = c + (size_t)i * (size_t)d;
            double v = row[i] - cblas_ddot(i, row, 1, other, 1);
            row[i] = i < j ? v / other[i] : sqrt(v > DBL_MIN ? v : DBL_MIN);
        }
    }
}

/* Whitened: the directions that images differ in most count no more than others. Rows of unit length. */
static float *white_rows(const float *x, int n, int d, double *wide, double *c)
{
    size_t width = (size_t)d, cells = (size_t)n * width;
    float *out = malloc((cells + 1) * sizeof *out);
    if (!out) return NULL;
    for (size_t j = 0; j < width; j++) {
        double sum = 0;
        for (size_t i = 0; i < cells; i += width) sum += (double)x[i + j];
        for (size_t i = 0; i < cells; i += width) wide[i + j] = (double)x[i + j] - sum / n;
    }
    covariance(wide, n, d, c);
    decompose(c, d);
    cblas_dtrsm(CblasRowMajor, CblasRight, CblasLower, CblasTrans, CblasNonUnit, n, d, 1, c, d, wide, d);
    for (size_t i = 0; i < cells; i += width) {
        double squares = cblas_ddot(d, wide + i, 1, wide + i, 1), scale = squares > 0 ? 1 / sqrt(squares) : 0;
        for (size_t j = 0; j < width; j++) out[i + j] = (float)(wide[i + j] * scale);
    }
    return out;
}

static struct nearest nearest_of(const struct lookalike_search *s, const float *cosine, int self)
{
    struct nearest best = { -1, -2, -2 };
    for (int i = 0; i < s->n; i++) {
        if (i == self || isnan(cosine[i]) || cosine[i] <= best.second) continue;
        if (s->may && !s->may(s->ctx, self, i)) continue;
        if (cosine[i] > best.first) {
            best.second = best.first;
            best.first = cosine[i];
            best.image = i;
        } else {
            best.second = cosine[i];
        }
    }
    return best;
}

static int by_likeness(const void *a, const void *b)
{
    const struct lookalike *x = a, *y = b;
    if (x->likeness != y->likeness) return x->likeness < y->likeness ? 1 : -1;
    return (x->a > y->a) - (x->a < y->a);
}

static int pair_up(const struct nearest *all, int n, struct lookalike *out)
{
    int count = 0;
    for (int i = 0; i < n; i++) {
        int j = all[i].image;
        if (j <= i || all[j].image != i) continue;
        float second = all[i].second > all[j].second ? all[i].second : all[j].second;
        out[count++] = (struct lookalike){ i, j, all[i].first, all[i].first - second };
    }
    if (count) qsort(out, (size_t)count, sizeof *out, by_likeness);
    return count;
}

bool lookalike_find(const struct lookalike_search *s, struct lookalike **out, int *count, struct err *e)
{
    const int n = s->n, d = s->d;
    double *wide = calloc((size_t)n * (size_t)d + 1, sizeof *wide), *c = calloc((size_t)d * (size_t)d, sizeof *c);
    float *rows = wide && c ? white_rows(s->x, n, d, wide, c) : NULL,
          *cosine = malloc((PANEL * (size_t)n + 1) * sizeof *cosine);
    struct nearest *all = malloc(((size_t)n + 1) * sizeof *all);
    bool ok = true;
    *count = 0;
    *out = malloc(((size_t)n / 2 + 1) * sizeof **out);
    if (!rows || !cosine || !all || !*out) ok = err_set(e, ERR_MEMORY, "look-alikes of %d images: no memory", n);
    for (int first = 0; ok && first < n; first += PANEL) {
        int m = first + PANEL < n ? PANEL : n - first;
        if (s->go_on && !s->go_on(s->ctx)) ok = err_set(e, ERR_INTERRUPTED, "look-alikes: stopped");
        if (!ok) break;
        cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, m, n, d, 1, rows + (size_t)first * (size_t)d, d, rows, d,
                    0, cosine, n);
        for (int i = 0; i < m; i++) all[first + i] = nearest_of(s, cosine + (size_t)i * (size_t)n, first + i);
    }
    if (ok) *count = pair_up(all, n, *out);
    free(wide);
    free(c);
    free(rows);
    free(cosine);
    free(all);
    if (ok) return true;
    free(*out);
    *out = NULL;
    return false;
}

bool lookalike_is(const struct lookalike *l)
{
    return (double)l->likeness >= LOOKALIKE_LEAST && (double)l->margin >= LOOKALIKE_MARGIN;
}
