/* `export metrics` as tables: CSV, JSON lines, and one JSON value. */
#include "config.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/commands/export/export.h"
#include "app/commands/export/export_steps.h"
#include "app/cli/output_file.h"
#include "app/cli/json.h"
#include "engine/base/clock.h"
#include "engine/base/text.h"
#include "store/metric.h"

/* Conventions that a reader of the numbers must know, and that the numbers do not show. */
static const char *const conventions[] = {
    "loss.LEVEL.TERM is unweighted; loss.LEVEL carries the weights of its terms, loss also those of the levels",
    "what a term is depends on the method: its help is below; losses of different methods are not comparable",
    "z, d, map1..map5 and h are measured on the fixed probe set in evaluation mode, the rest on the step's batch",
    "a cell without a value was not recorded; nan (null in JSON) was recorded and is not finite",
};
enum { CONVENTIONS = sizeof conventions / sizeof conventions[0] };

/* One table while it is written. Text is kept in the notation of the format: as cells, or as strings in quotes. */
struct table_out {
    FILE *f;
    const struct export_request *request;
    const struct store_metrics *metrics; /* columns */
    const struct store_run *run;
    struct text *name, *unit, run_name; /* of each metric; of the run */
    void (*spell)(struct text *out, const char *s);
    void (*row)(const struct table_out *t, int64_t step, const double *value, const bool *has);
    size_t listed; /* runs that the header has */
};

static void quote(struct text *out, const char *s)
{
    json_write(out, json_text(s), JSON_COMPACT);
}

static bool spell_metrics(struct table_out *t, struct err *e)
{
    size_t n = t->metrics->count;
    bool broken = !(t->name = calloc(n + 1, sizeof *t->name)) || !(t->unit = calloc(n + 1, sizeof *t->unit));
    for (size_t k = 0; !broken && k < n; k++) {
        t->spell(&t->name[k], t->metrics->rows[k].name);
        t->spell(&t->unit[k], t->metrics->rows[k].unit);
        broken = t->name[k].broken || t->unit[k].broken;
    }
    return !broken || err_set(e, ERR_MEMORY, "export: memory ran out");
}

static void words_clear(struct table_out *t)
{
    for (size_t k = 0; k < t->metrics->count; k++) {
        if (t->name) text_clear(&t->name[k]);
        if (t->unit) text_clear(&t->unit[k]);
    }
    free(t->name);
    free(t->unit);
    text_clear(&t->run_name);
}

/* The shortest text that reads back as the same number: a number that needs fewer than 15 digits ends in zeros, which
 * %g drops. */
static void print_number(FILE *f, double x, const char *otherwise)
{
    char text[40];
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, x);
        if (strtod(text, NULL) == x) break;
    }
    fputs(isfinite(x) ? text : otherwise, f);
}

/* ---- rows: one function for each format ---- */

static void csv_wide(const struct table_out *t, int64_t step, const double *value, const bool *has)
{
    if (t->request->all) fprintf(t->f, "%lld,%s,", (long long)t->run->id, text_str(&t->run_name));
    fprintf(t->f, "%lld", (long long)step);
    for (size_t k = 0; k < t->metrics->count; k++) {
        fputc(',', t->f);
        if (has[k]) print_number(t->f, value[k], "nan");
    }
    fputc('\n', t->f);
}

static void csv_long(const struct table_out *t, int64_t step, const double *value, const bool *has)
{
    for (size_t k = 0; k < t->metrics->count; k++) {
        if (!has[k]) continue;
        fprintf(t->f, "%lld,%s,%s,%s,%lld,", (long long)t->run->id, text_str(&t->run_name), text_str(&t->name[k]),
                text_str(&t->unit[k]), (long long)step);
        print_number(t->f, value[k], "nan");
        fputc('\n', t->f);
    }
}

static void jsonl_wide(const struct table_out *t, int64_t step, const double *value, const bool *has)
{
    fprintf(t->f, "{\"run_id\":%lld,\"run\":%s,\"step\":%lld", (long long)t->run->id, text_str(&t->run_name),
            (long long)step);
    for (size_t k = 0; k < t->metrics->count; k++) {
        if (!has[k]) continue;
        fprintf(t->f, ",%s:", text_str(&t->name[k]));
        print_number(t->f, value[k], "null");
    }
    fputs("}\n", t->f);
}

static void jsonl_long(const struct table_out *t, int64_t step, const double *value, const bool *has)
{
    for (size_t k = 0; k < t->metrics->count; k++) {
        if (!has[k]) continue;
        fprintf(t->f,
                "{\"run_id\":%lld,\"run\":%s,\"metric\":%s,\"unit\":%s,\"step\":%lld,\"value\":", (long long)t->run->id,
                text_str(&t->run_name), text_str(&t->name[k]), text_str(&t->unit[k]), (long long)step);
        print_number(t->f, value[k], "null");
        fputs("}\n", t->f);
    }
}

typedef void row_writer(const struct table_out *t, int64_t step, const double *value, const bool *has);

/* ---- headers ---- */

/* A line of the header. */
static void remark(FILE *f, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void remark(FILE *f, const char *format, ...)
{
    char *line = NULL;
    struct text clean = { 0 };
    va_list ap;
    va_start(ap, format);
    if (vasprintf(&line, format, ap) < 0) line = NULL;
    va_end(ap);
    text_comment(&clean, line ? line : "?");
    fprintf(f, "# %s\n", text_str(&clean));
    text_clear(&clean);
    free(line);
}

static bool csv_run(void *ctx, const struct store_run *r, struct err *e)
{
    const struct table_out *t = ctx;
    char at[CLOCK_ISO_SIZE];
    (void)e;
    remark(t->f, "run %lld %s: method %s, data %s, seed %lld, started %s", (long long)r->id, r->name, r->method,
           *r->dataset ? r->dataset : "-", (long long)r->seed, clock_iso(r->started_at, at));
    return true;
}

static bool csv_header(struct table_out *t, struct err *e)
{
    fprintf(t->f, "# mlvicx %s, metrics\n", PACKAGE_VERSION);
    if (!export_each_run(t->request, csv_run, t, e)) return false;
    for (int i = 0; i < CONVENTIONS; i++) fprintf(t->f, "# convention: %s\n", conventions[i]);
    for (size_t k = 0; k < t->metrics->count; k++) {
        const struct store_metric *m = &t->metrics->rows[k];
        remark(t->f, "%s [%s]: %s", m->name, *m->unit ? m->unit : "1", m->help);
    }
    return true;
}

static void csv_titles(const struct table_out *t, bool tall)
{
    if (tall) {
        fputs("run_id,run,metric,unit,step,value\n", t->f);
        return;
    }
    fprintf(t->f, "%sstep", t->request->all ? "run_id,run," : "");
    for (size_t k = 0; k < t->metrics->count; k++) fprintf(t->f, ",%s", text_str(&t->name[k]));
    fputc('\n', t->f);
}

/* Writes a value as part of a line; releases it. */
static bool put_part(json_t *value, FILE *f, struct err *e)
{
    struct text t = { 0 };
    json_write(&t, value, JSON_COMPACT);
    bool ok = !t.broken || err_set(e, ERR_MEMORY, "export: memory ran out");
    if (ok && fputs(text_str(&t), f) < 0) ok = err_errno(e, "export: not everything was written");
    text_clear(&t);
    return ok;
}

static bool jsonl_run(void *ctx, const struct store_run *r, struct err *e)
{
    struct table_out *t = ctx;
    if (t->listed++) fputc(',', t->f);
    return put_part(json_pack("{s:I, s:o, s:o, s:o, s:I, s:o}", "id", (json_int_t)r->id, "name", json_text(r->name),
                              "method", json_text(r->method), "dataset", json_text(r->dataset), "seed",
                              (json_int_t)r->seed, "started", json_time(r->started_at)),
                    t->f, e);
}

static json_t *metrics_json(const struct store_metrics *list)
{
    json_t *metrics = json_array();
    for (size_t k = 0; k < list->count; k++) {
        const struct store_metric *m = &list->rows[k];
        json_array_append_new(metrics, json_pack("{s:o, s:o, s:o}", "name", json_text(m->name), "unit",
                                                 json_text(m->unit), "help", json_text(m->help)));
    }
    return metrics;
}

/* One line, written while the runs are read. */
static bool jsonl_header(struct table_out *t, struct err *e)
{
    json_t *words = json_array();
    for (int i = 0; i < CONVENTIONS; i++) json_array_append_new(words, json_string(conventions[i]));
    fputs("{\"mlvicx\":", t->f);
    bool ok = put_part(json_string(PACKAGE_VERSION), t->f, e);
    fputs(",\"runs\":[", t->f);
    ok = ok && export_each_run(t->request, jsonl_run, t, e);
    fputs("],\"conventions\":", t->f);
    ok = ok && put_part(json_incref(words), t->f, e);
    fputs(",\"metrics\":", t->f);
    ok = ok && put_part(metrics_json(t->metrics), t->f, e);
    fputs("}\n", t->f);
    json_decref(words);
    return ok;
}

/* ---- tables ---- */

/* Writes every step of one run that has a number. */
static bool write_run(const struct table_out *t, row_writer *row, struct err *e)
{
    struct export_steps x;
    bool ok = export_steps_begin(&x, t->request->app->store, t->run->id, t->metrics, e) && export_steps_next(&x, e);
    for (; ok && x.step >= 0; ok = export_steps_next(&x, e)) row(t, x.step, x.value, x.has);
    export_steps_clear(&x);
    return ok;
}

static bool table_run(void *ctx, const struct store_run *run, struct err *e)
{
    struct table_out *t = ctx;
    t->run = run;
    text_clear(&t->run_name);
    t->spell(&t->run_name, run->name);
    return write_run(t, t->row, e);
}

static bool write_table(const struct export_request *r, FILE *f, const struct store_metrics *m, struct err *e)
{
    static row_writer *const rows[2][2] = { { csv_wide, csv_long }, { jsonl_wide, jsonl_long } };
    bool lines = !strcmp(r->format, "jsonl"), tall = arguments_has(r->arguments, "long");
    struct table_out t = {
        .f = f, .request = r, .metrics = m, .spell = lines ? quote : text_cell, .row = rows[lines][tall]
    };
    bool ok = spell_metrics(&t, e);
    if (ok && arguments_has(r->arguments, "header")) ok = lines ? jsonl_header(&t, e) : csv_header(&t, e);
    if (ok && !lines) csv_titles(&t, tall);
    ok = ok && export_each_run(r, table_run, &t, e);
    words_clear(&t);
    return ok;
}

/* ---- one JSON value ---- */

/* The points of one metric at a time. */
static bool put_metric(struct store *s, int64_t run, const struct store_metric *m, FILE *f, struct err *e)
{
    struct store_points points;
    if (!store_points_read(s, run, m->id, 0, INT64_MAX, &points, e)) return false;
    fputs("{\"name\":", f);
    bool ok = put_part(json_text(m->name), f, e);
    fputs(",\"unit\":", f);
    ok = ok && put_part(json_text(m->unit), f, e);
    fputs(",\"steps\":[", f);
    for (size_t i = 0; ok && i < points.count; i++) fprintf(f, "%s%lld", i ? "," : "", (long long)points.rows[i].step);
    fputs("],\"values\":[", f);
    for (size_t i = 0; ok && i < points.count; i++) {
        if (i) fputc(',', f);
        ok = put_part(json_number(points.rows[i].value), f, e);
    }
    fputs("]}", f);
    store_points_clear(&points);
    return ok;
}

static bool write_json(const struct export_request *r, FILE *f, const struct store_metrics *m, struct err *e)
{
    fprintf(f, "{\"id\":%lld,\"run\":", (long long)r->run->id);
    bool ok = put_part(json_text(r->run->name), f, e);
    fputs(",\"metrics\":[", f);
    for (size_t k = 0; ok && k < m->count; k++) {
        if (k) fputc(',', f);
        ok = put_metric(r->app->store, r->run->id, &m->rows[k], f, e);
    }
    fputs("]}\n", f);
    return ok;
}

bool export_metrics(const struct export_request *r, struct err *e)
{
    struct store_metrics m;
    struct output_file o;
    if (r->step >= 0) return err_set(e, ERR_USAGE, "export: metrics are those of the whole run; give it without @STEP");
    if (!store_metric_list(r->app->store, r->all ? -1 : r->run->id, &m, e)) return false;
    bool ok = m.count > 0 ||
              err_set(e, ERR_NOT_FOUND, "%s%s: no metrics yet", r->all ? "export" : "run ", r->all ? "" : r->run->name);
    if (ok) ok = output_file_open(&o, r->out, e);
    if (ok) {
        ok = !strcmp(r->format, "json") ? write_json(r, o.stream, &m, e) : write_table(r, o.stream, &m, e);
        ok = output_file_close(&o, ok, e);
    }
    store_metrics_clear(&m);
    return ok;
}
