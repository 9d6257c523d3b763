/* Heatmaps of classes: which places of an image a linear probe, or a run's own classifier, goes by. */
#ifndef MLVICX_APP_EVAL_CAM_H
#define MLVICX_APP_EVAL_CAM_H

#include "app/worker/eval.h"

/** What scores the classes of a task, as weights on the features of an encoder. Zero-initialise. */
struct eval_cam {
    const struct eval_encoder *encoder; /* borrowed, as the task */
    const struct eval_task *task;
    enum protocol protocol;
    bool gates;
    double *weights; /* [task.classes, d]; NaN for a class that was not taught; owned */
    int d;
    uint8_t *pixels;                 /* of one image, as the encoder takes it; owned */
    struct augment_scratch *scratch; /* owned */
};
/** How a probe is fitted: on which share of the labels, and which draw of them. */
struct eval_cam_fit {
    struct store *store; /* where eval has kept what it fitted (eval_probe.h) */
    double percent;
    int draw;
    bool (*progress)(void *ctx, int done, int total);
    void *ctx;
};

/** The map of that name (NULL: "map5"). ERR_USAGE for another word. */
bool eval_cam_level(const char *word, enum engine_level *level, struct err *e);
enum { EVAL_CAM_FEW = 4 }; /* places a side below which a heatmap tells little */
/** Places of a map along a side, for images of `size` pixels. */
int eval_cam_side(int size, enum engine_level level);
/** PROTOCOL_LINEAR: the probe that eval has kept, or one that is fitted as eval fits it, which has the same weights.
 * PROTOCOL_APPLY: the classifier of the run. ERR_USAGE for another. The caller closes it, on failure too. */
bool eval_cam_open(struct eval_cam *c, const struct eval_encoder *encoder, const struct eval_task *task,
                   enum protocol protocol, bool gates, const struct eval_cam_fit *fit, struct err *e);
/** The heat of class `class` in an image of the pack at a map (LEVEL_MAP1 to LEVEL_MAP5), resized to the side of the
 * pack: heat [side, side], filled. ERR_DATA for a class that was not taught. */
bool eval_cam_heat(const struct eval_cam *c, uint32_t image, int class, enum engine_level level, double *heat,
                   struct err *e);
void eval_cam_close(struct eval_cam *c);

#endif
