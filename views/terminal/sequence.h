/* What a whole control sequence means: a key, a click, a turn of the wheel, or nothing.
 *
 * Keys as xterm and its many likenesses send them, with or without the codes of modifyOtherKeys and of kitty's
 * protocol; what a terminal's own description says is looked up before (input.h). A key with a modifier that changes
 * nothing here means nothing, and so do reports: of focus, cursor, colours, modes. */
#ifndef MLVICX_VIEWS_SEQUENCE_H
#define MLVICX_VIEWS_SEQUENCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum input_kind { INPUT_NOTHING, INPUT_KEY, INPUT_CLICK, INPUT_WHEEL, INPUT_PASTED, INPUT_ANSWER };
struct input_event {
    enum input_kind kind;
    int key;          /* keys.h; of a wheel -1 up, +1 down */
    int y, x;         /* of the mouse, from 0              */
    const char *text; /* pasted: UTF-8 without control characters; of an answer: the sequence */
};

/** Whether a control sequence is what terminals answer to questions about themselves: DA1, XTWINOPS. */
bool sequence_answers(const char *bytes, size_t n);
/** A sequence of CSI or SS3 in 7 bits, ESC first. False: it means nothing here. */
bool sequence_meaning(const char *bytes, size_t n, struct input_event *out);
/** A mouse report: the button's code, column and row from 1. False: a release, a motion, a button that means nothing.
 */
bool sequence_mouse(int button, int column, int row, struct input_event *out);

#endif
