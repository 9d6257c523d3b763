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

static void a_step_is_an_epoch_images_and_hours(void **state)
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
                 { X_TIME, { 1 / 3.0, 2 / 3.0, 2 } } };
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

/* One key on any of the screens, for all of them, and for as long as the store is used. */
static void every_chart_has_the_same_x(void **state)
{
    struct store *s = *state;
    static const char *const names[] = { "loss",       "variance",    "spectrum", "covariance",
                                         "downstream", "checkpoints", "runs" };
    static const char *const units[] = { "epoch", "images", "hours", "step" };
    timed(s, "timed");
    for (int k = 0; k < 4; k++) {
        char said[64];
        snprintf(said, sizeof said, "charts over a run: by %s", units[k]);
        screen_says(s, names[k], "timed", "x", 50, 150, (const char *const[]){ said }, 1);
        for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
            if (strcmp(names[i], "covariance") != 0) /* which has no correlations here */
                screen_says(s, names[i], "timed", "", 50, 200, (const char *const[]){ units[k] }, 1);
    }
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
        AXES_TEST(a_step_is_an_epoch_images_and_hours),
        AXES_TEST(every_chart_has_the_same_x),
        AXES_TEST(a_screen_follows_the_cursor_of_the_one_beside_it),
        AXES_TEST(alone_a_cursor_stays_on_its_screen),
        AXES_TEST(checkpoints_have_their_spectrum_beside_them),
    };
    return cmocka_run_group_tests_name("x_axes", tests, NULL, NULL);
}
