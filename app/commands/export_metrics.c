/* `export metrics` as tables: CSV, JSON lines, and one JSON value. */
#include "config.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/commands/export.h"
#include "app/commands/export_steps.h"
#include "app/commands/export_output.h"
#include "app/cli/json.h"
#include "engine/base/clock.h"
#include "engine/base/text.h"
#include "store/metric.h"

/* What a reader of the numbers must know and cannot see in them. */
static const char *const conventions[] = {
    "loss.LEVEL.TERM is unweighted; loss.LEVEL carries the weights of its terms, loss also those of the levels",
    "what a term is depends on the method: its help is below; losses of different methods are not comparable",
    "z, d, map1..map5 and h are measured on the fixed probe set in evaluation mode, the rest on the step's batch",
    "a cell without a value was not recorded; nan (null in JSON) was recorded and is not finite",
};
enum { CONVENTIONS = sizeof conventions / sizeof conventions[0] };

/* One table being written. Words are as it spells them: as cells, or as strings with their quotes. */
struct table_out {
    FILE *f;
    const struct export_request *request;
    const struct store_metrics *metrics; /* columns */
    const struct store_run *run;
    struct text *name, *unit, run_name; /* of each metric; of the run */
};

static void quote(struct text *out, const char *s)
{
    json_write(out, json_text(s), JSON_COMPACT);
}

typedef void speller(struct text *out, const char *s);

static bool spell_metrics(struct table_out *t, speller *spell, struct err *e)
{
    size_t n = t->metrics->count;
    bool broken = !(t->name = calloc(n + 1, sizeof *t->name)) || !(t->unit = calloc(n + 1, sizeof *t->unit));
    for (size_t k = 0; !broken && k < n; k++) {
        spell(&t->name[k], t->metrics->rows[k].name);
        spell(&t->unit[k], t->metrics->rows[k].unit);
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

/* Shortest text that reads back as the same number: what needs fewer than 15 digits ends in zeros, which %g drops. */
static void print_number(FILE *f, double x, const char *otherwise)
{
    char text[40];
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, x);
        if (strtod(text, NULL) == x) break;
    }
    fputs(isfinite(x) ? text : otherwise, f);
}

/* ---- rows: one way each of putting a step's numbers ---- */

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

/* ---- what stands above them ---- */

/* A line of the header, whatever is in the rows that it tells of. */
static void remark(FILE *f, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void remark(FILE *f, const char *format, ...)
{
    char *line = NULL;
    va_list ap;
    va_start(ap, format);
    if (vasprintf(&line, format, ap) < 0) line = NULL;
    va_end(ap);
    if (line) text_clean(line);
    fprintf(f, "# %s\n", line ? line : "?");
    free(line);
}

static void csv_header(const struct table_out *t)
{
    const struct store_runs *runs = t->request->runs;
    char at[CLOCK_ISO_SIZE];
    fprintf(t->f, "# mlvicx %s, metrics\n", PACKAGE_VERSION);
    for (size_t i = 0; i < runs->count; i++) {
        const struct store_run *r = &runs->rows[i];
        remark(t->f, "run %lld %s: method %s, data %s, seed %lld, started %s", (long long)r->id, r->name, r->method,
               *r->dataset ? r->dataset : "-", (long long)r->seed, clock_iso(r->started_at, at));
    }
    for (int i = 0; i < CONVENTIONS; i++) fprintf(t->f, "# convention: %s\n", conventions[i]);
    for (size_t k = 0; k < t->metrics->count; k++) {
        const struct store_metric *m = &t->metrics->rows[k];
        remark(t->f, "%s [%s]: %s", m->name, *m->unit ? m->unit : "1", m->help);
    }
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

static bool put_json(json_t *value, FILE *f, struct err *e)
{
    struct text t = { 0 };
    json_write(&t, value, JSON_COMPACT);
    bool ok = !t.broken || err_set(e, ERR_MEMORY, "export: memory ran out");
    if (ok && fprintf(f, "%s\n", text_str(&t)) < 0) ok = err_errno(e, "export: not everything was written");
    text_clear(&t);
    return ok;
}

static bool jsonl_header(const struct table_out *t, struct err *e)
{
    const struct store_runs *runs = t->request->runs;
    json_t *list = json_array(), *metrics = json_array(), *words = json_array();
    for (size_t i = 0; i < runs->count; i++) {
        const struct store_run *r = &runs->rows[i];
        json_array_append_new(list, json_pack("{s:I, s:o, s:o, s:o, s:I, s:o}", "id", (json_int_t)r->id, "name",
                                              json_text(r->name), "method", json_text(r->method), "dataset",
                                              json_text(r->dataset), "seed", (json_int_t)r->seed, "started",
                                              json_time(r->started_at)));
    }
    for (size_t k = 0; k < t->metrics->count; k++) {
        const struct store_metric *m = &t->metrics->rows[k];
        json_array_append_new(metrics, json_pack("{s:o, s:o, s:o}", "name", json_text(m->name), "unit",
                                                 json_text(m->unit), "help", json_text(m->help)));
    }
    for (int i = 0; i < CONVENTIONS; i++) json_array_append_new(words, json_string(conventions[i]));
    json_t *all = json_pack("{s:s, s:o, s:o, s:o}", "mlvicx", PACKAGE_VERSION, "runs", list, "conventions", words,
                            "metrics", metrics);
    return put_json(all, t->f, e);
}

/* ---- tables ---- */

/* Every step of one run that has a number. */
static bool write_run(const struct table_out *t, row_writer *row, struct err *e)
{
    struct export_steps x;
    bool ok = export_steps_begin(&x, t->request->app->store, t->run->id, t->metrics, e) && export_steps_next(&x, e);
    for (; ok && x.step >= 0; ok = export_steps_next(&x, e)) row(t, x.step, x.value, x.has);
    export_steps_clear(&x);
    return ok;
}

static bool write_table(const struct export_request *r, FILE *f, const struct store_metrics *m, struct err *e)
{
    static row_writer *const rows[2][2] = { { csv_wide, csv_long }, { jsonl_wide, jsonl_long } };
    bool lines = !strcmp(r->format, "jsonl"), tall = arguments_has(r->arguments, "long");
    struct table_out t = { .f = f, .request = r, .metrics = m };
    speller *spell = lines ? quote : text_cell;
    bool ok = spell_metrics(&t, spell, e);
    if (ok && arguments_has(r->arguments, "header")) {
        if (lines)
            ok = jsonl_header(&t, e);
        else
            csv_header(&t);
    }
    if (ok && !lines) csv_titles(&t, tall);
    for (size_t i = 0; ok && i < r->runs->count; i++) {
        t.run = &r->runs->rows[i];
        text_clear(&t.run_name);
        spell(&t.run_name, t.run->name);
        ok = write_run(&t, rows[lines][tall], e);
    }
    words_clear(&t);
    return ok;
}

/* ---- one JSON value ---- */

static json_t *metric_json(struct store *s, int64_t run, const struct store_metric *m, struct err *e)
{
    struct store_points points;
    if (!store_points_read(s, run, m->id, 0, INT64_MAX, &points, e)) return NULL;
    json_t *steps = json_array(), *values = json_array();
    for (size_t i = 0; i < points.count; i++) {
        json_array_append_new(steps, json_integer(points.rows[i].step));
        json_array_append_new(values, json_number(points.rows[i].value));
    }
    store_points_clear(&points);
    return json_pack("{s:o, s:o, s:o, s:o}", "name", json_text(m->name), "unit", json_text(m->unit), "steps", steps,
                     "values", values);
}

static bool write_json(const struct export_request *r, FILE *f, const struct store_metrics *m, struct err *e)
{
    json_t *list = json_array();
    bool ok = list != NULL;
    for (size_t k = 0; ok && k < m->count; k++) {
        json_t *o = metric_json(r->app->store, r->run->id, &m->rows[k], e);
        ok = o && json_array_append_new(list, o) == 0;
    }
    json_t *all =
        ok ? json_pack("{s:I, s:o, s:O}", "id", (json_int_t)r->run->id, "run", json_text(r->run->name), "metrics", list)
           : NULL;
    json_decref(list);
    return ok && put_json(all, f, e);
}

bool export_metrics(const struct export_request *r, struct err *e)
{
    struct store_metrics m;
    struct export_output o;
    if (r->step >= 0) return err_set(e, ERR_USAGE, "export: metrics are those of the whole run; give it without @STEP");
    if (!store_metric_list(r->app->store, r->all ? -1 : r->run->id, &m, e)) return false;
    bool ok = m.count > 0 ||
              err_set(e, ERR_NOT_FOUND, "%s%s: no metrics yet", r->all ? "export" : "run ", r->all ? "" : r->run->name);
    if (ok) ok = export_output_open(&o, r->out, e);
    if (ok) {
        ok = !strcmp(r->format, "json") ? write_json(r, o.stream, &m, e) : write_table(r, o.stream, &m, e);
        ok = export_output_close(&o, ok, e);
    }
    store_metrics_clear(&m);
    return ok;
}
