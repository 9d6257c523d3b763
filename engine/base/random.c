#include "engine/base/random.h"

#include <math.h>

void philox4x32(const uint32_t counter[4], const uint32_t key[2], uint32_t out[4])
{
    uint32_t c0 = counter[0], c1 = counter[1], c2 = counter[2], c3 = counter[3], k0 = key[0], k1 = key[1];
    for (int round = 0; round < 10; round++) {
        uint64_t p0 = (uint64_t)0xD2511F53u * c0, p1 = (uint64_t)0xCD9E8D57u * c2;
        uint32_t n0 = (uint32_t)(p1 >> 32) ^ c1 ^ k0, n2 = (uint32_t)(p0 >> 32) ^ c3 ^ k1;
        c1 = (uint32_t)p1;
        c3 = (uint32_t)p0;
        c0 = n0;
        c2 = n2;
        k0 += 0x9E3779B9u;
        k1 += 0xBB67AE85u;
    }
    out[0] = c0;
    out[1] = c1;
    out[2] = c2;
    out[3] = c3;
}

struct random random_stream(uint64_t seed, uint32_t a, uint32_t b, uint32_t c)
{
    return (struct random){ .key = { (uint32_t)seed, (uint32_t)(seed >> 32) }, .counter = { 0, a, b, c } };
}

uint32_t random_u32(struct random *r)
{
    if (!r->left) {
        philox4x32(r->counter, r->key, r->block);
        r->counter[0]++;
        r->left = 4;
    }
    return r->block[4 - r->left--];
}

float random_uniform(struct random *r)
{
    return (float)(random_u32(r) >> 8) * 0x1p-24f;
}

double random_uniform64(struct random *r)
{
    uint64_t high = random_u32(r) >> 5, low = random_u32(r) >> 6; /* 27 + 26 bits */
    return (double)(high << 26 | low) * 0x1p-53;
}

uint32_t random_below(struct random *r, uint32_t n)
{
    uint32_t reject = (uint32_t)(0x100000000u % n); /* the first 2^32 mod n words would favour small values */
    for (;;) {
        uint32_t x = random_u32(r);
        if (x >= reject) return x % n;
    }
}

double random_normal(struct random *r)
{
    double u = 1.0 - random_uniform64(r), v = random_uniform64(r);
    return sqrt(-2.0 * log(u)) * cos(2.0 * 3.14159265358979323846 * v);
}

void random_permutation(struct random *r, uint32_t n, uint32_t *out)
{
    for (uint32_t i = 0; i < n; i++) out[i] = i;
    for (uint32_t i = n; i > 1; i--) {
        uint32_t j = random_below(r, i), t = out[j];
        out[j] = out[i - 1];
        out[i - 1] = t;
    }
}
