/* Importers of labels in tables (csv, nih), on small trees made here and on real data where it lies beside the sources.
 */
#include "tests/import_run.h"

#include <zlib.h>

#include "engine/base/text.h"
#include "engine/data/import/import.h"
#include "engine/data/pack.h"
#include "engine/data/split.h"

/* ---- tables ---- */

static struct import_config table_config(const char *path, const struct import_value *values, size_t n)
{
    struct import_config c = config_of("csv", path);
    c.values = values;
    c.value_count = n;
    return c;
}

static void tables_name_their_columns(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 4; i++) {
        char path[32];
        snprintf(path, sizeof path, "in/x/%u.png", i);
        write_picture(path, 40, 40, 1, i, 0);
    }
    write_text("in/t.csv",
               "file,who,part,tags,A,B\n"
               "x/0.png,p1,train,a|b,1,0\nx/1.png,p2,val,,,-1\nx/2.png,p3,test,b,0.0,1.0\nx/9.png,p4,test,b,1,1\n");
    static const struct import_value list[] = {
        { "path-column", "file" },
        { "patient-column", "who" },
        { "split-column", "part" },
        { "label-column", "tags" },
    };
    struct import_config c = table_config(at("in/t.csv"), list, 4);
    struct dataset *d = run(&c);
    assert_int_equal(d->count, 3);
    assert_int_equal(d->absent, 1);
    assert_int_equal(d->classes, 2);
    assert_int_equal(label_of(d, "x/0.png", "a"), 1);
    assert_int_equal(label_of(d, "x/2.png", "a"), 0);
    assert_int_equal(label_of(d, "x/1.png", "a"), LABEL_MISSING);
    assert_int_equal(d->images[1].split, SPLIT_VAL);
    assert_string_equal(d->images[2].patient, "p3");
    dataset_destroy(d);
    static const struct import_value each[] = {
        { "path-column", "file" },
        { "split-column", "part" },
        { "class-columns", "A,B" },
    };
    c = table_config(at("in/t.csv"), each, 3);
    d = run(&c);
    assert_int_equal(label_of(d, "x/0.png", "A"), 1);
    assert_int_equal(label_of(d, "x/0.png", "B"), 0);
    assert_int_equal(label_of(d, "x/1.png", "A"), LABEL_MISSING);
    assert_int_equal(label_of(d, "x/1.png", "B"), LABEL_MISSING);
    assert_int_equal(label_of(d, "x/2.png", "B"), 1);
    dataset_destroy(d);
}

/* One class an image, as lists of one say, or the user. */
static void classes_exclude_one_another_where_each_image_has_one(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 3; i++) {
        char path[32];
        snprintf(path, sizeof path, "in/x/%u.png", i);
        write_picture(path, 40, 40, 1, i, 0);
    }
    write_text("in/t.csv", "path,one,many,A,B\nx/0.png,a,a|b,1,0\nx/1.png,,a,0,1\nx/2.png,b,b,1,0\n");
    static const struct {
        const char *option, *columns, *exclusive;
        int expected; /* -1: refused */
    } rows[] = {
        { "label-column", "one", NULL, 1 },   { "label-column", "many", NULL, 0 },
        { "class-columns", "A,B", NULL, 0 },  { "label-column", "one", "off", 0 },
        { "label-column", "many", "on", -1 }, { "class-columns", "A,B", "on", 1 },
        { "class-columns", "A", "on", -1 },   { "label-column", "one", "perhaps", -1 },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct import_value values[] = { { rows[i].option, rows[i].columns },
                                               { "exclusive", rows[i].exclusive } };
        struct import_config c = table_config(at("in/t.csv"), values, rows[i].exclusive ? 2 : 1);
        struct dataset *d = NULL;
        struct err e = { 0 };
        bool ok = import_run(&c, at("packs/."), &d, &e);
        if (ok != (rows[i].expected >= 0)) fail_msg("row %zu: %s", i, e.msg);
        if (!ok) assert_non_null(strstr(e.msg, "--exclusive"));
        if (ok) assert_int_equal(d->exclusive, rows[i].expected);
        dataset_destroy(d);
    }
}

static void bad_tables_are_refused_with_file_and_line(void **state)
{
    (void)state;
    static const struct {
        const char *text, *part;
        struct import_value option;
    } rows[] = {
        { "path,A,B\na.png,0,5,1\n", "line 2: has 4 fields, its header 3", { "path-column", "path" } },
        { "path,A\na.png,1\n", "--separator", { "separator", "ab" } },
        { "path,A\na.png,1\n", "--repeated all", { "repeated", "all" } },
        { "path,A\na.png,1\n", "--patient-pattern (", { "patient-pattern", "(" } },
        { "path,A\na.png,1\n", "meets no path; the first path is a.png", { "patient-pattern", "p[0-9]+" } },
        { "file,A\na.png,1\n",
          "no column 'path'; found: 'file', 'A'; name it with --path-column",
          { "class-columns", "A" } },
        { "path,A\na.png,1\n", "no column 'B'", { "class-columns", "B" } },
        { "path,A\na.png,7\n", "line 2: column 'A': found '7'", { "class-columns", "A" } },
        { "path,A\na.png,middle\n", "line 2: column 'A': found 'middle'", { "split-column", "A" } },
        { "path\na.png\n../a.png\n", "line 3: ../a.png: '..' is not allowed", { "path-column", "path" } },
        { "path\nx/../../a.png\n", "'..' is not allowed", { "path-column", "path" } },
        { "path\n/etc/hostname\n", "an absolute path", { "path-column", "path" } },
        { "path\nout.png\n", "a link that leads out of", { "path-column", "path" } },
        { "path,A\na.png,1\na.png,0\n", "2 and 3, with different labels", { "class-columns", "A" } },
        { "path\nb.png\nc.png\n", "none of its 2 images", { "path-column", "path" } },
        { "path\n", "no rows", { "path-column", "path" } },
        { "path,A\n,1\n", "line 2: column 'path' is empty", { "path-column", "path" } },
        { "path\na.png\n", "is no option of data sets of kind csv", { "patients", "3" } },
    };
    write_picture("secret.png", 40, 40, 1, 1, 0);
    write_picture("in/a.png", 40, 40, 1, 1, 0);
    assert_int_equal(symlink(at("secret.png"), at("in/out.png")), 0);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        write_text("in/t.csv", rows[i].text);
        struct import_config c = table_config(at("in/t.csv"), &rows[i].option, 1);
        expect_failure(&c, rows[i].part, strstr(rows[i].part, "line") ? "t.csv" : "");
    }
}

/* ---- NIH ---- */

static void make_nih(void)
{
    static const char *const names[] = { "00000001_000", "00000001_001", "00000002_000", "00000003_000",
                                         "00000004_000" };
    for (unsigned i = 0; i < 5; i++) {
        char path[64];
        snprintf(path, sizeof path, "in/images_00%u/images/%s.png", i % 2 + 1, names[i]);
        write_picture(path, 64, 64, i == 4 ? 3 : 1, i, 0);
    }
    write_text("in/Data_Entry_2017.csv",
               "Image Index,Finding Labels,Follow-up #,Patient ID,Patient Age,Patient Gender,View "
               "Position,OriginalImage[Width,Height],OriginalImagePixelSpacing[x,y]\n"
               "00000003_000.png,No Finding,0,3,40,M,AP,1,1,1,1\n"
               "00000001_000.png,Cardiomegaly,0,1,57,M,PA,1,1,1,1\n"
               "00000001_001.png,Cardiomegaly|Emphysema,1,1,058Y,M,PA,1,1,1,1\n"
               "00000002_000.png,Infiltration,0,2,60,F,AP,1,1,1,1\n"
               "00000009_000.png,Hernia,0,9,60,F,AP,1,1,1,1\n");
    write_text("in/BBox_List_2017.csv",
               "Image Index,Finding Label,Bbox [x,y,w,h],,,\n"
               "00000002_000.png,Infiltrate,256,512,128,256.0\n00000009_000.png,Hernia,1,2,3,4\n");
}

static void nih_matches_images_by_name_and_scales_boxes(void **state)
{
    (void)state;
    make_nih();
    struct import_config c = config_of("nih", at("in"));
    struct dataset *d = run(&c);
    assert_int_equal(d->count, 4);
    assert_int_equal(d->classes, 15);
    assert_int_equal(d->absent, 1);
    assert_int_equal(d->unlisted, 1);
    assert_int_equal(d->patients, 3);
    assert_int_equal(d->shared_patients, 0);
    assert_string_equal(d->images[0].path, "images_001/images/00000001_000.png");
    assert_string_equal(d->images[0].note, "PA, 57, M");
    assert_int_equal(d->attribute_count, 12);
    static const struct dataset_attribute first[] = { { 0, "view", "PA" }, { 0, "age", "57" }, { 0, "sex", "M" } };
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(d->attributes[i].image, first[i].image);
        assert_string_equal(d->attributes[i].name, first[i].name);
        assert_string_equal(d->attributes[i].value, first[i].value);
    }
    assert_int_equal(label_of(d, "images_002/images/00000001_001.png", "Emphysema"), 1);
    assert_int_equal(label_of(d, "images_002/images/00000001_001.png", "No Finding"), 0);
    assert_int_equal(d->box_count, 1);
    assert_string_equal(d->class_names[d->boxes[0].class_index], "Infiltration");
    assert_int_equal(d->boxes[0].image, 2);
    assert_true(d->boxes[0].x0 == 8 && d->boxes[0].y0 == 16 && d->boxes[0].x1 == 12 && d->boxes[0].y1 == 24);
    dataset_destroy(d);
}

static void nih_follows_the_official_lists(void **state)
{
    (void)state;
    make_nih();
    write_text("in/train_val_list.txt", "00000001_000.png\r\n00000001_001.png\r\n00000003_000.png\r\n");
    write_text("in/test_list.txt", "00000002_000.png\n");
    struct import_config c = config_of("nih", at("in"));
    struct dataset *d = run(&c);
    assert_int_equal(d->images[2].split, SPLIT_TEST);
    assert_int_equal(dataset_split_images(d, SPLIT_TEST, NULL), 1);
    assert_int_equal(d->images[0].split, d->images[1].split);
    assert_true(dataset_split_images(d, SPLIT_VAL, NULL) > 0 && dataset_split_images(d, SPLIT_TRAIN, NULL) > 0);
    dataset_destroy(d);
    write_text("in/test_list.txt",
               "00000002_000.png\n00000001_001.png\n"); /* the later list wins, and the leak is counted */
    d = run(&c);
    assert_int_equal(d->shared_patients, 1);
    dataset_destroy(d);
}

static void nih_reads_the_zipped_table(void **state)
{
    (void)state;
    make_nih();
    char *text = file_read_text(at("in/Data_Entry_2017.csv"), 1 << 20, NULL);
    gzFile z = gzopen(at("in/Data_Entry_2017_v2020.csv.gz"), "wb");
    gzputs(z, text);
    gzclose(z);
    free(text);
    unlink(at("in/Data_Entry_2017.csv"));
    struct import_config c = config_of("nih", at("in"));
    struct dataset *d = run(&c);
    assert_int_equal(d->count, 4);
    dataset_destroy(d);
}

static void bad_nih_folders_get_one_line(void **state)
{
    (void)state;
    static const char header[] = "Image Index,Finding Labels,Patient ID\n";
    struct import_config c = config_of("nih", at("in"));
    mkdir(at("in"), 0700);
    expect_failure(&c, "no PNG, JPEG, TIFF or DICOM image", "in");
    write_picture("in/1.png", 40, 40, 1, 1, 0);
    expect_failure(&c, "no Data_Entry_2017.csv", "in");
    char text[256];
    static const struct {
        const char *row, *part;
    } rows[] = {
        { "1.png,Broken Heart,1\n", "line 2: 'Broken Heart'" },
        { "2.png,Mass,1\n3.png,Mass,1\n", "none of its 2 images" },
        { "1.png,Mass,\n", "no patient" },
        { "1.png,Mass,1\n1.png,Mass,1\n", "has a line already" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        snprintf(text, sizeof text, "%s%s", header, rows[i].row);
        write_text("in/Data_Entry_2017.csv", text);
        expect_failure(&c, rows[i].part, "Data_Entry_2017.csv");
    }
    write_text("in/Data_Entry_2017.csv", "Image Index,Finding,Patient ID\n1.png,Mass,1\n");
    expect_failure(&c, "no column 'Finding Labels'", "Data_Entry_2017.csv");
    snprintf(text, sizeof text, "%s1.png,Mass,1\n", header);
    write_text("in/Data_Entry_2017.csv", text);
    write_text("in/BBox_List_2017.csv", "Image Index,Finding Label,Bbox [x,y,w,h]\n1.png,Mass,1,2,x,4\n");
    expect_failure(&c, "line 2: not a box", "BBox_List_2017.csv");
}

/* ---- real data ---- */

static void real_data_gives_the_published_counts(void **state)
{
    (void)state;
    static const struct {
        const char *kind, *path;
        uint32_t count, classes, train_val, test, boxes;
        int channels;
        uint32_t patients, shared; /* 0: not known beforehand */
    } rows[] = {
        { "nih", "../shared/data/nih", 334, 15, 0, 0, 27, 1, 309, 0 },
        { "folder", "../shared/data/chest_xray", 900, 2, 600, 300, 0, 1, 0, 0 },
        { "folder", "../shared/data/fundus", 200, 4, 144, 56, 0, 3, 0, 0 },
    };
    if (!file_is_directory(source_path("../shared/data/nih"))) {
        print_message("no real data beside the sources\n");
        skip();
    }
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct import_config c = config_of(rows[i].kind, source_path(rows[i].path));
        struct dataset *d = run(&c);
        if (d->count != rows[i].count || d->classes != rows[i].classes || d->channels != rows[i].channels ||
            d->unreadable_count)
            fail_msg("%s: %u images, %u classes, %d channels, %u unreadable", rows[i].path, d->count, d->classes,
                     d->channels, d->unreadable_count);
        uint32_t train_val = dataset_split_images(d, SPLIT_TRAIN, NULL) + dataset_split_images(d, SPLIT_VAL, NULL);
        if (rows[i].test) {
            assert_int_equal(train_val, rows[i].train_val);
            assert_int_equal(dataset_split_images(d, SPLIT_TEST, NULL), rows[i].test);
        }
        if (rows[i].patients) assert_int_equal(d->patients, rows[i].patients);
        assert_int_equal(d->shared_patients, 0);
        if (rows[i].boxes) assert_in_range(d->box_count, rows[i].boxes, 40);
        dataset_destroy(d);
    }
}

static void the_full_nih_table_may_stand_beside_few_images(void **state)
{
    (void)state;
    char full[4096], link_to[512];
    snprintf(full, sizeof full, "%s", source_path("../shared/data/nih/Data_Entry_2017.csv.gz"));
    if (!file_exists(full)) skip();
    write_picture("in/00000001_000.png", 64, 64, 1, 1, 0);
    write_picture("in/00030805_000.png", 64, 64, 1, 2, 0);
    snprintf(link_to, sizeof link_to, "%s", at("in/Data_Entry_2017.csv.gz"));
    assert_int_equal(symlink(full, link_to), 0);
    struct import_config c = config_of("nih", at("in"));
    struct dataset *d = run(&c);
    assert_int_equal(d->count, 2);
    assert_int_equal(d->absent, 112118);
    dataset_destroy(d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_SCRATCH(tables_name_their_columns),
        IN_SCRATCH(classes_exclude_one_another_where_each_image_has_one),
        IN_SCRATCH(bad_tables_are_refused_with_file_and_line),
        IN_SCRATCH(nih_matches_images_by_name_and_scales_boxes),
        IN_SCRATCH(nih_follows_the_official_lists),
        IN_SCRATCH(nih_reads_the_zipped_table),
        IN_SCRATCH(bad_nih_folders_get_one_line),
        IN_SCRATCH(real_data_gives_the_published_counts),
        IN_SCRATCH(the_full_nih_table_may_stand_beside_few_images),
    };
    return cmocka_run_group_tests_name("import_tables", tests, NULL, NULL);
}
