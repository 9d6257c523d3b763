#include "engine/train/methods/method.h"

const struct metric_def level_stats[STAT_COUNT] = {
    [STAT_RHO] = { "rho", "", "correlation between the views, mean over dimensions: 0 nothing shared, 1 all" },
    [STAT_GAIN] = { "gain", "", "mean gain of the head's last norm" },
    [STAT_STD_MEAN] = { "std_mean", "", "mean deviation of the dimensions in the step's batch" },
    [STAT_STD_MIN] = { "std_min", "", "smallest deviation of a dimension in the step's batch" },
    [STAT_DEAD] = { "dead", "", "share of dimensions with deviation below 0.1 in the step's batch" },
    [STAT_INACTIVE] = { "inactive", "",
                        "share of dimensions with deviation above 1 in the step's batch: the hinge leaves them alone" },
    [STAT_ALIGNMENT] = { "alignment", "",
                         "mean squared distance of the two views, centred and of unit length; less is closer" },
};
