/* What headers and endings tell before an import reads a pixel: who is out before splits are drawn, and why, counted.
 */
#include "tests/check.h"

#include "engine/data/reasons.h"
#include "tests/import_run.h"

enum { GOOD = 40 };

static void copy_fixture(const char *fixture, const char *to)
{
    char path[4096];
    snprintf(path, sizeof path, "%.4000s", source_path(fixture));
    FILE *f = fopen(path, "rb");
    if (!f) fail_msg("%s: not there", path);
    static char bytes[1 << 16];
    size_t n = fread(bytes, 1, sizeof bytes, f);
    fclose(f);
    write_bytes(to, bytes, n);
}

static void write_good(const char *folder)
{
    char name[64];
    for (int i = 0; i < GOOD; i++) {
        snprintf(name, sizeof name, "%s/c%d/p%03d.png", folder, i % 2, i);
        write_picture(name, 40, 40, 1, i, 0);
    }
}

static size_t count_of(const struct dataset_reason *rows, size_t n, const char *reason)
{
    for (size_t i = 0; i < n; i++)
        if (!strcmp(rows[i].reason, reason)) return rows[i].count;
    return 0;
}

static void splits_are_as_without_the_files_that_headers_reveal(void **state)
{
    (void)state;
    write_good("in");
    struct import_config c = config_of("folder", at("in"));
    struct dataset *clean = run(&c);
    write_text("in/c0/a.png", "not a picture");
    write_text("in/c0/p0200.png", "");
    copy_fixture("tests/fixtures/images/bomb.png", "in/c1/bomb.png");
    copy_fixture("tests/fixtures/images/bomb.jpg", "in/c1/bomb.jpg");
    copy_fixture("tests/fixtures/images/no.gif", "in/c1/renamed.png");
    struct dataset *d = run(&c);
    assert_int_equal(d->count, GOOD);
    assert_int_equal(d->unreadable_count, 5);
    assert_string_equal(d->unreadable[0].path, "c0/a.png");
    for (uint32_t i = 0; i < d->count; i++) {
        assert_string_equal(d->images[i].path, clean->images[i].path);
        assert_int_equal(d->images[i].split, clean->images[i].split);
    }
    assert_string_equal(d->digest, clean->digest);
    dataset_destroy(clean);
    dataset_destroy(d);
}

static void reasons_are_counted(void **state)
{
    (void)state;
    write_good("in");
    write_text("in/c0/a.png", "not a picture");
    write_text("in/c0/b.png", "nor is this");
    write_text("in/c0/c.jpg", "");
    copy_fixture("tests/fixtures/images/bomb.png", "in/c1/bomb.png");
    copy_fixture("tests/fixtures/images/huge.png", "in/c1/huge.png");
    write_text("in/c0/x.bmp", "x");
    write_text("in/c0/y.BMP", "x");
    write_text("in/scan.nii.gz", "x");
    write_text("in/readme.txt", "x");
    write_picture("in/c0/.hidden.png", 40, 40, 1, 1, 0);
    struct import_config c = config_of("folder", at("in"));
    struct dataset *d = run(&c);
    struct dataset_reason *rows;
    size_t n;
    struct err e;
    assert_true(reasons_unreadable(d, &rows, &n, &e));
    assert_int_equal(n, 4);
    assert_string_equal(rows[0].reason, "not an image");
    assert_int_equal(rows[0].count, 2);
    assert_int_equal(count_of(rows, n, "an empty file"), 1);
    assert_int_equal(count_of(rows, n, "truncated PNG"), 1);
    assert_int_equal(count_of(rows, n, "65535 x 65535 pixels is too large"), 1);
    reasons_free(rows, n);
    assert_int_equal(d->left_out_count, 3);
    assert_int_equal(count_of(d->left_out, d->left_out_count, ".bmp file"), 2);
    assert_int_equal(count_of(d->left_out, d->left_out_count, ".nii.gz file"), 1);
    assert_int_equal(count_of(d->left_out, d->left_out_count, "hidden"), 1);
    assert_true(has_remark(d, "3 files are of kinds that are not read here and left out: 2 .bmp, 1 .nii.gz"));
    dataset_destroy(d);
}

/* Only what differs between the files is N. */
static void numbers_that_belong_to_a_name_stay(void **state)
{
    (void)state;
    static const char *const reasons[] = {
        "a DICOM file: its transfer syntax is High-Throughput JPEG 2000, which is not read here",
        "a DICOM file: its transfer syntax is High-Throughput JPEG 2000, which is not read here",
        "5000 x 4097 pixels is too large",
        "5000 x 6000 pixels is too large",
        "5000 x 6000 pixels is too large",
        "bits 4096 of one alone: 17",
    };
    struct dataset *d = dataset_create("set", "folder", "/in");
    struct dataset_reason *rows;
    size_t n;
    struct err e;
    for (size_t i = 0; i < sizeof reasons / sizeof reasons[0]; i++)
        assert_true(dataset_add_unreadable(d, "x", reasons[i], &e));
    assert_true(reasons_unreadable(d, &rows, &n, &e));
    assert_int_equal(n, 3);
    assert_int_equal(count_of(rows, n, "its transfer syntax is High-Throughput JPEG 2000, which is not read here"), 2);
    assert_int_equal(count_of(rows, n, "5000 x N pixels is too large"), 3);
    assert_int_equal(count_of(rows, n, "bits 4096 of one alone"), 1);
    reasons_free(rows, n);
    dataset_destroy(d);
}

static void reasons_of_dicom_files_are_told_apart(void **state)
{
    (void)state;
    struct dataset *d = dataset_create("set", "folder", "/in");
    struct dataset_reason *rows;
    size_t n;
    struct err e;
    assert_true(dataset_add_unreadable(d, "1", "a DICOM file: truncated: its stream has no end", &e) &&
                dataset_add_unreadable(d, "2", "a DICOM file: truncated: no picture", &e) &&
                dataset_add_unreadable(d, "3", "a DICOM file: it holds no pixel data", &e));
    assert_true(reasons_unreadable(d, &rows, &n, &e));
    assert_int_equal(n, 2);
    assert_int_equal(count_of(rows, n, "truncated"), 2);
    assert_int_equal(count_of(rows, n, "it holds no pixel data"), 1);
    reasons_free(rows, n);
    dataset_destroy(d);
}

static void a_folder_of_other_kinds_says_which(void **state)
{
    (void)state;
    write_text("in/x.nrrd", "x");
    struct import_config c = config_of("folder", at("in"));
    expect_failure(&c, "no PNG, JPEG, TIFF or DICOM image there, but 1 .nrrd", "in");
}

static void tiff_files_are_images(void **state)
{
    (void)state;
    char version[32];
    if (!image_tiff_version(version)) skip();
    copy_fixture("tests/fixtures/tiff/grey16.tif", "in/a/grey16.tif");
    copy_fixture("tests/fixtures/tiff/white8.tif", "in/a/white8.TIFF");
    copy_fixture("tests/fixtures/tiff/pages.tif", "in/b/pages.tif");
    copy_fixture("tests/fixtures/tiff/float.tif", "in/b/float.tif");
    struct import_config c = config_of("folder", at("in"));
    struct dataset *d = run(&c);
    assert_int_equal(d->count, 3);
    assert_int_equal(d->channels, 1);
    assert_int_equal(d->images[0].width, 45);
    assert_int_equal(d->images[0].height, 37);
    assert_int_equal(d->unreadable_count, 1);
    assert_non_null(strstr(d->unreadable[0].reason, "floating-point"));
    assert_true(has_remark(d, "1 TIFF file holds several pictures"));
    dataset_destroy(d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_SCRATCH(splits_are_as_without_the_files_that_headers_reveal),
        IN_SCRATCH(reasons_are_counted),
        IN_SCRATCH(reasons_of_dicom_files_are_told_apart),
        IN_SCRATCH(numbers_that_belong_to_a_name_stay),
        IN_SCRATCH(a_folder_of_other_kinds_says_which),
        IN_SCRATCH(tiff_files_are_images),
    };
    return cmocka_run_group_tests_name("import_headers", tests, NULL, NULL);
}
