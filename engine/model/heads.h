/* Heads of a network that is being built. */
#ifndef MLVICX_MODEL_HEADS_H
#define MLVICX_MODEL_HEADS_H

#include "engine/model/graph.h"

/** A linear map with bias, then optionally a batch norm, then optionally a ReLU, which needs the norm. */
struct head_stage {
    int width;
    bool norm, relu;
    bool bare; /* the norm has no weight and bias; then there is no ReLU */
};

struct head {
    const char *prefix;              /* of its parameters: PREFIX.0.linear.weight, PREFIX.0.norm.weight ... */
    const char *output;              /* name of the last stage's output                                    */
    const struct head_stage *stages; /* [count], borrowed                                     */
    int count;
    bool no_loss;     /* no loss fills the gradient of its output */
    bool mean_leaves; /* the loss does not see the mean over images: the last bias has no gradient */
};

#define heads_fuse       REAL_NAME(heads_fuse)
#define heads_stages     REAL_NAME(heads_stages)
#define heads_classifier REAL_NAME(heads_classifier)

/** A 1x1 convolution of each map's cells, summed: value [n, 4, 4, fuse]. */
int heads_fuse(struct graph *g, const int cell_maps[MODEL_MAPS]);
/** The stages of a head over value `in`, flattened; its last value, [n, 1, 1, width]. */
int heads_stages(struct graph *g, const struct head *h, int in);
/** A linear map from `in` to shape.classes logits, output "logits", whose gradient a loss fills; `classifier.weight`
 * and `classifier.bias` start at 0. */
void heads_classifier(struct graph *g, int in);

#endif
