/* The table of one vector set. */
#include "engine/kernels/conv.h"
#include "engine/kernels/fast.h"
#include "engine/kernels/naive.h"
#include "engine/kernels/sets.h"

const struct kernels SET_NAME(kernels) = {
    .name = SET_STRING(KERNEL_SET),
    .conv_create = conv_plan_create,
    .conv_destroy = conv_plan_destroy,
    .conv_scratch = conv_scratch_fast,
    .conv_forward = conv_forward_fast,
    .conv_backward_data = conv_backward_data_fast,
    .conv_backward_weights = conv_backward_weights_fast,
    .norm_scratch = norm_scratch_naive,
    .norm_forward = norm_forward_naive,
    .norm_evaluate = norm_evaluate_naive,
    .norm_backward = norm_backward_naive,
    .maxpool_forward = maxpool_forward_naive,
    .maxpool_backward = maxpool_backward_naive,
    .gate_scratch = gate_scratch_naive,
    .gate_forward = gate_forward_naive,
    .gate_backward = gate_backward_naive,
    .mean_forward = mean_forward_naive,
    .mean_backward = mean_backward_naive,
    .cells_forward = cells_forward_naive,
    .cells_backward = cells_backward_naive,
    .product = product_fast,
};
