#include "engine/train/methods/projector.h"

#include "engine/base/levels.h"
#include "engine/model/heads.h"

void projector_heads(struct graph *g, const struct encoder_maps *maps, bool mean_leaves)
{
    int dim = g->net->shape.dim;
    const struct head_stage stages[] = { { dim, true, true, false },
                                         { dim, true, true, false },
                                         { model_out(&g->net->shape), false, false, false } };
    heads_stages(g,
                 &(struct head){ level_table[LEVEL_Z].loss, level_table[LEVEL_Z].name, stages, 3, false, mean_leaves },
                 maps->h);
}
