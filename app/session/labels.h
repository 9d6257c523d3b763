/* The labels that a run or a probe uses: a share of them drawn by patient, the same for every encoder, and the
 * weight of each class. */
#ifndef MLVICX_SESSION_LABELS_H
#define MLVICX_SESSION_LABELS_H

#include "engine/evaluate/fraction.h"
#include "store/dataset.h"

/** A number for each image's patient; an image without one counts as its own patient. The caller frees; NULL if
 * memory ran out. */
uint32_t *labels_patients(const struct store_contents *data, struct err *e);

/** Images that keep their labels: of those that have any, about `percent`, drawn by patient; rows [n] is filled with
 * indices in `from`, ascending, *count of them. Depends only on the images, percent and draw. */
bool labels_draw(const struct fraction_images *from, double percent, int64_t draw, uint32_t *rows, int *count,
                 struct err *e);

/** Images to hold out as validation images where a data set has none: about `percent` of the patients, the same for
 * every run and every probe; rows [n] is filled with indices in `from`, ascending, *count of them. */
bool labels_hold_out(const struct fraction_images *from, double percent, uint32_t *rows, int *count, struct err *e);

/** The weight of each class, so that rare classes count as much as frequent ones; weights [classes], filled. For
 * classes that exclude one another, that of each image of the class, n / (classes x its images); else that of the
 * positives, negatives / positives, at most 100. 1 if a class has none. labels [n, classes]. */
void labels_weights(const int8_t *labels, int n, int classes, bool exclusive, double *weights);

#endif
