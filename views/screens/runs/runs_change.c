#include "views/screens/runs/runs_change.h"
#include "engine/base/text.h"

#include <stdio.h>
#include <string.h>

#include "engine/base/text.h"
#include "store/run.h"
#include "views/workbench/dialogs.h"
#include "views/workbench/jobs.h"
#include "views/workbench/marks.h"
#include "views/workbench/message.h"
#include "views/workbench/store_access.h"
#include "views/workbench/workbench.h"

/* A question is about the run that was shown when it was asked; by the time of the answer another run may be shown. */
static void *about(const struct workbench *wb)
{
    return (void *)(intptr_t)wb->selection.run;
}
static int64_t asked(const void *ctx)
{
    return (int64_t)(intptr_t)ctx;
}

/* ---- tag ------------------------------------------------------------------------------------------------- */

/* "a -b": tags to add; a minus removes one. */
static bool write_tags(struct workbench *wb, void *ctx, const char *text, struct err *e)
{
    if (!store_begin(wb->store, STORE_FULL, e)) return false;
    for (const char *p = text; *p;) {
        char word[STORE_NAME];
        size_t n = strcspn(p, " ");
        snprintf(word, sizeof word, "%.*s", (int)n, p);
        p += n + strspn(p + n, " ");
        bool minus = *word == '-';
        if (!*word || store_run_tag(wb->store, asked(ctx), word + (minus || *word == '+'), !minus, e)) continue;
        store_rollback(wb->store);
        return false;
    }
    return store_commit(wb->store, e);
}

static unsigned tagged(struct workbench *wb, void *ctx, const char *text)
{
    struct err e;
    if (store_access_begin_write(wb)) store_access_end_write(wb, write_tags(wb, ctx, text, &e), &e);
    return AFTER_READ;
}

/* Tags that other runs have. */
static const char *complete_tag(struct workbench *wb, void *ctx, const char *text, int wanted)
{
    static char line[512]; /* borrowed until the next call */
    struct store_runs all;
    const char *word = strrchr(text, ' ') ? strrchr(text, ' ') + 1 : text;
    struct text seen = { 0 };
    bool found = false;
    (void)ctx;
    if (*word == '+' || *word == '-') word++;
    if (!store_run_list(wb->store, &all, NULL)) return NULL;
    text_add(&seen, " ");
    for (size_t i = 0; i < all.count && !found; i++) {
        for (const char *p = all.rows[i].tags; *p && !found;) {
            size_t n = strcspn(p, " ");
            char key[STORE_NAME + 2];
            snprintf(key, sizeof key, " %.*s ", (int)n, p);
            if (!strncmp(p, word, strlen(word)) && !strstr(text_str(&seen), key)) {
                text_add(&seen, key + 1);
                found = wanted-- == 0;
                if (found) snprintf(line, sizeof line, "%.*s%.*s", (int)(word - text), text, (int)n, p);
            }
            p += n + (p[n] == ' ');
        }
    }
    text_clear(&seen);
    store_runs_clear(&all);
    return found ? line : NULL;
}

unsigned runs_tag(struct workbench *wb, void *state, int argument)
{
    (void)state, (void)argument;
    dialog_ask(wb, &(struct dialog_question){ .label = "tags to add, -tag takes away: ",
                                              .done = tagged,
                                              .history = "tag",
                                              .complete = complete_tag,
                                              .ctx = about(wb) });
    return AFTER_DRAW;
}

/* ---- note, name ------------------------------------------------------------------------------------------ */

static unsigned noted(struct workbench *wb, void *ctx, const char *text)
{
    struct err e;
    if (store_access_begin_write(wb))
        store_access_end_write(wb, store_run_set_note(wb->store, asked(ctx), text, &e), &e);
    return AFTER_READ;
}

unsigned runs_note(struct workbench *wb, void *state, int argument)
{
    (void)state, (void)argument;
    dialog_ask(wb, &(struct dialog_question){
                       .label = "note: ", .initial = wb->selection.summary.run.note, .done = noted, .ctx = about(wb) });
    return AFTER_DRAW;
}

static unsigned renamed(struct workbench *wb, void *ctx, const char *text)
{
    struct err e;
    if (store_access_begin_write(wb)) store_access_end_write(wb, store_run_rename(wb->store, asked(ctx), text, &e), &e);
    return AFTER_READ;
}

static bool check_name(struct workbench *wb, void *ctx, const char *text, char *remark, size_t size)
{
    struct err e;
    (void)wb, (void)ctx;
    if (store_name_check("run", text, &e)) return true;
    snprintf(remark, size, "%s", e.msg);
    return false;
}

unsigned runs_rename(struct workbench *wb, void *state, int argument)
{
    (void)state, (void)argument;
    dialog_ask(wb, &(struct dialog_question){ .label = "name: ",
                                              .initial = wb->selection.summary.run.name,
                                              .done = renamed,
                                              .check = check_name,
                                              .ctx = about(wb) });
    return AFTER_DRAW;
}

/* ---- delete ---------------------------------------------------------------------------------------------- */

static unsigned deleted(struct workbench *wb, void *ctx)
{
    char id[24], title[48];
    const char *argv[] = { "rm", id, "--yes", NULL };
    snprintf(id, sizeof id, "%lld", (long long)asked(ctx));
    snprintf(title, sizeof title, "delete %s", id);
    if (marks_has(wb, asked(ctx))) marks_set(wb, asked(ctx), false);
    job_start(wb, title, argv, NULL, NULL);
    return AFTER_DRAW;
}

unsigned runs_delete(struct workbench *wb, void *state, int argument)
{
    char question[256], steps[32];
    (void)argument;
    (void)state;
    if (wb->selection.summary.state == STORE_RUNNING || wb->selection.summary.state == STORE_PAUSED) {
        message_warn(wb, "delete: run %lld is %s; S stops it first", (long long)wb->selection.run,
                     store_state_name(wb->selection.summary.state));
        return AFTER_DRAW;
    }
    snprintf(steps, sizeof steps, "%lld", (long long)wb->selection.summary.run.step);
    snprintf(question, sizeof question, "delete run %lld %s, its %s %s and checkpoints, for good?",
             (long long)wb->selection.run, wb->selection.summary.run.name, steps,
             text_number(wb->selection.summary.run.step, "step", "steps"));
    dialog_confirm(wb, question, deleted, about(wb));
    return AFTER_DRAW;
}

/* ---- the queue ------------------------------------------------------------------------------------------- */

unsigned runs_queue(struct workbench *wb, void *state, int what)
{
    static const char *const verbs[] = { [RUNS_ENQUEUE] = "add", [RUNS_SOONER] = "up", [RUNS_LATER] = "down" };
    char id[24], title[48];
    const char *argv[] = { "queue", verbs[what], id, NULL };
    (void)state;
    if (what != RUNS_ENQUEUE && wb->selection.summary.state != STORE_QUEUED) {
        message_warn(wb, "queue: run %lld is %s; only queued runs have a place", (long long)wb->selection.run,
                     store_state_name(wb->selection.summary.state));
        return AFTER_DRAW;
    }
    snprintf(id, sizeof id, "%lld", (long long)wb->selection.run);
    snprintf(title, sizeof title, "queue %s %s", verbs[what], id);
    job_start(wb, title, argv, NULL, NULL);
    return AFTER_DRAW;
}
