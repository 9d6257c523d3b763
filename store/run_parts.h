/* What reading and writing the rows of runs share; private to this folder. */
#ifndef MLVICX_STORE_RUN_PARTS_H
#define MLVICX_STORE_RUN_PARTS_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/err.h"
#include "store/database/store.h"

/** The error for an id that no run has. Returns false. */
bool run_missing(int64_t id, struct err *e);
/** Whether a run exists and may be removed: ERR_CONFLICT while it is alive, or if nobody can tell. */
bool run_is_idle(struct store *s, int64_t id, struct err *e);
/** Changes a name that is no name, or another run's, to one that is free for run `id`. */
bool run_free_name(struct store *s, int64_t id, char name[STORE_NAME], struct err *e);

#endif
