/* How tiles go through the three steps of Winograd's convolution (to points, product, back) so that they stay in cache.
 *
 * blocks: each thread takes a block of tiles through all steps; weights are transformed before, by all. For few
 * channels and many tiles. slabs: all tiles (of a chunk) are transformed first, then each thread takes a slab of output
 * channels, makes its weights just before use and transforms the slab's outputs back: weights never leave the cache.
 * For many channels. Of the gradient of weights: blocks sum into a gradient of the thread's own; pieces are squares of
 * dw, which a thread sums over all tiles of a chunk. Sums have a fixed order: blocks are shared out beforehand. */
#include "engine/kernels/vector/winograd.h"

#include <assert.h>

enum {
    SLAB = 64,          /* channels: outputs of a slab, sides of a piece of dw */
    KIB = 1024 / 4,     /* reals                                       */
    STREAMED = 2 << 20, /* reals */
    PAD = 80,           /* reals that keep strides from powers of two: */
    THREAD_PAD = 1040,  /* of points, and of what threads have         */
};

bool winograd_fits(const struct conv_plan *p)
{
    return p->winograd != NULL;
}

static size_t points_stride(size_t rows, int row)
{
    return rows * (size_t)row + PAD;
}

static int whole_vecs(int channels)
{
    return ceil_div(channels, LANES) * LANES;
}

/* Rows that are walked down must not all fall into the same sets of the first cache. */
static int walked_row(int channels)
{
    return whole_vecs(channels) + (channels > 64 ? 16 : 0);
}

/* Tiles of a block: as many as fill `kib` of cache with `reals` each, at least 12 so that register tiles are full, and
 * such that each of `parts` threads has as many blocks. */
static int tiles_within(int kib, size_t reals, int tiles, int parts)
{
    int most = (int)((size_t)kib * KIB / reals);
    most = most < 12 ? 12 : most;
    int blocks = ceil_div(ceil_div(tiles, most), parts) * parts;
    return ceil_div(tiles, blocks);
}

/* Outputs that do not fit the caches anyway are written past them, which saves reading what they replace. */
static bool streams(const struct conv_plan *p, const struct conv_call *call, int channels)
{
    size_t reals = (size_t)p->s.n * p->s.h * p->s.w * channels;
    return !call->add && reals > STREAMED && channels % LANES == 0 && (uintptr_t)call->out % KERNEL_BYTES == 0;
}

/* Rows of a point that a range of tiles has. */
static int rows_of(const struct winograd *g, int point, int from, int end)
{
    int group = winograd_point_group(point / g->axis, point % g->axis);
    return winograd_before(g, end, group) - winograd_before(g, from, group);
}

/* ---- forward and data ---------------------------------------------------------------------------------- */

/* One direction: channels in and out, how many tiles at once, and where its parts of the scratch begin. */
struct layout {
    const struct winograd *g;
    int points, in, out, tiles, chunks, panels, slab_panels;
    int v_row, m_row;
    size_t v_stride, u_stride, m_stride; /* between points */
    size_t zeros, u, v, thread, own;     /* reals of each part; `thread` of them for each thread from `own` on */
    size_t thread_m, thread_unused;      /* where these begin within a thread's part                           */
};

/* What both schedules have in common. */
static void layout_common(struct layout *t, const struct conv_plan *p, int direction)
{
    const struct conv_shape *s = &p->s;
    *t = (struct layout){ .g = p->winograd,
                          .in = direction == CONV_DATA ? s->k : s->c,
                          .out = direction == CONV_DATA ? s->c : s->k };
    t->points = t->g->axis * t->g->axis;
    t->panels = ceil_div(t->out, PANEL);
    t->slab_panels = at_most(SLAB / PANEL, t->panels);
    t->v_row = whole_vecs(t->in);
    t->u_stride = points_stride((size_t)t->in, PANEL);
    t->zeros = aligned_reals((size_t)t->v_row);
}

static size_t layout_reals(const struct layout *t, int threads)
{
    return t->own + (size_t)threads * t->thread;
}

static struct layout blocks_of(const struct conv_plan *p, const struct conv_variant *v)
{
    struct layout t;
    layout_common(&t, p, v->direction);
    t.m_row = whole_vecs(t.out);
    t.tiles = tiles_within(v->kib, (size_t)t.points * (size_t)(t.v_row + t.m_row), t.g->tiles, p->threads);
    t.chunks = ceil_div(t.g->tiles, t.tiles);
    t.v_stride = points_stride((size_t)t.tiles, t.v_row);
    t.m_stride = points_stride((size_t)t.tiles, t.m_row);
    t.u = (size_t)t.panels * t.points * t.u_stride;
    t.own = t.zeros + t.u;
    t.thread_m = t.points * t.v_stride;
    t.thread_unused = t.thread_m + t.points * t.m_stride;
    t.thread = aligned_reals(t.thread_unused + (size_t)t.m_row) + THREAD_PAD;
    return t;
}

size_t winograd_blocks_scratch(const struct conv_plan *p, const struct conv_variant *v)
{
    struct layout t = blocks_of(p, v);
    return layout_reals(&t, p->threads);
}

/* Which tiles and which panels of outputs are multiplied at once. */
struct range {
    int from, end;     /* tiles, counted over images */
    int panel, panels; /* the first one, and how many */
};

/* M = V U at all points: v [points][tiles, v_row], u [panels][points][in, vectors of a panel], m [points][tiles,
 * m_row], each with its stride between points. */
static void multiply(const struct layout *t, const struct range *r, const float *v, const float *u, float *m)
{
    for (int point = 0; point < t->points; point++) {
        int rows = rows_of(t->g, point, r->from, r->end);
        if (!rows) continue;
        for (int i = 0; i < r->panels; i++) {
            int vecs = panel_vecs(t->out, (r->panel + i) * PANEL);
            panel_multiply(&(struct panel_product){ .rows = rows,
                                                    .vecs = vecs,
                                                    .depth = t->in,
                                                    .a = v + point * t->v_stride,
                                                    .lda = (size_t)t->v_row,
                                                    .b = u + ((size_t)i * t->points + point) * t->u_stride,
                                                    .ldb = (size_t)vecs * LANES,
                                                    .c = m + point * t->m_stride + i * PANEL,
                                                    .ldc = (size_t)t->m_row });
        }
    }
}

/* All weights are transformed first, by all threads. Then a thread takes its blocks of tiles one after the other
 * through the three steps; points of a block (v and m) stay in its second cache, and U is read from the shared one. */
void winograd_blocks(const struct conv_call *call, const struct conv_variant *v)
{
    const struct layout t = blocks_of(call->p, v);
    const struct kernel_run *run = call->run;
    float *zeros = run->scratch, *u = zeros + t.zeros;
    const struct winograd_taps taps = { call->b, t.in, t.out, .turned = v->direction == CONV_DATA };
    int groups = ceil_div(t.in, LANES);
    assert(run->threads <= call->p->threads);
    memset(zeros, 0, t.zeros * sizeof *zeros);
#pragma omp parallel num_threads(run->threads)
    {
#pragma omp for schedule(static)
        for (int unit = 0; unit < t.panels * groups; unit++) {
            int panel = unit / groups, c = unit % groups * LANES;
            const struct winograd_panel to = {
                .axis = t.g->axis, .index = panel, .u = u + (size_t)panel * t.points * t.u_stride, .stride = t.u_stride
            };
            winograd_weights(&taps, &to, c, at_most(c + LANES, t.in));
        }
        /* a part a thread, whichever takes it: each has scratch of its own */
#pragma omp for schedule(static, 1)
        for (int part = 0; part < run->threads; part++) {
            float *own = run->scratch + t.own + part * t.thread;
            struct winograd_move in = { .g = t.g,
                                        .map = (float *)call->a,
                                        .pixel = t.in,
                                        .channels = t.in,
                                        .outside = zeros,
                                        .points = own,
                                        .stride = t.v_stride,
                                        .row = t.v_row };
            struct winograd_move out = { .g = t.g,
                                         .map = call->out,
                                         .pixel = t.out,
                                         .channels = t.out,
                                         .outside = own + t.thread_unused,
                                         .points = own + t.thread_m,
                                         .stride = t.m_stride,
                                         .row = t.m_row,
                                         .add = call->add,
                                         .stream = streams(call->p, call, t.out) };
            int last = (int)share((size_t)t.chunks, part + 1, run->threads);
            for (int block = (int)share((size_t)t.chunks, part, run->threads); block < last; block++) {
                int from = block * t.tiles, end = at_most(from + t.tiles, t.g->tiles);
                const struct range all = { from, end, 0, t.panels };
                in.first = out.first = from;
                for (int tile = from; tile < end; tile++) winograd_input(&in, tile);
                multiply(&t, &all, in.points, u, out.points);
                for (int tile = from; tile < end; tile++) winograd_output(&out, tile);
            }
            if (out.stream) vec_fence();
        }
    }
}

static struct layout slabs_of(const struct conv_plan *p, const struct conv_variant *v)
{
    struct layout t;
    layout_common(&t, p, v->direction);
    t.m_row = t.slab_panels * PANEL;
    t.tiles = tiles_within(v->kib, (size_t)t.points * (size_t)t.v_row, t.g->tiles, 1);
    t.chunks = ceil_div(t.g->tiles, t.tiles);
    t.v_stride = points_stride((size_t)t.tiles, t.v_row);
    t.m_stride = points_stride((size_t)t.tiles, t.m_row);
    t.v = aligned_reals(t.points * t.v_stride);
    t.own = t.zeros + t.v;
    t.thread_m = (size_t)t.slab_panels * t.points * t.u_stride;
    t.thread_unused = t.thread_m + t.points * t.m_stride;
    t.thread = aligned_reals(t.thread_unused + (size_t)t.m_row) + THREAD_PAD;
    return t;
}

size_t winograd_slabs_scratch(const struct conv_plan *p, const struct conv_variant *v)
{
    struct layout t = slabs_of(p, v);
    return layout_reals(&t, p->threads);
}

/* Outputs of one slab (the panels of r) for the tiles of r, whose points are v; own: the thread's part of the scratch.
 */
static void slab(const struct conv_call *call, const struct layout *t, const struct winograd_taps *taps,
                 const struct range *r, const float *v, float *own)
{
    int panels = r->panels, first = r->panel * PANEL;
    for (int i = 0; i < panels; i++) {
        const struct winograd_panel to = { .axis = t->g->axis,
                                           .index = r->panel + i,
                                           .u = own + (size_t)i * t->points * t->u_stride,
                                           .stride = t->u_stride };
        winograd_weights(taps, &to, 0, t->in);
    }
    multiply(t, r, v, own, own + t->thread_m);
    struct winograd_move out = { .g = t->g,
                                 .first = r->from,
                                 .map = call->out + first,
                                 .pixel = t->out,
                                 .channels = at_most(t->out - first, panels * PANEL),
                                 .outside = own + t->thread_unused,
                                 .points = own + t->thread_m,
                                 .stride = t->m_stride,
                                 .row = t->m_row,
                                 .add = call->add,
                                 .stream = streams(call->p, call, t->out) };
    for (int tile = r->from; tile < r->end; tile++) winograd_output(&out, tile);
    if (out.stream) vec_fence();
}

/* For each chunk of tiles: all threads transform pixels to points; then each takes slabs of outputs, whose weights it
 * transforms, multiplies and uses up. V is shared, and read from the last cache once a slab. */
void winograd_slabs(const struct conv_call *call, const struct conv_variant *v)
{
    const struct layout t = slabs_of(call->p, v);
    const struct winograd_taps taps = { call->b, t.in, t.out, .turned = v->direction == CONV_DATA };
    const struct kernel_run *run = call->run;
    int slabs = ceil_div(t.panels, t.slab_panels);
    float *zeros = run->scratch;
    assert(run->threads <= call->p->threads);
    memset(zeros, 0, t.zeros * sizeof *zeros);
#pragma omp parallel num_threads(run->threads)
    for (int from = 0; from < t.g->tiles; from += t.tiles) {
        int end = at_most(from + t.tiles, t.g->tiles);
        struct winograd_move in = { .g = t.g,
                                    .first = from,
                                    .map = (float *)call->a,
                                    .pixel = t.in,
                                    .channels = t.in,
                                    .outside = zeros,
                                    .points = zeros + t.zeros,
                                    .stride = t.v_stride,
                                    .row = t.v_row };
#pragma omp for schedule(static)
        for (int tile = from; tile < end; tile++) winograd_input(&in, tile);
#pragma omp for schedule(static, 1)
        for (int part = 0; part < run->threads; part++) {
            int last = (int)share((size_t)slabs, part + 1, run->threads);
            for (int i = (int)share((size_t)slabs, part, run->threads); i < last; i++) {
                int panel = i * t.slab_panels;
                const struct range r = { from, end, panel, at_most(t.slab_panels, t.panels - panel) };
                slab(call, &t, &taps, &r, in.points, run->scratch + t.own + part * t.thread);
            }
        }
    }
}

/* ---- gradient of weights ------------------------------------------------------------------------------- */

/* Tiles at once, rows of V and D and of the gradient's points, and parts of the scratch. */
struct sums {
    const struct winograd *g;
    int points, c, k, tiles, chunks;
    int v_row, d_row, u_row;
    size_t v_stride, d_stride, u_stride;
    size_t zeros, d, v, own, thread; /* as in struct layout */
    size_t thread_v, thread_d;
    int piece_c, piece_k;
};

static void sums_common(struct sums *t, const struct conv_plan *p, const struct conv_variant *v, int parts)
{
    const struct conv_shape *s = &p->s;
    *t = (struct sums){ .g = p->winograd, .c = s->c, .k = s->k };
    t->points = t->g->axis * t->g->axis;
    t->v_row = walked_row(s->c);
    t->d_row = walked_row(s->k);
    t->tiles = tiles_within(v->kib, (size_t)t->points * (size_t)(t->v_row + t->d_row), t->g->tiles, parts);
    t->chunks = ceil_div(t->g->tiles, t->tiles);
    t->v_stride = points_stride((size_t)t->tiles, t->v_row);
    t->d_stride = points_stride((size_t)t->tiles, t->d_row);
    t->zeros = aligned_reals((size_t)(s->c > s->k ? s->c : s->k) + LANES);
}

static struct winograd_move pixels_of_x(const struct conv_call *call, const struct sums *t, float *points)
{
    return (struct winograd_move){ .g = t->g,
                                   .map = (float *)call->a,
                                   .pixel = t->c,
                                   .channels = t->c,
                                   .outside = call->run->scratch,
                                   .points = points,
                                   .stride = t->v_stride,
                                   .row = t->v_row };
}

static struct winograd_move pixels_of_dy(const struct conv_call *call, const struct sums *t, float *points)
{
    return (struct winograd_move){ .g = t->g,
                                   .map = (float *)call->b,
                                   .pixel = t->k,
                                   .channels = t->k,
                                   .outside = call->run->scratch,
                                   .points = points,
                                   .stride = t->d_stride,
                                   .row = t->d_row };
}

/* A rectangle of the gradient: input channels [c, c + rows) x output channels [k, k + lanes). */
struct piece {
    int c, rows, k, lanes;
    float *du; /* [points][rows, u_row]: filled; borrowed */
    bool add;  /* or added to                             */
};

/* du = (or +=) V' D at all points, over the tiles from x->first to `end`, whose points x and dy hold. */
static void sum_tiles(const struct sums *t, const struct winograd_move *x, const struct winograd_move *dy, int end,
                      const struct piece *p)
{
    for (int point = 0; point < t->points; point++) {
        int depth = rows_of(t->g, point, x->first, end);
        if (!depth && p->add) continue;
        for (int panel = 0; panel < p->lanes; panel += PANEL) {
            panel_sum(&(struct panel_product){ .rows = p->rows,
                                               .vecs = panel_vecs(p->lanes, panel),
                                               .depth = depth,
                                               .a = x->points + point * t->v_stride + p->c,
                                               .lda = (size_t)t->v_row,
                                               .b = dy->points + point * t->d_stride + p->k + panel,
                                               .ldb = (size_t)t->d_row,
                                               .c = p->du + point * t->u_stride + panel,
                                               .ldc = (size_t)t->u_row,
                                               .mode = p->add ? PANEL_ADD : PANEL_SET });
        }
    }
}

static struct sums own_of(const struct conv_plan *p, const struct conv_variant *v)
{
    struct sums t;
    sums_common(&t, p, v, p->threads);
    t.u_row = whole_vecs(t.k);
    t.u_stride = points_stride((size_t)t.c, t.u_row);
    t.own = t.zeros;
    t.thread_v = t.points * t.u_stride;
    t.thread_d = t.thread_v + t.points * t.v_stride;
    t.thread = aligned_reals(t.thread_d + t.points * t.d_stride) + THREAD_PAD;
    return t;
}

size_t winograd_sums_scratch(const struct conv_plan *p, const struct conv_variant *v)
{
    struct sums t = own_of(p, v);
    return t.own + (size_t)p->threads * t.thread;
}

/* Blocks: each thread sums dU of all channels over its blocks of tiles, in a place of its own; the copies are added up
 * in the order of threads while they are transformed to dw. */
void winograd_sums(const struct conv_call *call, const struct conv_variant *v)
{
    const struct sums t = own_of(call->p, v);
    const struct kernel_run *run = call->run;
    float *first = run->scratch + t.own;
    size_t tap = (size_t)t.c * t.k;
    assert(run->threads <= call->p->threads);
    memset(run->scratch, 0, t.zeros * sizeof(float));
#pragma omp parallel num_threads(run->threads)
    {
#pragma omp for schedule(static, 1)
        for (int part = 0; part < run->threads; part++) {
            float *own = first + part * t.thread;
            struct winograd_move x = pixels_of_x(call, &t, own + t.thread_v),
                                 dy = pixels_of_dy(call, &t, own + t.thread_d);
            int begin = (int)share((size_t)t.chunks, part, run->threads);
            int last = (int)share((size_t)t.chunks, part + 1, run->threads);
            if (begin == last) memset(own, 0, t.thread_v * sizeof *own);
            for (int block = begin; block < last; block++) {
                int from = block * t.tiles, end = at_most(from + t.tiles, t.g->tiles);
                x.first = dy.first = from;
                for (int tile = from; tile < end; tile++) {
                    winograd_input(&x, tile);
                    winograd_gradient(&dy, tile);
                }
                sum_tiles(&t, &x, &dy, end, &(struct piece){ 0, t.c, 0, t.k, own, .add = block > begin });
            }
        }
#pragma omp for schedule(static)
        for (int c = 0; c < t.c; c++) {
            const struct winograd_sums_at_points from = { .axis = t.g->axis,
                                                          .du = first + (size_t)c * t.u_row,
                                                          .stride = t.u_stride,
                                                          .row = t.u_row,
                                                          .copies = run->threads,
                                                          .copy = t.thread };
            const struct winograd_block to = { call->out + (size_t)c * t.k, tap, t.k, .rows = 1, .lanes = t.k };
            winograd_weights_gradient(&from, &to);
        }
    }
}

static struct sums pieces_of(const struct conv_plan *p, const struct conv_variant *v)
{
    struct sums t;
    sums_common(&t, p, v, 1);
    t.piece_c = at_most(t.c, SLAB);
    t.piece_k = at_most(whole_vecs(t.k), SLAB);
    t.u_row = t.piece_k;
    t.u_stride = points_stride((size_t)t.piece_c, t.u_row);
    t.v = t.points * t.v_stride + THREAD_PAD;
    t.d = t.points * t.d_stride + THREAD_PAD;
    t.own = aligned_reals(t.zeros + t.v + t.d);
    t.thread = aligned_reals(t.points * t.u_stride) + THREAD_PAD;
    return t;
}

size_t winograd_pieces_scratch(const struct conv_plan *p, const struct conv_variant *v)
{
    struct sums t = pieces_of(p, v);
    return t.own + (size_t)p->threads * t.thread;
}

/* Pieces: dU of all channels would not fit a cache a thread. All threads transform a chunk of tiles; then each takes
 * squares of dw, sums them over the tiles of the chunk and transforms them back while they are in its first caches. The
 * first chunk fills dw, the others add. */
void winograd_pieces(const struct conv_call *call, const struct conv_variant *v)
{
    const struct sums t = pieces_of(call->p, v);
    const struct kernel_run *run = call->run;
    int pieces_k = ceil_div(t.k, t.piece_k), pieces = ceil_div(t.c, t.piece_c) * pieces_k;
    assert(run->threads <= call->p->threads);
    memset(run->scratch, 0, t.zeros * sizeof(float));
    struct winograd_move x = pixels_of_x(call, &t, run->scratch + t.zeros);
    struct winograd_move dy = pixels_of_dy(call, &t, run->scratch + t.zeros + t.v);
    for (int from = 0; from < t.g->tiles; from += t.tiles) {
        int end = at_most(from + t.tiles, t.g->tiles);
        x.first = dy.first = from;
#pragma omp parallel num_threads(run->threads)
        {
#pragma omp for schedule(static)
            for (int tile = from; tile < end; tile++) {
                winograd_input(&x, tile);
                winograd_gradient(&dy, tile);
            }
#pragma omp for schedule(static, 1)
            for (int part = 0; part < run->threads; part++) {
                float *du = run->scratch + t.own + part * t.thread;
                int last = (int)share((size_t)pieces, part + 1, run->threads);
                for (int i = (int)share((size_t)pieces, part, run->threads); i < last; i++) {
                    int c = i / pieces_k * t.piece_c, k = i % pieces_k * t.piece_k;
                    const struct piece piece = { c,    at_most(t.piece_c, t.c - c), k, at_most(t.piece_k, t.k - k), du,
                                                 false };
                    const struct winograd_sums_at_points at = { t.g->axis, du, t.u_stride, t.u_row, .copies = 1 };
                    const struct winograd_block to = { .dw = call->out + (size_t)c * t.k + k,
                                                       .tap = (size_t)t.c * t.k,
                                                       .out = t.k,
                                                       .rows = piece.rows,
                                                       .lanes = piece.lanes,
                                                       .add = from > 0 };
                    sum_tiles(&t, &x, &dy, end, &piece);
                    winograd_weights_gradient(&at, &to);
                }
            }
        }
    }
}
