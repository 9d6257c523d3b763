/* How good the classifier of a run is on the validation images, at the end of each epoch: the figure that chooses the
 * best epoch and ends a run that makes no progress. Test images are not touched. */
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
    struct best_epoch best;    /* of this run's own epochs                                     */
};

/** `step` is where the run continues: the best epoch of its own is read from the store; `recorder->best`, which is
 * that of its checkpoint, is raised to it. */
bool validation_open(struct validation *v, struct session *session, struct recorder *recorder, int64_t step,
                     struct err *e);
/** True when an epoch ends after `step` steps, and there are labelled validation images. */
bool validation_due(const struct validation *v, int64_t step);
/** Score the validation images in evaluation mode; the engine stays as it was. `*best` true when the area is the
 *  highest of this run so far. */
bool validation_score(struct validation *v, int64_t step, bool *best, struct err *e);
/** Whether no epoch was better for train.patience epochs, those before a fork included; `line` (size bytes) filled with
 * what is to be said of that. */
bool validation_over(const struct validation *v, int64_t step, char *line, size_t size);
void validation_close(struct validation *v); /* fine on a zeroed struct */

#endif
