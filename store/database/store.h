/* The store: one SQLite database, the packs and the folders of the runs, in one workspace.
 *
 * Whatever a screen or a command shows was read from here, and whatever a worker did was written here, so that a
 * worker, any number of workbenches and scripts meet only in these tables. Each process opens a handle of its own; a
 * handle is used by one thread at a time. The store takes plain numbers, strings and bytes: it knows no tensors.
 *
 * Families of functions are in their own headers: dataset.h, run.h, metric.h, snapshot.h, checkpoint.h, event.h,
 * command.h, evaluation.h, setting.h, lock.h. Every function that can fail returns false and fills its error; lists
 * are then empty and need no clearing. */
#ifndef MLVICX_STORE_STORE_H
#define MLVICX_STORE_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/base/err.h"

enum { STORE_NAME = 128, STORE_PATH = 4096 }; /* bytes of a name and of a path, with NUL */
#define STORE_STEP_MOST (INT64_C(1) << 53)    /* steps, places and the like are 0 to this one: exact as a double */

struct store; /* opaque: the database handle and its prepared statements */

enum store_mode {
    STORE_READ,  /* reads only; works on a read-only medium; a store that does not exist reads as an empty one */
    STORE_WRITE, /* creates the workspace when there is none, and brings an older schema up to date */
    STORE_ANY,   /* as STORE_WRITE where that is possible, else as STORE_READ: each write then says that it is not */
    STORE_FREE   /* as STORE_WRITE, to remove what takes room: on a full disk, too */
};

/** Where the workspace lies: `dir` when not NULL, else $MLVICX_HOME, else $XDG_DATA_HOME/mlvicx, else
 *  ~/.local/share/mlvicx. Fills out (STORE_PATH bytes) with an absolute path; nothing is created. */
bool store_locate(const char *dir, char out[STORE_PATH], struct err *e);

/** Open the store of workspace `dir` (NULL: the default place of store_locate). `*out` is owned by the caller and ends
 *  with store_close. A store written by a newer version, a damaged file, and a workspace that cannot be written
 *  (STORE_WRITE) are errors of one line each. One that is another user's (neither the user's nor root's, or others may
 *  write it) is only read: STORE_WRITE is then refused, and reading leaves no trace in it. One of an older version is
 *  brought up to date for writing, and read from a copy. */
bool store_open(const char *dir, enum store_mode mode, struct store **out, struct err *e);
/** The same for a store that the user vouches for: whose it is is not asked. */
bool store_open_trusting(const char *dir, enum store_mode mode, struct store **out, struct err *e);
void store_close(struct store *s); /* NULL is fine; an open transaction is rolled back */
/** Whether there is a store in workspace `dir` (as store_open takes it); what cannot be looked at counts as one. */
bool store_exists(const char *dir);
/** Whether the database that was opened still lies where it lay. It may have been removed, renamed, or another one put
 *  in its place: then writing is refused until it is back, and nothing of the one that lies there now is touched. */
bool store_in_place(struct store *s, struct err *e);

/** Version of the SQLite library that runs, such as "3.40.1". */
const char *store_sqlite_version(void);

/** Absolute path of the workspace, borrowed until store_close. */
const char *store_dir(const struct store *s);
/** True when the workspace lies on a network file system: the journal is then a rollback journal (readers and writers
 *  wait for each other) and locks of other hosts mean nothing. Worth one line to the user. */
bool store_is_network(const struct store *s);
/** True when nothing can be written through this handle. */
bool store_is_read_only(const struct store *s);
/** Why that is so, and as of when the store is shown, where a person should know: "belongs to alice", "shown as of its
 *  last checkpoint"; "" else. Borrowed until store_close. */
const char *store_remark(const struct store *s);
/** True when it was opened by store_open_trusting: a process that is started on it needs the same word. */
bool store_is_trusted(const struct store *s);
/** Whose what lies, or would lie, in workspace `dir` is: the owner of its folder, or of the nearest above that exists.
 */
bool store_owner(const char *dir, int64_t *user, int64_t *group, struct err *e);
/** PRAGMA user_version that this program writes. */
int store_schema_version(void);
/** Bytes of the largest file of the database: itself, or what is beside it. */
double store_bytes(const struct store *s);
/** Whether that file may not grow any more: RLIMIT_FSIZE of this process is reached, and writing fails until it is
 * raised. */
bool store_outgrown(const struct store *s);
enum { STORE_LOCK_TIMEOUT = 15000 }; /* milliseconds */
/** How long a write waits for another process to end its own before it fails with ERR_LOCKED; STORE_LOCK_TIMEOUT when
 * nothing is said. */
void store_set_lock_timeout(struct store *s, int milliseconds);
/** Leaves it to other handles to fold the log of the database into it, which waits for the disk, unless the log becomes
 * very long: for a process that writes little, and must not wait. */
bool store_leave_log(struct store *s, struct err *e);
/** While it is not NULL: a write that waits for another process ends its wait once `asked` says anything but 0. */
void store_set_asked(struct store *s, int (*asked)(void));
/** Whom a statement that takes long heeds: it ends, as ERR_INTERRUPTED, where `stop_asked(ctx)` says that the process
 * is asked to stop. Short ones run to their end all the same, so that what a worker has to say is still written. NULL:
 *  no one. Borrowed until the next call, or store_close. */
void store_heed(struct store *s, bool (*stop_asked)(void *ctx), void *ctx);
/** Counts up whenever another process has committed since the last call on this handle: a screen reloads then. */
int64_t store_change_counter(struct store *s);

/** A place in a list that is read a page at a time (store_..._page), so that it takes no more memory however long it
 * is. Zero-initialise; ask for pages until `ended`. Rows that do not hold what they should are left out of a page and
 *  counted in it; so one may be empty before the end. Each page is a read of its own: what changes between two is seen.
 */
struct store_cursor {
    size_t rows, bytes; /* after so many, or such lengths of texts, a page ends; 0: a thousand rows, 16 MiB */
    int64_t last;       /* key of the last row that was read */
    bool begun, ended;
};

/** Fill `out` with runs/ID, or runs/ID/FILE when `file` is not NULL, to be shown. Files are opened by files.h. */
bool store_run_path(const struct store *s, int64_t run, const char *file, char out[STORE_PATH], struct err *e);

/** How safe a commit is. Both survive the death of the process. */
enum store_safety {
    STORE_NORMAL, /* a power cut may lose the newest commits: points                                     */
    STORE_FULL    /* synced before it returns, with every commit before it: checkpoints, state, data sets */
};

/** Bundle several writes into one transaction; each writing function below is one of its own otherwise. Calls nest:
 *  only the outermost commit writes, and a rollback anywhere dooms the whole (the outer commit then fails). The safety
 *  of the outermost begin counts. Keep it short: other writers wait. */
bool store_begin(struct store *s, enum store_safety safety, struct err *e);
bool store_commit(struct store *s, struct err *e);
void store_rollback(struct store *s);

/** Names of runs and data sets: 1 to 64 of letters, digits, '.', '_', '-'; neither all digits (those are ids) nor
 *  beginning with '-' or '.'. `what` begins the message. */
bool store_name_check(const char *what, const char *name, struct err *e);
/** A name as it was read from a row: true where it is one. What is none is made harmless in place: each letter that no
 *  name has becomes '?', so that it can be shown, and can be part of no path. */
bool store_name_tame(char name[STORE_NAME]);

#endif
