/* The queue: runs that wait for one another.
 *
 * A queued run that waits here has a place; the least comes first. (A queued run without one is just being started by
 * hand.) A supervisor, one a store, takes the first, starts its worker, waits for it, and continues whatever became of
 * it. Who queues a run starts a supervisor if there is none: lock.h tells. The worker's own claim (store_run_claim from
 * queued) takes the run out, in one statement, so that two of them never train the same run, and a supervisor that dies
 * leaves everything as it is. */
#ifndef MLVICX_STORE_QUEUE_H
#define MLVICX_STORE_QUEUE_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/err.h"
#include "store/run.h"
#include "store/database/store.h"

/** Put a run at the end of the queue; its state becomes queued. ERR_CONFLICT when it is alive, finished or waits
 *  already. */
bool store_queue_add(struct store *s, int64_t run, struct err *e);
/** The next of the runs that wait, first come first, a page at a time. Owned: store_runs_clear. */
bool store_queue_page(struct store *s, struct store_cursor *at, struct store_runs *out, struct err *e);
/** First run that waits; 0 when none does. */
bool store_queue_first(struct store *s, int64_t *run, struct err *e);
/** Move a waiting run by that many places, towards the front when negative; past the end means to the end.
 *  ERR_CONFLICT when it does not wait. */
bool store_queue_move(struct store *s, int64_t run, int by, struct err *e);
/** Take a run out: it becomes stopped, stays in the list of runs, and resume starts it after all. ERR_CONFLICT when it
 *  does not wait (any more). */
bool store_queue_drop(struct store *s, int64_t run, struct err *e);

/** The run that a supervisor took last, 0 when none: where a supervisor died and its worker lives on, the next one
 *  waits for that. */
bool store_queue_current(struct store *s, int64_t *run, struct err *e);
bool store_queue_set_current(struct store *s, int64_t run, struct err *e);

#endif
