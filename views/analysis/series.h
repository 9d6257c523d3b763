/* Series: a metric of a run over a span of steps, a minimum, mean and maximum a column, read from the store's roll-ups
 * in time proportional to the columns. What charts on paper and on screen draw. Screens continue a series that they
 * keep: only what is new is read, and the columns keep their width (a power of two of steps) until twice as many as
 * asked for are there. */
#ifndef MLVICX_VIEWS_SERIES_H
#define MLVICX_VIEWS_SERIES_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/err.h"
#include "store/database/store.h"
#include "views/analysis/past.h"
#include "views/analysis/point.h"

/** Zero-initialise. */
struct series {
    struct series_point *points; /* owned; by step; none where nothing was recorded */
    int count, room;
    int before;             /* number of points at the beginning that belong to the past */
    bool ended;             /* the last point is the newest value by itself, which its column contains too */
    struct series_point at; /* filled by series_look */
    double least, most;     /* of all values; NaN when there is none */
    /* state of series_continue; per 0: nothing has been read */
    int64_t run, rewound, first, last, per;
    struct past past;
    char metric[64];
};

/** A request: a metric of a run, and of its past, over steps first..last. */
struct series_want {
    int64_t run, rewound;
    const struct past *past; /* NULL: only what the run recorded itself */
    const char *metric;
    int64_t first, last;
    int columns; /* at least (fewer when there are fewer steps) */
};

/** The first and last step at which a run has points of any metric; `*any` is false if there is none. */
bool series_span(struct store *s, int64_t run, int64_t *first, int64_t *last, bool *any, struct err *e);

/** The metric over steps first..last in at most `columns` columns. A metric that the run does not have, or that no run
 *  has, is an empty series, no error. series_clear frees. */
bool series_read(struct store *s, int64_t run, const char *metric, int64_t first, int64_t last, int columns,
                 struct series *out, struct err *e);
/** The same for the past of a fork. */
bool series_read_past(struct store *s, const struct past *past, const char *metric, int64_t first, int64_t last,
                      int columns, struct series *out, struct err *e);

/** Brings it up to date. `rewound` is that of the run: if it has changed, or run, past, metric or beginning are others,
 * everything is read again. `*changed` is set (otherwise left alone) if a point was added or removed. On an error the
 * series is empty. */
bool series_continue(struct series *v, struct store *s, const struct series_want *want, bool *changed, struct err *e);
/** The value at step `at`, by itself, or else the newest one before it: x0 is its step, x1 is `at`. Weight and missing
 * are 0 where there is none, as where `at` is negative. Takes the same time however long the run is. */
bool series_at(struct store *s, int64_t run, const struct past *past, const char *metric, int64_t at,
               struct series_point *out, struct err *e);
/** The same of a series, into v->at, after series_continue. `*changed` is set if it differs. */
bool series_look(struct series *v, struct store *s, int64_t at, bool *changed, struct err *e);
/** Close a curve of columns, the last of which is `column` and stands for several values, with its newest value, so
 *  that the number beside a curve is the one that tables, rows and files have. `*end` is filled, and counts for nothing
 *  where means are drawn. The column ends with it. */
bool series_end(struct store *s, int64_t run, const char *metric, struct series_point *column, struct series_point *end,
                struct err *e);
/** Frees; the next series_continue reads everything. */
void series_clear(struct series *v);

/** The step that a column is at: the middle of its steps. */
double series_step(const struct series_point *p);

#endif
