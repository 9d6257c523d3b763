/* A worker that ended without a message: the kernel killed it for lack of memory, somebody killed it, or it crashed.
 *
 * The process that started it learns how it ended. The run's events, its log and the terminal then say it, and the
 * run can be resumed. */
#ifndef MLVICX_APP_DEATH_H
#define MLVICX_APP_DEATH_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/err.h"
#include "store/database/store.h"

struct death {
    double killed; /* processes that the kernel had ended for lack of memory before it began, -1: unknown */
};

/** Before a worker is started. */
void death_watch(struct death *d);

/** The run's worker, a child of this process, ended with `status` (as of wait) before it had begun: records an event
 * and a line of the log, and marks the run failed. `why` is filled: "its worker was killed by signal 9; probably out
 * of memory: needed 1.2 GiB of 700 MiB (memory cgroup /job42)". */
void death_at_start(const struct death *d, struct store *s, int64_t run, int status, struct err *why);

/** A worker that had begun ended with `status`. True, recorded and reported in the same way, if the run's row still
 * says that it is being trained: it is lost, and can be resumed. */
bool death_after(const struct death *d, struct store *s, int64_t run, int status, struct err *why);

/** For a run whose lock this process has just taken: if its row still says that it is being trained, its worker is
 * dead, and if nobody has said so, that is recorded now, from what the worker left (store/death.h). */
void death_unseen(struct store *s, int64_t run);

#endif
