/* The encoder: ResNet body, a context gate after each stage, what hangs on the five maps. */
#include "engine/model/encoder.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A variant that this set does not know leaves the fixed table's. */
static void tune(const struct graph *g, struct layer *l)
{
    const struct kernels *k = g->net->kernels;
    for (int direction = 0; direction < CONV_DIRECTIONS; direction++) {
        char shape[TUNING_SHAPE];
        tuning_shape(k->name, g->config->threads, direction, &l->conv, shape);
        const char *variant = tuning_variant(g->config->tuning, shape);
        if (variant) k->conv_set_variant(l->conv_plan, direction, variant);
    }
}

/* A convolution without bias, square kernel r; the one that reads the images is the stem. */
static int conv(struct graph *g, const char *name, int in, int k, int r, int stride)
{
    struct network *net = g->net;
    bool stem = in == net->input;
    const struct value v = net->values[in];
    int pad = r / 2, oh = conv_out(v.h, r, stride, pad), ow = conv_out(v.w, r, stride, pad);
    struct layer *l =
        graph_layer(net, &(struct layer_spec){ stem ? &layer_stem : &layer_conv, name, 1, { in }, oh, ow, k });
    l->conv = (struct conv_shape){ v.n, v.h, v.w, v.c, k, r, stride, pad };
    l->flops = 2.0 * v.n * oh * ow * k * r * r * v.c;
    l->input_gradient = !stem;
    l->parameter =
        graph_parameter(g, &(struct param_spec){ name, ".weight", .order = PARAM_CONV, .start = START_KAIMING,
                                                 .shape = { k, stem ? 3 : v.c, r, r } });
    if (stem && v.c != 3) graph_keep(l, 0, sizeof(real) * (size_t)r * r * v.c * k), graph_keep(l, 1, l->kept[0].size);
    if (net->broken || l->conv_plan) return l->out;
    l->conv_plan = (g->config->measured ? net->kernels->conv_measure
                                        : net->kernels->conv_create)(&l->conv, g->config->threads, g->e);
    if (!l->conv_plan) net->broken = true;
    if (l->conv_plan) tune(g, l);
    if (l->conv_plan) net->table_bytes += net->kernels->conv_table_bytes(l->conv_plan);
    return l->out;
}

enum { GATE_TENSORS = 3 }; /* of one gate */

static void gate_choice(struct graph *g, struct layer *l, int map, const char *what, enum choice_kind kind,
                        size_t count)
{
    char name[64];
    snprintf(name, sizeof name, "context.%d.%s", map + 1, what);
    graph_choice(g, l, name, kind, count);
}

static void gate_parts(struct graph *g, struct layer *l, int map)
{
    struct network *net = g->net;
    if (!net->shape.context) {
        if (g->fresh) g->params->places += GATE_TENSORS;
        return;
    }
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
    l->gate = graph_parameter(g, &reduce);
    graph_parameter(g, &expand);
    graph_parameter(g, &spatial);
    size_t positions = (size_t)v.n * v.h * v.w;
    graph_keep(l, KEPT_POOLED, sizeof(real) * 2 * v.n * v.c);
    graph_keep(l, KEPT_HIDDEN, sizeof(real) * 2 * v.n * hidden);
    graph_keep(l, KEPT_CHANNEL, sizeof(real) * 2 * v.n * v.c);
    graph_keep(l, KEPT_STAT, sizeof(real) * positions * 2);
    graph_keep(l, KEPT_SPATIAL, sizeof(real) * positions * 2);
    if (net->training && !g->frozen) graph_keep(l, KEPT_LARGEST, sizeof(int32_t) * positions);
    l->flops += (double)positions * (2 * 49 * 2 + 4.0 * v.c) + 8.0 * v.n * v.c * hidden;
    gate_choice(g, l, map, "channel.max", CHOICE_TOP, positions * v.c);
    gate_choice(g, l, map, "channel.relu", CHOICE_RELU, (size_t)2 * v.n * hidden);
    gate_choice(g, l, map, "spatial.max", CHOICE_LARGEST, positions);
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

static void map_output(struct network *net, const char *format, int map, int value)
{
    struct output o = { .value = value };
    snprintf(o.name, sizeof o.name, format, map + 1);
    graph_output(net, &o);
}

/* The end of stage `map`; fills what `made` has of it. Returns what the next stage reads. */
static int stage_end(struct graph *g, const char *name, int map, int in, int residual, struct encoder_maps *made)
{
    struct network *net = g->net;
    const struct value v = net->values[in];
    bool pool = map == 0;
    int oh = pool ? conv_out(v.h, 3, 2, 1) : v.h, ow = pool ? conv_out(v.w, 3, 2, 1) : v.w;
    const struct layer_spec spec = { &layer_stage, name, residual < 0 ? 1 : 2, { in, residual }, oh, ow, v.c };
    struct layer *l = graph_layer(net, &spec);
    l->relu = true;
    l->residual = residual >= 0;
    l->maxpool = pool;
    l->map = map;
    l->flops = 2.0 * v.n * v.h * v.w * v.c * 2;
    graph_norm_parts(g, l, name, v.c, true);
    gate_parts(g, l, map);
    size_t out = value_reals(&net->values[l->out]);
    if (pool && net->training && !g->frozen) graph_keep(l, KEPT_TAP, out);
    if (pool) graph_choice(g, l, "encoder.maxpool", CHOICE_TAP, out);
    if (net->observe) graph_keep(l, KEPT_ACTIVATED, sizeof(real) * value_reals(&net->values[in]));
    l->operators = net->shape.local ? operators_add(net, v.h, v.w, false) : -1;
    if (net->shape.local) l->cell_map = graph_made_by(net, l, MODEL_CELLS, MODEL_CELLS, v.c);
    made->cells[map] = l->cell_map;
    if (net->mode == NETWORK_EVAL && map < MODEL_MAPS - 1) {
        l->map_mean = graph_made_by(net, l, 1, 1, v.c);
        map_output(net, "map%d", map, l->map_mean);
    }
    if (pool && net->observe) l->gated_map = graph_made_by(net, l, v.h, v.w, v.c);
    if (net->mode == NETWORK_EXPLAIN) map_output(net, "map.%d", map, l->out);
    made->map[map] = l->gated_map >= 0 ? l->gated_map : l->out;
    return l->out;
}

/* Which stage a block ends, if it ends one, and what is made there. */
struct ending {
    int map;                   /* -1: none */
    struct encoder_maps *made; /* borrowed */
};

/* A convolution with its norm. */
struct conv_norm {
    const char *conv, *norm;  /* names behind that of the block       */
    int in, k, r, stride;     /* k outputs, square kernel r           */
    int residual;             /* value that the norm adds; -1: none   */
    bool relu;                /* behind the norm                      */
    const struct ending *end; /* NULL, or what becomes of the norm    */
};

static int conv_norm(struct graph *g, const char *block, const struct conv_norm *c)
{
    char name[64];
    snprintf(name, sizeof name, "%.40s%s", block, c->conv);
    int x = conv(g, name, c->in, c->k, c->r, c->stride);
    snprintf(name, sizeof name, "%.40s%s", block, c->norm);
    if (c->end && c->end->map >= 0) return stage_end(g, name, c->end->map, x, c->residual, c->end->made);
    return graph_norm(g, name, x, &(struct norm_spec){ c->residual, c->relu, false });
}

static int residual_block(struct graph *g, const char *name, int in, int width, int stride, const struct ending *end)
{
    bool deep = g->net->shape.arch == MODEL_RESNET50;
    int out = width * (deep ? 4 : 1), shortcut = in;
    if (stride != 1 || g->net->values[in].c != out)
        shortcut = conv_norm(
            g, name, &(struct conv_norm){ ".downsample.0", ".downsample.1", in, out, 1, stride, .residual = -1 });
    if (!deep) {
        int x = conv_norm(g, name, &(struct conv_norm){ ".conv1", ".bn1", in, width, 3, stride, -1, true, NULL });
        return conv_norm(g, name, &(struct conv_norm){ ".conv2", ".bn2", x, width, 3, 1, shortcut, true, end });
    }
    int x = conv_norm(g, name, &(struct conv_norm){ ".conv1", ".bn1", in, width, 1, 1, -1, true, NULL });
    /* v1.5: the stride sits here */
    x = conv_norm(g, name, &(struct conv_norm){ ".conv2", ".bn2", x, width, 3, stride, -1, true, NULL });
    return conv_norm(g, name, &(struct conv_norm){ ".conv3", ".bn3", x, out, 1, 1, shortcut, true, end });
}

static int mean(struct graph *g, int in)
{
    return graph_layer(g->net, &(struct layer_spec){ &layer_mean, "mean", 1, { in }, 1, 1, g->net->values[in].c })->out;
}

/* A map averaged to cells, for others to see. */
static int observed_map(struct graph *g, int in, const char *name)
{
    const struct value v = g->net->values[in];
    struct layer *l =
        graph_layer(g->net, &(struct layer_spec){ &layer_cells, name, 1, { in }, MODEL_CELLS, MODEL_CELLS, v.c });
    l->operators = operators_add(g->net, v.h, v.w, true);
    return l->out;
}

void encoder_build(struct graph *g, struct encoder_maps *made)
{
    static const int blocks[MODEL_ARCH_COUNT][4] = {
        [MODEL_RESNET18] = { 2, 2, 2, 2 }, [MODEL_RESNET50] = { 3, 4, 6, 3 }
    };
    struct network *net = g->net;
    const struct model_shape *s = &net->shape;
    net->input = graph_value(net, net->images, s->size, s->size, s->channels == 1 ? 2 : 3);
    int x = conv(g, "encoder.conv1", net->input, s->width, 7, 2);
    for (int k = 0; k < MODEL_MAPS; k++) {
        char name[64];
        if (k == 0) x = stage_end(g, "encoder.bn1", 0, x, -1, made);
        for (int i = 0, n = k > 0 ? blocks[s->arch][k - 1] : 0; i < n; i++) {
            const struct ending end = { i + 1 < n ? -1 : k, made };
            snprintf(name, sizeof name, "encoder.layer%d.%d", k, i);
            x = residual_block(g, name, x, s->width << (k - 1), k > 1 && i == 0 ? 2 : 1, &end);
        }
        snprintf(name, sizeof name, "map.%d", k + 1);
        if (net->observe) map_output(net, "map.%d", k, observed_map(g, made->map[k], name));
    }
    made->h = mean(g, x);
    graph_output(net, &(struct output){ .name = "h", .value = made->h, .has_loss = net->mode == NETWORK_EXPLAIN });
    if (net->mode == NETWORK_EVAL) map_output(net, "map%d", MODEL_MAPS - 1, made->h);
}
