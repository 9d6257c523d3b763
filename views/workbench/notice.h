/* Notices: a reason and what to do about it, in as many rows as there are. Pure.
 *
 * A text is "REASON. Try: ADVICE" (older ones: "REASON; ADVICE"). Where it does not fit, whole parts go, the least
 * important first: what explains the advice, then the end of the reason; what to do is never lost, and no number is cut
 * in two. */
#ifndef MLVICX_VIEWS_NOTICE_H
#define MLVICX_VIEWS_NOTICE_H

#include <stdbool.h>
#include <stddef.h>

enum { NOTICE_ROWS = 2, NOTICE_SIZE = 1024 };

struct notice {
    char row[NOTICE_ROWS][NOTICE_SIZE];
};

/** The advice within `text` ("Try: raise loss.var"); NULL when it has none. `*reason` is filled with the bytes before
 *  it, without what parts them. */
const char *notice_advice(const char *text, size_t *reason);

/** Lay a text out in at most `most` rows (1 or 2) of `w` columns. Returns the rows taken: 1 where it fits into one. */
int notice_fit(const char *text, int w, int most, struct notice *out);

/** The same for an event: one that is no `warning` has no advice and takes one row. */
int notice_event(const char *text, bool warning, int w, int most, struct notice *out);

/** Fill `out` with as much of `text` as fits into `w` columns: up to the end of a part, else of a word. A sign says
 *  that something is missing. Returns out. */
const char *notice_cut(const char *text, int w, char *out, size_t size);

#endif
