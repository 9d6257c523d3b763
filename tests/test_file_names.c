/* Which file a table means, and letters that Unicode writes in several ways. */
#include "tests/import_help.h"

#include "engine/base/letters.h"
#include "engine/data/tables/file_names.h"

static const char *const files[] = {
    "images/a.png",   "images/b.png",       "images/b.jpg",     "train/c.png",       "test/c.png",
    "sub/test/c.png", "d/Ma\xCC\x88rz.png", "x/CASE.PNG",       "x/case.png",        "1.2.276.0.1.dcm",
    "p1/s1/v.jpg",    "p2/s1/v.jpg",        "deep/p1/s2/w.jpg", "K\xC3\xB6ln/1.png",
};

static void a_name_means_the_file_with_the_longest_common_end(void **state)
{
    (void)state;
    static const struct {
        const char *written, *path; /* path NULL: none, or several */
        size_t files;
        bool whole;
    } rows[] = {
        { "images/a.png", "images/a.png", 1, true },
        { "a.png", "images/a.png", 1, true },
        { "a", "images/a.png", 1, false },
        { "./a.png", "images/a.png", 1, true },
        { "A.PNG", "images/a.png", 1, true },
        { "a.dcm", "images/a.png", 1, false },
        { "/data/set/images/a.png", "images/a.png", 1, false },
        { "D:\\Daten\\images\\a.png", "images/a.png", 1, false },
        { "b.png", "images/b.png", 1, true },
        { "b", NULL, 2, false },
        { "c.png", NULL, 3, true },
        { "train/c.png", "train/c.png", 1, true },
        { "/x/train/c", "train/c.png", 1, false },
        { "sub/test/c.png", "sub/test/c.png", 1, true },
        { "test/c.png", "test/c.png", 1, true },
        { "other/c.png", NULL, 0, false },
        { "M\xC3\xA4rz", "d/Ma\xCC\x88rz.png", 1, false },
        { "d\\M\xC3\xA4RZ.png", "d/Ma\xCC\x88rz.png", 1, true },
        { "Ko\xCC\x88ln/1.png", "K\xC3\xB6ln/1.png", 1, true },
        { "x/CASE.PNG", "x/CASE.PNG", 1, true },
        { "x/case.png", "x/case.png", 1, true },
        { "x/Case.png", NULL, 2, true },
        { "1.2.276.0.1", "1.2.276.0.1.dcm", 1, false },
        { "1.2.276.0.2", NULL, 0, false },
        { "files/p2/s1/v.jpg", "p2/s1/v.jpg", 1, false },
        { "s1/v.jpg", NULL, 2, true },
        { "p3/s1/v.jpg", NULL, 0, false }, /* of a patient whose images are not here */
        { "p3/a.png", "images/a.png", 1, false },
        { "s2/w.jpg", "deep/p1/s2/w.jpg", 1, true },
        { "", NULL, 0, false },
        { "/", NULL, 0, false },
        { "images/", NULL, 0, false },
    };
    struct file_names names;
    struct err e = { 0 };
    assert_true(file_names_init(&names, files, sizeof files / sizeof files[0], &e));
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct file_match m;
        assert_true(file_names_find(&names, rows[i].written, &m, &e));
        if (m.files != rows[i].files) fail_msg("%s: %zu files", rows[i].written, m.files);
        if (m.files == 0) continue;
        if (m.whole != rows[i].whole) fail_msg("%s: whole %d", rows[i].written, m.whole);
        if (m.files > 1 && (m.file == m.second || rows[i].path)) fail_msg("%s: ambiguous", rows[i].written);
        if (rows[i].path && strcmp(files[m.file], rows[i].path))
            fail_msg("%s: means %s", rows[i].written, files[m.file]);
    }
    file_names_clear(&names);
}

static void without_files_no_name_means_one(void **state)
{
    (void)state;
    struct file_names names;
    struct err e;
    assert_true(file_names_init(&names, NULL, 0, &e));
    struct file_match m;
    assert_true(file_names_find(&names, "a.png", &m, &e));
    assert_int_equal(m.files, 0);
    file_names_clear(&names);
}

static void composed_letters_come_apart(void **state)
{
    (void)state;
    static const struct {
        const char *text, *apart;
    } rows[] = {
        { "", "" },
        { "plain", "plain" },
        { "\xC3\xA4", "a\xCC\x88" },
        { "a\xCC\x88", "a\xCC\x88" },
        { "\xE1\xBA\xBF", "e\xCC\x82\xCC\x81" },                    /* e, circumflex, acute */
        { "\xED\x95\x9C", "\xE1\x84\x92\xE1\x85\xA1\xE1\x86\xAB" }, /* a syllable of three letters */
        { "\xEA\xB0\x80", "\xE1\x84\x80\xE1\x85\xA1" },             /* and of two */
        { "\xE3\x81\x8C", "\xE3\x81\x8B\xE3\x82\x99" },             /* kana with its mark */
        { "\xD0\xB9", "\xD0\xB8\xCC\x86" },
        { "x\xFFy\xC3", "x\xFFy\xC3" },
        { "\xF0\x9F\xAB\x81", "\xF0\x9F\xAB\x81" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char *apart = letters_apart(rows[i].text, strlen(rows[i].text));
        assert_string_equal(apart, rows[i].apart);
        free(apart);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_name_means_the_file_with_the_longest_common_end),
        cmocka_unit_test(without_files_no_name_means_one),
        cmocka_unit_test(composed_letters_come_apart),
    };
    return cmocka_run_group_tests_name("file_names", tests, NULL, NULL);
}
