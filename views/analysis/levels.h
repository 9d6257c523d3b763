/* Diagnostics of the levels: what was recorded of the embeddings z, d and of the maps. */
#ifndef MLVICX_VIEWS_LEVELS_H
#define MLVICX_VIEWS_LEVELS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/base/err.h"
#include "engine/base/levels.h"
#include "engine/base/settings.h"
#include "store/database/store.h"

/** Levels that screens walk through: all but the features. */
enum { LEVELS_SHOWN = LEVEL_H };
/** The title of a level in a heading: "z (global)". An unknown name is returned unchanged. */
const char *levels_title(const char *level);
/** ERR_USAGE with the list of levels if there is none of that name. */
bool levels_check(const char *level, struct err *e);

/** Steps at which a level has a snapshot of the kind, rising; owned (free). */
bool levels_steps(struct store *s, int64_t run, const char *level, const char *kind, int64_t **steps, size_t *count,
                  struct err *e);
/** Index of the newest step at or before `step` (negative: of all); -1 when there is none. */
int levels_find(const int64_t *steps, size_t count, int64_t step);

enum levels_number {
    LEVELS_STD_MEAN,
    LEVELS_STD_MIN,
    LEVELS_DEAD,
    LEVELS_INACTIVE,
    LEVELS_CORR_ABS,
    LEVELS_CORR_MAX,
    LEVELS_CORR_FLOOR,
    LEVELS_CORR_RATIO,
    LEVELS_RANKME,
    LEVELS_RANKME_ISOTROPIC,
    LEVELS_RANKME_RATIO,
    LEVELS_PARTICIPATION,
    LEVELS_STABLE_RANK,
    LEVELS_ALPHA,
    LEVELS_ALPHA_R2,
    LEVELS_CONDITION,
    LEVELS_UNIFORMITY,
    LEVELS_NUMBERS
};
/** The metric behind LEVEL., such as "std_mean". */
extern const char *const levels_metrics[LEVELS_NUMBERS];

/** Which arrays are read: an or of these. */
enum { LEVELS_DEVIATION = 1, LEVELS_SPECTRUM = 2, LEVELS_CORRELATION = 4 };

/** One level at one step. Arrays are owned (levels_clear); NULL and 0 where not asked for or not kept. */
struct level_state {
    int64_t step;
    double number[LEVELS_NUMBERS]; /* recorded at exactly this step; NaN where there is none  */
    int dims;                      /* D; known with the deviation                             */
    float *deviation;              /* [dims]                                                  */
    int values;
    float *eigenvalues; /* [values], falling                                                  */
    int blocks;         /* side of the reduced correlation matrix                             */
    int block_size;     /* dimensions a block; the last one may have fewer                    */
    float *planes;      /* [4, blocks, blocks]: mean |r|, largest |r|, the two dimensions of it */
    int pairs;
    float *pair; /* [pairs, 3]: dimension, dimension, r; strongest first                      */
};
/** Reads the level at exactly `step`. Arrays that are not there stay empty; a damaged one is an error. */
bool levels_read(struct store *s, int64_t run, const char *level, int64_t step, unsigned parts, struct level_state *out,
                 struct err *e);
void levels_clear(struct level_state *v);

/** The number of images of the probe set, derived from the recorded floor of |r|; 0 if unknown. */
int levels_images(const struct level_state *v);

/** An eigenvalue of at most this share of the largest is a rounding error: zero. */
static const double levels_rounding = 1e-10;

/** Fill out[values] with the eigenvalues, falling, that an isotropic Gaussian of `images` points in `dims` dimensions
 *  and of total variance `trace` has on average: quantiles of the law of Marchenko and Pastur (1967). */
void levels_isotropic(int images, int dims, double trace, int values, double *out);

#endif
