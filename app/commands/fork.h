/* A run that continues from a checkpoint of another run, created but not started: used by `fork` and `explain`. */
#ifndef MLVICX_APP_FORK_H
#define MLVICX_APP_FORK_H

#include "app/cli/command.h"

/** Creates a run that continues from `word` (RUN[@STEP]), with `sets` (NULL-terminated "K=V", live keys) changed there.
 * `name` NULL: DATASET-ID. `*id` filled. On failure nothing remains. */
bool fork_create(struct app *app, const char *word, const char *const *sets, const char *name, int64_t *id,
                 struct err *e);

#endif
