/* What charts over a run count along their x axis, the same on every screen; and two screens that follow one cursor. */
#include "tests/board_help.h"

#include <locale.h>
#include <math.h>

#include "store/checkpoint.h"
#include "store/snapshot.h"
#include "views/analysis/x_axes.h"

/* 30 steps of 3 epochs, each step two minutes long, and an idle hour after step 20. */
static int64_t timed(struct store *s, const char *name)
{
    int64_t run = make(s, &(struct made){ .name = name, .set = "data.batch=16", .steps = 30, .epochs = 3 });
    float values[8] = { 1, 2, 3, 4, 5, 6, 7, 8 };
    for (int step = 1; step <= 30; step++) {
        put(s, run, "loss", step, 100 - step);
        put(s, run, "epoch", step, step / 10.0);
        put(s, run, "time.step", step, .5);
        put(s, run, "time.forward", step, .25);
        put(s, run, "time.wall", step, 120 * step + (step > 20 ? 3600 : 0));
        if (step % 10) continue;
        put(s, run, "z.std_mean", step, .5);
        put(s, run, "z.corr_abs", step, .5);
        put(s, run, "z.rankme_ratio", step, .5);
        put(s, run, "auc.ridge", step, .5 + step / 100.0);
        OK(store_snapshot_put(s, &(struct store_snapshot_key){ run, step, "z", "deviation" }, 1, 8, values, &error));
        OK(store_snapshot_put(s, &(struct store_snapshot_key){ run, step, "z", "spectrum" }, 1, 8, values, &error));
        struct store_checkpoint c = { .step = step, .bytes = 1 };
        snprintf(c.path, sizeof c.path, "step-%d.safetensors", step);
        OK(store_checkpoint_insert(s, run, &c, &error));
    }
    OK(store_run_set_state(s, run, STORE_FINISHED, &error));
    return run;
}

static void a_step_is_an_epoch_images_and_time(void **state)
{
    struct store *s = *state;
    struct selection sel;
    struct x_axes x = { 0 };
    bool changed = false;
    static const struct {
        enum x_kind kind;
        double at[3]; /* of steps 10, 20, 30 */
    } rows[] = { { X_STEP, { 10, 20, 30 } },
                 { X_EPOCH, { 1, 2, 3 } },
                 { X_IMAGES, { 160, 320, 480 } },
                 { X_TIME, { 20, 40, 120 } } };
    select_run(s, timed(s, "timed"), &sel);
    for (size_t k = 0; k < sizeof rows / sizeof rows[0]; k++) {
        sel.x = rows[k].kind;
        OK(x_axes_read(&x, &sel, &changed, &error));
        assert_true(changed || k == 0);
        for (int i = 0; i < 3; i++) {
            double at = x_axes_at(&x, 0, 10 * (i + 1));
            if (fabs(at - rows[k].at[i]) > 1e-9) fail_msg("%s of step %d: %g", x_kind_names[sel.x], 10 * (i + 1), at);
            if (sel.x == X_STEP) continue;
            assert_int_equal(x_scale_step(&x.scale[0], 0, 30, at - 1e-9), 10 * (i + 1));
        }
        changed = false;
        OK(x_axes_read(&x, &sel, &changed, &error));
        assert_false(changed); /* nothing is new */
        assert_true(isnan(x_axes_at(&x, 0, NAN)));
        if (sel.x != X_STEP) assert_true(isnan(x_axes_at(&x, 3, 10))); /* nobody is there */
    }
    x_axes_clear(&x);
    run_summary_clear(&sel.summary);
}

static void time_is_counted_in_the_unit_that_fits(void **state)
{
    (void)state;
    static const struct {
        double seconds;
        const char *unit;
    } rows[] = { { NAN, "s" },       { 0, "s" },       { 12, "s" },         { 179, "s" },
                 { 180, "min" },     { 10799, "min" }, { 10800, "h" },      { 259199, "h" },
                 { 259200, "days" }, { 1e9, "days" },  { INFINITY, "days" } };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (strcmp(x_time_of(rows[i].seconds)->name, rows[i].unit))
            fail_msg("%g s: %s", rows[i].seconds, x_time_of(rows[i].seconds)->name);
}

static void runs_share_the_unit_of_the_longest(void **state)
{
    struct store *s = *state;
    struct selection sel;
    struct x_axes x = { 0 };
    bool changed = false;
    int64_t brief = make(s, &(struct made){ .name = "brief", .steps = 5, .epochs = 1 }), lengthy = timed(s, "timed");
    for (int step = 1; step <= 5; step++) put(s, brief, "loss", step, 1), put(s, brief, "time.wall", step, 6 * step);
    select_run(s, brief, &sel);
    sel.x = X_TIME;
    OK(x_axes_read(&x, &sel, &changed, &error));
    assert_string_equal(x_axes_unit(&x), "s");
    assert_true(fabs(x_axes_at(&x, 0, 5) - 30) < 1e-9);
    sel.marks[sel.mark_count++] = lengthy;
    changed = false;
    OK(x_axes_read(&x, &sel, &changed, &error));
    assert_true(changed);
    assert_string_equal(x_axes_unit(&x), "min");
    assert_true(fabs(x_axes_at(&x, 0, 5) - 0.5) < 1e-9 && fabs(x_axes_at(&x, 1, 30) - 120) < 1e-9);
    x_axes_clear(&x);
    run_summary_clear(&sel.summary);
}

static void a_cursor_says_its_place_on_the_axis(void **state)
{
    struct store *s = *state;
    static const char *const says[] = { "cursor 30  epoch 3", "cursor 30  480 images", "cursor 30  120 min" };
    timed(s, "timed");
    for (int k = 0; k < 3; k++) {
        char *text = screen_text(s, "loss", "timed", "x<left>", 24, 80, false);
        if (!strstr(text, says[k])) fail_msg("%s not in\n%s", says[k], text);
        free(text);
    }
}

/* One key on any of the screens, for all of them, and for as long as the store is used. */
static void every_chart_has_the_same_x(void **state)
{
    struct store *s = *state;
    static const char *const names[] = { "loss",       "variance",    "spectrum", "covariance",
                                         "downstream", "checkpoints", "runs",     "profile" };
    static const struct {
        const char *said, *unit;
    } rows[] = { { "epoch", "epoch" }, { "images", "images" }, { "time", "min" }, { "step", "step" } };
    timed(s, "timed");
    for (int k = 0; k < 4; k++) {
        char said[64], small[64];
        snprintf(said, sizeof said, "charts over a run: by %s", rows[k].said);
        snprintf(small, sizeof small, "\u2500%s", rows[k].unit); /* in the axis itself */
        screen_says(s, names[k], "timed", "x", 50, 150, (const char *const[]){ said }, 1);
        for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
            if (strcmp(names[i], "covariance") != 0) /* which has no correlations here */
                screen_says(s, names[i], "timed", "", 50, 200, (const char *const[]){ rows[k].unit }, 1);
        screen_says(s, "loss", "timed", "", 24, 80, (const char *const[]){ small }, 1);
        screen_says(s, "loss", "timed", "", 12, 40, (const char *const[]){ small }, 1);
    }
    screen_says(s, "downstream", "timed", "x", 50, 150, (const char *const[]){ "charts over a run: by epoch" }, 1);
}

/* What is exported is what is seen: x, groups and span of the screen. */
static void a_figure_has_the_axis_of_the_screen(void **state)
{
    struct store *s = *state;
    char keys[STORE_PATH + 64], path[STORE_PATH];
    timed(s, "timed");
    timed(s, "again");
    snprintf(path, sizeof path, "%.2000s/figure.csv", store_dir(s));
    snprintf(keys, sizeof keys, ":mark again\nxse%.2000s/figure<enter>", store_dir(s));
    screen_says(s, "loss", "timed", keys, 40, 120, (const char *const[]){ "written: " }, 1);
    char *text = file_read_text(path, 1 << 20, &error);
    assert_non_null(text);
    if (!strstr(text, ",x_unit\n2 seeds,loss,,,2,0,99,99,99,,mlvicx,0.1,0.1,epoch\n")) fail_msg("%.400s", text);
    free(text);
}

static void a_screen_follows_the_cursor_of_the_one_beside_it(void **state)
{
    struct store *s = *state;
    timed(s, "timed");
    screen_says(s, "loss", "timed", ":variance\n:loss\n|<tab>", 40, 180, (const char *const[]){ "step 30, the newest" },
                1);
    screen_says(s, "loss", "timed", "<home>", 40, 180, (const char *const[]){ "Nothing of global z is recorded by" },
                1);
    screen_says(s, "loss", "timed", "<end>,,,,,", 40, 180, (const char *const[]){ "step 20 ", "cursor 2" },
                2); /* the one before the cursor */
    screen_says(s, "loss", "timed", "<tab>[[[", 40, 180, (const char *const[]){ "step 10 ", "cursor 10" }, 2);
}

static void alone_a_cursor_stays_on_its_screen(void **state)
{
    struct store *s = *state;
    timed(s, "timed");
    screen_says(s, "loss", "timed", "<home>\n:variance", 40, 120, (const char *const[]){ "step 30, the newest" }, 1);
}

static void checkpoints_have_their_spectrum_beside_them(void **state)
{
    struct store *s = *state;
    timed(s, "timed");
    screen_says(s, "checkpoints", "timed", "", 40, 160,
                (const char *const[]){ " Checkpoints \u2500", " Spectrum \u2500", "step 30, the newest" }, 3);
    screen_says(s, "checkpoints", "timed", "j", 40, 160, (const char *const[]){ "global z  step 20" }, 1);
    screen_says(s, "checkpoints", "timed", "jj", 40, 160, (const char *const[]){ "global z  step 10" }, 1);
    screen_says(s, "checkpoints", "timed", "jj<tab>]", 40, 160, (const char *const[]){ "step 20  ", "step-20" }, 2);
    char *text = screen_text(s, "checkpoints", "timed", "|", 40, 160, false);
    assert_null(strstr(text, " Spectrum \u2500"));
    free(text);
    text = screen_text(s, "checkpoints", "timed", "", 40, 160, false); /* which is remembered */
    assert_null(strstr(text, " Spectrum \u2500"));
    free(text);
    text = screen_text(s, "checkpoints", "timed", "", 40, 159, false);
    assert_null(strstr(text, " Spectrum \u2500"));
    free(text);
}

int main(void)
{
    setlocale(LC_CTYPE, "C.UTF-8");
#define AXES_TEST(name) cmocka_unit_test_setup_teardown(name, store_setup, store_teardown)
    const struct CMUnitTest tests[] = {
        AXES_TEST(a_step_is_an_epoch_images_and_time),
        AXES_TEST(time_is_counted_in_the_unit_that_fits),
        AXES_TEST(runs_share_the_unit_of_the_longest),
        AXES_TEST(a_cursor_says_its_place_on_the_axis),
        AXES_TEST(every_chart_has_the_same_x),
        AXES_TEST(a_figure_has_the_axis_of_the_screen),
        AXES_TEST(a_screen_follows_the_cursor_of_the_one_beside_it),
        AXES_TEST(alone_a_cursor_stays_on_its_screen),
        AXES_TEST(checkpoints_have_their_spectrum_beside_them),
    };
    return cmocka_run_group_tests_name("x_axes", tests, NULL, NULL);
}
