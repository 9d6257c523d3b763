/* A run that continues from a checkpoint of another run, created but not started: used by `fork` and `explain`. */
#ifndef MLVICX_APP_FORK_H
#define MLVICX_APP_FORK_H

#include "app/cli/command.h"

/** What is to be continued, and as what. Borrowed. */
struct fork_row {
    const char *word;        /* RUN[@STEP] */
    const char *const *sets; /* NULL-terminated "K=V", live keys, changed there */
    const char *name;        /* NULL: DATASET-ID */
    const char *identity;    /* of what a command makes it for (store/run.h); NULL: it is begun for itself */
};

/** Creates that run; `*id` filled. On failure nothing remains. */
bool fork_create(struct app *app, const struct fork_row *row, int64_t *id, struct err *e);

#endif
