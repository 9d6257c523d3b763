/* Products of a few rows with a panel: vectors of output channels that stay in registers. */
#ifndef MLVICX_VECTOR_PANEL_H
#define MLVICX_VECTOR_PANEL_H

#include "engine/kernels/vector/set.h"

/* Vectors of a panel, and rows of a register tile by vectors: sums, a row of b and a lane of a fill the registers. */
#if KERNEL_BYTES == 64 || defined(__aarch64__)
enum { PANEL_VECS = 4, ROWS_OF_1 = 12, ROWS_OF_2 = 12, ROWS_OF_3 = 8, ROWS_OF_4 = 6 };
#else
enum { PANEL_VECS = 2, ROWS_OF_1 = 12, ROWS_OF_2 = 6, ROWS_OF_3 = 1, ROWS_OF_4 = 1 };
#endif
enum { PANEL = PANEL_VECS * LANES, PANEL_ROWS = 12 };

/** Rows of a tile of `vecs` vectors. */
static inline int panel_rows(int vecs)
{
    static const int rows[] = { 0, ROWS_OF_1, ROWS_OF_2, ROWS_OF_3, ROWS_OF_4 };
    return rows[vecs];
}

/** Vectors of the panel that begins at channel `first` of n. */
static inline int panel_vecs(int n, int first)
{
    return at_most(ceil_div(n - first, LANES), PANEL_VECS);
}

/* What becomes of a product: it replaces c, past the caches if so wished, or is added to it. */
enum panel_mode { PANEL_SET, PANEL_ADD, PANEL_STREAM };

#define panel_multiply SET_NAME(panel_multiply)
#define panel_sum      SET_NAME(panel_sum)

/** A product with one panel; lda, ldb and ldc are the reals from one stored row to the next. Borrowed. */
struct panel_product {
    int rows;       /* of c, any number: they are cut into register tiles              */
    int vecs;       /* of a row of c, 1 to PANEL_VECS                                  */
    int depth;      /* terms of each sum                                               */
    const float *a; /* [rows, lda] for panel_multiply, [depth, lda] for panel_sum      */
    size_t lda;
    const float *b; /* [depth, ldb], of which vecs * LANES are read                    */
    size_t ldb;     /* panel_multiply: vecs * LANES, a packed panel                    */
    float *c;       /* [rows, ldc], of which vecs * LANES are written                  */
    size_t ldc;
    enum panel_mode mode;
};

/** c = a b: row by row of a, as forward passes have it. */
void panel_multiply(const struct panel_product *p);
/** c = a' b: a and b are walked down together, as gradients of weights have it. Never PANEL_STREAM. */
void panel_sum(const struct panel_product *p);

#endif
