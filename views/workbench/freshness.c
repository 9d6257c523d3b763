/* Keeps what screens show equal to the store.
 *
 * Screens keep what they have read, so that a tick costs only what is new. That is valid as long as runs only grow
 * at their end. For everything else there is one rule: at each check the stamps of the shown run, the marked ones
 * and the data sets are compared with those of the previous check. If one differs, screens are notified with
 * NEWS_PAST, NEWS_ROWS or NEWS_DATA and read again. Stamps are read before the rows to which they refer, so a commit
 * in between is seen twice, never missed. */
#include "views/workbench/freshness.h"

#include <stdio.h>
#include <string.h>

#include "store/lock.h"
#include "store/run.h"
#include "store/stamp.h"
#include "views/analysis/format.h"
#include "views/analysis/level_rules.h"
#include "views/workbench/alarm_line.h"
#include "views/workbench/dialogs.h"
#include "views/workbench/frame.h"
#include "views/workbench/marks.h"
#include "views/workbench/message.h"
#include "views/workbench/news.h"
#include "views/workbench/notify.h"
#include "views/workbench/show.h"
#include "views/workbench/workbench.h"

static const double QUIET = 3; /* seconds without a heartbeat after which the worker's own report is read */

/* ---- the shown run ------------------------------------------------------------------------------------------ */

static void read_alarms(struct workbench *wb)
{
    struct store_runs live;
    if (*wb->alarms->waits) {
        snprintf(wb->alarms->text, sizeof wb->alarms->text,
                 "%s; the run goes on and keeps what it has to say. Try: end what keeps it", wb->alarms->waits);
        wb->alarms->ink = INK_WATCH;
    } else if (!wb->selection.run || !alarm_of(wb->store, &wb->selection.summary.run, wb->selection.summary.state,
                                               wb->alarms->text, sizeof wb->alarms->text, &wb->alarms->ink))
        wb->alarms->text[0] = '\0';
    wb->alarms->elsewhere[0] = '\0';
    if (!store_run_list_live(wb->store, &live, NULL)) return;
    if (!alarm_of_any(wb->store, &live, wb->alarms->elsewhere, sizeof wb->alarms->elsewhere, &wb->alarms->elsewhere_ink,
                      &wb->alarms->elsewhere_run))
        wb->alarms->elsewhere[0] = '\0';
    store_runs_clear(&live);
}

/* The level that was asked for, where the run has it. */
static void find_level(struct workbench *wb)
{
    const struct settings *s = &wb->selection.settings;
    wb->selection.level = wb->selection.settings_known
                              ? level_rules_nearest((enum method_kind)s->method.name, s->model.local, wb->show->level)
                              : wb->show->level;
}

void freshness_read(struct workbench *wb)
{
    struct store_run row;
    struct err e;
    int64_t id = wb->selection.run;
    char name[STORE_NAME];
    snprintf(name, sizeof name, "%s", wb->selection.summary.run.id == id ? wb->selection.summary.run.name : "");
    run_summary_clear(&wb->selection.summary);
    wb->selection.summary = (struct run_summary){ 0 };
    wb->selection.settings_known = false;
    if (id && !store_run_get(wb->store, id, &row, &e)) {
        if (e.code == ERR_NOT_FOUND && *name) message_say(wb, "run %lld %s was removed", (long long)id, name);
        if (e.code == ERR_NOT_FOUND) wb->show->lost = id;
        snprintf(wb->show->lost_name, sizeof wb->show->lost_name, "%s", name);
        if (e.code != ERR_NOT_FOUND) message_fail(wb, &e);
        wb->selection.run = id = 0;
        news_tell(wb, NEWS_RUN);
    }
    if (id) {
        if (!run_summary_read(wb->store, &row, &wb->selection.summary, &e)) message_fail(wb, &e);
        settings_init(&wb->selection.settings);
        wb->selection.settings_known =
            wb->selection.summary.run.config &&
            settings_read_ini(&wb->selection.settings, wb->selection.summary.run.config, "", NULL);
        find_level(wb);
    }
    int64_t newest = 0;
    if (!id) wb->freshness->any = store_run_beside(wb->store, INT64_MAX, false, &newest, NULL) && newest;
    read_alarms(wb);
}

/* A run that was shown until it was removed is shown again once it is back. Nothing changes below a question. */
static void show_again(struct workbench *wb)
{
    struct store_run row;
    int64_t run = wb->show->lost;
    if (!run || dialog_open(wb) || !store_run_get(wb->store, run, &row, NULL)) return;
    message_say(wb, "run %lld %s is back", (long long)run, row.name);
    store_run_clear(&row);
    wb->show->lost = 0;
    wb->selection.run = run;
    wb->selection.step = -1;
    news_tell(wb, NEWS_RUN | NEWS_STEP);
}

/* ---- stamps ------------------------------------------------------------------------------------------------- */

static const struct freshness_stamp *before(const struct freshness *f, int64_t run)
{
    for (int i = 0; i < f->count; i++)
        if (f->stamp[i].run == run) return &f->stamp[i];
    return NULL;
}

/* The stamps of the shown run, of encoders that belong to no run, and of the marked runs. */
static bool read_stamps(struct workbench *wb, struct freshness *now, struct err *e)
{
    int64_t runs[FRESHNESS_RUNS] = { wb->selection.run };
    int n = 2;
    for (int i = 0; i < wb->selection.mark_count; i++)
        if (wb->selection.marks[i] != wb->selection.run) runs[n++] = wb->selection.marks[i];
    for (int i = wb->selection.run ? 0 : 1; i < n; i++) {
        struct freshness_stamp *s = &now->stamp[now->count++];
        s->run = runs[i];
        if (!store_run_stamp(wb->store, s->run, &s->stamp, e)) return false;
    }
    return store_runs_stamp(wb->store, &now->runs, e) && store_dataset_stamp(wb->store, &now->data, e);
}

/* The news for screens. */
static unsigned compare(const struct freshness *was, const struct freshness *now)
{
    unsigned news = now->data != was->data ? NEWS_DATA : 0;
    for (int i = 0; i < now->count; i++) {
        const struct freshness_stamp *is = &now->stamp[i], *old = before(was, is->run);
        if (old && old->stamp.past != is->stamp.past) news |= NEWS_PAST | NEWS_ROWS;
        if (old && old->stamp.rows != is->stamp.rows) news |= NEWS_ROWS;
    }
    return news;
}

bool freshness_news(struct workbench *wb)
{
    const struct freshness *f = wb->freshness;
    struct freshness now = { .count = 0 };
    struct err e;
    if (!read_stamps(wb, &now, &e)) return message_fail(wb, &e);
    return now.runs != f->runs || compare(f, &now);
}

/* Marks of runs that no longer exist wait until they are back. */
static void forget_marks(struct workbench *wb, const struct freshness *f)
{
    for (int i = 0; i < f->count; i++)
        if (f->stamp[i].run && !f->stamp[i].stamp.past && marks_has(wb, f->stamp[i].run))
            marks_suspend(wb, f->stamp[i].run);
}

void freshness_look(struct workbench *wb, unsigned news)
{
    struct freshness *f = wb->freshness, now = { .workers = f->workers, .any = f->any };
    struct err e;
    if (!read_stamps(wb, &now, &e)) {
        message_fail(wb, &e);
    } else {
        news |= compare(f, &now);
        *f = now;
        forget_marks(wb, &now);
    }
    marks_return(wb);
    show_again(wb);
    freshness_read(wb);
    if (news & NEWS_PAST && wb->selection.step > wb->selection.summary.run.step)
        wb->selection.step = -1, news |= NEWS_STEP; /* it was taken back */
    news_tell(wb, news);
    wb->frame->dirty = true;
}

/* A worker that can write shows by its heartbeat that it is fine; one that cannot leaves a line in its lock file. */
static bool look_at_note(struct workbench *wb)
{
    char line[sizeof wb->alarms->waits] = "";
    const struct run_summary *f = &wb->selection.summary;
    bool alive = wb->selection.run && (f->state == STORE_RUNNING || f->state == STORE_PAUSED);
    if (alive && wb->now - f->run.heartbeat_at > QUIET)
        store_lock_read_note(wb->store, wb->selection.run, line, sizeof line);
    if (!strcmp(line, wb->alarms->waits)) return false;
    snprintf(wb->alarms->waits, sizeof wb->alarms->waits, "%s", line);
    return true;
}

bool freshness_workers(struct workbench *wb)
{
    bool noted = look_at_note(wb);
    struct store_runs live;
    uint64_t now = 0;
    if (!store_run_list_live(wb->store, &live, NULL)) return false;
    for (size_t i = 0; i < live.count; i++)
        now = now * 31 + (uint64_t)live.rows[i].id * STORE_STATE_COUNT + store_run_state(wb->store, &live.rows[i]);
    notify_runs(wb, &live);
    notify_alarm(wb);
    store_runs_clear(&live);
    bool other = noted || now != wb->freshness->workers;
    wb->freshness->workers = now;
    return other;
}
