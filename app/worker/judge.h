/* Judges a training run: what its views share, the verdicts on its levels, and events when these change. */
#ifndef MLVICX_APP_JUDGE_H
#define MLVICX_APP_JUDGE_H

#include "app/session/session.h"
#include "app/worker/recorder.h"
#include "engine/diagnose/diagnose.h"
#include "engine/diagnose/verdict.h"

/** One level. */
struct judge_level {
    struct verdict_memory *memory; /* the session's, which checkpoints keep */
    double *shared;                /* [readings] means of rho, owned        */
    int64_t *at;                   /* [readings] their steps, owned         */
    size_t readings, room;
    bool begun, levelled;   /* reported: the views share something; learning has levelled off */
    enum verdict_word word; /* the newest one; only changes are reported */
};

struct judge {
    struct session *session;   /* borrowed */
    struct recorder *recorder; /* borrowed */
    const char *preset;        /* of the run, borrowed */
    struct judge_level level[2];
};

/** Reads from the store what was reported up to `step`, so that a resumed run does not report it again. `preset` of the
 * run is borrowed. */
bool judge_open(struct judge *j, struct session *session, struct recorder *recorder, const char *preset, int64_t step,
                struct err *e);
/** Whether the run's objective is given verdicts: one that learns from labels is not. */
bool judge_has(const struct judge *j);
/** Notes what the views of a step share. */
void judge_step(struct judge *j, const struct step_report *report);
/** Judges the levels at `step` by the diagnostics g[LEVEL_EMBEDDINGS], which are zero for a level that the run does not
 * have. Records rho, kept and verdict of each, and an event for each change. */
bool judge_levels(struct judge *j, int64_t step, const struct diagnose *g, struct err *e);
/** One line with the verdicts of all levels, such as "global LEARNING, local WATCH"; "" if the objective has none. */
const char *judge_words(const struct judge *j, char *out, size_t size);
void judge_close(struct judge *j); /* fine on a zeroed struct */

#endif
