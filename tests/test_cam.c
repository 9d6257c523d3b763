/* Heatmaps from maps and gradients, and how they agree with boxes: by hand, and against numpy's values. */
#include "tests/check.h"

#include <math.h>

#include "engine/evaluate/cam.h"

static void expect(const char *what, double got, double want)
{
    if (!(fabs(got - want) < 1e-12)) fail_msg("%s: %.17g, not %.17g", what, got, want);
}

/* Two channels of mean gradients 1 and -2. */
static void heat_is_what_speaks_for_the_class(void **state)
{
    static const double values[] = { 4, 1, 0, 3, 9, 0, 1, 0 }, gradient[] = { 0, -2, 2, -2, 1, -4, 1, 0 },
                        none[] = { 0, 1, 0, 3, 0, 0, 0, 2 };
    double heat[4];
    (void)state;
    cam_heat(&(struct cam_map){ 2, 2, 2, values, gradient }, heat); /* 2, -6, 9, 1 */
    expect("first", heat[0], 2. / 9);
    expect("against it", heat[1], 0);
    expect("hottest", heat[2], 1);
    expect("last", heat[3], 1. / 9);
    cam_heat(&(struct cam_map){ 2, 2, 2, none, gradient }, heat);
    for (int i = 0; i < 4; i++) expect("nothing for it", heat[i], 0);
}

/* As torch.nn.functional.interpolate(mode="bilinear", align_corners=False) does it: rows of P times heat times columns
 * of P transposed, with P of 2 to 4 by hand. */
static void heat_is_resized_with_half_pixel_centres(void **state)
{
    static const double heat[] = { 0, 1, .5, .25 }, p[4][2] = { { 1, 0 }, { .75, .25 }, { .25, .75 }, { 0, 1 } };
    double out[16], one[9];
    (void)state;
    cam_resize(heat, 2, 2, 4, out);
    for (int y = 0; y < 4; y++)
        for (int x = 0; x < 4; x++) {
            double want = 0;
            for (int i = 0; i < 4; i++) want += p[y][i / 2] * heat[i] * p[x][i % 2];
            expect("pixel", out[y * 4 + x], want);
        }
    cam_resize(&heat[2], 1, 1, 3, one);
    for (int i = 0; i < 9; i++) expect("one place", one[i], .5);
    cam_resize(heat, 1, 2, 2, out);
    expect("a row", out[0] + 10 * out[1] + 100 * out[2] + 1000 * out[3], 1010);
}

static void boxes_hold_what_their_pixels_hold(void **state)
{
    static const double heat[] = { .1, .2, 0, 0, .4, 1, .3, 0, 0, .5, .5, 0, 0, 0, 0, 0 };
    static const struct cam_box boxes[] = { { 1, 1, 3, 2 }, { .6, .4, 2.5, 2 } }; /* (0, 1), (1, 1), (1, 2) */
    struct cam_agreement a;
    (void)state;
    cam_compare(heat, 4, boxes, 2, &a);
    assert_true(a.hit);
    expect("energy", a.energy, 1.5 / 3); /* .2 + 1 + .3 */
    expect("area", a.area, 3. / 16);
    expect("threshold", cam_threshold(7), .4);
    expect("IoU from .4 on", a.iou[7], 1. / 6); /* .4, 1, .5, .5 */
    expect("IoU from .1 on", a.iou[1], 3. / 7); /* all but the zeroes */
    expect("IoU from .95 on", a.iou[18], 1. / 3);
    cam_compare(heat, 4, &(struct cam_box){ 0, 2, 4, 4 }, 1, &a);
    assert_false(a.hit);
    expect("energy below", a.energy, 1. / 3);
    static const double cold[16];
    cam_compare(cold, 4, boxes, 2, &a);
    assert_true(!a.hit && isnan(a.energy) && a.iou[0] == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(heat_is_what_speaks_for_the_class),
        cmocka_unit_test(heat_is_resized_with_half_pixel_centres),
        cmocka_unit_test(boxes_hold_what_their_pixels_hold),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
