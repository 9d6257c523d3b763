/* The actions of the screen Checkpoints: they change files and rows, and start runs from checkpoints. */
#include <stdio.h>
#include <string.h>

#include "store/database/files.h"
#include "views/screens/checkpoint_rows.h"
#include "views/workbench/dialogs.h"
#include "views/workbench/jobs.h"
#include "views/workbench/message.h"
#include "views/workbench/show.h"
#include "views/workbench/store_access.h"
#include "views/workbench/workbench.h"

static bool is_live(const struct workbench *wb)
{
    return wb->selection.summary.state == STORE_RUNNING || wb->selection.summary.state == STORE_PAUSED;
}

/* The row that a question was about; NULL, after a message, if it has disappeared since. */
static struct checkpoint_row *asked_row(struct workbench *wb, struct checkpoints *c)
{
    struct checkpoint_row *r = wb->selection.run ? checkpoint_at(c, c->asked) : NULL;
    if (!r) message_warn(wb, "the checkpoint of step %lld is gone; nothing was done", (long long)c->asked);
    return r;
}

static const struct checkpoint_row *ask_about(struct checkpoints *c)
{
    const struct checkpoint_row *r = checkpoint_chosen(c);
    if (r) c->asked = r->file.step;
    return r;
}

unsigned checkpoint_pin(struct workbench *wb, void *state, int argument)
{
    struct checkpoint_row *r = checkpoint_chosen(state);
    struct err e;
    (void)argument;
    if (!r) return AFTER_DRAW;
    if (store_access_begin_write(wb))
        store_access_end_write(
            wb, store_checkpoint_pin(wb->store, wb->selection.run, r->file.step, !r->file.pinned, &e), &e);
    return AFTER_DRAW | AFTER_READ;
}

static unsigned delete_agreed(struct workbench *wb, void *ctx)
{
    struct checkpoints *c = ctx;
    struct checkpoint_row *r = asked_row(wb, c);
    char bytes[16];
    struct err e;
    if (!r) return AFTER_DRAW;
    if (!store_access_begin_write(wb)) return AFTER_DRAW;
    bool ok = store_checkpoint_remove(wb->store, wb->selection.run, r->file.step, &e) &&
              store_checkpoint_name_check(r->file.path, &e) &&
              store_file_remove(wb->store, STORE_RUN, wb->selection.run, r->file.path, &e);
    if (!store_access_end_write(wb, ok, &e)) return AFTER_READ;
    message_say(wb, "the checkpoint of step %lld is gone; %s are free again", (long long)r->file.step,
                text_bytes((double)r->file.bytes, bytes));
    return AFTER_READ;
}

unsigned checkpoint_delete(struct workbench *wb, void *state, int argument)
{
    struct checkpoints *c = state;
    const struct checkpoint_row *r = ask_about(c);
    char question[240];
    int64_t newest = -1;
    (void)argument;
    if (!r) return AFTER_DRAW;
    for (int i = 0; i < c->count; i++)
        if (c->rows[i].file.step > newest) newest = c->rows[i].file.step;
    if (is_live(wb) && r->file.step == newest) {
        message_warn(wb, "delete: step %lld is the newest of a run that is %s: it goes on from there if it is lost",
                     (long long)newest, store_state_name(wb->selection.summary.state));
        return AFTER_DRAW;
    }
    snprintf(question, sizeof question, "delete the checkpoint of step %lld%s%s?", (long long)r->file.step,
             r->file.pinned ? ", which is pinned" : "",
             r->file.step == c->best  ? ", the best one"
             : r->file.step == newest ? ", from which resume would go on"
                                      : "");
    dialog_confirm(wb, question, delete_agreed, c);
    return AFTER_DRAW;
}

/* A job whose only result is that it has finished. */
static void begin(struct workbench *wb, const char *title, const char *const *argv)
{
    job_start(wb, title, argv, NULL, NULL);
}

static unsigned export_named(struct workbench *wb, void *ctx, const char *text)
{
    char run[64], title[160];
    struct checkpoint_row *r = *text ? asked_row(wb, ctx) : NULL;
    if (!r) return AFTER_DRAW;
    snprintf(run, sizeof run, "%lld@%lld", (long long)wb->selection.run, (long long)r->file.step);
    snprintf(title, sizeof title, "encoder of %s to %.60s", run, text);
    begin(wb, title, (const char *[]){ "export", run, "encoder", "-o", text, NULL });
    return AFTER_DRAW;
}

unsigned checkpoint_export(struct workbench *wb, void *state, int argument)
{
    const struct checkpoint_row *r = ask_about(state);
    char name[STORE_NAME + 48], stem[STORE_NAME];
    (void)argument;
    if (!r) return AFTER_DRAW;
    snprintf(name, sizeof name, "%s-%lld-encoder.safetensors", store_run_stem(&wb->selection.summary.run, stem),
             (long long)r->file.step);
    dialog_ask(
        wb,
        &(struct dialog_question){
            .label = "encoder to file: ", .initial = name, .history = "encoder", .done = export_named, .ctx = state });
    return AFTER_DRAW;
}

unsigned checkpoint_evaluate(struct workbench *wb, void *state, int argument)
{
    struct checkpoints *c = state;
    const struct checkpoint_row *r = checkpoint_chosen(c);
    (void)argument;
    if (r) eval_form_open(&c->form, wb, r->file.step);
    return AFTER_DRAW;
}

static unsigned go_back_agreed(struct workbench *wb, void *ctx)
{
    const struct checkpoint_row *r = asked_row(wb, ctx);
    char run[32], step[32], title[96];
    if (!r) return AFTER_DRAW;
    snprintf(run, sizeof run, "%lld", (long long)wb->selection.run);
    snprintf(step, sizeof step, "%lld", (long long)r->file.step);
    snprintf(title, sizeof title, "resume %s from step %s", run, step);
    begin(wb, title, (const char *[]){ "resume", run, "--from", step, "--detach", NULL });
    return AFTER_DRAW;
}

unsigned checkpoint_go_back(struct workbench *wb, void *state, int argument)
{
    const struct checkpoint_row *r = ask_about(state);
    char question[160];
    (void)argument;
    if (!r) return AFTER_DRAW;
    if (is_live(wb)) {
        message_warn(wb, "go back: run %lld is %s; S stops it first, or F begins a run of its own here",
                     (long long)wb->selection.run, store_state_name(wb->selection.summary.state));
        return AFTER_DRAW;
    }
    if (wb->selection.summary.run.step <= r->file.step) return go_back_agreed(wb, state);
    snprintf(question, sizeof question, "go on from step %lld? What was recorded up to step %lld is deleted.",
             (long long)r->file.step, (long long)wb->selection.summary.run.step);
    dialog_confirm(wb, question, go_back_agreed, state);
    return AFTER_DRAW;
}

static void forked(struct workbench *wb, void *ctx, int status, const char *output)
{
    (void)ctx;
    (void)output;
    int64_t run;
    if (status != 0 || !store_run_find(wb->store, "@last", &run, NULL)) return;
    show_run(wb, run);
    message_say(wb, "run %lld goes on from there", (long long)run);
}

/* Changes are entered as KEY=VALUE ...; an empty line keeps the settings. */
static unsigned fork_typed(struct workbench *wb, void *ctx, const char *text)
{
    enum { MOST = 40 };
    const struct checkpoint_row *r = asked_row(wb, ctx);
    char from[64], title[96], words[512], *rest = words;
    const char *argv[MOST + 1];
    int n = 0;
    if (!r) return AFTER_DRAW;
    snprintf(from, sizeof from, "%lld@%lld", (long long)wb->selection.run, (long long)r->file.step);
    snprintf(title, sizeof title, "fork from %s", from);
    snprintf(words, sizeof words, "%s", text);
    argv[n++] = "fork", argv[n++] = from, argv[n++] = "--detach";
    for (char *word; n + 1 < MOST && (word = strsep(&rest, " "));)
        if (*word) argv[n++] = "--set", argv[n++] = word;
    argv[n] = NULL;
    job_start(wb, title, argv, forked, NULL);
    return AFTER_DRAW;
}

unsigned checkpoint_fork(struct workbench *wb, void *state, int argument)
{
    (void)argument;
    if (!ask_about(state)) return AFTER_DRAW;
    dialog_ask(wb, &(struct dialog_question){ .label = "a new run goes on from here; changes (KEY=VALUE ...): ",
                                              .history = "fork",
                                              .done = fork_typed,
                                              .ctx = state });
    return AFTER_DRAW;
}
