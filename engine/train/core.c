/* The engine of one precision: parameters, a network for training and one for evaluation, one arena under both: how it
 * is planned, made and copied. What it does is in step.c and features.c. */
#include "engine/train/core.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/train/state.h"

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
    if (m->labels && !c->model.classes)
        return err_set(e, ERR_CONFIG, "method.name: %s learns from labels, and there are no classes", m->name);
    if (!m->labels && (c->model.classes || c->freeze))
        return err_set(e, ERR_CONFIG, "method.name: %s has no classifier, and nothing to learn beside the encoder",
                       m->name);
    if (c->exclusive && c->model.classes < 2)
        return err_set(e, ERR_CONFIG, "engine: %d class excludes no other; at least 2", c->model.classes);
    if (c->batch < 0 || c->threads < 1 || (c->batch > 0 && c->accumulate < 1))
        return err_set(e, ERR_CONFIG, "engine: batch %d, accumulate %d, threads %d make no sense", c->batch,
                       c->accumulate, c->threads);
    return true;
}

/* Networks, parameters and their sizes, without the memory of a run; `measured`: nothing is computed with them. */
static bool plan_networks(struct state *s, const struct engine_config *c, bool measured, struct err *e)
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
    net.measured = measured;
    net.mode = NETWORK_EVAL;
    net.views = 1;
    net.images = feature_images(c);
    struct network_config training = net;
    training.views = s->method->info.views;
    training.images = training.views * c->batch;
    training.mode = NETWORK_TRAIN;
    training.observe = c->observe;
    training.freeze = c->freeze;
    training.fuse_updates = c->accumulate == 1; /* sums of gradients are whole */
    if (c->batch > 0 && !network_build(&s->training, &training, &s->params, e)) return false;
    if (!network_build(&s->evaluation, &net, &s->params, e)) return false;
    struct network_config target = training;
    target.mode = NETWORK_TARGET;
    target.observe = target.fuse_updates = false;
    if (c->batch > 0 && s->method->target && !network_build(&s->target, &target, &s->params, e)) return false;
    s->optimizer = (struct optimizer){
        .kind = c->optim, .momentum = c->momentum, .weight_decay = c->weight_decay, .eta = c->eta, .kernels = k
    };
    for (int i = 0; i < s->params.count; i++) {
        struct param *p = &s->params.list[i];
        if (!c->fuse_trained && !strncmp(p->name, "local.fuse.", 11)) p->info.trained = false;
        if (c->freeze && p->info.kind == TENSOR_PARAMETER && strncmp(p->name, "classifier.", 11))
            p->info.trained = false, p->frozen = true;
    }
    return true;
}

static struct params_need need_of(const struct engine_config *c)
{
    return (struct params_need){ c->batch > 0, c->batch > 0 && c->optim == OPTIM_ADAMW,
                                 c->batch > 0 && c->accumulate > 1 };
}

/* The networks never run at the same time, so one arena of the greatest need serves all. */
static size_t arena_of(const struct state *s)
{
    size_t most =
        s->training.arena_bytes > s->evaluation.arena_bytes ? s->training.arena_bytes : s->evaluation.arena_bytes;
    return most > s->target.arena_bytes ? most : s->target.arena_bytes;
}

/* The target's projections are kept while the training network runs in its memory: bytes. */
static size_t target_z_of(const struct state *s)
{
    if (!s->target.layer_count) return 0;
    return value_reals(&s->target.values[network_output(&s->target, level_table[LEVEL_Z].name)]) * sizeof(real);
}

/* One scratch as large as the greediest kernel or loss needs: bytes. */
static size_t scratch_of(const struct state *s)
{
    size_t most = s->training.scratch_reals > s->evaluation.scratch_reals ? s->training.scratch_reals
                                                                          : s->evaluation.scratch_reals;
    if (s->target.scratch_reals > most) most = s->target.scratch_reals;
    for (int i = 0; i < s->training.output_count; i++) {
        const struct output *o = &s->training.outputs[i];
        if (!o->has_loss) continue;
        size_t loss =
            s->method->scratch(s->training.kernels, s->config.threads, s->config.batch, s->training.values[o->value].c);
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
    network_clear(&s->target);
    network_clear(&s->explained);
    params_clear(&s->params);
    free(s->sums);
    free(s->seconds);
    arena_clear(&s->activations);
    arena_clear(&s->target_z);
    arena_clear(&s->scratch);
    arena_clear(&s->explained_activations);
    arena_clear(&s->explained_scratch);
    free(s);
}

/* 8-bit pixels to what the network reads: value / 255, and for colour also less the mean and over the deviation. Grey
 * images are normalised by the stem's weights. */
static void fill_table(struct state *s)
{
    const struct model_shape *m = &s->config.model;
    for (int c = 0; c < 3; c++)
        for (int v = 0; v < 256; v++)
            s->table[c][v] =
                m->channels == 1 ? (real)v / 255 : ((real)v / 255 - (real)m->mean[c]) / (real)m->deviation[c];
}

/* The hinge of the loss makes choices too, one for each view and dimension of a level: they are recorded or forced like
 * those of the layers. */
static bool observe(struct state *s, struct err *e)
{
    int level = 0;
    for (int i = 0; s->method->hinge && i < s->training.output_count; i++) {
        const struct output *o = &s->training.outputs[i];
        if (!o->has_loss) continue;
        char name[32];
        snprintf(name, sizeof name, "%s.hinge", method_level_name(&s->method->info, level));
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
    if (!plan_networks(s, c, false, e) || !params_allocate(&s->params, &need, e) ||
        !arena_init(&s->activations, arena_of(s), "activations", e) ||
        !arena_init(&s->scratch, scratch_of(s), "scratch", e) ||
        (target_z_of(s) && !arena_init(&s->target_z, target_z_of(s), "target", e)) ||
        (s->training.observe && !observe(s, e))) {
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

/* Plans without allocating, and adds up: layers of a training step, or of evaluation where there is no training. */
static bool measure(const struct engine_config *c, struct engine_size *size,
                    void (*layers)(void *ctx, const struct engine_layer *l), void *ctx, struct err *e)
{
    struct state *s = calloc(1, sizeof *s);
    if (!s) return err_set(e, ERR_MEMORY, "engine: no memory");
    bool ok = plan_networks(s, c, true, e);
    const struct params_need need = need_of(c);
    const struct network *net = c->batch > 0 ? &s->training : &s->evaluation;
    *size = (struct engine_size){ .layers = net->layer_count };
    for (int i = 0; ok && i < net->layer_count; i++) {
        const struct layer *l = &net->layers[i];
        const struct value *v = &net->values[l->out];
        size->step_flops += l->flops * (!net->training || l->frozen ? 1 : l->input_gradient ? 3 : 2);
        struct engine_layer row = {
            l->name, l->ops->kind, { v->n, v->h, v->w, v->c }, l->flops, (double)v->data.size, (double)v->data.offset,
            l->conv, { 0 }
        };
        for (int direction = 0; l->conv_plan && direction < CONV_DIRECTIONS; direction++)
            row.variant[direction] = net->kernels->conv_variant(l->conv_plan, direction);
        if (layers) layers(ctx, &row);
    }
    for (int i = 0; i < s->target.layer_count; i++) size->step_flops += s->target.layers[i].flops;
    for (int i = 0; ok && i < s->params.count; i++) {
        const struct engine_tensor *t = &s->params.list[i].info;
        if (t->kind == TENSOR_PARAMETER) size->parameters += t->count;
        size->largest_bytes = fmax(size->largest_bytes, sizeof(real) * (double)t->count);
    }
    if (ok) {
        size->parameter_bytes = (double)params_bytes(&s->params, &need);
        size->activation_bytes = (double)(arena_of(s) + target_z_of(s));
        size->scratch_bytes = (double)scratch_of(s);
        size->table_bytes = (double)(s->training.table_bytes + s->evaluation.table_bytes + s->target.table_bytes);
        size->total_bytes = size->parameter_bytes + size->activation_bytes + size->scratch_bytes + size->table_bytes;
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

/* Numbers of one tensor; NULL where they are not kept. */
static real *numbers(const struct params *p, int i, enum engine_part part)
{
    const struct param *t = &p->list[i];
    if (t->info.kind != TENSOR_PARAMETER) return part == PART_VALUE ? params_value(p, i) : NULL;
    real *const blocks[] = { p->value, p->gradient, p->momentum, p->second };
    if (!blocks[part] || (part != PART_VALUE && t->frozen)) return NULL;
    if (part == PART_VALUE) return params_value(p, i);
    return part == PART_GRADIENT ? params_gradient(p, i) : blocks[part] + t->moment_offset;
}

static bool has(const struct core *g, enum engine_part part)
{
    const struct params *p = &const_state_of(g)->params;
    for (int i = 0; i < p->count; i++)
        if (p->list[i].info.kind == TENSOR_PARAMETER && !p->list[i].frozen && !numbers(p, i, part)) return false;
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

/* ---- for verify ---- */

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
    .measure = measure,
    .init = init,
    .tensors = tensors,
    .has = has,
    .tensor = tensor,
    .read = read_tensor,
    .write = write_tensor,
    .updates = updates,
    .step = core_step,
    .timings = core_timings,
    .features = core_features,
    .explain = core_explain,
    .output = core_output,
    .choices = choices,
    .force = force,
};
