/* Lists that grow; one layer, norm, that encoder and heads share. */
#include "engine/model/graph.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int graph_value(struct network *net, int n, int h, int w, int c)
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

int graph_made_by(struct network *net, const struct layer *l, int h, int w, int c)
{
    int v = graph_value(net, net->images, h, w, c);
    if (!net->broken) net->values[v].producer = (int)(l - net->layers);
    return v;
}

struct layer *graph_layer(struct network *net, const struct layer_spec *spec)
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
                         .running = -1,
                         .gate = -1,
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
    l->out = graph_value(net, net->images, spec->h, spec->w, spec->c);
    net->values[l->out].producer = index;
    return l;
}

static int find_parameter(const struct params *p, const char *name)
{
    for (int i = 0; i < p->count; i++)
        if (!strcmp(p->list[i].name, name)) return i;
    return -1;
}

int graph_parameter(struct graph *g, const struct param_spec *spec)
{
    char name[96], prefix[96];
    snprintf(name, sizeof name, "%s%s", spec->prefix, spec->suffix);
    int found = g->fresh ? -1 : find_parameter(g->params, name);
    struct param_spec added = *spec;
    if (g->net->mode == NETWORK_TARGET) {
        added.kind = TENSOR_TARGET;
        added.source = found;
        snprintf(prefix, sizeof prefix, TARGET_PREFIX "%.80s", spec->prefix);
        added.prefix = prefix;
    } else if (found >= 0) {
        return found;
    }
    int i = params_add(g->params, &added);
    if (i < 0) g->net->broken = true;
    return i;
}

void graph_keep(struct layer *l, enum kept slot, size_t bytes)
{
    l->kept[slot].size = bytes;
}

void graph_choice(struct graph *g, struct layer *l, const char *name, enum choice_kind kind, size_t count)
{
    if (!g->net->observe || g->frozen) return;
    int i = choices_add(&g->net->choices, name, kind, count);
    if (i < 0) g->net->broken = true;
    if (l->choice < 0) l->choice = i;
}

void graph_norm_parts(struct graph *g, struct layer *l, const char *name, int c, bool affine)
{
    const struct param_spec weight = { name, ".weight", .start = START_ONE, .shape = { c } },
                            bias = { name, ".bias", .start = START_ZERO, .shape = { c } },
                            mean = { name, ".running_mean", TENSOR_RUNNING, .start = START_ZERO, .shape = { c } },
                            var = { name, ".running_var", TENSOR_RUNNING, .start = START_ONE, .shape = { c } };
    if (affine) {
        l->parameter = graph_parameter(g, &weight);
        graph_parameter(g, &bias);
    }
    if (g->net->mode != NETWORK_TARGET) {
        l->running = graph_parameter(g, &mean);
        graph_parameter(g, &var);
    }
    size_t stats = sizeof(real) * (size_t)g->net->groups * c;
    for (int s = KEPT_MEAN; s < KEPT_AFFINE && network_has_batch_statistics(g->net) && !g->frozen; s++)
        graph_keep(l, s, stats);
    graph_keep(l, KEPT_AFFINE, 3 * stats);
    char choice[96];
    snprintf(choice, sizeof choice, "%s.relu", name);
    if (l->relu) graph_choice(g, l, choice, CHOICE_RELU, value_reals(&g->net->values[l->in[0]]));
}

int graph_norm(struct graph *g, const char *name, int in, const struct norm_spec *norm)
{
    int residual = norm->residual;
    struct network *net = g->net;
    const struct value v = net->values[in];
    const struct layer_spec spec = { &layer_norm, name, residual < 0 ? 1 : 2, { in, residual }, v.h, v.w, v.c };
    struct layer *l = graph_layer(net, &spec);
    l->relu = norm->relu;
    l->residual = residual >= 0;
    graph_norm_parts(g, l, name, v.c, !norm->bare);
    return l->out;
}

void graph_output(struct network *net, const struct output *o)
{
    assert(net->output_count < NETWORK_OUTPUTS);
    net->outputs[net->output_count++] = *o;
}
