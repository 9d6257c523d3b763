/* Opening the workbench, the loop that waits for a key or for time to pass, closing. */
#include "views/workbench/inside.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/clock.h"
#include "store/run.h"
#include "views/workbench/live.h"

enum { TICK = 250 }; /* milliseconds between two looks at jobs and answers */

static bool choose_first(struct desk *d, const struct desk_config *c, struct err *e)
{
    if (!view_check(c->screens, c->view, e)) return false;
    int64_t run = 0;
    if (c->run && !store_run_find(d->store, c->run, &run, e)) return false;
    if (!run) run = desk_recall_int(d, "run", 0);
    if (run) {
        struct store_run row;
        if (!store_run_get(d->store, run, &row, NULL))
            run = 0;
        else
            store_run_clear(&row);
    }
    if (!run) store_run_find(d->store, "@last", &run, NULL);
    d->run = run;
    d->step = -1;
    int64_t level = desk_recall_int(d, "level", LEVELS_Z);
    d->level = level >= 0 && level < LEVELS_SHOWN ? (enum levels_level)level : LEVELS_Z;
    int view = view_index(d->inside->screens, c->view ? c->view : c->run ? "loss" : desk_recall(d, "view", "runs"));
    d->inside->view = view >= 0 ? view : 0;
    d->inside->beside = view_index(d->inside->screens, desk_recall(d, "beside", ""));
    if (d->inside->beside == d->inside->view) d->inside->beside = -1;
    d->inside->before = view_index(d->inside->screens, "runs");
    fresh_workers(d);
    fresh_look(d, 0);
    return true;
}

/* Keys of the user; what is wrong with them is told, and the rest holds. */
static void read_keymap(struct desk *d)
{
    struct text wrong = { 0 };
    d->inside->keymap = (struct keymap){ .screens = d->inside->screens, .everywhere = desk_keys };
    keymap_open(&d->inside->keymap, d->store, &wrong);
    const char *end = strchr(text_str(&wrong), '\n');
    if (end) desk_warn(d, "%.*s", (int)(end - wrong.data), wrong.data);
    text_clear(&wrong);
}

static bool asked_to_leave(void *ctx)
{
    (void)ctx;
    return term_asked_to_leave();
}

static bool desk_open(struct desk *d, const struct desk_config *c, struct err *e)
{
    struct desk_inside *in = d->inside;
    struct term_options o = { .ascii = c->ascii, .mono = c->mono, .mouse = !c->no_mouse, .background = c->background };
    in->config = c;
    in->screens = c->screens;
    in->stderr_before = -1;
    d->store = c->store;
    store_heed(d->store, asked_to_leave, NULL);
    d->read_only = store_is_read_only(c->store);
    d->now = clock_wall();
    in->change = store_change_counter(d->store);
    if (!choose_first(d, c, e)) return false;
    if (d->read_only) desk_warn_read_only(d, "");
    read_keymap(d);
    if (c->script) {
        d->theme = (struct theme){ c->mono ? THEME_MONO : THEME_256, c->background == 2 };
        in->canvas.ascii = c->ascii;
        if (!canvas_resize(&in->canvas, c->rows, c->columns))
            return err_set(e, ERR_MEMORY, "workbench: memory ran out");
        d->ascii = c->ascii;
        return script_open(d, c->script, e);
    }
    if (!term_open(&o, &in->canvas, &d->theme, &in->term, e)) return false;
    d->ascii = in->canvas.ascii;
    if (*term_remark(in->term)) desk_warn(d, "%s", term_remark(in->term));
    stderr_divert(d);
    return true;
}

static void desk_close(struct desk *d)
{
    struct desk_inside *in = d->inside;
    modal_close_all(d);
    for (int i = 0; d->inside->screens[i]; i++) {
        if (in->states[i] && d->inside->screens[i]->close && in->failed[i].code == ERR_OK)
            d->inside->screens[i]->close(d, in->states[i]);
        free(in->states[i]);
    }
    jobs_leave(d);
    script_close(d);
    term_close(in->term);
    stderr_restore(d);
    remember_close(d); /* it may wait, so that the terminal is given back before */
    live_close(d);
    canvas_clear(&in->canvas);
    facts_clear(&d->facts);
}

static void event_loop(struct desk *d)
{
    struct desk_inside *in = d->inside;
    double last = 0;
    in->dirty = true;
    while (!in->quit) {
        if (in->dirty && !term_pending(in->term)) {
            desk_draw(d);
            term_flush(in->term, in->repaint, in->cursor_y, in->cursor_x);
            in->repaint = false;
        }
        struct term_event event = term_wait(in->term,
                                            in->hurry      ? 1
                                            : desk_jobs(d) ? TICK / 4
                                                           : TICK,
                                            in->modal.kind == MODAL_LINE);
        switch (event.kind) {
        case TERM_KEY:
            desk_after(d, desk_key(d, event.key));
            break;
        case TERM_PASTE:
            desk_paste(d, event.text);
            break;
        case TERM_CLICK:
        case TERM_WHEEL:
            desk_after(d, mouse_event(d, &event));
            break;
        case TERM_RESIZE:
            in->repaint = true;
            desk_resize(d, 0, 0);
            break;
        case TERM_QUIT:
            in->quit = true;
            break;
        case TERM_NOTHING:
            break;
        }
        double now = clock_seconds();
        bool second = now - last >= 1;
        if (second) last = now;
        if (second || event.kind == TERM_NOTHING) desk_tick(d, second);
    }
}

bool desk_run(const struct desk_config *c, struct err *e)
{
    struct desk_inside *in = calloc(1, sizeof *in);
    struct desk d = { .inside = in };
    if (!in) return err_set(e, ERR_MEMORY, "workbench: memory ran out");
    bool ok = desk_open(&d, c, e);
    if (ok && c->script) {
        desk_tick(&d, true);
        while (!in->quit && script_step(&d)) {
        }
        ok = !in->script.failed ? true
                                : err_set(e, ERR_USAGE, "%s: line %d: %s", c->script, in->script.line, in->message);
    } else if (ok) {
        event_loop(&d);
    }
    desk_close(&d);
    free(in);
    return ok;
}
