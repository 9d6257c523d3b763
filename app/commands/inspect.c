/* `inspect`: is it collapsing? The diagnostics of one step, level by level. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/cli/command.h"
#include "app/cli/json.h"
#include "app/cli/table.h"
#include "engine/base/settings.h"
#include "engine/train/engine.h"
#include "store/metric.h"
#include "store/snapshot.h"
#include "views/analysis/judged.h"
#include "views/analysis/level_rules.h"

/* The numbers of a level in the order of JSON: key, metric behind LEVEL. */
enum {
    NUMBER_STD_MEAN,
    NUMBER_STD_MIN,
    NUMBER_DEAD,
    NUMBER_CORR_MEAN,
    NUMBER_CORR_MAX,
    NUMBER_RANKME,
    NUMBER_CEILING,
    NUMBER_ISOTROPIC,
    NUMBER_RATIO,
    NUMBER_PARTICIPATION,
    NUMBER_STABLE,
    NUMBER_ALPHA,
    NUMBER_ALPHA_R2,
    NUMBER_CONDITION,
    NUMBER_UNIFORMITY,
    NUMBER_ALIGNMENT,
    NUMBER_FLOOR,
    NUMBER_VERDICT,
    NUMBER_COUNT
};
static const struct {
    const char *key, *metric;
} numbers[NUMBER_COUNT] = {
    { "std_mean", "std_mean" },
    { "std_min", "std_min" },
    { "dead", "dead" },
    { "corr_abs_mean", "corr_abs" },
    { "corr_abs_max", "corr_max" },
    { "rankme", "rankme" },
    { "rankme_ceiling", "rankme_ceiling" },
    { "rankme_isotropic", "rankme_isotropic" },
    { "rankme_ratio", "rankme_ratio" },
    { "participation", "participation" },
    { "stable_rank", "stable_rank" },
    { "alpha", "alpha" },
    { "alpha_r2", "alpha_r2" },
    { "condition", "condition" },
    { "uniformity", "uniformity" },
    { "alignment", NULL },
    { "corr_floor", "corr_floor" },
    { "verdict", "verdict" },
};

struct level {
    enum engine_level kind;
    const char *name;
    int dims;    /* 0: unknown */
    bool judged; /* it is given verdicts */
    bool graded; /* ... and the objective of the run has verdicts */
    double value[NUMBER_COUNT];
    struct verdict verdict;
    struct store_snapshot spectrum; /* data NULL where it was thinned out */
};

struct inspection {
    struct store_run run;
    int64_t step;
    struct level level[LEVEL_EMBEDDINGS];
    int count; /* levels with diagnostics */
    struct store_snapshot cka;
};

static void inspection_clear(struct inspection *v)
{
    for (int i = 0; i < v->count; i++) store_snapshot_clear(&v->level[i].spectrum);
    store_snapshot_clear(&v->cka);
    store_run_clear(&v->run);
}

/* ---- reading ---- */

/* Read a snapshot if it is there; a damaged one is an error. */
static bool read_snapshot(struct store *s, const struct inspection *v, int64_t step, const char *level,
                          const char *kind, struct store_snapshot *out, struct err *e)
{
    struct err why;
    if (store_snapshot_get(s, &(struct store_snapshot_key){ v->run.id, step, level, kind }, out, &why)) return true;
    store_snapshot_clear(out);
    if (why.code == ERR_NOT_FOUND) return true;
    if (e) *e = why;
    return false;
}

/* The width of a level, from any of its deviations. */
static bool read_dims(struct store *s, const struct inspection *v, struct level *l, struct err *e)
{
    int64_t *steps;
    size_t n;
    struct store_snapshot p = { 0 };
    if (!store_snapshot_steps(s, v->run.id, l->name, "deviation", &steps, &n, e)) return false;
    bool ok = n == 0 || read_snapshot(s, v, steps[n - 1], l->name, "deviation", &p, e);
    l->dims = p.cols;
    store_snapshot_clear(&p);
    free(steps);
    return ok;
}

/* Numbers recorded at exactly the step; NaN where there is none. */
static bool read_numbers(struct store *s, const struct inspection *v, struct level *l, struct err *e)
{
    char names[NUMBER_COUNT][64];
    const char *list[NUMBER_COUNT];
    int64_t steps[NUMBER_COUNT];
    for (int i = 0; i < NUMBER_COUNT; i++) {
        if (numbers[i].metric)
            snprintf(names[i], sizeof names[i], "%s.%s", l->name, numbers[i].metric);
        else if (l->judged) /* of the two views of a step, which the probe set does not have */
            snprintf(names[i], sizeof names[i], "alignment.%s", level_table[l->kind].loss);
        else
            names[i][0] = '\0';
        list[i] = names[i];
    }
    if (!store_metric_latest(s, v->run.id, v->step, list, NUMBER_COUNT, l->value, steps, e)) return false;
    for (int i = 0; i < NUMBER_COUNT; i++)
        if (numbers[i].metric && steps[i] != v->step) l->value[i] = NAN;
    return true;
}

/* The verdict at the step, as the worker recorded it. */
static bool judge(struct store *s, const struct inspection *v, struct level *l, const struct settings *settings,
                  struct err *e)
{
    l->graded = method_is_judged(engine_method((enum method_kind)settings->method.name));
    return judged_read(s, &v->run, settings, l->kind, v->step, &l->verdict, e);
}

/* The newest step with diagnostics at or before `at` (negative: of all). */
static bool find_step(struct store *s, struct inspection *v, int64_t at, struct err *e)
{
    static const char *const names[] = { "z.rankme", "h.rankme" }; /* a classifier has no z */
    double values[2];
    int64_t steps[2];
    if (!store_metric_latest(s, v->run.id, at, names, 2, values, steps, e)) return false;
    v->step = steps[0] > steps[1] ? steps[0] : steps[1];
    if (v->step >= 0) return true;
    if (at < 0)
        return err_set(e, ERR_NOT_FOUND, "run %s: no diagnostics yet; diagnose.steps says how often they are made",
                       v->run.name);
    return err_set(e, ERR_NOT_FOUND, "run %s: no diagnostics at step %lld or before", v->run.name, (long long)at);
}

static bool read_levels(struct store *s, struct inspection *v, struct err *e)
{
    struct settings settings;
    settings_init(&settings);
    settings_read_ini(&settings, v->run.config, "config", NULL); /* defaults if it cannot be read */
    for (int i = 0; i < LEVEL_EMBEDDINGS; i++) {
        struct level *l = &v->level[v->count];
        *l = (struct level){ .kind = (enum engine_level)i, .name = level_table[i].name, .judged = i < LEVEL_JUDGED };
        if (!read_numbers(s, v, l, e) || !read_dims(s, v, l, e) ||
            !read_snapshot(s, v, v->step, l->name, "spectrum", &l->spectrum, e))
            return false;
        if (isnan(l->value[NUMBER_RANKME]) && !l->dims) continue; /* no diagnostics */
        if (!level_rules_of((enum method_kind)settings.method.name, settings.model.local, l->kind).deviations)
            l->value[NUMBER_DEAD] = NAN;
        if (l->judged && !judge(s, v, l, &settings, e)) return false;
        v->count++;
    }
    return read_snapshot(s, v, v->step, "all", "cka", &v->cka, e);
}

/* ---- JSON ---- */

static json_t *signs_json(const struct level *l)
{
    json_t *list = json_array();
    for (int i = 0; l->judged && l->graded && i < SIGN_COUNT; i++) {
        const struct verdict_rule *r = &verdict_rules[i];
        const struct verdict_sign *sign = &l->verdict.sign[i];
        json_array_append_new(list,
                              json_pack("{s:s, s:s, s:o, s:o, s:o, s:s}", "name", r->name, "metric", r->metric[l->kind],
                                        "value", json_number(sign->value), "watch", json_number(r->watch), "bad",
                                        json_number(r->bad), "grade", verdict_grade(sign)));
    }
    return list;
}

static json_t *floats_json(const float *x, int n)
{
    json_t *list = json_array();
    for (int i = 0; x && i < n; i++) json_array_append_new(list, json_number((double)x[i]));
    return list;
}

static json_t *level_json(const struct level *l)
{
    json_t *o = json_object();
    json_object_set_new(o, "name", json_string(l->name));
    json_object_set_new(o, "dims", l->dims ? json_integer(l->dims) : json_null());
    for (int i = 0; i < NUMBER_VERDICT; i++) json_object_set_new(o, numbers[i].key, json_number(l->value[i]));
    bool known = l->judged && l->verdict.word != VERDICT_UNKNOWN;
    json_object_set_new(o, "verdict", known ? json_string(verdict_words[l->verdict.word]) : json_null());
    json_object_set_new(o, "advice", known && *l->verdict.advice ? json_string(l->verdict.advice) : json_null());
    json_object_set_new(o, "signs", signs_json(l));
    json_object_set_new(o, "spectrum", floats_json(l->spectrum.data, l->spectrum.cols));
    return o;
}

/* The rows of the similarity matrix whose level this run has: d only with a local level. */
static int cka_rows(const struct inspection *v, int rows[LEVEL_EMBEDDINGS])
{
    int n = 0;
    if (!v->cka.data || v->cka.rows != LEVEL_EMBEDDINGS || v->cka.cols != LEVEL_EMBEDDINGS) return 0;
    for (int i = 0; i < LEVEL_EMBEDDINGS; i++)
        for (int l = 0; l < v->count; l++)
            if (!strcmp(v->level[l].name, level_table[i].name)) rows[n++] = i;
    return n;
}

static json_t *cka_json(const struct inspection *v)
{
    int at[LEVEL_EMBEDDINGS], n = cka_rows(v, at);
    if (n == 0) return json_null();
    json_t *names = json_array(), *rows = json_array();
    for (int i = 0; i < n; i++) {
        float row[LEVEL_EMBEDDINGS];
        for (int k = 0; k < n; k++) row[k] = v->cka.data[at[i] * LEVEL_EMBEDDINGS + at[k]];
        json_array_append_new(names, json_string(level_table[at[i]].name));
        json_array_append_new(rows, floats_json(row, n));
    }
    return json_pack("{s:o, s:o}", "levels", names, "values", rows);
}

static json_t *inspection_json(const struct inspection *v)
{
    json_t *levels = json_array();
    for (int i = 0; i < v->count; i++) json_array_append_new(levels, level_json(&v->level[i]));
    return json_pack("{s:o, s:I, s:o, s:o}", "run", json_text(v->run.name), "step", (json_int_t)v->step, "levels",
                     levels, "cka", cka_json(v));
}

/* ---- text ---- */

/* Two tables, so that each fits into 80 columns. `shown`: the numbers, ended by NUMBER_COUNT. */
static void print_table(const struct inspection *v, const struct table_column *columns, const int *shown)
{
    struct table t = { .columns = columns };
    for (int i = 0; i < v->count; i++) {
        const struct level *l = &v->level[i];
        table_add(&t, "%s", l->name);
        table_number(&t, l->dims ? l->dims : (double)NAN, 6);
        for (int k = 0; shown[k] != NUMBER_COUNT; k++) {
            double value = l->value[shown[k]], percent = 100 * value;
            if ((shown[k] == NUMBER_DEAD || shown[k] == NUMBER_RATIO) && !isnan(value))
                table_add(&t, percent < 9.95 ? "%.2g %%" : "%.0f %%", percent);
            else
                table_number(&t, value, 3);
        }
    }
    app_print("\n");
    table_print(&t);
    table_clear(&t);
}

static void print_tables(const struct inspection *v)
{
    static const struct table_column dimensions[] = {
        { "level", false, 0 },
        { "dims", true, 0 },
        { "std", true, 0 },
        { "least", true, 0 },
        { "dead", true, 0 },
        { "mean |r|", true, 0 },
        { "floor", true, 0 },
        { "max |r|", true, 0 },
        { "unif.", true, 0 },
        { "align.", true, 0 },
        { 0 },
    };
    static const struct table_column spectrum[] = {
        { "level", false, 0 },    { "dims", true, 0 },
        { "RankMe", true, 0 },    { "of isotropic", true, 0 },
        { "particip.", true, 0 }, { "stable", true, 0 },
        { "alpha", true, 0 },     { "R2", true, 0 },
        { "condition", true, 0 }, { 0 },
    };
    static const int of_dimensions[] = { NUMBER_STD_MEAN,   NUMBER_STD_MIN,   NUMBER_DEAD,
                                         NUMBER_CORR_MEAN,  NUMBER_FLOOR,     NUMBER_CORR_MAX,
                                         NUMBER_UNIFORMITY, NUMBER_ALIGNMENT, NUMBER_COUNT };
    static const int of_spectrum[] = { NUMBER_RANKME, NUMBER_RATIO,    NUMBER_PARTICIPATION, NUMBER_STABLE,
                                       NUMBER_ALPHA,  NUMBER_ALPHA_R2, NUMBER_CONDITION,     NUMBER_COUNT };
    print_table(v, dimensions, of_dimensions);
    print_table(v, spectrum, of_spectrum);
}

static void print_verdicts(const struct inspection *v)
{
    for (int i = 0; i < v->count; i++) {
        const struct level *l = &v->level[i];
        const char *before = "";
        if (!l->judged || !l->dims) continue;
        app_print("%s %-10s", l->name, l->graded ? verdict_words[l->verdict.word] : "no verdict");
        for (int k = 0; k < SIGN_COUNT; k++) {
            const struct verdict_sign *sign = &l->verdict.sign[k];
            char number[VERDICT_NUMBER];
            if (!l->graded || isnan(sign->value)) continue;
            app_print("%s %s %s%s%s", before, verdict_rules[k].name, verdict_number(sign->value, number),
                      sign->grade ? " " : "", sign->grade ? verdict_grade(sign) : "");
            before = ",";
            if (k != SIGN_COUNT / 2 - 1) continue;
            app_print(",\n            "); /* both halves in 80 columns */
            before = "";
        }
        app_print("\n");
        if (l->graded && *l->verdict.advice) app_print("  Try: %s\n", l->verdict.advice);
    }
}

enum { COLUMNS = 48, STEPS = 8 };

/* The eigenvalue at the rank of a column; ranks are evenly spaced on a logarithmic axis. */
static double at_column(const struct store_snapshot *p, int column)
{
    double rank = exp(log((double)p->cols) * column / (COLUMNS - 1));
    int i = (int)rank - 1;
    return p->data[i < 0 ? 0 : i >= p->cols ? p->cols - 1 : i];
}

/* One line per level: log eigenvalue against log rank, from the largest down to a millionth of it. */
static void print_spectra(const struct inspection *v)
{
    static const char *const blocks[] = { " ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█" };
    static const char *const letters[] = { " ", ".", ":", "-", "=", "+", "*", "#", "@" };
    const char *const *ramp = table_unicode() ? blocks : letters;
    bool titled = false;
    for (int i = 0; i < v->count; i++) {
        const struct store_snapshot *p = &v->level[i].spectrum;
        if (!p->data || !(p->data[0] > 0)) continue;
        if (!titled)
            app_print("\nspectrum: eigenvalues by rank, both logarithmic; full height is the largest, each step a "
                      "factor of %.2g\n",
                      pow(10, 6.0 / STEPS));
        titled = true;
        app_print("%-5s  %8.2g  ", v->level[i].name, (double)p->data[0]);
        for (int c = 0; c < COLUMNS; c++) {
            double decades = log10(at_column(p, c) / p->data[0]);
            int height = STEPS + (int)floor(decades * STEPS / 6 + 0.5);
            app_print("%s", ramp[height < 0 || isnan(decades) ? 0 : height > STEPS ? STEPS : height]);
        }
        app_print("  %.2g at %d\n", (double)p->data[p->cols - 1], p->cols);
    }
}

static void print_cka(const struct inspection *v)
{
    struct table_column columns[LEVEL_EMBEDDINGS + 2] = { { "CKA", false, 0 } };
    int at[LEVEL_EMBEDDINGS], n = cka_rows(v, at);
    if (n == 0) return;
    for (int i = 0; i < n; i++) columns[i + 1] = (struct table_column){ level_table[at[i]].name, true, 0 };
    struct table t = { .columns = columns };
    for (int i = 0; i < n; i++) {
        table_add(&t, "%s", level_table[at[i]].name);
        for (int k = 0; k < n; k++) table_add(&t, "%.2f", (double)v->cka.data[at[i] * LEVEL_EMBEDDINGS + at[k]]);
    }
    app_print("\n");
    table_print(&t);
    table_clear(&t);
}

static int print_inspection(const struct app *app, const struct inspection *v)
{
    app_print("run %s, step %lld\n", v->run.name, (long long)v->step);
    print_verdicts(v);
    print_tables(v);
    print_spectra(v);
    print_cka(v);
    return app_finish(app);
}

static int run_inspect(struct app *app, const struct arguments *a)
{
    struct err e = { 0 };
    struct inspection v = { 0 };
    int64_t at;
    bool ok = app_find_run_step(app, arguments_word(a, 0), &v.run, &at, &e) && find_step(app->store, &v, at, &e) &&
              read_levels(app->store, &v, &e);
    if (ok && at >= 0 && at != v.step)
        app_note(app, "run %s: nothing was looked at in step %lld; this is step %lld", v.run.name, (long long)at,
                 (long long)v.step);
    int status = !ok         ? app_fail(app, &e)
                 : app->json ? app_print_json(app, inspection_json(&v))
                             : print_inspection(app, &v);
    inspection_clear(&v);
    return status;
}

const struct command command_inspect = {
    .name = "inspect",
    .arguments = "RUN[@STEP]",
    .summary = "show the diagnostics of a run: which levels collapse, and by which signs",
    .least = 1,
    .most = 1,
    .run = run_inspect,
    .details = "Levels are z (global) and d (local), the five maps and the features h, measured on the fixed probe "
               "set. std is the mean\nstandard deviation of the dimensions; dead the share of dimensions with a "
               "deviation below 0.1 (z, d) or below a\nthousandth of the level's root mean square (maps and h, which "
               "have no fixed scale; none, where the objective sees only directions: BYOL, SimCLR ...); floor the mean "
               "|r| of independent\ndimensions; of isotropic RankMe over that of "
               "an isotropic Gaussian of the same size. Without @STEP the newest diagnosed\nstep is shown.",
};
