/* The selected run beside or below the table of runs: its dashboard, how its settings differ from the preset, its last
 * events, its note. */
#ifndef MLVICX_VIEWS_RUNS_SHORT_H
#define MLVICX_VIEWS_RUNS_SHORT_H

#include "store/event.h"
#include "views/analysis/run_board.h"
#include "views/workbench/workbench.h"

enum { SHORT_EVENTS = 16 };

/** Zero-initialise. */
struct runs_short {
    struct text differs;        /* "optim.lr 6.4 · ..." against the preset */
    struct store_events events; /* the newest, oldest first                */
    struct run_board board;
};

void runs_short_clear(struct runs_short *s);
/** Reads the data for the shown run. */
bool runs_short_read(struct runs_short *s, struct workbench *wb, struct err *e);
void runs_short_draw(const struct runs_short *s, const struct workbench *wb, const struct area *a);

#endif
