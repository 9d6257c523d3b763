/* Scores are sorted once; a round draws each patient some times, and one walk over the sorted scores gives the area of
 * images that count so often. What the walk needs of an image is one word, so that it reads memory in order. */
#include "engine/evaluate/bootstrap.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/random.h"

/* Labelled images of one class by rising score of one fit: the number of the patient, above two bits. */
enum { TIED = 1, POSITIVE = 2, PATIENT = 2 }; /* its score is that of the one before; its label; shift of the patient */
struct order {
    uint32_t *image; /* [n] */
    int n;
    bool broken; /* a score is NaN */
};

struct work {
    const struct bootstrap_input *in;
    struct order *orders; /* [fits of a, then of b, classes] */
    uint32_t *patient;    /* [n] from 0 on */
    int patients;
    double *found; /* [classes + 1, rounds]: differences, the mean last; NaN: left out */
};

struct ranked {
    double score;
    uint32_t image;
};

static int by_score(const void *a, const void *b)
{
    const struct ranked *u = a, *v = b;
    if (u->score != v->score) return u->score < v->score ? -1 : 1;
    return u->image < v->image ? -1 : u->image > v->image;
}

static bool order_init(struct order *o, const struct work *w, const double *scores, int class)
{
    const struct bootstrap_input *in = w->in;
    struct ranked *list = malloc(((size_t)in->n + 1) * sizeof *list);
    *o = (struct order){ .image = malloc(((size_t)in->n + 1) * sizeof *o->image) };
    bool ok = list && o->image;
    for (int i = 0; ok && i < in->n; i++) {
        size_t at = (size_t)i * (size_t)in->classes + (size_t) class;
        if (in->labels[at] < 0) continue;
        list[o->n++] = (struct ranked){ scores[at], (uint32_t)i };
        o->broken = o->broken || isnan(scores[at]);
    }
    if (ok && !o->broken) qsort(list, (size_t)o->n, sizeof *list, by_score);
    for (int i = 0; ok && i < o->n; i++) {
        size_t image = list[i].image;
        o->image[i] = w->patient[image] << PATIENT;
        if (i && list[i].score == list[i - 1].score) o->image[i] |= TIED;
        if (in->labels[image * (size_t)in->classes + (size_t) class] > 0) o->image[i] |= POSITIVE;
    }
    free(list);
    return ok;
}

/* Area where an image counts times[patient] times; NaN where one value is absent. */
static double weighted_area(const struct order *o, const int *times)
{
    double wins = 0;
    int64_t negatives = 0, positives = 0, tied[2] = { 0, 0 };
    if (o->broken) return NAN;
    for (int i = 0; i <= o->n; i++) {
        if (i == o->n || !(o->image[i] & TIED)) {
            wins += (double)tied[1] * ((double)negatives + (double)tied[0] / 2);
            negatives += tied[0];
            positives += tied[1];
            tied[0] = tied[1] = 0;
        }
        if (i == o->n) break;
        tied[(o->image[i] & POSITIVE) != 0] += times[o->image[i] >> PATIENT];
    }
    return positives && negatives ? wins / (double)positives / (double)negatives : NAN;
}

/* Mean over the fits in `drawn` of a method whose orders begin at `first`. */
static double mean_area(const struct work *w, int first, const int *drawn, int fits, int class, const int *times)
{
    double sum = 0;
    for (int k = 0; k < fits; k++) sum += weighted_area(&w->orders[(first + drawn[k]) * w->in->classes + class], times);
    return sum / fits;
}

static bool counts(const struct bootstrap_input *in, int class)
{
    return !in->apart || !in->apart[class];
}

/* Both areas of all classes, and their means over the classes that count; [classes + 1] each. */
static void areas(const struct work *w, const int *drawn_a, const int *drawn_b, const int *times, double *a, double *b)
{
    const struct bootstrap_input *in = w->in;
    int n = 0, last = in->classes;
    a[last] = b[last] = 0;
    for (int c = 0; c < in->classes; c++) {
        a[c] = mean_area(w, 0, drawn_a, in->a.fits, c, times);
        b[c] = in->b.fits ? mean_area(w, in->a.fits, drawn_b, in->b.fits, c, times) : 0;
        if (isnan(a[c] - b[c]) || !counts(in, c)) continue;
        a[last] += a[c];
        b[last] += b[c];
        n++;
    }
    a[last] = n ? a[last] / n : NAN;
    b[last] = n ? b[last] / n : NAN;
}

/* Scratch of one thread. */
struct round {
    int *times, *drawn; /* [patients], [fits of a, then of b] */
    double *a, *b;      /* [classes + 1] */
};

static bool round_init(struct round *r, const struct work *w)
{
    const struct bootstrap_input *in = w->in;
    size_t classes = (size_t)in->classes + 1;
    *r = (struct round){ malloc(((size_t)w->patients + 1) * sizeof(int)),
                         malloc(((size_t)(in->a.fits + in->b.fits) + 1) * sizeof(int)),
                         malloc(classes * sizeof(double)), malloc(classes * sizeof(double)) };
    return r->times && r->drawn && r->a && r->b;
}

static void round_clear(struct round *r)
{
    free(r->times);
    free(r->drawn);
    free(r->a);
    free(r->b);
}

/* Round `k`; round -1: all images once, each fit once. */
static void play(const struct work *w, struct round *r, int k)
{
    const struct bootstrap_input *in = w->in;
    struct random random = random_stream(in->seed, (uint32_t)k, 0, RANDOM_BOOTSTRAP);
    const int fits[2] = { in->a.fits, in->b.fits };
    for (int m = 0, at = 0; m < 2; m++)
        for (int i = 0; i < fits[m]; i++)
            r->drawn[at++] = k < 0 || fits[m] < 2 ? i : (int)random_below(&random, (uint32_t)fits[m]);
    for (int p = 0; p < w->patients; p++) r->times[p] = k < 0;
    for (int p = 0; k >= 0 && p < w->patients; p++) r->times[random_below(&random, (uint32_t)w->patients)]++;
    areas(w, r->drawn, r->drawn + in->a.fits, r->times, r->a, r->b);
}

static bool play_all(struct work *w)
{
    const struct bootstrap_input *in = w->in;
    bool ok = true;
#pragma omp parallel
    {
        struct round r;
        bool made = round_init(&r, w);
#pragma omp for schedule(static)
        for (int k = 0; k < in->rounds; k++) {
            if (!made) continue;
            play(w, &r, k);
            for (int c = 0; c <= in->classes; c++)
                w->found[(size_t)c * (size_t)in->rounds + (size_t)k] = r.a[c] - r.b[c];
        }
        round_clear(&r);
        if (!made) {
#pragma omp critical
            ok = false;
        }
    }
    return ok;
}

/* ---- what the rounds say ---- */

static int rising(const void *a, const void *b)
{
    double u = *(const double *)a, v = *(const double *)b;
    return u < v ? -1 : u > v;
}

/* Between the neighbours in a sorted list. */
static double percentile(const double *sorted, int n, double share)
{
    double at = share * (n - 1);
    int below = (int)at;
    return below + 1 < n ? sorted[below] + (at - below) * (sorted[below + 1] - sorted[below]) : sorted[n - 1];
}

static void summarise(const struct bootstrap_input *in, double *rounds, struct bootstrap_figure *f)
{
    int n = 0, below = 0, above = 0;
    double sum = 0, squares = 0;
    for (int k = 0; k < in->rounds; k++)
        if (!isnan(rounds[k])) rounds[n++] = rounds[k];
    f->left_out = in->rounds - n;
    f->lo = f->hi = f->deviation = f->p = NAN;
    if (n < 2 || isnan(f->value)) return;
    qsort(rounds, (size_t)n, sizeof *rounds, rising);
    for (int k = 0; k < n; k++) {
        sum += rounds[k];
        below += rounds[k] <= 0;
        above += rounds[k] >= 0;
    }
    for (int k = 0; k < n; k++) squares += (rounds[k] - sum / n) * (rounds[k] - sum / n);
    f->lo = percentile(rounds, n, .025);
    f->hi = percentile(rounds, n, .975);
    f->deviation = sqrt(squares / (n - 1));
    if (in->b.fits) f->p = fmin(1, 2.0 * ((below < above ? below : above) + 1) / (n + 1));
}

/* ---- the whole ---- */

struct patient_of {
    uint32_t patient, image;
};

static int by_patient(const void *a, const void *b)
{
    uint32_t u = ((const struct patient_of *)a)->patient, v = ((const struct patient_of *)b)->patient;
    return u < v ? -1 : u > v;
}

static bool number_patients(struct work *w)
{
    size_t n = (size_t)w->in->n;
    struct patient_of *list = malloc((n + 1) * sizeof *list);
    w->patient = malloc((n + 1) * sizeof *w->patient);
    if (!list || !w->patient) return free(list), false;
    for (size_t i = 0; i < n; i++) list[i] = (struct patient_of){ w->in->patients[i], (uint32_t)i };
    qsort(list, n, sizeof *list, by_patient);
    for (size_t i = 0; i < n; i++) {
        w->patients += !i || list[i].patient != list[i - 1].patient;
        w->patient[list[i].image] = (uint32_t)w->patients - 1;
    }
    free(list);
    return true;
}

static bool work_init(struct work *w, const struct bootstrap_input *in)
{
    int fits = in->a.fits + in->b.fits;
    *w = (struct work){ .in = in,
                        .orders = calloc((size_t)fits * (size_t)in->classes + 1, sizeof *w->orders),
                        .found = malloc(((size_t)in->classes + 1) * (size_t)in->rounds * sizeof *w->found + 1) };
    bool ok = w->orders && w->found && number_patients(w);
    for (int f = 0; ok && f < fits; f++)
        for (int c = 0; ok && c < in->classes; c++)
            ok = order_init(&w->orders[f * in->classes + c], w,
                            f < in->a.fits ? in->a.scores[f] : in->b.scores[f - in->a.fits], c);
    return ok;
}

static void work_clear(struct work *w)
{
    int count = (w->in->a.fits + w->in->b.fits) * w->in->classes;
    for (int i = 0; w->orders && i < count; i++) free(w->orders[i].image);
    free(w->orders);
    free(w->patient);
    free(w->found);
}

bool bootstrap_areas(const struct bootstrap_input *in, struct bootstrap_figure *classes, struct bootstrap_figure *macro,
                     struct err *e)
{
    struct work w;
    struct round all = { 0 };
    bool ok = work_init(&w, in) && round_init(&all, &w);
    if (ok) play(&w, &all, -1);
    ok = ok && play_all(&w);
    for (int c = 0; ok && c <= in->classes; c++) {
        struct bootstrap_figure *f = c < in->classes ? &classes[c] : macro;
        *f = (struct bootstrap_figure){ .a = all.a[c], .b = all.b[c], .value = all.a[c] - all.b[c] };
        summarise(in, w.found + (size_t)c * (size_t)in->rounds, f);
    }
    round_clear(&all);
    work_clear(&w);
    return ok || err_set(e, ERR_MEMORY, "intervals of %d scores: no memory", in->n);
}
