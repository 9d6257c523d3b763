/* The tables of the vector sets. */
#ifndef MLVICX_KERNELS_SETS_H
#define MLVICX_KERNELS_SETS_H

#include "engine/kernels/kernels.h"

extern const struct kernels kernels_portable, kernels_avx2, kernels_avx512;

#endif
