/* Spectrum: shares of the variance, and the screen on synthetic runs at any size. */
#include "tests/screen_help.h"

#include <math.h>

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
        { "1", "", { "global z  step 64, the newest", "RankMe over isotropic", "HEALTHY" } },
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

static void the_screen_fits_any_size(void **state)
{
    static const char *const keys[] = { "", "<end>y", "l<home>", "<right>x", "c<left>", " >  y", "v{", "h[n" };
    synthetic_runs(*state);
    for (size_t k = 0; k < sizeof keys / sizeof keys[0]; k++) screen_fits_any_size(*state, "spectrum", "2", keys[k]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(shares_leave_out_what_is_not_positive),
        cmocka_unit_test_setup_teardown(the_screen_says_what_is_there, store_setup, store_teardown),
        cmocka_unit_test_setup_teardown(the_screen_fits_any_size, store_setup, store_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
