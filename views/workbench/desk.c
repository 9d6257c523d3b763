/* The loop: wait for a key or for time to pass, let the screen read and act, draw what changed. */
#include "views/workbench/inside.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/clock.h"
#include "store/run.h"
#include "views/analysis/format.h"
#include "views/terminal/keys.h"
#include "views/workbench/live.h"

enum {
    TICK = 250, /* milliseconds between two looks at jobs and answers */
    LOOK = 1,   /* seconds between two questions whether others wrote */
    GROWTH =
        3, /* seconds between two looks at runs that only grow: workers commit many times a second, eyes need less */
    MESSAGE_SECONDS = 6,
};

const char *const desk_level_names[DESK_LEVELS] = { "z", "d", "map1", "map2", "map3", "map4", "map5" };
const char *const desk_level_titles[DESK_LEVELS] = {
    "global z", "local d", "map 1", "map 2", "map 3", "map 4", "map 5"
};

/* ---- messages ------------------------------------------------------------------------------------------ */

static void tell(struct desk *d, bool bad, const char *format, va_list args)
{
    struct desk_inside *in = d->inside;
    vsnprintf(in->message, sizeof in->message, format, args);
    text_clean(in->message);
    in->message_bad = bad;
    in->message_until = bad ? 0 : d->now + MESSAGE_SECONDS;
    in->dirty = true;
}

void desk_say(struct desk *d, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    tell(d, false, format, args);
    va_end(args);
}

void desk_warn(struct desk *d, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    tell(d, true, format, args);
    va_end(args);
}

void desk_warn_read_only(struct desk *d, const char *what)
{
    const char *why = store_remark(d->store);
    desk_warn(d, "%s%sthis store can only be read%s%s%s", what, *what ? ": " : "", *why ? " (" : "", why,
              *why ? ")" : "");
}

bool desk_fail(struct desk *d, const struct err *e)
{
    desk_warn(d, "%s", e->msg);
    return false;
}

/* ---- the run that is shown --------------------------------------------------------------------------------- */

void desk_tell(struct desk *d, unsigned news)
{
    for (int i = 0; views[i]; i++) d->inside->news[i] |= news;
}

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

static void show(struct desk *d, int view)
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
    desk_remember(d, "view", views[view]->name);
}

void desk_show_view(struct desk *d, const char *view)
{
    show(d, views_index(view));
}

void desk_clone(struct desk *d, int64_t run)
{
    d->clone = run;
    desk_tell(d, NEWS_RUN);
    desk_show_view(d, "new");
}

bool desk_asking(const struct desk *d)
{
    return d->inside->modal.kind != MODAL_NONE;
}

bool desk_marked(const struct desk *d, int64_t run)
{
    for (int i = 0; i < d->mark_count; i++)
        if (d->marks[i] == run) return true;
    return false;
}

bool desk_mark(struct desk *d, int64_t run, bool mark)
{
    int n = 0;
    if (mark && !desk_marked(d, run)) {
        if (d->mark_count == DESK_MARKS) {
            desk_warn(d, "%d runs are marked already; space unmarks one", DESK_MARKS);
            return false;
        }
        d->marks[d->mark_count++] = run;
    }
    for (int i = 0; !mark && i < d->mark_count; i++)
        if (d->marks[i] != run) d->marks[n++] = d->marks[i];
    if (!mark) d->mark_count = n;
    desk_tell(d, NEWS_RUN);
    return true;
}

void desk_set_step(struct desk *d, int64_t step)
{
    d->step = step;
    desk_tell(d, NEWS_STEP);
}

void desk_set_level(struct desk *d, enum desk_level level)
{
    d->level = level;
    desk_remember_int(d, "level", level);
    desk_tell(d, NEWS_STEP);
}

/* ---- reading and drawing ------------------------------------------------------------------------------------ */

static void *state_of(struct desk *d)
{
    return d->inside->states[d->inside->view];
}

static void open_view(struct desk *d, int view)
{
    struct desk_inside *in = d->inside;
    const struct view_ops *v = views[view];
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
    open_view(d, view);
    const struct view_ops *v = views[view];
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

void desk_hurry(struct desk *d)
{
    d->inside->hurry = true;
    d->inside->news[d->inside->reading] |= NEWS_MORE;
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

/* ---- keys ------------------------------------------------------------------------------------------------------ */

static unsigned act(struct desk *d, const struct key_bind *k, bool own)
{
    if (k->needs & NEEDS_RUN && !d->run) {
        desk_warn(d, "%s: no run is chosen; 1 shows the runs", k->name);
        return AFTER_DRAW;
    }
    if (k->needs & NEEDS_WRITE && d->read_only) {
        desk_warn_read_only(d, k->name);
        return AFTER_DRAW;
    }
    if (k->needs & NEEDS_WRITE && !desk_in_place(d)) return AFTER_DRAW;
    if (own && views[d->inside->view]->needs_run && !d->run) return AFTER_DRAW;
    return k->act(d, own ? state_of(d) : NULL);
}

unsigned desk_key(struct desk *d, int key)
{
    struct desk_inside *in = d->inside;
    const struct view_ops *v = views[in->view];
    bool own;
    if (in->message_bad) in->message[0] = '\0', in->message_bad = false, in->dirty = true;
    if (in->modal.kind) return modal_key(d, key);
    open_view(d, in->view);
    if (v->key && state_of(d) && (!v->needs_run || d->run)) {
        unsigned after = v->key(d, state_of(d), key);
        if (!(after & AFTER_UNUSED)) return after;
    }
    const struct key_bind *k = keymap_find(&in->keymap, in->view, key, &own);
    if (k) return act(d, k, own);
    for (int i = 0; views[i]; i++)
        if (views[i]->digit && views[i]->digit == key) {
            show(d, i);
            return AFTER_DRAW;
        }
    char name[KEYS_NAME];
    desk_say(d, "%s does nothing here; ? lists the keys of this screen", keys_name(key, name));
    return AFTER_DRAW;
}

void desk_paste(struct desk *d, const char *text)
{
    if (!modal_paste(d, text)) desk_say(d, "what was pasted is left out: no line is being typed here");
    d->inside->dirty = true;
}

void desk_quit(struct desk *d)
{
    d->inside->quit = true;
}

static unsigned go(struct desk *d, int by)
{
    int n = 0;
    while (views[n]) n++;
    show(d, (d->inside->view + by + n) % n);
    return AFTER_DRAW;
}

static unsigned on_next(struct desk *d, void *state)
{
    return panes_two(d) ? panes_on_other(d, state) : go(d, 1);
}
static unsigned on_previous(struct desk *d, void *state)
{
    (void)state;
    return go(d, -1);
}

static unsigned on_repaint(struct desk *d, void *state)
{
    (void)state;
    d->inside->repaint = true;
    return AFTER_DRAW | AFTER_READ;
}

/* Back to the screen before; from Runs, where one came from, this leaves. */
static unsigned on_back(struct desk *d, void *state)
{
    (void)state;
    struct desk_inside *in = d->inside;
    int runs = views_index("runs");
    if (in->view == runs) {
        desk_say(d, "Q leaves mlvicx; runs go on without it");
        return AFTER_DRAW;
    }
    show(d, in->before >= 0 && in->before != in->view ? in->before : runs);
    in->before = runs;
    return AFTER_DRAW;
}

static unsigned on_quit(struct desk *d, void *state)
{
    (void)state;
    desk_quit(d);
    return AFTER_NOTHING;
}

static unsigned on_help(struct desk *d, void *state)
{
    (void)state;
    desk_show_view(d, "help");
    return AFTER_DRAW;
}

static unsigned on_new(struct desk *d, void *state)
{
    (void)state;
    desk_show_view(d, "new");
    return AFTER_DRAW;
}

/* The next older or newer run, without going back to the list. */
static unsigned step_run(struct desk *d, int by)
{
    struct store_runs list;
    struct err e;
    if (!store_run_list(d->store, &list, &e)) return desk_fail(d, &e), AFTER_DRAW;
    int at = -1;
    for (size_t i = 0; i < list.count; i++)
        if (list.rows[i].id == d->run) at = (int)i;
    at = at < 0 ? 0 : at - by; /* newest first */
    if (at >= 0 && at < (int)list.count)
        desk_show_run(d, list.rows[at].id);
    else
        desk_say(d, "there is no %s run", by > 0 ? "newer" : "older");
    store_runs_clear(&list);
    return AFTER_DRAW | AFTER_READ;
}

static unsigned on_older(struct desk *d, void *state)
{
    (void)state;
    return step_run(d, -1);
}
static unsigned on_newer(struct desk *d, void *state)
{
    (void)state;
    return step_run(d, 1);
}

const struct key_bind desk_keys[] = {
    { ':', 0, "command", "command", "type a command: the verbs of the command line, and more (Tab completes)",
      commands_ask, 0 },
    { '?', KEYS_F1, "help", "help", "keys of this screen, and what its numbers mean", on_help, 0 },
    { 'q', KEYS_ESCAPE, "back", "back", "back to the screen before", on_back, 0 },
    { 'Q', KEYS_CTRL('c'), "quit", NULL, "leave mlvicx; runs go on without it", on_quit, 0 },
    { KEYS_TAB, 0, "next-screen", NULL, "the next screen; of two side by side the other one", on_next, 0 },
    { '|', 0, "split", NULL, "two screens side by side, on 160 columns and more", panes_on_split, 0 },
    { KEYS_CTRL('w'), 0, "other-screen", NULL, "of two screens side by side the other one", panes_on_other, 0 },
    { KEYS_BACK_TAB, 0, "previous-screen", NULL, "the screen to the left", on_previous, 0 },
    { 'P', 0, "pause", "pause", "pause the shown run between two steps", live_pause, NEEDS_RUN | NEEDS_WRITE },
    { 'R', 0, "resume", "resume", "go on with the shown run: paused, stopped, failed, lost; or give it more epochs",
      live_resume, NEEDS_RUN | NEEDS_WRITE },
    { 'S', 0, "stop", NULL, "stop the shown run with a checkpoint, or take it out of the queue (asks); R goes on",
      live_stop, NEEDS_RUN | NEEDS_WRITE },
    { 'C', 0, "checkpoint", NULL, "save the shown run now", live_checkpoint, NEEDS_RUN | NEEDS_WRITE },
    { 'L', 0, "set", NULL, "change a setting of the shown run while it goes on", live_settings,
      NEEDS_RUN | NEEDS_WRITE },
    { 'N', 0, "new", NULL, "begin a new run", on_new, NEEDS_WRITE },
    { '<', 0, "older-run", NULL, "show the next older run", on_older, 0 },
    { '>', 0, "newer-run", NULL, "show the next newer run", on_newer, 0 },
    { KEYS_CTRL('l'), 0, "repaint", NULL, "draw everything anew", on_repaint, 0 },
    { 0 },
};

/* ---- opening, the loop, closing ------------------------------------------------------------------------------ */

static bool choose_first(struct desk *d, const struct desk_config *c, struct err *e)
{
    if (!views_check(c->view, e)) return false;
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
    int64_t level = desk_recall_int(d, "level", DESK_Z);
    d->level = level >= 0 && level < DESK_LEVELS ? (enum desk_level)level : DESK_Z;
    int view = views_index(c->view ? c->view : c->run ? "loss" : desk_recall(d, "view", "runs"));
    d->inside->view = view >= 0 ? view : 0;
    d->inside->beside = views_index(desk_recall(d, "beside", ""));
    if (d->inside->beside == d->inside->view) d->inside->beside = -1;
    d->inside->before = views_index("runs");
    fresh_workers(d);
    fresh_look(d, 0);
    return true;
}

/* Keys of the user; what is wrong with them is told, and the rest holds. */
static void read_keymap(struct desk *d)
{
    struct text wrong = { 0 };
    d->inside->keymap.everywhere = desk_keys;
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
    for (int i = 0; views[i]; i++) {
        if (in->states[i] && views[i]->close && in->failed[i].code == ERR_OK) views[i]->close(d, in->states[i]);
        free(in->states[i]);
    }
    remember_write(d);
    jobs_leave(d);
    script_close(d);
    term_close(in->term);
    stderr_restore(d);
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
