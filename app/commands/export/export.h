/* What the kinds of `export` share: what is exported. */
#ifndef MLVICX_APP_EXPORT_H
#define MLVICX_APP_EXPORT_H

#include "app/cli/command.h"
#include "store/run.h"

struct export_request {
    struct app *app;
    const struct arguments *arguments;
    const struct store_run *run; /* that was named; NULL with --all; id 0: an encoder that is no run's, by its name */
    bool all;                    /* --all                                            */
    int64_t step;                /* -1: none was given                               */
    const char *what;            /* the kind                                         */
    const char *out;             /* NULL: stdout                                     */
    const char *format;          /* one of those of the kind                         */
    struct export_left_out *left_out;
};
/** Runs that are left out, since their rows cannot be read. */
struct export_left_out {
    size_t count;
    struct err why;
};

typedef bool export_run(void *ctx, const struct store_run *run, struct err *e);
/** Calls `each` for the run that was named, or for all of them, oldest first, until a call fails. Runs are read a page
 * at a time; those that cannot be read are counted. */
bool export_each_run(const struct export_request *r, export_run *each, void *ctx, struct err *e);

/** The kinds, each in a file of its name. */
bool export_metrics(const struct export_request *r, struct err *e);
bool export_tensorboard(const struct export_request *r, struct err *e); /* metrics too, as event files */
bool export_encoder(const struct export_request *r, struct err *e);
bool export_embedding(const struct export_request *r, struct err *e);
bool export_figure(const struct export_request *r, struct err *e);
bool export_predictions(const struct export_request *r, struct err *e);
bool export_scores(const struct export_request *r, struct err *e);
bool export_curve(const struct export_request *r, struct err *e); /* roc, pr, reliability */
bool export_mistakes(const struct export_request *r, struct err *e);
bool export_heatmap(const struct export_request *r, struct err *e);

#endif
