/* What an engine of one precision holds: private to the files that implement core.h. */
#ifndef MLVICX_TRAIN_STATE_H
#define MLVICX_TRAIN_STATE_H

#include "engine/base/real.h"
#include "engine/model/network.h"
#include "engine/model/params.h"
#include "engine/train/core.h"
#include "engine/train/methods/methods.h"
#include "engine/train/optimizer.h"

struct state {
    struct engine_config config;
    const struct method *method; /* static */
    struct params params;
    struct network training, evaluation, target; /* target: without layers where the method has none */
    struct network explained;                    /* without layers until something is to be explained */
    struct arena explained_activations, explained_scratch;
    struct arena activations; /* of the greatest of the networks                             */
    struct arena scratch;     /* reals: of the greediest kernel, or the loss                  */
    struct arena target_z;    /* [views, n, out]: what the target makes of the views, until the next step */
    struct optimizer optimizer;
    struct optimizer_sums *sums; /* [params.count], owned                                     */
    struct fused_update fused_updates[NETWORK_FUSED_UPDATES];
    double *seconds;              /* [2, layers of training], owned: of the last step         */
    int64_t updates;              /* made so far                                              */
    const struct choices *forced; /* borrowed; NULL: free                                     */
    int hinge;                    /* first of the loss's choices, a level each; -1: none        */
    real table[3][256];           /* [channel, 8-bit value]: what the network reads           */
};

/* The handle that others hold is this. */
static inline struct state *state_of(struct core *g)
{
    return (struct state *)(void *)g;
}

static inline const struct state *const_state_of(const struct core *g)
{
    return (const struct state *)(const void *)g;
}

/* A place among the images of a batch. */
struct image_range {
    int view;        /* 0 up                       */
    size_t first, n; /* images of the batch        */
    size_t at;       /* first image of the input that is filled */
};

#define state_pass    REAL_NAME(state_pass)
#define state_load    REAL_NAME(state_load)
#define core_step     REAL_NAME(core_step)
#define core_timings  REAL_NAME(core_timings)
#define core_features REAL_NAME(core_features)
#define core_explain  REAL_NAME(core_explain)
#define core_output   REAL_NAME(core_output)

/** A pass over one of the networks, in the arena and scratch that they share. */
struct pass state_pass(struct state *s, const struct network *net);
/** Put images into the network's input. Grey becomes two channels: its value, and 1. */
void state_load(struct state *s, struct pass *p, const struct batch *images, const struct image_range *range);

/* Slots of struct core_ops: step.c, features.c, explain.c. */
bool core_step(struct core *g, const struct batch *batch, const struct step_settings *settings,
               struct step_report *report, struct err *e);
void core_timings(const struct core *g, void (*layer)(void *ctx, const struct engine_timing *t), void *ctx);
bool core_features(struct core *g, const struct batch *images, bool gates, float *const out[LEVEL_COUNT],
                   struct err *e);
bool core_explain(struct core *g, const struct core_question *q, struct engine_explanation *out, struct err *e);
size_t core_output(const struct core *g, const char *name, int view, double *out);

#endif
