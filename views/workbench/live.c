#include "views/workbench/live.h"

#include <stdio.h>
#include <string.h>

#include "store/command.h"
#include "views/workbench/inside.h"

enum {
    PATIENCE = 10,        /* seconds until a worker that does not answer is said to be busy or gone */
    PATIENCE_UNASKED = 5, /* milliseconds that a write waits which is tried again anyhow */
};

/* ---- asking ---------------------------------------------------------------------------------------------- */

static void forget(struct asked_list *l, int i)
{
    memmove(&l->rows[i], &l->rows[i + 1], (size_t)(--l->count - i) * sizeof *l->rows);
}

/* "set optim.lr=0.1" */
static const char *words(const struct asked *a, char out[sizeof a->verb + sizeof a->argument])
{
    snprintf(out, sizeof a->verb + sizeof a->argument, "%s%s%s", a->verb, *a->argument ? " " : "", a->argument);
    return out;
}

bool live_write(struct desk *d)
{
    struct asked_list *l = &d->inside->asked;
    for (int i = 0; i < l->count; i++) {
        struct asked *a = &l->rows[i];
        struct err e;
        if (a->command) continue;
        store_set_patience(d->store, PATIENCE_UNASKED);
        bool ok = store_command_insert(d->store, a->run, a->verb, *a->argument ? a->argument : NULL, &a->command, &e);
        store_set_patience(d->store, STORE_PATIENCE);
        if (ok) continue;
        a->command = 0;
        d->inside->dirty = true;
        if (e.code == ERR_LOCKED) return false;
        desk_fail(d, &e);
        forget(l, i--);
    }
    return true;
}

bool desk_command(struct desk *d, int64_t run, const char *verb, const char *argument)
{
    struct asked_list *l = &d->inside->asked;
    struct asked a = { .run = run, .at = d->now };
    if (!desk_in_place(d)) return false;
    if (l->count == ASKED_MOST && !l->rows[0].command) {
        desk_warn(d, "run %lld: %s: not asked: %d requests wait already until another program leaves the store",
                  (long long)run, verb, ASKED_MOST);
        return false;
    }
    if (l->count == ASKED_MOST) forget(l, 0); /* not undone */
    snprintf(a.verb, sizeof a.verb, "%s", verb);
    snprintf(a.argument, sizeof a.argument, "%s", argument ? argument : "");
    l->rows[l->count++] = a;
    live_write(d);
    return true;
}

static void report(struct desk *d, const struct asked *a, const struct store_command *c)
{
    char what[sizeof a->verb + sizeof a->argument];
    const char *result = c->result ? c->result : "";
    const char *why = strchr(result, ':') ? strchr(result, ':') + 1 : result;
    if (!strncmp(result, "ok", 2))
        desk_say(d, "run %lld: %s: taken at step %lld", (long long)a->run, words(a, what), (long long)c->step);
    else
        desk_warn(d, "run %lld: %s: not done:%s%s", (long long)a->run, words(a, what), *why == ' ' ? "" : " ", why);
}

/* Nobody answers: the worker is at something long, or gone (true: then there will be no answer). */
static bool complain(struct desk *d, struct asked *a)
{
    struct store_run row;
    char what[sizeof a->verb + sizeof a->argument];
    a->told = true;
    if (!store_run_get(d->store, a->run, &row, NULL)) return false;
    enum store_state state = store_run_state(d->store, &row);
    store_run_clear(&row);
    a->told = state != STORE_UNKNOWN; /* else it is said once one can tell */
    if (!a->told) return false;
    desk_warn(d,
              state == STORE_LOST
                  ? "run %lld: no answer to '%s': the worker is lost; R resumes the run from its newest checkpoint"
                  : "run %lld: no answer to '%s' yet: the worker is busy with a long step; it will still be done",
              (long long)a->run, words(a, what));
    return state == STORE_LOST;
}

void live_watch(struct desk *d)
{
    struct asked_list *l = &d->inside->asked;
    live_write(d);
    for (int i = 0; i < l->count; i++) {
        struct asked *a = &l->rows[i];
        struct store_command c;
        bool over;
        d->inside->dirty = true;
        if (!a->command) continue;
        if (!store_command_get(d->store, a->command, &c, NULL)) {
            forget(l, i--); /* removed with its run */
            continue;
        }
        over = c.done_at > 0;
        if (over)
            report(d, a, &c);
        else if (!a->told && d->now - a->at > PATIENCE)
            over = complain(d, a);
        store_command_clear(&c);
        if (over) forget(l, i--);
    }
}

bool live_waiting(const struct desk *d, char *out, size_t size)
{
    const struct asked *a = d->inside->asked.rows;
    char what[sizeof a->verb + sizeof a->argument];
    if (!d->inside->asked.count) return false;
    snprintf(out, size,
             a->command ? "asked run %lld: %s (%.0f s)"
                        : "run %lld: %s waits until another program leaves the store (%.0f s)",
             (long long)a->run, words(a, what), d->now > a->at ? d->now - a->at : 0);
    return true;
}

/* Why a run's worker cannot be asked: what becomes of the run instead; NULL: it can. */
static const char *no_worker(const struct desk *d)
{
    static const char *const why[STORE_STATE_COUNT] = {
        [STORE_QUEUED] = "waits for its turn; R starts it now",
        [STORE_FINISHED] = "is finished; R gives it more epochs",
        [STORE_STOPPED] = "is stopped; R goes on with it",
        [STORE_FAILED] = "has failed; R goes on from its newest checkpoint",
        [STORE_LOST] = "is lost: its worker ended without a word; R resumes it from its newest checkpoint",
        [STORE_UNKNOWN] = "may go on or not: nobody can tell from what is read here",
    };
    return why[d->facts.state];
}

unsigned live_ask(struct desk *d, const char *verb, const char *argument)
{
    if (!d->run)
        desk_warn(d, "%s: no run is chosen", verb);
    else if (no_worker(d))
        desk_warn(d, "%s: run %lld %s", verb, (long long)d->run, no_worker(d));
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
    if (!queued && no_worker(d)) return live_ask(d, "stop", NULL); /* which says why not */
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
    struct settings s = d->settings;
    struct err e;
    if (!settings_set(&s, row->name, text, &e)) return snprintf(remark, size, "%s", e.msg), false;
    if (!settings_check(&s, &e)) return snprintf(remark, size, "%s", e.msg), false;
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
    return d->inside->asked.count > 0;
}

void live_close(struct desk *d)
{
    const struct asked_list *l = &d->inside->asked;
    if (d->inside->gone || live_write(d)) return;
    for (int i = 0; i < l->count; i++) {
        const struct asked *a = &l->rows[i];
        char what[sizeof a->verb + sizeof a->argument];
        if (!a->command)
            fprintf(stderr, "mlvicx: run %lld: %s: not asked: another program has the store\n", (long long)a->run,
                    words(a, what));
    }
}
