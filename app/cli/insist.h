/* Writing what took long to compute: a store that takes nothing now (another process keeps it locked, the disk is full)
 * is asked again until it does. */
#ifndef MLVICX_APP_INSIST_H
#define MLVICX_APP_INSIST_H

#include <stdbool.h>

#include "app/cli/command.h"
#include "engine/base/err.h"

struct insist {
    struct app *app;
    const char *what;                        /* "the figures": what is told about                                  */
    double seconds;                          /* that it is tried, once it lies elsewhere; else there is no end     */
    bool (*write)(void *ctx, struct err *e); /* all or nothing; may be tried again after ERR_LOCKED and ERR_IO     */
    const char *(*keep)(void *ctx, struct err *e); /* put it elsewhere: the path, NULL on failure; slot NULL: nowhere */
    void *ctx;
};

/** Write it to app->store. While that fails it is told, kept elsewhere, and tried again each second, as long as
 * `seconds` say, until this process is asked to end, or, where a file may not grow any more, not at all. False: `e`
 * says why, and where it is kept. Ends with the store's own timeout, and with signals caught. */
bool insist(const struct insist *i, struct err *e);

#endif
