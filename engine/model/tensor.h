/* A tensor of the network as others name it: parameters and running statistics, in PyTorch's order. */
#ifndef MLVICX_MODEL_TENSOR_H
#define MLVICX_MODEL_TENSOR_H

#include <stdbool.h>
#include <stddef.h>

enum engine_tensor_kind {
    TENSOR_PARAMETER,
    TENSOR_RUNNING, /* statistics of a norm                                              */
    TENSOR_TARGET,  /* "target.NAME": a moving average of parameter NAME                 */
    TENSOR_KINDS
};

struct engine_tensor {
    const char *name; /* see "Names of parameters" in assets/docs/method.md */
    enum engine_tensor_kind kind;
    int dims, shape[4]; /* PyTorch's order */
    size_t count;
    bool zero_gradient; /* its gradient is exactly zero: it is set, not computed */
    bool trained;       /* gets updates */
};

#endif
