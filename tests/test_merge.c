/* Two data sets as one: classes, patients, labels and places with the numbers that they have then. */
#include "tests/store_help.h"

#include "app/commands/data/merge_patients.h"
#include "app/commands/data/merge_rows.h"

/* A set of two images, whose classes and labels a test gives. */
struct side {
    struct store_contents c;
    struct store_image images[2];
    struct store_box box;
    struct store_mask mask;
    struct store_attribute attribute;
    struct store_unreadable unreadable;
};

static void make(struct side *s, int64_t id, const char *name, const char *const *classes, size_t count,
                 const int8_t *labels)
{
    static const unsigned char runs[4] = { 64, 0, 0, 0 };
    *s = (struct side){ .images = { { "1.png", "7", STORE_SPLIT_TRAIN, 10, 20, "aa", NULL },
                                    { "2.png", "", STORE_SPLIT_TEST, 30, 40, "bb", "n" } },
                        .box = { 1, 0, 1, 2, 3, 4, "R1" },
                        .mask = { 1, (int64_t)count - 1, 8, 8, "runs", runs, 4 },
                        .attribute = { 1, "sex", "F" },
                        .unreadable = { "3.png", "cut off" } };
    s->c = (struct store_contents){ .dataset = { .id = id, .exclusive = true },
                                    .images_count = 2,
                                    .images = s->images,
                                    .classes_count = count,
                                    .classes = classes,
                                    .labels = labels,
                                    .boxes_count = count ? 1 : 0,
                                    .boxes = &s->box,
                                    .masks_count = count ? 1 : 0,
                                    .masks = &s->mask,
                                    .attributes_count = 1,
                                    .attributes = &s->attribute,
                                    .unreadable_count = 1,
                                    .unreadable = &s->unreadable };
    snprintf(s->c.dataset.name, sizeof s->c.dataset.name, "%s", name);
}

static bool merge(const struct side *a, const struct side *b, bool same_patients, struct store_contents *out)
{
    return merge_rows(&(struct merge_sides){ { &a->c, &b->c }, same_patients }, out, &error);
}

enum { UNKNOWN = STORE_LABEL_MISSING };

static void labels_go_to_the_class_of_their_name(void **state)
{
    static const char *const first[] = { "Mass", "No Finding" }, *const second[] = { "Edema", "no_finding", "Mass" };
    static const int8_t one[] = { 1, 0, 0, 1 }, two[] = { 1, 0, UNKNOWN, 0, 1, 1 };
    static const int8_t wanted[] = { 1, 0, UNKNOWN, 0, 1, UNKNOWN, UNKNOWN, 0, 1, 1, 1, 0 };
    static const bool nothing[] = { false, true };
    struct side a, b;
    struct store_contents c;
    (void)state;
    make(&a, 1, "a", first, 2, one);
    make(&b, 2, "b", second, 3, two);
    a.c.nothing = nothing;
    OK(merge(&a, &b, false, &c));
    assert_int_equal(c.classes_count, 3);
    assert_string_equal(c.classes[0], "Mass");
    assert_string_equal(c.classes[1], "No Finding");
    assert_string_equal(c.classes[2], "Edema");
    assert_true(!c.nothing[0] && c.nothing[1] && !c.nothing[2]);
    assert_memory_equal(c.labels, wanted, sizeof wanted);
    assert_false(c.dataset.exclusive);
    assert_non_null(strstr(c.dataset.remarks, "class no_finding of b is No Finding"));
    assert_non_null(strstr(c.dataset.remarks, "not exclusive any more"));
    assert_string_equal(c.dataset.kind, "merge");
    store_contents_clear(&c);
}

static void places_and_facts_follow_their_image_and_class(void **state)
{
    static const char *const first[] = { "Mass" }, *const second[] = { "Edema", "Mass" };
    static const int8_t one[] = { 1, 0 }, two[] = { 1, 0, 0, 1 };
    struct side a, b;
    struct store_contents c;
    (void)state;
    make(&a, 1, "a", first, 1, one);
    make(&b, 2, "b", second, 2, two);
    OK(merge(&a, &b, false, &c));
    assert_int_equal(c.boxes_count, 2);
    assert_true(c.boxes[0].image == 1 && c.boxes[0].class == 0 && c.boxes[1].image == 3 && c.boxes[1].class == 1);
    assert_true(c.boxes[1].x0 == 1 && c.boxes[1].y1 == 4 && !strcmp(c.boxes[1].reader, "R1"));
    assert_true(c.masks[0].image == 1 && c.masks[0].class == 0 && c.masks[1].image == 3 && c.masks[1].class == 0);
    assert_true(c.attributes[0].image == 1 && c.attributes[1].image == 3);
    assert_string_equal(c.unreadable[0].path, "a/3.png");
    assert_string_equal(c.unreadable[1].path, "b/3.png");
    assert_string_equal(c.images[3].path, "b/2.png");
    assert_true(c.images[3].split == STORE_SPLIT_TEST && c.images[3].width == 30 && !strcmp(c.images[3].digest, "bb"));
    store_contents_clear(&c);
}

static void one_number_is_two_persons_unless_it_is_said(void **state)
{
    static const char *const classes[] = { "Mass" };
    static const int8_t labels[] = { 1, 0 };
    struct side a, b;
    struct store_contents c;
    (void)state;
    make(&a, 1, "a", classes, 1, labels);
    make(&b, 2, "b", classes, 1, labels);
    OK(merge(&a, &b, false, &c));
    assert_string_equal(c.images[0].patient, "a/7");
    assert_string_equal(c.images[2].patient, "b/7");
    assert_null(c.images[1].patient);
    assert_true(c.dataset.exclusive);
    store_contents_clear(&c);
    OK(merge(&a, &b, true, &c));
    assert_string_equal(c.images[0].patient, "7");
    assert_string_equal(c.images[2].patient, "7");
    assert_null(c.images[3].patient);
    store_contents_clear(&c);
}

/* By the rule of imports: a number with zeros in front, and the .0 of a column with gaps, is that number. */
static void same_patients_are_one_however_their_number_is_written(void **state)
{
    static const char *const classes[] = { "Mass" };
    static const int8_t labels[] = { 1, 0 };
    static const struct {
        const char *first, *second, *united; /* NULL: two persons */
        const char *remark;
    } rows[] = {
        { "00007", "7", "00007", "1 is in both" },
        { "7.0", "7", "7", "1 is in both" },
        { "7", "07", "07", "1 is in both" },
        { "7", "70", NULL, "0 are in both" },
        { "p7", "p07", NULL, "0 are in both" },
        { "0123456789abcdef", "0123456789abcdef", "0123456789abcdef", "1 is in both" },
        { "0123456789abcdef", "7", NULL, "WARNING: ids of one set are hashed and those of the other are not" },
        { "7", "0123456789abcdef", NULL, "WARNING: ids of one set are hashed" },
    };
    struct side a, b;
    struct store_contents c;
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        make(&a, 1, "a", classes, 1, labels);
        make(&b, 2, "b", classes, 1, labels);
        a.images[0].patient = rows[i].first;
        b.images[0].patient = rows[i].second;
        OK(merge(&a, &b, true, &c));
        if (rows[i].united) {
            assert_string_equal(c.images[0].patient, rows[i].united);
            assert_string_equal(c.images[2].patient, rows[i].united);
        } else {
            assert_string_not_equal(c.images[0].patient, c.images[2].patient);
        }
        if (!strstr(c.dataset.remarks, rows[i].remark)) fail_msg("row %zu: %s", i, c.dataset.remarks);
        if (strstr(rows[i].remark, "WARNING")) assert_null(strstr(c.dataset.remarks, "are one patient"));
        store_contents_clear(&c);
    }
}

static void patients_in_two_splits_are_counted(void **state)
{
    static const struct {
        const char *patient;
        enum store_split split;
    } rows[] = { { "1", STORE_SPLIT_TRAIN }, { "2", STORE_SPLIT_TRAIN }, { "1", STORE_SPLIT_TEST },
                 { "1", STORE_SPLIT_VAL },   { NULL, STORE_SPLIT_TEST }, { "", STORE_SPLIT_TRAIN },
                 { "2", STORE_SPLIT_TRAIN }, { "3", STORE_SPLIT_VAL },   { "3", STORE_SPLIT_NONE },
                 { "4", STORE_SPLIT_TEST },  { "4", STORE_SPLIT_VAL } };
    struct store_image images[sizeof rows / sizeof rows[0]] = { 0 };
    size_t shared = 9;
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        images[i].patient = rows[i].patient;
        images[i].split = rows[i].split;
    }
    OK(merge_patients_shared(images, sizeof rows / sizeof rows[0], &shared, &error));
    assert_int_equal(shared, 2);
}

/* Two classes of one side stay two, however alike; two that the other side has as one become that one. */
static void classes_that_become_one_keep_what_is_positive(void **state)
{
    static const char *const first[] = { "Mass" }, *const second[] = { "mass", "MASS" };
    static const int8_t one[] = { 0, 0 }, two[] = { 1, 0, 0, UNKNOWN };
    static const int8_t wanted[] = { 0, 0, 1, 0 };
    struct side a, b;
    struct store_contents c;
    (void)state;
    make(&a, 1, "a", first, 1, one);
    make(&b, 2, "b", second, 2, two);
    OK(merge(&a, &b, false, &c));
    assert_int_equal(c.classes_count, 1);
    assert_memory_equal(c.labels, wanted, sizeof wanted);
    store_contents_clear(&c);
    OK(merge(&b, &a, false, &c));
    assert_int_equal(c.classes_count, 2);
    store_contents_clear(&c);
}

static void a_set_without_labels_adds_unknown_ones(void **state)
{
    static const char *const classes[] = { "Mass" };
    static const int8_t labels[] = { 1, 0 }, wanted[] = { 1, 0, UNKNOWN, UNKNOWN };
    struct side a, b;
    struct store_contents c;
    (void)state;
    make(&a, 1, "a", classes, 1, labels);
    make(&b, 2, "b", NULL, 0, NULL);
    OK(merge(&a, &b, false, &c));
    assert_memory_equal(c.labels, wanted, sizeof wanted);
    assert_false(c.dataset.exclusive);
    store_contents_clear(&c);
}

static void what_cannot_be_merged_is_refused(void **state)
{
    struct side a, b;
    struct store_contents c;
    (void)state;
    make(&a, 1, "a", NULL, 0, NULL);
    make(&b, 1, "b", NULL, 0, NULL);
    REFUSED(merge(&a, &b, false, &c), ERR_USAGE, "are one data set");
    b.c.dataset.id = 2;
    b.c.images_count = INT32_MAX;
    REFUSED(merge(&a, &b, false, &c), ERR_DATA, "too many images together");
    assert_null(c.images);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(labels_go_to_the_class_of_their_name),
        cmocka_unit_test(places_and_facts_follow_their_image_and_class),
        cmocka_unit_test(one_number_is_two_persons_unless_it_is_said),
        cmocka_unit_test(same_patients_are_one_however_their_number_is_written),
        cmocka_unit_test(patients_in_two_splits_are_counted),
        cmocka_unit_test(classes_that_become_one_keep_what_is_positive),
        cmocka_unit_test(a_set_without_labels_adds_unknown_ones),
        cmocka_unit_test(what_cannot_be_merged_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
