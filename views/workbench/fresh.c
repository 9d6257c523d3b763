/* Fresh: what screens keep is what the store says.
 *
 * Screens keep what they read, so that a tick costs what is new. That holds as long as runs only grow at their end. For
 * everything else there is one rule: at each look the stamps of the shown run, the marked ones and the data sets are
 * compared with those of the look before, and where one is another, screens are told NEWS_PAST, NEWS_ROWS or NEWS_DATA
 * and read anew. Stamps are read before the rows that they stand for: what is committed in between is seen twice, never
 * missed. */
#include "views/workbench/inside.h"

#include <stdio.h>
#include <string.h>

#include "store/lock.h"
#include "views/analysis/format.h"
#include "views/workbench/alarm_line.h"

static const double QUIET = 3; /* seconds without a heartbeat after which a worker may have something to say */

/* ---- the shown run ------------------------------------------------------------------------------------------ */

static void read_alarms(struct desk *d)
{
    struct desk_inside *in = d->inside;
    struct store_runs live;
    if (*in->waits) {
        snprintf(in->alarm, sizeof in->alarm,
                 "%s; the run goes on and keeps what it has to say. Try: end what keeps it", in->waits);
        in->alarm_ink = INK_WATCH;
    } else if (!d->run ||
               !alarm_of(d->store, &d->facts.run, d->facts.state, in->alarm, sizeof in->alarm, &in->alarm_ink))
        in->alarm[0] = '\0';
    in->elsewhere[0] = '\0';
    if (!store_run_list_live(d->store, &live, NULL)) return;
    if (!alarm_of_any(d->store, &live, in->elsewhere, sizeof in->elsewhere, &in->elsewhere_ink))
        in->elsewhere[0] = '\0';
    store_runs_clear(&live);
}

void fresh_run(struct desk *d)
{
    struct store_run row;
    struct err e;
    int64_t id = d->run;
    char name[STORE_NAME];
    snprintf(name, sizeof name, "%s", d->facts.run.id == id ? d->facts.run.name : "");
    facts_clear(&d->facts);
    d->facts = (struct run_facts){ 0 };
    d->settings_known = false;
    if (id && !store_run_get(d->store, id, &row, &e)) {
        if (e.code == ERR_NOT_FOUND && *name) desk_say(d, "run %lld %s was removed", (long long)id, name);
        if (e.code != ERR_NOT_FOUND) desk_fail(d, &e);
        d->run = id = 0;
        desk_tell(d, NEWS_RUN);
    }
    if (id) {
        if (!facts_read(d->store, &row, &d->facts, &e)) desk_fail(d, &e);
        settings_init(&d->settings);
        d->settings_known = d->facts.run.config && settings_read_ini(&d->settings, d->facts.run.config, "", NULL);
    }
    read_alarms(d);
}

/* ---- stamps ------------------------------------------------------------------------------------------------- */

static const struct fresh_stamp *before(const struct fresh *f, int64_t run)
{
    for (int i = 0; i < f->count; i++)
        if (f->stamp[i].run == run) return &f->stamp[i];
    return NULL;
}

/* The shown run, encoders that are no run's, the marked runs. */
static bool read_stamps(struct desk *d, struct fresh *now, struct err *e)
{
    int64_t runs[FRESH_RUNS] = { d->run };
    int n = 2;
    for (int i = 0; i < d->mark_count; i++)
        if (d->marks[i] != d->run) runs[n++] = d->marks[i];
    for (int i = d->run ? 0 : 1; i < n; i++) {
        struct fresh_stamp *s = &now->stamp[now->count++];
        s->run = runs[i];
        if (!store_run_stamp(d->store, s->run, &s->stamp, e)) return false;
    }
    return store_runs_stamp(d->store, &now->runs, e) && store_dataset_stamp(d->store, &now->data, e);
}

/* What screens are to be told of it. */
static unsigned compare(const struct fresh *was, const struct fresh *now)
{
    unsigned news = now->data != was->data ? NEWS_DATA : 0;
    for (int i = 0; i < now->count; i++) {
        const struct fresh_stamp *is = &now->stamp[i], *old = before(was, is->run);
        if (old && old->stamp.past != is->stamp.past) news |= NEWS_PAST | NEWS_ROWS;
        if (old && old->stamp.rows != is->stamp.rows) news |= NEWS_ROWS;
    }
    return news;
}

bool fresh_news(struct desk *d)
{
    const struct fresh *f = &d->inside->fresh;
    struct fresh now = { .count = 0 };
    struct err e;
    if (!read_stamps(d, &now, &e)) return desk_fail(d, &e);
    return now.runs != f->runs || compare(f, &now);
}

/* A marked run that is gone is marked no longer. */
static void forget_marks(struct desk *d, const struct fresh *f)
{
    for (int i = 0; i < f->count; i++)
        if (f->stamp[i].run && !f->stamp[i].stamp.past && desk_marked(d, f->stamp[i].run))
            desk_mark(d, f->stamp[i].run, false);
}

void fresh_look(struct desk *d, unsigned news)
{
    struct fresh *f = &d->inside->fresh, now = { .workers = f->workers };
    struct err e;
    if (!read_stamps(d, &now, &e)) {
        desk_fail(d, &e);
    } else {
        news |= compare(f, &now);
        *f = now;
        forget_marks(d, &now);
    }
    fresh_run(d);
    if (news & NEWS_PAST && d->step > d->facts.run.step) d->step = -1, news |= NEWS_STEP; /* it was taken back */
    desk_tell(d, news);
    d->inside->dirty = true;
}

/* A worker that can write says all is well by its heartbeat; one that cannot leaves a line in its lock. */
static bool look_at_note(struct desk *d)
{
    struct desk_inside *in = d->inside;
    char line[sizeof in->waits] = "";
    const struct run_facts *f = &d->facts;
    bool alive = d->run && (f->state == STORE_RUNNING || f->state == STORE_PAUSED);
    if (alive && d->now - f->run.heartbeat_at > QUIET) store_lock_read_note(d->store, d->run, line, sizeof line);
    if (!strcmp(line, in->waits)) return false;
    snprintf(in->waits, sizeof in->waits, "%s", line);
    return true;
}

bool fresh_workers(struct desk *d)
{
    bool noted = look_at_note(d);
    struct store_runs live;
    uint64_t now = 0;
    if (!store_run_list_live(d->store, &live, NULL)) return false;
    for (size_t i = 0; i < live.count; i++)
        now = now * 31 + (uint64_t)live.rows[i].id * STORE_STATE_COUNT + store_run_state(d->store, &live.rows[i]);
    store_runs_clear(&live);
    bool other = noted || now != d->inside->fresh.workers;
    d->inside->fresh.workers = now;
    return other;
}
