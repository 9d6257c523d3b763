/* Runs: their rows, states, tags, and going back to a checkpoint. */
#ifndef MLVICX_STORE_RUN_H
#define MLVICX_STORE_RUN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/base/err.h"
#include "store/database/store.h"

/* LOST and UNKNOWN are never stored. LOST: the row says running or paused, but no process works on the run any more.
 * UNKNOWN: nobody can tell, because the store was removed or the data that are read are older than later events. */
#define STORE_STATES(X)                                                                                                \
    X(QUEUED, "queued")                                                                                                \
    X(RUNNING, "running")                                                                                              \
    X(PAUSED, "paused")                                                                                                \
    X(FINISHED, "finished") X(STOPPED, "stopped") X(FAILED, "failed") X(LOST, "lost") X(UNKNOWN, "unknown")

enum store_state {
#define STORE_STATE_ENUM(name, word) STORE_##name,
    STORE_STATES(STORE_STATE_ENUM)
#undef STORE_STATE_ENUM
        STORE_STATE_COUNT
};
const char *store_state_name(enum store_state state);
/** True, with `*state` filled, for one of the words above. */
bool store_state_parse(const char *word, enum store_state *state);

enum { STORE_RUNS_MOST = 10000 }; /* runs that a list holds */
enum { STORE_LIVE_MOST = 256 };   /* live runs that are watched; no machine trains as many */
enum { STORE_HEARTBEAT = 60 };    /* seconds after which a silent run of another host counts as lost */

/** The row of a run. Pointers are borrowed on the way in and owned on the way out (store_run_clear). Times are
 * seconds since 1970 UTC, 0 if not yet known. */
struct store_run {
    int64_t id;
    char name[STORE_NAME];
    enum store_state state;
    char method[32];          /* its objective, in the words of the program that created it */
    int64_t dataset_id;       /* 0: none, or removed since */
    char dataset[STORE_NAME]; /* its name, which stays when the data set is removed */
    char *config;             /* INI text of all settings, as of now (live changes included) */
    char *resolved; /* INI-like text of the values that `auto` had at the start (threads, kernels, autotune), reused on
                       resume */
    char preset[32];
    int64_t parent_id; /* 0: none */
    char identity[65]; /* digest of what a command made it for (eval, explain); "": it was begun for itself */
    int64_t seed;
    double created_at, started_at, ended_at, heartbeat_at;
    int64_t pid;           /* 0 unless alive */
    char host[64];         /* "" before the first start */
    int64_t steps, epochs; /* planned */
    int64_t step;          /* newest step that has points, 0 if none; read only */
    int64_t place;         /* place in the queue, the smallest comes first; 0: not queued; read only (queue.h) */
    int64_t rewound; /* number of times that recorded rows were removed by a resume: readers reload when it changes */
    char *note;      /* "" when none */
    char *tags;      /* sorted, separated by one space; "" if none; read only */
};
void store_run_clear(struct store_run *r);

struct store_runs {
    struct store_run *rows;
    size_t count;
    size_t unreadable; /* rows that were skipped because they are damaged */
    struct err why;    /* of the first of them */
    int64_t older;     /* rows after the end of the list */
};
void store_runs_clear(struct store_runs *r);

/** Inserts a run in state queued and creates its folder runs/ID (0700). The name must be free (ERR_CONFLICT); ""
 * becomes DATASET-ID. Used from `row`: name, method, dataset_id, dataset, config, preset, parent_id, identity, seed,
 * steps, epochs, note. Fills `*id`. */
bool store_run_insert(struct store *s, const struct store_run *row, int64_t *id, struct err *e);

bool store_run_get(struct store *s, int64_t id, struct store_run *out, struct err *e);
/** Runs whose rows can be read, newest first, without config and resolved (NULL), which are most of a row: the
 * newest STORE_RUNS_MOST, or as many as fit into 128 MiB of text. `more` and `unreadable` count the others. */
bool store_run_list(struct store *s, struct store_runs *out, struct err *e);
/** The next page of all of them, in either order. */
bool store_run_page(struct store *s, bool oldest_first, struct store_cursor *at, struct store_runs *out, struct err *e);
/** The next newer, or older, run; 0: there is none. */
bool store_run_beside(struct store *s, int64_t run, bool newer, int64_t *other, struct err *e);
/** Those whose row says running or paused, including lost ones: the newest STORE_LIVE_MOST, newest first. */
bool store_run_list_live(struct store *s, struct store_runs *out, struct err *e);
/** The newest run with that identity (not "") and an id below `before` (INT64_MAX: any); 0: there is none. */
bool store_run_find_identity(struct store *s, const char *identity, int64_t before, int64_t *id, struct err *e);
/** Resolves what a user typed: an id, a name, a unique prefix of one, "@last" (highest id of those that no command
 * made for itself, if there are any), "@best" (highest newest
 * `auc.ridge`, else `auc.knn`, of the runs that learn without labels; if there are none, `auc.validation`).
 * ERR_NOT_FOUND names the nearest, ERR_CONFLICT lists the runs that an ambiguous prefix matches. */
bool store_run_find(struct store *s, const char *text, int64_t *id, struct err *e);

/** The actual state. Running and paused rows become STORE_LOST if their lock is free or, if the lock says nothing
 * (another host, a network file system, a lock that may not be examined), if their heartbeat is older than
 * STORE_HEARTBEAT. They become STORE_UNKNOWN in two cases: the store is no longer in its place, so the locks there
 * belong to another one; or the rows that are read may be older than the end of the run, that is those of a copy
 * (except for a run that had been silent for that long when it was copied) and those without the newest entries. */
enum store_state store_run_state(const struct store *s, const struct store_run *r);

/** Makes this process the worker of a run. Call only with its lock held (lock.h). In one transaction (FULL): state
 * running, pid and host of this process, heartbeat now, started_at if not set, ended_at none, no place in the queue.
 * `from` is the expected state, as an or of 1u << state (a lost run counts as what is stored: running | paused):
 * ERR_CONFLICT otherwise. */
bool store_run_claim(struct store *s, int64_t id, unsigned from, struct err *e);
/** Changes the state (FULL). running and paused keep the pid; the others set ended_at (queued: clears it) and clear
 * the pid. Only queued keeps the place in the queue. */
bool store_run_set_state(struct store *s, int64_t id, enum store_state state, struct err *e);
/** Heartbeat now. NORMAL; call it with each batch of points, at least every 10 s, also while paused. */
bool store_run_beat(struct store *s, int64_t id, struct err *e);
/** Fills `out` with the prefix of names of files about a run: its name if that is valid, which need not be the case
 * in a crafted store (it could lead to any folder), else run-ID. Returns out. */
const char *store_run_stem(const struct store_run *r, char out[STORE_NAME]);
/** Stores what live changes and the start resolve; a NULL text or a negative number leaves the old value. */
bool store_run_update(struct store *s, int64_t id, const char *config, const char *resolved, int64_t steps,
                      int64_t epochs, struct err *e);

bool store_run_rename(struct store *s, int64_t id, const char *name, struct err *e);
bool store_run_set_note(struct store *s, int64_t id, const char *note, struct err *e);
/** Adds or removes a tag (same characters as names). Adding twice and removing a missing tag are no errors. */
bool store_run_tag(struct store *s, int64_t id, const char *tag, bool add, struct err *e);
/** Removes a run with all its rows. ERR_CONFLICT while it is alive (store_run_state running or paused), or if nobody
 * can tell (store_lock_known). For readers it is gone at once; its rows are deleted in short transactions, so that a
 * concurrent worker never waits long, and rows left by a kill are deleted by the next removal. The caller removes
 * the folder runs/ID after this has succeeded. */
bool store_run_remove(struct store *s, int64_t id, struct err *e);
/** *orphan: whether `id` was a run's and is none's now, so that a folder with this number is left from a removal.
 * Numbers are never reused; a number that no run has had yet may be that of a run being created. */
bool store_run_orphan(struct store *s, int64_t id, bool *orphan, struct err *e);

/** Goes back to step `step` (0: the beginning): deletes points, snapshots, evaluations and derived events after it,
 * recomputes the affected roll-ups, lists the checkpoints after it as given up, and increments run.rewound. (The
 * point of the n-th step has step n, and a checkpoint of n has seen n steps.) In short transactions from the end of
 * the run on, so that a reader in between, or after a kill, sees a shorter run. Not within a transaction. */
bool store_run_rewind(struct store *s, int64_t id, int64_t step, struct err *e);

#endif
