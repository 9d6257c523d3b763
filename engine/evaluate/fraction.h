/* Which training images keep their labels: a share drawn by patient, the same draw for every run. */
#ifndef MLVICX_EVALUATE_FRACTION_H
#define MLVICX_EVALUATE_FRACTION_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/err.h"

/** The images that a fraction is drawn from. Borrowed. */
struct fraction_images {
    int n, classes;
    const int8_t *labels;     /* [n, classes]: 1, 0, or -1 where missing    */
    const uint32_t *patients; /* [n]: any number that tells patients apart  */
};

/** Which fraction. */
struct fraction {
    double percent; /* 0..100 */
    uint64_t seed;
    uint32_t draw; /* tells draws of a seed apart */
};

/** Draw about `percent` of n images, whole patients at a time. Patients are grouped by the set of classes that
 * they show, and each group gives its share; then every class (and its absence) that occurs at all is given at least
 * one patient. rows [n], filled
 * with the chosen images in ascending order, *count of them. A pure function of its
 * arguments. 100 gives all images. A smaller share of the same draw is not promised to be contained in a larger one. */
bool fraction_draw(const struct fraction_images *from, const struct fraction *f, uint32_t *rows, int *count,
                   struct err *e);

#endif
