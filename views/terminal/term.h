/* The terminal: the only file that knows curses. Cells go out, keys, clicks and new sizes come in. */
#ifndef MLVICX_VIEWS_TERM_H
#define MLVICX_VIEWS_TERM_H

#include <stdbool.h>

#include "engine/base/err.h"
#include "views/terminal/canvas.h"
#include "views/terminal/theme.h"

struct term; /* one a process */

struct term_options {
    bool ascii; /* draw with characters below 127 only */
    bool mono;  /* no colours, as NO_COLOR             */
    bool mouse;
    int background; /* 0 guess ($COLORFGBG), 1 dark, 2 light */
};

/** Take the terminal over (stdin and stdout). `canvas` is sized to it, `theme` filled. ERR_UNSUPPORTED when there is no
 *  terminal, or one that cannot place its cursor. On every way out, crashes included, the terminal is given back as it
 *  was. */
bool term_open(const struct term_options *o, struct canvas *canvas, struct theme *theme, struct term **out,
               struct err *e);
/** Give it back. NULL is fine. */
void term_close(struct term *t);
/** What the user should know of it: that TERM is not known here, and as what it is drawn. Empty: nothing. */
const char *term_remark(const struct term *t);

enum term_event_kind { TERM_NOTHING, TERM_KEY, TERM_CLICK, TERM_WHEEL, TERM_PASTE, TERM_RESIZE, TERM_QUIT };
struct term_event {
    enum term_event_kind kind;
    int key;          /* keys.h; of a wheel -1 up, +1 down                                              */
    int y, x;         /* of the mouse                                                                   */
    const char *text; /* pasted: one line without control characters; borrowed until the next call      */
};
/** Wait at most `milliseconds` for something. A resize has already resized the canvas, and so has Ctrl-Z with what
 *  followed; TERM_QUIT: a signal asks to end, or the terminal is gone. `typing`: a line of text is being typed. */
struct term_event term_wait(struct term *t, int milliseconds, bool typing);
/** True when a key waits already: drawing can be put off. */
bool term_pending(struct term *t);
/** Whether a signal asked to leave, which the next term_wait tells as TERM_QUIT. */
bool term_asked_to_leave(void);
/** Send what changed since the last call. `all`: everything anew (Ctrl-L). `cursor_y` -1: no cursor. */
void term_flush(struct term *t, bool all, int cursor_y, int cursor_x);
/** Ring. */
void term_beep(struct term *t);

#endif
