/* Notices: a reason and an advice, in the available rows. Pure functions.
 *
 * A text is "REASON. Try: ADVICE" (older ones: "REASON; ADVICE"). If it does not fit, whole parts are dropped, the
 * least important first: the explanation of the advice, then the end of the reason. The advice is never lost, and no
 * number is cut in two. */
#ifndef MLVICX_VIEWS_NOTICE_H
#define MLVICX_VIEWS_NOTICE_H

#include <stdbool.h>
#include <stddef.h>

enum { NOTICE_ROWS = 2, NOTICE_MOST = 16, NOTICE_SIZE = 1024 }; /* rows of the alarm line; of any notice */

struct notice {
    char row[NOTICE_MOST][NOTICE_SIZE];
};

/** The advice within `text` ("Try: raise loss.var"); NULL if it has none. `*reason` is filled with the number of
 * bytes before it, without the separator. */
const char *notice_advice(const char *text, size_t *reason);

/** Lays out a text in at most `most` rows (1 to NOTICE_MOST) of `w` columns. Returns the rows used: 1 if it fits into
 * one. From two rows on the advice begins a row, unless the reason would be
 * cut for that; from three on both continue in further rows before they are cut. */
int notice_fit(const char *text, int w, int most, struct notice *out);

/** Breaks a text without advice between words, in at most `most` rows; what does not fit is cut. Returns the rows. */
int notice_wrap(const char *text, int w, int most, struct notice *out);

/** The same for an event: one that is not a `warning` has no advice and takes one row. */
int notice_event(const char *text, bool warning, int w, int most, struct notice *out);

/** Fills `out` with as much of `text` as fits into `w` columns: up to the end of a part, of a word if the part
 * is short. A sign
 * shows that something is missing. Returns out. */
const char *notice_cut(const char *text, int w, char *out, size_t size);

#endif
