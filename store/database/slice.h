/* Much work on the tables in transactions that are short each, so that no one waits long for the lock of the database.
 * Private to this folder. Whoever works so marks what is half done, such that readers skip it (dataset_write.c).
 */
#ifndef MLVICX_STORE_SLICE_H
#define MLVICX_STORE_SLICE_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/err.h"
#include "store/database/store.h"

struct slice {
    struct store *s;
    double began; /* seconds on clock_seconds */
    int rows;     /* since the clock was looked at */
};

/** Begin a transaction, as store_begin, and wait for the lock as long as a minute or two: what comes before was long
 *  work, and must not be lost to someone who holds it for a while. */
bool slice_lock(struct store *s, enum store_safety safety, struct err *e);

bool slice_begin(struct slice *k, struct store *s, struct err *e);
/** After a row, or a statement of few rows (`rows`): once the slice has lasted long enough it is committed, others have
 *  their turn, and the next one begins. False: the slice is over, what was committed before stays. */
bool slice_go_on(struct slice *k, int rows, struct err *e);
/** Commit the last slice when `ok`, else roll it back. Returns whether all went well. */
bool slice_end(struct slice *k, bool ok, struct err *e);

/** One slice: change about `size` rows (or steps: the unit is the caller's), and set `*done` when nothing is left. What
 * it leaves behind must be whole for a reader, since a kill may come after any slice. */
typedef bool slice_work(struct store *s, void *ctx, int64_t size, bool *done, struct err *e);
/** Call `work` until it is done, each time in a transaction of its own: for work whose statements change many rows
 * each. The size adapts to the time that a slice may last. After some slices a wish to stop (store_heed) ends it as
 * ERR_INTERRUPTED. */
bool slice_run(struct store *s, slice_work *work, void *ctx, struct err *e);

#endif
