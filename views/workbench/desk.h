/* The desk: what all screens share, and the loop that shows them.
 *
 * Screens read and write the members that stand here, call the functions below, and say what follows by the bits of
 * view.h. Whatever takes long or starts processes is done by this program itself, started again as a job (desk_job):
 * a screen holds nothing of the engine and waits for nothing. */
#ifndef MLVICX_VIEWS_DESK_H
#define MLVICX_VIEWS_DESK_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/err.h"
#include "engine/base/settings.h"
#include "store/event.h"
#include "store/store.h"
#include "views/analysis/facts.h"
#include "views/analysis/levels.h"
#include "views/terminal/theme.h"
#include "views/workbench/view.h"

enum { DESK_MARKS = 8 };

struct desk_inside; /* of desk.c */

struct desk {
    struct store *store; /* borrowed */
    bool read_only;
    struct theme theme;
    bool ascii;
    int screen_h, screen_w; /* cells that the screen has, known before it reads */
    double now;             /* seconds since 1970: the same for all that is drawn at once */

    /* the run that screens show (0: none), as it was when last read; settings_known false: its text was not understood
     */
    int64_t run;
    struct run_facts facts;
    struct settings settings;
    bool settings_known;

    int64_t marks[DESK_MARKS]; /* marked runs, in the order of marking: overlaid on charts, in INK_SERIES(i + 1) */
    int mark_count;

    int64_t step; /* the recorded step that is looked at; -1: the newest (live) */
    enum levels_level level;

    int64_t clone; /* the run whose settings the screen New run is to take over, 0: none */

    struct desk_inside *inside;
};

/** What the program gives the workbench. */
struct desk_config {
    const struct view_ops *const *screens; /* in the order of their tabs, ended by NULL; borrowed  */
    struct store *store;                   /* open, STORE_ANY; borrowed                                             */
    const char *program;                   /* this program's file, for jobs                                         */
    const char *run;                       /* shown first (an id, a name, @last); NULL: what was shown last         */
    const char *view;                      /* the screen shown first; NULL: what was shown last                     */
    const char *script;                    /* a file of keys; NULL: none. With it no terminal is needed             */
    int rows, columns;                     /* of the canvas where there is no terminal (24, 80)                     */
    bool ascii, mono, no_mouse;
    int background;           /* 0 guess, 1 dark, 2 light                                              */
    double started;           /* clock_seconds() as the program started: for --timing                  */
    const char *const *verbs; /* commands of the command line: "name\targuments\tsummary"; NULL-ended  */
};

/** Run the workbench until it is left. Returns the exit status; errors that keep it from opening are filled in. */
bool desk_run(const struct desk_config *c, struct err *e);

/* ---- for screens ---- */

/** Show a run, and on the screen called `view` when that is not NULL. */
void desk_show_run(struct desk *d, int64_t run);
void desk_show_view(struct desk *d, const char *view);
/** Show the screen New run, filled from a run. */
void desk_clone(struct desk *d, int64_t run);
bool desk_marked(const struct desk *d, int64_t run);
/** Mark or unmark; false (with a message) when there are DESK_MARKS already. */
bool desk_mark(struct desk *d, int64_t run, bool mark);
void desk_set_step(struct desk *d, int64_t step);
void desk_set_level(struct desk *d, enum levels_level level);

/** There is more to read than one look allows: read again, with NEWS_MORE, as soon as no key waits. */
void desk_hurry(struct desk *d);

/** A line in the place of the alarm line, for some seconds; errors stay until the next key. */
void desk_say(struct desk *d, const char *format, ...) __attribute__((format(printf, 2, 3)));
void desk_warn(struct desk *d, const char *format, ...) __attribute__((format(printf, 2, 3)));
/** The answer to what would write (`what`, "" for nothing yet) where nothing can be written. */
void desk_warn_read_only(struct desk *d, const char *what);
/** The same for an error; returns false. */
bool desk_fail(struct desk *d, const struct err *e);

/** Ask for a line of text, with the cursor in the last row but one. `done` gets it on Enter (returns enum view_after),
 *  nothing happens on Escape. `complete` (may be NULL) gives the i-th completion of the text, NULL beyond. `history`
 *  names a list that is remembered, NULL: none. Texts are copied, `ctx` is borrowed until the answer. */
struct desk_question {
    const char *label, *initial, *history;
    unsigned (*done)(struct desk *d, void *ctx, const char *text);
    const char *(*complete)(struct desk *d, void *ctx, const char *text, int i);
    /** Called as it is typed: a remark on the right ("0 runs"), and false where it cannot stay so. May be NULL. */
    bool (*check)(struct desk *d, void *ctx, const char *text, char *remark, size_t size);
    void *ctx;
};
void desk_ask(struct desk *d, const struct desk_question *q);
/** Ask for an explicit y: whatever destroys. Any other key means no. */
void desk_confirm(struct desk *d, const char *question, unsigned (*yes)(struct desk *d, void *ctx), void *ctx);
/** Choose one of a list (arrows, its letter, Enter). `rows` ended by NULL, copied. */
void desk_menu(struct desk *d, const char *title, const char *const *rows, int chosen,
               unsigned (*done)(struct desk *d, void *ctx, int row), void *ctx);
/** A question, a menu or a page stands over the screen: what it is about must not become another thing beneath it. */
bool desk_asking(const struct desk *d);
/** Show text over the screen until q; scrolls, / searches. Copied. */
void desk_page(struct desk *d, const char *title, const char *text);

/** A write of this process stands between these two: for a moment it waits for another program that has the store, then
 *  it fails, since keys and drawing wait with it. The first is false, with a message, where the store is gone; the
 * second shows `e` where `ok` is false, and returns it. */
bool desk_write_begin(struct desk *d);
bool desk_write_end(struct desk *d, bool ok, const struct err *e);

/** Ask the worker of a run: a row in `command`, written as soon as no other program has the store. The alarm line shows
 *  it as waiting, then as asked, then as taken at its step, or that nobody answers. */
bool desk_command(struct desk *d, int64_t run, const char *verb, const char *argument);

/** Start this program with `argv` (NULL-ended, without its own name; the store is added) in the background. When it
 * ends, `done` (may be NULL) gets its exit status and what it printed on stdout; where it is NULL or the status is not
 * 0, the last line of stderr is shown as a message. `title` says what is going on ("resume 17"). Texts are copied. */
bool desk_job(struct desk *d, const char *title, const char *const *argv,
              void (*done)(struct desk *d, void *ctx, int status, const char *output), void *ctx);
/** Jobs that still run. */
int desk_jobs(const struct desk *d);
/** What the running job of a title said last of how far it is; "" when nothing. */
void desk_job_says(const struct desk *d, const char *title, char *out, size_t size);

/** What the user arranged, kept in the store: "runs.sort". `otherwise` when it was never set; borrowed until the next
 *  call. Read-only stores forget. */
const char *desk_recall(struct desk *d, const char *key, const char *otherwise);
void desk_remember(struct desk *d, const char *key, const char *value);
int64_t desk_recall_int(struct desk *d, const char *key, int64_t otherwise);
void desk_remember_int(struct desk *d, const char *key, int64_t value);

/** What libraries and crashed parts wrote to stderr lies in this file of the workspace. */
#define WORKBENCH_LOG "workbench.log"

#endif
