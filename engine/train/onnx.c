/* A graph is a list of nodes, each with the names that it reads and makes, and of tensors by name. Nodes are built as
 * bytes; tensors are only listed, and stream from the engine into the file one at a time. */
#include "config.h"

#include "engine/train/onnx.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/text.h"
#include "engine/model/protobuf.h"

enum { IR_VERSION = 7, OPSET = 13, VALUE_NAME = 96 };
/* Fields of onnx.proto that are used here. */
enum {
    MODEL_IR = 1,
    MODEL_PRODUCER = 2,
    MODEL_PRODUCER_VERSION = 3,
    MODEL_DOC = 6,
    MODEL_GRAPH = 7,
    MODEL_OPSET = 8,
    MODEL_METADATA = 14,
    OPSET_VERSION = 2,
    PAIR_KEY = 1,
    PAIR_VALUE = 2,
    GRAPH_NODE = 1,
    GRAPH_NAME = 2,
    GRAPH_INITIALIZER = 5,
    GRAPH_INPUT = 11,
    GRAPH_OUTPUT = 12,
    NODE_INPUT = 1,
    NODE_OUTPUT = 2,
    NODE_NAME = 3,
    NODE_OP = 4,
    NODE_ATTRIBUTE = 5,
    ATTRIBUTE_NAME = 1,
    ATTRIBUTE_FLOAT = 2,
    ATTRIBUTE_INT = 3,
    ATTRIBUTE_INTS = 8,
    ATTRIBUTE_TYPE = 20,
    TENSOR_DIMS = 1,
    TENSOR_TYPE = 2,
    TENSOR_NAME = 8,
    TENSOR_RAW = 9,
    VALUE_NAMED = 1,
    VALUE_TYPE = 2,
    TYPE_TENSOR = 1,
    TENSOR_ELEMENT = 1,
    TENSOR_SHAPE = 2,
    SHAPE_DIM = 1,
    DIM_VALUE = 1,
    DIM_PARAM = 2,
};
enum { TYPE_FLOAT = 1 }; /* of elements; of an attribute: a float, an int, ints */
enum { KIND_FLOAT = 1, KIND_INT = 2, KIND_INTS = 7 };

/* One tensor of the graph: of the engine, or up to three numbers of its own. */
struct initializer {
    int index; /* -1: own */
    char name[VALUE_NAME];
    int dims, shape[4];
    float own[3];
    size_t count;
};

struct graph {
    const struct engine *engine;
    struct text nodes, ends;  /* bytes of GraphProto: nodes; inputs and outputs */
    struct initializer *list; /* [count], owned */
    size_t count, room;
    const char *missing; /* a tensor that the engine does not have */
    bool open;           /* the gates start open: context.start is added inside their sigmoids */
    bool broken;
};

/* ---- nodes ---- */

static void attribute_ints(struct text *node, const char *name, int n, const int *values)
{
    struct text a = { 0 };
    protobuf_text(&a, ATTRIBUTE_NAME, name);
    for (int i = 0; i < n; i++) protobuf_number(&a, ATTRIBUTE_INTS, values[i]);
    protobuf_number(&a, ATTRIBUTE_TYPE, KIND_INTS);
    protobuf_message(node, NODE_ATTRIBUTE, &a);
}

static void attribute_int(struct text *node, const char *name, int value)
{
    struct text a = { 0 };
    protobuf_text(&a, ATTRIBUTE_NAME, name);
    protobuf_number(&a, ATTRIBUTE_INT, value);
    protobuf_number(&a, ATTRIBUTE_TYPE, KIND_INT);
    protobuf_message(node, NODE_ATTRIBUTE, &a);
}

static void attribute_float(struct text *node, const char *name, float value)
{
    struct text a = { 0 };
    protobuf_text(&a, ATTRIBUTE_NAME, name);
    protobuf_float(&a, ATTRIBUTE_FLOAT, value);
    protobuf_number(&a, ATTRIBUTE_TYPE, KIND_FLOAT);
    protobuf_message(node, NODE_ATTRIBUTE, &a);
}

/* A node that reads `in`, names behind one another with blanks between them, and makes `out`. `attributes` is cleared.
 */
static void add_node(struct graph *g, const char *op, const char *in, const char *out, struct text *attributes)
{
    struct text node = { 0 };
    for (const char *at = in; *at; at += strcspn(at, " "), at += *at == ' ')
        protobuf_bytes(&node, NODE_INPUT, at, strcspn(at, " "));
    protobuf_text(&node, NODE_OUTPUT, out);
    protobuf_text(&node, NODE_NAME, out);
    protobuf_text(&node, NODE_OP, op);
    if (attributes) {
        text_append(&node, text_str(attributes), attributes->length);
        if (attributes->broken) g->broken = true;
        text_clear(attributes);
    }
    protobuf_message(&g->nodes, GRAPH_NODE, &node);
}

/* The same with names that are put together. */
static void __attribute__((format(printf, 5, 6)))
node(struct graph *g, const char *op, const char *out, struct text *attributes, const char *format, ...)
{
    char in[6 * VALUE_NAME];
    va_list list;
    va_start(list, format);
    vsnprintf(in, sizeof in, format, list);
    va_end(list);
    add_node(g, op, in, out, attributes);
}

static void name_value(char out[VALUE_NAME], const char *base, const char *suffix)
{
    snprintf(out, VALUE_NAME, "%.60s/%s", base, suffix);
}

/* ---- tensors ---- */

static struct initializer *add_initializer(struct graph *g)
{
    if (g->count == g->room) {
        size_t room = g->room ? 2 * g->room : 128;
        struct initializer *list = realloc(g->list, room * sizeof *list);
        if (!list) return g->broken = true, NULL;
        g->list = list;
        g->room = room;
    }
    return memset(&g->list[g->count++], 0, sizeof *g->list);
}

/* `count` numbers, one a channel. */
static void add_own(struct graph *g, const char *name, int count, const float *numbers)
{
    struct initializer *t = add_initializer(g);
    if (!t) return;
    *t = (struct initializer){ .index = -1, .dims = 4, .shape = { 1, count, 1, 1 }, .count = (size_t)count };
    snprintf(t->name, sizeof t->name, "%s", name);
    memcpy(t->own, numbers, (size_t)count * sizeof *numbers);
}

/* The engine's tensor "PREFIXname" under `name`; its shape. `dims` above its own: ones behind it. */
static const struct engine_tensor *add_tensor(struct graph *g, const char *prefix, const char *name, int dims)
{
    static const struct engine_tensor none = { 0 };
    char full[VALUE_NAME];
    snprintf(full, sizeof full, "%s%s", prefix, name);
    for (int i = 0; i < engine_tensors(g->engine); i++) {
        const struct engine_tensor *info = engine_tensor(g->engine, i);
        if (strcmp(info->name, full)) continue;
        struct initializer *t = add_initializer(g);
        if (!t) return &none;
        *t = (struct initializer){ .index = i, .dims = dims > info->dims ? dims : info->dims, .count = info->count };
        snprintf(t->name, sizeof t->name, "%s", name);
        for (int d = 0; d < t->dims; d++) t->shape[d] = d < info->dims ? info->shape[d] : 1;
        return info;
    }
    g->missing = name;
    g->broken = true;
    return &none;
}

static bool has_tensor(const struct graph *g, const char *name)
{
    for (int i = 0; i < engine_tensors(g->engine); i++)
        if (!strcmp(engine_tensor(g->engine, i)->name, name)) return true;
    return false;
}

/* ---- the parts of the encoder ---- */

static void conv(struct graph *g, const char *name, const char *in, int stride, char out[VALUE_NAME])
{
    char weight[VALUE_NAME];
    struct text a = { 0 };
    snprintf(weight, sizeof weight, "%.80s.weight", name);
    int r = add_tensor(g, "encoder.", weight, 4)->shape[2], pad = r / 2;
    attribute_ints(&a, "kernel_shape", 2, (int[]){ r, r });
    attribute_ints(&a, "pads", 4, (int[]){ pad, pad, pad, pad });
    attribute_ints(&a, "strides", 2, (int[]){ stride, stride });
    snprintf(out, VALUE_NAME, "%.90s", name);
    node(g, "Conv", out, &a, "%s %s", in, weight);
}

static void norm(struct graph *g, const char *name, const char *in, char out[VALUE_NAME])
{
    static const char *const parts[] = { "weight", "bias", "running_mean", "running_var" };
    struct text a = { 0 };
    for (int i = 0; i < 4; i++) {
        char tensor[VALUE_NAME];
        snprintf(tensor, sizeof tensor, "%.70s.%s", name, parts[i]);
        add_tensor(g, "encoder.", tensor, 1);
    }
    attribute_float(&a, "epsilon", 1e-5f);
    snprintf(out, VALUE_NAME, "%.90s", name);
    node(g, "BatchNormalization", out, &a, "%s %s.weight %s.bias %s.running_mean %s.running_var", in, name, name, name,
         name);
}

/* A channel gate's branch: what is pooled, through both linear maps as 1x1 convolutions. */
static void branch(struct graph *g, const char *base, const char *pool, const char *in, char out[VALUE_NAME])
{
    char pooled[VALUE_NAME], hidden[VALUE_NAME], passed[VALUE_NAME], name[32];
    snprintf(name, sizeof name, "%s", pool);
    name_value(pooled, base, name);
    node(g, pool, pooled, NULL, "%s", in);
    snprintf(hidden, sizeof hidden, "%.60s/reduce", pooled);
    node(g, "Conv", hidden, NULL, "%s %s.channel.reduce.weight", pooled, base);
    snprintf(passed, sizeof passed, "%.60s/relu", pooled);
    node(g, "Relu", passed, NULL, "%s", hidden);
    snprintf(out, VALUE_NAME, "%.60s/expand", pooled);
    node(g, "Conv", out, NULL, "%s %s.channel.expand.weight", passed, base);
}

/* Mean or maximum over channels, [n, 1, h, w]. */
static void over_channels(struct graph *g, const char *op, const char *base, const char *in, char out[VALUE_NAME])
{
    struct text a = { 0 };
    attribute_ints(&a, "axes", 1, (int[]){ 1 });
    attribute_int(&a, "keepdims", 1);
    name_value(out, base, op);
    node(g, op, out, &a, "%s", in);
}

/* The sigmoid of a gate, with the constant inside it where there is one; `in` becomes what the sigmoid sees. */
static void squash(struct graph *g, const char *base, const char *what, char in[VALUE_NAME], const char *out)
{
    char raised[VALUE_NAME];
    if (g->open) {
        name_value(raised, base, what);
        node(g, "Add", raised, NULL, "%s context.start", in);
        snprintf(in, VALUE_NAME, "%s", raised);
    }
    node(g, "Sigmoid", out, NULL, "%s", in);
}

/* The context gate of map k, from `in` to `out`. */
static void gate(struct graph *g, int k, const char *in, char out[VALUE_NAME])
{
    char base[32], tensor[VALUE_NAME], mean[VALUE_NAME], top[VALUE_NAME], sum[VALUE_NAME], channel[VALUE_NAME];
    char x1[VALUE_NAME], both[VALUE_NAME], taps[VALUE_NAME], spatial[VALUE_NAME];
    struct text a = { 0 };
    snprintf(base, sizeof base, "context.%d", k + 1);
    snprintf(tensor, sizeof tensor, "%s.channel.reduce.weight", base);
    add_tensor(g, "", tensor, 4);
    snprintf(tensor, sizeof tensor, "%s.channel.expand.weight", base);
    add_tensor(g, "", tensor, 4);
    snprintf(tensor, sizeof tensor, "%s.spatial.weight", base);
    add_tensor(g, "", tensor, 4);
    branch(g, base, "GlobalAveragePool", in, mean);
    branch(g, base, "GlobalMaxPool", in, top);
    name_value(sum, base, "sum");
    node(g, "Add", sum, NULL, "%s %s", mean, top);
    name_value(channel, base, "channel");
    squash(g, base, "sum_open", sum, channel);
    name_value(x1, base, "x1");
    node(g, "Mul", x1, NULL, "%s %s", in, channel);
    over_channels(g, "ReduceMean", base, x1, mean);
    over_channels(g, "ReduceMax", base, x1, top);
    attribute_int(&a, "axis", 1);
    name_value(both, base, "both");
    node(g, "Concat", both, &a, "%s %s", mean, top);
    attribute_ints(&a, "kernel_shape", 2, (int[]){ 7, 7 });
    attribute_ints(&a, "pads", 4, (int[]){ 3, 3, 3, 3 });
    name_value(taps, base, "taps");
    node(g, "Conv", taps, &a, "%s %s", both, tensor);
    name_value(spatial, base, "spatial");
    squash(g, base, "taps_open", taps, spatial);
    node(g, "Mul", out, NULL, "%s %s", x1, spatial);
}

/* A ReLU that ends stage k, its gate, and the name of the map. */
static void end_stage(struct graph *g, int k, bool gates, const char *in, char out[VALUE_NAME])
{
    char open[VALUE_NAME];
    snprintf(out, VALUE_NAME, "map%d", k + 1);
    if (!gates) {
        node(g, "Relu", out, NULL, "%s", in);
        return;
    }
    name_value(open, out, "before");
    node(g, "Relu", open, NULL, "%s", in);
    gate(g, k, open, out);
}

/* One block of a ResNet; x is [VALUE_NAME], replaced by the sum before the last ReLU. */
static void block(struct graph *g, const char *name, int stride, char x[VALUE_NAME])
{
    char part[VALUE_NAME], value[VALUE_NAME], next[VALUE_NAME], shortcut[VALUE_NAME], full[VALUE_NAME];
    snprintf(full, sizeof full, "encoder.%s.conv3.weight", name);
    bool deep = has_tensor(g, full);
    snprintf(value, sizeof value, "%s", x);
    for (int i = 1, n = deep ? 3 : 2; i <= n; i++) {
        snprintf(part, sizeof part, "%s.conv%d", name, i);
        conv(g, part, value, i == (deep ? 2 : 1) ? stride : 1, next);
        snprintf(part, sizeof part, "%s.bn%d", name, i);
        norm(g, part, next, value);
        if (i == n) break;
        snprintf(next, sizeof next, "%.60s.relu%d", name, i);
        node(g, "Relu", next, NULL, "%s", value);
        snprintf(value, sizeof value, "%s", next);
    }
    snprintf(shortcut, sizeof shortcut, "%s", x);
    snprintf(full, sizeof full, "encoder.%s.downsample.0.weight", name);
    if (has_tensor(g, full)) {
        snprintf(part, sizeof part, "%s.downsample.0", name);
        conv(g, part, x, stride, next);
        snprintf(part, sizeof part, "%s.downsample.1", name);
        norm(g, part, next, shortcut);
    }
    snprintf(x, VALUE_NAME, "%.60s.sum", name);
    node(g, "Add", x, NULL, "%s %s", value, shortcut);
}

static void normalise(struct graph *g, const struct model_shape *s, char out[VALUE_NAME])
{
    add_own(g, "normalise.mean", 3, s->mean);
    add_own(g, "normalise.deviation", 3, s->deviation);
    node(g, "Sub", "image/centred", NULL, "image normalise.mean"); /* one channel becomes three */
    snprintf(out, VALUE_NAME, "image/normalised");
    node(g, "Div", out, NULL, "image/centred normalise.deviation");
}

static void classifier(struct graph *g)
{
    struct text a = { 0 };
    add_tensor(g, "", "classifier.weight", 2);
    add_tensor(g, "", "classifier.bias", 1);
    attribute_int(&a, "transB", 1);
    node(g, "Gemm", "logits", &a, "h classifier.weight classifier.bias");
}

static void build(struct graph *g, const struct model_shape *s, bool gates)
{
    char x[VALUE_NAME], y[VALUE_NAME], name[64];
    struct text a = { 0 };
    g->open = gates && s->context_start != 0;
    if (g->open) add_own(g, "context.start", 1, &(float){ (float)s->context_start });
    normalise(g, s, x);
    conv(g, "conv1", x, 2, y);
    norm(g, "bn1", y, x);
    end_stage(g, 0, gates, x, y);
    attribute_ints(&a, "kernel_shape", 2, (int[]){ 3, 3 });
    attribute_ints(&a, "pads", 4, (int[]){ 1, 1, 1, 1 });
    attribute_ints(&a, "strides", 2, (int[]){ 2, 2 });
    snprintf(x, sizeof x, "maxpool");
    node(g, "MaxPool", x, &a, "%s", y);
    for (int k = 1; k < MODEL_MAPS; k++)
        for (int i = 0;; i++) {
            snprintf(name, sizeof name, "encoder.layer%d.%d.conv1.weight", k, i + 1);
            bool last = !has_tensor(g, name);
            snprintf(name, sizeof name, "layer%d.%d", k, i);
            block(g, name, k > 1 && i == 0 ? 2 : 1, x);
            if (last) {
                end_stage(g, k, gates, x, y);
                snprintf(x, sizeof x, "%s", y);
                break;
            }
            snprintf(y, sizeof y, "%s.relu", name);
            node(g, "Relu", y, NULL, "%s", x);
            snprintf(x, sizeof x, "%s", y);
        }
    attribute_ints(&a, "axes", 2, (int[]){ 2, 3 });
    attribute_int(&a, "keepdims", 0);
    node(g, "ReduceMean", "h", &a, "%s", x);
    if (s->classes) classifier(g);
}

/* ---- inputs and outputs ---- */

/* A value [batch, c, h, w], or with h 0 [batch, c]. */
static void add_value(struct graph *g, int field, const char *name, int c, int h)
{
    struct text shape = { 0 }, tensor = { 0 }, type = { 0 }, value = { 0 };
    for (int d = 0; d < (h ? 4 : 2); d++) {
        struct text dim = { 0 };
        if (d == 0)
            protobuf_text(&dim, DIM_PARAM, "batch");
        else
            protobuf_number(&dim, DIM_VALUE, d == 1 ? c : h);
        protobuf_message(&shape, SHAPE_DIM, &dim);
    }
    protobuf_number(&tensor, TENSOR_ELEMENT, TYPE_FLOAT);
    protobuf_message(&tensor, TENSOR_SHAPE, &shape);
    protobuf_message(&type, TYPE_TENSOR, &tensor);
    protobuf_text(&value, VALUE_NAMED, name);
    protobuf_message(&value, VALUE_TYPE, &type);
    protobuf_message(&g->ends, field, &value);
}

static void add_ends(struct graph *g, const struct model_shape *s)
{
    int side = s->size;
    add_value(g, GRAPH_INPUT, "image", s->channels, side);
    add_value(g, GRAPH_OUTPUT, "h", model_map_channels(s, MODEL_MAPS - 1), 0);
    for (int k = 0; k < MODEL_MAPS; k++) {
        char name[16];
        side = (side + 1) / 2;
        snprintf(name, sizeof name, "map%d", k + 1);
        add_value(g, GRAPH_OUTPUT, name, model_map_channels(s, k), side);
    }
    if (s->classes) add_value(g, GRAPH_OUTPUT, "logits", s->classes, 0);
}

/* ---- the file ---- */

static void tensor_head(const struct initializer *t, struct text *out)
{
    for (int d = 0; d < t->dims; d++) protobuf_number(out, TENSOR_DIMS, t->shape[d]);
    protobuf_number(out, TENSOR_TYPE, TYPE_FLOAT);
    protobuf_text(out, TENSOR_NAME, t->name);
    protobuf_head(out, TENSOR_RAW, t->count * sizeof(float));
}

/* Head of a tensor in its graph, without its numbers; cleared by the caller. */
static void initializer_head(const struct initializer *t, struct text *out)
{
    struct text inner = { 0 };
    tensor_head(t, &inner);
    protobuf_head(out, GRAPH_INITIALIZER, inner.length + t->count * sizeof(float));
    text_append(out, text_str(&inner), inner.length);
    if (inner.broken) out->broken = true;
    text_clear(&inner);
}

/* A configuration and the names of classes have lines. */
static void clean_lines(char *s)
{
    for (char *end; s; s = end) {
        end = strchr(s, '\n');
        if (end) *end = '\0';
        text_clean(s);
        if (end) *end++ = '\n';
    }
}

static void model_head(const struct tensors_pair *metadata, size_t pairs, uint64_t graph, struct text *out)
{
    struct text opset = { 0 };
    protobuf_number(out, MODEL_IR, IR_VERSION);
    protobuf_text(out, MODEL_PRODUCER, PACKAGE_NAME);
    protobuf_text(out, MODEL_PRODUCER_VERSION, PACKAGE_VERSION);
    protobuf_text(out, MODEL_DOC,
                  "image: [batch, channels, side, side] on the scale of 0..1, normalised inside; h: features; map1 to "
                  "map5: maps behind the gates; logits, where there are classes: before their sigmoid or softmax");
    protobuf_number(&opset, OPSET_VERSION, OPSET);
    protobuf_message(out, MODEL_OPSET, &opset);
    for (size_t i = 0; i < pairs; i++) {
        struct text pair = { 0 };
        char *value = text_copy(metadata[i].value);
        if (!value) out->broken = true;
        if (value) clean_lines(value);
        protobuf_text(&pair, PAIR_KEY, metadata[i].key);
        protobuf_text(&pair, PAIR_VALUE, value ? value : "");
        protobuf_message(out, MODEL_METADATA, &pair);
        free(value);
    }
    protobuf_head(out, MODEL_GRAPH, graph);
}

static bool write_file(const struct graph *g, const struct text *head, const char *path, struct err *e)
{
    struct file_writer w;
    size_t most = 3;
    bool ok = true;
    for (size_t i = 0; i < g->count; i++)
        if (g->list[i].count > most) most = g->list[i].count;
    float *numbers = malloc(most * sizeof *numbers);
    if (!numbers) return err_set(e, ERR_MEMORY, "%s: no memory", path);
    if (!file_begin_as(&w, path, FILE_OF_USER, e)) return free(numbers), false;
    file_put(&w, text_str(head), head->length);
    for (size_t i = 0; ok && i < g->count; i++) {
        struct text begin = { 0 };
        const struct initializer *t = &g->list[i];
        initializer_head(t, &begin);
        ok = !begin.broken;
        if (t->index < 0)
            memcpy(numbers, t->own, sizeof t->own);
        else
            engine_read(g->engine, t->index, PART_VALUE, numbers);
        file_put(&w, text_str(&begin), begin.length);
        file_put(&w, numbers, t->count * sizeof *numbers);
        text_clear(&begin);
    }
    free(numbers);
    if (ok) return file_commit(&w, e);
    file_abandon(&w);
    return err_set(e, ERR_MEMORY, "%s: no memory", path);
}

bool onnx_export(const struct engine *g, const struct model_shape *s, bool gates, const char *path,
                 const struct tensors_pair *metadata, size_t pairs, struct err *e)
{
    struct graph graph = { .engine = g };
    struct text head = { 0 }, begin = { 0 };
    build(&graph, s, gates && s->context);
    add_ends(&graph, s);
    protobuf_text(&graph.ends, GRAPH_NAME, "encoder");
    uint64_t bytes = graph.nodes.length + graph.ends.length;
    for (size_t i = 0; i < graph.count; i++) {
        begin.length = 0;
        initializer_head(&graph.list[i], &begin);
        bytes += begin.length + graph.list[i].count * sizeof(float);
    }
    model_head(metadata, pairs, bytes, &head);
    text_append(&head, text_str(&graph.nodes), graph.nodes.length);
    text_append(&head, text_str(&graph.ends), graph.ends.length);
    bool ok = true;
    if (graph.missing)
        ok = err_set(e, ERR_INTERNAL, "%s: the network has no tensor %s", path, graph.missing);
    else if (graph.broken || graph.nodes.broken || graph.ends.broken || head.broken || begin.broken)
        ok = err_set(e, ERR_MEMORY, "%s: no memory", path);
    else if (bytes + head.length > INT32_MAX)
        ok = err_set(e, ERR_UNSUPPORTED, "%s: an ONNX file holds 2 GiB at most; export this encoder as safetensors",
                     path);
    ok = ok && write_file(&graph, &head, path, e);
    text_clear(&head);
    text_clear(&begin);
    text_clear(&graph.nodes);
    text_clear(&graph.ends);
    free(graph.list);
    return ok;
}
