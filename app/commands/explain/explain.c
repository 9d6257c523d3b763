/* `explain`: why did a run collapse? Undoes one difference at a time from the last healthy checkpoint on, and names the
 * smallest change that cures the run. */
#include "app/commands/explain/explain.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "app/cli/process.h"
#include "app/worker/resume_point.h"
#include "store/checkpoint.h"
#include "store/metric.h"
#include "views/analysis/judged.h"

/* ---- what happened ---- */

/* Finds the newest healthy step, and the first step of the verdict that the run has had since. */
static bool find_onset(struct explain *x, struct err *e)
{
    struct store_points points;
    struct explain_reading r;
    struct store *s = x->app->store;
    int64_t id, stretch = 0;
    if (!explain_reading_at(x, x->run.id, -1, &x->now, e)) return false;
    if (x->now.word == VERDICT_UNKNOWN)
        return err_set(e, ERR_NOT_FOUND, "run %s: no verdict yet; diagnose.steps says how often one is given",
                       x->run.name);
    if (!store_metric_id(s, "z.verdict", &id, e) || !store_points_read(s, x->run.id, id, 0, INT64_MAX, &points, e))
        return false;
    bool ok = true;
    for (size_t i = 0; ok && i < points.count; i++) {
        ok = explain_reading_at(x, x->run.id, points.rows[i].step, &r, e);
        if (!r.ill) {
            x->healthy = r.step;
            x->since = stretch = 0;
        } else if (!x->since || verdict_worry(r.word) > stretch) {
            x->since = r.step;
            stretch = verdict_worry(r.word);
        }
    }
    store_points_clear(&points);
    return ok;
}

static bool find_checkpoint(struct explain *x, struct err *e)
{
    struct store_checkpoints list;
    if (!store_checkpoint_list(x->app->store, x->run.id, &list, e)) return false;
    for (size_t i = 0; i < list.count; i++)
        if (list.rows[i].step <= x->healthy && list.rows[i].given_up == STORE_KEPT) x->from = list.rows[i].step;
    store_checkpoints_clear(&list);
    return true;
}

/* The settings at the start of the run, with the values that `auto` became. */
static bool read_beginning(struct explain *x, struct err *e)
{
    struct resume_point beginning = { 0 };
    static const char *const time = "time.step";
    return resume_point_settings(x->app->store, &x->run, &beginning, &x->settings, e) &&
           store_metric_latest(x->app->store, x->run.id, -1, &time, 1, &x->step_seconds, NULL, e);
}

static bool describe(struct explain *x, struct err *e)
{
    struct verdict v, worst = { .worst = -1 };
    int level = 0, most = 0;
    for (int k = 0; k < LEVEL_JUDGED; k++) {
        if (!judged_read(x->app->store, &x->run, &x->settings, (enum engine_level)k, -1, &v, e)) return false;
        if (2 * verdict_worry(v.word) + verdict_is_narrow(&v) <= most) continue;
        most = 2 * verdict_worry(v.word) + verdict_is_narrow(&v);
        worst = v;
        level = k;
    }
    *worst.advice = '\0'; /* the advice given below rests on more evidence */
    snprintf(x->line, sizeof x->line, "%s ", level_table[level].loss);
    verdict_line(&worst, x->line + strlen(x->line), sizeof x->line - strlen(x->line));
    return true;
}

/* ---- the command ---- */

static const struct explain_trainer workers = { explain_try, explain_prolong };

static int explain_run(struct app *app, const struct arguments *a)
{
    static struct explain x; /* trials and their texts are large */
    struct err e;
    bool dry = arguments_has(a, "dry-run");
    x = (struct explain){ .app = app, .step_seconds = NAN };
    bool ok = app_existing_store(app, dry ? STORE_READ : STORE_WRITE, &e) &&
              app_find_run(app, arguments_word(a, 0), &x.run, &e) && read_beginning(&x, &e) && find_onset(&x, &e) &&
              describe(&x, &e);
    bool ill = ok && x.now.ill;
    ok = ok && (!ill || (find_checkpoint(&x, &e) && explain_find_causes(&x, &e)));
    int status = 0;
    if (ok && !ill && !app->json)
        app_print("run %lld %s: nothing to explain: %s\n", (long long)x.run.id, x.run.name, x.line);
    if (ok && ill && !app->json) explain_print_plan(&x);
    ok = ok && (!ill || dry || explain_search(&x, &workers, &e));
    if (!ok)
        status = app_fail(app, &e);
    else if (ill || app->json)
        status = explain_tell(&x, ill && !dry, &e);
    if (!ok && process_asked()) status = 128 + process_asked();
    store_run_clear(&x.run);
    return status;
}

static const struct option_row options[] = {
    { "dry-run", 0, OPTION_FLAG, NULL, "print what would be tried and what it costs, without training", 0, 0 },
    { 0 },
};

const struct command command_explain = {
    .name = "explain",
    .arguments = "RUN",
    .summary = "find out which setting makes a run collapse",
    .least = 1,
    .most = 1,
    .options = options,
    .run = explain_run,
    .details =
        "Undoes one difference to the preset, or one change made while it trained, at a time: each trial is a run "
        "with the\nsame images, views and seed that goes on from the last checkpoint before the verdict became "
        "WATCH or worse, or the\nfeatures narrow (or begins again where there is none, or where a setting cannot "
        "change in between), for as long as\nthat took. Names the smallest change that cures it; where several seem "
        "to, they go on, since some only put it\noff; where none does, a lower optim.lr is tried. The trials stay in "
        "the list of runs, to be compared or removed.\nThe same command takes them up, also from the trash, and "
        "repeats "
        "nothing.",
};
