/* What runs in evaluation mode, and what is read of a network beside its steps. */
#include <string.h>

#include "engine/train/state.h"

struct pass state_pass(struct state *s, const struct network *net)
{
    return (struct pass){ .net = net,
                          .params = &s->params,
                          .arena = s->activations.base,
                          .gates = true,
                          .run = { s->config.threads, (real *)(void *)s->scratch.base } };
}

void state_load(struct state *s, struct pass *p, const struct batch *images, const struct image_range *range)
{
    const struct model_shape *m = &s->config.model;
    int channels = m->channels, stored = p->net->values[p->net->input].c;
    size_t pixels = (size_t)m->size * m->size;
    real *out = network_data(p, p->net->input) + range->at * pixels * stored;
    size_t first = range->first * pixels * channels, n = range->n;
    const uint8_t *u8 = images->u8[range->view] ? images->u8[range->view] + first : NULL;
    const float *f32 = images->f32[range->view] ? images->f32[range->view] + first : NULL;
#pragma omp parallel for num_threads(p->run.threads) schedule(static)
    for (size_t i = 0; i < n * pixels; i++) {
        for (int c = 0; c < channels; c++)
            out[i * stored + c] = u8 ? s->table[c][u8[i * channels + c]] : (real)f32[i * channels + c];
        if (channels == 1) out[i * stored + 1] = 1;
    }
}

void core_timings(const struct core *g, void (*layer)(void *ctx, const struct engine_timing *t), void *ctx)
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

/* Evaluation mode: running statistics, nothing recorded. Images beyond images->n are zeros, since a pass has a fixed
 * size. */
bool core_features(struct core *g, const struct batch *images, bool gates, float *const out[LEVEL_COUNT], struct err *e)
{
    struct state *s = state_of(g);
    const struct network *net = &s->evaluation;
    if (images->n < 0 || images->n > net->images)
        return err_set(e, ERR_INTERNAL, "features: %d images where %d were planned", images->n, net->images);
    struct pass p = state_pass(s, net);
    p.gates = gates;
    const struct value *in = &net->values[net->input];
    memset(network_data(&p, net->input), 0, sizeof(real) * (size_t)in->n * in->h * in->w * in->c);
    state_load(s, &p, images, &(struct image_range){ .n = (size_t)images->n });
    p.heads = out[LEVEL_Z] || out[LEVEL_D] || out[LEVEL_LOGITS];
    for (int l = LEVEL_MAP1; l <= LEVEL_MAP5; l++) p.map_means = p.map_means || out[l];
    network_forward(&p, 0, p.heads ? net->layer_count : net->first_head);
    for (int l = 0; l < LEVEL_COUNT; l++) {
        if (!out[l]) continue;
        int value = network_output(net, level_table[l].name);
        if (value < 0) return err_set(e, ERR_INTERNAL, "features: this network has no %s", level_table[l].name);
        const real *x = network_data(&p, value);
        for (size_t i = 0; i < (size_t)images->n * net->values[value].c; i++) out[l][i] = (float)x[i];
    }
    return true;
}

/* ---- looking inside ---- */

/* NHWC [n, h, w, c] of one view to PyTorch's [n, c, h, w]. */
size_t core_output(const struct core *g, const char *name, int view, double *out)
{
    const struct state *s = const_state_of(g);
    const struct network *net = &s->training;
    bool target = s->target.layer_count && !strcmp(name, "t");
    int i = net->observe ? network_output(net, target ? level_table[LEVEL_Z].name : name) : -1;
    if (i < 0 || view >= net->groups) return 0;
    const struct value *v = &net->values[i];
    size_t n = (size_t)v->n / net->groups, cells = (size_t)v->h * v->w, c = (size_t)v->c;
    const unsigned char *base = target ? s->target_z.base : s->activations.base + v->data.offset;
    const real *x = (const real *)(const void *)base + (size_t)view * n * cells * c;
    for (size_t j = 0; out && j < n * cells * c; j++) out[(j / (cells * c) * c + j % c) * cells + j / c % cells] = x[j];
    return n * cells * c;
}
