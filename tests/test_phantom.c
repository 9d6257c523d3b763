/* The phantom data set: what is promised of its plan, its pictures, and what is said to be wrong in them. */
#include "tests/check.h"

#include <math.h>

#include "engine/data/phantom/phantom.h"
#include "engine/data/phantom/phantom_parts.h"

enum { LARGEST = 200 };

struct picture {
    int size;
    uint8_t pixels[LARGEST * LARGEST], masks[LARGEST * LARGEST];
    struct phantom_study study;
};

static void draw(struct picture *p, uint64_t seed, uint32_t patient, uint32_t study, int size)
{
    struct err e;
    p->size = size;
    assert_true(phantom_draw(seed, patient, study, size, p->pixels, p->masks, &p->study, &e));
}

static void plan_splits_every_ten_patients_alike(void **state)
{
    (void)state;
    struct phantom_item items[PHANTOM_STUDIES_MAX * 400], few[PHANTOM_STUDIES_MAX * 37];
    size_t n = phantom_plan(5, 400, items), studies[PHANTOM_STUDIES_MAX + 1] = { 0 };
    assert_int_equal(n, phantom_plan(5, 400, NULL));
    assert_true(n > 840 && n < 1080); /* 2.1 to 2.7 studies a patient */
    int patients[4] = { 0 };
    for (size_t i = 0, run = 0; i < n; i++) {
        bool first = items[i].study == 0;
        run = first ? 1 : run + 1;
        assert_int_equal(items[i].patient, i ? items[i - 1].patient + first : 0);
        assert_int_equal(items[i].study, run - 1);
        if (first)
            patients[items[i].split]++;
        else
            assert_int_equal(items[i].split, items[i - 1].split);
        if (i + 1 == n || items[i + 1].study == 0) studies[run]++;
    }
    assert_int_equal(patients[PHANTOM_TRAIN], 280);
    assert_int_equal(patients[PHANTOM_VALIDATION], 40);
    assert_int_equal(patients[PHANTOM_TEST], 80);
    for (int k = 1; k <= PHANTOM_STUDIES_MAX; k++) assert_true(studies[k] > 40);
    size_t m = phantom_plan(5, 37, few); /* fewer patients: the same rows */
    for (size_t i = 0; i < m; i++)
        assert_true(few[i].patient == items[i].patient && few[i].study == items[i].study &&
                    few[i].split == items[i].split);
    assert_int_equal(phantom_plan(5, 0, NULL), 0);
}

static void draw_is_a_function_of_its_arguments(void **state)
{
    (void)state;
    static struct picture a, b;
    draw(&a, 3, 7, 1, 65);
    draw(&b, 3, 8, 0, 65);
    assert_memory_not_equal(a.pixels, b.pixels, 65 * 65);
    draw(&b, 4, 7, 1, 65);
    assert_memory_not_equal(a.pixels, b.pixels, 65 * 65);
    draw(&b, 3, 7, 2, 65);
    assert_memory_not_equal(a.pixels, b.pixels, 65 * 65);
    draw(&b, 3, 7, 1, 65);
    assert_memory_equal(a.pixels, b.pixels, 65 * 65);
    assert_memory_equal(a.masks, b.masks, 65 * 65);
    struct err e;
    assert_true(phantom_draw(3, 7, 1, 65, b.pixels, NULL, NULL, &e)); /* what is not asked for changes nothing */
    assert_memory_equal(a.pixels, b.pixels, 65 * 65);
}

static void draw_is_the_same_on_every_thread(void **state)
{
    (void)state;
    enum { N = 12, SIZE = 40 };
    static uint8_t pixels[N][SIZE * SIZE], alone[SIZE * SIZE];
    int failed = 0;
#pragma omp parallel for num_threads(3) schedule(dynamic) reduction(+ : failed)
    for (int i = 0; i < N; i++) failed += !phantom_draw(9, (uint32_t)i, 0, SIZE, pixels[i], NULL, NULL, NULL);
    assert_int_equal(failed, 0);
    for (int i = 0; i < N; i++) {
        assert_true(phantom_draw(9, (uint32_t)i, 0, SIZE, alone, NULL, NULL, NULL));
        assert_memory_equal(alone, pixels[i], sizeof alone);
    }
}

static void draw_refuses_sizes_out_of_range(void **state)
{
    (void)state;
    static const int sizes[] = { -1, 0, 31, 1025, 1 << 30 };
    uint8_t pixel;
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        struct err e;
        assert_false(phantom_draw(1, 0, 0, sizes[i], &pixel, NULL, NULL, &e));
        assert_int_equal(e.code, ERR_USAGE);
        assert_non_null(strstr(e.msg, "32 to 1024"));
    }
}

/* Mean grey of a part of the picture, given as shares of its side. */
static double mean_of(const struct picture *p, double x0, double y0, double x1, double y1)
{
    double sum = 0;
    int n = 0;
    for (int y = (int)(y0 * p->size); y < (int)(y1 * p->size); y++)
        for (int x = (int)(x0 * p->size); x < (int)(x1 * p->size); x++, n++) sum += p->pixels[y * p->size + x];
    return sum / n;
}

static void picture_is_a_chest(void **state)
{
    (void)state;
    static struct picture p;
    static const int sizes[] = { 32, 33, 48, 57, 64, 100, 128 };
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        double middle = 0, lung = 0, belly = 0, all = 0;
        for (uint32_t patient = 0; patient < 8; patient++) {
            draw(&p, 11, patient, 0, sizes[i]);
            middle += mean_of(&p, 0.46, 0.3, 0.56, 0.65) / 8;
            lung += (mean_of(&p, 0.2, 0.3, 0.33, 0.5) + mean_of(&p, 0.67, 0.3, 0.8, 0.5)) / 16;
            belly += mean_of(&p, 0.3, 0.85, 0.7, 0.95) / 8;
            all += mean_of(&p, 0, 0, 1, 1) / 8;
        }
        assert_true(middle > lung + 50 && belly > lung + 50);
        assert_true(lung > 25 && belly < 254 && all > 70 && all < 190);
    }
}

static void labels_boxes_and_masks_agree(void **state)
{
    (void)state;
    static struct picture p;
    static const int sizes[] = { 32, 45, 64, 129 };
    for (size_t s = 0; s < sizeof sizes / sizeof sizes[0]; s++)
        for (uint32_t patient = 0; patient < (sizes[s] > 100 ? 25 : 60); patient++) {
            draw(&p, 21, patient, 0, sizes[s]);
            int boxes[PHANTOM_CLASSES] = { 0 }, size = p.size;
            assert_true(p.study.boxes >= 0 && p.study.boxes <= PHANTOM_BOXES);
            static uint8_t boxed[LARGEST * LARGEST];
            memset(boxed, 0, sizeof boxed);
            for (int i = 0; i < p.study.boxes; i++) {
                const struct phantom_box *b = &p.study.box[i];
                boxes[b->kind]++;
                assert_true(b->x >= 0 && b->y >= 0 && b->width > 0 && b->height > 0);
                assert_true(b->x + b->width <= size && b->y + b->height <= size);
                int hit = 0;
                for (int y = b->y; y < b->y + b->height; y++)
                    for (int x = b->x; x < b->x + b->width; x++) {
                        boxed[y * size + x] |= (uint8_t)(1 << b->kind);
                        hit += p.masks[y * size + x] >> b->kind & 1;
                    }
                assert_true(hit > 0);
            }
            uint8_t seen = 0;
            for (int i = 0; i < size * size; i++) {
                assert_int_equal(p.masks[i] & ~boxed[i], 0); /* no mask outside its boxes */
                seen |= p.masks[i];
            }
            for (int k = 0; k < PHANTOM_CLASSES; k++) {
                assert_int_equal(p.study.labels[k], boxes[k] > 0);
                assert_int_equal(p.study.labels[k], seen >> k & 1);
            }
        }
}

static double correlation(const double *a, const double *b, int n)
{
    double ma = 0, mb = 0, ab = 0, aa = 0, bb = 0;
    for (int i = 0; i < n; i++) {
        ma += a[i] / n;
        mb += b[i] / n;
    }
    for (int i = 0; i < n; i++) {
        ab += (a[i] - ma) * (b[i] - mb);
        aa += (a[i] - ma) * (a[i] - ma);
        bb += (b[i] - mb) * (b[i] - mb);
    }
    return ab / sqrt(aa * bb);
}

/* The picture in `out` x `out` cells; the size must be a multiple. */
static void shrink(const struct picture *p, int out, double *cells)
{
    int f = p->size / out;
    memset(cells, 0, sizeof *cells * (size_t)(out * out));
    for (int y = 0; y < p->size; y++)
        for (int x = 0; x < p->size; x++) cells[y / f * out + x / f] += p->pixels[y * p->size + x] / (double)(f * f);
}

static void picture_is_the_same_at_every_size(void **state)
{
    (void)state;
    static struct picture p;
    static const int sizes[] = { 32, 64, 96, 160, 192 };
    for (uint32_t patient = 0; patient < 6; patient++) {
        double first[32 * 32], other[32 * 32];
        struct phantom_study study;
        for (size_t s = 0; s < sizeof sizes / sizeof sizes[0]; s++) {
            draw(&p, 31, patient, 0, sizes[s]);
            shrink(&p, 32, s ? other : first);
            if (!s) study = p.study;
            assert_memory_equal(study.labels, p.study.labels, sizeof study.labels);
            assert_int_equal(study.boxes, p.study.boxes);
            if (s) assert_true(correlation(first, other, 32 * 32) > 0.98);
        }
    }
}

static void studies_of_a_patient_resemble_each_other(void **state)
{
    (void)state;
    enum { PATIENTS = 16, SIDE = 32 };
    static struct picture p;
    static double cells[PATIENTS][2][SIDE * SIDE];
    for (uint32_t i = 0; i < PATIENTS; i++)
        for (uint32_t s = 0; s < 2; s++) {
            draw(&p, 41, i, s, SIDE);
            shrink(&p, SIDE, cells[i][s]);
        }
    double within = 0, between_them = 0;
    for (int i = 0; i < PATIENTS; i++) {
        within += correlation(cells[i][0], cells[i][1], SIDE * SIDE) / PATIENTS;
        for (int j = 1; j < PATIENTS; j++)
            between_them +=
                correlation(cells[i][0], cells[(i + j) % PATIENTS][1], SIDE * SIDE) / (PATIENTS * (PATIENTS - 1));
    }
    assert_true(within > between_them + 0.005 && within < 0.999);
}

static void findings_occur_as_often_as_intended_and_together(void **state)
{
    (void)state;
    enum { PATIENTS = 3000 };
    static const struct {
        double low, high;
    } range[PHANTOM_CLASSES] = { { .12, .24 }, { .17, .30 }, { .07, .16 }, { .08, .17 },
                                 { .07, .16 }, { .11, .21 }, { .11, .22 }, { .08, .17 } };
    double alone[PHANTOM_CLASSES] = { 0 }, both[PHANTOM_CLASSES][PHANTOM_CLASSES] = { { 0 } }, none = 0;
    for (uint32_t i = 0; i < PATIENTS; i++) {
        struct phantom_case c, later;
        phantom_case_draw(51, i, 0, &c);
        phantom_case_draw(51, i, 1, &later);
        int all = 0;
        for (int k = 0; k < PHANTOM_CLASSES; k++) {
            alone[k] += c.labels[k] / (double)PATIENTS;
            all += c.labels[k];
            for (int j = 0; j < PHANTOM_CLASSES; j++) both[k][j] += c.labels[k] * c.labels[j] / (double)PATIENTS;
        }
        none += (all == 0) / (double)PATIENTS;
        static const enum phantom_class lasting[] = { PHANTOM_CARDIOMEGALY, PHANTOM_NODULE, PHANTOM_MASS,
                                                      PHANTOM_PLEURAL_THICKENING };
        for (size_t k = 0; k < sizeof lasting / sizeof lasting[0]; k++)
            assert_int_equal(c.labels[lasting[k]], later.labels[lasting[k]]);
    }
    for (int k = 0; k < PHANTOM_CLASSES; k++) assert_true(alone[k] > range[k].low && alone[k] < range[k].high);
    assert_true(none > 0.32 && none < 0.48);
    static const enum phantom_class pairs[][2] = { { PHANTOM_CARDIOMEGALY, PHANTOM_EFFUSION },
                                                   { PHANTOM_CONSOLIDATION, PHANTOM_EFFUSION },
                                                   { PHANTOM_NODULE, PHANTOM_MASS },
                                                   { PHANTOM_PNEUMOTHORAX, PHANTOM_ATELECTASIS } };
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        int a = pairs[i][0], b = pairs[i][1];
        assert_true(both[a][b] > 1.25 * alone[a] * alone[b]); /* more often than by chance */
    }
}

/* Mean grey of one class's mask, less that of pixels that are `far` or less from its box and in no mask. */
static double contrast_of(const struct picture *p, const struct phantom_box *b, int far)
{
    double in = 0, out = 0;
    int ins = 0, outs = 0;
    for (int y = b->y - far; y < b->y + b->height + far; y++)
        for (int x = b->x - far; x < b->x + b->width + far; x++) {
            if (x < 0 || y < 0 || x >= p->size || y >= p->size) continue;
            int at = y * p->size + x;
            if (p->masks[at] == 1 << b->kind) {
                in += p->pixels[at];
                ins++;
            } else if (!p->masks[at]) {
                out += p->pixels[at];
                outs++;
            }
        }
    return ins && outs ? in / ins - out / outs : 0;
}

static void findings_show_where_their_masks_are(void **state)
{
    (void)state;
    static struct picture p;
    double shows[PHANTOM_CLASSES] = { 0 };
    int n[PHANTOM_CLASSES] = { 0 };
    for (uint32_t patient = 0; patient < 160; patient++) {
        draw(&p, 61, patient, 0, 112);
        for (int i = 0; i < p.study.boxes; i++) {
            const struct phantom_box *b = &p.study.box[i];
            double c = contrast_of(&p, b, 3);
            n[b->kind]++;
            shows[b->kind] += c;
        }
    }
    assert_true(n[PHANTOM_NODULE] > 10 && shows[PHANTOM_NODULE] / n[PHANTOM_NODULE] > 8);
    assert_true(n[PHANTOM_MASS] > 5 && shows[PHANTOM_MASS] / n[PHANTOM_MASS] > 12);
    assert_true(n[PHANTOM_CONSOLIDATION] > 10 && shows[PHANTOM_CONSOLIDATION] / n[PHANTOM_CONSOLIDATION] > 8);
    assert_true(n[PHANTOM_PNEUMOTHORAX] > 5 && shows[PHANTOM_PNEUMOTHORAX] / n[PHANTOM_PNEUMOTHORAX] < -8);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plan_splits_every_ten_patients_alike),
        cmocka_unit_test(draw_is_a_function_of_its_arguments),
        cmocka_unit_test(draw_is_the_same_on_every_thread),
        cmocka_unit_test(draw_refuses_sizes_out_of_range),
        cmocka_unit_test(picture_is_a_chest),
        cmocka_unit_test(labels_boxes_and_masks_agree),
        cmocka_unit_test(picture_is_the_same_at_every_size),
        cmocka_unit_test(studies_of_a_patient_resemble_each_other),
        cmocka_unit_test(findings_occur_as_often_as_intended_and_together),
        cmocka_unit_test(findings_show_where_their_masks_are),
    };
    return cmocka_run_group_tests_name("phantom", tests, NULL, NULL);
}
