/* The list of checkpoints. A row is written after its file is safely on the disk, and removed before the file is. */
#ifndef MLVICX_STORE_CHECKPOINT_H
#define MLVICX_STORE_CHECKPOINT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/base/err.h"
#include "store/database/store.h"

/* What a rewind makes of the checkpoints after its step. */
enum store_given_up {
    STORE_KEPT,        /* of the run as it is                                                        */
    STORE_GIVEN_UP,    /* of what was given up: goes, with its file, when the first new one is saved */
    STORE_GIVEN_UP_PIN /* the same, pinned, after a new one was saved: it stays                      */
};

struct store_checkpoint {
    int64_t step;
    char path[STORE_NAME]; /* file name below runs/ID */
    int64_t bytes;
    char sha256[65];
    bool pinned;
    enum store_given_up given_up;
    char reason[24];   /* "time", "epoch" (each k-th: stays), "command", "stop", "end", ... */
    double created_at; /* 0 on insert: now */
};
struct store_checkpoints {
    struct store_checkpoint *rows;
    size_t count;
    size_t unreadable; /* rows that a page left out, since they do not hold what they should */
    struct err why;    /* of the first of them */
};
void store_checkpoints_clear(struct store_checkpoints *c);

/** Why it is kept, in a word: "given up", "pinned", or the reason of its saving. */
const char *store_checkpoint_why(const struct store_checkpoint *c);

/** Insert the row (FULL). One row a step: a second one at the same step replaces path, bytes, digest and reason; pinned
 *  stays. The rows of checkpoints that were given up for it go, those that are pinned stay. */
bool store_checkpoint_insert(struct store *s, int64_t run, const struct store_checkpoint *row, struct err *e);
/** All of a run, oldest first. */
bool store_checkpoint_list(struct store *s, int64_t run, struct store_checkpoints *out, struct err *e);
/** The newest `most`, oldest first; `*older`: how many are not among them. */
bool store_checkpoint_newest(struct store *s, int64_t run, size_t most, struct store_checkpoints *out, int64_t *older,
                             struct err *e);
/** The next of them, a page at a time: to be shown, not to be gone back to. */
bool store_checkpoint_page(struct store *s, int64_t run, struct store_cursor *at, struct store_checkpoints *out,
                           struct err *e);
/** Nothing new was saved since the run went back: what it gave up is its own again. */
bool store_checkpoint_take_back(struct store *s, int64_t run, struct err *e);
/* In the place of a step. */
enum {
    STORE_STANDING = -1, /* the one that stands for the run: with a validation AUC its best epoch's, else the newest */
    STORE_NEWEST = -2    /* the newest, of those that were not given up where there are such */
};
/** The checkpoint of exactly `step`, or one of the above. ERR_NOT_FOUND says which there are. */
bool store_checkpoint_find(struct store *s, int64_t run, int64_t step, struct store_checkpoint *out, struct err *e);
bool store_checkpoint_pin(struct store *s, int64_t run, int64_t step, bool pinned, struct err *e);
/** Remove the row (FULL); then unlink the file. */
bool store_checkpoint_remove(struct store *s, int64_t run, int64_t step, struct err *e);

/** Step of the best checkpoint that was not given up: the one whose AUC (store/probe.h, newest at its step) is
 * highest, the oldest of equal ones; -1 when there is none. */
bool store_checkpoint_best(struct store *s, int64_t run, int64_t *step, struct err *e);
/** Whether the run has an AUC of its own on validation images, so that its best epoch stands for it. */
bool store_checkpoint_validated(struct store *s, int64_t run, bool *validated, struct err *e);
/** Which ones may go: all but the `keep` newest, those with reason "epoch", the best, the pinned and those given up.
 * Oldest first. */
bool store_checkpoint_spare(struct store *s, int64_t run, int64_t keep, struct store_checkpoints *out, struct err *e);

#endif
