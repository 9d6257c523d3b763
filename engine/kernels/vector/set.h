/* One vector source, compiled once for each width: KERNEL_SET (portable, avx2, avx512) names the symbols and
 * KERNEL_BYTES (16, 32, 64) is the width. Vectors are the compiler's own (vector_size), no intrinsics. */
#ifndef MLVICX_VECTOR_SET_H
#define MLVICX_VECTOR_SET_H

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

/* Past the caches, where a CPU can: p is aligned to a vector, and vec_fence follows before another thread reads. */
ALWAYS_INLINE void vec_stream(float *p, vec v)
{
#if defined(__clang__)
    __builtin_nontemporal_store(v, (vec *)(void *)p);
#elif KERNEL_BYTES == 64
    __builtin_ia32_movntps512(p, v);
#elif KERNEL_BYTES == 32
    __builtin_ia32_movntps256(p, v);
#elif defined(__SSE__)
    __builtin_ia32_movntps(p, v);
#else
    vec_store(p, v);
#endif
}

ALWAYS_INLINE void vec_fence(void)
{
#if defined(__SSE__)
    __builtin_ia32_sfence();
#endif
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
ALWAYS_INLINE vec vec_read(const bool whole, const float *p, int left)
{
    return whole ? vec_load(p) : vec_part(p, left);
}

ALWAYS_INLINE void vec_write(const bool whole, float *p, vec v, int left)
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

/* The first `left` lanes, each 0..255, as bytes. */
typedef uint8_t bytes_in_memory __attribute__((vector_size(LANES), aligned(1), may_alias));
ALWAYS_INLINE void bytes_put(uint8_t *p, ivec v, int left)
{
    if (left >= LANES) {
        *(bytes_in_memory *)p = __builtin_convertvector(v, bytes_in_memory);
    } else {
        for (int l = 0; l < left; l++) p[l] = (uint8_t)v[l];
    }
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

/* Lanes of two vectors in a new order. */
#ifdef __clang__
#define VEC_ORDER(a, b, ...) __builtin_shufflevector(a, b, __VA_ARGS__)
#else
#define VEC_ORDER(a, b, ...) __builtin_shuffle(a, b, (ivec){ __VA_ARGS__ })
#endif

/* Folding LANES vectors to one, whose lane i is vector i folded over its lanes: each level puts halves of two vectors
 * side by side, so that no lane is idle. LEVELS(FOLD, v) walks the levels: half, then low and high halves. */
/* clang-format off */
#if KERNEL_BYTES == 64
#define FOLD_LEVELS(LEVEL) \
    LEVEL(8, (0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23), \
        (8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 26, 27, 28, 29, 30, 31)) \
    LEVEL(4, (0, 1, 2, 3, 16, 17, 18, 19, 8, 9, 10, 11, 24, 25, 26, 27), \
        (4, 5, 6, 7, 20, 21, 22, 23, 12, 13, 14, 15, 28, 29, 30, 31)) \
    LEVEL(2, (0, 1, 16, 17, 4, 5, 20, 21, 8, 9, 24, 25, 12, 13, 28, 29), \
        (2, 3, 18, 19, 6, 7, 22, 23, 10, 11, 26, 27, 14, 15, 30, 31)) \
    LEVEL(1, (0, 16, 2, 18, 4, 20, 6, 22, 8, 24, 10, 26, 12, 28, 14, 30), \
        (1, 17, 3, 19, 5, 21, 7, 23, 9, 25, 11, 27, 13, 29, 15, 31))
#elif KERNEL_BYTES == 32
#define FOLD_LEVELS(LEVEL) \
    LEVEL(4, (0, 1, 2, 3, 8, 9, 10, 11), \
        (4, 5, 6, 7, 12, 13, 14, 15)) \
    LEVEL(2, (0, 1, 8, 9, 4, 5, 12, 13), \
        (2, 3, 10, 11, 6, 7, 14, 15)) \
    LEVEL(1, (0, 8, 2, 10, 4, 12, 6, 14), \
        (1, 9, 3, 11, 5, 13, 7, 15))
#else
#define FOLD_LEVELS(LEVEL) \
    LEVEL(2, (0, 1, 4, 5), \
        (2, 3, 6, 7)) \
    LEVEL(1, (0, 4, 2, 6), \
        (1, 5, 3, 7))
#endif
/* clang-format on */
#define FOLD_LIST(...) __VA_ARGS__

#define FOLD_FUNCTION(name, type, op)                                                                                  \
    ALWAYS_INLINE type name(type *v)                                                                                   \
    {                                                                                                                  \
        FOLD_LEVELS(FOLD_LEVEL_##op)                                                                                   \
        return v[0];                                                                                                   \
    }
#define FOLD_LEVEL_ADD(half, low, high) FOLD_LEVEL(half, low, high, FOLD_ADD)
#define FOLD_LEVEL_MAX(half, low, high) FOLD_LEVEL(half, low, high, vec_max)
#define FOLD_LEVEL_MIN(half, low, high) FOLD_LEVEL(half, low, high, ivec_min)
#define FOLD_ADD(a, b)                  ((a) + (b))
#define FOLD_LEVEL(half, low, high, op)                                                                                \
    UNROLL for (int i = 0; i < (half); i++) v[i] =                                                                     \
        op(VEC_ORDER(v[i], v[i + (half)], FOLD_LIST low), VEC_ORDER(v[i], v[i + (half)], FOLD_LIST high));

ALWAYS_INLINE ivec ivec_min(ivec a, ivec b)
{
    return ivec_pick(a < b, a, b);
}

FOLD_FUNCTION(vec_fold_sum, vec, ADD)
FOLD_FUNCTION(vec_fold_max, vec, MAX)
FOLD_FUNCTION(ivec_fold_min, ivec, MIN)

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

/* 1 / (1 + exp(-x)) within a few units of the last place. exp(t) = 2^n exp(r), r in +-ln(2)/2, by its Taylor
 * polynomial; beyond +-87 the result has long been 0 or 1. A NaN stays. */
ALWAYS_INLINE vec vec_sigmoid(vec x, vec *rest)
{
    const vec most = vec_of(87);
    vec t = vec_pick(x > most, -most, vec_pick(x < -most, most, -x));
    vec rounded = t * 1.44269504f + 12582912.0f; /* 1.5 * 2^23: the integer lands in the low bits */
    ivec n = (ivec)rounded - (ivec)vec_of(12582912.0f);
    vec whole = rounded - 12582912.0f;
    vec r = t - whole * 0.693359375f + whole * 2.12194440e-4f;
    vec e =
        ((((((r / 5040 + 1.0f / 720) * r + 1.0f / 120) * r + 1.0f / 24) * r + 1.0f / 6) * r + 0.5f) * r + 1) * r + 1;
    e = (vec)((ivec)e + (n << 23));
    vec s = 1 / (1 + e);
    *rest = e * s;
    return s;
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
