/* Charts and heatmaps: what they show at sizes from a cell up, with all characters and with ASCII's, compared with
 * texts that were looked at; and the arithmetic behind. */
#include "tests/golden.h"

#include <locale.h>
#include <math.h>

#include "views/charts/chart.h"
#include "views/charts/dots.h"

enum { POINTS = 400 };

static struct series_point falling[POINTS], noisy[POINTS], holes[POINTS];

static void make_points(void)
{
    for (int i = 0; i < POINTS; i++) {
        double x = 25.0 * (i + 1), y = 2 * exp(-i / 80.0) + 0.1;
        falling[i] = (struct series_point){ x, x, y, y, y, 1, false };
        double wobble = (i * 7919 % 101) / 101.0 - 0.5;
        noisy[i] =
            (struct series_point){ x - 12, x + 12, y * 0.7 + wobble * 0.2, y + wobble * 0.3, y * 1.4 + 0.2, 8, false };
        holes[i] = falling[i];
        if (i >= 100 && i < 140) holes[i].min = holes[i].mean = holes[i].max = NAN, holes[i].missing = true;
    }
}

/* Every case at some sizes, one below the other in one text. */
static void draw_all(struct text *out, void (*draw)(const struct area *a), bool ascii, bool plain)
{
    static const int sizes[][2] = { { 16, 72 }, { 8, 32 }, { 5, 20 }, { 3, 12 }, { 1, 20 }, { 2, 3 } };
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        struct canvas c = { .ascii = ascii, .plain = plain };
        assert_true(canvas_resize(&c, sizes[i][0], sizes[i][1]));
        struct area a = canvas_area(&c);
        draw(&a);
        text_printf(out, "---- %d x %d\n", sizes[i][0], sizes[i][1]);
        canvas_text(&c, out);
        canvas_clear(&c);
    }
}

static void draw_curves(const struct area *a)
{
    const struct chart_curve curves[] = { { noisy, POINTS, "17", INK_SERIES(0), 0, NULL },
                                          { falling, POINTS, "16", INK_SERIES(1), 0, NULL } };
    const struct chart_mark marks[] = { { 2500, 'V', INK_BAD }, { 9000, 'c', INK_DIM } };
    const struct chart_line lines[] = { { 1, "plateau 1", INK_DIM } };
    chart_draw(a, &(struct chart){ .title = "global inv",
                                   .title_ink = INK_GLOBAL,
                                   .curves = curves,
                                   .curve_count = 2,
                                   .lines = lines,
                                   .line_count = 1,
                                   .marks = marks,
                                   .mark_count = 2,
                                   .smooth = 0.05,
                                   .cursor = 5000,
                                   .from_zero = true,
                                   .x_unit = "step" });
}

static void draw_log(const struct area *a)
{
    const struct chart_curve curve = { holes, POINTS, NULL, INK_SERIES(0), 0, NULL };
    chart_draw(a, &(struct chart){ .title = "cov",
                                   .note = "log y",
                                   .curves = &curve,
                                   .curve_count = 1,
                                   .x.log = true,
                                   .y.log = true,
                                   .cursor = NAN });
}

/* The first half of the one is another's. */
static void draw_past(const struct area *a)
{
    const struct chart_curve curves[] = { { noisy, POINTS, "17", INK_SERIES(0), noisy[POINTS / 2].x1, NULL },
                                          { holes, POINTS, "16", INK_SERIES(1), 0, NULL } };
    chart_draw(a, &(struct chart){ .title = "inv",
                                   .note = "dim: run 16 to 20",
                                   .curves = curves,
                                   .curve_count = 2,
                                   .cursor = NAN,
                                   .x_unit = "step" });
}

static void draw_bars(const struct area *a)
{
    float values[256];
    for (int i = 0; i < 256; i++) values[i] = (float)(1.4 * exp(-i / 90.0));
    const struct chart_line lines[] = { { 1, "1", INK_DIM } };
    chart_bars(a, &(struct chart_bars){ .title = "deviation",
                                        .values = values,
                                        .count = 256,
                                        .cursor = 40,
                                        .lines = lines,
                                        .line_count = 1,
                                        .x_unit = "dim" });
}

static void golden(void (*draw)(const struct area *a), const char *name)
{
    char file[64];
    struct text out = { 0 };
    make_points();
    draw_all(&out, draw, false, false);
    golden_check(name, text_str(&out));
    text_clear(&out);
    draw_all(&out, draw, true, false);
    draw_all(&out, draw, false, true);
    snprintf(file, sizeof file, "%s-ascii", name);
    golden_check(file, text_str(&out));
    for (const char *p = text_str(&out); *p && p < strstr(text_str(&out), "---- 2 x 3"); p++)
        assert_true((unsigned char)*p < 127);
    text_clear(&out);
}

static void curves_are_drawn_as_before(void **state)
{
    (void)state;
    golden(draw_curves, "chart-curves");
    golden(draw_past, "chart-past");
}

static void logarithmic_axes_and_holes_are_drawn_as_before(void **state)
{
    (void)state;
    golden(draw_log, "chart-log");
}

static void bars_are_drawn_as_before(void **state)
{
    (void)state;
    golden(draw_bars, "chart-bars");
}

/* A last column that reaches beyond the end of the axis ends with it. */
static void the_last_column_is_drawn(void **state)
{
    (void)state;
    const struct series_point points[] = { { 25, 25, 1, 1, 1, 1, false }, { 200, 201, 1, 1, 1, 1, false } };
    const struct chart_curve curve = { points, 2, "a", INK_SERIES(0), 0, NULL };
    struct canvas c = { .ascii = true };
    assert_true(canvas_resize(&c, 6, 40));
    struct area a = canvas_area(&c);
    struct chart_place p = chart_draw(
        &a, &(struct chart){
                .x = { 0, 200, false }, .curves = &curve, .curve_count = 1, .cursor = NAN, .no_values = true });
    bool drawn = false;
    for (int y = 0; y < p.plot.h; y++) drawn |= c.cells[(p.plot.y + y) * c.w + p.plot.x + p.plot.w - 1].ch != ' ';
    assert_true(drawn);
    canvas_clear(&c);
}

/* A note is not worth the values of curves. */
static void a_note_gives_way_to_values(void **state)
{
    (void)state;
    static const struct {
        int w;
        bool note;
    } rows[] = { { 70, true }, { 50, false } };
    const struct series_point points[] = { { 1, 1, 1, 1, 1, 1, false }, { 2, 2, 1, 1, 1, 1, false } };
    const struct chart_curve curves[] = { { points, 2, "ridge", INK_SERIES(0), 0, NULL },
                                          { points, 2, "kNN", INK_SERIES(1), 0, NULL } };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct canvas c = { .ascii = true };
        struct text out = { 0 };
        assert_true(canvas_resize(&c, 6, rows[i].w));
        struct area a = canvas_area(&c);
        chart_draw(&a, &(struct chart){ .title = "AUC of the probe",
                                        .note = "on validation images",
                                        .curves = curves,
                                        .curve_count = 2,
                                        .counts = i == 1,
                                        .cursor = NAN });
        canvas_text(&c, &out);
        assert_true((strstr(text_str(&out), "validation") != NULL) == rows[i].note);
        assert_non_null(strstr(text_str(&out), i ? "a ridge 1  b kNN 1" : "a ridge 1.00  b kNN 1.00"));
        text_clear(&out);
        canvas_clear(&c);
    }
}

/* A band gives way to the curves: as much room above them, and below, as they take. */
static void a_band_presses_no_curve_flat(void **state)
{
    (void)state;
    struct series_point points[2] = { { 0, 0, 1, 1, 1, 1, false }, { 10, 10, 3, 3, 3, 1, false } },
                        band[2] = { { 0, 0, -50, 0, 900, 2, false }, { 10, 10, 2, 2.5, 4, 2, false } };
    const struct chart_curve curve = { points, 2, "1", INK_SERIES(0), 0, NULL };
    struct canvas c = { 0 };
    assert_true(canvas_resize(&c, 12, 40));
    struct area a = canvas_area(&c);
    struct chart chart = { .title = "total", .curves = &curve, .curve_count = 1, .band = band, .band_count = 2 };
    struct chart_place p = chart_draw(&a, &chart);
    assert_true(p.y.least <= -1 && p.y.least > -1.5 && p.y.most >= 5 && p.y.most < 5.5);
    band[0] = (struct series_point){ 0, 0, 0.5, 1, 2, 2, false };
    p = chart_draw(&a, &chart);
    assert_true(p.y.least <= 0.5 && p.y.least > 0 && p.y.most >= 4 && p.y.most < 4.5);
    canvas_clear(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_band_presses_no_curve_flat),
        cmocka_unit_test(curves_are_drawn_as_before),
        cmocka_unit_test(logarithmic_axes_and_holes_are_drawn_as_before),
        cmocka_unit_test(bars_are_drawn_as_before),
        cmocka_unit_test(the_last_column_is_drawn),
        cmocka_unit_test(a_note_gives_way_to_values),
    };
    setlocale(LC_CTYPE, "C.UTF-8");
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
