/* `export`: numbers and weights for other programs. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/command.h"
#include "app/eval.h"
#include "app/json.h"
#include "engine/base/files.h"
#include "engine/base/text.h"
#include "engine/train/checkpoint.h"
#include "engine/train/weights.h"
#include "store/checkpoint.h"
#include "store/metric.h"

struct request {
    struct app *app;
    struct store_run run;
    int64_t step;    /* -1: none was given */
    const char *out; /* NULL: stdout       */
    const char *format;
};

/* ---- where it goes ---- */

struct output {
    FILE *stream;
    struct file_writer writer; /* in use when a file was named: it appears whole or not at all */
    bool file;
};

static bool output_open(struct output *o, const struct request *r, struct err *e)
{
    *o = (struct output){ .stream = stdout, .file = r->out != NULL };
    if (!o->file) return true;
    if (!file_begin(&o->writer, r->out, e)) return err_wrap(e, "export");
    o->stream = o->writer.stream;
    return true;
}

static bool output_close(struct output *o, bool ok, struct err *e)
{
    if (!o->file) return ok; /* app_finish tells of a full disk */
    if (!ok) {
        file_abandon(&o->writer);
        return false;
    }
    o->writer.failed |= ferror(o->stream) != 0;
    return file_commit(&o->writer, e);
}

/* ---- metrics ---- */

enum { CHUNK = 4096 }; /* steps that are held in memory at once */

/* Shortest text that reads back as the same number. */
static void print_number(FILE *f, double x)
{
    char text[40];
    for (int digits = 6; digits <= 17; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, x);
        if (strtod(text, NULL) == x) break;
    }
    fputs(isnan(x) ? "nan" : text, f);
}

/* Values of one chunk of steps, [CHUNK, metrics]; `has` tells which are recorded. */
struct chunk {
    double *value;
    bool *has;
};

static bool fill_chunk(struct store *s, int64_t run, const struct store_metrics *m, int64_t first, struct chunk *c,
                       struct err *e)
{
    memset(c->has, 0, CHUNK * m->count * sizeof *c->has);
    for (size_t k = 0; k < m->count; k++) {
        struct store_points points;
        if (!store_points_read(s, run, m->rows[k].id, first, first + CHUNK - 1, &points, e)) return false;
        for (size_t i = 0; i < points.count; i++) {
            size_t at = (size_t)(points.rows[i].step - first) * m->count + k;
            c->value[at] = points.rows[i].value;
            c->has[at] = true;
        }
        store_points_clear(&points);
    }
    return true;
}

static void print_rows(FILE *f, const struct store_metrics *m, int64_t first, const struct chunk *c)
{
    for (int64_t i = 0; i < CHUNK; i++) {
        size_t row = (size_t)i * m->count;
        bool any = false;
        for (size_t k = 0; k < m->count; k++) any |= c->has[row + k];
        if (!any) continue;
        fprintf(f, "%lld", (long long)(first + i));
        for (size_t k = 0; k < m->count; k++) {
            fputc(',', f);
            if (c->has[row + k]) print_number(f, c->value[row + k]);
        }
        fputc('\n', f);
    }
}

/* One row a step, one column a metric; a cell without a value was not recorded, "nan" was recorded and is no number. */
static bool write_csv(FILE *f, const struct request *r, const struct store_metrics *m, int64_t first, int64_t last,
                      struct err *e)
{
    struct chunk c = { malloc(CHUNK * (m->count + 1) * sizeof *c.value),
                       malloc(CHUNK * (m->count + 1) * sizeof *c.has) };
    bool ok = (c.value && c.has) || err_set(e, ERR_MEMORY, "export: memory ran out");
    fputs("step", f);
    for (size_t k = 0; k < m->count; k++) fprintf(f, ",%s", m->rows[k].name);
    fputc('\n', f);
    for (int64_t at = first; ok && at <= last; at += CHUNK) {
        ok = fill_chunk(r->app->store, r->run.id, m, at, &c, e);
        if (ok) print_rows(f, m, at, &c);
    }
    free(c.value);
    free(c.has);
    return ok;
}

static json_t *metric_json(struct store *s, int64_t run, const struct store_metric *m, int64_t first, int64_t last,
                           struct err *e)
{
    struct store_points points;
    if (!store_points_read(s, run, m->id, first, last, &points, e)) return NULL;
    json_t *steps = json_array(), *values = json_array();
    for (size_t i = 0; i < points.count; i++) {
        json_array_append_new(steps, json_integer(points.rows[i].step));
        json_array_append_new(values, json_number(points.rows[i].value));
    }
    store_points_clear(&points);
    return json_pack("{s:o, s:o, s:o, s:o}", "name", json_text(m->name), "unit", json_text(m->unit), "steps", steps,
                     "values", values);
}

static bool write_json(FILE *f, const struct request *r, const struct store_metrics *m, int64_t first, int64_t last,
                       struct err *e)
{
    json_t *list = json_array();
    bool ok = list != NULL;
    for (size_t k = 0; ok && k < m->count; k++) {
        json_t *o = metric_json(r->app->store, r->run.id, &m->rows[k], first, last, e);
        ok = o && json_array_append_new(list, o) == 0;
    }
    json_t *all =
        ok ? json_pack("{s:I, s:o, s:O}", "id", (json_int_t)r->run.id, "run", json_text(r->run.name), "metrics", list)
           : NULL;
    json_decref(list);
    if (all && (json_dumpf(all, f, JSON_COMPACT) || fputc('\n', f) == EOF))
        ok = err_errno(e, "export: not everything was written");
    json_decref(all);
    return ok;
}

static bool export_metrics(const struct request *r, struct err *e)
{
    struct store_metrics m;
    struct output o;
    int64_t first, last;
    bool any;
    if (r->step >= 0) return err_set(e, ERR_USAGE, "export: metrics are those of the whole run; give it without @STEP");
    if (!store_metric_list(r->app->store, r->run.id, &m, e)) return false;
    bool ok = store_points_span(r->app->store, r->run.id, 0, &first, &last, &any, e) &&
              (any || err_set(e, ERR_NOT_FOUND, "run %s: no metrics yet", r->run.name)) && output_open(&o, r, e);
    if (ok) {
        bool json = !strcmp(r->format, "json");
        ok = json ? write_json(o.stream, r, &m, first, last, e) : write_csv(o.stream, r, &m, first, last, e);
        ok = output_close(&o, ok, e);
    }
    store_metrics_clear(&m);
    return ok;
}

/* ---- encoder ---- */

/* Channels of the images that a checkpoint was trained on. */
static bool read_channels(const struct request *r, const struct store_checkpoint *row, int *channels, struct err *e)
{
    char path[STORE_PATH];
    struct tensors file;
    int64_t n;
    if (!store_run_path(r->app->store, r->run.id, row->path, path, e) || !checkpoint_open(&file, path, row->sha256, e))
        return false;
    const char *text = tensors_metadata(&file, "channels");
    bool ok = text && text_to_int(text, &n) && (n == 1 || n == 3);
    if (ok) *channels = (int)n;
    if (!ok) err_set(e, ERR_FORMAT, "%s: does not say how many channels its images have", path);
    tensors_close(&file);
    return ok;
}

static bool export_encoder(const struct request *r, struct err *e)
{
    struct store_checkpoint row;
    struct eval_encoder encoder;
    char step[32];
    int channels;
    if (!r->out) return err_set(e, ERR_USAGE, "export: say where the encoder goes: -o FILE.safetensors");
    if (strcmp(r->format, "csv"))
        return err_set(e, ERR_USAGE, "export: --format is for metrics; an encoder is a safetensors file");
    if (!store_checkpoint_find(r->app->store, r->run.id, r->step, &row, e) || !read_channels(r, &row, &channels, e))
        return false;
    if (!eval_encoder_run(&encoder, r->app->store, &r->run, row.step, 0, channels, e)) return false;
    snprintf(step, sizeof step, "%lld", (long long)row.step);
    const struct tensors_pair metadata[] = {
        { "format", "pt" }, { "method", (char *)(uintptr_t)r->run.method },   { "run", (char *)(uintptr_t)r->run.name },
        { "step", step },   { "dataset", (char *)(uintptr_t)r->run.dataset }, { "config", r->run.config },
    };
    bool ok = weights_export(encoder.engine, r->out, metadata, sizeof metadata / sizeof metadata[0], e);
    eval_encoder_close(&encoder);
    if (ok) app_note(r->app, "%s: encoder of run %s at step %lld", r->out, r->run.name, (long long)row.step);
    return ok;
}

/* ---- the command ---- */

static const struct {
    const char *what;
    bool (*run)(const struct request *r, struct err *e);
} kinds[] = { { "metrics", export_metrics }, { "encoder", export_encoder } };
enum { KINDS = sizeof kinds / sizeof kinds[0] };

static const char *kind_name(const void *ctx, size_t i)
{
    (void)ctx;
    return kinds[i].what;
}

static int run_export(struct app *app, const struct arguments *a)
{
    struct err e = { 0 };
    struct request r = { .app = app,
                         .out = arguments_text(a, "output", NULL),
                         .format = arguments_text(a, "format", app->json ? "json" : "csv") };
    const char *what = arguments_word(a, 1);
    size_t k = 0;
    while (k < KINDS && strcmp(kinds[k].what, what)) k++;
    bool ok = true;
    if (k == KINDS) {
        const char *near = text_nearest(what, KINDS, kind_name, NULL);
        ok = err_set(&e, ERR_USAGE, "export %s: there are metrics and encoder%s%s", what, near ? "; did you mean " : "",
                     near ? near : "");
    } else if (strcmp(r.format, "csv") && strcmp(r.format, "json")) {
        ok = err_set(&e, ERR_USAGE, "--format: '%s' is neither csv nor json", r.format);
    }
    ok = ok && app_find_run_step(app, arguments_word(a, 0), &r.run, &r.step, &e) && kinds[k].run(&r, &e);
    store_run_clear(&r.run);
    return ok ? app_finish(app) : app_fail(app, &e);
}

static const struct option_row options[] = {
    { "output", 'o', OPTION_TEXT, "FILE", "where it goes; metrics go to standard output without it", 0, 0 },
    { "format", 0, OPTION_TEXT, "csv|json", "of metrics [csv]", 0, 0 },
    { 0 },
};

const struct command command_export = {
    .name = "export",
    .arguments = "RUN metrics | RUN[@STEP] encoder -o FILE",
    .summary = "write a run's metrics as a table, or its encoder with torchvision's names",
    .least = 2,
    .most = 2,
    .options = options,
    .run = run_export,
    .details = "The encoder loads with resnet18().load_state_dict(..., strict=False), only fc.* missing; the gates are "
               "context.*.\n"
               "Without @STEP it is that of the newest checkpoint.",
};
