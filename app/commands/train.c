/* `train`: settings from everywhere become a run, and a run gets a worker. Whatever can be refused is refused before
 * the run exists. */
#include "app/commands/train.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/commands/control.h"
#include "app/session/fit.h"
#include "app/worker/follow.h"
#include "app/cli/json.h"
#include "app/session/network.h"
#include "app/commands/dry_run.h"
#include "app/cli/process.h"
#include "app/commands/queue.h"
#include "app/session/session.h"
#include "app/worker/worker.h"
#include "app/session/init.h"
#include "engine/base/clock.h"
#include "engine/base/reading.h"
#include "engine/base/text.h"
#include "engine/train/weights.h"
#include "store/checkpoint.h"
#include "store/death.h"
#include "store/event.h"
#include "store/database/files.h"
#include "store/lock.h"
#include "store/queue.h"

/* ---- checking ---- */

/* The file can be loaded into such a network: better known now than by a worker. */
static bool check_init(struct session *s, struct store *store, struct err *e)
{
    struct engine_config c;
    struct engine *g = NULL;
    struct weights_report report = { 0 };
    struct state_dict file;
    if (!init_is_file(&s->settings)) return true;
    if (!init_settle(store, &s->settings, e)) return false;
    if (!network_config(&s->settings, s->config.model.channels, 1, &c, e)) return false;
    network_labels(&c, s->config.model.classes, s->config.exclusive);
    if (!fit_check_engine(&c, e) || !engine_create(&g, &c, e)) return false;
    bool ok = init_open(store, &s->settings, 0, &file, e);
    if (ok && !(ok = init_check_gates(&s->settings, &file, e))) state_dict_close(&file);
    ok = ok && (weights_take(g, &file, &report, e) || err_wrap(e, "model.init"));
    weights_report_clear(&report);
    engine_destroy(g);
    return ok;
}

/* ---- making a run ---- */

bool train_write_config(struct app *app, int64_t id, const char *ini, struct err *e)
{
    struct folder folder;
    struct file_writer w;
    if (!store_folder(app->store, STORE_RUN, id, false, &folder, e)) return false;
    bool ok = file_begin_in(&w, &folder, "config.ini", e);
    folder_close(&folder);
    if (!ok) return false;
    file_put(&w, ini, strlen(ini));
    return file_commit(&w, e);
}

/* `settings` as the user gave them: what was automatic stays so in the config, and is resolved beside it. */
static bool insert(struct app *app, const struct session *s, const struct settings *settings,
                   const struct train_row *given, int64_t *id, struct err *e)
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
        .parent_id = given->parent,
    };
    snprintf(row.name, sizeof row.name, "%s", given->name ? given->name : "");
    snprintf(row.identity, sizeof row.identity, "%s", given->identity ? given->identity : "");
    snprintf(row.dataset, sizeof row.dataset, "%s", s->data.dataset.name);
    snprintf(row.preset, sizeof row.preset, "%s", given->preset);
    snprintf(row.method, sizeof row.method, "%s", engine_method((enum method_kind)settings->method.name)->name);
    bool ok = store_run_insert(app->store, &row, id, e);
    if (ok && !(store_run_update(app->store, *id, NULL, text_str(&resolved), -1, -1, e) &&
                train_write_config(app, *id, text_str(&ini), e) && init_copy(app->store, settings, *id, e))) {
        train_undo(app, *id);
        ok = false;
    }
    text_clear(&ini);
    text_clear(&resolved);
    return ok;
}

/* What the labels make of the settings, told before anything is learned, and kept with the run. */
static void tell_labels(struct app *app, const struct session *s, int64_t id)
{
    struct text lines = { 0 };
    struct err ignored;
    session_remarks(s, &lines);
    for (char *rest = lines.data, *line; rest && (line = strsep(&rest, "\n"));) {
        const struct store_event event = { .severity = STORE_INFO, .kind = "labels", .text = line };
        if (!*line) continue;
        app_note(app, "%s", line);
        store_event_insert(app->store, id, &event, &ignored);
    }
    text_clear(&lines);
}

/* Whoever asks for an end before there is a worker finds nothing of the run. */
static bool goes_on(struct err *e)
{
    return !process_asked() || err_set(e, ERR_INTERRUPTED, "train: asked to end before it began; nothing was made");
}

bool train_create(struct app *app, const struct settings *s, const struct train_row *row, int64_t *id, struct err *e)
{
    struct session session;
    struct settings given = *s;
    struct train_row found = *row;
    if (row->name && !store_name_check("--name", row->name, e)) return false;
    if (!app_existing_store(app, STORE_WRITE, e)) return false;
    if (store_is_network(app->store))
        app_note(app, "%s: is on a network file system; a local --store is faster and knows when a worker died",
                 store_dir(app->store));
    if (s->optim.warmup_epochs > 0 && s->optim.warmup_epochs >= (double)s->optim.epochs)
        app_note(app, "optim.warmup_epochs: %g of %lld %s: the rate only rises and never reaches its top",
                 s->optim.warmup_epochs, (long long)s->optim.epochs, text_number(s->optim.epochs, "epoch", "epochs"));
    bool ok = session_open(&session, app->store, s, e) && fit_check(&session, e) &&
              fit_check_files(&session, 0, app->store, e) && check_init(&session, app->store, e) &&
              (found.parent || init_parent(app->store, s, &found.parent, e));
    memcpy(given.model.init, session.settings.model.init, sizeof given.model.init); /* now absolute */
    if (ok) given.data.batch = session.settings.data.batch;                         /* as many as have labels */
    /* until here a signal just ends this process; from here on it asks for an end, and nothing stays half made */
    process_catch(PROCESS_FOLLOWS);
    process_hold_hangup(true);
    store_set_asked(app->store, process_asked);
    ok = ok && goes_on(e) && insert(app, &session, &given, &found, id, e);
    if (ok) tell_labels(app, &session, *id);
    store_set_asked(app->store, NULL);
    session_close(&session);
    return ok;
}

void train_undo(struct app *app, int64_t id)
{
    struct err ignored;
    if (store_run_remove(app->store, id, &ignored)) store_run_remove_folder(app->store, id, &ignored);
}

/* It died while it started: what killed it, and where its log is. */
static bool died(struct app *app, int64_t id, const char *log, int status, const struct death *watch, struct err *e)
{
    struct err why;
    death_at_start(watch, app->store, id, status, &why);
    return err_set(e, why.code, "run %lld: %.280s; it stays, its log is %.150s", (long long)id, why.msg, log);
}

bool train_launch(struct app *app, int64_t id, const char *const *extra, bool fresh, pid_t *pid, struct death *watch,
                  struct err *e)
{
    enum { MOST = 64 };
    char number[24], path[STORE_PATH];
    const char *argv[MOST] = { "mlvicx", "worker", number, "--store", store_dir(app->store) };
    int n = 5;
    if (store_is_trusted(app->store)) argv[n++] = "--trust-store";
    snprintf(number, sizeof number, "%lld", (long long)id);
    for (; extra && *extra && n < MOST - 1; extra++) argv[n++] = *extra;
    argv[n] = NULL;
    death_watch(watch);
    int ended = -1;
    int log = goes_on(e) ? store_file(app->store, STORE_RUN, id, "log", FOLDER_APPEND, path, e) : -1;
    if (log < 0 && e->code == ERR_NOT_FOUND) store_lock_no_folder(app->store, id, e);
    bool started = log >= 0 && process_start(argv, log, path, pid, &ended, e);
    process_hold_hangup(false);
    if (started) return true;
    if (ended >= 0) return died(app, id, path, ended, watch, e);
    if (fresh) train_undo(app, id);
    return false;
}

/* ---- the commands ---- */

/* Why it failed, in the words of its last event where it left some. */
static int tell_failure(struct app *app, const struct store_run *run, enum store_state state, const struct err *death)
{
    struct store_events list = { 0 };
    struct err e;
    char unseen[DEATH_TEXT] = "failed";
    const char *why = NULL;
    if (state == STORE_LOST) death_of(app->store, run, NULL, unseen);
    if (state == STORE_FAILED && !death && store_event_list(app->store, run->id, 0, 8, &list, &e))
        for (size_t i = 0; i < list.count; i++)
            if (list.rows[i].severity == STORE_BAD) why = list.rows[i].text;
    if (why)
        err_set(&e, ERR_INTERNAL, "run %s: failed: %.400s", run->name, why);
    else
        err_set(&e, ERR_INTERNAL, "run %s: %.300s; mlvicx log %s tells why, mlvicx resume %s goes on", run->name,
                death ? death->msg : unseen, run->name, run->name);
    store_events_clear(&list);
    return app_fail(app, &e);
}

/* Say where the run stands, on stdout. `death`: what its worker died of, NULL where it did not. */
static int report(struct app *app, int64_t id, int status, const struct err *death)
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
    if (status == 0 && (state == STORE_FAILED || state == STORE_LOST)) result = tell_failure(app, &run, state, death);
    store_run_clear(&run);
    return result;
}

static int fail(const struct app *app, const struct err *e)
{
    int status = app_fail(app, e);
    bool ended = e->code == ERR_INTERRUPTED || e->code == ERR_LOCKED; /* which it would not wait out */
    return ended && process_asked() ? 128 + process_asked() : status;
}

/* Start the worker, then follow it or leave it. */
static int run_worker(struct app *app, int64_t id, const char *const *extra, bool detach, bool fresh)
{
    struct err e;
    struct death watch;
    pid_t pid;
    off_t mark = follow_mark(app, id);
    process_catch(PROCESS_FOLLOWS); /* Ctrl-C from here on is a wish to stop the worker, not to leave it */
    if (!train_launch(app, id, extra, fresh, &pid, &watch, &e)) return fail(app, &e);
    if (detach) {
        follow_catch_up(app, id, mark);
        return report(app, id, 0, NULL);
    }
    int ended, status = follow_worker(app, id, pid, mark, &ended);
    return report(app, id, status, death_after(&watch, app->store, id, ended, &e) ? &e : NULL);
}

/* Somebody can be asked: there is a terminal, or the workbench began it. */
static bool is_attended(void)
{
    return isatty(STDIN_FILENO) || isatty(STDERR_FILENO) || getenv("MLVICX_ATTENDED") != NULL;
}

/* Train in this process, as a batch system wants it: its signals reach the training, and its end is the end. */
static int run_here(struct app *app, const struct worker_start *start, int64_t id, bool fresh)
{
    struct follower follower;
    struct err e;
    off_t mark = follow_mark(app, id);
    struct store_run run = { 0 };
    bool ok = goes_on(&e) && follow_beside(app, id, mark, &follower, &e);
    if (!ok && fresh) train_undo(app, id);
    if (!ok) return fail(app, &e);
    int status = worker_run(app, start);
    process_hold_hangup(false);
    follow_end(&follower);
    bool begun = store_run_get(app->store, id, &run, &e) && run.started_at > 0;
    store_run_clear(&run);
    if (fresh && !begun) train_undo(app, id);
    return begun && status != err_status(ERR_CONFIG) ? report(app, id, status, NULL) : status;
}

/* Whether a child has this setting of its parent. */
static bool is_inherited(const char *name, const char *const *more)
{
    for (; *more; more++)
        if (!strcmp(name, *more)) return true;
    return !strncmp(name, "model.", 6);
}

/* A local level is built only where the method has one. */
bool train_inherit(struct settings *s, const struct settings *of, enum method_kind method, const char *const *more,
                   struct err *e)
{
    size_t n;
    const struct setting *rows = settings_table(&n);
    bool single = engine_method(method)->levels < 2;
    for (size_t i = 0; i < n; i++) {
        char value[SETTINGS_TEXT];
        if (!is_inherited(rows[i].name, more)) continue;
        if (single && !strcmp(rows[i].name, "model.local")) continue;
        settings_get(of, &rows[i], value);
        if (!settings_set(s, rows[i].name, value, e)) return false;
    }
    return true;
}

/* RUN[@STEP]: the network of that run, its checkpoint as model.init (init.h). */
static bool descend(struct app *app, const char *word, struct settings *s, enum method_kind method, int64_t *parent,
                    struct err *e)
{
    struct store_run run;
    struct store_checkpoint row;
    struct settings of;
    int64_t step;
    char path[STORE_PATH];
    static const char *const more[] = { "data.name", NULL }; /* where none is named; all else is the method's own */
    settings_init(&of);
    if (!app_find_run_step(app, word, &run, &step, e)) return false;
    bool ok = settings_read_ini(&of, run.config, "configuration of the run", e) &&
              train_inherit(s, &of, method, more, e) && store_checkpoint_find(app->store, run.id, step, &row, e) &&
              store_checkpoint_name_check(row.path, e) && store_run_path(app->store, run.id, row.path, path, e) &&
              settings_set(s, "model.init", path, e);
    if (!ok) err_wrap(e, "--parent: run %s", run.name);
    *parent = run.id;
    store_run_clear(&run);
    return ok;
}

/* What is typed, on top of what holds: file < --data, --method < --set, in the order given. */
static bool take_typed(const struct arguments *a, const char *config, struct settings *s, struct err *e)
{
    const char *data = arguments_text(a, "data", NULL), *method = arguments_text(a, "method", NULL), *assignment;
    if (config && !settings_read_ini(s, config, arguments_text(a, "config", ""), e)) return false;
    if (data && !settings_set(s, "data.name", data, e)) return false;
    if (method && !settings_set(s, "method.name", method, e)) return false;
    for (int i = 0; (assignment = arguments_nth(a, "set", i)); i++)
        if (!settings_assign(s, assignment, e)) return false;
    for (int i = 0; (assignment = arguments_word(a, i)); i++) {
        if (!strchr(assignment, '='))
            return err_set(e, ERR_USAGE, "train: '%s' is neither an option nor KEY=VALUE; see mlvicx train --help",
                           assignment);
        if (!settings_assign(s, assignment, e)) return false;
    }
    return true;
}

/* Defaults < preset < parent < what is typed. Which method that names is known first: the parent's network is taken as
 * far as the method has use for it. */
static bool layer(struct app *app, const struct arguments *a, const char *config, struct settings *s, int64_t *parent,
                  struct err *e)
{
    const char *word = arguments_text(a, "parent", NULL), *preset = arguments_text(a, "preset", SETTINGS_PRESET);
    settings_init(s);
    if (!settings_preset(s, preset, e)) return false;
    if (word) {
        struct settings typed = *s;
        if (!take_typed(a, config, &typed, e) || !descend(app, word, s, (enum method_kind)typed.method.name, parent, e))
            return false;
    }
    return take_typed(a, config, s, e) && settings_check(s, e);
}

static bool gather(struct app *app, const struct arguments *a, struct settings *s, int64_t *parent, struct err *e)
{
    const char *path = arguments_text(a, "config", NULL);
    char *config = path ? file_read_given(path, 1 << 20, e) : NULL; /* once: it may be a pipe */
    bool ok = (config || !path) && layer(app, a, config, s, parent, e);
    free(config);
    return ok;
}

/* It waits for its turn. */
static int enqueue(struct app *app, int64_t id)
{
    struct err e;
    if (!goes_on(&e) || !store_queue_add(app->store, id, &e)) {
        train_undo(app, id);
        return fail(app, &e);
    }
    if (!queue_ensure(app->store, &e)) {
        if (e.code == ERR_INTERRUPTED) train_undo(app, id); /* there is no supervisor that could have it */
        return fail(app, &e);
    }
    return report(app, id, 0, NULL);
}

/* Of the ways to run, one. */
bool train_check_way(const struct arguments *a, struct err *e)
{
    static const char *const ways[] = { "dry-run", "detach", "queue", "foreground" };
    const char *first = NULL;
    for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++) {
        if (!arguments_has(a, ways[i])) continue;
        if (first) return err_set(e, ERR_USAGE, "--%s and --%s do not go together; choose one", first, ways[i]);
        first = ways[i];
    }
    return true;
}

int train_start(struct app *app, const struct arguments *a, int64_t id)
{
    char number[24];
    if (arguments_has(a, "queue")) return enqueue(app, id);
    snprintf(number, sizeof number, "%lld", (long long)id);
    struct worker_start here = { .run = number, .from = -1, .attended = is_attended(), .ready = -1 };
    if (arguments_has(a, "foreground")) return run_here(app, &here, id, true);
    const char *extra[] = { here.attended ? "--attended" : NULL, NULL };
    return run_worker(app, id, extra, arguments_has(a, "detach"), true);
}

/* What is typed and means nothing to the method is told, however it came to be typed. */
static void note_unread(struct app *app, const struct arguments *a, const struct settings *s)
{
    const char *method = engine_method((enum method_kind)s->method.name)->name, *assignment;
    for (int i = 0; (assignment = arguments_nth(a, "set", i)); i++) control_note_unread(app, method, assignment);
    for (int i = 0; (assignment = arguments_word(a, i)); i++) control_note_unread(app, method, assignment);
}

static bool take_only_dataset(struct app *app, struct settings *s, struct err *e)
{
    char only[STORE_NAME];
    return *s->data.name || (app_only_dataset(app, only, e) && (!*only || settings_set(s, "data.name", only, e)));
}

static int train(struct app *app, const struct arguments *a)
{
    struct settings s;
    struct err e;
    int64_t id, parent = 0;
    if (!train_check_way(a, &e)) return app_fail(app, &e);
    if (!gather(app, a, &s, &parent, &e) || !take_only_dataset(app, &s, &e)) return app_fail(app, &e);
    const char *preset = arguments_text(a, "preset", SETTINGS_PRESET);
    if (arguments_has(a, "dry-run")) {
        int status = dry_run(app, &s);
        if (!status) note_unread(app, a, &s);
        return status;
    }
    const struct train_row row = { .preset = preset, .name = arguments_text(a, "name", NULL), .parent = parent };
    if (!train_create(app, &s, &row, &id, &e)) return fail(app, &e);
    note_unread(app, a, &s);
    return train_start(app, a, id);
}

static const struct option_row train_options[] = {
    { "data", 0, OPTION_TEXT, "NAME", "data set to train on (same as --set data.name=NAME)", 0, 0 },
    { "method", 0, OPTION_TEXT, "NAME", "objective to learn from (same as --set method.name=NAME)", 0, 0 },
    { "preset", 0, OPTION_TEXT, "P", "demo, small (default), paper or fundus", 0, 0 },
    { "parent", 0, OPTION_TEXT, "RUN[@STEP]",
      "start from the weights of a checkpoint, with the network (model.*) of its run", 0, 0 },
    { "config", 0, OPTION_TEXT, "FILE",
      "INI file of settings (or a pipe, or - for standard input) that overrides the preset", 0, 0 },
    { "set", 0, OPTION_TEXT, "K=V", "change a setting; overrides --config; may be repeated or followed by more K=V", 0,
      0 },
    { "name", 0, OPTION_TEXT, "NAME", "name of the run [the data set's and a number]", 0, 0 },
    { "dry-run", 0, OPTION_FLAG, NULL, "print layers, memory and a time estimate without training", 0, 0 },
    { "detach", 0, OPTION_FLAG, NULL, "return once the worker has started", 0, 0 },
    { "queue", 0, OPTION_FLAG, NULL, "put the run into the queue; see mlvicx queue", 0, 0 },
    { "foreground", 0, OPTION_FLAG, NULL, "train in this process, so that signals of a batch system reach it", 0, 0 },
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
    .details = "A process of its own trains the run and outlives this terminal. Ctrl-C here stops the run cleanly, "
               "with a checkpoint;\na hang-up leaves it running. `mlvicx log RUN -f` follows it again.",
};

/* A resume's --set must be live keys: told here, before a worker starts. */
static bool check_sets(const struct arguments *a, struct err *e)
{
    struct settings s;
    const char *assignment;
    settings_init(&s);
    for (int i = 0; (assignment = arguments_nth(a, "set", i)); i++)
        if (!settings_assign_live(&s, assignment, e)) return false;
    return true;
}

static bool may_resume(struct app *app, const struct store_run *run, const struct arguments *a, struct err *e)
{
    switch (store_run_state(app->store, run)) {
    case STORE_RUNNING:
        return err_set(e, ERR_CONFLICT, "run %s: is running already (process %lld on %s); mlvicx log %s -f shows it",
                       run->name, (long long)run->pid, run->host, run->name);
    case STORE_FINISHED:
        if (arguments_has(a, "set") || arguments_has(a, "from")) return store_lock_known(app->store, run, e);
        return err_set(e, ERR_CONFLICT,
                       "run %s: is finished after %lld %s; give it more with mlvicx resume %s --set "
                       "optim.epochs=N",
                       run->name, (long long)run->epochs, text_number(run->epochs, "epoch", "epochs"), run->name);
    case STORE_PAUSED:
        return true;
    default:
        return store_lock_known(app->store, run, e);
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
    enum { SETS = 24 };
    struct store_run run;
    struct err e;
    const char *extra[2 * SETS + 4], *sets[SETS + 1], *from = arguments_text(a, "from", NULL);
    int n = 0, m = 0;
    if (!train_check_way(a, &e) || !check_sets(a, &e) || !app_existing_store(app, STORE_WRITE, &e) ||
        !app_find_run(app, arguments_word(a, 0), &run, &e))
        return app_fail(app, &e);
    int64_t id = run.id;
    while (m < SETS && (sets[m] = arguments_nth(a, "set", m))) m++;
    if (m == SETS && arguments_nth(a, "set", m)) {
        err_set(&e, ERR_USAGE, "resume: at most %d --set; change the others with mlvicx set", SETS);
        store_run_clear(&run);
        return app_fail(app, &e);
    }
    sets[m] = NULL;
    bool paused = store_run_state(app->store, &run) == STORE_PAUSED, ok = may_resume(app, &run, a, &e);
    ok = ok && (!paused || control_check_sets(&run, sets, &e));
    for (int i = 0; ok && sets[i]; i++) control_note_unread(app, run.method, sets[i]);
    store_run_clear(&run);
    if (!ok) return app_fail(app, &e);
    if (paused) return wake(app, a);
    if (arguments_has(a, "foreground")) {
        struct worker_start here = { .run = arguments_word(a, 0),
                                     .from = arguments_int(a, "from", -1),
                                     .sets = sets,
                                     .attended = is_attended(),
                                     .ready = -1 };
        return run_here(app, &here, id, false);
    }
    if (is_attended()) extra[n++] = "--attended";
    if (from) extra[n++] = "--from", extra[n++] = from;
    for (int i = 0; i < m; i++) extra[n++] = "--set", extra[n++] = sets[i];
    extra[n] = NULL;
    return run_worker(app, id, extra, arguments_has(a, "detach"), false);
}

static const struct option_row resume_options[] = {
    { "from", 0, OPTION_INT, "STEP",
      "go back to the newest checkpoint up to STEP and drop later changes of settings; "
      "0 starts over",
      0, 1e15 },
    { "set", 0, OPTION_TEXT, "K=V", "change a setting that a live run may change; may be repeated", 0, 0 },
    { "detach", 0, OPTION_FLAG, NULL, "return once the worker has started", 0, 0 },
    { "foreground", 0, OPTION_FLAG, NULL, "train in this process, so that signals of a batch system reach it", 0, 0 },
    { 0 },
};

const struct command command_resume = {
    .name = "resume",
    .arguments = "RUN [--from STEP] [--set K=V]",
    .summary = "continue a run that is paused, stopped, failed or lost",
    .least = 1,
    .most = 1,
    .options = resume_options,
    .run = resume,
    .details = "The run continues from its newest intact checkpoint and computes what came after it again, with the "
               "same numbers.\nWithout a checkpoint it starts at step 0.",
};
