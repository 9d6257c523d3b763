/* Heatmaps: how values are reduced to cells, where a cell of the screen lies in the matrix, and every size. */
#include "tests/check.h"

#include <math.h>

#include "views/charts/heat.h"

static float values[16] = { 0, 0.2F, 0.4F, 0.6F, 0.1F, -0.9F, 0.3F, 0.5F, NAN, NAN, 1, 1, NAN, NAN, 1, 0 };

static struct heat make(const struct theme *t)
{
    return (struct heat){ .values = values, .rows = 4, .cols = 4, .most = 1, .row = 3, .column = 3, .theme = t };
}

static void reduction(void **state)
{
    struct theme t = { 0 };
    struct heat h = make(&t);
    (void)state;
    assert_true(fabs((double)heat_reduce(&h, 0, 0, 2) + 0.15) < 1e-6);
    h.max = true;
    assert_true(fabs((double)heat_reduce(&h, 0, 0, 2) - 0.2) < 1e-6);
    h.with_sign = true;
    assert_true(fabs((double)heat_reduce(&h, 0, 0, 2) + 0.9) < 1e-6);
    assert_true(isnan(heat_reduce(&h, 2, 0, 2)));
    assert_true(fabs((double)heat_reduce(&h, 3, 3, 2)) < 1e-6);
}

static void sizes(void **state)
{
    (void)state;
    for (int ascii = 0; ascii < 2; ascii++)
        for (int h = 1; h <= 40; h += 3)
            for (int w = 1; w <= 100; w += 9) {
                struct theme t = { 0 };
                struct canvas c = { .ascii = ascii };
                struct heat m = make(&t);
                int row, column;
                assert_true(canvas_resize(&c, h, w));
                struct area a = canvas_area(&c);
                struct heat_place p = heat_draw(&a, &m);
                assert_true(p.plot.h >= 1 && p.plot.h <= h && p.plot.w >= 1 && p.plot.w <= w);
                assert_true(heat_at(&p, &m, 0, 0, &row, &column));
                assert_true(row == 0 && column == 0);
                assert_false(heat_at(&p, &m, p.plot.h, 0, &row, &column));
                heat_legend(&a, 0, &m);
                canvas_clear(&c);
            }
}

static void ramp(void **state)
{
    struct theme t = { 0 };
    struct canvas c = { .ascii = true };
    struct heat m = make(&t);
    struct text out = { 0 };
    (void)state;
    assert_true(canvas_resize(&c, 4, 8));
    struct area a = canvas_area(&c);
    heat_draw(&a, &m);
    canvas_text(&c, &out);
    assert_non_null(strstr(text_str(&out), "xxxx")); /* what is no number */
    assert_int_equal(c.cells[3 * 8 + 6].ch, '+');    /* the cursor        */
    text_clear(&out);
    canvas_clear(&c);
}

/* Without colours, areas of values that the ramp does not tell apart have different densities. */
static void few_tones_show_what_lies_between(void **state)
{
    enum { SIDE = 16, LEVELS = 8 };
    float flat[SIDE * SIDE];
    double before = -1;
    (void)state;
    for (int k = 0; k <= LEVELS; k++) {
        struct theme t = { 0 };
        struct canvas c = { 0 };
        struct heat m = {
            .values = flat, .rows = SIDE, .cols = SIDE, .least = 0, .most = 1, .row = -1, .column = -1, .theme = &t
        };
        for (int i = 0; i < SIDE * SIDE; i++) flat[i] = (float)k / LEVELS;
        assert_true(canvas_resize(&c, SIDE, 2 * SIDE));
        struct area a = canvas_area(&c);
        heat_draw(&a, &m);
        double ink = 0;
        for (int i = 0; i < c.h * c.w; i++) {
            uint32_t ch = c.cells[i].ch;
            ink += ch == 0x2588 ? 4 : ch >= 0x2591 && ch <= 0x2593 ? ch - 0x2590 : 0;
        }
        if (!(ink > before)) fail_msg("level %d of %d is as dense as the one before: %g", k, LEVELS, ink);
        before = ink;
        canvas_clear(&c);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reduction),
        cmocka_unit_test(sizes),
        cmocka_unit_test(ramp),
        cmocka_unit_test(few_tones_show_what_lies_between),
    };
    return cmocka_run_group_tests_name("heat", tests, NULL, NULL);
}
