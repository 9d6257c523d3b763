#include "views/workbench/live.h"

#include <stdio.h>
#include <string.h>

#include "store/command.h"
#include "views/workbench/inside.h"

enum { PATIENCE = 10 }; /* seconds */

/* ---- asking ---------------------------------------------------------------------------------------------- */

bool desk_command(struct desk *d, int64_t run, const char *verb, const char *argument)
{
    struct err e;
    struct desk_inside *in = d->inside;
    struct asked *a = NULL;
    if (!desk_in_place(d)) return false;
    for (int i = 0; i < ASKED_MOST && !a; i++)
        if (!in->asked[i].command) a = &in->asked[i];
    if (!a) a = &in->asked[0]; /* the oldest is forgotten, not undone */
    *a = (struct asked){ .run = run, .at = d->now };
    snprintf(a->text, sizeof a->text, "%s%s%s", verb, argument ? " " : "", argument ? argument : "");
    if (store_command_insert(d->store, run, verb, argument, &a->command, &e)) return true;
    a->command = 0;
    return desk_fail(d, &e);
}

static void report(struct desk *d, const struct asked *a, const struct store_command *c)
{
    const char *result = c->result ? c->result : "";
    const char *why = strchr(result, ':') ? strchr(result, ':') + 1 : result;
    if (!strncmp(result, "ok", 2))
        desk_say(d, "run %lld: %s: taken at step %lld", (long long)a->run, a->text, (long long)c->step);
    else
        desk_warn(d, "run %lld: %s: not done:%s%s", (long long)a->run, a->text, *why == ' ' ? "" : " ", why);
}

/* Nobody answers: the worker is gone, or at something long. */
static void complain(struct desk *d, struct asked *a)
{
    struct store_run row;
    a->told = true;
    if (!store_run_get(d->store, a->run, &row, NULL)) return;
    enum store_state state = store_run_state(d->store, &row);
    store_run_clear(&row);
    a->told = state != STORE_UNKNOWN; /* else it is said once one can tell */
    if (!a->told) return;
    desk_warn(d,
              state == STORE_LOST
                  ? "run %lld: no answer to '%s': the worker is lost; R resumes the run from its newest checkpoint"
                  : "run %lld: no answer to '%s' yet: the worker is busy with a long step; it will still be done",
              (long long)a->run, a->text);
    if (state == STORE_LOST) a->command = 0;
}

void live_watch(struct desk *d)
{
    for (int i = 0; i < ASKED_MOST; i++) {
        struct asked *a = &d->inside->asked[i];
        struct store_command c;
        if (!a->command) continue;
        d->inside->dirty = true;
        if (!store_command_get(d->store, a->command, &c, NULL)) {
            a->command = 0; /* removed with its run */
            continue;
        }
        if (c.done_at > 0) {
            report(d, a, &c);
            a->command = 0;
        } else if (!a->told && d->now - a->at > PATIENCE) {
            complain(d, a);
        }
        store_command_clear(&c);
    }
}

bool live_waiting(const struct desk *d, char *out, size_t size)
{
    for (int i = 0; i < ASKED_MOST; i++) {
        const struct asked *a = &d->inside->asked[i];
        if (!a->command) continue;
        snprintf(out, size, "asked run %lld: %s (%.0f s)", (long long)a->run, a->text,
                 d->now > a->at ? d->now - a->at : 0);
        return true;
    }
    return false;
}

unsigned live_ask(struct desk *d, const char *verb, const char *argument)
{
    const struct store_unanswered *u = store_command_unanswered(d->facts.state);
    if (!d->run)
        desk_warn(d, "%s: no run is chosen", verb);
    else if (u)
        desk_warn(d, "%s: run %lld %s%s%s", verb, (long long)d->run, u->why, u->resumed ? "; R " : "",
                  u->resumed ? u->resumed : "");
    else
        desk_command(d, d->run, verb, argument);
    return AFTER_DRAW;
}

/* ---- the keys -------------------------------------------------------------------------------------------- */

unsigned live_pause(struct desk *d, void *state)
{
    (void)state;
    if (d->facts.state != STORE_PAUSED) return live_ask(d, "pause", NULL);
    desk_say(d, "run %lld is paused already; R goes on", (long long)d->run);
    return AFTER_DRAW;
}

/* A run that waits has no worker: it leaves the queue. */
static unsigned stop_agreed(struct desk *d, void *ctx)
{
    char id[24], title[48];
    const char *argv[] = { "queue", "drop", id, NULL };
    (void)ctx;
    if (d->facts.state != STORE_QUEUED) return live_ask(d, "stop", NULL);
    snprintf(id, sizeof id, "%lld", (long long)d->run);
    snprintf(title, sizeof title, "queue drop %s", id);
    desk_job(d, title, argv, NULL, NULL);
    return AFTER_DRAW;
}

unsigned live_stop(struct desk *d, void *state)
{
    char question[STORE_NAME + 80];
    bool queued = d->facts.state == STORE_QUEUED;
    (void)state;
    if (!queued && store_command_unanswered(d->facts.state)) return live_ask(d, "stop", NULL); /* which says why not */
    snprintf(question, sizeof question,
             queued ? "take run %lld %s out of the queue?" : "stop run %lld %s with a checkpoint?", (long long)d->run,
             d->facts.run.name);
    desk_confirm(d, question, stop_agreed, NULL);
    return AFTER_DRAW;
}

unsigned live_checkpoint(struct desk *d, void *state)
{
    (void)state;
    return live_ask(d, "checkpoint", NULL);
}

static unsigned resume_job(struct desk *d, const char *assignment)
{
    char id[24], title[48];
    const char *argv[] = { "resume", id, "--detach", assignment ? "--set" : NULL, assignment, NULL };
    snprintf(id, sizeof id, "%lld", (long long)d->run);
    snprintf(title, sizeof title, "resume %s", id);
    desk_job(d, title, argv, NULL, NULL);
    return AFTER_DRAW;
}

static bool check_value(struct desk *d, void *ctx, const char *text, char *remark, size_t size)
{
    const struct setting *row = ctx;
    const struct store_run *run = &d->facts.run;
    struct settings s = d->settings;
    char assignment[SETTINGS_TEXT + 64];
    struct err e;
    snprintf(assignment, sizeof assignment, "%s=%s", row->name, text);
    if (!settings_assign_live(&s, assignment, &e) ||
        !settings_check_live(&s, run->step, run->epochs > 0 ? run->steps / run->epochs : 0, &e))
        return snprintf(remark, size, "%s", e.msg), false;
    if (row->type == SETTING_INT || row->type == SETTING_FLOAT)
        snprintf(remark, size, "%.10g to %.10g%s%s", row->min, row->max, *row->unit ? " " : "", row->unit);
    return true;
}

static bool assignment_of(struct desk *d, const struct setting *row, const char *text, char *out, size_t size)
{
    char remark[512];
    snprintf(out, size, "%s=%s", row->name, text);
    if (check_value(d, (void *)row, text, remark, sizeof remark)) return true;
    desk_warn(d, "%s", remark);
    return false;
}

static unsigned more_epochs(struct desk *d, void *ctx, const char *text)
{
    char assignment[SETTINGS_TEXT + 64];
    int64_t epochs;
    if (!assignment_of(d, ctx, text, assignment, sizeof assignment)) return AFTER_DRAW;
    if (text_to_int(text, &epochs) && epochs > d->settings.optim.epochs) return resume_job(d, assignment);
    desk_warn(d, "optim.epochs: run %lld has done %lld; give more than that", (long long)d->run,
              (long long)d->settings.optim.epochs);
    return AFTER_DRAW;
}

unsigned live_resume(struct desk *d, void *state)
{
    (void)state;
    char epochs[32];
    switch (d->facts.state) {
    case STORE_RUNNING:
        desk_say(d, "run %lld is running", (long long)d->run);
        return AFTER_DRAW;
    case STORE_PAUSED:
        return live_ask(d, "resume", NULL);
    case STORE_FINISHED:
        if (!d->settings_known) return resume_job(d, NULL); /* which says why not */
        snprintf(epochs, sizeof epochs, "%lld", (long long)(2 * d->settings.optim.epochs));
        desk_ask(d, &(struct desk_question){ .label = "finished; epochs in all: ",
                                             .initial = epochs,
                                             .done = more_epochs,
                                             .check = check_value,
                                             .ctx = (void *)settings_find("optim.epochs", NULL) });
        return AFTER_DRAW;
    default:
        return resume_job(d, NULL);
    }
}

/* ---- live settings --------------------------------------------------------------------------------------- */

static unsigned give_value(struct desk *d, void *ctx, const char *text)
{
    char assignment[SETTINGS_TEXT + 64];
    if (assignment_of(d, ctx, text, assignment, sizeof assignment)) live_ask(d, "set", assignment);
    return AFTER_DRAW;
}

/* The i-th setting that may change; NULL beyond. */
static const struct setting *live_row(int i)
{
    size_t n;
    const struct setting *rows = settings_table(&n);
    for (size_t k = 0; k < n; k++)
        if (rows[k].change == SETTING_LIVE && i-- == 0) return &rows[k];
    return NULL;
}

static unsigned choose_setting(struct desk *d, void *ctx, int i)
{
    (void)ctx;
    const struct setting *row = live_row(i);
    char label[96], value[SETTINGS_TEXT];
    settings_get(&d->settings, row, value);
    snprintf(label, sizeof label, "%s = ", row->name);
    desk_ask(d, &(struct desk_question){
                    .label = label, .initial = value, .done = give_value, .check = check_value, .ctx = (void *)row });
    return AFTER_DRAW;
}

unsigned live_settings(struct desk *d, void *state)
{
    enum { MOST = 64, WIDTH = 160 };
    char lines[MOST][WIDTH], title[64];
    const char *rows[MOST + 1];
    int n = 0;
    (void)state;
    if (d->facts.state != STORE_RUNNING && d->facts.state != STORE_PAUSED) return live_ask(d, "set", NULL);
    if (!d->settings_known) {
        desk_warn(d, "run %lld: its settings are not understood by this version", (long long)d->run);
        return AFTER_DRAW;
    }
    for (const struct setting *row; n < MOST && (row = live_row(n)); n++) {
        char value[SETTINGS_TEXT];
        settings_get(&d->settings, row, value);
        snprintf(lines[n], WIDTH, "%-26s %-10.24s %s", row->name, value, row->help);
        rows[n] = lines[n];
    }
    rows[n] = NULL;
    snprintf(title, sizeof title, "change while run %lld goes on", (long long)d->run);
    desk_menu(d, title, rows, 0, choose_setting, NULL);
    return AFTER_DRAW;
}

bool live_awaits(const struct desk *d)
{
    for (int i = 0; i < ASKED_MOST; i++)
        if (d->inside->asked[i].command) return true;
    return false;
}
