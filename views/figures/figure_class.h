/* Curves of one class from the predictions that evaluations kept, as a picture or as their numbers. */
#ifndef MLVICX_VIEWS_FIGURE_CLASS_H
#define MLVICX_VIEWS_FIGURE_CLASS_H

#include "views/analysis/class_scores.h"
#include "views/figures/figure.h"

struct figure_class_request {
    const struct figure_request *sheet; /* store, runs, size, colours, format, path; the rest is not read */
    const char (*init)[STORE_NAME];     /* [runs]: where the id is 0, the encoder that eval --init scored */
    struct predictions_wanted wanted;   /* of every run; the step of the first alone */
    const char *class;                  /* its name */
    enum class_curve which;
    void (*note)(void *ctx, const char *name, const struct predictions *from); /* of each run; NULL: none */
    void *ctx;
};

/** Draw or write what is asked for. ERR_NOT_FOUND where there is no such class, or no predictions. What each CSV holds:
 *
 *     roc          run, class, threshold, false positive rate, true positive rate, chosen
 *     pr           run, class, threshold, recall, precision, chosen
 *     reliability  run, class, bin from, to, images, mean score, share of positives
 *
 * `chosen` is 1 at the threshold that validation images chose, of which there is one in a curve. */
bool figure_class_write(const struct figure_class_request *q, struct err *e);

#endif
