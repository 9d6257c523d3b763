/* Near-copies among pictures that are drawn here, grey levels, inverted pictures. */
#include "tests/check.h"

#include <math.h>

#include "engine/data/grey.h"
#include "engine/data/near.h"

enum { SIDE = 64, CELLS = SIDE * SIDE, WAVES = 40, MANY = 200 };

/* Where a picture is looked at: u' = middle + zoom (cos, sin)(u - middle) + shift, in shares of a side. */
struct view {
    double zoom, angle, x, y, gain, offset;
};
static const struct view plain = { 1, 0, 0, 0, 1, 0 };

static uint32_t draw(uint32_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 17;
    *state ^= *state << 5;
    return *state;
}

/* A picture of its own for each seed: broad shapes and detail, a sum of waves. */
static void paint(uint32_t seed, const struct view *v, uint8_t *out)
{
    double wave[WAVES][4];
    uint32_t state = seed * 2654435761U + 1;
    for (int k = 0; k < WAVES; k++)
        for (int i = 0; i < 4; i++) wave[k][i] = draw(&state) / 4294967296.0;
    for (int i = 0; i < CELLS; i++) {
        double x = (i % SIDE + 0.5) / SIDE - 0.5, y = (i / SIDE + 0.5) / SIDE - 0.5, sum = 0;
        double u = v->zoom * (cos(v->angle) * x - sin(v->angle) * y) + v->x;
        double w = v->zoom * (sin(v->angle) * x + cos(v->angle) * y) + v->y;
        for (int k = 0; k < WAVES; k++) {
            double cycles = 0.5 + 6.0 * k / WAVES, angle = 2 * M_PI * wave[k][0];
            sum += (0.3 + wave[k][2]) / (1 + cycles) *
                   cos(2 * M_PI * (cycles * (u * cos(angle) + w * sin(angle)) + wave[k][1]));
        }
        double level = 128 + v->gain * 35 * sum + v->offset;
        out[i] = (uint8_t)(level < 0 ? 0 : level > 255 ? 255 : level + 0.5);
    }
}

static void print_of(uint32_t seed, const struct view *v, struct near_print *out)
{
    uint8_t pixels[CELLS];
    paint(seed, v, pixels);
    near_print_of(pixels, SIDE, 1, out);
}

static const struct {
    const char *what;
    struct view view;
} changes[] = {
    { "brighter", { 1, 0, 0, 0, 1, 25 } },
    { "less contrast", { 1, 0, 0, 0, 0.7, 0 } },
    { "cropped by 2 %", { 0.98, 0, 0, 0, 1, 0 } },
    { "cropped on one side", { 0.98, 0, 0.01, 0, 1, 0 } },
    { "turned by 1 degree", { 1, 0.0175, 0, 0, 1, 0 } },
    { "turned the other way", { 1, -0.0175, 0, 0, 1, 0 } },
};
enum { CHANGES = sizeof changes / sizeof changes[0] };

static void changed_pictures_are_copies_and_others_are_not(void **state)
{
    (void)state;
    struct near_print a, b;
    for (uint32_t seed = 1; seed <= 10; seed++)
        for (int k = 0; k < CHANGES; k++) {
            print_of(seed, &plain, &a);
            print_of(seed, &changes[k].view, &b);
            struct near_likeness l = near_likeness_of(&a, 0, &b);
            if (!near_is_copy(&l))
                fail_msg("%s, picture %u: correlation %.4f, detail %.4f", changes[k].what, seed, l.correlation,
                         l.detail);
            print_of(seed + 100, &plain, &b);
            l = near_likeness_of(&a, 0, &b);
            assert_false(near_is_copy(&l));
        }
}

/* Shapes of one picture with the detail of another: two exposures of one person. */
static void shapes_alone_make_no_copy(void **state)
{
    (void)state;
    uint8_t one[CELLS], other[CELLS];
    struct near_print a, b;
    paint(1, &plain, one);
    memcpy(other, one, sizeof one);
    uint32_t random = 7;
    for (int y = 0; y < SIDE; y += 2)
        for (int x = 0; x < SIDE; x += 2) {
            int by = (int)(draw(&random) % 41) - 20;
            for (int k = 0; k < 4; k++) {
                uint8_t *p = &other[(y + k / 2) * SIDE + x + k % 2];
                int v = *p + by;
                *p = (uint8_t)(v < 0 ? 0 : v > 255 ? 255 : v);
            }
        }
    near_print_of(one, SIDE, 1, &a);
    near_print_of(other, SIDE, 1, &b);
    struct near_likeness l = near_likeness_of(&a, 0, &b);
    assert_true(l.correlation > 0.9);
    assert_false(near_is_copy(&l));
}

static void quarter_turns_and_mirrors_are_found_among_many(void **state)
{
    (void)state;
    struct near_print *prints = calloc(MANY + NEAR_TURNS, sizeof *prints);
    bool skip[MANY + NEAR_TURNS] = { false };
    struct near_pairs found;
    struct err e;
    uint8_t pixels[CELLS], turned[CELLS];
    assert_non_null(prints);
    for (uint32_t i = 0; i < MANY; i++) print_of(i + 1, &plain, &prints[i]);
    paint(42 + 1, &plain, pixels);
    for (int t = 1; t < NEAR_TURNS; t++) {
        for (int i = 0; i < CELLS; i++) {
            int x = i % SIDE, y = i / SIDE, u = t & 1 ? SIDE - 1 - x : x, v = t & 2 ? SIDE - 1 - y : y;
            turned[i] = pixels[t & 4 ? u * SIDE + v : v * SIDE + u];
        }
        near_print_of(turned, SIDE, 1, &prints[MANY + t - 1]);
    }
    const struct near_set all = { prints, MANY + NEAR_TURNS - 1, skip };
    if (!near_find(&all, NULL, NULL, NULL, &found, &e)) fail_msg("%s", e.msg);
    assert_false(found.cut);
    int of_original = 0;
    for (size_t k = 0; k < found.count; k++) {
        assert_true(found.rows[k].a == 42 || found.rows[k].a >= MANY);
        assert_true(found.rows[k].b >= MANY);
        of_original += found.rows[k].a == 42;
    }
    assert_int_equal(of_original, NEAR_TURNS - 1);
    assert_int_equal(found.count, NEAR_TURNS * (NEAR_TURNS - 1) / 2);
    near_clear(&found);
    skip[42] = true;
    if (!near_find(&all, NULL, NULL, NULL, &found, &e)) fail_msg("%s", e.msg);
    for (size_t k = 0; k < found.count; k++) assert_true(found.rows[k].a != 42);
    near_clear(&found);
    const struct near_set first = { prints, MANY, NULL }, rest = { prints + MANY, NEAR_TURNS - 1, NULL };
    if (!near_find(&first, &rest, NULL, NULL, &found, &e)) fail_msg("%s", e.msg);
    assert_int_equal(found.count, NEAR_TURNS - 1);
    for (size_t k = 0; k < found.count; k++) assert_int_equal(found.rows[k].a, 42);
    near_clear(&found);
    free(prints);
}

static void flat_pictures_are_near_to_nothing(void **state)
{
    (void)state;
    uint8_t pixels[3 * CELLS];
    struct near_print prints[3];
    struct near_pairs found;
    struct err e;
    for (int k = 0; k < 3; k++) {
        memset(pixels, 80 * k, sizeof pixels);
        near_print_of(pixels, SIDE, 3, &prints[k]);
        assert_true(prints[k].flat);
    }
    const struct near_set all = { prints, 3, NULL };
    if (!near_find(&all, NULL, NULL, NULL, &found, &e)) fail_msg("%s", e.msg);
    assert_int_equal(found.count, 0);
    near_clear(&found);
    const struct near_set none = { prints, 0, NULL };
    if (!near_find(&none, NULL, NULL, NULL, &found, &e)) fail_msg("%s", e.msg);
    assert_int_equal(found.count, 0);
    near_clear(&found);
}

static bool stop(void *ctx)
{
    return ++*(int *)ctx < 1;
}

static void a_search_can_be_stopped(void **state)
{
    (void)state;
    struct near_print a;
    struct near_pairs found;
    struct err e;
    int asked = 0;
    print_of(1, &plain, &a);
    const struct near_set all = { &a, 1, NULL };
    assert_false(near_find(&all, NULL, stop, &asked, &found, &e));
    assert_int_equal(e.code, ERR_INTERRUPTED);
    assert_null(found.rows);
}

static void levels_are_counted(void **state)
{
    (void)state;
    struct grey_levels g = { 0 };
    const uint8_t samples[] = { 0, 0, 10, 20, 255 }, bright[] = { 255, 255, 255, 255, 255 };
    assert_int_equal(grey_share(&g, 0) * 100, 0);
    grey_add(&g, samples, sizeof samples);
    assert_int_equal(grey_median(&g), 10);
    grey_add(&g, bright, sizeof bright);
    assert_int_equal(g.images, 2);
    assert_int_equal(g.few, 2);
    assert_true(fabs(grey_share(&g, 0) - 0.2) < 1e-12 && fabs(grey_share(&g, 255) - 0.6) < 1e-12);
    assert_int_equal(grey_used(&g), 4);
    assert_int_equal(grey_median(&g), 255);
}

static void negatives_among_pictures_of_one_look_are_found(void **state)
{
    (void)state;
    enum { N = 40 };
    struct near_print prints[N];
    bool inverted[N];
    uint32_t number;
    struct err e;
    for (uint32_t i = 0; i < N; i++) {
        bool negative = i == 0 || i == 17;
        const struct view v = { 1 + 0.002 * i, 0.002 * i, 0, 0.001 * i, negative ? -1 : 1, 0 };
        print_of(3, &v, &prints[i]);
    }
    if (!grey_inverted(prints, N, inverted, &number, &e)) fail_msg("%s", e.msg);
    assert_int_equal(number, 2);
    assert_true(inverted[0] && inverted[17]);
    for (uint32_t i = 0; i < N; i++) print_of(i + 1, &plain, &prints[i]);
    if (!grey_inverted(prints, N, inverted, &number, &e)) fail_msg("%s", e.msg);
    assert_int_equal(number, 0); /* they have no common look */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(changed_pictures_are_copies_and_others_are_not),
        cmocka_unit_test(shapes_alone_make_no_copy),
        cmocka_unit_test(quarter_turns_and_mirrors_are_found_among_many),
        cmocka_unit_test(flat_pictures_are_near_to_nothing),
        cmocka_unit_test(a_search_can_be_stopped),
        cmocka_unit_test(levels_are_counted),
        cmocka_unit_test(negatives_among_pictures_of_one_look_are_found),
    };
    return cmocka_run_group_tests_name("near", tests, NULL, NULL);
}
