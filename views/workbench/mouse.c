/* The mouse: a click on a tab, on the screen, on the one beside it; the wheel. */
#include "views/workbench/mouse.h"

#include "views/workbench/advice.h"
#include "views/workbench/dialog_keys.h"
#include "views/workbench/dispatch.h"
#include "views/workbench/frame.h"
#include "views/workbench/message.h"
#include "views/workbench/panes.h"
#include "views/workbench/refresh.h"
#include "views/workbench/show.h"
#include "views/workbench/workbench.h"

static bool within(const struct area *a, const struct terminal_event *event)
{
    return event->y >= a->y && event->y < a->y + a->h && event->x >= a->x && event->x < a->x + a->w;
}

unsigned mouse_event(struct workbench *wb, const struct terminal_event *event)
{
    if (event->kind == TERMINAL_CLICK) message_heed(wb);
    if (panes_two(wb) && !wb->dialogs->front.kind && within(&wb->panes->other, event)) {
        panes_exchange(wb);
        refresh_draw(wb); /* so that both know where they are */
    }
    const struct screen *v = wb->screens[wb->show->current];
    const struct area *s = &wb->panes->screen;
    void *state = wb->show->states[wb->show->current];
    int tab = event->y == wb->frame->tabs.y && wb->frame->tabs.h > 0 ? frame_tab_at(wb, event->x) : -1;
    bool wheel = event->kind == TERMINAL_WHEEL;
    int key = !wheel && within(&wb->frame->bar, event) ? frame_key_at(wb, event->x) : 0;
    if (key) return dispatch_key(wb, key);
    if (wb->dialogs->front.kind) return wheel ? dialog_wheel(wb, event->key) : dialog_click(wb, event->y, event->x);
    if (tab >= 0 && !wheel) {
        show_screen(wb, wb->screens[tab]->name);
        return AFTER_DRAW;
    }
    if (!wheel && within(&wb->frame->alarm, event) && advice_run(wb)) return advice_on_follow(wb, NULL, 0);
    if ((v->needs_run && !wb->selection.run) || !state) return AFTER_NOTHING;
    refresh_before_key(wb, NEWS_OPEN);
    if (wheel) return v->wheel ? v->wheel(wb, state, event->key) : AFTER_NOTHING;
    return within(s, event) && v->click ? v->click(wb, state, event->y - s->y, event->x - s->x) : AFTER_NOTHING;
}
