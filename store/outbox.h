/* What a worker has to say and the store has not taken yet.
 *
 * A worker never writes to the store by itself: numbers, snapshots, events, evaluations, checkpoints, answers and
 * states are put here, and outbox_send writes all of it. So whoever keeps the database locked, or a full disk, costs
 * the run nothing: it continues training, and what it has to say waits, at most OUTBOX_MOST bytes of it; then the
 * worker waits too. Where even that does not help, outbox_save puts everything into a file beside the run, and the next
 * worker reads it. */
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
    int64_t snapshots_keep; /* thin to so many steps; 0: no snapshot was put */
    char *config;           /* of the run's row; NULL: as it is   */
    int64_t steps, epochs;  /* the same; 0: as they are           */
    bool state_changes;
    enum store_state state;
    size_t bytes; /* what all of it takes, roughly */
    bool broken;  /* memory ran out: something is missing, and sending fails */
};

/** Put something in. Texts and arrays are copied. Memory that ran out is remembered and told by outbox_send. */
void outbox_snapshot(struct outbox *o, const struct outbox_snapshot *row);
void outbox_event(struct outbox *o, const struct store_event *row);
void outbox_evaluation(struct outbox *o, const struct store_evaluation *row);
void outbox_checkpoint(struct outbox *o, const struct store_checkpoint *row);
void outbox_answer(struct outbox *o, int64_t command, const char *text);
void outbox_config(struct outbox *o, const char *config, int64_t steps, int64_t epochs);
void outbox_state(struct outbox *o, enum store_state state);

/** What it holds, in bytes; as much as it may at OUTBOX_MOST. */
size_t outbox_bytes(const struct outbox *o);
/** Write everything and the heartbeat, and be empty. Points beyond a few thousand go in transactions of their own, all
 *  else in one, FULL when it holds a checkpoint, a state, a setting or an answer. When it fails nothing is lost: what
 * was not written stays. ERR_LOCKED and ERR_IO may pass. */
bool outbox_send(struct outbox *o, struct store *s, int64_t run, struct err *e);
/** Write a copy of everything but settings, state and answers to the run's bundle of unwritten rows (bundle.h), which
 * replaces an older one. `s` is the store that would not take it; it is not touched. */
bool outbox_save(const struct outbox *o, const struct store *s, int64_t run, struct err *e);
void outbox_clear(struct outbox *o);

#endif
