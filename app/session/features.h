/* Features of images of a pack: evaluation mode, no augmentation. Used by the diagnostics and the quick probe of a run
 * and by `eval`. */
#ifndef MLVICX_APP_FEATURES_H
#define MLVICX_APP_FEATURES_H

#include "engine/data/pack.h"
#include "engine/train/engine.h"

struct features_source {
    const struct pack *pack;
    const uint32_t *images; /* [n] indices into the pack */
    int n;
    int size;          /* side that the engine was made for                                  */
    int batch;         /* images of one pass: the engine's config.features, or 2 * its batch */
    int threads;       /* that prepare the images                                            */
    bool gates;        /* with the context gates; false: plain ResNet                        */
    int before, total; /* of several sources that are told as one: images of those before, of all; 0: this one alone */
    /** NULL, or called after each pass; false stops (ERR_INTERRUPTED). */
    bool (*progress)(void *ctx, int done, int total);
    void *ctx;
};

/** out[l] NULL or [n, dims of level l], filled in the order of `images`. Channels of pack and engine must agree. The
 *  engine's training state is untouched. */
bool features_read(struct engine *g, const struct features_source *s, float *const out[LEVEL_COUNT],
                   const struct model_shape *shape, struct err *e);

#endif
