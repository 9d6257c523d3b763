/* A whole network: encoder, heads, plan. */
#include <stdlib.h>
#include <string.h>

#include "engine/model/encoder.h"

/* The stage of a layer, by what it is and then by its name. Without gates what hangs on a map is of the map's stage. */
static enum model_stage stage_of(const struct network *net, const struct layer *l)
{
    static const char *const prefix = "encoder.layer", *const map = "map.";
    bool hangs = l->ops == &layer_stage || l->ops == &layer_cells || l->ops == &layer_mean;
    if (l >= net->layers + net->first_head) return STAGE_HEADS;
    if (hangs && net->shape.context) return STAGE_GATES;
    if (l->ops == &layer_mean) return STAGE_LAYER4;
    if (l->ops == &layer_cells) return (enum model_stage)(STAGE_STEM + l->name[strlen(map)] - '1');
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
        bool explains = net->mode == NETWORK_EXPLAIN;
        size_t stage = k->stage_scratch(&s, threads), back = explains ? k->stage_explain_scratch(&s, threads) : 0;
        if (back > stage) stage = back;
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
                             .groups = c->views,
                             .mode = c->mode,
                             .training = c->mode == NETWORK_TRAIN || c->mode == NETWORK_EXPLAIN,
                             .observe = c->observe && c->mode == NETWORK_TRAIN };
    struct graph g = { .net = net,
                       .params = params,
                       .config = c,
                       .fresh = params->count == 0,
                       .frozen = c->freeze && c->mode == NETWORK_TRAIN,
                       .e = e };
    if (e) *e = (struct err){ 0 };
    struct encoder_maps maps;
    encoder_build(&g, &maps);
    net->first_head = net->layer_count;
    for (int i = 0; i < net->first_head; i++) net->layers[i].frozen = g.frozen;
    g.frozen = false;
    c->heads(&g, &maps);
    if (net->broken || !network_plan_memory(net)) {
        if (e && e->code == ERR_OK) err_set(e, ERR_MEMORY, "network: no memory for its plan");
        network_clear(net);
        return false;
    }
    for (int i = 0; i < net->layer_count; i++) {
        net->layers[i].stage = stage_of(net, &net->layers[i]);
        size_t s = scratch_of(net, &net->layers[i], c->threads);
        if (s > net->scratch_reals) net->scratch_reals = s;
    }
    return true;
}

int network_output(const struct network *net, const char *name)
{
    for (int i = 0; i < net->output_count; i++)
        if (!strcmp(net->outputs[i].name, name)) return net->outputs[i].value;
    return -1;
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
