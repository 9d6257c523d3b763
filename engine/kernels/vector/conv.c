/* Direct convolution: a register tile of pixels x output channels, broadcasting input channels against packed weights.
 *
 * Weights are packed [block of k][tap][c][TILE_VECS vectors], so the inner loop reads them in order; a tile reads
 * TILE_PIXELS input runs through pointers. Backward data is the same on transposed weights; backward weights tiles
 * input channels x output channels and runs over pixels. Nothing is gathered into columns. */
#include "engine/kernels/vector/conv.h"

#include <assert.h>
#include <stdint.h>

enum {
    BLOCK_K = TILE_VECS * LANES,
    CHUNK_REALS = 48 * 1024, /* input reals that stay in the second cache while the blocks of k pass over them */
    PIXELS_MOST = 512,       /* pixels a block of backward-weights */
};

/* ---- scratch ------------------------------------------------------------------------------------------ */

/* Scratch of a call, dealt out. */
struct conv_scratch {
    float *zeros;  /* a padding pixel             */
    float *packed; /* weights of a direction      */
    float *parts;  /* `part` reals of each thread */
    size_t part;
    size_t border, gradient, rows; /* within a part: bordered image, partial dw, padded rows of dy */
};

static size_t packed_reals(const struct conv_tables *tables)
{
    return (size_t)tables->taps * tables->in_c * ceil_div(tables->out_c, LANES) * LANES;
}

/* Lay the scratch out from `base` (NULL: only measure); returns its size. */
static size_t scratch_layout(const struct conv_plan *p, float *base, struct conv_scratch *t)
{
    const struct conv_shape *s = &p->s;
    size_t zeros = aligned_reals((size_t)(s->c > s->k ? s->c : s->k));
    size_t forward = packed_reals(&p->forward), backward = packed_reals(&p->backward);
    size_t packed = aligned_reals(forward > backward ? forward : backward);
    t->zeros = t->packed = t->parts = NULL;
    if (base) {
        t->zeros = base;
        t->packed = base + zeros;
        t->parts = t->packed + packed;
    }
    t->border = 0;
    t->gradient = aligned_reals(p->border_image);
    t->rows = t->gradient + (p->split_pixels ? aligned_reals((size_t)s->r * s->r * s->c * s->k) : 0);
    t->part = t->rows + (s->k % LANES ? (size_t)PIXELS_MOST * ceil_div(s->k, LANES) * LANES : 0);
    t->part = aligned_reals(t->part);
    return zeros + packed + t->part * (size_t)p->threads;
}

size_t conv_direct_scratch(const struct conv_plan *p, const struct conv_variant *v)
{
    (void)v;
    struct conv_scratch t;
    return scratch_layout(p, NULL, &t);
}

/* The layout for a run of at most as many threads as were planned. */
static struct conv_scratch scratch_of(const struct kernel_run *run, const struct conv_plan *p)
{
    struct conv_scratch t;
    assert(run->threads <= p->threads);
    scratch_layout(p, run->scratch, &t);
    return t;
}

/* Copy an image [h, w, c] with a border of zeros: out [h + 2 pad, w + 2 pad, c]. */
static void border_copy(const struct conv_shape *s, const float *image, float *out)
{
    size_t row = (size_t)s->w * s->c, edge = (size_t)s->pad * s->c, wide = row + 2 * edge;
    memset(out, 0, s->pad * wide * sizeof *out);
    out += s->pad * wide;
    for (int y = 0; y < s->h; y++, out += wide, image += row) {
        memset(out, 0, edge * sizeof *out);
        memcpy(out + edge, image, row * sizeof *out);
        memset(out + edge + row, 0, edge * sizeof *out);
    }
    memset(out, 0, s->pad * wide * sizeof *out);
}

/* ---- packing of weights ------------------------------------------------------------------------------- */

/* Lanes of block b of `n` channels, rounded up to vectors. */
static int block_width(int n, int b)
{
    return at_most(ceil_div(n, LANES) * LANES - b * BLOCK_K, BLOCK_K);
}

/* w [taps, in_c, out_c] -> packed [block of out_c][taps][in_c][width of the block], where a width is whole vectors and
 * what is missing is 0. A unit is one tap of one block: threads pack units independently. */
static void pack_unit(const struct conv_tables *tables, const float *w, float *packed, int unit)
{
    int block = unit / tables->taps, tap = unit % tables->taps, k = tables->out_c, first = block * BLOCK_K;
    int width = block_width(k, block), lanes = at_most(width, k - first);
    float *out = packed + (size_t)block * BLOCK_K * tables->taps * tables->in_c + (size_t)tap * tables->in_c * width;
    const float *in = w + (size_t)tap * tables->in_c * k + first;
    for (int c = 0; c < tables->in_c; c++, in += k, out += width) {
        memcpy(out, in, (size_t)lanes * sizeof *out);
        for (int l = lanes; l < width; l++) out[l] = 0;
    }
}

/* The same for backward data, where w [taps, out_c, in_c] is read across: inputs of this direction are outputs of w. */
static void pack_unit_transposed(const struct conv_tables *tables, const float *w, float *packed, int unit)
{
    int block = unit / tables->taps, tap = unit % tables->taps, first = block * BLOCK_K;
    int width = block_width(tables->out_c, block), lanes = at_most(width, tables->out_c - first);
    float *out = packed + (size_t)block * BLOCK_K * tables->taps * tables->in_c + (size_t)tap * tables->in_c * width;
    const float *in = w + ((size_t)tap * tables->out_c + first) * tables->in_c;
    for (int c = 0; c < tables->in_c; c++, out += width) {
        for (int l = 0; l < lanes; l++) out[l] = in[(size_t)l * tables->in_c + c];
        for (int l = lanes; l < width; l++) out[l] = 0;
    }
}

static const float *pack_weights(const struct kernel_run *run, const struct conv_tables *tables, const float *w,
                                 float *packed, bool transposed)
{
    if (!transposed && (tables->out_c == BLOCK_K || tables->out_c == LANES)) return w; /* so they lie already */
    int units = ceil_div(tables->out_c, BLOCK_K) * tables->taps;
#pragma omp parallel for schedule(static) num_threads(run->threads)
    for (int unit = 0; unit < units; unit++) {
        if (transposed) {
            pack_unit_transposed(tables, w, packed, unit);
        } else {
            pack_unit(tables, w, packed, unit);
        }
    }
    return packed;
}

/* ---- pixels x output channels -------------------------------------------------------------------------- */

/* What a tile works on: inputs of each tap and pixel, outputs of the first `pixels` of them. */
struct tile {
    const float *in[CONV_TAPS_MOST][TILE_PIXELS];
    float *out[TILE_PIXELS];
    int pixels;
};

/* TILE_PIXELS x `vecs` vectors of sums stay in registers over all taps and input channels. At each input channel `vecs`
 * vectors of weights are loaded once and meet one broadcast scalar of each pixel, so that there are TILE_PIXELS
 * multiply-adds for each load of weights. Whole vectors only: a caller with fewer lanes lends a place for them. */
ALWAYS_INLINE void tile_run(const int vecs, const struct conv_tables *tables, const struct conv_class *cls,
                            const struct tile *tile, const float *w, bool add)
{
    vec sum[TILE_PIXELS][TILE_VECS];
    UNROLL for (int p = 0; p < TILE_PIXELS; p++)
    {
        UNROLL for (int v = 0; v < vecs; v++) sum[p][v] = (vec){ 0 };
    }
    size_t stride = (size_t)tables->in_c * vecs * LANES;
    for (int t = 0; t < cls->taps; t++) {
        const float *const *in = tile->in[t];
        const float *weights = w + cls->tap[t] * stride;
        for (int c = 0; c < tables->in_c; c++, weights += vecs * LANES) {
            vec row[TILE_VECS];
            UNROLL for (int v = 0; v < vecs; v++) row[v] = vec_load(weights + v * LANES);
            UNROLL for (int p = 0; p < TILE_PIXELS; p++)
            {
                float x = in[p][c];
                UNROLL for (int v = 0; v < vecs; v++) sum[p][v] += row[v] * x;
            }
        }
    }
    UNROLL for (int p = 0; p < TILE_PIXELS; p++)
    {
        UNROLL for (int v = 0; v < vecs; v++)
        {
            float *out = tile->out[p] + v * LANES;
            if (p < tile->pixels) vec_store(out, add ? sum[p][v] + vec_load(out) : sum[p][v]);
        }
    }
}

static void tile_whole(const struct conv_tables *tables, const struct conv_class *cls, const struct tile *tile,
                       const float *w, bool add)
{
    tile_run(TILE_VECS, tables, cls, tile, w, add);
}

static void tile_narrow(const struct conv_tables *tables, const struct conv_class *cls, const struct tile *tile,
                        const float *w, bool add)
{
    tile_run(1, tables, cls, tile, w, add);
}

/* The last block of output channels where it does not fill its vectors. */
static void tile_ragged(const struct conv_tables *tables, const struct conv_class *cls, struct tile *tile,
                        const float *w, int lanes, bool add)
{
    float sums[TILE_PIXELS][BLOCK_K];
    struct tile lent = *tile;
    for (int p = 0; p < TILE_PIXELS; p++) lent.out[p] = sums[p];
    (lanes > LANES ? tile_whole : tile_narrow)(tables, cls, &lent, w, false);
    for (int p = 0; p < tile->pixels; p++) {
        for (int l = 0; l < lanes; l++) tile->out[p][l] = add ? tile->out[p][l] + sums[p][l] : sums[p][l];
    }
}

/* One direction of one call. Borrowed. */
struct direct {
    const struct conv_tables *tables;
    const float *zeros; /* [in_c]: read where a tap meets the padding                                */
    const float *in;    /* [n, in_image]: x or dy, with a border where the plan wants one            */
    const float *w;     /* packed: [block of k][tap][in_c][vectors of the block]                     */
    float *out;         /* [n, out_image]: filled                                                    */
    bool add;           /* or added to                                                               */
};

/* Point the tile at pixels `from`.. (counted over images) of a class, and at output channels from `first` on. */
static void tile_aim(struct tile *tile, const struct direct *d, const struct conv_class *cls, int first, size_t from,
                     size_t end)
{
    const struct conv_tables *tables = d->tables;
    tile->pixels = (int)(end - from < TILE_PIXELS ? end - from : TILE_PIXELS);
    size_t image = from / cls->pixels, pixel = from % cls->pixels;
    for (int p = 0; p < TILE_PIXELS; p++) {
        const int32_t *offset = cls->in + pixel * cls->taps;
        const float *base = d->in + image * tables->in_image;
        for (int t = 0; t < cls->taps; t++) tile->in[t][p] = offset[t] < 0 ? d->zeros : base + offset[t];
        tile->out[p] = d->out + first + image * tables->out_image + (size_t)cls->out[pixel] * tables->out_c;
        if (from + p + 1 < end && ++pixel == (size_t)cls->pixels) pixel = 0, image++;
    }
}

/* Pixels [from, end) of a class, all output channels. Chunks of pixels are the outer loop: what they read stays in the
 * second cache while the blocks of weights pass over it one after the other. */
static void class_run(const struct direct *d, const struct conv_class *cls, size_t from, size_t end)
{
    const struct conv_tables *tables = d->tables;
    struct tile tile;
    size_t chunk = (size_t)(CHUNK_REALS / tables->in_c / TILE_PIXELS + 4) * TILE_PIXELS;
    for (; from < end; from += chunk) {
        size_t last = end - from < chunk ? end : from + chunk;
        for (int block = 0; block * BLOCK_K < tables->out_c; block++) {
            int first = block * BLOCK_K, lanes = at_most(tables->out_c - first, BLOCK_K);
            const float *weights = d->w + (size_t)first * tables->taps * tables->in_c;
            for (size_t at = from; at < last; at += TILE_PIXELS) {
                tile_aim(&tile, d, cls, first, at, last);
                if (lanes % LANES) {
                    tile_ragged(tables, cls, &tile, weights, lanes, d->add);
                } else {
                    (lanes > LANES ? tile_whole : tile_narrow)(tables, cls, &tile, weights, d->add);
                }
            }
        }
    }
}

/* Class by class, the pixels of all images shared out to the threads in whole tiles. */
static void tables_run(const struct kernel_run *run, const struct direct *d, int images)
{
    const struct conv_tables *tables = d->tables;
#pragma omp parallel for schedule(static, 1) num_threads(run->threads)
    for (int part = 0; part < run->threads; part++) {
        for (int i = 0; i < tables->class_count; i++) {
            const struct conv_class *cls = &tables->classes[i];
            size_t all = (size_t)cls->pixels * images, tiles = (all + TILE_PIXELS - 1) / TILE_PIXELS;
            size_t from = share(tiles, part, run->threads) * TILE_PIXELS;
            size_t end = share(tiles, part + 1, run->threads) * TILE_PIXELS;
            if (d->add && cls->taps == 0) continue;
            class_run(d, cls, from, end < all ? end : all);
        }
    }
}

/* y [n, oh, ow, k] from x [n, h, w, c]. With few input channels each image is copied with its border, so that a row of
 * taps is one run of r * c inputs and no tap needs a test. */
void conv_direct_forward(const struct conv_call *call, const struct conv_variant *v)
{
    (void)v;
    const struct kernel_run *run = call->run;
    const struct conv_plan *p = call->p;
    const struct conv_shape *s = &p->s;
    const struct conv_tables *tables = &p->forward;
    struct conv_scratch t = scratch_of(run, p);
    const struct direct all = { .tables = tables,
                                .zeros = t.zeros,
                                .in = call->a,
                                .w = pack_weights(run, tables, call->b, t.packed, false),
                                .out = call->out };
    memset(t.zeros, 0, (size_t)s->c * sizeof *t.zeros);
    if (!p->bordered) {
        tables_run(run, &all, s->n);
        return;
    }
#pragma omp parallel for schedule(static, 1) num_threads(run->threads)
    for (int part = 0; part < run->threads; part++) {
        float *copy = t.parts + part * t.part + t.border;
        size_t end = share((size_t)s->n, part + 1, run->threads);
        for (size_t image = share((size_t)s->n, part, run->threads); image < end; image++) {
            struct direct one = all;
            border_copy(s, all.in + image * tables->in_image, copy);
            one.in = copy;
            one.out += image * tables->out_image;
            class_run(&one, tables->classes, 0, (size_t)tables->out_pixels);
        }
    }
}

/* dx [n, h, w, c]: each input gathers from the outputs that it took part in, so that threads share out inputs and no
 * two write to the same place. */
void conv_direct_data(const struct conv_call *call, const struct conv_variant *v)
{
    (void)v;
    const struct conv_plan *p = call->p;
    struct conv_scratch t = scratch_of(call->run, p);
    const struct direct all = { .tables = &p->backward,
                                .zeros = t.zeros,
                                .in = call->a,
                                .w = pack_weights(call->run, &p->backward, call->b, t.packed, true),
                                .out = call->out,
                                .add = call->add };
    memset(t.zeros, 0, (size_t)p->s.k * sizeof *t.zeros);
    tables_run(call->run, &all, p->s.n);
}

/* ---- gradient of the weights --------------------------------------------------------------------------- */

/* Pixels that a tap meets within a block: where their inputs and their rows of dy begin. */
struct meetings {
    const float *x[PIXELS_MOST], *dy[PIXELS_MOST];
    int count;
};

/* A register tile of the gradient at one tap: input channels from c on x output channels from k on. */
struct gradient_tile {
    int c, k;
    float *dw; /* [rows, ldw], from (c, k) on */
    int ldw;
    bool first; /* dw is filled, else added to */
};

/* dw[0..rows)[0..vecs * LANES) = (or +=) sum over meetings of x[c + row] * dy[k + lane]. The sums stay in registers
 * over all meetings; a pixel costs `vecs` loads of dy and `rows` broadcasts of x for rows * vecs multiply-adds. */
ALWAYS_INLINE void gradient_sums(const int rows, const int vecs, const struct meetings *m,
                                 const struct gradient_tile *tile)
{
    const int c = tile->c, k = tile->k, ldw = tile->ldw;
    const bool first = tile->first;
    float *dw = tile->dw;
    vec sum[TILE_CHANNELS][TILE_VECS];
    UNROLL for (int i = 0; i < rows; i++)
    {
        UNROLL for (int v = 0; v < vecs; v++) sum[i][v] = (vec){ 0 };
    }
    for (int p = 0; p < m->count; p++) {
        const float *x = m->x[p] + c, *dy = m->dy[p] + k;
        OPAQUE(x);
        OPAQUE(dy);
        vec row[TILE_VECS];
        UNROLL for (int v = 0; v < vecs; v++) row[v] = vec_load(dy + v * LANES);
        UNROLL for (int i = 0; i < rows; i++)
        {
            UNROLL for (int v = 0; v < vecs; v++) sum[i][v] += row[v] * x[i];
        }
    }
    UNROLL for (int i = 0; i < rows; i++)
    {
        UNROLL for (int v = 0; v < vecs; v++)
        {
            float *out = dw + (size_t)i * ldw + v * LANES;
            vec_store(out, first ? sum[i][v] : sum[i][v] + vec_load(out));
        }
    }
}

/* One function for each number of rows, by number of vectors. */
#define GRADIENT_TILES(X) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8) X(9) X(10) X(11) X(12)
#define GRADIENT_FUNCTIONS(n)                                                                                          \
    static void gradient_whole_##n(const struct meetings *m, const struct gradient_tile *tile)                         \
    {                                                                                                                  \
        gradient_sums(n <= TILE_CHANNELS ? n : 1, TILE_VECS, m, tile);                                                 \
    }                                                                                                                  \
    static void gradient_narrow_##n(const struct meetings *m, const struct gradient_tile *tile)                        \
    {                                                                                                                  \
        gradient_sums(n <= TILE_CHANNELS ? n : 1, 1, m, tile);                                                         \
    }
#define GRADIENT_ROW(n) { gradient_narrow_##n, gradient_whole_##n },
GRADIENT_TILES(GRADIENT_FUNCTIONS)
static void (*const gradient_tiles[][2])(const struct meetings *m,
                                         const struct gradient_tile *tile) = { GRADIENT_TILES(GRADIENT_ROW) };
_Static_assert(TILE_CHANNELS <= 12, "as many rows as GRADIENT_TILES has");

/* What one thread sums: pieces [piece, pieces_end) of each tap (tile of c x block of k), into dw. */
struct gradient {
    const struct conv_plan *p;
    float *dw, *rows;
    uint64_t seen; /* taps that hold a sum already */
    int piece, piece_end;
};

static int tiles_of_c(const struct conv_tables *tables)
{
    return ceil_div(tables->in_c, TILE_CHANNELS);
}

/* One tap: its pieces one after the other, so that the pixels of the block are read from cache for all but the first.
 */
static void gradient_tap(const struct gradient *g, const struct meetings *m, int tap)
{
    const struct conv_tables *tables = &g->p->forward;
    int tiles = tiles_of_c(tables);
    bool first = !(g->seen >> tap & 1);
    for (int piece = g->piece; piece < g->piece_end; piece++) {
        int c = (int)share((size_t)tables->in_c, piece % tiles, tiles);
        int rows = (int)share((size_t)tables->in_c, piece % tiles + 1, tiles) - c;
        int k = piece / tiles * BLOCK_K, lanes = at_most(tables->out_c - k, BLOCK_K);
        float *dw = g->dw + ((size_t)tap * tables->in_c + c) * tables->out_c + k;
        if (lanes % LANES == 0) {
            gradient_tiles[rows - 1][lanes > LANES](m, &(struct gradient_tile){ c, k, dw, tables->out_c, first });
            continue;
        }
        float sums[TILE_CHANNELS][BLOCK_K];
        gradient_tiles[rows - 1][lanes > LANES](m, &(struct gradient_tile){ c, k, sums[0], BLOCK_K, .first = true });
        for (int i = 0; i < rows; i++) {
            float *row = dw + (size_t)i * tables->out_c;
            for (int l = 0; l < lanes; l++) row[l] = first ? sums[i][l] : row[l] + sums[i][l];
        }
    }
}

/* Add what pixels [from, end) of a class, counted over images, contribute. Blocks of pixels are the outer loop: their
 * inputs and rows of dy stay in the second cache while taps and pieces of dw pass over them. */
static void gradient_class(struct gradient *g, const struct conv_class *cls, const float *x, const float *dy,
                           size_t from, size_t end)
{
    const struct conv_tables *tables = &g->p->forward;
    int k = tables->out_c, wide = ceil_div(k, LANES) * LANES;
    size_t block = (size_t)(CHUNK_REALS / (tables->in_c + k));
    block = block > PIXELS_MOST ? PIXELS_MOST : block < 64 ? 64 : block;
    for (; from < end; from += block) {
        int pixels = (int)(end - from < block ? end - from : block);
        const float *image[PIXELS_MOST], *gradient[PIXELS_MOST];
        const int32_t *offsets[PIXELS_MOST];
        for (int i = 0; i < pixels; i++) {
            size_t n = (from + i) / cls->pixels, pixel = (from + i) % cls->pixels;
            image[i] = x + n * tables->in_image;
            offsets[i] = cls->in + pixel * cls->taps;
            gradient[i] = dy + n * tables->out_image + (size_t)cls->out[pixel] * k;
            if (wide == k) continue;
            float *row = g->rows + (size_t)i * wide; /* whole vectors may be read */
            memcpy(row, gradient[i], (size_t)k * sizeof *row);
            memset(row + k, 0, (size_t)(wide - k) * sizeof *row);
            gradient[i] = row;
        }
        for (int t = 0; t < cls->taps; t++) {
            struct meetings m;
            m.count = 0;
            for (int i = 0; i < pixels; i++) {
                int32_t offset = offsets[i][t];
                m.x[m.count] = image[i] + offset;
                m.dy[m.count] = gradient[i];
                m.count += offset >= 0;
            }
            gradient_tap(g, &m, cls->tap[t]);
            g->seen |= (uint64_t)1 << cls->tap[t];
        }
    }
}

/* One thread's part of all images. */
static void gradient_part(struct gradient *g, const float *x, const float *dy, float *copy, int part, int parts)
{
    const struct conv_plan *p = g->p;
    const struct conv_tables *tables = &p->forward;
    if (p->bordered) {
        size_t end = share((size_t)p->s.n, part + 1, parts);
        for (size_t image = share((size_t)p->s.n, part, parts); image < end; image++) {
            border_copy(&p->s, x + image * tables->in_image, copy);
            gradient_class(g, tables->classes, copy, dy + image * tables->out_image, 0, (size_t)tables->out_pixels);
        }
    } else {
        for (int i = 0; i < tables->class_count; i++) {
            size_t all = (size_t)tables->classes[i].pixels * p->s.n;
            gradient_class(g, &tables->classes[i], x, dy, share(all, part, parts), share(all, part + 1, parts));
        }
    }
    /* taps that met nothing but padding */
    struct meetings none = { .count = 0 };
    for (int tap = 0; tap < tables->taps; tap++) {
        if (!(g->seen >> tap & 1)) gradient_tap(g, &none, tap);
    }
}

/* dw [r, r, c, k]. Where dw is small, threads share out pixels, and copies of dw are added up in the order of threads;
 * where it is large, they share out pieces of dw, and each walks over all pixels. */
void conv_direct_weights(const struct conv_call *call, const struct conv_variant *v)
{
    (void)v;
    const struct kernel_run *run = call->run;
    const struct conv_plan *p = call->p;
    const float *x = call->a, *dy = call->b;
    float *dw = call->out;
    const struct conv_tables *tables = &p->forward;
    size_t count = (size_t)tables->taps * tables->in_c * tables->out_c;
    int parts = run->threads, pieces = tiles_of_c(tables) * ceil_div(tables->out_c, BLOCK_K);
    struct conv_scratch t = scratch_of(run, p);
#pragma omp parallel for schedule(static, 1) num_threads(parts)
    for (int part = 0; part < parts; part++) {
        float *own = t.parts + part * t.part;
        struct gradient g = { .p = p, .dw = dw, .rows = own + t.rows, .piece_end = pieces };
        if (p->split_pixels) {
            if (part > 0) g.dw = own + t.gradient; /* summed below, in the order of the threads */
            gradient_part(&g, x, dy, own + t.border, part, parts);
        } else {
            g.piece = (int)share((size_t)pieces, part, parts);
            g.piece_end = (int)share((size_t)pieces, part + 1, parts);
            gradient_part(&g, x, dy, own + t.border, 0, 1);
        }
    }
    if (!p->split_pixels || parts == 1) return;
#pragma omp parallel for schedule(static) num_threads(parts)
    for (size_t i = 0; i < count; i++) {
        for (int part = 1; part < parts; part++) dw[i] += t.parts[part * t.part + t.gradient + i];
    }
}
