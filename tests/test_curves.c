/* Curves of a run: the weights that they are multiplied with, and what a run that goes back leaves of them. */
#include "tests/store_help.h"

#include <math.h>

#include "store/metric.h"
#include "views/analysis/loss_data.h"

/* ---- weights ---- */

static void each_curve_has_the_weight_of_its_term(void **state)
{
    (void)state;
    /* products of different primes: no two terms weigh the same */
    static const struct {
        const char *metric;
        double weight;
    } rows[] = {
        { "loss", 1 },
        { "loss.global", 2 },
        { "loss.global.inv", 2 * 5 },
        { "loss.global.var", 2 * 7 },
        { "loss.global.cov", 2 * 11 },
        { "loss.local", 3 },
        { "loss.local.inv", 3 * 5 },
        { "loss.local.var", 3 * 7 },
        { "loss.local.cov", 3 * 11 },
    };
    struct loss_data *l = calloc(1, sizeof *l);
    assert_non_null(l);
    l->comparison.count = 2;
    l->comparison.run[1] =
        (struct compared_run){ .global_weight = 2, .local_weight = 3, .inv = 5, .var = 7, .cov = 11 };
    for (int chart = 0; chart < LOSS_CHARTS; chart++) {
        double weight = 1; /* what is no part of the loss */
        for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
            if (!strcmp(rows[i].metric, loss_charts[chart].metric)) weight = rows[i].weight;
        for (int weighted = 0; weighted < 2; weighted++) {
            l->weighted = weighted;
            double got = loss_data_weight(l, chart, 1);
            if (got != (weighted ? weight : 1))
                fail_msg("%s: %g where %g is right", loss_charts[chart].metric, got, weighted ? weight : 1);
        }
    }
    free(l);
}

/* What no compared run's objective has is no chart; one run that has it is enough. */
static void charts_are_those_that_an_objective_has(void **state)
{
    (void)state;
    static const struct {
        const char *metric;
        bool mlvicx, global_only, simclr;
    } rows[] = {
        { "loss", true, true, true },
        { "loss.global", true, true, true },
        { "loss.global.inv", true, true, false },
        { "loss.local", true, false, false },
        { "loss.local.cov", true, false, false },
        { "rho.global", true, true, true },
        { "rho.local", true, false, false },
        { "gain.global", true, true, true },
        { "gain.local", true, false, false },
        { "auc.ridge", true, true, true },
    };
    struct loss_data *l = calloc(1, sizeof *l);
    assert_non_null(l);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        int chart = 0;
        while (strcmp(rows[i].metric, loss_charts[chart].metric)) assert_true(++chart < LOSS_CHARTS);
        l->comparison.count = 1;
        l->comparison.run[0] = (struct compared_run){ .method = METHOD_mlvicx, .local = true };
        assert_int_equal(loss_data_has(l, chart), rows[i].mlvicx);
        l->comparison.run[0].local = false;
        assert_int_equal(loss_data_has(l, chart), rows[i].global_only);
        l->comparison.run[0].method = METHOD_simclr;
        if (loss_data_has(l, chart) != rows[i].simclr) fail_msg("%s of simclr", rows[i].metric);
        l->comparison.count = 2;
        l->comparison.run[1] = (struct compared_run){ .method = METHOD_mlvicx, .local = true };
        assert_true(loss_data_has(l, chart));
    }
    free(l);
}

/* ---- going back ---- */

static void record(struct store *s, int64_t run, int64_t first, int64_t last, double value)
{
    struct store_batch b = { 0 };
    for (int64_t step = first; step <= last; step++) store_batch_name(&b, s, "loss", step, value + (double)step / 1000);
    OK(store_points_append(s, run, &b, &error));
    store_batch_clear(&b);
}

static int64_t rewound(struct store *s, int64_t run)
{
    struct store_run row;
    OK(store_run_get(s, run, &row, &error));
    int64_t count = row.rewound;
    store_run_clear(&row);
    return count;
}

/* The curve as it is kept, and as someone sees it who had none. */
static void same_as_read_anew(struct series *kept, struct store *s, int64_t run, int64_t last, int columns)
{
    struct series fresh = { 0 };
    bool changed = false;
    OK(series_continue(kept, s, run, rewound(s, run), "loss", 0, last, columns, &changed, &error));
    OK(series_continue(&fresh, s, run, rewound(s, run), "loss", 0, last, columns, &changed, &error));
    assert_true(fresh.count > 0);
    assert_int_equal(kept->count, fresh.count);
    for (int i = 0; i < fresh.count; i++) {
        const struct series_point *a = &kept->points[i], *b = &fresh.points[i];
        if (a->x0 != b->x0 || a->x1 != b->x1 || a->mean != b->mean || a->min != b->min || a->max != b->max)
            fail_msg("point %d of %d: %g at %g, read anew %g at %g", i, fresh.count, a->mean, a->x0, b->mean, b->x0);
    }
    series_clear(&fresh);
}

static void what_was_gone_back_on_leaves_its_curve(void **state)
{
    struct store *s = *state;
    static const int columns[] = { 100, 10, 1 };
    for (size_t i = 0; i < sizeof columns / sizeof columns[0]; i++) {
        char name[16];
        struct series kept = { 0 };
        snprintf(name, sizeof name, "run-%zu", i);
        int64_t run = make_run(s, name);
        record(s, run, 1, 40, 1);
        same_as_read_anew(&kept, s, run, 40, columns[i]);
        /* back, and on with other numbers to the same step between two looks */
        OK(store_run_rewind(s, run, 12, &error));
        record(s, run, 13, 40, 5);
        same_as_read_anew(&kept, s, run, 40, columns[i]);
        record(s, run, 41, 55, 5);
        same_as_read_anew(&kept, s, run, 55, columns[i]);
        OK(store_run_rewind(s, run, 20, &error));
        same_as_read_anew(&kept, s, run, 20, columns[i]);
        series_clear(&kept);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(charts_are_those_that_an_objective_has),
        cmocka_unit_test(each_curve_has_the_weight_of_its_term),
        cmocka_unit_test_setup_teardown(what_was_gone_back_on_leaves_its_curve, store_setup, store_teardown),
    };
    return cmocka_run_group_tests_name("curves", tests, NULL, NULL);
}
