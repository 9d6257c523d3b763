/* Every kernel of every set against its naive twin, at odd sizes; which set is chosen. */
#include "tests/kernel_help.h"

/* ---- convolution --------------------------------------------------------------------------------------- */

struct conv_case {
    struct conv_shape s;
    float *x, *w, *dy, *start;
    size_t inputs, weights, outputs;
    int variant;
};

/* Compute each direction by its i-th candidate; directions that have fewer stay as they are. */
static bool choose(const struct kernels *k, struct conv_plan *plan, int i)
{
    bool any = false;
    for (int direction = 0; direction < CONV_DIRECTIONS; direction++) {
        const char *name = k->conv_candidate(plan, direction, i);
        if (!name) continue;
        assert_true(k->conv_set_variant(plan, direction, name));
        assert_string_equal(k->conv_variant(plan, direction), name);
        any = true;
    }
    return any;
}

/* A plan without tables says of itself what the whole one does. */
static void measured_alike(const struct conv_case *t, const struct kernels *k, int threads, const struct conv_plan *p)
{
    struct err e;
    struct conv_plan *measured = k->conv_measure(&t->s, threads, &e);
    assert_non_null(measured);
    choose(k, measured, t->variant);
    assert_int_equal(k->conv_table_bytes(measured), k->conv_table_bytes(p));
    assert_int_equal(k->conv_scratch(measured), k->conv_scratch(p));
    for (int direction = 0; direction < CONV_DIRECTIONS; direction++)
        assert_string_equal(k->conv_variant(measured, direction), k->conv_variant(p, direction));
    k->conv_destroy(measured);
}

static void conv_run(const void *ctx, const struct kernels *k, int threads, struct outputs *o)
{
    const struct conv_case *t = ctx;
    struct err e;
    struct conv_plan *plan = k->conv_create(&t->s, threads, &e);
    assert_non_null(plan);
    assert_false(k->conv_set_variant(plan, CONV_DATA, "nothing of the kind"));
    choose(k, plan, t->variant);
    size_t reals = k->conv_scratch(plan);
    measured_alike(t, k, threads, plan);
    struct kernel_run run = run_create(threads, reals);
    k->conv_forward(&run, plan, t->x, t->w, output(o, "y", NULL, t->outputs));
    k->conv_backward_data(&run, plan, t->dy, t->w, output(o, "dx", NULL, t->inputs), false);
    k->conv_backward_data(&run, plan, t->dy, t->w, output(o, "dx added", t->start, t->inputs), true);
    k->conv_backward_weights(&run, plan, t->x, t->dy, output(o, "dw", NULL, t->weights));
    run_destroy(&run, reals);
    k->conv_destroy(plan);
}

/* Most candidates that any set has for a direction of this shape. */
static int variants_of(const struct conv_shape *s)
{
    int most = 1;
    for (enum kernel_set set = KERNELS_AVX512; set <= KERNELS_NAIVE; set++) {
        enum kernel_set found;
        struct err e;
        if (!kernels_resolve(set, &found, NULL)) continue;
        struct conv_plan *plan = kernels_find(found)->conv_create(s, 1, &e);
        assert_non_null(plan);
        while (choose(kernels_find(found), plan, most)) most++;
        kernels_find(found)->conv_destroy(plan);
    }
    return most;
}

static void convolutions_equal_their_twin(void **state)
{
    (void)state;
    static const struct conv_shape rows[] = {
        /* n, h, w, c, k, r, stride, pad */
        { 2, 9, 7, 32, 32, 3, 1, 1 },   { 1, 16, 16, 17, 64, 3, 1, 1 }, { 3, 4, 4, 64, 13, 3, 1, 1 },
        { 5, 2, 2, 40, 48, 3, 1, 1 },   { 2, 1, 1, 8, 16, 3, 1, 1 },    { 2, 11, 8, 13, 17, 3, 2, 1 },
        { 3, 16, 14, 16, 32, 3, 2, 1 }, { 1, 33, 35, 3, 32, 7, 2, 3 },  { 2, 20, 22, 2, 64, 7, 2, 3 },
        { 1, 9, 9, 1, 5, 7, 2, 3 },     { 2, 12, 9, 3, 8, 3, 1, 1 },    { 3, 7, 5, 32, 64, 1, 1, 0 },
        { 2, 9, 8, 24, 40, 1, 2, 0 },   { 1, 1, 1, 1, 1, 1, 1, 0 },     { 1, 5, 6, 5, 3, 3, 1, 0 },
        { 2, 10, 7, 9, 8, 7, 1, 3 },    { 1, 3, 3, 130, 260, 3, 1, 1 }, { 7, 2, 1, 8, 70, 3, 2, 1 },
        { 1, 4, 5, 200, 160, 3, 2, 1 }, { 2, 1, 2, 33, 31, 1, 1, 0 },   { 9, 64, 57, 1, 64, 3, 1, 1 },
        { 9, 61, 64, 64, 1, 3, 1, 1 }, /* outputs past the caches */
    };
    for (size_t row = 0; row < sizeof rows / sizeof rows[0]; row++) {
        struct conv_case t = { .s = rows[row] };
        const struct conv_shape *s = &t.s;
        t.inputs = (size_t)s->n * s->h * s->w * s->c;
        t.weights = (size_t)s->r * s->r * s->c * s->k;
        t.outputs =
            (size_t)s->n * conv_out(s->h, s->r, s->stride, s->pad) * conv_out(s->w, s->r, s->stride, s->pad) * s->k;
        t.x = random_array(t.inputs), t.w = random_array(t.weights), t.dy = random_array(t.outputs);
        t.start = random_array(t.inputs);
        char name[100];
        bool large = t.outputs + t.inputs > 1 << 21; /* one schedule of each kind will do */
        for (int most = large ? 2 : variants_of(s); t.variant < most; t.variant++) {
            snprintf(name, sizeof name, "conv %d x %d x %d x %d, k %d, r %d, stride %d, variant %d", s->n, s->h, s->w,
                     s->c, s->k, s->r, s->stride, t.variant);
            check_sets(name, conv_run, &t, s->r == 3 && s->stride == 1 ? 5e-5 : 1e-5);
        }
        free(t.x), free(t.w), free(t.dy), free(t.start);
    }
}

/* ---- batch norm ---------------------------------------------------------------------------------------- */

struct norm_case {
    struct norm_shape s;
    float *x, *residual, *weight, *bias, *dy;
    uint8_t *keep;
    size_t count;
};

static void norm_run(const void *ctx, const struct kernels *k, int threads, struct outputs *o)
{
    const struct norm_case *t = ctx;
    size_t c = t->s.c, stats = t->s.groups * c, reals = k->norm_scratch(&t->s, threads);
    struct kernel_run run = run_create(threads, reals);
    struct norm_saved saved = { output(o, "mean", NULL, stats), output(o, "scale", NULL, stats),
                                output(o, "unbiased", NULL, stats), malloc(3 * stats * sizeof(float)) };
    assert_non_null(saved.affine); /* any pivot does */
    k->norm_statistics(&run, &t->s, t->x, t->weight, t->bias, &saved);
    float *y = output(o, "y", NULL, t->count), *again = output(o, "y in place", t->x, t->count);
    k->norm_apply(&run, &t->s, &(struct norm_apply_args){ t->x, t->residual, saved.affine, t->keep, y });
    k->norm_apply(&run, &t->s, &(struct norm_apply_args){ again, t->residual, saved.affine, t->keep, again });
    float *dx = output(o, "dx", t->dy, t->count),
          *dresidual = t->residual ? output(o, "dresidual", NULL, t->count) : NULL;
    float *dweight = t->weight ? output(o, "dweight", NULL, c) : NULL,
          *dbias = t->weight ? output(o, "dbias", NULL, c) : NULL;
    struct norm_backward_args b = { t->x, y, t->weight, t->keep, &saved, dx, dx, dresidual, dweight, dbias };
    k->norm_backward(&run, &t->s, &b);
    if (t->residual) { /* the other way to share memory */
        float *apart = output(o, "dx apart", NULL, t->count), *shared = output(o, "dresidual over dy", t->dy, t->count);
        b.dy = b.dresidual = shared;
        b.dx = apart;
        k->norm_backward(&run, &t->s, &b);
    } else { /* the output is found anew */
        float *found = output(o, "dx without y", NULL, t->count);
        b.y = NULL;
        b.dy = t->dy;
        b.dx = found;
        k->norm_backward(&run, &t->s, &b);
        if (memcmp(found, dx, t->count * sizeof *dx) != 0) fail_msg("%s: the mask from x is another", k->name);
    }
    free(saved.affine);
    run_destroy(&run, reals);
}

static void norms_equal_their_twin(void **state)
{
    (void)state;
    static const struct {
        struct norm_shape s;
        bool residual, keep, bare; /* bare: without weight and bias */
    } rows[] = {
        { { 2, 70, 32, false }, false, false, true }, { { 2, 33, 7, false }, false, false, true },
        { { 1, 9, 17, true }, true, false, true },    { { 2, 70, 32, true }, true, false, false },
        { { 1, 33, 5, true }, false, false, false },  { { 2, 9, 17, false }, true, false, false },
        { { 3, 2, 64, false }, false, false, false }, { { 2, 45, 8, true }, true, true, false },
        { { 2, 31, 13, true }, false, true, false },  { { 2, 1000, 3, true }, true, false, false },
        { { 1, 9, 1, true }, false, false, false },   { { 2, 300, 130, true }, true, false, false },
    };
    for (size_t row = 0; row < sizeof rows / sizeof rows[0]; row++) {
        struct norm_case t = { .s = rows[row].s };
        t.count = (size_t)t.s.groups * t.s.rows * t.s.c;
        t.x = random_array(t.count), t.dy = random_array(t.count),
        t.weight = rows[row].bare ? NULL : random_array(t.s.c), t.bias = rows[row].bare ? NULL : random_array(t.s.c);
        for (size_t i = 0; i < t.count; i++)
            t.x[i] = t.x[i] * 0.5f + 3; /* a mean that one-pass sums would lose digits on */
        t.residual = rows[row].residual ? random_array(t.count) : NULL;
        t.keep = rows[row].keep ? random_bits(t.count) : NULL;
        char name[100];
        snprintf(name, sizeof name, "norm %d x %d x %d%s", t.s.groups, t.s.rows, t.s.c, t.weight ? "" : " bare");
        check_sets(name, norm_run, &t, 1e-5);
        free(t.x), free(t.dy), free(t.weight), free(t.bias), free(t.residual), free(t.keep);
    }
}

/* ---- means and cells ------------------------------------------------------------------------------------------- */

struct pool_case {
    int n, h, w, c, cells;
    float *x, *dy, *start, *py, *px;
};

static void pool_run(const void *ctx, const struct kernels *k, int threads, struct outputs *o)
{
    const struct pool_case *t = ctx;
    size_t inputs = (size_t)t->n * t->h * t->w * t->c, cells = (size_t)t->n * t->cells * t->cells * t->c;
    struct kernel_run run = run_create(threads, 0);
    k->mean_forward(&run, t->n, t->h * t->w, t->c, t->x, output(o, "mean", NULL, (size_t)t->n * t->c));
    k->mean_backward(&run, t->n, t->h * t->w, t->c, t->dy, output(o, "mean dx", t->start, inputs));
    const struct cells_shape shape = { t->n, t->h, t->w, t->c, t->cells };
    const struct cell_operators operators = { t->py, t->px };
    k->cells_forward(&run, &shape, &operators, t->x, output(o, "cells", NULL, cells));
    k->cells_backward(&run, &shape, &operators, t->dy, output(o, "cells dx", t->start, inputs));
    run_destroy(&run, 0);
}

static void pools_equal_their_twin(void **state)
{
    (void)state;
    static const int rows[][5] = {
        { 2, 7, 5, 32, 4 },  { 1, 1, 1, 5, 4 },    { 5, 4, 6, 1, 2 },
        { 1, 33, 2, 17, 3 }, { 3, 16, 16, 40, 4 }, { 2, 1, 9, 64, 4 },
    };
    for (size_t row = 0; row < sizeof rows / sizeof rows[0]; row++) {
        const int *z = rows[row];
        struct pool_case t = { .n = z[0], .h = z[1], .w = z[2], .c = z[3], .cells = z[4] };
        size_t inputs = (size_t)t.n * t.h * t.w * t.c, most = inputs + (size_t)t.n * t.cells * t.cells * t.c;
        t.x = random_array(inputs), t.dy = random_array(most), t.start = random_array(inputs);
        t.py = random_array((size_t)t.cells * t.h), t.px = random_array((size_t)t.cells * t.w);
        for (int i = 0; i < t.cells * t.h; i += 2) t.py[i] = 0;
        for (int i = 0; i < t.cells * t.w; i += 3) t.px[i] = 0;
        char name[100];
        snprintf(name, sizeof name, "pool %d x %d x %d x %d", t.n, t.h, t.w, t.c);
        check_sets(name, pool_run, &t, 1e-5);
        free(t.x), free(t.dy), free(t.start), free(t.py), free(t.px);
    }
}

/* ---- end of a stage ------------------------------------------------------------------------------------ */

struct stage_case {
    struct stage_shape s;
    struct gate_weights w;
    struct cell_operators cells;
    float *x, *residual, *weight, *bias, *dy, *dcells;
    size_t count, outputs, cell_map; /* of x, y, cells */
    struct norm_saved norm; /* the same coefficients for every set: what follows may not hang on their rounding */
};

static void stage_forward_run(const struct stage_case *t, const struct kernels *k, const struct kernel_run *run,
                              const struct stage_saved *saved, struct outputs *o)
{
    const struct stage_shape *s = &t->s;
    struct stage_forward_args f = { .x = t->x,
                                    .residual = t->residual,
                                    .affine = t->norm.affine,
                                    .y = output(o, "y", NULL, t->outputs),
                                    .cells = output(o, "cells", NULL, t->cell_map),
                                    .mean = output(o, "mean", NULL, (size_t)s->n * s->c),
                                    .activated = output(o, "activated", NULL, t->count),
                                    .gated = s->maxpool ? output(o, "gated", NULL, t->count) : NULL };
    k->stage_forward(run, s, &(struct stage_operands){ &t->w, &t->cells, NULL, saved }, &f);
    struct stage_saved nothing = *saved; /* of an evaluation */
    nothing.gate.largest = NULL;
    nothing.tap = NULL;
    float *y = output(o, "y evaluated", NULL, t->outputs);
    struct stage_forward_args bare = { .x = t->x, .residual = t->residual, .affine = t->norm.affine, .y = y };
    k->stage_forward(run, s, &(struct stage_operands){ &t->w, &t->cells, NULL, &nothing }, &bare);
    if (memcmp(y, f.y, t->outputs * sizeof *y) != 0) fail_msg("%s: what is kept changes the result", k->name);
}

static void stage_backward_run(const struct stage_case *t, const struct kernels *k, const struct kernel_run *run,
                               const struct stage_saved *saved, struct outputs *o)
{
    const struct stage_shape *s = &t->s;
    size_t linear = (size_t)s->hidden * s->c;
    struct stage_backward_args b = { .x = t->x,
                                     .residual = t->residual,
                                     .weight = t->weight,
                                     .norm = &t->norm,
                                     .dy = t->dy,
                                     .dcells = t->dcells,
                                     .dx = output(o, "dx", NULL, t->count),
                                     .dresidual = t->residual ? output(o, "dresidual", NULL, t->count) : NULL,
                                     .dweight = output(o, "dweight", NULL, s->c),
                                     .dbias = output(o, "dbias", NULL, s->c) };
    if (s->hidden)
        b.dw = (struct gate_weights){ output(o, "dreduce", NULL, linear), output(o, "dexpand", NULL, linear),
                                      output(o, "dspatial", NULL, 98), 0 };
    const struct stage_operands with = { &t->w, &t->cells, NULL, saved };
    k->stage_backward(run, s, &with, &b);
    if (s->maxpool) return;
    struct stage_backward_args shared = b; /* the gradient where the output's was */
    float *place = output(o, "over dy", t->dy, t->count);
    shared.dy = place;
    if (t->residual)
        shared.dresidual = place;
    else
        shared.dx = place;
    k->stage_backward(run, s, &with, &shared);
}

static void stage_run(const void *ctx, const struct kernels *k, int threads, struct outputs *o)
{
    const struct stage_case *t = ctx;
    const struct stage_shape *s = &t->s;
    size_t pixels = (size_t)s->n * s->h * s->w, reals = k->stage_scratch(s, threads);
    struct kernel_run run = run_create(threads, reals);
    struct stage_saved saved = { .tap = s->maxpool ? malloc(t->outputs) : NULL };
    if (s->hidden)
        saved.gate = (struct gate_saved){ output(o, "pooled", NULL, 2 * (size_t)s->n * s->c),
                                          output(o, "hidden", NULL, 2 * (size_t)s->n * s->hidden),
                                          output(o, "channel", NULL, 2 * (size_t)s->n * s->c),
                                          output(o, "stat", NULL, 2 * pixels),
                                          malloc(pixels * sizeof(int32_t)),
                                          output(o, "spatial", NULL, 2 * pixels) };
    stage_forward_run(t, k, &run, &saved, o);
    float *largest = output(o, "largest", NULL, s->hidden ? pixels : 0);
    for (size_t i = 0; s->hidden && i < pixels; i++) largest[i] = (float)saved.gate.largest[i];
    float *taps = output(o, "taps", NULL, s->maxpool ? t->outputs : 0);
    for (size_t i = 0; s->maxpool && i < t->outputs; i++) taps[i] = saved.tap[i];
    stage_backward_run(t, k, &run, &saved, o);
    free(saved.gate.largest);
    free(saved.tap);
    run_destroy(&run, reals);
}

/* Numbers on a coarse grid: sums are exact in any order, so that every set finds the same ties and maxima. */
static void stage_case_init(struct stage_case *t, const struct stage_shape *s, bool residual)
{
    size_t linear = (size_t)s->hidden * s->c, stats = (size_t)s->groups * s->c;
    *t = (struct stage_case){ .s = *s, .count = (size_t)s->n * s->h * s->w * s->c };
    t->cell_map = (size_t)s->n * s->cells * s->cells * s->c;
    t->outputs = s->maxpool ? (size_t)s->n * conv_out(s->h, 3, 2, 1) * conv_out(s->w, 3, 2, 1) * s->c : t->count;
    t->x = random_array(t->count), t->residual = residual ? random_array(t->count) : NULL;
    t->dy = random_array(t->outputs), t->dcells = random_array(t->cell_map);
    t->weight = random_array(s->c), t->bias = random_array(s->c);
    t->w = (struct gate_weights){ random_array(linear), random_array(linear), random_array(98), 0.7f };
    /* gates that do not saturate: near 1 they have few digits left */
    for (size_t i = 0; i < linear; i++) t->w.reduce[i] /= (float)s->c, t->w.expand[i] /= (float)s->hidden;
    for (int i = 0; i < 98; i++) t->w.spatial[i] /= 7;
    for (size_t i = 0; i < t->count; i++) t->x[i] = rintf(8 * t->x[i]) / 8;
    for (size_t i = 0; residual && i < t->count; i++) t->residual[i] = rintf(8 * t->residual[i]) / 8;
    t->norm =
        (struct norm_saved){ random_array(stats), random_array(stats), random_array(stats), random_array(3 * stats) };
    for (size_t i = 0; i < stats; i++) {
        t->norm.scale[i] = 1 + t->norm.scale[i] * t->norm.scale[i];
        t->norm.affine[i] = rintf(8 * t->norm.affine[i]) / 8;
        t->norm.affine[stats + i] = i % 3 ? 1 : 0.5f;
        t->norm.affine[2 * stats + i] = i % 5 == 1 ? -100 : 0.25f; /* a channel that is all zero ties everywhere */
    }
    float *rows = random_array((size_t)s->cells * s->h), *columns = random_array((size_t)s->cells * s->w);
    for (int i = 0; i < s->cells * s->h; i += 2) rows[i] = 0;
    for (int i = 0; i < s->cells * s->w; i += 3) columns[i] = 0;
    t->cells = (struct cell_operators){ rows, columns };
}

static void stage_case_clear(struct stage_case *t)
{
    free(t->x), free(t->residual), free(t->weight), free(t->bias), free(t->dy), free(t->dcells);
    free(t->w.reduce), free(t->w.expand), free(t->w.spatial);
    free(t->norm.mean), free(t->norm.scale), free(t->norm.unbiased), free(t->norm.affine);
    free((float *)(uintptr_t)t->cells.rows), free((float *)(uintptr_t)t->cells.columns);
}

static void stages_equal_their_twin(void **state)
{
    (void)state;
    static const struct {
        struct stage_shape s;
        bool residual;
    } rows[] = {
        /* n, h, w, c, groups, hidden, maxpool, cells */
        { { 2, 5, 7, 32, 2, 16, false, 4 }, true },    { { 4, 6, 9, 17, 2, 8, true, 4 }, false },
        { { 2, 33, 17, 16, 1, 8, true, 3 }, false },   { { 4, 3, 4, 64, 2, 32, false, 4 }, true },
        { { 2, 2, 3, 130, 2, 65, false, 2 }, true },   { { 2, 16, 19, 8, 1, 4, false, 4 }, false },
        { { 2, 9, 8, 70, 1, 0, true, 4 }, false },     { { 2, 8, 8, 24, 2, 0, false, 4 }, true },
        { { 3, 12, 34, 5, 1, 2, true, 8 }, false },    { { 4, 10, 5, 1, 2, 1, false, 1 }, true },
        { { 2, 20, 18, 128, 2, 64, true, 4 }, false }, { { 2, 6, 6, 3, 1, 0, false, 4 }, false },
        { { 2, 1, 40, 12, 1, 6, true, 4 }, false },
    };
    for (size_t row = 0; row < sizeof rows / sizeof rows[0]; row++) {
        struct stage_case t;
        stage_case_init(&t, &rows[row].s, rows[row].residual);
        char name[100];
        snprintf(name, sizeof name, "stage %d x %d x %d x %d, row %zu", t.s.n, t.s.h, t.s.w, t.s.c, row);
        check_sets(name, stage_run, &t, 2e-5);
        stage_case_clear(&t);
    }
}

/* ---- matrix product ------------------------------------------------------------------------------------ */

struct product_case {
    int m, n, k, extra;
    bool ta, tb;
    float alpha, beta, *a, *b, *c;
};

static void product_run(const void *ctx, const struct kernels *k, int threads, struct outputs *o)
{
    const struct product_case *t = ctx;
    struct kernel_run run = { .threads = threads };
    int lda = (t->ta ? t->m : t->k) + t->extra, ldb = (t->tb ? t->k : t->n) + t->extra, ldc = t->n + t->extra;
    float *c = output(o, "c", t->c, (size_t)t->m * ldc);
    k->product(&run, &(struct product){ .m = t->m,
                                        .n = t->n,
                                        .k = t->k,
                                        .a = { t->a, lda, t->ta },
                                        .b = { t->b, ldb, t->tb },
                                        .c = c,
                                        .pitch = ldc,
                                        .alpha = t->alpha,
                                        .beta = t->beta });
}

static void products_equal_their_twin(void **state)
{
    (void)state;
    static const int sizes[][4] = {
        { 1, 1, 1, 0 }, { 5, 3, 7, 2 }, { 33, 64, 17, 0 }, { 64, 13, 100, 5 }, { 3, 70, 1, 1 }
    };
    for (size_t row = 0; row < 8 * sizeof sizes / sizeof sizes[0]; row++) {
        const int *z = sizes[row / 8];
        struct product_case t = {
            z[0], z[1], z[2], z[3], row & 1, row & 2, 1.5f, row & 4 ? 0.5f : 0, NULL, NULL, NULL
        };
        size_t most = (size_t)(z[0] + z[1] + z[2] + 3 * z[3]), count = most * most;
        t.a = random_array(count), t.b = random_array(count), t.c = random_array(count);
        char name[100];
        snprintf(name, sizeof name, "product %d x %d x %d, way %zu", z[0], z[1], z[2], row % 8);
        check_sets(name, product_run, &t, 1e-5);
        free(t.a), free(t.b), free(t.c);
    }
}

/* ---- linear maps --------------------------------------------------------------------------------------- */

struct linear_case {
    struct linear_shape s;
    bool add, kept;
    const struct update *update; /* NULL: the gradient alone */
    float *x, *w, *bias, *y, *dy, *dx, *moment, *second;
};

static void linear_run(const void *ctx, const struct kernels *k, int threads, struct outputs *o)
{
    const struct linear_case *t = ctx;
    const struct linear_shape *s = &t->s;
    size_t reals = k->linear_scratch(s, true, threads), weights = (size_t)s->in * s->out;
    struct kernel_run run = run_create(threads, reals);
    double squares, most;
    const struct linear_forward_args forward = { .x = t->x,
                                                 .w = t->w,
                                                 .bias = t->kept ? t->bias : NULL,
                                                 .y = output(o, "y", t->y, (size_t)s->rows * s->out),
                                                 .add = t->add,
                                                 .squares = t->kept ? &squares : NULL };
    k->linear_forward(&run, s, &forward);
    k->linear_backward_data(&run, s, t->dy, t->w, t->add, output(o, "dx", t->dx, (size_t)s->rows * s->in));
    float *dw = t->kept || !t->update ? output(o, "dw", NULL, weights) : NULL;
    struct update u = t->update ? *t->update : (struct update){ 0 };
    if (t->update) {
        u.value = output(o, "value", t->w, weights);
        u.moment = output(o, "moment", t->moment, weights);
        u.second = u.kind == UPDATE_ADAMW ? output(o, "second", t->second, weights) : NULL;
    }
    k->linear_backward_weights(&run, s, t->x, t->dy, dw, t->update ? &u : NULL);
    k->linear_backward_bias(&run, s, t->dy, output(o, "db", NULL, (size_t)s->out));
    float *sums = output(o, "squares", NULL, 3);
    sums[0] = t->kept ? (float)squares : 0;
    sums[1] = (float)k->linear_norm(&run, s, t->x, t->dy, &most);
    sums[2] = (float)most;
    run_destroy(&run, reals);
}

static void linear_maps_equal_their_twin(void **state)
{
    (void)state;
    static const struct linear_shape rows[] = {
        { 1, 1, 1 },      { 2, 7, 5 },     { 5, 33, 3 },   { 17, 64, 31 },  { 33, 97, 13 },  { 12, 300, 130 },
        { 128, 96, 256 }, { 301, 40, 65 }, { 7, 1100, 9 }, { 64, 193, 77 }, { 520, 16, 12 }, { 32, 512, 100 },
    };
    static const struct update updates[] = {
        { .kind = UPDATE_LARS, .factor = 0.6f, .momentum = 0.9f, .scale = 0.3f, .decay = 0.01f, .rate = 0.2f },
        { .kind = UPDATE_ADAMW,
          .factor = 0.7f,
          .momentum = 0.9f,
          .momentum2 = 0.99f,
          .keep = 0.98f,
          .rate = 0.1f,
          .root = 2,
          .eps = 1e-3f },
    };
    for (size_t row = 0; row < 4 * sizeof rows / sizeof rows[0]; row++) {
        size_t way = row % 4;
        struct linear_case t = { .s = rows[row / 4], .add = way & 1, .kept = way & 2 };
        t.update = way == 0 ? NULL : &updates[way & 1];
        size_t in = (size_t)t.s.rows * t.s.in, out = (size_t)t.s.rows * t.s.out, weights = (size_t)t.s.in * t.s.out;
        t.x = random_array(in), t.dx = random_array(in), t.y = random_array(out), t.dy = random_array(out);
        t.w = random_array(weights), t.moment = random_array(weights), t.second = random_array(weights);
        t.bias = random_array((size_t)t.s.out);
        for (size_t i = 0; i < weights; i++) t.second[i] = fabsf(t.second[i]);
        char name[100];
        snprintf(name, sizeof name, "linear %d x %d x %d, way %zu", t.s.rows, t.s.in, t.s.out, way);
        check_sets(name, linear_run, &t, 2e-5);
        free(t.x), free(t.dx), free(t.y), free(t.dy), free(t.w), free(t.moment), free(t.second), free(t.bias);
    }
}

/* ---- choice of a set ----------------------------------------------------------------------------------- */

static void sets_are_chosen_by_cpu_and_environment(void **state)
{
    (void)state;
    struct err e = { 0 };
    enum kernel_set found;
    unsetenv("MLVICX_KERNELS");
    assert_true(kernels_resolve(KERNELS_AUTO, &found, &e));
    assert_true(found != KERNELS_AUTO && found < KERNELS_NAIVE);
    assert_string_equal(kernels_find(found)->name, kernel_set_names[found]);
    assert_true(kernels_resolve(KERNELS_NAIVE, &found, &e));
    assert_int_equal(found, KERNELS_NAIVE);
    assert_ptr_equal(kernels_find(found), &kernels_naive);
    setenv("MLVICX_KERNELS", "portable", 1);
    assert_true(kernels_resolve(KERNELS_NAIVE, &found, &e));
    assert_int_equal(found, KERNELS_PORTABLE);
    setenv("MLVICX_KERNELS", "", 1);
    assert_true(kernels_resolve(KERNELS_NAIVE64, &found, &e));
    assert_int_equal(found, KERNELS_NAIVE64);
    assert_null(kernels_find(KERNELS_NAIVE64)); /* of the double engine */
    setenv("MLVICX_KERNELS", "avx3", 1);
    assert_false(kernels_resolve(KERNELS_AUTO, &found, &e));
    assert_int_equal(e.code, ERR_CONFIG);
    assert_non_null(strstr(e.msg, "avx3"));
    unsetenv("MLVICX_KERNELS");
}

int main(void)
{
    stream = random_stream(5, 0, 0, RANDOM_INIT);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sets_are_chosen_by_cpu_and_environment),
        cmocka_unit_test(convolutions_equal_their_twin),
        cmocka_unit_test(norms_equal_their_twin),
        cmocka_unit_test(pools_equal_their_twin),
        cmocka_unit_test(stages_equal_their_twin),
        cmocka_unit_test(products_equal_their_twin),
        cmocka_unit_test(linear_maps_equal_their_twin),
    };
    return cmocka_run_group_tests_name("kernels", tests, NULL, NULL);
}
