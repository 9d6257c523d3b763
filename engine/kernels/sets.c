/* The tables of this precision by name: the double engine has only the naive one. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "engine/kernels/kernels.h"

#ifndef MLVICX_REAL64
#include "engine/kernels/sets.h"
#endif

static const struct kernels *const sets[KERNELS_COUNT] = {
#ifdef MLVICX_REAL64
    [KERNELS_NAIVE64] = &kernels_naive,
#else
#ifdef MLVICX_X86
    [KERNELS_AVX512] = &kernels_avx512,
    [KERNELS_AVX2] = &kernels_avx2,
#endif
    [KERNELS_PORTABLE] = &kernels_portable,
    [KERNELS_NAIVE] = &kernels_naive,
#endif
};

const struct kernels *kernels_find(enum kernel_set set)
{
    return sets[set];
}
