/* What the workbench shows beside a run: what is usual, seeds as one, the baseline, a marked run; and what it tells
 * outside of its cells. */
#include "tests/board_help.h"

#include <locale.h>
#include <math.h>

#include "store/lock.h"
#include "store/metric.h"
#include "store/snapshot.h"
#include "views/analysis/covariance_data.h"
#include "views/analysis/seeds.h"
#include "views/analysis/usual.h"
#include "views/terminal/announce.h"
#include "views/workbench/frame.h"
#include "views/workbench/message.h"
#include "views/workbench/notify.h"

/* ---- what is usual ---------------------------------------------------------------------------------------- */

/* Of losses 10 .. 50 the 10th percentile is 14 and the 90th 46 (numpy.percentile, linear). Only finished, older, alike
 * and unmarked runs count. */
static void a_band_is_of_earlier_runs_alike(void **state)
{
    struct store *s = *state;
    static const struct {
        const char *data;
        enum store_state state;
        double loss;
    } rows[] = { { "phantom", STORE_FINISHED, 30 },  { "phantom", STORE_FINISHED, 10 },
                 { "kermany", STORE_FINISHED, 900 }, { "phantom", STORE_FINISHED, 50 },
                 { "phantom", STORE_STOPPED, 800 },  { "phantom", STORE_FINISHED, 20 },
                 { "phantom", STORE_FINISHED, 700 }, { "phantom", STORE_FINISHED, 40 },
                 { "phantom", STORE_FINISHED, 0 } };
    enum { MARKED = 6, SHOWN = 8 };
    int64_t id[9];
    struct selection sel;
    struct usual u;
    struct usual_band b;
    for (int i = 0; i < 9; i++) {
        char name[16];
        snprintf(name, sizeof name, "r%d", i);
        id[i] = make(s, &(struct made){ .name = name, .steps = 60, .epochs = 6, .data = rows[i].data });
        for (int step = 1; step <= 40; step++) put(s, id[i], "loss", step, rows[i].loss);
        OK(store_run_set_state(s, id[i], rows[i].state, &error));
    }
    select_run(s, id[SHOWN], &sel);
    sel.marks[0] = id[MARKED], sel.mark_count = 1;
    OK(usual_find(&u, &sel, &error));
    assert_int_equal(u.count, 5);
    OK(usual_read(&u, s, "loss", 60, &b, &error));
    assert_true(b.count >= 40 && b.points[b.count - 1].x1 <= 41); /* nobody has gone further */
    for (int i = 0; i < b.count; i++)
        assert_true(fabs(b.points[i].min - 14) < 1e-9 && fabs(b.points[i].max - 46) < 1e-9 && b.points[i].weight == 5);
    screen_says(s, "loss", "r8", "", 40, 160, (const char *const[]){ "dots: 10-90 % of 6 earlier runs" }, 1);
    u.count = USUAL_LEAST - 1;
    OK(usual_read(&u, s, "loss", 60, &b, &error));
    assert_int_equal(b.count, 0);
    run_summary_clear(&sel.summary);
}

/* ---- seeds ------------------------------------------------------------------------------------------------ */

static void seeds_are_one_curve_with_their_range(void **state)
{
    const struct series_point a[] = { { 1, 1, 1, 1, 1, 1, 0 }, { 2, 2, 2, 2, 2, 1, 0 }, { 3, 3, 3, 3, 3, 1, 0 } },
                              b[] = { { 1, 1, 5, 5, 5, 1, 0 }, { 2, 2, NAN, NAN, NAN, 1, 1 } };
    const struct seeds_curve curves[] = { { b, 2 }, { a, 3 } };
    static const struct {
        double mean, least, most, n;
    } wanted[] = { { 3, 1, 5, 2 }, { 2, 2, 2, 1 }, { 3, 3, 3, 1 } }; /* b has no number at 2, and has ended at 3 */
    struct series_point out[3];
    struct compared_run runs[4] = { { .alike = 7 }, { .alike = 8 }, { .alike = 7 }, { .alike = 8 } };
    int member[1 + SELECTION_MARKS];
    (void)state;
    assert_int_equal(seeds_combine(curves, 2, out), 3);
    for (int i = 0; i < 3; i++)
        if (out[i].mean != wanted[i].mean || out[i].min != wanted[i].least || out[i].max != wanted[i].most ||
            out[i].weight != wanted[i].n)
            fail_msg("point %d: %g in %g..%g of %g", i, out[i].mean, out[i].min, out[i].max, out[i].weight);
    assert_int_equal(seeds_group(runs, NULL, 4, 0, member), 2);
    assert_true(member[0] == 0 && member[1] == 2);
    assert_int_equal(seeds_group(runs, NULL, 4, 2, member), 0);
    assert_int_equal(seeds_group(runs, NULL, 3, 1, member), 1);
    assert_int_equal(seeds_group(runs, (const bool[]){ false, true, true, true }, 4, 2, member), 1);
}

static void loss_draws_seeds_as_one(void **state)
{
    static const char *const set[] = { "train.seed=1", "train.seed=2", "loss.cov=0" };
    struct store *s = *state;
    for (int i = 0; i < 3; i++) {
        char name[16];
        snprintf(name, sizeof name, "r%d", i);
        int64_t id = make(s, &(struct made){ .name = name, .steps = 60, .epochs = 6, .set = set[i] });
        for (int step = 1; step <= 30; step++) put(s, id, "loss", step, i == 0 ? 10 : i == 1 ? 20 : 40);
    }
    screen_says(s, "loss", "r0", ":mark r1\n:mark r2\ns", 50, 200,
                (const char *const[]){ "seeds as one", "a 2 seeds 15", "b 3 40" }, 3);
}

/* Groups of settings are curves on Loss and headings on Runs, and remembered; other objectives are other groups. */
static void runs_are_grouped_by_settings(void **state)
{
    static const char *const set[] = { "loss.cov=2", "loss.cov=2", "train.seed=9", "method.name=simclr", "loss.cov=2" };
    struct store *s = *state;
    for (int i = 0; i < 5; i++) {
        char name[16];
        snprintf(name, sizeof name, "r%d", i);
        const char *data = i == 4 ? "kermany" : "phantom";
        int64_t id = make(s, &(struct made){ .name = name, .steps = 60, .epochs = 6, .set = set[i], .data = data });
        for (int step = 1; step <= 30; step++) put(s, id, "loss.global.cov", step, 10 * (i + 1));
        for (int step = 1; step <= 30; step++) put(s, id, "loss", step, 9);
        for (int step = 1; step <= 30; step++) put(s, id, "auc.ridge", step, .5 + .1 * i);
        for (int step = 1; step <= 30 && i == 3; step++) put(s, id, "loss.global.nce", step, 7);
    }
    screen_says(s, "loss", "r0", ":mark r1\n:mark r2\n:mark r3\n:mark r4", 50, 200,
                (const char *const[]){ "d 4 r3", "d 4 7" }, 2); /* its letter where it is alone, too */
    screen_says(
        s, "loss", "r0", ":mark r1\n:mark r2\n:mark r3\n:mark r4", 24, 80,
        (const char *const[]){ "a 1 r0  b 2 r1  c 3 r2  d 4 r3  e 5 r4", "not comparable \u00b7 raw terms by step" },
        2);
    screen_says(s, "loss", "r0", ":mark r1\n:mark r2\n:mark r3\n:mark r4", 24, 40,
                (const char *const[]){ "a 1  b 2  c 3  d 4  e 5 ", "\u2260 by step" }, 2); /* names go last */
    screen_says(s, "loss", "r0", ":mark r1\n:mark r2\n:mark r3\n:mark r4\ngcov<tab><enter>", 50, 200,
                (const char *const[]){ "groups as one", "a cov 2 (3)  b 3 r2  c 4 r3 ", "a cov 2 (3) 26.7",
                                       "a cov 2 (2) 0.550" /* areas on other data are not of the mean */, "c 4 7" },
                5);
    screen_says(s, "loss", "r0", ":mark r1", 50, 200, (const char *const[]){ "a cov 2 (2)" }, 1);
    screen_says(s, "loss", "r0", "gloss.cow", 50, 200, (const char *const[]){ "did you mean loss.cov" }, 1);
    screen_says(
        s, "runs", "r0", "g<end><enter><enter>", 30, 100,
        (const char *const[]){ "loss.cov 2: 3 runs, AUC .667 (.500-.900)", "loss.cov 1: 2 runs, AUC .750 (.700-.800)" },
        2);
    screen_says(s, "runs", "r0", "g<end><enter><backspace><enter>", 30, 100, (const char *const[]){ "5 r4" }, 1);
    char *text = screen_text(s, "loss", "r0", ":mark r1", 50, 200, false);
    assert_null(strstr(text, "cov 2 ("));
    free(text);
}

/* 30 steps of 64 images (preset small) are 1920. */
static void an_axis_counts_images(void **state)
{
    struct store *s = *state;
    int64_t id = make(s, &(struct made){ .name = "a", .steps = 30, .epochs = 6, .set = "optim.accumulate=2" });
    for (int step = 1; step <= 30; step++) put(s, id, "loss", step, 10);
    screen_says(s, "loss", "a", "xx<left>", 40, 120, (const char *const[]){ "by images", "3840 images" }, 2);
}

static void an_arrangement_is_saved_and_taken(void **state)
{
    struct store *s = *state;
    make(s, &(struct made){ .name = "a", .steps = 60, .epochs = 6 });
    make(s, &(struct made){ .name = "b", .steps = 60, .epochs = 6, .data = "kermany" });
    screen_says(s, "runs", "a", "/data:kermany<enter>v<enter>mine<enter>/<backspace><enter>", 24, 80,
                (const char *const[]){ " a ", " b " }, 2);
    screen_says(s, "runs", "a", "v<enter>", 24, 80, (const char *const[]){ "/data:kermany: 1 of 2" }, 1);
    screen_says(s, "runs", "a", "v", 24, 80, (const char *const[]){ "mine", "forget mine" }, 2);
    char *text = screen_text(s, "runs", "a", "v<end><enter>v", 24, 80, false);
    if (strstr(text, "forget mine")) fail_msg("it is not forgotten:\n%s", text);
    free(text);
    screen_says(s, "runs", "a", "/<backspace><enter>g<end><enter>loss.cov<enter>v<enter>kept<enter>", 24, 80,
                (const char *const[]){ "loss.cov 1: 2" }, 1);
    screen_says(s, "runs", "a", "g<end><enter>loss.var<enter>", 24, 80, (const char *const[]){ "loss.var 25: 2" }, 1);
    screen_says(s, "runs", "a", "v<enter>", 24, 80, (const char *const[]){ "loss.cov 1: 2" }, 1);
}

/* ---- the baseline ----------------------------------------------------------------------------------------- */

static void a_baseline_stays_the_first_mark(void **state)
{
    struct store *s = *state;
    for (int i = 1; i <= 3; i++) {
        char name[16];
        snprintf(name, sizeof name, "r%d", i);
        int64_t id = make(s, &(struct made){ .name = name, .steps = 60, .epochs = 6 });
        put(s, id, "loss", 30, 20);
        put(s, id, "auc.ridge", 30, .6 + i / 100.0);
    }
    screen_says(s, "loss", "r3", ":runs\n{<space><space>h\nu\n:run r3\n:loss", 40, 120,
                (const char *const[]){ "b 1 r1" }, 1);
    screen_says(s, "loss", "r3", "", 40, 120, (const char *const[]){ "b 1 r1" }, 1); /* another session */
    screen_says(s, "runs", "r3", "", 40, 160, (const char *const[]){ "\u2605  1 r1", ".630*", "\u2605 1" }, 3);
    screen_says(s, "runs", "r1", "h", 24, 80, (const char *const[]){ "no baseline" }, 1);
    char *text = screen_text(s, "loss", "r3", "", 40, 120, false);
    if (strstr(text, "b 1 r1")) fail_msg("it is still marked:\n%s", text);
    free(text);
}

/* ---- marked runs on other screens ------------------------------------------------------------------------- */

/* Off the diagonal are 0, 0, .4, .4, .5, .5: the 99th percentile of so few is among the largest. */
static void a_difference_of_correlations_is_of_one_shape(void **state)
{
    float one[9] = { 1, .5F, .25F, .5F, 1, -.5F, .25F, -.5F, 1 }, other[9] = { 1, .1F, .25F, .1F, 1, 0, .25F, 0, 1 },
          out[9];
    int places[3] = { 0, 1, 2 };
    double most;
    struct covariance_data a = { .values = one, .rows = places, .columns = places, .row_count = 3, .column_count = 3 };
    struct covariance_data b = a;
    (void)state;
    b.values = other;
    assert_true(covariance_data_difference(&a, &b, out, &most));
    for (int i = 0; i < 9; i++) assert_true(fabs((double)(out[i] - (one[i] - other[i]))) < 1e-7);
    assert_true(fabs(most - .5) < 1e-6);
    b.column_count = 2;
    assert_false(covariance_data_difference(&a, &b, out, &most));
}

static void a_marked_run_stands_beside_the_shown_one(void **state)
{
    struct store *s = *state;
    float values[8 * 8];
    for (int r = 0; r < 2; r++) {
        int64_t id = make(s, &(struct made){ .name = r ? "b" : "a", .steps = 60, .epochs = 6 });
        put(s, id, "loss", 30, 10);
        put(s, id, "z.corr_abs", 30, r ? .375 : .125);
        for (int i = 0; i < 64; i++) values[i] = (float)((i * 37 + r * 11) % 64) / 64;
        OK(store_snapshot_put(s, &(struct store_snapshot_key){ id, 30, "h", "embedding" }, 8, 8, values, &error));
        OK(store_snapshot_put(s, &(struct store_snapshot_key){ id, 30, "z", "deviation" }, 1, 8, values, &error));
        for (int i = 0; i < 4 * 16; i++) values[i % 64] = i % 5 == 0 ? 1 : (float)(r + 1) / 8;
        OK(store_snapshot_put(s, &(struct store_snapshot_key){ id, 30, "z", "correlation" }, 16, 4, values, &error));
    }
    screen_says(s, "covariance", "a", ":mark b", 30, 120,
                (const char *const[]){ "mean |r| 0.125", "beside run 2  mean |r| 0.375" }, 2);
    screen_says(s, "covariance", "a", ":mark b\nd", 30, 120, (const char *const[]){ "less run 2" }, 1);
    screen_says(s, "covariance", "a", "d", 30, 120, (const char *const[]){ "none is marked" }, 1);
    screen_says(s, "covariance", "a", "", 12, 40, (const char *const[]){ "mean |r| 0.125", "dims 0-1, 0-1" }, 2);
    screen_says(s, "covariance", "a", "", 5, 20, (const char *const[]){ "mean |r| 0.125" }, 1);
    screen_says(s, "embedding", "a", ":mark b\n:wait 0.5", 30, 120, (const char *const[]){ "run 2 at step 30" }, 1);
    screen_fits_any_size(s, "covariance", "a", ":mark b");
    screen_fits_any_size(s, "embedding", "a", ":mark b");
}

/* ---- beside the cells ------------------------------------------------------------------------------------- */

/* The vectors of RFC 4648. */
static void a_clipboard_is_in_base64(void **state)
{
    static const struct {
        const char *data, *sequence;
    } rows[] = { { "", "\033]52;c;\033\\" },
                 { "f", "\033]52;c;Zg==\033\\" },
                 { "fo", "\033]52;c;Zm8=\033\\" },
                 { "foo", "\033]52;c;Zm9v\033\\" },
                 { "foobar", "\033]52;c;Zm9vYmFy\033\\" },
                 { "\xff\xfe", "\033]52;c;//4=\033\\" } };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct text t = { 0 };
        assert_true(announce_clipboard(rows[i].data, strlen(rows[i].data), &t));
        assert_string_equal(text_str(&t), rows[i].sequence);
        text_clear(&t);
    }
    static char large[ANNOUNCE_CLIPBOARD + 1];
    struct text t = { 0 };
    assert_false(announce_clipboard(large, sizeof large, &t));
    assert_int_equal(t.length, 0);
}

/* What a store calls a run must not steer a terminal. */
static void a_notice_steers_nothing(void **state)
{
    struct text t = { 0 };
    (void)state;
    announce_notice("run 1 a\033]0;b\a\xc2\x9b: \xc3\xa4", true, &t);
    assert_string_equal(text_str(&t), "\a\033]9;run 1 a ]0 b  : \xc3\xa4\033\\"
                                      "\033]777;notify;mlvicx;run 1 a ]0 b  : \xc3\xa4\033\\");
    text_clear(&t);
    announce_notice("x", false, &t);
    assert_string_equal(text_str(&t), "\a");
    text_clear(&t);
    static const struct {
        const char *term;
        bool has;
    } rows[] = { { "xterm-256color", true },
                 { "tmux-256color", true },
                 { "st", true },
                 { "linux", false },
                 { "vt100", false },
                 { "", false },
                 { NULL, false } };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (announce_has_commands(rows[i].term) != rows[i].has) fail_msg("%s", rows[i].term);
}

static void looks_at_live_runs(struct workbench *wb)
{
    struct store_runs live;
    OK(store_run_list_live(wb->store, &live, &error));
    notify_runs(wb, &live);
    store_runs_clear(&live);
}

static void the_end_of_a_run_is_told_once(void **state)
{
    struct store *s = *state;
    struct notify notify = { .count = 0 };
    struct message message = { .text = "" };
    struct frame frame = { .terminal = NULL };
    struct workbench wb = { .store = s, .notify = &notify, .message = &message, .frame = &frame };
    int64_t ended = learned(s), run = make(s, &(struct made){ .name = "now", .steps = 60, .epochs = 6 });
    int lock;
    OK(store_run_set_state(s, ended, STORE_FINISHED, &error));
    put(s, run, "auc.ridge", 10, .5);
    OK(store_lock_take(s, run, &lock, &error));
    OK(store_run_claim(s, run, 1u << STORE_QUEUED, &error));
    looks_at_live_runs(&wb);
    assert_string_equal(message.text, ""); /* what ended before is no news, and this one goes on */
    OK(store_run_set_state(s, run, STORE_STOPPED, &error));
    store_lock_release(&lock);
    looks_at_live_runs(&wb);
    assert_string_equal(message.text, "run 2 now: stopped, AUC .500");
    message.text[0] = '\0';
    looks_at_live_runs(&wb);
    assert_string_equal(message.text, "");
}

int main(void)
{
    setlocale(LC_ALL, "C.UTF-8");
    setenv("TZ", "UTC", 1);
    setenv("XDG_CONFIG_HOME", "/nonexistent", 1);
#define BOARD_TEST(name) cmocka_unit_test_setup_teardown(name, store_setup, store_teardown)
    const struct CMUnitTest tests[] = {
        BOARD_TEST(a_band_is_of_earlier_runs_alike),
        cmocka_unit_test(seeds_are_one_curve_with_their_range),
        BOARD_TEST(loss_draws_seeds_as_one),
        BOARD_TEST(runs_are_grouped_by_settings),
        BOARD_TEST(an_axis_counts_images),
        BOARD_TEST(an_arrangement_is_saved_and_taken),
        BOARD_TEST(a_baseline_stays_the_first_mark),
        cmocka_unit_test(a_difference_of_correlations_is_of_one_shape),
        BOARD_TEST(a_marked_run_stands_beside_the_shown_one),
        cmocka_unit_test(a_clipboard_is_in_base64),
        cmocka_unit_test(a_notice_steers_nothing),
        BOARD_TEST(the_end_of_a_run_is_told_once),
    };
    return cmocka_run_group_tests_name("beside", tests, NULL, NULL);
}
