/* What a worker has learned of a run that the store does not know any more. */
#ifndef MLVICX_APP_RESCUE_H
#define MLVICX_APP_RESCUE_H

#include "app/worker/worker.h"

/** True when the run's row was removed while its worker trained. */
bool rescue_is_due(const struct worker *w);
/** Save the newest state and what was not written yet as files, where that is possible (`trained`: there is a state
 * worth it), and take the run's folder out of the way of removals: runs/ID becomes runs/ID.kept. The log says where it
 * is. */
void rescue(struct worker *w, bool trained);

#endif
