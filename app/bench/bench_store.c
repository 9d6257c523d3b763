/* `bench store`: points written per second, and how long it takes to read a plot of a whole run. */
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/bench/bench.h"
#include "app/cli/json.h"
#include "engine/base/clock.h"
#include "store/metric.h"
#include "store/run.h"

enum { METRICS = 50, BATCH = 40, COLUMNS = 200 };

static const struct option_row options[] = {
    { "steps", 0, OPTION_INT, "N", "steps of the run, 50 points each (4000)", BATCH, 1e7 },
    { 0 },
};

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *at)
{
    (void)st, (void)type, (void)at;
    return remove(path);
}

struct plot {
    struct store *store;
    int64_t run, metric, last;
    struct store_column columns[COLUMNS];
};

static bool read_plot(void *ctx, struct err *e)
{
    struct plot *p = ctx;
    return store_series_read(p->store, p->run, p->metric, 1, p->last, COLUMNS, p->columns, e);
}

static bool write_points(struct plot *p, double *seconds, struct err *e)
{
    struct store_batch b = { 0 };
    int64_t metrics[METRICS];
    char name[32];
    bool ok = true;
    for (int m = 0; ok && m < METRICS; m++) {
        snprintf(name, sizeof name, "bench.%d", m);
        ok = store_metric_id(p->store, name, &metrics[m], e);
    }
    p->metric = metrics[0];
    double begun = clock_seconds();
    for (int64_t step = 1; ok && step <= p->last; step++) {
        for (int m = 0; m < METRICS; m++) store_batch_add(&b, metrics[m], step, (double)(step * (m + 1) % 97));
        if (step % BATCH && step < p->last) continue;
        ok = store_points_append(p->store, p->run, &b, e);
        store_batch_reset(&b);
    }
    *seconds = clock_seconds() - begun;
    store_batch_clear(&b);
    return ok;
}

static bool measure(const char *dir, struct plot *p, double *points, struct bench_times *t, struct err *e)
{
    char none[] = "";
    struct store_run row = { .name = "bench", .config = none, .note = none };
    double seconds;
    if (!store_open(dir, STORE_WRITE, &p->store, e) || !store_run_insert(p->store, &row, &p->run, e) ||
        !write_points(p, &seconds, e))
        return false;
    *points = (double)METRICS * (double)p->last / seconds;
    return bench_repeat(read_plot, NULL, p, 5, 0.2, t, e);
}

static int run(struct app *app, const struct arguments *a)
{
    struct err e;
    struct plot p = { .last = arguments_int(a, "steps", 4000) };
    struct bench_times t;
    double points;
    char dir[] = "/tmp/mlvicx-bench-XXXXXX";
    if (!mkdtemp(dir)) {
        err_errno(&e, "%s: cannot be made", dir);
        return app_fail(app, &e);
    }
    bool ok = measure(dir, &p, &points, &t, &e);
    store_close(p.store);
    nftw(dir, remove_entry, 16, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
    if (!ok) return app_fail(app, &e);
    if (app->json) {
        json_t *plot = json_object();
        bench_times_json(plot, &t);
        return app_print_json(app, json_pack("{s:o,s:I,s:i,s:i,s:o}", "points_per_second", json_number(points), "steps",
                                             (json_int_t)p.last, "metrics", METRICS, "columns", COLUMNS, "plot", plot));
    }
    app_print("write      %.0f points a second, %d a step, %d steps a transaction\n", points, METRICS, BATCH);
    app_print("read       %.2f ms for a plot of %lld steps in %d columns (%.2f to %.2f)\n", 1e3 * t.median,
              (long long)p.last, COLUMNS, 1e3 * t.least, 1e3 * t.most);
    return app_finish(app);
}

const struct command command_bench_store = {
    .name = "bench store",
    .arguments = "",
    .summary = "time the store: writing points, reading a plot",
    .least = 0,
    .most = 0,
    .options = options,
    .run = run,
};
