/* Heads: what objectives read, stage after stage, and the fusing of the maps for the local level. */
#include "engine/model/heads.h"

#include <stdio.h>
#include <string.h>

/* Weights [out, in] and bias [out] of a linear map; the index of the weights, which the bias follows. */
static int linear_parameters(struct graph *g, const char *name, int in, int out, enum param_order order,
                             enum param_start start)
{
    const struct param_spec weight = { name,           ".weight",    .order = order,
                                       .start = start, .fan_in = in, .shape = { out, in } };
    const struct param_spec bias = { name, ".bias", .start = start, .fan_in = in, .shape = { out } };
    int i = graph_parameter(g, &weight);
    graph_parameter(g, &bias);
    return i;
}

int heads_fuse(struct graph *g, const int cell_maps[MODEL_MAPS])
{
    struct network *net = g->net;
    struct layer_spec spec = {
        &layer_fuse, "local.fuse", MODEL_MAPS, { 0 }, MODEL_CELLS, MODEL_CELLS, net->shape.fuse
    };
    memcpy(spec.in, cell_maps, sizeof spec.in);
    struct layer *l = graph_layer(net, &spec);
    for (int k = 0; k < MODEL_MAPS; k++) {
        char name[32];
        int c = net->values[cell_maps[k]].c;
        snprintf(name, sizeof name, "local.fuse.%d", k + 1);
        int i = linear_parameters(g, name, c, net->shape.fuse, PARAM_PLAIN, START_UNIFORM);
        if (!net->broken) g->params->list[i + 1].info.zero_gradient = true;
        if (k == 0) l->parameter = i;
        l->flops += 2.0 * net->images * MODEL_CELLS * MODEL_CELLS * c * net->shape.fuse;
    }
    return l->out;
}

/* A gradient that is cheap to make and dear to keep: its inner products cost less than a quarter of the update. Where
 * steps are observed all are, and kept too, so that this way is what is proven. */
static bool worth_fusing(const struct graph *g, int rows, int in, int out)
{
    return g->config->fuse_updates && g->net->training &&
           (g->net->observe || (double)in * out >= 4.0 * rows * ((double)in + out));
}

/* A linear map with bias; the index of its layer. */
static int linear(struct graph *g, const char *name, int in, int width)
{
    struct network *net = g->net;
    const struct value v = net->values[in];
    int inputs = v.h * v.w * v.c;
    struct layer *l = graph_layer(net, &(struct layer_spec){ &layer_linear, name, 1, { in }, 1, 1, width });
    l->flops = 2.0 * v.n * inputs * width;
    l->parameter = linear_parameters(g, name, inputs, width, v.h > 1 ? PARAM_CELLS : PARAM_PLAIN, START_UNIFORM);
    l->update_fused = worth_fusing(g, v.n, inputs, width);
    if (l->update_fused) graph_keep(l, 0, 2 * sizeof(double));
    if (l->update_fused && !net->broken) g->params->list[l->parameter].gradient_absent = !net->observe;
    return net->layer_count - 1;
}

static void zero_gradient(struct graph *g, int parameter)
{
    if (!g->net->broken) g->params->list[parameter].info.zero_gradient = true;
}

int heads_stages(struct graph *g, const struct head *h, int in)
{
    struct network *net = g->net;
    struct output out = { .has_loss = !h->no_loss, .gain = -1 };
    for (int i = 0; i < h->count; i++) {
        const struct head_stage *s = &h->stages[i];
        char name[48];
        snprintf(name, sizeof name, "%s.%d.linear", h->prefix, i);
        const struct layer *l = &net->layers[linear(g, name, in, s->width)];
        int bias = l->parameter + 1;
        bool last = i + 1 == h->count;
        out.value = l->out;
        if (s->norm) {
            zero_gradient(g, bias); /* the norm removes it */
            snprintf(name, sizeof name, "%s.%d.norm", h->prefix, i);
            out.value = graph_norm(g, name, l->out, &(struct norm_spec){ -1, s->relu, s->bare });
            const struct layer *n = &net->layers[net->layer_count - 1];
            if (last) out.gain = n->parameter;
            bias = s->bare ? bias : n->parameter + 1;
        }
        if (last && h->mean_leaves) zero_gradient(g, bias);
        in = out.value;
    }
    snprintf(out.name, sizeof out.name, "%s", h->output);
    graph_output(net, &out);
    return in;
}

void heads_classifier(struct graph *g, int in)
{
    struct network *net = g->net;
    const struct value v = net->values[in];
    struct layer *l =
        graph_layer(net, &(struct layer_spec){ &layer_linear, "classifier", 1, { in }, 1, 1, net->shape.classes });
    l->flops = 2.0 * v.n * v.c * net->shape.classes;
    l->parameter = linear_parameters(g, l->name, v.c, net->shape.classes, PARAM_PLAIN, START_ZERO);
    l->input_gradient = !net->layers[v.producer].frozen;
    graph_output(net, &(struct output){ .name = "logits", .value = l->out, .has_loss = true, .gain = -1 });
}
