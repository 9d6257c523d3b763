/* Locks: who works on a run, and who works off the queue, known to the kernel.
 *
 * runs/ID/lock is locked as an open file description (F_OFD_SETLK): it goes free however its holder dies, it is not
 * inherited through exec (O_CLOEXEC), and asking about it disturbs nothing. On a network file system, and for a run of
 * another host, the lock says nothing; there only the heartbeat counts (store_run_state knows). */
#ifndef MLVICX_STORE_LOCK_H
#define MLVICX_STORE_LOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/base/err.h"
#include "store/run.h"
#include "store/database/store.h"

/** Take the lock of a run; `*fd` is filled and owned (store_lock_release). ERR_CONFLICT when a worker holds it; the
 *  message names its process when the run's row knows it. */
bool store_lock_take(struct store *s, int64_t run, int *fd, struct err *e);
void store_lock_release(int *fd); /* -1 is fine; sets -1 */
/** Says that the folder of a run is not there, and what to do about it; where its row cannot be read, that. Returns
 * false. */
bool store_lock_no_folder(struct store *s, int64_t run, struct err *e);

/** What is known of a lock. */
enum store_lock {
    STORE_LOCK_FREE,    /* no one holds it, or there is no file                                              */
    STORE_LOCK_HELD,    /* someone does (this process too, through another descriptor)                      */
    STORE_LOCK_UNKNOWN, /* it may not be looked at (another user's, no locks there): the heartbeat must tell */
};
enum store_lock store_lock_held(const struct store *s, int64_t run);
/** Whether the lock of a run can be looked at. What would destroy or double the work of a living worker is refused
 * where it cannot: the error says why. */
bool store_lock_known(const struct store *s, const struct store_run *run, struct err *e);

/** Leave a line in the lock's file for whoever looks at the run while its worker cannot write to the store; "" takes it
 * away.
 */
void store_lock_note(int fd, const char *line);
/** Fill `out` with that line, "" when there is none or no one holds the lock. */
void store_lock_read_note(const struct store *s, int64_t run, char *out, size_t size);

/** The lock of the queue (queue.lock in the workspace): one supervisor a store. `*fd` is filled and owned, -1 when
 *  another process has it, which is no error. The file says which process took it. */
bool store_queue_lock(struct store *s, int *fd, struct err *e);
/** Whether a supervisor holds it; `*pid` (may be NULL) filled, 0 where unknown. */
enum store_lock store_queue_held(const struct store *s, int64_t *pid);

#endif
