/* L2-regularised logistic regression, one for each label, on frozen features: the linear probe.
 *
 * Minimises |w|^2 / 2 + c sum_i log(1 + exp(-y_i (x_i w + b))), y = +-1, b not penalised: scikit-learn's objective with
 * strength c. Newton's method in double: L-BFGS steps in the metric of a Cholesky factor that is renewed from the exact
 * Hessian every few steps. Convex, so the answer does not depend on the path; deterministic for a thread count. */
#ifndef MLVICX_EVALUATE_LOGISTIC_H
#define MLVICX_EVALUATE_LOGISTIC_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/err.h"
#include "engine/evaluate/features.h"

/** Weights of all classes at one strength. Owned arrays. */
struct logistic {
    int d, classes;
    double *weights; /* [classes, d] */
    double *offset;  /* [classes]    */
    double c;
    int iterations; /* of all classes together */
    bool converged;
};

/** Fit; an image with a missing label is left out of that class. A class with only one value gets weights 0 and the
 * offset NaN, hence NaN for scores: nothing was learned of it. `start` NULL or the fit of another strength to start
 * from. The caller clears it. Fails when memory runs out or x is not finite. */
bool logistic_fit(struct logistic *l, const struct standardized_features *from, double c, const struct logistic *start,
                  struct err *e);

/** scores [m, classes] = x w + b (log odds), filled, of x [m, d]. */
void logistic_score(const struct logistic *l, const double *x, int m, double *scores);

/** Free the arrays. Fine on a zeroed struct. */
void logistic_clear(struct logistic *l);

#endif
