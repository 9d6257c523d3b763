/* ML-VICX: variance, invariance, covariance of the pooled features and of five fused maps ("Embeddings" in
 * assets/docs/method.md). Without its local level it is not VICReg: its head ends in a norm. */
#include "engine/model/heads.h"
#include "engine/train/methods/methods.h"

static void heads(struct graph *g, const struct encoder_maps *maps)
{
    const struct model_shape *s = &g->net->shape;
    int dim = s->dim;
    const struct head_stage global[] = { { dim, true, true, false },
                                         { dim, true, true, false },
                                         { model_out(s), true, false, false } };
    const struct head_stage local[] = { { dim, true, true, false },
                                        { dim, true, true, false },
                                        { dim, true, false, false } };
    heads_stages(g, &(struct head){ level_table[LEVEL_Z].loss, level_table[LEVEL_Z].name, global, 3, false, true },
                 maps->h);
    if (!s->local) return;
    heads_stages(g, &(struct head){ level_table[LEVEL_D].loss, level_table[LEVEL_D].name, local, 3, false, true },
                 heads_fuse(g, maps->cells));
}

const struct method REAL_NAME(method_mlvicx) = {
    .info = { .name = "mlvicx",
              .help = "variance, invariance, covariance at a global and a local level, with context gates",
              .views = 2,
              .levels = 2,
              .level = { LEVEL_Z, LEVEL_D },
              .terms = LOSS_TERMS,
              .term = LOSS_TERM,
              .weight = LOSS_WEIGHT,
              .plateau = LOSS_PLATEAU,
              .stats = STATS_ALL },
    .heads = heads,
    .scratch = loss_scratch,
    .loss = loss_level,
    .hinge = true,
};
