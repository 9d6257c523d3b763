/* How wide each level is. Without scalars, so that both precisions share it. */
#include "engine/train/engine.h"

int engine_level_dims(const struct model_shape *s, enum engine_level level)
{
    if (level == LEVEL_LOGITS) return s->classes;
    if (level == LEVEL_Z) return s->classes ? 0 : model_out(s);
    if (level == LEVEL_D) return s->local ? s->dim : 0;
    return model_map_channels(s, level == LEVEL_H ? MODEL_MAPS - 1 : (int)level - LEVEL_MAP1);
}
