/* The end of a stage, forward: three passes over the map of an image, which stays in cache meanwhile.
 *
 * 1. norm, residual, ReLU; mean and maximum of each channel: the channel gate follows
 * 2. mean and maximum of each pixel: the spatial gate follows
 * 3. the gated map, a row at a time; cells and max-pool take the row while it is near */
#include "engine/kernels/vector/stage.h"

#include <math.h>

#include "engine/kernels/naive/naive.h"

size_t stage_scratch_of(const struct stage_shape *s, float *base, int part, int threads, struct stage_scratch *t)
{
    const struct gate_shape gate = stage_gate_shape(s);
    size_t sums = norm_sums_reals(s->groups, s->c, threads), rows = aligned_reals(4 * (size_t)(s->w + 2) * s->c);
    size_t cells = aligned_reals((size_t)s->cells * s->c),
           map = s->maxpool ? 0 : aligned_reals((size_t)s->h * s->w * s->c);
    size_t own = rows + cells + map;
    t->sums = norm_sums_of(base, s->groups, s->c, threads);
    size_t gates = gate_scratch_of(&gate, base + sums, part, threads, &t->gate);
    t->rows = base + sums + gates + own * part;
    t->cells = t->rows + rows;
    t->map = t->cells + cells;
    return sums + gates + own * threads;
}

size_t stage_scratch_fast(const struct stage_shape *s, int threads)
{
    struct stage_scratch t;
    float none[1];
    if (stage_is_small(s)) return stage_scratch_naive(s, threads);
    return stage_scratch_of(s, none, 0, threads, &t);
}

/* ---- 1: channels over positions ------------------------------------------------------------------------ */

/* One image of the first pass. Borrowed. */
struct activation {
    int hw, c;
    struct stage_map map;  /* not activated yet                        */
    const float *residual; /* NULL: none                              */
    float *keep;           /* takes the activated map; NULL: not kept */
    float *mean, *top;     /* [c]: filled                             */
};

/* `count` vectors of channels from `at` on over all positions: their coefficients, sums and maxima stay in registers.
 */
ALWAYS_INLINE void activate_vecs(const bool whole, const bool add, const bool keep, const int count,
                                 const struct activation *a, int at)
{
    const int hw = a->hw, c = a->c, left = c - at;
    struct stage_norm n[MAP_VECS];
    vec sum[MAP_VECS], most[MAP_VECS];
    UNROLL for (int v = 0; v < count; v++)
    {
        n[v] = stage_norm_at(false, whole, &a->map, at + v * LANES, left);
        sum[v] = most[v] = (vec){ 0 }; /* nothing is below 0 */
    }
    for (int from = 0; from < hw; from += MAP_BLOCK) {
        vec part[MAP_VECS] = { { 0 } };
        int end = at_most(hw, from + MAP_BLOCK);
        for (int p = from; p < end; p++) {
            UNROLL for (int v = 0; v < count; v++)
            {
                size_t here = (size_t)p * c + at + v * LANES;
                vec y = normed(vec_read(whole, a->map.x + here, left), n[v].pivot, n[v].factor, n[v].shift);
                if (add) y += vec_read(whole, a->residual + here, left);
                y = rectified(y);
                part[v] += y;
                most[v] = vec_max(y, most[v]);
                if (keep) vec_write(whole, a->keep + here, y, left);
            }
        }
        UNROLL for (int v = 0; v < count; v++) sum[v] += part[v];
    }
    UNROLL for (int v = 0; v < count; v++)
    {
        vec_write(whole, a->mean + at + v * LANES, sum[v] / (float)hw, left);
        vec_write(whole, a->top + at + v * LANES, most[v], left);
    }
}

ALWAYS_INLINE void activate_all(const bool add, const bool keep, const struct activation *a)
{
    int at = 0, c = a->c;
    for (; at + MAP_VECS * LANES <= c; at += MAP_VECS * LANES) activate_vecs(true, add, keep, MAP_VECS, a, at);
    for (; at + LANES <= c; at += LANES) activate_vecs(true, add, keep, 1, a, at);
    if (at < c) activate_vecs(false, add, keep, 1, a, at);
}

static void activate(const struct activation *a)
{
    if (a->residual) {
        activate_all(true, true, a);
    } else if (a->keep) {
        activate_all(false, true, a);
    } else {
        activate_all(false, false, a);
    }
}

/* ---- 2: pixels over channels --------------------------------------------------------------------------- */

/* What LANES pixels have found, each in the lanes of its own vectors. */
struct pixels {
    vec sum[LANES], most[LANES];
    ivec which[LANES];
};

/* Mean and maximum over channels of gate * activated, at each pixel of an image. Borrowed. */
struct channel_pool {
    const struct stage_map *map;
    int hw, c;
    const float *gate; /* [c]                                                             */
    float *stat;       /* [hw, 2]: filled with mean and maximum                           */
    int32_t *largest;  /* [hw]: filled with the first channel of the maximum; NULL: not   */
};

/* `count` pixels from `pixel` on walk over the channels together: sums and maxima, in the lanes of their own vectors. A
 * pixel is found at its number modulo LANES. */
ALWAYS_INLINE void channels_of(const bool there, const bool whole, const int count, const struct channel_pool *p,
                               int pixel, struct pixels *found)
{
    const struct stage_map *m = p->map;
    const float *gate = p->gate;
    const int c = p->c, to = pixel % LANES;
    const ivec lanes = ivec_lanes();
    vec sum[MAP_PIXELS], most[MAP_PIXELS];
    ivec which[MAP_PIXELS];
    UNROLL for (int q = 0; q < count; q++)
    {
        sum[q] = (vec){ 0 };
        most[q] = vec_of(-INFINITY);
        which[q] = lanes;
    }
    for (int at = 0; at < c; at += LANES) {
        int left = c - at;
        struct stage_norm n = stage_norm_at(there, whole, m, at, left);
        vec g = vec_read(whole, gate + at, left);
        UNROLL for (int q = 0; q < count; q++)
        {
            vec v = g * stage_value(there, whole, m, &n, (size_t)(pixel + q) * c + at, left);
            ivec more = v > most[q];
            if (!whole && left < LANES) more &= lanes < left;
            if (!whole && left < LANES) v = vec_pick(lanes < left, v, (vec){ 0 });
            sum[q] += v;
            most[q] = vec_pick(more, v, most[q]);
            which[q] = ivec_pick(more, lanes + at, which[q]);
        }
    }
    UNROLL for (int q = 0; q < count; q++)
    {
        found->sum[to + q] = sum[q];
        found->most[to + q] = most[q];
        found->which[to + q] = which[q];
    }
}

/* stat [n, 2] of the first n pixels found; largest [n] may be NULL. Each pixel's lanes are folded with those of the
 * others: LANES vectors become one, whose lanes are the pixels. Of equal maxima the first channel wins, as in the twin.
 */
static void pixels_finish(struct pixels *found, int n, int c, float *stat, int32_t *largest)
{
    float mean[LANES], top[LANES];
    int32_t first[LANES];
    vec_store(mean, vec_fold_sum(found->sum) / (float)c);
    if (largest) {
        vec most[LANES];
        memcpy(most, found->most, sizeof most);
        vec_store(top, vec_fold_max(most));
        for (int p = 0; p < LANES; p++)
            found->which[p] = ivec_pick(found->most[p] == vec_of(top[p]), found->which[p], (ivec){ 0 } + INT32_MAX);
        ivec least = ivec_fold_min(found->which);
        memcpy(first, &least, sizeof first);
        for (int p = 0; p < n; p++) largest[p] = first[p];
    } else {
        vec_store(top, vec_fold_max(found->most));
    }
    for (int p = 0; p < n; p++) {
        stat[2 * p] = mean[p];
        stat[2 * p + 1] = top[p];
    }
}

ALWAYS_INLINE void pool_pixels(const bool there, const bool whole, const struct channel_pool *p)
{
    struct pixels found;
    memset(&found, 0, sizeof found);
    for (int from = 0; from < p->hw; from += LANES) {
        int end = at_most(from + LANES, p->hw), pixel = from;
        for (; pixel + MAP_PIXELS <= end; pixel += MAP_PIXELS) channels_of(there, whole, MAP_PIXELS, p, pixel, &found);
        for (; pixel < end; pixel++) channels_of(there, whole, 1, p, pixel, &found);
        pixels_finish(&found, end - from, p->c, p->stat + 2 * from, p->largest ? p->largest + from : NULL);
    }
}

static void pool_channels(const struct channel_pool *p)
{
    bool there = p->map->activated != NULL, whole = p->c % LANES == 0;
    if (there && whole) {
        pool_pixels(true, true, p);
    } else if (there) {
        pool_pixels(true, false, p);
    } else if (whole) {
        pool_pixels(false, true, p);
    } else {
        pool_pixels(false, false, p);
    }
}

/* ---- 3: the map, row by row ---------------------------------------------------------------------------- */

/* The map of one image with its gates. */
struct gated_map {
    struct stage_map map;
    int c;
    const float *gate;    /* [c]; NULL: no gates          */
    const float *spatial; /* [h, w]; only with a gate     */
};

/* Which pixels of it are wanted, and where. */
struct gated_part {
    size_t pixel; /* the first one            */
    int n;        /* how many                 */
    float *out;   /* [n, c]: filled; borrowed */
};

/* out = s * (g * activated) of `count` vectors of channels from `at` on; without gates: activated. */
ALWAYS_INLINE void gated_vecs(const bool there, const bool whole, const int count, const struct gated_map *m,
                              const struct gated_part *part, int at)
{
    const size_t pixel = part->pixel;
    const float *gate = m->gate, *spatial = gate ? m->spatial + pixel : NULL;
    const int n = part->n, c = m->c, left = c - at;
    float *out = part->out;
    struct stage_norm k[MAP_VECS];
    vec g[MAP_VECS];
    UNROLL for (int v = 0; v < count; v++)
    {
        k[v] = stage_norm_at(there, whole, &m->map, at + v * LANES, left);
        g[v] = gate ? vec_read(whole, gate + at + v * LANES, left) : vec_of(1);
    }
    for (int p = 0; p < n; p++) {
        vec s = vec_of(gate ? spatial[p] : 1);
        UNROLL for (int v = 0; v < count; v++)
        {
            vec y = stage_value(there, whole, &m->map, &k[v], (pixel + (size_t)p) * c + at + v * LANES, left);
            vec_write(whole, out + (size_t)p * c + at + v * LANES, s * (g[v] * y), left);
        }
    }
}

ALWAYS_INLINE void gated_all(const bool there, const struct gated_map *m, const struct gated_part *part)
{
    int at = 0, c = m->c;
    for (; at + MAP_VECS * LANES <= c; at += MAP_VECS * LANES) gated_vecs(there, true, MAP_VECS, m, part, at);
    for (; at + LANES <= c; at += LANES) gated_vecs(there, true, 1, m, part, at);
    if (at < c) gated_vecs(there, false, 1, m, part, at);
}

/* Where the activated map lies in place already and there are no gates, nothing is left to do. */
static void gated_row(const struct gated_map *m, size_t pixel, int n, float *out)
{
    const struct gated_part part = { pixel, n, out };
    if (!m->map.activated) {
        gated_all(false, m, &part);
    } else if (m->gate) {
        gated_all(true, m, &part);
    }
}

/* out[c] = sum over pixels from..end-1 of a row, weighted where there are weights. */
static void row_sum(const float *row, int from, int end, int c, const float *weights, float *out)
{
    for (int at = 0; at < c; at += LANES) {
        int left = c - at;
        vec sum = { 0 };
        for (int p = from; p < end; p++) {
            vec v = vec_part(row + (size_t)p * c + at, left);
            sum += weights ? v * weights[p] : v;
        }
        vec_put(out + at, sum, left);
    }
}

/* Row y of the map goes to its cells. */
static void row_cells(const struct stage_shape *s, const struct cell_operators *op, const float *row, int y,
                      float *scratch, float *cells)
{
    for (int j = 0; j < s->cells; j++) {
        const float *weights = op->columns + (size_t)j * s->w;
        int from, end;
        stage_band(weights, s->w, &from, &end);
        row_sum(row, from, end, s->c, weights, scratch);
        for (int i = 0; i < s->cells; i++) {
            float weight = op->rows[(size_t)i * s->h + y];
            float *out = cells + ((size_t)i * s->cells + j) * s->c;
            if (weight == 0) continue;
            for (int l = 0; l < s->c; l++) out[l] += weight * scratch[l];
        }
    }
}

/* A row of the max-pool, y and tap [ow, c], from three bordered rows [w + 2, c]: what lies outside is -infinity. A
 * later tap wins only if it is greater, so the first of equal ones does. tap may be NULL. */
static void maxpool_row(const float *const rows[3], int ow, int c, float *y, uint8_t *tap)
{
    for (int ox = 0; ox < ow; ox++) {
        for (int at = 0; at < c; at += LANES) {
            int left = c - at;
            size_t here = 2 * (size_t)ox * c + at;
            vec best = vec_of(-INFINITY);
            ivec which = (ivec){ 0 } + 4;
            UNROLL for (int t = 0; t < 9; t++)
            {
                vec v = vec_part(rows[t / 3] + here + (size_t)(t % 3) * c, left);
                ivec more = v > best;
                best = vec_pick(more, v, best);
                which = ivec_pick(more, (ivec){ 0 } + t, which);
            }
            vec_put(y + (size_t)ox * c + at, best, left);
            if (tap) bytes_put(tap + (size_t)ox * c + at, which, left);
        }
    }
}

/* ---- an image ------------------------------------------------------------------------------------------ */

/* Four bordered rows, the last one for what lies above and below the map. */
static float *bordered(const struct stage_shape *s, float *rows, int which)
{
    return rows + (size_t)which * (s->w + 2) * s->c;
}

static void borders_clear(const struct stage_shape *s, float *rows)
{
    size_t pitch = (size_t)(s->w + 2) * s->c;
    for (size_t i = 0; i < 4 * pitch; i++) rows[i] = -INFINITY;
}

/* What becomes of a finished row: cells and mean. */
static void row_finish(const struct stage_shape *s, const struct cell_operators *op, const struct stage_forward_args *f,
                       int image, int y, const float *row, float *scratch)
{
    if (f->cells) row_cells(s, op, row, y, scratch, f->cells + (size_t)image * s->cells * s->cells * s->c);
    if (!f->mean) return;
    row_sum(row, 0, s->w, s->c, NULL, scratch);
    for (int l = 0; l < s->c; l++) f->mean[(size_t)image * s->c + l] += scratch[l] / (float)(s->h * s->w);
}

/* The map row by row into three rows of a ring, from which the max-pool takes an output row as soon as its three inputs
 * are there: the map of 112 x 112 is never stored. */
static void map_pooled(const struct stage_shape *s, const struct stage_operands *with,
                       const struct stage_forward_args *f, int image, const struct gated_map *m,
                       const struct stage_scratch *t)
{
    int oh = conv_out(s->h, 3, 2, 1), ow = conv_out(s->w, 3, 2, 1), c = s->c;
    for (int y = 0; y < s->h; y++) {
        float *row = bordered(s, t->rows, y % 3) + c;
        size_t pixel = (size_t)y * s->w;
        gated_row(m, pixel, s->w, row);
        row_finish(s, with->cells, f, image, y, row, t->cells);
        if (f->gated) memcpy(f->gated + ((size_t)image * s->h + y) * s->w * c, row, (size_t)s->w * c * sizeof *row);
        if (y % 2 == 0 && y + 1 < s->h) continue; /* row 2 o + 1 or the last one completes output row o */
        int o = y / 2;
        size_t out = ((size_t)image * oh + o) * ow * c;
        const float *outside = bordered(s, t->rows, 3);
        const float *const rows[3] = { o > 0 ? bordered(s, t->rows, (2 * o - 1) % 3) : outside,
                                       bordered(s, t->rows, 2 * o % 3),
                                       2 * o + 1 < s->h ? bordered(s, t->rows, (2 * o + 1) % 3) : outside };
        maxpool_row(rows, ow, c, f->y + out, with->saved->tap ? with->saved->tap + out : NULL);
    }
}

/* The three passes over one image. Without a max-pool the activated map lies in y from the first pass on; with one it
 * is found anew from x in each pass, which costs less than storing it. */
static void image_forward(const struct stage_shape *s, const struct stage_operands *with,
                          const struct stage_forward_args *f, int image, const struct stage_scratch *t)
{
    const struct gate_shape shape = stage_gate_shape(s);
    struct gate_plane plane = gate_plane_of(&shape);
    plane.start = with->gate->start;
    const struct gate_saved *g = &with->saved->gate;
    int hw = s->h * s->w, c = s->c, group = image / (s->n / s->groups);
    size_t at = (size_t)image * hw, channels = (size_t)image * c;
    float *y = s->maxpool ? NULL : f->y + at * c, *pooled = s->hidden ? g->pooled + channels : t->gate.tops;
    struct activation a = { .hw = hw,
                            .c = c,
                            .map = { NULL, f->x + at * c, f->affine + (size_t)group * c, (size_t)s->groups * c },
                            .residual = f->residual ? f->residual + at * c : NULL,
                            .keep = y,
                            .mean = pooled,
                            .top = s->hidden ? pooled + (size_t)s->n * c : t->gate.tops };
    if (s->hidden || y) activate(&a);
    struct gated_map m = { .map = a.map, .c = c };
    m.map.activated = y;
    if (f->activated) gated_row(&m, 0, hw, f->activated + at * c);
    if (f->activated && y) memcpy(f->activated + at * c, y, (size_t)hw * c * sizeof *y);
    if (s->hidden) {
        gate_channel(&shape, with->gate, image, g, t->gate.sums);
        pool_channels(&(struct channel_pool){ .map = &m.map,
                                              .hw = hw,
                                              .c = c,
                                              .gate = g->channel + channels,
                                              .stat = g->stat + 2 * at,
                                              .largest = g->largest ? g->largest + at : NULL });
        gate_spatial(&plane, with->gate->spatial, g->stat + 2 * at, t->gate.planes, g->spatial + at,
                     g->spatial + (size_t)s->n * hw + at);
        m.gate = g->channel + channels;
        m.spatial = g->spatial + at;
    }
    if (f->cells)
        memset(f->cells + (size_t)image * s->cells * s->cells * c, 0, (size_t)s->cells * s->cells * c * sizeof(float));
    if (f->mean) memset(f->mean + channels, 0, (size_t)c * sizeof(float));
    if (s->maxpool) {
        map_pooled(s, with, f, image, &m, t);
        return;
    }
    for (int row = 0; row < s->h; row++) {
        size_t pixel = (size_t)row * s->w;
        gated_row(&m, pixel, s->w, y + pixel * c);
        row_finish(s, with->cells, f, image, row, y + pixel * c, t->cells);
    }
}

void stage_forward_fast(const struct kernel_run *run, const struct stage_shape *s, const struct stage_operands *with,
                        const struct stage_forward_args *f)
{
    if (stage_is_small(s)) {
        stage_forward_naive(run, s, &(struct stage_operands){ with->gate, with->cells, NULL, with->saved }, f);
        return;
    }
#pragma omp parallel for schedule(static, 1) num_threads(run->threads)
    for (int part = 0; part < run->threads; part++) {
        struct stage_scratch t;
        stage_scratch_of(s, run->scratch, part, run->threads, &t);
        int first = (int)share((size_t)s->n, part, run->threads),
            end = (int)share((size_t)s->n, part + 1, run->threads);
        if (s->maxpool) borders_clear(s, t.rows);
        /* backwards: the statistics' pass has left the last images in cache */
        for (int i = end - 1; i >= first; i--) image_forward(s, with, f, i, &t);
    }
}
