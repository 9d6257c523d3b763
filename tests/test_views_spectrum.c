/* Spectrum: shares of the variance, and the screen on synthetic runs at any size. */
#include "tests/board_help.h"

#include <math.h>

#include "store/snapshot.h"
#include "views/analysis/spectrum_data.h"

static void shares_leave_out_what_is_not_positive(void **state)
{
    (void)state;
    float values[] = { 6, 3, 1, 0, -1e-9f };
    const struct spectrum_curve c = { .count = 5, .values = values };
    assert_true(fabs(spectrum_share(&c, 1) - 0.6) < 1e-6);
    assert_true(fabs(spectrum_share(&c, 2) - 0.9) < 1e-6);
    assert_true(fabs(spectrum_share(&c, 9) - 1) < 1e-6);
    assert_true(spectrum_share(&c, 0) == 0);
    assert_true(isnan(spectrum_share(&(struct spectrum_curve){ 0 }, 3)));
}

/* A value of 3e-16 beside one of 0.1 is a rounding error: it does not stretch the axis. */
static void rounding_errors_are_zero(void **state)
{
    struct store *s = *state;
    int64_t run = make(s, &(struct made){ .name = "a", .steps = 200, .epochs = 10 });
    const float values[] = { .1f, .05f, .01f, .001f, 2.7e-16f };
    put(s, run, "loss", 100, 1);
    OK(store_snapshot_put(s, &(struct store_snapshot_key){ run, 100, "z", "spectrum" }, 1, 5, values, &error));
    char *text = screen_text(s, "spectrum", "a", "", 40, 100, false);
    if (!strstr(text, "\u2264 0 left out: 1") || strstr(text, "\u207b\u00b9"))
        fail_msg("the axis is not that of what is there:\n%s", text);
    free(text);
}

/* ---- the screen ---- */

static void the_screen_says_what_is_there(void **state)
{
    static const struct {
        const char *run, *keys, *says[3];
    } rows[] = {
        { "1", "", { "global z  step 64, the newest", "RankMe over isotropic", "LEARNING" } },
        { "2", "", { "COLLAPSING", "bad" } },
        { "2", "<home>", { "rank 1: 1.00" } },
        { "2", "v", { "local d" } },
        { "1", "t", { "RankMe" } },
        { "1", "[", { "step 56" } },
        { "1", "{", { "step 8" } },
        { "1", "}h[", { "1 d at 64" } },
        { "1", "n", { "eigenvalues, shares" } },
        { "1", "l", { "map3" } },
        { "1", "c", { "CKA between levels" } },
        { "6", "", { "No spectrum yet" } },
    };
    synthetic_runs(*state);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        screen_says(*state, "spectrum", rows[i].run, rows[i].keys, 34, 150, rows[i].says, 3);
}

/* Numbers of any size stand apart from their neighbours. */
static void figures_of_a_level_stand_apart(void **state)
{
    struct store *s = *state;
    int64_t run = make(s, &(struct made){ .name = "a", .steps = 60, .epochs = 6 });
    float values[8] = { 8, 7, 6, 5, 4, 3, 2, 1 };
    OK(store_snapshot_put(s, &(struct store_snapshot_key){ run, 30, "z", "spectrum" }, 1, 8, values, &error));
    put(s, run, "loss", 30, 1);
    put(s, run, "z.alpha", 30, -7.1224e-5);
    put(s, run, "z.alpha_r2", 30, -1.2345e-5);
    put(s, run, "z.condition", 30, -3.4567e-5);
    put(s, run, "z.cosine", 30, -7.1224e-5);
    screen_says(s, "spectrum", "a", "", 34, 150, (const char *const[]){ " -7e-05 -1e-05 ", " -3.5e-05  -7e-05" }, 2);
}

static void the_screen_fits_any_size(void **state)
{
    static const char *const keys[] = { "", "<end>y", "l<home>", "<right>x", "c<left>", " >  y", "v{", "h[n" };
    synthetic_runs(*state);
    for (size_t k = 0; k < sizeof keys / sizeof keys[0]; k++) screen_fits_any_size(*state, "spectrum", "2", keys[k]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(rounding_errors_are_zero, store_setup, store_teardown),
        cmocka_unit_test(shares_leave_out_what_is_not_positive),
        cmocka_unit_test_setup_teardown(the_screen_says_what_is_there, store_setup, store_teardown),
        cmocka_unit_test_setup_teardown(figures_of_a_level_stand_apart, store_setup, store_teardown),
        cmocka_unit_test_setup_teardown(the_screen_fits_any_size, store_setup, store_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
