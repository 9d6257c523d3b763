/* Selection: the run, step and level that screens look at, and the runs that charts show beside it. */
#ifndef MLVICX_VIEWS_SELECTION_H
#define MLVICX_VIEWS_SELECTION_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/settings.h"
#include "views/analysis/run_summary.h"
#include "views/analysis/levels.h"

enum { SELECTION_MARKS = 8 };

struct selection {
    struct store *store;        /* that the runs are of; borrowed */
    int64_t run;                /* 0: none */
    struct run_summary summary; /* of the run, as it was when last read; owned */
    struct settings settings;   /* of the run */
    bool settings_known;        /* false: the text of its settings was not understood */

    int64_t marks[SELECTION_MARKS]; /* marked runs, in the order of marking: overlaid on charts, in INK_SERIES(i + 1) */
    int mark_count;
    int64_t baseline; /* the run that others are held against: the first of the marked ones; 0: none */

    int64_t step; /* the recorded step that is looked at; -1: the newest (live) */
    enum levels_level level;
};

#endif
