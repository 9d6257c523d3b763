/* What the kinds of `export` share: who is exported, and where it goes. */
#ifndef MLVICX_APP_EXPORT_H
#define MLVICX_APP_EXPORT_H

#include <stdio.h>

#include "app/cli/command.h"
#include "engine/base/files.h"
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

/** stdout, or a file that appears whole or not at all. */
struct export_output {
    FILE *stream; /* write here */
    struct file_writer writer;
    bool file;
};
/** `path` NULL, "-" or /dev/stdout: stdout. */
bool export_output_open(struct export_output *o, const char *path, struct err *e);
/** Keep what was written when `ok`, else leave nothing; returns whether all went well. */
bool export_output_close(struct export_output *o, bool ok, struct err *e);

/** The kinds, each in a file of its name. */
bool export_metrics(const struct export_request *r, struct err *e);
bool export_tensorboard(const struct export_request *r, struct err *e); /* metrics too, as event files */
bool export_encoder(const struct export_request *r, struct err *e);
bool export_figure(const struct export_request *r, struct err *e);

/** Values of a run's metrics over a chunk of steps, for tables. */
enum { EXPORT_CHUNK = 4096 };
struct store_metrics;
struct export_chunk {
    double *value; /* [EXPORT_CHUNK, metrics] */
    bool *has;     /* recorded, NaN or not    */
};
bool export_chunk_init(struct export_chunk *c, const struct store_metrics *m, struct err *e);
/** Fill with steps first .. first + EXPORT_CHUNK - 1. */
bool export_chunk_read(struct export_chunk *c, struct store *s, int64_t run, const struct store_metrics *m,
                       int64_t first, struct err *e);
void export_chunk_clear(struct export_chunk *c);

#endif
