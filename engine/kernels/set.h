/* One vector source, compiled once for each width: KERNEL_SET (portable, avx2, avx512) names the symbols and
 * KERNEL_BYTES (16, 32, 64) is the width. Vectors are the compiler's own (vector_size), no intrinsics. */
#ifndef MLVICX_KERNELS_SET_H
#define MLVICX_KERNELS_SET_H

#include <string.h>

#include "engine/kernels/kernels.h"

#define SET_PASTE(name, set)  name##_##set
#define SET_EXPAND(name, set) SET_PASTE(name, set)
#define SET_NAME(name)        SET_EXPAND(name, KERNEL_SET)
#define SET_QUOTE(set)        #set
#define SET_STRING(set)       SET_QUOTE(set)

enum { LANES = KERNEL_BYTES / 4 };

typedef float vec __attribute__((vector_size(KERNEL_BYTES)));
typedef int32_t ivec __attribute__((vector_size(KERNEL_BYTES)));
typedef float quad __attribute__((vector_size(16)));
typedef int32_t iquad __attribute__((vector_size(16)));
typedef float vec_in_memory __attribute__((vector_size(KERNEL_BYTES), aligned(4), may_alias));

union lanes_of {
    vec all;
    quad four[LANES / 4];
};
union ilanes_of {
    ivec all;
    iquad four[LANES / 4];
};

/* Vectors of channels that walk over pixels together: 128 bytes of a row are two lines of cache. */
enum { GROUP_VECS = 128 / KERNEL_BYTES, GROUP_LANES = GROUP_VECS * LANES };

/* Register tiles of accumulators, TILE_VECS vectors wide: pixels, each of which needs a pointer too, or input channels.
 */
#if KERNEL_BYTES == 64
enum { TILE_VECS = 2, TILE_PIXELS = 10, TILE_CHANNELS = 12 };
#elif defined(__aarch64__)
enum { TILE_VECS = 2, TILE_PIXELS = 8, TILE_CHANNELS = 8 };
#else
enum { TILE_VECS = 2, TILE_PIXELS = 6, TILE_CHANNELS = 6 };
#endif

/* Kept out of the loops, where many copies would take gcc minutes to compile with sanitizers. */
#define ONLY_TAILS    static __attribute__((noinline, cold, unused))
#define ALWAYS_INLINE static inline __attribute__((always_inline))
#ifdef __clang__
#define UNROLL _Pragma("clang loop unroll(full)")
#else
#define UNROLL _Pragma("GCC unroll 16")
#endif

/* Forget how a pointer was made: else gcc keeps a register for each offset from its base. */
#define OPAQUE(pointer) __asm__("" : "+r"(pointer))

ALWAYS_INLINE vec vec_load(const float *p)
{
    return *(const vec_in_memory *)p;
}

ALWAYS_INLINE void vec_store(float *p, vec v)
{
    *(vec_in_memory *)p = v;
}

/* The first `n` lanes only; the others are 0 when loaded. */
ONLY_TAILS vec vec_load_some(const float *p, int n)
{
    vec v = { 0 };
    for (int l = 0; l < n; l++) {
        v[l] = p[l];
    }
    return v;
}

ONLY_TAILS void vec_store_some(float *p, vec v, int n)
{
    for (int l = 0; l < n; l++) {
        p[l] = v[l];
    }
}

/* The same where `left` lanes or more are there: the usual walk over channels. */
ALWAYS_INLINE vec vec_part(const float *p, int left)
{
    return left >= LANES ? vec_load(p) : vec_load_some(p, left);
}

ALWAYS_INLINE void vec_put(float *p, vec v, int left)
{
    if (left >= LANES) {
        vec_store(p, v);
    } else {
        vec_store_some(p, v, left);
    }
}

/* For walks over whole groups of vectors, which need no test. */
ALWAYS_INLINE vec vec_take(const bool whole, const float *p, int left)
{
    return whole ? vec_load(p) : vec_part(p, left);
}

ALWAYS_INLINE void vec_give(const bool whole, float *p, vec v, int left)
{
    if (whole) {
        vec_store(p, v);
    } else {
        vec_put(p, v, left);
    }
}

/* Spelled out, gcc loads and spreads in one instruction; of `(vec){ 0 } + x` it makes two, one of them a shuffle. */
#define FOUR_OF(x) x, x, x, x
ALWAYS_INLINE vec vec_of(float x)
{
#if KERNEL_BYTES == 64
    return (vec){ FOUR_OF(x), FOUR_OF(x), FOUR_OF(x), FOUR_OF(x) };
#elif KERNEL_BYTES == 32
    return (vec){ FOUR_OF(x), FOUR_OF(x) };
#else
    return (vec){ FOUR_OF(x) };
#endif
}

/* Lanes of `a` where the mask is all ones, of `b` where it is 0. */
ALWAYS_INLINE vec vec_pick(ivec mask, vec a, vec b)
{
    return (vec)((mask & (ivec)a) | (~mask & (ivec)b));
}

ALWAYS_INLINE ivec ivec_pick(ivec mask, ivec a, ivec b)
{
    return (mask & a) | (~mask & b);
}

/* b where either is not a number. */
ALWAYS_INLINE vec vec_max(vec a, vec b)
{
    return vec_pick(a > b, a, b);
}

ALWAYS_INLINE ivec ivec_lanes(void)
{
    ivec v = { 0 };
    for (int l = 0; l < LANES; l++) v[l] = l;
    return v;
}

/* Lanes of a quad in another order. */
#ifdef __clang__
#define QUAD_ORDER(q, a, b, c, d) __builtin_shufflevector(q, q, a, b, c, d)
#else
#define QUAD_ORDER(q, a, b, c, d) __builtin_shuffle(q, (iquad){ a, b, c, d })
#endif

/* Over lanes, halving in a fixed order. */
ALWAYS_INLINE float vec_sum(vec v)
{
    union lanes_of l = { .all = v };
    for (int half = LANES / 8; half > 0; half /= 2) {
        UNROLL for (int i = 0; i < half; i++) l.four[i] += l.four[i + half];
    }
    quad q = l.four[0];
    q += QUAD_ORDER(q, 2, 3, 0, 1);
    return q[0] + q[1];
}

ALWAYS_INLINE quad quad_max(quad a, quad b)
{
    iquad more = a > b;
    return (quad)((more & (iquad)a) | (~more & (iquad)b));
}

ALWAYS_INLINE iquad iquad_min(iquad a, iquad b)
{
    iquad less = a < b;
    return (less & a) | (~less & b);
}

ALWAYS_INLINE float vec_most(vec v)
{
    union lanes_of l = { .all = v };
    for (int half = LANES / 8; half > 0; half /= 2) {
        UNROLL for (int i = 0; i < half; i++) l.four[i] = quad_max(l.four[i], l.four[i + half]);
    }
    quad q = quad_max(l.four[0], QUAD_ORDER(l.four[0], 2, 3, 0, 1));
    q = quad_max(q, QUAD_ORDER(q, 1, 0, 3, 2));
    return q[0];
}

ALWAYS_INLINE int32_t ivec_least(ivec v)
{
    union ilanes_of l = { .all = v };
    for (int half = LANES / 8; half > 0; half /= 2) {
        UNROLL for (int i = 0; i < half; i++) l.four[i] = iquad_min(l.four[i], l.four[i + half]);
    }
    iquad q = iquad_min(l.four[0], QUAD_ORDER(l.four[0], 2, 3, 0, 1));
    q = iquad_min(q, QUAD_ORDER(q, 1, 0, 3, 2));
    return q[0];
}

/* 1 / (1 + exp(-x)) within a few units of the last place. exp(t) = 2^n exp(r), r in +-ln(2)/2, by its Taylor
 * polynomial; beyond +-87 the result has long been 0 or 1. A NaN stays. */
ALWAYS_INLINE vec vec_sigmoid(vec x)
{
    const vec most = vec_of(87);
    vec t = vec_pick(x > most, -most, vec_pick(x < -most, most, -x));
    vec rounded = t * 1.44269504f + 12582912.0f; /* 1.5 * 2^23: the integer lands in the low bits */
    ivec n = (ivec)rounded - (ivec)vec_of(12582912.0f);
    vec whole = rounded - 12582912.0f;
    vec r = t - whole * 0.693359375f + whole * 2.12194440e-4f;
    vec e =
        ((((((r / 5040 + 1.0f / 720) * r + 1.0f / 120) * r + 1.0f / 24) * r + 1.0f / 6) * r + 0.5f) * r + 1) * r + 1;
    return 1 / (1 + (vec)((ivec)e + (n << 23)));
}

static inline int at_most(int a, int b)
{
    return a < b ? a : b;
}

static inline int ceil_div(int a, int b)
{
    return (a + b - 1) / b;
}

/* Part `part` of `parts` of n things: [share(n, part), share(n, part + 1)). */
static inline size_t share(size_t n, int part, int parts)
{
    return n * (size_t)part / (size_t)parts;
}

/* Reals rounded up so that what follows stays aligned. */
static inline size_t aligned_reals(size_t n)
{
    return (n + 15) / 16 * 16;
}

#endif
