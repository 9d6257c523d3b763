/* Linear maps: sums of products in double, one output after the other. */
#include "engine/kernels/naive/naive.h"

#include <math.h>

size_t linear_scratch_naive(const struct linear_shape *s, bool normed, int threads)
{
    (void)s;
    (void)normed;
    (void)threads;
    return 0;
}

void linear_forward_naive(const struct kernel_run *run, const struct linear_shape *s,
                          const struct linear_forward_args *a)
{
    const real *x = a->x, *w = a->w;
#pragma omp parallel for schedule(static) num_threads(run->threads)
    for (int i = 0; i < s->rows; i++) {
        for (int o = 0; o < s->out; o++) {
            double sum = a->bias ? (double)a->bias[o] : 0;
            for (int k = 0; k < s->in; k++) sum += (double)x[(size_t)i * s->in + k] * (double)w[(size_t)o * s->in + k];
            real *at = &a->y[(size_t)i * s->out + o];
            *at = (real)(a->add ? (double)*at + sum : sum);
        }
    }
    if (!a->squares) return;
    *a->squares = 0;
    for (size_t i = 0; i < (size_t)s->out * s->in; i++) *a->squares += (double)w[i] * (double)w[i];
}

/* dx = dy w, in double, one input of one row at a time. */
void linear_backward_data_naive(const struct kernel_run *run, const struct linear_shape *s, const real *dy,
                                const real *w, bool add, real *dx)
{
#pragma omp parallel for schedule(static) num_threads(run->threads)
    for (int i = 0; i < s->rows; i++) {
        for (int k = 0; k < s->in; k++) {
            double sum = 0;
            for (int o = 0; o < s->out; o++)
                sum += (double)dy[(size_t)i * s->out + o] * (double)w[(size_t)o * s->in + k];
            real *at = &dx[(size_t)i * s->in + k];
            *at = (real)(add ? (double)*at + sum : sum);
        }
    }
}

static void update_one(const struct update *u, size_t i, real g)
{
    real *value = &u->value[i], *moment = &u->moment[i];
    g *= u->factor;
    if (u->kind == UPDATE_LARS) {
        *moment = u->momentum * *moment + u->scale * (g + u->decay * *value);
        *value -= u->rate * *moment;
        return;
    }
    *moment = u->momentum * *moment + (1 - u->momentum) * g;
    u->second[i] = u->momentum2 * u->second[i] + (1 - u->momentum2) * g * g;
    *value = u->keep * *value - u->rate * *moment / ((real)sqrt((double)u->second[i]) * u->root + u->eps);
}

void linear_backward_weights_naive(const struct kernel_run *run, const struct linear_shape *s, const real *x,
                                   const real *dy, real *dw, const struct update *u)
{
#pragma omp parallel for schedule(static) num_threads(run->threads)
    for (int o = 0; o < s->out; o++) {
        for (int k = 0; k < s->in; k++) {
            double sum = 0;
            for (int i = 0; i < s->rows; i++)
                sum += (double)dy[(size_t)i * s->out + o] * (double)x[(size_t)i * s->in + k];
            size_t at = (size_t)o * s->in + k;
            if (dw) dw[at] = (real)sum;
            if (u) update_one(u, at, (real)sum);
        }
    }
}

void linear_backward_bias_naive(const struct kernel_run *run, const struct linear_shape *s, const real *dy, real *db)
{
    (void)run;
    for (int o = 0; o < s->out; o++) {
        double sum = 0;
        for (int i = 0; i < s->rows; i++) sum += (double)dy[(size_t)i * s->out + o];
        db[o] = (real)sum;
    }
}

double linear_norm_naive(const struct kernel_run *run, const struct linear_shape *s, const real *x, const real *dy,
                         double *most)
{
    (void)run;
    double squares = 0, bound = 0;
    for (int i = 0; i < s->rows; i++) {
        double xx = 0, yy = 0;
        for (int k = 0; k < s->in; k++) xx += (double)x[(size_t)i * s->in + k] * (double)x[(size_t)i * s->in + k];
        for (int o = 0; o < s->out; o++) yy += (double)dy[(size_t)i * s->out + o] * (double)dy[(size_t)i * s->out + o];
        bound += sqrt(xx) * sqrt(yy);
    }
    for (int o = 0; o < s->out; o++) {
        for (int k = 0; k < s->in; k++) {
            double sum = 0;
            for (int i = 0; i < s->rows; i++)
                sum += (double)dy[(size_t)i * s->out + o] * (double)x[(size_t)i * s->in + k];
            squares += sum * sum;
        }
    }
    *most = bound;
    return squares;
}
