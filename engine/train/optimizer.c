#include "engine/train/optimizer.h"

#include <math.h>

enum { CHUNK = 1 << 14 }; /* numbers of a partial sum: fixed, so the thread count does not enter the result's order */

/* Sum of squares of (x + decay * y), in chunks added in order. y may be NULL. */
static double squares(const struct kernel_run *run, const real *x, const real *y, real decay, size_t n)
{
    enum { MOST = 256 };
    double total = 0;
    for (size_t from = 0; from < n; from += (size_t)MOST * CHUNK) {
        double part[MOST];
        size_t left = n - from < (size_t)MOST * CHUNK ? n - from : (size_t)MOST * CHUNK;
        int chunks = (int)((left + CHUNK - 1) / CHUNK);
#pragma omp parallel for num_threads(run->threads) schedule(static) if (chunks > 1)
        for (int c = 0; c < chunks; c++) {
            size_t a = from + (size_t)c * CHUNK, b = a + CHUNK < from + left ? a + CHUNK : from + left;
            real lanes[16] = { 0 };
            double sum = 0;
            size_t i = a;
            for (; i + 16 <= b; i += 16)
                for (int j = 0; j < 16; j++) {
                    real t = x[i + j] + (y ? decay * y[i + j] : 0);
                    lanes[j] += t * t;
                }
            for (; i < b; i++) {
                real t = x[i] + (y ? decay * y[i] : 0);
                lanes[0] += t * t;
            }
            for (int j = 0; j < 16; j++) sum += lanes[j];
            part[c] = sum;
        }
        for (int c = 0; c < chunks; c++) total += part[c];
    }
    return total;
}

double optimizer_grad_norm(const struct kernel_run *run, const struct params *p, int *bad)
{
    double total = 0;
    *bad = -1;
    for (int i = 0; i < p->count; i++) {
        const struct engine_tensor *t = &p->list[i].info;
        if (t->kind != TENSOR_PARAMETER || t->zero_gradient) continue;
        double s = squares(run, params_gradient(p, i), NULL, 0, t->count);
        if (!isfinite(s) && *bad < 0) *bad = i;
        total += s;
    }
    return sqrt(total);
}

struct range {
    real *value, *moment, *second;
    const real *gradient;
    size_t count;
};

static void lars(const struct kernel_run *run, const struct optimizer *o, const struct range *r, bool vector, double lr)
{
    double decay = vector ? 0 : o->weight_decay, scale = 1;
    if (!vector) {
        double pn = sqrt(squares(run, r->value, NULL, 0, r->count)), gn = sqrt(squares(run, r->gradient, r->value, (real)decay, r->count));
        if (pn > 0 && gn > 0) scale = o->eta * pn / gn;
    }
    real m = (real)o->momentum, s = (real)scale, d = (real)decay, rate = (real)lr;
#pragma omp parallel for simd num_threads(run->threads) schedule(static) if (r->count > CHUNK)
    for (size_t i = 0; i < r->count; i++) {
        real mu = m * r->moment[i] + (r->gradient[i] + d * r->value[i]) * s;
        r->moment[i] = mu;
        r->value[i] -= rate * mu;
    }
}

static void adamw(const struct kernel_run *run, const struct optimizer *o, const struct range *r, bool vector, double lr, int64_t t)
{
    const double beta1 = 0.9, beta2 = 0.999;
    real b1 = (real)beta1, b2 = (real)beta2, n1 = (real)(1 - beta1), n2 = (real)(1 - beta2), eps = (real)1e-8;
    real keep = (real)(vector ? 1 : 1 - lr * o->weight_decay);
    real step = (real)(lr / (1 - pow(beta1, (double)t))), root = (real)(1 / sqrt(1 - pow(beta2, (double)t)));
#pragma omp parallel for simd num_threads(run->threads) schedule(static) if (r->count > CHUNK)
    for (size_t i = 0; i < r->count; i++) {
        real g = r->gradient[i], m = b1 * r->moment[i] + n1 * g, v = b2 * r->second[i] + n2 * g * g;
        r->moment[i] = m;
        r->second[i] = v;
#ifdef MLVICX_REAL64
        r->value[i] = keep * r->value[i] - step * m / (sqrt(v) * root + eps);
#else
        r->value[i] = keep * r->value[i] - step * m / (sqrtf(v) * root + eps);
#endif
    }
}

void optimizer_step(const struct kernel_run *run, const struct optimizer *o, struct params *p, double lr, int64_t t)
{
    for (int i = 0; i < p->count; i++) {
        const struct param *q = &p->list[i];
        if (q->info.kind != TENSOR_PARAMETER || q->info.zero_gradient || !q->info.trained) continue;
        const struct range r = { p->value + q->offset, p->momentum + q->offset, p->second ? p->second + q->offset : NULL,
                                 p->gradient + q->offset, q->info.count };
        if (o->kind == OPTIM_LARS)
            lars(run, o, &r, q->info.dims == 1, lr);
        else
            adamw(run, o, &r, q->info.dims == 1, lr, t);
    }
}
