/* Which layers, in which order: ResNet body, context gates, both heads. */
#include "engine/model/network.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct builder {
    struct network *net;
    struct params *params;
    const struct network_config *config;
    bool fresh; /* parameters are being added, not found */
    struct err *e;
};

/* ---- lists ---- */

static int add_value(struct network *net, int n, int h, int w, int c)
{
    if (net->value_count == net->value_room) {
        int room = net->value_room ? 2 * net->value_room : 128;
        struct value *list = realloc(net->values, (size_t)room * sizeof *list);
        if (!list) {
            net->broken = true;
            return 0;
        }
        net->values = list;
        net->value_room = room;
    }
    net->values[net->value_count] =
        (struct value){ .n = n, .h = h, .w = w, .c = c, .producer = -1, .first_reader = -1, .last_reader = -1 };
    return net->value_count++;
}

/* What a new layer reads and makes. */
struct layer_spec {
    const struct layer_ops *ops;
    const char *name;
    int inputs, in[NETWORK_INPUTS]; /* values                 */
    int h, w, c;                    /* of its output          */
};

/* Append a layer and its output; the caller fills the rest of the struct returned. */
static struct layer *add_layer(struct network *net, const struct layer_spec *spec)
{
    static struct layer spill; /* only written when memory ran out, never read */
    if (net->layer_count == net->layer_room) {
        int room = net->layer_room ? 2 * net->layer_room : 128;
        struct layer *list = realloc(net->layers, (size_t)room * sizeof *list);
        if (!list) {
            net->broken = true;
            return &spill;
        }
        net->layers = list;
        net->layer_room = room;
    }
    int index = net->layer_count++;
    struct layer *l = &net->layers[index];
    *l = (struct layer){ .ops = spec->ops,
                         .inputs = spec->inputs,
                         .parameter = -1,
                         .choice = -1,
                         .input_gradient = true,
                         .cell_map = -1,
                         .map_mean = -1,
                         .gated_map = -1 };
    snprintf(l->name, sizeof l->name, "%s", spec->name);
    for (int i = 0; i < spec->inputs; i++) {
        l->in[i] = spec->in[i];
        struct value *v = &net->values[spec->in[i]];
        if (v->first_reader < 0) v->first_reader = index;
        v->last_reader = index;
    }
    l->out = add_value(net, net->images, spec->h, spec->w, spec->c);
    net->values[l->out].producer = index;
    return l;
}

/* Index of a tensor: appended when the list is being made, else found by its name. */
static int parameter(struct builder *b, const struct param_spec *spec)
{
    if (!b->fresh) {
        char name[96];
        snprintf(name, sizeof name, "%s%s", spec->prefix, spec->suffix);
        for (int i = 0; i < b->params->count; i++)
            if (!strcmp(b->params->list[i].name, name)) return i;
    }
    int i = params_add(b->params, spec);
    if (i < 0) b->net->broken = true;
    return i;
}

static int keep(struct layer *l, int slot, size_t bytes)
{
    l->kept[slot].size = bytes;
    return slot;
}

static void add_choice(struct builder *b, struct layer *l, const char *prefix, const char *suffix,
                       enum choice_kind kind, size_t count)
{
    if (!b->net->observe) return;
    char name[96];
    snprintf(name, sizeof name, "%s%s", prefix, suffix);
    int i = choices_add(&b->net->choices, name, kind, count);
    if (i < 0) b->net->broken = true;
    if (l->choice < 0) l->choice = i;
}

/* ---- layers ---- */

/* A variant that this set does not know leaves the fixed table's. */
static void tune(const struct builder *b, struct layer *l)
{
    const struct kernels *k = b->net->kernels;
    for (int direction = 0; direction < CONV_DIRECTIONS; direction++) {
        char shape[TUNING_SHAPE];
        tuning_shape(k->name, b->config->threads, direction, &l->conv, shape);
        const char *variant = tuning_variant(b->config->tuning, shape);
        if (variant) k->conv_set_variant(l->conv_plan, direction, variant);
    }
}

/* A convolution without bias, square kernel r; the one that reads the images is the stem. */
static int conv(struct builder *b, const char *name, int in, int k, int r, int stride)
{
    struct network *net = b->net;
    bool stem = in == net->input;
    const struct value v = net->values[in];
    int pad = r / 2, oh = conv_out(v.h, r, stride, pad), ow = conv_out(v.w, r, stride, pad);
    struct layer *l =
        add_layer(net, &(struct layer_spec){ stem ? &layer_stem : &layer_conv, name, 1, { in }, oh, ow, k });
    l->conv = (struct conv_shape){ v.n, v.h, v.w, v.c, k, r, stride, pad };
    l->flops = 2.0 * v.n * oh * ow * k * r * r * v.c;
    l->input_gradient = !stem;
    l->parameter = parameter(b, &(struct param_spec){ name, ".weight", .order = PARAM_CONV, .start = START_KAIMING,
                                                      .shape = { k, stem ? 3 : v.c, r, r } });
    if (stem && v.c != 3) keep(l, 0, sizeof(real) * (size_t)r * r * v.c * k), keep(l, 1, l->kept[0].size);
    if (net->broken || l->conv_plan) return l->out;
    l->conv_plan = net->kernels->conv_create(&l->conv, b->config->threads, b->e);
    if (!l->conv_plan) net->broken = true;
    if (l->conv_plan) tune(b, l);
    return l->out;
}

/* A norm's parameters and what it keeps; `relu` and the residual are the layer's. */
static void norm_parts(struct builder *b, struct layer *l, const char *name, int c)
{
    l->parameter = parameter(b, &(struct param_spec){ name, ".weight", .start = START_ONE, .shape = { c } });
    parameter(b, &(struct param_spec){ name, ".bias", .start = START_ZERO, .shape = { c } });
    parameter(b, &(struct param_spec){ name, ".running_mean", TENSOR_RUNNING, .start = START_ZERO, .shape = { c } });
    parameter(b, &(struct param_spec){ name, ".running_var", TENSOR_RUNNING, .start = START_ONE, .shape = { c } });
    size_t stats = sizeof(real) * (size_t)b->net->groups * c;
    for (int s = KEPT_MEAN; s < KEPT_AFFINE && b->net->training; s++) keep(l, s, stats);
    keep(l, KEPT_AFFINE, 3 * stats);
    if (l->relu) add_choice(b, l, name, ".relu", CHOICE_RELU, value_reals(&b->net->values[l->in[0]]));
}

static int norm(struct builder *b, const char *name, int in, int residual, bool relu)
{
    struct network *net = b->net;
    const struct value v = net->values[in];
    const struct layer_spec spec = { &layer_norm, name, residual < 0 ? 1 : 2, { in, residual }, v.h, v.w, v.c };
    struct layer *l = add_layer(net, &spec);
    l->relu = relu;
    l->residual = residual >= 0;
    norm_parts(b, l, name, v.c);
    return l->out;
}

static void gate_parts(struct builder *b, struct layer *l, int map)
{
    struct network *net = b->net;
    if (!net->shape.context) return;
    const struct value v = net->values[l->in[0]];
    char name[32];
    snprintf(name, sizeof name, "context.%d", map + 1);
    int hidden = v.c / net->shape.context_reduction;
    const struct param_spec reduce = { name, ".channel.reduce.weight", .start = START_UNIFORM, .fan_in = v.c,
                                       .shape = { hidden, v.c } };
    const struct param_spec expand = { name, ".channel.expand.weight", .start = START_UNIFORM, .fan_in = hidden,
                                       .shape = { v.c, hidden } };
    const struct param_spec spatial = { name, ".spatial.weight", .order = PARAM_CONV, .start = START_KAIMING,
                                        .shape = { 1, 2, 7, 7 } };
    parameter(b, &reduce);
    parameter(b, &expand);
    parameter(b, &spatial);
    size_t positions = (size_t)v.n * v.h * v.w;
    keep(l, KEPT_POOLED, sizeof(real) * 2 * v.n * v.c);
    keep(l, KEPT_HIDDEN, sizeof(real) * 2 * v.n * hidden);
    keep(l, KEPT_CHANNEL, sizeof(real) * 2 * v.n * v.c);
    keep(l, KEPT_STAT, sizeof(real) * positions * 2);
    keep(l, KEPT_SPATIAL, sizeof(real) * positions * 2);
    if (net->training) keep(l, KEPT_LARGEST, sizeof(int32_t) * positions);
    l->flops += (double)positions * (2 * 49 * 2 + 4.0 * v.c) + 8.0 * v.n * v.c * hidden;
    add_choice(b, l, name, ".channel.max", CHOICE_TOP, positions * v.c);
    add_choice(b, l, name, ".channel.relu", CHOICE_RELU, (size_t)2 * v.n * hidden);
    add_choice(b, l, name, ".spatial.max", CHOICE_LARGEST, positions);
}

/* Rows of P: bilinear resize h -> grid (half-pixel centres), then the mean over grid / cells of its rows. */
static void resize_operator(real *out, int h, int grid)
{
    double scale = (double)h / grid;
    for (int g = 0; g < grid; g++) {
        double at = (g + 0.5) * scale - 0.5;
        if (at < 0) at = 0;
        int low = (int)at, high = low + 1 < h ? low + 1 : h - 1;
        if (low > h - 1) low = h - 1;
        double part = at - low, weight = (double)MODEL_CELLS / grid;
        real *row = out + (size_t)(g / (grid / MODEL_CELLS)) * h;
        row[low] += (real)(weight * (1 - part));
        row[high] += (real)(weight * part);
    }
}

/* Adaptive average: cell i covers floor(i h / 4) .. ceil((i + 1) h / 4). */
static void average_operator(real *out, int h)
{
    for (int i = 0; i < MODEL_CELLS; i++) {
        int from = i * h / MODEL_CELLS, to = ((i + 1) * h + MODEL_CELLS - 1) / MODEL_CELLS;
        for (int j = from; j < to; j++) out[(size_t)i * h + j] = (real)(1.0 / (to - from));
    }
}

/* Operators of a map's side lengths to cells, appended; their index. */
static int operators_add(struct network *net, int h, int w, bool observed)
{
    struct operators *list = realloc(net->operators, ((size_t)net->operator_count + 1) * sizeof *list);
    real *block = calloc((size_t)MODEL_CELLS * (h + w), sizeof *block);
    if (list) net->operators = list;
    if (!list || !block) {
        free(block);
        net->broken = true;
        return 0;
    }
    struct operators *o = &list[net->operator_count];
    *o = (struct operators){ block, block + (size_t)MODEL_CELLS * h };
    if (observed) {
        average_operator(o->rows, h);
        average_operator(o->columns, w);
    } else {
        resize_operator(o->rows, h, net->shape.grid);
        resize_operator(o->columns, w, net->shape.grid);
    }
    return net->operator_count++;
}

static int made_by(struct network *net, const struct layer *l, int h, int w, int c)
{
    int v = add_value(net, net->images, h, w, c);
    if (!net->broken) net->values[v].producer = (int)(l - net->layers);
    return v;
}

/* The end of stage `map`; fills net->map and, in evaluation, map_means of it, and *cell_map. Returns what the next
 * stage reads. */
static int stage_end(struct builder *b, const char *name, int map, int in, int residual, int *cell_map)
{
    struct network *net = b->net;
    const struct value v = net->values[in];
    bool pool = map == 0;
    int oh = pool ? conv_out(v.h, 3, 2, 1) : v.h, ow = pool ? conv_out(v.w, 3, 2, 1) : v.w;
    const struct layer_spec spec = { &layer_stage, name, residual < 0 ? 1 : 2, { in, residual }, oh, ow, v.c };
    struct layer *l = add_layer(net, &spec);
    l->relu = true;
    l->residual = residual >= 0;
    l->maxpool = pool;
    l->map = map;
    l->flops = 2.0 * v.n * v.h * v.w * v.c * 2;
    norm_parts(b, l, name, v.c);
    gate_parts(b, l, map);
    size_t out = value_reals(&net->values[l->out]);
    if (pool && net->training) keep(l, KEPT_TAP, out);
    if (pool) add_choice(b, l, "encoder.maxpool", "", CHOICE_TAP, out);
    if (net->observe) keep(l, KEPT_ACTIVATED, sizeof(real) * value_reals(&net->values[in]));
    l->operators = operators_add(net, v.h, v.w, false);
    *cell_map = l->cell_map = made_by(net, l, MODEL_CELLS, MODEL_CELLS, v.c);
    if (!net->training && map < MODEL_MAPS - 1) net->map_means[map] = l->map_mean = made_by(net, l, 1, 1, v.c);
    if (pool && net->observe) l->gated_map = made_by(net, l, v.h, v.w, v.c);
    net->map[map] = l->gated_map >= 0 ? l->gated_map : l->out;
    return l->out;
}

/* Which stage a block ends, if it ends one, and the value its cells will be. */
struct ending {
    int map; /* -1: none */
    int *cell_map;
};

/* A convolution with its norm. */
struct conv_norm {
    const char *conv, *norm;  /* names behind that of the block       */
    int in, k, r, stride;     /* k outputs, square kernel r           */
    int residual;             /* value that the norm adds; -1: none   */
    bool relu;                /* behind the norm                      */
    const struct ending *end; /* NULL, or what becomes of the norm    */
};

static int conv_norm(struct builder *b, const char *block, const struct conv_norm *c)
{
    char name[64];
    snprintf(name, sizeof name, "%.40s%s", block, c->conv);
    int x = conv(b, name, c->in, c->k, c->r, c->stride);
    snprintf(name, sizeof name, "%.40s%s", block, c->norm);
    if (c->end && c->end->map >= 0) return stage_end(b, name, c->end->map, x, c->residual, c->end->cell_map);
    return norm(b, name, x, c->residual, c->relu);
}

static int residual_block(struct builder *b, const char *name, int in, int width, int stride, const struct ending *end)
{
    bool deep = b->net->shape.arch == MODEL_RESNET50;
    int out = width * (deep ? 4 : 1), shortcut = in;
    if (stride != 1 || b->net->values[in].c != out)
        shortcut = conv_norm(
            b, name, &(struct conv_norm){ ".downsample.0", ".downsample.1", in, out, 1, stride, .residual = -1 });
    if (!deep) {
        int x = conv_norm(b, name, &(struct conv_norm){ ".conv1", ".bn1", in, width, 3, stride, -1, true, NULL });
        return conv_norm(b, name, &(struct conv_norm){ ".conv2", ".bn2", x, width, 3, 1, shortcut, true, end });
    }
    int x = conv_norm(b, name, &(struct conv_norm){ ".conv1", ".bn1", in, width, 1, 1, -1, true, NULL });
    /* v1.5: the stride sits here */
    x = conv_norm(b, name, &(struct conv_norm){ ".conv2", ".bn2", x, width, 3, stride, -1, true, NULL });
    return conv_norm(b, name, &(struct conv_norm){ ".conv3", ".bn3", x, out, 1, 1, shortcut, true, end });
}

static int mean(struct builder *b, int in)
{
    return add_layer(b->net, &(struct layer_spec){ &layer_mean, "mean", 1, { in }, 1, 1, b->net->values[in].c })->out;
}

/* A map averaged to cells, for others to see. */
static int observed_map(struct builder *b, int in, const char *name)
{
    const struct value v = b->net->values[in];
    struct layer *l =
        add_layer(b->net, &(struct layer_spec){ &layer_cells, name, 1, { in }, MODEL_CELLS, MODEL_CELLS, v.c });
    l->operators = operators_add(b->net, v.h, v.w, true);
    return l->out;
}

/* Weights [out, in] and bias [out] of a linear map; the index of the weights, which the bias follows. */
static int linear_parameters(struct builder *b, const char *name, int in, int out, enum param_order order)
{
    const struct param_spec weight = { name,         ".weight",           .order = order, .start = START_UNIFORM,
                                       .fan_in = in, .shape = { out, in } };
    const struct param_spec bias = { name, ".bias", .start = START_UNIFORM, .fan_in = in, .shape = { out } };
    int i = parameter(b, &weight);
    parameter(b, &bias);
    return i;
}

static int fuse(struct builder *b, const int cell_maps[MODEL_MAPS])
{
    struct network *net = b->net;
    struct layer_spec spec = {
        &layer_fuse, "local.fuse", MODEL_MAPS, { 0 }, MODEL_CELLS, MODEL_CELLS, net->shape.fuse
    };
    memcpy(spec.in, cell_maps, sizeof spec.in);
    struct layer *l = add_layer(net, &spec);
    for (int k = 0; k < MODEL_MAPS; k++) {
        char name[32];
        int c = net->values[cell_maps[k]].c;
        snprintf(name, sizeof name, "local.fuse.%d", k + 1);
        int i = linear_parameters(b, name, c, net->shape.fuse, PARAM_PLAIN);
        if (!net->broken) b->params->list[i + 1].info.zero_gradient = true;
        if (k == 0) l->parameter = i;
        l->flops += 2.0 * net->images * MODEL_CELLS * MODEL_CELLS * c * net->shape.fuse;
    }
    l->head = true;
    return l->out;
}

/* A gradient that is cheap to make and dear to keep: its inner products cost less than a quarter of the update. Where
 * steps are observed all are, and kept too, so that this way is what is proven. */
static bool worth_fusing(const struct builder *b, int rows, int in, int out)
{
    return b->config->fuse_updates && b->net->training &&
           (b->net->observe || (double)in * out >= 4.0 * rows * ((double)in + out));
}

static int head(struct builder *b, const char *prefix, int in)
{
    struct network *net = b->net;
    for (int i = 0; i < 3; i++) {
        char name[32];
        const struct value v = net->values[in];
        int width = v.h * v.w * v.c, dim = net->shape.dim;
        snprintf(name, sizeof name, "%s.%d.linear", prefix, i);
        struct layer *l = add_layer(net, &(struct layer_spec){ &layer_linear, name, 1, { in }, 1, 1, dim });
        l->head = true;
        l->flops = 2.0 * v.n * width * dim;
        l->parameter = linear_parameters(b, name, width, dim, v.h > 1 ? PARAM_CELLS : PARAM_PLAIN);
        int bias = l->parameter + 1;
        l->update_fused = worth_fusing(b, v.n, width, dim);
        if (l->update_fused) keep(l, 0, 2 * sizeof(double));
        if (l->update_fused && !net->broken) b->params->list[l->parameter].gradient_absent = !net->observe;
        int x = l->out;
        snprintf(name, sizeof name, "%s.%d.norm", prefix, i);
        in = norm(b, name, x, -1, i < 2);
        struct layer *n = &net->layers[net->layer_count - 1];
        n->head = true;
        if (net->broken) continue;
        /* a norm removes the bias before it; the last bias is the same in both views and leaves every loss term */
        b->params->list[bias].info.zero_gradient = true;
        if (i == 2) b->params->list[n->parameter + 1].info.zero_gradient = true;
    }
    return in;
}

static void body(struct builder *b)
{
    static const int blocks[MODEL_ARCH_COUNT][4] = {
        [MODEL_RESNET18] = { 2, 2, 2, 2 }, [MODEL_RESNET50] = { 3, 4, 6, 3 }
    };
    struct network *net = b->net;
    const struct model_shape *s = &net->shape;
    int cell_maps[MODEL_MAPS];
    net->input = add_value(net, net->images, s->size, s->size, s->channels == 1 ? 2 : 3);
    int x = conv(b, "encoder.conv1", net->input, s->width, 7, 2);
    for (int k = 0; k < MODEL_MAPS; k++) {
        char name[64];
        if (k == 0) x = stage_end(b, "encoder.bn1", 0, x, -1, &cell_maps[0]);
        for (int i = 0, n = k > 0 ? blocks[s->arch][k - 1] : 0; i < n; i++) {
            const struct ending end = { i + 1 < n ? -1 : k, &cell_maps[k] };
            snprintf(name, sizeof name, "encoder.layer%d.%d", k, i);
            x = residual_block(b, name, x, s->width << (k - 1), k > 1 && i == 0 ? 2 : 1, &end);
        }
        snprintf(name, sizeof name, "map.%d", k + 1);
        if (net->observe) net->observed_maps[k] = observed_map(b, net->map[k], name);
    }
    net->h = net->map_means[MODEL_MAPS - 1] = mean(b, x);
    net->z = head(b, "global", net->h);
    net->d = head(b, "local", fuse(b, cell_maps));
}

/* The stage of a layer, by what it is and then by its name. */
static enum model_stage stage_of(const struct layer *l)
{
    static const char *const prefix = "encoder.layer";
    if (l->head) return STAGE_HEADS;
    if (l->ops == &layer_stage || l->ops == &layer_cells || l->ops == &layer_mean) return STAGE_GATES;
    if (strncmp(l->name, prefix, strlen(prefix))) return STAGE_STEM;
    return (enum model_stage)(STAGE_LAYER1 + l->name[strlen(prefix)] - '1');
}

/* ---- the whole ---- */

static size_t scratch_of(const struct network *net, const struct layer *l, int threads)
{
    const struct kernels *k = net->kernels;
    const struct value *in = &net->values[l->in[0]];
    if (l->conv_plan) return k->conv_scratch(l->conv_plan);
    if (l->ops == &layer_norm)
        return k->norm_scratch(&(struct norm_shape){ net->groups, in->n * in->h * in->w / net->groups, in->c, l->relu },
                               threads);
    if (l->ops == &layer_stage) {
        const struct stage_shape s = { in->n,       in->h,
                                       in->w,       in->c,
                                       net->groups, net->shape.context ? in->c / net->shape.context_reduction : 0,
                                       l->maxpool,  MODEL_CELLS };
        size_t stage = k->stage_scratch(&s, threads);
        size_t norm = k->norm_scratch(
            &(struct norm_shape){ net->groups, in->n * in->h * in->w / net->groups, in->c, true }, threads);
        return stage > norm ? stage : norm;
    }
    size_t most = 0;
    for (int i = 0; i < l->inputs && (l->ops == &layer_linear || l->ops == &layer_fuse); i++) {
        const struct linear_shape s = layer_linear_shape(net, l, i);
        size_t reals = k->linear_scratch(&s, l->update_fused, threads);
        if (reals > most) most = reals;
    }
    return most;
}

bool network_build(struct network *net, const struct network_config *c, struct params *params, struct err *e)
{
    if (!model_shape_check(c->shape, e)) return false;
    *net = (struct network){ .kernels = c->kernels,
                             .shape = *c->shape,
                             .images = c->images,
                             .groups = c->training ? 2 : 1,
                             .training = c->training,
                             .observe = c->observe && c->training };
    struct builder b = { .net = net, .params = params, .config = c, .fresh = params->count == 0, .e = e };
    if (e) *e = (struct err){ 0 };
    body(&b);
    if (net->broken || !network_plan_memory(net)) {
        if (e && e->code == ERR_OK) err_set(e, ERR_MEMORY, "network: no memory for its plan");
        network_clear(net);
        return false;
    }
    for (int i = 0; i < net->layer_count; i++) {
        net->layers[i].stage = stage_of(&net->layers[i]);
        size_t s = scratch_of(net, &net->layers[i], c->threads);
        if (s > net->scratch_reals) net->scratch_reals = s;
    }
    return true;
}

void network_clear(struct network *net)
{
    for (int i = 0; i < net->layer_count; i++)
        if (net->layers[i].conv_plan) net->kernels->conv_destroy(net->layers[i].conv_plan);
    for (int i = 0; i < net->operator_count; i++) free(net->operators[i].rows);
    choices_clear(&net->choices);
    free(net->operators);
    free(net->layers);
    free(net->values);
    *net = (struct network){ 0 };
}
