/* The end of a stage in whole passes over the batch: norm, gate, cells and pools one after the other. */
#include "engine/kernels/naive/naive.h"

#include <string.h>

static size_t count_of(const struct stage_shape *s)
{
    return (size_t)s->n * s->h * s->w * s->c;
}

static struct gate_shape gate_shape(const struct stage_shape *s)
{
    return (struct gate_shape){ s->n, s->h, s->w, s->c, s->hidden };
}

static struct norm_shape norm_shape(const struct stage_shape *s)
{
    return (struct norm_shape){ s->groups, s->n / s->groups * s->h * s->w, s->c, true };
}

/* What stands before the gate, the map, and what the gate's passes need. */
size_t stage_scratch_naive(const struct stage_shape *s, int threads)
{
    const struct gate_shape gate = gate_shape(s);
    return 2 * count_of(s) + gate_scratch_naive(&gate, threads);
}

void stage_forward_naive(const struct kernel_run *run, const struct stage_shape *s, const struct stage_operands *with,
                         const struct stage_forward_args *f)
{
    const struct stage_choices *forced = with->forced;
    size_t n = count_of(s);
    const struct gate_shape gate = gate_shape(s);
    const struct norm_shape norm = norm_shape(s);
    const struct cells_shape cells = { s->n, s->h, s->w, s->c, s->cells };
    real *activated = f->activated ? f->activated : run->scratch;
    real *map = s->maxpool ? f->gated ? f->gated : run->scratch + n : f->y;
    const struct norm_apply_args apply = { f->x, f->residual, f->affine, forced ? forced->keep : NULL, activated };
    norm_apply_naive(run, &norm, &apply);
    const struct gate_operands gates = { with->gate, forced ? &forced->gate : NULL, &with->saved->gate };
    if (s->hidden)
        gate_forward_naive(run, &gate, &gates, activated, map);
    else
        memcpy(map, activated, n * sizeof *map);
    if (f->cells) cells_forward_naive(run, &cells, with->cells, map, f->cells);
    if (f->mean) mean_forward_naive(run, s->n, s->h * s->w, s->c, map, f->mean);
    if (!s->maxpool) return;
    bool obey = forced && forced->tap;
    if (obey)
        memcpy(with->saved->tap, forced->tap,
               (size_t)s->n * conv_out(s->h, 3, 2, 1) * conv_out(s->w, 3, 2, 1) * s->c * sizeof *with->saved->tap);
    const struct maxpool_shape pool = { s->n, s->h, s->w, s->c };
    maxpool_forward_naive(run, &pool, map, obey, f->y, with->saved->tap);
}

/* Down to what the norm gives; dw NULL: nothing is learned of the gate. */
static void backward(const struct kernel_run *run, const struct stage_shape *s, const struct stage_operands *with,
                     const struct stage_backward_args *b, const struct gate_weights *dw,
                     struct norm_backward_args *norm)
{
    const struct stage_choices *forced = with->forced;
    size_t n = count_of(s);
    const struct gate_shape gate = gate_shape(s);
    const struct norm_shape shape = norm_shape(s);
    const struct cells_shape cells = { s->n, s->h, s->w, s->c, s->cells };
    const uint8_t *keep = forced ? forced->keep : NULL;
    real *activated = run->scratch, *dmap = activated + n;
    struct kernel_run rest = { run->threads, dmap + n };
    const struct norm_apply_args apply = { b->x, b->residual, b->norm->affine, keep, activated };
    norm_apply_naive(run, &shape, &apply);
    if (s->maxpool)
        maxpool_backward_naive(run, &(struct maxpool_shape){ s->n, s->h, s->w, s->c }, b->dy, with->saved->tap, dmap);
    else
        memcpy(dmap, b->dy, n * sizeof *dmap);
    if (b->dcells && dw) cells_backward_naive(run, &cells, with->cells, b->dcells, dmap);
    if (s->hidden)
        gate_backward_naive(&rest, &gate,
                            &(struct gate_operands){ with->gate, forced ? &forced->gate : NULL, &with->saved->gate },
                            &(struct gate_backward_args){ activated, dmap, dmap, dw });
    *norm = (struct norm_backward_args){ .x = b->x,
                                         .y = activated,
                                         .weight = b->weight,
                                         .keep = keep,
                                         .saved = b->norm,
                                         .dy = dmap,
                                         .dx = b->dx,
                                         .dresidual = b->dresidual,
                                         .dweight = b->dweight,
                                         .dbias = b->dbias };
}

void stage_backward_naive(const struct kernel_run *run, const struct stage_shape *s, const struct stage_operands *with,
                          const struct stage_backward_args *b)
{
    const struct norm_shape shape = norm_shape(s);
    struct norm_backward_args norm;
    backward(run, s, with, b, &b->dw, &norm);
    norm_backward_naive(run, &shape, &norm);
}

void stage_explain_naive(const struct kernel_run *run, const struct stage_shape *s, const struct stage_operands *with,
                         const struct stage_backward_args *b)
{
    const struct norm_shape shape = norm_shape(s);
    struct norm_backward_args norm;
    backward(run, s, with, b, NULL, &norm);
    norm_explain_naive(run, &shape, &norm);
}
