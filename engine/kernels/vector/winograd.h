/* Winograd's minimal filtering for 3x3 convolutions of stride 1 and padding 1.
 *
 * One axis: y = A^T [(G g) . (B^T d)], both axes alike. Points of evaluation, in this order: 0, a, -a, infinity, b, -b
 * with a = 5/8 and b = 3/2, which halve the error of 1 and 2 at the same cost. A tile of 2 outputs uses the first four
 * points, of 3 five, of 4 all six. G is always that of 4 outputs and what differs in norm is in B^T, so that tiles of
 * different sizes share one set of transformed weights: 14 pixels are cut 4+4+3+3. A tile without a point has no
 * row in the product of that point. Maps of 2x2 have a scheme of their own (kind 1): a 2x2 Toeplitz product needs 3
 * multiplications an axis.
 *
 * The product at a point: forward M[tile][k] = V[tile][c] U[c][k]; data the same on dy with weights turned round and
 * transposed; weights dU[c][k] = sum over tiles of V[tile][c] D[tile][k], D = A dy A^T, dw = G^T dU G. */
#ifndef MLVICX_VECTOR_WINOGRAD_H
#define MLVICX_VECTOR_WINOGRAD_H

#include "engine/kernels/vector/conv.h"
#include "engine/kernels/vector/panel.h"

enum {
    WINOGRAD_AXIS = 6, /* most points of an axis */
    WINOGRAD_POINTS = WINOGRAD_AXIS * WINOGRAD_AXIS,
    WINOGRAD_POINT_GROUPS = 9, /* points by which tiles have them: 0..3 all, 4 those of 3 and 4 outputs, 5 those of 4 */
};

/** One tile of an image: where it lies, its kind on either axis, and how many tiles before it have which points. */
struct winograd_tile {
    int y, x, ky, kx;
    int before[WINOGRAD_POINT_GROUPS];
};

/** How each image is cut. */
struct winograd {
    int h, w;
    int axis;                       /* points of an axis that any tile uses */
    int tiles_of;                   /* tiles of an image                    */
    int tiles;                      /* of all images                        */
    bool measured;                  /* no list of tiles                     */
    struct winograd_tile *tile;     /* [tiles_of], owned */
    int all[WINOGRAD_POINT_GROUPS]; /* tiles of an image that have which points */
};

/** What moves between a map [n, h, w, pixel] and points [axis * axis][stride]: rows of `row` reals. */
struct winograd_move {
    const struct winograd *g;
    int first;      /* tile whose rows come first */
    float *map;     /* [n, h, w, pixel]: read, or written */
    int pixel;      /* reals of a pixel           */
    int channels;   /* of it that move            */
    float *outside; /* [channels]: zeros, or a place that no one reads */
    float *points;  /* [axis * axis][stride]: written, or read */
    size_t stride;
    int row;
    bool add;    /* to the map                                      */
    bool stream; /* past the caches: whole vectors of channels only */
};

#define winograd_create           SET_NAME(winograd_create)
#define winograd_destroy          SET_NAME(winograd_destroy)
#define winograd_rows             SET_NAME(winograd_rows)
#define winograd_input            SET_NAME(winograd_input)
#define winograd_gradient         SET_NAME(winograd_gradient)
#define winograd_output           SET_NAME(winograd_output)
#define winograd_weights          SET_NAME(winograd_weights)
#define winograd_weights_gradient SET_NAME(winograd_weights_gradient)

/** `measured`: without the list of tiles, which `tile` then has no more than one of. NULL when memory ran out. */
struct winograd *winograd_create(int images, int h, int w, bool measured);
void winograd_destroy(struct winograd *g); /* NULL is fine */

/** Group of the points (i, j). */
static inline int winograd_point_group(int i, int j)
{
    return 3 * (i < 4 ? 0 : i - 3) + (j < 4 ? 0 : j - 3);
}

/** Tiles before tile t, counted over images, that have the points of a group. */
static inline int winograd_before(const struct winograd *g, int t, int group)
{
    return t / g->tiles_of * g->all[group] + (t % g->tiles_of ? g->tile[t % g->tiles_of].before[group] : 0);
}

/** Tile t: pixels to points (B^T d B), gradient to points (A dy A^T), points to pixels (A^T m A). */
void winograd_input(const struct winograd_move *m, int t);
void winograd_gradient(const struct winograd_move *m, int t);
void winograd_output(const struct winograd_move *m, int t);

/** The weights of a direction. Borrowed. */
struct winograd_taps {
    const float *w; /* [9, in, out]; turned: [9, out, in], and each 3x3 turned by half a circle */
    int in, out;
    bool turned;
};

/** One panel of transformed weights. */
struct winograd_panel {
    int axis;      /* points of an axis                                                     */
    int index;     /* which panel of outputs                                                */
    float *u;      /* [axis * axis][stride], of which [in, lanes of the panel]: filled      */
    size_t stride; /* reals from point to point                                             */
};

/** Weights to points (G g G^T) for input channels [from, end) of one panel; `from` is a multiple of LANES. */
void winograd_weights(const struct winograd_taps *taps, const struct winograd_panel *panel, int from, int end);

/** The gradient at points of a block of weights, in one or several copies that are to be summed. Borrowed. */
struct winograd_sums_at_points {
    int axis;
    const float *du; /* [axis * axis][stride], of which [rows, row] */
    size_t stride;
    int row;
    int copies;  /* one of each thread, summed in their order */
    size_t copy; /* reals from copy to copy                   */
};

/** A block of the gradient of weights dw [9, in, out]. */
struct winograd_block {
    float *dw;  /* its first channels: input c, output k */
    size_t tap; /* in * out, reals from tap to tap       */
    int out;    /* reals from input to input             */
    int rows;   /* input channels of the block           */
    int lanes;  /* output channels of the block          */
    bool add;   /* to what is there                      */
};

/** dw = (or +=) G^T du G. */
void winograd_weights_gradient(const struct winograd_sums_at_points *from, const struct winograd_block *to);

/* Variants: see winograd.c. */
#define winograd_fits           SET_NAME(winograd_fits)
#define winograd_blocks_scratch SET_NAME(winograd_blocks_scratch)
#define winograd_blocks         SET_NAME(winograd_blocks)
#define winograd_slabs_scratch  SET_NAME(winograd_slabs_scratch)
#define winograd_slabs          SET_NAME(winograd_slabs)
#define winograd_sums_scratch   SET_NAME(winograd_sums_scratch)
#define winograd_sums           SET_NAME(winograd_sums)
#define winograd_pieces_scratch SET_NAME(winograd_pieces_scratch)
#define winograd_pieces         SET_NAME(winograd_pieces)

bool winograd_fits(const struct conv_plan *p);
size_t winograd_blocks_scratch(const struct conv_plan *p, const struct conv_variant *v);
void winograd_blocks(const struct conv_call *call, const struct conv_variant *v);
size_t winograd_slabs_scratch(const struct conv_plan *p, const struct conv_variant *v);
void winograd_slabs(const struct conv_call *call, const struct conv_variant *v);
size_t winograd_sums_scratch(const struct conv_plan *p, const struct conv_variant *v);
void winograd_sums(const struct conv_call *call, const struct conv_variant *v);
size_t winograd_pieces_scratch(const struct conv_plan *p, const struct conv_variant *v);
void winograd_pieces(const struct conv_call *call, const struct conv_variant *v);

#endif
