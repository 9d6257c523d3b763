/* Why a worker died that ended without a message: told by whoever saw it or, where no one did, by what it left.
 *
 * A worker that was not followed has no parent that learns its end. So it leaves a file beside its run, runs/ID/life,
 * for as long as it lives: the boot of the machine, what it needed of which memory, and how many processes the kernel
 * had ended for lack of it until then. Whoever looks at the run after its death compares, and writes nothing. A signal
 * that can be caught is noted there by the dying worker, in a line "signal N". */
#ifndef MLVICX_STORE_DEATH_H
#define MLVICX_STORE_DEATH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/base/err.h"
#include "engine/base/limits.h"
#include "store/run.h"
#include "store/database/store.h"

enum { DEATH_TEXT = 512 };

/** A worker begins to hold the run (whose lock it has): it may take `needed` bytes, 0 where that is not known. Where
 * the file cannot be written the run continues without. `root` as of limits_read. Returns a descriptor of the file for
 * that line, which the caller owns, or -1. */
int death_begin(const struct store *s, int64_t run, double needed, const char *root);
/** It ends, and the run's row says how; or, where the row could not be written, `why` (else NULL) says it. */
void death_end(const struct store *s, int64_t run, const char *why);

/** Why the worker of a lost run died, in the words of the event that says it, else from what it left: "its worker
 * was killed; probably out of memory: needed 243 MiB of 300 MiB (memory cgroup /job42)". True where an event says it.
 * `out` is always filled; it has no control characters. */
bool death_of(struct store *s, const struct store_run *run, const char *root, char out[DEATH_TEXT]);

/** Why a process was killed with SIGKILL, which the kernel does not say: behind "was killed". `counted`: whether the
 * kernel has ended processes for lack of memory since it began, below 0 where that is not known. Returns out. */
const char *death_reason(int counted, double needed, const struct limit *memory, char out[DEATH_TEXT]);

#endif
