/* How frozen features are scored: fit on the rows that keep their labels, choose on validation, score the test rows
 * once. */
#ifndef MLVICX_EVALUATE_PROTOCOL_H
#define MLVICX_EVALUATE_PROTOCOL_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/err.h"
#include "engine/evaluate/features.h"

/** Those before PROTOCOL_FITTED are fitted here; then a classifier that was trained; then those that are trained for
 * the evaluation. */
enum protocol {
    PROTOCOL_KNN,
    PROTOCOL_LINEAR,
    PROTOCOL_APPLY,
    PROTOCOL_FINETUNE,
    PROTOCOL_SCRATCH,
    PROTOCOL_COUNT,
    PROTOCOL_FITTED = PROTOCOL_APPLY
};
/** "knn", "linear", "apply", "finetune", "scratch", NULL. */
extern const char *const protocol_names[PROTOCOL_COUNT + 1];
/** What a protocol does, in words that change whenever its figures would: part of what identifies them. Static. */
const char *protocol_settings(enum protocol p);

/** `fit` holds the training images first, `train` of them, then the validation images. */
struct protocol_data {
    int train;
    struct labelled_features fit, test; /* of the same dimensions and classes */
};

/** Probabilities, [images, classes] each, of the validation images and of the test images: borrowed, filled.
 * validation may be NULL. */
struct protocol_scores {
    double *validation, *test;
    double strength; /* filled; NaN for kNN */
    double *weights; /* NULL, or [classes, d], filled: of the linear probe, to features as they are */
};

/** Fitted on the training images `rows` [count] alone, in ascending order, all below data->train (NULL: on all training
 * images). A class of which these rows hold only one value gets NaN for scores, so that it has no area.
 * Linear: features are standardised by all training images, labelled or not; of the strengths the one is taken whose
 * fit has the highest macro AUC on all validation images (the most regularised of equal ones; 0.01 where that cannot
 * tell). Test labels are not looked at, validation labels for this choice alone. Fails when memory runs out or features
 * are not finite. */
bool protocol_score(enum protocol p, const struct protocol_data *data, const uint32_t *rows, int count,
                    struct protocol_scores *out, struct err *e);

#endif
