/* Passes keys to the open dialog, to the screen, or to the actions that every screen has. */
#include "views/workbench/dispatch.h"

#include "store/run.h"
#include "views/terminal/keys.h"
#include "views/workbench/advice.h"
#include "views/workbench/command_line.h"
#include "views/workbench/dialog_keys.h"
#include "views/workbench/film.h"
#include "views/workbench/frame.h"
#include "views/workbench/keymap.h"
#include "views/workbench/message.h"
#include "views/workbench/panes.h"
#include "views/workbench/refresh.h"
#include "views/workbench/run_control.h"
#include "views/workbench/show.h"
#include "views/workbench/store_access.h"
#include "views/workbench/workbench.h"

static unsigned act(struct workbench *wb, const struct key_bind *k, bool own)
{
    if (k->needs & NEEDS_RUN && !wb->selection.run) {
        message_warn(wb, "%s: no run is chosen; 1 shows the runs", k->name);
        return AFTER_DRAW;
    }
    if (k->needs & NEEDS_WRITE && wb->read_only) {
        message_warn_read_only(wb, k->name);
        return AFTER_DRAW;
    }
    if (k->needs & NEEDS_WRITE && !store_access_check(wb)) return AFTER_DRAW;
    if (own && wb->screens[wb->show->current]->needs_run && !wb->selection.run) return AFTER_DRAW;
    if (own && (wb->screens[wb->show->current]->needs_run || k->needs & NEEDS_WRITE))
        refresh_before_key(wb, NEWS_RUN | NEWS_STORE);
    return k->act(wb, own ? show_state(wb) : NULL, k->argument);
}

unsigned dispatch_key(struct workbench *wb, int key)
{
    const struct screen *v = wb->screens[wb->show->current];
    bool own;
    message_heed(wb);
    if (film_stop(wb)) return AFTER_DRAW;
    if (wb->dialogs->front.kind) return dialog_key(wb, key);
    show_open(wb, wb->show->current);
    refresh_before_key(wb, NEWS_OPEN);
    if (v->key && show_state(wb) && (!v->needs_run || wb->selection.run)) {
        unsigned after = v->key(wb, show_state(wb), key);
        if (!(after & AFTER_UNUSED)) return after;
    }
    const struct key_bind *k = keymap_find(wb->keymap, wb->show->current, key, &own);
    if (k) return act(wb, k, own);
    for (int i = 0; wb->screens[i]; i++)
        if (wb->screens[i]->digit && wb->screens[i]->digit == key) {
            show_nth_screen(wb, i);
            return AFTER_DRAW;
        }
    char name[KEYS_NAME];
    message_say(wb, "%s does nothing here; ? lists the keys of this screen", keys_name(key, name));
    return AFTER_DRAW;
}

void dispatch_paste(struct workbench *wb, const char *text)
{
    if (!dialog_paste(wb, text)) message_say(wb, "what was pasted is left out: no line is being typed here");
    wb->frame->dirty = true;
}

static unsigned on_next(struct workbench *wb, void *state, int by)
{
    int n = 0;
    if (by > 0 && panes_two(wb)) return panes_on_other(wb, state, 0);
    while (wb->screens[n]) n++;
    show_nth_screen(wb, (wb->show->current + by + n) % n);
    return AFTER_DRAW;
}

static unsigned on_repaint(struct workbench *wb, void *state, int argument)
{
    (void)state, (void)argument;
    wb->frame->repaint = true;
    return AFTER_DRAW | AFTER_READ;
}

/* Goes back to the previous screen. On Runs a message says which key leaves the workbench. */
static unsigned on_back(struct workbench *wb, void *state, int argument)
{
    (void)state, (void)argument;
    int runs = screen_index(wb->screens, "runs");
    if (wb->show->current == runs) {
        message_say(wb, "Q leaves mlvicx; runs go on without it");
        return AFTER_DRAW;
    }
    show_nth_screen(wb, wb->show->before >= 0 && wb->show->before != wb->show->current ? wb->show->before : runs);
    wb->show->before = runs;
    return AFTER_DRAW;
}

static unsigned on_quit(struct workbench *wb, void *state, int argument)
{
    (void)state, (void)argument;
    wb->quit = true;
    return AFTER_NOTHING;
}

static unsigned on_help(struct workbench *wb, void *state, int argument)
{
    (void)state, (void)argument;
    show_screen(wb, "help");
    return AFTER_DRAW;
}

static unsigned on_new(struct workbench *wb, void *state, int argument)
{
    (void)state, (void)argument;
    show_screen(wb, "new");
    return AFTER_DRAW;
}

/* Shows the next older or newer run, without going back to the list. */
static unsigned on_run(struct workbench *wb, void *state, int by)
{
    (void)state;
    struct err e;
    int64_t from = wb->selection.run ? wb->selection.run : INT64_MAX, other;
    if (!store_run_beside(wb->store, from, by > 0 && wb->selection.run, &other, &e))
        return message_fail(wb, &e), AFTER_DRAW;
    if (other)
        show_run(wb, other);
    else
        message_say(wb, "there is no %s run", by > 0 ? "newer" : "older");
    return AFTER_DRAW | AFTER_READ;
}

const struct key_bind dispatch_keys[] = {
    { ':', 0, "command", "command", "type a command: the verbs of the command line, and more (Tab completes)",
      command_line_ask, 0, 0 },
    { '?', KEYS_F1, "help", "help", "keys of this screen, and what its numbers mean", on_help, 0, 0 },
    { 'q', KEYS_ESCAPE, "back", "back", "back to the screen before", on_back, 0, 0 },
    { 'Q', KEYS_CTRL('c'), "quit", NULL, "leave mlvicx; runs go on without it", on_quit, 0, 0 },
    { KEYS_TAB, 0, "next-screen", NULL, "the next screen; of two side by side the other one", on_next, 0, 1 },
    { '|', 0, "split", NULL, "two screens side by side, on 160 columns and more", panes_on_split, 0, 0 },
    { KEYS_CTRL('w'), 0, "other-screen", NULL, "of two screens side by side the other one", panes_on_other, 0, 0 },
    { KEYS_BACK_TAB, 0, "previous-screen", NULL, "the screen to the left", on_next, 0, -1 },
    { 'P', 0, "pause", "pause", "pause the shown run between two steps", run_control_pause, NEEDS_RUN | NEEDS_WRITE,
      0 },
    { 'R', 0, "resume", "resume", "go on with the shown run: paused, stopped, failed, lost; or give it more epochs",
      run_control_resume, NEEDS_RUN | NEEDS_WRITE, 0 },
    { 'S', 0, "stop", NULL, "stop the shown run with a checkpoint, or take it out of the queue (asks); R goes on",
      run_control_stop, NEEDS_RUN | NEEDS_WRITE, 0 },
    { 'C', 0, "checkpoint", NULL, "save the shown run now", run_control_checkpoint, NEEDS_RUN | NEEDS_WRITE, 0 },
    { 'L', 0, "set", NULL, "change a setting of the shown run while it goes on", run_control_settings,
      NEEDS_RUN | NEEDS_WRITE, 0 },
    { '!', KEYS_ENTER, "advice", NULL,
      "do what the alarm line says: its run, and the setting that it advises, filled in", advice_on_follow, 0, 0 },
    { 'N', 0, "new", NULL, "begin a new run", on_new, NEEDS_WRITE, 0 },
    { '<', 0, "older-run", NULL, "show the next older run", on_run, 0, -1 },
    { '>', 0, "newer-run", NULL, "show the next newer run", on_run, 0, 1 },
    { KEYS_CTRL('l'), 0, "repaint", NULL, "draw everything anew", on_repaint, 0, 0 },
    { 0 },
};
