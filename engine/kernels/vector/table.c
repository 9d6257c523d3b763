/* The table of one vector set. */
#include "engine/kernels/naive/naive.h"
#include "engine/kernels/vector/conv.h"
#include "engine/kernels/vector/fast.h"
#include "engine/kernels/sets.h"

const struct kernels SET_NAME(kernels) = {
    .name = SET_STRING(KERNEL_SET),
    .conv_create = conv_plan_create,
    .conv_measure = conv_plan_measure,
    .conv_destroy = conv_plan_destroy,
    .conv_table_bytes = conv_plan_table_bytes,
    .conv_candidate = conv_candidate_fast,
    .conv_set_variant = conv_set_variant_fast,
    .conv_variant = conv_variant_fast,
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
    .norm_explain = norm_explain_naive,
    .stage_explain_scratch = stage_scratch_naive,
    .stage_explain = stage_explain_naive,
    .mean_forward = mean_forward_fast,
    .mean_backward = mean_backward_fast,
    .cells_forward = cells_forward_fast,
    .cells_backward = cells_backward_fast,
    .product = product_fast,
    .directions = directions_fast,
    .normality = normality_fast,
    .linear_scratch = linear_scratch_fast,
    .linear_forward = linear_forward_fast,
    .linear_backward_data = linear_backward_data_fast,
    .linear_backward_weights = linear_backward_weights_fast,
    .linear_backward_bias = linear_backward_bias_fast,
    .linear_norm = linear_norm_fast,
    .peak_flops = peak_flops_fast,
};
