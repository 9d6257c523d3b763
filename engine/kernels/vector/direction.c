/* Random directions: Philox over vectors of counters, Box-Muller over vectors of its words. A direction belongs to one
 * thread. */
#include "engine/base/random.h"
#include "engine/kernels/vector/circle.h"
#include "engine/kernels/vector/fast.h"

typedef uint32_t uvec __attribute__((vector_size(KERNEL_BYTES)));
typedef uint64_t wide __attribute__((vector_size(KERNEL_BYTES)));

#define LOW_HALF 0xffffffffu

/* Words of a block a lane, as philox4x32 makes them. */
struct words {
    uvec word[4];
};

ALWAYS_INLINE uvec uvec_of(uint32_t x)
{
    return x - (uvec){ 0 };
}

/* Both halves of each lane's product with a word. */
ALWAYS_INLINE void multiply(uvec x, uint32_t by, uvec *high, uvec *low)
{
    wide even = ((wide)x & LOW_HALF) * by, odd = ((wide)x >> 32) * by;
    *low = (uvec)((even & LOW_HALF) | odd << 32);
    *high = (uvec)(even >> 32 | (odd & ~(uint64_t)LOW_HALF));
}

/* Philox4x32-10 (Salmon et al. 2011), a block a lane. */
ALWAYS_INLINE struct words philox(struct words c, uint32_t k0, uint32_t k1)
{
    UNROLL for (int round = 0; round < 10; round++)
    {
        uvec high0, low0, high2, low2;
        multiply(c.word[0], 0xD2511F53u, &high0, &low0);
        multiply(c.word[2], 0xCD9E8D57u, &high2, &low2);
        c = (struct words){ { high2 ^ c.word[1] ^ k0, low2, high0 ^ c.word[3] ^ k1, low0 } };
        k0 += 0x9E3779B9u;
        k1 += 0xBB67AE85u;
    }
    return c;
}

/* In (0, 1): 23 bits, and half a step beside 0. */
ALWAYS_INLINE vec uniform(uvec word)
{
    return (vec)(word >> 9 | 0x3f800000u) - 1 + 0x1p-24f;
}

/* 1 / sqrt(x): the usual first guess of half the exponent, and Newton's steps from it. x > 0. */
ALWAYS_INLINE vec inverse_root(vec x)
{
    vec y = (vec)(0x5f3759df - ((ivec)x >> 1));
    UNROLL for (int i = 0; i < 4; i++) y = y * (1.5f - 0.5f * x * y * y);
    return y;
}

/* -2 ln(u) for u in (0, 1): u = 2^e m with m in sqrt(1/2) .. sqrt(2), ln m = 2 artanh((m - 1) / (m + 1)). */
ALWAYS_INLINE vec minus_two_ln(vec u)
{
    ivec shifted = (ivec)u - 0x3f3504f3;
    ivec exponent = shifted >> 23;
    vec m = (vec)((shifted & 0x7fffff) + 0x3f3504f3);
    vec e = (vec)(exponent + (ivec)vec_of(VEC_ROUNDER)) - VEC_ROUNDER;
    vec s = (m - 1) / (m + 1), q = s * s;
    vec series = (((q * (2.0f / 9) + 2.0f / 7) * q + 2.0f / 5) * q + 2.0f / 3) * q * s + 2 * s;
    return -2 * (e * 0.693147181f + series);
}

/* Two standard normals of two words. */
ALWAYS_INLINE void box_muller(uvec length, uvec turn, vec *first, vec *second)
{
    vec squared = minus_two_ln(uniform(length)), radius = squared * inverse_root(squared), v = uniform(turn), s, c;
    vec rounded = v * 4 + VEC_ROUNDER, quarters = rounded - VEC_ROUNDER;
    vec_circle((v - quarters * 0.25f) * 6.28318531f, (ivec)rounded - (ivec)vec_of(VEC_ROUNDER), &s, &c);
    *first = radius * c;
    *second = radius * s;
}

/* The d normals of one direction: number e of block b stands at e * quarter + b. */
static void normals(const struct direction_draw *draw, int direction, float *out)
{
    int quarter = ceil_div(draw->d, 4);
    for (int b = 0; b < quarter; b += LANES) {
        vec normal[4];
        struct words w = { { (uvec)(ivec_lanes() + b), uvec_of((uint32_t)direction), uvec_of(draw->step),
                             uvec_of(RANDOM_DIRECTION) } };
        w = philox(w, (uint32_t)draw->seed, (uint32_t)(draw->seed >> 32));
        box_muller(w.word[0], w.word[1], &normal[0], &normal[1]);
        box_muller(w.word[2], w.word[3], &normal[2], &normal[3]);
        for (int e = 0; e < 4; e++) {
            int at = e * quarter + b, left = at_most(quarter - b, draw->d - at);
            if (left > 0) vec_put(out + at, normal[e], left);
        }
    }
}

void directions_fast(const struct kernel_run *run, const struct direction_draw *draw, float *out)
{
    int d = draw->d;
#pragma omp parallel for schedule(static) num_threads(run->threads)
    for (int i = 0; i < draw->count; i++) {
        float *row = out + (size_t)i * d;
        vec squares = { 0 };
        normals(draw, draw->first + i, row);
        for (int at = 0; at < d; at += LANES) {
            vec x = vec_part(row + at, d - at);
            squares += x * x;
        }
        vec scale = inverse_root(vec_of(vec_sum(squares)));
        for (int at = 0; at < d; at += LANES) vec_put(row + at, vec_part(row + at, d - at) * scale, d - at);
    }
}
