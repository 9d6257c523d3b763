/* `map`: the embeddings of a step on a plane that keeps neighbours, recorded beside them. Workers do this for the last
 * step of a run; the workbench asks for other steps when they are looked at. */
#include <stdlib.h>
#include <string.h>

#include "app/cli/command.h"
#include "app/cli/json.h"
#include "app/session/network.h"
#include "engine/base/clock.h"
#include "engine/base/levels.h"
#include "engine/base/text.h"
#include "engine/evaluate/tsne.h"
#include "store/snapshot.h"
#include "views/analysis/levels.h"

static const enum engine_level mapped[] = { LEVEL_Z, LEVEL_D, LEVEL_H };
enum { MAPPED = sizeof mapped / sizeof mapped[0] };

/* What is wanted, and what came of it. */
struct mapping {
    struct app *app;
    struct store_run run;
    int64_t at;       /* of RUN@STEP; -1: the newest */
    const char *only; /* one level; NULL: all that have an embedding */
    int made, there;
    json_t *list;
};

static bool is_there(struct store *s, const struct store_snapshot_key *k, bool *there, struct err *e)
{
    struct store_snapshot p;
    struct err why;
    *there = store_snapshot_get(s, k, &p, &why);
    if (*there) store_snapshot_clear(&p);
    return *there || why.code == ERR_NOT_FOUND || err_set(e, why.code, "%s", why.msg);
}

/* What `auto` means here. */
static bool find_threads(int *threads, struct err *e)
{
    struct settings s;
    settings_init(&s);
    if (!network_resolve(&s, e)) return false;
    *threads = (int)s.train.threads;
    return true;
}

static bool make(struct mapping *m, const struct store_snapshot_key *map, int *images, struct err *e)
{
    struct store_snapshot rows;
    struct store_snapshot_key source = *map;
    source.kind = "embedding";
    if (!store_snapshot_get(m->app->store, &source, &rows, e)) return false;
    int threads = 1;
    float *places = malloc(2 * (size_t)rows.rows * sizeof *places);
    bool ok = places || err_set(e, ERR_MEMORY, "map: no memory");
    ok = ok && find_threads(&threads, e) && tsne_map(rows.data, rows.rows, rows.cols, threads, places, e);
    ok = ok && store_snapshot_derive(m->app->store, map, source.kind, rows.rows, 2, places, e);
    *images = rows.rows;
    free(places);
    store_snapshot_clear(&rows);
    return ok;
}

/* The newest embedding of a level up to the wanted step; *found false where there is none. */
static bool find_step(const struct mapping *m, const char *level, int64_t *step, bool *found, struct err *e)
{
    int64_t *steps;
    size_t count;
    if (!levels_steps(m->app->store, m->run.id, level, "embedding", &steps, &count, e)) return false;
    int at = levels_find(steps, count, m->at);
    *found = at >= 0;
    if (*found) *step = steps[at];
    free(steps);
    return true;
}

static bool map_level(struct mapping *m, const char *level, struct err *e)
{
    int64_t step;
    bool found, there;
    int images = 0;
    if (!find_step(m, level, &step, &found, e)) return false;
    if (!found) return true;
    const struct store_snapshot_key key = { m->run.id, step, level, "tsne" };
    double begun = clock_seconds();
    if (!is_there(m->app->store, &key, &there, e) || (!there && !make(m, &key, &images, e)))
        return err_wrap(e, "map of %s at step %lld", level, (long long)step);
    m->made += !there;
    m->there += there;
    json_array_append_new(m->list,
                          json_pack("{s:s, s:I, s:b}", "level", level, "step", (json_int_t)step, "new", !there));
    if (m->app->json) return true;
    if (there)
        app_print("%s at step %lld: is there already\n", level, (long long)step);
    else
        app_print("%s at step %lld: %d images in %.1f s\n", level, (long long)step, images, clock_seconds() - begun);
    return true;
}

static bool map_levels(struct mapping *m, struct err *e)
{
    bool known = !m->only;
    for (int i = 0; i < MAPPED; i++) known = known || !strcmp(m->only, level_table[mapped[i]].name);
    if (!known) return err_set(e, ERR_USAGE, "--level: '%s' has no embedding; take z, d or h", m->only);
    for (int i = 0; i < MAPPED; i++) {
        const char *level = level_table[mapped[i]].name;
        if ((!m->only || !strcmp(m->only, level)) && !map_level(m, level, e)) return false;
    }
    if (m->made || m->there) return true;
    return err_set(
        e, ERR_NOT_FOUND,
        "run %s: no embedding%s%s is kept %s; they come with the diagnostics (diagnose.steps), the newest and "
        "those of checkpoints stay",
        m->run.name, m->only ? " of " : "", m->only ? m->only : "", m->at >= 0 ? "at that step or before" : "yet");
}

static int run_map(struct app *app, const struct arguments *a)
{
    struct mapping m = { .app = app, .only = arguments_text(a, "level", NULL), .list = json_array() };
    struct err e;
    bool ok = app_existing_store(app, STORE_WRITE, &e) &&
              app_find_run_step(app, arguments_word(a, 0), &m.run, &m.at, &e) && map_levels(&m, &e);
    store_run_clear(&m.run);
    if (ok && app->json) return app_print_json(app, m.list);
    json_decref(m.list);
    return ok ? app_finish(app) : app_fail(app, &e);
}

static const struct option_row options[] = {
    { "level", 0, OPTION_TEXT, "L", "z, d, or h: the features of the encoder [all that are kept]", 0, 0 },
    { 0 },
};

const struct command command_map = {
    .name = "map",
    .arguments = "RUN[@STEP]",
    .summary = "lay the embeddings of a step out on a plane that keeps neighbours (t-SNE), for Embedding and export",
    .least = 1,
    .most = 1,
    .options = options,
    .run = run_map,
    .details =
        "t-SNE by Barnes-Hut (van der Maaten 2014): perplexity 30, 750 rounds, begun on the first two principal "
        "components;\nalways the same map for the same numbers. Of the probe set, at the newest step that has an "
        "embedding. Which images are\nneighbours is to be believed; how far clusters are apart, and how large "
        "they are, is not. Workers do this at the last\nstep of a run, Embedding asks for it with m, and export "
        "RUN embedding writes it beside the numbers.",
};
