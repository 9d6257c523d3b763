/* What is shown: which run, screen, step and level. */
#include "views/workbench/show.h"

#include <stdio.h>
#include <stdlib.h>

#include "views/workbench/frame.h"
#include "views/workbench/freshness.h"
#include "views/workbench/message.h"
#include "views/workbench/news.h"
#include "views/workbench/panes.h"
#include "views/workbench/preferences.h"
#include "views/workbench/workbench.h"

void show_run_instead(struct workbench *wb, int64_t run)
{
    if (run != wb->selection.run) {
        wb->selection.run = run;
        wb->selection.step = -1;
        freshness_read(wb);
        preference_set_int(wb, "run", run);
        news_tell(wb, NEWS_RUN | NEWS_STEP);
    }
    wb->frame->dirty = true;
}

void show_run(struct workbench *wb, int64_t run)
{
    wb->show->lost = 0;
    show_run_instead(wb, run);
}

void show_nth_screen(struct workbench *wb, int screen)
{
    if (screen < 0 || screen == wb->show->current) return;
    bool two = panes_two(wb);
    message_leave(wb);
    if (screen == panes_beside(wb)) {
        panes_exchange(wb);
        return;
    }
    if (screen == wb->panes->beside) wb->panes->beside = -1;
    wb->show->before = wb->show->current;
    wb->show->current = screen;
    if (two != panes_two(wb)) news_tell(wb, NEWS_SIZE);
    wb->frame->dirty = true;
    preference_set(wb, "view", wb->screens[screen]->name);
}

void show_screen(struct workbench *wb, const char *screen)
{
    show_nth_screen(wb, screen_index(wb->screens, screen));
}

void show_clone(struct workbench *wb, int64_t run, const struct setting *row, const char *value)
{
    wb->clone = run;
    wb->clone_with.row = row;
    snprintf(wb->clone_with.value, sizeof wb->clone_with.value, "%s", value);
    news_tell(wb, NEWS_RUN);
    show_screen(wb, "new");
}

void show_image(struct workbench *wb, const char *set, uint32_t index)
{
    snprintf(wb->image.set, sizeof wb->image.set, "%s", set);
    wb->image.index = index;
    news_tell(wb, NEWS_DATA);
    show_screen(wb, "images");
}

void show_step(struct workbench *wb, int64_t step)
{
    wb->selection.step = step;
    news_tell(wb, NEWS_STEP);
}

void show_group(struct workbench *wb, const char *keys)
{
    snprintf(wb->selection.group, sizeof wb->selection.group, "%s", keys);
    preference_set(wb, "group", wb->selection.group);
    news_tell(wb, NEWS_X);
}

void show_cursor(struct workbench *wb, int64_t step)
{
    if (panes_two(wb) && step != wb->selection.step) show_step(wb, step);
}

void show_level(struct workbench *wb, enum engine_level level)
{
    wb->selection.level = wb->show->level = level;
    preference_set_int(wb, "level", level);
    news_tell(wb, NEWS_STEP);
}

void show_x(struct workbench *wb, enum x_kind x)
{
    wb->selection.x = x;
    preference_set_int(wb, "x", x);
    news_tell(wb, NEWS_X);
}

void *show_state(struct workbench *wb)
{
    return wb->show->states[wb->show->current];
}

void show_open(struct workbench *wb, int screen)
{
    const struct screen *v = wb->screens[screen];
    if (wb->show->opened[screen]) return;
    wb->show->opened[screen] = true;
    wb->show->states[screen] = calloc(1, v->size + 1);
    struct err *e = &wb->show->failed[screen];
    if (!wb->show->states[screen])
        err_set(e, ERR_MEMORY, "%s: memory ran out", v->title);
    else if (v->open)
        v->open(wb, wb->show->states[screen], e);
    wb->show->news[screen] |= NEWS_OPEN | NEWS_RUN | NEWS_STEP | NEWS_SIZE | NEWS_STORE;
}

void show_close(struct workbench *wb)
{
    struct show *s = wb->show;
    for (int i = 0; wb->screens[i]; i++) {
        if (s->states[i] && wb->screens[i]->close && s->failed[i].code == ERR_OK)
            wb->screens[i]->close(wb, s->states[i]);
        free(s->states[i]);
    }
}
