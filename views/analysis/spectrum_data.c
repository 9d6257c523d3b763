#include "views/analysis/spectrum_data.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/train/engine.h"
#include "store/metric.h"
#include "store/snapshot.h"
#include "views/analysis/format.h"
#include "views/analysis/judged.h"
#include "views/analysis/levels.h"

enum { HISTORY_COLUMNS = 160 };

const struct spectrum_kind spectrum_kinds[SPECTRUM_FIGURES] = {
    [SPECTRUM_RATIO] = { "rankme_ratio", "RankMe over isotropic", false },
    [SPECTRUM_RANKME] = { "rankme", "RankMe", false },
    [SPECTRUM_PARTICIPATION] = { "participation", "participation ratio", false },
    [SPECTRUM_STABLE] = { "stable_rank", "stable rank", false },
    [SPECTRUM_ALPHA] = { "alpha", "alpha", false },
    [SPECTRUM_CONDITION] = { "condition", "condition", true },
    [SPECTRUM_UNIFORMITY] = { "uniformity", "uniformity", false },
    [SPECTRUM_COSINE] = { "cosine", "mean cosine", false },
};

/* ---- curves --------------------------------------------------------------------------------------------- */

static void curve_clear(struct spectrum_curve *c)
{
    free(c->values);
    free(c->points);
    *c = (struct spectrum_curve){ 0 };
}

double spectrum_share(const struct spectrum_curve *c, int ranks)
{
    double sum = 0, part = 0;
    for (int i = 0; i < c->count; i++) {
        double v = (double)c->values[i];
        if (!(v > 0)) continue;
        sum += v;
        if (i < ranks) part += v;
    }
    return sum > 0 ? part / sum : NAN;
}

/* Computes the points of the values, either as they are or as shares of their sum. Rounding errors are 0. */
static void curve_points(struct spectrum_curve *c, bool shares)
{
    const double least = levels_rounding * (double)c->values[0];
    double sum = 0;
    for (int i = 0; i < c->count; i++) sum += c->values[i] > 0 ? (double)c->values[i] : 0;
    for (int i = 0; i < c->count; i++) {
        double v = (double)c->values[i] / (shares && sum > 0 ? sum : 1);
        if ((double)c->values[i] <= least) v = 0;
        bool there = isfinite(v);
        c->points[i] =
            (struct series_point){ i + 1, i + 1, there ? v : NAN, there ? v : NAN, there ? v : NAN, 1, !there };
    }
}

/* A curve of `count` values (copied); false when memory ran out or there is no more room. */
static struct spectrum_curve *add_curve(struct spectrum_data *s, const char *name, enum meaning meaning,
                                        const float *values, int count)
{
    if (s->curves == SPECTRUM_CURVES || count < 1) return NULL;
    struct spectrum_curve *c = &s->curve[s->curves];
    *c = (struct spectrum_curve){ .meaning = meaning,
                                  .count = count,
                                  .values = malloc((size_t)count * sizeof *c->values),
                                  .points = malloc((size_t)count * sizeof *c->points) };
    if (!c->values || !c->points) {
        curve_clear(c);
        return NULL;
    }
    snprintf(c->name, sizeof c->name, "%s", name);
    memcpy(c->values, values, (size_t)count * sizeof *values);
    curve_points(c, s->shares);
    s->curves++;
    return c;
}

static void add_isotropic(struct spectrum_data *s, const struct level_state *v)
{
    int images = levels_images(v);
    double trace = 0, *out = v->values > 0 ? malloc((size_t)v->values * sizeof *out) : NULL;
    float *values = v->values > 0 ? malloc((size_t)v->values * sizeof *values) : NULL;
    for (int i = 0; i < v->values; i++) trace += v->eigenvalues[i] > 0 ? (double)v->eigenvalues[i] : 0;
    if (out && values && images > 1 && v->dims > 0 && trace > 0) {
        levels_isotropic(images, v->dims, trace, v->values, out);
        for (int i = 0; i < v->values; i++) values[i] = (float)out[i];
        struct spectrum_curve *c = add_curve(s, "isotropic", MEANING_REFERENCE, values, v->values);
        if (c) c->letter = 'I', s->isotropic = s->curves - 1;
    }
    free(out);
    free(values);
}

/* The spectrum of a level of another run, at its newest step at or before `step` (negative: of all). */
static bool add_run(struct spectrum_data *s, const struct selection *sel, int run, struct err *e)
{
    const struct compared_run *r = &s->comparison.run[run];
    int64_t *steps;
    size_t count;
    struct level_state v;
    const char *level = level_table[s->level].name;
    if (!levels_steps(sel->store, r->id, level, "spectrum", &steps, &count, e)) return false;
    int at = levels_find(steps, count, sel->step);
    int64_t step = at >= 0 ? steps[at] : -1;
    free(steps);
    if (step < 0) return true;
    if (!levels_read(sel->store, r->id, level, step, LEVELS_SPECTRUM, &v, e)) return false;
    char name[48];
    snprintf(name, sizeof name, "%lld %.24s", (long long)r->id, r->name);
    struct spectrum_curve *c = add_curve(s, name, MEANING_PLACE, v.eigenvalues, v.values);
    if (c) c->place = r->place, c->letter = (char)('a' + run);
    levels_clear(&v);
    return true;
}

static enum meaning meaning_of(enum engine_level level)
{
    return level == LEVEL_Z ? MEANING_GLOBAL : level == LEVEL_D ? MEANING_LOCAL : MEANING_PLACE;
}

/* "Z", "D", "1" to "5": of a level that is one among several curves of a run. */
static char letter_of(enum engine_level level)
{
    const char *name = level_table[level].name, *digit = name + strcspn(name, "0123456789");
    return *digit ? *digit : (char)toupper((unsigned char)*name);
}

static bool read_curves(struct spectrum_data *s, const struct selection *sel, struct err *e)
{
    const struct level_state *own = &s->row[s->level].state;
    char name[48];
    for (int i = 0; i < s->curves; i++) curve_clear(&s->curve[i]);
    s->curves = 0;
    s->isotropic = -1;
    if (s->comparison.count > 1)
        snprintf(name, sizeof name, "%lld %.24s", (long long)s->comparison.run[0].id, s->comparison.run[0].name);
    else
        snprintf(name, sizeof name, "%s", level_table[s->level].brief);
    struct spectrum_curve *shown = add_curve(s, name, meaning_of(s->level), own->eigenvalues, own->values);
    if (shown) shown->letter = s->comparison.count > 1 ? 'a' : letter_of(s->level);
    for (int i = 1; i < s->comparison.count; i++)
        if (!add_run(s, sel, i, e)) return false;
    add_isotropic(s, own);
    int last = s->scope == SPECTRUM_ALL ? LEVELS_SHOWN : s->scope == SPECTRUM_HEADS ? LEVEL_MAP1 : 0;
    for (int l = 0; l < last; l++)
        if (l != (int)s->level) {
            struct spectrum_curve *c = add_curve(s, level_table[l].name, meaning_of((enum engine_level)l),
                                                 s->row[l].state.eigenvalues, s->row[l].state.values);
            if (c) c->place = l, c->letter = letter_of((enum engine_level)l);
        }
    struct spectrum_curve *held =
        s->held.count ? add_curve(s, s->held.name, MEANING_HELD, s->held.values, s->held.count) : NULL;
    if (held) held->letter = 'K';
    return true;
}

void spectrum_hold(struct spectrum_data *s)
{
    char step[FORMAT_SIZE];
    bool had = s->held.count > 0;
    curve_clear(&s->held);
    if (had || s->curves == 0) return;
    const struct spectrum_curve *own = &s->curve[0];
    s->held =
        (struct spectrum_curve){ .count = own->count, .values = malloc((size_t)own->count * sizeof *own->values) };
    if (!s->held.values) {
        s->held.count = 0;
        return;
    }
    memcpy(s->held.values, own->values, (size_t)own->count * sizeof *own->values);
    snprintf(s->held.name, sizeof s->held.name, "%lld %s at %s", (long long)s->run, level_table[s->level].name,
             format_count(s->step, step));
}

/* ---- figures -------------------------------------------------------------------------------------------- */

/* Reads the verdict at the step of the row. */
static bool judge(struct spectrum_row *r, const struct selection *sel, enum engine_level level, int64_t step,
                  struct err *e)
{
    if (!judged_read(sel->store, &sel->summary.run, &sel->settings, level, step, &r->verdict, e)) return false;
    r->known = sel->settings_known && !isnan(r->state.number[LEVELS_STABLE_RANK]);
    r->judged = r->known && r->rules.judged;
    return true;
}

static bool read_row(struct spectrum_data *s, const struct selection *sel, int level, struct err *e)
{
    struct spectrum_row *r = &s->row[level];
    bool curve = level == (int)s->level || s->scope == SPECTRUM_ALL || (s->scope == SPECTRUM_HEADS && level <= LEVEL_D);
    const char *name = level_table[level].name;
    char ceiling[48], cosine[48], alignment[48] = "";
    double extra[3];
    snprintf(ceiling, sizeof ceiling, "%s.rankme_ceiling", name);
    snprintf(cosine, sizeof cosine, "%s.cosine", name);
    if (level < LEVEL_JUDGED) snprintf(alignment, sizeof alignment, "alignment.%s", level_table[level].loss);
    const char *const names[3] = { ceiling, cosine, alignment };
    levels_clear(&r->state);
    *r = (struct spectrum_row){ .rules = level_rules_of(s->comparison.run[0].method, s->comparison.run[0].local,
                                                        (enum engine_level)level) };
    if (!levels_read(sel->store, sel->run, name, s->step, LEVELS_DEVIATION | (curve ? LEVELS_SPECTRUM : 0), &r->state,
                     e) ||
        !store_metric_latest(sel->store, sel->run, s->step, names, 3, extra, NULL, e))
        return false;
    r->ceiling = extra[0];
    r->cosine = extra[1];
    r->alignment = extra[2];
    return level >= LEVEL_JUDGED || judge(r, sel, (enum engine_level)level, s->step, e);
}

static void read_cka(struct spectrum_data *s, const struct selection *sel)
{
    struct store_snapshot snap;
    s->has_cka = false;
    if (!store_snapshot_get(sel->store, &(struct store_snapshot_key){ sel->run, s->step, "all", "cka" }, &snap, NULL))
        return;
    if (snap.rows == SPECTRUM_CKA && snap.cols == SPECTRUM_CKA) {
        for (int i = 0; i < SPECTRUM_CKA * SPECTRUM_CKA; i++)
            s->cka[i / SPECTRUM_CKA][i % SPECTRUM_CKA] = (double)snap.data[i];
        s->has_cka = true;
    }
    store_snapshot_clear(&snap);
}

static bool read_history(struct spectrum_data *s, const struct selection *sel, bool *changed, struct err *e)
{
    char metric[64];
    snprintf(metric, sizeof metric, "%s.%s", level_table[s->level].name, spectrum_kinds[s->figure].metric);
    for (int i = 0; i < s->comparison.count; i++) {
        const struct compared_run *r = &s->comparison.run[i];
        const struct series_want want = { r->id, r->rewound, &r->past, metric, 1, r->step, HISTORY_COLUMNS };
        if (!series_continue(&s->history[i], sel->store, &want, changed, e) ||
            !series_look(&s->history[i], sel->store, s->step, changed, e))
            return false;
    }
    return x_axes_read(&s->x, sel, changed, e);
}

/* The step to show: the newest recorded one at or before the selected step. */
static bool find_step(struct spectrum_data *s, const struct selection *sel, int64_t *step, struct err *e)
{
    int64_t *steps;
    size_t count;
    if (!levels_steps(sel->store, sel->run, level_table[s->level].name, "spectrum", &steps, &count, e)) return false;
    int at = levels_find(steps, count, sel->step);
    *step = at >= 0 ? steps[at] : -1;
    free(steps);
    return true;
}

bool spectrum_read(struct spectrum_data *s, const struct selection *sel, bool anew, bool *changed, struct err *e)
{
    int64_t step;
    bool others = false;
    if (!comparison_read(sel, &s->comparison, &others, e)) return false;
    anew = anew || others || s->run != sel->run || s->level != sel->level;
    s->level = sel->level;
    if (!find_step(s, sel, &step, e)) return false;
    if (anew || step != s->step || s->rewound != sel->summary.run.rewound) {
        *changed = true;
        s->run = sel->run;
        s->rewound = sel->summary.run.rewound;
        s->step = step;
        for (int l = 0; l < LEVELS_SHOWN && step >= 0; l++)
            if (!read_row(s, sel, l, e)) return false;
        if (step >= 0) read_cka(s, sel);
        if (step >= 0 && !read_curves(s, sel, e)) return false;
    }
    return read_history(s, sel, changed, e);
}

void spectrum_clear(struct spectrum_data *s)
{
    for (int i = 0; i < s->curves; i++) curve_clear(&s->curve[i]);
    for (int l = 0; l < LEVELS_SHOWN; l++) levels_clear(&s->row[l].state);
    for (int i = 0; i < 1 + SELECTION_MARKS; i++) series_clear(&s->history[i]);
    x_axes_clear(&s->x);
    curve_clear(&s->held);
    *s = (struct spectrum_data){ 0 };
}
