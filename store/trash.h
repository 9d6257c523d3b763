/* The trash: runs that were removed, for as long as they can be brought back.
 *
 * A run in the trash has no row in `run`, so nothing finds, lists, counts or compares it, and its name is free; its row
 * is in `trash`. Everything that was recorded for it, its checkpoints and its folder stay where they are. A run whose
 * parent it is, and an evaluation for which it was trained, have none meanwhile, and have it again afterwards. */
#ifndef MLVICX_STORE_TRASH_H
#define MLVICX_STORE_TRASH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/base/err.h"
#include "store/database/store.h"

enum { STORE_TRASH_DAYS = 7 };
enum { STORE_TRASH_HINT = 128 };

struct store_trashed {
    int64_t id;
    char name[STORE_NAME], dataset[STORE_NAME];
    int64_t step, checkpoints, bytes; /* newest step; of its checkpoints */
    double trashed_at;
};
struct store_trash {
    struct store_trashed *rows;
    size_t count, unreadable;
    struct err why;
};

/** Moves a run into the trash. `at`: the time now, in seconds since 1970; runs with equal times were removed together.
 * A queued run is stopped. ERR_CONFLICT as store_run_remove. One transaction (FULL); not within one. */
bool store_run_trash(struct store *s, int64_t id, double at, struct err *e);
/** The runs in the trash, removed last first. Owned: store_trash_clear. */
bool store_trash_list(struct store *s, struct store_trash *out, struct err *e);
void store_trash_clear(struct store_trash *t);
/** The one with this id or name (of several with a name, the one that was removed last); NULL if there is none. */
const struct store_trashed *store_trash_find(const struct store_trash *t, const char *text);
/** The newest one with that identity (store/run.h, not "") and an id below `before` (INT64_MAX: any), with its
 * configuration: owned text, as in struct store_run. `*id` is 0, and `*config` NULL, if there is none. */
bool store_trash_find_identity(struct store *s, const char *identity, int64_t before, int64_t *id, char **config,
                               struct err *e);
/** Brings a run back as it was. `name` is filled: with another name if its own is taken meanwhile. FULL; not within a
 * transaction. */
bool store_trash_restore(struct store *s, int64_t id, char name[STORE_NAME], struct err *e);

/** Deletes for good, with their folders, runs that were removed at `before` or earlier: what takes longer than about
 * `seconds` is left to the next call, as after a kill. Does nothing in a store that is only read. */
bool store_trash_empty(struct store *s, double before, double seconds, struct err *e);
/** The same at once, of one run. */
bool store_trash_delete(struct store *s, int64_t id, struct err *e);

/** How many runs are in the trash, and the bytes of their checkpoints. */
bool store_trash_size(struct store *s, int64_t *runs, double *bytes, struct err *e);
/** What to add to the advice to make room: " (the trash holds 120 MiB: mlvicx rm --trash)"; "" if it holds nothing.
 * Returns out. */
const char *store_trash_hint(struct store *s, char out[STORE_TRASH_HINT]);

#endif
