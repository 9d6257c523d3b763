/* Scores are sorted once; a round draws each patient some times, and one walk over the sorted scores gives the area of
 * images that count so often. What the walk needs of an image is one word, so that it reads memory in order. */
#include "engine/evaluate/bootstrap.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/random.h"
#include "engine/evaluate/significance.h"

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
    double *found; /* [2, classes + 1, rounds]: of drawn fits, then of all; the mean last; NaN: left out */
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

static bool counts(const struct bootstrap_input *in, int class)
{
    return !in->apart || !in->apart[class];
}

static int fits_of(const struct bootstrap_input *in)
{
    return in->a.fits + in->b.fits;
}

static int seeds_of(const struct bootstrap_method *m)
{
    return m->seeds > 1 ? m->seeds : 1;
}

/* Scratch of one thread. */
struct round {
    int *times, *drawn; /* [patients], [fits of a, then of b]: which of all fits */
    double *area;       /* [fits of a, then of b, classes] with this round's patients */
    double *a, *b;      /* [classes + 1] */
};

static double mean_area(const struct bootstrap_input *in, const struct round *r, const int *drawn, int fits, int class)
{
    double sum = 0;
    for (int k = 0; k < fits; k++) sum += r->area[drawn[k] * in->classes + class];
    return sum / fits;
}

/* Both areas of all classes, and their means over the classes that count, of the fits in r->drawn. */
static void average(const struct bootstrap_input *in, struct round *r)
{
    int n = 0, last = in->classes;
    r->a[last] = r->b[last] = 0;
    for (int c = 0; c < in->classes; c++) {
        r->a[c] = mean_area(in, r, r->drawn, in->a.fits, c);
        r->b[c] = in->b.fits ? mean_area(in, r, r->drawn + in->a.fits, in->b.fits, c) : 0;
        if (isnan(r->a[c] - r->b[c]) || !counts(in, c)) continue;
        r->a[last] += r->a[c];
        r->b[last] += r->b[c];
        n++;
    }
    r->a[last] = n ? r->a[last] / n : NAN;
    r->b[last] = n ? r->b[last] / n : NAN;
}

static bool round_init(struct round *r, const struct work *w)
{
    const struct bootstrap_input *in = w->in;
    size_t classes = (size_t)in->classes + 1, fits = (size_t)fits_of(in) + 1;
    *r = (struct round){ malloc(((size_t)w->patients + 1) * sizeof(int)), malloc(fits * sizeof(int)),
                         malloc(fits * classes * sizeof(double)), malloc(classes * sizeof(double)),
                         malloc(classes * sizeof(double)) };
    return r->times && r->drawn && r->area && r->a && r->b;
}

static void round_clear(struct round *r)
{
    free(r->times);
    free(r->drawn);
    free(r->area);
    free(r->a);
    free(r->b);
}

static void all_fits(const struct bootstrap_input *in, struct round *r)
{
    for (int k = 0; k < fits_of(in); k++) r->drawn[k] = k;
}

static int one_of(struct random *random, int n, int otherwise)
{
    return n > 1 ? (int)random_below(random, (uint32_t)n) : otherwise;
}

/* Seeds with replacement, then draws, which all seeds have; `first`: of the method's fits. */
static void draw_fits(const struct bootstrap_method *m, struct random *random, int first, int *drawn)
{
    int seeds = seeds_of(m), draws = m->fits / seeds;
    for (int s = 0; s < seeds; s++) drawn[s * draws] = one_of(random, seeds, 0);
    for (int d = draws - 1; d >= 0; d--) /* the first last: it holds the seed until then */
        for (int s = 0, which = one_of(random, draws, 0); s < seeds; s++)
            drawn[s * draws + d] = first + drawn[s * draws] * draws + which;
}

/* Areas of all fits with the patients of round `k`; of round -1: of each patient once. */
static void play(const struct work *w, struct round *r, int k, struct random *random)
{
    const struct bootstrap_input *in = w->in;
    for (int p = 0; p < w->patients; p++) r->times[p] = k < 0;
    for (int p = 0; k >= 0 && p < w->patients; p++) r->times[random_below(random, (uint32_t)w->patients)]++;
    for (int i = 0; i < fits_of(in) * in->classes; i++) r->area[i] = weighted_area(&w->orders[i], r->times);
}

/* What round `k` finds, with the fits that it draws, and with all of them. */
static void play_both(const struct work *w, struct round *r, int k)
{
    const struct bootstrap_input *in = w->in;
    struct random random = random_stream(in->seed, (uint32_t)k, 0, RANDOM_BOOTSTRAP);
    const struct bootstrap_method *methods[] = { &in->a, &in->b };
    for (int m = 0, at = 0; m < 2; at += methods[m++]->fits)
        if (methods[m]->fits) draw_fits(methods[m], &random, at, r->drawn + at);
    play(w, r, k, &random);
    for (int all = 0; all < 2; all++) {
        if (all) all_fits(in, r);
        average(in, r);
        for (int c = 0; c <= in->classes; c++)
            w->found[((size_t)(all * (in->classes + 1) + c)) * (size_t)in->rounds + (size_t)k] = r->a[c] - r->b[c];
    }
}

static bool play_all(struct work *w)
{
    bool ok = true;
#pragma omp parallel
    {
        struct round r;
        bool made = round_init(&r, w);
#pragma omp for schedule(static)
        for (int k = 0; k < w->in->rounds; k++)
            if (made) play_both(w, &r, k);
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

/* Those that are a number, in front; returns how many. */
static int keep_numbers(double *rounds, int count)
{
    int n = 0;
    for (int k = 0; k < count; k++)
        if (!isnan(rounds[k])) rounds[n++] = rounds[k];
    return n;
}

static double variance_of(const double *x, int n)
{
    double sum = 0, squares = 0;
    for (int k = 0; k < n; k++) sum += x[k];
    for (int k = 0; k < n; k++) squares += (x[k] - sum / n) * (x[k] - sum / n);
    return n > 1 ? squares / (n - 1) : NAN;
}

/* What the seeds of both methods say of the variance of the difference. */
struct spread {
    double variance, lacking; /* by seeds; what resampling them leaves out of it */
    double squares;           /* of each method's part, over its degrees of freedom */
};

/* By how much rounds of variance `rounds` are widened. */
static double widening(const struct spread *s, double rounds)
{
    double whole = rounds + s->lacking;
    if (!(s->squares > 0) || !(rounds > 0)) return 1;
    return significance_student(whole * whole / s->squares) / significance_student(INFINITY) * sqrt(whole / rounds);
}

static void summarise(const struct bootstrap_input *in, double *rounds, const struct spread *s,
                      struct bootstrap_figure *f)
{
    int n = keep_numbers(rounds, in->rounds), below = 0, above = 0;
    f->left_out = in->rounds - n;
    f->lo = f->hi = f->deviation = f->p = NAN;
    if (n < 2 || isnan(f->value)) return;
    double variance = variance_of(rounds, n), wider = widening(s, variance);
    qsort(rounds, (size_t)n, sizeof *rounds, rising);
    for (int k = 0; k < n; k++) {
        if (wider != 1) rounds[k] = f->value + wider * (rounds[k] - f->value);
        below += rounds[k] <= 0;
        above += rounds[k] >= 0;
    }
    f->lo = percentile(rounds, n, .025);
    f->hi = percentile(rounds, n, .975);
    f->deviation = wider * sqrt(variance);
    if (in->b.fits) f->p = fmin(1, 2.0 * ((below < above ? below : above) + 1) / (n + 1));
}

/* Area of seed `s` of the method whose fits begin at `first`, mean over draws: of class `c`, or of those that count and
 * have a difference. */
static double area_of_seed(const struct bootstrap_input *in, const struct round *all, int first, int draws, int c)
{
    double sum = 0;
    int n = 0;
    for (int d = 0; d < draws; d++)
        for (int k = 0; k < in->classes; k++) {
            if (c < in->classes ? k != c : isnan(all->a[k] - all->b[k]) || !counts(in, k)) continue;
            sum += all->area[(first + d) * in->classes + k];
            n++;
        }
    return n ? sum / n : NAN;
}

/* Of class `c` (in->classes: the mean), from the areas on all patients. */
static bool spread_of_seeds(const struct bootstrap_input *in, const struct round *all, int c, struct spread *out)
{
    const struct bootstrap_method *methods[] = { &in->a, &in->b };
    *out = (struct spread){ 0 };
    for (int m = 0, first = 0; m < 2; first += methods[m++]->fits) {
        int seeds = seeds_of(methods[m]), draws = methods[m]->fits / seeds;
        if (seeds < 2) continue;
        double *area = malloc((size_t)seeds * sizeof *area);
        if (!area) return false;
        for (int s = 0; s < seeds; s++) area[s] = area_of_seed(in, all, first + s * draws, draws, c);
        double part = variance_of(area, seeds) / seeds;
        free(area);
        if (isnan(part)) continue;
        out->variance += part;
        out->lacking += part / seeds;
        out->squares += part * part / (seeds - 1);
    }
    return true;
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
    int fits = fits_of(in);
    *w = (struct work){ .in = in,
                        .orders = calloc((size_t)fits * (size_t)in->classes + 1, sizeof *w->orders),
                        .found = malloc(2 * ((size_t)in->classes + 1) * (size_t)in->rounds * sizeof *w->found + 1) };
    bool ok = w->orders && w->found && number_patients(w);
    for (int f = 0; ok && f < fits; f++)
        for (int c = 0; ok && c < in->classes; c++)
            ok = order_init(&w->orders[f * in->classes + c], w,
                            f < in->a.fits ? in->a.scores[f] : in->b.scores[f - in->a.fits], c);
    return ok;
}

static void work_clear(struct work *w)
{
    int count = fits_of(w->in) * w->in->classes;
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
    size_t rounds = (size_t)in->rounds;
    bool ok = work_init(&w, in) && round_init(&all, &w);
    if (ok) {
        play(&w, &all, -1, NULL);
        all_fits(in, &all);
        average(in, &all);
    }
    ok = ok && play_all(&w);
    for (int c = 0; ok && c <= in->classes; c++) {
        struct bootstrap_figure *f = c < in->classes ? &classes[c] : macro;
        struct spread spread;
        double *with_all = w.found + (size_t)(in->classes + 1 + c) * rounds;
        *f = (struct bootstrap_figure){ .a = all.a[c], .b = all.b[c], .value = all.a[c] - all.b[c] };
        ok = spread_of_seeds(in, &all, c, &spread);
        f->seeds = spread.variance;
        f->patients = variance_of(with_all, keep_numbers(with_all, in->rounds));
        summarise(in, w.found + (size_t)c * rounds, &spread, f);
    }
    round_clear(&all);
    work_clear(&w);
    return ok || err_set(e, ERR_MEMORY, "intervals of %d scores: no memory", in->n);
}
