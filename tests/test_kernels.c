/* Every kernel of every set that this CPU has against its naive twin, at odd sizes; scratch is not overrun; the same
 * thread count gives the same bits, and other counts nearly the same numbers. */
#include "tests/check.h"

#include <math.h>

#include "engine/base/arena.h"
#include "engine/base/random.h"
#include "engine/kernels/kernels.h"

enum { THREADS_MOST = 3, GUARD = 64 };
static const float guard_value = -12345.5f;

static struct random stream;

static float *new_array(size_t n)
{
    float *a = aligned_alloc(ARENA_ALIGN, arena_round((n + 1) * sizeof *a));
    assert_non_null(a);
    return a;
}

static float *random_array(size_t n)
{
    float *a = new_array(n);
    for (size_t i = 0; i < n; i++) a[i] = (float)random_normal(&stream);
    return a;
}

static float *array_copy(const float *a, size_t n)
{
    float *copy = new_array(n);
    if (a) memcpy(copy, a, n * sizeof *copy);
    return copy;
}

static uint8_t *random_bits(size_t n)
{
    uint8_t *a = malloc(n + 1);
    assert_non_null(a);
    for (size_t i = 0; i < n; i++) a[i] = (uint8_t)random_below(&stream, 2);
    return a;
}

/* ---- a run with guarded scratch ------------------------------------------------------------------------ */

static struct kernel_run run_create(int threads, size_t reals)
{
    struct kernel_run run = { .threads = threads };
    run.scratch =
        aligned_alloc(ARENA_ALIGN, ((reals + GUARD) * sizeof(float) + ARENA_ALIGN - 1) / ARENA_ALIGN * ARENA_ALIGN);
    assert_non_null(run.scratch);
    memset(run.scratch, 0xff, reals * sizeof(float)); /* NaN: nothing may rely on it */
    for (size_t i = 0; i < GUARD; i++) run.scratch[reals + i] = guard_value;
    return run;
}

static void run_destroy(struct kernel_run *run, size_t reals)
{
    for (size_t i = 0; i < GUARD; i++) assert_true(run->scratch[reals + i] == guard_value);
    free(run->scratch);
}

/* ---- one kernel, many arrays --------------------------------------------------------------------------- */

/* What a kernel fills, compared as a list of named arrays. */
struct outputs {
    struct {
        const char *name;
        float *values;
        size_t count;
    } array[12];
    int arrays;
};

static float *output(struct outputs *o, const char *name, const float *start, size_t count)
{
    float *values = array_copy(start, count);
    if (!start) memset(values, 0xff, count * sizeof *values);
    o->array[o->arrays].name = name;
    o->array[o->arrays].count = count;
    o->array[o->arrays++].values = values;
    return values;
}

static void outputs_clear(struct outputs *o)
{
    for (int i = 0; i < o->arrays; i++) free(o->array[i].values);
    o->arrays = 0;
}

/* Largest difference against the root mean square of what is expected; `limit` 0 asks for the same bits. */
static void compare(const char *what, const struct outputs *found, const struct outputs *expected, double limit)
{
    assert_int_equal(found->arrays, expected->arrays);
    for (int i = 0; i < found->arrays; i++) {
        const float *a = found->array[i].values, *b = expected->array[i].values;
        size_t n = found->array[i].count;
        if (limit == 0) {
            if (memcmp(a, b, n * sizeof *a) != 0) fail_msg("%s, %s: other bits", what, found->array[i].name);
            continue;
        }
        double squares = 1e-12;
        for (size_t j = 0; j < n; j++) squares += (double)b[j] * (double)b[j];
        double rms = sqrt(squares / (double)(n ? n : 1));
        for (size_t j = 0; j < n; j++) {
            double error = fabs((double)a[j] - (double)b[j]) / (rms + fabs((double)b[j]));
            if (!(error <= limit)) {
                fail_msg("%s, %s[%zu]: %.9g, expected %.9g", what, found->array[i].name, j, (double)a[j], (double)b[j]);
            }
        }
    }
}

/* Runs a case through set `k` with `threads` threads and fills `o`. */
typedef void (*case_run)(const void *ctx, const struct kernels *k, int threads, struct outputs *o);

static void check_sets(const char *name, case_run run, const void *ctx, double limit)
{
    struct outputs expected = { .arrays = 0 };
    run(ctx, &kernels_naive, 1, &expected);
    for (enum kernel_set set = KERNELS_AVX512; set <= KERNELS_NAIVE; set++) {
        enum kernel_set found;
        if (!kernels_resolve(set, &found, NULL)) continue;
        const struct kernels *k = kernels_find(found);
        for (int threads = 1; threads <= THREADS_MOST; threads++) {
            char what[200];
            snprintf(what, sizeof what, "%s, %s, %d threads", name, k->name, threads);
            struct outputs a = { .arrays = 0 }, b = { .arrays = 0 };
            run(ctx, k, threads, &a);
            run(ctx, k, threads, &b);
            compare(what, &a, &expected, limit);
            compare(what, &b, &a, 0);
            outputs_clear(&a);
            outputs_clear(&b);
        }
    }
    outputs_clear(&expected);
}

/* ---- convolution --------------------------------------------------------------------------------------- */

struct conv_case {
    struct conv_shape s;
    float *x, *w, *dy, *start;
    size_t inputs, weights, outputs;
    int variant;
};

/* Compute each pass by its i-th candidate; passes that have fewer stay as they are. */
static bool choose(const struct kernels *k, struct conv_plan *plan, int i)
{
    bool any = false;
    for (int pass = 0; pass < CONV_PASSES; pass++) {
        const char *name = k->conv_candidate(plan, pass, i);
        if (!name) continue;
        assert_true(k->conv_choose(plan, pass, name));
        assert_string_equal(k->conv_variant(plan, pass), name);
        any = true;
    }
    return any;
}

static void conv_run(const void *ctx, const struct kernels *k, int threads, struct outputs *o)
{
    const struct conv_case *t = ctx;
    struct err e;
    struct conv_plan *plan = k->conv_create(&t->s, threads, &e);
    assert_non_null(plan);
    assert_false(k->conv_choose(plan, CONV_DATA, "nothing of the kind"));
    choose(k, plan, t->variant);
    size_t reals = k->conv_scratch(plan);
    struct kernel_run run = run_create(threads, reals);
    k->conv_forward(&run, plan, t->x, t->w, output(o, "y", NULL, t->outputs));
    k->conv_backward_data(&run, plan, t->dy, t->w, output(o, "dx", NULL, t->inputs), false);
    k->conv_backward_data(&run, plan, t->dy, t->w, output(o, "dx added", t->start, t->inputs), true);
    k->conv_backward_weights(&run, plan, t->x, t->dy, output(o, "dw", NULL, t->weights));
    run_destroy(&run, reals);
    k->conv_destroy(plan);
}

/* Most candidates that any set has for a pass of this shape. */
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
    float *y = output(o, "y", NULL, t->count), *mean = output(o, "mean", NULL, stats),
          *scale = output(o, "scale", NULL, stats);
    float *unbiased = output(o, "unbiased", NULL, stats);
    k->norm_forward(&run, &t->s, t->x, t->residual, t->weight, t->bias, t->keep, y, mean, scale, unbiased);
    float *dx = output(o, "dx", t->dy, t->count),
          *dresidual = t->residual ? output(o, "dresidual", NULL, t->count) : NULL;
    float *dweight = output(o, "dweight", NULL, c), *dbias = output(o, "dbias", NULL, c);
    k->norm_backward(&run, &t->s, t->x, y, t->weight, t->keep, mean, scale, dx, dx, dresidual, dweight, dbias);
    if (t->residual) { /* the other way to share memory */
        float *apart = output(o, "dx apart", NULL, t->count), *shared = output(o, "dresidual over dy", t->dy, t->count);
        k->norm_backward(&run, &t->s, t->x, y, t->weight, t->keep, mean, scale, shared, apart, shared, dweight, dbias);
    }
    float *evaluated = output(o, "evaluated", t->x, t->count);
    k->norm_evaluate(&run, &t->s, evaluated, t->residual, t->weight, t->bias, mean, unbiased, evaluated);
    run_destroy(&run, reals);
}

static void norms_equal_their_twin(void **state)
{
    (void)state;
    static const struct {
        struct norm_shape s;
        bool residual, keep;
    } rows[] = {
        { { 2, 70, 32, true }, true, false },   { { 1, 33, 5, true }, false, false },
        { { 2, 9, 17, false }, true, false },   { { 3, 2, 64, false }, false, false },
        { { 2, 45, 8, true }, true, true },     { { 2, 31, 13, true }, false, true },
        { { 2, 1000, 3, true }, true, false },  { { 1, 9, 1, true }, false, false },
        { { 2, 300, 130, true }, true, false },
    };
    for (size_t row = 0; row < sizeof rows / sizeof rows[0]; row++) {
        struct norm_case t = { .s = rows[row].s };
        t.count = (size_t)t.s.groups * t.s.rows * t.s.c;
        t.x = random_array(t.count), t.dy = random_array(t.count), t.weight = random_array(t.s.c),
        t.bias = random_array(t.s.c);
        for (size_t i = 0; i < t.count; i++)
            t.x[i] = t.x[i] * 0.5f + 3; /* a mean that one-pass sums would lose digits on */
        t.residual = rows[row].residual ? random_array(t.count) : NULL;
        t.keep = rows[row].keep ? random_bits(t.count) : NULL;
        char name[100];
        snprintf(name, sizeof name, "norm %d x %d x %d", t.s.groups, t.s.rows, t.s.c);
        check_sets(name, norm_run, &t, 1e-5);
        free(t.x), free(t.dy), free(t.weight), free(t.bias), free(t.residual), free(t.keep);
    }
}

/* ---- pooling ------------------------------------------------------------------------------------------- */

struct pool_case {
    int n, h, w, c, cells;
    float *x, *dy, *start, *py, *px;
};

static void pool_run(const void *ctx, const struct kernels *k, int threads, struct outputs *o)
{
    const struct pool_case *t = ctx;
    size_t inputs = (size_t)t->n * t->h * t->w * t->c, cells = (size_t)t->n * t->cells * t->cells * t->c;
    size_t pooled = (size_t)t->n * conv_out(t->h, 3, 2, 1) * conv_out(t->w, 3, 2, 1) * t->c;
    struct kernel_run run = run_create(threads, 0);
    uint8_t *tap = malloc(pooled);
    assert_non_null(tap);
    k->maxpool_forward(&run, t->n, t->h, t->w, t->c, t->x, false, output(o, "maxpool", NULL, pooled), tap);
    float *taps = output(o, "taps", NULL, pooled);
    for (size_t i = 0; i < pooled; i++) taps[i] = tap[i];
    k->maxpool_backward(&run, t->n, t->h, t->w, t->c, t->dy, tap, output(o, "maxpool dx", NULL, inputs));
    memset(tap, 4, pooled);
    k->maxpool_forward(&run, t->n, t->h, t->w, t->c, t->x, true, output(o, "maxpool forced", NULL, pooled), tap);
    free(tap);
    k->mean_forward(&run, t->n, t->h * t->w, t->c, t->x, output(o, "mean", NULL, (size_t)t->n * t->c));
    k->mean_backward(&run, t->n, t->h * t->w, t->c, t->dy, output(o, "mean dx", t->start, inputs));
    k->cells_forward(&run, t->n, t->h, t->w, t->c, t->cells, t->py, t->px, t->x, output(o, "cells", NULL, cells));
    k->cells_backward(&run, t->n, t->h, t->w, t->c, t->cells, t->py, t->px, t->dy,
                      output(o, "cells dx", t->start, inputs));
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
        for (size_t i = 0; i < inputs; i++) t.x[i] = rintf(t.x[i]); /* ties */
        t.py = random_array((size_t)t.cells * t.h), t.px = random_array((size_t)t.cells * t.w);
        for (int i = 0; i < t.cells * t.h; i += 2) t.py[i] = 0;
        for (int i = 0; i < t.cells * t.w; i += 3) t.px[i] = 0;
        char name[100];
        snprintf(name, sizeof name, "pool %d x %d x %d x %d", t.n, t.h, t.w, t.c);
        check_sets(name, pool_run, &t, 1e-5);
        free(t.x), free(t.dy), free(t.start), free(t.py), free(t.px);
    }
}

/* ---- context gate -------------------------------------------------------------------------------------- */

struct gate_case {
    struct gate_shape s;
    struct gate_weights w;
    struct gate_choices choices;
    float *x, *dy;
    size_t count;
};

static void gate_run(const void *ctx, const struct kernels *k, int threads, struct outputs *o)
{
    const struct gate_case *t = ctx;
    const struct gate_shape *s = &t->s;
    size_t pixels = (size_t)s->n * s->h * s->w, linear = (size_t)s->hidden * s->c, reals = k->gate_scratch(s, threads);
    struct kernel_run run = run_create(threads, reals);
    struct gate_saved saved = {
        .pooled = output(o, "pooled", NULL, 2 * (size_t)s->n * s->c),
        .hidden = output(o, "hidden", NULL, 2 * (size_t)s->n * s->hidden),
        .channel = output(o, "channel", NULL, (size_t)s->n * s->c),
        .stat = output(o, "stat", NULL, 2 * pixels),
        .spatial = output(o, "spatial", NULL, pixels),
        .largest = malloc(pixels * sizeof(int32_t)),
    };
    assert_non_null(saved.largest);
    k->gate_forward(&run, s, &t->w, &t->choices, t->x, output(o, "y", NULL, t->count), &saved);
    float *largest = output(o, "largest", NULL, pixels);
    for (size_t i = 0; i < pixels; i++) largest[i] = (float)saved.largest[i];
    struct gate_weights dw = { output(o, "dreduce", NULL, linear), output(o, "dexpand", NULL, linear),
                               output(o, "dspatial", NULL, 98) };
    float *dx = output(o, "dx", t->dy, t->count);
    k->gate_backward(&run, s, &t->w, &t->choices, t->x, &saved, dx, dx, &dw);
    free(saved.largest);
    run_destroy(&run, reals);
}

static void gates_equal_their_twin(void **state)
{
    (void)state;
    static const struct gate_shape rows[] = {
        { 2, 5, 7, 32, 16 },  { 1, 1, 1, 4, 2 },    { 3, 2, 9, 5, 2 }, { 1, 8, 8, 17, 8 },  { 4, 2, 2, 64, 32 },
        { 2, 4, 4, 130, 65 }, { 1, 33, 17, 16, 8 }, { 5, 3, 3, 1, 1 }, { 2, 16, 32, 8, 4 },
    };
    for (size_t row = 0; row < 3 * sizeof rows / sizeof rows[0]; row++) {
        struct gate_case t = { .s = rows[row / 3] };
        const struct gate_shape *s = &t.s;
        size_t pixels = (size_t)s->n * s->h * s->w, linear = (size_t)s->hidden * s->c;
        t.count = pixels * s->c;
        t.x = random_array(t.count), t.dy = random_array(t.count);
        t.w = (struct gate_weights){ random_array(linear), random_array(linear), random_array(98) };
        /* gates that do not saturate: near 1 they have few digits left */
        for (size_t i = 0; i < linear; i++) t.w.reduce[i] /= (float)s->c, t.w.expand[i] /= (float)s->hidden;
        for (int i = 0; i < 98; i++) t.w.spatial[i] /= 7;
        /* as after a ReLU, with a channel that is all zero: it ties everywhere */
        if (row % 3 == 1) {
            for (size_t i = 0; i < t.count; i++) t.x[i] = t.x[i] < 0 || i % s->c == 1 ? 0 : rintf(8 * t.x[i]) / 8;
        }
        uint8_t *top = random_bits(t.count), *hidden = random_bits(2 * (size_t)s->n * s->hidden);
        int32_t *largest = calloc(pixels, sizeof *largest);
        assert_non_null(largest);
        for (size_t i = 0; i < (size_t)s->n * s->c; i++) top[i / s->c * s->h * s->w * s->c + i % s->c] = 1;
        for (size_t i = 0; i < pixels; i++) largest[i] = (int32_t)random_below(&stream, (uint32_t)s->c);
        if (row % 3 == 2) t.choices = (struct gate_choices){ top, hidden, largest };
        char name[100];
        snprintf(name, sizeof name, "gate %d x %d x %d x %d, way %zu", s->n, s->h, s->w, s->c, row % 3);
        check_sets(name, gate_run, &t, 2e-5);
        free(t.x), free(t.dy), free(t.w.reduce), free(t.w.expand), free(t.w.spatial), free(top), free(hidden),
            free(largest);
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
    k->product(&run, t->ta, t->tb, t->m, t->n, t->k, t->alpha, t->a, lda, t->b, ldb, t->beta, c, ldc);
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
        cmocka_unit_test(gates_equal_their_twin),
        cmocka_unit_test(products_equal_their_twin),
    };
    return cmocka_run_group_tests_name("kernels", tests, NULL, NULL);
}
