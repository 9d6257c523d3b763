/* What the passes of a linear map share: panels, register tiles, transposition.
 *
 * A tile adds `rows` x `vecs` sums over a depth: scalars of a band (rows of PITCH reals, depth contiguous) against
 * a panel [depth][vecs of lanes]. Matrices whose rows are powers of two apart would meet in few sets of the caches,
 * so both sides are copied: bands with an odd pitch, panels whole. */
#ifndef MLVICX_VECTOR_LINEAR_H
#define MLVICX_VECTOR_LINEAR_H

#include <stdint.h>

#include "engine/kernels/vector/fast.h"

/* Forward tiles outputs x images: weights are scalars, since they stand along the depth in memory. The other passes
 * tile images or outputs x inputs. */
#if KERNEL_BYTES == 64 || defined(__aarch64__)
enum { FORWARD_ROWS = 12, FORWARD_VECS = 2, BACKWARD_ROWS = 4, BACKWARD_VECS = 6 };
#else
enum { FORWARD_ROWS = 6, FORWARD_VECS = 2, BACKWARD_ROWS = 4, BACKWARD_VECS = 3 };
#endif

enum {
    FORWARD_PANEL = FORWARD_VECS * LANES,
    BACKWARD_PANEL = BACKWARD_VECS * LANES,
    PITCH_MORE = 16, /* reals between the depth of a band and its pitch */
    LINE = 16,       /* reals of a line of cache */
    VECS_MOST = 6,
};

/* A block of memory that is asked for line by line while something else is computed: so many questions at once as the
 * processor can keep open would hold up the tile. `streams` blocks lie `apart` bytes from the first. */
struct ahead {
    const float *at; /* [left rows of `stride`]: next line, borrowed */
    size_t stride;   /* reals between rows       */
    int lines;       /* of a row                 */
    int line;        /* of this row, asked       */
    int left;        /* rows still to be asked   */
    uintptr_t apart[2];
};

/* `rows` may be 0 or less: nothing is there, and block is not looked at. */
ALWAYS_INLINE struct ahead ahead_of(const float *block, size_t stride, int rows, int reals)
{
    return (struct ahead){ .at = block, .stride = stride, .lines = ceil_div(reals, LINE), .left = rows > 0 ? rows : 0 };
}

ALWAYS_INLINE void ahead_ask(struct ahead *a, const int streams)
{
    if (!a->left) return;
    __builtin_prefetch(a->at, 0, 3);
    UNROLL for (int i = 0; i + 1 < streams; i++)
        __builtin_prefetch((const void *)((uintptr_t)a->at + a->apart[i]), 0, 3);
    a->at += LINE;
    if (++a->line < a->lines) return;
    a->at += a->stride - (size_t)a->lines * LINE;
    a->line = 0;
    a->left--;
}

/* A register tile of a linear map. Borrowed. */
struct linear_tile {
    int rows, vecs; /* of the sums: constants, so that they stay in registers */
    int depth;
    const float *band;  /* [rows, pitch]: scalars along the depth */
    int pitch;          /* a constant too                         */
    const float *panel; /* [depth, vecs * LANES]                  */
};

/* acc[rows][vecs] += sum over k of band[r, k] * panel[k, v]. At each depth the tile asks for one line of what comes
 * next, in each of `streams` blocks. */
ALWAYS_INLINE void tile_add(const struct linear_tile t, const int streams, struct ahead *next, vec acc[][VECS_MOST])
{
    const int rows = t.rows, vecs = t.vecs, pitch = t.pitch, depth = t.depth;
    const float *a = t.band, *b = t.panel;
    struct ahead ahead = *next;
    for (int k = 0; k < depth; k++) {
        vec right[VECS_MOST];
        UNROLL for (int v = 0; v < vecs; v++) right[v] = vec_load(b + (size_t)k * vecs * LANES + v * LANES);
        UNROLL for (int r = 0; r < rows; r++)
        {
            vec left = vec_of(a[r * pitch + k]);
            UNROLL for (int v = 0; v < vecs; v++) acc[r][v] += left * right[v];
        }
        ahead_ask(&ahead, streams);
    }
    *next = ahead;
}

static inline int round_up(int n, int unit)
{
    return ceil_div(n, unit) * unit;
}

/* Part `part` of `parts` of n things, in whole units. */
static inline int share_units(int n, int unit, int part, int parts)
{
    return at_most(n, (int)share((size_t)ceil_div(n, unit), part, parts) * unit);
}

#define linear_transpose       SET_NAME(linear_transpose)
#define linear_panels          SET_NAME(linear_panels)
#define linear_weights_scratch SET_NAME(linear_weights_scratch)

/* ---- linear_pack.c ---- */

/** A matrix to be transposed, and what is added on the way. Borrowed. */
struct transposition {
    int rows, columns; /* of `from` */
    const float *from; /* [rows, from_pitch]           */
    size_t from_pitch;
    float *to; /* [columns, to_pitch]: filled  */
    size_t to_pitch;
    const float *bias; /* [rows], added; NULL: none    */
    bool add;          /* to what is there             */
};

/** to = (or +=) from transposed, plus bias. */
void linear_transpose(const struct transposition *t);

/** Columns from..to-1 of x [rows, columns] as panels [panel][rows][BACKWARD_PANEL]; what is missing is 0. */
void linear_panels(int rows, int columns, const float *x, size_t pitch, int first_panel, int end_panel, float *panels);

/* ---- linear_weights.c ---- */

/** Scratch of the gradient of weights, and of its norm where that is wanted. */
size_t linear_weights_scratch(const struct linear_shape *s, bool normed);

#endif
