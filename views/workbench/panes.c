/* Two screens side by side on a wide terminal: one has the keys, the other is drawn beside it. */
#include "views/workbench/inside.h"
#include "views/workbench/layout.h"

enum { PANES_WIDTH = 160 };

bool panes_two(const struct desk *d)
{
    return d->inside->beside >= 0 && d->inside->canvas.w >= PANES_WIDTH;
}

void panes_keep(struct desk *d)
{
    desk_remember(d, "beside", d->inside->beside >= 0 ? d->inside->screens[d->inside->beside]->name : "");
    desk_remember(d, "view", d->inside->screens[d->inside->view]->name);
}

void panes_exchange(struct desk *d)
{
    struct desk_inside *in = d->inside;
    int view = in->view;
    in->view = in->beside;
    in->beside = view;
    in->right = !in->right;
    in->dirty = true;
    panes_keep(d);
}

struct area panes_area(const struct area *screen, bool right)
{
    int half = screen->w / 2;
    return right ? area_sub(screen, 0, half + 1, screen->h, screen->w - half - 1)
                 : area_sub(screen, 0, 0, screen->h, half);
}

void panes_size(const struct desk *d, int view, int *h, int *w)
{
    const struct desk_inside *in = d->inside;
    struct area all = { NULL, 0, 0, layout_frame(in->canvas.h, in->alarm_rows).screen_h, in->canvas.w };
    if (panes_two(d)) all = panes_area(&all, view == in->view ? in->right : !in->right), all.h--;
    *h = all.h;
    *w = all.w;
}

unsigned panes_on_split(struct desk *d, void *state)
{
    struct desk_inside *in = d->inside;
    (void)state;
    if (panes_two(d)) {
        in->beside = -1;
        in->right = false;
        panes_keep(d);
    } else if (in->canvas.w < PANES_WIDTH) {
        desk_say(d, "two screens side by side need %d columns; here are %d", PANES_WIDTH, in->canvas.w);
    } else {
        int n = 0;
        while (d->inside->screens[n]) n++;
        in->beside = in->before >= 0 && in->before != in->view ? in->before : (in->view + 1) % n;
        panes_exchange(d);
        desk_say(d, "digits choose this screen, tab goes to the other one, | closes the other one");
    }
    for (int i = 0; d->inside->screens[i]; i++) in->news[i] |= NEWS_SIZE;
    return AFTER_DRAW;
}

unsigned panes_on_other(struct desk *d, void *state)
{
    (void)state;
    if (panes_two(d))
        panes_exchange(d);
    else
        desk_say(d, "one screen is shown; | shows two on a wide terminal");
    return AFTER_DRAW;
}
