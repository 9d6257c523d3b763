/* What changes a run's row: tag, note, rename, delete, its place in the queue. Actions of keys, on the shown run. */
#ifndef MLVICX_VIEWS_RUNS_CHANGE_H
#define MLVICX_VIEWS_RUNS_CHANGE_H

#include "views/workbench/workbench.h"

unsigned runs_tag(struct workbench *wb, void *state);
unsigned runs_note(struct workbench *wb, void *state);
unsigned runs_rename(struct workbench *wb, void *state);
unsigned runs_delete(struct workbench *wb, void *state);
/** A run that stopped, failed or was lost waits for its turn to go on. */
unsigned runs_enqueue(struct workbench *wb, void *state);
unsigned runs_sooner(struct workbench *wb, void *state);
unsigned runs_later(struct workbench *wb, void *state);

#endif
