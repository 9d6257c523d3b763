/* Weighted k nearest neighbours by cosine: how features cluster as they are, with nothing fitted. */
#ifndef MLVICX_EVALUATE_KNN_H
#define MLVICX_EVALUATE_KNN_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/err.h"
#include "engine/evaluate/features.h"

enum { KNN_NEIGHBOURS = 20 };
#define KNN_TEMPERATURE 0.07

/** scores [m, classes], filled: for each query the mean of its k nearest training labels, weighted by exp(cosine /
 * 0.07). A neighbour with a missing label (-1) does not count; with none that counts the score is the mean label of the
 * training set. A class of which the labels hold only one value has NaN for scores: nothing was learned of it. Of
 * equally near ones the first in the set is taken; k is cut to n. queries [m, d], borrowed. Fails only when memory runs
 * out. */
bool knn_score(const struct labelled_features *train, const float *queries, int m, int k, double *scores,
               struct err *e);

#endif
