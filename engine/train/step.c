/* One step, in this order:
 *
 * 1. for each micro-batch: the target network, where the method has one, whose projections are copied; load the views;
 *    forward through encoder and heads; losses and their gradients; backward. Gradients of micro-batches are added up.
 * 2. measure: norms and sums over all gradients. If a loss or a gradient is not finite, the step is refused here.
 * 3. running statistics of the norms, then the update of parameters and moments, then the moving average of the target.
 *
 * Nothing that outlives the step is changed before 3, but for the running statistics of all but the last micro-batch:
 * their batch statistics are overwritten by the next. A refused step restores them. */
#include <math.h>
#include <string.h>

#include "engine/base/clock.h"
#include "engine/train/methods/statistics.h"
#include "engine/train/state.h"

static bool all_finite(const real *x, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!isfinite(x[i])) return false;
    return true;
}

/* A loss was not finite: walk forward again and name the first layer whose output is not. */
static bool find_non_finite(struct state *s, struct pass *p, struct err *e)
{
    const struct network *net = p->net;
    for (int i = 0; i < net->layer_count; i++) {
        const struct layer *l = &net->layers[i];
        const struct value *v = &net->values[l->out];
        for (int t = 0; l->parameter >= 0 && t < 2 && l->parameter + t < s->params.count; t++) {
            const struct engine_tensor *w = &s->params.list[l->parameter + t].info;
            if (!all_finite(params_value(&s->params, l->parameter + t), w->count))
                return err_set(e, ERR_NUMERIC, "%s is not finite", w->name);
        }
        network_forward(p, i, i + 1);
        if (!all_finite(network_data(p, l->out), (size_t)v->n * v->h * v->w * v->c))
            return err_set(e, ERR_NUMERIC, "output of %s is not finite", l->name);
    }
    return err_set(e, ERR_NUMERIC, "the loss is not finite");
}

/* A part of one level's numbers to a sum of them. */
static void add_level(struct level_report *sum, const struct level_report *x, double part)
{
    sum->total += part * x->total;
    for (int t = 0; t < METHOD_TERMS; t++) sum->term[t] += part * x->term[t];
    for (int k = 0; k < STAT_COUNT; k++) sum->stat[k] += part * x->stat[k];
}

/* Which images of a step, and what is made of them. */
struct micro_batch {
    const struct batch *batch; /* borrowed: all images of the step     */
    const struct step_settings *settings;
    int index;   /* of the micro-batch: 0 .. accumulate-1 */
    double mass; /* of the labels of a micro-batch, in the mean; 0 where the method reads none */
};

static void load_views(struct state *s, struct pass *p, const struct micro_batch *b)
{
    size_t n = (size_t)s->config.batch;
    for (int v = 0; v < s->training.groups; v++)
        state_load(s, p, b->batch, &(struct image_range){ v, n * (size_t)b->index, n, n * (size_t)v });
}

/* What the target makes of the views, before the training network needs the memory. */
static void run_target(struct state *s, const struct micro_batch *b)
{
    if (!s->target.layer_count) return;
    struct pass p = state_pass(s, &s->target);
    int z = network_output(&s->target, level_table[LEVEL_Z].name);
    load_views(s, &p, b);
    network_forward(&p, 0, s->target.layer_count);
    memcpy(s->target_z.base, network_data(&p, z), value_reals(&s->target.values[z]) * sizeof(real));
}

/* What is known of a micro-batch's images. */
static struct loss_labels labels_of(const struct state *s, const struct micro_batch *b)
{
    size_t first = (size_t)b->index * (size_t)s->config.batch * (size_t)s->config.model.classes;
    return (struct loss_labels){ b->batch->labels + first, s->config.exclusive, b->mass };
}

/* Losses of the levels, in the order of the outputs that have one; returns how many. */
static int level_losses(struct state *s, struct pass *p, const struct micro_batch *b,
                        struct level_report out[METHOD_LEVELS])
{
    const struct network *net = &s->training;
    const struct loss_weights *w = &b->settings->weights;
    const double weight[METHOD_LEVELS] = { w->global_weight, w->local_weight };
    struct loss_draw draw = b->settings->draw;
    draw.step = s->updates;
    int l = 0, z = network_output(net, level_table[LEVEL_Z].name);
    struct loss_labels labels = { 0 };
    if (s->method->mass) labels = labels_of(s, b);
    for (int i = 0; i < net->output_count; i++) {
        const struct output *o = &net->outputs[i];
        if (!o->has_loss) continue;
        const struct loss_views views = { .n = s->config.batch,
                                          .d = net->values[o->value].c,
                                          .z = network_data(p, o->value),
                                          .dz = network_gradient(p, o->value),
                                          .scale = weight[l] / s->config.accumulate,
                                          .draw = &draw,
                                          .labels = labels,
                                          .embedding = z < 0 ? NULL : network_data(p, z),
                                          .target = (const real *)(const void *)s->target_z.base };
        struct loss_hinge hinge = { 0 };
        if (s->hinge >= 0 && p->forced) hinge.forced = p->forced->list[s->hinge + l].bytes;
        if (s->hinge >= 0 && p->record) hinge.record = &p->record->list[s->hinge + l];
        out[l++] = s->method->loss(net->kernels, &p->run, w, &views, &hinge);
    }
    return l;
}

/* How much of the features both views share, whether or not a loss is computed on them. */
static double features_correlation(const struct state *s, const struct pass *p)
{
    int h = network_output(p->net, level_table[LEVEL_H].name);
    if (s->training.groups < 2 || h < 0) return NAN;
    return views_correlation(s->config.batch, p->net->values[h].c, network_data(p, h));
}

/* The mean gain of the norm that makes each level's embedding, where one does. */
static void level_gains(const struct state *s, struct step_report *r)
{
    int l = 0;
    for (int i = 0; i < s->training.output_count; i++) {
        const struct output *o = &s->training.outputs[i];
        if (!o->has_loss) continue;
        double *gain = &r->level[l++].stat[STAT_GAIN];
        if (o->gain < 0) continue;
        size_t n = s->params.list[o->gain].info.count;
        const real *w = params_value(&s->params, o->gain);
        double sum = 0;
        for (size_t j = 0; j < n; j++) sum += w[j];
        *gain = sum / (double)n;
    }
}

/* Forward, losses and backward of one micro-batch; gradients in params.gradient. */
static bool step_micro_batch(struct state *s, struct pass *p, const struct micro_batch *b, struct step_report *r,
                             struct err *e)
{
    const struct network *net = &s->training;
    double t[5];
    t[0] = clock_seconds();
    run_target(s, b);
    load_views(s, p, b);
    int head = net->first_head;
    network_forward(p, 0, head);
    t[1] = clock_seconds();
    network_forward(p, head, net->layer_count);
    t[2] = clock_seconds();
    struct level_report level[METHOD_LEVELS] = { 0 };
    r->levels = level_losses(s, p, b, level);
    r->features_rho += features_correlation(s, p) / s->config.accumulate;
    for (int l = 0; l < r->levels; l++) {
        if (isfinite(level[l].total)) continue;
        load_views(s, p, b);
        return find_non_finite(s, p, e);
    }
    t[3] = clock_seconds();
    network_backward(p);
    t[4] = clock_seconds();
    const enum step_phase phases[] = { PHASE_FORWARD, PHASE_HEADS, PHASE_LOSS, PHASE_BACKWARD };
    for (int i = 0; i < 4; i++) r->seconds[phases[i]] += t[i + 1] - t[i];
    for (int l = 0; l < r->levels; l++) add_level(&r->level[l], &level[l], 1.0 / s->config.accumulate);
    return true;
}

/* A step that is not applied leaves the running statistics as they were. */
static bool restore_statistics(struct params *q)
{
    if (q->sum) memcpy(q->statistics, q->before, q->running * sizeof(real));
    return false;
}

static bool check_batch(const struct state *s, const struct batch *b, struct err *e)
{
    int expected = s->config.batch * s->config.accumulate;
    if (s->method->info.labels && !b->labels) return err_set(e, ERR_INTERNAL, "step: the method reads labels");
    if (s->config.batch && b->n == expected && b->views == s->training.groups) return true;
    return err_set(e, ERR_INTERNAL, "step: %d images in %d views where %d in %d were planned", b->n, b->views, expected,
                   s->training.groups);
}

/* All micro-batches of a step; their gradients, summed, in params.gradient. A loss is scaled by 1 / accumulate, so the
 * sum is the mean. `mass`: what the labels of the whole step come to, since micro-batches may hold unequal numbers of
 * them. */
static bool run_micro_batches(struct state *s, struct pass *p, const struct batch *batch,
                              const struct step_settings *settings, struct step_report *r, struct err *e)
{
    struct params *q = &s->params;
    double mass = 0;
    if (s->method->mass)
        mass = s->method->mass(&(struct loss_labels){ batch->labels, s->config.exclusive, 0 }, &settings->weights,
                               (size_t)batch->n, s->config.model.classes);
    for (int i = 0; i < s->config.accumulate; i++) {
        const struct micro_batch part = { batch, settings, i, mass / s->config.accumulate };
        if (!step_micro_batch(s, p, &part, r, e)) return false;
        for (size_t j = 0; q->sum && j < q->gradients; j++) q->sum[j] = (i ? q->sum[j] : 0) + q->gradient[j];
        if (i + 1 < s->config.accumulate) network_statistics(p); /* the next micro-batch overwrites the batch's own */
    }
    if (q->sum) memcpy(q->gradient, q->sum, q->gradients * sizeof(real));
    return true;
}

/* Measure, and where every gradient is finite move statistics and parameters. Gradients that are made while they are
 * applied (struct fused_update) are measured without being made. */
static bool update(struct state *s, const struct pass *p, const struct step_settings *settings, struct step_report *r,
                   struct err *e)
{
    struct params *q = &s->params;
    int bad;
    s->optimizer.fused_count = network_fused_updates(p, s->fused_updates, NETWORK_FUSED_UPDATES);
    r->grad_norm = optimizer_measure(&p->run, &s->optimizer, q, &bad);
    if (bad >= 0) return err_set(e, ERR_NUMERIC, "gradient of %s is not finite", q->list[bad].info.name);
    network_statistics(p);
    bool clip = s->config.clip > 0 && r->grad_norm > s->config.clip;
    const struct optimizer_settings of = { ++s->updates, settings->rate, clip ? s->config.clip / r->grad_norm : 1 };
    optimizer_step(&p->run, &s->optimizer, q, &of);
    if (s->target.layer_count) params_follow(q, settings->keep);
    return true;
}

/* What the whole step says of itself. */
static void finish_report(const struct state *s, const struct loss_weights *w, struct step_report *r)
{
    const double weight[METHOD_LEVELS] = { w->global_weight, w->local_weight };
    r->absent = (1u << STAGE_COUNT) - 1;
    for (int i = 0; i < s->training.layer_count; i++) r->absent &= ~(1u << s->training.layers[i].stage);
    for (int i = 0; i < s->training.layer_count; i++)
        for (int way = 0; way < 2; way++)
            r->stage[way][s->training.layers[i].stage] += s->seconds[way * s->training.layer_count + i];
    level_gains(s, r);
    for (int l = 0; l < r->levels; l++) r->total += weight[l] * r->level[l].total;
}

bool core_step(struct core *g, const struct batch *batch, const struct step_settings *settings,
               struct step_report *report, struct err *e)
{
    struct state *s = state_of(g);
    struct pass p = state_pass(s, &s->training);
    if (!check_batch(s, batch, e)) return false;
    if (s->training.observe) p.record = &s->training.choices;
    p.forced = s->forced;
    *report = (struct step_report){ .method = &s->method->info };
    p.seconds = s->seconds;
    memset(s->seconds, 0, 2 * (size_t)s->training.layer_count * sizeof *s->seconds);
    struct params *q = &s->params;
    if (q->sum) memcpy(q->before, q->statistics, q->running * sizeof(real));
    if (!run_micro_batches(s, &p, batch, settings, report, e)) return restore_statistics(q);
    double start = clock_seconds();
    if (!update(s, &p, settings, report, e)) return restore_statistics(q);
    finish_report(s, &settings->weights, report);
    report->seconds[PHASE_UPDATE] = clock_seconds() - start;
    return true;
}
