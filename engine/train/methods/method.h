/* An objective as others see it: its name, its levels, and what a step reports of each.
 *
 * A report is arrays; this table says what stands where. Whoever records, prints or draws the numbers of a step walks
 * the table, and knows no term by name. */
#ifndef MLVICX_TRAIN_METHOD_H
#define MLVICX_TRAIN_METHOD_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/levels.h"

enum { METHOD_LEVELS = 2, METHOD_TERMS = 4 };

/** A number that is reported: "inv". Its unit and one line of help; all static. */
struct metric_def {
    const char *name, *unit, *help;
};

/** Facts about the embeddings of a level that cost little and say much, whatever the objective. */
enum level_stat {
    STAT_RHO,
    STAT_GAIN,
    STAT_STD_MEAN,
    STAT_STD_MIN,
    STAT_DEAD,
    STAT_INACTIVE,
    STAT_ALIGNMENT,
    STAT_COUNT
};
extern const struct metric_def level_stats[STAT_COUNT];
#define STATS_ALL ((1u << STAT_COUNT) - 1)

/** What a step reports of one level. */
struct level_report {
    double total;              /* weighted sum of the terms                     */
    double term[METHOD_TERMS]; /* unweighted, in the order of method_info.terms */
    double stat[STAT_COUNT];
};

/** Weights of the loss; they may change between steps. */
struct loss_weights {
    double global_weight, local_weight; /* of the levels                       */
    double sim, std, cov;               /* of inv, var, cov: mlvicx and vicreg */
    double off;                         /* barlow                              */
    double temperature;                 /* simclr                              */
    double sigreg;                      /* lejepa: of sigreg; 1 - it, of inv   */
    const double *classes; /* supervised: [classes], borrowed, of the positives of each or, where classes exclude one
                              another, of its images; NULL: 1 each */
};

/** What a loss that looks along random directions takes them from. */
struct loss_draw {
    int slices; /* how many, anew each step              */
    uint64_t seed;
    int64_t step;            /* filled by the engine: updates made so far                      */
    const float *directions; /* [slices, d], borrowed: given instead; NULL: drawn of seed, step */
};

/** What a term is multiplied with in the total of its level: the value of a setting, or 1 less that. */
struct term_weight {
    const char *key; /* NULL: 1, or no part of the total */
    bool rest;       /* 1 - value */
};

struct method_info {
    const char *name, *help;
    int views; /* of each image: 2, or 1 */
    int levels;
    enum engine_level level[METHOD_LEVELS]; /* what each is computed on */
    int terms;
    struct metric_def term[METHOD_TERMS];
    struct term_weight weight[METHOD_TERMS];
    double plateau; /* total of a level, with the usual weights, while its views share nothing; 0: not known */
    unsigned stats; /* bits 1 << enum level_stat: which are reported */
    bool labels;    /* it reads labels, and its network ends in a classifier (model_shape.classes) */
};

/** Whether it is given verdicts: its loss is computed on embeddings, whose views can share something. */
static inline bool method_is_judged(const struct method_info *m)
{
    return m->level[0] < LEVEL_JUDGED;
}

/** What a level of its loss is called: "global". */
static inline const char *method_level_name(const struct method_info *m, int level)
{
    return level_table[m->level[level]].loss;
}

#endif
