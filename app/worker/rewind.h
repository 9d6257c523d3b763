/* Going back to a checkpoint: what a run gives up is kept until the first new checkpoint is written, and comes back
 * if none ever is. */
#ifndef MLVICX_APP_REWIND_H
#define MLVICX_APP_REWIND_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/err.h"
#include "store/run.h"
#include "store/database/store.h"

/** Inserts what the run's last worker could not write (BUNDLE_UNWRITTEN). A file that cannot be read is put aside
 * with a line in the log. Call with the run's lock held, before its checkpoints are examined. */
bool rewind_recover(struct store *store, const struct store_run *run, struct err *e);
/** After all checks, before the run is claimed for continuing from `step`: if an earlier rewind saved nothing new,
 * what it gave up comes back; what this one gives up is kept beside the run. Fails before anything is lost. */
bool rewind_prepare(struct store *store, const struct store_run *run, int64_t step, struct err *e);
/** Goes back to `step`; leftovers of a killed worker are removed too. */
bool rewind_to(struct store *store, int64_t run, int64_t step, struct err *e);
/** The first new checkpoint is written: what was given up for it is removed. */
bool rewind_settle(struct store *store, int64_t run, struct err *e);

#endif
