/* Frozen features and what is known of their images: what everything here is fitted on. Plain values, all borrowed. */
#ifndef MLVICX_EVALUATE_FEATURES_H
#define MLVICX_EVALUATE_FEATURES_H

#include <stdint.h>

/** Features as the engine gives them. */
struct labelled_features {
    int n, d, classes;
    const float *x;       /* [n, d]                                     */
    const int8_t *labels; /* [n, classes]: 1, 0, or -1 where missing    */
};

/** The same, standardised: what linear models are fitted on. */
struct standardized_features {
    int n, d, classes;
    const double *x;      /* [n, d]                                     */
    const int8_t *labels; /* [n, classes]: 1, 0, or -1 where missing    */
};

#endif
