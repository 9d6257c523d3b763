#include "app/commands/comparison.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "app/session/labels.h"
#include "app/worker/eval.h"
#include "engine/base/settings.h"
#include "engine/evaluate/bootstrap.h"
#include "engine/evaluate/delong.h"
#include "engine/evaluate/significance.h"

enum { BOOTSTRAP_SEED = 1 };

/* ---- the test set ---- */

bool test_set_load(struct test_set *t, struct store *s, const char *name, struct err *e)
{
    *t = (struct test_set){ 0 };
    if (!predictions_task(s, name, &t->data, e)) return false;
    size_t images = t->data.images_count, classes = t->data.classes_count;
    uint32_t *patients = labels_patients(&t->data, e);
    t->classes = (int)classes;
    t->images = malloc((images + 1) * sizeof *t->images);
    t->patients = malloc((images + 1) * sizeof *t->patients);
    t->labels = malloc(images * classes + 1);
    t->apart = calloc(classes + 1, sizeof *t->apart);
    bool ok = patients && t->images && t->patients && t->labels && t->apart;
    if (!ok) err_set(e, ERR_MEMORY, "data set %s: no memory", name);
    for (size_t i = 0; ok && i < images; i++) {
        if (t->data.images[i].split != STORE_SPLIT_TEST) continue;
        t->images[t->n] = (uint32_t)i;
        t->patients[t->n] = patients[i];
        memcpy(t->labels + (size_t)t->n++ * classes, t->data.labels + i * classes, classes);
    }
    for (size_t c = 0; ok && c < classes; c++) t->apart[c] = !t->data.dataset.exclusive && t->data.nothing[c];
    free(patients);
    if (!ok) test_set_clear(t);
    return ok;
}

void test_set_clear(struct test_set *t)
{
    store_contents_clear(&t->data);
    free(t->images);
    free(t->patients);
    free(t->labels);
    free(t->apart);
    *t = (struct test_set){ 0 };
}

/* ---- what a run predicted ---- */

/* Scores of the test images among all; NULL with an error where one is missing. */
static double *scores_of(const struct predictions *p, const struct test_set *t, const char *run, struct err *e)
{
    size_t classes = (size_t)t->classes;
    double *out = malloc((size_t)t->n * classes * sizeof *out + 1);
    if (!out) return err_set(e, ERR_MEMORY, "predictions of run %s: no memory", run), NULL;
    for (int i = 0, at = 0; i < t->n; i++) {
        while (at < p->n && p->images[at] < t->images[i]) at++;
        if (at == p->n || p->images[at] != t->images[i]) {
            err_set(e, ERR_DATA, "run %s: image %u of %s has no prediction; evaluate again", run, t->images[i],
                    t->data.dataset.name);
            free(out);
            return NULL;
        }
        memcpy(out + (size_t)i * classes, p->scores + (size_t)at * classes, classes * sizeof *out);
    }
    return out;
}

/* Add the predictions of one evaluation, where any were kept and its draw is new. */
static bool add_draw(struct seed *side, struct store *s, const struct store_evaluation *row, const struct test_set *t,
                     struct err *e)
{
    struct predictions p;
    for (int k = 0; k < side->draws; k++)
        if (side->draw[k] == row->seed) return true;
    if (!predictions_read(s, row, &t->data, &p, e)) return false;
    bool ok = true;
    if (p.n) {
        double *scores = scores_of(&p, t, side->run.name, e), **lists = NULL;
        int64_t *draws = NULL;
        ok = scores != NULL;
        if (ok && (lists = realloc(side->scores, ((size_t)side->draws + 1) * sizeof *lists))) side->scores = lists;
        if (lists && (draws = realloc(side->draw, ((size_t)side->draws + 1) * sizeof *draws))) side->draw = draws;
        if (ok && !draws) ok = err_set(e, ERR_MEMORY, "predictions of run %s: no memory", side->run.name);
        if (ok) {
            side->scores[side->draws] = scores;
            side->draw[side->draws++] = row->seed;
        } else {
            free(scores);
        }
    }
    predictions_clear(&p);
    return ok;
}

/* Draws rise, so that those of several runs stand side by side. */
static void sort_draws(struct seed *s)
{
    for (int i = 1; i < s->draws; i++)
        for (int k = i; k > 0 && s->draw[k] < s->draw[k - 1]; k--) {
            int64_t draw = s->draw[k];
            double *scores = s->scores[k];
            s->draw[k] = s->draw[k - 1];
            s->scores[k] = s->scores[k - 1];
            s->draw[k - 1] = draw;
            s->scores[k - 1] = scores;
        }
}

/* All draws of the evaluation that was chosen. */
static bool seed_read(struct seed *side, struct store *s, const struct test_set *t, const struct predictions_wanted *w,
                      struct err *e)
{
    struct store_evaluations list;
    struct predictions_wanted own = *w;
    own.init = side->run.id ? NULL : side->run.name;
    own.step = side->step;
    own.gates = side->chosen.gates;
    own.size = side->chosen.size;
    own.settings = side->chosen.settings;
    own.weights = own.init ? side->chosen.weights : NULL; /* files of one name may differ */
    if (!store_evaluation_list(s, side->run.id, &list, e)) return false;
    bool ok = true;
    for (size_t i = list.count; ok && i-- > 0;) /* the newest of a draw counts */
        if (predictions_match(&list.rows[i], &own)) ok = add_draw(side, s, &list.rows[i], t, e);
    store_evaluations_clear(&list);
    if (ok && side->draws) sort_draws(side);
    if (!ok || side->draws) return ok;
    return err_set(e, ERR_NOT_FOUND,
                   "%s %s: has no predictions of its %s evaluation of %g %% of the labels on %s; "
                   "make them: mlvicx eval %s --task %s --protocol %s --labels %g",
                   side->run.id ? "run" : "encoder", side->run.name, w->protocol, w->percent, w->task,
                   side->run.id ? side->run.name : "--init random|FILE", w->task, w->protocol, w->percent);
}

bool side_read(struct side *side, struct store *s, const struct test_set *t, const struct predictions_wanted *w,
               struct err *e)
{
    for (int i = 0; i < side->count; i++)
        if (!seed_read(&side->seeds[i], s, t, w, e)) return false;
    return true;
}

static void drop_draw(struct seed *s, int k)
{
    free(s->scores[k]);
    s->draws--;
    memmove(s->scores + k, s->scores + k + 1, (size_t)(s->draws - k) * sizeof *s->scores);
    memmove(s->draw + k, s->draw + k + 1, (size_t)(s->draws - k) * sizeof *s->draw);
}

static void keep_common(struct seed *a, const struct seed *b)
{
    for (int k = a->draws; k-- > 0;) {
        bool has = false;
        for (int j = 0; j < b->draws; j++) has = has || b->draw[j] == a->draw[k];
        if (!has) drop_draw(a, k);
    }
}

/* Each run of each side in turn; NULL behind the last. */
static struct seed *nth(struct side *sides, int count, int i)
{
    for (int k = 0; k < count; i -= sides[k++].count)
        if (i < sides[k].count) return &sides[k].seeds[i];
    return NULL;
}

bool sides_align(struct side *sides, int count, struct err *e)
{
    struct seed *first = nth(sides, count, 0), *s;
    bool single = true; /* a classifier's draw is its own */
    for (int i = 0; (s = nth(sides, count, i)); i++) single = single && s->draws == 1;
    if (single) return true;
    for (int i = 1; (s = nth(sides, count, i)); i++) {
        keep_common(first, s);
        if (!first->draws)
            return err_set(e, ERR_DATA,
                           "runs %s and %s were scored on no common draw of the labels; evaluate both alike",
                           first->run.name, s->run.name);
    }
    for (int i = 1; (s = nth(sides, count, i)); i++) keep_common(s, first);
    return true;
}

bool side_differences(const struct side *side, struct text *out, struct err *e)
{
    static const char *const own[] = { "train.seed", "train.threads", "data.threads", "model.init" };
    size_t n;
    const struct setting *rows = settings_table(&n);
    struct settings first, other;
    for (int i = 0; i < side->count; i++)
        if (!side->seeds[i].run.id) return true; /* of an encoder that is no run's, no settings are kept */
    settings_init(&first);
    if (!settings_read_ini(&first, side->seeds[0].run.config, "configuration of the run", e)) return false;
    for (size_t r = 0; r < n; r++) {
        bool skip = false, differs = false;
        char a[SETTINGS_TEXT], b[SETTINGS_TEXT];
        for (size_t k = 0; k < sizeof own / sizeof own[0]; k++) skip = skip || !strcmp(rows[r].name, own[k]);
        settings_get(&first, &rows[r], a);
        for (int i = 1; !skip && !differs && i < side->count; i++) {
            settings_init(&other);
            if (!settings_read_ini(&other, side->seeds[i].run.config, "configuration of the run", e)) return false;
            settings_get(&other, &rows[r], b);
            differs = strcmp(a, b) != 0;
        }
        if (differs) text_printf(out, "%s%s", out->length ? ", " : "", rows[r].name);
    }
    return true;
}

static void seed_clear(struct seed *s)
{
    for (int k = 0; k < s->draws; k++) free(s->scores[k]);
    free(s->scores);
    free(s->draw);
    store_run_clear(&s->run);
}

void side_clear(struct side *s)
{
    for (int i = 0; i < s->count; i++) seed_clear(&s->seeds[i]);
    s->count = 0;
}

/* ---- the comparison ---- */

static void take_figure(struct difference *d, const struct bootstrap_figure *f)
{
    *d = (struct difference){ .a = f->a,
                              .b = f->b,
                              .value = f->value,
                              .lo = f->lo,
                              .hi = f->hi,
                              .deviation = f->deviation,
                              .patients = f->patients,
                              .seeds = f->seeds,
                              .p = NAN,
                              .p_patient = f->p,
                              .p_holm = NAN,
                              .left_out = f->left_out };
}

/* One fit each: DeLong in place of resampling. */
static void take_delong(struct difference *d, const struct delong *v)
{
    double plain = delong_difference(&v->plain), patient = delong_difference(&v->clustered);
    double counts = delong_is_clustered(v) ? patient : plain;
    struct interval i = significance_interval(d->value, counts, -1, 1);
    d->p = significance_p(d->value, plain);
    d->p_patient = significance_p(d->value, patient);
    d->lo = i.lo;
    d->hi = i.hi;
    d->deviation = sqrt(counts);
    d->patients = counts;
    d->left_out = 0;
}

static bool classes_by_delong(struct comparison *c, const struct test_set *t, const struct side *a,
                              const struct side *b, struct err *e)
{
    for (int k = 0; k < c->classes; k++) {
        struct delong v;
        const struct delong_images images = { t->n, t->classes, t->labels + k, t->patients };
        if (!delong_areas(a->seeds[0].scores[0] + k, b->seeds[0].scores[0] + k, &images, &v, e)) return false;
        c->list[k].positives = v.positives;
        c->list[k].negatives = v.negatives;
        if (c->draws * a->count * b->count == 1) take_delong(&c->list[k], &v);
    }
    return true;
}

static void correct(struct comparison *c, double *p)
{
    for (int k = 0; k < c->classes; k++) p[k] = c->list[k].p_patient;
    significance_holm(p, c->classes, p + c->classes);
    for (int k = 0; k < c->classes; k++) c->list[k].p_holm = p[c->classes + k];
}

static int count_patients(const struct test_set *t)
{
    int patients = 0, most = 0;
    for (int i = 0; i < t->n; i++)
        if ((int)t->patients[i] > most) most = (int)t->patients[i];
    bool *seen = calloc((size_t)most + 1, sizeof *seen);
    for (int i = 0; seen && i < t->n; i++) {
        patients += !seen[t->patients[i]];
        seen[t->patients[i]] = true;
    }
    free(seen);
    return patients;
}

/* Scores of all its seeds on all draws, as the bootstrap takes them; NULL: no memory. */
static const double **fits_of(const struct side *s)
{
    int draws = s->seeds[0].draws;
    const double **out = malloc((size_t)s->count * (size_t)draws * sizeof *out);
    for (int i = 0; out && i < s->count; i++)
        for (int d = 0; d < draws; d++) out[i * draws + d] = s->seeds[i].scores[d];
    return out;
}

bool comparison_make(struct comparison *c, const struct test_set *t, const struct side *a, const struct side *b,
                     struct err *e)
{
    size_t classes = (size_t)t->classes;
    const double **fits[2] = { fits_of(a), fits_of(b) };
    int draws = a->seeds[0].draws;
    *c = (struct comparison){
        .n = t->n, .patients = count_patients(t), .draws = draws, .seeds = { a->count, b->count }, .classes = t->classes
    };
    c->list = calloc(classes + 1, sizeof *c->list);
    struct bootstrap_figure *figures = calloc(classes + 1, sizeof *figures);
    double *p = malloc((2 * classes + 1) * sizeof *p);
    const struct bootstrap_input in = { .n = t->n,
                                        .classes = t->classes,
                                        .labels = t->labels,
                                        .patients = t->patients,
                                        .apart = t->apart,
                                        .a = { a->count * draws, fits[0], a->count },
                                        .b = { b->count * draws, fits[1], b->count },
                                        .rounds = BOOTSTRAP_ROUNDS,
                                        .seed = BOOTSTRAP_SEED };
    bool ok = (fits[0] && fits[1] && c->list && figures && p) || err_set(e, ERR_MEMORY, "comparison: no memory");
    ok = ok && bootstrap_areas(&in, figures, &figures[classes], e);
    if (ok) take_figure(&c->macro, &figures[classes]);
    for (size_t k = 0; ok && k < classes; k++) take_figure(&c->list[k], &figures[k]);
    ok = ok && classes_by_delong(c, t, a, b, e);
    if (ok) correct(c, p);
    c->macro.p_holm = c->macro.p_patient;
    free(fits[0]);
    free(fits[1]);
    free(figures);
    free(p);
    if (!ok) comparison_clear(c);
    return ok;
}

void comparison_clear(struct comparison *c)
{
    free(c->list);
    *c = (struct comparison){ 0 };
}
