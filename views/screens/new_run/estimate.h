/* Estimates what a run would cost: memory, time per epoch and in total, from `train --dry-run --json`. */
#ifndef MLVICX_VIEWS_ESTIMATE_H
#define MLVICX_VIEWS_ESTIMATE_H

#include "views/screens/new_run/new_form.h"
#include "views/workbench/workbench.h"

struct estimate {
    bool pending, known;
    int changes;       /* of the form that it is for */
    int asked;         /* changes of the form that is measured, or was refused */
    char by[160];      /* which limit `room` is */
    char refused[512]; /* why training would be refused, "" if it would not */
    char why[512];     /* why there is no estimate, "" otherwise */
    double memory, room, parameters, step, epoch, total, images;
    int64_t steps, per_epoch, train;
};

/** Starts a measurement of the form as it is. Does nothing while a measurement runs. */
void estimate_ask(struct estimate *t, struct workbench *wb, const struct form *f);
/** Draw at most a->h lines. */
void estimate_draw(const struct estimate *t, const struct form *f, const struct area *a);

#endif
