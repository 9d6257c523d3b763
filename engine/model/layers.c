/* The kinds of layers: what forward and backward of each call. One table a kind, shapes from the values. */
#include "engine/model/network.h"

#include <string.h>

static const struct value *input_of(const struct pass *p, const struct layer *l, int i)
{
    return &p->net->values[l->in[i]];
}

static real *x_of(const struct pass *p, const struct layer *l)
{
    return network_data(p, l->in[0]);
}

static real *dx_of(const struct pass *p, const struct layer *l)
{
    return network_gradient(p, l->in[0]);
}

static size_t count_of(const struct value *v)
{
    return (size_t)v->n * v->h * v->w * v->c;
}

/* An op that can only add gets a zeroed gradient when it is the first to write. */
static real *added_dx(const struct pass *p, const struct layer *l, bool add)
{
    real *dx = dx_of(p, l);
    if (!add) memset(dx, 0, count_of(input_of(p, l, 0)) * sizeof *dx);
    return dx;
}

/* ---- convolution ---- */

static void conv_forward(struct pass *p, const struct layer *l)
{
    p->net->kernels->conv_forward(&p->run, l->plan, x_of(p, l), params_value(p->params, l->parameter), network_data(p, l->out));
}

static void conv_backward(struct pass *p, const struct layer *l, const bool *add)
{
    const struct kernels *k = p->net->kernels;
    const real *dy = network_gradient(p, l->out);
    k->conv_backward_weights(&p->run, l->plan, x_of(p, l), dy, params_gradient(p->params, l->parameter));
    k->conv_backward_data(&p->run, l->plan, dy, params_value(p->params, l->parameter), dx_of(p, l), add[0]);
}

const struct layer_ops layer_conv = { .kind = "conv", .reads_input = true, .forward = conv_forward, .backward = conv_backward };

/* ---- stem ----
 * A grey image is stored as two channels, its value and 1 (0 where padded). The three normalised channels of RGB are affine
 * in the value, so the 7x7 convolution over them is one over these two: weights sum_c W_c / s_c, and
 * -sum_c W_c m_c / s_c on the ones. So the border is exact without a bias per position. */

static void stem_forward(struct pass *p, const struct layer *l)
{
    const struct model_shape *s = &p->net->shape;
    const real *w = params_value(p->params, l->parameter);
    if (l->conv.c == 3) {
        p->net->kernels->conv_forward(&p->run, l->plan, x_of(p, l), w, network_data(p, l->out));
        return;
    }
    real *grey = network_kept(p, l, 0);
    int k = l->conv.k;
    for (int tap = 0; tap < l->conv.r * l->conv.r; tap++)
        for (int o = 0; o < k; o++) {
            real value = 0, one = 0;
            for (int c = 0; c < 3; c++) {
                real scaled = w[((size_t)tap * 3 + c) * k + o] / (real)s->deviation[c];
                value += scaled;
                one -= scaled * (real)s->mean[c];
            }
            grey[((size_t)tap * 2) * k + o] = value;
            grey[((size_t)tap * 2 + 1) * k + o] = one;
        }
    p->net->kernels->conv_forward(&p->run, l->plan, x_of(p, l), grey, network_data(p, l->out));
}

static void stem_backward(struct pass *p, const struct layer *l, const bool *add)
{
    (void)add;
    const struct model_shape *s = &p->net->shape;
    const struct kernels *kernels = p->net->kernels;
    const real *dy = network_gradient(p, l->out);
    real *dw = params_gradient(p->params, l->parameter);
    if (l->conv.c == 3) {
        kernels->conv_backward_weights(&p->run, l->plan, x_of(p, l), dy, dw);
        return;
    }
    real *grey = network_kept(p, l, 1);
    kernels->conv_backward_weights(&p->run, l->plan, x_of(p, l), dy, grey);
    int k = l->conv.k;
    for (int tap = 0; tap < l->conv.r * l->conv.r; tap++)
        for (int c = 0; c < 3; c++)
            for (int o = 0; o < k; o++)
                dw[((size_t)tap * 3 + c) * k + o] =
                    (grey[((size_t)tap * 2) * k + o] - (real)s->mean[c] * grey[((size_t)tap * 2 + 1) * k + o]) / (real)s->deviation[c];
}

const struct layer_ops layer_stem = { .kind = "stem", .reads_input = true, .forward = stem_forward, .backward = stem_backward };

/* ---- batch norm, with residual and ReLU ---- */

static struct norm_shape norm_shape(const struct pass *p, const struct layer *l)
{
    const struct value *v = input_of(p, l, 0);
    return (struct norm_shape){ p->net->groups, v->n * v->h * v->w / p->net->groups, v->c, l->relu };
}

static const uint8_t *forced_bytes(const struct pass *p, const struct layer *l, int which)
{
    return p->forced && l->choice >= 0 ? p->forced->list[l->choice + which].bytes : NULL;
}

static void norm_forward(struct pass *p, const struct layer *l)
{
    const struct norm_shape s = norm_shape(p, l);
    const real *residual = l->residual ? network_data(p, l->in[1]) : NULL;
    const real *weight = params_value(p->params, l->parameter), *bias = params_value(p->params, l->parameter + 1);
    real *y = network_data(p, l->out);
    if (!p->net->training) {
        p->net->kernels->norm_evaluate(&p->run, &s, x_of(p, l), residual, weight, bias, params_value(p->params, l->parameter + 2),
                                       params_value(p->params, l->parameter + 3), y);
        return;
    }
    p->net->kernels->norm_forward(&p->run, &s, x_of(p, l), residual, weight, bias, forced_bytes(p, l, 0), y, network_kept(p, l, 0),
                                  network_kept(p, l, 1), network_kept(p, l, 2));
    if (p->record && l->choice >= 0) {
        uint8_t *keep = p->record->list[l->choice].bytes;
        for (size_t i = 0; i < (size_t)s.groups * s.rows * s.c; i++) keep[i] = y[i] > 0;
    }
}

static void norm_backward(struct pass *p, const struct layer *l, const bool *add)
{
    (void)add;
    const struct norm_shape s = norm_shape(p, l);
    p->net->kernels->norm_backward(&p->run, &s, x_of(p, l), l->relu ? network_data(p, l->out) : NULL, params_value(p->params, l->parameter),
                                   forced_bytes(p, l, 0), network_kept(p, l, 0), network_kept(p, l, 1), network_gradient(p, l->out),
                                   dx_of(p, l), l->residual ? network_gradient(p, l->in[1]) : NULL,
                                   params_gradient(p->params, l->parameter), params_gradient(p->params, l->parameter + 1));
}

const struct layer_ops layer_norm = { .kind = "norm", .reads_input = true, .reads_output = true, .forward = norm_forward, .backward = norm_backward };

/* ---- max-pool ---- */

static void maxpool_forward(struct pass *p, const struct layer *l)
{
    const struct value *v = input_of(p, l, 0);
    uint8_t *tap = network_kept(p, l, 0);
    size_t n = count_of(&p->net->values[l->out]);
    const uint8_t *forced = forced_bytes(p, l, 0);
    if (forced) memcpy(tap, forced, n);
    p->net->kernels->maxpool_forward(&p->run, v->n, v->h, v->w, v->c, x_of(p, l), forced != NULL, network_data(p, l->out), tap);
    if (p->record && l->choice >= 0) memcpy(p->record->list[l->choice].bytes, tap, n);
}

static void maxpool_backward(struct pass *p, const struct layer *l, const bool *add)
{
    (void)add;
    const struct value *v = input_of(p, l, 0);
    p->net->kernels->maxpool_backward(&p->run, v->n, v->h, v->w, v->c, network_gradient(p, l->out), network_kept(p, l, 0), dx_of(p, l));
}

const struct layer_ops layer_maxpool = { .kind = "maxpool", .forward = maxpool_forward, .backward = maxpool_backward };

/* ---- context gate ---- */

static struct gate_shape gate_shape(const struct pass *p, const struct layer *l)
{
    const struct value *v = input_of(p, l, 0);
    return (struct gate_shape){ v->n, v->h, v->w, v->c, v->c / p->net->shape.context_reduction };
}

static struct gate_saved gate_saved(const struct pass *p, const struct layer *l)
{
    return (struct gate_saved){ network_kept(p, l, 0), network_kept(p, l, 1), network_kept(p, l, 2),
                                network_kept(p, l, 3), network_kept(p, l, 4), network_kept(p, l, 5) };
}

static struct gate_weights gate_weights(const struct layer *l, real *(*get)(const struct params *, int), const struct params *params)
{
    return (struct gate_weights){ get(params, l->parameter), get(params, l->parameter + 1), get(params, l->parameter + 2) };
}

static const struct gate_choices *gate_forced(const struct pass *p, const struct layer *l, struct gate_choices *room)
{
    if (!p->forced || l->choice < 0) return NULL;
    const struct choice *c = &p->forced->list[l->choice];
    *room = (struct gate_choices){ c[0].bytes, c[1].bytes, c[2].indices };
    return room;
}

static void gate_record(const struct pass *p, const struct layer *l, const struct gate_shape *s, const struct gate_saved *saved)
{
    struct choice *c = &p->record->list[l->choice];
    const real *x = x_of(p, l), *top = saved->pooled + (size_t)s->n * s->c;
    size_t hw = (size_t)s->h * s->w;
    for (int n = 0; n < s->n; n++)
        for (size_t i = 0; i < hw * s->c; i++)
            c[0].bytes[n * hw * s->c + i] = x[n * hw * s->c + i] == top[(size_t)n * s->c + i % s->c];
    for (size_t i = 0; i < c[1].count; i++) c[1].bytes[i] = saved->hidden[i] > 0;
    memcpy(c[2].indices, saved->largest, c[2].count * sizeof(int32_t));
}

static void gate_forward(struct pass *p, const struct layer *l)
{
    real *y = network_data(p, l->out);
    if (!p->gates) {
        memcpy(y, x_of(p, l), count_of(input_of(p, l, 0)) * sizeof *y);
        return;
    }
    const struct gate_shape s = gate_shape(p, l);
    const struct gate_weights w = gate_weights(l, params_value, p->params);
    const struct gate_saved saved = gate_saved(p, l);
    struct gate_choices room;
    p->net->kernels->gate_forward(&p->run, &s, &w, gate_forced(p, l, &room), x_of(p, l), y, &saved);
    if (p->record && l->choice >= 0) gate_record(p, l, &s, &saved);
}

static void gate_backward(struct pass *p, const struct layer *l, const bool *add)
{
    (void)add;
    const struct gate_shape s = gate_shape(p, l);
    const struct gate_weights w = gate_weights(l, params_value, p->params), dw = gate_weights(l, params_gradient, p->params);
    const struct gate_saved saved = gate_saved(p, l);
    struct gate_choices room;
    p->net->kernels->gate_backward(&p->run, &s, &w, gate_forced(p, l, &room), x_of(p, l), &saved, network_gradient(p, l->out),
                                   dx_of(p, l), &dw);
}

const struct layer_ops layer_gate = { .kind = "gate", .reads_input = true, .forward = gate_forward, .backward = gate_backward };

/* ---- means ---- */

static void mean_forward(struct pass *p, const struct layer *l)
{
    const struct value *v = input_of(p, l, 0);
    p->net->kernels->mean_forward(&p->run, v->n, v->h * v->w, v->c, x_of(p, l), network_data(p, l->out));
}

static void mean_backward(struct pass *p, const struct layer *l, const bool *add)
{
    const struct value *v = input_of(p, l, 0);
    p->net->kernels->mean_backward(&p->run, v->n, v->h * v->w, v->c, network_gradient(p, l->out), added_dx(p, l, add[0]));
}

const struct layer_ops layer_mean = { .kind = "mean", .only_adds = true, .forward = mean_forward, .backward = mean_backward };

static void cells_forward(struct pass *p, const struct layer *l)
{
    const struct value *v = input_of(p, l, 0);
    const struct operators *o = &p->net->operators[l->cells];
    p->net->kernels->cells_forward(&p->run, v->n, v->h, v->w, v->c, MODEL_CELLS, o->rows, o->columns, x_of(p, l), network_data(p, l->out));
}

static void cells_backward(struct pass *p, const struct layer *l, const bool *add)
{
    const struct value *v = input_of(p, l, 0);
    const struct operators *o = &p->net->operators[l->cells];
    p->net->kernels->cells_backward(&p->run, v->n, v->h, v->w, v->c, MODEL_CELLS, o->rows, o->columns, network_gradient(p, l->out),
                                    added_dx(p, l, add[0]));
}

const struct layer_ops layer_cells = { .kind = "cells", .only_adds = true, .forward = cells_forward, .backward = cells_backward };

/* ---- linear maps ---- */

struct linear_shape layer_linear_shape(const struct network *net, const struct layer *l, int i)
{
    const struct value *x = &net->values[l->in[i]], *y = &net->values[l->out];
    bool cells = l->ops == &layer_fuse;
    return (struct linear_shape){ cells ? y->n * y->h * y->w : x->n, cells ? x->c : x->h * x->w * x->c, y->c };
}

/* y [rows, fuse] = sum over maps of pooled map [rows, c] times weight [fuse, c] transposed; rows are image and cell. */
static void fuse_forward(struct pass *p, const struct layer *l)
{
    for (int k = 0; k < l->inputs; k++) {
        const struct linear_shape s = layer_linear_shape(p->net, l, k);
        int w = l->parameter + 2 * k;
        p->net->kernels->linear_forward(&p->run, &s, network_data(p, l->in[k]), params_value(p->params, w),
                                        params_value(p->params, w + 1), k > 0, network_data(p, l->out), NULL);
    }
}

static void fuse_backward(struct pass *p, const struct layer *l, const bool *add)
{
    const real *dy = network_gradient(p, l->out);
    for (int k = 0; k < l->inputs; k++) {
        const struct linear_shape s = layer_linear_shape(p->net, l, k);
        int w = l->parameter + 2 * k;
        p->net->kernels->linear_backward_weights(&p->run, &s, network_data(p, l->in[k]), dy, params_gradient(p->params, w), NULL);
        p->net->kernels->linear_backward_data(&p->run, &s, dy, params_value(p->params, w), add[k], network_gradient(p, l->in[k]));
    }
}

const struct layer_ops layer_fuse = { .kind = "fuse", .reads_input = true, .forward = fuse_forward, .backward = fuse_backward };

/* Of a deferred map: the sum of its squared weights, then that of weights times gradient. */
static double *linear_sums(const struct pass *p, const struct layer *l)
{
    return network_kept(p, l, 0);
}

static void linear_forward(struct pass *p, const struct layer *l)
{
    const struct linear_shape s = layer_linear_shape(p->net, l, 0);
    p->net->kernels->linear_forward(&p->run, &s, x_of(p, l), params_value(p->params, l->parameter),
                                    params_value(p->params, l->parameter + 1), false, network_data(p, l->out),
                                    l->deferred ? &linear_sums(p, l)[0] : NULL);
}

static double dot(const real *a, const real *b, size_t n)
{
    double total = 0;
    size_t i = 0;
    for (; i + 1024 <= n; i += 1024) {
        real lanes[16] = { 0 };
        for (size_t j = 0; j < 1024; j += 16)
            for (int k = 0; k < 16; k++) lanes[k] += a[i + j + k] * b[i + j + k];
        for (int k = 0; k < 16; k++) total += lanes[k];
    }
    for (; i < n; i++) total += (double)a[i] * b[i];
    return total;
}

/* The sum of weight * gradient is that of dx * x: both are dy w x summed in another order. */
static void linear_backward(struct pass *p, const struct layer *l, const bool *add)
{
    const struct linear_shape s = layer_linear_shape(p->net, l, 0);
    const real *dy = network_gradient(p, l->out);
    if (!l->deferred)
        p->net->kernels->linear_backward_weights(&p->run, &s, x_of(p, l), dy, params_gradient(p->params, l->parameter), NULL);
    p->net->kernels->linear_backward_data(&p->run, &s, dy, params_value(p->params, l->parameter), add[0], dx_of(p, l));
    if (l->deferred) linear_sums(p, l)[1] = dot(dx_of(p, l), x_of(p, l), (size_t)s.rows * s.in);
}

const struct layer_ops layer_linear = { .kind = "linear", .reads_input = true, .forward = linear_forward, .backward = linear_backward };

int network_deferred(const struct pass *p, struct deferred *list)
{
    int n = 0;
    for (int i = 0; i < p->net->layer_count; i++) {
        const struct layer *l = &p->net->layers[i];
        if (!l->deferred) continue;
        list[n++] = (struct deferred){ l->parameter, layer_linear_shape(p->net, l, 0), x_of(p, l), network_gradient(p, l->out),
                                       linear_sums(p, l)[0], linear_sums(p, l)[1] };
    }
    return n;
}
