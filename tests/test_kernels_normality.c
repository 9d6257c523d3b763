/* Random directions, and the distance of projections from a normal distribution: every set against the naive twin, and
 * the twin against what must hold of it. */
#include "tests/kernel_help.h"

static void directions_run(const void *ctx, const struct kernels *k, int threads, struct outputs *o)
{
    const struct direction_draw *draw = ctx;
    struct kernel_run run = run_create(threads, 0);
    k->directions(&run, draw, output(o, "directions", NULL, (size_t)draw->count * draw->d));
    run_destroy(&run, 0);
}

static void directions_equal_their_twin(void **state)
{
    (void)state;
    static const struct direction_draw rows[] = { { 3, 7, 0, 5, 1 },    { 1ull << 40 | 5, 1, 2, 3, 2 },
                                                  { 9, 0, 11, 4, 63 },  { 9, 1u << 31, 0, 2, 64 },
                                                  { 1, 2, 3, 300, 67 }, { 5, 6, 0, 3, 1031 } };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char name[100];
        snprintf(name, sizeof name, "directions %d x %d", rows[i].count, rows[i].d);
        check_sets(name, directions_run, &rows[i], 1e-6);
    }
}

/* Of unit length, without a preferred coordinate, other ones at each step and seed, and each the same whichever others
 * are drawn beside it. */
static void directions_are_uniform_and_repeat(void **state)
{
    (void)state;
    enum { COUNT = 4000, D = 6 };
    struct kernel_run run = run_create(2, 0);
    float *all = new_array(COUNT * D), *again = new_array(COUNT * D);
    kernels_naive.directions(&run, &(struct direction_draw){ 4, 5, 0, COUNT, D }, all);
    for (int i = 0; i < COUNT; i++) {
        double squares = 0;
        for (int j = 0; j < D; j++) squares += (double)all[i * D + j] * all[i * D + j];
        assert_true(fabs(squares - 1) < 1e-6);
    }
    for (int a = 0; a < D; a++)
        for (int b = 0; b <= a; b++) {
            double mean = 0, product = 0;
            for (int i = 0; i < COUNT; i++) {
                mean += (double)all[i * D + a] / COUNT;
                product += (double)all[i * D + a] * all[i * D + b] / COUNT;
            }
            assert_true(fabs(mean) < 0.03); /* 4.6 deviations */
            assert_true(fabs(product - (a == b ? 1.0 / D : 0)) < 0.015);
        }
    kernels_naive.directions(&run, &(struct direction_draw){ 4, 5, 100, 10, D }, again);
    assert_memory_equal(again, all + 100 * D, 10 * D * sizeof *all);
    kernels_naive.directions(&run, &(struct direction_draw){ 4, 6, 100, 10, D }, again);
    for (int i = 0; i < 10 * D; i++) assert_true(again[i] != all[100 * D + i]);
    kernels_naive.directions(&run, &(struct direction_draw){ 3, 5, 100, 10, D }, again);
    for (int i = 0; i < 10 * D; i++) assert_true(again[i] != all[100 * D + i]);
    free(all), free(again);
    run_destroy(&run, 0);
}

struct normality_case {
    int n, k;
    float *x;
};

static void normality_run(const void *ctx, const struct kernels *k, int threads, struct outputs *o)
{
    const struct normality_case *t = ctx;
    size_t count = (size_t)t->n * t->k;
    struct kernel_run run = run_create(threads, 0);
    float *first = output(o, "statistic", NULL, (size_t)t->k);
    k->normality(&run, t->n, t->k, t->x, first, output(o, "dx", NULL, count));
    k->normality(&run, t->n, t->k, t->x, output(o, "statistic again", NULL, (size_t)t->k),
                 output(o, "dx apart", NULL, count));
    float *own = output(o, "dx in place", t->x, count),
          *statistic = output(o, "statistic in place", NULL, (size_t)t->k);
    k->normality(&run, t->n, t->k, own, statistic, own);
    assert_memory_equal(statistic, first, (size_t)t->k * sizeof *first);
    run_destroy(&run, 0);
}

static void normality_equals_its_twin(void **state)
{
    (void)state;
    static const int rows[][2] = { { 1, 1 }, { 4, 32 }, { 5, 17 }, { 31, 3 }, { 64, 250 }, { 131, 64 } };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct normality_case t = { rows[i][0], rows[i][1], random_array((size_t)rows[i][0] * rows[i][1]) };
        char name[100];
        snprintf(name, sizeof name, "normality %d x %d", t.n, t.k);
        check_sets(name, normality_run, &t, 2e-5);
        free(t.x);
    }
}

/* One row: the statistic is a constant less weighted cosines of x, its gradient weighted sines: sines and cosines hold
 * to 1e-6 however large x is, and what is not a number stays none. */
static void waves_hold_for_any_x(void **state)
{
    (void)state;
    enum { COUNT = 40000, BAD = 3 };
    double heights = 0, slopes = 0;
    for (int m = 1; m < NORMALITY_KNOTS; m++) {
        double t = m * 0.1875, normal = exp(-t * t / 2), weight = (m == NORMALITY_KNOTS - 1 ? 1 : 2) * 0.1875 * normal;
        heights += 2 * weight * normal;
        slopes += 2 * weight * normal * t;
    }
    float *x = new_array(COUNT), *far = new_array(COUNT), *dx = new_array(COUNT), *right = new_array(COUNT),
          *slope = new_array(COUNT);
    for (int i = 0; i < COUNT; i++)
        x[i] = (float)((i % 2 ? 1 : -1) * exp(24 * random_uniform64(&stream) - 12)); /* 6e-6 .. 1.6e5 */
    const float bad[BAD] = { NAN, INFINITY, -INFINITY };
    struct kernel_run run = run_create(2, 0);
    kernels_naive.normality(&run, 1, COUNT, x, right, slope);
    for (enum kernel_set set = KERNELS_AVX512; set <= KERNELS_NAIVE; set++) {
        enum kernel_set found;
        if (!kernels_resolve(set, &found, NULL)) continue;
        kernels_find(found)->normality(&run, 1, COUNT, x, far, dx);
        for (int i = 0; i < COUNT; i++) {
            if (!(fabs((double)far[i] - right[i]) < 1e-6 * heights + 2e-7 * right[i] + 1e-7))
                fail_msg("%s: statistic of %.9g is %.9g, not %.9g", kernel_set_names[found], x[i], far[i], right[i]);
            if (!(fabs((double)dx[i] - slope[i]) < 1e-6 * slopes + 2e-7))
                fail_msg("%s: slope at %.9g is %.9g, not %.9g", kernel_set_names[found], x[i], dx[i], slope[i]);
        }
        kernels_find(found)->normality(&run, 1, BAD, bad, far, dx);
        for (int i = 0; i < BAD; i++) assert_true(isnan(far[i]) && isnan(dx[i]));
    }
    free(x), free(far), free(dx), free(right), free(slope);
    run_destroy(&run, 0);
}

int main(void)
{
    stream = random_stream(5, 0, 0, RANDOM_INIT);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(directions_equal_their_twin),
        cmocka_unit_test(directions_are_uniform_and_repeat),
        cmocka_unit_test(normality_equals_its_twin),
        cmocka_unit_test(waves_hold_for_any_x),
    };
    return cmocka_run_group_tests_name("kernels of normality", tests, NULL, NULL);
}
