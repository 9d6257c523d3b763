/* The terminal: the only file that knows curses. Cells go out, keys, clicks and new sizes come in. */
#ifndef MLVICX_VIEWS_TERMINAL_H
#define MLVICX_VIEWS_TERMINAL_H

#include <stdbool.h>

#include "engine/base/err.h"
#include "views/terminal/canvas.h"
#include "views/terminal/theme.h"

struct terminal; /* one a process */

struct terminal_options {
    bool ascii; /* draw with characters below 127 only */
    bool mono;  /* no colours, as NO_COLOR             */
    bool mouse;
    int background; /* 0 guess ($COLORFGBG), 1 dark, 2 light */
};

/** Take the terminal over (stdin and stdout). `canvas` is sized to it, `theme` filled. ERR_UNSUPPORTED when there is no
 *  terminal, or one that cannot place its cursor. On every way out, crashes included, the terminal is given back as it
 *  was. */
bool terminal_open(const struct terminal_options *o, struct canvas *canvas, struct theme *theme, struct terminal **out,
                   struct err *e);
/** Give it back. NULL is fine. */
void terminal_close(struct terminal *t);
/** What the user should know of it: that TERM is not known here, and as what it is drawn. Empty: nothing. */
const char *terminal_remark(const struct terminal *t);

enum terminal_event_kind {
    TERMINAL_NOTHING,
    TERMINAL_KEY,
    TERMINAL_CLICK,
    TERMINAL_WHEEL,
    TERMINAL_PASTE,
    TERMINAL_RESIZE,
    TERMINAL_QUIT
};
struct terminal_event {
    enum terminal_event_kind kind;
    int key;          /* keys.h; of a wheel -1 up, +1 down                                              */
    int y, x;         /* of the mouse                                                                   */
    const char *text; /* pasted: one line without control characters; borrowed until the next call      */
};
/** Wait at most `milliseconds` for something. A resize has already resized the canvas, and so has Ctrl-Z with what
 *  followed; TERMINAL_QUIT: a signal asks to end, or the terminal is gone. `typing`: a line of text is being typed. */
struct terminal_event terminal_wait(struct terminal *t, int milliseconds, bool typing);
/** True when a key waits already: drawing can be put off. */
bool terminal_pending(struct terminal *t);
/** Whether a signal asked to leave, which the next terminal_wait tells as TERMINAL_QUIT. */
bool terminal_asked_to_leave(void);
/** Send what changed since the last call. `all`: everything anew (Ctrl-L). `cursor_y` -1: no cursor. */
void terminal_flush(struct terminal *t, bool all, int cursor_y, int cursor_x);
/** Send sequences that change no cell (announce.h). */
void terminal_send(struct terminal *t, const struct text *sequences);

#endif
