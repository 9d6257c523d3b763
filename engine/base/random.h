/* Counter-based random numbers: Philox4x32-10 (Salmon, Moraes, Dror, Shaw, SC 2011).
 *
 * A draw is a pure function of (seed, epoch, image, view, operation, index): no state travels, so any number of
 * threads draws the same numbers, and a resumed run continues with the same ones. */
#ifndef MLVICX_BASE_RANDOM_H
#define MLVICX_BASE_RANDOM_H

#include <stdint.h>

/** One block of Philox4x32-10: counter[4], key[2] -> out[4]. Agrees with the published test vectors. */
void philox4x32(const uint32_t counter[4], const uint32_t key[2], uint32_t out[4]);

/** A stream of draws: values, copied freely. Different (a, b, c) give independent streams of one seed. */
struct random {
    uint32_t key[2], counter[4], block[4];
    unsigned left; /* words of `block` not handed out yet */
};

/** Start the stream named by (seed, a, b, c); 32 bits of `c` distinguish purposes (see enum random_use). */
struct random random_stream(uint64_t seed, uint32_t a, uint32_t b, uint32_t c);

uint32_t random_u32(struct random *r);
/** Uniform in [0, 1), 24 bits. */
float random_uniform(struct random *r);
/** Uniform in [0, 1), 53 bits. */
double random_uniform64(struct random *r);
/** Uniform integer in [0, n), n >= 1, without bias. */
uint32_t random_below(struct random *r, uint32_t n);
/** Standard normal (Box-Muller, one value a call from two draws). */
double random_normal(struct random *r);

/** Keyed permutation of 0..n-1 into `out` (Fisher-Yates on the stream): the order of images of an epoch. */
void random_permutation(struct random *r, uint32_t n, uint32_t *out);

/** What a stream is for, so that no two uses share draws. */
enum random_use {
    RANDOM_ORDER = 1, /* a = epoch                                  */
    RANDOM_AUGMENT,   /* a = epoch, b = image; use + 16 * view      */
    RANDOM_INIT,      /* a = tensor                                 */
    RANDOM_SPLIT,     /* a = 0                                      */
    RANDOM_FRACTION,  /* a = draw                                   */
    RANDOM_PHANTOM,   /* a = patient, b = study                     */
    RANDOM_DIAGNOSE,  /* a = 0                                      */
    RANDOM_DIRECTION, /* a = direction, b = step                    */
    RANDOM_BOOTSTRAP, /* a = round                                  */
};

#endif
