/* The mouse: a click on a tab, on the screen, on the one beside it; the wheel. */
#include "views/workbench/inside.h"
#include "views/terminal/keys.h"

static bool within(const struct area *a, const struct term_event *event)
{
    return event->y >= a->y && event->y < a->y + a->h && event->x >= a->x && event->x < a->x + a->w;
}

unsigned mouse_event(struct desk *d, const struct term_event *event)
{
    struct desk_inside *in = d->inside;
    if (panes_two(d) && !in->modal.kind && within(&in->other, event)) {
        panes_exchange(d);
        desk_draw(d); /* so that both know where they are */
    }
    const struct view_ops *v = d->inside->screens[in->view];
    const struct area *s = &in->screen;
    void *state = in->states[in->view];
    int tab = event->y == in->tabs.y && in->tabs.h > 0 ? frame_tab_at(d, event->x) : -1;
    bool wheel = event->kind == TERM_WHEEL;
    if (wheel && (in->modal.kind == MODAL_PAGE || in->modal.kind == MODAL_MENU))
        return modal_key(d, event->key < 0 ? KEYS_UP : KEYS_DOWN);
    if (in->modal.kind) return AFTER_NOTHING;
    if (tab >= 0 && !wheel) {
        desk_show_view(d, d->inside->screens[tab]->name);
        return AFTER_DRAW;
    }
    if ((v->needs_run && !d->run) || !state) return AFTER_NOTHING;
    if (wheel) return v->wheel ? v->wheel(d, state, event->key) : AFTER_NOTHING;
    return within(s, event) && v->click ? v->click(d, state, event->y - s->y, event->x - s->x) : AFTER_NOTHING;
}
