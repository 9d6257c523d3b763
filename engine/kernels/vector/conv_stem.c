/* The stem: 7x7, stride 2, one to three input channels. A band of rows is copied with its border; then a row of taps is
 * one run of 7 c reals, and neighbouring pixels lie 2 c apart, so that a register tile of pixels needs one pointer. */
#include "engine/kernels/vector/conv.h"
#include "engine/kernels/vector/panel.h"

#include <assert.h>
#include <stdint.h>

enum {
    SIDE = 7,
    STRIDE = 2,
    BAND = 16,          /* output rows whose input is copied at once            */
    SLACK = 128,        /* reals that a tile beyond the end of a row may read   */
    STREAMED = 2 << 20, /* reals of an output that is written past the caches   */
};

bool conv_stem_fits(const struct conv_plan *p)
{
    return p->s.r == SIDE && p->s.stride == STRIDE && p->s.c <= 3;
}

/* ---- what threads share and own ------------------------------------------------------------------------- */

struct stem {
    int c, k, run, wide; /* channels, reals of a row of taps, k in whole vectors */
    int bands;           /* of an image */
    size_t row;          /* reals of a bordered row */
    bool stream;         /* outputs are written past the caches */
    size_t weights, own, thread, thread_sums, thread_dy;
};

static struct stem stem_of(const struct conv_plan *p)
{
    const struct conv_shape *s = &p->s;
    struct stem t = { .c = s->c, .k = s->k, .run = SIDE * s->c, .wide = ceil_div(s->k, LANES) * LANES };
    t.bands = ceil_div(p->oh, BAND);
    t.row = (size_t)(s->w + 2 * s->pad) * s->c;
    t.weights = aligned_reals((size_t)SIDE * t.run * t.wide);
    t.own = t.weights;
    t.thread_sums = aligned_reals((BAND * STRIDE + SIDE) * t.row + SLACK);
    t.thread_dy = t.thread_sums + t.weights;
    t.thread = t.thread_dy + (t.k % LANES ? aligned_reals((size_t)p->ow * t.wide) : 0);
    return t;
}

size_t conv_stem_scratch(const struct conv_plan *p, const struct conv_variant *v)
{
    (void)v;
    struct stem t = stem_of(p);
    return t.own + (size_t)p->threads * t.thread;
}

/* Input rows [from, end) of an image, counted with the border, each with its border. */
static void copy_band(const struct conv_shape *s, const float *image, int from, int end, float *out)
{
    size_t inner = (size_t)s->w * s->c, edge = (size_t)s->pad * s->c;
    for (int y = from - s->pad; y < end - s->pad; y++, out += inner + 2 * edge) {
        if (y < 0 || y >= s->h) {
            memset(out, 0, (inner + 2 * edge) * sizeof *out);
            continue;
        }
        memset(out, 0, edge * sizeof *out);
        memcpy(out + edge, image + (size_t)y * inner, inner * sizeof *out);
        memset(out + edge + inner, 0, edge * sizeof *out);
    }
}

/* ---- forward -------------------------------------------------------------------------------------------- */

/* A register tile: some neighbouring pixels of one row of outputs x a panel of channels. */
struct stem_tile {
    const float *in; /* first tap of the first pixel in the bordered rows, `row` reals apart */
    size_t row;
    const float *w; /* a packed panel [7, 7, c, vectors of the panel] */
    float *out;     /* [pixels, step]: filled */
    size_t step;
    int valid;   /* pixels that are written: the tile may reach beyond the end of the row */
    bool stream; /* past the caches */
};

/* The sums of all pixels stay in registers over all taps; the weights of a tap are loaded once for all pixels. */
ALWAYS_INLINE void stem_sums(const int c, const int pixels, const int vecs, const struct stem_tile *tile)
{
    const float *in = tile->in, *w = tile->w;
    float *out = tile->out;
    const size_t row = tile->row, step = tile->step;
    const int valid = tile->valid;
    const bool stream = tile->stream;
    vec sum[PANEL_ROWS][PANEL_VECS];
    UNROLL for (int p = 0; p < pixels; p++)
    {
        UNROLL for (int v = 0; v < vecs; v++) sum[p][v] = (vec){ 0 };
    }
    for (int t = 0; t < SIDE; t++, in += row) {
        for (int i = 0; i < SIDE * c; i++, w += vecs * LANES) {
            vec weights[PANEL_VECS];
            UNROLL for (int v = 0; v < vecs; v++) weights[v] = vec_load(w + v * LANES);
            UNROLL for (int p = 0; p < pixels; p++)
            {
                float x = in[p * STRIDE * c + i];
                UNROLL for (int v = 0; v < vecs; v++) sum[p][v] += weights[v] * x;
            }
        }
    }
    UNROLL for (int p = 0; p < pixels; p++)
    {
        UNROLL for (int v = 0; v < vecs; v++)
        {
            if (p >= valid) continue;
            if (stream) {
                vec_stream(out + p * step + v * LANES, sum[p][v]);
            } else {
                vec_store(out + p * step + v * LANES, sum[p][v]);
            }
        }
    }
}

typedef void stem_function(const struct stem_tile *tile);

#define STEM_VECS(v) ((v) > PANEL_VECS ? 1 : (v))
#define STEM_FUNCTION(c, v)                                                                                            \
    static void stem_##c##_##v(const struct stem_tile *tile)                                                           \
    {                                                                                                                  \
        stem_sums(c, ROWS_OF_##v, STEM_VECS(v), tile);                                                                 \
    }
#define STEM_ENTRY(c, v) [c][STEM_VECS(v)] = stem_##c##_##v,
#if KERNEL_BYTES == 64 || defined(__aarch64__)
#define STEM_TILES(X, c) X(c, 1) X(c, 2) X(c, 3) X(c, 4)
#else
#define STEM_TILES(X, c) X(c, 1) X(c, 2)
#endif
/* clang-format off */
STEM_TILES(STEM_FUNCTION, 1)
STEM_TILES(STEM_FUNCTION, 2)
STEM_TILES(STEM_FUNCTION, 3)
static stem_function *const stem_tiles[4][PANEL_VECS + 1] = {
    STEM_TILES(STEM_ENTRY, 1) STEM_TILES(STEM_ENTRY, 2) STEM_TILES(STEM_ENTRY, 3)
};
/* clang-format on */

/* [7 * run, k] to panels [7 * run][vectors of the panel], zeros beyond k. */
static void pack(const struct stem *t, const float *w, float *out)
{
    for (int first = 0; first < t->k; first += PANEL) {
        int width = panel_vecs(t->k, first) * LANES, lanes = at_most(width, t->k - first);
        for (int i = 0; i < SIDE * t->run; i++, out += width) {
            memcpy(out, w + (size_t)i * t->k + first, (size_t)lanes * sizeof *out);
            for (int l = lanes; l < width; l++) out[l] = 0;
        }
    }
}

/* One row of outputs [ow, k] of the panel that begins at channel `first`. in: the bordered rows [7, t->row] below it.
 */
static void stem_row(const struct stem *t, const float *in, const float *packed, float *out, int first, int ow)
{
    float lent[PANEL_ROWS * PANEL] __attribute__((aligned(KERNEL_BYTES)));
    int vecs = panel_vecs(t->k, first), pixels = panel_rows(vecs), lanes = at_most(vecs * LANES, t->k - first);
    bool whole = lanes % LANES == 0;
    stem_function *function = stem_tiles[t->c][vecs];
    for (int x = 0; x < ow; x += pixels) {
        float *place = out + (size_t)x * t->k + first;
        const struct stem_tile tile = { .in = in + (size_t)x * STRIDE * t->c,
                                        .row = t->row,
                                        .w = packed + (size_t)SIDE * t->run * first,
                                        .out = whole ? place : lent,
                                        .step = whole ? (size_t)t->k : PANEL,
                                        .valid = at_most(pixels, ow - x),
                                        .stream = whole && t->stream };
        function(&tile);
        for (int p = 0; !whole && p < tile.valid; p++)
            memcpy(place + (size_t)p * t->k, lent + p * PANEL, (size_t)lanes * sizeof *place);
    }
}

/* Bands of output rows are shared out to threads. A band's input is copied once with its border; each of its rows then
 * meets all panels of outputs while it is in the first cache. */
void conv_stem_forward(const struct conv_call *call, const struct conv_variant *v)
{
    (void)v;
    const struct conv_plan *p = call->p;
    const struct conv_shape *s = &p->s;
    struct stem t = stem_of(p);
    float *weights = call->run->scratch;
    size_t units = (size_t)s->n * t.bands;
    t.stream =
        (size_t)s->n * p->oh * p->ow * s->k > STREAMED && s->k % LANES == 0 && (uintptr_t)call->out % KERNEL_BYTES == 0;
    assert(call->run->threads <= p->threads);
    pack(&t, call->b, weights);
#pragma omp parallel for schedule(static, 1) num_threads(call->run->threads)
    for (int part = 0; part < call->run->threads; part++) {
        float *copy = call->run->scratch + t.own + part * t.thread;
        size_t end = share(units, part + 1, call->run->threads);
        memset(copy, 0, t.thread_sums * sizeof *copy); /* tiles read beyond what is copied */
        for (size_t unit = share(units, part, call->run->threads); unit < end; unit++) {
            size_t image = unit / t.bands;
            int from = (int)(unit % t.bands) * BAND, last = at_most(from + BAND, p->oh);
            copy_band(s, call->a + image * s->h * s->w * s->c, from * STRIDE, (last - 1) * STRIDE + SIDE, copy);
            for (int y = from; y < last; y++) {
                float *out = call->out + ((image * p->oh + y) * p->ow) * s->k;
                for (int first = 0; first < s->k; first += PANEL) {
                    stem_row(&t, copy + (size_t)(y - from) * STRIDE * t.row, weights, out, first, p->ow);
                }
            }
        }
        if (t.stream) vec_fence();
    }
}

/* ---- gradient of weights -------------------------------------------------------------------------------- */

/* What one row of outputs contributes to sums [7, run, wide]: added, or, where `add` is false, the first of it. in: the
 * bordered rows [7, t->row] below its taps; dy [ow, t->wide]. */
static void sum_row(const struct stem *t, const float *in, const float *dy, int ow, float *sums, bool add)
{
    for (int first = 0; first < t->k; first += PANEL) {
        for (int tap = 0; tap < SIDE; tap++) {
            panel_sum(&(struct panel_product){ .rows = t->run,
                                               .vecs = panel_vecs(t->k, first),
                                               .depth = ow,
                                               .a = in + tap * t->row,
                                               .lda = (size_t)STRIDE * t->c,
                                               .b = dy + first,
                                               .ldb = (size_t)t->wide,
                                               .c = sums + (size_t)tap * t->run * t->wide + first,
                                               .ldc = (size_t)t->wide,
                                               .mode = add ? PANEL_ADD : PANEL_SET });
        }
    }
}

/* Bands [unit, end), counted over images, into the thread's own sums. The register tiles are taps x output channels,
 * summed over a row of outputs. */
static void sum_bands(const struct conv_call *call, const struct stem *t, size_t unit, size_t end, float *own)
{
    const struct conv_plan *p = call->p;
    const struct conv_shape *s = &p->s;
    float *sums = own + t->thread_sums, *padded = own + t->thread_dy;
    bool add = false;
    for (; unit < end; unit++) {
        size_t image = unit / t->bands;
        int from = (int)(unit % t->bands) * BAND, last = at_most(from + BAND, p->oh);
        copy_band(s, call->a + image * s->h * s->w * s->c, from * STRIDE, (last - 1) * STRIDE + SIDE, own);
        for (int y = from; y < last; y++, add = true) {
            const float *dy = call->b + ((image * p->oh + y) * p->ow) * s->k;
            for (int x = 0; t->k % LANES && x < p->ow; x++) { /* whole vectors are read */
                memcpy(padded + (size_t)x * t->wide, dy + (size_t)x * t->k, (size_t)t->k * sizeof *dy);
                memset(padded + (size_t)x * t->wide + t->k, 0, (size_t)(t->wide - t->k) * sizeof *dy);
            }
            sum_row(t, own + (size_t)(y - from) * STRIDE * t->row, t->k % LANES ? padded : dy, p->ow, sums, add);
        }
    }
    if (!add) memset(sums, 0, t->weights * sizeof *sums);
}

/* Each thread sums over its bands; the copies are added up in the order of threads. */
void conv_stem_weights(const struct conv_call *call, const struct conv_variant *v)
{
    (void)v;
    const struct conv_plan *p = call->p;
    const struct stem t = stem_of(p);
    int parts = call->run->threads;
    size_t units = (size_t)p->s.n * t.bands;
    float *first = call->run->scratch + t.own;
    assert(parts <= p->threads);
#pragma omp parallel for schedule(static, 1) num_threads(parts)
    for (int part = 0; part < parts; part++) {
        sum_bands(call, &t, share(units, part, parts), share(units, part + 1, parts), first + part * t.thread);
    }
    for (int i = 0; i < SIDE * t.run; i++) {
        for (int k = 0; k < t.k; k++) {
            float sum = 0;
            for (int part = 0; part < parts; part++)
                sum += first[part * t.thread + t.thread_sums + (size_t)i * t.wide + k];
            call->out[(size_t)i * t.k + k] = sum;
        }
    }
}
