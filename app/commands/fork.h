/* A run that goes on from a checkpoint of another, made and not yet started: what `fork` and `explain` share. */
#ifndef MLVICX_APP_FORK_H
#define MLVICX_APP_FORK_H

#include "app/cli/command.h"

/** Make a run that goes on from `word` (RUN[@STEP]), with `sets` (NULL-terminated "K=V", live keys) changed there.
 * `name` NULL: DATASET-ID. `*id` filled. On failure nothing stays. */
bool fork_create(struct app *app, const char *word, const char *const *sets, const char *name, int64_t *id,
                 struct err *e);

#endif
