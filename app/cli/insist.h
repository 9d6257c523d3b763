/* Writes results that took long to compute: while the store cannot be written (another process keeps it locked, the
 * disk is full), the write is repeated. */
#ifndef MLVICX_APP_INSIST_H
#define MLVICX_APP_INSIST_H

#include <stdbool.h>

#include "app/cli/command.h"
#include "engine/base/err.h"

struct insist {
    struct app *app;
    const char *what; /* "the figures": used in messages */
    double seconds;   /* how long to try once the results are saved elsewhere; otherwise there is no limit */
    bool (*write)(void *ctx, struct err *e); /* all or nothing; may be tried again after ERR_LOCKED and ERR_IO     */
    const char *(*keep)(void *ctx, struct err *e); /* saves them: the path, NULL on failure; slot NULL: nowhere */
    void *ctx;
};

/** Writes to app->store. While that fails, it says so, saves the results elsewhere, and tries again every second,
 * for `seconds`, until this process is asked to end, or, if a file may not grow any more, not at all. False: `e`
 * says why, and where the results are. Ends with the store's own timeout, and with signals caught. */
bool insist(const struct insist *i, struct err *e);

#endif
