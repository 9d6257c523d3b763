/* Bundles: a part of a run in a file of its own, beside the run.
 *
 *     runs/ID/unwritten.db   what a worker could not write before it ended (outbox.h)
 *     runs/ID/given-up.db    what a rewind took away, until the first new checkpoint stands
 *
 * A bundle is an SQLite database with the store's own tables; metrics go by name. Both kinds are merged by the next
 * worker of the run. */
#ifndef MLVICX_STORE_BUNDLE_H
#define MLVICX_STORE_BUNDLE_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/err.h"
#include "store/store.h"

#define BUNDLE_UNWRITTEN "unwritten.db"
#define BUNDLE_GIVEN_UP  "given-up.db"

/** Write to a new bundle runs/ID/NAME: `fill` gets a handle on an empty one, in a transaction; metrics have the numbers
 *  that they have in `s`. Durable, and all or nothing: an older file is replaced at the end. */
typedef bool store_bundle_fill(struct store *bundle, void *ctx, struct err *e);
bool store_bundle_write(const struct store *s, int64_t run, const char *name, store_bundle_fill *fill, void *ctx,
                        struct err *e);
/** Copy what a rewind of `run` to `step` would take away (points, snapshots, derived events, evaluations) to a new
 *  bundle, BUNDLE_GIVEN_UP. The store is only read. */
bool store_bundle_give_up(struct store *s, int64_t run, int64_t step, struct err *e);
/** Put the rows of the bundle runs/ID/NAME into the store, in short transactions. A row that is there already is
 * replaced, so that a merge that was cut off can be done again. */
bool store_bundle_merge(struct store *s, int64_t run, const char *name, struct err *e);

#endif
