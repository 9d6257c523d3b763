/* An area is a mean over pairs; its variance comes from what each image contributes: a positive its share of negatives
 * below it (V10), a negative its share of positives above it (V01). Both are differences of midranks (Sun and Xu 2014),
 * so that sorting is all there is to do. */
#include "engine/evaluate/delong.h"

#include <math.h>
#include <stdlib.h>

/* One image that counts. */
struct part {
    double v[2]; /* what it contributes, by encoder */
    uint32_t patient;
    bool positive;
};

struct parts {
    struct part *list;
    int n, m[2]; /* all; negatives, positives */
    bool broken; /* a score is NaN */
};

struct ranked {
    double score;
    int part;
};

static int by_score(const void *a, const void *b)
{
    double u = ((const struct ranked *)a)->score, v = ((const struct ranked *)b)->score;
    return u < v ? -1 : u > v;
}

static int by_patient(const void *a, const void *b)
{
    uint32_t u = ((const struct part *)a)->patient, v = ((const struct part *)b)->patient;
    return u < v ? -1 : u > v;
}

/* Of each image its share of the other value that it is right about, ties one half. */
static void contribute(struct parts *p, const struct ranked *list, int which)
{
    double below[2] = { 0, 0 }; /* negatives and positives of lower score */
    for (int first = 0, next; first < p->n; first = next) {
        double tied[2] = { 0, 0 };
        for (next = first; next < p->n && list[next].score == list[first].score; next++)
            tied[p->list[list[next].part].positive]++;
        for (int i = first; i < next; i++) {
            struct part *x = &p->list[list[i].part];
            if (x->positive)
                x->v[which] = (below[0] + tied[0] / 2) / p->m[0];
            else
                x->v[which] = (p->m[1] - below[1] - tied[1] / 2) / p->m[1];
        }
        below[0] += tied[0];
        below[1] += tied[1];
    }
}

static bool parts_init(struct parts *p, const double *const scores[2], const struct delong_images *images,
                       struct ranked **ranked, struct err *e)
{
    size_t room = (size_t)images->n + 1;
    *p = (struct parts){ .list = malloc(room * sizeof *p->list) };
    *ranked = malloc(room * sizeof **ranked);
    if (!p->list || !*ranked) return err_set(e, ERR_MEMORY, "variance of an area of %d scores: no memory", images->n);
    for (int i = 0; i < images->n; i++) {
        size_t at = (size_t)i * (size_t)images->stride;
        if (images->labels[at] < 0) continue;
        bool positive = images->labels[at] > 0;
        p->list[p->n++] = (struct part){ .patient = images->patients[i], .positive = positive };
        p->m[positive]++;
        for (int k = 0; k < 2; k++) p->broken = p->broken || (scores[k] && isnan(scores[k][at]));
    }
    return true;
}

/* Areas: the mean of what positives contribute. */
static void set_areas(const struct parts *p, int encoders, struct delong *out)
{
    for (int k = 0; k < encoders; k++) {
        double sum = 0;
        for (int i = 0; i < p->n; i++)
            if (p->list[i].positive) sum += p->list[i].v[k];
        out->auc[k] = sum / p->m[1];
    }
}

/* Sums of products of what differs from the areas, over groups of the sorted list: images, or patients. */
struct products {
    double positive[3], negative[3], mixed[3]; /* first squared, second squared, one with the other */
    int groups, with[2];                       /* groups; those having negatives, positives */
};

static void add_group(struct products *s, const double sum[2][2], const int count[2])
{
    const double *negative = sum[0], *positive = sum[1];
    static const int pairs[3][2] = { { 0, 0 }, { 1, 1 }, { 0, 1 } };
    for (int k = 0; k < 3; k++) {
        int a = pairs[k][0], b = pairs[k][1];
        s->positive[k] += positive[a] * positive[b];
        s->negative[k] += negative[a] * negative[b];
        s->mixed[k] += (positive[a] * negative[b] + positive[b] * negative[a]) / 2;
    }
    s->groups++;
    s->with[0] += count[0] > 0;
    s->with[1] += count[1] > 0;
}

static double variance_of(const struct products *s, const int m[2], int k)
{
    double i10 = s->with[1], i01 = s->with[0], all = s->groups, positives = m[1], negatives = m[0];
    if (i10 < 2 || i01 < 2) return NAN;
    return i10 / ((i10 - 1) * positives * positives) * s->positive[k] +
           i01 / ((i01 - 1) * negatives * negatives) * s->negative[k] +
           2 * all / ((all - 1) * positives * negatives) * s->mixed[k];
}

/* `patients`: groups are patients, else single images, whose mixed products are 0. */
static struct delong_variance variance(const struct parts *p, const struct delong *d, bool patients, int *groups)
{
    struct products s = { 0 };
    for (int first = 0, next; first < p->n; first = next) {
        double sum[2][2] = { { 0, 0 }, { 0, 0 } };
        int count[2] = { 0, 0 };
        for (next = first;
             next < p->n && (next == first || (patients && p->list[next].patient == p->list[first].patient)); next++) {
            const struct part *x = &p->list[next];
            for (int k = 0; k < 2; k++) sum[x->positive][k] += x->v[k] - d->auc[k];
            count[x->positive]++;
        }
        add_group(&s, sum, count);
    }
    *groups = s.groups;
    return (struct delong_variance){ variance_of(&s, p->m, 0), variance_of(&s, p->m, 1), variance_of(&s, p->m, 2) };
}

/* Everything but what the images contribute. */
static void finish(struct parts *p, int encoders, struct delong *out)
{
    const struct delong_variance none = { NAN, NAN, NAN };
    int images;
    *out = (struct delong){ .auc = { NAN, encoders > 1 ? NAN : 0 },
                            .positives = p->m[1],
                            .negatives = p->m[0],
                            .plain = none,
                            .clustered = none };
    qsort(p->list, (size_t)p->n, sizeof *p->list, by_patient);
    for (int i = 0; i < p->n; i++) out->patients += !i || p->list[i].patient != p->list[i - 1].patient;
    if (p->broken || !p->m[0] || !p->m[1]) return;
    set_areas(p, encoders, out);
    out->plain = variance(p, out, false, &images);
    out->clustered = variance(p, out, true, &out->patients);
}

bool delong_areas(const double *a, const double *b, const struct delong_images *images, struct delong *out,
                  struct err *e)
{
    const double *const scores[2] = { a, b };
    struct parts p;
    struct ranked *ranked;
    bool ok = parts_init(&p, scores, images, &ranked, e);
    for (int k = 0; ok && k < 2 && scores[k] && !p.broken; k++) {
        for (int i = 0, n = 0; i < images->n; i++) {
            size_t at = (size_t)i * (size_t)images->stride;
            if (images->labels[at] >= 0) ranked[n] = (struct ranked){ scores[k][at], n }, n++;
        }
        qsort(ranked, (size_t)p.n, sizeof *ranked, by_score);
        if (p.m[0] && p.m[1]) contribute(&p, ranked, k);
    }
    if (ok) finish(&p, b ? 2 : 1, out);
    free(p.list);
    free(ranked);
    return ok;
}

double delong_difference(const struct delong_variance *v)
{
    return fmax(0, v->first + v->second - 2 * v->covariance);
}

bool delong_is_clustered(const struct delong *d)
{
    return d->patients < d->positives + d->negatives;
}

/* ---- by the definition ---- */

static double wins(double positive, double negative)
{
    return positive > negative ? 1 : positive == negative ? .5 : 0;
}

bool delong_areas_naive(const double *a, const double *b, const struct delong_images *images, struct delong *out,
                        struct err *e)
{
    const double *const scores[2] = { a, b };
    struct parts p;
    struct ranked *ranked;
    bool ok = parts_init(&p, scores, images, &ranked, e);
    for (int i = 0, n = 0; ok && i < images->n; i++) {
        size_t at = (size_t)i * (size_t)images->stride;
        if (images->labels[at] < 0) continue;
        for (int k = 0; k < 2 && scores[k]; k++) {
            double sum = 0;
            for (int j = 0; j < images->n; j++) {
                size_t other = (size_t)j * (size_t)images->stride;
                if (images->labels[at] > 0 && images->labels[other] == 0) sum += wins(scores[k][at], scores[k][other]);
                if (images->labels[at] == 0 && images->labels[other] > 0) sum += wins(scores[k][other], scores[k][at]);
            }
            p.list[n].v[k] = sum / p.m[images->labels[at] == 0];
        }
        n++;
    }
    if (ok) finish(&p, b ? 2 : 1, out);
    free(p.list);
    free(ranked);
    return ok;
}
