/* Cutting images into tiles, and the transforms of one tile: pixels to points and back. */
#include "engine/kernels/vector/winograd_axis.h"

#include <stdlib.h>

/* ---- cutting ------------------------------------------------------------------------------------------- */

/* Outputs of the next tile where n pixels are left: 4 where 7 or more are. No tile has less than 2 outputs, and a tile
 * of k has k + 2 points, so 5 = 3 + 2 costs less than 4 + 1. */
static int next_kind(int n)
{
    static const int kinds[] = { 0, 2, 2, 3, 4, 3, 3 };
    return n < 7 ? kinds[n] : 4;
}

static int count_tiles(int n)
{
    int count = 0;
    for (; n > 0; n -= next_kind(n)) count++;
    return count;
}

/* Whether a tile of these kinds has the points of a group: see winograd_point_group. */
static bool has_points(int group, int ky, int kx)
{
    return group / 3 <= (ky > 2 ? ky - 2 : 0) && group % 3 <= (kx > 2 ? kx - 2 : 0);
}

static void add_tile(struct winograd *g, int y, int x, int ky, int kx)
{
    struct winograd_tile *t = &g->tile[g->measured ? 0 : g->tiles_of];
    g->tiles_of++;
    *t = (struct winograd_tile){ .y = y, .x = x, .ky = ky, .kx = kx };
    memcpy(t->before, g->all, sizeof t->before);
    for (int l = 0; l < WINOGRAD_POINT_GROUPS; l++) g->all[l] += has_points(l, ky, kx);
    if (AXIS_POINTS(ky) > g->axis) g->axis = AXIS_POINTS(ky);
    if (AXIS_POINTS(kx) > g->axis) g->axis = AXIS_POINTS(kx);
}

struct winograd *winograd_create(int images, int h, int w, bool measured)
{
    struct winograd *g = calloc(1, sizeof *g);
    if (!g) return NULL;
    g->h = h;
    g->w = w;
    g->measured = measured;
    g->tile = calloc(measured ? 1 : (size_t)count_tiles(h) * (size_t)count_tiles(w), sizeof *g->tile);
    if (!g->tile) {
        free(g);
        return NULL;
    }
    if (h == 2 && w == 2) {
        add_tile(g, 0, 0, 1, 1);
    } else {
        for (int y = 0; y < h; y += next_kind(h - y)) {
            for (int x = 0; x < w; x += next_kind(w - x)) add_tile(g, y, x, next_kind(h - y), next_kind(w - x));
        }
    }
    g->tiles = images * g->tiles_of;
    return g;
}

void winograd_destroy(struct winograd *g)
{
    if (!g) return;
    free(g->tile);
    free(g);
}

/* ---- one tile ------------------------------------------------------------------------------------------ */

enum tile_op { OP_INPUT, OP_GRADIENT, OP_OUTPUT, OP_ADD, OP_STREAM };

#define TO_PIXELS(op) ((op) >= OP_OUTPUT)

ALWAYS_INLINE void along_axis(const enum tile_op op, const int kind, const vec *d, vec *o)
{
    if (op == OP_INPUT) {
        axis_input(kind, d, o);
    } else if (op == OP_GRADIENT) {
        axis_gradient(kind, d, o);
    } else {
        axis_output(kind, d, o);
    }
}

/* Both axes for whole vectors of channels: columns first, then rows of what they became, all of it in registers. from[]
 * and to[] point to the first channel of pixel or point (row, column) at 6 * row + column; `channels` follow each. */
ALWAYS_INLINE void both_axes(const enum tile_op op, const int ky, const int kx, int channels, float *const *from,
                             float *const *to)
{
    const int rows = op == OP_INPUT ? AXIS_INPUTS(ky) : op == OP_GRADIENT ? AXIS_OUTPUTS(ky) : AXIS_POINTS(ky);
    const int columns = op == OP_INPUT ? AXIS_INPUTS(kx) : op == OP_GRADIENT ? AXIS_OUTPUTS(kx) : AXIS_POINTS(kx);
    const int rows_out = TO_PIXELS(op) ? AXIS_OUTPUTS(ky) : AXIS_POINTS(ky);
    const int columns_out = TO_PIXELS(op) ? AXIS_OUTPUTS(kx) : AXIS_POINTS(kx);
    for (int c = 0; c < channels; c += LANES) {
        vec half[WINOGRAD_AXIS][WINOGRAD_AXIS], in[WINOGRAD_AXIS], out[WINOGRAD_AXIS];
        UNROLL for (int j = 0; j < columns; j++)
        {
            UNROLL for (int i = 0; i < rows; i++) in[i] = vec_load(from[WINOGRAD_AXIS * i + j] + c);
            along_axis(op, ky, in, out);
            UNROLL for (int i = 0; i < rows_out; i++) half[i][j] = out[i];
        }
        UNROLL for (int i = 0; i < rows_out; i++)
        {
            along_axis(op, kx, half[i], out);
            UNROLL for (int j = 0; j < columns_out; j++)
            {
                float *place = to[WINOGRAD_AXIS * i + j] + c;
                if (op == OP_STREAM) {
                    vec_stream(place, out[j]);
                } else {
                    vec_store(place, op == OP_ADD ? vec_load(place) + out[j] : out[j]);
                }
            }
        }
    }
}

/* Where the pixels of a tile lie, its border of one pixel included for the input. */
ALWAYS_INLINE void find_pixels(const enum tile_op op, const int ky, const int kx, const struct winograd_move *m,
                               const struct winograd_tile *tile, int image, float **pixels)
{
    const int border_y = op == OP_INPUT && ky > 1, border_x = op == OP_INPUT && kx > 1;
    const int rows = op == OP_INPUT ? AXIS_INPUTS(ky) : AXIS_OUTPUTS(ky);
    const int columns = op == OP_INPUT ? AXIS_INPUTS(kx) : AXIS_OUTPUTS(kx);
    const struct winograd *g = m->g;
    int y = tile->y - border_y, x = tile->x - border_x;
    float *base = m->map + (size_t)image * (size_t)(g->h * g->w) * (size_t)m->pixel;
    ptrdiff_t wide = (ptrdiff_t)g->w * m->pixel;
    for (int i = 0; i < rows; i++) {
        for (int j = 0; j < columns; j++) {
            bool inside = y + i >= 0 && y + i < g->h && x + j >= 0 && x + j < g->w;
            pixels[WINOGRAD_AXIS * i + j] = inside ? base + (y + i) * wide + (ptrdiff_t)(x + j) * m->pixel : m->outside;
        }
    }
}

/* Where the points of a tile lie: points [axis * axis][stride], of which a row for each tile that has the point. Tiles
 * without it take no row, so a tile's row is the number of tiles before it that have the point. */
ALWAYS_INLINE void find_points(const int ky, const int kx, const struct winograd_move *m,
                               const struct winograd_tile *tile, int image, float **points)
{
    const struct winograd *g = m->g;
    const struct winograd_tile *first = &g->tile[m->first % g->tiles_of];
    int images = image - m->first / g->tiles_of;
    float *row[WINOGRAD_POINT_GROUPS];
    for (int l = 0; l < WINOGRAD_POINT_GROUPS; l++) {
        row[l] = m->points + (ptrdiff_t)(images * g->all[l] + tile->before[l] - first->before[l]) * m->row;
    }
    const int rows = AXIS_POINTS(ky), columns = AXIS_POINTS(kx);
    UNROLL for (int i = 0; i < rows; i++)
    {
        UNROLL for (int j = 0; j < columns; j++)
        {
            points[WINOGRAD_AXIS * i + j] = row[winograd_point_group(i, j)] + (size_t)(i * g->axis + j) * m->stride;
        }
    }
}

/* What a tile needs of its kind: sizes, and both axes. */
struct tile_kind {
    int rows, columns;  /* of pixels */
    int axis_y, axis_x; /* points */
    void (*transform)(int channels, float *const *from, float *const *to);
};

/* Channels that fill no vector go through a lent place. */
ONLY_TAILS void move_tail(const enum tile_op op, const struct tile_kind *kind, int from, int channels, float **pixels,
                          float **points)
{
    float lent[WINOGRAD_POINTS][LANES] __attribute__((aligned(KERNEL_BYTES)));
    float *places[WINOGRAD_POINTS];
    for (int i = 0; i < kind->axis_y * WINOGRAD_AXIS; i++) {
        if (i % WINOGRAD_AXIS < kind->axis_x) points[i] += from;
        places[i] = lent[i];
        if (i / WINOGRAD_AXIS >= kind->rows || i % WINOGRAD_AXIS >= kind->columns) continue;
        for (int c = 0; c < LANES; c++) lent[i][c] = c < channels ? pixels[i][from + c] : 0;
    }
    kind->transform(LANES, TO_PIXELS(op) ? points : places, TO_PIXELS(op) ? places : points);
    for (int i = 0; TO_PIXELS(op) && i < WINOGRAD_POINTS; i++) {
        if (i / WINOGRAD_AXIS >= kind->rows || i % WINOGRAD_AXIS >= kind->columns) continue;
        for (int c = 0; c < channels; c++) pixels[i][from + c] = lent[i][c];
    }
}

/* One function for each operation and kind of tile: with the kind a constant, the transforms unroll and stay in
 * registers. The transform is kept out of line, so that the tail shares its code. */
#define KINDS(X, op)                                                                                                   \
    X(op, 4, 4)                                                                                                        \
    X(op, 4, 3) X(op, 4, 2) X(op, 3, 4) X(op, 3, 3) X(op, 3, 2) X(op, 2, 4) X(op, 2, 3) X(op, 2, 2) X(op, 1, 1)

#define KIND_FUNCTIONS(op, ky, kx)                                                                                     \
    static                                                                                                             \
        __attribute__((noinline)) void transform_##op##_##ky##kx(int channels, float *const *from, float *const *to)   \
    {                                                                                                                  \
        both_axes(op, ky, kx, channels, from, to);                                                                     \
    }                                                                                                                  \
    static void move_##op##_##ky##kx(const struct winograd_move *m, const struct winograd_tile *tile, int image)       \
    {                                                                                                                  \
        static const struct tile_kind kind = { op == OP_INPUT ? AXIS_INPUTS(ky) : AXIS_OUTPUTS(ky),                    \
                                               op == OP_INPUT ? AXIS_INPUTS(kx) : AXIS_OUTPUTS(kx), AXIS_POINTS(ky),   \
                                               AXIS_POINTS(kx), transform_##op##_##ky##kx };                           \
        float *pixels[WINOGRAD_POINTS], *points[WINOGRAD_POINTS];                                                      \
        int tail = m->channels % LANES;                                                                                \
        find_pixels(op, ky, kx, m, tile, image, pixels);                                                               \
        find_points(ky, kx, m, tile, image, points);                                                                   \
        kind.transform(m->channels - tail, TO_PIXELS(op) ? points : pixels, TO_PIXELS(op) ? pixels : points);          \
        if (tail) move_tail(op, &kind, m->channels - tail, tail, pixels, points);                                      \
    }
#define KIND_ENTRY(op, ky, kx) [ky][kx] = move_##op##_##ky##kx,

typedef void move_function(const struct winograd_move *m, const struct winograd_tile *tile, int image);

/* clang-format off */
KINDS(KIND_FUNCTIONS, OP_INPUT)
KINDS(KIND_FUNCTIONS, OP_GRADIENT)
KINDS(KIND_FUNCTIONS, OP_OUTPUT)
KINDS(KIND_FUNCTIONS, OP_ADD)
KINDS(KIND_FUNCTIONS, OP_STREAM)

static move_function *const moves[][5][5] = {
    [OP_INPUT] = { KINDS(KIND_ENTRY, OP_INPUT) },
    [OP_GRADIENT] = { KINDS(KIND_ENTRY, OP_GRADIENT) },
    [OP_OUTPUT] = { KINDS(KIND_ENTRY, OP_OUTPUT) },
    [OP_ADD] = { KINDS(KIND_ENTRY, OP_ADD) },
    [OP_STREAM] = { KINDS(KIND_ENTRY, OP_STREAM) },
};
/* clang-format on */

static void move(enum tile_op op, const struct winograd_move *m, int t)
{
    const struct winograd_tile *tile = &m->g->tile[t % m->g->tiles_of];
    moves[op][tile->ky][tile->kx](m, tile, t / m->g->tiles_of);
}

void winograd_input(const struct winograd_move *m, int t)
{
    move(OP_INPUT, m, t);
}

void winograd_gradient(const struct winograd_move *m, int t)
{
    move(OP_GRADIENT, m, t);
}

void winograd_output(const struct winograd_move *m, int t)
{
    move(m->add ? OP_ADD : m->stream ? OP_STREAM : OP_OUTPUT, m, t);
}
