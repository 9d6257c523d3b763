/* Keys reach what they mean: the dialog that is open, the screen, or what every screen has. */
#include "views/workbench/inside.h"

#include "store/run.h"
#include "views/terminal/keys.h"
#include "views/workbench/live.h"

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
    if (own && d->inside->screens[d->inside->view]->needs_run && !d->run) return AFTER_DRAW;
    return k->act(d, own ? desk_state(d) : NULL);
}

unsigned desk_key(struct desk *d, int key)
{
    struct desk_inside *in = d->inside;
    const struct view_ops *v = d->inside->screens[in->view];
    bool own;
    if (in->message_bad) in->message[0] = '\0', in->message_bad = false, in->dirty = true;
    if (in->modal.kind) return modal_key(d, key);
    desk_open_view(d, in->view);
    if (v->key && desk_state(d) && (!v->needs_run || d->run)) {
        unsigned after = v->key(d, desk_state(d), key);
        if (!(after & AFTER_UNUSED)) return after;
    }
    const struct key_bind *k = keymap_find(&in->keymap, in->view, key, &own);
    if (k) return act(d, k, own);
    for (int i = 0; d->inside->screens[i]; i++)
        if (d->inside->screens[i]->digit && d->inside->screens[i]->digit == key) {
            desk_show_nth(d, i);
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

static unsigned go(struct desk *d, int by)
{
    int n = 0;
    while (d->inside->screens[n]) n++;
    desk_show_nth(d, (d->inside->view + by + n) % n);
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
    int runs = view_index(d->inside->screens, "runs");
    if (in->view == runs) {
        desk_say(d, "Q leaves mlvicx; runs go on without it");
        return AFTER_DRAW;
    }
    desk_show_nth(d, in->before >= 0 && in->before != in->view ? in->before : runs);
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
