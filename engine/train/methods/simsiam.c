/* SimSiam (Chen, He 2021): what is predicted from one view is drawn to the projection of the other, which is taken for
 * constant: loss = mean over images of -(cos(p1, z2) + cos(p2, z1)) / 2 (equation 2). */
#include "engine/model/heads.h"
#include "engine/train/methods/cosine.h"
#include "engine/train/methods/methods.h"

enum { COSINE }; /* the term */

static struct level_report loss(const struct kernels *k, const struct kernel_run *run, const struct loss_weights *w,
                                const struct loss_views *views, const struct loss_hinge *hinge)
{
    (void)k, (void)w, (void)hinge;
    struct level_report out = { 0 };
    out.term[COSINE] = -cosine_pair(run, views, views->embedding, -0.5, &out) / 2;
    out.total = out.term[COSINE];
    return out;
}

static void heads(struct graph *g, const struct encoder_maps *maps)
{
    const struct model_shape *s = &g->net->shape;
    int out = model_out(s), narrow = s->dim / 4 > 0 ? s->dim / 4 : 1;
    const struct head_stage projector[] = { { s->dim, true, true, false },
                                            { s->dim, true, true, false },
                                            { out, true, false, true } };
    const struct head_stage predictor[] = { { narrow, true, true, false }, { out, false, false, false } };
    bool predicts = s->predictor && g->net->training;
    int z = heads_stages(
        g, &(struct head){ level_table[LEVEL_Z].loss, level_table[LEVEL_Z].name, projector, 3, predicts, false },
        maps->h);
    if (predicts) heads_stages(g, &(struct head){ "predictor", "p", predictor, 2, false, false }, z);
}

const struct method REAL_NAME(method_simsiam) = {
    .info = { .name = "simsiam",
              .help = "each view predicts the projection of the other, taken for constant",
              .views = 2,
              .levels = 1,
              .level = { LEVEL_Z },
              .terms = 1,
              .term = { { "cosine", "", "mean of -cos(prediction, other projection); -1 is best" } },
              .stats = 1u << STAT_RHO | 1u << STAT_ALIGNMENT },
    .heads = heads,
    .scratch = cosine_scratch,
    .loss = loss,
};
