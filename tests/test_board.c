/* What the workbench says first: time left, the dashboard of a run, marked runs beside one another, what an alarm
 * advises. */
#include "tests/board_help.h"

#include <locale.h>
#include <math.h>

#include "store/evaluation.h"
#include "store/metric.h"
#include "views/analysis/marked.h"
#include "views/analysis/run_board.h"
#include "views/charts/chart.h"
#include "views/workbench/advice.h"
#include "views/workbench/signs.h"

/* ---- time left -------------------------------------------------------------------------------------------- */

/* 2 s a step, and 5 s of diagnostics after each, which the time of training has too: 7 s a step, for 100 more. What was
 * slower long ago is past. */
static void time_left_counts_diagnostics_and_no_pauses(void **state)
{
    struct store *s = *state;
    int64_t run = make(s, &(struct made){ .name = "a", .steps = 200, .epochs = 10 });
    struct store_batch b = { 0 };
    double wall = 0;
    for (int i = 1; i <= 100; i++) {
        wall += i < 60 ? 52 : 7;
        store_batch_name(&b, s, "time.wall", i, wall);
        store_batch_name(&b, s, "loss", i, 1);
    }
    for (int i = 1; i <= 100; i++) store_batch_name(&b, s, "time.diagnose", i, i < 60 ? 50 : 5);
    OK(store_points_append(s, run, &b, &error));
    store_batch_clear(&b);
    struct selection sel;
    select_run(s, run, &sel);
    assert_true(isnan(sel.summary.value[SUMMARY_ETA])); /* it is queued */
    sel.summary.state = STORE_RUNNING;
    OK(run_summary_refresh(s, &sel.summary, &error));
    if (!(fabs(sel.summary.value[SUMMARY_ETA] - 700) < 1e-9)) fail_msg("%g s", sel.summary.value[SUMMARY_ETA]);
    sel.summary.run.steps = 100; /* all are done */
    OK(run_summary_refresh(s, &sel.summary, &error));
    assert_true(isnan(sel.summary.value[SUMMARY_ETA]));
    run_summary_clear(&sel.summary);
}

/* A fork that has only begun has no pace yet: its own clock began somewhere after step 0. */
static void a_young_fork_has_no_time_left(void **state)
{
    struct store *s = *state;
    int64_t run = make(s, &(struct made){ .name = "a", .steps = 200, .epochs = 10 });
    put(s, run, "time.wall", 101, 2);
    put(s, run, "loss", 101, 1);
    struct selection sel;
    select_run(s, run, &sel);
    sel.summary.state = STORE_RUNNING;
    sel.summary.run.parent_id = 7;
    OK(run_summary_refresh(s, &sel.summary, &error));
    assert_true(isnan(sel.summary.value[SUMMARY_ETA]));
    run_summary_clear(&sel.summary);
}

/* ---- the dashboard ---------------------------------------------------------------------------------------- */

static void a_board_tells_what_came_of_a_run(void **state)
{
    struct store *s = *state;
    struct selection sel;
    struct run_board b = { 0 };
    char line[256];
    select_run(s, learned(s), &sel);
    OK(run_board_read(&b, &sel, &error));
    assert_string_equal(b.probe, "ridge");
    assert_true(fabs(b.random - .670) < 1e-9 && fabs(b.gain - .112) < 1e-9);
    /* (.765 - .670) / .112 = 0.848, at step 20 of 10 an epoch */
    assert_string_equal(run_board_conclusion(&b, &sel.summary, line, sizeof line),
                        "LEARNING: AUC +.112, nothing dead, 85 % of the gain by epoch 2");
    put(s, sel.run, "d.dead", 31, .125);
    OK(run_board_read(&b, &sel, &error));
    run_board_conclusion(&b, &sel.summary, line, sizeof line);
    if (!strstr(line, "12 % of l dead") || strstr(line, "nothing dead")) fail_msg("%s", line);
    run_board_clear(&b);
    run_summary_clear(&sel.summary);
}

/* The word knows no labels; where the AUC contradicts it, the line says so. */
static void a_board_contradicts_a_word_that_the_auc_does_not_bear_out(void **state)
{
    static const struct {
        double auc[4], verdict;
        bool doubts;
        const char *says;
    } rows[] = {
        { { .586, .560, .540, .537 }, VERDICT_LEARNING, true, "LEARNING, yet AUC .049 below random: nothing dead" },
        { { .586, .560, .540, .537 }, VERDICT_WATCH, true, "WATCH, AUC .049 below random" },
        { { .586, .560, .540, .583 }, VERDICT_LEARNING, false, "LEARNING: AUC -.003, nothing dead" },
        { { .514, .600, .620, .534 },
          VERDICT_LEARNING,
          true,
          "LEARNING: AUC +.020, nothing dead, peak .620 at epoch 2, now .534" },
        { { .514, .600, .620, .500 },
          VERDICT_LEARNING,
          true,
          "LEARNING, yet AUC .014 below random: nothing dead, peak .620 at epoch 2, now .500" },
        { { .514, .600, .620, .610 },
          VERDICT_LEARNING,
          false,
          "LEARNING: AUC +.096, nothing dead, 90 % of the gain by epoch 1" },
    };
    struct store *s = *state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct selection sel;
        struct run_board b = { 0 };
        char name[16], line[256];
        snprintf(name, sizeof name, "run-%zu", i);
        int64_t run = make(s, &(struct made){ .name = name, .steps = 60, .epochs = 6 });
        for (int k = 0; k < 4; k++) put(s, run, "auc.ridge", 10 * k, rows[i].auc[k]);
        put(s, run, "loss", 30, 13.4);
        put(s, run, "z.verdict", 30, rows[i].verdict);
        put(s, run, "z.dead", 30, 0);
        select_run(s, run, &sel);
        OK(run_board_read(&b, &sel, &error));
        assert_string_equal(run_board_conclusion(&b, &sel.summary, line, sizeof line), rows[i].says);
        assert_int_equal(run_board_doubts(&b), rows[i].doubts);
        run_board_clear(&b);
        run_summary_clear(&sel.summary);
    }
}

static void a_run_without_numbers_concludes_nothing(void **state)
{
    struct store *s = *state;
    struct selection sel;
    struct run_board b = { 0 };
    char line[256];
    select_run(s, make(s, &(struct made){ .name = "new", .steps = 60, .epochs = 6 }), &sel);
    OK(run_board_read(&b, &sel, &error));
    assert_null(b.probe);
    assert_string_equal(run_board_conclusion(&b, &sel.summary, line, sizeof line), "");
    run_board_clear(&b);
    run_summary_clear(&sel.summary);
}

static void runs_shows_the_board_beside_and_below(void **state)
{
    static const char *const says[] = { "loss 13.4",  "AUC .782",   "(random .670)",
                                        "rank g .36", "rank l .52", "LEARNING: AUC +.112, nothing dead" };
    learned(*state);
    screen_says(*state, "runs", "learned", "", 30, 160, says, 6);
    screen_says(*state, "runs", "learned", "", 24, 80, says, 6);
    screen_fits_any_size(*state, "runs", "learned", "");
}

/* ---- marked runs ------------------------------------------------------------------------------------------ */

static const struct marked_row *row_of(const struct marked *m, const char *name)
{
    for (int i = 0; i < m->row_count; i++)
        if (!strcmp(m->rows[i].name, name)) return &m->rows[i];
    return NULL;
}

static void evaluated(struct store *s, int64_t run, double auc, int64_t seed)
{
    struct store_evaluation v = { .run_id = run,
                                  .step = 30,
                                  .task = "phantom",
                                  .protocol = "linear",
                                  .context = true,
                                  .fraction = 100,
                                  .seed = seed,
                                  .split = "test",
                                  .auc_macro = auc };
    OK(store_evaluation_insert(s, &v, NULL, 0, NULL, &error));
}

static void marked_runs_tell_results_first(void **state)
{
    struct store *s = *state;
    int64_t a = make(s, &(struct made){ .name = "a", .steps = 60, .epochs = 6, .set = "train.threads=2" });
    int64_t b = make(s, &(struct made){ .name = "b",
                                        .steps = 60,
                                        .epochs = 6,
                                        .set = "loss.cov=0",
                                        .resolved = "kernels = avx2\ntrain.threads = 2\n" });
    struct selection sel;
    struct marked m = { 0 };
    put(s, a, "auc.ridge", 30, .78);
    put(s, b, "auc.ridge", 30, .70);
    put(s, a, "time.wall", 30, 200);
    put(s, b, "z.verdict", 30, VERDICT_COLLAPSING);
    put(s, b, "z.rho", 30, .7);
    put(s, b, "z.kept", 30, 1);
    put(s, b, "h.stable_rank", 30, 1.02);
    put(s, b, "h.uniformity", 30, -.9);
    put(s, b, "z.uniformity", 30, -3);
    evaluated(s, a, .80, 1);
    evaluated(s, a, .82, 2);
    evaluated(s, b, .83, 1);
    select_run(s, a, &sel);
    sel.marks[0] = a, sel.marks[1] = b, sel.mark_count = 2;
    assert_false(marked_current(&m, &sel));
    OK(marked_read(&m, &sel, &error));
    assert_true(marked_current(&m, &sel));
    assert_int_equal(m.runs, 2);
    const struct marked_row *quick = row_of(&m, "AUC quick ridge"), *linear = row_of(&m, "AUC linear phantom"),
                            *time = row_of(&m, "time trained"), *cov = row_of(&m, "loss.cov");
    assert_true(quick && linear && time && cov);
    assert_string_equal(quick->value[0], ".780");
    assert_int_equal(quick->best, 0);
    assert_string_equal(linear->value[0], ".810 \u00b1.010"); /* two draws */
    assert_string_equal(linear->value[1], ".830");
    assert_int_equal(linear->best, 1);
    assert_string_equal(time->value[0], "3m20");
    assert_string_equal(time->value[1], "-");
    assert_string_equal(m.word[1], "COLLAPSING");
    assert_null(row_of(&m, "train.threads")); /* what was automatic came to the same */
    assert_ptr_equal(cov, &m.rows[m.results]);
    assert_int_equal(cov->why, 1);
    marked_clear(&m);
    run_summary_clear(&sel.summary);
    screen_says(s, "runs", "a", "{<space><space>", 30, 100,
                (const char *const[]){ "AUC quick ridge", ".780*", "why 2 is COLLAPSING", "1 setting differs" }, 4);
}

/* ---- the list --------------------------------------------------------------------------------------------- */

static void a_filter_is_replaced_by_what_is_typed(void **state)
{
    learned(*state);
    screen_says(*state, "runs", "learned", "/name:x<enter>/data:phantom<enter>", 24, 80,
                (const char *const[]){ "/data:phantom: 1 of 1" }, 1);
    screen_says(*state, "runs", "learned", "/data:<enter>/<end>phantom<enter>", 24, 80,
                (const char *const[]){ "/data:phantom: 1 of 1" }, 1); /* a key that moves keeps the text */
}

static void rows_out_of_sight_are_marked(void **state)
{
    char name[16];
    for (int i = 1; i <= 9; i++) {
        snprintf(name, sizeof name, "run-%d", i);
        make(*state, &(struct made){ .name = name, .steps = 60, .epochs = 6 });
    }
    screen_says(*state, "runs", "run-1", "", 10, 60, (const char *const[]){ "\u25b2", "newest (9) further up" }, 2);
    screen_says(*state, "runs", "run-9", "", 10, 60, (const char *const[]){ "\u25bc" }, 1);
    char *text = screen_text(*state, "runs", "run-9", "", 10, 60, false);
    if (strstr(text, "\u25b2") || strstr(text, "further")) fail_msg("nothing is above:\n%s", text);
    free(text);
}

/* ---- charts ----------------------------------------------------------------------------------------------- */

/* Run b ends at step 10: at the cursor on step 20 it has no value, and run a has its own. */
static void beyond_its_end_a_run_has_no_value(void **state)
{
    const struct series_point long_one[] = { { 0, 0, 1, 1, 1, 1, 0 }, { 20, 20, 2, 2, 2, 1, 0 } },
                              short_one[] = { { 0, 0, 5, 5, 5, 1, 0 }, { 10, 10, 6, 6, 6, 1, 0 } };
    const struct chart_curve curves[] = { { long_one, 2, "L", INK_NORMAL, 0, NULL },
                                          { short_one, 2, "S", INK_NORMAL, 0, NULL } };
    static const struct {
        double cursor;
        const char *says;
    } rows[] = { { 20, "b S -" }, { 10, "b S 6" }, { 15, "b S -" }, { NAN, "b S 6" } };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct canvas c = { 0 };
        struct text shown = { 0 };
        assert_true(canvas_resize(&c, 8, 40));
        struct area a = canvas_area(&c);
        chart_draw(&a, &(struct chart){ .title = "t",
                                        .curves = curves,
                                        .curve_count = 2,
                                        .ends = (const double[]){ 20, 10 },
                                        .cursor = rows[i].cursor });
        canvas_text(&c, &shown);
        if (!strstr(text_str(&shown), rows[i].says)) fail_msg("lacks '%s':\n%s", rows[i].says, text_str(&shown));
        text_clear(&shown);
        canvas_clear(&c);
    }
}

/* A curve that is far out of the others' reach leaves them readable, and the chart says which one it is. */
static void an_outlier_is_named_and_left_out_of_the_range(void **state)
{
    const struct series_point low[] = { { 0, 0, 1, 1, 1, 1, 0 }, { 9, 9, 2, 2, 2, 1, 0 } },
                              high[] = { { 0, 0, 900, 900, 900, 1, 0 }, { 9, 9, 1000, 1000, 1000, 1, 0 } };
    const struct chart_curve near[] = { { low, 2, "L", INK_NORMAL, 0, NULL }, { high, 2, "H", INK_NORMAL, 0, NULL } };
    (void)state;
    struct canvas c = { 0 };
    struct text shown = { 0 };
    assert_true(canvas_resize(&c, 10, 60));
    struct area a = canvas_area(&c);
    struct chart_place p =
        chart_draw(&a, &(struct chart){ .title = "t", .curves = near, .curve_count = 2, .cursor = NAN });
    assert_true(p.y.most < 3);
    canvas_text(&c, &shown);
    assert_non_null(strstr(text_str(&shown), "b off the chart"));
    text_clear(&shown);
    canvas_blank(&c);
    p = chart_draw(&a, &(struct chart){ .curves = near, .curve_count = 2, .cursor = NAN, .y.log = true });
    assert_true(p.y.most > 900); /* a logarithmic axis has room for both */
    canvas_clear(&c);
}

static void areas_of_other_data_are_not_drawn(void **state)
{
    struct store *s = *state;
    int64_t a = make(s, &(struct made){ .name = "a", .steps = 60, .epochs = 6 });
    int64_t b = make(s, &(struct made){ .name = "b", .steps = 60, .epochs = 6, .data = "kermany" });
    for (int i = 1; i <= 30; i++) {
        put(s, a, "loss", i, 20 - i / 2.0);
        put(s, b, "loss", i, 21 - i / 2.0);
    }
    put(s, a, "auc.ridge", 30, .6123);
    put(s, b, "auc.ridge", 30, .9734);
    char *text = screen_text(s, "loss", "a", ":mark b", 50, 200, false);
    if (!strstr(text, "on phantom") || !strstr(text, "not of 2 (kermany)") || strstr(text, "0.973"))
        fail_msg("the chart of areas has kermany's, or does not say on which data:\n%s", text);
    free(text);
}

static void a_zoom_is_loud_and_of_one_run(void **state)
{
    struct store *s = *state;
    for (int r = 0; r < 2; r++) {
        int64_t id = make(s, &(struct made){ .name = r ? "b" : "a", .steps = 600, .epochs = 6 });
        struct store_batch batch = { 0 };
        for (int i = 1; i <= 500; i++) store_batch_name(&batch, s, "loss", i, 20);
        OK(store_points_append(s, id, &batch, &error));
        store_batch_clear(&batch);
    }
    screen_says(s, "loss", "a", "w", 24, 80, (const char *const[]){ "ZOOM 401-500  w: all" }, 1);
    static const char *const whole[] = { "w\nw", "w\n>", "" }; /* the last: another session */
    for (size_t i = 0; i < sizeof whole / sizeof *whole; i++) {
        char *text = screen_text(s, "loss", "a", whole[i], 24, 80, false);
        if (strstr(text, "ZOOM")) fail_msg("keys '%s' leave a zoom:\n%s", whole[i], text);
        free(text);
    }
}

/* ---- alarms ------------------------------------------------------------------------------------------------ */

static void an_advice_names_a_setting_and_its_value(void **state)
{
    static const struct {
        const char *text, *setting, *value;
    } rows[] = {
        { "local COLLAPSING: crowding -0.7 (bad above -1.1). Try: loss.cov 1: it is 0, and nothing", "loss.cov", "1" },
        { "WATCH. Try: raise loss.local_weight: it is 0, and nothing trains this level", "loss.local_weight", "" },
        { "WATCH. Try: a lower optim.lr, from the last checkpoint before it fell (fork)", "optim.lr", "" },
        { "WATCH. Try: views that change less (data.augment.area_min), or more epochs", "data.augment.area_min", "" },
        { "the loss is not finite; try optim.lr 0.001", "optim.lr", "0.001" },
        { "run 6 is lost: its worker was killed. Try: R, resume", NULL, "" },
        { "no advice of loss.cov 1", NULL, "" },
        { "", NULL, "" },
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct advice a;
        bool found = advice_parse(rows[i].text, &a);
        if (found != (rows[i].setting != NULL)) fail_msg("'%s'", rows[i].text);
        if (found && (strcmp(a.row->name, rows[i].setting) != 0 || strcmp(a.value, rows[i].value) != 0))
            fail_msg("'%s' advises %s '%s'", rows[i].text, a.row->name, a.value);
    }
}

/* Every word has a sign of its own where it asks for something else. */
static void verdicts_differ_without_colour(void **state)
{
    (void)state;
    for (int a = 0; a < VERDICT_COUNT; a++)
        for (int b = 0; b < VERDICT_COUNT; b++)
            if (verdict_worry((enum verdict_word)a) != verdict_worry((enum verdict_word)b) &&
                sign_of_verdict((enum verdict_word)a) == sign_of_verdict((enum verdict_word)b))
                fail_msg("%s and %s look alike", verdict_words[a], verdict_words[b]);
}

int main(void)
{
    setlocale(LC_ALL, "C.UTF-8");
    setenv("TZ", "UTC", 1);
    setenv("XDG_CONFIG_HOME", "/nonexistent", 1);
#define BOARD_TEST(name) cmocka_unit_test_setup_teardown(name, store_setup, store_teardown)
    const struct CMUnitTest tests[] = {
        BOARD_TEST(time_left_counts_diagnostics_and_no_pauses),
        BOARD_TEST(a_young_fork_has_no_time_left),
        BOARD_TEST(a_board_tells_what_came_of_a_run),
        BOARD_TEST(a_board_contradicts_a_word_that_the_auc_does_not_bear_out),
        BOARD_TEST(a_run_without_numbers_concludes_nothing),
        BOARD_TEST(runs_shows_the_board_beside_and_below),
        BOARD_TEST(marked_runs_tell_results_first),
        BOARD_TEST(a_filter_is_replaced_by_what_is_typed),
        BOARD_TEST(rows_out_of_sight_are_marked),
        cmocka_unit_test(beyond_its_end_a_run_has_no_value),
        cmocka_unit_test(an_outlier_is_named_and_left_out_of_the_range),
        BOARD_TEST(areas_of_other_data_are_not_drawn),
        BOARD_TEST(a_zoom_is_loud_and_of_one_run),
        cmocka_unit_test(an_advice_names_a_setting_and_its_value),
        cmocka_unit_test(verdicts_differ_without_colour),
    };
    return cmocka_run_group_tests_name("board", tests, NULL, NULL);
}
