/* Register tiles of rows x a panel of vectors, one function for each size. */
#include "engine/kernels/vector/panel.h"

#include <assert.h>

enum { BASE_ROWS = 3 };

/* The `rows` x `vecs` sums stay in registers over the whole depth; at each depth the vectors of a row of b are loaded
 * once and each scalar of a is broadcast.
 * down: a is [depth, rows] and its rows lie together; else [rows, depth], where each third row has a pointer: one a row
 * would take more integer registers than there are. */
ALWAYS_INLINE void product_tile(const int rows, const int vecs, const bool down, const struct panel_product *p,
                                enum panel_mode mode)
{
    const float *a = p->a, *b = p->b;
    float *c = p->c;
    const size_t lda = p->lda, ldb = down ? p->ldb : (size_t)vecs * LANES, ldc = p->ldc;
    const int depth = p->depth;
    vec sum[PANEL_ROWS][PANEL_VECS];
    const float *base[PANEL_ROWS / BASE_ROWS];
    UNROLL for (int i = 0; i < rows; i++)
    {
        UNROLL for (int v = 0; v < vecs; v++) sum[i][v] =
            mode == PANEL_ADD ? vec_load(c + i * ldc + v * LANES) : (vec){ 0 };
    }
    UNROLL for (int i = 0; i < rows; i += BASE_ROWS) base[i / BASE_ROWS] = a + (down ? 0 : i * lda);
    for (int d = 0; d < depth; d++) {
        vec row[PANEL_VECS];
        UNROLL for (int v = 0; v < vecs; v++) row[v] = vec_load(b + v * LANES);
        if (!down) {
            UNROLL for (int i = 0; i < rows; i += BASE_ROWS) OPAQUE(base[i / BASE_ROWS]);
        }
        UNROLL for (int i = 0; i < rows; i++)
        {
            float x = down ? a[i] : base[i / BASE_ROWS][i % BASE_ROWS * lda];
            UNROLL for (int v = 0; v < vecs; v++) sum[i][v] += row[v] * x;
        }
        b += ldb;
        if (down) {
            a += lda;
        } else {
            UNROLL for (int i = 0; i < rows; i += BASE_ROWS) base[i / BASE_ROWS]++;
        }
    }
    UNROLL for (int i = 0; i < rows; i++)
    {
        UNROLL for (int v = 0; v < vecs; v++)
        {
            if (mode == PANEL_STREAM) {
                vec_stream(c + i * ldc + v * LANES, sum[i][v]);
            } else {
                vec_store(c + i * ldc + v * LANES, sum[i][v]);
            }
        }
    }
}

typedef void tile_function(const struct panel_product *p);

enum tile_way { ACROSS, ACROSS_MODE, DOWN, WAYS };

/* One function for each way and number of vectors and rows. */
#define TILE_ROWS(X, v)                                                                                                \
    X(v, 1) X(v, 2) X(v, 3) X(v, 4) X(v, 5) X(v, 6) X(v, 7) X(v, 8) X(v, 9) X(v, 10) X(v, 11) X(v, 12)
#define ROWS_OF(v, n) ((v) > PANEL_VECS || (n) > ROWS_OF_##v ? 1 : (n))
#if KERNEL_BYTES == 64 || defined(__aarch64__)
#define TILES(X) TILE_ROWS(X, 1) TILE_ROWS(X, 2) TILE_ROWS(X, 3) TILE_ROWS(X, 4)
#else
#define TILES(X) TILE_ROWS(X, 1) TILE_ROWS(X, 2)
#endif
#define TILE_FUNCTION(name, down, v, n, mode)                                                                          \
    static void name##_##v##_##n(const struct panel_product *p)                                                        \
    {                                                                                                                  \
        product_tile(ROWS_OF(v, n), v, down, p, mode);                                                                 \
    }
#define TILE_FUNCTIONS(v, n)                                                                                           \
    TILE_FUNCTION(across, false, v, n, PANEL_SET)                                                                      \
    TILE_FUNCTION(across_mode, false, v, n, p->mode)                                                                   \
    TILE_FUNCTION(down, true, v, n, p->mode)
#define TILE_ENTRY(v, n) [v][n] = { across_##v##_##n, across_mode_##v##_##n, down_##v##_##n },

/* clang-format off */
TILES(TILE_FUNCTIONS)
static tile_function *const tiles[PANEL_VECS + 1][PANEL_ROWS + 1][WAYS] = { TILES(TILE_ENTRY) };
/* clang-format on */

/* Rows of the next tile: whole ones, and two of like height at the end. */
static int next_rows(int left, int most)
{
    return left >= 2 * most || left == most ? most : left > most ? (left + 1) / 2 : left;
}

void panel_multiply(const struct panel_product *p)
{
    struct panel_product tile = *p;
    enum tile_way way = p->mode == PANEL_SET ? ACROSS : ACROSS_MODE;
    assert(p->ldb == (size_t)p->vecs * LANES);
    for (int left = p->rows; left > 0; left -= tile.rows) {
        tile.rows = next_rows(left, panel_rows(p->vecs));
        tiles[p->vecs][tile.rows][way](&tile);
        tile.a += tile.rows * p->lda;
        tile.c += tile.rows * p->ldc;
    }
}

void panel_sum(const struct panel_product *p)
{
    struct panel_product tile = *p;
    for (int left = p->rows; left > 0; left -= tile.rows) {
        tile.rows = next_rows(left, panel_rows(p->vecs));
        tiles[p->vecs][tile.rows][DOWN](&tile);
        tile.a += tile.rows;
        tile.c += tile.rows * p->ldc;
    }
}
