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
    bool queued;             /* start only if the run is still queued */
    bool attended;           /* a user can be asked: there is a terminal, and the run is not started by the queue */
    int ready;               /* descriptor for the answer; -1: nobody waits */
};

struct worker {
    struct store *store;
    struct store_run run; /* the row as it was at the start */
    int lock;             /* descriptor, -1: not held       */
    unsigned from;        /* states that it may be claimed from, an or of 1u << state */
    bool by_wish;         /* the user asked to go back: later live settings are void */
    bool attended;
    struct session session;
    struct settings given; /* as the user wrote them, live changes included: `auto` stays */
    struct recorder recorder;
    struct monitor monitor;
    struct validation validation;
    struct alarms alarms;
    int64_t step;                 /* updates done                   */
    struct store_commands replay; /* live settings of earlier workers whose step is still ahead */
    size_t replayed;
    bool claimed;            /* the row says running, so a failure must be recorded there */
    bool paused, stop, lost; /* lost: it has ended without saving what it learned last */
    double lowered;          /* the learning rate set after a loss that was not finite */
    const char *unsaved;  /* reason of the checkpoint that could not be written, for which it is paused; NULL: none */
    int64_t stop_command; /* to be answered once it has stopped; 0: a signal did it */
    const uint8_t *views[2]; /* the next batch, once loaded; if there is one view, the second is NULL */
    bool loaded;
    double waited;       /* seconds spent waiting for it */
    double wall;         /* seconds of training, all workers together, pauses excluded */
    double record;       /* seconds of writing since the last step */
    double step_seconds; /* smoothed */
    double began, saved, polled, beat,
        shown;                 /* monotonic: start, last checkpoint, question, heartbeat, progress line */
    struct step_report report; /* of the newest step */
};

/** Trains a run in this process until it ends; returns the exit status. */
int worker_run(struct app *app, const struct worker_start *start);

/* ---- between the files of the worker ---- */

/** Takes the lock, checks everything that can be refused, then claims the run and goes back to the checkpoint from
 * which it continues. False: `w->claimed` tells whether the row already says running. */
bool worker_begin(struct worker *w, const struct worker_start *start, struct err *e);
/** Brings data, engine and loader to the state of `point`, and w->step to its step. */
bool worker_prepare(struct worker *w, const struct resume_point *point, struct err *e);
/** Starts diagnostics and alarms at the current step. */
bool worker_monitor(struct worker *w, struct err *e);
/** Pauses the run because a user must intervene; its state stays in memory, and reason and remedy are reported.
 * `derived`: the cause follows from the training, so a run that goes back meets it again; lack of disk space, for
 * example, does not. */
bool worker_pause(struct worker *w, bool derived, const struct err *why, const char *what_to_do, struct err *e);
/** Ends a run that was stopped or has finished: writes a last checkpoint, waiting if it cannot be written now, serves
 * what it was asked to score, then writes the state and the answer. False: `e` tells what happened. */
bool worker_end(struct app *app, struct worker *w, struct err *e);
/** Retries the checkpoint for which the run is paused; once it is written, the run continues. */
bool worker_save_again(struct worker *w, struct err *e);
/** Handles a loss that is not finite: pauses, stops, or goes back and halves the learning rate, as train.on_divergence
 * says. False ends the run. */
bool diverge(struct worker *w, const struct err *why, struct err *e);

/** Before the run is claimed: which live settings of earlier lives still hold or lie ahead, and whether those given at
 * the start (NULL-terminated, may be NULL) are possible. Changes nothing. */
bool requests_prepare(struct worker *w, const char *const *sets, struct err *e);
/** Handles the requests since the last call. Cheap if called more often than ten times a second. */
bool requests_serve(struct worker *w, struct err *e);
/** While the run waits to end: `*again` is set if it is asked to stop once more; all other requests are refused. */
bool requests_again(struct worker *w, bool *again, struct err *e);
/** Applies the live settings of earlier workers whose step has come. */
bool requests_replay(struct worker *w, struct err *e);
/** Voids live settings made after this step, so that they are not applied again: all of them (key NULL), or those of
 * one key. */
bool requests_void(struct worker *w, const char *key, struct err *e);
/** Inserts and handles a `set` command itself, for settings given to `resume`, so that a later resume repeats them. */
bool requests_set(struct worker *w, const char *assignment, struct err *e);

#endif
