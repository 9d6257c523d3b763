/* Tables as people and spreadsheets write them: what is meant is read, what is not clear is told. */
#include "tests/import_run.h"

static struct import_config odd(const char *text, const struct import_value *values, size_t n)
{
    write_text("in/t.csv", text);
    struct import_config c = config_of("csv", at("in/t.csv"));
    c.values = values;
    c.value_count = n;
    return c;
}

static void pictures(const char *const *names)
{
    for (unsigned i = 0; names[i]; i++) write_picture(names[i], 40, 40, 1, i, 0);
}

/* A German spreadsheet: semicolons, decimal commas, Latin-1, CRLF, rows of nothing at its end. */
static void a_spreadsheet_of_another_country_reads(void **state)
{
    (void)state;
    static const char *const names[] = { "in/Bilder/a.png", "in/Bilder/b.png", NULL };
    static const struct import_value values[] = { { "path-column", "Bild" },
                                                  { "class-columns", "Erguss,\xC3\x96"
                                                                     "dem" },
                                                  { "patient-column", "Patient" } };
    pictures(names);
    struct import_config c =
        odd("sep=;\r\nBild;Patient;Alter;Erguss;\xD6"
            "dem\r\nD:\\PACS\\Bilder\\a.png;1;57,5;1,0;nein\r\nb;00001;40,0;;ja\r\n;;;;\r\n;;;;\r\n",
            values, 3);
    struct dataset *d = run(&c);
    assert_int_equal(d->count, 2);
    assert_int_equal(label_of(d, "Bilder/a.png", "Erguss"), 1);
    assert_int_equal(label_of(d, "Bilder/a.png",
                              "\xC3\x96"
                              "dem"),
                     0);
    assert_int_equal(label_of(d, "Bilder/b.png", "Erguss"), LABEL_MISSING);
    assert_int_equal(label_of(d, "Bilder/b.png",
                              "\xC3\x96"
                              "dem"),
                     1);
    assert_string_equal(d->images[0].patient, "00001");
    assert_int_equal(d->patients, 1);
    assert_true(has_remark(d, "read as Windows-1252, columns between ';'"));
    assert_true(has_remark(d, "'1' is '00001'"));
    assert_true(has_remark(d, "2 images were not where the table says"));
    dataset_destroy(d);
}

static void lists_are_read_however_they_are_written(void **state)
{
    (void)state;
    static const char *const names[] = { "in/1.png", "in/2.png", "in/3.png", "in/4.png", NULL };
    static const struct {
        const char *cells[4]; /* the labels of the four images; "A" and "B b" where present */
        const char *remark;   /* NULL: none of lists                                         */
    } rows[] = {
        { { "A|B b", "B b", "A", "" }, NULL },
        { { "A;B b", "B b", "A", "nan" }, "labels are split at ';'" },
        { { "\"A, B b\"", "B b", "A", "" }, "labels are split at ','" },
        { { "\"['A', 'B b']\"", "['B b']", "['A']", "" }, NULL },
        { { "\"[\"\"A\"\", \"\"B b\"\"]\"", "\"[\"\"B b\"\"]\"", "\"[\"\"A\"\"]\"", "" }, NULL },
        { { "['A' 'B b']", "[B b]", "[A]", "" }, NULL },
        { { "\"[ A , B b ]\"", "[B b]", "[A]", "" }, NULL },
        { { "\"['A', ' B b', 'A', '']\"", "['B b']", "['A']", "" }, NULL },
    };
    static const struct import_value value = { "label-column", "l" };
    pictures(names);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char text[512];
        const char *const *k = rows[i].cells;
        snprintf(text, sizeof text, "path,l\n1.png,%s\n2.png,%s\n3.png,%s\n4.png,%s\n", k[0], k[1], k[2], k[3]);
        struct import_config c = odd(text, &value, 1);
        struct dataset *d = run(&c);
        if (d->classes != 2 || dataset_class(d, "A") != 0 || dataset_class(d, "B b") != 1)
            fail_msg("row %zu: %u classes, the first %s", i, d->classes, d->class_names[0]);
        static const int8_t labels[8] = { 1, 1, 0, 1, 1, 0, LABEL_MISSING, LABEL_MISSING };
        if (memcmp(labels, d->labels, 8)) fail_msg("row %zu: wrong labels", i);
        if (rows[i].remark && !has_remark(d, rows[i].remark)) fail_msg("row %zu: no remark", i);
        if (!rows[i].remark && has_remark(d, "labels are split")) fail_msg("row %zu: a remark", i);
        dataset_destroy(d);
    }
}

static void words_for_nothing_are_no_classes(void **state)
{
    (void)state;
    static const char *const names[] = { "in/1.png", "in/2.png", "in/3.png", "in/4.png", NULL };
    static const struct import_value values[] = { { "label-column", "l" }, { "nothing", "Healthy, k.A." } };
    static const char text[] = "path,l\n1.png,Mass\n2.png,None\n3.png,[]\n4.png,healthy\n";
    pictures(names);
    struct import_config c = odd(text, values, 1);
    struct dataset *d = run(&c);
    assert_int_equal(d->classes, 2); /* Mass and healthy */
    assert_int_equal(label_of(d, "2.png", "Mass"), 0);
    assert_int_equal(label_of(d, "3.png", "Mass"), 0);
    assert_true(has_remark(d, "2 images have '[]' or the like for a label"));
    dataset_destroy(d);
    c = odd(text, values, 2);
    d = run(&c);
    assert_int_equal(d->classes, 2); /* Mass and None */
    assert_int_equal(label_of(d, "4.png", "Mass"), 0);
    assert_int_equal(dataset_class(d, "healthy"), -1);
    dataset_destroy(d);
}

static void labels_are_words_or_numbers(void **state)
{
    (void)state;
    static const char *const names[] = { "in/1.png", NULL };
    static const struct {
        const char *cell;
        int8_t label;
    } rows[] = {
        { "True", 1 },     { "FALSE", 0 },   { "yes", 1 },  { "No", 0 },    { "positive", 1 },   { "Negative", 0 },
        { "1.0", 1 },      { "0.0", 0 },     { "1,0", 1 },  { "-1.0", -1 }, { "", -1 },          { "NaN", -1 },
        { "unknown", -1 }, { "present", 1 }, { "n/a", -1 }, { "0", 0 },     { "uncertain", -1 },
    };
    static const struct import_value value = { "class-columns", "A" };
    pictures(names);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char text[64];
        snprintf(text, sizeof text, "path\tA\n1.png\t%s\n", rows[i].cell);
        struct import_config c = odd(text, &value, 1);
        struct dataset *d = run(&c);
        if (d->labels[0] != rows[i].label) fail_msg("%s: %d", rows[i].cell, d->labels[0]);
        dataset_destroy(d);
    }
}

static void rows_of_one_image_are_one(void **state)
{
    (void)state;
    static const char *const names[] = { "in/1.png", "in/2.png", "in/3.png", NULL };
    static const struct {
        const char *rule;
        int8_t labels[3]; /* of the three images */
    } rows[] = { { "first", { 0, 0, 1 } }, { "any", { 1, 1, 1 } }, { "majority", { 1, LABEL_MISSING, 1 } } };
    static const char text[] = "path,A\n1.png,0\n1.png,1\n3.png,1\n2.png,0\n1.png,1\n2.png,1\n3.png,1\n1.png,\n";
    pictures(names);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct import_value values[] = { { "class-columns", "A" }, { "repeated", rows[i].rule } };
        struct import_config c = odd(text, values, 2);
        struct dataset *d = run(&c);
        assert_int_equal(d->count, 3);
        for (int k = 0; k < 3; k++)
            if (label_of(d, names[k] + 3, "A") != rows[i].labels[k]) fail_msg("%s, image %d", rows[i].rule, k + 1);
        assert_true(has_remark(d, "1 row of the table repeats another one"));
        assert_true(has_remark(d, "2 images have rows that differ"));
        dataset_destroy(d);
    }
}

static void no_rule_chooses_between_splits(void **state)
{
    (void)state;
    static const char *const names[] = { "in/1.png", NULL };
    static const struct import_value values[] = { { "split-column", "s" }, { "repeated", "any" } };
    pictures(names);
    struct import_config c = odd("path,s\n1.png,train\n1.png,test\n", values, 2);
    expect_failure(&c, "with different splits", "t.csv");
}

/* Two folders have a file of the name; where only one of them is here, the other's row is not it. */
static void a_row_of_another_folder_gets_no_other_file(void **state)
{
    (void)state;
    static const char *const names[] = { "in/test/1.png", "in/test/2.png", "in/a/3.png",
                                         "in/b/3.png",    "in/z/4.png",    NULL };
    static const struct import_value value = { "class-columns", "A" };
    pictures(names);
    struct import_config c =
        odd("path,A\n/x/train/1.png,1\n/x/test/1.png,0\n/x/test/2.png,1\nc/3.png,1\n3.png,1\nx/4.png,1\ny/4.png,1\n",
            &value, 1);
    struct dataset *d = run(&c);
    assert_int_equal(d->count, 2);
    assert_int_equal(label_of(d, "test/1.png", "A"), 0);
    assert_int_equal(d->absent, 4); /* train/1, c/3 and both of 4, of which nobody knows whose the file is */
    assert_int_equal(d->unreadable_count, 1);
    assert_string_equal(d->unreadable[0].path, "3.png");
    assert_non_null(strstr(d->unreadable[0].reason, "a/3.png or b/3.png"));
    dataset_destroy(d);
}

static void patients_are_looked_for_and_missed_aloud(void **state)
{
    (void)state;
    static const char *const names[] = { "in/S7/x1.png", "in/S7/x2.png", "in/S8/x3.png", NULL };
    static const char text[] = "path\nS7/x1.png\nS7/x2.png\nS8/x3.png\n";
    pictures(names);
    struct import_config c = odd(text, NULL, 0);
    struct dataset *d = run(&c);
    assert_int_equal(d->patients, 3);
    assert_true(has_remark(d, "WARNING: no patient is known"));
    dataset_destroy(d);
    static const struct import_value pattern = { "patient-pattern", "S([0-9]+)/" };
    c = odd(text, &pattern, 1);
    d = run(&c);
    assert_int_equal(d->patients, 2);
    assert_string_equal(d->images[2].patient, "8");
    assert_false(has_remark(d, "WARNING: no patient"));
    dataset_destroy(d);
}

static void known_forms_of_paths_name_patients(void **state)
{
    (void)state;
    static const struct {
        const char *path, *patient;
    } rows[] = {
        { "train/patient00012/study1/view1_frontal.jpg", "patient00012" },
        { "files/p10/p10000032/s50414267/a-b.jpg", "p10000032" },
        { "sub-07/ses-1/x.png", "sub-07" },
        { "normal/person12_bacteria_3.jpeg", "person12" },
        { "x/00000012_003.png", "00000012" },
        { "patients/1.png", "" },
        { "p10/1.png", "" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char out[64];
        split_patient_of_name(rows[i].path, out, sizeof out);
        if (strcmp(out, rows[i].patient)) fail_msg("%s: '%s'", rows[i].path, out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_SCRATCH(a_spreadsheet_of_another_country_reads),
        IN_SCRATCH(lists_are_read_however_they_are_written),
        IN_SCRATCH(words_for_nothing_are_no_classes),
        IN_SCRATCH(labels_are_words_or_numbers),
        IN_SCRATCH(rows_of_one_image_are_one),
        IN_SCRATCH(no_rule_chooses_between_splits),
        IN_SCRATCH(a_row_of_another_folder_gets_no_other_file),
        IN_SCRATCH(patients_are_looked_for_and_missed_aloud),
        IN_SCRATCH(known_forms_of_paths_name_patients),
    };
    return cmocka_run_group_tests_name("import_odd", tests, NULL, NULL);
}
