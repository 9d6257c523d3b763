/* Changes of a run's row: tag, note, rename, delete, its place in the queue. Key actions on the shown run. */
#ifndef MLVICX_VIEWS_RUNS_CHANGE_H
#define MLVICX_VIEWS_RUNS_CHANGE_H

#include "views/workbench/workbench.h"

unsigned runs_tag(struct workbench *wb, void *state, int argument);
unsigned runs_note(struct workbench *wb, void *state, int argument);
unsigned runs_rename(struct workbench *wb, void *state, int argument);
/** Asks, then moves the shown run into the trash; if it is marked, all marked runs. */
unsigned runs_delete(struct workbench *wb, void *state, int argument);
/** Brings back what was deleted last. */
unsigned runs_undo(struct workbench *wb, void *state, int argument);
enum { RUNS_ENQUEUE, RUNS_SOONER, RUNS_LATER };
/** Queues a run that was stopped, has failed or was lost, so that it continues later; moves a queued run forward or
 * back. */
unsigned runs_queue(struct workbench *wb, void *state, int what);

#endif
