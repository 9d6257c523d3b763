/* Which labels a run or a probe may see: a share of them drawn by patient, the same for every encoder, and how much
 * each class counts. */
#ifndef MLVICX_SESSION_LABELS_H
#define MLVICX_SESSION_LABELS_H

#include "engine/evaluate/fraction.h"
#include "store/dataset.h"

/** A number for each image's patient; an image without one is a patient of its own. The caller frees; NULL where memory
 *  ran out. */
uint32_t *labels_patients(const struct store_contents *data, struct err *e);

/** Images that keep their labels: of those that have any, about `percent`, drawn by patient; rows [n] filled with
 * places in `from`, rising, *count of them. A function of the images, percent and draw alone. */
bool labels_draw(const struct fraction_images *from, double percent, int64_t draw, uint32_t *rows, int *count,
                 struct err *e);

/** How much a class counts, so that rare ones count as much as frequent ones; weights [classes], filled. Of classes
 * that exclude one another that of each image of the class, n / (classes x its images); else that of the positives,
 * negatives / positives, at most 100. 1 where a class has none. labels [n, classes]. */
void labels_weights(const int8_t *labels, int n, int classes, bool exclusive, double *weights);

#endif
