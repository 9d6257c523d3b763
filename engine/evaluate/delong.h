/* How far an area under the ROC curve, or the difference of two, may be off: DeLong, DeLong and Clarke-Pearson (1988),
 * and clustered by patient (Obuchowski 1997), since images of one patient resemble one another. */
#ifndef MLVICX_EVALUATE_DELONG_H
#define MLVICX_EVALUATE_DELONG_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/err.h"

/** One class of n images. Borrowed. */
struct delong_images {
    int n, stride;            /* label of image i is labels[i * stride], its score scores[i * stride] */
    const int8_t *labels;     /* 1, 0, or -1 where missing: the image does not count */
    const uint32_t *patients; /* [n]: any number that tells patients apart           */
};

/** Variances of two areas and their covariance. NaN where they are not defined: one image (or patient) of a value. */
struct delong_variance {
    double first, second, covariance;
};

struct delong {
    double
        auc[2]; /* NaN where one of both values is absent, or a score is NaN; the second 0 without a second encoder */
    int positives, negatives;
    int patients; /* of the images that count */
    struct delong_variance plain, clustered;
};

/** Areas of scores `a`, and of `b` on the same images (NULL: of one encoder alone). O(n log n). Fails only when memory
 * runs out. */
bool delong_areas(const double *a, const double *b, const struct delong_images *images, struct delong *out,
                  struct err *e);
/** The same by its definition, pair by pair: O(n^2). */
bool delong_areas_naive(const double *a, const double *b, const struct delong_images *images, struct delong *out,
                        struct err *e);

/** Variance of the difference of both areas. */
double delong_difference(const struct delong_variance *v);
/** There is a patient with several of the images that count. */
bool delong_is_clustered(const struct delong *d);

#endif
