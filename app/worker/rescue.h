/* Saves what a worker has learned of a run that was removed from the store. */
#ifndef MLVICX_APP_RESCUE_H
#define MLVICX_APP_RESCUE_H

#include "app/worker/worker.h"

/** True if the run's row was removed while its worker trained. */
bool rescue_is_due(const struct worker *w);
/** Saves the newest state and unwritten rows as files, if possible (`trained`: there is a state worth saving), and
 * renames the run's folder so that removals do not reach it: runs/ID becomes runs/ID.kept. The log says where it is. */
void rescue(struct worker *w, bool trained);

#endif
