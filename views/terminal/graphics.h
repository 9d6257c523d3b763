/* Graphics: which pictures a terminal can show, by asking it. Its name is never consulted.
 *
 * The question goes out before the first frame, and nothing waits for the answer: pictures are drawn with characters
 * until it comes, however late. Its three parts are answered in order: kitty's graphics, the size of a cell in pixels
 * (XTWINOPS 16), and the kind of terminal (DA1, whose attribute 4 is sixel). A terminal that knows a part not is
 * silent on it. Pure functions. */
#ifndef MLVICX_VIEWS_GRAPHICS_H
#define MLVICX_VIEWS_GRAPHICS_H

#include <stdbool.h>

#include "engine/base/err.h"
#include "engine/base/text.h"

enum graphics_mode { GRAPHICS_AUTO, GRAPHICS_NONE, GRAPHICS_SYMBOLS, GRAPHICS_SIXEL, GRAPHICS_KITTY, GRAPHICS_COUNT };
/** "auto", "none", ... by mode; NULL-ended. */
extern const char *const graphics_names[];
/** The mode of a name; NULL is auto. ERR_USAGE with the names otherwise. */
bool graphics_named(const char *name, enum graphics_mode *out, struct err *e);

struct graphics {
    enum graphics_mode wanted; /* by the user */
    enum graphics_mode used;   /* never auto */
    bool multiplexed;          /* a program such as tmux is between: it does not pass pictures on dependably */
    bool asked, answered;      /* the question was sent; its last part was answered */
    bool silent;               /* it did not answer for so long that it will not */
    bool sixel, kitty;         /* the terminal said so */
    int cell_h, cell_w;        /* pixels of a cell; 0: not known */
};

/** Whether a multiplexer is between, by what it sets: $TMUX, $STY, $ZELLIJ, and its own $TERM. */
bool graphics_multiplexed(void);
/** Decide what is used, from what is known so far. */
void graphics_decide(struct graphics *g);
/** Whether the answer to the question would change anything. */
bool graphics_worth_asking(const struct graphics *g);
/** Append the question. */
void graphics_question(struct text *out);
/** Take in a sequence that the terminal sent (ESC first, in 7-bit form; a string without its end). True if what is
 * used, or the size of a cell, changed. */
bool graphics_heard(struct graphics *g, const char *sequence);
/** No answer will come. True if what is used changed, or there is something to remark. */
bool graphics_give_up(struct graphics *g);
/** What cannot be done as the user asked, or may not be seen, in a line; "" where all can. */
const char *graphics_remark(const struct graphics *g);

#endif
