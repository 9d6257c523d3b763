/* Importers of folders and phantoms, and what all importers share: splits, pixels, threads, being stopped. */
#include "tests/import_run.h"

#include <signal.h>
#include <sys/wait.h>

#include "engine/base/text.h"
#include "engine/data/import/import.h"
#include "engine/data/pack.h"
#include "engine/data/phantom/phantom.h"
#include "engine/data/split.h"

/* ---- patients and splits ---- */

static void patients_come_from_file_names(void **state)
{
    (void)state;
    static const struct {
        const char *path, *patient;
    } rows[] = {
        { "train/PNEUMONIA/person12_bacteria_3.jpeg", "person12" },
        { "person12_virus_4_1.jpg", "person12" },
        { "NORMAL/IM-0123-0001.jpeg", "IM-0123" },
        { "IM-0123-0001-0002.jpeg", "IM-0123" },
        { "NORMAL2-IM-0123-0001.jpeg", "NORMAL2-IM-0123" },
        { "BACTERIA-7422-0001.jpeg", "BACTERIA-7422" },
        { "1083_left.jpg", "1083" },
        { "1083_right.jpg", "1083" },
        { "00000003_004.png", "00000003" },
        { "cataract_012.jpg", "" },
        { "scan-2020-01.png", "" },
        { "person.png", "" },
        { "IM-.png", "" },
        { "1_leftover.png", "" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char patient[32];
        split_patient_of_name(rows[i].path, patient, sizeof patient);
        if (strcmp(patient, rows[i].patient)) fail_msg("%s: '%s'", rows[i].path, patient);
    }
}

static void splits_keep_patients_together_and_near_their_shares(void **state)
{
    (void)state;
    static const double share[SPLIT_COUNT] = { 0, 0.7, 0.1, 0.2 };
    static const uint32_t counts[] = { 1, 2, 3, 10, 333 };
    for (size_t k = 0; k < sizeof counts / sizeof counts[0]; k++)
        for (uint64_t seed = 1; seed < 4; seed++) {
            struct dataset *d = dataset_create("s", "test", NULL), *reversed = dataset_create("s", "test", NULL);
            struct err e;
            for (uint32_t i = 0; i < counts[k] * 3; i++) {
                char path[32], patient[32];
                uint32_t j = counts[k] * 3 - 1 - i;
                snprintf(path, sizeof path, "%u.png", i);
                snprintf(patient, sizeof patient, "p%u", i / 3);
                assert_true(dataset_add_image(d, path, patient, SPLIT_NONE, NULL, NULL, &e));
                snprintf(path, sizeof path, "%u.png", j);
                snprintf(patient, sizeof patient, "p%u", j / 3);
                assert_true(dataset_add_image(reversed, path, patient, SPLIT_NONE, NULL, NULL, &e));
            }
            assert_true(split_by_patient(d, SPLIT_NONE, share, seed, &e));
            assert_true(split_by_patient(reversed, SPLIT_NONE, share, seed, &e));
            for (uint32_t i = 0; i < d->count; i++)
                assert_int_equal(d->images[i].split, reversed->images[d->count - 1 - i].split);
            assert_true(split_count_patients(d, &e));
            assert_int_equal(d->patients, counts[k]);
            assert_int_equal(d->shared_patients, 0);
            assert_int_equal(dataset_split_images(d, SPLIT_NONE, NULL), 0);
            assert_true(dataset_split_images(d, SPLIT_TRAIN, NULL) > 0);
            if (counts[k] >= 3) assert_true(dataset_split_images(d, SPLIT_VAL, NULL) > 0);
            if (counts[k] >= 333) {
                assert_in_range(dataset_split_images(d, SPLIT_VAL, NULL), 97, 103);
                assert_in_range(dataset_split_images(d, SPLIT_TEST, NULL), 197, 203);
            }
            dataset_destroy(d);
            dataset_destroy(reversed);
        }
}

static void validation_is_not_taken_from_patients_of_the_test_set(void **state)
{
    (void)state;
    static const double share[SPLIT_COUNT] = { 0, 0.5, 0.5, 0 };
    struct dataset *d = dataset_create("s", "test", NULL);
    struct err e;
    for (int i = 0; i < 20; i++) {
        char path[32], patient[32];
        snprintf(path, sizeof path, "%d.png", i);
        snprintf(patient, sizeof patient, "p%d", i / 2);
        assert_true(dataset_add_image(d, path, patient, i < 8 && i % 2 ? SPLIT_TEST : SPLIT_TRAIN, NULL, NULL, &e));
    }
    assert_true(split_by_patient(d, SPLIT_TRAIN, share, 3, &e));
    for (int i = 0; i < 8; i++) assert_int_equal(d->images[i].split, i % 2 ? SPLIT_TEST : SPLIT_TRAIN);
    assert_true(dataset_split_images(d, SPLIT_VAL, NULL) >= 4);
    assert_true(split_count_patients(d, &e));
    assert_int_equal(d->shared_patients, 4);
    dataset_destroy(d);
}

/* ---- folders ---- */

static void make_tree(void)
{
    static const char *const paths[] = {
        "in/train/NORMAL/IM-0001-0001.png",         "in/train/NORMAL/IM-0001-0002.png",
        "in/train/NORMAL/NORMAL2-IM-0001-0001.png", "in/train/NORMAL/IM-0002-0001.png",
        "in/train/PNEUMONIA/person1_virus_1.png",   "in/train/PNEUMONIA/person1_bacteria_2.png",
        "in/train/PNEUMONIA/person2_virus_1.png",   "in/train/PNEUMONIA/person3_virus_1.png",
        "in/test/NORMAL/IM-0009-0001.png",          "in/test/PNEUMONIA/person1_virus_9.png",
    };
    for (unsigned i = 0; i < sizeof paths / sizeof paths[0]; i++) write_picture(paths[i], 40 + (int)i, 50, 1, i, 0);
}

static void folders_give_splits_classes_and_patients(void **state)
{
    (void)state;
    make_tree();
    write_text("in/train/NORMAL/.DS_Store", "x");
    write_text("in/README.txt", "x");
    write_picture("in/sample.png", 64, 64, 1, 0, 0);
    struct import_config c = config_of("folder", at("in"));
    struct dataset *d = run(&c);
    assert_int_equal(d->count, 10);
    assert_int_equal(d->classes, 2);
    assert_true(d->exclusive);
    assert_string_equal(d->class_names[0], "NORMAL");
    assert_int_equal(d->channels, 1);
    assert_int_equal(d->size, 32);
    assert_int_equal(label_of(d, "train/PNEUMONIA/person3_virus_1.png", "PNEUMONIA"), 1);
    assert_int_equal(label_of(d, "train/PNEUMONIA/person3_virus_1.png", "NORMAL"), 0);
    assert_int_equal(d->patients, 7);        /* three series: IM-0001 and NORMAL2-IM-0001 differ */
    assert_int_equal(d->shared_patients, 1); /* person1 */
    assert_int_equal(dataset_split_images(d, SPLIT_TEST, NULL), 2);
    assert_true(dataset_split_images(d, SPLIT_VAL, NULL) > 0);
    assert_int_equal(d->images[index_of(d, "train/PNEUMONIA/person1_virus_1.png")].split, SPLIT_TRAIN);
    assert_int_equal(d->images[index_of(d, "train/NORMAL/IM-0001-0001.png")].split,
                     d->images[index_of(d, "train/NORMAL/IM-0001-0002.png")].split);
    assert_int_equal(d->images[0].width, 48);
    assert_int_equal(d->images[0].height, 50);
    assert_true(has_remark(d, "1 image outside of train, val and test was left out"));
    pack_close(open_pack(d));
    dataset_destroy(d);
}

static void masks_beside_radiographs_are_warned_of(void **state)
{
    (void)state;
    static const char *const folders[] = { "masks", "a/Mask", "test/b/segmentations/left" };
    for (size_t i = 0; i < 3; i++) {
        char name[64];
        write_picture("in/a/1.png", 40, 40, 1, 1, 0);
        write_picture("in/b/unmasked/mask.png", 40, 40, 1, 2, 0);
        struct import_config c = config_of("folder", at("in"));
        struct dataset *d = run(&c);
        assert_false(has_remark(d, "named after masks"));
        dataset_destroy(d);
        snprintf(name, sizeof name, "in/%s/1.png", folders[i]);
        write_picture(name, 40, 40, 1, 3, 0);
        c = config_of("folder", at("in"));
        d = run(&c);
        if (!has_remark(d, "WARNING: 1 image lies below a folder that is named after masks") ||
            !has_remark(d, folders[i]))
            fail_msg("%s: no warning", folders[i]);
        dataset_destroy(d);
        scratch_remove();
        scratch_make();
    }
}

static void class_folders_and_flat_folders_are_split_here(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 30; i++) {
        char path[64];
        snprintf(path, sizeof path, "classes/%c/%u.png", "abc"[i % 3], i);
        write_picture(path, 33, 33, 1, i, 0);
        snprintf(path, sizeof path, "flat/%u.png", i);
        write_picture(path, 33, 33, 1, i, 0);
    }
    struct import_config c = config_of("folder", at("classes"));
    struct dataset *d = run(&c);
    assert_int_equal(d->classes, 3);
    assert_int_equal(dataset_split_images(d, SPLIT_TRAIN, NULL), 21);
    assert_int_equal(dataset_split_images(d, SPLIT_VAL, NULL), 3);
    assert_int_equal(dataset_split_images(d, SPLIT_TEST, NULL), 6);
    assert_int_equal(d->patients, 30);
    dataset_destroy(d);
    c = config_of("folder", at("flat"));
    d = run(&c);
    assert_int_equal(d->classes, 0);
    assert_false(d->exclusive);
    assert_int_equal(dataset_split_images(d, SPLIT_TRAIN, NULL), 26);
    assert_int_equal(dataset_split_images(d, SPLIT_VAL, NULL), 4);
    dataset_destroy(d);
    c.val = (struct split_validation){ true, 50 };
    d = run(&c);
    assert_int_equal(dataset_split_images(d, SPLIT_VAL, NULL), 15);
    dataset_destroy(d);
    c.val = (struct split_validation){ true, 0 };
    d = run(&c);
    assert_int_equal(dataset_split_images(d, SPLIT_TRAIN, NULL), 30);
    dataset_destroy(d);
}

static void a_set_for_evaluation_alone_needs_no_train_folder(void **state)
{
    (void)state;
    write_picture("in/test/a/1.png", 40, 40, 1, 1, 0);
    write_picture("in/test/b/2.png", 40, 40, 1, 2, 0);
    struct import_config c = config_of("folder", at("in"));
    struct dataset *d = run(&c);
    assert_int_equal(dataset_split_images(d, SPLIT_TEST, NULL), 2);
    dataset_destroy(d);
}

static void a_broken_image_is_named_skipped_and_counted(void **state)
{
    (void)state;
    make_tree();
    write_text("in/train/NORMAL/IM-0005-0001.png", "not a picture");
    assert_int_equal(truncate(at("in/train/NORMAL/IM-0001-0002.png"), 60), 0);
    write_text("in/test/NORMAL/empty.jpeg", "");
    assert_int_equal(symlink("nowhere.png", at("in/test/NORMAL/link.png")), 0);
    struct import_config c = config_of("folder", at("in"));
    struct dataset *d = run(&c);
    assert_int_equal(d->count, 9);
    assert_int_equal(d->unreadable_count, 4);
    assert_string_equal(d->unreadable[2].path, "train/NORMAL/IM-0001-0002.png");
    for (uint32_t i = 0; i < d->unreadable_count; i++) {
        assert_true(strlen(d->unreadable[i].reason) > 3);
        assert_null(strstr(d->unreadable[i].reason, scratch)); /* the path is told once */
    }
    assert_int_equal(label_of(d, "test/PNEUMONIA/person1_virus_9.png", "PNEUMONIA"),
                     1); /* rows moved with their labels */
    pack_close(open_pack(d));
    dataset_destroy(d);
}

static void bad_folders_get_one_line_and_leave_nothing(void **state)
{
    (void)state;
    struct import_config c = config_of("folder", at("missing"));
    expect_failure(&c, "no such directory", "missing");
    mkdir(at("empty"), 0700);
    c = config_of("folder", at("empty"));
    expect_failure(&c, "no PNG, JPEG, TIFF or DICOM image", "empty");
    write_text("file", "x");
    c = config_of("folder", at("file"));
    expect_failure(&c, "is a file", "file");
    write_text("all_broken/a.png", "x");
    write_text("all_broken/b.jpg", "");
    c = config_of("folder", at("all_broken"));
    expect_failure(&c, "none of its 2 images can be read", "a.png");
    write_text("dicom/a.dcm", "x");
    c = config_of("folder", at("dicom"));
    expect_failure(&c, "DICOM", "dicom");
    write_picture("secret.png", 40, 40, 1, 1, 0);
    write_picture("linked/a.png", 40, 40, 1, 1, 0);
    assert_int_equal(symlink("../secret.png", at("linked/b.png")), 0);
    c = config_of("folder", at("linked"));
    expect_failure(&c, "leads out of", "b.png");
    c = config_of("folders", at("linked"));
    expect_failure(&c, "there are nih, vinbig, rsna, siim, chexpert, mimic, padchest, folder, masks, csv, phantom", "folders");
    c = config_of("folder", at("linked"));
    c.name = "../x";
    expect_failure(&c, "cannot name a data set", "../x");
    c.name = "set";
    c.size = 7;
    expect_failure(&c, "out of range 32", "7");
    c.size = 32;
    c.channels = 2;
    expect_failure(&c, "take 1 or 3", "2");
}

static void an_unwritable_place_is_told(void **state)
{
    (void)state;
    make_tree();
    struct import_config c = config_of("folder", at("in"));
    struct dataset *d;
    struct err e = { 0 };
    write_text("block", "x");
    char packs[512];
    snprintf(packs, sizeof packs, "%s/block/packs", scratch);
    assert_false(import_run(&c, packs, &d, &e));
    assert_non_null(strstr(e.msg, "block"));
}

/* ---- pixels ---- */

static const uint8_t *only_pixels(const struct import_config *c, struct dataset **d, struct pack **p)
{
    *d = run(c);
    *p = open_pack(*d);
    return pack_image(*p, 0);
}

static void fits_put_the_image_where_they_say(void **state)
{
    (void)state;
    struct image m;
    struct err e;
    assert_true(image_init(&m, 96, 64, 1, "m", &e)); /* thirds: 50, 150, 250 */
    for (int i = 0; i < 96 * 64; i++) m.pixels[i] = (uint8_t)(50 + 100 * (i % 96 / 32));
    assert_true(image_write_png(at("in/m.png"), &m, &e));
    image_clear(&m);
    static const struct {
        enum import_fit fit;
        int at[3][2], value[3]; /* x, y of a 32 x 32 image */
    } rows[] = {
        { IMPORT_CROP, { { 2, 16 }, { 16, 2 }, { 29, 30 } }, { 50, 150, 250 } },
        { IMPORT_STRETCH, { { 4, 0 }, { 16, 31 }, { 27, 16 } }, { 50, 150, 250 } },
        { IMPORT_PAD, { { 4, 16 }, { 16, 2 }, { 16, 30 } }, { 50, 0, 0 } },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct dataset *d;
        struct pack *p;
        struct import_config c = config_of("folder", at("in"));
        c.fit = rows[i].fit;
        const uint8_t *pixels = only_pixels(&c, &d, &p);
        for (int k = 0; k < 3; k++) {
            int got = pixels[rows[i].at[k][1] * 32 + rows[i].at[k][0]];
            if (abs(got - rows[i].value[k]) > 2)
                fail_msg("%s: point %d is %d, expected %d", import_fit_names[rows[i].fit], k, got, rows[i].value[k]);
        }
        unlink(at(d->pack));
        pack_close(p);
        dataset_destroy(d);
    }
}

static void nothing_is_enlarged_beyond_the_largest_image(void **state)
{
    (void)state;
    write_picture("in/a.png", 40, 60, 1, 1, 0);
    write_picture("in/b.png", 70, 45, 1, 1, 0);
    write_text("in/huge.png", "\x89PNG\r\n\x1a\n"
                              "1234IHDR");
    static const unsigned char lie[] = { 0x89, 'P', 'N', 'G', 13, 10, 26, 10, 0, 0, 0, 13, 'I', 'H', 'D', 'R', 0,
                                         0,    3,   0,   0,   0,  3,  0,  8,  0, 0, 0, 0,  1,   2,   3,   4 };
    write_bytes("in/lie.png", lie, sizeof lie); /* says 768 x 768, and ends */
    struct import_config c = config_of("folder", at("in"));
    c.size = 0;
    struct dataset *d = run(&c);
    assert_int_equal(d->size, 45);
    assert_int_equal(d->unreadable_count, 2);
    dataset_destroy(d);
    c.fit = IMPORT_PAD;
    d = run(&c);
    assert_int_equal(d->size, 70);
    dataset_destroy(d);
    c.size = 41;
    d = run(&c);
    assert_int_equal(d->size, 41);
    dataset_destroy(d);
}

static void nearly_equal_channels_are_grey(void **state)
{
    (void)state;
    static const struct {
        int colour, asked, channels; /* colour: difference of neighbouring channels */
    } rows[] = { { 0, 0, 1 }, { 4, 0, 1 }, { 5, 0, 3 }, { 5, 1, 1 }, { 0, 3, 3 } };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct dataset *d;
        struct pack *p;
        write_picture("in/a.png", 40, 40, 1, 1, 0);
        struct image m;
        struct err e;
        assert_true(image_init(&m, 40, 40, 3, "m", &e));
        for (int k = 0; k < 40 * 40 * 3; k++) m.pixels[k] = (uint8_t)(100 + rows[i].colour * (k % 3));
        assert_true(image_write_png(at("in/b.png"), &m, &e));
        image_clear(&m);
        struct import_config c = config_of("folder", at("in"));
        c.channels = rows[i].asked;
        only_pixels(&c, &d, &p);
        assert_int_equal(d->channels, rows[i].channels);
        assert_int_equal(pack_channels(p), rows[i].channels);
        if (d->channels == 3 && rows[i].colour)
            for (int k = 0; k < 3; k++) assert_int_equal(pack_image(p, 1)[k], 100 + rows[i].colour * k);
        if (d->channels == 1 && rows[i].colour == 4)
            assert_in_range(pack_image(p, 1)[0], 103, 104); /* luma of 100, 104, 108 */
        pack_close(p);
        dataset_destroy(d);
    }
}

static void the_digest_does_not_depend_on_threads(void **state)
{
    (void)state;
    make_tree();
    write_text("in/train/NORMAL/broken.png", "x");
    char digest[DIGEST_HEX_SIZE] = "";
    for (int threads = 1; threads <= 3; threads++) {
        struct import_config c = config_of("folder", at("in"));
        c.threads = threads;
        struct dataset *d = run(&c);
        if (threads == 1) strcpy(digest, d->digest);
        assert_string_equal(d->digest, digest);
        dataset_destroy(d);
    }
}

static bool stop_after_three(void *ctx, const struct import_progress *p)
{
    (void)ctx;
    return strcmp(p->phase, "looking") ? p->done < 3 : true;
}

static void a_stopped_import_leaves_nothing(void **state)
{
    (void)state;
    make_tree();
    struct import_config c = config_of("folder", at("in"));
    c.progress = stop_after_three;
    expect_failure(&c, "stopped", "set");
    c = config_of("phantom", NULL);
    c.progress = stop_after_three;
    expect_failure(&c, "stopped", "set");
}

static bool die_after_three(void *ctx, const struct import_progress *p)
{
    if (!stop_after_three(ctx, p)) raise(SIGKILL);
    return true;
}

static void what_a_killed_import_left_goes_with_the_next(void **state)
{
    (void)state;
    make_tree();
    struct import_config c = config_of("folder", at("in"));
    c.threads = 1;
    pid_t child = fork();
    if (!child) {
        struct dataset *d;
        c.progress = die_after_three;
        import_run(&c, at("packs/."), &d, NULL);
        _exit(1);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(entries_of(at("packs")), 1);
    struct dataset *d = run(&c);
    assert_int_equal(entries_of(at("packs")), 1);
    pack_close(open_pack(d));
    dataset_destroy(d);
}

/* ---- phantoms ---- */

static void phantoms_bring_labels_boxes_and_masks(void **state)
{
    (void)state;
    static const struct import_value values[] = { { "patients", "20" } };
    char digest[DIGEST_HEX_SIZE] = "";
    for (int threads = 1; threads <= 2; threads++) {
        struct import_config c = config_of("phantom", NULL);
        c.size = 48;
        c.threads = threads;
        c.values = values;
        c.value_count = 1;
        struct dataset *d = run(&c);
        if (threads == 1) strcpy(digest, d->digest);
        assert_string_equal(d->digest, digest);
        assert_int_equal(d->classes, PHANTOM_CLASSES);
        assert_int_equal(d->patients, 20);
        assert_int_equal(d->shared_patients, 0);
        assert_true(d->box_count > 0 && d->mask_count > 0);
        for (uint32_t k = 0; k < d->box_count; k++) {
            const struct dataset_box *b = &d->boxes[k];
            assert_true(b->x0 >= 0 && b->x0 < b->x1 && b->x1 <= 48 && b->y0 >= 0 && b->y0 < b->y1 && b->y1 <= 48);
            assert_int_equal(d->labels[b->image * d->classes + b->class_index], 1);
        }
        pack_close(open_pack(d));
        dataset_destroy(d);
    }
    struct import_config c = config_of("phantom", NULL);
    static const struct import_value none[] = { { "patients", "0" } };
    unlink(at("packs/x"));
    c.values = none;
    c.value_count = 1;
    struct dataset *d;
    struct err e;
    assert_false(import_run(&c, at("packs/."), &d, &e));
    assert_int_equal(e.code, ERR_USAGE);
}

/* A marker on a share of one class, told by an attribute, and nothing else changed. */
static void a_marker_is_on_the_share_that_was_asked_for(void **state)
{
    (void)state;
    static const struct import_value values[] = { { "patients", "120" }, { "marker", "50,Nodule" } };
    struct import_config c = config_of("phantom", NULL);
    c.values = values;
    c.value_count = 1;
    struct dataset *plain = run(&c);
    c.value_count = 2;
    struct dataset *d = run(&c);
    int nodule = dataset_class(d, "Nodule");
    uint32_t marked = 0, nodules = 0, facts = 0;
    bool *corner = calloc(d->count, 1);
    for (uint32_t i = 0; i < d->attribute_count; i++) {
        const struct dataset_attribute *a = &d->attributes[i];
        if (!strcmp(a->name, "marker")) corner[a->image] = !strcmp(a->value, "corner");
        facts += !strcmp(a->name, "sex") || !strcmp(a->name, "age") || !strcmp(a->name, "view");
    }
    assert_int_equal(facts, 3 * d->count);
    assert_int_equal(plain->attribute_count, 3 * d->count);
    for (uint32_t i = 0; i < d->count; i++) {
        int has = d->labels[(size_t)i * d->classes + (size_t)nodule];
        nodules += has == 1;
        marked += corner[i];
        if (corner[i] && !has) fail_msg("image %u has a marker and no nodule", i);
        assert_int_equal(!strcmp(d->images[i].digest, plain->images[i].digest), !corner[i]);
    }
    assert_in_range(marked, nodules / 4, nodules - nodules / 4);
    free(corner);
    dataset_destroy(d);
    dataset_destroy(plain);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_SCRATCH(a_marker_is_on_the_share_that_was_asked_for),
        cmocka_unit_test(patients_come_from_file_names),
        cmocka_unit_test(splits_keep_patients_together_and_near_their_shares),
        cmocka_unit_test(validation_is_not_taken_from_patients_of_the_test_set),
        IN_SCRATCH(what_a_killed_import_left_goes_with_the_next),
        IN_SCRATCH(folders_give_splits_classes_and_patients),
        IN_SCRATCH(masks_beside_radiographs_are_warned_of),
        IN_SCRATCH(class_folders_and_flat_folders_are_split_here),
        IN_SCRATCH(a_set_for_evaluation_alone_needs_no_train_folder),
        IN_SCRATCH(a_broken_image_is_named_skipped_and_counted),
        IN_SCRATCH(bad_folders_get_one_line_and_leave_nothing),
        IN_SCRATCH(an_unwritable_place_is_told),
        IN_SCRATCH(fits_put_the_image_where_they_say),
        IN_SCRATCH(nothing_is_enlarged_beyond_the_largest_image),
        IN_SCRATCH(nearly_equal_channels_are_grey),
        IN_SCRATCH(the_digest_does_not_depend_on_threads),
        IN_SCRATCH(a_stopped_import_leaves_nothing),
        IN_SCRATCH(phantoms_bring_labels_boxes_and_masks),
    };
    return cmocka_run_group_tests_name("import", tests, NULL, NULL);
}
