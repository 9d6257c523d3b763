/* Inside of the store: rows whose run or evaluation is gone.
 *
 * What hangs on a run can be millions of rows. So a removal takes the one row away that makes them visible, and what
 * hangs on it goes afterwards, in slices: to a reader the run is gone at once, and a kill in between leaves only rows
 * that no one can reach. They go with the next removal. Ids are never given out again while such rows exist. */
#ifndef MLVICX_STORE_LEFTOVERS_H
#define MLVICX_STORE_LEFTOVERS_H

#include <stdbool.h>

#include "engine/base/err.h"
#include "store/database/store.h"

/** While `keep`, deleting a row leaves what hangs on it (foreign keys are off). Not inside of a transaction. */
bool leftovers_keep(struct store *s, bool keep, struct err *e);
/** Delete in slices what is left of runs and evaluations that are gone. */
bool leftovers_sweep(struct store *s, struct err *e);

#endif
