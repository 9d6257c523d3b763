/* One list, a few blocks: counting, allocating, initialising and copying walk over it. Only copies know the order of
 * files. */
#include "engine/model/params.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "engine/base/random.h"

static size_t padded(size_t count)
{
    return arena_round(count * sizeof(real)) / sizeof(real);
}

int params_add(struct params *p, const struct param_spec *spec)
{
    if (p->count == p->room) {
        int room = p->room ? 2 * p->room : 128;
        struct param *list = realloc(p->list, (size_t)room * sizeof *list);
        if (!list) return -1;
        p->list = list;
        p->room = room;
    }
    struct param *t = &p->list[p->count];
    *t = (struct param){ .order = spec->order,
                         .start = spec->start,
                         .fan_in = spec->fan_in,
                         .place = p->places++,
                         .source = spec->kind == TENSOR_TARGET ? spec->source : -1 };
    snprintf(t->name, sizeof t->name, "%s%s", spec->prefix, spec->suffix);
    t->info = (struct engine_tensor){ .kind = spec->kind, .count = 1, .trained = spec->kind == TENSOR_PARAMETER };
    for (int i = 0; i < 4 && spec->shape[i]; i++) {
        t->info.shape[i] = spec->shape[i];
        t->info.count *= (size_t)spec->shape[i];
        t->info.dims++;
    }
    size_t *const totals[TENSOR_KINDS] = { &p->trainable, &p->running, &p->targets }, *total = totals[spec->kind];
    t->offset = *total;
    *total += padded(t->info.count);
    return p->count++;
}

static bool learns(const struct param *t)
{
    return t->info.kind == TENSOR_PARAMETER && !t->frozen;
}

static size_t gradient_reals(const struct params *p)
{
    size_t n = 0;
    for (int i = 0; i < p->count; i++)
        if (learns(&p->list[i]) && !p->list[i].gradient_absent) n += padded(p->list[i].info.count);
    return n;
}

static size_t moment_reals(const struct params *p)
{
    size_t n = 0;
    for (int i = 0; i < p->count; i++)
        if (learns(&p->list[i])) n += padded(p->list[i].info.count);
    return n;
}

size_t params_bytes(const struct params *p, const struct params_need *need)
{
    size_t moments = (size_t)need->gradient + need->second, gradients = (size_t)need->gradient + need->sum;
    return (p->trainable + moments * moment_reals(p) + gradients * gradient_reals(p) +
            (need->sum ? 2 : 1) * p->running + p->targets) *
           sizeof(real);
}

static void assign_offsets(struct params *p)
{
    p->gradients = p->moments = 0;
    for (int i = 0; i < p->count; i++) {
        struct param *t = &p->list[i];
        if (!learns(t)) continue;
        t->moment_offset = p->moments;
        p->moments += padded(t->info.count);
        if (t->gradient_absent) continue;
        t->gradient_offset = p->gradients;
        p->gradients += padded(t->info.count);
    }
}

bool params_allocate(struct params *p, const struct params_need *need, struct err *e)
{
    /* names moved while the list grew; from here on it stays */
    for (int i = 0; i < p->count; i++) p->list[i].info.name = p->list[i].name;
    if (!arena_init(&p->arena, params_bytes(p, need), "parameters", e)) return false;
    assign_offsets(p);
    p->value = arena_take(&p->arena, p->trainable * sizeof(real));
    p->statistics = arena_take(&p->arena, p->running * sizeof(real));
    if (p->targets) p->target = arena_take(&p->arena, p->targets * sizeof(real));
    if (need->gradient) {
        p->gradient = arena_take(&p->arena, p->gradients * sizeof(real));
        p->momentum = arena_take(&p->arena, p->moments * sizeof(real));
    }
    if (need->second) p->second = arena_take(&p->arena, p->moments * sizeof(real));
    if (need->sum) {
        p->sum = arena_take(&p->arena, p->gradients * sizeof(real));
        p->before = arena_take(&p->arena, p->running * sizeof(real));
    }
    return true;
}

void params_clear(struct params *p)
{
    arena_clear(&p->arena);
    free(p->list);
    *p = (struct params){ 0 };
}

/* Place in memory of element j of the file. */
static size_t memory_index(const struct param *t, size_t j)
{
    const int *s = t->info.shape;
    if (t->order == PARAM_CONV) {
        size_t taps = (size_t)s[2] * s[3], tap = j % taps, c = j / taps % s[1], k = j / taps / s[1];
        return (tap * s[1] + c) * s[0] + k;
    }
    if (t->order == PARAM_CELLS) {
        size_t cells = MODEL_CELLS * MODEL_CELLS, row = (size_t)s[1], d = j / row, f = j % row / cells,
               cell = j % cells;
        return d * row + cell * (row / cells) + f;
    }
    return j;
}

static double draw(struct random *r, const struct param *t)
{
    const int *s = t->info.shape;
    switch (t->start) {
    case START_ONE:
        return 1;
    case START_KAIMING: /* fan-out of a convolution: output channels times taps */
        return sqrt(2.0 / ((double)s[0] * s[2] * s[3])) * random_normal(r);
    case START_UNIFORM:
        return (2 * random_uniform64(r) - 1) / sqrt(t->fan_in);
    default:
        return 0;
    }
}

void params_start(struct params *p, uint64_t seed)
{
    for (int i = 0; i < p->count; i++) {
        struct param *t = &p->list[i];
        real *m = params_value(p, i);
        if (t->source >= 0) continue;
        struct random r = random_stream(seed, (uint32_t)t->place, 0, RANDOM_INIT);
        for (size_t j = 0; j < t->info.count; j++) m[memory_index(t, j)] = (real)(float)draw(&r, t);
    }
    params_follow(p, 0);
}

void params_follow(const struct params *p, double keep)
{
    const real m = (real)keep, rest = (real)(1 - keep);
    for (int i = 0; i < p->count; i++) {
        const struct param *t = &p->list[i];
        if (t->source < 0) continue;
        real *target = params_value(p, i);
        const real *online = params_value(p, t->source);
        for (size_t j = 0; j < t->info.count; j++) target[j] = m * target[j] + rest * online[j];
    }
}

real *params_value(const struct params *p, int i)
{
    const struct param *t = &p->list[i];
    real *const blocks[TENSOR_KINDS] = { p->value, p->statistics, p->target };
    return blocks[t->info.kind] + t->offset;
}

real *params_gradient(const struct params *p, int i)
{
    return p->list[i].gradient_absent || p->list[i].frozen ? NULL : p->gradient + p->list[i].gradient_offset;
}

void params_export(const struct param *t, const real *m, float *f32, double *f64)
{
    for (size_t j = 0; j < t->info.count; j++) {
        real v = m[memory_index(t, j)];
        if (f32)
            f32[j] = (float)v;
        else
            f64[j] = (double)v;
    }
}

void params_import(const struct param *t, real *m, const float *f32, const double *f64)
{
    for (size_t j = 0; j < t->info.count; j++) m[memory_index(t, j)] = f32 ? (real)f32[j] : (real)f64[j];
}
