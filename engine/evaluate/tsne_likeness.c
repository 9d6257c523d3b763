/* The nearest rows of each by all distances (for some thousand rows a tree would not be faster), and how near each
 * counts. Every row is computed by one thread in one order. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "engine/evaluate/tsne_parts.h"

enum { LANES = 16, HALVINGS = 100 };
static const double close_enough = 1e-6; /* of the entropy */

struct near {
    float distance; /* squared */
    int row;
    double p; /* p(row | the one that it is near to) */
};

static float distance(const float *a, const float *b, int d)
{
    float lane[LANES] = { 0 }, sum = 0;
    int c = 0;
    for (; c + LANES <= d; c += LANES)
        for (int k = 0; k < LANES; k++) {
            float v = a[c + k] - b[c + k];
            lane[k] += v * v;
        }
    for (; c < d; c++) {
        float v = a[c] - b[c];
        sum += v * v;
    }
    for (int k = 0; k < LANES; k++) sum += lane[k];
    return sum;
}

/* The k nearest of row i, nearest first; of equals the first. */
static void find_nearest(const float *x, int n, int d, int i, int k, struct near *list)
{
    const float *row = x + (size_t)i * (size_t)d;
    int count = 0;
    for (int j = 0; j < n; j++) {
        if (j == i) continue;
        float v = distance(row, x + (size_t)j * (size_t)d, d);
        if (count == k && v >= list[k - 1].distance) continue;
        int at = count < k ? count++ : k - 1;
        for (; at > 0 && list[at - 1].distance > v; at--) list[at] = list[at - 1];
        list[at] = (struct near){ v, j, 0 };
    }
}

/* Weights of the listed: by halving until their entropy is log(perplexity). Distances count from the nearest, so that
 * none vanishes because all are far. Where more rows are at the least distance than count, they count alike. */
static void weigh(struct near *list, int k, double perplexity)
{
    double least = 0, most = INFINITY, mean = 0, wanted = log(perplexity), sum = k;
    for (int j = 0; j < k; j++) mean += (double)(list[j].distance - list[0].distance) / k;
    double b = mean > 0 ? 1 / mean : 1;
    for (int round = 0; round < HALVINGS && isfinite(b); round++) {
        double weighted = 0;
        sum = 0;
        for (int j = 0; j < k; j++) {
            double far = (double)(list[j].distance - list[0].distance);
            list[j].p = exp(-b * far);
            sum += list[j].p;
            weighted += far * list[j].p;
        }
        double entropy = log(sum) + b * weighted / sum;
        if (fabs(entropy - wanted) < close_enough) break;
        if (entropy > wanted)
            least = b;
        else
            most = b;
        b = isinf(most) ? 2 * b : (least + most) / 2;
    }
    for (int j = 0; j < k; j++) list[j].p /= sum;
}

static int by_row(const void *a, const void *b)
{
    const struct near *x = a, *y = b;
    return (x->row > y->row) - (x->row < y->row);
}

/* Row `other` among the k of a list in the order of rows; NULL: it is not there. */
static const struct near *find_row(const struct near *list, int k, int other)
{
    const struct near key = { 0, other, 0 };
    return bsearch(&key, list, (size_t)k, sizeof *list, by_row);
}

/* Numbers in every row of the symmetric matrix, summed up: those that are near to it, and those that it is near to. */
static void count_rows(const struct near *list, int n, int k, size_t *first)
{
    memset(first, 0, ((size_t)n + 1) * sizeof *first);
    for (int i = 0; i < n; i++)
        for (int j = 0; j < k; j++) {
            int other = list[(size_t)i * (size_t)k + (size_t)j].row;
            first[i + 1]++;
            first[other + 1] += !find_row(list + (size_t)other * (size_t)k, k, i);
        }
    for (int i = 0; i < n; i++) first[i + 1] += first[i];
}

static int by_number(const void *a, const void *b)
{
    int x = *(const int *)a, y = *(const int *)b;
    return (x > y) - (x < y);
}

static double both(const struct near *list, int k, int i, int j)
{
    const struct near *a = find_row(list + (size_t)i * (size_t)k, k, j),
                      *b = find_row(list + (size_t)j * (size_t)k, k, i);
    return (a ? a->p : 0) + (b ? b->p : 0);
}

static void symmetrise(const struct near *list, int k, size_t *at, struct tsne_likeness *p)
{
    int n = p->n;
    memcpy(at, p->first, (size_t)n * sizeof *at);
    for (int i = 0; i < n; i++)
        for (int j = 0; j < k; j++) {
            int other = list[(size_t)i * (size_t)k + (size_t)j].row;
            p->other[at[i]++] = other;
            if (!find_row(list + (size_t)other * (size_t)k, k, i)) p->other[at[other]++] = i;
        }
    for (int i = 0; i < n; i++) {
        size_t begin = p->first[i], end = p->first[i + 1];
        qsort(p->other + begin, end - begin, sizeof *p->other, by_number);
        for (size_t t = begin; t < end; t++) p->p[t] = both(list, k, i, p->other[t]) / (2.0 * n);
    }
}

bool tsne_likeness(struct tsne_likeness *p, const float *x, int n, int d, double perplexity, int threads, struct err *e)
{
    int k = (int)(3 * perplexity) < n - 1 ? (int)(3 * perplexity) : n - 1;
    struct near *list = malloc((size_t)n * (size_t)k * sizeof *list);
    size_t *at = malloc((size_t)n * sizeof *at);
    *p = (struct tsne_likeness){ .n = n, .first = malloc(((size_t)n + 1) * sizeof *p->first) };
    bool ok = list && at && p->first;
    (void)threads;
    if (ok) {
#pragma omp parallel for schedule(static) num_threads(threads)
        for (int i = 0; i < n; i++) {
            struct near *mine = list + (size_t)i * (size_t)k;
            find_nearest(x, n, d, i, k, mine);
            weigh(mine, k, perplexity);
            qsort(mine, (size_t)k, sizeof *mine, by_row);
        }
        count_rows(list, n, k, p->first);
        p->other = malloc(p->first[n] * sizeof *p->other);
        p->p = malloc(p->first[n] * sizeof *p->p);
        ok = p->other && p->p;
    }
    if (ok) symmetrise(list, k, at, p);
    free(list);
    free(at);
    if (ok) return true;
    tsne_likeness_clear(p);
    return err_set(e, ERR_MEMORY, "t-SNE of %d rows: no memory", n);
}

void tsne_likeness_clear(struct tsne_likeness *p)
{
    free(p->first);
    free(p->other);
    free(p->p);
    *p = (struct tsne_likeness){ 0 };
}
