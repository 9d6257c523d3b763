/* Variance: figures, order and reduction of deviations, and the screen at many sizes on a synthetic store. */
#include "tests/screen_help.h"

#include <math.h>

#include "views/analysis/variance_data.h"

/* ---- pure parts ---- */

static void figures_leave_out_what_is_no_number(void **state)
{
    static const float values[] = { 0.05F, 1.5F, 0.5F, 1.0F, 0.0F }, odd[] = { NAN, 2, INFINITY };
    (void)state;
    struct variance_stats s = variance_stats(values, 5, true);
    assert_int_equal(s.count, 5);
    assert_int_equal(s.dead, 2);
    assert_int_equal(s.active, 3); /* 1 is not below the hinge */
    assert_true(s.min == 0 && s.max == 1.5 && s.median == 0.5 && fabs(s.mean - 0.61) < 1e-7);
    s = variance_stats(odd, 3, true);
    assert_true(s.count == 1 && s.missing == 2 && s.mean == 2 && s.min == 2 && s.max == 2);
    s = variance_stats(values, 4, true);
    assert_true(s.median == 0.75);
    assert_int_equal(variance_stats(values, 5, false).dead, 1); /* a level of any scale: the constant one alone */
    s = variance_stats(NULL, 0, true);
    assert_true(s.count == 0 && isnan(s.mean) && isnan(s.median) && isnan(s.min));
}

static void dimensions_stand_in_the_chosen_order(void **state)
{
    static const float now[] = { 0.5F, NAN, 2, 0.5F }, before[] = { 0.1F, 1, 2.5F, 0.6F };
    static const struct {
        enum variance_order order;
        const float *before;
        int index[4];
    } rows[] = {
        { VARIANCE_BY_VALUE, NULL, { 2, 0, 3, 1 } },
        { VARIANCE_BY_INDEX, before, { 0, 1, 2, 3 } },
        { VARIANCE_BY_CHANGE, before, { 0, 3, 2, 1 } },
        { VARIANCE_BY_CHANGE, NULL, { 0, 1, 2, 3 } },
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        int index[4];
        assert_true(variance_sort(rows[i].order, now, rows[i].before, 4, index));
        for (int k = 0; k < 4; k++)
            if (index[k] != rows[i].index[k]) fail_msg("row %zu: place %d has %d", i, k, index[k]);
    }
    assert_int_equal(variance_rank(now, 4, 2), 1);
    assert_int_equal(variance_rank(now, 4, 3), 3);
}

static void columns_keep_the_least_and_the_largest(void **state)
{
    static const float values[] = { 1, 4, NAN, 2 };
    static const int index[] = { 3, 2, 1, 0 };
    (void)state;
    struct variance_column c = variance_reduce(values, index, 0, 3);
    assert_true(c.min == 2 && c.mean == 3 && c.max == 4);
    c = variance_reduce(values, index, 1, 2);
    assert_true(isnan(c.min) && isnan(c.mean) && isnan(c.max));
}

static void cells_are_equal_and_fit(void **state)
{
    static const int sizes[] = { 1, 2, 7, 33, 64, 512, 8192 }, rooms[] = { 1, 3, 8, 33, 79, 200 };
    int per, wide;
    (void)state;
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
        for (size_t k = 0; k < sizeof rooms / sizeof rooms[0]; k++) {
            int cells = variance_fold(sizes[i], rooms[k], &per, &wide);
            if (cells < 1 || cells * wide > rooms[k] || cells * per < sizes[i] || (cells - 1) * per >= sizes[i])
                fail_msg("%d in %d: %d cells of %d, %d wide", sizes[i], rooms[k], cells, per, wide);
            assert_true(per == 1 || wide >= 1);
        }
    assert_int_equal(variance_fold(0, 5, &per, &wide), 0);
    assert_int_equal(variance_fold(5, 0, &per, &wide), 0);
}

static void bins_hold_every_number(void **state)
{
    static const float values[] = { -1, 0, 0.49F, 0.5F, 1, 7, NAN };
    static const struct axis linear = { 0, 1, false }, decades = { 0.01, 1, true };
    float counts[2];
    (void)state;
    variance_bins(values, 7, &linear, 2, counts);
    assert_true(counts[0] == 3 && counts[1] == 3);
    variance_bins(values, 7, &decades, 2, counts);
    assert_true(counts[0] == 2 && counts[1] == 4);
}

/* ---- the screen ---- */

static void fill(struct store *s)
{
    const struct synthetic_store made = { .runs = 12 };
    OK(synthetic_store_fill(s, &made, NULL, NULL, &error));
}

static void the_screen_says_what_is_there(void **state)
{
    static const struct {
        const char *run, *keys, *says[3];
    } rows[] = {
        { "1", "", { "global z  step 64, the newest  96 dimensions", "dead 0 (0 %)", "hinge 1" } },
        { "2", "", { "dead 96 (100 %)", "dead below 0.1", "largest first" } },
        { "2", "<home>", { "rank 1 of 96" } },
        { "2", "<end>", { "rank 96 of 96" } },
        { "2", "<home><down>", { "rank 2 of 96" } },
        { "2", "o", { "by index" } },
        { "2", "<home>", { "dimension 0: 0.0100" } }, /* what was arranged is kept */
        { "2", "o[", { "step 56", "rise first" } },
        { "2", "om", { "deviation over steps", "deviation 0" } },
        { "2", "m", { "dimensions by deviation" } },
        { "2", "mvv", { "map 1", "maps are of any scale" } },
        { "6", "", { "Nothing of map 1 is recorded yet" } },
    };
    synthetic_runs(*state);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        screen_says(*state, "variance", rows[i].run, rows[i].keys, 30, 120, rows[i].says, 3);
}

static void the_screen_fits_any_size(void **state)
{
    static const char *const keys[] = { "", "<end>y", "m<home>", "<right>y", "m<left>", " >  y", "v{" };
    synthetic_runs(*state);
    for (size_t k = 0; k < sizeof keys / sizeof keys[0]; k++) screen_fits_any_size(*state, "variance", "2", keys[k]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(figures_leave_out_what_is_no_number),
        cmocka_unit_test(dimensions_stand_in_the_chosen_order),
        cmocka_unit_test(columns_keep_the_least_and_the_largest),
        cmocka_unit_test(cells_are_equal_and_fit),
        cmocka_unit_test(bins_hold_every_number),
        cmocka_unit_test_setup_teardown(the_screen_says_what_is_there, store_setup, store_teardown),
        cmocka_unit_test_setup_teardown(the_screen_fits_any_size, store_setup, store_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
