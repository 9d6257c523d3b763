/* What tables say of labels, patients and facts in words of their own: nothing of it may become a label in silence. */
#include "tests/import_run.h"

#include "engine/data/import/common/import_facts.h"

static struct import_config table(const char *text, const struct import_value *values, size_t n)
{
    write_text("in/t.csv", text);
    struct import_config c = config_of("csv", at("in/t.csv"));
    c.values = values;
    c.value_count = n;
    return c;
}

/* in/1.png, in/2.png, ... */
static void pictures(unsigned n)
{
    for (unsigned i = 1; i <= n; i++) {
        char path[32];
        snprintf(path, sizeof path, "in/%u.png", i);
        write_picture(path, 40, 40, 1, i, 0);
    }
}

static const struct import_value list_column = { "label-column", "l" };

/* ---- words for what is not known ---- */

static const char *const unknown_words[] = { "NA",   "n/a",  "NULL", "unknown", "?",     "nan",
                                             "<NA>", "#N/A", "Unk",  "[nan]",   "['NA']" };

static void words_for_the_unknown_are_no_classes(void **state)
{
    (void)state;
    pictures(3);
    for (size_t i = 0; i < sizeof unknown_words / sizeof unknown_words[0]; i++) {
        char text[128];
        snprintf(text, sizeof text, "path,l\n1.png,Mass\n2.png,Edema\n3.png,%s\n", unknown_words[i]);
        struct import_config c = table(text, &list_column, 1);
        struct dataset *d = run(&c);
        if (d->classes != 2) fail_msg("%s: %u classes", unknown_words[i], d->classes);
        if (label_of(d, "3.png", "Mass") != LABEL_MISSING || label_of(d, "3.png", "Edema") != LABEL_MISSING)
            fail_msg("%s: is known", unknown_words[i]);
        if (!has_remark(d, "1 image has") || !has_remark(d, "which is read as: unknown"))
            fail_msg("%s: no remark", unknown_words[i]);
        dataset_destroy(d);
    }
}

/* What is named is there; of the rest nothing is known. */
static void an_unknown_part_leaves_the_other_classes_unknown(void **state)
{
    (void)state;
    pictures(3);
    struct import_config c = table("path,l\n1.png,Mass|NA\n2.png,Edema\n3.png,\n", &list_column, 1);
    struct dataset *d = run(&c);
    assert_int_equal(d->classes, 2);
    assert_int_equal(label_of(d, "1.png", "Mass"), 1);
    assert_int_equal(label_of(d, "1.png", "Edema"), LABEL_MISSING);
    assert_int_equal(label_of(d, "2.png", "Mass"), 0);
    assert_int_equal(label_of(d, "3.png", "Mass"), LABEL_MISSING);
    assert_true(has_remark(d, "1 image has 'NA' or the like"));
    dataset_destroy(d);
}

static void nothing_may_be_said_with_any_word(void **state)
{
    (void)state;
    static const struct import_value values[] = { { "label-column", "l" }, { "nothing", "unknown" } };
    pictures(2);
    struct import_config c = table("path,l\n1.png,Mass\n2.png,Unknown\n", values, 2);
    struct dataset *d = run(&c);
    assert_int_equal(d->classes, 1);
    assert_int_equal(label_of(d, "2.png", "Mass"), 0);
    dataset_destroy(d);
}

static void columns_and_lists_know_the_same_words(void **state)
{
    (void)state;
    static const struct import_value value = { "class-columns", "A" };
    pictures(2);
    for (size_t i = 0; i < sizeof unknown_words / sizeof unknown_words[0]; i++) {
        char text[64];
        if (*unknown_words[i] == '[') continue;
        snprintf(text, sizeof text, "path,A\n1.png,1\n2.png,%s\n", unknown_words[i]);
        struct import_config c = table(text, &value, 1);
        struct dataset *d = run(&c);
        if (label_of(d, "2.png", "A") != LABEL_MISSING) fail_msg("%s: is known", unknown_words[i]);
        dataset_destroy(d);
    }
}

static void a_class_named_zero_is_warned_of(void **state)
{
    (void)state;
    pictures(3);
    struct import_config c = table("path,l\n1.png,1\n2.png,0\n3.png,0\n", &list_column, 1);
    struct dataset *d = run(&c);
    assert_true(has_remark(d, "WARNING: '0' is a class of its own, in 2 rows"));
    dataset_destroy(d);
    c = table("path,l\n1.png,1\n2.png,2\n3.png,10\n", &list_column, 1);
    d = run(&c);
    assert_false(has_remark(d, "a class of its own"));
    dataset_destroy(d);
}

#define PADCHEST "in/PADCHEST_chest_x_ray_images_labels_160K_01.02.19.csv"

static struct import_config padchest(const char *third)
{
    static const struct import_value value = { "min-positives", "1" };
    char text[400];
    snprintf(text, sizeof text,
             "ImageID,PatientID,Labels,Projection\n1.png,p1,\"['mass', 'edema']\",PA\n2.png,p2,['edema'],PA\n"
             "3.png,p3,%s,PA\n",
             third);
    write_text(PADCHEST, text);
    struct import_config c = config_of("padchest", at("in"));
    c.values = &value;
    c.value_count = 1;
    return c;
}

static void padchest_knows_the_same_words(void **state)
{
    (void)state;
    pictures(3);
    for (size_t i = 0; i < sizeof unknown_words / sizeof unknown_words[0]; i++) {
        struct import_config c = padchest(unknown_words[i]);
        struct dataset *d = run(&c);
        if (d->classes != 2) fail_msg("%s: %u classes", unknown_words[i], d->classes);
        if (label_of(d, "3.png", "mass") != LABEL_MISSING) fail_msg("%s: is known", unknown_words[i]);
        assert_int_equal(label_of(d, "2.png", "mass"), 0);
        assert_true(has_remark(d, "1 image has"));
        dataset_destroy(d);
    }
}

/* ---- damaged lists ---- */

static void a_damaged_list_is_an_error_with_its_line(void **state)
{
    (void)state;
    static const char *const cells[] = {
        "\"['Mass', 'Edema'\"",
        "['Mass",
        "[Mass",
        "Mass]",
        "'Mass']",
        "\"[\"\"Mass\"\", \"\"Edema\"\"\"",
        "\"[\"\"Mass]\"",
        "['Mass]",
        "\"['Mass', 'Edema]\"",
        "\"['Mass'Edema']\"",
        "[",
    };
    pictures(3);
    for (size_t i = 0; i < sizeof cells / sizeof cells[0]; i++) {
        char text[200];
        snprintf(text, sizeof text, "path,l\n1.png,['Mass']\n2.png,['Edema']\n3.png,%s\n", cells[i]);
        struct import_config c = table(text, &list_column, 1);
        expect_failure(&c, "line 4: column 'l': the list of labels is damaged", "t.csv");
        unlink(at("in/t.csv"));
        c = padchest(cells[i]);
        expect_failure(&c, "line 4: column 'Labels': the list of labels is damaged", "PADCHEST");
    }
}

static void brackets_within_a_name_are_no_damage(void **state)
{
    (void)state;
    static const char *const names[] = { "Mass [left]", "[left] Mass", "Crohn's", "a ' b", "Mass [x" };
    pictures(1);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        char text[64];
        snprintf(text, sizeof text, "path,l\n1.png,%s\n", names[i]);
        struct import_config c = table(text, &list_column, 1);
        struct dataset *d = run(&c);
        assert_int_equal(d->classes, 1);
        assert_string_equal(d->class_names[0], names[i]);
        dataset_destroy(d);
    }
}

/* ---- two kinds of separator ---- */

static void a_label_that_is_a_list_is_warned_of(void **state)
{
    (void)state;
    static const struct {
        const char *first, *second, *third, *warning; /* NULL: none */
    } rows[] = {
        { "Edema|Mass", "\"Edema, Effusion\"", "\"Edema, Effusion\"",
          "WARNING: 'Edema, Effusion' is one class, in 2 rows, and seems to be a list" },
        { "Edema|Mass", "Edema;Effusion", "Mass", "--label-separator ';'" },
        { "Edema/Mass", "Edema", "Mass", "--label-separator '/'" },
        { "\"Edema\nMass\"", "Edema", "Mass", "--label-separator $'\\n'" },
        { "\"['Edema, Mass']\"", "['Edema']", "['Mass']", "'Edema, Mass' is one class, in 1 row," },
        { "Edema;Mass", "Edema", "\"Mass, Nodule\"", "labels are split at ';'; --label-separator ','" },
        { "No Lung Opacity / Not Normal", "Normal", "Lung Opacity", NULL },
        { "Pleural_Thickening|Edema", "\"Edema\"", "Mass", NULL },
    };
    pictures(3);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char text[300];
        snprintf(text, sizeof text, "path,l\n1.png,%s\n2.png,%s\n3.png,%s\n", rows[i].first, rows[i].second,
                 rows[i].third);
        struct import_config c = table(text, &list_column, 1);
        struct dataset *d = run(&c);
        if (rows[i].warning && !has_remark(d, rows[i].warning)) fail_msg("row %zu: no warning", i);
        if (!rows[i].warning && has_remark(d, "seems to be a list")) fail_msg("row %zu: a warning", i);
        dataset_destroy(d);
    }
}

/* ---- patients ---- */

static void words_for_nobody_are_no_patient(void **state)
{
    (void)state;
    static const char *const words[] = { "nan", "None", "unknown", "NA", "-", "NULL", "?", "Anonymous" };
    static const struct import_value value = { "patient-column", "p" };
    pictures(4);
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        char text[128];
        snprintf(text, sizeof text, "path,p\n1.png,%s\n2.png,%s\n3.png,7\n4.png,007\n", words[i], words[i]);
        struct import_config c = table(text, &value, 1);
        struct dataset *d = run(&c);
        if (*d->images[0].patient || *d->images[1].patient) fail_msg("%s is a patient", words[i]);
        assert_string_equal(d->images[2].patient, "007");
        assert_string_equal(d->images[3].patient, "007");
        assert_true(has_remark(d, "WARNING: 2 of 4 images name no patient"));
        dataset_destroy(d);
    }
}

/* The number of the pattern, or of the map, is one patient as that of a column is. */
static void patients_of_paths_are_one_by_number_too(void **state)
{
    (void)state;
    static const struct import_value pattern = { "patient-pattern", "p([0-9]+)" };
    static const char *const paths[] = { "p001-a.png", "p1-b.png", "p2-c.png" };
    for (unsigned i = 0; i < 3; i++) {
        char path[64];
        snprintf(path, sizeof path, "in/%s", paths[i]);
        write_picture(path, 40, 40, 1, i, 0);
    }
    struct import_config c = config_of("folder", at("in"));
    for (int tables = 0; tables < 2; tables++) {
        if (tables) c = table("path\np001-a.png\np1-b.png\np2-c.png\n", &pattern, 1);
        c.values = &pattern;
        c.value_count = 1;
        struct dataset *d = run(&c);
        assert_string_equal(d->images[0].patient, "001");
        assert_string_equal(d->images[1].patient, "001");
        assert_int_equal(d->patients, 2);
        assert_int_equal(d->images[0].split, d->images[1].split);
        assert_true(has_remark(d, "'1' is '001'"));
        dataset_destroy(d);
    }
}

/* ---- facts ---- */

static const char *fact(const struct dataset *d, uint32_t image, const char *name)
{
    for (uint32_t i = 0; i < d->attribute_count; i++)
        if (d->attributes[i].image == image && !strcmp(d->attributes[i].name, name)) return d->attributes[i].value;
    return "";
}

static void facts_have_one_spelling(void **state)
{
    (void)state;
    static const struct {
        const char *written, *age;
        bool is_age;
    } ages[] = {
        { "58", "58", true },   { "058Y", "58", true }, { "57.0", "57", true }, { "003M", "0", true },
        { "012M", "1", true },  { "024m", "2", true },  { "010W", "0", true },  { "400D", "1", true },
        { "120", "120", true }, { "121", "", false },   { "411", "", false },   { "-3", "", false },
        { "old", "", false },   { "Y", "", false },     { "", "", true },       { "nan", "", true },
        { "0", "0", true },
    };
    static const char *const sexes[][2] = { { "M", "M" },      { "m", "M" }, { "Male", "M" }, { "FEMALE", "F" },
                                            { "Unknown", "" }, { "O", "O" }, { " f ", "F" } };
    static const char *const views[][2] = { { "pa", "PA" },
                                            { "Ap", "AP" },
                                            { "LATERAL", "lateral" },
                                            { "ll", "lateral" },
                                            { "AP_horizontal", "AP_horizontal" },
                                            { "unk", "" } };
    char out[FACT_SIZE];
    for (size_t i = 0; i < sizeof ages / sizeof ages[0]; i++)
        if (fact_age(ages[i].written, out) != ages[i].is_age || strcmp(out, ages[i].age))
            fail_msg("age %s: '%s'", ages[i].written, out);
    for (size_t i = 0; i < sizeof sexes / sizeof sexes[0]; i++) {
        fact_sex(sexes[i][0], out);
        assert_string_equal(out, sexes[i][1]);
    }
    for (size_t i = 0; i < sizeof views / sizeof views[0]; i++) {
        fact_view(views[i][0], out);
        assert_string_equal(out, views[i][1]);
    }
}

static void nih_tells_what_cannot_be(void **state)
{
    (void)state;
    pictures(5);
    write_text("in/Data_Entry_2017.csv",
               "Image Index,Finding Labels,Patient ID,Patient Age,Patient Gender,View Position\n"
               "1.png,Mass,1,58,M,PA\n2.png,No Finding|Mass,NA,411,male,pa\n3.png,Edema,NA,-3,m,Ap\n"
               "4.png,No Finding,4,003M,F,AP\n5.png,Hernia,5,058Y,f,LATERAL\n");
    struct import_config c = config_of("nih", at("in"));
    struct dataset *d = run(&c);
    static const char *const wanted[5][3] = {
        { "58", "M", "PA" }, { "", "M", "PA" }, { "", "M", "AP" }, { "0", "F", "AP" }, { "58", "F", "lateral" }
    };
    for (uint32_t i = 0; i < 5; i++) {
        assert_string_equal(fact(d, i, "age"), wanted[i][0]);
        assert_string_equal(fact(d, i, "sex"), wanted[i][1]);
        assert_string_equal(fact(d, i, "view"), wanted[i][2]);
    }
    assert_true(has_remark(d, "2 ages are not from 0 to 120 years, such as '411'"));
    assert_int_equal(label_of(d, "2.png", "Mass"), 1);
    assert_int_equal(label_of(d, "2.png", "No Finding"), 0);
    assert_int_equal(label_of(d, "4.png", "No Finding"), 1);
    assert_true(has_remark(d, "1 row says No Finding and a finding, the first on line 3"));
    assert_string_equal(d->images[1].patient, "");
    assert_true(has_remark(d, "WARNING: 2 of 5 images name no patient"));
    dataset_destroy(d);
}

static void nothing_beside_a_finding_is_told(void **state)
{
    (void)state;
    static const struct import_value value = { "class-columns", "Mass,No Finding,Support Devices" };
    pictures(3);
    struct import_config c =
        table("path,Mass,No Finding,Support Devices\n1.png,1,0,1\n2.png,1,1,0\n3.png,0,1,1\n", &value, 1);
    struct dataset *d = run(&c);
    assert_true(has_remark(d, "WARNING: 1 image is both of a class that means that nothing was found"));
    assert_true(has_remark(d, "the first 2.png"));
    assert_int_equal(label_of(d, "2.png", "No Finding"), 1);
    dataset_destroy(d);
    c = table("path,l\n1.png,Normal|Mass\n2.png,Mass\n3.png,Normal\n", &list_column, 1);
    d = run(&c);
    assert_true(has_remark(d, "WARNING: 1 image is both"));
    dataset_destroy(d);
}

/* ---- one image under several spellings ---- */

static void rows_of_an_image_contradict_however_it_is_spelt(void **state)
{
    (void)state;
    static const struct import_value value = { "class-columns", "A" };
    static const struct {
        const char *rows, *part;
    } rows[] = {
        { "a00.png,1\nimg/a00.png,0\n", "img/a00.png stands on more than one line: 2 and 3 (as a00.png and "
                                        "img/a00.png), with different labels; keep one, or say with --repeated" },
        { "img/a00.png,1\na00.png,0\n", "2 and 3 (as img/a00.png and a00.png), with different labels" },
        { "img/a00.png,1\nimg/A00.PNG,0\n", "2 and 3 (as img/a00.png and img/A00.PNG)" },
        { "A00.PNG,1\nimg/a00,0\n", "2 and 3 (as A00.PNG and img/a00)" },
        { "/old/img/a00.png,1\nimg/a00.png,0\n", "2 and 3 (as /old/img/a00.png and img/a00.png)" },
        { "x/a00.png,1\ny/a00.png,1\n", "none of its names can be told from others that fit the same file; the first, "
                                        "on line 2: x/a00.png" },
    };
    write_picture("in/img/a00.png", 40, 40, 1, 1, 0);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char text[200];
        snprintf(text, sizeof text, "path,A\n%s", rows[i].rows);
        struct import_config c = table(text, &value, 1);
        expect_failure(&c, rows[i].part, "t.csv");
    }
}

static void rows_that_agree_are_one_however_they_are_spelt(void **state)
{
    (void)state;
    static const struct import_value values[] = { { "class-columns", "A" },
                                                  { "patient-column", "p" },
                                                  { "repeated", "any" } };
    write_picture("in/img/a00.png", 40, 40, 1, 1, 0);
    write_picture("in/img/b.png", 40, 40, 1, 2, 0);
    struct import_config c = table("path,A,p\nimg/b.png,0,2\na00.png,1,07\nimg/A00.PNG,1,7.0\n", values, 2);
    struct dataset *d = run(&c);
    assert_int_equal(d->count, 2);
    assert_int_equal(d->absent, 0);
    assert_int_equal(label_of(d, "img/a00.png", "A"), 1);
    assert_true(has_remark(d, "1 row of the table repeats another one"));
    assert_true(has_remark(d, "1 image was not where the table says and found by the end of the path: 'a00.png'"));
    assert_false(has_remark(d, "not here"));
    dataset_destroy(d);
    c = table("path,A,p\nimg/b.png,0,2\nimg/a00.png,0,7\na00.png,1,7\n", values, 3);
    d = run(&c);
    assert_int_equal(label_of(d, "img/a00.png", "A"), 1);
    assert_true(has_remark(d, "1 image has rows that differ"));
    assert_false(has_remark(d, "found by the end"));
    dataset_destroy(d);
}

/* Where the file is not known to be one of several, none is, and no remark says that it was found. */
static void names_of_several_folders_are_not_here(void **state)
{
    (void)state;
    static const struct import_value value = { "class-columns", "A" };
    static const char *const texts[] = {
        "path,A\nb.png,0\nx/a00.png,1\ny/a00.png,1\n",
        "path,A\nb.png,0\nx/a00.png,1\ny/a00.png,0\n",
    };
    write_picture("in/a00.png", 40, 40, 1, 1, 0);
    write_picture("in/b.png", 40, 40, 1, 2, 0);
    for (size_t i = 0; i < 2; i++) {
        struct import_config c = table(texts[i], &value, 1);
        struct dataset *d = run(&c);
        assert_int_equal(d->count, 1);
        assert_int_equal(d->absent, 2);
        assert_true(has_remark(d, "2 names of the table fit a file that other names fit as well or better, and are not "
                                  "here; the first, on line 3: x/a00.png"));
        assert_false(has_remark(d, "found by the end"));
        dataset_destroy(d);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_SCRATCH(words_for_the_unknown_are_no_classes),
        IN_SCRATCH(an_unknown_part_leaves_the_other_classes_unknown),
        IN_SCRATCH(nothing_may_be_said_with_any_word),
        IN_SCRATCH(columns_and_lists_know_the_same_words),
        IN_SCRATCH(a_class_named_zero_is_warned_of),
        IN_SCRATCH(padchest_knows_the_same_words),
        IN_SCRATCH(a_damaged_list_is_an_error_with_its_line),
        IN_SCRATCH(brackets_within_a_name_are_no_damage),
        IN_SCRATCH(a_label_that_is_a_list_is_warned_of),
        IN_SCRATCH(words_for_nobody_are_no_patient),
        IN_SCRATCH(patients_of_paths_are_one_by_number_too),
        cmocka_unit_test(facts_have_one_spelling),
        IN_SCRATCH(nih_tells_what_cannot_be),
        IN_SCRATCH(nothing_beside_a_finding_is_told),
        IN_SCRATCH(rows_of_an_image_contradict_however_it_is_spelt),
        IN_SCRATCH(rows_that_agree_are_one_however_they_are_spelt),
        IN_SCRATCH(names_of_several_folders_are_not_here),
    };
    return cmocka_run_group_tests_name("import_labels", tests, NULL, NULL);
}
