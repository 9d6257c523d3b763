/* Commands: requests to a running worker, taken between two steps and answered in the same row. */
#ifndef MLVICX_STORE_COMMAND_H
#define MLVICX_STORE_COMMAND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/base/err.h"
#include "store/run.h"
#include "store/database/store.h"

struct store_command {
    int64_t id, run_id;
    char verb[24];                      /* "pause", "resume", "stop", "checkpoint", "set", "evaluate" */
    char *argument;                     /* "" if none; "optim.lr=1e-4" for set */
    double asked_at, taken_at, done_at; /* 0: not yet */
    int64_t step;                       /* number of steps done when it was taken; -1 before */
    char *result;                       /* NULL before it is done; "ok", "ok: ...", "failed: ..." or "void: ..." */
};
void store_command_clear(struct store_command *c);
struct store_commands {
    struct store_command *rows;
    size_t count;
    size_t unreadable; /* rows that a page left out because they are damaged */
    struct err why;    /* of the first of them */
};
void store_commands_clear(struct store_commands *c);

/** Why nobody answers for a run in this state, and what resuming it does. */
struct store_unanswered {
    const char *why;     /* "is stopped": follows the run's name */
    const char *options; /* options that `mlvicx resume RUN` needs; "" */
    const char *resumed; /* "goes on with it": follows how to resume; NULL: unknown */
};
/** NULL if a worker answers in this state. */
const struct store_unanswered *store_command_unanswered(enum store_state state);

/** Inserts a request; `*id` is filled. `argument` may be NULL. */
bool store_command_insert(struct store *s, int64_t run, const char *verb, const char *argument, int64_t *id,
                          struct err *e);
/** Takes the oldest request that is not taken: taken_at now, step recorded. `*any` false if there is none; `out` is
 * then unchanged. Without a waiting request it only reads. A damaged row has verb "". */
bool store_command_take(struct store *s, int64_t run, int64_t step, struct store_command *out, bool *any,
                        struct err *e);
/** Answers (FULL): done_at now. */
bool store_command_answer(struct store *s, int64_t id, const char *result, struct err *e);
/** The row, for a process that waits for the answer. */
bool store_command_get(struct store *s, int64_t id, struct store_command *out, struct err *e);
/** Voids all unanswered requests made before `before` (the start of the worker). `*count` (may be NULL): how many. */
bool store_command_void(struct store *s, int64_t run, double before, int64_t *count, struct err *e);
/** Successful `set` requests taken at `step` or later, by step then id. They are applied again on the way from a
 * checkpoint at `step`, each at its step. */
bool store_command_replay(struct store *s, int64_t run, int64_t step, struct store_commands *out, struct err *e);
/** The result of requests that a run was made with. */
#define STORE_COMMAND_WITH_FORK "ok: with the fork"
/** Copies the successful `set` requests of `from` to the new run `to`, which continues from `step`: with `sets`
 * (NULL-terminated "K=V") taken at that step, and without later ones of the same keys. */
bool store_command_inherit(struct store *s, int64_t from, int64_t to, int64_t step, const char *const *sets,
                           struct err *e);
/* What a run is asked to do when its training is finished: "evaluate". It waits for that as long as it takes, is not
 * void with a new worker, and store_command_take leaves it alone. */

/** Asks for it, unless the same is asked for already and not answered. */
bool store_order_insert(struct store *s, int64_t run, const char *argument, struct err *e);
/** Takes the oldest one behind the row `after` (0: all) that is not answered, also if it was taken before. `*any` false
 * if there is none. */
bool store_order_take(struct store *s, int64_t run, int64_t step, int64_t after, struct store_command *out, bool *any,
                      struct err *e);
/** Whether one was ever taken: the training of the run is finished, whatever its state says. */
bool store_order_taken(struct store *s, int64_t run, bool *taken, struct err *e);

/** All requests of a run, oldest first. */
bool store_command_list(struct store *s, int64_t run, struct store_commands *out, struct err *e);
/** The next page of them. */
bool store_command_page(struct store *s, int64_t run, struct store_cursor *at, struct store_commands *out,
                        struct err *e);

#endif
