/* Notifies screens of changes, and draws them on the canvas. */
#include "views/workbench/refresh.h"

#include <stdlib.h>

#include "engine/base/clock.h"
#include "views/workbench/dialogs.h"
#include "views/workbench/frame.h"
#include "views/workbench/freshness.h"
#include "views/workbench/jobs.h"
#include "views/workbench/message.h"
#include "views/workbench/news.h"
#include "views/workbench/panes.h"
#include "views/workbench/preferences.h"
#include "views/workbench/requests.h"
#include "views/workbench/script.h"
#include "views/workbench/show.h"
#include "views/workbench/store_access.h"
#include "views/workbench/workbench.h"

enum {
    LOOK = 1,   /* seconds between two checks whether other programs wrote */
    GROWTH = 3, /* between two checks of runs that only grow: workers commit often, eyes need less */
};

/* Lets a screen read what it has not read yet. */
static void read_one(struct workbench *wb, int screen)
{
    show_open(wb, screen);
    const struct screen *v = wb->screens[screen];
    unsigned news = wb->show->news[screen];
    if (!news || wb->show->failed[screen].code != ERR_OK || (v->needs_run && !wb->selection.run)) return;
    wb->show->news[screen] = 0;
    wb->show->reading = screen;
    panes_size(wb, screen, &wb->screen_h, &wb->screen_w);
    if (v->read && v->read(wb, wb->show->states[screen], news)) wb->frame->dirty = true;
}

static void read_shown(struct workbench *wb)
{
    read_one(wb, wb->show->current);
    if (panes_two(wb)) read_one(wb, panes_beside(wb));
}

void refresh_before_key(struct workbench *wb, unsigned news)
{
    if (wb->show->news[wb->show->current] & news) read_one(wb, wb->show->current);
}

/* Another program wrote: changes are read at once, growth only from time to time. */
static void look_at_store(struct workbench *wb)
{
    double now = clock_seconds();
    bool at_once = !wb->frame->terminal || requests_wait(wb);
    if (!at_once && now - wb->refresh->asked_at < LOOK) return;
    wb->refresh->asked_at = now;
    int64_t change = store_change_counter(wb->store);
    wb->refresh->stale |= change != wb->refresh->change;
    wb->refresh->change = change;
    if (!wb->refresh->stale) return;
    bool rows = freshness_news(wb);
    if (rows) message_runs_changed(wb);
    if (!at_once && now - wb->refresh->looked < GROWTH && !rows) return;
    wb->refresh->stale = false;
    wb->refresh->looked = now;
    freshness_look(wb, NEWS_STORE);
    requests_watch(wb);
}

void refresh_tick(struct workbench *wb, bool second)
{
    wb->now = wb->script->now > 0 ? wb->script->now : clock_wall();
    message_tick(wb);
    look_at_store(wb);
    if (second) {
        store_access_check(wb);
        if (freshness_workers(wb)) freshness_look(wb, NEWS_STORE);
        news_tell(wb, NEWS_SECOND);
        wb->frame->dirty = true;
        requests_watch(wb);
        preferences_write(wb);
    }
    refresh_after(wb, jobs_tend(wb));
    dialog_tend(wb);
    wb->refresh->hurry = false;
    read_shown(wb);
}

void refresh_draw(struct workbench *wb)
{
    int rows = frame_alarm_rows(wb);
    if (rows != wb->frame->alarm_rows) news_tell(wb, NEWS_SIZE);
    wb->frame->alarm_rows = rows;
    read_shown(wb);
    canvas_blank(&wb->frame->canvas);
    frame_draw(wb); /* the screen, and the dialog over it */
    wb->frame->dirty = false;
}

void refresh_after(struct workbench *wb, unsigned after)
{
    if (after & AFTER_READ) {
        freshness_look(wb, NEWS_STORE); /* this program's own writes do not change store_change_counter */
        wb->show->news[wb->show->current] |= NEWS_STEP;
    }
    if (after & (AFTER_DRAW | AFTER_READ)) wb->frame->dirty = true;
}

bool refresh_resize(struct workbench *wb, int rows, int columns)
{
    if (!wb->frame->terminal && !canvas_resize(&wb->frame->canvas, rows, columns)) return false;
    news_tell(wb, NEWS_SIZE);
    wb->frame->dirty = true;
    return true;
}
