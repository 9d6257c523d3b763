/* What is new reaches screens, and screens reach the canvas. */
#include "views/workbench/inside.h"

#include <stdlib.h>

#include "engine/base/clock.h"
#include "views/workbench/live.h"

enum {
    LOOK = 1,   /* seconds between two questions whether others wrote                                              */
    GROWTH = 3, /* between two looks at runs that only grow: workers commit many times a second, eyes need less     */
};

void *desk_state(struct desk *d)
{
    return d->inside->states[d->inside->view];
}

void desk_open_view(struct desk *d, int view)
{
    struct desk_inside *in = d->inside;
    const struct view_ops *v = d->inside->screens[view];
    if (in->opened[view]) return;
    in->opened[view] = true;
    in->states[view] = calloc(1, v->size + 1);
    struct err *e = &in->failed[view];
    if (!in->states[view])
        err_set(e, ERR_MEMORY, "%s: memory ran out", v->title);
    else if (v->open)
        v->open(d, in->states[view], e);
    in->news[view] |= NEWS_OPEN | NEWS_RUN | NEWS_STEP | NEWS_SIZE | NEWS_STORE;
}

/* Let a screen read what it has not read yet. */
static void read_one(struct desk *d, int view)
{
    struct desk_inside *in = d->inside;
    desk_open_view(d, view);
    const struct view_ops *v = d->inside->screens[view];
    unsigned news = in->news[view];
    if (!news || in->failed[view].code != ERR_OK || (v->needs_run && !d->run)) return;
    in->news[view] = 0;
    in->reading = view;
    panes_size(d, view, &d->screen_h, &d->screen_w);
    if (v->read && v->read(d, in->states[view], news)) in->dirty = true;
}

static void read_shown(struct desk *d)
{
    read_one(d, d->inside->view);
    if (panes_two(d)) read_one(d, d->inside->beside);
}

/* Others wrote: what changed is read at once, what only grew now and then. */
static void look_at_store(struct desk *d)
{
    struct desk_inside *in = d->inside;
    double now = clock_seconds();
    bool at_once = !in->term || live_awaits(d);
    if (!at_once && now - in->asked_at < LOOK) return;
    in->asked_at = now;
    int64_t change = store_change_counter(d->store);
    in->stale |= change != in->change;
    in->change = change;
    if (!in->stale || !(at_once || now - in->looked >= GROWTH || fresh_news(d))) return;
    in->stale = false;
    in->looked = now;
    fresh_look(d, NEWS_STORE);
    live_watch(d);
}

void desk_tick(struct desk *d, bool second)
{
    struct desk_inside *in = d->inside;
    d->now = in->fixed_now > 0 ? in->fixed_now : clock_wall();
    look_at_store(d);
    if (second) {
        desk_in_place(d);
        if (fresh_workers(d)) fresh_look(d, NEWS_STORE);
        desk_tell(d, NEWS_SECOND);
        in->dirty = true;
        live_watch(d);
        remember_write(d);
        if (in->message_until > 0 && d->now > in->message_until) in->message[0] = '\0';
    }
    desk_after(d, jobs_tend(d));
    in->hurry = false;
    read_shown(d);
}

void desk_draw(struct desk *d)
{
    struct desk_inside *in = d->inside;
    int rows = frame_alarm_rows(d);
    if (rows != in->alarm_rows) desk_tell(d, NEWS_SIZE);
    in->alarm_rows = rows;
    read_shown(d);
    canvas_blank(&in->canvas);
    frame_draw(d); /* the screen too, and what lies over it */
    in->dirty = false;
}

void desk_after(struct desk *d, unsigned after)
{
    if (after & AFTER_READ) {
        fresh_look(d, NEWS_STORE); /* what this program itself wrote is no news to store_change_counter */
        d->inside->news[d->inside->view] |= NEWS_STEP;
    }
    if (after & (AFTER_DRAW | AFTER_READ)) d->inside->dirty = true;
}

bool desk_resize(struct desk *d, int rows, int columns)
{
    if (!d->inside->term && !canvas_resize(&d->inside->canvas, rows, columns)) return false;
    desk_tell(d, NEWS_SIZE);
    d->inside->dirty = true;
    return true;
}
