/* Gradient of a linear map's weights, and its norm.
 *
 * With few rows of images the gradient is cheap to compute and dear to keep: 4096 x 4096 weights are 64 MiB, written,
 * read for a norm, read again for the update. So a tile of it goes from the registers straight into the update, and
 * never to memory. The norm that LARS wants before comes from the inner products of the images among each other:
 * |dy' x|^2 = sum over i, j of (x_i . x_j)(dy_i . dy_j), in double, since a batch norm above makes its terms cancel. */
#include "engine/kernels/vector/linear.h"

#include <math.h>

enum {
    DEPTH = 256, /* images of a block */
    PITCH = DEPTH + PITCH_MORE,
    PANELS_REALS = 64 * 1024, /* of x that stay in the second cache */
};

/* ---- the gradient ------------------------------------------------------------------------------------- */

struct weights {
    const struct linear_shape *s;
    int outputs, panels;
    float *bands, *x; /* [block of images][outputs][PITCH]: dy; [panel][rows][BACKWARD_PANEL] */
    float *dw;
    const struct update *u;
};

static size_t weights_layout(const struct linear_shape *s, float *base, struct weights *w)
{
    *w = (struct weights){ .s = s,
                           .outputs = round_up(s->out, BACKWARD_ROWS),
                           .panels = ceil_div(s->in, BACKWARD_PANEL) };
    size_t bands = aligned_reals((size_t)ceil_div(s->rows, DEPTH) * w->outputs * PITCH);
    if (base) {
        w->bands = base;
        w->x = base + bands;
    }
    return bands + (size_t)w->panels * s->rows * BACKWARD_PANEL;
}

ALWAYS_INLINE vec vec_root(vec x)
{
    float lanes[LANES] __attribute__((aligned(KERNEL_BYTES)));
    memcpy(lanes, &x, sizeof x);
    for (int l = 0; l < LANES; l++) lanes[l] = sqrtf(lanes[l]);
    memcpy(&x, lanes, sizeof x);
    return x;
}

/* One vector of a gradient meets its weights and moments at element `at`: see struct update. */
ALWAYS_INLINE void update_vec(const struct update *u, const bool adam, const bool whole, size_t at, vec g, int left)
{
    vec value = vec_read(whole, u->value + at, left), moment = vec_read(whole, u->moment + at, left);
    if (adam) {
        g *= u->factor;
        vec second = vec_read(whole, u->second + at, left);
        moment = u->momentum * moment + (1 - u->momentum) * g;
        second = u->momentum2 * second + (1 - u->momentum2) * g * g;
        value = u->keep * value - u->rate * moment / (vec_root(second) * u->root + u->eps);
        vec_write(whole, u->second + at, second, left);
    } else {
        vec pull = u->decay * value; /* first: so it is what the compiler joins with the sum, rounding once */
        moment = u->momentum * moment + u->scale * (u->factor * g + pull);
        value -= u->rate * moment;
    }
    vec_write(whole, u->moment + at, moment, left);
    vec_write(whole, u->value + at, value, left);
}

/* What is done with a tile: kept, updated with, or both. whole: all of it lies inside. */
ALWAYS_INLINE void tile_use(const struct weights *w, const bool adam, const bool whole, int output, int input,
                            vec acc[][VECS_MOST])
{
    const struct linear_shape *s = w->s;
    UNROLL for (int r = 0; r < BACKWARD_ROWS; r++)
    {
        if (!whole && output + r >= s->out) break;
        size_t row = (size_t)(output + r) * s->in + input;
        UNROLL for (int v = 0; v < BACKWARD_VECS; v++)
        {
            int left = s->in - input - v * LANES;
            if (!whole && left <= 0) break;
            if (w->dw) vec_write(whole, w->dw + row + v * LANES, acc[r][v], left);
            if (w->u) update_vec(w->u, adam, whole, row + v * LANES, acc[r][v], left);
        }
    }
}

/* The weights and moments that the tile after this one updates. */
static struct ahead weights_ahead(const struct weights *w, int output, int panel)
{
    const struct linear_shape *s = w->s;
    int column = panel * BACKWARD_PANEL, rows = w->u ? at_most(BACKWARD_ROWS, s->out - output) : 0;
    if (rows <= 0) return ahead_of(NULL, 0, 0, 0);
    const float *value = w->u->value + (size_t)output * s->in + column;
    struct ahead next = ahead_of(value, (size_t)s->in, rows, at_most(BACKWARD_PANEL, s->in - column));
    next.apart[0] = (uintptr_t)w->u->moment - (uintptr_t)w->u->value;
    if (w->u->second) next.apart[1] = (uintptr_t)w->u->second - (uintptr_t)w->u->value;
    return next;
}

/* Outputs `output`.. x one panel of inputs: summed over all images in registers, block by block of images, then used.
 */
ALWAYS_INLINE void weights_tile(const struct weights *w, const bool adam, int output, int panel, struct ahead *next)
{
    const struct linear_shape *s = w->s;
    const float *x = w->x + (size_t)panel * s->rows * BACKWARD_PANEL;
    vec acc[BACKWARD_ROWS][VECS_MOST] = { { { 0 } } };
    for (int from = 0; from < s->rows; from += DEPTH) {
        const float *band = w->bands + ((size_t)(from / DEPTH) * w->outputs + output) * PITCH;
        const struct linear_tile tile = { .rows = BACKWARD_ROWS,
                                          .vecs = BACKWARD_VECS,
                                          .depth = at_most(DEPTH, s->rows - from),
                                          .band = band,
                                          .pitch = PITCH,
                                          .panel = x + (size_t)from * BACKWARD_PANEL };
        tile_add(tile, adam ? 3 : 2, next, acc);
    }
    int input = panel * BACKWARD_PANEL;
    if (output + BACKWARD_ROWS <= s->out && input + BACKWARD_PANEL <= s->in)
        tile_use(w, adam, true, output, input, acc);
    else
        tile_use(w, adam, false, output, input, acc);
}

/* Outputs begin..end-1 of one thread. A block of panels of x stays in the second cache while all of the thread's
 * outputs pass over it; weights and moments are read and written once. */
static void weights_share(const struct weights *w, int begin, int end)
{
    int block = PANELS_REALS / (w->s->rows * BACKWARD_PANEL);
    if (block < 1) block = 1;
    bool adam = w->u && w->u->kind == UPDATE_ADAMW;
    for (int first = 0; first < w->panels; first += block) {
        int last = at_most(first + block, w->panels);
        for (int o = begin; o < end; o += BACKWARD_ROWS) {
            for (int p = first; p < last; p++) {
                bool turn = p + 1 == last;
                struct ahead next = weights_ahead(w, turn ? o + BACKWARD_ROWS : o, turn ? first : p + 1);
                if (adam)
                    weights_tile(w, true, o, p, &next);
                else
                    weights_tile(w, false, o, p, &next);
            }
        }
    }
}

void linear_backward_weights_fast(const struct kernel_run *run, const struct linear_shape *s, const float *x,
                                  const float *dy, float *dw, const struct update *u)
{
    struct weights w;
    weights_layout(s, run->scratch, &w);
    w.dw = dw;
    w.u = u;
#pragma omp parallel num_threads(run->threads)
    {
#pragma omp for schedule(static)
        for (int p = 0; p < w.panels; p++)
            linear_panels(s->rows, s->in, x, (size_t)s->in, p, p + 1, w.x + (size_t)p * s->rows * BACKWARD_PANEL);
        for (int from = 0; from < s->rows; from += DEPTH) {
            float *bands = w.bands + (size_t)(from / DEPTH) * w.outputs * PITCH;
#pragma omp for schedule(static)
            for (int o = 0; o < s->out; o += BACKWARD_ROWS)
                linear_transpose(&(struct transposition){ .rows = at_most(DEPTH, s->rows - from),
                                                          .columns = at_most(BACKWARD_ROWS, s->out - o),
                                                          .from = dy + (size_t)from * s->out + o,
                                                          .from_pitch = (size_t)s->out,
                                                          .to = bands + (size_t)o * PITCH,
                                                          .to_pitch = PITCH });
        }
#pragma omp for schedule(static, 1)
        for (int t = 0; t < run->threads; t++)
            weights_share(&w, share_units(w.outputs, BACKWARD_ROWS, t, run->threads),
                          share_units(w.outputs, BACKWARD_ROWS, t + 1, run->threads));
    }
}

/* ---- its norm ----------------------------------------------------------------------------------------- */

enum { WIDE = LANES / 2, TILE = KERNEL_BYTES == 64 ? 4 : 2, NORM_DEPTH = 1024 };

typedef double wide __attribute__((vector_size(KERNEL_BYTES)));
typedef float narrow __attribute__((vector_size(KERNEL_BYTES / 2)));
typedef float narrow_in_memory __attribute__((vector_size(KERNEL_BYTES / 2), aligned(4), may_alias));

struct norm {
    int tiles, pairs; /* tiles of rows, and pairs i <= j of them */
    double *x, *dy;   /* [pairs][TILE][TILE] inner products      */
};

static size_t norm_layout(const struct linear_shape *s, float *base, struct norm *n)
{
    n->tiles = ceil_div(s->rows, TILE);
    n->pairs = n->tiles * (n->tiles + 1) / 2;
    size_t each = (size_t)n->pairs * TILE * TILE;
    n->x = (double *)(void *)base;
    n->dy = base ? n->x + each : NULL;
    return 2 * each * (sizeof(double) / sizeof(float));
}

/* The rows whose inner products are wanted. */
struct rows {
    const float *x; /* [count, columns], borrowed */
    int count, columns;
};

/* gram [TILE, TILE]: inner products of rows i.. with rows j.., over at most NORM_DEPTH columns from `from` on; the
 * first block of columns fills it, the rest add. Products of floats are exact in double. */
static void inner_products(const struct rows *s, int i, int j, int from, double *gram)
{
    const int columns = s->columns, depth = at_most(NORM_DEPTH, columns - from);
    wide acc[TILE][TILE] = { { { 0 } } };
    double rest[TILE][TILE] = { { 0 } };
    const float *a[TILE], *b[TILE];
    for (int t = 0; t < TILE; t++) {
        a[t] = s->x + (size_t)at_most(i + t, s->count - 1) * columns + from;
        b[t] = s->x + (size_t)at_most(j + t, s->count - 1) * columns + from;
    }
    int k = 0;
    for (; k + WIDE <= depth; k += WIDE) {
        wide right[TILE];
        UNROLL for (int t = 0; t < TILE; t++) right[t] =
            __builtin_convertvector((narrow) * (const narrow_in_memory *)(b[t] + k), wide);
        UNROLL for (int r = 0; r < TILE; r++)
        {
            wide left = __builtin_convertvector((narrow) * (const narrow_in_memory *)(a[r] + k), wide);
            UNROLL for (int t = 0; t < TILE; t++) acc[r][t] += left * right[t];
        }
    }
    for (; k < depth; k++)
        for (int r = 0; r < TILE; r++)
            for (int t = 0; t < TILE; t++) rest[r][t] += (double)a[r][k] * (double)b[t][k];
    for (int r = 0; r < TILE; r++) {
        for (int t = 0; t < TILE; t++) {
            double sum = rest[r][t];
            for (int l = 0; l < WIDE; l++) sum += acc[r][t][l];
            gram[r * TILE + t] = (from ? gram[r * TILE + t] : 0) + sum;
        }
    }
}

/* All inner products of rows that pairs begin..end-1 cover: gram [pairs, TILE, TILE]. Columns are the outer loop, so
 * that a block of them stays in cache while all pairs of rows meet. */
static void gram_share(const struct norm *n, const struct rows *s, int begin, int end, double *gram)
{
    for (int from = 0; from < s->columns; from += NORM_DEPTH) {
        int pair = 0;
        for (int i = 0; i < n->tiles; i++) {
            for (int j = i; j < n->tiles; j++, pair++) {
                if (pair < begin || pair >= end) continue;
                inner_products(s, i * TILE, j * TILE, from, gram + (size_t)pair * TILE * TILE);
            }
        }
    }
}

/* The pairs of tiles i <= j are shared out to threads; those off the diagonal count twice. Rows beyond the last one
 * repeat it, and are left out of the sum. */
double linear_norm_fast(const struct kernel_run *run, const struct linear_shape *s, const float *x, const float *dy,
                        double *most)
{
    struct norm n;
    norm_layout(s, run->scratch, &n);
#pragma omp parallel for num_threads(run->threads) schedule(static, 1)
    for (int t = 0; t < run->threads; t++) {
        int begin = (int)share((size_t)n.pairs, t, run->threads),
            end = (int)share((size_t)n.pairs, t + 1, run->threads);
        gram_share(&n, &(struct rows){ x, s->rows, s->in }, begin, end, n.x);
        gram_share(&n, &(struct rows){ dy, s->rows, s->out }, begin, end, n.dy);
    }
    double sum = 0, bound = 0;
    size_t at = 0;
    for (int i = 0; i < n.tiles; i++) {
        for (int j = i; j < n.tiles; j++) {
            for (int e = 0; e < TILE * TILE; e++, at++) {
                int row = i * TILE + e / TILE, column = j * TILE + e % TILE;
                if (row >= s->rows || column >= s->rows) continue;
                sum += (i < j ? 2 : 1) * n.x[at] * n.dy[at];
                if (row == column) bound += sqrt(n.x[at]) * sqrt(n.dy[at]);
            }
        }
    }
    *most = bound;
    return sum;
}

size_t linear_weights_scratch(const struct linear_shape *s, bool normed)
{
    struct weights w;
    struct norm n;
    size_t weights = weights_layout(s, NULL, &w), norm = normed ? norm_layout(s, NULL, &n) : 0;
    return weights > norm ? weights : norm;
}
