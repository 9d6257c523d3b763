/* pause, stop, checkpoint, set: rows of `command`, answered by the worker between two steps. */
#include "app/commands/control.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "app/cli/json.h"
#include "engine/base/clock.h"
#include "engine/base/text.h"
#include "engine/base/settings.h"
#include "engine/train/engine.h"
#include "store/command.h"

/* After the first period the user is told what is being waited for. A worker that has not even taken the command by the
 * end of the second is given up; one that has taken it is waited for as long as it lives, since a user who stops a run
 * wants to know when it is saved. */
static const double told_seconds = 10, untaken_seconds = 60;

bool control_check_sets(const struct store_run *run, const char *const *sets, struct err *e)
{
    struct settings s;
    settings_init(&s);
    if (!settings_read_ini(&s, run->config, "configuration of the run", e)) return false;
    int64_t epoch_steps = run->epochs > 0 ? run->steps / run->epochs : 0;
    for (; *sets; sets++)
        if (!settings_assign_live(&s, *sets, e) || !settings_check_live(&s, run->step, epoch_steps, e)) return false;
    return true;
}

/* Refuses a command that nobody would answer: says why, and what to do instead. */
static bool check_state(enum store_state state, const char *run, struct err *e)
{
    const struct store_unanswered *u = store_command_unanswered(state);
    if (!u) return true;
    if (!u->resumed) return err_set(e, ERR_CONFLICT, "run %s: %s", run, u->why);
    return err_set(e, ERR_CONFLICT, "run %s: %s; mlvicx resume %s%s %s", run, u->why, run, u->options, u->resumed);
}

static bool check_alive(struct app *app, const struct store_run *run, struct err *e)
{
    return check_state(store_run_state(app->store, run), run->name, e);
}

/* Whether the worker is still alive, and it still makes sense to wait for the command. */
static bool go_on_waiting(struct app *app, const struct store_run *run, bool taken, double waited, struct err *e)
{
    struct store_run now;
    if (!store_run_get(app->store, run->id, &now, e)) return false;
    enum store_state state = store_run_state(app->store, &now);
    store_run_clear(&now);
    if (!check_state(state, run->name, e)) return false;
    return taken || waited < untaken_seconds ||
           err_set(e, ERR_CONFLICT,
                   "run %s: busy: a step takes long and it has not asked after %.0f seconds; it will still be done, "
                   "mlvicx show %s tells when",
                   run->name, waited, run->name);
}

/* Waits until the row is answered; false also if no answer can be expected any more. */
static bool wait_answer(struct app *app, const struct store_run *run, int64_t id, struct store_command *c,
                        struct err *e)
{
    static const struct timespec nap = { .tv_nsec = 50000000 };
    double asked = clock_seconds();
    bool told = false;
    for (;;) {
        if (!store_command_get(app->store, id, c, e)) return false;
        if (c->done_at > 0) return true;
        bool taken = c->taken_at > 0;
        store_command_clear(c);
        double waited = clock_seconds() - asked;
        if (waited > told_seconds && !told)
            app_note(app, "run %s: %s; waiting for it (Ctrl-C ends the waiting, not what was asked)", run->name,
                     taken ? "it is at it: a checkpoint is written, or the store is locked" : "a step takes long");
        told = told || waited > told_seconds;
        if (told && !go_on_waiting(app, run, taken, waited, e)) return false;
        nanosleep(&nap, NULL);
    }
}

static int show_answer(struct app *app, const struct store_run *run, const struct store_command *c)
{
    struct err e;
    const char *result = c->result ? c->result : "";
    bool done = !strncmp(result, "ok", 2);
    const char *rest = strchr(result, ':');
    rest = rest ? rest + 1 + (rest[1] == ' ') : "done";
    if (!done) {
        err_set(&e, ERR_CONFLICT, "%s %s: %s", c->verb, run->name, rest);
        return app_fail(app, &e);
    }
    if (app->json)
        return app_print_json(app, json_pack("{s:I,s:o,s:s,s:o,s:I,s:o}", "id", (json_int_t)run->id, "name",
                                             json_text(run->name), "verb", c->verb, "argument", json_text(c->argument),
                                             "step", (json_int_t)c->step, "result", json_text(rest)));
    app_print("run %s: %s%s%s: %s\n", run->name, c->verb, c->argument && *c->argument ? " " : "",
              c->argument ? c->argument : "", rest);
    return 0;
}

int control_ask(struct app *app, const char *word, const char *verb, const char *argument)
{
    struct store_run run = { 0 };
    struct store_command c = { 0 };
    struct err e;
    int64_t id;
    bool ok = app_existing_store(app, STORE_WRITE, &e) && app_find_run(app, word, &run, &e) &&
              check_alive(app, &run, &e) && store_command_insert(app->store, run.id, verb, argument, &id, &e) &&
              wait_answer(app, &run, id, &c, &e);
    int status = ok ? show_answer(app, &run, &c) : app_fail(app, &e);
    store_command_clear(&c);
    store_run_clear(&run);
    return status;
}

static int do_pause(struct app *app, const struct arguments *a)
{
    return control_ask(app, arguments_word(a, 0), "pause", NULL);
}

static int do_stop(struct app *app, const struct arguments *a)
{
    return control_ask(app, arguments_word(a, 0), "stop", NULL);
}

static int do_checkpoint(struct app *app, const struct arguments *a)
{
    return control_ask(app, arguments_word(a, 0), "checkpoint", NULL);
}

/* All of them are possible before the first is asked. */
void control_note_unread(struct app *app, const char *method, const char *assignment)
{
    char key[64];
    snprintf(key, sizeof key, "%.*s", (int)strcspn(assignment, "="), assignment);
    const struct setting *row = settings_find(key, NULL);
    for (int m = 0; row && m < METHOD_COUNT; m++)
        if (!strcmp(engine_method((enum method_kind)m)->name, method) && !settings_reads(row, (enum method_kind)m))
            app_note(app, "%s: method %s does not read it; nothing changes", row->name, method);
}

static int do_set(struct app *app, const struct arguments *a)
{
    struct store_run run;
    struct err e;
    struct settings any;
    int status = 0, n = arguments_count(a);
    const char **sets = calloc((size_t)n, sizeof *sets);
    bool ok = sets || err_set(&e, ERR_MEMORY, "set: memory ran out");
    settings_init(&any);
    for (int i = 1; ok && i < n; i++) ok = settings_assign_live(&any, sets[i - 1] = arguments_word(a, i), &e);
    ok = ok && app_find_run(app, arguments_word(a, 0), &run, &e);
    if (ok) {
        ok = check_alive(app, &run, &e) && control_check_sets(&run, sets, &e);
        for (int i = 0; ok && sets[i]; i++) control_note_unread(app, run.method, sets[i]);
        store_run_clear(&run);
    }
    for (int i = 0; ok && status == 0 && sets[i]; i++) status = control_ask(app, arguments_word(a, 0), "set", sets[i]);
    free(sets);
    return ok ? status : app_fail(app, &e);
}

const struct command command_pause = {
    .name = "pause",
    .arguments = "RUN",
    .summary = "pause a run between two steps and keep its state in memory; resume continues it",
    .least = 1,
    .most = 1,
    .run = do_pause,
};

const struct command command_stop = {
    .name = "stop",
    .arguments = "RUN",
    .summary = "stop a run cleanly, with a checkpoint",
    .least = 1,
    .most = 1,
    .run = do_stop,
};

const struct command command_checkpoint = {
    .name = "checkpoint",
    .arguments = "RUN",
    .summary = "save a run now, between two steps",
    .least = 1,
    .most = 1,
    .run = do_checkpoint,
};

const struct command command_set = {
    .name = "set",
    .arguments = "RUN KEY=VALUE ...",
    .summary = "change settings of a live run (those marked * in --help-keys)",
    .least = 2,
    .most = -1,
    .run = do_set,
};
