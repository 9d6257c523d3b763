/* Which training images keep their labels: a share drawn by patient, the same draw for every run. */
#ifndef MLVICX_EVALUATE_FRACTION_H
#define MLVICX_EVALUATE_FRACTION_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/err.h"

/** Draw about `percent` (0..100) of n images, whole patients at a time. Patients are grouped by the set of classes that
 * they show, and each group gives its share; then every class (and its absence) that occurs at all is given at least
 * one patient. labels [n, classes] (1, 0, -1), patients [n]: any number that tells patients apart. rows [n], filled
 * with the chosen images in ascending order, *count of them. A pure function of its arguments; `draw` tells draws
 * apart. 100 gives all images. A smaller share of the same draw is not promised to be contained in a larger one. */
bool fraction_draw(const int8_t *labels, const uint32_t *patients, int n, int classes, double percent, uint64_t seed,
                   uint32_t draw, uint32_t *rows, int *count, struct err *e);

#endif
