/* What follows from the shape alone, and what no network can be built from. */
#include "engine/model/shape.h"

#include <stddef.h>

const char *const model_arch_names[MODEL_ARCH_COUNT + 1] = { "resnet18", "resnet50", NULL };

const char *const model_stage_names[STAGE_COUNT + 1] = { "stem",   "layer1", "layer2", "layer3",
                                                         "layer4", "gates",  "heads",  NULL };

int model_map_channels(const struct model_shape *s, int k)
{
    if (k == 0) return s->width;
    return (s->width << (k - 1)) * (s->arch == MODEL_RESNET50 ? 4 : 1);
}

int model_out(const struct model_shape *s)
{
    return s->out > 0 ? s->out : s->dim;
}

bool model_shape_check(const struct model_shape *s, struct err *e)
{
    if (s->size < MODEL_LEAST_SIZE)
        return err_set(e, ERR_CONFIG, "data.size: %d px is less than %d, the least that leaves a last map", s->size,
                       MODEL_LEAST_SIZE);
    if (s->channels != 1 && s->channels != 3)
        return err_set(e, ERR_DATA, "images have %d channels; the network takes 1 or 3", s->channels);
    if (s->classes < 0 || s->width < 1 || (!s->classes && (s->dim < 2 || model_out(s) < 2)))
        return err_set(e, ERR_CONFIG, "model: width %d, dim %d, projection %d leave nothing to compute", s->width,
                       s->dim, model_out(s));
    if (s->local && s->fuse < 1)
        return err_set(e, ERR_CONFIG, "model.fuse: %d channels leave nothing to compute", s->fuse);
    if (s->local && (s->grid < MODEL_CELLS || s->grid % MODEL_CELLS))
        return err_set(e, ERR_CONFIG, "model.grid: %d is not a multiple of %d", s->grid, MODEL_CELLS);
    if (s->context && (s->context_reduction < 1 || s->width / s->context_reduction < 1))
        return err_set(e, ERR_CONFIG, "model.context_reduction: %d leaves nothing of %d channels", s->context_reduction,
                       s->width);
    return true;
}
