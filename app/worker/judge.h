/* The judge of a run that trains: what the views share, the verdicts on both levels, and the news of them. */
#ifndef MLVICX_APP_JUDGE_H
#define MLVICX_APP_JUDGE_H

#include "app/session/session.h"
#include "app/worker/recorder.h"
#include "engine/diagnose/diagnose.h"
#include "engine/diagnose/verdict.h"

/** What is known of one level. */
struct judge_level {
    struct verdict_memory *memory; /* the session's, which checkpoints keep */
    double *shared;                /* [readings] means of rho, owned        */
    int64_t *at;                   /* [readings] their steps, owned         */
    size_t readings, room;
    bool begun, levelled;   /* told: the views share something; learning has levelled off */
    enum verdict_word word; /* newest; only changes are told                              */
};

struct judge {
    struct session *session;   /* borrowed */
    struct recorder *recorder; /* borrowed */
    const char *preset;        /* of the run, borrowed */
    struct judge_level level[2];
};

/** What was told up to `step` is read from the store, so that a run that continues does not tell it again. `preset` of
 * the run is borrowed. */
bool judge_open(struct judge *j, struct session *session, struct recorder *recorder, const char *preset, int64_t step,
                struct err *e);
/** Whether the run's objective is judged at all: one that learns from labels is not. */
bool judge_has(const struct judge *j);
/** Note what the views of a step share. */
void judge_step(struct judge *j, const struct step_report *report);
/** Judge the levels of `step` by their numbers: g[LEVEL_EMBEDDINGS], zeroed where the run has no such level. Records
 * rho, kept and verdict of each, and an event of each change. */
bool judge_levels(struct judge *j, int64_t step, const struct diagnose *g, struct err *e);
/** One line of both verdicts, such as "global LEARNING, local WATCH"; "" for an objective that is not judged. */
const char *judge_words(const struct judge *j, char *out, size_t size);
void judge_close(struct judge *j); /* fine on a zeroed struct */

#endif
