/* What both ways through the end of a stage share: where the activated map of an image comes from, and scratch.
 *
 * An image at a time, so that what one pass over its map leaves in cache the next one finds. The activated map is not
 * kept: forward lays it down where the result will be, or, before a max-pool, finds it anew from x in each pass. */
#ifndef MLVICX_VECTOR_STAGE_H
#define MLVICX_VECTOR_STAGE_H

#include "engine/kernels/vector/gate.h"
#include "engine/kernels/vector/norm.h"

enum {
    MAP_VECS = KERNEL_BYTES == 64 ? 4 : 2,   /* vectors of channels that walk over pixels together, without spills */
    MAP_PIXELS = KERNEL_BYTES == 64 ? 4 : 2, /* pixels that walk over channels together                           */
    BACK_VECS = 2,                           /* the same on the way back, where more is in registers           */
    MAP_BLOCK = 64,                          /* positions summed in float before they are added to the rest       */
};

/* The activated map of one image: already there, or relu(normed x). */
struct stage_map {
    const float *activated; /* [h, w, c]; NULL: found anew from x                        */
    const float *x;         /* [h, w, c]                                                 */
    const float *k;         /* pivot, factor, shift of its group: [c] each, `all` apart  */
    size_t all;
};

/* Its coefficients for one vector of channels. */
struct stage_norm {
    vec pivot, factor, shift;
};

ALWAYS_INLINE struct stage_norm stage_norm_at(const bool there, const bool whole, const struct stage_map *m, int at,
                                              int left)
{
    struct stage_norm n = { { 0 }, { 0 }, { 0 } };
    if (there) return n;
    n.pivot = vec_read(whole, m->k + at, left);
    n.factor = vec_read(whole, m->k + m->all + at, left);
    n.shift = vec_read(whole, m->k + 2 * m->all + at, left);
    return n;
}

ALWAYS_INLINE vec stage_value(const bool there, const bool whole, const struct stage_map *m, const struct stage_norm *n,
                              size_t here, int left)
{
    if (there) return vec_read(whole, m->activated + here, left);
    return rectified(normed(vec_read(whole, m->x + here, left), n->pivot, n->factor, n->shift));
}

/* Scratch of one thread. */
struct stage_scratch {
    struct norm_sums sums; /* of all threads */
    struct gate_scratch gate;
    float *rows;  /* [4, w + 2, c]: bordered, for the max-pool */
    float *cells; /* [cells, c]     */
    float *map;   /* [h, w, c]; none with a max-pool */
};

#define stage_scratch_of SET_NAME(stage_scratch_of)

/* The scratch of thread `part` in base [the reals returned]. Returns the reals of all threads. */
size_t stage_scratch_of(const struct stage_shape *s, float *base, int part, int threads, struct stage_scratch *t);

static inline struct gate_shape stage_gate_shape(const struct stage_shape *s)
{
    return (struct gate_shape){ s->n, s->h, s->w, s->c, s->hidden };
}

/* So few rows a group that the twin's double matters. */
static inline bool stage_is_small(const struct stage_shape *s)
{
    return s->n / s->groups * s->h * s->w <= NORM_FEW_ROWS;
}

/* Where a row of a banded operator begins and ends to be other than 0. */
static inline void stage_band(const float *row, int n, int *from, int *end)
{
    for (*from = 0; *from < n && row[*from] == 0;) ++*from;
    for (*end = n; *end > *from && row[*end - 1] == 0;) --*end;
}

#endif
