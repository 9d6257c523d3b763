/* What a worker is asked while it trains: rows of `command`, taken between two steps and answered in the same row. */
#include "app/worker.h"

#include <stdio.h>
#include <string.h>

#include "engine/base/clock.h"

static const double poll_seconds = 0.1;

/* Put one assignment into `s`, if it may change while a run goes on and leaves something to do. */
static bool check_live(const struct worker *w, struct settings *s, const char *assignment, struct err *e)
{
    char key[64];
    snprintf(key, sizeof key, "%.*s", (int)strcspn(assignment, "="), assignment);
    *s = w->session.settings;
    if (!settings_assign(s, assignment, e)) return false;
    const struct setting *row = settings_find(key, e);
    if (!row) return false;
    if (row->change != SETTING_LIVE)
        return err_set(e, ERR_CONFIG, "%s: cannot change while a run goes on; train a new run with --set %s", key,
                       assignment);
    if (!settings_check(s, e)) return false;
    if (s->optim.epochs * w->session.steps_per_epoch < w->step)
        return err_set(e, ERR_CONFIG, "%s: %lld epochs are done already", key,
                       (long long)(w->step / w->session.steps_per_epoch));
    return true;
}

/* The run's row says what holds now. */
static bool update_row(struct worker *w, const struct settings *s, struct err *e)
{
    struct text ini = { 0 };
    settings_write_ini(s, &ini);
    bool ok = store_run_update(w->store, w->run.id, text_str(&ini), NULL, s->optim.epochs * w->session.steps_per_epoch,
                               s->optim.epochs, e);
    text_clear(&ini);
    return ok;
}

static bool record_set(struct worker *w, int64_t command, const struct settings *s, const char *assignment,
                       struct err *e)
{
    if (!store_begin(w->store, STORE_FULL, e)) return false;
    bool ok = update_row(w, s, e) &&
              recorder_event(&w->recorder, w->step, STORE_INFO, "set", false, e, "%s", assignment) &&
              (command == 0 || store_command_answer(w->store, command, "ok", e));
    if (ok) return store_commit(w->store, e);
    store_rollback(w->store);
    return false;
}

bool orders_set(struct worker *w, int64_t command, const char *assignment, char *answer, size_t size, struct err *e)
{
    struct settings s;
    struct err why;
    if (!check_live(w, &s, assignment, &why)) {
        snprintf(answer, size, "failed: %s", why.msg);
        return command == 0 || store_command_answer(w->store, command, answer, e);
    }
    if (!record_set(w, command, &s, assignment, e)) return false;
    w->session.settings = s;
    snprintf(answer, size, "ok");
    return true;
}

bool orders_ask_set(struct worker *w, const char *assignment, struct err *e)
{
    struct store_command c;
    int64_t id;
    bool any;
    char answer[600];
    if (!store_command_insert(w->store, w->run.id, "set", assignment, &id, e)) return false;
    if (!store_command_take(w->store, w->run.id, w->step, &c, &any, e)) return false;
    if (!any) return err_set(e, ERR_INTERNAL, "set %s: the command got lost", assignment);
    bool ok = orders_set(w, c.id, c.argument, answer, sizeof answer, e);
    store_command_clear(&c);
    if (ok && strcmp(answer, "ok")) return err_set(e, ERR_CONFIG, "%s", answer + strlen("failed: "));
    return ok;
}

bool orders_replay(struct worker *w, struct err *e)
{
    for (; w->replayed < w->replay.count && w->replay.rows[w->replayed].step <= w->step; w->replayed++) {
        const struct store_command *c = &w->replay.rows[w->replayed];
        if (!settings_assign(&w->session.settings, c->argument, e))
            return err_wrap(e, "setting of step %lld", (long long)c->step);
        if (!update_row(w, &w->session.settings, e)) return false;
        printf("set: %s again (step %lld)\n", c->argument, (long long)w->step);
    }
    return true;
}

bool orders_drop(struct worker *w, struct err *e)
{
    for (size_t i = 0; i < w->replay.count; i++) {
        const struct store_command *c = &w->replay.rows[i];
        if (c->step <= w->step) continue;
        if (!store_command_answer(w->store, c->id, "void: the run went back before it", e)) return false;
        printf("set: %s of step %lld is dropped\n", c->argument, (long long)c->step);
    }
    while (w->replay.count > 0 && w->replay.rows[w->replay.count - 1].step > w->step)
        store_command_clear(&w->replay.rows[--w->replay.count]);
    return update_row(w, &w->session.settings, e);
}

static bool pause_or_go(struct worker *w, const struct store_command *c, bool pause, struct err *e)
{
    char answer[80];
    if (w->paused == pause) {
        snprintf(answer, sizeof answer, "ok: it is %s already", pause ? "paused" : "running");
        return store_command_answer(w->store, c->id, answer, e);
    }
    if (!recorder_flush(&w->recorder, e)) return false;
    if (!store_run_set_state(w->store, w->run.id, pause ? STORE_PAUSED : STORE_RUNNING, e)) return false;
    w->paused = pause;
    snprintf(answer, sizeof answer, "ok: %s at step %lld", pause ? "paused" : "running again", (long long)w->step);
    return recorder_event(&w->recorder, w->step, STORE_INFO, pause ? "pause" : "resume", false, e, "%s",
                          pause ? "paused by command" : "goes on by command") &&
           store_command_answer(w->store, c->id, answer, e);
}

static bool do_pause(struct worker *w, const struct store_command *c, struct err *e)
{
    return pause_or_go(w, c, true, e);
}

static bool do_resume(struct worker *w, const struct store_command *c, struct err *e)
{
    return pause_or_go(w, c, false, e);
}

static bool do_stop(struct worker *w, const struct store_command *c, struct err *e)
{
    if (w->stop) return store_command_answer(w->store, c->id, "ok: it is stopping already", e);
    w->stop = true;
    w->stop_command = c->id; /* answered when the checkpoint is written */
    return true;
}

static bool do_checkpoint(struct worker *w, const struct store_command *c, struct err *e)
{
    char answer[600];
    struct err why;
    if (save_checkpoint(&w->recorder, &w->session, &w->run, w->step, "command", &why))
        snprintf(answer, sizeof answer, "ok: step %lld is saved", (long long)w->step);
    else
        snprintf(answer, sizeof answer, "failed: %s", why.msg); /* the run itself goes on */
    w->saved = clock_seconds();
    return store_command_answer(w->store, c->id, answer, e);
}

static bool do_set(struct worker *w, const struct store_command *c, struct err *e)
{
    char answer[600];
    return orders_set(w, c->id, c->argument, answer, sizeof answer, e);
}

static const struct {
    const char *verb;
    bool (*run)(struct worker *w, const struct store_command *c, struct err *e);
} verbs[] = {
    { "pause", do_pause },           { "resume", do_resume }, { "stop", do_stop },
    { "checkpoint", do_checkpoint }, { "set", do_set },
};

static bool obey(struct worker *w, const struct store_command *c, struct err *e)
{
    for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++)
        if (!strcmp(verbs[i].verb, c->verb)) return verbs[i].run(w, c, e);
    return store_command_answer(w->store, c->id, "failed: this worker does not know that command", e);
}

bool orders_take(struct worker *w, struct err *e)
{
    if (clock_seconds() - w->polled < poll_seconds) return true;
    w->polled = clock_seconds();
    for (;;) {
        struct store_command c;
        bool any;
        if (!store_command_take(w->store, w->run.id, w->step, &c, &any, e)) return false;
        if (!any) return true;
        bool ok = obey(w, &c, e);
        store_command_clear(&c);
        if (!ok) return false;
    }
}
