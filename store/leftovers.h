/* Private to the store: rows whose run or evaluation is gone.
 *
 * Millions of rows can belong to a run. So a removal deletes only the row that makes them visible, and the rows that
 * belong to it are deleted afterwards, in slices: for a reader the run is gone at once, and a kill in between leaves
 * only rows that nobody can reach. The next removal deletes them. Ids are never reused while such rows exist. */
#ifndef MLVICX_STORE_LEFTOVERS_H
#define MLVICX_STORE_LEFTOVERS_H

#include <stdbool.h>

#include "engine/base/err.h"
#include "store/database/store.h"

/** While `keep`, deleting a row leaves the rows that belong to it (foreign keys are off). Not within a transaction. */
bool leftovers_keep(struct store *s, bool keep, struct err *e);
/** Deletes, in slices, what is left of runs and evaluations that are gone. Runs in the trash are not, until their
 * row there says so. */
bool leftovers_sweep(struct store *s, struct err *e);
/** The same for about so many seconds; `*swept`: nothing is left. */
bool leftovers_sweep_for(struct store *s, double seconds, bool *swept, struct err *e);

#endif
