/* The summary of the selected run, below the table of runs; if runs are marked, the settings that differ between
 * them. */
#ifndef MLVICX_VIEWS_RUNS_SHORT_H
#define MLVICX_VIEWS_RUNS_SHORT_H

#include "store/event.h"
#include "views/workbench/workbench.h"

enum { SHORT_EVENTS = 16 };

/** Zero-initialise. */
struct runs_short {
    struct text differs;             /* "optim.lr 6.4 · ..." against the preset */
    struct store_events events;      /* the newest, oldest first               */
    int64_t marked[SELECTION_MARKS]; /* runs that are compared                 */
    int marks;
    struct text *rows; /* of the comparison, [row_count][1 + marks], owned: a key and its value in each run */
    int row_count;
};

void runs_short_clear(struct runs_short *s);
/** Reads the data for the shown run and the marked ones. */
bool runs_short_read(struct runs_short *s, struct workbench *wb, struct err *e);
void runs_short_draw(const struct runs_short *s, const struct workbench *wb, const struct area *a);

#endif
