/* Thresholds are walked from the highest score down: all that is needed at each is how many positives and negatives lie
 * at or above it. */
#include "engine/evaluate/operating.h"

#include <math.h>
#include <stdlib.h>

struct scored {
    double score;
    int8_t positive;
};

/* Those that count, by falling score. Owned. */
struct sorted {
    struct scored *list;
    int n, m[2]; /* all; negatives, positives */
    bool broken; /* a score is NaN */
};

static int by_falling_score(const void *a, const void *b)
{
    double u = ((const struct scored *)a)->score, v = ((const struct scored *)b)->score;
    return u > v ? -1 : u < v;
}

static bool sort(const struct operating_scores *s, struct sorted *out, struct err *e)
{
    *out = (struct sorted){ .list = malloc(((size_t)s->n + 1) * sizeof *out->list) };
    if (!out->list) return err_set(e, ERR_MEMORY, "figures of %d scores: no memory", s->n);
    for (int i = 0; i < s->n; i++) {
        size_t at = (size_t)i * (size_t)s->stride;
        if (s->labels[at] < 0) continue;
        out->list[out->n++] = (struct scored){ s->scores[at], s->labels[at] > 0 };
        out->m[s->labels[at] > 0]++;
        out->broken = out->broken || isnan(s->scores[at]);
    }
    if (!out->broken) qsort(out->list, (size_t)out->n, sizeof *out->list, by_falling_score);
    return true;
}

/* Positives and negatives at or above the score at `at`, added to `above`; returns the place of the next lower score.
 */
static int take_ties(const struct sorted *s, int at, double above[2])
{
    int next = at;
    for (; next < s->n && s->list[next].score == s->list[at].score; next++) above[s->list[next].positive]++;
    return next;
}

bool operating_threshold(const struct operating_scores *s, double *threshold, struct err *e)
{
    struct sorted all;
    *threshold = NAN;
    if (!sort(s, &all, e)) return false;
    double above[2] = { 0, 0 }, best = -1;
    for (int at = 0, next; at < all.n && all.m[1] && !all.broken; at = next) {
        next = take_ties(&all, at, above);
        double f1 = 2 * above[1] / (above[0] + above[1] + all.m[1]);
        if (f1 <= best) continue;
        best = f1;
        *threshold = all.list[at].score;
    }
    free(all.list);
    return true;
}

static double precision_area(const struct sorted *s)
{
    double above[2] = { 0, 0 }, sum = 0;
    for (int at = 0, next; at < s->n; at = next) {
        double before = above[1];
        next = take_ties(s, at, above);
        sum += (above[1] - before) / s->m[1] * above[1] / (above[0] + above[1]);
    }
    return s->m[1] ? sum : NAN;
}

static void at_threshold(const struct sorted *s, double threshold, struct operating *out)
{
    double above[2] = { 0, 0 };
    for (int i = 0; i < s->n && s->list[i].score >= threshold; i++) above[s->list[i].positive]++;
    if (isnan(threshold)) return;
    if (s->m[1]) out->sensitivity = above[1] / s->m[1];
    if (s->m[0]) out->specificity = 1 - above[0] / s->m[0];
    if (s->m[1]) out->f1 = 2 * above[1] / (above[0] + above[1] + s->m[1]);
}

/* Sums in place of means. */
static void fill_bins(const struct sorted *s, struct operating_bin bins[OPERATING_BINS])
{
    for (int b = 0; b < OPERATING_BINS; b++) bins[b] = (struct operating_bin){ 0, 0, 0 };
    for (int i = 0; i < s->n; i++) {
        double p = s->list[i].score;
        struct operating_bin *bin = &bins[(int)fmin(fmax(p, 0) * OPERATING_BINS, OPERATING_BINS - 1)];
        bin->count++;
        bin->score += p;
        bin->positives += s->list[i].positive;
    }
}

static void calibrate(const struct sorted *s, struct operating *out)
{
    struct operating_bin bins[OPERATING_BINS];
    double brier = 0, off = 0;
    fill_bins(s, bins);
    for (int i = 0; i < s->n; i++) {
        double d = s->list[i].score - s->list[i].positive;
        brier += d * d;
    }
    for (int b = 0; b < OPERATING_BINS; b++) off += fabs(bins[b].score - bins[b].positives);
    if (!s->n) return;
    out->brier = brier / s->n;
    out->calibration = off / s->n;
}

bool operating_point(const struct operating_scores *s, double threshold, struct operating *out, struct err *e)
{
    struct sorted all;
    if (!sort(s, &all, e)) return false;
    *out = (struct operating){ NAN, NAN, NAN, NAN, NAN, NAN, all.m[1], all.m[0] };
    if (!all.broken) {
        out->average_precision = precision_area(&all);
        at_threshold(&all, threshold, out);
        calibrate(&all, out);
    }
    free(all.list);
    return true;
}

bool operating_bins(const struct operating_scores *s, struct operating_bin bins[OPERATING_BINS], struct err *e)
{
    struct sorted all;
    if (!sort(s, &all, e)) return false;
    if (all.broken) all.n = 0;
    fill_bins(&all, bins);
    for (int b = 0; b < OPERATING_BINS; b++) {
        bins[b].score = bins[b].count ? bins[b].score / bins[b].count : NAN;
        bins[b].positives = bins[b].count ? bins[b].positives / bins[b].count : NAN;
    }
    free(all.list);
    return true;
}

bool operating_curve(const struct operating_scores *s, struct operating_curve *out, struct err *e)
{
    struct sorted all;
    *out = (struct operating_curve){ 0 };
    if (!sort(s, &all, e)) return false;
    out->positives = all.m[1];
    out->negatives = all.m[0];
    out->steps = malloc(((size_t)all.n + 1) * sizeof *out->steps);
    double above[2] = { 0, 0 };
    if (out->steps && all.n && !all.broken) out->steps[out->count++] = (struct operating_step){ INFINITY, 0, 0 };
    for (int at = 0, next; out->count && at < all.n; at = next) {
        next = take_ties(&all, at, above);
        out->steps[out->count++] = (struct operating_step){ all.list[at].score, (int)above[1], (int)above[0] };
    }
    free(all.list);
    return out->steps || err_set(e, ERR_MEMORY, "curve of %d scores: no memory", s->n);
}

void operating_curve_clear(struct operating_curve *c)
{
    free(c->steps);
    *c = (struct operating_curve){ 0 };
}

int operating_curve_at(const struct operating_curve *c, double threshold)
{
    int at = 0;
    while (at + 1 < c->count && c->steps[at + 1].threshold >= threshold) at++;
    return at;
}
