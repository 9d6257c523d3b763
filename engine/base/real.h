/* The scalar of the numeric engine.
 *
 * Kernels, model and step are written once over `real` and compiled twice: with float for training and, with
 * MLVICX_REAL64 defined, with double for `MLVICX_KERNELS=naive64`, the proof that the mathematics is right. Every
 * external symbol of the numeric part is named through REAL_NAME, so that both copies live in one program. */
#ifndef MLVICX_BASE_REAL_H
#define MLVICX_BASE_REAL_H

#ifdef MLVICX_REAL64
typedef double real;
#define REAL_NAME(name) name##_r64
#define REAL_BITS       64
#else
typedef float real;
#define REAL_NAME(name) name##_r32
#define REAL_BITS       32
#endif

#endif
