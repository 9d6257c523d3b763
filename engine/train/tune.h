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

#endif
