/* Metrics: one number per step and name, and roll-ups of them for plots.
 *
 * `point` holds every value. `rollup` holds min, max, sum and number of the values in 8, 64, 512 ... steps. A bucket
 * is always computed from its eight children, so it depends only on the points, whatever the batches were. A span of
 * any length is read from the level that gives a few buckets per column. Values that are not finite are NULL. */
#ifndef MLVICX_STORE_METRIC_H
#define MLVICX_STORE_METRIC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/base/err.h"
#include "store/database/store.h"

struct store_metric {
    int64_t id;
    char name[64];
    char unit[24];
    char *help;
};
struct store_metrics {
    struct store_metric *rows;
    size_t count;
};
/** All metrics by id; with `run` above 0 only those of which the run has points, with -1 those of which any run has. */
bool store_metric_list(struct store *s, int64_t run, struct store_metrics *out, struct err *e);
void store_metrics_clear(struct store_metrics *m);

/** Id of a metric by name. An unknown metric is added without unit and help if the store can be written, and is
 * ERR_NOT_FOUND otherwise. The handle caches ids, so asking again costs nothing. */
bool store_metric_id(struct store *s, const char *name, int64_t *id, struct err *e);

/** The description of a metric, from the code that records it. */
struct store_metric_text {
    const char *name, *unit, *help;
};
/** Adds these metrics, or updates unit and help of existing ones; one transaction. A run does this when it starts,
 * because the store itself does not know the terms of objectives. */
bool store_metric_learn(struct store *s, const struct store_metric_text *rows, size_t count, struct err *e);

struct store_point {
    int64_t metric, step;
    double value; /* NaN: recorded, but not a number */
};

enum { BATCH_AT_ONCE = 4096 }; /* points per transaction, so that others can write: about 20 ms */

/** A growing list of points that a worker collects between two transactions. Zero-initialise. */
struct store_batch {
    struct store_point *rows;
    size_t count, room;
    bool broken;    /* something is missing: append then fails */
    struct err why; /* when broken */
};
void store_batch_add(struct store_batch *b, int64_t metric, int64_t step, double value);
/** The same by name; a name that cannot be resolved makes the batch fail. */
void store_batch_name(struct store_batch *b, struct store *s, const char *metric, int64_t step, double value);
void store_batch_reset(struct store_batch *b); /* empties, keeps the memory */
void store_batch_clear(struct store_batch *b); /* frees */

/** Writes a batch and its roll-ups in one transaction (NORMAL): all or nothing. An existing point is replaced. */
bool store_points_append(struct store *s, int64_t run, const struct store_batch *b, struct err *e);

struct store_points {
    struct store_point *rows;
    size_t count;
};
/** Every point of one metric with first <= step <= last, by step. */
bool store_points_read(struct store *s, int64_t run, int64_t metric, int64_t first, int64_t last,
                       struct store_points *out, struct err *e);
/** The same, but only the first `most` of them. Code that walks over a run reads piece by piece, since the span of
 * steps may be much longer than the number of points. */
bool store_points_piece(struct store *s, int64_t run, int64_t metric, int64_t first, int64_t last, int64_t most,
                        struct store_points *out, struct err *e);
void store_points_clear(struct store_points *p);

/** First and last step with a point of the metric (0: of any metric); `*any` is false if there is none. */
bool store_points_span(struct store *s, int64_t run, int64_t metric, int64_t *first, int64_t *last, bool *any,
                       struct err *e);

/** One column of a plot. Columns cover the span without gaps; if a bucket crosses an edge, the edge moves to that of
 * the bucket, so that the numbers are exact for first..last. */
struct store_column {
    int64_t first, last;  /* its steps; first > last: none (more columns than steps) */
    int64_t n, missing;   /* finite values, and values that are not finite */
    double min, max, sum; /* of the finite ones; NaN, NaN, 0 when n is 0 */
};
/** Fills out[columns] with the metric over first..last. Takes time proportional to `columns`, whatever the span. */
bool store_series_read(struct store *s, int64_t run, int64_t metric, int64_t first, int64_t last, int columns,
                       struct store_column *out, struct err *e);

/** Newest value at or before step `at` (negative: of all) of n metrics by name: values[i] NaN and steps[i] -1 if
 * there is none. `steps` may be NULL. Unknown names are no error. */
bool store_metric_latest(struct store *s, int64_t run, int64_t at, const char *const *names, size_t n, double *values,
                         int64_t *steps, struct err *e);

/** The highest value of a metric by name, and the first step that has it: NaN and -1 if there is none. An unknown
 * name is no error. */
bool store_metric_highest(struct store *s, int64_t run, const char *name, double *value, int64_t *step, struct err *e);

#endif
