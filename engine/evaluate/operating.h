/* What a class's scores are worth beside the area under the ROC curve: average precision, what a threshold gives, and
 * whether scores are the probabilities that they are taken for. */
#ifndef MLVICX_EVALUATE_OPERATING_H
#define MLVICX_EVALUATE_OPERATING_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/err.h"

/** Probabilities of one class of n images. Borrowed. */
struct operating_scores {
    int n, stride;
    const double *scores; /* [n * stride], image i has scores[i * stride]         */
    const int8_t *labels; /* likewise; 1, 0, or -1 where missing: it does not count */
};

/** NaN where a figure is not defined: no positives, no negatives, no threshold, a score that is NaN. */
struct operating {
    double average_precision; /* sum over thresholds of precision x the gain of recall */
    double sensitivity, specificity, f1;
    double brier;       /* mean squared difference of probability and label */
    double calibration; /* over 15 bins of equal width: mean difference of mean probability and share of positives */
    int positives, negatives;
};

enum { OPERATING_BINS = 15 };

/** The threshold of greatest F1, the highest of equals; positive is >=. NaN where there is no positive. Fails only when
 * memory runs out. */
bool operating_threshold(const struct operating_scores *s, double *threshold, struct err *e);
/** All figures, with positive as score >= threshold (NaN: none of those that need one). Fails only when memory runs
 * out.
 */
bool operating_point(const struct operating_scores *s, double threshold, struct operating *out, struct err *e);

#endif
