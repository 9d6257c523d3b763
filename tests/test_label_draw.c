/* Which labels a run sees: a function of images, percent and draw, whatever else is in the set; what classes count. */
#include "tests/check.h"

#include <math.h>

#include "app/session/labels.h"

enum { N = 60, CLASSES = 2 };

static void make(int8_t labels[N * CLASSES], uint32_t patients[N])
{
    for (int i = 0; i < N; i++) {
        patients[i] = (uint32_t)(i / 3);
        for (int c = 0; c < CLASSES; c++) labels[i * CLASSES + c] = (int8_t)((i / 3 + c) % (3 + c) == 0);
    }
}

static int drawn(const int8_t *labels, const uint32_t *patients, int n, double percent, int64_t draw,
                 uint32_t rows[2 * N])
{
    struct fraction_images from = { n, CLASSES, labels, patients };
    struct err e;
    int count;
    if (!labels_draw(&from, percent, draw, rows, &count, &e)) fail_msg("%s", e.msg);
    return count;
}

static void images_without_labels_change_no_draw(void **state)
{
    (void)state;
    static int8_t labels[N * CLASSES], more[2 * N * CLASSES];
    static uint32_t patients[N], whose[2 * N], rows[2 * N], others[2 * N];
    make(labels, patients);
    for (int i = 0; i < N; i++) { /* each followed by one of the same patient of which nothing is known */
        memcpy(more + 2 * i * CLASSES, labels + i * CLASSES, CLASSES);
        memset(more + (2 * i + 1) * CLASSES, -1, CLASSES);
        whose[2 * i] = whose[2 * i + 1] = patients[i];
    }
    for (int64_t draw = 0; draw < 4; draw++) {
        int n = drawn(labels, patients, N, 20, draw, rows), m = drawn(more, whose, 2 * N, 20, draw, others);
        assert_true(n > 5 && n < 25);
        assert_int_equal(n, m);
        for (int i = 0; i < n; i++) {
            assert_int_equal(2 * rows[i], others[i]);
            assert_true(!i || rows[i] > rows[i - 1]);
        }
    }
    assert_int_equal(drawn(more, whose, 2 * N, 100, 0, others), N);
    int n = drawn(labels, patients, N, 20, 1, rows), m = drawn(labels, patients, N, 20, 2, others);
    assert_true(n != m || memcmp(rows, others, (size_t)n * sizeof *rows)); /* draws differ */
}

static void patients_are_told_apart_by_name(void **state)
{
    (void)state;
    static const struct store_image images[] = {
        { .patient = "b" }, { .patient = NULL }, { .patient = "a" }, { .patient = "b" }, { .patient = "" }
    };
    struct store_contents data = { .images = images, .images_count = 5 };
    struct err e;
    uint32_t *p = labels_patients(&data, &e);
    assert_non_null(p);
    for (int i = 0; i < 5; i++)
        for (int k = 0; k < i; k++) assert_int_equal(p[i] == p[k], i == 3 && k == 0);
    free(p);
}

static void rare_classes_weigh_more(void **state)
{
    (void)state;
    static const int8_t labels[] = { 1, 0, 1, 0, 1, 0, 0, 1, 1, -1 };
    double w[2];
    labels_weights(labels, 5, 2, false, w);
    assert_true(w[0] == 1. / 4 && w[1] == 3);
    static const int8_t one[] = { 1, 0, 1, 0, 1, 0, 0, 1 };
    labels_weights(one, 4, 2, true, w);
    assert_true(fabs(w[0] - 4. / 6) < 1e-15 && w[1] == 2);
    static int8_t rare[400];
    rare[7] = 1;
    labels_weights(rare, 400, 1, false, w);
    assert_true(w[0] == 100);
    labels_weights(rare, 7, 1, false, w); /* none at all */
    assert_true(w[0] == 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(images_without_labels_change_no_draw),
        cmocka_unit_test(patients_are_told_apart_by_name),
        cmocka_unit_test(rare_classes_weigh_more),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
