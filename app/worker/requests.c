/* Requests to a training worker: rows of `command`, taken between two steps and answered in the same row. */
#include "app/worker/worker.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/cli/process.h"
#include "engine/base/clock.h"
#include "engine/base/files.h"
#include "engine/base/text.h"
#include "store/database/files.h"

static const double poll_seconds = 0.1;
enum { AT_ONCE = 8 }; /* commands handled between two steps; a stop or a signal still comes first */

/* Changes `s` by one assignment, if that setting may change while this run is in progress, and steps remain. */
static bool change_live(const struct worker *w, struct settings *s, const char *assignment, struct err *e)
{
    return settings_assign_live(s, assignment, e) && settings_check_live(s, w->step, w->session.steps_per_epoch, e);
}

/* Writes the current settings into the row of the run, as the user would write them. */
static void update_row(struct worker *w)
{
    struct text ini = { 0 };
    settings_write_ini(&w->given, &ini);
    w->recorder.box.broken |= ini.broken;
    outbox_config(&w->recorder.box, text_str(&ini), session_total(&w->session), w->session.settings.optim.epochs);
    text_clear(&ini);
}

/* Changes one live setting. It takes effect with the transaction that records it: in a run that is killed before,
 * nothing has changed. */
static bool set(struct worker *w, int64_t command, const char *assignment, char *answer, size_t size, struct err *e)
{
    struct settings s = w->session.settings;
    struct err why;
    if (!change_live(w, &s, assignment, &why)) {
        snprintf(answer, size, "failed: %s", why.msg);
        outbox_answer(&w->recorder.box, command, answer);
        return recorder_flush(&w->recorder, e);
    }
    snprintf(answer, size, "ok");
    w->session.settings = s;
    if (!settings_assign(&w->given, assignment, e)) return false;
    update_row(w);
    outbox_answer(&w->recorder.box, command, answer);
    return recorder_event(&w->recorder, &(struct recorder_occasion){ w->step, STORE_INFO, "set", false }, e, "%s",
                          assignment) &&
           recorder_flush(&w->recorder, e);
}

bool requests_set(struct worker *w, const char *assignment, struct err *e)
{
    struct store_command c;
    int64_t id;
    bool any;
    char answer[600];
    if (!store_command_insert(w->store, w->run.id, "set", assignment, &id, e)) return false;
    if (!store_command_take(w->store, w->run.id, w->step, &c, &any, e)) return false;
    if (!any) return err_set(e, ERR_INTERNAL, "set %s: the command got lost", assignment);
    bool ok = set(w, c.id, c.argument, answer, sizeof answer, e);
    store_command_clear(&c);
    if (ok && strcmp(answer, "ok")) return err_set(e, ERR_CONFIG, "%s", answer + strlen("failed: "));
    return ok;
}

/* The settings of the run as they were given when it was made: the file beside it, else the row. */
static bool read_given(struct worker *w, struct err *e)
{
    char path[STORE_PATH];
    settings_init(&w->given);
    int fd = store_file(w->store, STORE_RUN, w->run.id, "config.ini", FOLDER_READ, path, e);
    if (fd < 0 && e->code != ERR_NOT_FOUND) return false;
    char *text = fd < 0 ? NULL : file_take_text(fd, path, 1 << 20, e);
    bool ok = settings_read_ini(&w->given, text ? text : w->run.config, text ? path : "configuration of the run", e);
    free(text);
    return ok;
}

/* Keeps those live settings that still apply or lie ahead; if the user went back, later ones are void. */
static bool read_replay(struct worker *w, struct err *e)
{
    struct store_commands all;
    if (!store_command_replay(w->store, w->run.id, 0, &all, e)) return false;
    bool ok = true;
    store_commands_clear(&w->replay);
    w->replayed = 0;
    for (size_t i = 0; ok && i < all.count; i++) {
        if (w->by_wish && all.rows[i].step > w->step) continue;
        ok = settings_assign_stored(&w->given, all.rows[i].argument, e) ||
             err_wrap(e, "setting of step %lld", (long long)all.rows[i].step);
    }
    store_commands_clear(&all);
    if (!ok || !store_command_replay(w->store, w->run.id, w->step, &w->replay, e)) return false;
    while (w->by_wish && w->replay.count > 0 && w->replay.rows[w->replay.count - 1].step > w->step)
        store_command_clear(&w->replay.rows[--w->replay.count]);
    return true;
}

bool requests_prepare(struct worker *w, const char *const *sets, struct err *e)
{
    if (!read_given(w, e) || !read_replay(w, e)) return false;
    struct settings s = w->session.settings;
    for (size_t i = 0; i < w->replay.count && w->replay.rows[i].step <= w->step; i++)
        if (!settings_assign_stored(&s, w->replay.rows[i].argument, e)) return false;
    for (; sets && *sets; sets++)
        if (!change_live(w, &s, *sets, e)) return false;
    return true;
}

bool requests_replay(struct worker *w, struct err *e)
{
    for (; w->replayed < w->replay.count && w->replay.rows[w->replayed].step <= w->step; w->replayed++) {
        const struct store_command *c = &w->replay.rows[w->replayed];
        if (!settings_assign_stored(&w->session.settings, c->argument, e))
            return err_wrap(e, "setting of step %lld", (long long)c->step);
        update_row(w);
        app_print("set: %s again (step %lld)\n", c->argument, (long long)w->step);
    }
    return true;
}

static bool is_of(const struct store_command *c, const char *key)
{
    size_t n = key ? strlen(key) : 0;
    return !key || (!strncmp(c->argument, key, n) && c->argument[n] == '=');
}

bool requests_void(struct worker *w, const char *key, struct err *e)
{
    struct store_commands later;
    if (!store_command_replay(w->store, w->run.id, w->step + 1, &later, e)) return false;
    bool ok = true;
    for (size_t i = 0; ok && i < later.count; i++) {
        const struct store_command *c = &later.rows[i];
        if (!is_of(c, key)) continue;
        ok = store_command_answer(w->store, c->id, "void: the run went back before it", e);
        app_print("set: %s of step %lld is dropped\n", c->argument, (long long)c->step);
    }
    store_commands_clear(&later);
    size_t kept = 0;
    for (size_t i = 0; i < w->replay.count; i++) {
        struct store_command *c = &w->replay.rows[i];
        if (c->step > w->step && is_of(c, key))
            store_command_clear(c);
        else
            w->replay.rows[kept++] = *c;
    }
    w->replay.count = kept;
    return ok;
}

static bool answer_and_write(struct worker *w, const struct store_command *c, const char *answer, struct err *e)
{
    outbox_answer(&w->recorder.box, c->id, answer);
    return recorder_flush(&w->recorder, e);
}

static bool pause_or_go(struct worker *w, const struct store_command *c, bool pause, struct err *e)
{
    char answer[80];
    if (w->paused == pause) {
        snprintf(answer, sizeof answer, "ok: it is %s already", pause ? "paused" : "running");
        return answer_and_write(w, c, answer, e);
    }
    w->paused = pause;
    w->unsaved = NULL;
    outbox_state(&w->recorder.box, pause ? STORE_PAUSED : STORE_RUNNING);
    snprintf(answer, sizeof answer, "ok: %s at step %lld", pause ? "paused" : "running again", (long long)w->step);
    return recorder_event(&w->recorder,
                          &(struct recorder_occasion){ w->step, STORE_INFO, pause ? "pause" : "resume", false }, e,
                          "%s", pause ? "paused by command" : "goes on by command") &&
           answer_and_write(w, c, answer, e);
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
    if (w->stop) return answer_and_write(w, c, "ok: it is stopping already", e);
    w->stop = true;
    w->stop_command = c->id; /* it is answered when the checkpoint is written */
    return true;
}

static bool do_checkpoint(struct worker *w, const struct store_command *c, struct err *e)
{
    char answer[600];
    struct err why;
    if (checkpointing_save(&w->recorder, &w->session, &w->run, w->step, "command", &why))
        snprintf(answer, sizeof answer, "ok: step %lld is saved", (long long)w->step);
    else
        snprintf(answer, sizeof answer, "failed: %s", why.msg); /* the run itself continues */
    w->saved = clock_seconds();
    return answer_and_write(w, c, answer, e);
}

static bool do_set(struct worker *w, const struct store_command *c, struct err *e)
{
    char answer[600];
    return set(w, c->id, c->argument, answer, sizeof answer, e);
}

static const struct {
    const char *verb;
    bool (*run)(struct worker *w, const struct store_command *c, struct err *e);
} verbs[] = {
    { "pause", do_pause },           { "resume", do_resume }, { "stop", do_stop },
    { "checkpoint", do_checkpoint }, { "set", do_set },
};

static bool serve(struct worker *w, const struct store_command *c, struct err *e)
{
    for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++)
        if (!strcmp(verbs[i].verb, c->verb)) return verbs[i].run(w, c, e);
    return answer_and_write(w, c, "failed: this worker does not know that command", e);
}

bool requests_again(struct worker *w, bool *again, struct err *e)
{
    struct store_command c;
    bool any;
    if (!store_command_take(w->store, w->run.id, w->step, &c, &any, e))
        return e->code == ERR_LOCKED || e->code == ERR_IO;
    if (!any) return true;
    *again = !strcmp(c.verb, "stop");
    outbox_answer(&w->recorder.box, c.id,
                  *again ? "ok: it does not wait for room any more" : "failed: the run is ending, and waits for room");
    store_command_clear(&c);
    return recorder_flush(&w->recorder, e);
}

bool requests_serve(struct worker *w, struct err *e)
{
    if (clock_seconds() - w->polled < poll_seconds) return true;
    w->polled = clock_seconds();
    for (int n = 0; n < AT_ONCE && !w->stop && !process_asked(); n++) {
        struct store_command c;
        bool any;
        if (!store_command_take(w->store, w->run.id, w->step, &c, &any, e))
            return e->code == ERR_LOCKED || e->code == ERR_IO; /* the command is read again shortly */
        if (!any) return true;
        bool ok = serve(w, &c, e);
        store_command_clear(&c);
        if (!ok) return false;
    }
    return true;
}
