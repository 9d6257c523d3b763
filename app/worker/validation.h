/* The quality of a run's classifier on the validation images, at the end of each epoch: selects the best epoch, and
 * ends a run that makes no progress. Test images are not used. */
#ifndef MLVICX_APP_VALIDATION_H
#define MLVICX_APP_VALIDATION_H

#include "app/session/session.h"
#include "app/worker/recorder.h"

struct validation {
    struct session *session;   /* borrowed */
    struct recorder *recorder; /* borrowed */
    int8_t *labels;            /* [val.count, classes], owned; NULL: there is nothing to score */
    bool *taught;              /* [classes], owned: both values are among the training labels  */
    bool told;                 /* which classes have no area                                   */
    double best;               /* highest AUC so far, NaN before the first */
    int64_t best_step;         /* its step */
};

/** `step` is where the run continues: the best value so far is read from the store. */
bool validation_open(struct validation *v, struct session *session, struct recorder *recorder, int64_t step,
                     struct err *e);
/** True if an epoch ends after `step` steps, and there are labelled validation images. */
bool validation_due(const struct validation *v, int64_t step);
/** Scores the validation images in evaluation mode; the engine is unchanged. `*best` true if the AUC is the highest
 * so far. */
bool validation_score(struct validation *v, int64_t step, bool *best, struct err *e);
/** Whether the run has made no progress for train.patience epochs; `line` (size bytes) is filled with the message
 * about it. */
bool validation_over(const struct validation *v, int64_t step, char *line, size_t size);
void validation_close(struct validation *v); /* fine on a zeroed struct */

#endif
