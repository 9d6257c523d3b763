/* The form that starts an evaluation: what to score, on which data set, how. Drawn over the screen that opened it,
 * which passes it its keys; the work is a job, which tells how far it is and records all of its figures at its end. */
#ifndef MLVICX_VIEWS_EVAL_FORM_H
#define MLVICX_VIEWS_EVAL_FORM_H

#include <stdbool.h>
#include <stdint.h>

#include "views/workbench/workbench.h"

enum eval_field { EVAL_STEP, EVAL_TASK, EVAL_PROTOCOL, EVAL_LABELS, EVAL_DRAWS, EVAL_GATES, EVAL_START, EVAL_FIELDS };

/** Zero-initialise; part of a screen's state, at a fixed place while a job runs. */
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

    /* the job that it started last */
    bool running;
    double began;
    char what[320]; /* "healthy@320 on phantom" */
};

/** Show it for a run's checkpoint (step negative: the newest). */
void eval_form_open(struct eval_form *f, struct workbench *wb, int64_t step);
void eval_form_close(struct eval_form *f); /* frees */
/** A key while it is shown; AFTER_UNUSED when it is not. */
unsigned eval_form_key(struct eval_form *f, struct workbench *wb, int key);
void eval_form_draw(const struct eval_form *f, const struct workbench *wb, const struct area *a);
/** While it is shown, read anew what can be chosen; what is chosen stays so. Call it when somebody committed. */
void eval_form_refresh(struct eval_form *f, struct workbench *wb);
/** A line on the running job, or false. */
bool eval_form_status(const struct eval_form *f, const struct workbench *wb, char *out, size_t size);

#endif
