/* What a trained classifier says of images: from its logits to scores of classes, and how far it is from their labels.
 *
 * Classes that exclude one another share one softmax; others are judged each by itself. */
#ifndef MLVICX_EVALUATE_CLASSIFIER_H
#define MLVICX_EVALUATE_CLASSIFIER_H

#include <stdbool.h>
#include <stdint.h>

/** Logits of n images, [n, classes], borrowed. */
struct classifier_logits {
    int n, classes;
    bool exclusive;
    const float *x;
};

/** Log odds of each class, [n, classes], filled: log p - log(1 - p). They order images as probabilities do, and stay
 * apart where those round to 0 or 1. NaN where a logit is. */
void classifier_odds(const struct classifier_logits *l, double *odds);
/** The probability that belongs to log odds. */
double classifier_probability(double odds);

/** Mean cross-entropy against labels [n, classes] of 1, 0 or -1 (missing), unweighted: over images that have a class,
 * or over all labels that are there. NaN where there is none. */
double classifier_cross_entropy(const struct classifier_logits *l, const int8_t *labels);

#endif
