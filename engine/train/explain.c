/* Which places of a map a score of h comes from: one image forward in evaluation mode, then back to that map. Behind
 * map 5 the score is linear, so there its gradient is the weights over the number of positions; to earlier maps it goes
 * through the stages, with running statistics, and nothing is learned on the way. */
#include <stdlib.h>
#include <string.h>

#include "engine/train/state.h"

static void no_heads(struct graph *g, const struct encoder_maps *maps)
{
    (void)g, (void)maps;
}

/* The network of one image, and its memory. */
static bool prepare(struct state *s, struct err *e)
{
    struct model_shape shape = s->config.model;
    if (s->explained.layer_count) return true;
    shape.local = shape.predictor = false; /* heads */
    const struct network_config c = { .shape = &shape,
                                      .kernels = s->evaluation.kernels,
                                      .heads = no_heads,
                                      .mode = NETWORK_EXPLAIN,
                                      .views = 1,
                                      .images = 1,
                                      .threads = s->config.threads };
    struct network net;
    if (!network_build(&net, &c, &s->params, e)) return false;
    if (!arena_init(&s->explained_activations, net.arena_bytes, "explanation", e) ||
        !arena_init(&s->explained_scratch, net.scratch_reals * sizeof(real), "scratch of the explanation", e)) {
        arena_clear(&s->explained_activations);
        network_clear(&net);
        return false;
    }
    s->explained = net;
    return true;
}

static double *copy(const real *x, size_t n)
{
    double *out = malloc((n + 1) * sizeof *out);
    for (size_t i = 0; out && i < n; i++) out[i] = (double)x[i];
    return out;
}

/* Score and its gradient to h. */
static double ask(struct pass *p, const double *weights)
{
    int h = network_output(p->net, "h");
    const real *x = network_data(p, h);
    real *dx = network_gradient(p, h);
    double score = 0;
    for (int c = 0; c < p->net->values[h].c; c++) {
        score += weights[c] * (double)x[c];
        dx[c] = (real)weights[c];
    }
    return score;
}

bool core_explain(struct core *g, const struct core_question *q, struct engine_explanation *out, struct err *e)
{
    struct state *s = state_of(g);
    if (q->level < LEVEL_MAP1 || q->level > LEVEL_MAP5 || q->image->n != 1)
        return err_set(e, ERR_INTERNAL, "explain: %d images, level %s", q->image->n, level_table[q->level].name);
    if (!prepare(s, e)) return false;
    const struct network *net = &s->explained;
    struct pass p = { .net = net,
                      .params = &s->params,
                      .arena = s->explained_activations.base,
                      .gates = q->gates,
                      .run = { s->config.threads, (real *)(void *)s->explained_scratch.base } };
    char name[16] = "map.";
    name[4] = (char)('1' + q->level - LEVEL_MAP1);
    int at = network_output(net, name);
    const struct value *v = &net->values[at];
    size_t n = value_reals(v);
    state_load(s, &p, q->image, &(struct image_range){ .n = 1 });
    network_forward(&p, 0, net->layer_count);
    double score = ask(&p, q->weights), *map = copy(network_data(&p, at), n);
    network_backward_to(&p, v->producer + 1);
    *out = (struct engine_explanation){ v->h, v->w, v->c, score, map, copy(network_gradient(&p, at), n) };
    return (out->map && out->gradient) || err_set(e, ERR_MEMORY, "explain: no memory for a map");
}
