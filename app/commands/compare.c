/* `compare`: the first run against each of the others on one test set, with what the set could have shown. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "app/cli/command.h"
#include "app/cli/json.h"
#include "app/cli/sheet.h"
#include "app/commands/comparison.h"
#include "app/session/areas.h"
#include "engine/base/text.h"
#include "engine/evaluate/significance.h"

enum { MOST_RUNS = 16, CELL = 24 };

static const struct option_row options[] = {
    { "task", 0, OPTION_TEXT, "DATASET", "labelled data set [the first run's own]", 0, 0 },
    { "protocol", 0, OPTION_TEXT, "P", "knn, linear or apply [that of the first run's newest evaluation]", 0, 0 },
    { "labels", 0, OPTION_FLOAT, "PERCENT", "share of the labels [that of the first run's newest evaluation]", 0.001,
      100 },
    { "context", 0, OPTION_TEXT, "WORD", "context gates: on or off [that of each run's newest evaluation]", 0, 0 },
    SHEET_OPTION,
    { 0 },
};

/* Everything of one invocation. */
struct comparing {
    struct app *app;
    struct predictions_wanted wanted;
    struct test_set test;
    struct side sides[MOST_RUNS];
    int count;
    bool paper; /* --format */
    enum sheet_format format;
    struct sheet sheet;
};

/* ---- what may be said ---- */

static bool excludes_zero(const struct difference *d)
{
    return d->lo > 0 || d->hi < 0;
}

/* Rounded up to two digits: no one knows more. */
static double images_needed(const struct comparison *c, const struct difference *d)
{
    double n = c->n * significance_more(d->value, d->deviation);
    if (!isfinite(n) || n < 1) return n;
    double unit = pow(10, floor(log10(n)) - 1);
    return ceil(n / unit) * unit;
}

static void verdict(const struct comparison *c, const char *a, const char *b, struct text *out)
{
    const struct difference *d = &c->macro;
    double n = images_needed(c, d);
    if (isnan(d->value) || isnan(d->lo))
        text_printf(out, "no class has an area in both: nothing to compare");
    else if (excludes_zero(d))
        text_printf(out, "%s is better than %s by %.4f", d->value > 0 ? a : b, d->value > 0 ? b : a, fabs(d->value));
    else if (!(n < 1e7))
        text_printf(out, "not distinguishable here; more than ten million images would be needed");
    else
        text_printf(out, "not distinguishable here; about %.0f images would be needed", n);
}

/* ---- showing ---- */

static json_t *difference_json(const struct comparison *c, const struct difference *d)
{
    return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:b}", "auc_a", json_number(d->a), "auc_b",
                     json_number(d->b), "difference", json_number(d->value), "lo", json_number(d->lo), "hi",
                     json_number(d->hi), "p", json_number(d->p), "p_patient", json_number(d->p_patient), "detectable",
                     json_number(significance_detectable(d->deviation)), "images_needed",
                     json_number(images_needed(c, d)), "distinguishable", excludes_zero(d));
}

static json_t *comparison_json(const struct comparing *v, const struct side *b, const struct comparison *c)
{
    json_t *classes = json_array(), *macro = difference_json(c, &c->macro);
    struct text line = { 0 };
    verdict(c, v->sides[0].run.name, b->run.name, &line);
    for (int k = 0; k < c->classes; k++) {
        json_t *row = difference_json(c, &c->list[k]);
        json_object_set_new(row, "name", json_text(v->test.data.classes[k]));
        json_object_set_new(row, "p_holm", json_number(c->list[k].p_holm));
        json_object_set_new(row, "positives", json_integer(c->list[k].positives));
        json_object_set_new(row, "negatives", json_integer(c->list[k].negatives));
        json_object_set_new(row, "finding", json_boolean(!v->test.apart[k]));
        json_object_set_new(row, "left_out", json_integer(c->list[k].left_out));
        json_array_append_new(classes, row);
    }
    json_object_set_new(macro, "left_out", json_integer(c->macro.left_out));
    json_t *out = json_pack("{s:o, s:o, s:I, s:I, s:o, s:o, s:o, s:i, s:i, s:i, s:o, s:o, s:o}", "run_a",
                            json_text(v->sides[0].run.name), "run_b", json_text(b->run.name), "step_a",
                            (json_int_t)v->sides[0].step, "step_b", (json_int_t)b->step, "task",
                            json_text(v->test.data.dataset.name), "protocol", json_text(v->wanted.protocol), "fraction",
                            json_number(v->wanted.percent), "draws", c->draws, "images", c->n, "patients", c->patients,
                            "classes", classes, "macro", macro, "verdict", json_text(text_str(&line)));
    text_clear(&line);
    return out;
}

static const char *p_text(double p, char out[CELL])
{
    if (isnan(p))
        snprintf(out, CELL, "-");
    else if (p < .0001)
        snprintf(out, CELL, "<.0001");
    else
        snprintf(out, CELL, "%.4f", p);
    return out;
}

static void show_row(const char *name, const struct difference *d, const char *end)
{
    char a[16], b[16], cell[5][CELL];
    if (isnan(d->value)) {
        app_print("%-24s %7s %7s %8s\n", name, areas_text(d->a, 4, a), areas_text(d->b, 4, b), "-");
        return;
    }
    snprintf(cell[0], CELL, "%+.4f", d->value);
    if (isnan(d->lo))
        snprintf(cell[1], CELL, "-");
    else
        snprintf(cell[1], CELL, "(%+.4f %+.4f)", d->lo, d->hi);
    app_print("%-24s %7s %7s %8s %-19s %7s %9s %7s%s\n", name, areas_text(d->a, 4, a), areas_text(d->b, 4, b), cell[0],
              cell[1], p_text(d->p, cell[2]), p_text(d->p_patient, cell[3]), p_text(d->p_holm, cell[4]), end);
}

static void show(const struct comparing *v, const struct side *b, const struct comparison *c)
{
    struct text line = { 0 };
    verdict(c, v->sides[0].run.name, b->run.name, &line);
    app_print("%s (step %lld) and %s (step %lld) on %s: %s, %g %% of the labels, %d %s; %d test %s of %d %s\n\n",
              v->sides[0].run.name, (long long)v->sides[0].step, b->run.name, (long long)b->step,
              v->test.data.dataset.name, v->wanted.protocol, v->wanted.percent, c->draws,
              text_number(c->draws, "draw", "draws"), c->n, text_number(c->n, "image", "images"), c->patients,
              text_number(c->patients, "patient", "patients"));
    app_print("%-24s %7s %7s %8s %-19s %7s %9s %7s\n", "", "AUC", "AUC", "a - b", "95 %", "p", "p patient", "Holm");
    for (int k = 0; k < c->classes; k++)
        show_row(v->test.data.classes[k], &c->list[k], v->test.apart[k] ? "  not in the mean" : "");
    show_row("mean of findings", &c->macro, "");
    app_print("\n%s\n", text_str(&line));
    if (!isnan(c->macro.deviation))
        app_print("a difference of %.4f would have been found here at 80 %% power\n",
                  significance_detectable(c->macro.deviation));
    text_clear(&line);
}

/* ---- for papers ---- */

static const struct sheet_column columns[] = {
    { "task", NULL, SHEET_TEXT, 0 },
    { "protocol", NULL, SHEET_TEXT, 0 },
    { "labels_percent", NULL, SHEET_NUMBER, 0 },
    { "draws", NULL, SHEET_COUNT, 0 },
    { "run_a", "a", SHEET_TEXT, 0 },
    { "step_a", NULL, SHEET_COUNT, 0 },
    { "run_b", "b", SHEET_TEXT, 0 },
    { "step_b", NULL, SHEET_COUNT, 0 },
    { "class", "class", SHEET_TEXT, 0 },
    { "positives", NULL, SHEET_COUNT, 0 },
    { "negatives", NULL, SHEET_COUNT, 0 },
    { "auc_a", "AUC a", SHEET_NUMBER, 3 },
    { "auc_b", "AUC b", SHEET_NUMBER, 3 },
    { "difference", "a - b (95 %)", SHEET_CHANGE, 3 },
    { "p", "p", SHEET_P, 0 },
    { "p_patient", "p, by patient", SHEET_P, 0 },
    { "p_holm", "p, Holm", SHEET_P, 0 },
    { "detectable", NULL, SHEET_NUMBER, 4 },
    { 0 },
};

static void sheet_begin_compared(struct comparing *v)
{
    struct text caption = { 0 };
    text_printf(&caption, "%s against others on %s: %s, %g %% of the labels; %d test %s", v->sides[0].run.name,
                v->test.data.dataset.name, v->wanted.protocol, v->wanted.percent, v->test.n,
                text_number(v->test.n, "image", "images"));
    sheet_begin(&v->sheet, v->format, columns, text_str(&caption));
    text_clear(&caption);
}

/* `class` NULL: the mean of the findings. */
static void add_difference(struct comparing *v, const struct side *b, const struct comparison *c, const char *class,
                           const struct difference *d)
{
    struct sheet *s = &v->sheet;
    sheet_text(s, v->test.data.dataset.name);
    sheet_text(s, v->wanted.protocol);
    sheet_number(s, v->wanted.percent, NAN, NAN);
    sheet_count(s, c->draws);
    sheet_text(s, v->sides[0].run.name);
    sheet_count(s, v->sides[0].step);
    sheet_text(s, b->run.name);
    sheet_count(s, b->step);
    sheet_text(s, class ? class : "mean of findings");
    sheet_count(s, class ? d->positives : -1);
    sheet_count(s, class ? d->negatives : -1);
    sheet_number(s, d->a, NAN, NAN);
    sheet_number(s, d->b, NAN, NAN);
    sheet_number(s, d->value, d->lo, d->hi);
    sheet_number(s, d->p, NAN, NAN);
    sheet_number(s, d->p_patient, NAN, NAN);
    sheet_number(s, d->p_holm, NAN, NAN);
    sheet_number(s, significance_detectable(d->deviation), NAN, NAN);
}

static void add_compared(struct comparing *v, const struct side *b, const struct comparison *c)
{
    for (int k = 0; k < c->classes; k++) add_difference(v, b, c, v->test.data.classes[k], &c->list[k]);
    add_difference(v, b, c, NULL, &c->macro);
}

/* ---- the command ---- */

static bool read_wanted(struct comparing *v, const struct arguments *a, struct err *e)
{
    const char *context = arguments_text(a, "context", NULL), *protocol = arguments_text(a, "protocol", NULL);
    v->wanted = (struct predictions_wanted){ .task = arguments_text(a, "task", v->sides[0].run.dataset),
                                             .protocol = protocol,
                                             .percent = arguments_float(a, "labels", 0),
                                             .draw = -1,
                                             .step = -1,
                                             .gates = context ? !strcmp(context, "on") : -1 };
    if (context && strcmp(context, "on") && strcmp(context, "off"))
        return err_set(e, ERR_USAGE, "--context: '%s' is neither on nor off", context);
    return true;
}

static bool read_sides(struct comparing *v, const struct arguments *a, struct err *e)
{
    v->count = arguments_count(a);
    if (v->count > MOST_RUNS) return err_set(e, ERR_USAGE, "compare: at most %d runs at once", MOST_RUNS);
    for (int i = 0; i < v->count; i++)
        if (!app_find_run_step(v->app, arguments_word(a, i), &v->sides[i].run, &v->sides[i].step, e)) return false;
    if (!read_wanted(v, a, e) || !test_set_load(&v->test, v->app->store, v->wanted.task, e)) return false;
    for (int i = 0; i < v->count; i++) {
        v->wanted.step = v->sides[i].step;
        if (!side_read(&v->sides[i], v->app->store, &v->test, &v->wanted, e)) return false;
    }
    return true;
}

/* The first against each of the others; one value for two runs, a list for more. */
static bool compare_all(struct comparing *v, json_t **out, struct err *e)
{
    *out = v->count > 2 ? json_array() : NULL;
    if (v->paper) sheet_begin_compared(v);
    for (int i = 1; i < v->count; i++) {
        struct comparison c;
        if (!side_pair(&v->sides[0], &v->sides[i], e) || !comparison_make(&c, &v->test, &v->sides[0], &v->sides[i], e))
            return false;
        if (v->app->json && v->count > 2)
            json_array_append_new(*out, comparison_json(v, &v->sides[i], &c));
        else if (v->app->json)
            *out = comparison_json(v, &v->sides[i], &c);
        else if (v->paper)
            add_compared(v, &v->sides[i], &c);
        else
            app_print(i > 1 ? "\n" : ""), show(v, &v->sides[i], &c);
        comparison_clear(&c);
    }
    if (!v->paper) return true;
    bool ok = sheet_end(&v->sheet, e);
    if (ok) fputs(text_str(&v->sheet.out), stdout);
    return ok;
}

static int run_compare(struct app *app, const struct arguments *a)
{
    struct comparing v = { .app = app };
    struct err e;
    json_t *out = NULL;
    bool ok = sheet_asked(app, a, &v.format, &v.paper, &e) && read_sides(&v, a, &e) && compare_all(&v, &out, &e);
    int status = ok ? app->json ? app_print_json(app, json_incref(out)) : app_finish(app) : app_fail(app, &e);
    json_decref(out);
    for (int i = 0; i < v.count && i < MOST_RUNS; i++) side_clear(&v.sides[i]);
    test_set_clear(&v.test);
    sheet_clear(&v.sheet);
    return status;
}

const struct command command_compare = {
    .name = "compare",
    .arguments = "RUN[@STEP] RUN[@STEP] ... [--task DATASET]",
    .summary = "tell whether runs differ on a test set, and what it could have shown",
    .least = 2,
    .most = -1,
    .options = options,
    .run = run_compare,
    .details =
        "The first run is compared with each of the others, by what eval kept of each test image. With one draw of "
        "the labels\np is DeLong's, plain and clustered by patient; with several the draws, then patients are "
        "resampled, as they are for the\nmean. Holm's correction is over classes. \"Better\" is said only where "
        "the interval excludes 0.",
};
