/* Comparing choices: where a forced run would have chosen otherwise, and how near to a tie its inputs were. */
#include "engine/model/network.h"

#include <math.h>

/* What one choice found: elements chosen otherwise, their greatest difference, sum of squares of all inputs. */
struct tally {
    size_t flips, inputs;
    double worst, squares;
};

static void tally_input(struct tally *t, double x)
{
    t->inputs++;
    t->squares += x * x;
}

static void tally_flip(struct tally *t, double difference)
{
    t->flips++;
    if (!(difference <= t->worst)) t->worst = difference; /* a NaN wins */
}

static void settle(const struct tally *t, struct choice *c)
{
    double rms = t->inputs ? sqrt(t->squares / (double)t->inputs) : 0;
    c->flips = t->flips;
    c->worst = t->flips ? rms > 0 ? t->worst / rms : t->worst > 0 ? INFINITY : 0 : 0;
}

static void compare_relu(const struct pass *p, const struct layer *l, struct choice *found)
{
    const struct value *v = &p->net->values[l->in[0]];
    const real *x = network_data(p, l->in[0]), *residual = l->residual ? network_data(p, l->in[1]) : NULL;
    const real *weight = params_value(p->params, l->parameter), *bias = params_value(p->params, l->parameter + 1);
    const real *mean = network_kept(p, l, KEPT_MEAN), *scale = network_kept(p, l, KEPT_SCALE);
    const uint8_t *keep = p->forced->list[l->choice].bytes;
    size_t rows = (size_t)v->n * v->h * v->w, c = (size_t)v->c, view = rows / p->net->groups;
    struct tally t = { 0 };
    for (size_t i = 0; i < rows * c; i++) {
        size_t j = i % c, g = i / c / view * c + j;
        double before =
            (double)weight[j] * ((double)x[i] - mean[g]) * scale[g] + bias[j] + (residual ? residual[i] : 0);
        tally_input(&t, before);
        if ((before > 0) != keep[i]) tally_flip(&t, fabs(before));
    }
    settle(&t, found);
}

static void compare_tap(const struct pass *p, const struct layer *l, const struct choice *choice, struct choice *found)
{
    const struct value *in = &p->net->values[l->gated_map], *out = &p->net->values[l->out];
    const real *x = network_data(p, l->gated_map);
    const uint8_t *forced = choice->bytes;
    struct tally t = { 0 };
    for (size_t i = 0; i < (size_t)in->n * in->h * in->w * in->c; i++) tally_input(&t, x[i]);
    for (size_t i = 0; i < found->count; i++) {
        int c = (int)(i % out->c), ox = (int)(i / out->c % out->w), oy = (int)(i / out->c / out->w % out->h);
        size_t n = i / out->c / out->w / out->h;
        double best = -INFINITY, chosen = -INFINITY;
        int tap = 0;
        for (int k = 0; k < 9; k++) {
            int y = oy * 2 - 1 + k / 3, xx = ox * 2 - 1 + k % 3;
            if (y < 0 || xx < 0 || y >= in->h || xx >= in->w) continue;
            double value = x[((n * in->h + y) * in->w + xx) * in->c + c];
            if (value > best) best = value, tap = k;
            if (k == forced[i]) chosen = value;
        }
        if (tap != forced[i]) tally_flip(&t, best - chosen);
    }
    settle(&t, found);
}

static void compare_gate(const struct pass *p, const struct layer *l, const struct choice *forced, struct choice *found)
{
    const struct value *v = &p->net->values[l->in[0]];
    const real *x = network_kept(p, l, KEPT_ACTIVATED), *pooled = network_kept(p, l, KEPT_POOLED),
               *g = network_kept(p, l, KEPT_CHANNEL);
    const real *reduce = params_value(p->params, l->gate);
    size_t hw = (size_t)v->h * v->w, c = (size_t)v->c, hidden = c / p->net->shape.context_reduction;
    struct tally top = { 0 }, relu = { 0 }, largest = { 0 };
    for (size_t n = 0; n < (size_t)v->n; n++)
        for (size_t j = 0; j < c; j++) {
            double best = -INFINITY;
            for (size_t i = 0; i < hw; i++) {
                double value = x[(n * hw + i) * c + j];
                tally_input(&top, value);
                if (value > best) best = value;
            }
            for (size_t i = 0; i < hw; i++) {
                size_t at = (n * hw + i) * c + j;
                if ((x[at] == best) != forced[0].bytes[at]) tally_flip(&top, best - x[at]);
            }
        }
    for (size_t i = 0; i < forced[1].count; i++) {
        double before = 0;
        for (size_t j = 0; j < c; j++) before += (double)reduce[i % hidden * c + j] * pooled[i / hidden * c + j];
        tally_input(&relu, before);
        if ((before > 0) != forced[1].bytes[i]) tally_flip(&relu, fabs(before));
    }
    for (size_t i = 0; i < forced[2].count; i++) {
        const real *gate = g + i / hw * c;
        double best = -INFINITY;
        int32_t first = 0;
        for (size_t j = 0; j < c; j++) {
            double value = (double)gate[j] * x[i * c + j];
            tally_input(&largest, value);
            if (value > best) best = value, first = (int32_t)j;
        }
        int32_t chosen = forced[2].indices[i];
        if (first != chosen) tally_flip(&largest, best - (double)gate[chosen] * x[i * c + chosen]);
    }
    settle(&top, &found[0]);
    settle(&relu, &found[1]);
    settle(&largest, &found[2]);
}

void layer_compare(const struct pass *p, const struct layer *l, struct choices *found)
{
    struct choice *c = &found->list[l->choice];
    const struct choice *forced = &p->forced->list[l->choice];
    compare_relu(p, l, c);
    if (l->ops != &layer_stage) return;
    if (p->net->shape.context) compare_gate(p, l, forced + 1, c + 1);
    int taps = p->net->shape.context ? 4 : 1;
    if (l->maxpool) compare_tap(p, l, forced + taps, c + taps);
}
