/* Figures of a configuration by a fact about its images, such as sex, age or view: does it work equally well for
 * everyone? */
#ifndef MLVICX_APP_EVAL_GROUPS_H
#define MLVICX_APP_EVAL_GROUPS_H

#include "app/worker/eval.h"

enum { EVAL_GROUPS = 16, EVAL_GROUP_NAME = 64 };

/** Groups of test images by one fact, sorted by name; images without that fact form the group "unknown". Owned array.
 */
struct eval_groups {
    char by[EVAL_GROUP_NAME], names[EVAL_GROUPS][EVAL_GROUP_NAME];
    int count;
    int *of; /* [test images] */
};
/** Group the test images by the fact `by`; ages go in bands of 20 years. ERR_DATA where no test image has it, or there
 * are more than EVAL_GROUPS values. */
bool eval_groups_find(struct eval_groups *g, struct store *store, const struct eval_task *t, const char *by,
                      struct err *e);
void eval_groups_clear(struct eval_groups *g); /* fine on a zeroed struct */

/** All figures of group `k` alone, at the thresholds of the whole; `images` filled with how many it has. The caller
 * clears it, on failure too. */
bool eval_groups_figures(struct eval_result *out, const struct eval_groups *g, int k, const struct eval_result *whole,
                         const struct eval_task *t, struct err *e);

#endif
