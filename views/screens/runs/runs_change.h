/* What changes a run's row: tag, note, rename, delete, its place in the queue. Actions of keys, on the shown run. */
#ifndef MLVICX_VIEWS_RUNS_CHANGE_H
#define MLVICX_VIEWS_RUNS_CHANGE_H

#include "views/workbench/workbench.h"

unsigned runs_tag(struct workbench *wb, void *state, int argument);
unsigned runs_note(struct workbench *wb, void *state, int argument);
unsigned runs_rename(struct workbench *wb, void *state, int argument);
unsigned runs_delete(struct workbench *wb, void *state, int argument);
enum { RUNS_ENQUEUE, RUNS_SOONER, RUNS_LATER };
/** A run that stopped, failed or was lost waits for its turn to go on; one that waits gets it sooner or later. */
unsigned runs_queue(struct workbench *wb, void *state, int what);

#endif
