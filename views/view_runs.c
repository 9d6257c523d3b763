/* Runs: the table of all runs. */
#include <stdio.h>
#include <stdlib.h>

#include "views/desk.h"
#include "views/format.h"
#include "views/keys.h"

struct runs {
    struct store_runs list;
    int chosen, top, height;
};

static void runs_close(struct desk *d, void *state)
{
    (void)d;
    store_runs_clear(&((struct runs *)state)->list);
}

static bool runs_read(struct desk *d, void *state, unsigned news)
{
    struct runs *r = state;
    struct err e;
    if (!(news & (NEWS_OPEN | NEWS_STORE))) return true;
    store_runs_clear(&r->list);
    if (!store_run_list(d->store, &r->list, &e)) return desk_fail(d, &e), true;
    for (size_t i = 0; i < r->list.count; i++)
        if (r->list.rows[i].id == d->run) r->chosen = (int)i;
    return true;
}

static void runs_draw(struct desk *d, void *state, const struct area *a)
{
    struct runs *r = state;
    r->height = a->h;
    if (r->chosen < r->top) r->top = r->chosen;
    if (r->chosen >= r->top + a->h) r->top = r->chosen - a->h + 1;
    for (int i = 0; i < a->h && r->top + i < (int)r->list.count; i++) {
        const struct store_run *row = &r->list.rows[r->top + i];
        unsigned ink, paper = r->top + i == r->chosen ? STYLE_PAPER(INK_CHOSEN) : 0;
        uint32_t sign = format_state(store_run_state(d->store, row), &ink);
        area_fill(a, i, 0, 1, a->w, ' ', paper);
        area_printf(a, i, 1, INK_NORMAL | paper, "%5lld", (long long)row->id);
        area_put(a, i, 7, sign, ink | paper);
        area_field(a, i, 9, 24, -1, INK_NORMAL | paper, row->name);
    }
}

static unsigned move(struct desk *d, struct runs *r, int by)
{
    r->chosen += by;
    if (r->chosen >= (int)r->list.count) r->chosen = (int)r->list.count - 1;
    if (r->chosen < 0) r->chosen = 0;
    if (r->list.count) desk_show_run(d, r->list.rows[r->chosen].id);
    return AFTER_DRAW;
}

static unsigned on_up(struct desk *d, void *state)
{
    return move(d, state, -1);
}
static unsigned on_down(struct desk *d, void *state)
{
    return move(d, state, 1);
}

static const struct key_bind keys[] = {
    { KEYS_UP, 'k', "up", NULL, "the run above", on_up, 0 },
    { KEYS_DOWN, 'j', "down", NULL, "the run below", on_down, 0 },
    { 0 },
};

const struct view_ops view_runs = {
    .name = "runs",
    .title = "Runs",
    .brief = "Runs",
    .digit = '1',
    .keys = keys,
    .size = sizeof(struct runs),
    .close = runs_close,
    .read = runs_read,
    .draw = runs_draw,
};
