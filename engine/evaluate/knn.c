/* Cosines of a panel of queries with the whole training set are one matrix product; the nearest k of each are kept in a
 * short sorted list. */
#include "engine/evaluate/knn.h"

#include <math.h>
#include <stdlib.h>

#include <cblas.h>

enum { PANEL = 64 };

struct neighbour {
    float cosine;
    int index;
};

/* Rows of unit length; a zero row stays zero and is at cosine 0 of everything. */
static float *unit_rows(const float *x, int n, int d)
{
    float *out = malloc((size_t)(n > 0 ? n : 1) * (size_t)d * sizeof *out);
    for (int i = 0; out && i < n; i++) {
        const float *row = x + (size_t)i * (size_t)d;
        double squares = 0;
        for (int j = 0; j < d; j++) squares += (double)row[j] * row[j];
        double scale = squares > 0 ? 1 / sqrt(squares) : 0;
        for (int j = 0; j < d; j++) out[(size_t)i * (size_t)d + (size_t)j] = (float)(row[j] * scale);
    }
    return out;
}

/* The k largest of n cosines in descending order; returns how many (fewer only where cosines are NaN). */
static int nearest(const float *cosine, int n, int k, struct neighbour *list)
{
    int count = 0;
    for (int i = 0; i < n; i++) {
        float v = cosine[i];
        if (isnan(v) || (count == k && v <= list[k - 1].cosine)) continue;
        int at = count < k ? count++ : k - 1;
        for (; at > 0 && list[at - 1].cosine < v; at--) list[at] = list[at - 1];
        list[at] = (struct neighbour){ v, i };
    }
    return count;
}

/* Mean label of each class, for queries that have no neighbour with a label; NaN where nothing tells two values apart.
 */
static void class_means(const int8_t *labels, int n, int classes, double *mean)
{
    for (int c = 0; c < classes; c++) {
        double sum = 0, count = 0;
        for (int i = 0; i < n; i++) {
            int8_t v = labels[(size_t)i * (size_t)classes + (size_t)c];
            if (v >= 0) sum += v, count++;
        }
        mean[c] = sum > 0 && sum < count ? sum / count : NAN;
    }
}

static void vote(const struct neighbour *list, int count, const int8_t *labels, int classes, const double *mean,
                 double *score)
{
    for (int c = 0; c < classes; c++) {
        double sum = 0, total = 0;
        for (int i = 0; i < count; i++) {
            int8_t v = labels[(size_t)list[i].index * (size_t)classes + (size_t)c];
            if (v < 0) continue;
            double w = exp(((double)list[i].cosine - list[0].cosine) / KNN_TEMPERATURE);
            sum += w * v;
            total += w;
        }
        score[c] = total > 0 && !isnan(mean[c]) ? sum / total : mean[c];
    }
}

bool knn_score(const struct labelled_features *train, const float *queries, int m, int k, double *scores, struct err *e)
{
    int n = train->n, d = train->d, classes = train->classes;
    if (n < 1) return err_set(e, ERR_DATA, "nearest neighbours: the training set is empty");
    if (k > n) k = n;
    float *base = unit_rows(train->x, n, d), *query = unit_rows(queries, m, d),
          *cosine = malloc(PANEL * (size_t)n * sizeof *cosine);
    struct neighbour *list = malloc((size_t)k * sizeof *list);
    double *mean = malloc((size_t)(classes > 0 ? classes : 1) * sizeof *mean);
    bool ok = base && query && cosine && list && mean;
    if (!ok) {
        err_set(e, ERR_MEMORY, "nearest neighbours of %d images among %d: no memory", m, n);
        goto done;
    }
    class_means(train->labels, n, classes, mean);
    for (int first = 0; first < m; first += PANEL) {
        int count = first + PANEL < m ? PANEL : m - first;
        cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, count, n, d, 1, query + (size_t)first * (size_t)d, d, base,
                    d, 0, cosine, n);
        for (int i = 0; i < count; i++) {
            int found = nearest(cosine + (size_t)i * (size_t)n, n, k, list);
            vote(list, found, train->labels, classes, mean, scores + (size_t)(first + i) * (size_t)classes);
        }
    }
done:
    free(base);
    free(query);
    free(cosine);
    free(list);
    free(mean);
    return ok;
}
