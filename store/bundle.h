/* Bundles: a part of a run in a file of its own, beside the run; evaluations that were not written (kept.h), beside all
 * of them.
 *
 *     runs/ID/unwritten.db   what a worker could not write before it ended (outbox.h)
 *     runs/ID/given-up.db    what a rewind took away, until the first new checkpoint stands
 *     unwritten/eval-NUMBER.db  what an evaluation could not write
 *
 * A bundle is an SQLite database with the store's own tables; metrics go by name. Those of a run are merged by its next
 * worker. */
#ifndef MLVICX_STORE_BUNDLE_H
#define MLVICX_STORE_BUNDLE_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/err.h"
#include "store/database/files.h"
#include "store/database/store.h"

#define BUNDLE_UNWRITTEN "unwritten.db"
#define BUNDLE_GIVEN_UP  "given-up.db"

/** Where a bundle lies. */
struct bundle_at {
    enum store_place place;
    int64_t run; /* of STORE_RUN, else 0 */
    const char *name;
};

/** Writes a new bundle: `fill` gets a handle on an empty one, in a transaction; metrics have the numbers that they
 * have in `s`. Durable, and all or nothing: an older file is replaced at the end. */
typedef bool store_bundle_fill(struct store *bundle, void *ctx, struct err *e);
bool store_bundle_write_at(const struct store *s, const struct bundle_at *at, store_bundle_fill *fill, void *ctx,
                           struct err *e);
/** The same for runs/ID/NAME. */
bool store_bundle_write(const struct store *s, int64_t run, const char *name, store_bundle_fill *fill, void *ctx,
                        struct err *e);
/** Opens a bundle to read its rows; store_close ends it. */
bool store_bundle_open(const struct store *s, const struct bundle_at *at, struct store **out, struct err *e);
/** Copies the rows that a rewind of `run` to `step` would remove (points, snapshots, derived events, evaluations) to
 * a new bundle, BUNDLE_GIVEN_UP. The store is only read. */
bool store_bundle_give_up(struct store *s, int64_t run, int64_t step, struct err *e);
/** Inserts the rows of the bundle runs/ID/NAME into the store, in short transactions. A row that exists is replaced,
 * so an interrupted merge can be repeated. */
bool store_bundle_merge(struct store *s, int64_t run, const char *name, struct err *e);

#endif
