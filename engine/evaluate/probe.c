/* kNN on features as they are, ridge on standardised ones; both scored by ranks. */
#include "engine/evaluate/probe.h"

#include <math.h>
#include <stdlib.h>

#include "engine/base/random.h"
#include "engine/evaluate/knn.h"
#include "engine/evaluate/ridge.h"
#include "engine/evaluate/standardize.h"

static int row_compare(const void *a, const void *b)
{
    uint32_t u = *(const uint32_t *)a, v = *(const uint32_t *)b;
    return u < v ? -1 : u > v;
}

int probe_choose(int count, int most, uint32_t *rows)
{
    if (count <= most) {
        for (int i = 0; i < count; i++) rows[i] = (uint32_t)i;
        return count;
    }
    uint32_t *order = malloc((size_t)count * sizeof *order);
    if (!order) return -1;
    struct random r = random_stream(0, 1, 0, RANDOM_FRACTION);
    random_permutation(&r, (uint32_t)count, order);
    for (int i = 0; i < most; i++) rows[i] = order[i];
    free(order);
    qsort(rows, (size_t)most, sizeof *rows, row_compare);
    return most;
}

static bool all_finite(const struct labelled_features *f, const char *which, struct err *e)
{
    size_t d = (size_t)f->d;
    for (size_t i = 0; i < (size_t)f->n * d; i++)
        if (!isfinite(f->x[i]))
            return err_set(e, ERR_NUMERIC, "quick probe: feature %d of %s image %d is not finite", (int)(i % d), which,
                           (int)(i / d));
    return true;
}

/* scores [validation.n, classes] of ridge, filled. */
static bool ridge_probe(const struct labelled_features *train, const struct labelled_features *validation,
                        double *scores, struct err *e)
{
    int n = train->n, m = validation->n, d = train->d;
    struct standardize s = { 0 };
    struct ridge r = { 0 };
    size_t rows = (size_t)(n > m ? n : m);
    double *x = malloc(rows * (size_t)d * sizeof *x);
    bool ok = x ? standardize_fit(&s, train->x, NULL, n, d, e)
                : err_set(e, ERR_MEMORY, "quick probe of %d images: no memory", n);
    if (ok) {
        const struct standardized_features fit = { n, d, train->classes, x, train->labels };
        standardize_apply(&s, train->x, NULL, n, x);
        ok = ridge_fit(&r, &fit, e);
    }
    if (ok) {
        standardize_apply(&s, validation->x, NULL, m, x);
        ridge_score(&r, x, m, scores);
    }
    standardize_clear(&s);
    ridge_clear(&r);
    free(x);
    return ok;
}

bool probe_quick(struct probe *p, const struct labelled_features *train, const struct labelled_features *validation,
                 struct err *e)
{
    int n = train->n, m = validation->n, classes = train->classes;
    *p = (struct probe){ .classes = classes, .knn_macro = NAN, .ridge_macro = NAN };
    if (n < 2 || m < 1 || classes < 1)
        return err_set(e, ERR_DATA, "quick probe: %d training and %d validation images of %d classes are too few", n, m,
                       classes);
    size_t k = (size_t)classes;
    p->knn = calloc(k, sizeof *p->knn);
    p->ridge = calloc(k, sizeof *p->ridge);
    double *scores = malloc((size_t)m * k * sizeof *scores);
    bool ok = p->knn && p->ridge && scores;
    if (!ok) err_set(e, ERR_MEMORY, "quick probe of %d images: no memory", m);
    ok = ok && all_finite(train, "training", e) && all_finite(validation, "validation", e) &&
         knn_score(train, validation->x, m, KNN_NEIGHBOURS, scores, e) &&
         auc_score_classes(scores, validation->labels, m, classes, p->knn, e) &&
         ridge_probe(train, validation, scores, e) &&
         auc_score_classes(scores, validation->labels, m, classes, p->ridge, e);
    free(scores);
    if (!ok) {
        probe_clear(p);
        return false;
    }
    p->knn_macro = auc_macro(p->knn, classes);
    p->ridge_macro = auc_macro(p->ridge, classes);
    return true;
}

void probe_clear(struct probe *p)
{
    free(p->knn);
    free(p->ridge);
    *p = (struct probe){ 0 };
}
