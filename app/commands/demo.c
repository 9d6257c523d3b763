/* `demo`: a first look in minutes. Images are made (once) and a run of preset demo begins. In a terminal the workbench
 * shows it; elsewhere it is trained to its end, and a linear probe tells what the encoder knew before and after.
 * Everything is what the other commands would have done. */
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/worker/eval.h"
#include "app/worker/follow.h"
#include "app/cli/json.h"
#include "app/session/network.h"
#include "app/cli/options.h"
#include "app/cli/process.h"
#include "app/commands/data/data.h"
#include "app/commands/train.h"
#include "app/commands/workbench.h"
#include "engine/base/clock.h"
#include "engine/base/text.h"
#include "views/analysis/judged.h"

#define DEMO_SET "phantom"

/* The data set, imported as `data import phantom` would, if it is not there yet. */
static int provide_data(struct app *app)
{
    static char *const words[] = { "phantom", "--name", DEMO_SET, "--size", "72", "--patients", "1400" };
    struct store_dataset row;
    struct arguments a;
    struct err e;
    if (!app_store(app, STORE_WRITE, &e)) return app_fail(app, &e);
    if (store_dataset_find(app->store, DEMO_SET, &row, &e)) {
        app_say(app, "data set %s: %lld %s, already here", row.name, (long long)row.count,
                text_number(row.count, "image", "images"));
        store_dataset_clear(&row);
        return 0;
    }
    if (e.code != ERR_NOT_FOUND) return app_fail(app, &e);
    app_say(app, "making the data set %s: chest X-rays of patients that never were", DEMO_SET);
    struct sigaction hangup;
    sigaction(SIGHUP, NULL, &hangup);
    bool json = app->json;
    app->json = false;
    int status = options_parse(sizeof words / sizeof words[0], words, command_data_import.options, &a, &e)
                     ? command_data_import.run(app, &a)
                     : app_fail(app, &e);
    app->json = json;
    sigaction(SIGHUP, &hangup, NULL);
    arguments_clear(&a);
    return status;
}

/* ---- before and after ---- */

static bool go_on(void *ctx, int done, int total)
{
    (void)ctx, (void)done, (void)total;
    return !process_asked();
}

struct scores {
    struct eval_task task;
    struct eval_result random, trained;
};

static bool score(struct app *app, const struct store_run *run, struct scores *s, struct err *e)
{
    struct eval_encoder encoder;
    struct settings settings;
    settings_init(&settings);
    if (!settings_read_ini(&settings, run->config, "the run's settings", e)) return false;
    if (!eval_task_open(&s->task, app->store, run->dataset, e)) return false;
    int channels = pack_channels(s->task.pack);
    app_say(app, "scoring a linear probe on %d test images, before and after training", s->task.test.n);
    if (!eval_encoder_random(&encoder, &settings, channels, e)) return false;
    bool ok = eval_linear(&s->random, &encoder, &s->task, go_on, NULL, e);
    eval_encoder_close(&encoder);
    if (!ok || !eval_encoder_run(&encoder, app->store, run, -1, 0, channels, e)) return false;
    ok = eval_linear(&s->trained, &encoder, &s->task, go_on, NULL, e);
    eval_encoder_close(&encoder);
    return ok;
}

static void scores_clear(struct scores *s)
{
    eval_result_clear(&s->random);
    eval_result_clear(&s->trained);
    eval_task_close(&s->task);
}

/* The verdict of one level from what was recorded last; fills line. */
static enum verdict_word level_verdict(struct app *app, const struct store_run *run, int level, char *line, size_t size)
{
    struct settings settings;
    struct verdict verdict;
    struct err ignored;
    settings_init(&settings);
    settings_read_ini(&settings, run->config, "", &ignored);
    if (!judged_read(app->store, run, &settings, (enum engine_level)level, -1, &verdict, &ignored))
        verdict = (struct verdict){ .worst = -1 };
    verdict_line(&verdict, line, size);
    return verdict.word;
}

/* ---- telling ---- */

static void print_classes(const struct scores *s)
{
    app_print("\n%-22s %8s %8s %8s %10s\n", "linear probe, AUC", "random", "trained", "change", "positives");
    for (int c = 0; c < s->task.classes; c++) {
        double before = s->random.classes[c].auc, after = s->trained.classes[c].auc;
        app_print("%-22s %8.3f %8.3f %+8.3f %10d\n", s->task.data.classes[c], before, after, after - before,
                  s->trained.classes[c].positives);
    }
}

static void print_places(struct app *app, const struct store_run *run)
{
    app_print("\nstore      %s\nrun        %lld, %s: mlvicx show %s, mlvicx inspect %s, mlvicx export %s encoder -o "
              "enc.safetensors\n",
              store_dir(app->store), (long long)run->id, run->name, run->name, run->name, run->name);
    app_print("own data   mlvicx data import folder DIR --name NAME, then mlvicx train --data NAME\n\n");
}

static json_t *classes_json(const struct scores *s)
{
    json_t *list = json_array();
    for (int c = 0; c < s->task.classes; c++)
        json_array_append_new(list,
                              json_pack("{s:o,s:o,s:o,s:i,s:i}", "name", json_text(s->task.data.classes[c]),
                                        "auc_random", json_number(s->random.classes[c].auc), "auc_trained",
                                        json_number(s->trained.classes[c].auc), "positives",
                                        s->trained.classes[c].positives, "negatives", s->trained.classes[c].negatives));
    return list;
}

static int tell(struct app *app, const struct store_run *run, const struct scores *s, double seconds)
{
    char line[2][400], time[CLOCK_ISO_SIZE];
    enum verdict_word word[2];
    for (int level = 0; level < 2; level++)
        word[level] = level_verdict(app, run, level, line[level], sizeof line[level]);
    if (app->json)
        return app_print_json(
            app, json_pack("{s:I,s:o,s:o,s:s,s:s,s:o,s:o,s:o,s:o,s:o}", "run", (json_int_t)run->id, "name",
                           json_text(run->name), "dataset", json_text(run->dataset), "verdict_global",
                           verdict_words[word[0]], "verdict_local", verdict_words[word[1]], "classes", classes_json(s),
                           "auc_random", json_number(s->random.macro), "auc_trained", json_number(s->trained.macro),
                           "seconds", json_number(seconds), "store", json_text(store_dir(app->store))));
    print_classes(s);
    app_print("\nverdict    global %s\n           local  %s\ntime       %s\n", line[0], line[1],
              clock_duration(seconds, time));
    print_places(app, run);
    app_print("macro AUC random %.3f trained %.3f\n", s->random.macro, s->trained.macro);
    return app_finish(app);
}

/* ---- the command ---- */

/* Begin the run; `*id`, `*pid`, `*mark` (of its log) and `*watch` filled. */
static int begin(struct app *app, const struct arguments *a, int64_t *id, pid_t *pid, off_t *mark, struct death *watch)
{
    struct settings s;
    struct err e;
    const char *seed = arguments_text(a, "seed", NULL);
    settings_init(&s);
    bool ok = settings_preset(&s, "demo", &e) && settings_set(&s, "data.name", DEMO_SET, &e) &&
              (!seed || settings_set(&s, "train.seed", seed, &e));
    const char *assignment;
    for (int i = 0; ok && (assignment = arguments_nth(a, "set", i)); i++) ok = settings_assign(&s, assignment, &e);
    if (!ok || !train_create(app, &s, &(struct train_row){ .preset = "demo" }, id, &e)) return app_fail(app, &e);
    *mark = follow_mark(app, *id);
    return train_launch(app, *id, NULL, true, pid, watch, &e) ? 0 : app_fail(app, &e);
}

/* Train to the end; `*id` filled. */
static int train_demo(struct app *app, const struct arguments *a, int64_t *id)
{
    struct death watch;
    struct err e;
    pid_t pid;
    off_t mark;
    int ended, status = begin(app, a, id, &pid, &mark, &watch);
    if (status) return status;
    app_say(app, "training run %lld; Ctrl-C stops it cleanly", (long long)*id);
    status = follow_worker(app, *id, pid, mark, &ended);
    if (death_after(&watch, app->store, *id, ended, &e)) {
        err_wrap(&e, "run %lld", (long long)*id);
        return app_fail(app, &e);
    }
    if (status) app_say(app, "run %lld is stopped; mlvicx resume %lld goes on with it", (long long)*id, (long long)*id);
    return status;
}

/* Say which run it is, and leave it to its worker. */
static int leave(struct app *app, const struct store_run *run)
{
    if (app->json)
        return app_print_json(app, json_pack("{s:I,s:o,s:s}", "id", (json_int_t)run->id, "name", json_text(run->name),
                                             "state", store_state_name(run->state)));
    app_print("run %lld %s: %s\n", (long long)run->id, run->name, store_state_name(run->state));
    return app_finish(app);
}

/* The run continues by itself: watch it in the workbench, or only say which it is. */
static int watch(struct app *app, const struct arguments *a)
{
    struct store_run run;
    struct err e;
    char word[24];
    struct death watch;
    int64_t id;
    pid_t pid;
    off_t mark;
    int status = begin(app, a, &id, &pid, &mark, &watch);
    if (status) return status;
    if (arguments_has(a, "detach")) {
        if (!store_run_get(app->store, id, &run, &e)) return app_fail(app, &e);
        status = leave(app, &run);
        store_run_clear(&run);
        return status;
    }
    snprintf(word, sizeof word, "%lld", (long long)id);
    status = workbench_open(app, word);
    app_note(app, "run %s goes on by itself until it is finished; mlvicx attach %s shows it again", word, word);
    return status;
}

static int demo(struct app *app, const struct arguments *a)
{
    struct store_run run = { 0 };
    struct scores s = { 0 };
    struct err e;
    int64_t id;
    double begun = clock_seconds();
    int status = provide_data(app);
    bool attach = workbench_possible() && !app->json && !app->quiet && !arguments_has(a, "no-attach");
    if (status == 0 && (attach || arguments_has(a, "detach"))) return watch(app, a);
    if (status == 0) status = train_demo(app, a, &id);
    if (status) return status;
    bool ok = store_run_get(app->store, id, &run, &e);
    if (ok && run.state != STORE_FINISHED)
        ok = err_set(&e, ERR_INTERRUPTED, "run %s: was stopped before its end; mlvicx resume %s goes on", run.name,
                     run.name);
    ok = ok && score(app, &run, &s, &e);
    status = ok ? tell(app, &run, &s, clock_seconds() - begun) : app_fail(app, &e);
    scores_clear(&s);
    store_run_clear(&run);
    return status;
}

static const struct option_row options[] = {
    { "seed", 0, OPTION_SETTING, "train.seed", "seed of the run", 0, 0 },
    { "set", 0, OPTION_TEXT, "K=V", "change a setting of preset demo; may be repeated", 0, 0 },
    { "no-attach", 0, OPTION_FLAG, NULL, "follow the run to its end and score it, without the workbench", 0, 0 },
    { "detach", 0, OPTION_FLAG, NULL, "return once the worker has started", 0, 0 },
    { 0 },
};

const struct command command_demo = {
    .name = "demo",
    .arguments = "[--seed N]",
    .summary = "generate images, train on them briefly, and score the encoder",
    .most = 0,
    .options = options,
    .run = demo,
    .details = "The data set is generated once and reused; each demo is a new run. In a terminal the workbench opens "
               "on the run;\nelsewhere, or with --no-attach, the demo follows it to its end and scores the encoder "
               "with a linear probe.",
};
