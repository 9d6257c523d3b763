/* Selection: the run, step and level that screens show, and the runs that charts show beside it. */
#ifndef MLVICX_VIEWS_SELECTION_H
#define MLVICX_VIEWS_SELECTION_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/settings.h"
#include "views/analysis/group.h"
#include "views/analysis/run_summary.h"
#include "views/analysis/levels.h"

enum { SELECTION_MARKS = 8 };

/** What the x axis of charts over a run counts. */
enum x_kind { X_STEP, X_EPOCH, X_IMAGES, X_TIME, X_KINDS };

struct selection {
    struct store *store;        /* the store of the runs; borrowed */
    int64_t run;                /* 0: none */
    struct run_summary summary; /* the summary of the run when it was last read; owned */
    struct settings settings;   /* of the run */
    bool settings_known;        /* false: its settings could not be parsed */

    int64_t marks[SELECTION_MARKS]; /* marked runs, in the order of marking: overlaid on charts, in INK_SERIES(i + 1) */
    int mark_count;
    int64_t baseline; /* the run that others are held against: the first of the marked ones; 0: none */

    int64_t step; /* the selected step; -1: the newest (live) */
    enum engine_level level;
    enum x_kind x;          /* of all charts */
    char group[GROUP_KEYS]; /* settings by which runs are grouped (group.h); "": none */
};

#endif
