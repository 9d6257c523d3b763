/* The past of a fork: the points before the fork, which were recorded by the run that it continues, and by the run that
 * that one continues. Charts draw them dim, and name the run. */
#ifndef MLVICX_VIEWS_PAST_H
#define MLVICX_VIEWS_PAST_H

#include <stddef.h>

#include "store/run.h"

enum { PAST_MOST = 6, PAST_NOTE = 48 };

/** A run whose points up to the step `last` are the past of another. */
struct past_part {
    int64_t run, rewound, last;
};
/** The run that is continued comes first, then the one that that run continues, up to an earlier step. */
struct past {
    int count; /* 0: no fork, or the parent is gone */
    struct past_part part[PAST_MOST];
};

/** Finds the past of a run. */
bool past_find(struct store *s, const struct store_run *row, struct past *out, struct err *e);
bool past_same(const struct past *a, const struct past *b);
/** The last step that the run itself did not compute; 0 without a past. */
int64_t past_last(const struct past *p);
/** The run that recorded the point of a step; `run` if it did so itself. */
int64_t past_owner(const struct past *p, int64_t run, int64_t step);
/** "dim: run 3 to 1,200", "" without a past. Fills and returns out. */
const char *past_note(const struct past *p, char out[PAST_NOTE]);

#endif
