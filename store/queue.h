/* The queue: runs that wait for one another.
 *
 * A queued run has a place; the smallest comes first. (A queued run without a place is just being started by hand.)
 * A supervisor, one per store, takes the first run, starts its worker, waits for it, and continues whatever its
 * result. A process that queues a run starts a supervisor if there is none (see lock.h). The worker's own claim
 * (store_run_claim from queued) removes the run from the queue, in one statement, so that two workers never train
 * the same run, and a supervisor that dies leaves everything as it is. */
#ifndef MLVICX_STORE_QUEUE_H
#define MLVICX_STORE_QUEUE_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/err.h"
#include "store/run.h"
#include "store/database/store.h"

/** Puts a run at the end of the queue; its state becomes queued. ERR_CONFLICT if it is alive, finished or queued
 * already. */
bool store_queue_add(struct store *s, int64_t run, struct err *e);
/** The next page of queued runs, in order. Owned: store_runs_clear. */
bool store_queue_page(struct store *s, struct store_cursor *at, struct store_runs *out, struct err *e);
/** The first queued run; 0 if there is none. */
bool store_queue_first(struct store *s, int64_t *run, struct err *e);
/** Moves a queued run by that many places, towards the front if negative; beyond the end means to the end.
 * ERR_CONFLICT if it is not queued. */
bool store_queue_move(struct store *s, int64_t run, int by, struct err *e);
/** Removes a run from the queue: it becomes stopped, stays in the list of runs, and can be resumed later.
 * ERR_CONFLICT if it is not queued (any more). */
bool store_queue_drop(struct store *s, int64_t run, struct err *e);

/** The run that a supervisor took last, 0 if none. If a supervisor died and its worker is still alive, the next one
 * waits for that worker. */
bool store_queue_current(struct store *s, int64_t *run, struct err *e);
bool store_queue_set_current(struct store *s, int64_t run, struct err *e);

#endif
