/* The context gate, an image at a time so that its map stays in cache: pooled channels, channel gate, pooled pixels,
 * spatial gate, product; backward in the reverse order. Symbols as in naive_gate.c.
 *
 * The 7x7 sums run over bordered planes of one image, whole vectors of pixels at a time. What the gradients of the
 * weights need of each image is kept, and summed over images in their order. */
#include "engine/kernels/fast.h"

#include <math.h>
#include <stdint.h>

enum {
    TAPS = 7,
    PAD = 3,
    BLOCK = 64, /* terms summed in float before they are added to the rest */
};

/* ---- scratch ------------------------------------------------------------------------------------------- */

/* A plane of one image with a border of zeros, its rows rounded up to vectors. */
struct plane_shape {
    int h, w, width; /* width: floats of a bordered row */
    size_t size;
};

static struct plane_shape plane_shape(const struct gate_shape *s)
{
    struct plane_shape p = { .h = s->h, .w = s->w };
    p.width = ceil_div(s->w, LANES) * LANES + 2 * PAD;
    p.size = aligned_reals((size_t)(s->h + 2 * PAD) * p.width + LANES);
    return p;
}

/* For all images, then for one thread. */
struct gate_scratch {
    float *dgate, *dhidden, *dpooled, *dspatial; /* [n, c], [2, n, hidden], [2, n, c], [n, 98] */
    float *planes, *dstat, *sums, *tops;         /* [2] planes, [h, w, 2], [hidden], [c] */
};

static struct gate_scratch scratch_of(const struct gate_shape *s, float *base, int part, size_t *total, int threads)
{
    struct plane_shape p = plane_shape(s);
    size_t n = s->n, stat = aligned_reals(2 * (size_t)s->h * s->w);
    size_t own = 2 * p.size + stat + aligned_reals(s->hidden) + aligned_reals(s->c);
    struct gate_scratch t;
    t.dgate = base;
    t.dhidden = t.dgate + aligned_reals(n * s->c);
    t.dpooled = t.dhidden + aligned_reals(2 * n * s->hidden);
    t.dspatial = t.dpooled + aligned_reals(2 * n * s->c);
    float *parts = t.dspatial + aligned_reals(n * 2 * TAPS * TAPS);
    t.planes = parts + own * part;
    t.dstat = t.planes + 2 * p.size;
    t.sums = t.dstat + stat;
    t.tops = t.sums + aligned_reals(s->hidden);
    if (total) *total = (size_t)(parts - base) + own * threads;
    return t;
}

size_t gate_scratch_fast(const struct gate_shape *s, int threads)
{
    size_t total;
    float none[1];
    scratch_of(s, none, 0, &total, threads);
    return total;
}

/* ---- small helpers ------------------------------------------------------------------------------------- */

static float dot(const float *a, const float *b, int n)
{
    vec sum = { 0 };
    for (int i = 0; i < n; i += LANES) sum += vec_part(a + i, n - i) * vec_part(b + i, n - i);
    return vec_sum(sum);
}

/* out += factor * a */
static void accumulate(float *out, float factor, const float *a, int n)
{
    for (int i = 0; i < n; i++) out[i] += factor * a[i];
}

/* The image's pixels of a field in the middle of a plane; `step` 2 takes every other one. */
static void plane_fill(const struct plane_shape *p, float *plane, const float *field, int step)
{
    memset(plane, 0, p->size * sizeof *plane);
    for (int y = 0; y < p->h; y++) {
        float *row = plane + (size_t)(y + PAD) * p->width + PAD;
        for (int x = 0; x < p->w; x++) row[x] = field[((size_t)y * p->w + x) * step];
    }
}

/* LANES sums over the taps at (y, x), weights two apart; `flip` for the transposed operator. */
ALWAYS_INLINE vec plane_taps(const struct plane_shape *p, const float *plane, int y, int x, const float *weights,
                             const bool flip)
{
    vec sum = { 0 };
    const float *corner = plane + (size_t)y * p->width + x;
    for (int i = 0; i < TAPS; i++, corner += p->width) {
        const float *w = weights + 2 * TAPS * (flip ? TAPS - 1 - i : i);
        UNROLL for (int j = 0; j < TAPS; j++) sum += vec_load(corner + j) * w[2 * (flip ? TAPS - 1 - j : j)];
    }
    return sum;
}

/* ---- forward ------------------------------------------------------------------------------------------- */

/* Mean and maximum over positions of one group of channels. */
ALWAYS_INLINE void pool_group(const bool whole, int hw, int c, int left, const float *x, float *mean, float *top)
{
    vec sum[GROUP_VECS], most[GROUP_VECS];
    UNROLL for (int v = 0; v < GROUP_VECS; v++)
    {
        sum[v] = (vec){ 0 };
        most[v] = vec_take(whole, x + v * LANES, left - v * LANES);
    }
    for (int from = 0; from < hw; from += BLOCK) {
        vec part[GROUP_VECS] = { { 0 } };
        int end = at_most(hw, from + BLOCK);
        for (int p = from; p < end; p++, x += c) {
            UNROLL for (int v = 0; v < GROUP_VECS; v++)
            {
                vec here = vec_take(whole, x + v * LANES, left - v * LANES);
                part[v] += here;
                most[v] = vec_max(here, most[v]);
            }
        }
        UNROLL for (int v = 0; v < GROUP_VECS; v++) sum[v] += part[v];
    }
    UNROLL for (int v = 0; v < GROUP_VECS; v++)
    {
        vec_give(whole, mean + v * LANES, sum[v] / (float)hw, left - v * LANES);
        vec_give(whole, top + v * LANES, most[v], left - v * LANES);
    }
}

static void pool_positions(int hw, int c, const float *x, float *mean, float *top)
{
    int at = 0;
    for (; at + GROUP_LANES <= c; at += GROUP_LANES) pool_group(true, hw, c, c - at, x + at, mean + at, top + at);
    if (at < c) pool_group(false, hw, c, c - at, x + at, mean + at, top + at);
}

/* Forced: the mean of the positions that share the maximum. */
static void pool_forced(int hw, int c, const float *x, const uint8_t *forced, float *top)
{
    for (int l = 0; l < c; l++) {
        double sum = 0;
        int tops = 0;
        for (int p = 0; p < hw; p++) {
            size_t at = (size_t)p * c + l;
            if (forced[at]) sum += (double)x[at], tops++;
        }
        if (tops) top[l] = (float)(sum / tops);
    }
}

static void channel_gate(const struct gate_shape *s, const struct gate_weights *w, const struct gate_choices *forced,
                         int image, const struct gate_saved *saved, float *sums)
{
    size_t n = s->n, mean = (size_t)image * s->hidden, top = (n + image) * s->hidden;
    const float *pooled = saved->pooled + (size_t)image * s->c;
    for (int j = 0; j < s->hidden; j++) {
        const float *row = w->reduce + (size_t)j * s->c;
        float a = dot(row, pooled, s->c), b = dot(row, pooled + n * s->c, s->c);
        bool pass_a = forced && forced->hidden ? forced->hidden[mean + j] != 0 : a > 0;
        bool pass_b = forced && forced->hidden ? forced->hidden[top + j] != 0 : b > 0;
        saved->hidden[mean + j] = pass_a ? a : 0;
        saved->hidden[top + j] = pass_b ? b : 0;
        sums[j] = saved->hidden[mean + j] + saved->hidden[top + j];
    }
    float *gate = saved->channel + (size_t)image * s->c;
    for (int c = 0; c < s->c; c++) gate[c] = dot(w->expand + (size_t)c * s->hidden, sums, s->hidden);
    for (int c = 0; c < s->c; c += LANES) vec_put(gate + c, vec_sigmoid(vec_part(gate + c, s->c - c)), s->c - c);
}

/* stat = (mean, maximum) over channels of g * x. */
static void pool_channels(int hw, int c, const float *x, const float *gate, const int32_t *forced, float *stat,
                          int32_t *largest)
{
    const ivec lanes = ivec_lanes();
    for (int p = 0; p < hw; p++, x += c) {
        vec sum = { 0 }, most = vec_of(-INFINITY);
        ivec which = lanes;
        for (int at = 0; at < c; at += LANES) {
            int left = c - at;
            vec v = vec_part(gate + at, left) * vec_part(x + at, left);
            sum += v;
            ivec more = v > most;
            if (left < LANES) more &= lanes < left;
            most = vec_pick(more, v, most);
            which = ivec_pick(more, lanes + at, which);
        }
        stat[2 * p] = vec_sum(sum) / (float)c;
        float best = vec_most(most);
        largest[p] = ivec_least(ivec_pick(most == best, which, (ivec){ 0 } + INT32_MAX));
        stat[2 * p + 1] = best;
        if (forced) {
            largest[p] = forced[p];
            stat[2 * p + 1] = gate[forced[p]] * x[forced[p]];
        }
    }
}

static void spatial_gate(const struct plane_shape *p, const float *weights, const float *stat, float *planes,
                         float *out)
{
    plane_fill(p, planes, stat, 2);
    plane_fill(p, planes + p->size, stat + 1, 2);
    for (int y = 0; y < p->h; y++, out += p->w) {
        for (int x = 0; x < p->w; x += LANES) {
            vec u =
                plane_taps(p, planes, y, x, weights, false) + plane_taps(p, planes + p->size, y, x, weights + 1, false);
            vec_put(out + x, vec_sigmoid(u), p->w - x);
        }
    }
}

void gate_forward_fast(const struct kernel_run *run, const struct gate_shape *s, const struct gate_weights *w,
                       const struct gate_choices *forced, const float *x, float *y, const struct gate_saved *saved)
{
    int hw = s->h * s->w, c = s->c;
    struct plane_shape plane = plane_shape(s);
#pragma omp parallel for schedule(static, 1) num_threads(run->threads)
    for (int part = 0; part < run->threads; part++) {
        struct gate_scratch t = scratch_of(s, run->scratch, part, NULL, run->threads);
        int end = (int)share((size_t)s->n, part + 1, run->threads);
        for (int i = (int)share((size_t)s->n, part, run->threads); i < end; i++) {
            size_t at = (size_t)i * hw;
            const float *in = x + at * c, *gate = saved->channel + (size_t)i * c;
            float *mean = saved->pooled + (size_t)i * c, *top = mean + (size_t)s->n * c;
            pool_positions(hw, c, in, mean, top);
            if (forced && forced->top) pool_forced(hw, c, in, forced->top + at * c, top);
            channel_gate(s, w, forced, i, saved, t.sums);
            pool_channels(hw, c, in, gate, forced && forced->largest ? forced->largest + at : NULL,
                          saved->stat + 2 * at, saved->largest + at);
            spatial_gate(&plane, w->spatial, saved->stat + 2 * at, t.planes, saved->spatial + at);
            for (size_t p = at; p < at + hw; p++) {
                for (int l = 0; l < c; l++) y[p * c + l] = saved->spatial[p] * (gate[l] * x[p * c + l]);
            }
        }
    }
}

/* ---- backward ------------------------------------------------------------------------------------------ */

/* One image on the way back: du with its border, and a plane of stat. */
struct spatial_back {
    const struct plane_shape *p;
    const float *stat, *spatial; /* of the image */
    float *du, *other;           /* planes */
};

/* du = sum over channels of dy * g * x, through the sigmoid. */
static void spatial_du(const struct spatial_back *b, int c, const float *x, const float *gate, const float *dy)
{
    const struct plane_shape *p = b->p;
    memset(b->du, 0, p->size * sizeof *b->du);
    for (int i = 0; i < p->h * p->w; i++, x += c, dy += c) {
        vec sum = { 0 };
        for (int at = 0; at < c; at += LANES) {
            int left = c - at;
            sum += vec_part(dy + at, left) * (vec_part(gate + at, left) * vec_part(x + at, left));
        }
        float s = b->spatial[i];
        b->du[(size_t)(i / p->w + PAD) * p->width + i % p->w + PAD] = vec_sum(sum) * s * (1 - s);
    }
}

/* This image's part of the gradient of the 7x7 weights of one plane: du against the plane shifted by each tap. */
static void spatial_weights(const struct spatial_back *b, int which, float *dspatial)
{
    const struct plane_shape *p = b->p;
    plane_fill(p, b->other, b->stat + which, 2);
    for (int tap = 0; tap < TAPS * TAPS; tap++) {
        vec sum = { 0 };
        for (int y = 0; y < p->h; y++) {
            const float *du = b->du + (size_t)(y + PAD) * p->width + PAD;
            const float *in = b->other + (size_t)(y + tap / TAPS) * p->width + tap % TAPS;
            for (int x = 0; x < p->w; x += LANES) sum += vec_load(du + x) * vec_load(in + x);
        }
        dspatial[2 * tap + which] = vec_sum(sum);
    }
}

/* dstat [h, w, 2] into `out`. */
static void spatial_dstat(const struct spatial_back *b, const float *weights, float *out)
{
    const struct plane_shape *p = b->p;
    for (int y = 0; y < p->h; y++, out += 2 * (size_t)p->w) {
        for (int x = 0; x < p->w; x += LANES) {
            vec mean = plane_taps(p, b->du, y, x, weights, true), top = plane_taps(p, b->du, y, x, weights + 1, true);
            for (int l = 0; l < at_most(LANES, p->w - x); l++) {
                out[2 * (x + l)] = mean[l];
                out[2 * (x + l) + 1] = top[l];
            }
        }
    }
}

/* What the map's own pass reads and fills, of one image. */
struct map_back {
    const float *x, *dy, *spatial, *dstat, *gate, *top;
    const int32_t *largest;
    float *dx, *dgate, *tops;
};

/* One group of channels from `at`: dx = g * dx1 where dx1 = s * dy + dstat; dgate = sum of dx1 * x through the sigmoid;
 * tops = positions that attain the maximum. */
ALWAYS_INLINE void map_group(const bool whole, const struct map_back *b, int hw, int c, int at)
{
    int left = c - at;
    vec g[GROUP_VECS], most[GROUP_VECS], sum[GROUP_VECS];
    ivec count[GROUP_VECS], lanes[GROUP_VECS];
    UNROLL for (int v = 0; v < GROUP_VECS; v++)
    {
        g[v] = vec_take(whole, b->gate + at + v * LANES, left - v * LANES);
        most[v] = vec_take(whole, b->top + at + v * LANES, left - v * LANES);
        sum[v] = (vec){ 0 };
        count[v] = (ivec){ 0 };
        lanes[v] = ivec_lanes() + (at + v * LANES);
    }
    for (int from = 0; from < hw; from += BLOCK) {
        vec part[GROUP_VECS] = { { 0 } };
        int end = at_most(hw, from + BLOCK);
        for (int p = from; p < end; p++) {
            size_t here = (size_t)p * c + at;
            vec mean = vec_of(b->dstat[2 * p] / (float)c), top = vec_of(b->dstat[2 * p + 1]), s = vec_of(b->spatial[p]);
            UNROLL for (int v = 0; v < GROUP_VECS; v++)
            {
                vec x = vec_take(whole, b->x + here + v * LANES, left - v * LANES);
                vec dx1 = vec_take(whole, b->dy + here + v * LANES, left - v * LANES) * s + mean;
                dx1 += vec_pick(lanes[v] == b->largest[p], top, (vec){ 0 });
                part[v] += dx1 * x;
                count[v] -= x == most[v];
                vec_give(whole, b->dx + here + v * LANES, dx1 * g[v], left - v * LANES);
            }
        }
        UNROLL for (int v = 0; v < GROUP_VECS; v++) sum[v] += part[v];
    }
    UNROLL for (int v = 0; v < GROUP_VECS; v++)
    {
        vec_give(whole, b->dgate + at + v * LANES, sum[v] * g[v] * (1 - g[v]), left - v * LANES);
        vec_give(whole, b->tops + at + v * LANES, __builtin_convertvector(count[v], vec), left - v * LANES);
    }
}

static void map_first(const struct map_back *b, int hw, int c)
{
    int at = 0;
    for (; at + GROUP_LANES <= c; at += GROUP_LANES) map_group(true, b, hw, c, at);
    if (at < c) map_group(false, b, hw, c, at);
}

static void channel_backward(const struct gate_shape *s, const struct gate_weights *w,
                             const struct gate_choices *forced, int image, const struct gate_saved *saved,
                             const struct gate_scratch *t)
{
    const float *dgate = t->dgate + (size_t)image * s->c;
    memset(t->sums, 0, (size_t)s->hidden * sizeof *t->sums);
    for (int c = 0; c < s->c; c++) accumulate(t->sums, dgate[c], w->expand + (size_t)c * s->hidden, s->hidden);
    for (int branch = 0; branch < 2; branch++) {
        size_t at = ((size_t)branch * s->n + image) * s->hidden;
        float *dpooled = t->dpooled + ((size_t)branch * s->n + image) * s->c;
        memset(dpooled, 0, (size_t)s->c * sizeof *dpooled);
        for (int j = 0; j < s->hidden; j++) {
            bool pass = forced && forced->hidden ? forced->hidden[at + j] != 0 : saved->hidden[at + j] > 0;
            t->dhidden[at + j] = pass ? t->sums[j] : 0;
            if (pass) accumulate(dpooled, t->sums[j], w->reduce + (size_t)j * s->c, s->c);
        }
    }
}

/* dx += what comes through both pooled vectors; mean and top: the gradients of one position. */
static void map_second(int hw, int c, const float *x, const float *mean, const float *top, const float *most, float *dx)
{
    for (int p = 0; p < hw; p++, x += c, dx += c) {
        for (int at = 0; at < c; at += LANES) {
            int left = c - at;
            vec v = vec_part(dx + at, left) + vec_part(mean + at, left);
            v += vec_pick(vec_part(x + at, left) == vec_part(most + at, left), vec_part(top + at, left), (vec){ 0 });
            vec_put(dx + at, v, left);
        }
    }
}

static void map_second_forced(int hw, int c, const uint8_t *forced, const float *dmean, const float *dtop, float *dx)
{
    for (int l = 0; l < c; l++) {
        int tops = 0;
        for (int p = 0; p < hw; p++) tops += forced[(size_t)p * c + l] != 0;
        for (int p = 0; p < hw; p++) {
            size_t at = (size_t)p * c + l;
            dx[at] += dmean[l] / (float)hw + (forced[at] ? dtop[l] / (float)tops : 0);
        }
    }
}

static void image_backward(const struct gate_shape *s, const struct gate_weights *w, const struct gate_choices *forced,
                           const float *x, const struct gate_saved *saved, const float *dy, float *dx, int image,
                           const struct gate_scratch *t)
{
    int hw = s->h * s->w, c = s->c;
    size_t at = (size_t)image * hw, channels = (size_t)image * c, second = (size_t)s->n * c;
    struct plane_shape plane = plane_shape(s);
    struct spatial_back b = { &plane, saved->stat + 2 * at, saved->spatial + at, t->planes, t->planes + plane.size };
    const float *gate = saved->channel + channels, *top = saved->pooled + second + channels;
    x += at * c, dy += at * c, dx += at * c;
    spatial_du(&b, c, x, gate, dy);
    spatial_weights(&b, 0, t->dspatial + (size_t)image * 2 * TAPS * TAPS);
    spatial_weights(&b, 1, t->dspatial + (size_t)image * 2 * TAPS * TAPS);
    spatial_dstat(&b, w->spatial, t->dstat);
    struct map_back m = { x,
                          dy,
                          b.spatial,
                          t->dstat,
                          gate,
                          top,
                          saved->largest + at, /* read; filled: */
                          dx,
                          t->dgate + channels,
                          t->tops };
    map_first(&m, hw, c);
    channel_backward(s, w, forced, image, saved, t);
    float *dmean = t->dpooled + channels, *dtop = dmean + second;
    if (forced && forced->top) {
        map_second_forced(hw, c, forced->top + at * c, dmean, dtop, dx);
        return;
    }
    for (int l = 0; l < c; l++) {
        dmean[l] /= (float)hw;
        dtop[l] /= t->tops[l];
    }
    map_second(hw, c, x, dmean, dtop, top, dx);
}

void gate_backward_fast(const struct kernel_run *run, const struct gate_shape *s, const struct gate_weights *w,
                        const struct gate_choices *forced, const float *x, const struct gate_saved *saved,
                        const float *dy, float *dx, const struct gate_weights *dw)
{
    struct gate_scratch all = scratch_of(s, run->scratch, 0, NULL, run->threads);
#pragma omp parallel for schedule(static, 1) num_threads(run->threads)
    for (int part = 0; part < run->threads; part++) {
        struct gate_scratch t = scratch_of(s, run->scratch, part, NULL, run->threads);
        int end = (int)share((size_t)s->n, part + 1, run->threads);
        for (int i = (int)share((size_t)s->n, part, run->threads); i < end; i++) {
            image_backward(s, w, forced, x, saved, dy, dx, i, &t);
        }
    }
    int n = s->n, c = s->c, hidden = s->hidden;
    product_fast(run, true, false, hidden, c, 2 * n, 1, all.dhidden, hidden, saved->pooled, c, 0, dw->reduce, c);
    product_fast(run, true, false, c, hidden, n, 1, all.dgate, c, saved->hidden, hidden, 0, dw->expand, hidden);
    product_fast(run, true, false, c, hidden, n, 1, all.dgate, c, saved->hidden + (size_t)n * hidden, hidden, 1,
                 dw->expand, hidden);
    for (int tap = 0; tap < 2 * TAPS * TAPS; tap++) {
        double sum = 0;
        for (int i = 0; i < n; i++) sum += (double)all.dspatial[(size_t)i * 2 * TAPS * TAPS + tap];
        dw->spatial[tap] = (float)sum;
    }
}
