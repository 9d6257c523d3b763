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

/** What one threshold gives: how many positives and negatives lie at or above it. */
struct operating_step {
    double threshold; /* a score; infinity for the first */
    int positives, negatives;
};
/** Every threshold that tells scores apart, falling: the first lies above all scores. From it come both curves: ROC
 * (negatives / all negatives, positives / all positives; the area by trapezoids is the AUC, for ties count one half)
 * and precision-recall (positives / all positives, positives / both). Owned. */
struct operating_curve {
    int count; /* 0: a score is NaN, or no label is known */
    struct operating_step *steps;
    int positives, negatives; /* all */
};
/** Fails only when memory runs out. operating_curve_clear frees. */
bool operating_curve(const struct operating_scores *s, struct operating_curve *out, struct err *e);
void operating_curve_clear(struct operating_curve *c); /* fine on a zeroed struct */
/** The step of a threshold: the last that is not below it. 0 for NaN. */
int operating_curve_at(const struct operating_curve *c, double threshold);

/** One of the bins of the calibration error: scores from b / 15 up to (b + 1) / 15, 1 in the last. */
struct operating_bin {
    int count;
    double score, positives; /* mean score and share of positives; NaN where it is empty */
};
/** Fails only when memory runs out; all bins are empty where a score is NaN. */
bool operating_bins(const struct operating_scores *s, struct operating_bin bins[OPERATING_BINS], struct err *e);

#endif
