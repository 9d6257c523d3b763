/* The form that starts an evaluation: what to score, on which data set, and how. It is drawn over the screen that
 * opened it, and that screen passes keys to it. The evaluation runs as a job, which reports its progress and records
 * all figures at its end. */
#ifndef MLVICX_VIEWS_EVAL_FORM_H
#define MLVICX_VIEWS_EVAL_FORM_H

#include <stdbool.h>
#include <stdint.h>

#include "views/workbench/workbench.h"

enum eval_field { EVAL_STEP, EVAL_TASK, EVAL_PROTOCOL, EVAL_LABELS, EVAL_DRAWS, EVAL_GATES, EVAL_START, EVAL_FIELDS };

/** Zero-initialise. Part of a screen's state; it must not move while a job runs. */
struct eval_form {
    bool shown;
    int64_t run;
    int field;
    int choice[EVAL_FIELDS];
    int64_t *steps; /* of checkpoints, newest first; owned */
    int step_count;
    char (*tasks)[128]; /* labelled data sets; owned */
    int task_count;
    char labels[64]; /* shares in percent, as typed */

    /* the job that was started last */
    bool running;
    double began;
    char what[320]; /* "healthy@320 on phantom" */
};

/** Shows the form for a checkpoint of a run (step negative: the newest). */
void eval_form_open(struct eval_form *f, struct workbench *wb, int64_t step);
void eval_form_close(struct eval_form *f); /* frees */
/** Handles a key while the form is shown; returns AFTER_UNUSED otherwise. */
unsigned eval_form_key(struct eval_form *f, struct workbench *wb, int key);
void eval_form_draw(const struct eval_form *f, const struct workbench *wb, const struct area *a);
/** Reads the available choices again while the form is shown, and keeps the selected ones. Call it after a commit to
 * the store. */
void eval_form_refresh(struct eval_form *f, struct workbench *wb);
/** A status line for the running job; false if there is none. */
bool eval_form_status(const struct eval_form *f, const struct workbench *wb, char *out, size_t size);

#endif
