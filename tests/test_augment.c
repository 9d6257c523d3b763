/* Resampling and views: each operation gives what Pillow and torchvision give, and the draws keep their promises. */
#include "tests/check.h"

#include <math.h>

#include <jansson.h>

#include "engine/base/files.h"
#include "engine/base/settings.h"
#include "engine/data/images/augment.h"
#include "engine/data/images/augment_ops.h"
#include "engine/data/images/resize.h"

/* ---- pictures and cases of tests/fixtures/make_augment.py ---- */

/* Waves of whole numbers plus noise; seed 0 is pure noise. */
static struct image picture(int width, int height, int channels, unsigned seed)
{
    struct image m;
    struct err e;
    if (!image_init(&m, width, height, channels, "picture", &e)) fail_msg("%s", e.msg);
    uint32_t state = seed * 2654435761u + 12345u;
    uint8_t *p = m.pixels;
    for (int y = 0; y < height; y++)
        for (int x = 0; x < width; x++)
            for (int c = 0; c < channels; c++) {
                state = state * 1664525u + 1013904223u;
                uint32_t noise = state >> 24, wave = (uint32_t)((3 * x + 2 * y + 40 * c) % 192);
                *p++ = (uint8_t)(seed == 0 ? noise : wave + (noise >> 2));
            }
    return m;
}

static int get_int(const json_t *o, const char *key)
{
    json_t *v = json_object_get(o, key);
    assert_non_null(v);
    return json_is_boolean(v) ? json_is_true(v) : (int)json_integer_value(v);
}

static double get_number(const json_t *o, const char *key)
{
    json_t *v = json_object_get(o, key);
    assert_non_null(v);
    return json_number_value(v);
}

static bool as_expected(const json_t *o, const uint8_t *got, size_t n)
{
    char mine[DIGEST_HEX_SIZE];
    digest_bytes(got, n, mine);
    return !strcmp(mine, json_string_value(json_object_get(o, "sha256")));
}

/* Run `check` on every case of one kind; the number of wrong ones is shown by their text. */
static void each_case(const char *op, bool (*check)(const json_t *o))
{
    json_error_t problem;
    json_t *all = json_load_file(source_path("tests/fixtures/augment.json"), 0, &problem);
    if (!all) fail_msg("augment.json: %s", problem.text);
    size_t i, wrong = 0, seen = 0;
    json_t *o;
    json_array_foreach(all, i, o)
    {
        if (strcmp(json_string_value(json_object_get(o, "op")), op)) continue;
        seen++;
        if (check(o)) continue;
        wrong++;
        char *text = json_dumps(o, JSON_COMPACT);
        print_error("wrong: %.300s\n", text);
        free(text);
    }
    json_decref(all);
    assert_true(seen > 0);
    assert_int_equal(wrong, 0);
}

/* ---- resize ---- */

static bool check_resize(const json_t *o)
{
    struct image in = picture(get_int(o, "width"), get_int(o, "height"), get_int(o, "channels"),
                              (unsigned)get_int(o, "seed")),
                 out;
    struct err e;
    json_t *size = json_object_get(o, "out");
    bool cubic = !strcmp(json_string_value(json_object_get(o, "filter")), "bicubic");
    struct resize r = { .width = (int)json_integer_value(json_array_get(size, 0)),
                        .height = (int)json_integer_value(json_array_get(size, 1)),
                        .filter = cubic ? RESIZE_BICUBIC : RESIZE_BILINEAR };
    for (size_t i = 0; i < 4; i++) r.box[i] = json_number_value(json_array_get(json_object_get(o, "box"), i));
    if (!resize_image(&in, &r, &out, &e)) fail_msg("%s", e.msg);
    bool ok = as_expected(o, out.pixels, (size_t)out.width * (size_t)out.height * (size_t)out.channels);
    image_clear(&in);
    image_clear(&out);
    return ok;
}

static void resize_equals_pillow(void **state)
{
    (void)state;
    each_case("resize", check_resize);
}

static void resize_refuses_a_box_outside(void **state)
{
    (void)state;
    static const double boxes[][4] = { { 0, 0, 8, 5 }, { -1, 0, 7, 5 }, { 0, 0, 7, 5.5 },
                                       { 3, 1, 3, 5 }, { 0, 4, 7, 2 },  { NAN, 0, 7, 5 } };
    struct image in = picture(7, 5, 1, 1), out;
    for (size_t i = 0; i < sizeof boxes / sizeof boxes[0]; i++) {
        struct err e;
        const double *b = boxes[i];
        const struct resize r = { { b[0], b[1], b[2], b[3] }, 4, 4, RESIZE_BICUBIC };
        assert_false(resize_image(&in, &r, &out, &e));
        assert_int_equal(e.code, ERR_USAGE);
        assert_null(out.pixels);
    }
    image_clear(&in);
}

static void resizing_a_crop_sees_only_the_crop(void **state)
{
    (void)state;
    struct image in = picture(33, 29, 3, 4), cut, a;
    struct err e;
    assert_true(image_init(&cut, 17, 13, 3, "cut", &e));
    for (int y = 0; y < 13; y++) memcpy(cut.pixels + y * 17 * 3, in.pixels + ((y + 5) * 33 + 7) * 3, 17 * 3);
    const struct resize r = { { 0, 0, 17, 13 }, 9, 20, RESIZE_BICUBIC };
    assert_true(resize_image(&cut, &r, &a, &e));
    uint8_t out[9 * 20 * 3];
    void *scratch = malloc(resize_room(17, 13, 3, 9, 20));
    assert_non_null(scratch);
    const struct resize_source crop = { in.pixels + (5 * 33 + 7) * 3, 17, 13, 3, 33 * 3 };
    resize_pixels(&crop, &r, out, scratch);
    assert_memory_equal(out, a.pixels, sizeof out);
    free(scratch);
    image_clear(&in);
    image_clear(&cut);
    image_clear(&a);
}

/* ---- operations ---- */

static bool check_op(const json_t *o)
{
    int size = get_int(o, "size"), channels = get_int(o, "channels");
    double value = get_number(o, "value");
    const char *op = json_string_value(json_object_get(o, "op"));
    struct image m = picture(size, size, channels, (unsigned)get_int(o, "seed"));
    size_t n = (size_t)size * (size_t)size, samples = n * (size_t)channels;
    if (!strcmp(op, "brightness")) op_brightness(m.pixels, n, channels, (float)value);
    if (!strcmp(op, "contrast")) op_contrast(m.pixels, n, channels, (float)value);
    if (!strcmp(op, "saturation")) op_saturation(m.pixels, n, channels, (float)value);
    if (!strcmp(op, "hue")) op_hue(m.pixels, n, channels, value);
    if (!strcmp(op, "grey")) op_grey(m.pixels, n, channels);
    if (!strcmp(op, "solarize")) op_solarize(m.pixels, samples, (int)value);
    if (!strcmp(op, "flip")) op_flip(m.pixels, size, channels);
    if (!strcmp(op, "rotate") || !strcmp(op, "blur")) {
        uint8_t *other = malloc(samples + blur_room(size, channels));
        void *scratch = malloc(blur_room(size, channels));
        assert_true(other && scratch);
        if (*op == 'b') {
            op_blur(m.pixels, size, channels, size / 20, value, scratch);
        } else {
            op_rotate(m.pixels, size, channels, value, other);
            memcpy(m.pixels, other, samples);
        }
        free(other);
        free(scratch);
    }
    bool ok = as_expected(o, m.pixels, samples);
    image_clear(&m);
    return ok;
}

static void each_operation_equals_pillow(void **state)
{
    (void)state;
    static const char *const ops[] = { "brightness", "contrast", "saturation", "hue", "grey",
                                       "solarize",   "flip",     "rotate",     "blur" };
    for (size_t i = 0; i < sizeof ops / sizeof ops[0]; i++) each_case(ops[i], check_op);
}

static struct augment_scratch scratch_for(int side, int channels, int size)
{
    struct augment_scratch s;
    struct err e;
    if (!augment_scratch_init(&s, side, channels, size, &e)) fail_msg("%s", e.msg);
    return s;
}

static bool check_evaluate(const json_t *o)
{
    int side = get_int(o, "size"), channels = get_int(o, "channels"), size = get_int(o, "value");
    struct image m = picture(side, side, channels, (unsigned)get_int(o, "seed"));
    struct augment_scratch s = scratch_for(side, channels, size);
    uint8_t out[64 * 64 * 3];
    augment_evaluate(&(struct augment_image){ m.pixels, side, channels }, out, &s);
    augment_scratch_clear(&s);
    image_clear(&m);
    return as_expected(o, out, (size_t)(size * size * channels));
}

static void the_evaluation_view_equals_pillow(void **state)
{
    (void)state;
    each_case("evaluate", check_evaluate);
}

static bool check_view(const json_t *o)
{
    int side = get_int(o, "side"), channels = get_int(o, "channels"), size = get_int(o, "size");
    struct augment_choice c = { .left = get_int(o, "left"),
                                .top = get_int(o, "top"),
                                .width = get_int(o, "width"),
                                .height = get_int(o, "height"),
                                .flip = get_int(o, "flip"),
                                .jitter = get_int(o, "jitter"),
                                .grey = get_int(o, "grey"),
                                .blur = get_int(o, "blur"),
                                .solarize = get_int(o, "solarize"),
                                .angle = get_number(o, "angle"),
                                .sigma = get_number(o, "sigma"),
                                .threshold = get_int(o, "threshold") };
    for (int i = 0; i < AUGMENT_JITTERS; i++) {
        c.order[i] = (int)json_integer_value(json_array_get(json_object_get(o, "order"), (size_t)i));
        c.factor[i] = json_number_value(json_array_get(json_object_get(o, "factor"), (size_t)i));
    }
    struct image m = picture(side, side, channels, (unsigned)get_int(o, "seed"));
    struct augment_scratch s = scratch_for(side, channels, size);
    uint8_t out[64 * 64 * 3];
    augment_apply(&c, &(struct augment_image){ m.pixels, side, channels }, out, &s);
    augment_scratch_clear(&s);
    image_clear(&m);
    return as_expected(o, out, (size_t)(size * size * channels));
}

static void whole_views_equal_torchvision(void **state)
{
    (void)state;
    each_case("view", check_view);
}

/* ---- draws ---- */

static struct augment recipe(const char *name, int view)
{
    struct settings s;
    struct augment a;
    settings_init(&s);
    assert_true(settings_set(&s, "data.augment.recipe", name, NULL));
    augment_from_settings(&s, view, &a);
    return a;
}

static void settings_reach_the_views(void **state)
{
    (void)state;
    struct augment a = recipe("published", 0), b = recipe("published", 1), r = recipe("radiograph", 1);
    assert_true(a.blur == 1.0 && b.blur == 0.1 && a.solarize == 0 && b.solarize == 0.2);
    assert_true(a.area_min == 0.08 && a.rotate == 0 && a.threshold == 128 && a.flip == 0.5 && a.jitter == 0.8 &&
                a.grey == 0.2);
    assert_true(a.brightness == 0.4 && a.contrast == 0.4 && a.saturation == 0.2 && a.hue == 0.1);
    assert_true(r.area_min == 0.3 && r.rotate == 10 && r.solarize == 0);
}

static void draws_stay_in_range_and_near_their_means(void **state)
{
    (void)state;
    enum { N = 4000 };
    struct augment a = recipe("published", 1);
    a.rotate = 10;
    double area = 0, flips = 0, jitters = 0, greys = 0, blurs = 0, solar = 0, angle = 0, sigma = 0, bright = 0, hue = 0,
           first[4] = { 0 };
    for (uint32_t i = 0; i < N; i++) {
        struct augment_choice c;
        augment_choose(&a, &(struct augment_draw){ 7, 3, i, 1 }, 200, 160, &c);
        assert_true(c.width >= 1 && c.height >= 1 && c.left >= 0 && c.top >= 0 && c.left + c.width <= 200 &&
                    c.top + c.height <= 160);
        assert_true(fabs(c.angle) <= 10 && c.sigma >= 0.1 && c.sigma <= 2 && fabs(c.factor[AUGMENT_HUE]) <= 0.1);
        assert_true(c.factor[0] >= 0.6 && c.factor[0] <= 1.4 && c.factor[2] >= 0.8 && c.factor[2] <= 1.2);
        assert_int_equal(1 << c.order[0] | 1 << c.order[1] | 1 << c.order[2] | 1 << c.order[3], 15);
        area += c.width * c.height / 32000.0;
        flips += c.flip, jitters += c.jitter, greys += c.grey, blurs += c.blur, solar += c.solarize;
        angle += fabs(c.angle), sigma += c.sigma, bright += c.factor[0], hue += fabs(c.factor[AUGMENT_HUE]);
        first[c.order[0]]++;
    }
    const struct {
        double got, wanted, slack;
    } rows[] = { { area, 0.453, 0.015 }, { flips, 0.5, 0.03 }, { jitters, 0.8, 0.03 },   { greys, 0.2, 0.03 },
                 { blurs, 0.1, 0.02 },   { solar, 0.2, 0.03 }, { angle, 5, 0.2 },        { sigma, 1.05, 0.04 },
                 { bright, 1, 0.02 },    { hue, 0.05, 0.002 }, { first[0], 0.25, 0.03 }, { first[3], 0.25, 0.03 } };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (fabs(rows[i].got / N - rows[i].wanted) > rows[i].slack)
            fail_msg("row %zu: %g, expected %g", i, rows[i].got / N, rows[i].wanted);
}

static void a_crop_that_never_fits_falls_back_to_the_centre(void **state)
{
    (void)state;
    static const struct {
        int width, height, left, top, w, h;
    } rows[] = { { 400, 30, 180, 0, 40, 30 }, { 30, 400, 0, 180, 30, 40 }, { 37, 36, 0, 0, 37, 36 } };
    struct augment a = recipe("published", 0);
    a.area_min = a.area_max = 1;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct augment_choice c;
        if (i == 2) a.aspect = 1; /* a square of the same area does not fit */
        augment_choose(&a, &(struct augment_draw){ .seed = 1 }, rows[i].width, rows[i].height, &c);
        if (i == 2) {
            assert_true(c.width == 36 && c.height == 36);
            continue;
        }
        assert_true(c.left == rows[i].left && c.top == rows[i].top && c.width == rows[i].w && c.height == rows[i].h);
    }
}

static void one_key_leaves_the_other_draws_alone(void **state)
{
    (void)state;
    struct augment a = recipe("published", 0), b = a;
    b.area_min = 0.5;
    b.rotate = 20;
    b.jitter = 0;
    for (uint32_t i = 0; i < 50; i++) {
        struct augment_choice c, d;
        const struct augment_draw draw = { 1, 2, i, 0 };
        augment_choose(&a, &draw, 64, 64, &c);
        augment_choose(&b, &draw, 64, 64, &d);
        assert_true(c.flip == d.flip && c.grey == d.grey && c.sigma == d.sigma && c.factor[1] == d.factor[1] &&
                    c.order[2] == d.order[2]);
    }
}

static void views_depend_on_nothing_but_their_names(void **state)
{
    (void)state;
    struct augment a = recipe("published", 0);
    struct image m = picture(50, 50, 3, 5);
    struct augment_scratch s = scratch_for(50, 3, 32), t = scratch_for(50, 3, 32);
    uint8_t one[32 * 32 * 3], two[32 * 32 * 3];
    memset(t.memory, 0xa5, 1000);
    const struct augment_image image = { m.pixels, 50, 3 };
    augment_view(&a, &(struct augment_draw){ 9, 4, 17, 0 }, &image, one, &s);
    augment_view(&a, &(struct augment_draw){ 9, 4, 18, 1 }, &image, two, &t);
    assert_memory_not_equal(one, two, sizeof one);
    augment_view(&a, &(struct augment_draw){ 9, 4, 17, 0 }, &image, two, &t);
    assert_memory_equal(one, two, sizeof one);
    augment_scratch_clear(&s);
    augment_scratch_clear(&t);
    augment_scratch_clear(&t); /* twice is fine */
    image_clear(&m);
}

static void grey_equals_three_equal_channels(void **state)
{
    (void)state;
    static const struct {
        int side, size;
    } rows[] = { { 64, 64 }, { 77, 33 }, { 40, 61 }, { 1, 32 } };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        int side = rows[i].side, size = rows[i].size, n = side * side, pixels = size * size;
        struct image grey = picture(side, side, 1, (unsigned)i), colour = picture(side, side, 3, 0);
        for (int k = 0; k < 3 * n; k++) colour.pixels[k] = grey.pixels[k / 3];
        const struct augment_image in_grey = { grey.pixels, side, 1 }, in_colour = { colour.pixels, side, 3 };
        struct augment_scratch s = scratch_for(side, 1, size), t = scratch_for(side, 3, size);
        uint8_t *one = malloc((size_t)pixels), *three = malloc((size_t)pixels * 3);
        assert_true(one && three);
        for (uint32_t k = 0; k < 60; k++) {
            struct augment a = recipe(k % 3 ? "published" : "radiograph", k & 1);
            const struct augment_draw draw = { 5, 0, k, (int)(k & 1) };
            augment_view(&a, &draw, &in_grey, one, &s);
            augment_view(&a, &draw, &in_colour, three, &t);
            for (int p = 0; p < 3 * pixels; p++)
                if (three[p] != one[p / 3])
                    fail_msg("row %zu, image %u: %d at %d, expected %d", i, k, three[p], p, one[p / 3]);
        }
        augment_evaluate(&in_grey, one, &s);
        augment_evaluate(&in_colour, three, &t);
        for (int p = 0; p < 3 * pixels; p++) assert_int_equal(three[p], one[p / 3]);
        augment_scratch_clear(&s);
        augment_scratch_clear(&t);
        free(one);
        free(three);
        image_clear(&grey);
        image_clear(&colour);
    }
}

/* A number drawn must stay what it is: runs are resumed with it. */
static void the_draws_of_a_seed_never_change(void **state)
{
    (void)state;
    struct augment a = recipe("radiograph", 1);
    struct augment_choice c;
    augment_choose(&a, &(struct augment_draw){ 1, 2, 3, 1 }, 256, 256, &c);
    char text[256];
    snprintf(text, sizeof text, "%d %d %d %d %d %.6f %d %d%d%d%d %.6f %d %d %.6f", c.left, c.top, c.width, c.height,
             c.flip, c.angle, c.jitter, c.order[0], c.order[1], c.order[2], c.order[3], c.factor[0], c.grey, c.blur,
             c.sigma);
    assert_string_equal(text, "12 3 216 246 0 8.067908 1 1230 1.028726 0 0 0.503538");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(resize_equals_pillow),
        cmocka_unit_test(resize_refuses_a_box_outside),
        cmocka_unit_test(resizing_a_crop_sees_only_the_crop),
        cmocka_unit_test(each_operation_equals_pillow),
        cmocka_unit_test(the_evaluation_view_equals_pillow),
        cmocka_unit_test(whole_views_equal_torchvision),
        cmocka_unit_test(settings_reach_the_views),
        cmocka_unit_test(draws_stay_in_range_and_near_their_means),
        cmocka_unit_test(a_crop_that_never_fits_falls_back_to_the_centre),
        cmocka_unit_test(one_key_leaves_the_other_draws_alone),
        cmocka_unit_test(views_depend_on_nothing_but_their_names),
        cmocka_unit_test(grey_equals_three_equal_channels),
        cmocka_unit_test(the_draws_of_a_seed_never_change),
    };
    return cmocka_run_group_tests_name("augment", tests, NULL, NULL);
}
