/* The engine of one precision behind a table, so that both precisions answer to engine.h. */
#ifndef MLVICX_TRAIN_CORE_H
#define MLVICX_TRAIN_CORE_H

#include "engine/train/engine.h"

struct core; /* opaque; its scalars are those of the table that made it */

/** What engine_explain is asked. */
struct core_question {
    const struct batch *image;
    bool gates;
    enum engine_level level;
    const double *weights; /* [dims of h] */
};

struct core_ops {
    const struct method_info *(*method)(enum method_kind kind);
    bool (*create)(struct core **out, const struct engine_config *c, struct err *e);
    void (*destroy)(struct core *g);
    bool (*measure)(const struct engine_config *c, struct engine_size *size,
                    void (*layers)(void *ctx, const struct engine_layer *l), void *ctx, struct err *e);
    void (*init)(struct core *g, uint64_t seed);
    int (*tensors)(const struct core *g);
    bool (*has)(const struct core *g, enum engine_part part);
    const struct engine_tensor *(*tensor)(const struct core *g, int i);
    void (*read)(const struct core *g, int i, enum engine_part part, float *f32,
                 double *f64); /* [count]; one of both, the other NULL */
    void (*write)(struct core *g, int i, enum engine_part part, const float *f32, const double *f64);
    int64_t *(*updates)(struct core *g);
    bool (*step)(struct core *g, const struct batch *batch, const struct step_settings *settings,
                 struct step_report *report, struct err *e);
    void (*timings)(const struct core *g, void (*layer)(void *ctx, const struct engine_timing *t), void *ctx);
    bool (*features)(struct core *g, const struct batch *images, bool gates, float *const out[LEVEL_COUNT],
                     struct err *e);
    bool (*explain)(struct core *g, const struct core_question *q, struct engine_explanation *out, struct err *e);
    size_t (*output)(const struct core *g, const char *name, int view, double *out);
    struct choices *(*choices)(struct core *g);
    void (*force)(struct core *g, const struct choices *forced);
};

extern const struct core_ops core_ops_r32, core_ops_r64;

#endif
