/* Saved arrangements of the table of runs: filter, order, group and columns under a name, kept in the store. */
#ifndef MLVICX_VIEWS_RUNS_SAVED_H
#define MLVICX_VIEWS_RUNS_SAVED_H

#include "views/workbench/workbench.h"

enum { SAVED_MOST = 8, SAVED_NAME = 24 };

/** Zero-initialise; `taken` is called with `ctx` when an arrangement has become the preferences. */
struct runs_saved {
    char names[SAVED_MOST][SAVED_NAME];
    int slots[SAVED_MOST]; /* of the names in the store */
    int count;
    unsigned (*taken)(struct workbench *wb, void *ctx);
    void *ctx;
};

/** A list of what is saved, to take or to forget, and of what can be: the arrangement as it is. */
unsigned runs_saved_ask(struct workbench *wb, struct runs_saved *s);

#endif
