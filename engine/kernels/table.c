/* The table of one vector set. */
#include "engine/kernels/conv.h"
#include "engine/kernels/fast.h"
#include "engine/kernels/sets.h"

const struct kernels SET_NAME(kernels) = {
    .name = SET_STRING(KERNEL_SET),
    .conv_create = conv_plan_create,
    .conv_destroy = conv_plan_destroy,
    .conv_scratch = conv_scratch_fast,
    .conv_forward = conv_forward_fast,
    .conv_backward_data = conv_backward_data_fast,
    .conv_backward_weights = conv_backward_weights_fast,
    .norm_scratch = norm_scratch_fast,
    .norm_statistics = norm_statistics_fast,
    .norm_apply = norm_apply_fast,
    .norm_backward = norm_backward_fast,
    .stage_scratch = stage_scratch_fast,
    .stage_forward = stage_forward_fast,
    .stage_backward = stage_backward_fast,
    .mean_forward = mean_forward_fast,
    .mean_backward = mean_backward_fast,
    .cells_forward = cells_forward_fast,
    .cells_backward = cells_backward_fast,
    .product = product_fast,
};
