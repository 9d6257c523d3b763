/* How frozen features are scored: fit on the rows that keep their labels, choose on validation, score the test rows
 * once. */
#ifndef MLVICX_EVALUATE_PROTOCOL_H
#define MLVICX_EVALUATE_PROTOCOL_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/err.h"
#include "engine/evaluate/features.h"

/** Those before PROTOCOL_FITTED are fitted here; the last is a classifier that was trained. */
enum protocol { PROTOCOL_KNN, PROTOCOL_LINEAR, PROTOCOL_APPLY, PROTOCOL_COUNT, PROTOCOL_FITTED = PROTOCOL_APPLY };
/** "knn", "linear", "apply", NULL. */
extern const char *const protocol_names[PROTOCOL_COUNT + 1];

/** `fit` holds the training images first, `train` of them, then the validation images. */
struct protocol_data {
    int train;
    struct labelled_features fit, test; /* of the same dimensions and classes */
};

/** scores [test.n, classes], filled: fitted on the rows `rows` [count] of fit alone, in ascending order (NULL: all). A
 * class of which these rows hold only one value gets NaN for scores, so that it has no area.
 * Linear: features are standardised by all training images, labelled or not; of the strengths the one is taken whose
 * fit on the training images among the rows has the highest macro AUC on all validation images (the most regularised of
 * equal ones; 0.01 where that cannot tell), and the fit is done once more with it on all rows. `*strength` (may be
 * NULL) filled with it, NaN for kNN. Test labels are not looked at. Fails when memory runs out or features are not
 * finite. */
bool protocol_score(enum protocol p, const struct protocol_data *data, const uint32_t *rows, int count, double *scores,
                    double *strength, struct err *e);

#endif
