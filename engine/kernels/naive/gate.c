/* The context gate in plain loops, image by image: channel gate from pooled channels, spatial gate from the gated map.
 *
 * Symbols as in the documentation: g channel gate, x1 = g x, u the 7x7 sum, s = sigmoid(u), y = s x1. What the weights'
 * gradients need of each image is kept in scratch and summed over images in their order. */
#include "engine/kernels/naive/naive.h"

#include <math.h>
#include <string.h>

enum { TAPS = 7, PAD = 3 };

/* Scratch of backward, n times each. */
struct gate_scratch {
    real *dgate;   /* [n, c]: gradient before the sigmoid of the channel gate */
    real *dhidden; /* [2, n, hidden]: before the ReLU                         */
    real *du;      /* [n, h, w]                                               */
    real *dstat;   /* [n, h, w, 2]                                            */
    real *dpooled; /* [2, n, c]                                               */
};

size_t gate_scratch_naive(const struct gate_shape *s, int threads)
{
    (void)threads;
    return (size_t)s->n * (3 * s->c + 2 * s->hidden + 3 * s->h * s->w);
}

static struct gate_scratch scratch_of(const struct gate_shape *s, real *base)
{
    struct gate_scratch t;
    t.dgate = base;
    t.dpooled = t.dgate + (size_t)s->n * s->c;
    t.dhidden = t.dpooled + 2 * (size_t)s->n * s->c;
    t.du = t.dhidden + 2 * (size_t)s->n * s->hidden;
    t.dstat = t.du + (size_t)s->n * s->h * s->w;
    return t;
}

/* rest: what is left to 1. */
static real sigmoid(double v, real *rest)
{
    *rest = (real)(1 / (1 + exp(v)));
    return (real)(1 / (1 + exp(-v)));
}

static bool is_top(const struct gate_choices *forced, size_t at, real x, real top)
{
    return forced && forced->top ? forced->top[at] != 0 : x == top;
}

/* pooled[0] = mean over positions, pooled[1] = maximum, or the mean of the positions that are forced to share it. */
static void pool_positions(const struct gate_shape *s, const struct gate_choices *forced, const real *x, int image,
                           const struct gate_saved *saved)
{
    int hw = s->h * s->w;
    size_t base = (size_t)image * hw * s->c;
    for (int c = 0; c < s->c; c++) {
        double sum = 0, top_sum = 0;
        int tops = 0;
        real top = x[base + c];
        for (int p = 0; p < hw; p++) {
            size_t at = base + (size_t)p * s->c + c;
            sum += (double)x[at];
            if (x[at] > top) top = x[at];
            if (forced && forced->top && forced->top[at]) top_sum += (double)x[at], tops++;
        }
        size_t out = (size_t)image * s->c + c;
        saved->pooled[out] = (real)(sum / hw);
        saved->pooled[(size_t)s->n * s->c + out] = tops ? (real)(top_sum / tops) : top;
    }
}

static void channel_gate(const struct gate_shape *s, const struct gate_weights *w, const struct gate_choices *forced,
                         int image, const struct gate_saved *saved)
{
    for (int branch = 0; branch < 2; branch++) {
        const real *pooled = saved->pooled + ((size_t)branch * s->n + image) * s->c;
        for (int j = 0; j < s->hidden; j++) {
            size_t at = ((size_t)branch * s->n + image) * s->hidden + j;
            double sum = 0;
            for (int c = 0; c < s->c; c++) sum += (double)w->reduce[(size_t)j * s->c + c] * (double)pooled[c];
            bool passes = forced && forced->hidden ? forced->hidden[at] != 0 : sum > 0;
            saved->hidden[at] = passes ? (real)sum : 0;
        }
    }
    const real *mean = saved->hidden + (size_t)image * s->hidden, *top = mean + (size_t)s->n * s->hidden;
    for (int c = 0; c < s->c; c++) {
        double sum = 0;
        for (int j = 0; j < s->hidden; j++) {
            sum += (double)w->expand[(size_t)c * s->hidden + j] * ((double)mean[j] + (double)top[j]);
        }
        real *at = saved->channel + (size_t)image * s->c + c;
        *at = sigmoid(sum + (double)w->start, at + (size_t)s->n * s->c);
    }
}

/* stat = (mean, maximum) over channels of g * x. */
static void pool_channels(const struct gate_shape *s, const struct gate_choices *forced, const real *x, int image,
                          const struct gate_saved *saved)
{
    const real *g = saved->channel + (size_t)image * s->c;
    size_t first = (size_t)image * s->h * s->w;
    for (size_t pixel = first; pixel < first + (size_t)s->h * s->w; pixel++) {
        const real *in = x + pixel * s->c;
        double sum = 0;
        int largest = 0;
        for (int c = 0; c < s->c; c++) {
            sum += (double)(g[c] * in[c]);
            if (g[c] * in[c] > g[largest] * in[largest]) largest = c;
        }
        if (forced && forced->largest) largest = forced->largest[pixel];
        if (saved->largest) saved->largest[pixel] = largest;
        saved->stat[2 * pixel] = (real)(sum / s->c);
        saved->stat[2 * pixel + 1] = g[largest] * in[largest];
    }
}

static void spatial_gate(const struct gate_shape *s, const struct gate_weights *w, int image,
                         const struct gate_saved *saved)
{
    const real *stat = saved->stat + (size_t)image * s->h * s->w * 2;
    real *out = saved->spatial + (size_t)image * s->h * s->w;
    for (int o = 0; o < s->h * s->w; o++) {
        double sum = 0;
        for (int tap = 0; tap < TAPS * TAPS; tap++) {
            int y = o / s->w - PAD + tap / TAPS, x = o % s->w - PAD + tap % TAPS;
            if (y < 0 || y >= s->h || x < 0 || x >= s->w) continue;
            const real *in = stat + 2 * ((size_t)y * s->w + x);
            sum += (double)w->spatial[2 * tap] * (double)in[0] + (double)w->spatial[2 * tap + 1] * (double)in[1];
        }
        out[o] = sigmoid(sum + (double)w->start, out + (size_t)s->n * s->h * s->w + o);
    }
}

void gate_forward_naive(const struct kernel_run *run, const struct gate_shape *s, const struct gate_operands *with,
                        const real *x, real *y)
{
    const struct gate_weights *w = with->weights;
    const struct gate_choices *forced = with->forced;
    const struct gate_saved *saved = with->saved;
    int hw = s->h * s->w;
#pragma omp parallel for schedule(static) num_threads(run->threads)
    for (int image = 0; image < s->n; image++) {
        pool_positions(s, forced, x, image, saved);
        channel_gate(s, w, forced, image, saved);
        pool_channels(s, forced, x, image, saved);
        spatial_gate(s, w, image, saved);
        const real *g = saved->channel + (size_t)image * s->c;
        for (size_t pixel = (size_t)image * hw; pixel < ((size_t)image + 1) * hw; pixel++) {
            for (int c = 0; c < s->c; c++) {
                y[pixel * s->c + c] = saved->spatial[pixel] * (g[c] * x[pixel * s->c + c]);
            }
        }
    }
}

/* du [h, w] = s (1 - s) sum over c of dy x1, and dstat [h, w, 2], where each du reaches the pixels under its 7x7
 * window.
 */
static void spatial_backward(const struct gate_shape *s, const struct gate_operands *with,
                             const struct gate_backward_args *b, int image, const struct gate_scratch *t)
{
    const struct gate_weights *w = with->weights;
    const struct gate_saved *saved = with->saved;
    const real *x = b->x, *dy = b->dy;
    int hw = s->h * s->w;
    size_t first = (size_t)image * hw;
    const real *g = saved->channel + (size_t)image * s->c;
    memset(t->dstat + 2 * first, 0, 2 * (size_t)hw * sizeof(real));
    for (int o = 0; o < hw; o++) {
        size_t pixel = first + o;
        double sum = 0, gate = (double)saved->spatial[pixel], rest = (double)saved->spatial[(size_t)s->n * hw + pixel];
        for (int c = 0; c < s->c; c++) sum += (double)dy[pixel * s->c + c] * (double)(g[c] * x[pixel * s->c + c]);
        t->du[pixel] = (real)(sum * gate * rest);
        for (int tap = 0; tap < TAPS * TAPS; tap++) {
            int py = o / s->w - PAD + tap / TAPS, px = o % s->w - PAD + tap % TAPS;
            if (py < 0 || py >= s->h || px < 0 || px >= s->w) continue;
            real *out = t->dstat + 2 * (first + (size_t)py * s->w + px);
            out[0] += t->du[pixel] * w->spatial[2 * tap];
            out[1] += t->du[pixel] * w->spatial[2 * tap + 1];
        }
    }
}

/* From the gradient of the channel gate to those of the pooled vectors. */
static void channel_backward(const struct gate_shape *s, const struct gate_operands *with, int image,
                             const struct gate_scratch *t)
{
    const struct gate_weights *w = with->weights;
    const struct gate_choices *forced = with->forced;
    const struct gate_saved *saved = with->saved;
    const real *dgate = t->dgate + (size_t)image * s->c;
    for (int branch = 0; branch < 2; branch++) {
        size_t at = ((size_t)branch * s->n + image) * s->hidden;
        for (int j = 0; j < s->hidden; j++) {
            double sum = 0;
            for (int c = 0; c < s->c; c++) sum += (double)w->expand[(size_t)c * s->hidden + j] * (double)dgate[c];
            bool passes = forced && forced->hidden ? forced->hidden[at + j] != 0 : saved->hidden[at + j] > 0;
            t->dhidden[at + j] = passes ? (real)sum : 0;
        }
        for (int c = 0; c < s->c; c++) {
            double sum = 0;
            for (int j = 0; j < s->hidden; j++) {
                sum += (double)w->reduce[(size_t)j * s->c + c] * (double)t->dhidden[at + j];
            }
            t->dpooled[((size_t)branch * s->n + image) * s->c + c] = (real)sum;
        }
    }
}

/* dx [h, w, c] of one image, channel by channel: through the gated map first, dx1 = s dy + dstat of the mean, and of
 * the maximum where it is this channel's, dx = g dx1; then through both pooled vectors, whose gradients need dgate of
 * all channels. */
static void map_backward(const struct gate_shape *s, const struct gate_operands *with,
                         const struct gate_backward_args *b, int image, const struct gate_scratch *t)
{
    const struct gate_choices *forced = with->forced;
    const struct gate_saved *saved = with->saved;
    const real *x = b->x, *dy = b->dy;
    real *dx = b->dx;
    int hw = s->h * s->w;
    size_t first = (size_t)image * hw;
    const real *g = saved->channel + (size_t)image * s->c;
    for (int c = 0; c < s->c; c++) {
        double dg = 0;
        for (size_t pixel = first; pixel < first + hw; pixel++) {
            size_t at = pixel * s->c + c;
            real dx1 = saved->spatial[pixel] * dy[at] + t->dstat[2 * pixel] / (real)s->c;
            if (saved->largest[pixel] == c) dx1 += t->dstat[2 * pixel + 1];
            dg += (double)dx1 * (double)x[at];
            dx[at] = g[c] * dx1;
        }
        t->dgate[(size_t)image * s->c + c] = (real)(dg * (double)g[c] * (double)g[(size_t)s->n * s->c + c]);
    }
    channel_backward(s, with, image, t);
    for (int c = 0; c < s->c; c++) {
        size_t mean = (size_t)image * s->c + c, top = (size_t)s->n * s->c + mean;
        int tops = 0;
        for (size_t pixel = first; pixel < first + hw; pixel++) {
            tops += is_top(forced, pixel * s->c + c, x[pixel * s->c + c], saved->pooled[top]);
        }
        for (size_t pixel = first; pixel < first + hw; pixel++) {
            size_t at = pixel * s->c + c;
            dx[at] += t->dpooled[mean] / (real)hw;
            if (is_top(forced, at, x[at], saved->pooled[top])) dx[at] += t->dpooled[top] / (real)tops;
        }
    }
}

static void linear_weights(const struct gate_shape *s, const struct gate_saved *saved, const struct gate_scratch *t,
                           const struct gate_weights *dw, int c)
{
    size_t branch_c = (size_t)s->n * s->c, branch_j = (size_t)s->n * s->hidden;
    for (int j = 0; j < s->hidden; j++) {
        double reduce = 0, expand = 0;
        for (int image = 0; image < s->n; image++) {
            size_t at_c = (size_t)image * s->c + c, at_j = (size_t)image * s->hidden + j;
            reduce += (double)t->dhidden[at_j] * (double)saved->pooled[at_c];
            reduce += (double)t->dhidden[branch_j + at_j] * (double)saved->pooled[branch_c + at_c];
            expand += (double)t->dgate[at_c] * ((double)saved->hidden[at_j] + (double)saved->hidden[branch_j + at_j]);
        }
        dw->reduce[(size_t)j * s->c + c] = (real)reduce;
        dw->expand[(size_t)c * s->hidden + j] = (real)expand;
    }
}

static void spatial_weights(const struct gate_shape *s, const struct gate_saved *saved, const struct gate_scratch *t,
                            const struct gate_weights *dw, int tap)
{
    double mean = 0, top = 0;
    for (int o = 0; o < s->n * s->h * s->w; o++) {
        int y = o / s->w % s->h - PAD + tap / TAPS, x = o % s->w - PAD + tap % TAPS;
        if (y < 0 || y >= s->h || x < 0 || x >= s->w) continue;
        const real *stat = saved->stat + 2 * (((size_t)(o / (s->h * s->w)) * s->h + y) * s->w + x);
        mean += (double)t->du[o] * (double)stat[0];
        top += (double)t->du[o] * (double)stat[1];
    }
    dw->spatial[2 * tap] = (real)mean;
    dw->spatial[2 * tap + 1] = (real)top;
}

void gate_backward_naive(const struct kernel_run *run, const struct gate_shape *s, const struct gate_operands *with,
                         const struct gate_backward_args *b)
{
    struct gate_scratch t = scratch_of(s, run->scratch);
#pragma omp parallel for schedule(static) num_threads(run->threads)
    for (int image = 0; image < s->n; image++) {
        spatial_backward(s, with, b, image, &t);
        map_backward(s, with, b, image, &t);
    }
    if (!b->dw) return;
#pragma omp parallel for schedule(static) num_threads(run->threads)
    for (int c = 0; c < s->c; c++) linear_weights(s, with->saved, &t, b->dw, c);
#pragma omp parallel for schedule(static) num_threads(run->threads)
    for (int tap = 0; tap < TAPS * TAPS; tap++) spatial_weights(s, with->saved, &t, b->dw, tap);
}
