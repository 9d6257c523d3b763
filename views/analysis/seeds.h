/* Runs that differ in the seed alone, as one curve: their mean, and the range that they span. */
#ifndef MLVICX_VIEWS_SEEDS_H
#define MLVICX_VIEWS_SEEDS_H

#include "views/analysis/comparison.h"
#include "views/analysis/point.h"

/** One of the curves. */
struct seeds_curve {
    const struct series_point *points; /* by x; borrowed */
    int count;
};

/** Fill `member` with the indices of the runs that are alike run `first`, which comes first; returns how many. A run
 * that is alike an earlier one is of that one's group: then 0. `drawn`: which runs count; NULL: all. */
int seeds_group(const struct compared_run *runs, const bool *drawn, int count, int first,
                int member[1 + SELECTION_MARKS]);

/** "cov 2 (3)", "3 seeds", or of one run "17 nih-small". Fills and returns name. */
const char *seeds_name(const struct compared_run *first, int count, char name[GROUP_TEXT]);

/** Fill `out` (as many points as the longest curve) with the mean of the curves at each of its points, and the least
 * and the greatest of them; a curve counts where it has begun and not ended. Returns the number of points. */
int seeds_combine(const struct seeds_curve *curves, int count, struct series_point *out);

#endif
