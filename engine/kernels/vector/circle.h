/* Sine and cosine over vectors. An angle comes reduced: quarters of a turn, and what is left. */
#ifndef MLVICX_VECTOR_CIRCLE_H
#define MLVICX_VECTOR_CIRCLE_H

#include "engine/kernels/vector/set.h"

/* Added to a number below 2^22 it leaves the nearest integer in the low bits: 1.5 * 2^23. */
#define VEC_ROUNDER 12582912.0f

/* Of left + quarters * pi/2 with left within +-pi/4, by Taylor polynomials whose first missing term is below 3e-9:
 * within 1.2e-7. */
ALWAYS_INLINE void vec_circle(vec left, ivec quarters, vec *sine, vec *cosine)
{
    vec q = left * left;
    vec s = (((q * (1.0f / 362880) - 1.0f / 5040) * q + 1.0f / 120) * q - 1.0f / 6) * q * left + left;
    vec c = ((((1.0f / 40320 - q * (1.0f / 3628800)) * q - 1.0f / 720) * q + 1.0f / 24) * q - 0.5f) * q + 1;
    ivec odd = -(quarters & 1), sign_of_s = (quarters & 2) << 30, sign_of_c = ((quarters + 1) & 2) << 30;
    *sine = (vec)((ivec)vec_pick(odd, c, s) ^ sign_of_s);
    *cosine = (vec)((ivec)vec_pick(odd, s, c) ^ sign_of_c);
}

#endif
