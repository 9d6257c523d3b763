#include "app/session/network.h"

#include <string.h>

#include "engine/base/limits.h"
#include "engine/kernels/kernels.h"

bool network_resolve(struct settings *s, struct err *e)
{
    enum kernel_set found;
    if (!kernels_resolve((enum kernel_set)s->kernels, &found, e)) return false;
    s->kernels = (int)found;
    if (s->train.threads && s->data.threads) return true;
    struct limits l;
    limits_read(NULL, &l);
    int threads = (int)l.threads.value;
    if (s->train.threads == 0) s->train.threads = threads;
    /* augmentation is a small part of a step: a quarter of the cores keeps up */
    if (s->data.threads == 0) s->data.threads = threads < 8 ? 1 : threads / 4;
    return true;
}

void network_resolved_text(const struct settings *s, struct text *out)
{
    static const char *const keys[] = { "kernels", "train.threads", "data.threads" };
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        char value[SETTINGS_TEXT];
        settings_get(s, settings_find(keys[i], NULL), value);
        text_printf(out, "%s = %s\n", keys[i], value);
    }
}

bool network_config(const struct settings *s, int channels, int features, struct engine_config *c, struct err *e)
{
    static const float mean[3] = { 0.485f, 0.456f, 0.406f }, deviation[3] = { 0.229f, 0.224f, 0.225f };
    *c = (struct engine_config){
        .method = (enum method_kind)s->method.name,
        .model = {
            .arch = (enum model_arch)s->model.arch,
            .width = (int)s->model.width,
            .context = s->model.context,
            .context_reduction = (int)s->model.context_reduction,
            .context_start = s->model.context_start,
            .dim = (int)s->model.dim,
            .fuse = (int)s->model.fuse,
            .grid = (int)s->model.grid,
            .size = (int)s->data.size,
            .channels = channels,
            .local = s->model.local,
            .out = (int)s->method.out,
            .predictor = s->method.predictor,
        },
        .batch = features > 0 ? 0 : (int)s->data.batch,
        .fuse_trained = s->model.fuse_trained,
        .optim = (enum optim_kind)s->optim.kind,
        .momentum = s->optim.momentum,
        .weight_decay = s->optim.weight_decay,
        .eta = s->optim.eta,
        .clip = s->optim.clip,
        .freeze = s->method.freeze == FREEZE_ENCODER,
        .accumulate = (int)s->optim.accumulate,
        .threads = (int)s->train.threads,
        .features = features,
    };
    memcpy(c->model.mean, mean, sizeof mean);
    memcpy(c->model.deviation, deviation, sizeof deviation);
    c->kernels = engine_kernels((enum kernel_set)s->kernels, c);
    return model_shape_check(&c->model, e);
}

void network_labels(struct engine_config *c, int classes, bool exclusive)
{
    c->model.classes = classes;
    c->exclusive = exclusive;
}

struct loss_weights network_weights(const struct settings *s)
{
    return (struct loss_weights){ .global_weight = s->loss.global_weight,
                                  .local_weight = s->loss.local_weight,
                                  .sim = s->loss.inv,
                                  .std = s->loss.var,
                                  .cov = s->loss.cov,
                                  .off = s->method.off,
                                  .temperature = s->method.temperature,
                                  .sigreg = s->method.sigreg };
}

struct loss_draw network_draw(const struct settings *s)
{
    return (struct loss_draw){ .slices = (int)s->method.slices, .seed = (uint64_t)s->train.seed };
}
