/* Area under the ROC curve by ranks: the share of (positive, negative) pairs that the score puts in order, a tie
 * counting one half (Mann-Whitney). */
#ifndef MLVICX_EVALUATE_AUC_H
#define MLVICX_EVALUATE_AUC_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/err.h"

/** One class: its area, NaN where one of both values is absent (or a score is NaN), and how many images have each. */
struct auc {
    double auc;
    int positives, negatives;
};

/** Area of n scores. scores, labels [n * stride], borrowed: score and label of image i are scores[i * stride] and
 * labels[i * stride]; labels 1, 0 or -1 (missing: the image does not count). Fails only when memory runs out. */
bool auc_score(const double *scores, const int8_t *labels, int n, int stride, struct auc *out, struct err *e);

/** All classes of scores [n, classes] and labels [n, classes]; out [classes], filled. */
bool auc_score_classes(const double *scores, const int8_t *labels, int n, int classes, struct auc *out, struct err *e);

/** Why a class has no area: its scored labels hold only one value, or the labels that it was fitted on did (scores that
 * are NaN). */
enum auc_lack { AUC_DEFINED, AUC_UNSCORED, AUC_UNTAUGHT };
enum auc_lack auc_lacks(const struct auc *a);

/** Mean over classes [count] whose area is defined; NaN when none is. */
double auc_macro(const struct auc *classes, int count);
/** Over those that are findings; apart [count], NULL: all are. */
double auc_macro_findings(const struct auc *classes, const bool *apart, int count);

#endif
