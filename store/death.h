/* Why a worker ended without a message: reported by the process that saw it end or, if there is none, found from
 * what it left.
 *
 * A worker that nobody follows has no parent that learns of its end. So it leaves a file beside its run,
 * runs/ID/life, for as long as it lives: the boot id of the machine, how much of which memory it needed, and how
 * many processes the kernel had ended for lack of memory until then. A process that looks at the run after its death
 * compares these, and writes nothing. A signal that can be caught is noted there by the dying worker, in a line
 * "signal N". */
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

/** A worker begins to hold the run (whose lock it has): it may need `needed` bytes, 0 if unknown. If the file cannot
 * be written the run continues without it. `root` as in limits_read. Returns a descriptor of the file for that line,
 * which the caller owns, or -1. */
int death_begin(const struct store *s, int64_t run, double needed, const char *root);
/** The worker ends, and the run's row says how; if the row could not be written, `why` (else NULL) says it. */
void death_end(const struct store *s, int64_t run, const char *why);

/** Why the worker of a lost run died: from the event that says it, else from what it left: "its worker was killed;
 * probably out of memory: needed 243 MiB of 300 MiB (memory cgroup /job42)". True if an event says it. `out` is
 * always filled; it has no control characters. */
bool death_of(struct store *s, const struct store_run *run, const char *root, char out[DEATH_TEXT]);

/** Why a process was killed with SIGKILL, which the kernel does not tell; the text follows "was killed". `counted`:
 * whether the kernel has ended processes for lack of memory since it began, negative if unknown. Returns out. */
const char *death_reason(int counted, double needed, const struct limit *memory, char out[DEATH_TEXT]);

#endif
