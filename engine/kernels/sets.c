/* The tables of this precision by name: the double engine has only the naive one. */
#include "engine/kernels/kernels.h"

const struct kernels *kernels_find(enum kernel_set set)
{
#ifdef MLVICX_REAL64
    return set == KERNELS_NAIVE64 ? &kernels_naive : NULL;
#else
    return set == KERNELS_NAIVE ? &kernels_naive : NULL;
#endif
}
