/* The terminal: the only file that knows curses. Cells go out, keys, clicks and new sizes come in. */
#ifndef MLVICX_VIEWS_TERMINAL_H
#define MLVICX_VIEWS_TERMINAL_H

#include <stdbool.h>

#include "engine/base/err.h"
#include "views/terminal/canvas.h"
#include "views/terminal/graphics.h"
#include "views/terminal/theme.h"

struct terminal; /* one per process */

struct terminal_options {
    bool ascii; /* draw with characters below 127 only */
    bool mono;  /* no colours, as NO_COLOR             */
    bool mouse;
    int background; /* 0 ask the terminal (backdrop.h), 1 dark, 2 light */
    enum graphics_mode graphics;
};

/** Takes over the terminal (stdin and stdout). `canvas` gets its size, `theme` is filled. ERR_UNSUPPORTED if there is
 * no terminal, or one that cannot position its cursor. However the program ends, crashes included, the terminal is
 * restored. */
bool terminal_open(const struct terminal_options *o, struct canvas *canvas, struct theme *theme, struct terminal **out,
                   struct err *e);
/** Restores the terminal. NULL is fine. */
void terminal_close(struct terminal *t);
/** A remark for the user: that TERM is not known here, and which description is used instead; that pictures cannot be
 * shown as asked. Empty: none. */
const char *terminal_remark(const struct terminal *t);

enum terminal_event_kind {
    TERMINAL_NOTHING,
    TERMINAL_KEY,
    TERMINAL_CLICK,
    TERMINAL_WHEEL,
    TERMINAL_PASTE,
    TERMINAL_RESIZE,
    TERMINAL_REDRAW, /* all must be drawn again: it has said something of itself, or pictures have waited long enough */
    TERMINAL_QUIT
};
struct terminal_event {
    enum terminal_event_kind kind;
    int key;          /* keys.h; of a wheel -1 up, +1 down                                              */
    int y, x;         /* of the mouse                                                                   */
    const char *text; /* pasted: one line without control characters; of pictures: a new terminal_remark, or
                         NULL. Borrowed until the next call */
};
/** Waits at most `milliseconds` for an event. A resize has already changed the canvas; Ctrl-Z has already been handled,
 * with what followed. TERMINAL_QUIT: a signal asked to end, or the terminal is gone. `typing`: a line of text is being
 * typed. */
struct terminal_event terminal_wait(struct terminal *t, int milliseconds, bool typing);
/** True if a key is pending: drawing can be postponed. */
bool terminal_pending(struct terminal *t);
/** Whether a signal has asked to end, which the next terminal_wait returns as TERMINAL_QUIT. */
bool terminal_asked_to_leave(void);
/** Sends what has changed since the last call. `all`: everything (Ctrl-L). `cursor_y` -1: no cursor. Returns the bytes,
 * those of cells by an estimate. */
size_t terminal_flush(struct terminal *t, bool all, int cursor_y, int cursor_x);
/** Send sequences that change no cell (announce.h). */
void terminal_send(struct terminal *t, const struct text *sequences);

#endif
