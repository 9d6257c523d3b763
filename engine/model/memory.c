/* Where everything lies in the one arena: first when each block lives, then an offset for each.
 *
 * Time is one clock over a step of L layers: layer i runs forward at i, the losses are at L, layer i runs backward at
 * 2L - i, the update comes last. Blocks are placed by size, the largest first, each at the lowest offset that is free
 * while it lives. */
#include "engine/model/network.h"

#include <stdlib.h>

/* ---- the clock ---- */

static int forward_time(int layer)
{
    return layer;
}

static int loss_time(const struct network *net)
{
    return net->layer_count;
}

static int backward_time(const struct network *net, int layer)
{
    return 2 * net->layer_count - layer;
}

static int update_time(const struct network *net)
{
    return 2 * net->layer_count + 1;
}

/* ---- lifetimes ---- */

static int later(int a, int b)
{
    return a > b ? a : b;
}

/* Read from outside after the pass: by a loss, the caller, or `verify`. */
static bool is_output(const struct network *net, int value)
{
    for (int i = 0; i < net->output_count; i++)
        if (net->outputs[i].value == value) return true;
    return false;
}

static bool has_loss(const struct network *net, int value)
{
    for (int i = 0; i < net->output_count; i++)
        if (net->outputs[i].value == value && net->outputs[i].has_loss) return true;
    return false;
}

/* Whether the backward pass of a layer reads that value again. */
static bool reads_again(const struct layer *l, int value)
{
    if (l->frozen) return false;
    if (l->out == value && l->ops->reads_output && l->relu && l->residual) return true;
    bool all_inputs = l->ops == &layer_fuse || l->ops == &layer_stage;
    for (int i = 0; i < l->inputs; i++)
        if (l->in[i] == value && l->ops->reads_input && (i == 0 || all_inputs)) return true;
    return false;
}

static struct span data_span(const struct network *net, int value)
{
    const struct value *v = &net->values[value];
    int dies = later(v->last_reader, v->producer);
    for (int i = 0; net->training && i < net->layer_count; i++)
        if (reads_again(&net->layers[i], value)) dies = later(dies, backward_time(net, i));
    if (is_output(net, value)) dies = update_time(net);
    return (struct span){ .size = sizeof(real) * value_reals(v), .born = v->producer, .dies = dies };
}

/* From its last reader, which runs first on the way back, or from the losses, down to its producer. */
static struct span gradient_span(const struct network *net, int value)
{
    const struct value *v = &net->values[value];
    bool loss = has_loss(net, value);
    if (!net->training || v->producer < 0 || net->layers[v->producer].frozen || (v->last_reader < 0 && !loss))
        return (struct span){ 0 };
    return (struct span){ .size = v->data.size,
                          .born = loss ? loss_time(net) : backward_time(net, v->last_reader),
                          .dies = backward_time(net, v->producer) };
}

static void plan_lifetimes(struct network *net)
{
    for (int i = 0; i < net->value_count; i++) {
        net->values[i].data = data_span(net, i);
        net->values[i].gradient = gradient_span(net, i);
    }
    for (int i = 0; i < net->layer_count; i++) {
        struct layer *l = &net->layers[i];
        bool normed = l->ops == &layer_norm || l->ops == &layer_stage;
        if (l->update_fused) net->values[l->in[0]].data.dies = net->values[l->out].gradient.dies = update_time(net);
        for (int s = 0; s < NETWORK_KEPT; s++) {
            bool for_update = (normed && s < KEPT_AFFINE) || l->update_fused;
            l->kept[s].born = forward_time(i);
            l->kept[s].dies = !net->training || l->frozen ? forward_time(i)
                              : for_update                ? update_time(net)
                                                          : backward_time(net, i);
        }
    }
}

/* ---- offsets ---- */

static int larger_first(const void *a, const void *b)
{
    const struct span *x = *(struct span *const *)a, *y = *(struct span *const *)b;
    if (x->size != y->size) return x->size < y->size ? 1 : -1;
    return x->born != y->born ? x->born - y->born : x->dies - y->dies;
}

static bool live_together(const struct span *a, const struct span *b)
{
    return a->born <= b->dies && b->born <= a->dies;
}

static bool pack_spans(struct span **spans, int n, size_t *bytes)
{
    *bytes = 0;
    struct span **placed = malloc((size_t)(n > 0 ? n : 1) * sizeof *placed);
    if (!placed) return false;
    qsort(spans, (size_t)n, sizeof *spans, larger_first);
    for (int i = 0; i < n; i++) {
        struct span *s = spans[i];
        /* `placed` is kept by rising offset, so the first gap that is large enough is the lowest */
        size_t at = 0;
        for (int j = 0; j < i; j++) {
            if (!live_together(s, placed[j])) continue;
            if (placed[j]->offset >= at + arena_round(s->size)) break;
            size_t end = placed[j]->offset + arena_round(placed[j]->size);
            if (end > at) at = end;
        }
        s->offset = at;
        if (at + arena_round(s->size) > *bytes) *bytes = at + arena_round(s->size);
        int j = i;
        for (; j > 0 && placed[j - 1]->offset > at; j--) placed[j] = placed[j - 1];
        placed[j] = s;
    }
    free(placed);
    return true;
}

static bool assign_offsets(struct network *net)
{
    struct span **spans =
        malloc(sizeof *spans * (2 * (size_t)net->value_count + NETWORK_KEPT * (size_t)net->layer_count));
    if (!spans) return false;
    int n = 0;
    for (int i = 0; i < net->value_count; i++) {
        if (net->values[i].data.size) spans[n++] = &net->values[i].data;
        if (net->values[i].gradient.size) spans[n++] = &net->values[i].gradient;
    }
    for (int i = 0; i < net->layer_count; i++)
        for (int s = 0; s < NETWORK_KEPT; s++)
            if (net->layers[i].kept[s].size) spans[n++] = &net->layers[i].kept[s];
    bool ok = pack_spans(spans, n, &net->arena_bytes);
    free(spans);
    return ok;
}

bool network_plan_memory(struct network *net)
{
    plan_lifetimes(net);
    return assign_offsets(net);
}
