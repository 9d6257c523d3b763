/* Two passes over a tensor: one for the sums that LARS, the norm and the check for finite numbers want, one for the
 * update. The gradient of a fused update is never read: its sums are known without it, and a kernel updates while
 * making it. */
#include "engine/train/optimizer.h"

#include <float.h>
#include <math.h>

enum {
    CHUNK = 1 << 14, /* numbers of a partial sum: fixed, so that the result does not depend on the number of threads */
    MOST = 256,      /* partial sums that are held at once                                                           */
};

/* Largest number that a gradient may reach on the way. */
static const double most_real = REAL_BITS == 64 ? DBL_MAX : FLT_MAX;

/* Sums over g and v [n], in WIDTH interleaved partial sums: an order that vectors keep, and short sums in float. */
static struct optimizer_sums chunk_sums(const real *g, const real *v, size_t n)
{
    enum { WIDTH = 16 };
    real gg[WIDTH] = { 0 }, vg[WIDTH] = { 0 }, vv[WIDTH] = { 0 };
    size_t i = 0;
    for (; i + WIDTH <= n; i += WIDTH)
        for (int j = 0; j < WIDTH; j++) {
            gg[j] += g[i + j] * g[i + j];
            vg[j] += v[i + j] * g[i + j];
            vv[j] += v[i + j] * v[i + j];
        }
    for (; i < n; i++) {
        gg[0] += g[i] * g[i];
        vg[0] += v[i] * g[i];
        vv[0] += v[i] * v[i];
    }
    struct optimizer_sums sum = { 0 };
    for (int j = 0; j < WIDTH; j++) {
        sum.gg += gg[j];
        sum.vg += vg[j];
        sum.vv += vv[j];
    }
    return sum;
}

/* Sums over g and v [n]: threads take chunks, which are added up in their order. */
static struct optimizer_sums tensor_sums(const struct kernel_run *run, const real *g, const real *v, size_t n)
{
    struct optimizer_sums total = { 0 };
    for (size_t from = 0; from < n; from += (size_t)MOST * CHUNK) {
        struct optimizer_sums part[MOST];
        size_t left = n - from < (size_t)MOST * CHUNK ? n - from : (size_t)MOST * CHUNK;
        int chunks = (int)((left + CHUNK - 1) / CHUNK);
#pragma omp parallel for num_threads(run->threads) schedule(static) if (chunks > 1)
        for (int c = 0; c < chunks; c++) {
            size_t a = (size_t)c * CHUNK, b = a + CHUNK < left ? a + CHUNK : left;
            part[c] = chunk_sums(g + from + a, v + from + a, b - a);
        }
        for (int c = 0; c < chunks; c++) {
            total.gg += part[c].gg;
            total.vg += part[c].vg;
            total.vv += part[c].vv;
        }
    }
    return total;
}

static const struct fused_update *find_fused_update(const struct optimizer *o, int parameter)
{
    for (int i = 0; i < o->fused_count; i++)
        if (o->fused_updates[i].parameter == parameter) return &o->fused_updates[i];
    return NULL;
}

double optimizer_measure(const struct kernel_run *run, const struct optimizer *o, const struct params *p, int *bad)
{
    double total = 0;
    *bad = -1;
    for (int i = 0; i < p->count; i++) {
        const struct engine_tensor *t = &p->list[i].info;
        if (t->kind != TENSOR_PARAMETER || t->zero_gradient || p->list[i].frozen) continue;
        const struct fused_update *d = find_fused_update(o, i);
        double most = 0;
        if (d)
            o->sums[i] = (struct optimizer_sums){ o->kernels->linear_norm(run, &d->shape, d->x, d->dy, &most),
                                                  d->value_gradient, d->value_squares };
        else
            o->sums[i] = tensor_sums(run, params_gradient(p, i), params_value(p, i), t->count);
        if (!(isfinite(o->sums[i].gg) && most < most_real) && *bad < 0) *bad = i;
        total += o->sums[i].gg;
    }
    return sqrt(total > 0 ? total : 0);
}

/* The layer's rate of LARS: eta |v| / |g + decay v|, where the norm of the sum comes from the sums of one pass,
 * |f g + decay v|^2 = f^2 gg + 2 f decay vg + decay^2 vv. Biases and weights of norms (vectors) have rate 1 and no
 * decay. */
static struct update lars(const struct optimizer *o, const struct optimizer_sums *s, bool vector,
                          const struct optimizer_settings *of)
{
    double decay = vector ? 0 : o->weight_decay, scale = 1;
    double squares = of->factor * (of->factor * s->gg + 2 * decay * s->vg) + decay * decay * s->vv;
    if (!vector && s->vv > 0 && squares > 0) scale = o->eta * sqrt(s->vv / squares);
    return (struct update){ .kind = UPDATE_LARS,
                            .factor = (real)of->factor,
                            .momentum = (real)o->momentum,
                            .scale = (real)scale,
                            .decay = (real)decay,
                            .rate = (real)of->rate };
}

/* value = (1 - lr decay) value - lr m^ / (sqrt(v^) + eps) with m^ = m / (1 - beta1^t), v^ = v / (1 - beta2^t): the
 * corrections are in rate and root. Vectors have no decay. */
static struct update adamw(const struct optimizer *o, bool vector, const struct optimizer_settings *of)
{
    double lr = of->rate, t = (double)of->number;
    const double beta1 = 0.9, beta2 = 0.999;
    return (struct update){ .kind = UPDATE_ADAMW,
                            .factor = (real)of->factor,
                            .momentum = (real)beta1,
                            .momentum2 = (real)beta2,
                            .keep = (real)(vector ? 1 : 1 - lr * o->weight_decay),
                            .rate = (real)(lr / (1 - pow(beta1, t))),
                            .root = (real)(1 / sqrt(1 - pow(beta2, t))),
                            .eps = (real)1e-8 };
}

static void apply_lars(const struct kernel_run *run, const struct update *u, const real *gradient, size_t n)
{
    const struct update r = *u;
#pragma omp parallel for simd num_threads(run->threads) schedule(static) if (n > CHUNK)
    for (size_t i = 0; i < n; i++) {
        real g = r.factor * gradient[i], moment = r.momentum * r.moment[i] + (g + r.decay * r.value[i]) * r.scale;
        r.moment[i] = moment;
        r.value[i] -= r.rate * moment;
    }
}

static void apply_adamw(const struct kernel_run *run, const struct update *u, const real *gradient, size_t n)
{
    const struct update r = *u;
#pragma omp parallel for simd num_threads(run->threads) schedule(static) if (n > CHUNK)
    for (size_t i = 0; i < n; i++) {
        real g = r.factor * gradient[i], m = r.momentum * r.moment[i] + (1 - r.momentum) * g;
        real v = r.momentum2 * r.second[i] + (1 - r.momentum2) * g * g;
        r.moment[i] = m;
        r.second[i] = v;
#ifdef MLVICX_REAL64
        r.value[i] = r.keep * r.value[i] - r.rate * m / (sqrt(v) * r.root + r.eps);
#else
        r.value[i] = r.keep * r.value[i] - r.rate * m / (sqrtf(v) * r.root + r.eps);
#endif
    }
}

void optimizer_step(const struct kernel_run *run, const struct optimizer *o, struct params *p,
                    const struct optimizer_settings *of)
{
    for (int i = 0; i < p->count; i++) {
        const struct param *q = &p->list[i];
        if (q->info.kind != TENSOR_PARAMETER || q->info.zero_gradient || !q->info.trained) continue;
        bool vector = q->info.dims == 1;
        struct update u = o->kind == OPTIM_LARS ? lars(o, &o->sums[i], vector, of) : adamw(o, vector, of);
        u.value = p->value + q->offset;
        u.moment = p->momentum + q->moment_offset;
        u.second = p->second ? p->second + q->moment_offset : NULL;
        const struct fused_update *d = find_fused_update(o, i);
        if (d)
            o->kernels->linear_backward_weights(run, &d->shape, d->x, d->dy, params_gradient(p, i), &u);
        else if (o->kind == OPTIM_LARS)
            apply_lars(run, &u, params_gradient(p, i), q->info.count);
        else
            apply_adamw(run, &u, params_gradient(p, i), q->info.count);
    }
}
