/* Each call goes to the table of the precision that the handle was made for. */
#include "engine/train/engine.h"

#include <stdlib.h>

#include "engine/train/core.h"

const char *const step_phase_names[PHASE_COUNT + 1] = { "forward", "heads", "loss", "backward", "update", NULL };

struct engine {
    const struct core_ops *ops;
    struct core *core; /* owned */
};

static const struct core_ops *ops_for(enum kernel_set set)
{
    return set == KERNELS_NAIVE64 ? &core_ops_r64 : &core_ops_r32;
}

const struct method_info *engine_method(enum method_kind kind)
{
    return core_ops_r32.method(kind);
}

/* Of the norm with the fewest rows among those that learn. */
static int least_rows(const struct engine_config *c)
{
    enum { SHRINKS = 32 }; /* the encoder, of each side */
    if (!engine_method(c->method)->labels) return c->batch;
    int side = (c->model.size + SHRINKS - 1) / SHRINKS;
    return c->batch * side * side;
}

enum kernel_set engine_kernels(enum kernel_set set, const struct engine_config *c)
{
    return c->batch > 0 && !c->freeze && least_rows(c) <= ENGINE_DOUBLE_ROWS ? KERNELS_NAIVE64 : set;
}

bool engine_create(struct engine **out, const struct engine_config *c, struct err *e)
{
    struct engine *g = calloc(1, sizeof *g);
    if (!g) return err_set(e, ERR_MEMORY, "engine: no memory");
    g->ops = ops_for(c->kernels);
    if (!g->ops->create(&g->core, c, e)) {
        free(g);
        return false;
    }
    *out = g;
    return true;
}

void engine_destroy(struct engine *g)
{
    if (!g) return;
    g->ops->destroy(g->core);
    free(g);
}

bool engine_measure(const struct engine_config *c, struct engine_size *size,
                    void (*layers)(void *ctx, const struct engine_layer *l), void *ctx, struct err *e)
{
    return ops_for(c->kernels)->measure(c, size, layers, ctx, e);
}

void engine_init(struct engine *g, uint64_t seed)
{
    g->ops->init(g->core, seed);
}

int engine_tensors(const struct engine *g)
{
    return g->ops->tensors(g->core);
}

bool engine_has(const struct engine *g, enum engine_part part)
{
    return g->ops->has(g->core, part);
}

const struct engine_tensor *engine_tensor(const struct engine *g, int i)
{
    return g->ops->tensor(g->core, i);
}

void engine_read(const struct engine *g, int i, enum engine_part part, float *out)
{
    g->ops->read(g->core, i, part, out, NULL);
}

void engine_read64(const struct engine *g, int i, enum engine_part part, double *out)
{
    g->ops->read(g->core, i, part, NULL, out);
}

void engine_write(struct engine *g, int i, enum engine_part part, const float *in)
{
    g->ops->write(g->core, i, part, in, NULL);
}

void engine_write64(struct engine *g, int i, enum engine_part part, const double *in)
{
    g->ops->write(g->core, i, part, NULL, in);
}

bool engine_is_double(const struct engine *g)
{
    return g->ops == &core_ops_r64;
}

int64_t engine_updates(const struct engine *g)
{
    return *g->ops->updates(g->core);
}

void engine_set_updates(struct engine *g, int64_t n)
{
    *g->ops->updates(g->core) = n;
}

bool engine_step(struct engine *g, const struct batch *batch, const struct step_settings *settings,
                 struct step_report *report, struct err *e)
{
    return g->ops->step(g->core, batch, settings, report, e);
}

bool engine_features(struct engine *g, const struct batch *images, bool gates, float *const out[LEVEL_COUNT],
                     struct err *e)
{
    return g->ops->features(g->core, images, gates, out, e);
}

bool engine_explain(struct engine *g, const struct batch *image, bool gates, enum engine_level level,
                    const double *weights, struct engine_explanation *out, struct err *e)
{
    *out = (struct engine_explanation){ 0 };
    const struct core_question q = { image, gates, level, weights };
    bool ok = g->ops->explain(g->core, &q, out, e);
    if (!ok) engine_explanation_clear(out);
    return ok;
}

void engine_explanation_clear(struct engine_explanation *x)
{
    free(x->map);
    free(x->gradient);
    *x = (struct engine_explanation){ 0 };
}

void engine_timings(const struct engine *g, void (*layer)(void *ctx, const struct engine_timing *t), void *ctx)
{
    g->ops->timings(g->core, layer, ctx);
}

size_t engine_output(const struct engine *g, const char *name, int view, double *out)
{
    return g->ops->output(g->core, name, view, out);
}

const struct choices *engine_choices(const struct engine *g)
{
    return g->ops->choices(g->core);
}

void engine_force(struct engine *g, const struct choices *forced)
{
    g->ops->force(g->core, forced);
}
