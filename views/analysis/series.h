/* Curves: a metric of a run over a span of steps, a minimum, mean and maximum a column, read from the store's roll-ups
 * in time proportional to the columns. What charts on paper and on screen draw. */
#ifndef MLVICX_VIEWS_SERIES_H
#define MLVICX_VIEWS_SERIES_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/err.h"
#include "store/store.h"

struct series_point {
    int64_t first, last;   /* steps that it stands for       */
    double min, mean, max; /* NaN where nothing is finite    */
    int64_t n, missing;    /* values, and values that are not finite */
};

struct series {
    struct series_point *points; /* owned; only columns that have a value or a missing one, by step */
    int count;
    double least, most; /* of all values; NaN when there is none */
};

/** First and last step of a run that has points of any metric; false in `*any` when there is none. */
bool series_span(struct store *s, int64_t run, int64_t *first, int64_t *last, bool *any, struct err *e);

/** The metric over steps first..last in at most `columns` columns. A metric that the run does not have, or that no run
 *  has, is an empty series, no error. series_clear frees. */
bool series_read(struct store *s, int64_t run, const char *metric, int64_t first, int64_t last, int columns,
                 struct series *out, struct err *e);
void series_clear(struct series *v);

/** The step that a column stands at: the middle of its steps. */
double series_step(const struct series_point *p);

#endif
