/* Every backward kernel against central differences of its forward kernel, in double.
 *
 * A loss is the sum of outputs times fixed random numbers, so that dy is those numbers. */
#include "tests/check.h"

#include <math.h>

#include "engine/base/random.h"
#include "engine/kernels/kernels.h"
#include "engine/kernels/naive/naive.h"

#ifndef MLVICX_REAL64
#error "this suite is about the double kernels"
#endif

enum { TRIED = 60 }; /* elements of a tensor that are varied, spread evenly */

static struct random stream;
static double scratch[1 << 16];
static const struct kernel_run run = { .threads = 2, .scratch = scratch };

static const struct kernels *table(void)
{
    return kernels_find(KERNELS_NAIVE64);
}

static double *random_array(size_t n)
{
    double *a = calloc(n ? n : 1, sizeof *a);
    assert_non_null(a);
    for (size_t i = 0; i < n; i++) a[i] = random_normal(&stream);
    return a;
}

static uint8_t *random_bits(size_t n)
{
    uint8_t *a = calloc(n, 1);
    assert_non_null(a);
    for (size_t i = 0; i < n; i++) a[i] = (uint8_t)random_below(&stream, 2);
    return a;
}

static double dot(const double *a, const double *b, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++) sum += a[i] * b[i];
    return sum;
}

/* `gradient` of loss(ctx) by values[0..n) must be what differences say. */
static void check_gradient(const char *name, double *values, const double *gradient, size_t n, double (*loss)(void *),
                           void *ctx)
{
    double h = 1e-5, largest = 1e-3;
    for (size_t i = 0; i < n; i++) largest = fmax(largest, fabs(gradient[i]));
    size_t stride = n / TRIED + 1;
    for (size_t i = 0; i < n; i += stride) {
        double before = values[i];
        values[i] = before + h;
        double up = loss(ctx);
        values[i] = before - h;
        double down = loss(ctx);
        values[i] = before;
        double expected = (up - down) / (2 * h);
        if (!(fabs(expected - gradient[i]) <= 1e-7 * largest)) {
            fail_msg("%s[%zu]: %.12g, differences say %.12g", name, i, gradient[i], expected);
        }
    }
}

/* ---- convolution ------------------------------------------------------------------------------------- */

struct conv_case {
    struct conv_plan *plan;
    double *x, *w, *y, *dy;
    size_t outputs;
};

static double conv_loss(void *ctx)
{
    struct conv_case *t = ctx;
    table()->conv_forward(&run, t->plan, t->x, t->w, t->y);
    return dot(t->y, t->dy, t->outputs);
}

static void convolution_gradients_hold(void **state)
{
    (void)state;
    static const struct conv_shape rows[] = {
        { 2, 5, 4, 3, 5, 3, 1, 1 },   { 1, 7, 9, 2, 3, 3, 2, 1 }, { 2, 9, 11, 3, 4, 7, 2, 3 },
        { 1, 6, 7, 4, 3, 1, 2, 0 },   { 3, 3, 5, 5, 8, 1, 1, 0 }, { 1, 1, 1, 2, 3, 3, 1, 1 },
        { 1, 6, 5, 13, 17, 3, 1, 0 }, { 1, 2, 2, 1, 1, 7, 2, 3 },
    };
    for (size_t row = 0; row < sizeof rows / sizeof rows[0]; row++) {
        const struct conv_shape *s = &rows[row];
        struct err e;
        size_t inputs = (size_t)s->n * s->h * s->w * s->c, weights = (size_t)s->r * s->r * s->c * s->k;
        struct conv_case t = { .plan = table()->conv_create(s, run.threads, &e),
                               .x = random_array(inputs),
                               .w = random_array(weights) };
        t.outputs =
            (size_t)s->n * conv_out(s->h, s->r, s->stride, s->pad) * conv_out(s->w, s->r, s->stride, s->pad) * s->k;
        t.y = random_array(t.outputs);
        t.dy = random_array(t.outputs);
        double *dx = random_array(inputs), *more = random_array(inputs), *dw = random_array(weights);
        double *start = malloc(inputs * sizeof *start);
        memcpy(start, more, inputs * sizeof *start);
        table()->conv_backward_data(&run, t.plan, t.dy, t.w, dx, false);
        table()->conv_backward_data(&run, t.plan, t.dy, t.w, more, true);
        for (size_t i = 0; i < inputs; i++) assert_true(fabs(more[i] - start[i] - dx[i]) < 1e-12);
        table()->conv_backward_weights(&run, t.plan, t.x, t.dy, dw);
        check_gradient("conv dx", t.x, dx, inputs, conv_loss, &t);
        check_gradient("conv dw", t.w, dw, weights, conv_loss, &t);
        table()->conv_destroy(t.plan);
        free(t.x), free(t.w), free(t.y), free(t.dy), free(dx), free(more), free(dw), free(start);
    }
}

/* ---- batch norm -------------------------------------------------------------------------------------- */

struct norm_case {
    struct norm_shape s;
    double *x, *residual, *weight, *bias, *y, *dy;
    struct norm_saved saved;
    uint8_t *keep;
    size_t count;
};

static double norm_loss(void *ctx)
{
    struct norm_case *t = ctx;
    table()->norm_statistics(&run, &t->s, t->x, t->weight, t->bias, &t->saved);
    table()->norm_apply(&run, &t->s, &(struct norm_apply_args){ t->x, t->residual, t->saved.affine, t->keep, t->y });
    return dot(t->y, t->dy, t->count);
}

static void norm_gradients_hold_through_the_statistics(void **state)
{
    (void)state;
    static const struct {
        struct norm_shape s;
        bool residual, keep;
    } rows[] = {
        { { 1, 7, 3, false }, false, false }, { { 2, 33, 5, true }, false, false }, { { 2, 9, 8, true }, true, false },
        { { 2, 2, 17, false }, true, false }, { { 2, 9, 8, true }, true, true },    { { 3, 5, 1, true }, false, true },
    };
    for (size_t row = 0; row < sizeof rows / sizeof rows[0]; row++) {
        struct norm_case t = { .s = rows[row].s };
        size_t c = t.s.c, stats = t.s.groups * c;
        t.count = stats * t.s.rows;
        t.x = random_array(t.count), t.y = random_array(t.count), t.dy = random_array(t.count);
        t.residual = rows[row].residual ? random_array(t.count) : NULL;
        t.keep = rows[row].keep ? random_bits(t.count) : NULL;
        t.weight = random_array(c), t.bias = random_array(c);
        t.saved = (struct norm_saved){ random_array(stats), random_array(stats), random_array(stats),
                                       calloc(3 * stats, sizeof(double)) };
        norm_loss(&t);
        double *dx = random_array(t.count), *dresidual = t.residual ? random_array(t.count) : NULL;
        double *dweight = random_array(c), *dbias = random_array(c);
        memcpy(dx, t.dy, t.count * sizeof *dx); /* dx may be dy */
        table()->norm_backward(&run, &t.s,
                               &(struct norm_backward_args){ t.x, row % 2 ? NULL : t.y, t.weight, t.keep, &t.saved, dx,
                                                             dx, dresidual, dweight, dbias });
        check_gradient("norm dx", t.x, dx, t.count, norm_loss, &t);
        if (dresidual) check_gradient("norm dresidual", t.residual, dresidual, t.count, norm_loss, &t);
        check_gradient("norm dweight", t.weight, dweight, c, norm_loss, &t);
        check_gradient("norm dbias", t.bias, dbias, c, norm_loss, &t);
        free(t.x), free(t.y), free(t.dy), free(t.residual), free(t.keep), free(t.weight), free(t.bias);
        free(t.saved.mean), free(t.saved.scale), free(t.saved.unbiased), free(t.saved.affine), free(dx),
            free(dresidual), free(dweight), free(dbias);
    }
}

static void norm_applies_any_coefficients(void **state)
{
    (void)state;
    struct norm_shape s = { 1, 3, 2, true };
    double x[6] = { 1, 2, 3, 4, 5, 6 }, residual[6] = { 0, 0, 1, -9, 0, 0 }, y[6];
    double affine[6] = { 3, 4, 1, 1, -1, 3 }; /* pivot, factor, shift */
    double expected[6] = { 0, 1, 0, 0, 1, 5 };
    table()->norm_apply(&run, &s, &(struct norm_apply_args){ x, residual, affine, NULL, y });
    for (int i = 0; i < 6; i++) assert_true(fabs(y[i] - expected[i]) < 1e-12);
}

/* ---- max-pool, mean, cells --------------------------------------------------------------------------- */

struct pool_case {
    int n, h, w, c, cells;
    double *x, *y, *dy, *py, *px;
    uint8_t *tap;
    bool forced;
    size_t outputs;
};

static double maxpool_loss(void *ctx)
{
    struct pool_case *t = ctx;
    maxpool_forward_naive(&run, &(struct maxpool_shape){ t->n, t->h, t->w, t->c }, t->x, t->forced, t->y, t->tap);
    return dot(t->y, t->dy, t->outputs);
}

static double mean_loss(void *ctx)
{
    struct pool_case *t = ctx;
    table()->mean_forward(&run, t->n, t->h * t->w, t->c, t->x, t->y);
    return dot(t->y, t->dy, t->outputs);
}

static double cells_loss(void *ctx)
{
    struct pool_case *t = ctx;
    table()->cells_forward(&run, &(struct cells_shape){ t->n, t->h, t->w, t->c, t->cells },
                           &(struct cell_operators){ t->py, t->px }, t->x, t->y);
    return dot(t->y, t->dy, t->outputs);
}

static void pooling_gradients_hold(void **state)
{
    (void)state;
    static const int sizes[][5] = { { 2, 7, 5, 3, 4 }, { 1, 1, 1, 5, 4 }, { 3, 4, 6, 1, 2 }, { 1, 33, 2, 17, 3 } };
    for (size_t row = 0; row < sizeof sizes / sizeof sizes[0]; row++) {
        const int *z = sizes[row];
        struct pool_case t = { .n = z[0], .h = z[1], .w = z[2], .c = z[3], .cells = z[4] };
        size_t inputs = (size_t)t.n * t.h * t.w * t.c,
               pooled = (size_t)t.n * conv_out(t.h, 3, 2, 1) * conv_out(t.w, 3, 2, 1) * t.c;
        size_t most = pooled + (size_t)t.n * t.cells * t.cells * t.c;
        t.x = random_array(inputs), t.y = random_array(most), t.dy = random_array(most);
        t.tap = random_bits(pooled);
        t.py = random_array((size_t)t.cells * t.h), t.px = random_array((size_t)t.cells * t.w);
        t.py[0] = t.px[t.w - 1] = 0;
        double *dx = random_array(inputs);

        t.outputs = pooled;
        for (int forced = 0; forced < 2; forced++) {
            t.forced = forced != 0;
            if (forced) memset(t.tap, 4, pooled); /* the centre is always inside */
            maxpool_loss(&t);
            maxpool_backward_naive(&run, &(struct maxpool_shape){ t.n, t.h, t.w, t.c }, t.dy, t.tap, dx);
            check_gradient("maxpool dx", t.x, dx, inputs, maxpool_loss, &t);
        }
        t.outputs = (size_t)t.n * t.c;
        memset(dx, 0, inputs * sizeof *dx);
        table()->mean_backward(&run, t.n, t.h * t.w, t.c, t.dy, dx);
        check_gradient("mean dx", t.x, dx, inputs, mean_loss, &t);

        t.outputs = (size_t)t.n * t.cells * t.cells * t.c;
        memset(dx, 0, inputs * sizeof *dx);
        table()->cells_backward(&run, &(struct cells_shape){ t.n, t.h, t.w, t.c, t.cells },
                                &(struct cell_operators){ t.py, t.px }, t.dy, dx);
        check_gradient("cells dx", t.x, dx, inputs, cells_loss, &t);
        free(t.x), free(t.y), free(t.dy), free(t.tap), free(t.py), free(t.px), free(dx);
    }
}

static void a_pooled_tie_goes_to_the_first(void **state)
{
    (void)state;
    double x[9] = { 1, 1, 1, 1, 1, 1, 1, 1, 1 }, y[4], dy[4] = { 1, 2, 4, 8 }, dx[9];
    uint8_t tap[4];
    const struct maxpool_shape s = { 1, 3, 3, 1 };
    maxpool_forward_naive(&run, &s, x, false, y, tap);
    maxpool_backward_naive(&run, &s, dy, tap, dx);
    double expected[9] = { 1, 2, 0, 4, 8, 0, 0, 0, 0 };
    assert_memory_equal(dx, expected, sizeof dx);
}

/* ---- context gate ------------------------------------------------------------------------------------ */

struct gate_case {
    struct gate_shape s;
    struct gate_weights w;
    struct gate_saved saved;
    struct gate_choices choices;
    double *x, *y, *dy;
    size_t count;
};

static double gate_loss(void *ctx)
{
    struct gate_case *t = ctx;
    gate_forward_naive(&run, &t->s, &(struct gate_operands){ &t->w, &t->choices, &t->saved }, t->x, t->y);
    return dot(t->y, t->dy, t->count);
}

static void gate_case_init(struct gate_case *t, const struct gate_shape *s)
{
    size_t pixels = (size_t)s->n * s->h * s->w;
    *t = (struct gate_case){ .s = *s, .count = pixels * s->c };
    t->x = random_array(t->count), t->y = random_array(t->count), t->dy = random_array(t->count);
    t->w = (struct gate_weights){ random_array((size_t)s->hidden * s->c), random_array((size_t)s->hidden * s->c),
                                  random_array(98), 0.7 };
    t->saved.pooled = random_array(2 * (size_t)s->n * s->c);
    t->saved.hidden = random_array(2 * (size_t)s->n * s->hidden);
    t->saved.channel = random_array(2 * (size_t)s->n * s->c);
    t->saved.stat = random_array(2 * pixels);
    t->saved.spatial = random_array(2 * pixels);
    t->saved.largest = calloc(pixels, sizeof(int32_t));
    assert_non_null(t->saved.largest);
}

static void gate_case_clear(struct gate_case *t)
{
    free(t->x), free(t->y), free(t->dy), free(t->w.reduce), free(t->w.expand), free(t->w.spatial);
    free(t->saved.pooled), free(t->saved.hidden), free(t->saved.channel), free(t->saved.stat), free(t->saved.spatial);
    free(t->saved.largest);
}

static void gate_gradients_hold(void **state)
{
    (void)state;
    static const struct gate_shape rows[] = {
        { 2, 5, 7, 6, 3 }, { 1, 1, 1, 4, 2 }, { 3, 2, 9, 5, 2 }, { 1, 8, 8, 17, 8 }
    };
    for (size_t row = 0; row < 2 * sizeof rows / sizeof rows[0]; row++) {
        struct gate_case t;
        gate_case_init(&t, &rows[row / 2]);
        const struct gate_shape *s = &t.s;
        uint8_t *top = random_bits(t.count), *hidden = random_bits(2 * (size_t)s->n * s->hidden);
        int32_t *largest = calloc((size_t)s->n * s->h * s->w, sizeof *largest);
        if (row % 2) { /* forced choices make other functions, just as smooth */
            for (size_t i = 0; i < (size_t)s->n * s->c; i++) top[i / s->c * s->h * s->w * s->c + i % s->c] = 1;
            for (int i = 0; i < s->n * s->h * s->w; i++) largest[i] = (int32_t)random_below(&stream, (uint32_t)s->c);
            t.choices = (struct gate_choices){ top, hidden, largest };
        }
        size_t linear = (size_t)s->hidden * s->c;
        struct gate_weights dw = { random_array(linear), random_array(linear), random_array(98), 0 };
        double *dx = random_array(t.count);
        assert_true(gate_scratch_naive(s, run.threads) <= sizeof scratch / sizeof scratch[0]);
        gate_loss(&t);
        memcpy(dx, t.dy, t.count * sizeof *dx); /* dx may be dy */
        gate_backward_naive(&run, s, &(struct gate_operands){ &t.w, &t.choices, &t.saved },
                            &(struct gate_backward_args){ t.x, dx, dx, &dw });
        check_gradient("gate dx", t.x, dx, t.count, gate_loss, &t);
        check_gradient("gate dreduce", t.w.reduce, dw.reduce, linear, gate_loss, &t);
        check_gradient("gate dexpand", t.w.expand, dw.expand, linear, gate_loss, &t);
        check_gradient("gate dspatial", t.w.spatial, dw.spatial, 98, gate_loss, &t);
        free(top), free(hidden), free(largest), free(dx), free(dw.reduce), free(dw.expand), free(dw.spatial);
        gate_case_clear(&t);
    }
}

/* Positions that tie for the maximum over hw share its gradient: equal pixels get equal gradients. */
static void gate_shares_the_gradient_of_ties(void **state)
{
    (void)state;
    struct gate_case t;
    gate_case_init(&t, &(struct gate_shape){ 1, 1, 2, 2, 2 });
    for (size_t i = 0; i < t.count; i++) t.x[i] = 1 + (double)(i % 2);
    for (size_t i = 0; i < t.count; i++) t.dy[i] = 1;
    for (int i = 0; i < 98; i++) t.w.spatial[i] = i / 14 == 3 ? 0.1 : 0; /* the middle row, symmetric */
    for (int i = 0; i < 4; i++) t.w.reduce[i] = t.w.expand[i] = 0.5;
    double *dx = random_array(t.count), a[4], b[4], c[98];
    struct gate_weights dw = { a, b, c, 0 };
    gate_loss(&t);
    gate_backward_naive(&run, &t.s, &(struct gate_operands){ &t.w, NULL, &t.saved },
                        &(struct gate_backward_args){ t.x, t.dy, dx, &dw });
    assert_true(fabs(dx[0] - dx[2]) < 1e-14 && fabs(dx[1] - dx[3]) < 1e-14);
    /* both together are moved by the maximum as by one */
    double h = 1e-6, before = gate_loss(&t);
    t.x[0] += h, t.x[2] += h;
    assert_true(fabs((gate_loss(&t) - before) / h - dx[0] - dx[2]) < 1e-5);
    free(dx);
    gate_case_clear(&t);
}

/* ---- end of a stage ---------------------------------------------------------------------------------- */

struct stage_case {
    struct stage_shape s;
    struct gate_weights w;
    struct cell_operators cells;
    struct stage_choices forced;
    struct stage_saved saved;
    struct norm_saved norm;
    double *x, *residual, *weight, *bias, *y, *cell_map, *dy, *dcells;
    size_t count, outputs, cell_count;
};

static double stage_loss(void *ctx)
{
    struct stage_case *t = ctx;
    struct norm_shape norm = { t->s.groups, t->s.n / t->s.groups * t->s.h * t->s.w, t->s.c, true };
    table()->norm_statistics(&run, &norm, t->x, t->weight, t->bias, &t->norm);
    struct stage_forward_args f = {
        .x = t->x, .residual = t->residual, .affine = t->norm.affine, .y = t->y, .cells = t->cell_map
    };
    table()->stage_forward(&run, &t->s, &(struct stage_operands){ &t->w, &t->cells, &t->forced, &t->saved }, &f);
    return dot(t->y, t->dy, t->outputs) + dot(t->cell_map, t->dcells, t->cell_count);
}

static void stage_case_init(struct stage_case *t, const struct stage_shape *s, bool residual)
{
    size_t pixels = (size_t)s->n * s->h * s->w, stats = (size_t)s->groups * s->c, linear = (size_t)s->hidden * s->c;
    *t = (struct stage_case){ .s = *s, .count = pixels * s->c };
    t->cell_count = (size_t)s->n * s->cells * s->cells * s->c;
    t->outputs = s->maxpool ? (size_t)s->n * conv_out(s->h, 3, 2, 1) * conv_out(s->w, 3, 2, 1) * s->c : t->count;
    t->x = random_array(t->count), t->residual = residual ? random_array(t->count) : NULL;
    t->weight = random_array(s->c), t->bias = random_array(s->c);
    t->y = random_array(t->outputs), t->dy = random_array(t->outputs);
    t->cell_map = random_array(t->cell_count), t->dcells = random_array(t->cell_count);
    t->w = (struct gate_weights){ random_array(linear), random_array(linear), random_array(98), 0.7 };
    t->cells = (struct cell_operators){ random_array((size_t)s->cells * s->h), random_array((size_t)s->cells * s->w) };
    t->norm =
        (struct norm_saved){ random_array(stats), random_array(stats), random_array(stats), random_array(3 * stats) };
    t->saved.gate =
        (struct gate_saved){ random_array(2 * (size_t)s->n * s->c), random_array(2 * (size_t)s->n * s->hidden),
                             random_array(2 * (size_t)s->n * s->c), random_array(2 * pixels),
                             calloc(pixels, sizeof(int32_t)),       random_array(2 * pixels) };
    t->saved.tap = random_bits(t->outputs);
    /* forced choices make a function as smooth as differences need */
    uint8_t *top = random_bits(t->count), *tap = random_bits(t->outputs);
    int32_t *largest = calloc(pixels, sizeof *largest);
    for (size_t i = 0; i < (size_t)s->n * s->c; i++) top[i / s->c * s->h * s->w * s->c + i % s->c] = 1;
    for (size_t i = 0; i < pixels; i++) largest[i] = (int32_t)random_below(&stream, (uint32_t)s->c);
    memset(tap, 4, t->outputs);
    t->forced = (struct stage_choices){ random_bits(t->count),
                                        { top, random_bits(2 * (size_t)s->n * s->hidden + 1), largest },
                                        tap };
}

static void stage_case_clear(struct stage_case *t)
{
    const void *all[] = { t->x,
                          t->residual,
                          t->weight,
                          t->bias,
                          t->y,
                          t->dy,
                          t->cell_map,
                          t->dcells,
                          t->w.reduce,
                          t->w.expand,
                          t->w.spatial,
                          t->cells.rows,
                          t->cells.columns,
                          t->norm.mean,
                          t->norm.scale,
                          t->norm.unbiased,
                          t->norm.affine,
                          t->saved.gate.pooled,
                          t->saved.gate.hidden,
                          t->saved.gate.channel,
                          t->saved.gate.stat,
                          t->saved.gate.largest,
                          t->saved.gate.spatial,
                          t->saved.tap,
                          t->forced.keep,
                          t->forced.gate.top,
                          t->forced.gate.hidden,
                          t->forced.gate.largest,
                          t->forced.tap };
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) free((void *)(uintptr_t)all[i]);
}

static void stage_gradients_hold(void **state)
{
    (void)state;
    static const struct {
        struct stage_shape s;
        bool residual;
    } rows[] = {
        { { 4, 5, 4, 6, 2, 3, false, 4 }, true },
        { { 2, 7, 6, 5, 1, 2, true, 3 }, false },
        { { 4, 4, 3, 4, 2, 0, true, 2 }, false },
        { { 4, 3, 3, 4, 2, 0, false, 2 }, true },
    };
    for (size_t row = 0; row < sizeof rows / sizeof rows[0]; row++) {
        struct stage_case t;
        stage_case_init(&t, &rows[row].s, rows[row].residual);
        size_t linear = (size_t)t.s.hidden * t.s.c;
        assert_true(table()->stage_scratch(&t.s, run.threads) <= sizeof scratch / sizeof scratch[0]);
        stage_loss(&t);
        struct stage_backward_args b = { .x = t.x,
                                         .residual = t.residual,
                                         .weight = t.weight,
                                         .norm = &t.norm,
                                         .dy = t.dy,
                                         .dcells = t.dcells,
                                         .dx = random_array(t.count),
                                         .dresidual = t.residual ? random_array(t.count) : NULL,
                                         .dweight = random_array(t.s.c),
                                         .dbias = random_array(t.s.c),
                                         .dw = { random_array(linear), random_array(linear), random_array(98), 0 } };
        table()->stage_backward(&run, &t.s, &(struct stage_operands){ &t.w, &t.cells, &t.forced, &t.saved }, &b);
        check_gradient("stage dx", t.x, b.dx, t.count, stage_loss, &t);
        if (t.residual) check_gradient("stage dresidual", t.residual, b.dresidual, t.count, stage_loss, &t);
        check_gradient("stage dweight", t.weight, b.dweight, (size_t)t.s.c, stage_loss, &t);
        check_gradient("stage dbias", t.bias, b.dbias, (size_t)t.s.c, stage_loss, &t);
        check_gradient("stage dreduce", t.w.reduce, b.dw.reduce, linear, stage_loss, &t);
        check_gradient("stage dexpand", t.w.expand, b.dw.expand, linear, stage_loss, &t);
        if (t.s.hidden) check_gradient("stage dspatial", t.w.spatial, b.dw.spatial, 98, stage_loss, &t);
        free(b.dx), free(b.dresidual), free(b.dweight), free(b.dbias);
        free(b.dw.reduce), free(b.dw.expand), free(b.dw.spatial);
        stage_case_clear(&t);
    }
}

static void products_transpose_and_accumulate(void **state)
{
    (void)state;
    enum { M = 3, N = 4, K = 5 };
    double a[M * K], b[K * N], at[K * M], bt[N * K], c[M * N], expected[M * N];
    for (int i = 0; i < M * K; i++) a[i] = random_normal(&stream), at[i % K * M + i / K] = a[i];
    for (int i = 0; i < K * N; i++) b[i] = random_normal(&stream), bt[i % N * K + i / N] = b[i];
    for (int way = 0; way < 8; way++) {
        bool ta = way & 1, tb = way & 2;
        double beta = way & 4 ? 0.5 : 0;
        for (int i = 0; i < M * N; i++) {
            c[i] = beta == 0 ? NAN : 2;
            expected[i] = beta == 0 ? 0 : 1;
            for (int l = 0; l < K; l++) expected[i] += 3 * a[i / N * K + l] * b[l * N + i % N];
        }
        table()->product(&run, &(struct product){ .m = M,
                                                  .n = N,
                                                  .k = K,
                                                  .a = { ta ? at : a, ta ? M : K, ta },
                                                  .b = { tb ? bt : b, tb ? K : N, tb },
                                                  .c = c,
                                                  .pitch = N,
                                                  .alpha = 3,
                                                  .beta = beta });
        for (int i = 0; i < M * N; i++) assert_true(fabs(c[i] - expected[i]) < 1e-12);
    }
}

/* ---- normality ----------------------------------------------------------------------------------------- */

enum { NORMAL_N = 7, NORMAL_K = 9 };

static double normality_loss(void *ctx)
{
    double statistic[NORMAL_K], ignored[NORMAL_N * NORMAL_K], sum = 0;
    table()->normality(&run, NORMAL_N, NORMAL_K, ctx, statistic, ignored);
    for (int j = 0; j < NORMAL_K; j++) sum += statistic[j];
    return sum;
}

static void normality_gradients_hold(void **state)
{
    (void)state;
    double *x = random_array(NORMAL_N * NORMAL_K), statistic[NORMAL_K], dx[NORMAL_N * NORMAL_K];
    table()->normality(&run, NORMAL_N, NORMAL_K, x, statistic, dx);
    check_gradient("normality", x, dx, NORMAL_N * NORMAL_K, normality_loss, x);
    free(x);
}

int main(void)
{
    stream = random_stream(11, 0, 0, RANDOM_INIT);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(convolution_gradients_hold),
        cmocka_unit_test(norm_gradients_hold_through_the_statistics),
        cmocka_unit_test(norm_applies_any_coefficients),
        cmocka_unit_test(pooling_gradients_hold),
        cmocka_unit_test(a_pooled_tie_goes_to_the_first),
        cmocka_unit_test(gate_gradients_hold),
        cmocka_unit_test(gate_shares_the_gradient_of_ties),
        cmocka_unit_test(stage_gradients_hold),
        cmocka_unit_test(products_transpose_and_accumulate),
        cmocka_unit_test(normality_gradients_hold),
    };
    return cmocka_run_group_tests_name("kernels_gradient", tests, NULL, NULL);
}
