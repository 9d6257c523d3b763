/* The marked runs, which charts show beside the shown run. */
#ifndef MLVICX_VIEWS_MARKS_H
#define MLVICX_VIEWS_MARKS_H

#include <stdbool.h>
#include <stdint.h>

#include "views/analysis/selection.h"

struct workbench;

/** Marks of runs that were removed. */
struct marks {
    struct suspended {
        int64_t run;
        int place; /* among the marks */
        bool baseline;
    } suspended[SELECTION_MARKS];
    int count;
};

bool marks_has(const struct workbench *wb, int64_t run);
/** The first marked run that is not the shown one; 0: none. */
int64_t marks_first(const struct workbench *wb);
/** Marks or unmarks; false (with a message) if there are SELECTION_MARKS already. */
bool marks_set(struct workbench *wb, int64_t run, bool mark);

/** Unmarks all runs, or all but the baseline. */
void marks_clear(struct workbench *wb, bool baseline_too);

/** Unmarks a run that was removed, until it is back. */
void marks_suspend(struct workbench *wb, int64_t run);
/** Marks again the runs that are back, in their places. */
void marks_return(struct workbench *wb);

/** Makes a run the baseline, which stays the first mark, in later sessions, too; the baseline itself: no longer. */
void marks_pin(struct workbench *wb, int64_t run);
/** Marks the baseline of former sessions, if it is still there. */
void marks_recall(struct workbench *wb);

#endif
