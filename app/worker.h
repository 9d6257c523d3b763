/* The worker of one run: its state, shared by the loop (worker.c) and by what it is asked to do (orders.c). */
#ifndef MLVICX_APP_WORKER_H
#define MLVICX_APP_WORKER_H

#include "app/alarm.h"
#include "app/examine.h"
#include "app/recorder.h"
#include "app/save.h"
#include "app/session.h"
#include "store/command.h"
#include "store/run.h"

struct worker {
    struct store *store;
    struct store_run run; /* the row as it was at the start */
    int lock;             /* descriptor, -1: not held       */
    unsigned from;        /* states that it may be claimed from, an or of 1u << state */
    struct session session;
    struct recorder recorder;
    struct examine examine;
    struct alarms alarms;
    int64_t step;                 /* updates done                   */
    struct store_commands replay; /* live settings of an earlier life, still ahead */
    size_t replayed;
    bool claimed; /* the row says running: a failure must be told there */
    bool paused, stop;
    int64_t stop_command;    /* to be answered once it has stopped; 0: a signal did it */
    const uint8_t *views[2]; /* the batch of the next step, when loaded */
    bool loaded;
    double waited;       /* seconds that the loader let us wait for it */
    double wall;         /* seconds of training in all lives, pauses left out */
    double record;       /* seconds of writing since the last step */
    double step_seconds; /* smoothed */
    double began, saved, polled, beat,
        shown;                 /* monotonic: start, last checkpoint, question, heartbeat, progress line */
    struct step_report report; /* of the newest step */
};

/** Take what was asked since the last call and do it. Costs nothing when called more often than ten times a second. */
bool orders_take(struct worker *w, struct err *e);
/** Apply the live settings of an earlier life whose step has come. */
bool orders_replay(struct worker *w, struct err *e);
/** The run goes back by wish: live settings made after this step are void, not replayed. */
bool orders_drop(struct worker *w, struct err *e);
/** Change one live setting now: recorded first, so that a resume finds it, then applied. `answer` (size bytes) filled
 * with the result for whoever asked; false only when the store failed. `command` 0: nobody waits. */
bool orders_set(struct worker *w, int64_t command, const char *assignment, char *answer, size_t size, struct err *e);
/** Ask oneself: insert and take a `set` command, for settings given to `resume`. */
bool orders_ask_set(struct worker *w, const char *assignment, struct err *e);

#endif
