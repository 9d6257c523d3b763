/* What is shown: which run, screen, step and level. */
#include "views/workbench/inside.h"

void desk_show_run(struct desk *d, int64_t run)
{
    if (run != d->run) {
        d->run = run;
        d->step = -1;
        fresh_run(d);
        desk_remember_int(d, "run", run);
        desk_tell(d, NEWS_RUN | NEWS_STEP);
    }
    d->inside->dirty = true;
}

void desk_show_nth(struct desk *d, int view)
{
    struct desk_inside *in = d->inside;
    if (view < 0 || view == in->view) return;
    if (view == in->beside && panes_two(d)) {
        panes_exchange(d);
        return;
    }
    if (view == in->beside) in->beside = -1;
    in->before = in->view;
    in->view = view;
    in->dirty = true;
    desk_remember(d, "view", d->inside->screens[view]->name);
}

void desk_show_view(struct desk *d, const char *view)
{
    desk_show_nth(d, view_index(d->inside->screens, view));
}

void desk_clone(struct desk *d, int64_t run)
{
    d->clone = run;
    desk_tell(d, NEWS_RUN);
    desk_show_view(d, "new");
}

void desk_set_step(struct desk *d, int64_t step)
{
    d->step = step;
    desk_tell(d, NEWS_STEP);
}

void desk_set_level(struct desk *d, enum levels_level level)
{
    d->level = level;
    desk_remember_int(d, "level", level);
    desk_tell(d, NEWS_STEP);
}
