/* The end of a stage, backward: three passes over the gradient of the map of an image, one over all images.
 *
 * 1. the gradient of the map, from the max-pool and the cells, a row at a time; du of its pixels: dstat follows
 * 2. below the spatial gate; sums for the channel gate: dpooled follows
 * 3. below the channel gate and the ReLU; sums for the norm
 * 4. below the norm, once the sums of its group are whole
 *
 * The gradient stays in one place all the way: dresidual, or dx where there is none. */
#include "engine/kernels/vector/stage.h"

#include <math.h>

#include "engine/kernels/naive/naive.h"

/* One image on its way back: all pointers are those of the image. Borrowed. */
struct image_gradient {
    const struct stage_shape *s;
    struct gate_plane plane;
    struct stage_map map;
    const float *dy;           /* [h, w, c], or [oh, ow, c] before a max-pool            */
    const float *dcells;       /* [cells, cells, c]; NULL: none                          */
    const uint8_t *tap;        /* [oh, ow, c]: of the max-pool                           */
    float *dmap;               /* [h, w, c]: the gradient, in place from pass to pass    */
    const float *stat;         /* [h, w, 2]: what the gate kept, as in struct gate_saved */
    const float *spatial;      /* [h, w]                                                 */
    const float *spatial_rest; /* [h, w]: 1 - spatial                                    */
    const float *gate;         /* [c]                                                    */
    const float *gate_rest;    /* [c]: 1 - gate                                          */
    const float *top;          /* [c]: the maximum over positions                        */
    const int32_t *largest;    /* [h, w]                                                 */
    const float *mean;         /* [c]: of the norm, of the image's group                 */
    /* made on the way, none of it without a gate: */
    const float *dstat; /* [h, w, 2]                                  */
    float *dgate;       /* [c]: before the sigmoid                    */
    float *tops;        /* [c]: positions that attain the maximum     */
    float *dmean;       /* [c]: what each position gets of the mean   */
    float *dtop;        /* [c]: what each of the tops gets            */
    double *sums;       /* [2, c]: for the norm                       */
};

/* ---- 1: the gradient of the map ------------------------------------------------------------------------ */

/* A row of windows of the max-pool above a row of the map. Borrowed. */
struct window_row {
    int w, ow, c;
    const float *dy;     /* [ow, c]                                                    */
    const int32_t *taps; /* [ow, c]: which tap of its window holds the maximum          */
    int first;           /* the row of the map lies under taps first to first + 2       */
    float *row;          /* [w, c]: added to                                            */
};

ALWAYS_INLINE void scatter_vecs(const bool whole, const struct window_row *r, int at)
{
    const int w = r->w, ow = r->ow, c = r->c, left = c - at, first = r->first;
    const float *dy = r->dy;
    const int32_t *taps = r->taps;
    float *row = r->row;
    const ivec before = (ivec){ 0 } + first, here = before + 1, behind = before + 2;
    for (int ox = 0; ox < ow; ox++) {
        vec g = vec_read(whole, dy + (size_t)ox * c + at, left);
        ivec t = (ivec)vec_read(whole, (const float *)(const void *)taps + (size_t)ox * c + at, left);
        float *to = row + 2 * (size_t)ox * c + at;
        if (ox > 0)
            vec_write(whole, to - c, vec_read(whole, to - c, left) + vec_pick(t == before, g, (vec){ 0 }), left);
        vec_write(whole, to, vec_read(whole, to, left) + vec_pick(t == here, g, (vec){ 0 }), left);
        if (2 * ox + 1 < w)
            vec_write(whole, to + c, vec_read(whole, to + c, left) + vec_pick(t == behind, g, (vec){ 0 }), left);
    }
}

/* Row y [w, c] of the map's gradient, from the at most two rows of windows that hold it: gathered, so that no two
 * threads or rows write to the same place. taps [ow, c]: scratch. */
static void maxpool_row_backward(const struct image_gradient *b, int y, int32_t *taps, float *row)
{
    const struct stage_shape *s = b->s;
    int oh = conv_out(s->h, 3, 2, 1), ow = conv_out(s->w, 3, 2, 1), c = s->c;
    memset(row, 0, (size_t)s->w * c * sizeof *row);
    for (int oy = y / 2; oy <= at_most((y + 1) / 2, oh - 1); oy++) {
        size_t out = (size_t)oy * ow * c;
        const struct window_row windows = { s->w, ow, c, b->dy + out, taps, .first = 3 * (y - 2 * oy + 1), .row = row };
        for (int i = 0; i < ow * c; i++) taps[i] = b->tap[out + i];
        int at = 0;
        for (; at + LANES <= c; at += LANES) scatter_vecs(true, &windows, at);
        if (at < c) scatter_vecs(false, &windows, at);
    }
}

/* What the cells add to row y; `mixed` has room for one cell. */
static void cells_row_backward(const struct image_gradient *b, const struct cell_operators *op, int y, float *mixed,
                               float *row)
{
    const struct stage_shape *s = b->s;
    int c = s->c;
    for (int j = 0; j < s->cells; j++) {
        const float *weights = op->columns + (size_t)j * s->w;
        int from, end;
        stage_band(weights, s->w, &from, &end);
        memset(mixed, 0, (size_t)c * sizeof *mixed);
        for (int i = 0; i < s->cells; i++) {
            float weight = op->rows[(size_t)i * s->h + y];
            const float *in = b->dcells + ((size_t)i * s->cells + j) * c;
            for (int l = 0; weight != 0 && l < c; l++) mixed[l] += weight * in[l];
        }
        for (int x = from; x < end; x++) {
            float *to = row + (size_t)x * c, weight = weights[x];
            for (int at = 0; at < c; at += LANES)
                vec_put(to + at, vec_part(to + at, c - at) + vec_part(mixed + at, c - at) * weight, c - at);
        }
    }
}

/* du of some pixels from `pixel` on before the sigmoid: sums over channels of dmap * g * activated. The pixels walk
 * over the channels together; in the passes below, vectors of channels walk over the positions. */
ALWAYS_INLINE void pixels_du(const bool there, const bool whole, const int count, const struct image_gradient *b,
                             size_t pixel, vec *found)
{
    int c = b->s->c;
    vec sum[MAP_PIXELS] = { { 0 } };
    for (int at = 0; at < c; at += LANES) {
        int left = c - at;
        struct stage_norm n = stage_norm_at(there, whole, &b->map, at, left);
        vec g = vec_read(whole, b->gate + at, left);
        UNROLL for (int q = 0; q < count; q++)
        {
            size_t here = (pixel + (size_t)q) * c + at;
            sum[q] += vec_read(whole, b->dmap + here, left) * (g * stage_value(there, whole, &b->map, &n, here, left));
        }
    }
    UNROLL for (int q = 0; q < count; q++) found[q] = sum[q];
}

ALWAYS_INLINE void row_du(const bool there, const bool whole, const struct image_gradient *b, int y, float *du)
{
    int w = b->s->w;
    size_t row = (size_t)y * w;
    vec found[LANES] = { { 0 } };
    for (int from = 0; from < w; from += LANES) {
        int n = at_most(LANES, w - from), p = 0;
        float sums[LANES];
        for (; p + MAP_PIXELS <= n; p += MAP_PIXELS)
            pixels_du(there, whole, MAP_PIXELS, b, row + (size_t)(from + p), found + p);
        for (; p < n; p++) pixels_du(there, whole, 1, b, row + (size_t)(from + p), found + p);
        vec_store(sums, vec_fold_sum(found));
        for (p = 0; p < n; p++) {
            size_t here = row + (size_t)(from + p);
            du[from + p] = sums[p] * b->spatial[here] * b->spatial_rest[here];
        }
    }
}

/* The activated row y, to where all passes will find it. */
static void activate_row(const struct image_gradient *b, const float *residual, int y, float *map)
{
    int c = b->s->c;
    size_t from = (size_t)y * b->s->w * c, end = from + (size_t)b->s->w * c;
    for (; from < end; from += c) {
        for (int at = 0; at < c; at += LANES) {
            int left = c - at;
            struct stage_norm n = stage_norm_at(false, false, &b->map, at, left);
            vec v = normed(vec_part(b->map.x + from + at, left), n.pivot, n.factor, n.shift);
            vec_put(map + from + at, rectified(v + vec_part(residual + from + at, left)), left);
        }
    }
}

/* The gradient of the map, and du: row by row, so that what the max-pool, the cells and du need of a row is in the
 * first cache. `residual` [h, w, c] of the image, or NULL. */
static void map_backward(struct image_gradient *b, const struct cell_operators *op, const float *residual,
                         const struct stage_scratch *t)
{
    const struct stage_shape *s = b->s;
    size_t pitch = (size_t)s->w * s->c;
    bool whole = s->c % LANES == 0;
    const bool there = residual != NULL;
    b->map.activated = residual ? t->map : NULL;
    if (s->hidden) memset(t->gate.planes, 0, b->plane.size * sizeof *t->gate.planes);
    for (int y = 0; y < s->h; y++) {
        float *row = b->dmap + (size_t)y * pitch;
        float *du = t->gate.planes + (size_t)(y + GATE_PAD) * b->plane.width + GATE_PAD;
        if (residual) activate_row(b, residual, y, t->map);
        if (s->maxpool)
            maxpool_row_backward(b, y, (int32_t *)(void *)t->rows, row);
        else if (b->dmap != b->dy)
            memcpy(row, b->dy + (size_t)y * pitch, pitch * sizeof *row);
        if (b->dcells) cells_row_backward(b, op, y, t->cells, row);
        if (!s->hidden) continue;
        if (there && whole) {
            row_du(true, true, b, y, du);
        } else if (there) {
            row_du(true, false, b, y, du);
        } else if (whole) {
            row_du(false, true, b, y, du);
        } else {
            row_du(false, false, b, y, du);
        }
    }
}

/* ---- 2: below the spatial gate ------------------------------------------------------------------------- */

/* dmap = g * dx1 where dx1 = s * dmap + dstat; dgate = sum of dx1 * activated through the sigmoid; tops = positions
 * that attain the maximum. */
ALWAYS_INLINE void spatial_vecs(const bool there, const bool whole, const int count, const struct image_gradient *b,
                                int at)
{
    const int c = b->s->c, hw = b->s->h * b->s->w, left = c - at;
    const float *dstat = b->dstat;
    struct stage_norm n[BACK_VECS];
    vec g[BACK_VECS], most[BACK_VECS], sum[BACK_VECS];
    ivec tied[BACK_VECS], lanes[BACK_VECS];
    UNROLL for (int v = 0; v < count; v++)
    {
        n[v] = stage_norm_at(there, whole, &b->map, at + v * LANES, left);
        g[v] = vec_read(whole, b->gate + at + v * LANES, left);
        most[v] = vec_read(whole, b->top + at + v * LANES, left);
        sum[v] = (vec){ 0 };
        tied[v] = (ivec){ 0 };
        lanes[v] = ivec_lanes() + (at + v * LANES);
    }
    for (int from = 0; from < hw; from += MAP_BLOCK) {
        vec part[BACK_VECS] = { { 0 } };
        int end = at_most(hw, from + MAP_BLOCK);
        for (int p = from; p < end; p++) {
            vec mean = vec_of(dstat[2 * p] / (float)c), top = vec_of(dstat[2 * p + 1]), s = vec_of(b->spatial[p]);
            ivec largest = (ivec){ 0 } + b->largest[p];
            UNROLL for (int v = 0; v < count; v++)
            {
                size_t here = (size_t)p * c + at + v * LANES;
                vec x = stage_value(there, whole, &b->map, &n[v], here, left);
                vec dx1 = vec_read(whole, b->dmap + here, left) * s + mean;
                dx1 += vec_pick(lanes[v] == largest, top, (vec){ 0 });
                part[v] += dx1 * x;
                tied[v] -= x == most[v];
                vec_write(whole, b->dmap + here, dx1 * g[v], left);
            }
        }
        UNROLL for (int v = 0; v < count; v++) sum[v] += part[v];
    }
    UNROLL for (int v = 0; v < count; v++)
    {
        vec rest = vec_read(whole, b->gate_rest + at + v * LANES, left);
        vec_write(whole, b->dgate + at + v * LANES, sum[v] * g[v] * rest, left);
        vec_write(whole, b->tops + at + v * LANES, __builtin_convertvector(tied[v], vec), left);
    }
}

ALWAYS_INLINE void spatial_all(const bool there, const struct image_gradient *b)
{
    int at = 0, c = b->s->c;
    for (; at + BACK_VECS * LANES <= c; at += BACK_VECS * LANES) spatial_vecs(there, true, BACK_VECS, b, at);
    for (; at + LANES <= c; at += LANES) spatial_vecs(there, true, 1, b, at);
    if (at < c) spatial_vecs(there, false, 1, b, at);
}

static void spatial_backward(const struct image_gradient *b)
{
    if (b->map.activated) {
        spatial_all(true, b);
    } else {
        spatial_all(false, b);
    }
}

/* ---- 3: below the channel gate and the ReLU ------------------------------------------------------------ */

/* g = what passes the ReLU of dmap + dmean, + dtop where the maximum is; sums of g and of g * (x - mean). */
ALWAYS_INLINE void channel_vecs(const bool there, const bool gated, const bool whole, const int count,
                                const struct image_gradient *b, int at)
{
    const int c = b->s->c, hw = b->s->h * b->s->w, left = c - at;
    struct stage_norm n[BACK_VECS];
    vec even[BACK_VECS], extra[BACK_VECS], most[BACK_VECS], centre[BACK_VECS];
    UNROLL for (int v = 0; v < count; v++)
    {
        int from = at + v * LANES;
        n[v] = stage_norm_at(there, whole, &b->map, from, left);
        even[v] = gated ? vec_read(whole, b->dmean + from, left) : (vec){ 0 };
        extra[v] = gated ? vec_read(whole, b->dtop + from, left) : (vec){ 0 };
        most[v] = gated ? vec_read(whole, b->top + from, left) : (vec){ 0 };
        centre[v] = vec_read(whole, b->mean + from, left);
    }
    for (int from = 0; from < hw; from += NORM_BLOCK) {
        vec sum[BACK_VECS] = { { 0 } }, product[BACK_VECS] = { { 0 } };
        int end = at_most(hw, from + NORM_BLOCK);
        for (int p = from; p < end; p++) {
            UNROLL for (int v = 0; v < count; v++)
            {
                size_t here = (size_t)p * c + at + v * LANES;
                vec x = vec_read(whole, b->map.x + here, left), g = vec_read(whole, b->dmap + here, left);
                vec y = there ? vec_read(whole, b->map.activated + here, left)
                              : rectified(normed(x, n[v].pivot, n[v].factor, n[v].shift));
                if (gated) g += even[v] + vec_pick(y == most[v], extra[v], (vec){ 0 });
                g = vec_pick(y > 0, g, (vec){ 0 });
                sum[v] += g;
                product[v] += g * (x - centre[v]);
                vec_write(whole, b->dmap + here, g, left);
            }
        }
        add_lanes(b->sums + at, sum, count, left);
        add_lanes(b->sums + c + at, product, count, left);
    }
}

ALWAYS_INLINE void channel_all(const bool there, const bool gated, const struct image_gradient *b)
{
    int at = 0, c = b->s->c;
    for (; at + BACK_VECS * LANES <= c; at += BACK_VECS * LANES) channel_vecs(there, gated, true, BACK_VECS, b, at);
    for (; at + LANES <= c; at += LANES) channel_vecs(there, gated, true, 1, b, at);
    if (at < c) channel_vecs(there, gated, false, 1, b, at);
}

static void channel_backward(const struct image_gradient *b)
{
    bool there = b->map.activated != NULL, gated = b->s->hidden > 0;
    if (there && gated) {
        channel_all(true, true, b);
    } else if (there) {
        channel_all(true, false, b);
    } else if (gated) {
        channel_all(false, true, b);
    } else {
        channel_all(false, false, b);
    }
}

/* ---- an image, and all --------------------------------------------------------------------------------- */

/* Passes 1 to 3 for one image, with the gates between them. */
static void image_backward(const struct stage_shape *s, const struct stage_operands *with,
                           const struct stage_backward_args *k, int image, const struct stage_scratch *t)
{
    const struct gate_shape shape = stage_gate_shape(s);
    const struct gate_saved *g = &with->saved->gate;
    int hw = s->h * s->w, c = s->c, group = image / (s->n / s->groups);
    size_t at = (size_t)image * hw, map = at * c, channels = (size_t)image * c, second = (size_t)s->n * c;
    size_t out = s->maxpool ? (size_t)image * conv_out(s->h, 3, 2, 1) * conv_out(s->w, 3, 2, 1) * c : map;
    struct image_gradient b = { .s = s,
                                .plane = gate_plane_of(&shape),
                                .map = { NULL, k->x + map, k->norm->affine + (size_t)group * c, (size_t)s->groups * c },
                                .dy = k->dy + out,
                                .dcells = k->dcells ? k->dcells + channels * s->cells * s->cells : NULL,
                                .tap = s->maxpool ? with->saved->tap + out : NULL,
                                .dmap = (k->dresidual ? k->dresidual : k->dx) + map,
                                .mean = k->norm->mean + (size_t)group * c,
                                .sums = t->sums.sums + 2 * (size_t)group * c };
    if (s->hidden) {
        b.stat = g->stat + 2 * at;
        b.spatial = g->spatial + at;
        b.spatial_rest = b.spatial + (size_t)s->n * hw;
        b.gate = g->channel + channels;
        b.gate_rest = b.gate + second;
        b.top = g->pooled + second + channels;
        b.largest = g->largest + at;
        b.dstat = t->gate.dstat;
        b.dgate = t->gate.dgate + channels;
        b.tops = t->gate.tops;
        b.dmean = t->gate.dpooled + channels;
        b.dtop = b.dmean + second;
    }
    map_backward(&b, with->cells, k->residual ? k->residual + map : NULL, t);
    if (!s->hidden) {
        channel_backward(&b);
        return;
    }
    gate_spatial_backward(&b.plane, with->gate->spatial, b.stat,
                          t->gate.dspatial + (size_t)image * 2 * GATE_TAPS * GATE_TAPS, &t->gate);
    spatial_backward(&b);
    gate_channel_backward(&shape, with->gate, image, g, &t->gate);
    for (int l = 0; l < c; l++) {
        b.dmean[l] /= (float)hw;
        b.dtop[l] /= b.tops[l];
    }
    channel_backward(&b);
}

void stage_backward_fast(const struct kernel_run *run, const struct stage_shape *s, const struct stage_operands *with,
                         const struct stage_backward_args *b)
{
    if (stage_is_small(s)) {
        stage_backward_naive(run, s, &(struct stage_operands){ with->gate, with->cells, NULL, with->saved }, b);
        return;
    }
    const struct gate_shape gate = stage_gate_shape(s);
    const float *g = b->dresidual ? b->dresidual : b->dx;
    int rows = s->h * s->w, images = s->n / s->groups;
    struct stage_scratch all;
    stage_scratch_of(s, run->scratch, 0, run->threads, &all);
#pragma omp parallel for schedule(static, 1) num_threads(run->threads)
    for (int part = 0; part < run->threads; part++) {
        struct stage_scratch t;
        stage_scratch_of(s, run->scratch, part, run->threads, &t);
        t.sums.sums += part * t.sums.part;
        memset(t.sums.sums, 0, 2 * (size_t)s->groups * s->c * sizeof *t.sums.sums);
        int end = (int)share((size_t)s->n, part + 1, run->threads);
        for (int i = (int)share((size_t)s->n, part, run->threads); i < end; i++) image_backward(s, with, b, i, &t);
    }
    norm_sums_finish(&all.sums, (double)images * rows, b->weight, b->norm->scale, b->dweight, b->dbias);
    if (s->hidden) gate_weights_finish(run, &gate, &with->saved->gate, &all.gate, &b->dw);
#pragma omp parallel for schedule(static, 1) num_threads(run->threads)
    for (int part = 0; part < run->threads; part++) {
        int first = (int)share((size_t)s->n, part, run->threads),
            end = (int)share((size_t)s->n, part + 1, run->threads);
        for (int i = end - 1; i >= first; i--) { /* backwards: the last images are still in cache */
            size_t at = (size_t)i * rows * s->c;
            norm_sums_apply(&all.sums, i / images, (size_t)rows, b->x + at, g + at, b->norm->mean, b->dx + at);
        }
    }
}
