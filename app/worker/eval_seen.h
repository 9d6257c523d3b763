/* Test images of a task that a run, or one that it descends from, was trained on: a score on them is no test. */
#ifndef MLVICX_APP_EVAL_SEEN_H
#define MLVICX_APP_EVAL_SEEN_H

#include "app/worker/eval.h"

struct eval_seen {
    int count;    /* test images whose pixels are those of a training image */
    int labelled; /* of these with their labels                            */
};

/** Count them by the digests of their pixels: copies that were scaled otherwise are not found. A data set that was
 * removed since tells nothing. */
bool eval_seen_find(struct eval_seen *out, struct store *store, const struct eval_task *t, const struct store_run *run,
                    struct err *e);

#endif
