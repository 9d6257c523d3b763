/* The context gate of one image between the passes over its map.
 *
 * The 7x7 sums run over bordered planes, whole vectors of pixels at a time. What the gradients of the weights need of
 * each image is kept, and summed over images in their order. */
#include "engine/kernels/vector/gate.h"

struct gate_plane gate_plane_of(const struct gate_shape *s)
{
    struct gate_plane p = { .h = s->h, .w = s->w };
    p.width = ceil_div(s->w, LANES) * LANES + 2 * GATE_PAD;
    p.size = aligned_reals((size_t)(s->h + 2 * GATE_PAD) * p.width + LANES);
    return p;
}

size_t gate_scratch_of(const struct gate_shape *s, float *base, int part, int threads, struct gate_scratch *t)
{
    struct gate_plane p = gate_plane_of(s);
    size_t n = s->n, stat = aligned_reals(2 * (size_t)s->h * s->w);
    size_t own = 2 * p.size + stat + aligned_reals(s->hidden) + aligned_reals(s->c);
    t->dgate = base;
    t->dhidden = t->dgate + aligned_reals(n * s->c);
    t->dpooled = t->dhidden + aligned_reals(2 * n * s->hidden);
    t->dspatial = t->dpooled + aligned_reals(2 * n * s->c);
    float *parts = t->dspatial + aligned_reals(n * 2 * GATE_TAPS * GATE_TAPS);
    t->planes = parts + own * part;
    t->dstat = t->planes + 2 * p.size;
    t->sums = t->dstat + stat;
    t->tops = t->sums + aligned_reals(s->hidden);
    return (size_t)(parts - base) + own * threads;
}

/* ---- small helpers ------------------------------------------------------------------------------------- */

/* Sum of a * b [n]: the lanes of one vector are added up at the end. */
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
static void plane_fill(const struct gate_plane *p, float *plane, const float *field, int step)
{
    memset(plane, 0, p->size * sizeof *plane);
    for (int y = 0; y < p->h; y++) {
        float *row = plane + (size_t)(y + GATE_PAD) * p->width + GATE_PAD;
        for (int x = 0; x < p->w; x++) row[x] = field[((size_t)y * p->w + x) * step];
    }
}

/* LANES sums over the taps at (y, x), weights two apart; `flip` for the transposed operator. */
ALWAYS_INLINE vec plane_taps(const struct gate_plane *p, const float *plane, int y, int x, const float *weights,
                             const bool flip)
{
    vec sum = { 0 };
    const float *corner = plane + (size_t)y * p->width + x;
    for (int i = 0; i < GATE_TAPS; i++, corner += p->width) {
        const float *w = weights + 2 * GATE_TAPS * (flip ? GATE_TAPS - 1 - i : i);
        UNROLL for (int j = 0; j < GATE_TAPS; j++) sum += vec_load(corner + j) * w[2 * (flip ? GATE_TAPS - 1 - j : j)];
    }
    return sum;
}

/* ---- forward ------------------------------------------------------------------------------------------- */

/* g = sigmoid(expand (relu(reduce mean) + relu(reduce top)) + start): both branches share the weights, so expand is
 * applied once, to the sum of their hidden units. 1 - g is kept too, since g rounds to 1 where the gate is open. */
void gate_channel(const struct gate_shape *s, const struct gate_weights *w, int image, const struct gate_saved *saved,
                  float *sums)
{
    size_t n = s->n, mean = (size_t)image * s->hidden, top = (n + image) * s->hidden;
    const float *pooled = saved->pooled + (size_t)image * s->c;
    for (int j = 0; j < s->hidden; j++) {
        const float *row = w->reduce + (size_t)j * s->c;
        float a = dot(row, pooled, s->c), b = dot(row, pooled + n * s->c, s->c);
        saved->hidden[mean + j] = a > 0 ? a : 0;
        saved->hidden[top + j] = b > 0 ? b : 0;
        sums[j] = saved->hidden[mean + j] + saved->hidden[top + j];
    }
    float *gate = saved->channel + (size_t)image * s->c;
    for (int c = 0; c < s->c; c++) gate[c] = dot(w->expand + (size_t)c * s->hidden, sums, s->hidden);
    for (int c = 0; c < s->c; c += LANES) {
        vec rest, g = vec_sigmoid(vec_part(gate + c, s->c - c) + w->start, &rest);
        vec_put(gate + c, g, s->c - c);
        vec_put(gate + n * s->c + c, rest, s->c - c);
    }
}

/* s = sigmoid(7x7 sums over both planes + start), LANES pixels at a time. */
void gate_spatial(const struct gate_plane *p, const float *weights, const float *stat, float *planes, float *out,
                  float *rests)
{
    plane_fill(p, planes, stat, 2);
    plane_fill(p, planes + p->size, stat + 1, 2);
    for (int y = 0; y < p->h; y++, out += p->w, rests += p->w) {
        for (int x = 0; x < p->w; x += LANES) {
            vec rest, u = plane_taps(p, planes, y, x, weights, false) +
                          plane_taps(p, planes + p->size, y, x, weights + 1, false);
            vec_put(out + x, vec_sigmoid(u + p->start, &rest), p->w - x);
            vec_put(rests + x, rest, p->w - x);
        }
    }
}

/* ---- backward ------------------------------------------------------------------------------------------ */

/* This image's part of the gradient of the 7x7 weights of one plane: du against the plane shifted by each tap. */
static void spatial_weights(const struct gate_plane *p, const float *du_plane, const float *other, int which,
                            float *dspatial)
{
    for (int tap = 0; tap < GATE_TAPS * GATE_TAPS; tap++) {
        vec sum = { 0 };
        for (int y = 0; y < p->h; y++) {
            const float *du = du_plane + (size_t)(y + GATE_PAD) * p->width + GATE_PAD;
            const float *in = other + (size_t)(y + tap / GATE_TAPS) * p->width + tap % GATE_TAPS;
            for (int x = 0; x < p->w; x += LANES) sum += vec_load(du + x) * vec_load(in + x);
        }
        dspatial[2 * tap + which] = vec_sum(sum);
    }
}

/* dstat is the transposed 7x7 operator on du: the same sums with the taps turned round. */
void gate_spatial_backward(const struct gate_plane *p, const float *weights, const float *stat, float *dspatial,
                           const struct gate_scratch *t)
{
    const float *du = t->planes;
    float *other = t->planes + p->size, *out = t->dstat;
    for (int which = 0; which < 2; which++) {
        plane_fill(p, other, stat + which, 2);
        spatial_weights(p, du, other, which, dspatial);
    }
    for (int y = 0; y < p->h; y++, out += 2 * (size_t)p->w) {
        for (int x = 0; x < p->w; x += LANES) {
            float lanes[2][LANES];
            vec_store(lanes[0], plane_taps(p, du, y, x, weights, true));
            vec_store(lanes[1], plane_taps(p, du, y, x, weights + 1, true));
            for (int l = 0; l < at_most(LANES, p->w - x); l++) {
                out[2 * (x + l)] = lanes[0][l];
                out[2 * (x + l) + 1] = lanes[1][l];
            }
        }
    }
}

/* Back through expand, once for both branches, then through each branch's ReLU and reduce. Hidden units that do not
 * pass are skipped: about half of them. */
void gate_channel_backward(const struct gate_shape *s, const struct gate_weights *w, int image,
                           const struct gate_saved *saved, const struct gate_scratch *t)
{
    const float *dgate = t->dgate + (size_t)image * s->c;
    memset(t->sums, 0, (size_t)s->hidden * sizeof *t->sums);
    for (int c = 0; c < s->c; c++) accumulate(t->sums, dgate[c], w->expand + (size_t)c * s->hidden, s->hidden);
    for (int branch = 0; branch < 2; branch++) {
        size_t at = ((size_t)branch * s->n + image) * s->hidden;
        float *dpooled = t->dpooled + ((size_t)branch * s->n + image) * s->c;
        memset(dpooled, 0, (size_t)s->c * sizeof *dpooled);
        for (int j = 0; j < s->hidden; j++) {
            bool passes = saved->hidden[at + j] > 0;
            t->dhidden[at + j] = passes ? t->sums[j] : 0;
            if (passes) accumulate(dpooled, t->sums[j], w->reduce + (size_t)j * s->c, s->c);
        }
    }
}

/* dreduce = dhidden' pooled over the images of both branches; dexpand = dgate' hidden, branch by branch, since dgate is
 * the same for both. */
void gate_weights_finish(const struct kernel_run *run, const struct gate_shape *s, const struct gate_saved *saved,
                         const struct gate_scratch *t, const struct gate_weights *dw)
{
    int n = s->n, c = s->c, hidden = s->hidden;
    const struct product reduce = { .m = hidden,
                                    .n = c,
                                    .k = 2 * n, /* images, once for each pooled vector */
                                    .a = { t->dhidden, hidden, .transposed = true },
                                    .b = { .x = saved->pooled, .pitch = c },
                                    .c = dw->reduce,
                                    .pitch = c,
                                    .alpha = 1 };
    product_fast(run, &reduce);
    for (int branch = 0; branch < 2; branch++) {
        const struct product expand = { .m = c,
                                        .n = hidden,
                                        .k = n,
                                        .a = { t->dgate, c, .transposed = true },
                                        .b = { .x = saved->hidden + (size_t)branch * n * hidden, .pitch = hidden },
                                        .c = dw->expand,
                                        .pitch = hidden,
                                        .alpha = 1,
                                        .beta = (float)branch };
        product_fast(run, &expand);
    }
    for (int tap = 0; tap < 2 * GATE_TAPS * GATE_TAPS; tap++) {
        double sum = 0;
        for (int i = 0; i < n; i++) sum += (double)t->dspatial[(size_t)i * 2 * GATE_TAPS * GATE_TAPS + tap];
        dw->spatial[tap] = (float)sum;
    }
}
