/* Evaluations as figures: evaluations that differ only in the draw of labels are one figure, with mean and spread. Pure
 * functions. */
#ifndef MLVICX_VIEWS_SCORES_H
#define MLVICX_VIEWS_SCORES_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/text.h"
#include "store/evaluation.h"

enum { SCORES_MOST = 64 };

struct score_figure {
    char protocol[24], split[8];
    bool context;
    double fraction; /* percentage of the labels */
    int64_t step;    /* the newest step that has it */
    int draws;
    double mean, lo, hi;          /* over draws; NaN: undefined (only positives, or only negatives) */
    int64_t positives, negatives; /* of the class; 0 for the macro mean */
};

/** Figures of a task at the newest step up to `step` (negative: of all) for class name `class` (NULL: the macro mean),
 * in order: test before val, protocol, gates, share of labels. Returns their number, at most SCORES_MOST. */
int scores_collect(const struct store_evaluations *v, const char *task, int64_t step, const char *class,
                   struct score_figure out[SCORES_MOST]);
/** Whether two figures were made the same way, whatever the step. */
bool scores_alike(const struct score_figure *a, const struct score_figure *b);
/** The figure of another list that was made in the same way, perhaps at another step. False if there is none. */
bool scores_like(const struct store_evaluations *v, const char *task, int64_t step, const char *class,
                 const struct score_figure *as, struct score_figure *out);
/** CSV: one line per class, draw and configuration, under a header if `head`; `run` names the run ("": the init of the
 * row). */
void scores_csv(const struct store_evaluations *v, const char *run, bool head, struct text *out);

#endif
