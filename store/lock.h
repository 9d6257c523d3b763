/* Locks, held in the kernel: which process works on a run, and which one works on the queue.
 *
 * runs/ID/lock is locked as an open file description (F_OFD_SETLK): it is released however its holder dies, it is
 * not inherited through exec (O_CLOEXEC), and testing it disturbs nothing. On a network file system, and for a run
 * of another host, the lock says nothing; there only the heartbeat counts (see store_run_state). */
#ifndef MLVICX_STORE_LOCK_H
#define MLVICX_STORE_LOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/base/err.h"
#include "store/run.h"
#include "store/database/store.h"

/** Takes the lock of a run; `*fd` is filled and owned (store_lock_release). ERR_CONFLICT if a worker holds it; the
 * message names its process if the run's row does. */
bool store_lock_take(struct store *s, int64_t run, int *fd, struct err *e);
void store_lock_release(int *fd); /* -1 is fine; sets -1 */
/** Reports that the folder of a run is missing, and what to do about it; if its row cannot be read, reports that.
 * Returns false. */
bool store_lock_no_folder(struct store *s, int64_t run, struct err *e);

/** What is known of a lock. */
enum store_lock {
    STORE_LOCK_FREE,    /* nobody holds it, or there is no file */
    STORE_LOCK_HELD,    /* a process holds it (also this one, through another descriptor) */
    STORE_LOCK_UNKNOWN, /* it may not be examined (another user's, no locks there): the heartbeat decides */
};
enum store_lock store_lock_held(const struct store *s, int64_t run);
/** Whether the lock of a run can be examined. If it cannot, whatever would destroy or duplicate the work of a live
 * worker is refused; the error says why. */
bool store_lock_known(const struct store *s, const struct store_run *run, struct err *e);

/** Leaves a line in the lock file, for processes that look at the run while its worker cannot write to the store; ""
 * removes it. */
void store_lock_note(int fd, const char *line);
/** Fills `out` with that line, "" if there is none or nobody holds the lock. */
void store_lock_read_note(const struct store *s, int64_t run, char *out, size_t size);

/** Takes the lock of the queue (queue.lock in the workspace): one supervisor per store. `*fd` is filled and owned,
 * -1 if another process has it, which is no error. The file names the process that took it. */
bool store_queue_lock(struct store *s, int *fd, struct err *e);
/** Whether a supervisor holds it; `*pid` (may be NULL) is filled, 0 if unknown. */
enum store_lock store_queue_held(const struct store *s, int64_t *pid);

#endif
