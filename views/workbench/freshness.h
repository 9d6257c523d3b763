/* Freshness: whether what screens keep still holds. The shown run and the alarms, read anew. */
#ifndef MLVICX_VIEWS_FRESHNESS_H
#define MLVICX_VIEWS_FRESHNESS_H

#include <stdbool.h>
#include <stdint.h>

#include "store/stamp.h"
#include "views/analysis/selection.h"

struct workbench;

enum { FRESHNESS_RUNS = 2 + SELECTION_MARKS };
struct freshness {
    struct freshness_stamp {
        int64_t run; /* 0: encoders that are no run's */
        struct store_stamp stamp;
    } stamp[FRESHNESS_RUNS];
    int count;
    uint64_t runs, data; /* stamps of all runs, of the data sets */
    uint64_t workers;    /* which there are, and what is known of each */
};
/** Is anything another than at the look before, except for runs that grew? */
bool freshness_news(struct workbench *wb);
/** Read the shown run and the alarms anew. */
void freshness_read(struct workbench *wb);
/** That, and tell all screens `news` and what else is another than at the look before. */
void freshness_look(struct workbench *wb, unsigned news);
/** Has a worker come or gone? It may have died without a commit. */
bool freshness_workers(struct workbench *wb);

#endif
