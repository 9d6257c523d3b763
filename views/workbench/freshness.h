/* Freshness: whether the data that screens keep are still valid. Reads the shown run and the alarms again. */
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
        int64_t run; /* 0: encoders that belong to no run */
        struct store_stamp stamp;
    } stamp[FRESHNESS_RUNS];
    int count;
    uint64_t runs, data; /* stamps of all runs, of the data sets */
    uint64_t workers;    /* which runs exist, and their summaries */
    bool any;            /* there is a run; known while none is shown */
};
/** Has anything changed since the previous check, except for runs that grew? */
bool freshness_news(struct workbench *wb);
/** Reads the shown run and the alarms again. */
void freshness_read(struct workbench *wb);
/** The same, and notifies all screens of `news` and of whatever else has changed since the previous check. */
void freshness_look(struct workbench *wb, unsigned news);
/** Has a worker started or ended? It may have died without a commit. */
bool freshness_workers(struct workbench *wb);

#endif
