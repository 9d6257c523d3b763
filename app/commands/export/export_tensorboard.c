/* `export metrics --format tensorboard`: a folder a run, in it one event file with scalars of every metric and
 * histograms of the deviations of each level. Wall times are the run's start plus its time of training, so that the
 * same run gives the same bytes, and an export of a longer run replaces the file. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "app/commands/export/export.h"
#include "app/commands/export/export_steps.h"
#include "app/cli/output_file.h"
#include "app/commands/export/tfevents.h"
#include "engine/base/text.h"
#include "store/metric.h"
#include "store/snapshot.h"
#include "views/analysis/levels.h"

struct board {
    struct store *store;
    const struct store_run *run;
    struct store_metrics metrics;
    size_t wall_column; /* of time.wall; the number of metrics when there is none */
    double wall;        /* seconds of training at the newest step that has them */
    int64_t *steps;     /* the steps with snapshots of deviations, rising */
    size_t step_count, step_at;
    struct tfevents events;
};

/* "z.rankme" as "z/rankme": TensorBoard groups charts by the part before the slash. */
static void tag_of(const char *metric, char out[80])
{
    snprintf(out, 80, "%s", metric);
    text_clean(out);
    char *dot = strchr(out, '.');
    if (dot) *dot = '/';
}

static double start_of(const struct store_run *r)
{
    return r->started_at > 0 ? r->started_at : r->created_at;
}

static bool put_deviations(struct board *b, int64_t step, struct err *e)
{
    char tag[32];
    for (size_t i = 0; i < LEVEL_EMBEDDINGS; i++) {
        struct store_snapshot p;
        struct err why;
        if (!store_snapshot_get(b->store,
                                &(struct store_snapshot_key){ b->run->id, step, level_table[i].name, "deviation" }, &p,
                                &why)) {
            if (why.code == ERR_NOT_FOUND) continue;
            *e = why;
            return false;
        }
        snprintf(tag, sizeof tag, "%s/deviation", level_table[i].name);
        tfevents_histogram(&b->events, tag, p.data, p.rows * p.cols);
        store_snapshot_clear(&p);
    }
    return true;
}

/* Writes all values of one step as one event. */
static bool put_step(struct board *b, int64_t step, const double *value, const bool *has, struct err *e)
{
    char tag[80];
    if (b->wall_column < b->metrics.count && has[b->wall_column] && isfinite(value[b->wall_column]))
        b->wall = value[b->wall_column];
    for (size_t k = 0; k < b->metrics.count; k++) {
        if (!has[k]) continue;
        tag_of(b->metrics.rows[k].name, tag);
        tfevents_scalar(&b->events, tag, value[k]);
    }
    if (b->step_at < b->step_count && b->steps[b->step_at] == step) {
        b->step_at++;
        if (!put_deviations(b, step, e)) return false;
    }
    tfevents_flush(&b->events, start_of(b->run) + b->wall, step);
    return true;
}

/* Goes through all steps up to `last` that have numbers or deviations. `none`: [metrics] false. */
static bool put_steps(struct board *b, struct export_steps *x, int64_t last, const bool *none, struct err *e)
{
    bool ok = export_steps_next(x, e);
    while (ok) {
        int64_t step = x->step, other = b->step_at < b->step_count ? b->steps[b->step_at] : last + 1;
        bool before = other <= last && (step < 0 || other < step);
        if (before) step = other;
        if (step < 0) return true;
        ok = put_step(b, step, x->value, before ? none : x->has, e) && (before || export_steps_next(x, e));
    }
    return false;
}

static bool put_run(struct board *b, int64_t first, int64_t last, struct err *e)
{
    struct export_steps x;
    bool *none = calloc(b->metrics.count + 1, sizeof *none);
    bool ok = none || err_set(e, ERR_MEMORY, "export: memory ran out");
    while (b->step_at < b->step_count && b->steps[b->step_at] < first) b->step_at++;
    if (ok) {
        ok = export_steps_begin(&x, b->store, b->run->id, &b->metrics, e) && put_steps(b, &x, last, none, e);
        export_steps_clear(&x);
    }
    free(none);
    return ok && (!b->events.broken || err_set(e, ERR_MEMORY, "export: memory ran out"));
}

static bool path_of(const struct board *b, const char *out, char path[STORE_PATH], struct err *e)
{
    char dir[STORE_PATH], name[64], folder[STORE_NAME];
    snprintf(name, sizeof name, "events.out.tfevents.%010lld.mlvicx", (long long)start_of(b->run));
    if (!file_join(dir, sizeof dir, out, store_run_stem(b->run, folder)) || !file_join(path, STORE_PATH, dir, name))
        return err_set(e, ERR_IO, "%s: the path is too long", out);
    return file_make_directories_as(dir, 0777, e);
}

static bool write_board(struct board *b, const char *out, struct err *e)
{
    struct output_file o;
    char path[STORE_PATH];
    int64_t first, last;
    bool any;
    if (!store_points_span(b->store, b->run->id, 0, &first, &last, &any, e)) return false;
    if (!any) return true;
    while (b->wall_column < b->metrics.count && strcmp(b->metrics.rows[b->wall_column].name, "time.wall"))
        b->wall_column++;
    if (!store_snapshot_steps(b->store, b->run->id, NULL, "deviation", &b->steps, &b->step_count, e)) return false;
    if (!path_of(b, out, path, e) || !output_file_open(&o, path, e)) return false;
    tfevents_begin(&b->events, o.stream, start_of(b->run) + b->wall);
    bool ok = put_run(b, first, last, e);
    tfevents_clear(&b->events);
    return output_file_close(&o, ok, e);
}

static bool export_run_board(void *ctx, const struct store_run *run, struct err *e)
{
    const struct export_request *r = ctx;
    struct board b = { .store = r->app->store, .run = run };
    bool ok = store_metric_list(b.store, run->id, &b.metrics, e);
    if (ok && !r->all && !b.metrics.count) ok = err_set(e, ERR_NOT_FOUND, "run %s: no metrics yet", run->name);
    ok = ok && write_board(&b, r->out, e);
    free(b.steps);
    store_metrics_clear(&b.metrics);
    return ok;
}

bool export_tensorboard(const struct export_request *r, struct err *e)
{
    if (r->step >= 0) return err_set(e, ERR_USAGE, "export: metrics are those of the whole run; give it without @STEP");
    if (!r->out) return err_set(e, ERR_USAGE, "export: say which folder TensorBoard will read: -o DIR");
    if (file_exists(r->out)) return err_set(e, ERR_IO, "%s: is a file; TensorBoard reads a folder", r->out);
    struct export_request of = *r;
    bool ok = export_each_run(r, export_run_board, &of, e);
    if (ok) app_note(r->app, "%s: tensorboard --logdir %s shows it", r->out, r->out);
    return ok;
}
