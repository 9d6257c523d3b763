/* Walking the list: forward, backward, running statistics. */
#include "engine/model/network.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/clock.h"

void network_forward(struct pass *p, int from, int to)
{
    for (int i = from; i < to; i++) {
        const struct layer *l = &p->net->layers[i];
        double begun = clock_seconds();
        l->ops->forward(p, l);
        if (p->seconds) p->seconds[i] += clock_seconds() - begun;
        if (p->forced && p->record && l->choice >= 0) layer_compare(p, l, p->record);
    }
}

/* Whether a later layer, which ran before in this direction, has written the gradient of input i already. */
static bool written(const struct network *net, int layer, int value)
{
    const struct value *v = &net->values[value];
    for (int r = v->last_reader; r > layer; r--) {
        const struct layer *l = &net->layers[r];
        if (!net->values[l->out].gradient.size) continue;
        for (int i = 0; i < l->inputs; i++)
            if (l->in[i] == value) return true;
    }
    return false;
}

void network_backward(struct pass *p)
{
    network_backward_to(p, 0);
}

void network_backward_to(struct pass *p, int first)
{
    const struct network *net = p->net;
    for (int i = net->layer_count - 1; i >= first; i--) {
        const struct layer *l = &net->layers[i];
        if (!net->values[l->out].gradient.size) continue; /* observed only */
        bool add[NETWORK_INPUTS] = { false };
        for (int j = 0; j < l->inputs; j++) add[j] = l->input_gradient && written(net, i, l->in[j]);
        double begun = clock_seconds();
        l->ops->backward(p, l, add);
        if (p->seconds) p->seconds[net->layer_count + i] += clock_seconds() - begun;
    }
}

void network_statistics(const struct pass *p)
{
    const struct network *net = p->net;
    for (int i = 0; i < net->layer_count; i++) {
        const struct layer *l = &net->layers[i];
        if ((l->ops != &layer_norm && l->ops != &layer_stage) || l->frozen) continue;
        int c = net->values[l->out].c;
        real *mean = params_value(p->params, l->running), *var = params_value(p->params, l->running + 1);
        const real *batch_mean = network_kept(p, l, KEPT_MEAN), *batch_var = network_kept(p, l, KEPT_UNBIASED);
        for (int g = 0; g < net->groups; g++)
            for (int j = 0; j < c; j++) {
                mean[j] += (real)0.1 * (batch_mean[(size_t)g * c + j] - mean[j]);
                var[j] += (real)0.1 * (batch_var[(size_t)g * c + j] - var[j]);
            }
    }
}
