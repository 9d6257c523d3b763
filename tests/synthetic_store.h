/* A synthetic store: runs that never ran, for benchmarks and tests of what reads the store. The same arguments make the
 * same rows, dates too, on any machine. */
#ifndef MLVICX_TESTS_SYNTHETIC_STORE_H
#define MLVICX_TESTS_SYNTHETIC_STORE_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/err.h"
#include "store/database/store.h"

/** Seconds since 1970 at which the newest of the runs was created: 2026-03-01T09:00:00Z. */
#define SYNTHETIC_NOW 1772355600.0

struct synthetic_store {
    int runs;      /* of 64 steps each: healthy, collapsing, failed, stopped, of one step, queued, in turn */
    int64_t steps; /* of one more run, the newest; 0: none                                              */
    bool methods;  /* one more of a method with one level, and one that learns from labels              */
};

/** Fill an empty store. The first run of each kind has snapshots, events, checkpoints and evaluations too. `said` NULL,
 *  or told how far it is (of 1). */
bool synthetic_store_fill(struct store *s, const struct synthetic_store *m, void (*said)(void *ctx, double share),
                          void *ctx, struct err *e);

/** What a worker would record of one step of the story `healthy`: appended to the run, in one transaction. */
bool synthetic_store_step(struct store *s, int64_t run, int64_t step, struct err *e);

#endif
