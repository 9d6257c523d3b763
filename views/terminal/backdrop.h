/* Backdrop: whether the background of a terminal is light, by asking it (OSC 11).
 *
 * The question goes out before the first frame, and nothing waits for the answer: colours are those for a dark
 * background, or what $COLORFGBG says, until it comes. Terminals that do not know the question are silent. Pure
 * functions, but for the environment. */
#ifndef MLVICX_VIEWS_BACKDROP_H
#define MLVICX_VIEWS_BACKDROP_H

#include <stdbool.h>

#include "engine/base/text.h"

/** What $COLORFGBG says; dark if it says nothing. */
bool backdrop_guess(void);
/** Whether the question reaches a program that answers it: not in GNU screen and zellij. */
bool backdrop_worth_asking(void);
/** Append the question. */
void backdrop_question(struct text *out);
/** Take in a sequence that the terminal sent (ESC first, in 7-bit form, without its end). True if it is the answer:
 * `light` is then set. */
bool backdrop_heard(const char *sequence, bool *light);

#endif
