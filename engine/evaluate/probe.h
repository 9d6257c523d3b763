/* The quick probe while a run trains: kNN and ridge on frozen features, fitted on training images and scored on
 * validation images. The test set is never looked at. */
#ifndef MLVICX_EVALUATE_PROBE_H
#define MLVICX_EVALUATE_PROBE_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/err.h"
#include "engine/evaluate/auc.h"
#include "engine/evaluate/features.h"

/** Areas by class, and their macro means over classes with both values on either side. Owned arrays. */
struct probe {
    int classes;
    struct auc *knn;   /* [classes] */
    struct auc *ridge; /* [classes] */
    double knn_macro, ridge_macro;
};

/** Choose at most `most` of `count` images (positions 0..count-1), the same for every run: rows [min(most, count)],
 * filled, in ascending order. Returns how many; -1 when memory ran out. */
int probe_choose(int count, int most, uint32_t *rows);

/** Fit on `train` (2 images up), score on `validation` (1 up), of the same dimensions and classes: ridge standardises
 * by the training rows. The caller clears it. Fails when memory runs out or features are not finite. */
bool probe_quick(struct probe *p, const struct labelled_features *train, const struct labelled_features *validation,
                 struct err *e);

/** Free the arrays. Fine on a zeroed struct. */
void probe_clear(struct probe *p);

#endif
