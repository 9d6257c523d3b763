/* A step as a whole: what it reports, what a refused one leaves, sums that overflow, and the choice among variants. */
#include "tests/engine_help.h"

#include <math.h>

#include "engine/base/random.h"
#include "engine/train/optimizer.h"
#include "engine/train/tune.h"

enum { SIZE = 33, PIXELS = SIZE * SIZE, BATCH = 6, MICRO = 3, IMAGES = BATCH * MICRO };

static const struct loss_weights usual = { 2, 0.5, 25, 25, 1, 5e-3, 0.1, 0.05, NULL };

static struct engine_config small(int accumulate)
{
    struct engine_config c = small_engine(KERNELS_NAIVE64, SIZE, BATCH, 2);
    c.accumulate = accumulate;
    return c;
}

static struct engine *made(int accumulate)
{
    const struct engine_config c = small(accumulate);
    return engine_made(&c, 7);
}

/* Micro-batches that differ in contrast, so that their numbers do too. */
static void draw(float *out, uint32_t which)
{
    struct random r = random_stream(1, which, 0, RANDOM_INIT);
    float level = 0.5f;
    for (size_t i = 0; i < (size_t)IMAGES * PIXELS; i++) {
        level += (float)(random_uniform64(&r) - 0.5) * 0.2f;
        level = fminf(1, fmaxf(0, level));
        out[i] = level / (float)(1 + i / ((size_t)BATCH * PIXELS));
    }
}

static double *all_numbers(const struct engine *g, size_t *n)
{
    *n = 0;
    for (int i = 0; i < engine_tensors(g); i++) *n += engine_tensor(g, i)->count;
    double *x = malloc(*n * sizeof *x);
    assert_non_null(x);
    size_t at = 0;
    for (int i = 0; i < engine_tensors(g); at += engine_tensor(g, i++)->count) engine_read64(g, i, PART_VALUE, x + at);
    return x;
}

static int tensor_called(const struct engine *g, const char *name)
{
    for (int i = 0; i < engine_tensors(g); i++)
        if (!strcmp(engine_tensor(g, i)->name, name)) return i;
    fail_msg("no tensor %s", name);
    return -1;
}

/* Shift the weights of the heads' last norms, so that some dimensions are dead and others beyond the hinge. */
static void spread(struct engine *g, float global, float local)
{
    static const char *const names[] = { "global.2.norm.weight", "local.2.norm.weight" };
    for (int l = 0; l < 2; l++) {
        float w[16];
        for (int j = 0; j < 16; j++) w[j] = (l ? local : global) * (j < 5 ? 0.05f : j < 9 ? 0.3f : 1.5f);
        engine_write(g, tensor_called(g, names[l]), PART_VALUE, w);
    }
}

enum { LEVEL_NUMBERS = sizeof(struct level_report) / sizeof(double) };

/* Every number of a step over micro-batches is the mean of theirs: all the fields of a level, whatever they are. */
static void what_is_reported_of_micro_batches_is_their_mean(void **state)
{
    (void)state;
    static float views[2][IMAGES * PIXELS];
    struct engine *g = made(MICRO);
    struct step_report r, alone;
    struct err e;
    double mean[2][LEVEL_NUMBERS] = { { 0 } }, total = 0, features = 0;
    for (uint32_t v = 0; v < 2; v++) draw(views[v], v);
    spread(g, 1, 1);
    const struct batch both = { .n = IMAGES, .views = 2, .f32 = { views[0], views[1] } };
    if (!engine_step(g, &both, &(struct step_settings){ .weights = usual, .rate = 0 }, &r, &e)) fail_msg("%s", e.msg);
    for (int i = 0; i < MICRO; i++) {
        struct engine *h = made(1);
        size_t from = (size_t)i * BATCH * PIXELS;
        const struct batch part = { .n = BATCH, .views = 2, .f32 = { views[0] + from, views[1] + from } };
        spread(h, 1, 1);
        if (!engine_step(h, &part, &(struct step_settings){ .weights = usual, .rate = 0 }, &alone, &e))
            fail_msg("%s", e.msg);
        total += alone.total / MICRO;
        features += alone.features_rho / MICRO;
        for (int l = 0; l < 2; l++)
            for (int k = 0; k < LEVEL_NUMBERS; k++) mean[l][k] += ((const double *)&alone.level[l])[k] / MICRO;
        engine_destroy(h);
    }
    assert_true(fabs(r.total - total) < 1e-9 * total);
    assert_true(fabs(r.features_rho - features) < 1e-9);
    for (int l = 0; l < 2; l++) {
        const double *stat = r.level[l].stat;
        assert_true(stat[STAT_DEAD] > 0 && stat[STAT_DEAD] < 1 && stat[STAT_INACTIVE] > 0 && stat[STAT_INACTIVE] < 1);
        for (int k = 0; k < LEVEL_NUMBERS; k++) {
            double x = ((const double *)&r.level[l])[k];
            if (!(fabs(x - mean[l][k]) < 1e-9 * (1 + fabs(mean[l][k]))))
                fail_msg("level %d, number %d: %.12g, mean of the micro-batches %.12g", l, k, x, mean[l][k]);
        }
    }
    engine_destroy(g);
}

/* Pearson's correlation of each dimension of h over the images of a batch, by its definition. */
static double correlation_of_features(struct engine *g)
{
    static double h[2][BATCH * 1024];
    size_t n = engine_output(g, "h", 0, h[0]);
    assert_true(n > 0 && n <= BATCH * 1024 && engine_output(g, "h", 1, h[1]) == n);
    size_t d = n / BATCH;
    double sum = 0;
    for (size_t j = 0; j < d; j++) {
        double mean[2] = { 0 }, product[3] = { 0 };
        for (size_t i = 0; i < n; i++)
            for (int v = 0; v < 2; v++) mean[v] += i % d == j ? h[v][i] / BATCH : 0;
        for (size_t i = j; i < n; i += d) {
            double a = h[0][i] - mean[0], b = h[1][i] - mean[1];
            product[0] += a * a;
            product[1] += b * b;
            product[2] += a * b;
        }
        if (product[0] > 0 && product[1] > 0) sum += product[2] / sqrt(product[0] * product[1]);
    }
    return sum / (double)d;
}

static void the_correlation_of_features_is_that_of_its_definition(void **state)
{
    (void)state;
    static float views[2][IMAGES * PIXELS];
    struct engine_config c = small(1);
    double expected = NAN;
    for (int observe = 1; observe >= 0; observe--) { /* an engine that is not observed keeps less */
        struct step_report r;
        struct err e;
        c.observe = observe;
        struct engine *g = engine_made(&c, 7);
        draw(views[0], 0);
        draw(views[1], 1);
        for (size_t i = 0; i < (size_t)BATCH * PIXELS; i++) views[1][i] = 0.7f * views[0][i] + 0.3f * views[1][i];
        const struct batch both = { .n = BATCH, .views = 2, .f32 = { views[0], views[1] } };
        if (!engine_step(g, &both, &(struct step_settings){ .weights = usual }, &r, &e)) fail_msg("%s", e.msg);
        if (observe) expected = correlation_of_features(g);
        assert_true(expected > 0.05 && expected < 0.999);
        if (!(fabs(r.features_rho - expected) < 1e-5)) fail_msg("%.9g, by definition %.9g", r.features_rho, expected);
        engine_destroy(g);
    }
}

static void the_gain_is_that_of_each_heads_last_norm(void **state)
{
    (void)state;
    static float views[2][IMAGES * PIXELS];
    struct engine *g = made(1);
    struct step_report r;
    struct err e;
    for (uint32_t v = 0; v < 2; v++) draw(views[v], v);
    spread(g, 1, 2);
    const struct batch both = { .n = BATCH, .views = 2, .f32 = { views[0], views[1] } };
    if (!engine_step(g, &both, &(struct step_settings){ .weights = usual, .rate = 0 }, &r, &e)) fail_msg("%s", e.msg);
    const double mean = (5 * 0.05 + 4 * 0.3 + 7 * 1.5) / 16;
    assert_true(fabs(r.level[0].stat[STAT_GAIN] - mean) < 1e-6 && fabs(r.level[1].stat[STAT_GAIN] - 2 * mean) < 1e-6);
    assert_true(fabs(r.total - (2 * r.level[0].total + 0.5 * r.level[1].total)) < 1e-9 * r.total);
    engine_destroy(g);
}

/* The first micro-batch has moved the running statistics when the last one is refused. */
static void a_refused_micro_batch_leaves_all_as_it_was(void **state)
{
    (void)state;
    static float views[2][IMAGES * PIXELS];
    struct engine *g = made(MICRO);
    struct step_report r;
    struct err e;
    size_t n;
    for (uint32_t v = 0; v < 2; v++) draw(views[v], v);
    const struct batch both = { .n = IMAGES, .views = 2, .f32 = { views[0], views[1] } };
    if (!engine_step(g, &both, &(struct step_settings){ .weights = usual, .rate = 1e-3 }, &r, &e))
        fail_msg("%s", e.msg);
    double *before = all_numbers(g, &n);
    float kept = views[1][IMAGES * PIXELS - 1];
    views[1][IMAGES * PIXELS - 1] = NAN;
    assert_false(engine_step(g, &both, &(struct step_settings){ .weights = usual, .rate = 1e-3 }, &r, &e));
    assert_int_equal(e.code, ERR_NUMERIC);
    double *after = all_numbers(g, &n);
    assert_memory_equal(before, after, n * sizeof *before);
    assert_int_equal(engine_updates(g), 1);
    /* and the step that follows is the one that would have */
    struct engine *h = made(MICRO);
    struct step_report s;
    views[1][IMAGES * PIXELS - 1] = kept;
    assert_true(engine_step(h, &both, &(struct step_settings){ .weights = usual, .rate = 1e-3 }, &s, &e) &&
                engine_step(h, &both, &(struct step_settings){ .weights = usual, .rate = 1e-3 }, &s, &e));
    assert_true(engine_step(g, &both, &(struct step_settings){ .weights = usual, .rate = 1e-3 }, &r, &e));
    free(before), free(after);
    before = all_numbers(h, &n), after = all_numbers(g, &n);
    assert_memory_equal(before, after, n * sizeof *before);
    free(before), free(after);
    engine_destroy(g);
    engine_destroy(h);
}

/* A gradient that is never whole is judged without being made: its norm is finite in double where the numbers that make
 * it are not in float. */
static void a_fused_gradient_that_would_overflow_is_refused(void **state)
{
    (void)state;
    enum { ROWS = 4, IN = 24, OUT = 12 };
    static const struct {
        float x, dy;
        int bad;
    } rows[] = { { 1, 1, -1 }, { 1e18f, 1e18f, -1 }, { 1e20f, 1e20f, 0 }, { 1e38f, 1e30f, 0 }, { NAN, 1, 0 } };
    for (enum kernel_set set = KERNELS_AVX512; set <= KERNELS_NAIVE; set++) {
        enum kernel_set found;
        const struct kernels *k = kernels_resolve(set, &found, NULL) ? kernels_find(set) : NULL;
        if (!k) continue;
        const struct linear_shape shape = { ROWS, IN, OUT };
        const struct param_spec weights = {
            .prefix = "w", .suffix = "", .kind = TENSOR_PARAMETER, .shape = { OUT, IN }
        };
        struct params p = { 0 };
        struct err e;
        assert_int_equal(params_add(&p, &weights), 0);
        p.list[0].gradient_absent = true;
        assert_true(params_allocate(&p, &(struct params_need){ .gradient = true }, &e));
        real *scratch = calloc(k->linear_scratch(&shape, true, 2) + 64, sizeof *scratch);
        for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
            real x[ROWS * IN], dy[ROWS * OUT];
            for (int j = 0; j < ROWS * IN; j++) x[j] = rows[i].x;
            /* rows cancel: the gradient itself is 0, but not on the way */
            for (int j = 0; j < ROWS * OUT; j++) dy[j] = j / OUT % 2 ? -rows[i].dy : rows[i].dy;
            struct fused_update list[1] = { { .parameter = 0, .shape = shape, .x = x, .dy = dy } };
            struct optimizer_sums sums[1];
            const struct optimizer o = { .kernels = k, .fused_updates = list, .fused_count = 1, .sums = sums };
            int bad = 7;
            optimizer_measure(&(struct kernel_run){ 2, scratch }, &o, &p, &bad);
            if (bad != rows[i].bad)
                fail_msg("%s, x %g and dy %g: %d, not %d", kernel_set_names[set], (double)rows[i].x, (double)rows[i].dy,
                         bad, rows[i].bad);
        }
        free(scratch);
        params_clear(&p);
    }
}

static void the_variant_that_is_surely_fastest_is_taken(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        struct tune_times times[4];
        int n, fixed, winner;
    } rows[] = {
        { "the fastest", { { 5, 5.1 }, { 3, 3.1 }, { 9, 9.1 }, { 4, 4.1 } }, 4, 0, 1 },
        { "the last one", { { 5, 5.1 }, { 4, 4.1 }, { 9, 9.1 }, { 2, 2.1 } }, 4, 0, 3 },
        { "the first one", { { 1, 1.05 }, { 4, 4.1 }, { 9, 9.1 }, { 2, 2.1 } }, 4, 2, 0 },
        { "the fixed one is the fastest", { { 5, 5.1 }, { 3, 3.1 }, { 9, 9.1 }, { 4, 4.1 } }, 4, 1, 1 },
        { "a gain too small to leave the fixed one", { { 5, 5.1 }, { 4.9, 4.95 }, { 9, 9 } }, 3, 0, 0 },
        { "one that is not steady", { { 5, 5.1 }, { 3, 4 }, { 4, 4.1 } }, 3, 0, 2 },
        { "a fixed one that is not steady", { { 5, 7 }, { 3, 3.1 } }, 2, 0, 0 },
        { "one alone", { { 5, 5.1 } }, 1, 0, 0 },
        { "what was given up early", { { 5, 5.1 }, { 3, INFINITY } }, 2, 0, 0 },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        int winner = tune_winner(rows[i].times, rows[i].n, rows[i].fixed);
        if (winner != rows[i].winner) fail_msg("%s: %d", rows[i].name, winner);
    }
}

/* The numbers of one part of a tensor. */
static double *part_of(const struct engine *g, int i, enum engine_part part)
{
    double *x = calloc(engine_tensor(g, i)->count, sizeof *x);
    assert_non_null(x);
    engine_read64(g, i, part, x);
    return x;
}

/* A first step whose gradient is `times` as long as it may be, by an optimizer: what each tensor has gathered in its
 * moment is the gradient, scaled, with LARS then drawn to the norm of the weights. */
static void clip_by(enum optim_kind optim, enum kernel_set kernels, int dim, double times)
{
    static float views[2][IMAGES * PIXELS];
    struct engine_config c = small(1);
    struct step_report r;
    struct err e;
    for (uint32_t v = 0; v < 2; v++) draw(views[v], v);
    const struct batch both = { .n = BATCH, .views = 2, .f32 = { views[0], views[1] } };
    c.optim = optim;
    c.kernels = kernels;
    c.model.dim = dim;
    c.observe = true; /* so that gradients are there to compare with */
    struct engine *g[2];
    for (int i = 0; i < 2; i++) {
        if (!engine_create(&g[i], &c, &e)) fail_msg("%s", e.msg);
        engine_init(g[i], 7);
        if (!engine_step(g[i], &both, &(struct step_settings){ .weights = usual, .rate = 1e-3 }, &r, &e))
            fail_msg("%s", e.msg);
        c.clip = r.grad_norm / times;
    }
    struct engine *start;
    if (!engine_create(&start, &c, &e)) fail_msg("%s", e.msg);
    engine_init(start, 7);
    const double factor = times > 1 ? 1 / times : 1, near = kernels == KERNELS_NAIVE64 ? 1e-9 : 1e-3;
    for (int i = 0; i < engine_tensors(g[0]); i++) {
        const struct engine_tensor *t = engine_tensor(g[0], i);
        if (t->kind != TENSOR_PARAMETER || t->zero_gradient) continue;
        double *gradient = part_of(g[0], i, PART_GRADIENT), *moment = part_of(g[1], i, PART_MOMENTUM);
        double *value = part_of(start, i, PART_VALUE), scale = optim == OPTIM_LARS ? 1 : 0.1;
        double decay = t->dims > 1 && optim == OPTIM_LARS ? c.weight_decay : 0, vv = 0, gg = 0, most = 0;
        for (size_t j = 0; j < t->count; j++) {
            gradient[j] = factor * gradient[j] + decay * value[j];
            gg += gradient[j] * gradient[j];
            vv += value[j] * value[j];
        }
        if (t->dims > 1 && optim == OPTIM_LARS) scale = c.eta * sqrt(vv / gg);
        for (size_t j = 0; j < t->count; j++) most = fmax(most, fabs(scale * gradient[j]));
        for (size_t j = 0; j < t->count; j++)
            if (!(fabs(moment[j] - scale * gradient[j]) <= near * most))
                fail_msg("%s[%zu]: %g for %g", t->name, j, moment[j], scale * gradient[j]);
        free(gradient);
        free(moment);
        free(value);
    }
    engine_destroy(start);
    for (int i = 0; i < 2; i++) engine_destroy(g[i]);
}

/* Whole gradients, and those that are made while they are applied: few rows and many weights. */
static void a_long_gradient_is_clipped(void **state)
{
    (void)state;
    for (int optim = OPTIM_ADAMW; optim <= OPTIM_LARS; optim++)
        for (int times = 0; times < 2; times++) {
            clip_by((enum optim_kind)optim, KERNELS_NAIVE64, 16, times ? 4 : 0.5);
            clip_by((enum optim_kind)optim, KERNELS_PORTABLE, 128, times ? 4 : 0.5);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_long_gradient_is_clipped),
        cmocka_unit_test(what_is_reported_of_micro_batches_is_their_mean),
        cmocka_unit_test(the_correlation_of_features_is_that_of_its_definition),
        cmocka_unit_test(the_gain_is_that_of_each_heads_last_norm),
        cmocka_unit_test(a_refused_micro_batch_leaves_all_as_it_was),
        cmocka_unit_test(a_fused_gradient_that_would_overflow_is_refused),
        cmocka_unit_test(the_variant_that_is_surely_fastest_is_taken),
    };
    return cmocka_run_group_tests_name("step", tests, NULL, NULL);
}
