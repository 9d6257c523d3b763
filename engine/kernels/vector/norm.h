/* What the norm and the end of a stage share: sums of a block of rows, and how a row is normed. */
#ifndef MLVICX_VECTOR_NORM_H
#define MLVICX_VECTOR_NORM_H

#include "engine/kernels/vector/fast.h"

enum {
    NORM_BLOCK = 64,    /* rows summed in float before they are added to the rest in double */
    NORM_FEW_ROWS = 32, /* so many or fewer are left to the twin */
};

/* The one way to norm: forward and backward must find the same bits. */
ALWAYS_INLINE vec normed(vec x, vec pivot, vec factor, vec shift)
{
    return (x - pivot) * factor + shift;
}

/* In this order a NaN stays. */
ALWAYS_INLINE vec rectified(vec v)
{
    return vec_max((vec){ 0 }, v);
}

/* sums[l] += lanes of `count` vectors side by side. */
ALWAYS_INLINE void add_lanes(double *sums, const vec *v, const int count, int left)
{
    float lanes[4 * LANES];
    for (int i = 0; i < count; i++) vec_store(lanes + i * LANES, v[i]);
    if (left >= count * LANES) {
        for (int l = 0; l < count * LANES; l++) sums[l] += (double)lanes[l];
    } else {
        for (int l = 0; l < left; l++) sums[l] += (double)lanes[l];
    }
}

/* Sums of the gradient at hand: [groups][2][c] doubles a thread; from them slope, shift and factor of the last pass. */
struct norm_sums {
    int groups, c, threads;
    double *sums;  /* [threads, groups, 2, c] */
    size_t part;   /* doubles of a thread     */
    float *slope;  /* [groups, c]             */
    float *shift;  /* [groups, c]             */
    float *factor; /* [groups, c]             */
};

#define norm_sums_reals  SET_NAME(norm_sums_reals)
#define norm_sums_of     SET_NAME(norm_sums_of)
#define norm_sums_finish SET_NAME(norm_sums_finish)
#define norm_sums_apply  SET_NAME(norm_sums_apply)

size_t norm_sums_reals(int groups, int c, int threads);
/* scratch [norm_sums_reals], dealt out. */
struct norm_sums norm_sums_of(float *scratch, int groups, int c, int threads);
/* Over `rows` rows of each group, sums[0] = sum of g and sums[1] = sum of g (x - mean) give slope, shift and factor,
 * and the gradients dweight and dbias [c]. weight [c]; NULL: 1, and no gradients. scale [groups, c] of norm_saved. */
void norm_sums_finish(const struct norm_sums *t, double rows, const float *weight, const float *scale, float *dweight,
                      float *dbias);
/* dx = factor * g - (x - mean) * slope - shift over rows of group `group`: x, g, dx [rows, c], mean [groups, c]. dx may
 * be g. */
void norm_sums_apply(const struct norm_sums *t, int group, size_t rows, const float *x, const float *g,
                     const float *mean, float *dx);

#endif
