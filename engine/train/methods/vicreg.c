/* VICReg (Bardes, Ponce, LeCun 2022): variance, invariance, covariance of one embedding, whose head ends in a linear
 * map. */
#include "engine/train/methods/methods.h"
#include "engine/train/methods/projector.h"

static void heads(struct graph *g, const struct encoder_maps *maps)
{
    projector_heads(g, maps, true);
}

const struct method REAL_NAME(method_vicreg) = {
    .info = { .name = "vicreg",
              .help = "variance, invariance, covariance of one embedding",
              .views = 2,
              .levels = 1,
              .level = { LEVEL_Z },
              .terms = LOSS_TERMS,
              .term = LOSS_TERM,
              .weight = LOSS_WEIGHT,
              .plateau = LOSS_PLATEAU,
              .stats = STATS_ALL & ~(1u << STAT_GAIN) },
    .heads = heads,
    .scratch = loss_scratch,
    .loss = loss_level,
    .hinge = true,
};
