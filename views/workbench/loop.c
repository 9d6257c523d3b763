/* Opens the workbench, runs the loop that waits for a key or a timeout, and closes it. */
#include "views/workbench/loop.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/clock.h"
#include "engine/base/text.h"
#include "store/run.h"
#include "views/analysis/levels.h"
#include "views/workbench/alarm_line.h"
#include "views/workbench/dialogs.h"
#include "views/workbench/dispatch.h"
#include "views/workbench/error_log.h"
#include "views/workbench/film.h"
#include "views/workbench/frame.h"
#include "views/workbench/freshness.h"
#include "views/workbench/jobs.h"
#include "views/workbench/keymap.h"
#include "views/workbench/marks.h"
#include "views/workbench/message.h"
#include "views/workbench/notify.h"
#include "views/workbench/mouse.h"
#include "views/workbench/panes.h"
#include "views/workbench/preferences.h"
#include "views/workbench/refresh.h"
#include "views/workbench/requests.h"
#include "views/workbench/script.h"
#include "views/workbench/show.h"
#include "views/workbench/store_access.h"
#include "views/workbench/workbench.h"

enum { TICK = 250 }; /* milliseconds between two checks of jobs and answers */

static bool choose_first(struct workbench *wb, const struct workbench_config *c, struct err *e)
{
    if (!screen_check(c->screens, c->screen, e)) return false;
    int64_t run = 0;
    if (c->run && !store_run_find(wb->store, c->run, &run, e)) return false;
    if (!run) run = preference_get_int(wb, "run", 0);
    if (run) {
        struct store_run row;
        if (!store_run_get(wb->store, run, &row, NULL))
            run = 0;
        else
            store_run_clear(&row);
    }
    if (!run) store_run_find(wb->store, "@last", &run, NULL);
    wb->selection.run = run;
    wb->selection.step = -1;
    int64_t level = preference_get_int(wb, "level", LEVEL_Z);
    wb->selection.level = wb->show->level = level >= 0 && level < LEVELS_SHOWN ? (enum engine_level)level : LEVEL_Z;
    const char *group = preference_get(wb, "group", "");
    snprintf(wb->selection.group, sizeof wb->selection.group, "%s", group_check(group, NULL) ? group : "");
    int64_t x = preference_get_int(wb, "x", X_STEP);
    wb->selection.x = x >= 0 && x < X_KINDS ? (enum x_kind)x : X_STEP;
    int screen = screen_index(wb->screens, c->screen ? c->screen
                                           : c->run  ? "loss"
                                                     : preference_get(wb, "view", "runs"));
    wb->show->current = screen >= 0 ? screen : 0;
    wb->panes->beside = screen_index(wb->screens, preference_get(wb, "beside", ""));
    if (wb->panes->beside == wb->show->current) wb->panes->beside = -1;
    wb->panes->single = preference_get_int(wb, "beside.single", 0) != 0;
    wb->show->before = screen_index(wb->screens, "runs");
    freshness_workers(wb);
    freshness_look(wb, 0);
    return true;
}

/* Reads the user's keys; errors in the file are reported, and the valid lines take effect. */
static void read_keymap(struct workbench *wb)
{
    struct text wrong = { 0 };
    *wb->keymap = (struct keymap){ .screens = wb->screens, .everywhere = dispatch_keys };
    keymap_open(wb->keymap, wb->store, &wrong);
    const char *end = strchr(text_str(&wrong), '\n');
    if (end) message_warn(wb, "%.*s", (int)(end - wrong.data), wrong.data);
    text_clear(&wrong);
}

static bool asked_to_leave(void *ctx)
{
    (void)ctx;
    return terminal_asked_to_leave();
}

static bool workbench_open(struct workbench *wb, const struct workbench_config *c, struct err *e)
{
    struct terminal_options o = {
        .ascii = c->ascii, .mono = c->mono, .mouse = !c->no_mouse, .background = c->background, .graphics = c->graphics
    };
    wb->config = c;
    wb->screens = c->screens;
    wb->error_log->before = -1;
    wb->store = wb->selection.store = c->store;
    store_heed(wb->store, asked_to_leave, NULL);
    wb->read_only = store_is_read_only(c->store);
    if (!store_leave_log(c->store, e)) return false;
    wb->now = clock_wall();
    wb->refresh->change = store_change_counter(wb->store);
    if (!choose_first(wb, c, e)) return false;
    marks_recall(wb);
    if (wb->read_only) message_warn_read_only(wb, "");
    read_keymap(wb);
    if (c->script) {
        wb->theme = (struct theme){ c->mono ? THEME_MONO : THEME_256, c->background == 2 };
        wb->frame->canvas.ascii = c->ascii;
        wb->frame->canvas.pictures = c->graphics == GRAPHICS_SYMBOLS ? PICTURES_FINE : PICTURES_HALVES;
        if (!canvas_resize(&wb->frame->canvas, c->rows, c->columns))
            return err_set(e, ERR_MEMORY, "workbench: memory ran out");
        wb->ascii = c->ascii;
        return script_open(wb, c->script, e);
    }
    if (!terminal_open(&o, &wb->frame->canvas, &wb->theme, &wb->frame->terminal, e)) return false;
    wb->ascii = wb->frame->canvas.ascii;
    if (*terminal_remark(wb->frame->terminal)) message_warn(wb, "%s", terminal_remark(wb->frame->terminal));
    error_log_divert(wb);
    return true;
}

static void workbench_close(struct workbench *wb)
{
    dialog_close_all(wb);
    dialog_forget(wb);
    show_close(wb);
    jobs_leave(wb);
    script_close(wb);
    terminal_close(wb->frame->terminal);
    error_log_restore(wb);
    preferences_close(wb); /* it may wait, so the terminal is restored before */
    requests_close(wb);
    canvas_clear(&wb->frame->canvas);
    run_summary_clear(&wb->selection.summary);
}

static void send_frame(struct workbench *wb)
{
    struct frame *f = wb->frame;
    enum canvas_pictures usual = f->canvas.pictures;
    if (wb->film->plays && usual == PICTURES_PIXELS)
        f->canvas.pictures = PICTURES_FINE; /* only the cells that change are sent: more frames a second */
    refresh_draw(wb);
    size_t sent = terminal_flush(f->terminal, f->repaint, f->cursor_y, f->cursor_x);
    f->canvas.pictures = usual;
    f->repaint = false;
    if (wb->film->plays) film_sent(wb, sent, clock_seconds());
}

/* Milliseconds to wait for an event. */
static int patience(const struct workbench *wb)
{
    double film = film_wait(wb, clock_seconds());
    int usual = wb->refresh->hurry ? 1 : jobs_running(wb) ? TICK / 4 : TICK;
    return film >= 0 && film * 1000 < usual ? (int)(film * 1000) : usual;
}

/* What time brings: the next frame of a film, news of the store. The answer to a key is drawn before. */
static void look_around(struct workbench *wb, bool idle, double *last)
{
    double now = clock_seconds();
    bool second = now - *last >= 1;
    if (second) *last = now;
    if (film_wait(wb, now) == 0 && idle) refresh_after(wb, film_frame(wb));
    if (second || idle) refresh_tick(wb, second);
}

static void draw_if_due(struct workbench *wb)
{
    if (wb->frame->dirty && !terminal_pending(wb->frame->terminal)) send_frame(wb);
}

static void event_loop(struct workbench *wb)
{
    double last = 0;
    bool idle = false;
    wb->frame->dirty = true;
    while (!wb->quit) {
        draw_if_due(wb);
        look_around(wb, idle, &last);
        draw_if_due(wb);
        struct terminal_event event =
            terminal_wait(wb->frame->terminal, patience(wb), wb->dialogs->front.kind == DIALOG_LINE);
        idle = event.kind == TERMINAL_NOTHING;
        switch (event.kind) {
        case TERMINAL_KEY:
            refresh_after(wb, dispatch_key(wb, event.key));
            break;
        case TERMINAL_PASTE:
            dispatch_paste(wb, event.text);
            break;
        case TERMINAL_CLICK:
        case TERMINAL_WHEEL:
            refresh_after(wb, mouse_event(wb, &event));
            break;
        case TERMINAL_RESIZE:
            wb->frame->repaint = true;
            refresh_resize(wb, 0, 0);
            break;
        case TERMINAL_REDRAW:
            if (event.text) message_warn(wb, "%s", event.text);
            wb->frame->dirty = true;
            break;
        case TERMINAL_QUIT:
            wb->quit = true;
            break;
        case TERMINAL_NOTHING:
            break;
        }
    }
}

/* The workbench with the state of all its modules, in one place. */
struct whole {
    struct workbench wb;
    struct alarms alarms;
    struct dialogs dialogs;
    struct error_log error_log;
    struct film film;
    struct frame frame;
    struct freshness freshness;
    struct jobs jobs;
    struct keymap keymap;
    struct marks marks;
    struct message message;
    struct notify notify;
    struct panes panes;
    struct store_access access;
    struct preferences preferences;
    struct refresh refresh;
    struct requests requests;
    struct script script;
    struct show show;
};

static struct workbench *assemble(struct whole *w)
{
    w->wb = (struct workbench){ .alarms = &w->alarms,
                                .dialogs = &w->dialogs,
                                .error_log = &w->error_log,
                                .film = &w->film,
                                .frame = &w->frame,
                                .freshness = &w->freshness,
                                .jobs = &w->jobs,
                                .keymap = &w->keymap,
                                .marks = &w->marks,
                                .message = &w->message,
                                .notify = &w->notify,
                                .panes = &w->panes,
                                .access = &w->access,
                                .preferences = &w->preferences,
                                .refresh = &w->refresh,
                                .requests = &w->requests,
                                .script = &w->script,
                                .show = &w->show };
    return &w->wb;
}

bool workbench_run(const struct workbench_config *c, struct err *e)
{
    struct whole *whole = calloc(1, sizeof *whole);
    if (!whole) return err_set(e, ERR_MEMORY, "workbench: memory ran out");
    struct workbench *wb = assemble(whole);
    bool ok = workbench_open(wb, c, e);
    if (ok && c->script) {
        refresh_tick(wb, true);
        while (!wb->quit && script_step(wb)) {
        }
        if (wb->script->failed)
            ok = err_set(e, ERR_USAGE, "%s: line %d: %s", c->script, wb->script->line, wb->message->text);
    } else if (ok) {
        event_loop(wb);
    }
    workbench_close(wb);
    free(whole);
    return ok;
}
