#include "store/database/metric_table.h"

#include <stdio.h>
#include <string.h>

#include "engine/base/levels.h"

/* A group of metrics that differ in one word of their names. */
struct metric_members {
    const char *const *names; /* NULL-terminated; NULL: names of levels */
    int levels;               /* the first so many of level_table       */
};

static const char *const phase_names[] = { "load",       "augment",    "wait",   "forward",  "heads",
                                           "loss",       "backward",   "update", "diagnose", "probe",
                                           "validation", "checkpoint", "record", "step",     NULL };
static const char *const stage_names[] = { "stem", "layer1", "layer2", "layer3", "layer4", "gates", "heads", NULL };
static const char *const probe_names[] = { "knn", "ridge", NULL };

static const struct metric_members phases = { .names = phase_names }, stages = { .names = stage_names },
                                   probes = { .names = probe_names }, levels = { .levels = LEVEL_EMBEDDINGS },
                                   judged = { .levels = LEVEL_JUDGED };

static const struct metric_row rows[] = {
    { "loss", NULL, "", "total loss: the levels with their weights" },
    { "rate", NULL, "", "learning rate" },
    { "grad_norm", NULL, "", "norm of the gradient of all parameters" },
    { "images_per_second", NULL, "images/s", "images of the batch over the time of the step" },
    { "time.*", &phases, "s",
      "time of one phase of the step; load and augment are spent beside it, by the loader's threads" },
    { "time.forward.*", &stages, "s",
      "part of time.forward: one stage of the encoder, or the gates, with the norms before them and what pools the "
      "maps; heads are time.heads" },
    { "time.backward.*", &stages, "s", "part of time.backward: one stage of the encoder, the gates, or the heads" },
    { "time.wall", NULL, "s", "time since the run first began, pauses left out" },
    { "epoch", NULL, "epochs", "passes over the training images so far" },
    { "auc.validation", NULL, "", "macro AUC of the run's own classifier on validation images, each epoch" },
    { "cross_entropy.validation", NULL, "", "mean cross-entropy of the run's own classifier on validation images" },
    { "auc.*", &probes, "", "macro AUC of the quick probe on validation images" },
    { "*.std_mean", &levels, "", "mean deviation of the dimensions on the probe set; near 1 is healthy for z and d" },
    { "*.std_min", &levels, "", "smallest deviation of a dimension on the probe set" },
    { "*.dead", &levels, "",
      "share of dead dimensions: deviation below 0.1 (z, d), or below 1/1000 of the level's own rms (maps, h)" },
    { "*.inactive", &levels, "", "share of dimensions with deviation above 1 (z, d)" },
    { "*.corr_abs", &levels, "", "mean |r| between dimensions; read it against its floor" },
    { "*.corr_max", &levels, "", "largest |r| between two dimensions" },
    { "*.corr_floor", &levels, "", "mean |r| that independent dimensions would have with as many images" },
    { "*.corr_ratio", &levels, "", "mean |r| over its floor; 1 is best" },
    { "*.rankme", &levels, "dimensions", "RankMe: effective number of dimensions" },
    { "*.rankme_ceiling", &levels, "dimensions", "largest RankMe possible with as many images" },
    { "*.rankme_isotropic", &levels, "dimensions", "RankMe of an isotropic Gaussian of the same size" },
    { "*.rankme_ratio", &levels, "", "RankMe over the isotropic value" },
    { "*.participation", &levels, "dimensions", "participation ratio of the spectrum" },
    { "*.stable_rank", &levels, "dimensions", "sum of the spectrum over its largest value" },
    { "*.alpha", &levels, "", "decay of the spectrum as a power law" },
    { "*.alpha_r2", &levels, "", "how straight the line is that alpha was fitted to" },
    { "*.condition", &levels, "", "largest over smallest eigenvalue" },
    { "*.uniformity", &levels, "", "spread on the sphere: -4 is even, 0 a single point" },
    { "*.cosine", &levels, "", "mean cosine between images, centred" },
    { "*.verdict", &judged, "",
      "4 learning, 5 plateau, 2 watch, 3 collapsing, 0 unknown; 1 healthy, of former versions" },
    { "*.rho", &judged, "", "what the views share: correlation rho, mean of the last 20 steps" },
    { "h.rho", NULL, "", "what the views share of the features h: correlation rho, mean of the last 20 steps" },
    { "*.kept", &judged, "", "rho over its highest mean so far: what the views still share of that" },
};

const struct metric_row *metric_table(size_t *count)
{
    *count = sizeof rows / sizeof rows[0];
    return rows;
}

bool metric_row_name(const struct metric_row *row, int k, char *out, size_t size)
{
    const char *star = strchr(row->name, '*');
    if (!star) return k == 0 && snprintf(out, size, "%s", row->name) < (int)size;
    const struct metric_members *m = row->members;
    const char *member = m->names ? m->names[k] : k < m->levels ? level_table[k].name : NULL;
    return member && snprintf(out, size, "%.*s%s%s", (int)(star - row->name), row->name, member, star + 1) < (int)size;
}
