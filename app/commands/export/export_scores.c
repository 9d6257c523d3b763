/* `export RUN scores`: every evaluation of a run, a row for each class and for the mean of the findings, as a table for
 * a paper or a program. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include "app/cli/output_file.h"
#include "app/cli/sheet.h"
#include "app/commands/export/export_wanted.h"
#include "views/analysis/evaluation_told.h"

static const struct sheet_column columns[] = {
    { "run", NULL, SHEET_TEXT, 0 },
    { "step", "step", SHEET_COUNT, 0 },
    { "task", "task", SHEET_TEXT, 0 },
    { "protocol", "protocol", SHEET_TEXT, 0 },
    { "gates", "gates", SHEET_TEXT, 0 },
    { "labels_percent", "labels, %", SHEET_TEXT, 0 },
    { "draw", "draw", SHEET_COUNT, 0 },
    { "split", "split", SHEET_TEXT, 0 },
    { "class", "class", SHEET_TEXT, 0 },
    { "positives", "positives", SHEET_COUNT, 0 },
    { "negatives", "negatives", SHEET_COUNT, 0 },
    { "auc", "AUC (95 %)", SHEET_INTERVAL, 3 },
    { "size", "size, px", SHEET_COUNT, 0 },
    { "settings", "settings", SHEET_TEXT, 0 },
    { 0 },
};

/* The interval of the macro area has no column of its own in the store. */
static void macro_interval(const struct store_evaluation *row, double *lo, double *hi)
{
    json_t *detail = row->detail ? json_loads(row->detail, 0, NULL) : NULL;
    const json_t *l = json_object_get(detail, "lo"), *h = json_object_get(detail, "hi");
    *lo = json_is_number(l) ? json_number_value(l) : NAN;
    *hi = json_is_number(h) ? json_number_value(h) : NAN;
    json_decref(detail);
}

static void add_row(struct sheet *s, const struct store_run *run, const struct store_evaluation *row,
                    const struct store_score *score, const char *told)
{
    char percent[32];
    snprintf(percent, sizeof percent, "%g", row->fraction);
    sheet_text(s, run->name);
    sheet_count(s, run->id ? row->step : -1);
    sheet_text(s, row->task);
    sheet_text(s, row->protocol);
    sheet_text(s, row->context ? "on" : "off");
    sheet_text(s, percent);
    sheet_count(s, row->seed);
    sheet_text(s, row->split);
    sheet_text(s, score->name);
    sheet_count(s, score->positives);
    sheet_count(s, score->negatives);
    sheet_number(s, score->auc, score->lo, score->hi);
    sheet_count(s, row->size ? row->size : -1);
    sheet_text(s, told);
}

static bool add_evaluation(struct sheet *s, struct store *store, const struct store_run *run,
                           const struct store_evaluation *row, struct err *e)
{
    struct evaluation_told told;
    struct text line = { 0 };
    if (!evaluation_told_read(&told, store, row, e)) return false;
    evaluation_told_put(&told, &line);
    struct store_score macro = { .name = "mean of findings", .auc = row->auc_macro, .positives = -1, .negatives = -1 };
    for (size_t c = 0; c < row->scores_count; c++) add_row(s, run, row, &row->scores[c], text_str(&line));
    macro_interval(row, &macro.lo, &macro.hi);
    add_row(s, run, row, &macro, text_str(&line));
    text_clear(&line);
    return true;
}

/* Without options all of them, the quick probes too. */
static bool meant(const struct export_request *r, const struct predictions_wanted *w,
                  const struct store_evaluation *row)
{
    const struct arguments *a = r->arguments;
    bool chosen = arguments_has(a, "protocol") || arguments_has(a, "labels") || arguments_has(a, "draw") ||
                  arguments_has(a, "context") || w->size || w->step >= 0;
    if (w->init && strcmp(row->init, w->init) != 0) return false;
    if (arguments_has(a, "task") && strcmp(row->task, w->task) != 0) return false;
    struct predictions_wanted any_task = *w;
    any_task.task = NULL;
    return !chosen || predictions_match(row, &any_task);
}

static bool write_sheet(const struct export_request *r, struct sheet *s, struct err *e)
{
    struct output_file o;
    if (!sheet_end(s, e) || !output_file_open(&o, r->out, e)) return false;
    fputs(text_str(&s->out), o.stream);
    return output_file_close(&o, true, e);
}

bool export_scores(const struct export_request *r, struct err *e)
{
    struct predictions_wanted w;
    struct store_evaluations list;
    struct sheet s;
    enum sheet_format format = SHEET_CSV;
    char caption[STORE_NAME + 32];
    if (!export_wanted(r, &w, e) || !sheet_format_parse(r->format, &format)) return false;
    if (!store_evaluation_list(r->app->store, r->run->id, &list, e)) return false;
    snprintf(caption, sizeof caption, "evaluations of %s%s", r->run->id ? "run " : "init:", r->run->name);
    sheet_begin(&s, format, columns, caption);
    size_t rows = 0;
    bool ok = true;
    for (size_t i = 0; ok && i < list.count; i++) {
        if (!meant(r, &w, &list.rows[i])) continue;
        ok = add_evaluation(&s, r->app->store, r->run, &list.rows[i], e);
        rows++;
    }
    ok = ok && (rows ||
                err_set(e, ERR_NOT_FOUND, "%s%s: has no such evaluation; make one: mlvicx eval %s",
                        r->run->id ? "run " : "init:", r->run->name, r->run->id ? r->run->name : "--init random|FILE"));
    ok = ok && write_sheet(r, &s, e);
    sheet_clear(&s);
    store_evaluations_clear(&list);
    return ok;
}
