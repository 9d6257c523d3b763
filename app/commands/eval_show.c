/* What an evaluation found: a table, tables of classes and groups, or one JSON value. */
#include "app/commands/evaluation.h"

#include "app/commands/eval_sheet.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "app/cli/json.h"
#include "app/commands/spread.h"
#include "app/session/areas.h"
#include "engine/base/text.h"

/* A group says something of a finding: a few patients are no group. */
static bool is_compared(const struct evaluation *v, const struct eval_result *part, int c)
{
    return !v->task.apart[c] && eval_has_patients(&part->details[c], EVAL_GAP_PATIENTS);
}

/* The difference of two groups: of their means over the findings of which both have an area, and patients enough; NaN
 * without one. */
static double difference(const struct evaluation *v, const struct eval_result *a, const struct eval_result *b)
{
    struct spread s = { 0 };
    for (int c = 0; c < v->task.classes; c++)
        if (is_compared(v, a, c) && is_compared(v, b, c)) spread_add(&s, a->classes[c].auc - b->classes[c].auc);
    return s.count ? fabs(spread_mean(&s)) : (double)NAN;
}

/* A group that has patients enough for no finding. */
static bool is_small(const struct evaluation *v, const struct eval_result *part)
{
    for (int c = 0; c < v->task.classes; c++)
        if (is_compared(v, part, c)) return false;
    return true;
}

/* The largest difference between two groups; NaN where no two have a finding in common. */
static double gap(const struct evaluation *v, const struct eval_groups *g, const struct eval_result *parts)
{
    struct spread s = { 0 };
    for (int k = 0; k < g->count; k++)
        for (int i = 0; i < k; i++) spread_add(&s, difference(v, &parts[k], &parts[i]));
    return s.count ? s.most : (double)NAN;
}

/* ---- showing ---- */

static json_t *class_json(const struct evaluation *v, const struct eval_result *r, int c)
{
    const struct eval_class *d = &r->details[c];
    const struct interval *i = eval_interval(d);
    return json_pack(
        "{s:o, s:o, s:o, s:o, s:o, s:o, s:i, s:i, s:b, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "name",
        json_text(v->task.data.classes[c]), "auc", json_number(r->classes[c].auc), "lo", json_number(i->lo), "hi",
        json_number(i->hi), "lo_plain", json_number(d->plain.lo), "hi_plain", json_number(d->plain.hi), "positives",
        r->classes[c].positives, "negatives", r->classes[c].negatives, "finding", !v->task.apart[c],
        "average_precision", json_number(d->at.average_precision), "threshold", json_number(d->threshold),
        "sensitivity", json_number(d->at.sensitivity), "specificity", json_number(d->at.specificity), "f1",
        json_number(d->at.f1), "brier", json_number(d->at.brier), "calibration_error", json_number(d->at.calibration));
}

static json_t *result_json(const struct evaluation *v, const struct eval_result *r)
{
    json_t *classes = json_array();
    for (int c = 0; c < v->task.classes; c++) json_array_append_new(classes, class_json(v, r, c));
    json_t *out = json_pack(
        "{s:o, s:o, s:o, s:o, s:s, s:b, s:o, s:i, s:s, s:o, s:o, s:o, s:i, s:o, s:o, s:o, s:o, s:o}", "run",
        json_text(v->own ? v->encoder.name : NULL), "init", json_text(v->own ? NULL : v->encoder.name), "step",
        v->own ? json_integer(v->encoder.step) : json_null(), "task", json_text(v->task.data.dataset.name), "protocol",
        protocol_names[r->protocol], "context", r->gates, "fraction", json_number(r->percent), "seed", r->draw, "split",
        "test", "auc_macro", json_number(r->macro), "lo_macro", json_number(r->interval.lo), "hi_macro",
        json_number(r->interval.hi), "images", r->images, "strength", json_number(r->strength), "child_run",
        json_text(r->child ? r->trained : NULL), "child_run_id", r->child ? json_integer(r->child) : json_null(),
        "rate", json_number(r->rate), "classes", classes);
    struct text told = { 0 };
    eval_sheet_told(v->store, r, &told);
    json_object_set_new(out, "size", json_integer(v->encoder.config.model.size));
    json_object_set_new(out, "settings", json_text(text_str(&told)));
    text_clear(&told);
    json_object_set_new(out, "test_images_seen", v->own ? json_integer(v->seen.count) : json_null());
    json_object_set_new(out, "test_images_seen_with_labels", v->own ? json_integer(v->seen.labelled) : json_null());
    return out;
}

static json_t *groups_json(const struct evaluation *v, const struct eval_groups *g, const struct eval_result *parts)
{
    json_t *list = json_array(), *small = json_array();
    for (int k = 0; k < g->count; k++) {
        json_t *classes = json_array();
        if (is_small(v, &parts[k])) json_array_append_new(small, json_text(g->names[k]));
        for (int c = 0; c < v->task.classes; c++) json_array_append_new(classes, class_json(v, &parts[k], c));
        json_array_append_new(list, json_pack("{s:o, s:i, s:o, s:o, s:o, s:o}", "value", json_text(g->names[k]),
                                              "images", parts[k].images, "auc_macro", json_number(parts[k].macro),
                                              "lo_macro", json_number(parts[k].interval.lo), "hi_macro",
                                              json_number(parts[k].interval.hi), "classes", classes));
    }
    return json_pack("{s:o, s:o, s:o, s:o}", "by", json_text(g->by), "gap", json_number(gap(v, g, parts)), "too_small",
                     small, "groups", list);
}

/* Of one fact an object, of several a list of them. */
static json_t *facts_json(const struct evaluation *v, int i)
{
    json_t *list = json_array();
    for (int k = 0; k < v->facts; k++) {
        json_t *one = groups_json(v, &v->groups[k], &v->parts[k][i * v->groups[k].count]);
        if (v->facts == 1) return json_decref(list), one;
        json_array_append_new(list, one);
    }
    return list;
}

int evaluation_show_json(const struct evaluation *v)
{
    json_t *list = json_array();
    for (int i = 0; i < v->count; i++) {
        json_t *row = result_json(v, &v->results[i]);
        if (v->facts && v->results[i].test) json_object_set_new(row, "by", facts_json(v, i));
        json_array_append_new(list, row);
    }
    return app_print_json(v->app, list);
}

/* One line for `draws` results that differ in the draw alone. */
static void show_line(const struct evaluation *v, const struct eval_result *r, int draws)
{
    char mean[16], low[16], high[16];
    struct spread all = { 0 };
    for (int i = 0; i < draws; i++) spread_add(&all, r[i].macro);
    app_print("%-8s %-5s %7g %8d   %s", protocol_names[r->protocol], r->gates ? "on" : "off", r->percent, r->images,
              areas_text(spread_mean(&all), 4, mean));
    if (draws > 1 && all.count)
        app_print(" (%s - %s)", areas_text(all.least, 4, low), areas_text(all.most, 4, high));
    else
        app_print("%*s", draws > 1 ? 18 : 0, "");
    for (int c = 0; c < v->task.classes; c++) {
        struct spread class = { 0 };
        int width = (int)strlen(v->task.data.classes[c]);
        for (int i = 0; i < draws; i++) spread_add(&class, r[i].classes[c].auc);
        app_print("  %*s", width > 6 ? width : 6, areas_text(spread_mean(&class), 4, mean));
    }
    app_print("\n");
}

static const char *interval_text(const struct interval *i, char out[40])
{
    char lo[16], hi[16];
    snprintf(out, 40, isnan(i->lo) ? "-" : "(%s - %s)", areas_text(i->lo, 4, lo), areas_text(i->hi, 4, hi));
    return out;
}

/* Everything of one result, a line a class. */
static void show_classes(const struct evaluation *v, const struct eval_result *r)
{
    char text[8][16], interval[40];
    app_print("\n%s, gates %s, %g %% of the labels, draw %d: macro %s", protocol_names[r->protocol],
              r->gates ? "on" : "off", r->percent, r->draw, areas_text(r->macro, 4, text[0]));
    app_print(" %s\n%-24s %9s %9s %6s %-17s %6s %6s %6s %6s %6s %6s %6s\n", interval_text(&r->interval, interval),
              "class", "positives", "negatives", "AUC", "95 %", "AP", "at", "sens", "spec", "F1", "Brier", "ECE");
    for (int c = 0; c < v->task.classes; c++) {
        const struct eval_class *d = &r->details[c];
        const double values[] = { r->classes[c].auc, d->at.average_precision, d->threshold,
                                  d->at.sensitivity, d->at.specificity,       d->at.f1,
                                  d->at.brier,       d->at.calibration };
        for (int i = 0; i < 8; i++) areas_text(values[i], 4, text[i]);
        app_print("%-24s %9d %9d %6s %-17s %6s %6s %6s %6s %6s %6s %6s%s\n", v->task.data.classes[c],
                  r->classes[c].positives, r->classes[c].negatives, text[0], interval_text(eval_interval(d), interval),
                  text[1], text[2], text[3], text[4], text[5], text[6], text[7],
                  v->task.apart[c] ? "  not in the mean" : "");
    }
}

/* One result by group: mean of findings, then classes. */
static void show_groups(const struct evaluation *v, const struct eval_result *r, const struct eval_groups *g,
                        const struct eval_result *parts)
{
    char text[16], interval[40];
    app_print("\n%s, gates %s, %g %% of the labels, draw %d, by %s\n%-24s %7s %6s %-17s", protocol_names[r->protocol],
              r->gates ? "on" : "off", r->percent, r->draw, g->by, "", "images", "AUC", "95 %");
    for (int c = 0; c < v->task.classes; c++) app_print("  %6s", v->task.data.classes[c]);
    for (int k = 0; k < g->count; k++) {
        const struct eval_result *p = &parts[k];
        app_print("\n%-24s %7d %6s %-17s", g->names[k], p->images, areas_text(p->macro, 4, text),
                  interval_text(&p->interval, interval));
        for (int c = 0; c < v->task.classes; c++) {
            int width = (int)strlen(v->task.data.classes[c]);
            app_print("  %*s", width > 6 ? width : 6, areas_text(p->classes[c].auc, 4, text));
        }
    }
    app_print("\ngap between groups, of findings that %d patients of both have, and as many lack: %s\n",
              EVAL_GAP_PATIENTS, areas_text(gap(v, g, parts), 4, text));
    struct text small = { 0 };
    for (int k = 0; k < g->count; k++)
        if (is_small(v, &parts[k])) text_printf(&small, "%s%s", small.length ? ", " : "", g->names[k]);
    if (small.length) app_print("too small for it: %s\n", text_str(&small));
    text_clear(&small);
}

/* Which run it was. */
static void show_child(const struct evaluation *v, const struct eval_result *r)
{
    app_print("%-8s %-5s %7g draw %d: run %s, of %d %s\n", protocol_names[r->protocol], r->gates ? "on" : "off",
              r->percent, r->draw, r->trained, v->request.rate_count,
              text_number(v->request.rate_count, "rate", "rates"));
}

int evaluation_show(const struct evaluation *v)
{
    int draws = v->request.draws;
    app_print("%s", v->encoder.name);
    if (v->own) app_print(", step %lld", (long long)v->encoder.step);
    app_print(", on %s: %d test %s at %d px; %d training %s to draw from, %d for validation\n\n",
              v->task.data.dataset.name, v->task.test.n, text_number(v->task.test.n, "image", "images"),
              v->encoder.config.model.size, v->task.train, text_number(v->task.train, "image", "images"),
              v->task.fit.n - v->task.train);
    app_print("protocol gates labels%%   images   %-*s", draws > 1 ? 24 : 6,
              draws > 1 ? "AUC (lowest - highest)" : "AUC");
    for (int c = 0; c < v->task.classes; c++) app_print("  %6s", v->task.data.classes[c]);
    app_print("\n");
    for (int i = 0; i < v->applied; i++) show_line(v, &v->results[i], 1);
    for (int i = v->applied; i < v->count; i += draws) show_line(v, &v->results[i], draws);
    if (evaluation_trains(&v->request)) app_print("\n");
    for (int i = v->applied; i < v->count; i++)
        if (v->results[i].test && v->results[i].child) show_child(v, &v->results[i]);
    for (int i = 0; v->request.per_class && i < v->count; i++)
        if (v->results[i].test) show_classes(v, &v->results[i]);
    for (int k = 0; k < v->facts; k++)
        for (int i = 0; i < v->count; i++)
            if (v->results[i].test) show_groups(v, &v->results[i], &v->groups[k], &v->parts[k][i * v->groups[k].count]);
    return 0;
}
