/* Patients of two data sets as one, for `data merge --same-patients`. */
#ifndef MLVICX_MERGE_PATIENTS_H
#define MLVICX_MERGE_PATIENTS_H

#include "engine/base/err.h"
#include "store/dataset.h"

struct merge_patients {
    size_t both;       /* patients of the first side who are in the second, too */
    bool incomparable; /* ids of one side are hashed and those of the other are not */
};

/** Ids of one number get one spelling, by the rule of imports. `images` [n]: of the first side up to `first`, then of
 * the second; their patients are borrowed, and point to one another's then. */
bool merge_patients_unite(struct store_image *images, size_t n, size_t first, struct merge_patients *out,
                          struct err *e);

/** How many patients of images [n] are in more than one split. */
bool merge_patients_shared(const struct store_image *images, size_t n, size_t *shared, struct err *e);

#endif
