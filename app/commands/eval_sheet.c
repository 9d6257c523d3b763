#include "app/commands/eval_sheet.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "engine/evaluate/bootstrap.h"
#include "views/analysis/evaluation_told.h"

enum { BOOTSTRAP_SEED = 1 };

static const struct sheet_column columns[] = {
    EVAL_SHEET_CONFIGURATION,
    { "images", NULL, SHEET_COUNT, 0 },
    { "draws", NULL, SHEET_COUNT, 0 },
    { "class", "class", SHEET_TEXT, 0 },
    { "positives", "positives", SHEET_COUNT, 0 },
    { "negatives", "negatives", SHEET_COUNT, 0 },
    EVAL_SHEET_AREA,
    { "average_precision", "AP", SHEET_NUMBER, 3 },
    { "sensitivity", "sensitivity", SHEET_NUMBER, 3 },
    { "specificity", "specificity", SHEET_NUMBER, 3 },
    { "f1", "F1", SHEET_NUMBER, 3 },
    { "brier", "Brier", SHEET_NUMBER, 3 },
    { "calibration_error", "ECE", SHEET_NUMBER, 3 },
    { "size", NULL, SHEET_COUNT, 0 },
    { "settings", NULL, SHEET_TEXT, 0 },
    { 0 },
};

/* Results that differ in the draw alone, with what resampling says of them; figures [classes + 1], the last the mean's.
 */
struct configuration {
    const struct eval_figures_list *list;
    const struct eval_result *results;
    int draws;
    struct bootstrap_figure *figures;
};

static bool resample(struct configuration *c, struct err *e)
{
    const struct eval_task *t = c->list->task;
    const double **scores = malloc(((size_t)c->draws + 1) * sizeof *scores);
    if (!scores) return err_set(e, ERR_MEMORY, "intervals of %d draws: no memory", c->draws);
    for (int i = 0; i < c->draws; i++) scores[i] = c->results[i].test;
    const struct bootstrap_input in = { .n = t->test.n,
                                        .classes = t->classes,
                                        .labels = t->test.labels,
                                        .patients = t->test.patients,
                                        .apart = t->apart,
                                        .a = { c->draws, scores, 1 },
                                        .rounds = BOOTSTRAP_ROUNDS,
                                        .seed = BOOTSTRAP_SEED };
    bool ok = bootstrap_areas(&in, c->figures, &c->figures[t->classes], e);
    free(scores);
    return ok;
}

static struct interval interval_of(const struct configuration *c, int class)
{
    bool macro = class == c->list->task->classes;
    bool enough = macro ? eval_macro_has_interval(c->results, c->list->task)
                        : eval_has_patients(&c->results->details[class], EVAL_INTERVAL_PATIENTS);
    if (!enough) return (struct interval){ NAN, NAN };
    if (c->draws > 1) return (struct interval){ c->figures[class].lo, c->figures[class].hi };
    return macro ? c->results->interval : *eval_interval(&c->results->details[class]);
}

void eval_sheet_configuration(struct sheet *s, const struct eval_figures_list *v, const struct eval_result *r)
{
    char percent[32];
    snprintf(percent, sizeof percent, "%g", r->percent);
    sheet_text(s, v->encoder->name);
    sheet_count(s, v->own ? v->encoder->step : -1);
    sheet_text(s, v->task->data.dataset.name);
    sheet_text(s, protocol_names[r->protocol]);
    sheet_text(s, r->gates ? "on" : "off");
    sheet_text(s, percent);
}

void eval_sheet_told(struct store *s, const struct eval_result *r, struct text *out)
{
    struct evaluation_told told;
    struct err ignored; /* a run that cannot be read tells nothing */
    struct store_evaluation row = { .child_run_id = r->child };
    snprintf(row.protocol, sizeof row.protocol, "%s", protocol_names[r->protocol]);
    if (!evaluation_told_read(&told, s, &row, &ignored)) return;
    snprintf(told.rates, sizeof told.rates, "%s", r->rates);
    told.batch = r->batch;
    evaluation_told_put(&told, out);
}

/* The last cells of a row. */
static void add_size(struct sheet *s, const struct configuration *c)
{
    struct text told = { 0 };
    eval_sheet_told(c->list->store, c->results, &told);
    sheet_count(s, c->list->encoder->config.model.size);
    sheet_text(s, text_str(&told));
    text_clear(&told);
}

void eval_sheet_area(struct sheet *s, const struct spread *area, struct interval i)
{
    sheet_number(s, spread_mean(area), i.lo, i.hi);
    sheet_number(s, area->count ? area->least : NAN, NAN, NAN);
    sheet_number(s, area->count ? area->most : NAN, NAN, NAN);
}

static void add_configuration(struct sheet *s, const struct configuration *c)
{
    eval_sheet_configuration(s, c->list, c->results);
    sheet_count(s, c->results->images);
    sheet_count(s, c->draws);
}

static void add_areas(struct sheet *s, const struct configuration *c, int class)
{
    struct spread m = { 0 };
    for (int k = 0; k < c->draws; k++)
        spread_add(&m, class < c->list->task->classes ? c->results[k].classes[class].auc : c->results[k].macro);
    eval_sheet_area(s, &m, interval_of(c, class));
}

enum { OTHERS = 6 };

static void add_class(struct sheet *s, const struct configuration *c, int class)
{
    const struct eval_task *t = c->list->task;
    struct spread others[OTHERS] = { 0 };
    for (int k = 0; k < c->draws; k++) {
        const struct operating *o = &c->results[k].details[class].at;
        const double values[OTHERS] = { o->average_precision, o->sensitivity, o->specificity, o->f1, o->brier,
                                        o->calibration };
        for (int i = 0; i < OTHERS; i++) spread_add(&others[i], values[i]);
    }
    add_configuration(s, c);
    sheet_text(s, t->data.classes[class]);
    sheet_count(s, c->results->classes[class].positives);
    sheet_count(s, c->results->classes[class].negatives);
    add_areas(s, c, class);
    for (int i = 0; i < OTHERS; i++) sheet_number(s, spread_mean(&others[i]), NAN, NAN);
    add_size(s, c);
}

static void add_macro(struct sheet *s, const struct configuration *c)
{
    add_configuration(s, c);
    sheet_text(s, "mean of findings");
    sheet_count(s, -1);
    sheet_count(s, -1);
    add_areas(s, c, c->list->task->classes);
    for (int i = 0; i < OTHERS; i++) sheet_number(s, NAN, NAN, NAN);
    add_size(s, c);
}

static bool add_results(struct sheet *s, const struct eval_figures_list *v, const struct eval_result *r, int draws,
                        struct err *e)
{
    struct configuration c = { v, r, draws, calloc((size_t)v->task->classes + 1, sizeof *c.figures) };
    if (draws > 1 && !r[1].test) c.draws = 1; /* all labels: one draw, copied */
    bool ok = c.figures || err_set(e, ERR_MEMORY, "intervals: no memory");
    ok = ok && (c.draws == 1 || resample(&c, e));
    for (int k = 0; ok && k < v->task->classes; k++) add_class(s, &c, k);
    if (ok) add_macro(s, &c);
    free(c.figures);
    return ok;
}

bool eval_sheet_print(const struct eval_figures_list *v, enum sheet_format format, struct err *e)
{
    struct sheet s;
    struct text caption = { 0 };
    bool ok = true;
    text_printf(&caption, "%s", v->encoder->name);
    if (v->own) text_printf(&caption, ", step %lld", (long long)v->encoder->step);
    text_printf(&caption, ", on %s: %d test %s at %d px; means over draws of the labels", v->task->data.dataset.name,
                v->task->test.n, text_number(v->task->test.n, "image", "images"), v->encoder->config.model.size);
    sheet_begin(&s, format, columns, text_str(&caption));
    for (int i = 0, draws; ok && i < v->count; i += draws) {
        draws = i < v->applied ? 1 : v->draws;
        ok = add_results(&s, v, &v->results[i], draws, e);
    }
    if (ok && (ok = sheet_end(&s, e))) fputs(text_str(&s.out), stdout);
    sheet_clear(&s);
    text_clear(&caption);
    return ok;
}
