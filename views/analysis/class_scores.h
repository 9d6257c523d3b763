/* What an evaluation gave the test images of one class, and what follows from it: curves, the operating point,
 * calibration, the worst mistakes. */
#ifndef MLVICX_VIEWS_CLASS_SCORES_H
#define MLVICX_VIEWS_CLASS_SCORES_H

#include "engine/evaluate/operating.h"
#include "views/analysis/predictions.h"

enum class_curve { CLASS_ROC, CLASS_PRECISION, CLASS_RELIABILITY, CLASS_CURVES };
/** "roc", "pr", "reliability", NULL. */
extern const char *const class_curve_names[CLASS_CURVES + 1];
/** "ROC curve", "precision-recall curve", "reliability". */
extern const char *const class_curve_titles[CLASS_CURVES];

/** Zero-initialise. Owned, but for `data`, which is borrowed. */
struct class_scores {
    const struct store_contents *data;
    struct predictions from; /* with images and scores of all classes, of validation images too */
    int class;
    double threshold;    /* of the greatest F1 on validation; NaN: none */
    struct operating at; /* there, on the test images */
    struct operating_curve curve;
    struct operating_bin bins[OPERATING_BINS];
};

/** Those of the newest evaluation that is meant and has predictions. `data` is its data set (predictions_task). */
bool class_scores_read(struct class_scores *c, struct store *s, const struct store_run *run,
                       const struct predictions_wanted *w, const struct store_contents *data, int class, struct err *e);
void class_scores_clear(struct class_scores *c); /* fine on a zeroed struct */

/** Points of a curve as x [count], y [count], owned by the caller; of reliability the bins that are not empty. NaN
 * where there is none: precision above all scores. False when memory ran out. */
bool class_scores_points(const struct class_scores *c, enum class_curve which, int *count, double **x, double **y,
                         struct err *e);
/** Where the chosen threshold lies on a curve; false where it has no place: no threshold, or on reliability. */
bool class_scores_chosen(const struct class_scores *c, enum class_curve which, double *x, double *y);
/** The number that sums the curve up: area, average precision, calibration error; and what it is called. */
double class_scores_figure(const struct class_scores *c, enum class_curve which);
extern const char *const class_curve_figures[CLASS_CURVES]; /* "AUC", "AP", "ECE" */

/** A test image that the threshold puts on the wrong side. */
struct class_mistake {
    uint32_t image; /* index in the data set */
    int label;
    double score, off; /* its probability, and how far from the label it is */
};
/** All of them, the farthest from their label first (of equal ones, the first in the data set); owned by the caller.
 * Without a threshold one half takes its place. */
bool class_scores_mistakes(const struct class_scores *c, struct class_mistake **list, int *count, struct err *e);

#endif
