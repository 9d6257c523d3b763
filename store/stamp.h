/* Stamps: whether what someone read a while ago is still what the store says.
 *
 * A stamp is two numbers over all that can be said of a run but its growing end. Points and snapshots of a run that
 * continues come at its end and leave both alone. `past` is another when what was recorded is no longer what it was (a
 * rewind, a resume), or will not grow any more (it ended); `rows` when anything of its row, tags, events, checkpoints
 * or evaluations is. Reading one takes some microseconds, whatever the run has become. */
#ifndef MLVICX_STORE_STAMP_H
#define MLVICX_STORE_STAMP_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/err.h"
#include "store/database/store.h"

struct store_stamp {
    uint64_t past, rows;
};

/** Stamp of a run; zeros: there is none. Run 0 stands for encoders that are no run's: only `rows` counts then. */
bool store_run_stamp(struct store *s, int64_t run, struct store_stamp *out, struct err *e);
/** One number over all runs that growth leaves alone: which there are, their states, names, notes, tags and places in
 * the queue, rewinds, the newest event and the newest evaluation. */
bool store_runs_stamp(struct store *s, uint64_t *stamp, struct err *e);
/** One number over all data sets: which there are, and of what. */
bool store_dataset_stamp(struct store *s, uint64_t *stamp, struct err *e);

#endif
