/* Ridge regression on 0/1 labels, in closed form: the quick probe while a run trains.
 *
 * One eigendecomposition of the Gram matrix serves every strength, and the leave-one-out error that chooses among them
 * is closed-form too, so that no validation label is looked at. */
#ifndef MLVICX_EVALUATE_RIDGE_H
#define MLVICX_EVALUATE_RIDGE_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/err.h"
#include "engine/evaluate/features.h"

/** A linear map with offsets for each class: score = x w + offset. Owned arrays. */
struct ridge {
    int d, classes;
    double *weights; /* [classes, d] */
    double *offset;  /* [classes]    */
    double *lambda;  /* [classes] the chosen strength, as a multiple of n; NaN where the labels of the class hold only
                        one value */
};

/** Fit: lambda n I is added to the Gram
 * matrix; of the grid 1e-4 .. 10 the strength with the least leave-one-out squared error is taken: one for all classes
 * that miss no label, one for each of the others. A class with only one value gets weights 0 and the offset NaN, hence
 * NaN for scores: nothing was learned of it. n >= 2. The caller clears it. */
bool ridge_fit(struct ridge *r, const struct standardized_features *from, struct err *e);

/** scores [m, classes], filled, of x [m, d]. */
void ridge_score(const struct ridge *r, const double *x, int m, double *scores);

/** Free the arrays. Fine on a zeroed struct. */
void ridge_clear(struct ridge *r);

#endif
