/* The list of checkpoints. A row is written after its file is safely on disk, and removed before the file is. */
#ifndef MLVICX_STORE_CHECKPOINT_H
#define MLVICX_STORE_CHECKPOINT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/base/err.h"
#include "store/database/store.h"

/* The state of a checkpoint after a rewind to an earlier step. */
enum store_given_up {
    STORE_KEPT,        /* a checkpoint of the run as it is */
    STORE_GIVEN_UP,    /* given up: removed with its file when the first new one is saved */
    STORE_GIVEN_UP_PIN /* given up but pinned, after a new one was saved: it stays */
};

struct store_checkpoint {
    int64_t step;
    char path[STORE_NAME]; /* file name below runs/ID */
    int64_t bytes;
    char sha256[65];
    bool pinned;
    enum store_given_up given_up;
    char reason[24];   /* "time", "epoch" (every k-th: stays), "command", "stop", "end", ... */
    double created_at; /* 0 on insert: now */
};
struct store_checkpoints {
    struct store_checkpoint *rows;
    size_t count;
    size_t unreadable; /* rows that a page left out because they are damaged */
    struct err why;    /* of the first of them */
};
void store_checkpoints_clear(struct store_checkpoints *c);

/** Why it is kept, in one or two words: "given up", "pinned", or the reason for which it was saved. */
const char *store_checkpoint_why(const struct store_checkpoint *c);

/** Inserts the row (FULL). One row per step: a second one at the same step replaces path, bytes, digest and reason;
 * pinned is unchanged. Rows of checkpoints that were given up for it are removed, pinned ones stay. */
bool store_checkpoint_insert(struct store *s, int64_t run, const struct store_checkpoint *row, struct err *e);
/** All checkpoints of a run, oldest first. */
bool store_checkpoint_list(struct store *s, int64_t run, struct store_checkpoints *out, struct err *e);
/** The newest `most`, oldest first; `*older`: how many more there are. */
bool store_checkpoint_newest(struct store *s, int64_t run, size_t most, struct store_checkpoints *out, int64_t *older,
                             struct err *e);
/** The next page of checkpoints: for display, not for going back to them. */
bool store_checkpoint_page(struct store *s, int64_t run, struct store_cursor *at, struct store_checkpoints *out,
                           struct err *e);
/** Nothing new was saved since the run went back: the given-up checkpoints belong to the run again. */
bool store_checkpoint_restore_given_up(struct store *s, int64_t run, struct err *e);
/* In the place of a step. */
enum {
    STORE_STANDING = -1, /* its best epoch with a validation AUC, else the newest */
    STORE_NEWEST = -2    /* the newest, among those that were not given up if there are any */
};
/** The checkpoint of exactly `step`, or one of the above. ERR_NOT_FOUND lists the existing ones. */
bool store_checkpoint_find(struct store *s, int64_t run, int64_t step, struct store_checkpoint *out, struct err *e);
bool store_checkpoint_pin(struct store *s, int64_t run, int64_t step, bool pinned, struct err *e);
/** Removes the row (FULL); unlink the file afterwards. */
bool store_checkpoint_remove(struct store *s, int64_t run, int64_t step, struct err *e);

/** Step of the best checkpoint that was not given up: the one with the highest AUC (store/probe.h, newest at its
 * step), the oldest of equal ones; -1 if there is none. */
bool store_checkpoint_best(struct store *s, int64_t run, int64_t *step, struct err *e);
/** Whether the run has its own AUC on validation images, so that its best epoch represents it. */
bool store_checkpoint_validated(struct store *s, int64_t run, bool *validated, struct err *e);
/** The checkpoints that may be removed: all but the `keep` newest, those with reason "epoch", the best, the pinned
 * and the given-up ones. Oldest first. */
bool store_checkpoint_spare(struct store *s, int64_t run, int64_t keep, struct store_checkpoints *out, struct err *e);

#endif
