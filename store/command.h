/* Commands: what someone asks of a running worker, taken between two steps and answered in the same row. */
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
    char *argument;                     /* "" when none; "optim.lr=1e-4" for set */
    double asked_at, taken_at, done_at; /* 0: not yet */
    int64_t step;                       /* steps done when it was taken; -1 before */
    char *result;                       /* NULL before done; "ok", "ok: ...", "failed: ..." or "void: ..." */
};
void store_command_clear(struct store_command *c);
struct store_commands {
    struct store_command *rows;
    size_t count;
    size_t unreadable; /* rows that a page left out, since they do not hold what they should */
    struct err why;    /* of the first of them */
};
void store_commands_clear(struct store_commands *c);

/** Why no one answers for a run in a state, and what resuming it does instead. */
struct store_unanswered {
    const char *why;     /* "is stopped": follows the run's name      */
    const char *options; /* of `mlvicx resume RUN`, which it needs; "" */
    const char *resumed; /* "goes on with it": follows how to resume; NULL: no one can say   */
};
/** NULL where a worker answers. */
const struct store_unanswered *store_command_unanswered(enum store_state state);

/** Ask; `*id` filled. `argument` may be NULL. */
bool store_command_insert(struct store *s, int64_t run, const char *verb, const char *argument, int64_t *id,
                          struct err *e);
/** Take the oldest one that no one took: taken_at now, step recorded. `*any` false when there is none; `out` is then
 *  untouched. Without a waiting command it only reads. One whose row is damaged has verb "". */
bool store_command_take(struct store *s, int64_t run, int64_t step, struct store_command *out, bool *any,
                        struct err *e);
/** Answer (FULL): done_at now. */
bool store_command_answer(struct store *s, int64_t id, const char *result, struct err *e);
/** The row, for whoever waits for the answer. */
bool store_command_get(struct store *s, int64_t id, struct store_command *out, struct err *e);
/** Void all unanswered commands asked before `before` (the worker's start). `*count` (may be NULL): how many. */
bool store_command_void(struct store *s, int64_t run, double before, int64_t *count, struct err *e);
/** Successful `set` commands taken at `step` or later, by step then id: to be applied again on the way from a
 *  checkpoint at `step`, each when as many steps are done as it says. */
bool store_command_replay(struct store *s, int64_t run, int64_t step, struct store_commands *out, struct err *e);
/** The successful `set` commands of `from` become those of the new run `to`, which goes on from `step`: with `sets`
 * (NULL-terminated "K=V") taken at that step, and later ones of the same keys left. */
bool store_command_inherit(struct store *s, int64_t from, int64_t to, int64_t step, const char *const *sets,
                           struct err *e);
/** All of a run, oldest first. */
bool store_command_list(struct store *s, int64_t run, struct store_commands *out, struct err *e);
/** The next of them, a page at a time. */
bool store_command_page(struct store *s, int64_t run, struct store_cursor *at, struct store_commands *out,
                        struct err *e);

#endif
