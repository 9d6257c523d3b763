/* The engine of one precision: parameters, a network for training and one for evaluation, one arena under both.
 *
 * A step: load both views, forward, losses of both levels, backward, and only when every number is finite: running
 * statistics, then the update. Evaluation runs between steps in the memory that training does not need then. */
#include "engine/train/core.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/clock.h"
#include "engine/base/real.h"
#include "engine/model/network.h"
#include "engine/model/params.h"
#include "engine/train/methods/methods.h"
#include "engine/train/optimizer.h"

struct state {
    struct engine_config config;
    const struct method *method; /* static */
    struct params params;
    struct network training, evaluation;
    struct arena activations; /* of the greater of both networks                             */
    struct arena scratch;     /* reals: of the greediest kernel, or the loss                  */
    struct optimizer optimizer;
    struct optimizer_sums *sums; /* [params.count], owned                                     */
    struct fused_update fused_updates[NETWORK_FUSED_UPDATES];
    double *seconds;              /* [2, layers of training], owned: of the last step         */
    int64_t updates;              /* made so far                                              */
    const struct choices *forced; /* borrowed; NULL: free                                     */
    int hinge;                    /* first of the loss's choices, a level each; -1: none        */
    real table[3][256];           /* [channel, 8-bit value]: what the network reads           */
};

static struct state *state_of(struct core *g)
{
    return (struct state *)(void *)g;
}

static const struct state *const_state_of(const struct core *g)
{
    return (const struct state *)(const void *)g;
}

/* ---- making ---- */

static int feature_images(const struct engine_config *c)
{
    return c->features > 0 ? c->features : c->batch > 0 ? 2 * c->batch : 64;
}

static bool check(const struct engine_config *c, struct err *e)
{
    if (c->batch == 1) return err_set(e, ERR_CONFIG, "data.batch: 1 image has no batch statistics; at least 2");
    const struct method_info *m = &method_table(c->method)->info;
    if (c->model.local && m->levels < 2)
        return err_set(e, ERR_CONFIG, "model.local: method %s has no local level; leave it off", m->name);
    if (c->batch < 0 || c->threads < 1 || (c->batch > 0 && c->accumulate < 1))
        return err_set(e, ERR_CONFIG, "engine: batch %d, accumulate %d, threads %d make no sense", c->batch,
                       c->accumulate, c->threads);
    return true;
}

/* Networks, parameters and their sizes, without the memory of a run. */
static bool plan_networks(struct state *s, const struct engine_config *c, struct err *e)
{
    if (!check(c, e)) return false;
    s->config = *c;
    s->method = method_table(c->method);
    s->hinge = -1;
    const struct kernels *k = kernels_find(c->kernels);
    if (!k) return err_set(e, ERR_UNSUPPORTED, "kernels: the set %s is not there", kernel_set_names[c->kernels]);
    struct network_config net = {
        .shape = &c->model, .kernels = k, .heads = s->method->heads, .threads = c->threads, .tuning = c->tuning
    };
    net.images = feature_images(c);
    struct network_config training = net;
    training.images = 2 * c->batch;
    training.training = true;
    training.observe = c->observe;
    training.fuse_updates = c->accumulate == 1; /* sums of gradients are whole */
    if (c->batch > 0 && !network_build(&s->training, &training, &s->params, e)) return false;
    if (!network_build(&s->evaluation, &net, &s->params, e)) return false;
    s->optimizer = (struct optimizer){
        .kind = c->optim, .momentum = c->momentum, .weight_decay = c->weight_decay, .eta = c->eta, .kernels = k
    };
    for (int i = 0; i < s->params.count; i++) {
        struct param *p = &s->params.list[i];
        if (!c->fuse_trained && !strncmp(p->name, "local.fuse.", 11)) p->info.trained = false;
    }
    return true;
}

static struct params_need need_of(const struct engine_config *c)
{
    return (struct params_need){ c->batch > 0, c->batch > 0 && c->optim == OPTIM_ADAMW,
                                 c->batch > 0 && c->accumulate > 1 };
}

static size_t arena_of(const struct state *s)
{
    return s->training.arena_bytes > s->evaluation.arena_bytes ? s->training.arena_bytes : s->evaluation.arena_bytes;
}

static size_t scratch_of(const struct state *s)
{
    size_t most = s->training.scratch_reals > s->evaluation.scratch_reals ? s->training.scratch_reals
                                                                          : s->evaluation.scratch_reals;
    for (int i = 0; i < s->training.output_count; i++) {
        const struct output *o = &s->training.outputs[i];
        if (!o->has_loss) continue;
        size_t loss = s->method->scratch(s->config.batch, s->training.values[o->value].c);
        if (loss > most) most = loss;
    }
    return most * sizeof(real);
}

static const struct method_info *info(enum method_kind kind)
{
    return &method_table(kind)->info;
}

static void destroy(struct core *g)
{
    struct state *s = state_of(g);
    if (!s) return;
    network_clear(&s->training);
    network_clear(&s->evaluation);
    params_clear(&s->params);
    free(s->sums);
    free(s->seconds);
    arena_clear(&s->activations);
    arena_clear(&s->scratch);
    free(s);
}

static void fill_table(struct state *s)
{
    const struct model_shape *m = &s->config.model;
    for (int c = 0; c < 3; c++)
        for (int v = 0; v < 256; v++)
            s->table[c][v] =
                m->channels == 1 ? (real)v / 255 : ((real)v / 255 - (real)m->mean[c]) / (real)m->deviation[c];
}

static bool observe(struct state *s, struct err *e)
{
    int level = 0;
    for (int i = 0; s->method->hinge && i < s->training.output_count; i++) {
        const struct output *o = &s->training.outputs[i];
        if (!o->has_loss) continue;
        char name[32];
        snprintf(name, sizeof name, "%s.hinge", s->method->info.level[level]);
        int at = choices_add(&s->training.choices, name, CHOICE_RELU, (size_t)2 * s->training.values[o->value].c);
        if (at < 0) return err_set(e, ERR_MEMORY, "engine: no memory for choices");
        if (level++ == 0) s->hinge = at;
    }
    return true;
}

static bool create(struct core **out, const struct engine_config *c, struct err *e)
{
    struct state *s = calloc(1, sizeof *s);
    if (!s) return err_set(e, ERR_MEMORY, "engine: no memory");
    const struct params_need need = need_of(c);
    if (!plan_networks(s, c, e) || !params_allocate(&s->params, &need, e) ||
        !arena_init(&s->activations, arena_of(s), "activations", e) ||
        !arena_init(&s->scratch, scratch_of(s), "scratch", e) || (s->training.observe && !observe(s, e))) {
        destroy((struct core *)(void *)s);
        return false;
    }
    s->sums = calloc((size_t)s->params.count, sizeof *s->sums);
    s->seconds = calloc(2 * (size_t)s->training.layer_count + 1, sizeof *s->seconds);
    if (!s->sums || !s->seconds) {
        destroy((struct core *)(void *)s);
        return err_set(e, ERR_MEMORY, "engine: no memory");
    }
    s->optimizer.sums = s->sums;
    s->optimizer.fused_updates = s->fused_updates;
    fill_table(s);
    *out = (struct core *)(void *)s;
    return true;
}

static bool describe(const struct engine_config *c, struct engine_size *size,
                     void (*layers)(void *ctx, const struct engine_layer *l), void *ctx, struct err *e)
{
    struct state *s = calloc(1, sizeof *s);
    if (!s) return err_set(e, ERR_MEMORY, "engine: no memory");
    bool ok = plan_networks(s, c, e);
    const struct params_need need = need_of(c);
    const struct network *net = c->batch > 0 ? &s->training : &s->evaluation;
    *size = (struct engine_size){ .layers = net->layer_count };
    for (int i = 0; ok && i < net->layer_count; i++) {
        const struct layer *l = &net->layers[i];
        const struct value *v = &net->values[l->out];
        size->step_flops += l->flops * (!net->training ? 1 : l->input_gradient ? 3 : 2);
        struct engine_layer row = {
            l->name, l->ops->kind, { v->n, v->h, v->w, v->c }, l->flops, (double)v->data.size, (double)v->data.offset,
            l->conv, { 0 }
        };
        for (int direction = 0; l->conv_plan && direction < CONV_DIRECTIONS; direction++)
            row.variant[direction] = net->kernels->conv_variant(l->conv_plan, direction);
        if (layers) layers(ctx, &row);
    }
    for (int i = 0; ok && i < s->params.count; i++) {
        const struct engine_tensor *t = &s->params.list[i].info;
        if (t->kind == TENSOR_PARAMETER) size->parameters += t->count;
        size->largest_bytes = fmax(size->largest_bytes, sizeof(real) * (double)t->count);
    }
    if (ok) {
        size->parameter_bytes = (double)params_bytes(&s->params, &need);
        size->activation_bytes = (double)arena_of(s);
        size->scratch_bytes = (double)scratch_of(s);
        size->total_bytes = size->parameter_bytes + size->activation_bytes + size->scratch_bytes;
    }
    destroy((struct core *)(void *)s);
    return ok;
}

/* ---- tensors ---- */

static void init(struct core *g, uint64_t seed)
{
    params_start(&state_of(g)->params, seed);
}

static int tensors(const struct core *g)
{
    return const_state_of(g)->params.count;
}

static const struct engine_tensor *tensor(const struct core *g, int i)
{
    return &const_state_of(g)->params.list[i].info;
}

static real *trainable_block(const struct params *p, enum engine_part part)
{
    real *const blocks[] = { p->value, p->gradient, p->momentum, p->second };
    return blocks[part];
}

/* Numbers of one tensor; NULL where they are not kept. */
static real *numbers(const struct params *p, int i, enum engine_part part)
{
    const struct param *t = &p->list[i];
    if (t->info.kind == TENSOR_RUNNING) return part == PART_VALUE ? p->statistics + t->offset : NULL;
    real *block = trainable_block(p, part);
    if (!block || part == PART_GRADIENT) return block ? params_gradient(p, i) : NULL;
    return block + t->offset;
}

static bool has(const struct core *g, enum engine_part part)
{
    const struct params *p = &const_state_of(g)->params;
    for (int i = 0; i < p->count; i++)
        if (p->list[i].info.kind == TENSOR_PARAMETER && !numbers(p, i, part)) return false;
    return true;
}

static void read_tensor(const struct core *g, int i, enum engine_part part, float *f32, double *f64)
{
    const struct params *p = &const_state_of(g)->params;
    const real *m = numbers(p, i, part);
    if (m) {
        params_export(&p->list[i], m, f32, f64);
        return;
    }
    for (size_t j = 0; j < p->list[i].info.count; j++) {
        if (f32) f32[j] = 0;
        if (f64) f64[j] = 0;
    }
}

static void write_tensor(struct core *g, int i, enum engine_part part, const float *f32, const double *f64)
{
    struct params *p = &state_of(g)->params;
    real *m = numbers(p, i, part);
    if (m) params_import(&p->list[i], m, f32, f64);
}

static int64_t *updates(struct core *g)
{
    return &state_of(g)->updates;
}

/* ---- running ---- */

static struct pass pass_of(struct state *s, const struct network *net)
{
    return (struct pass){ .net = net,
                          .params = &s->params,
                          .arena = s->activations.base,
                          .gates = true,
                          .run = { s->config.threads, (real *)(void *)s->scratch.base } };
}

/* Put images into the network's input from image `at` on. Grey becomes two channels: its value, and 1. */
static void load_batch(struct state *s, struct pass *p, const struct engine_images *images, size_t first, size_t n,
                       size_t at)
{
    const struct model_shape *m = &s->config.model;
    int channels = m->channels, stored = p->net->values[p->net->input].c;
    size_t pixels = (size_t)m->size * m->size;
    real *out = network_data(p, p->net->input) + at * pixels * stored;
    const uint8_t *u8 = images->u8 ? images->u8 + first * pixels * channels : NULL;
    const float *f32 = images->f32 ? images->f32 + first * pixels * channels : NULL;
#pragma omp parallel for num_threads(p->run.threads) schedule(static)
    for (size_t i = 0; i < n * pixels; i++) {
        for (int c = 0; c < channels; c++)
            out[i * stored + c] = u8 ? s->table[c][u8[i * channels + c]] : (real)f32[i * channels + c];
        if (channels == 1) out[i * stored + 1] = 1;
    }
}

static bool all_finite(const real *x, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!isfinite(x[i])) return false;
    return true;
}

/* A loss was not finite: walk forward again and name the first layer whose output is not. */
static bool find_non_finite(struct state *s, struct pass *p, struct err *e)
{
    const struct network *net = p->net;
    for (int i = 0; i < net->layer_count; i++) {
        const struct layer *l = &net->layers[i];
        const struct value *v = &net->values[l->out];
        for (int t = 0; l->parameter >= 0 && t < 2 && l->parameter + t < s->params.count; t++) {
            const struct engine_tensor *w = &s->params.list[l->parameter + t].info;
            if (!all_finite(params_value(&s->params, l->parameter + t), w->count))
                return err_set(e, ERR_NUMERIC, "%s is not finite", w->name);
        }
        network_forward(p, i, i + 1);
        if (!all_finite(network_data(p, l->out), (size_t)v->n * v->h * v->w * v->c))
            return err_set(e, ERR_NUMERIC, "output of %s is not finite", l->name);
    }
    return err_set(e, ERR_NUMERIC, "the loss is not finite");
}

/* A part of one level's numbers to a sum of them. */
static void add_level(struct level_report *sum, const struct level_report *x, double part)
{
    sum->total += part * x->total;
    for (int t = 0; t < METHOD_TERMS; t++) sum->term[t] += part * x->term[t];
    for (int k = 0; k < STAT_COUNT; k++) sum->stat[k] += part * x->stat[k];
}

/* Losses of the levels, in the order of the outputs that have one; returns how many. */
static int level_losses(struct state *s, struct pass *p, const struct loss_weights *w,
                        struct level_report out[METHOD_LEVELS])
{
    const struct network *net = &s->training;
    const double weight[METHOD_LEVELS] = { w->global_weight, w->local_weight };
    int l = 0;
    for (int i = 0; i < net->output_count; i++) {
        const struct output *o = &net->outputs[i];
        if (!o->has_loss) continue;
        const struct loss_views views = { .n = s->config.batch,
                                          .d = net->values[o->value].c,
                                          .z = network_data(p, o->value),
                                          .dz = network_gradient(p, o->value),
                                          .scale = weight[l] / s->config.accumulate };
        struct loss_hinge hinge = { 0 };
        if (s->hinge >= 0 && p->forced) hinge.forced = p->forced->list[s->hinge + l].bytes;
        if (s->hinge >= 0 && p->record) hinge.record = &p->record->list[s->hinge + l];
        out[l++] = s->method->loss(net->kernels, &p->run, w, &views, &hinge);
    }
    return l;
}

/* The mean gain of the norm that makes each level's embedding, where one does. */
static void level_gains(const struct state *s, struct step_report *r)
{
    int l = 0;
    for (int i = 0; i < s->training.output_count; i++) {
        const struct output *o = &s->training.outputs[i];
        if (!o->has_loss) continue;
        double *gain = &r->level[l++].stat[STAT_GAIN];
        if (o->gain < 0) continue;
        size_t n = s->params.list[o->gain].info.count;
        const real *w = params_value(&s->params, o->gain);
        double sum = 0;
        for (size_t j = 0; j < n; j++) sum += w[j];
        *gain = sum / (double)n;
    }
}

/* Which images of a step. */
struct micro_batch {
    const struct engine_images *views; /* [2], borrowed: all images of the step */
    int index;                         /* of the micro-batch: 0 .. accumulate-1 */
};

static void load_views(struct state *s, struct pass *p, const struct micro_batch *b)
{
    size_t batch = (size_t)s->config.batch;
    for (size_t v = 0; v < 2; v++) load_batch(s, p, &b->views[v], batch * (size_t)b->index, batch, batch * v);
}

/* Forward, losses and backward of one micro-batch; gradients in params.gradient. */
static bool step_micro_batch(struct state *s, struct pass *p, const struct micro_batch *b, const struct loss_weights *w,
                             struct step_report *r, struct err *e)
{
    const struct network *net = &s->training;
    double t[5];
    t[0] = clock_seconds();
    load_views(s, p, b);
    int head = net->first_head;
    network_forward(p, 0, head);
    t[1] = clock_seconds();
    network_forward(p, head, net->layer_count);
    t[2] = clock_seconds();
    struct level_report level[METHOD_LEVELS] = { 0 };
    r->levels = level_losses(s, p, w, level);
    for (int l = 0; l < r->levels; l++) {
        if (isfinite(level[l].total)) continue;
        load_views(s, p, b);
        return find_non_finite(s, p, e);
    }
    t[3] = clock_seconds();
    network_backward(p);
    t[4] = clock_seconds();
    const enum step_phase phases[] = { PHASE_FORWARD, PHASE_HEADS, PHASE_LOSS, PHASE_BACKWARD };
    for (int i = 0; i < 4; i++) r->seconds[phases[i]] += t[i + 1] - t[i];
    for (int l = 0; l < r->levels; l++) add_level(&r->level[l], &level[l], 1.0 / s->config.accumulate);
    return true;
}

/* A step that is not applied leaves the running statistics as they were. */
static bool restore_statistics(struct params *q)
{
    if (q->sum) memcpy(q->statistics, q->before, q->running * sizeof(real));
    return false;
}

static bool step(struct core *g, const struct engine_images views[2], const struct loss_weights *w, double lr,
                 struct step_report *report, struct err *e)
{
    struct state *s = state_of(g);
    struct pass p = pass_of(s, &s->training);
    int expected = s->config.batch * s->config.accumulate;
    if (!s->config.batch || views[0].n != expected || views[1].n != expected)
        return err_set(e, ERR_INTERNAL, "step: %d and %d images where %d were planned", views[0].n, views[1].n,
                       expected);
    if (s->training.observe) p.record = &s->training.choices;
    p.forced = s->forced;
    *report = (struct step_report){ .method = &s->method->info };
    p.seconds = s->seconds;
    memset(s->seconds, 0, 2 * (size_t)s->training.layer_count * sizeof *s->seconds);
    struct params *q = &s->params;
    if (q->sum) memcpy(q->before, q->statistics, q->running * sizeof(real));
    for (int i = 0; i < s->config.accumulate; i++) {
        if (!step_micro_batch(s, &p, &(struct micro_batch){ views, i }, w, report, e)) return restore_statistics(q);
        for (size_t j = 0; q->sum && j < q->gradients; j++) q->sum[j] = (i ? q->sum[j] : 0) + q->gradient[j];
        if (i + 1 < s->config.accumulate) network_statistics(&p); /* the next micro-batch overwrites the batch's own */
    }
    double start = clock_seconds();
    if (q->sum) memcpy(q->gradient, q->sum, q->gradients * sizeof(real));
    int bad;
    s->optimizer.fused_count = network_fused_updates(&p, s->fused_updates, NETWORK_FUSED_UPDATES);
    report->grad_norm = optimizer_measure(&p.run, &s->optimizer, q, &bad);
    if (bad >= 0) {
        err_set(e, ERR_NUMERIC, "gradient of %s is not finite", q->list[bad].info.name);
        return restore_statistics(q);
    }
    network_statistics(&p);
    optimizer_step(&p.run, &s->optimizer, q, lr, ++s->updates);
    for (int i = 0; i < s->training.layer_count; i++)
        for (int way = 0; way < 2; way++)
            report->stage[way][s->training.layers[i].stage] += s->seconds[way * s->training.layer_count + i];
    level_gains(s, report);
    const double weight[METHOD_LEVELS] = { w->global_weight, w->local_weight };
    for (int l = 0; l < report->levels; l++) report->total += weight[l] * report->level[l].total;
    report->seconds[PHASE_UPDATE] = clock_seconds() - start;
    return true;
}

static void timings(const struct core *g, void (*layer)(void *ctx, const struct engine_timing *t), void *ctx)
{
    const struct state *s = const_state_of(g);
    int n = s->training.layer_count;
    for (int i = 0; i < n; i++) {
        const struct layer *l = &s->training.layers[i];
        const struct engine_timing t = { l->name,        l->ops->kind, l->stage,      l->conv.r,
                                         l->conv.stride, l->flops,     s->seconds[i], s->seconds[n + i] };
        layer(ctx, &t);
    }
}

static bool features(struct core *g, const struct engine_images *images, bool gates, float *const out[LEVEL_COUNT],
                     struct err *e)
{
    struct state *s = state_of(g);
    const struct network *net = &s->evaluation;
    if (images->n < 0 || images->n > net->images)
        return err_set(e, ERR_INTERNAL, "features: %d images where %d were planned", images->n, net->images);
    struct pass p = pass_of(s, net);
    p.gates = gates;
    const struct value *in = &net->values[net->input];
    memset(network_data(&p, net->input), 0, sizeof(real) * (size_t)in->n * in->h * in->w * in->c);
    load_batch(s, &p, images, 0, (size_t)images->n, 0);
    p.heads = out[LEVEL_Z] || out[LEVEL_D];
    for (int l = LEVEL_MAP1; l <= LEVEL_MAP5; l++) p.map_means = p.map_means || out[l];
    network_forward(&p, 0, p.heads ? net->layer_count : net->first_head);
    for (int l = 0; l < LEVEL_COUNT; l++) {
        if (!out[l]) continue;
        int value = network_output(net, engine_level_names[l]);
        if (value < 0) return err_set(e, ERR_INTERNAL, "features: this network has no %s", engine_level_names[l]);
        const real *x = network_data(&p, value);
        for (size_t i = 0; i < (size_t)images->n * net->values[value].c; i++) out[l][i] = (float)x[i];
    }
    return true;
}

/* ---- looking inside ---- */

static size_t output(const struct core *g, const char *name, int view, double *out)
{
    const struct state *s = const_state_of(g);
    const struct network *net = &s->training;
    int i = net->observe ? network_output(net, name) : -1;
    if (i < 0) return 0;
    const struct value *v = &net->values[i];
    size_t n = (size_t)v->n / 2, cells = (size_t)v->h * v->w, c = (size_t)v->c;
    const real *x = (const real *)(const void *)(s->activations.base + v->data.offset) + (size_t)view * n * cells * c;
    for (size_t j = 0; out && j < n * cells * c; j++) out[(j / (cells * c) * c + j % c) * cells + j / c % cells] = x[j];
    return n * cells * c;
}

static struct choices *choices(struct core *g)
{
    return &state_of(g)->training.choices;
}

static void force(struct core *g, const struct choices *forced)
{
    state_of(g)->forced = forced;
}

#ifdef MLVICX_REAL64
const struct core_ops core_ops_r64 = {
#else
const struct core_ops core_ops_r32 = {
#endif
    .method = info,
    .create = create,
    .destroy = destroy,
    .describe = describe,
    .init = init,
    .tensors = tensors,
    .has = has,
    .tensor = tensor,
    .read = read_tensor,
    .write = write_tensor,
    .updates = updates,
    .step = step,
    .timings = timings,
    .features = features,
    .output = output,
    .choices = choices,
    .force = force,
};
