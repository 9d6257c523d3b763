/* The projector that several objectives share. */
#ifndef MLVICX_METHODS_PROJECTOR_H
#define MLVICX_METHODS_PROJECTOR_H

#include "engine/model/encoder.h"
#include "engine/model/graph.h"

#define projector_heads REAL_NAME(projector_heads)

/** A global head over the pooled features of three linear maps: `model.dim` norm ReLU, `model.dim` norm ReLU,
 * `model.out`. Its output is "z" [n, out]. mean_leaves: the loss does not see the mean over the images (struct head).
 */
void projector_heads(struct graph *g, const struct encoder_maps *maps, bool mean_leaves);

#endif
