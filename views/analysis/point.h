/* A point of a curve: one step, or the summary of several. */
#ifndef MLVICX_VIEWS_POINT_H
#define MLVICX_VIEWS_POINT_H

#include <stdint.h>

/** The values at x0..x1 (for one step both are the same). */
struct series_point {
    double x0, x1;
    double min, mean, max; /* NaN: nothing finite here                                           */
    double weight;         /* of the mean: how many values it stands for; 0 counts as 1          */
    int64_t missing;       /* values here that are not a number                                  */
};

#endif
