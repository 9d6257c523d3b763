/* Two screens side by side on a wide terminal: one has the keys, the other is drawn beside it. */
#include "views/workbench/panes.h"

#include "views/workbench/frame.h"
#include "views/workbench/layout.h"
#include "views/workbench/message.h"
#include "views/workbench/preferences.h"
#include "views/workbench/show.h"
#include "views/workbench/workbench.h"

enum { PANES_WIDTH = 160 };

int panes_beside(const struct workbench *wb)
{
    const char *partner = wb->panes->single ? NULL : wb->screens[wb->show->current]->partner;
    if (wb->frame->canvas.w < PANES_WIDTH) return -1;
    return wb->panes->beside >= 0 ? wb->panes->beside : screen_index(wb->screens, partner);
}

bool panes_two(const struct workbench *wb)
{
    return panes_beside(wb) >= 0;
}

static void keep(struct workbench *wb)
{
    preference_set(wb, "beside", wb->panes->beside >= 0 ? wb->screens[wb->panes->beside]->name : "");
    preference_set(wb, "view", wb->screens[wb->show->current]->name);
    preference_set_int(wb, "beside.single", wb->panes->single);
}

void panes_exchange(struct workbench *wb)
{
    int screen = wb->show->current;
    wb->show->current = panes_beside(wb);
    wb->panes->beside = screen;
    wb->panes->right = !wb->panes->right;
    wb->frame->dirty = true;
    keep(wb);
}

struct area panes_area(const struct area *screen, bool right)
{
    int half = screen->w / 2;
    return right ? area_sub(screen, 0, half + 1, screen->h, screen->w - half - 1)
                 : area_sub(screen, 0, 0, screen->h, half);
}

void panes_size(const struct workbench *wb, int screen, int *h, int *w)
{
    struct area all = { NULL, 0, 0, layout_frame(wb->frame->canvas.h, wb->frame->alarm_rows).screen_h,
                        wb->frame->canvas.w };
    if (panes_two(wb))
        all = panes_area(&all, screen == wb->show->current ? wb->panes->right : !wb->panes->right), all.h--;
    *h = all.h;
    *w = all.w;
}

unsigned panes_on_split(struct workbench *wb, void *state, int argument)
{
    (void)state, (void)argument;
    if (panes_two(wb)) {
        wb->panes->beside = -1;
        wb->panes->right = false;
        wb->panes->single = true;
        keep(wb);
    } else if (wb->frame->canvas.w < PANES_WIDTH) {
        message_say(wb, "two screens side by side need %d columns; here are %d", PANES_WIDTH, wb->frame->canvas.w);
    } else {
        int n = 0;
        while (wb->screens[n]) n++;
        wb->panes->single = false;
        wb->panes->beside = wb->show->before >= 0 && wb->show->before != wb->show->current
                                ? wb->show->before
                                : (wb->show->current + 1) % n;
        panes_exchange(wb);
        message_say(wb, "digits choose this screen, tab goes to the other one, | closes the other one");
    }
    for (int i = 0; wb->screens[i]; i++) wb->show->news[i] |= NEWS_SIZE;
    return AFTER_DRAW;
}

unsigned panes_on_other(struct workbench *wb, void *state, int argument)
{
    (void)state, (void)argument;
    if (panes_two(wb))
        panes_exchange(wb);
    else
        message_say(wb, "one screen is shown; | shows two on a wide terminal");
    return AFTER_DRAW;
}
