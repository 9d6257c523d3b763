/* Linear probes that were fitted, kept beside the run: a heatmap needs their weights, and to fit them anew takes the
 * features of all training images. */
#ifndef MLVICX_APP_EVAL_PROBE_H
#define MLVICX_APP_EVAL_PROBE_H

#include "app/worker/eval.h"

/** Which probe of an encoder. Borrowed. */
struct eval_probe {
    const struct eval_encoder *encoder;
    const struct eval_task *task;
    bool gates;
    double percent; /* of the labels */
    int draw;
};

/** Weights [classes, d] as they are used and kept: float, NaN for a class whose scores test [n, classes] are NaN, since
 * nothing taught it. */
void eval_probe_settle(double *weights, int classes, int d, const double *test);
/** Keep weights [classes, d] of an encoder that is a run's, if it is. */
bool eval_probe_keep(struct store *s, const struct eval_probe *p, const double *weights, int d, struct err *e);
/** Fill weights [classes, d] with those that were kept of the same weights, images, labels and settings; *found tells
 * whether there were any. */
bool eval_probe_find(struct store *s, const struct eval_probe *p, double *weights, int d, bool *found, struct err *e);

#endif
