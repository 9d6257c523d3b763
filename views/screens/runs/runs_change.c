#include "views/screens/runs/runs_change.h"
#include <stdio.h>
#include <string.h>

#include "engine/base/clock.h"
#include "engine/base/text.h"
#include "store/run.h"
#include "store/trash.h"
#include "views/workbench/dialogs.h"
#include "views/workbench/jobs.h"
#include "views/workbench/marks.h"
#include "views/workbench/message.h"
#include "views/workbench/show.h"
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

/* The runs that a question is about: where the run is marked, all that are. */
struct doomed {
    int64_t ids[SELECTION_MARKS + 1];
    int count;
};

static void choose_doomed(const struct workbench *wb, int64_t run, struct doomed *d)
{
    *d = (struct doomed){ .ids = { run }, .count = 1 };
    if (!marks_has(wb, run)) return;
    d->count = 0;
    for (int i = 0; i < wb->selection.mark_count; i++) d->ids[d->count++] = wb->selection.marks[i];
}

/* None of them is alive. */
static bool are_idle(struct workbench *wb, const struct doomed *d, struct err *e)
{
    bool ok = true;
    for (int i = 0; ok && i < d->count; i++) {
        struct store_run run;
        if (!store_run_get(wb->store, d->ids[i], &run, e)) return err_wrap(e, "delete");
        enum store_state state = store_run_state(wb->store, &run);
        if (state == STORE_RUNNING || state == STORE_PAUSED)
            ok = err_set(e, ERR_CONFLICT, "delete: run %lld %s is %s; S stops it first", (long long)run.id, run.name,
                         store_state_name(state));
        store_run_clear(&run);
    }
    return ok;
}

static bool trash_all(struct workbench *wb, const struct doomed *d, struct err *e)
{
    double at = clock_wall(); /* one time for all: they come back together */
    bool ok = are_idle(wb, d, e);
    for (int i = 0; ok && i < d->count; i++) {
        ok = store_run_trash(wb->store, d->ids[i], at, e);
        if (ok) marks_suspend(wb, d->ids[i]);
    }
    return ok;
}

static unsigned deleted(struct workbench *wb, void *ctx)
{
    struct err e;
    struct doomed d;
    choose_doomed(wb, asked(ctx), &d);
    if (!store_access_begin_write(wb) || !store_access_end_write(wb, trash_all(wb, &d, &e), &e)) return AFTER_READ;
    show_run(wb, 0); /* until the list shows the one in its place */
    if (d.count == 1)
        message_say(wb, "run %lld is in the trash for %d days; Z brings it back", (long long)d.ids[0],
                    STORE_TRASH_DAYS);
    else
        message_say(wb, "%d runs are in the trash for %d days; Z brings them back", d.count, STORE_TRASH_DAYS);
    message_of_runs(wb);
    return AFTER_READ;
}

unsigned runs_delete(struct workbench *wb, void *state, int argument)
{
    char question[256];
    const struct store_run *run = &wb->selection.summary.run;
    struct doomed d;
    struct err e;
    (void)state, (void)argument;
    choose_doomed(wb, wb->selection.run, &d);
    if (!are_idle(wb, &d, &e)) return message_fail(wb, &e), AFTER_DRAW;
    if (d.count > 1)
        snprintf(question, sizeof question, "trash the %d marked runs, %lld %s among them?", d.count,
                 (long long)wb->selection.run, run->name);
    else
        snprintf(question, sizeof question, "trash run %lld %s, its %lld %s and checkpoints?",
                 (long long)wb->selection.run, run->name, (long long)run->step,
                 text_number(run->step, "step", "steps"));
    dialog_confirm(wb, question, deleted, about(wb));
    return AFTER_DRAW;
}

/* Brings back what was removed last, together. */
static bool restore_last(struct workbench *wb, const struct store_trash *trash, size_t *back, struct err *e)
{
    char name[STORE_NAME];
    for (; *back < trash->count && trash->rows[*back].trashed_at >= trash->rows[0].trashed_at; ++*back)
        if (!store_trash_restore(wb->store, trash->rows[*back].id, name, e)) return false;
    return true;
}

unsigned runs_undo(struct workbench *wb, void *state, int argument)
{
    struct err e;
    struct store_trash trash;
    size_t back = 0;
    char more[64] = "";
    (void)state, (void)argument;
    if (!store_trash_list(wb->store, &trash, &e)) return message_fail(wb, &e), AFTER_DRAW;
    if (!trash.count) {
        message_say(wb, "the trash is empty");
        message_of_runs(wb);
    } else if (store_access_begin_write(wb) && store_access_end_write(wb, restore_last(wb, &trash, &back, &e), &e)) {
        if (trash.count > back) snprintf(more, sizeof more, "; Z again: %zu more", trash.count - back);
        if (back == 1)
            message_say(wb, "run %lld %s is back%s", (long long)trash.rows[0].id, trash.rows[0].name, more);
        else
            message_say(wb, "%zu runs are back%s", back, more);
        message_of_runs(wb);
        show_run(wb, trash.rows[0].id);
    }
    store_trash_clear(&trash);
    return AFTER_READ;
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
