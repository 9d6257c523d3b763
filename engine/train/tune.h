/* Finding the fastest way to compute each convolution of a configuration on this machine, by timing. */
#ifndef MLVICX_TRAIN_TUNE_H
#define MLVICX_TRAIN_TUNE_H

#include "engine/model/tuning.h"
#include "engine/train/engine.h"

/** Add an undecided row for each direction of a convolution that can be computed in several ways (none: nothing to
 * decide). */
bool tune_list(const struct engine_config *c, struct tuning *t, struct err *e);

/** Time the variants of the rows that are undecided and decide them: the fixed table's variant unless another is
 * clearly faster; it also stands where the machine is too busy to tell, and after two seconds. */
bool tune_decide(const struct engine_config *c, struct tuning *t, struct err *e);

/** The two least times of one variant, in seconds. */
struct tune_times {
    double least, next;
};

/** Which of n variants to take, by their times: the fastest, but `fixed` (an index) unless another is surely faster.
 * One whose two times differ much tells nothing. */
int tune_winner(const struct tune_times *times, int n, int fixed);

#endif
