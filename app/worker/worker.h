/* The worker of one run: its state, shared by the loop (worker.c) and by the code that answers requests
 * (requests.c). */
#ifndef MLVICX_APP_WORKER_H
#define MLVICX_APP_WORKER_H

#include "app/worker/alarm.h"
#include "app/cli/command.h"
#include "app/worker/monitor.h"
#include "app/worker/recorder.h"
#include "app/worker/checkpointing.h"
#include "app/worker/resume_point.h"
#include "app/worker/validation.h"
#include "app/session/session.h"
#include "store/command.h"
#include "store/run.h"

/** The arguments of a worker. */
struct worker_start {
    const char *run;         /* id or name */
    int64_t from;            /* go back to the checkpoint at this step or the next older one; -1: the newest */
    const char *const *sets; /* NULL-terminated live settings, "K=V"; NULL: none */
    bool queued;             /* only if the run still waits */
    bool attended;           /* a user can be asked: there is a terminal, and the run is not started by the queue */
    int ready;               /* descriptor for the answer; -1: nobody waits */
};

struct worker {
    struct store *store;
    struct store_run run; /* the row as it was at the start */
    int lock;             /* descriptor, -1: not held       */
    unsigned from;        /* states that it may be claimed from, an or of 1u << state */
    bool by_wish;         /* it goes back because someone said so: later live settings are void */
    bool attended;
    struct session session;
    struct settings given; /* as the user wrote them, live changes included: `auto` stays */
    struct recorder recorder;
    struct monitor monitor;
    struct validation validation;
    struct alarms alarms;
    int64_t step;                 /* updates done                   */
    struct store_commands replay; /* live settings of an earlier life, still ahead */
    size_t replayed;
    bool claimed;            /* the row says running: a failure must be told there */
    bool paused, stop, lost; /* lost: it has ended without what it had learned last */
    double lowered;          /* the rate after a loss that was not finite */
    const char *unsaved;  /* reason of the checkpoint that could not be written, for which it is paused; NULL: none */
    int64_t stop_command; /* to be answered once it has stopped; 0: a signal did it */
    const uint8_t *views[2]; /* the batch of the next step, when loaded; of one view the second is NULL */
    bool loaded;
    double waited;       /* seconds that the loader let us wait for it */
    double wall;         /* seconds of training in all lives, pauses left out */
    double record;       /* seconds of writing since the last step */
    double step_seconds; /* smoothed */
    double began, saved, polled, beat,
        shown;                 /* monotonic: start, last checkpoint, question, heartbeat, progress line */
    struct step_report report; /* of the newest step */
};

/** Train a run in this process until it ends; the exit status. */
int worker_run(struct app *app, const struct worker_start *start);

/* ---- between the files of the worker ---- */

/** Take the lock, look at everything that can be refused, then claim the run and go back to the checkpoint that it goes
 * on from. False: `w->claimed` says whether the run's row says running. */
bool worker_begin(struct worker *w, const struct worker_start *start, struct err *e);
/** Data, engine and loader as they were at `point`; the step is that of the point. */
bool worker_prepare(struct worker *w, const struct resume_point *point, struct err *e);
/** Begin to monitor the run, and its alarms, as of its step. */
bool worker_monitor(struct worker *w, struct err *e);
/** Something that a person must look at pauses the run, its state kept in memory, with the reason and what to do.
 *  `derived`: it follows from the training, so that a run which goes back meets it again; room on the disk does not. */
bool worker_pause(struct worker *w, bool derived, const struct err *why, const char *what_to_do, struct err *e);
/** Stopped or finished: a last checkpoint, which is waited for where it cannot be written, then the state and the
 * answer. False: `e` says what became of it. */
bool worker_end(struct worker *w, struct err *e);
/** Try the checkpoint again for which the run is paused; written, the run continues. */
bool worker_save_again(struct worker *w, struct err *e);
/** The loss is not finite: pause, stop, or go back and halve the rate, as train.on_divergence says. False ends the run.
 */
bool diverge(struct worker *w, const struct err *why, struct err *e);

/** Before the run is claimed: which live settings of earlier lives still hold or lie ahead, and whether those given at
 * the start (NULL-terminated, may be NULL) are possible. Changes nothing. */
bool requests_prepare(struct worker *w, const char *const *sets, struct err *e);
/** Take what was asked since the last call and do it. Costs nothing when called more often than ten times a second. */
bool requests_serve(struct worker *w, struct err *e);
/** While the run waits to end: `*again` where it is asked to stop once more; all else is refused. */
bool requests_again(struct worker *w, bool *again, struct err *e);
/** Apply the live settings of an earlier life whose step has come. */
bool requests_replay(struct worker *w, struct err *e);
/** Live settings made after this step are void, not replayed: all of them (key NULL), or those of one key. */
bool requests_void(struct worker *w, const char *key, struct err *e);
/** Ask oneself: insert and take a `set` command, for settings given to `resume`, so that a later resume repeats it. */
bool requests_set(struct worker *w, const char *assignment, struct err *e);

#endif
