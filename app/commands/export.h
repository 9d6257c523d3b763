/* What the kinds of `export` share: what is exported. */
#ifndef MLVICX_APP_EXPORT_H
#define MLVICX_APP_EXPORT_H

#include "app/cli/command.h"
#include "store/run.h"

struct export_request {
    struct app *app;
    const struct arguments *arguments;
    const struct store_run *run;   /* the first of runs                              */
    const struct store_runs *runs; /* the one that was named, or all, oldest first   */
    bool all;                      /* --all                                          */
    int64_t step;                  /* -1: none was given                             */
    const char *out;               /* NULL: stdout                                   */
    const char *format;            /* one of those of the kind                       */
};

/** The kinds, each in a file of its name. */
bool export_metrics(const struct export_request *r, struct err *e);
bool export_tensorboard(const struct export_request *r, struct err *e); /* metrics too, as event files */
bool export_encoder(const struct export_request *r, struct err *e);
bool export_figure(const struct export_request *r, struct err *e);

#endif
