#include "views/analysis/pca.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/random.h"

enum { ROUNDS = 60 };

static double dot(const double *a, const double *b, int n)
{
    double sum = 0;
    for (int i = 0; i < n; i++) sum += a[i] * b[i];
    return sum;
}

/* Orthonormalises the axes in order. An axis that vanishes stays zero. */
static void orthonormalise(double *axes, int k, int d)
{
    for (int i = 0; i < k; i++) {
        double *a = axes + (size_t)i * d, before = sqrt(dot(a, a, d));
        for (int twice = 0; twice < 2; twice++)
            for (int j = 0; j < i; j++) {
                const double *b = axes + (size_t)j * d;
                double along = dot(a, b, d);
                for (int c = 0; c < d; c++) a[c] -= along * b[c];
            }
        double length = sqrt(dot(a, a, d));
        bool lost = !(length > 1e-9 * before) || length == 0;
        for (int c = 0; c < d; c++) a[c] = lost ? 0 : a[c] / length;
    }
}

bool pca_begin(struct pca *p, const float *rows, int n, int d, struct err *e)
{
    *p = (struct pca){ .n = n, .d = d, .k = n - 1 < PCA_MOST ? n - 1 : PCA_MOST };
    if (p->k > d) p->k = d;
    if (n < 3 || d < 1) return err_set(e, ERR_DATA, "embedding: %d images are too few to spread out", n);
    size_t k = (size_t)p->k;
    p->x = malloc((size_t)n * (size_t)d * sizeof *p->x);
    p->axes = malloc(k * (size_t)d * sizeof *p->axes);
    p->next = malloc(k * (size_t)d * sizeof *p->next);
    p->score = calloc(k * (size_t)n, sizeof *p->score);
    if (!p->x || !p->axes || !p->next || !p->score) {
        pca_clear(p);
        return err_set(e, ERR_MEMORY, "embedding: memory ran out");
    }
    for (int c = 0; c < d; c++) {
        double mean = 0;
        for (int i = 0; i < n; i++) mean += (double)rows[(size_t)i * d + c] / n;
        for (int i = 0; i < n; i++) {
            double v = rows[(size_t)i * d + c] - mean;
            p->x[(size_t)i * d + c] = v;
            p->total += v * v;
        }
    }
    if (!isfinite(p->total)) {
        pca_clear(p);
        return err_set(e, ERR_NUMERIC, "embedding: holds numbers that are not finite");
    }
    struct random r = random_stream(0, 0, 0, RANDOM_DIAGNOSE);
    for (size_t i = 0; i < k * (size_t)d; i++) p->axes[i] = random_normal(&r);
    orthonormalise(p->axes, p->k, d);
    return true;
}

void pca_keep_direction(struct pca *p, float *score, int k, int n)
{
    free(p->before);
    p->before = n == p->n ? score : NULL;
    p->before_k = k;
    if (!p->before) free(score);
}

/* How an axis points: along its largest part, or as the rows lay before. Negative: it must be turned about. */
static double direction(const struct pca *p, int a)
{
    const double *axis = p->axes + (size_t)a * p->d;
    double largest = 0, along = 0;
    for (int c = 0; c < p->d; c++)
        if (fabs(axis[c]) > fabs(largest)) largest = axis[c];
    for (int i = 0; p->before && a < p->before_k && i < p->n; i++)
        along += dot(p->x + (size_t)i * p->d, axis, p->d) * (double)p->before[(size_t)a * p->n + i];
    return along != 0 ? along : largest;
}

/* Computes the scores, their shares of the variance, and the signs. */
static void finish(struct pca *p)
{
    for (int a = 0; a < p->k; a++) {
        double *axis = p->axes + (size_t)a * p->d, way = direction(p, a), sum = 0;
        for (int c = 0; way < 0 && c < p->d; c++) axis[c] = -axis[c];
        for (int i = 0; i < p->n; i++) {
            double s = dot(p->x + (size_t)i * p->d, axis, p->d);
            p->score[(size_t)a * p->n + i] = (float)s;
            sum += s * s;
        }
        p->share[a] = p->total > 0 ? sum / p->total : 0;
    }
    p->done = true;
}

void pca_round(struct pca *p)
{
    if (p->done) return;
    memset(p->next, 0, (size_t)p->k * (size_t)p->d * sizeof *p->next);
    for (int i = 0; i < p->n; i++) {
        const double *row = p->x + (size_t)i * p->d;
        for (int a = 0; a < p->k; a++) {
            double s = dot(row, p->axes + (size_t)a * p->d, p->d), *to = p->next + (size_t)a * p->d;
            for (int c = 0; c < p->d; c++) to[c] += s * row[c];
        }
    }
    double *swap = p->axes;
    p->axes = p->next;
    p->next = swap;
    orthonormalise(p->axes, p->k, p->d);
    if (++p->rounds >= ROUNDS) finish(p);
}

void pca_clear(struct pca *p)
{
    free(p->x);
    free(p->axes);
    free(p->next);
    free(p->score);
    free(p->before);
    *p = (struct pca){ 0 };
}
