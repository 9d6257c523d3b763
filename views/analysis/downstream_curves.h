/* The images behind a figure of Downstream: one class of the shown run's evaluation, and of the marked runs' that were
 * made alike. */
#ifndef MLVICX_VIEWS_DOWNSTREAM_CURVES_H
#define MLVICX_VIEWS_DOWNSTREAM_CURVES_H

#include "views/analysis/class_scores.h"
#include "views/analysis/downstream_data.h"
#include "views/analysis/image_set.h"

struct class_of_run {
    int place;                  /* 0: the shown run; n: the n-th mark */
    char name[STORE_NAME];      /* of the run */
    struct class_scores scores; /* from.n 0: it has no such predictions */
};

/** Zero-initialise. Owned. */
struct downstream_curves {
    struct image_set set; /* of the task, with its pictures where the pack is there */
    char class[128], protocol[24];
    struct class_of_run list[1 + SELECTION_MARKS];
    int count;
    struct class_mistake *mistakes; /* of the shown run */
    int mistake_count;
    char why[512];   /* there is nothing: why; else "" */
    char meant[512]; /* what all this is of */
};

/** Read what the chosen figure and class of `v` are about, if that is something else than what is there, or `anew`.
 * Without a class it is the first that has an area. What cannot be read is told in `why`. */
void downstream_curves_read(struct downstream_curves *c, const struct selection *sel, const struct downstream_data *v,
                            bool anew);
void downstream_curves_clear(struct downstream_curves *c);

#endif
