/* The encoder of a network that is being built. */
#ifndef MLVICX_MODEL_ENCODER_H
#define MLVICX_MODEL_ENCODER_H

#include "engine/model/graph.h"

/** What the encoder makes for heads to read: values. */
struct encoder_maps {
    int h;                 /* [n, 1, 1, c5]: what downstream tasks read, output "h" */
    int map[MODEL_MAPS];   /* [n, h, w, c]: gated maps                              */
    int cells[MODEL_MAPS]; /* [n, 4, 4, c]: pooled for the local level; -1 without */
};

#define encoder_build REAL_NAME(encoder_build)

/** Append input and encoder. Outputs: "h"; in evaluation "map1" .. "map5" [n, 1, 1, c], averaged over positions; when
 * observed "map.1" .. "map.5" [n, 4, 4, c], averaged to cells; where an answer is explained "map.1" .. "map.5"
 * [n, h, w, c] as the next stage reads them. */
void encoder_build(struct graph *g, struct encoder_maps *made);

#endif
