/* `train`: settings from everywhere become a run, and a run gets a worker. Whatever can be refused is refused before
 * the run exists. */
#include "app/train.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/control.h"
#include "app/follow.h"
#include "app/json.h"
#include "app/network.h"
#include "app/plan.h"
#include "app/process.h"
#include "app/queue.h"
#include "app/session.h"
#include "engine/base/clock.h"
#include "engine/train/weights.h"
#include "store/checkpoint.h"
#include "store/queue.h"

/* ---- checking ---- */

/* The file can be loaded into such a network: better known now than by a worker. */
static bool check_init(struct session *s, struct err *e)
{
    struct settings *settings = &s->settings;
    struct engine_config c;
    struct engine *g = NULL;
    struct weights_report report = { 0 };
    char path[PATH_MAX];
    if (!strcmp(settings->model.init, "kaiming")) return true;
    if (!realpath(settings->model.init, path)) return err_errno(e, "model.init: %s", settings->model.init);
    if (!settings_set(settings, "model.init", path, e)) return false;
    if (!network_config(&s->settings, s->config.model.channels, 1, &c, e) || !engine_create(&g, &c, e)) return false;
    bool ok = weights_load(g, path, &report, e) || err_wrap(e, "model.init");
    weights_report_clear(&report);
    engine_destroy(g);
    return ok;
}

static bool check_memory(const struct session *s, struct err *e)
{
    struct engine_plan plan;
    char need[16], have[16];
    double memory = (double)sysconf(_SC_PHYS_PAGES) * (double)sysconf(_SC_PAGESIZE);
    if (!engine_measure(&s->config, &plan, NULL, NULL, e)) return false;
    if (plan.total_bytes <= memory) return true;
    return err_set(e, ERR_MEMORY,
                   "data.batch: %d images of %d px take %s and this machine has %s; lower data.batch, data.size or "
                   "model.dim (mlvicx train --dry-run shows where it goes)",
                   s->config.batch, s->config.model.size, text_bytes(plan.total_bytes, need), text_bytes(memory, have));
}

/* ---- making a run ---- */

static bool write_config(struct app *app, int64_t id, const char *ini, struct err *e)
{
    struct file_writer w;
    char path[STORE_PATH];
    if (!store_run_path(app->store, id, "config.ini", path, e) || !file_begin(&w, path, e)) return false;
    file_put(&w, ini, strlen(ini));
    return file_commit(&w, e);
}

/* `settings` as the user gave them: what was automatic stays so in the config, and is resolved beside it. */
static bool insert(struct app *app, const struct session *s, const struct settings *settings, const char *preset,
                   const char *name, int64_t parent, int64_t *id, struct err *e)
{
    struct text ini = { 0 }, resolved = { 0 };
    settings_write_ini(settings, &ini);
    network_resolved_text(&s->settings, &resolved);
    struct store_run row = {
        .dataset_id = s->data.dataset.id,
        .config = (char *)text_str(&ini),
        .seed = settings->train.seed,
        .steps = session_total(s),
        .epochs = settings->optim.epochs,
        .parent_id = parent,
    };
    snprintf(row.name, sizeof row.name, "%s", name ? name : "");
    snprintf(row.dataset, sizeof row.dataset, "%s", s->data.dataset.name);
    snprintf(row.preset, sizeof row.preset, "%s", preset);
    bool ok = store_run_insert(app->store, &row, id, e);
    if (ok && !(store_run_update(app->store, *id, NULL, text_str(&resolved), -1, -1, e) &&
                write_config(app, *id, text_str(&ini), e))) {
        train_undo(app, *id);
        ok = false;
    }
    text_clear(&ini);
    text_clear(&resolved);
    return ok;
}

bool train_create(struct app *app, const struct settings *s, const char *preset, const char *name, int64_t parent,
                  int64_t *id, struct err *e)
{
    struct session session;
    struct settings given = *s;
    if (name && !store_name_check("--name", name, e)) return false;
    if (!app_existing_store(app, STORE_WRITE, e)) return false;
    if (store_is_network(app->store))
        app_note(app, "%s: is on a network file system; a local --store is faster and knows when a worker died",
                 store_dir(app->store));
    if (s->optim.warmup_epochs > 0 && s->optim.warmup_epochs >= (double)s->optim.epochs)
        app_note(app, "optim.warmup_epochs: %g of %lld epochs: the rate only rises and never reaches its top",
                 s->optim.warmup_epochs, (long long)s->optim.epochs);
    bool ok = session_open(&session, app->store, s, e) && check_memory(&session, e) && check_init(&session, e);
    memcpy(given.model.init, session.settings.model.init, sizeof given.model.init); /* now absolute */
    ok = ok && insert(app, &session, &given, preset, name, parent, id, e);
    session_close(&session);
    return ok;
}

void train_undo(struct app *app, int64_t id)
{
    static const char *const files[] = { "config.ini", "log", "lock" };
    char path[STORE_PATH];
    struct err ignored;
    if (!store_run_remove(app->store, id, &ignored)) return;
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++)
        if (store_run_path(app->store, id, files[i], path, NULL)) unlink(path);
    if (store_run_path(app->store, id, NULL, path, NULL)) rmdir(path);
}

bool train_launch(struct app *app, int64_t id, const char *const *extra, pid_t *pid, struct err *e)
{
    enum { MOST = 28 };
    char number[24], log[STORE_PATH];
    const char *argv[MOST] = { "mlvicx", "worker", number, "--store", store_dir(app->store) };
    int n = 5;
    snprintf(number, sizeof number, "%lld", (long long)id);
    for (; extra && *extra && n < MOST - 1; extra++) argv[n++] = *extra;
    argv[n] = NULL;
    return store_run_path(app->store, id, "log", log, e) && process_start(argv, log, pid, e);
}

/* ---- the commands ---- */

/* Say where the run stands, on stdout. */
static int report(struct app *app, int64_t id, int status)
{
    struct store_run run;
    struct err e;
    if (!store_run_get(app->store, id, &run, &e)) return app_fail(app, &e);
    enum store_state state = store_run_state(app->store, &run);
    int result = status;
    if (app->json) {
        app_print_json(app,
                       json_pack("{s:I,s:o,s:s,s:o,s:I,s:I}", "id", (json_int_t)run.id, "name", json_text(run.name),
                                 "state", store_state_name(state), "pid", json_count(run.pid > 0 ? run.pid : -1),
                                 "step", (json_int_t)run.step, "steps", (json_int_t)run.steps));
    } else {
        app_print("run %lld %s: %s, step %lld of %lld\n", (long long)run.id, run.name, store_state_name(state),
                  (long long)run.step, (long long)run.steps);
    }
    if (status == 0 && (state == STORE_FAILED || state == STORE_LOST)) {
        err_set(&e, ERR_INTERNAL, "run %s: %s; mlvicx log %s tells why, mlvicx resume %s goes on", run.name,
                state == STORE_FAILED ? "failed" : "its worker ended before it was done (killed, or the disk is full)",
                run.name, run.name);
        result = app_fail(app, &e);
    }
    store_run_clear(&run);
    return result;
}

/* Start the worker, then follow it or leave it. */
static int run_worker(struct app *app, int64_t id, const char *const *extra, bool detach, bool fresh)
{
    struct err e;
    pid_t pid;
    off_t mark = follow_mark(app, id);
    if (!detach) process_catch(false); /* Ctrl-C from here on is a wish to stop the worker, not to leave it */
    if (!train_launch(app, id, extra, &pid, &e)) {
        if (fresh) train_undo(app, id);
        return app_fail(app, &e);
    }
    if (detach) {
        follow_catch_up(app, id, mark);
        return report(app, id, 0);
    }
    return report(app, id, follow_worker(app, id, pid, mark));
}

static bool read_config(struct settings *s, const char *path, struct err *e)
{
    char *text = file_read_text(path, 1 << 20, e);
    bool ok = text && settings_read_ini(s, text, path, e);
    free(text);
    return ok;
}

/* A run that begins with the weights of another's checkpoint. */
struct ancestor {
    int64_t id; /* 0: none */
    char preset[32];
};

/* RUN[@STEP]: the settings of that run as they are now, its checkpoint as model.init. */
static bool descend(struct app *app, const char *word, struct settings *s, struct ancestor *from, struct err *e)
{
    struct store_run run;
    struct store_checkpoint row;
    int64_t step;
    char path[STORE_PATH];
    if (!app_find_run_step(app, word, &run, &step, e)) return false;
    bool ok = settings_read_ini(s, run.config, "configuration of the run", e) &&
              store_checkpoint_find(app->store, run.id, step, &row, e) &&
              store_run_path(app->store, run.id, row.path, path, e) && settings_set(s, "model.init", path, e);
    if (!ok) err_wrap(e, "--parent: run %s", run.name);
    from->id = run.id;
    snprintf(from->preset, sizeof from->preset, "%s", run.preset);
    store_run_clear(&run);
    return ok;
}

/* Defaults < preset < parent < file < --data and --set, in the order given. */
static bool gather(struct app *app, const struct arguments *a, struct settings *s, struct ancestor *from, struct err *e)
{
    const char *config = arguments_text(a, "config", NULL), *data = arguments_text(a, "data", NULL), *assignment;
    const char *parent = arguments_text(a, "parent", NULL);
    settings_init(s);
    if (!settings_preset(s, arguments_text(a, "preset", "small"), e)) return false;
    if (parent && !descend(app, parent, s, from, e)) return false;
    if (config && !read_config(s, config, e)) return false;
    if (data && !settings_set(s, "data.name", data, e)) return false;
    for (int i = 0; (assignment = arguments_nth(a, "set", i)); i++)
        if (!settings_assign(s, assignment, e)) return false;
    for (int i = 0; (assignment = arguments_word(a, i)); i++) {
        if (!strchr(assignment, '='))
            return err_set(e, ERR_USAGE, "train: '%s' is neither an option nor KEY=VALUE; see mlvicx train --help",
                           assignment);
        if (!settings_assign(s, assignment, e)) return false;
    }
    return settings_check(s, e);
}

/* It waits for its turn. */
static int enqueue(struct app *app, int64_t id)
{
    struct err e;
    if (!store_queue_add(app->store, id, &e)) {
        train_undo(app, id);
        return app_fail(app, &e);
    }
    if (!queue_ensure(app->store, &e)) return app_fail(app, &e);
    return report(app, id, 0);
}

static int train(struct app *app, const struct arguments *a)
{
    struct settings s;
    struct ancestor from = { 0, "small" };
    struct err e;
    int64_t id;
    if (!gather(app, a, &s, &from, &e)) return app_fail(app, &e);
    const char *preset = arguments_text(a, "preset", from.preset);
    if (arguments_has(a, "dry-run")) return plan_show(app, &s);
    if (!train_create(app, &s, preset, arguments_text(a, "name", NULL), from.id, &id, &e)) return app_fail(app, &e);
    if (arguments_has(a, "queue")) return enqueue(app, id);
    return run_worker(app, id, NULL, arguments_has(a, "detach"), true);
}

static const struct option_row train_options[] = {
    { "data", 0, OPTION_TEXT, "NAME", "data set to train on (same as --set data.name=NAME)", 0, 0 },
    { "preset", 0, OPTION_TEXT, "P", "demo, small (default), paper or fundus", 0, 0 },
    { "parent", 0, OPTION_TEXT, "RUN[@STEP]",
      "begin with that checkpoint's weights (fresh optimizer) and its run's settings", 0, 0 },
    { "config", 0, OPTION_TEXT, "FILE", "INI file of settings, on top of the preset", 0, 0 },
    { "set", 0, OPTION_TEXT, "K=V", "one setting, on top of the file; repeat, or list more K=V", 0, 0 },
    { "name", 0, OPTION_TEXT, "NAME", "name of the run (default: the data set's and a number)", 0, 0 },
    { "dry-run", 0, OPTION_FLAG, NULL, "print the plan, memory and a time estimate; train nothing", 0, 0 },
    { "detach", 0, OPTION_FLAG, NULL, "return once the worker holds the run", 0, 0 },
    { "queue", 0, OPTION_FLAG, NULL, "let it wait for those queued before; see mlvicx queue", 0, 0 },
    { 0 },
};

const struct command command_train = {
    .name = "train",
    .arguments = "[--preset P] --data NAME [--set K=V ...]",
    .summary = "train a new run and follow it",
    .least = 0,
    .most = -1,
    .options = train_options,
    .run = train,
    .details = "The run is trained by a process of its own, which outlives this terminal. Ctrl-C here stops it "
               "cleanly, with a\n"
               "checkpoint; a hang-up leaves it running. `mlvicx log RUN -f` watches it again.\n",
};

/* A resume's --set must be live keys: told here, before a worker starts. */
static bool check_sets(const struct arguments *a, struct err *e)
{
    struct settings s;
    const char *assignment;
    settings_init(&s);
    for (int i = 0; (assignment = arguments_nth(a, "set", i)); i++)
        if (!control_assign_live(&s, assignment, e)) return false;
    return true;
}

static bool may_resume(struct app *app, const struct store_run *run, const struct arguments *a, struct err *e)
{
    switch (store_run_state(app->store, run)) {
    case STORE_RUNNING:
        return err_set(e, ERR_CONFLICT, "run %s: is running already (process %lld on %s); mlvicx log %s -f shows it",
                       run->name, (long long)run->pid, run->host, run->name);
    case STORE_FINISHED:
        if (arguments_has(a, "set") || arguments_has(a, "from")) return true;
        return err_set(e, ERR_CONFLICT,
                       "run %s: is finished after %lld epochs; give it more with mlvicx resume %s --set "
                       "optim.epochs=N",
                       run->name, (long long)run->epochs, run->name);
    default:
        return true;
    }
}

/* A paused worker is there: it is asked. */
static int wake(struct app *app, const struct arguments *a)
{
    const char *word = arguments_word(a, 0), *assignment;
    struct err e;
    int status = 0;
    if (arguments_has(a, "from")) {
        err_set(&e, ERR_CONFLICT, "run %s: is paused; to go back, first mlvicx stop %s", word, word);
        return app_fail(app, &e);
    }
    for (int i = 0; status == 0 && (assignment = arguments_nth(a, "set", i)); i++)
        status = control_ask(app, word, "set", assignment);
    return status ? status : control_ask(app, word, "resume", NULL);
}

static int resume(struct app *app, const struct arguments *a)
{
    struct store_run run;
    struct err e;
    const char *extra[24], *from = arguments_text(a, "from", NULL), *assignment;
    int n = 0;
    if (!check_sets(a, &e) || !app_existing_store(app, STORE_WRITE, &e) ||
        !app_find_run(app, arguments_word(a, 0), &run, &e))
        return app_fail(app, &e);
    int64_t id = run.id;
    bool paused = store_run_state(app->store, &run) == STORE_PAUSED, ok = may_resume(app, &run, a, &e);
    store_run_clear(&run);
    if (!ok) return app_fail(app, &e);
    if (paused) return wake(app, a);
    if (from) extra[n++] = "--from", extra[n++] = from;
    for (int i = 0; (assignment = arguments_nth(a, "set", i)) && n < 20; i++)
        extra[n++] = "--set", extra[n++] = assignment;
    extra[n] = NULL;
    return run_worker(app, id, extra, arguments_has(a, "detach"), false);
}

static const struct option_row resume_options[] = {
    { "from", 0, OPTION_INT, "STEP",
      "go back to the checkpoint at STEP or the next older one, and drop later settings;\n"
      "                             0 begins again",
      0, 1e15 },
    { "set", 0, OPTION_TEXT, "K=V", "change a setting that may change while a run goes on; repeat for more", 0, 0 },
    { "detach", 0, OPTION_FLAG, NULL, "return once the worker holds the run", 0, 0 },
    { 0 },
};

const struct command command_resume = {
    .name = "resume",
    .arguments = "RUN [--from STEP] [--set K=V]",
    .summary = "go on with a run that is paused, stopped, failed or lost",
    .least = 1,
    .most = 1,
    .options = resume_options,
    .run = resume,
    .details =
        "It goes on from its newest whole checkpoint and computes what came after it again, with the same numbers.\n"
        "Without a checkpoint it begins at step 0.\n",
};
