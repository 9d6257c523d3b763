/* Is a level of the network collapsing? Every number of one set of vectors, taken at an interval.
 *
 * A level is a float matrix x [n, d]: n images of the fixed probe set in evaluation mode, d dimensions. Deviations and
 * correlations look at columns, the spectrum at the whole matrix, uniformity at pairs of rows. A set of n points has at
 * most rank n-1, and even an isotropic Gaussian falls short of that, so a rank comes with its ceiling and with the
 * value of such a Gaussian, and a mean |r| with its floor. Work is done in double on the smaller of the two Gram
 * matrices; big matrices are passed in panels, so memory stays small. Same input and thread count: same bits. */
#ifndef MLVICX_DIAGNOSE_DIAGNOSE_H
#define MLVICX_DIAGNOSE_DIAGNOSE_H

#include <stdbool.h>
#include <stddef.h>

#include "engine/base/err.h"

enum { DIAGNOSE_BLOCKS = 128, DIAGNOSE_PAIRS = 100, DIAGNOSE_CACHE = 16 };

/** One entry of the correlation matrix, i < j. */
struct diagnose_pair {
    int i, j;
    float r;
};

/** One block of the reduced correlation matrix: mean and largest |r| of its pairs, and the pair of the largest. Pairs
 * of a dimension with itself do not count; a block of nothing else has 0, 0 and i = j. Four floats, so that an array of
 *  blocks is stored as it is: dimensions are small whole numbers. */
struct diagnose_block {
    float mean, largest, i, j;
};

/** RankMe of isotropic Gaussians by (n, d), so that each is drawn once. Zero-initialise. */
struct diagnose_cache {
    int count;
    struct {
        int n, d;
        double rankme;
    } rows[DIAGNOSE_CACHE];
};

/** What one level shows. Numbers are NaN where the input is not finite or where they are undefined (n < 3, d < 2 and
 *  the like). Arrays are owned; diagnose_clear frees them. */
struct diagnose {
    int n, d;
    bool finite;               /* false: x holds NaN or infinity, and every number below is NaN             */
    double std_mean, std_min;  /* of the deviations                                                     */
    bool held;                 /* a loss keeps the deviations at a known scale (z, d); else they are of any scale */
    double dead, inactive;     /* share of dimensions that diagnose_dead counts, and with deviation > 1 (held) */
    double corr_abs, corr_max; /* mean and largest |r| off the diagonal; r is 0 where a dimension is constant */
    double corr_floor;         /* sqrt(2 / (pi n)): mean |r| of independent dimensions                  */
    double corr_ratio;         /* corr_abs / corr_floor                                                 */
    double rankme, rankme_ceiling, rankme_isotropic, rankme_ratio; /* ratio: to the isotropic value      */
    double participation, stable_rank;
    double alpha, alpha_r2; /* decay of the spectrum, j = 5..min(n,d)/2, and how straight the line is */
    double condition;       /* largest over smallest eigenvalue of the min(n-1,d) that can be non-zero */
    double uniformity;      /* log mean exp(-2 |x-y|^2), rows centred and of unit length, x != y: -4 (spread) .. 0 */
    double cosine;          /* mean cosine of the centred rows, x != y                               */
    float *deviation;       /* [d] square root of the unbiased variance; 0 where it is no more than rounding */
    int values;             /* min(n, d)                                                             */
    float *eigenvalues;     /* [values] of the covariance (n-1), descending, never negative          */
    float *singular;        /* [values] of the centred matrix, descending                            */
    int blocks;             /* side of the reduced correlation matrix, at most DIAGNOSE_BLOCKS       */
    int block_size;         /* dimensions a block (the last one may have fewer)                      */
    struct diagnose_block *correlation; /* [blocks, blocks], symmetric                                   */
    int pairs;                          /* at most DIAGNOSE_PAIRS                                                */
    struct diagnose_pair pair[DIAGNOSE_PAIRS]; /* strongest |r| first                                    */
};

/** How many of deviation [d] say nothing: below 0.1 where a loss holds their scale (`held`: z, d). A level of any scale
 * (maps, h) is judged by itself: below a thousandth of the root mean square of its own deviations, or 0. What is not
 * finite does not count. */
int diagnose_dead(const float *deviation, int d, bool held);

/** One level to be looked at. */
struct diagnose_input {
    const float *x; /* [n, d], borrowed                                       */
    int n, d;       /* n >= 2, d >= 1                                         */
    bool held;      /* a loss keeps its deviations at a known scale: z, d     */
};

/** Fill `out` (overwritten, not freed first) with the numbers of a level. `cache` keeps the isotropic reference; NULL
 * computes it anew. False when memory ran out or the eigenvalues did not converge; `out` is cleared then. Cost:
 * n d min(n,d) + n d^2 + n^2 d multiplications. */
bool diagnose_level(const struct diagnose_input *in, struct diagnose_cache *cache, struct diagnose *out, struct err *e);

/** Free the arrays. Fine on a zeroed struct. */
void diagnose_clear(struct diagnose *g);

/** RankMe of an isotropic Gaussian of n points in d dimensions, from one seeded draw; 62 for 64 x 512. */
bool diagnose_isotropic(int n, int d, double *rankme, struct err *e);

/** Debiased linear CKA of two levels of the same n >= 4 rows (Nguyen, Raghu, Kornblith 2021): 1 when they agree up to
 *  rotation and scale, about 0 when they share nothing. NaN for non-finite or constant input. x [n, dx], y [n, dy]. */
bool diagnose_cka(const float *x, int dx, const float *y, int dy, int n, double *cka, struct err *e);

/** The same for each of `levels` levels with each: x[l] [n, d[l]]; cka [levels, levels], filled, symmetric. */
bool diagnose_cka_levels(const float *const *x, const int *d, int levels, int n, double *cka, struct err *e);

/** A number of struct diagnose by name, for what records or shows all of them. */
struct diagnose_number {
    const char *name; /* of the member; recorded as LEVEL.NAME */
    const char *unit; /* "" or "dimensions"                    */
    const char *help;
    size_t offset; /* of the member: see diagnose_value     */
    bool of_size;  /* follows from n and d alone: known where x is not finite too */
};

/** All of them, in order; borrowed, static. */
const struct diagnose_number *diagnose_numbers(int *count);
double diagnose_value(const struct diagnose *g, const struct diagnose_number *number);

#endif
