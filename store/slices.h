/* Inside of the store: long changes in short transactions, so that a worker that writes beside them never waits long.
 */
#ifndef MLVICX_STORE_SLICES_H
#define MLVICX_STORE_SLICES_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/err.h"
#include "store/store.h"

/** One slice inside a transaction: change about `size` rows (or steps: the unit is the caller's), and set `*done` when
 *  nothing is left. What it leaves behind must be whole for a reader, since a kill may come after any slice. */
typedef bool slice_work(struct store *s, void *ctx, int64_t size, bool *done, struct err *e);

/** Call `work` until it is done, each time in a transaction of its own (NORMAL). The size adapts so that a
 *  transaction holds the lock for 50 ms or less, and after each the lock stays free for as long as it was held. */
bool slices_run(struct store *s, slice_work *work, void *ctx, struct err *e);

#endif
