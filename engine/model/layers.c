/* The kinds of layers: what forward and backward of each call. One table a kind, shapes from the values. */
#include "engine/model/network.h"

#include <assert.h>
#include <math.h>
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

/* An op that can only add gets a zeroed gradient when it is the first to write. */
static real *added_dx(const struct pass *p, const struct layer *l, bool add)
{
    real *dx = dx_of(p, l);
    if (!add) memset(dx, 0, value_reals(input_of(p, l, 0)) * sizeof *dx);
    return dx;
}

/* ---- convolution ---- */

static void conv_forward(struct pass *p, const struct layer *l)
{
    p->net->kernels->conv_forward(&p->run, l->conv_plan, x_of(p, l), params_value(p->params, l->parameter),
                                  network_data(p, l->out));
}

static void conv_backward(struct pass *p, const struct layer *l, const bool *add)
{
    const struct kernels *k = p->net->kernels;
    const real *dy = network_gradient(p, l->out);
    if (p->net->mode != NETWORK_EXPLAIN)
        k->conv_backward_weights(&p->run, l->conv_plan, x_of(p, l), dy, params_gradient(p->params, l->parameter));
    k->conv_backward_data(&p->run, l->conv_plan, dy, params_value(p->params, l->parameter), dx_of(p, l), add[0]);
}

const struct layer_ops layer_conv = {
    .kind = "conv", .reads_input = true, .forward = conv_forward, .backward = conv_backward
};

/* ---- stem ----
 * A grey image is stored as two channels, its value and 1 (0 where padded). The three normalised channels of RGB are
 * affine in the value, so the 7x7 convolution over them is one over these two: weights sum_c W_c / s_c, and -sum_c W_c
 * m_c / s_c on the ones. So the border is exact without a bias per position. */

static void stem_forward(struct pass *p, const struct layer *l)
{
    const struct model_shape *s = &p->net->shape;
    const real *w = params_value(p->params, l->parameter);
    if (l->conv.c == 3) {
        p->net->kernels->conv_forward(&p->run, l->conv_plan, x_of(p, l), w, network_data(p, l->out));
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
    p->net->kernels->conv_forward(&p->run, l->conv_plan, x_of(p, l), grey, network_data(p, l->out));
}

static void stem_backward(struct pass *p, const struct layer *l, const bool *add)
{
    (void)add;
    const struct model_shape *s = &p->net->shape;
    const struct kernels *kernels = p->net->kernels;
    const real *dy = network_gradient(p, l->out);
    real *dw = params_gradient(p->params, l->parameter);
    if (l->conv.c == 3) {
        kernels->conv_backward_weights(&p->run, l->conv_plan, x_of(p, l), dy, dw);
        return;
    }
    real *grey = network_kept(p, l, 1);
    kernels->conv_backward_weights(&p->run, l->conv_plan, x_of(p, l), dy, grey);
    int k = l->conv.k;
    for (int tap = 0; tap < l->conv.r * l->conv.r; tap++)
        for (int c = 0; c < 3; c++)
            for (int o = 0; o < k; o++)
                dw[((size_t)tap * 3 + c) * k + o] =
                    (grey[((size_t)tap * 2) * k + o] - (real)s->mean[c] * grey[((size_t)tap * 2 + 1) * k + o]) /
                    (real)s->deviation[c];
}

const struct layer_ops layer_stem = {
    .kind = "stem", .reads_input = true, .forward = stem_forward, .backward = stem_backward
};

/* ---- batch norm, with residual and ReLU ---- */

/* What the norm of a norm or stage layer found in training. */
static struct norm_saved norm_saved(const struct pass *p, const struct layer *l)
{
    return (struct norm_saved){ network_kept(p, l, KEPT_MEAN), network_kept(p, l, KEPT_SCALE),
                                network_kept(p, l, KEPT_UNBIASED), network_kept(p, l, KEPT_AFFINE) };
}

static struct norm_shape norm_shape(const struct pass *p, const struct layer *l)
{
    const struct value *v = input_of(p, l, 0);
    return (struct norm_shape){ p->net->groups, v->n * v->h * v->w / p->net->groups, v->c, l->relu };
}

static const uint8_t *forced_bytes(const struct pass *p, const struct layer *l, int which)
{
    return p->forced && l->choice >= 0 ? p->forced->list[l->choice + which].bytes : NULL;
}

/* Weight (0) or bias (1) of a norm, or its gradient; NULL of a bare one. */
static real *value_or_null(const struct pass *p, const struct layer *l, int which)
{
    return l->parameter < 0 ? NULL : params_value(p->params, l->parameter + which);
}

static real *gradient_or_null(const struct pass *p, const struct layer *l, int which)
{
    bool learns = l->parameter >= 0 && p->net->mode != NETWORK_EXPLAIN;
    return learns ? params_gradient(p->params, l->parameter + which) : NULL;
}

/* The coefficients of a norm: of the batch in training, else of the running statistics. */
static const real *norm_affine(const struct pass *p, const struct layer *l)
{
    const struct norm_shape s = norm_shape(p, l);
    const real *weight = value_or_null(p, l, 0), *bias = value_or_null(p, l, 1);
    real *affine = network_kept(p, l, KEPT_AFFINE);
    if (network_has_batch_statistics(p->net) && !l->frozen) {
        const struct norm_saved saved = norm_saved(p, l);
        p->net->kernels->norm_statistics(&p->run, &s, x_of(p, l), weight, bias, &saved);
        return affine;
    }
    const real *mean = params_value(p->params, l->running), *var = params_value(p->params, l->running + 1);
    for (int c = 0; c < s.c; c++) { /* one group: its images are one view */
        affine[c] = mean[c];
        affine[s.c + c] = (real)((weight ? (double)weight[c] : 1) / sqrt((double)var[c] + 1.0 / NORM_EPS_INVERSE));
        affine[2 * s.c + c] = bias ? bias[c] : 0;
    }
    return affine;
}

static void norm_forward(struct pass *p, const struct layer *l)
{
    const struct norm_shape s = norm_shape(p, l);
    real *y = network_data(p, l->out);
    const struct norm_apply_args a = { .x = x_of(p, l),
                                       .residual = l->residual ? network_data(p, l->in[1]) : NULL,
                                       .affine = norm_affine(p, l),
                                       .keep = forced_bytes(p, l, 0),
                                       .y = y };
    p->net->kernels->norm_apply(&p->run, &s, &a);
    if (p->record && l->choice >= 0) {
        uint8_t *keep = p->record->list[l->choice].bytes;
        for (size_t i = 0; i < (size_t)s.groups * s.rows * s.c; i++) keep[i] = y[i] > 0;
    }
}

static void norm_backward(struct pass *p, const struct layer *l, const bool *add)
{
    (void)add;
    const struct norm_shape s = norm_shape(p, l);
    const struct norm_saved saved = norm_saved(p, l);
    const struct norm_backward_args b = { .x = x_of(p, l),
                                          .y = l->relu && l->residual ? network_data(p, l->out) : NULL,
                                          .weight = value_or_null(p, l, 0),
                                          .keep = forced_bytes(p, l, 0),
                                          .saved = &saved,
                                          .dy = network_gradient(p, l->out),
                                          .dx = dx_of(p, l),
                                          .dresidual = l->residual ? network_gradient(p, l->in[1]) : NULL,
                                          .dweight = gradient_or_null(p, l, 0),
                                          .dbias = gradient_or_null(p, l, 1) };
    if (p->net->mode == NETWORK_EXPLAIN)
        p->net->kernels->norm_explain(&p->run, &s, &b);
    else
        p->net->kernels->norm_backward(&p->run, &s, &b);
}

const struct layer_ops layer_norm = {
    .kind = "norm", .reads_input = true, .reads_output = true, .forward = norm_forward, .backward = norm_backward
};

/* ---- end of a stage: norm, residual, ReLU, context gate, cells, max-pool ---- */

static struct stage_shape stage_shape(const struct pass *p, const struct layer *l)
{
    const struct value *v = input_of(p, l, 0);
    const struct model_shape *m = &p->net->shape;
    return (struct stage_shape){ v->n,       v->h,           v->w,
                                 v->c,       p->net->groups, m->context && p->gates ? v->c / m->context_reduction : 0,
                                 l->maxpool, MODEL_CELLS };
}

static void *kept_or_null(const struct pass *p, const struct layer *l, int slot)
{
    return l->kept[slot].size ? network_kept(p, l, slot) : NULL;
}

static struct stage_saved stage_saved(const struct pass *p, const struct layer *l)
{
    return (struct stage_saved){ { kept_or_null(p, l, KEPT_POOLED), kept_or_null(p, l, KEPT_HIDDEN),
                                   kept_or_null(p, l, KEPT_CHANNEL), kept_or_null(p, l, KEPT_STAT),
                                   kept_or_null(p, l, KEPT_LARGEST), kept_or_null(p, l, KEPT_SPATIAL) },
                                 kept_or_null(p, l, KEPT_TAP) };
}

static struct gate_weights gate_weights(const struct pass *p, const struct layer *l,
                                        real *(*get)(const struct params *, int))
{
    if (!p->net->shape.context) return (struct gate_weights){ 0 };
    return (struct gate_weights){ get(p->params, l->gate), get(p->params, l->gate + 1), get(p->params, l->gate + 2),
                                  (real)p->net->shape.context_start };
}

static struct cell_operators cell_operators(const struct pass *p, const struct layer *l)
{
    if (l->operators < 0) return (struct cell_operators){ 0 };
    const struct operators *o = &p->net->operators[l->operators];
    return (struct cell_operators){ o->rows, o->columns };
}

/* Choices of a stage in their order: ReLU; top, hidden, largest of the gate; taps of the pool. */
static const struct stage_choices *stage_forced(const struct pass *p, const struct layer *l, struct stage_choices *room)
{
    if (!p->forced || l->choice < 0) return NULL;
    const struct choice *c = &p->forced->list[l->choice], *taps = c + (p->net->shape.context ? 4 : 1);
    *room = (struct stage_choices){ .keep = c->bytes, .tap = l->maxpool ? taps->bytes : NULL };
    if (p->net->shape.context) room->gate = (struct gate_choices){ c[1].bytes, c[2].bytes, c[3].indices };
    return room;
}

static void stage_record(const struct pass *p, const struct layer *l, const struct stage_shape *s,
                         const struct stage_saved *saved)
{
    struct choice *c = &p->record->list[l->choice];
    const real *x = network_kept(p, l, KEPT_ACTIVATED), *top = saved->gate.pooled + (size_t)s->n * s->c;
    size_t hw = (size_t)s->h * s->w, map = hw * s->c;
    for (size_t i = 0; i < c->count; i++) c->bytes[i] = x[i] > 0;
    if (s->hidden) {
        for (size_t i = 0; i < c[1].count; i++) c[1].bytes[i] = x[i] == top[i / map * s->c + i % s->c];
        for (size_t i = 0; i < c[2].count; i++) c[2].bytes[i] = saved->gate.hidden[i] > 0;
        memcpy(c[3].indices, saved->gate.largest, c[3].count * sizeof(int32_t));
        c += 3;
    }
    if (l->maxpool) memcpy(c[1].bytes, saved->tap, c[1].count);
}

static real *data_or_null(const struct pass *p, int value, bool wanted)
{
    return wanted && value >= 0 ? network_data(p, value) : NULL;
}

static void stage_forward(struct pass *p, const struct layer *l)
{
    const struct stage_shape s = stage_shape(p, l);
    const struct gate_weights w = gate_weights(p, l, params_value);
    const struct stage_saved saved = stage_saved(p, l);
    const struct cell_operators cells = cell_operators(p, l);
    const struct stage_forward_args f = { .x = x_of(p, l),
                                          .residual = l->residual ? network_data(p, l->in[1]) : NULL,
                                          .affine = norm_affine(p, l),
                                          .y = network_data(p, l->out),
                                          .cells = data_or_null(p, l->cell_map, p->net->training || p->heads),
                                          .mean = data_or_null(p, l->map_mean, p->map_means),
                                          .activated = p->record ? kept_or_null(p, l, KEPT_ACTIVATED) : NULL,
                                          .gated = data_or_null(p, l->gated_map, true) };
    struct stage_choices room;
    const struct stage_operands with = { &w, &cells, stage_forced(p, l, &room), &saved };
    p->net->kernels->stage_forward(&p->run, &s, &with, &f);
    if (p->record && l->choice >= 0) stage_record(p, l, &s, &saved);
}

static void stage_backward(struct pass *p, const struct layer *l, const bool *add)
{
    (void)add;
    const struct stage_shape s = stage_shape(p, l);
    const struct gate_weights w = gate_weights(p, l, params_value);
    const struct stage_saved saved = stage_saved(p, l);
    const struct cell_operators cells = cell_operators(p, l);
    const struct norm_saved norm = norm_saved(p, l);
    struct stage_backward_args b = { .x = x_of(p, l),
                                     .residual = l->residual ? network_data(p, l->in[1]) : NULL,
                                     .weight = params_value(p->params, l->parameter),
                                     .norm = &norm,
                                     .dy = network_gradient(p, l->out),
                                     .dcells = l->cell_map < 0 ? NULL : network_gradient(p, l->cell_map),
                                     .dx = dx_of(p, l),
                                     .dresidual = l->residual ? network_gradient(p, l->in[1]) : NULL,
                                     .dweight = gradient_or_null(p, l, 0),
                                     .dbias = gradient_or_null(p, l, 1) };
    if (p->net->mode != NETWORK_EXPLAIN) b.dw = gate_weights(p, l, params_gradient);
    struct stage_choices room;
    const struct stage_operands with = { &w, &cells, stage_forced(p, l, &room), &saved };
    if (p->net->mode == NETWORK_EXPLAIN)
        p->net->kernels->stage_explain(&p->run, &s, &with, &b);
    else
        p->net->kernels->stage_backward(&p->run, &s, &with, &b);
}

const struct layer_ops layer_stage = {
    .kind = "stage", .reads_input = true, .forward = stage_forward, .backward = stage_backward
};

/* ---- means ---- */

static void mean_forward(struct pass *p, const struct layer *l)
{
    const struct value *v = input_of(p, l, 0);
    p->net->kernels->mean_forward(&p->run, v->n, v->h * v->w, v->c, x_of(p, l), network_data(p, l->out));
}

static void mean_backward(struct pass *p, const struct layer *l, const bool *add)
{
    const struct value *v = input_of(p, l, 0);
    p->net->kernels->mean_backward(&p->run, v->n, v->h * v->w, v->c, network_gradient(p, l->out),
                                   added_dx(p, l, add[0]));
}

const struct layer_ops layer_mean = {
    .kind = "mean", .only_adds = true, .forward = mean_forward, .backward = mean_backward
};

static struct cells_shape cells_shape(const struct pass *p, const struct layer *l)
{
    const struct value *v = input_of(p, l, 0);
    return (struct cells_shape){ v->n, v->h, v->w, v->c, MODEL_CELLS };
}

static void cells_forward(struct pass *p, const struct layer *l)
{
    const struct cells_shape s = cells_shape(p, l);
    const struct cell_operators o = cell_operators(p, l);
    p->net->kernels->cells_forward(&p->run, &s, &o, x_of(p, l), network_data(p, l->out));
}

static void cells_backward(struct pass *p, const struct layer *l, const bool *add)
{
    const struct cells_shape s = cells_shape(p, l);
    const struct cell_operators o = cell_operators(p, l);
    p->net->kernels->cells_backward(&p->run, &s, &o, network_gradient(p, l->out), added_dx(p, l, add[0]));
}

const struct layer_ops layer_cells = {
    .kind = "cells", .only_adds = true, .forward = cells_forward, .backward = cells_backward
};

/* ---- linear maps ---- */

struct linear_shape layer_linear_shape(const struct network *net, const struct layer *l, int i)
{
    const struct value *x = &net->values[l->in[i]], *y = &net->values[l->out];
    bool cells = l->ops == &layer_fuse;
    return (struct linear_shape){ cells ? y->n * y->h * y->w : x->n, cells ? x->c : x->h * x->w * x->c, y->c };
}

/* y [rows, fuse] = sum over maps of cell map [rows, c] times weight [fuse, c] transposed; rows are image and cell. */
static void fuse_forward(struct pass *p, const struct layer *l)
{
    for (int k = 0; k < l->inputs; k++) {
        const struct linear_shape s = layer_linear_shape(p->net, l, k);
        int w = l->parameter + 2 * k;
        const struct linear_forward_args args = { .x = network_data(p, l->in[k]),
                                                  .w = params_value(p->params, w),
                                                  .bias = params_value(p->params, w + 1),
                                                  .y = network_data(p, l->out),
                                                  .add = k > 0 };
        p->net->kernels->linear_forward(&p->run, &s, &args);
    }
}

static void fuse_backward(struct pass *p, const struct layer *l, const bool *add)
{
    const real *dy = network_gradient(p, l->out);
    for (int k = 0; k < l->inputs; k++) {
        const struct linear_shape s = layer_linear_shape(p->net, l, k);
        int w = l->parameter + 2 * k;
        p->net->kernels->linear_backward_weights(&p->run, &s, network_data(p, l->in[k]), dy,
                                                 params_gradient(p->params, w), NULL);
        p->net->kernels->linear_backward_data(&p->run, &s, dy, params_value(p->params, w), add[k],
                                              network_gradient(p, l->in[k]));
    }
}

const struct layer_ops layer_fuse = {
    .kind = "fuse", .reads_input = true, .forward = fuse_forward, .backward = fuse_backward
};

/* Of a map with a fused update: the sum of its squared weights, then that of weights times gradient. */
static double *linear_sums(const struct pass *p, const struct layer *l)
{
    return network_kept(p, l, 0);
}

static void linear_forward(struct pass *p, const struct layer *l)
{
    const struct linear_shape s = layer_linear_shape(p->net, l, 0);
    const struct linear_forward_args args = { .x = x_of(p, l),
                                              .w = params_value(p->params, l->parameter),
                                              .bias = params_value(p->params, l->parameter + 1),
                                              .y = network_data(p, l->out),
                                              .squares = l->update_fused ? &linear_sums(p, l)[0] : NULL };
    p->net->kernels->linear_forward(&p->run, &s, &args);
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

/* The sum of weight * gradient is that of dx * x: both are dy w x summed in another order, as long as dx holds what
 * this map alone has put there. */
static void linear_backward(struct pass *p, const struct layer *l, const bool *add)
{
    const struct linear_shape s = layer_linear_shape(p->net, l, 0);
    const real *dy = network_gradient(p, l->out);
    if (!p->params->list[l->parameter + 1].info.zero_gradient)
        p->net->kernels->linear_backward_bias(&p->run, &s, dy, params_gradient(p->params, l->parameter + 1));
    if (!l->update_fused)
        p->net->kernels->linear_backward_weights(&p->run, &s, x_of(p, l), dy, params_gradient(p->params, l->parameter),
                                                 NULL);
    if (l->input_gradient)
        p->net->kernels->linear_backward_data(&p->run, &s, dy, params_value(p->params, l->parameter), add[0],
                                              dx_of(p, l));
    if (!l->update_fused) return;
    assert(!add[0]);
    linear_sums(p, l)[1] = dot(dx_of(p, l), x_of(p, l), (size_t)s.rows * s.in);
}

const struct layer_ops layer_linear = {
    .kind = "linear", .reads_input = true, .forward = linear_forward, .backward = linear_backward
};

int network_fused_updates(const struct pass *p, struct fused_update *list, int room)
{
    int n = 0;
    for (int i = 0; i < p->net->layer_count; i++) {
        const struct layer *l = &p->net->layers[i];
        if (!l->update_fused) continue;
        assert(n < room);
        list[n++] = (struct fused_update){ .parameter = l->parameter,
                                           .shape = layer_linear_shape(p->net, l, 0),
                                           .x = x_of(p, l),
                                           .dy = network_gradient(p, l->out),
                                           .value_squares = linear_sums(p, l)[0],
                                           .value_gradient = linear_sums(p, l)[1] };
    }
    return n;
}
