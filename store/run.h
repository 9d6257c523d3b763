/* Runs: their rows, states, tags, and going back to a checkpoint. */
#ifndef MLVICX_STORE_RUN_H
#define MLVICX_STORE_RUN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/base/err.h"
#include "store/database/store.h"

/* LOST and UNKNOWN are never stored: they are what a running or paused row means when no one works on it any more, and
 * when no one can tell, since the store was taken away or what is read is older than what happened since. */
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
/** True and `*state` filled for one of the words above. */
bool store_state_parse(const char *word, enum store_state *state);

enum { STORE_RUNS_MOST = 10000 }; /* runs that a list holds */
enum { STORE_LIVE_MOST = 256 };   /* runs that are looked at for what goes on elsewhere: no machine trains as many */
enum { STORE_HEARTBEAT = 60 };    /* seconds after which a silent run of another host counts as lost */

/** The row of a run. Pointers are borrowed on the way in and owned on the way out (store_run_clear). Times are seconds
 *  since 1970 UTC, 0 when not yet. */
struct store_run {
    int64_t id;
    char name[STORE_NAME];
    enum store_state state;
    char method[32];          /* what it learns from, in the words of whoever made it */
    int64_t dataset_id;       /* 0: none, or removed since */
    char dataset[STORE_NAME]; /* its name, which stays when the data set goes */
    char *config;             /* INI text of all settings, as of now (live changes included) */
    char *resolved; /* INI-like text of what `auto` became at the start (threads, kernels, autotune), replayed on resume
                     */
    char preset[32];
    int64_t parent_id; /* 0: none */
    int64_t seed;
    double created_at, started_at, ended_at, heartbeat_at;
    int64_t pid;           /* 0 unless alive */
    char host[64];         /* "" before the first start */
    int64_t steps, epochs; /* planned */
    int64_t step;          /* newest step that has points, 0 when none; read only */
    int64_t place;         /* in the queue, the least comes first; 0: does not wait there; read only (queue.h) */
    int64_t rewound;       /* how often a resume cut off what was recorded: readers reload when it changes */
    char *note;            /* "" when none */
    char *tags;            /* sorted, separated by one space; "" when none; read only */
};
void store_run_clear(struct store_run *r);

struct store_runs {
    struct store_run *rows;
    size_t count;
    size_t unreadable; /* rows that were skipped, since they do not hold what they should */
    struct err why;    /* of the first of them */
    int64_t older;     /* rows that a list does not reach */
};
void store_runs_clear(struct store_runs *r);

/** Insert a run in state queued and create its folder runs/ID (0700). The name must be free (ERR_CONFLICT); "" becomes
 *  DATASET-ID. Used from `row`: name, method, dataset_id, dataset, config, preset, parent_id, seed, steps, epochs,
 * note. Fills `*id`. */
bool store_run_insert(struct store *s, const struct store_run *row, int64_t *id, struct err *e);

bool store_run_get(struct store *s, int64_t id, struct store_run *out, struct err *e);
/** Runs whose rows can be read, newest first, without config and resolved (NULL), which are most of a row: the newest
 *  STORE_RUNS_MOST, or as many as have texts of 128 MiB. How many are older, and how many cannot be read, is told. */
bool store_run_list(struct store *s, struct store_runs *out, struct err *e);
/** The next of all of them, in either order, a page at a time. */
bool store_run_page(struct store *s, bool oldest_first, struct store_cursor *at, struct store_runs *out, struct err *e);
/** The next newer, or older, run; 0: there is none. */
bool store_run_beside(struct store *s, int64_t run, bool newer, int64_t *other, struct err *e);
/** Those whose row says running or paused, lost ones included, the newest STORE_LIVE_MOST, newest first. */
bool store_run_list_live(struct store *s, struct store_runs *out, struct err *e);
/** Resolve what a user typed: an id, a name, a unique beginning of one, "@last" (highest id), "@best" (highest newest
 *  `auc.ridge`, else `auc.knn`, of the runs that learn without labels; where there are none, `auc.validation`).
 * ERR_NOT_FOUND names the nearest, ERR_CONFLICT lists what an ambiguous beginning fits.
 */
bool store_run_find(struct store *s, const char *text, int64_t *id, struct err *e);

/** The state as one should say it: running and paused rows become STORE_LOST when their lock is free, or, where it says
 *  nothing (another host, a network file system, a lock that may not be looked at), when their heartbeat is older than
 *  STORE_HEARTBEAT. They become STORE_UNKNOWN when the store is not in its place any more, whose locks are then another
 *  one's, and when the rows that are read may be older than the end of the run: those of a copy, except for a run that
 * was silent for that long when it was taken, and those without the newest entries. */
enum store_state store_run_state(const struct store *s, const struct store_run *r);

/** Become the worker of a run. Call only with its lock held (lock.h). In one transaction (FULL): state running, pid and
 *  host of this process, heartbeat now, started_at if not yet, ended_at none, no place in the queue. `from` is what the
 * row must say,
 *  as an or of 1u << state (lost counts as what is stored: running | paused): ERR_CONFLICT otherwise. */
bool store_run_claim(struct store *s, int64_t id, unsigned from, struct err *e);
/** Change the state (FULL). running and paused keep the pid; the others set ended_at (queued: clears it) and clear the
 *  pid. Only queued keeps the place in the queue. */
bool store_run_set_state(struct store *s, int64_t id, enum store_state state, struct err *e);
/** Heartbeat now. NORMAL; call it with each batch of points, at least every 10 s, also while paused. */
bool store_run_beat(struct store *s, int64_t id, struct err *e);
/** Fill `out` with what names of files begin with that are about a run: its name where it is one, which a crafted store
 *  need not keep to (it could lead to any folder), else run-ID. Returns out. */
const char *store_run_stem(const struct store_run *r, char out[STORE_NAME]);
/** What live changes and the start resolve; a NULL text or a negative number leaves the old value. */
bool store_run_update(struct store *s, int64_t id, const char *config, const char *resolved, int64_t steps,
                      int64_t epochs, struct err *e);

bool store_run_rename(struct store *s, int64_t id, const char *name, struct err *e);
bool store_run_set_note(struct store *s, int64_t id, const char *note, struct err *e);
/** Add or remove a tag (same letters as names). Adding twice and removing what is not there are fine. */
bool store_run_tag(struct store *s, int64_t id, const char *tag, bool add, struct err *e);
/** Remove a run with all its rows. ERR_CONFLICT while it is alive (store_run_state running or paused), and where no one
 * can tell (store_lock_known). To readers it is gone at once; its rows go in short transactions, so that a worker
 * beside it never waits for long, and those that a kill leaves go with the next removal. The folder runs/ID is the
 * caller's to remove, after this succeeded. */
bool store_run_remove(struct store *s, int64_t id, struct err *e);
/** *orphan: whether `id` was a run's and is none's now, so that a folder of this number is what a removal left. Numbers
 *  are never used again; one that no run has had yet may be in the making. */
bool store_run_orphan(struct store *s, int64_t id, bool *orphan, struct err *e);

/** Go back to step `step` (0: the beginning): delete points, snapshots, evaluations and derived events after it, mend
 * the roll-ups that were touched, list the checkpoints after it as given up, count run.rewound up. (The point of the
 * n-th step has step n, and a checkpoint of n has seen n steps.) In short transactions from the end of the run on, so
 * that a reader in between, or after a kill, sees a shorter run. Not inside of a transaction. */
bool store_run_rewind(struct store *s, int64_t id, int64_t step, struct err *e);

#endif
