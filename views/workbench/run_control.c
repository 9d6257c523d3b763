#include "views/workbench/run_control.h"

#include <stdio.h>

#include "engine/base/text.h"
#include "store/command.h"
#include "views/workbench/dialogs.h"
#include "views/workbench/jobs.h"
#include "views/workbench/message.h"
#include "views/workbench/requests.h"
#include "views/workbench/show.h"
#include "views/workbench/workbench.h"

unsigned run_control_ask(struct workbench *wb, const char *verb, const char *argument)
{
    const struct store_unanswered *u = store_command_unanswered(wb->selection.summary.state);
    if (!wb->selection.run)
        message_warn(wb, "%s: no run is chosen", verb);
    else if (u)
        message_warn(wb, "%s: run %lld %s%s%s", verb, (long long)wb->selection.run, u->why, u->resumed ? "; R " : "",
                     u->resumed ? u->resumed : "");
    else
        requests_send(wb, wb->selection.run, verb, argument);
    return AFTER_DRAW;
}

/* ---- the keys -------------------------------------------------------------------------------------------- */

unsigned run_control_pause(struct workbench *wb, void *state, int argument)
{
    (void)state, (void)argument;
    if (wb->selection.summary.state != STORE_PAUSED) return run_control_ask(wb, "pause", NULL);
    message_say(wb, "run %lld is paused already; R goes on", (long long)wb->selection.run);
    message_of_runs(wb);
    return AFTER_DRAW;
}

/* A queued run has no worker: it is removed from the queue. */
static unsigned stop_agreed(struct workbench *wb, void *ctx)
{
    char id[24], title[48];
    const char *argv[] = { "queue", "drop", id, NULL };
    (void)ctx;
    if (wb->selection.summary.state != STORE_QUEUED) return run_control_ask(wb, "stop", NULL);
    snprintf(id, sizeof id, "%lld", (long long)wb->selection.run);
    snprintf(title, sizeof title, "queue drop %s", id);
    job_start(wb, title, argv, NULL, NULL);
    return AFTER_DRAW;
}

unsigned run_control_stop(struct workbench *wb, void *state, int argument)
{
    char question[STORE_NAME + 80];
    bool queued = wb->selection.summary.state == STORE_QUEUED;
    (void)argument;
    (void)state;
    if (!queued && store_command_unanswered(wb->selection.summary.state))
        return run_control_ask(wb, "stop", NULL); /* which says why not */
    snprintf(question, sizeof question,
             queued ? "take run %lld %s out of the queue?" : "stop run %lld %s with a checkpoint?",
             (long long)wb->selection.run, wb->selection.summary.run.name);
    dialog_confirm(wb, question, stop_agreed, NULL);
    return AFTER_DRAW;
}

unsigned run_control_checkpoint(struct workbench *wb, void *state, int argument)
{
    (void)state, (void)argument;
    return run_control_ask(wb, "checkpoint", NULL);
}

static unsigned resume_job(struct workbench *wb, const char *assignment)
{
    char id[24], title[48];
    const char *argv[] = { "resume", id, "--detach", assignment ? "--set" : NULL, assignment, NULL };
    snprintf(id, sizeof id, "%lld", (long long)wb->selection.run);
    snprintf(title, sizeof title, "resume %s", id);
    job_start(wb, title, argv, NULL, NULL);
    return AFTER_DRAW;
}

static bool check_value(struct workbench *wb, void *ctx, const char *text, char *remark, size_t size)
{
    const struct setting *row = ctx;
    const struct store_run *run = &wb->selection.summary.run;
    struct settings s = wb->selection.settings;
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

static bool assignment_of(struct workbench *wb, const struct setting *row, const char *text, char *out, size_t size)
{
    char remark[512];
    snprintf(out, size, "%s=%s", row->name, text);
    if (check_value(wb, (void *)row, text, remark, sizeof remark)) return true;
    message_warn(wb, "%s", remark);
    return false;
}

static unsigned more_epochs(struct workbench *wb, void *ctx, const char *text)
{
    char assignment[SETTINGS_TEXT + 64];
    int64_t epochs;
    if (!assignment_of(wb, ctx, text, assignment, sizeof assignment)) return AFTER_DRAW;
    if (text_to_int(text, &epochs) && epochs > wb->selection.settings.optim.epochs) return resume_job(wb, assignment);
    message_warn(wb, "optim.epochs: run %lld has done %lld; give more than that", (long long)wb->selection.run,
                 (long long)wb->selection.settings.optim.epochs);
    return AFTER_DRAW;
}

unsigned run_control_resume(struct workbench *wb, void *state, int argument)
{
    (void)state, (void)argument;
    char epochs[32];
    switch (wb->selection.summary.state) {
    case STORE_RUNNING:
        message_say(wb, "run %lld is running", (long long)wb->selection.run);
        message_of_runs(wb);
        return AFTER_DRAW;
    case STORE_PAUSED:
        return run_control_ask(wb, "resume", NULL);
    case STORE_FINISHED:
        if (!wb->selection.settings_known) return resume_job(wb, NULL); /* which says why not */
        snprintf(epochs, sizeof epochs, "%lld", (long long)(2 * wb->selection.settings.optim.epochs));
        dialog_ask(wb, &(struct dialog_question){ .label = "finished; epochs in all: ",
                                                  .initial = epochs,
                                                  .done = more_epochs,
                                                  .check = check_value,
                                                  .ctx = (void *)settings_find("optim.epochs", NULL) });
        return AFTER_DRAW;
    default:
        return resume_job(wb, NULL);
    }
}

/* ---- live settings --------------------------------------------------------------------------------------- */

static unsigned give_value(struct workbench *wb, void *ctx, const char *text)
{
    char assignment[SETTINGS_TEXT + 64];
    if (assignment_of(wb, ctx, text, assignment, sizeof assignment)) run_control_ask(wb, "set", assignment);
    return AFTER_DRAW;
}

/* The i-th setting that may change during a run; NULL beyond. */
static const struct setting *live_row(int i)
{
    size_t n;
    const struct setting *rows = settings_table(&n);
    for (size_t k = 0; k < n; k++)
        if (rows[k].change == SETTING_LIVE && i-- == 0) return &rows[k];
    return NULL;
}

/* A run that has ended takes it as it goes on. */
static unsigned resume_with(struct workbench *wb, void *ctx, const char *text)
{
    char assignment[SETTINGS_TEXT + 64];
    return assignment_of(wb, ctx, text, assignment, sizeof assignment) ? resume_job(wb, assignment) : AFTER_DRAW;
}

static unsigned ask_value(struct workbench *wb, const struct setting *row, const char *value, bool resumes)
{
    char label[96], now[SETTINGS_TEXT];
    settings_get(&wb->selection.settings, row, now);
    snprintf(label, sizeof label, resumes ? "go on with %s = " : "%s = ", row->name);
    dialog_ask(wb, &(struct dialog_question){ .label = label,
                                              .initial = *value ? value : now,
                                              .select = true,
                                              .done = resumes ? resume_with : give_value,
                                              .check = check_value,
                                              .ctx = (void *)row });
    return AFTER_DRAW;
}

static unsigned choose_setting(struct workbench *wb, void *ctx, int i)
{
    (void)ctx;
    return ask_value(wb, live_row(i), "", false);
}

/* Whether settings of the shown run can change now; if not, a message says why. */
static bool can_change(struct workbench *wb)
{
    bool alive = wb->selection.summary.state == STORE_RUNNING || wb->selection.summary.state == STORE_PAUSED;
    if (!alive)
        run_control_ask(wb, "set", NULL); /* which says why not */
    else if (!wb->selection.settings_known)
        message_warn(wb, "run %lld: its settings are not understood by this version", (long long)wb->selection.run);
    return alive && wb->selection.settings_known;
}

unsigned run_control_fill(struct workbench *wb, const struct setting *row, const char *value)
{
    enum store_state is = wb->selection.summary.state;
    bool resumable = is == STORE_STOPPED || is == STORE_FAILED || is == STORE_LOST;
    if (wb->read_only)
        message_warn_read_only(wb, "set");
    else if (row->change != SETTING_LIVE || is == STORE_FINISHED)
        show_clone(wb, wb->selection.run, row, value); /* another run is the only way to have it otherwise */
    else if (resumable && wb->selection.settings_known)
        return ask_value(wb, row, value, true);
    else if (can_change(wb))
        return ask_value(wb, row, value, false);
    return AFTER_DRAW;
}

unsigned run_control_settings(struct workbench *wb, void *state, int argument)
{
    (void)argument;
    enum { MOST = 64, WIDTH = 160 };
    char lines[MOST][WIDTH], title[64];
    const char *rows[MOST + 1];
    int n = 0;
    (void)state;
    if (!can_change(wb)) return AFTER_DRAW;
    for (const struct setting *row; n < MOST && (row = live_row(n)); n++) {
        char value[SETTINGS_TEXT];
        settings_get(&wb->selection.settings, row, value);
        snprintf(lines[n], WIDTH, "%-26s %-10.24s %s", row->name, value, row->help);
        rows[n] = lines[n];
    }
    rows[n] = NULL;
    snprintf(title, sizeof title, "change while run %lld goes on", (long long)wb->selection.run);
    dialog_choose(wb, title, rows, 0, choose_setting, NULL);
    return AFTER_DRAW;
}
