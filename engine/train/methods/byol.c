/* BYOL (Grill, Strub, Altche et al. 2020): what is predicted from one view is drawn to what a moving average of the
 * network makes of the other view.
 *
 *     loss = mean over images of sum over both views of |p / |p| - t / |t||^2 = 2 - 2 cos(p, t)
 *
 * t, the target of the other view, is constant (equation 2, for both views). */
#include "engine/model/heads.h"
#include "engine/train/methods/cosine.h"
#include "engine/train/methods/methods.h"

enum { COSINE }; /* the term */

static struct level_report loss(const struct kernels *k, const struct kernel_run *run, const struct loss_weights *w,
                                const struct loss_views *views, const struct loss_hinge *hinge)
{
    (void)k, (void)w, (void)hinge;
    struct level_report out = { 0 };
    out.term[COSINE] = 4 - 2 * cosine_pair(run, views, views->target, -2, &out);
    out.total = out.term[COSINE];
    return out;
}

static void heads(struct graph *g, const struct encoder_maps *maps)
{
    const struct model_shape *s = &g->net->shape;
    const struct head_stage projector[] = { { s->dim, true, true, false }, { model_out(s), false, false, false } };
    const struct head_stage predictor[] = { { s->dim, true, true, false }, { model_out(s), false, false, false } };
    bool predicts = s->predictor && g->net->training;
    /* the predictor's first norm removes the mean */
    int z = heads_stages(
        g, &(struct head){ level_table[LEVEL_Z].loss, level_table[LEVEL_Z].name, projector, 2, predicts, s->predictor },
        maps->h);
    if (predicts) heads_stages(g, &(struct head){ "predictor", "p", predictor, 2, false, false }, z);
}

const struct method REAL_NAME(method_byol) = {
    .info = { .name = "byol",
              .help = "each view predicts what a moving average of the network makes of the other",
              .views = 2,
              .levels = 1,
              .level = { LEVEL_Z },
              .terms = 1,
              .term = { { "cosine", "", "sum over both views of 2 - 2 cos(prediction, target); 0 is best" } },
              .stats = 1u << STAT_RHO | 1u << STAT_ALIGNMENT },
    .heads = heads,
    .scratch = cosine_scratch,
    .loss = loss,
    .target = true,
};
