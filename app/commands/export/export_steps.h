/* The steps of a run that have numbers, one after another, for tables. The work is proportional to the number of
 * points, however far apart they are. */
#ifndef MLVICX_APP_EXPORT_STEPS_H
#define MLVICX_APP_EXPORT_STEPS_H

#include "store/metric.h"
#include "store/database/store.h"

struct export_steps {
    int64_t step;  /* -1: there are no more          */
    double *value; /* [metrics] at this step         */
    bool *has;     /* [metrics] recorded, NaN or not */
    int64_t run, last;
    struct store *store;
    const struct store_metrics *metrics;
    struct export_column *column; /* [metrics] points read ahead */
};

/** Begins before the first step of a run. Borrows `s` and `m` until export_steps_clear, which must be called in any
 * case. */
bool export_steps_begin(struct export_steps *x, struct store *s, int64_t run, const struct store_metrics *m,
                        struct err *e);
/** Goes to the next step that has a number. */
bool export_steps_next(struct export_steps *x, struct err *e);
void export_steps_clear(struct export_steps *x);

#endif
