/* Features of mean 0 and deviation 1, by the statistics of the training rows. */
#ifndef MLVICX_EVALUATE_STANDARDIZE_H
#define MLVICX_EVALUATE_STANDARDIZE_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/err.h"

/** Mean and deviation (n in the denominator) of each of d features; a constant feature has deviation 1. Owned arrays.
 */
struct standardize {
    int d;
    double *mean;      /* [d] */
    double *deviation; /* [d] */
};

/** Fit on `count` rows of x [., d]: those of rows [count], or the first `count` where rows is NULL. The caller clears
 * it. */
bool standardize_fit(struct standardize *s, const float *x, const uint32_t *rows, int count, int d, struct err *e);

/** out [count, d], filled with the standardised rows (chosen as above). */
void standardize_apply(const struct standardize *s, const float *x, const uint32_t *rows, int count, double *out);

/** Free the arrays. Fine on a zeroed struct. */
void standardize_clear(struct standardize *s);

#endif
