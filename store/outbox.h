/* Rows that a worker wants to record and that are not in the store yet.
 *
 * A worker never writes to the store directly: numbers, snapshots, events, evaluations, checkpoints, answers and
 * states are put here, and outbox_send writes all of it. So a locked database or a full disk costs the run nothing:
 * it continues training, and its rows wait, at most OUTBOX_MOST bytes of them; then the worker waits too. If even
 * that does not help, outbox_save puts everything into a file beside the run, and the next worker reads it. */
#ifndef MLVICX_STORE_OUTBOX_H
#define MLVICX_STORE_OUTBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/base/err.h"
#include "store/checkpoint.h"
#include "store/evaluation.h"
#include "store/event.h"
#include "store/metric.h"
#include "store/run.h"
#include "store/database/store.h"

enum { OUTBOX_MOST = 64 << 20 };

struct outbox_snapshot {
    int64_t step;
    char level[8], kind[16];
    int rows, cols;
    float *data; /* [rows, cols], owned */
};

struct outbox_answer {
    int64_t command;
    char *text;
};

/** Zero-initialise; outbox_clear ends it. Everything is owned. */
struct outbox {
    struct store_batch points;
    struct outbox_snapshot *snapshots;
    struct store_event *events; /* texts owned */
    struct store_evaluation *evaluations;
    struct store_checkpoint *checkpoints;
    struct outbox_answer *answers;
    size_t snapshot_count, event_count, evaluation_count, checkpoint_count, answer_count;
    int64_t snapshots_keep; /* thin to this number of steps; 0: no snapshot was put */
    char *config;           /* of the run's row; NULL: unchanged */
    int64_t steps, epochs;  /* the same; 0: unchanged */
    bool state_changes;
    enum store_state state;
    size_t bytes; /* approximate size of everything */
    bool broken;  /* memory ran out: something is missing, and sending fails */
};

/** Adds a row. Texts and arrays are copied. If memory runs out, outbox_send reports it. */
void outbox_snapshot(struct outbox *o, const struct outbox_snapshot *row);
void outbox_event(struct outbox *o, const struct store_event *row);
void outbox_evaluation(struct outbox *o, const struct store_evaluation *row);
void outbox_checkpoint(struct outbox *o, const struct store_checkpoint *row);
void outbox_answer(struct outbox *o, int64_t command, const char *text);
void outbox_config(struct outbox *o, const char *config, int64_t steps, int64_t epochs);
void outbox_state(struct outbox *o, enum store_state state);

/** Its size in bytes; full at OUTBOX_MOST. */
size_t outbox_bytes(const struct outbox *o);
/** Writes everything and the heartbeat, and empties the outbox. Points beyond a few thousand go in transactions of
 * their own, everything else in one, FULL if it has a checkpoint, a state, a setting or an answer. If it fails
 * nothing is lost: what was not written stays. ERR_LOCKED and ERR_IO may be temporary. */
bool outbox_send(struct outbox *o, struct store *s, int64_t run, struct err *e);
/** Writes a copy of everything except settings, state and answers to the run's bundle of unwritten rows (bundle.h),
 * which replaces an older one. `s` is the store that could not be written; it is not touched. */
bool outbox_save(const struct outbox *o, const struct store *s, int64_t run, struct err *e);
void outbox_clear(struct outbox *o);

#endif
