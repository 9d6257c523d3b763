/* Areas by class, as an evaluation of a run on its own validation images. */
#ifndef MLVICX_APP_AREA_ROWS_H
#define MLVICX_APP_AREA_ROWS_H

#include "app/session/session.h"
#include "app/worker/recorder.h"
#include "engine/evaluate/auc.h"

/** What was scored. */
struct area_rows {
    const char *protocol; /* static */
    double percent;       /* of the training labels that the run learned from */
    int64_t seed;         /* which draw of them: that of the run, or of the evaluation */
    bool gates;
    const struct auc *classes; /* [classes of the data set], borrowed */
    double macro;
};

/** Adds the evaluation to the recorder, for `step`. */
bool area_rows_put(struct recorder *r, const struct session *s, int64_t step, const struct area_rows *a, struct err *e);

#endif
