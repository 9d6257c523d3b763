/* Private: what the files of the desk share. desk.c owns it; frame.c draws it; modal.c, jobs.c, script.c and
 * commands.c each keep their part of it. */
#ifndef MLVICX_VIEWS_INSIDE_H
#define MLVICX_VIEWS_INSIDE_H

#include <sys/types.h>

#include "store/stamp.h"
#include "views/workbench/desk.h"
#include "views/workbench/keymap.h"
#include "views/terminal/term.h"

/* ---- modal: what has the keyboard before the screen ---- */

enum modal_kind { MODAL_NONE, MODAL_LINE, MODAL_CONFIRM, MODAL_MENU, MODAL_PAGE };
enum { MODAL_TEXT = 512, MODAL_HISTORY = 50 };

struct modal {
    enum modal_kind kind;
    char title[256];
    void *ctx;
    union {
        struct {
            char text[MODAL_TEXT];
            int at; /* of the cursor, bytes */
            char history[32], kept[MODAL_TEXT], typed[MODAL_TEXT];
            int past, completion; /* how far back; which completion is shown, -1 none */
            unsigned (*done)(struct desk *d, void *ctx, const char *text);
            const char *(*complete)(struct desk *d, void *ctx, const char *text, int i);
            bool (*check)(struct desk *d, void *ctx, const char *text, char *remark, size_t size);
        } line;
        unsigned (*yes)(struct desk *d, void *ctx);
        struct {
            char **rows; /* owned */
            int count, chosen, top;
            unsigned (*done)(struct desk *d, void *ctx, int row);
        } menu;
        struct {
            char *text, **lines; /* owned; lines point into text */
            int count, top, height;
            char find[64];
        } page;
    } u;
};

/** A key of the keyboard's owner. Returns enum view_after bits. */
unsigned modal_key(struct desk *d, int key);
/** Pasted text goes into the line that is typed; false: there is none, and it goes nowhere. */
bool modal_paste(struct desk *d, const char *text);
void modal_close(struct desk *d);
/** That, and what waits behind it. */
void modal_close_all(struct desk *d);
/** Draw over the screen; fills the place of the cursor, or leaves it. */
void modal_draw(struct desk *d, const struct area *screen, const struct area *line, int *cursor_y, int *cursor_x);

/* ---- jobs ---- */

enum { JOBS_MOST = 8 };
struct job {
    pid_t pid; /* 0: free */
    char title[96];
    double begun;
    int out, err; /* pipes; -1: ended */
    struct text output, errors;
    void (*done)(struct desk *d, void *ctx, int status, const char *output);
    void *ctx;
};
/** Take what jobs have said and end those that ended. Returns enum view_after bits. */
unsigned jobs_tend(struct desk *d);
/** What is going on and for how long; false when nothing is. */
bool jobs_text(const struct desk *d, char *out, size_t size);
/** Forget them: they go on by themselves. */
void jobs_leave(struct desk *d);

/* ---- script ---- */

struct script {
    char *text; /* owned; NULL: none */
    const char *at;
    int line;
    bool failed;
};
bool script_open(struct desk *d, const char *path, struct err *e);
/** Carry out the next key or command; false at the end. */
bool script_step(struct desk *d);
void script_close(struct desk *d);

/* ---- the command line ---- */

/** Ask for a command (the key ':'). */
unsigned commands_ask(struct desk *d, void *state);
/** What the workbench does itself, row by row, for help; false beyond the end. */
bool commands_row(int i, const char **name, const char **arguments, const char **help);
/** Carry one out. */
unsigned commands_run(struct desk *d, const char *line);

/* ---- what was asked of workers, what is to be remembered ---- */

enum { ASKED_MOST = 4 };
struct asked {
    int64_t run, command; /* command 0: another program has the store, it is written as soon as it can be */
    double at;
    bool told; /* that there is no answer */
    char verb[24], argument[SETTINGS_TEXT + 64];
};
struct asked_list {
    struct asked rows[ASKED_MOST]; /* in the order of asking, which is that of writing */
    int count;
};
/** Write what waits; true when nothing waits any more. */
bool live_write(struct desk *d);
/** What still waits is said on stderr. */
void live_close(struct desk *d);

struct remembered {
    struct remembered *next;
    char key[64], *value;
};
/** Write what waits to the store, or keep it until the next call; true when nothing waits any more. */
bool remember_write(struct desk *d);
/** The last time, once the terminal is given back: what cannot be written even so is said on stderr. */
void remember_close(struct desk *d);

/* ---- two screens ---- */

/** Are two screens shown? */
bool panes_two(const struct desk *d);
/** The keys go to the other one. */
void panes_exchange(struct desk *d);
/** Its half of the screen's area. */
struct area panes_area(const struct area *screen, bool right);
/** Size of the area that a screen is drawn in. */
void panes_size(const struct desk *d, int view, int *h, int *w);
void panes_keep(struct desk *d);
unsigned panes_on_split(struct desk *d, void *state);
unsigned panes_on_other(struct desk *d, void *state);

/* ---- an import that is being asked for ---- */

struct importing {
    int kind;
    char path[STORE_PATH];
};

/* ---- whether what is shown still holds ---- */

enum { FRESH_RUNS = 2 + DESK_MARKS };
struct fresh {
    struct fresh_stamp {
        int64_t run; /* 0: encoders that are no run's */
        struct store_stamp stamp;
    } stamp[FRESH_RUNS];
    int count;
    uint64_t runs, data; /* stamps of all runs, of the data sets */
    uint64_t workers;    /* which there are, and what is known of each */
};
/** Is anything another than at the look before, but for runs that grew? */
bool fresh_news(struct desk *d);
/** Read the shown run and the alarms anew. */
void fresh_run(struct desk *d);
/** That, and tell all screens `news` and what else is another than at the look before. */
void fresh_look(struct desk *d, unsigned news);
/** Has a worker come or gone? It may have died without a commit. */
bool fresh_workers(struct desk *d);

/* ---- the desk ---- */

struct desk_inside {
    const struct desk_config *config;
    const struct view_ops *const *screens; /* the config's */
    struct canvas canvas;
    struct term *term;               /* NULL: only the canvas, for scripts */
    struct area screen, tabs, other; /* other: of the screen beside */
    int view, before;                /* shown, and shown before that */
    int beside;                      /* shown beside it on a wide terminal, -1 */
    bool right;                      /* the one with the keys stands on the right */
    int reading;                     /* the screen whose read is under way */
    void *states[VIEWS_MOST];
    unsigned news[VIEWS_MOST]; /* that the screen has not read yet */
    struct err failed[VIEWS_MOST];
    bool opened[VIEWS_MOST];
    int tab_x[VIEWS_MOST], tab_w[VIEWS_MOST]; /* where tabs were drawn, for clicks */
    struct modal modal, behind;               /* behind: a page that is searched */
    struct job jobs[JOBS_MOST];
    char job_title[96]; /* of the one that ended last */
    struct script script;
    struct fresh fresh;
    char waits[320]; /* why the shown run's worker cannot write to the store; "" when it can */
    char alarm[512],
        elsewhere[672]; /* of the shown run; the worst of any that goes on, named; empty when all is well */
    unsigned alarm_ink, elsewhere_ink;
    int alarm_rows; /* that the alarm line takes: 2 where reason and advice do not fit into one */
    char message[512];
    bool message_bad;
    bool gone, gone_asked; /* the store, from its place; whether to quit was asked then */
    double message_until;
    struct keymap keymap;
    struct asked_list asked;
    struct importing importing;
    struct remembered *remembered; /* not written yet, owned */
    bool remember_told;            /* why they cannot be written */
    bool hurry;                    /* the screen has more to read */
    char recalled[1024];
    int stderr_before;      /* the real one, -1 */
    double fixed_now;       /* of a script's :clock; 0: the real time */
    int64_t change;         /* of store_change_counter */
    double asked_at;        /* clock_seconds() when it was last asked ... */
    double looked;          /* ... and when its news were last read */
    bool stale;             /* there are such that were not read */
    int cursor_y, cursor_x; /* -1: hidden */
    bool quit, repaint, dirty;
    int status;
};

/** Send stderr to the workspace's log, and back. */
void stderr_divert(struct desk *d);
void stderr_restore(struct desk *d);

extern const struct key_bind desk_keys[]; /* of every screen */

/** Tell all screens: enum view_news. */
void desk_tell(struct desk *d, unsigned news);
unsigned desk_key(struct desk *d, int key);
/** Text that was pasted: it never acts as keys. */
void desk_paste(struct desk *d, const char *text);
void desk_draw(struct desk *d);
/** Show screen `view` of the list; -1: go on showing this one. */
void desk_show_nth(struct desk *d, int view);
/** State of the shown screen. */
void *desk_state(struct desk *d);
/** It is opened, where it is not yet. */
void desk_open_view(struct desk *d, int view);
/** Look at the clock, the store and the jobs; read what is new. */
void desk_tick(struct desk *d, bool second);
void desk_after(struct desk *d, unsigned after);
void desk_quit(struct desk *d);
/** Whether the store still lies where it was opened; where it does not, it is said, and asked whether to quit. Whatever
 *  writes asks first. */
bool desk_in_place(struct desk *d);
bool desk_resize(struct desk *d, int rows, int columns);

/** A click or a turn of the wheel. Returns enum view_after bits. */
unsigned mouse_event(struct desk *d, const struct term_event *event);

void frame_draw(struct desk *d);
/** Which screen's tab is at column x; -1. */
int frame_tab_at(const struct desk *d, int x);
/** Rows that the alarm line needs now. */
int frame_alarm_rows(const struct desk *d);

#endif
