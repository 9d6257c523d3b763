/* The newest number beside a curve is the value of its last point, as tables and files have it, however many points a
 * column of the curve stands for. */
#include "tests/check.h"

#include <math.h>

#include "engine/base/settings.h"
#include "store/metric.h"
#include "tests/screen_help.h"
#include "views/analysis/series.h"
#include "views/charts/chart.h"

enum { STEPS = 3001 };

/* All that charts draw, falling from a thousand: no two numbers in a row are alike in three digits. */
static int64_t run_of_figures(struct store *s)
{
    static const char *const names[] = {
        "loss",      "loss.global",    "loss.local",     "loss.global.inv", "loss.global.var",   "loss.global.cov",
        "rate",      "loss.local.inv", "loss.local.var", "loss.local.cov",  "images_per_second", "grad_norm",
        "auc.knn",   "auc.ridge",      "rho.global",     "rho.local",       "gain.global",       "gain.local",
        "time.step", "time.forward"
    };
    struct settings settings;
    struct text ini = { 0 };
    struct store_run row = { .name = "first", .seed = 7, .steps = STEPS, .epochs = 10 };
    struct store_batch b = { 0 };
    int64_t run;
    settings_init(&settings);
    settings_write_ini(&settings, &ini);
    row.config = ini.data;
    OK(store_run_insert(s, &row, &run, &error));
    text_clear(&ini);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        for (int64_t step = 1; step <= STEPS; step++)
            store_batch_name(&b, s, names[i], step, (double)(STEPS - step) / 3 + .111 + (double)i / 100);
    OK(store_points_append(s, run, &b, &error));
    store_batch_clear(&b);
    return run;
}

static const char *newest(struct store *s, int64_t run, const char *metric, double scale, char out[CHART_NUMBER])
{
    double value;
    OK(store_metric_latest(s, run, -1, &metric, 1, &value, NULL, &error));
    return chart_number(scale * value, out);
}

static void heads_of_charts_tell_the_last_point(void **state)
{
    struct store *s = *state;
    static const struct {
        const char *view, *keys, *metric;
        double scale;
    } rows[] = {
        { "loss", "w", "loss", 1 },
        { "loss", "", "loss.global", 1 },
        { "loss", "", "loss.local.cov", 1 },
        { "loss", "", "auc.ridge", 1 },
        { "downstream", "", "auc.ridge", 1 },
        { "downstream", "", "auc.knn", 1 },
        { "profile", "", "time.forward", 1000 },
    };
    int64_t run = run_of_figures(s);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char number[CHART_NUMBER], said[CHART_NUMBER + 2];
        char *text = screen_text(s, rows[i].view, "first", rows[i].keys, 60, 200, false);
        snprintf(said, sizeof said, " %s", newest(s, run, rows[i].metric, rows[i].scale, number));
        if (!strstr(text, said)) fail_msg("%s lacks the newest %s,%s:\n%s", rows[i].view, rows[i].metric, said, text);
        free(text);
    }
}

/* At the cursor too, in a terminal of any width: the value of the step that is named, not the mean of its column. */
static void the_cursor_tells_the_value_of_its_step(void **state)
{
    struct store *s = *state;
    static const int widths[] = { 62, 80, 132, 200 };
    int64_t run = run_of_figures(s);
    const struct past none = { 0 };
    for (size_t i = 0; i < sizeof widths / sizeof widths[0]; i++) {
        char number[CHART_NUMBER], said[CHART_NUMBER + 2];
        char *text = screen_text(s, "loss", "first", ",,,", 24, widths[i], false);
        const char *cursor = strstr(text, "cursor ");
        struct series_point p;
        if (!cursor) fail_msg("no cursor:\n%s", text);
        int64_t step = 0;
        for (cursor += 7; *cursor != ' '; cursor++)
            if (*cursor != ',') step = 10 * step + *cursor - '0';
        assert_true(step > STEPS / 2 && step < STEPS);
        OK(series_at(s, run, &none, "loss.global.inv", step, &p, &error));
        assert_true(p.x0 == (double)step && p.mean == (double)(STEPS - step) / 3 + .111 + 3. / 100);
        snprintf(said, sizeof said, " %s", chart_number(p.mean, number));
        if (!strstr(text, said)) fail_msg("width %d lacks%s:\n%s", widths[i], said, text);
        free(text);
    }
}

/* A number that is not recorded at every step: the newest one before, with its step. */
static void a_rare_number_names_its_step(void **state)
{
    struct store *s = *state;
    const struct series_point points[] = { { 10, 10, 1, 1, 1, 1, 0 }, { 20, 20, 2, 2, 2, 1, 0 } };
    const struct past none = { 0 };
    struct series_point at;
    struct store_batch b = { 0 };
    int64_t run = make_run(s, "a");
    store_batch_name(&b, s, "auc", 10, 0.61);
    store_batch_name(&b, s, "auc", 20, 0.72);
    OK(store_points_append(s, run, &b, &error));
    store_batch_clear(&b);
    OK(series_at(s, run, &none, "auc", 9, &at, &error));
    assert_true(!(at.weight > 0) && !at.missing);
    OK(series_at(s, run, &none, "auc", 19, &at, &error));
    assert_true(at.x0 == 10 && at.x1 == 19 && at.mean == 0.61);
    const struct chart_curve curve = { .points = points, .count = 2, .at = &at };
    struct canvas c = { 0 };
    assert_true(canvas_resize(&c, 8, 40));
    const struct area a = canvas_area(&c);
    chart_draw(&a, &(struct chart){ .title = "t", .curves = &curve, .curve_count = 1, .cursor = 19 });
    struct text shown = { 0 };
    canvas_text(&c, &shown);
    if (!strstr(text_str(&shown), "0.61@10") && !strstr(text_str(&shown), "0.610@10"))
        fail_msg("no step:\n%s", text_str(&shown));
    text_clear(&shown);
    canvas_clear(&c);
}

static double last_of(const struct series *t, double x)
{
    struct chart_curve c = { .points = t->points, .count = t->count };
    return chart_at(&c, x)->mean;
}

/* However a series grew, and at its newest step too: there cursors stand. */
static void a_trail_ends_with_its_newest_value(void **state)
{
    struct store *s = *state;
    int64_t run = make_run(s, "a");
    struct series t = { 0 };
    struct store_batch b = { 0 };
    static const int64_t ends[] = { 1, 2, 40, 41, 64, 65, 999, 1000, 1001, 5000, 5003, 5004 };
    int64_t step = 1;
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        bool changed = false;
        for (; step <= ends[i]; step++)
            if (step % 3) store_batch_name(&b, s, "loss", step, step == 5000 ? (double)NAN : (double)(step * step));
        OK(store_points_append(s, run, &b, &error));
        store_batch_reset(&b);
        OK(series_continue(&t, s, &(struct series_want){ run, 0, NULL, "loss", 0, ends[i], 16 }, &changed, &error));
        int64_t last = ends[i] % 3 ? ends[i] : ends[i] - 1;
        if (last == 5000) {
            assert_true(isnan(last_of(&t, NAN)) && t.points[t.count - 1].missing);
        } else {
            assert_true(last_of(&t, NAN) == (double)(last * last));
            assert_true(last_of(&t, (double)last) == (double)(last * last));
        }
        for (int k = 1; k < t.count; k++) { /* in order, and no end of long ago left among them */
            assert_true(t.points[k - 1].x1 <= t.points[k].x1);
            assert_true(k == t.count - 1 || t.points[k].weight >= 1 || t.points[k].missing);
        }
    }
    store_batch_clear(&b);
    series_clear(&t);
}

int main(void)
{
#define NEWEST_TEST(name) cmocka_unit_test_setup_teardown(name, store_setup, store_teardown)
    const struct CMUnitTest tests[] = {
        NEWEST_TEST(heads_of_charts_tell_the_last_point),
        NEWEST_TEST(the_cursor_tells_the_value_of_its_step),
        NEWEST_TEST(a_rare_number_names_its_step),
        NEWEST_TEST(a_trail_ends_with_its_newest_value),
    };
    return cmocka_run_group_tests_name("newest", tests, NULL, NULL);
}
