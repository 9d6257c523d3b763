/* What a form would cost: memory, time of an epoch and of the whole, as `train --dry-run --json` tells. */
#ifndef MLVICX_VIEWS_ESTIMATE_H
#define MLVICX_VIEWS_ESTIMATE_H

#include "views/screens/new_run/new_form.h"
#include "views/workbench/workbench.h"

struct estimate {
    bool pending, known;
    int changes;       /* of the form that it is for */
    int asked;         /* of the form that is being measured, or was refused */
    char by[160];      /* which limit `room` is */
    char refused[512]; /* why training would be, "" where it would not */
    char why[512];     /* it cannot be told, "" otherwise */
    double memory, room, parameters, step, epoch, total, images;
    int64_t steps, per_epoch, train;
};

/** Measure the form as it is. Does nothing while a measurement goes on. */
void estimate_ask(struct estimate *t, struct workbench *wb, const struct form *f);
/** Draw at most a->h lines. */
void estimate_draw(const struct estimate *t, const struct form *f, const struct area *a);

#endif
