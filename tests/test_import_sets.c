/* Sets as their publishers list them: the complete tables where they lie beside the sources, small ones made here. */
#include "tests/import_run.h"

#include <zlib.h>

#include "engine/data/import/common/import_common.h"
#include "engine/data/import/import_kinds.h"
#include "engine/data/import/common/run_lengths.h"
#include "engine/data/tables/csv.h"
#include "engine/data/tables/id_map.h"

static char labels[4096]; /* folder of the complete tables */

static bool no_tables(void)
{
    snprintf(labels, sizeof labels, "%s", source_path("../shared/data/labels"));
    if (file_is_directory(labels)) return false;
    print_message("no complete tables beside the sources\n");
    return true;
}

/* The table into the folder of the import, and for each of its images a link to one small picture; `meta` (NULL: none)
 * gets a line an image. Returns the images. */
static size_t lay_out(const char *table, const char *name, const char *column, const char *meta)
{
    char path[4200], from[600], to[700];
    struct csv *t;
    struct err e = { 0 };
    struct id_map seen = { 0 };
    int c;
    write_picture("one.png", 32, 32, 1, 1, 0);
    at("in/images/x");
    snprintf(path, sizeof path, "%s/%s", labels, table);
    assert_int_equal(symlink(path, at(name)), 0);
    FILE *f = meta ? fopen(at(meta), "w") : NULL;
    if (f) fprintf(f, "image_id,dim0,dim1\n");
    if (!csv_open(path, &t, &e) || !csv_need(t, column, &c, &e)) fail_msg("%s", e.msg);
    snprintf(from, sizeof from, "%s/one.png", scratch);
    while (csv_next(t, &e)) {
        bool fresh;
        assert_non_null(id_map_add(&seen, csv_field(t, c), 0, &fresh, &e));
        if (!fresh) continue;
        if (f) fprintf(f, "%s,4000,3500\n", csv_field(t, c));
        snprintf(to, sizeof to, "%s/in/images/%.100s.png", scratch, csv_field(t, c));
        assert_int_equal(link(from, to), 0);
    }
    assert_int_equal(e.code, ERR_OK);
    if (f) fclose(f);
    csv_close(t);
    size_t n = seen.count;
    id_map_clear(&seen);
    return n;
}

/* What the importer makes of the tables, without reading pictures. */
static struct dataset *scan(const struct import_config *asked,
                            bool (*read)(const struct import_config *c, struct dataset *d, struct err *e))
{
    struct import_roots roots = { 0 };
    struct import_dicom dicom = { 0 };
    struct import_config c = *asked;
    struct err e = { 0 };
    struct dataset *d = dataset_create("set", c.kind, c.path);
    c.roots = &roots;
    c.dicom = &dicom;
    if (!read(&c, d, &e) || !split_count_patients(d, &e)) fail_msg("%s", e.msg);
    roots_clear(&roots);
    return d;
}

static uint32_t positives(const struct dataset *d, const char *name)
{
    uint32_t n = 0;
    int c = dataset_class(d, name);
    if (c < 0) fail_msg("no class %s", name);
    for (uint32_t i = 0; i < d->count; i++) n += d->labels[(size_t)i * d->classes + (size_t)c] == 1;
    return n;
}

static uint32_t unlabelled(const struct dataset *d)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < d->count; i++) n += d->labels[(size_t)i * d->classes] == LABEL_MISSING;
    return n;
}

static const char *attribute(const struct dataset *d, uint32_t image, const char *name)
{
    for (uint32_t i = 0; i < d->attribute_count; i++)
        if (d->attributes[i].image == image && !strcmp(d->attributes[i].name, name)) return d->attributes[i].value;
    return "";
}

/* ---- VinBig ---- */

/* The figures were counted by another program. */
static void the_complete_table_of_vinbig_is_counted(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        uint32_t any, majority, all;
    } rows[] = {
        { "Aortic enlargement", 3067, 2346, 1744 },
        { "Atelectasis", 186, 62, 18 },
        { "Calcification", 452, 177, 57 },
        { "Cardiomegaly", 2300, 1817, 1297 },
        { "Consolidation", 353, 121, 31 },
        { "ILD", 386, 152, 71 },
        { "Infiltration", 613, 245, 91 },
        { "Lung Opacity", 1322, 547, 167 },
        { "Nodule/Mass", 826, 405, 181 },
        { "Other lesion", 1134, 362, 127 },
        { "Pleural effusion", 1032, 634, 439 },
        { "Pleural thickening", 1981, 882, 365 },
        { "Pneumothorax", 96, 58, 45 },
        { "Pulmonary fibrosis", 1617, 1017, 633 },
        { "No finding", 10606, 10648, 11328 },
    };
    static const char *const rules[] = { "any", "majority", "all" };
    if (no_tables()) skip();
    assert_int_equal(lay_out("vinbigdata_train.csv.gz", "in/train.csv.gz", "image_id", "in/train_meta.csv"), 15000);
    for (int r = 0; r < 3; r++) {
        const struct import_value value = { "readers", rules[r] };
        struct import_config c = config_of("vinbig", at("in"));
        c.values = &value;
        c.value_count = r == 1 ? 0 : 1; /* the majority is what is usual */
        struct dataset *d = scan(&c, import_vinbig_scan);
        assert_int_equal(d->count, 15000);
        assert_int_equal(d->classes, 15);
        assert_int_equal(d->box_count, 36096);
        assert_true(has_remark(d, "17 readers"));
        assert_true(has_remark(d, "WARNING: no patient is known"));
        for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
            uint32_t n = positives(d, rows[i].name), expected = r == 0   ? rows[i].any
                                                                : r == 1 ? rows[i].majority
                                                                         : rows[i].all;
            if (n != expected) fail_msg("%s by %s: %u", rows[i].name, rules[r], n);
        }
        if (r == 1) assert_true(has_remark(d, "42 images are 'No finding' though a reader drew a box"));
        dataset_destroy(d);
    }
}

static void boxes_of_vinbig_are_in_pixels_of_the_original(void **state)
{
    (void)state;
    write_picture("in/png/aa.png", 64, 64, 1, 1, 0);
    write_text("in/train.csv", "image_id,class_name,class_id,rad_id,x_min,y_min,x_max,y_max\n"
                               "aa,Cardiomegaly,3,R1,512,256,1024,768\naa,Cardiomegaly,3,R2,512,256,1024,768\n"
                               "aa,No finding,14,R3,,,,\n");
    struct import_config c = config_of("vinbig", at("in"));
    expect_failure(&c, "line 2: the box ends at 1024, 768, and the image is of 64 x 64 pixels", "train_meta.csv");
    write_text("in/train_meta.csv", "image_id,dim0,dim1\naa,1024,2048\n");
    struct dataset *d = run(&c);
    assert_int_equal(d->box_count, 2);
    const struct dataset_box *b = &d->boxes[1];
    assert_string_equal(b->reader, "R2");
    assert_true(b->x0 == 8 && b->x1 == 16 && b->y0 == 8 && b->y1 == 24);
    assert_int_equal(label_of(d, "png/aa.png", "Cardiomegaly"), 1);
    assert_int_equal(label_of(d, "png/aa.png", "No finding"), 0);
    dataset_destroy(d);
}

/* ---- RSNA ---- */

static void the_complete_tables_of_rsna_are_counted(void **state)
{
    (void)state;
    if (no_tables()) skip();
    char path[4200];
    assert_int_equal(lay_out("rsna_stage_2_train_labels.csv.gz", "in/stage_2_train_labels.csv.gz", "patientId", NULL),
                     26684);
    struct import_config c = config_of("rsna", at("in"));
    struct dataset *d = scan(&c, import_rsna_scan);
    assert_int_equal(d->classes, 1);
    assert_int_equal(positives(d, "Lung Opacity"), 6012);
    assert_int_equal(unlabelled(d), 0);
    assert_true(has_remark(d, "the only class is"));
    dataset_destroy(d);
    snprintf(path, sizeof path, "%s/rsna_stage_2_detailed_class_info.csv.gz", labels);
    assert_int_equal(symlink(path, at("in/stage_2_detailed_class_info.csv.gz")), 0);
    d = scan(&c, import_rsna_scan);
    assert_int_equal(d->count, 26684);
    assert_int_equal(d->classes, 3);
    assert_int_equal(d->box_count, 9555);
    assert_int_equal(positives(d, "Normal"), 8818);
    assert_int_equal(positives(d, "No Lung Opacity / Not Normal"), 11787);
    assert_int_equal(positives(d, "Lung Opacity"), 6012);
    assert_int_equal(unlabelled(d), 67);
    assert_true(has_remark(d, "12 images without a class have boxes"));
    assert_true(has_remark(d, "67 images have no class"));
    assert_false(has_remark(d, "contradict"));
    assert_int_equal(d->patients, 26684);
    assert_true(has_remark(d, "name them with --patient-map"));
    dataset_destroy(d);
}

static void a_map_names_the_patients_of_rsna(void **state)
{
    (void)state;
    write_picture("in/a.png", 64, 64, 1, 1, 0);
    write_picture("in/b.png", 64, 64, 1, 2, 0);
    write_text("in/stage_2_train_labels.csv", "patientId,x,y,width,height,Target\na,512,0,256,512,1\nb,,,,,0\n");
    write_text("in/stage_2_detailed_class_info.csv", "patientId,class\na,Lung Opacity\na,Lung Opacity\nb,normal\n");
    write_text("map.csv", "image;patient\na;7\nb.dcm;007\n");
    char map[600];
    snprintf(map, sizeof map, "%s/map.csv", scratch);
    const struct import_value value = { "patient-map", map };
    struct import_config c = config_of("rsna", at("in"));
    c.values = &value;
    c.value_count = 1;
    struct dataset *d = run(&c);
    assert_int_equal(d->patients, 1);
    assert_true(d->exclusive);
    assert_int_equal(label_of(d, "b.png", "Normal"), 1);
    const struct dataset_box *b = &d->boxes[0];
    assert_true(b->x0 == 16 && b->x1 == 24 && b->y0 == 0 && b->y1 == 16);
    dataset_destroy(d);
}

static void contradicting_classes_of_rsna_are_refused(void **state)
{
    (void)state;
    write_picture("in/a.png", 64, 64, 1, 1, 0);
    write_text("in/stage_2_train_labels.csv", "patientId,x,y,width,height,Target\na,,,,,0\n");
    write_text("in/stage_2_detailed_class_info.csv", "patientId,class\na,Lung Opacity\na,Normal\n");
    struct import_config c = config_of("rsna", at("in"));
    expect_failure(&c, "line 3: a is of another class here than before", "class_info.csv");
    write_text("in/stage_2_detailed_class_info.csv", "patientId,class\na,Mass\n");
    expect_failure(&c, "line 2: 'Mass' is none of", "class_info.csv");
    write_text("in/stage_2_train_labels.csv", "patientId,x,y,width,height,Target\na,1000,0,100,10,1\n");
    expect_failure(&c, "line 2: not a box", "train_labels.csv");
}

/* ---- SIIM ---- */

/* Areas are those that another program counts from the runs alone; rows of an image are united. */
static void the_complete_tables_of_siim_are_counted(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        uint32_t images, positive, overlapping;
        size_t area;
    } rows[] = {
        { "siim_train-rle.csv.gz", 12047, 2669, 183, 38250469 },
        { "siim_subset_1500.csv.gz", 1500, 500, 0, 5548678 },
    };
    if (no_tables()) skip();
    uint8_t *mask = malloc(RUN_LENGTHS_SIDE * RUN_LENGTHS_SIDE);
    for (size_t i = 0; i < 2; i++) {
        workspace_remove(at("in"));
        assert_int_equal(lay_out(rows[i].name, "in/train-rle.csv.gz", "ImageId", NULL), rows[i].images);
        struct import_config c = config_of("siim", at("in"));
        struct dataset *d = scan(&c, import_siim_scan);
        assert_int_equal(d->count, rows[i].images);
        assert_int_equal(positives(d, "Pneumothorax"), rows[i].positive);
        assert_int_equal(d->mask_count, rows[i].positive);
        assert_int_equal(has_remark(d, "183 images have masks that overlap"), rows[i].overlapping == 183);
        assert_false(has_remark(d, "-1"));
        size_t area = 0;
        for (uint32_t k = 0; k < d->mask_count; k++) {
            dataset_mask_paint(&d->masks[k], mask, RUN_LENGTHS_SIDE * RUN_LENGTHS_SIDE);
            for (size_t p = 0; p < RUN_LENGTHS_SIDE * RUN_LENGTHS_SIDE; p++) area += mask[p];
        }
        assert_int_equal(area, rows[i].area);
        dataset_destroy(d);
    }
    free(mask);
}

static void run_lengths_that_are_none_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *text, *part;
    } rows[] = {
        { "1", "odd count" },
        { "1 2 3", "odd count" },
        { "1 2 x", "'x' is no run length" },
        { "1048576 1", "leave" },
        { "0 1048577", "leave" },
        { "1000000 48576 1 1", "leave" },
        { "-5 3", "'-5 3'" },
        { "99999999999999999999 1", "leave" },
    };
    uint8_t *mask = calloc(RUN_LENGTHS_SIDE, RUN_LENGTHS_SIDE);
    struct err e;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_false(run_lengths_paint(rows[i].text, mask, &e));
        if (!strstr(e.msg, rows[i].part)) fail_msg("%s: %s", rows[i].text, e.msg);
    }
    memset(mask, 0, RUN_LENGTHS_SIDE * RUN_LENGTHS_SIDE);
    assert_true(run_lengths_paint(" 0 1 1048574 1 ", mask, &e));
    assert_true(mask[0] == 1 && mask[RUN_LENGTHS_SIDE * RUN_LENGTHS_SIDE - 1] == 1 && mask[1] == 0);
    memset(mask, 0, RUN_LENGTHS_SIDE * RUN_LENGTHS_SIDE);
    assert_true(run_lengths_paint("1023 2", mask, &e)); /* down the first column, then the second */
    assert_true(mask[1023 * RUN_LENGTHS_SIDE] == 1 && mask[1] == 1);
    free(mask);
}

/* The left half of the picture in two rows that overlap, one of them the upper quarter; other cells hold no mask. */
static void masks_of_siim_become_masks_of_the_pack(void **state)
{
    (void)state;
    static const struct {
        int w, h, size;
        enum import_fit fit;
        int left, top, right, bottom; /* of the mask in the pack */
    } rows[] = {
        { 64, 64, 32, IMPORT_CROP, 0, 0, 16, 32 },          { 1024, 1024, 64, IMPORT_CROP, 0, 0, 32, 64 },
        { 128, 64, 64, IMPORT_CROP, 0, 0, 32, 64 },         { 128, 64, 64, IMPORT_PAD, 0, 16, 32, 48 },
        { 1500, 1500, 1500, IMPORT_CROP, 0, 0, 750, 1500 },
    };
    write_text("in/train-rle.csv", "ImageId, EncodedPixels\n1.2.3,0 262144\n1.2.3, 131072 393216\n1.2.4,-1\n");
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        write_picture("in/1.2.3.png", rows[i].w, rows[i].h, 1, 1, 0);
        write_picture("in/1.2.4.png", rows[i].w, rows[i].h, 1, 2, 0);
        struct import_config c = config_of("siim", at("in"));
        c.size = rows[i].size;
        c.fit = rows[i].fit;
        struct dataset *d = run(&c);
        assert_int_equal(d->mask_count, 1);
        assert_int_equal(label_of(d, "1.2.4.png", "Pneumothorax"), 0);
        assert_true(has_remark(d, "1 image has masks that overlap"));
        size_t pixels = (size_t)d->size * (size_t)d->size;
        uint8_t *mask = malloc(pixels);
        dataset_mask_paint(&d->masks[0], mask, pixels);
        for (int y = 0; y < d->size; y++)
            for (int x = 0; x < d->size; x++) {
                bool inside = x >= rows[i].left && x < rows[i].right && y >= rows[i].top && y < rows[i].bottom;
                if (mask[y * d->size + x] != inside) fail_msg("row %zu: pixel %d, %d", i, x, y);
            }
        free(mask);
        dataset_destroy(d);
    }
}

/* ---- CheXpert ---- */

static void make_chexpert(void)
{
    static const char *const paths[] = {
        "in/train/patient00001/study1/view1_frontal.jpg", "in/train/patient00001/study1/view2_lateral.jpg",
        "in/train/patient00002/study1/view1_frontal.jpg", "in/train/patient00003/study2/view1_frontal.jpg",
        "in/valid/patient00009/study1/view1_frontal.jpg",
    };
    for (unsigned i = 0; i < 5; i++) write_picture(paths[i], 40, 40, 1, i, 0);
    write_text("in/train.csv",
               "Path,Sex,Age,Frontal/Lateral,AP/PA,No Finding,Edema,Mass\n"
               "Invented-v1/train/patient00001/study1/view1_frontal.jpg,Female,68,Frontal,AP,,-1.0,1.0\n"
               "Invented-v1/train/patient00001/study1/view2_lateral.jpg,Female,68,Lateral,,,1.0,1.0\n"
               "Invented-v1/train/patient00002/study1/view1_frontal.jpg,Male,7,Frontal,PA,1.0,nan,0.0\n"
               "Invented-v1/train/patient00003/study2/view1_frontal.jpg,Unknown,30,Frontal,PA,,1.0,\n"
               "Invented-v1/train/patient00004/study2/view1_frontal.jpg,Male,30,Frontal,PA,,1.0,\n");
    write_text("in/valid.csv",
               "Path,Sex,Age,Frontal/Lateral,AP/PA,No Finding,Edema,Mass\n"
               "Invented-v1/valid/patient00009/study1/view1_frontal.jpg,Male,50,Frontal,PA,0.0,1.0,0.0\n");
}

static void chexpert_reads_paths_views_and_uncertain_labels(void **state)
{
    (void)state;
    static const char first[] = "train/patient00001/study1/view1_frontal.jpg",
                      second[] = "train/patient00002/study1/view1_frontal.jpg";
    make_chexpert();
    struct import_config c = config_of("chexpert", at("in"));
    struct dataset *d = run(&c);
    assert_int_equal(d->count, 4);
    assert_int_equal(d->classes, 3);
    assert_int_equal(d->absent, 1);
    assert_int_equal(d->patients, 4);
    assert_int_equal(label_of(d, first, "Edema"), LABEL_MISSING);
    assert_int_equal(label_of(d, first, "No Finding"), 0);
    assert_int_equal(label_of(d, second, "Edema"), 0);
    assert_int_equal(label_of(d, second, "No Finding"), 1);
    uint32_t i = index_of(d, first);
    assert_string_equal(d->images[i].patient, "patient00001");
    assert_string_equal(attribute(d, i, "sex"), "F");
    assert_string_equal(attribute(d, i, "age"), "68");
    assert_string_equal(attribute(d, i, "view"), "AP");
    assert_string_equal(attribute(d, index_of(d, "train/patient00003/study2/view1_frontal.jpg"), "sex"), "");
    assert_int_equal(dataset_split_images(d, SPLIT_TEST, NULL), 1);
    assert_int_equal(dataset_split_images(d, SPLIT_VAL, NULL), 1);
    assert_true(has_remark(d, "1 uncertain label is unknown (--uncertain); what is not mentioned is absent"));
    assert_true(has_remark(d, "1 image shows another view"));
    dataset_destroy(d);
    static const struct import_value rules[] = { { "uncertain", "ones" }, { "unmentioned", "ignore" } };
    c.values = rules;
    c.value_count = 2;
    c.views = IMPORT_ALL_VIEWS;
    d = run(&c);
    assert_int_equal(d->count, 5);
    assert_int_equal(label_of(d, first, "Edema"), 1);
    assert_int_equal(label_of(d, second, "Edema"), LABEL_MISSING);
    assert_string_equal(attribute(d, index_of(d, "train/patient00001/study1/view2_lateral.jpg"), "view"), "lateral");
    dataset_destroy(d);
}

static void a_test_table_of_chexpert_makes_valid_the_validation_set(void **state)
{
    (void)state;
    make_chexpert();
    write_picture("in/test/patient00020/study1/view1_frontal.jpg", 40, 40, 1, 9, 0);
    write_text("in/test_labels.csv", "Path,Mass,Edema,No Finding\ntest/patient00020/study1/view1_frontal.jpg,1,0,0\n");
    struct import_config c = config_of("chexpert", at("in"));
    struct dataset *d = run(&c);
    assert_int_equal(d->images[index_of(d, "valid/patient00009/study1/view1_frontal.jpg")].split, SPLIT_VAL);
    assert_int_equal(d->images[index_of(d, "test/patient00020/study1/view1_frontal.jpg")].split, SPLIT_TEST);
    assert_int_equal(label_of(d, "test/patient00020/study1/view1_frontal.jpg", "Mass"), 1);
    assert_int_equal(dataset_split_images(d, SPLIT_TRAIN, NULL), 3);
    dataset_destroy(d);
    static const struct import_value rule = { "uncertain", "perhaps" };
    c.values = &rule;
    c.value_count = 1;
    struct dataset *none;
    struct err e;
    assert_false(import_run(&c, at("packs/."), &none, &e));
    assert_non_null(strstr(e.msg, "--uncertain perhaps: take ignore, zeros or ones"));
}

/* ---- MIMIC ---- */

static void zip_text(const char *relative, const char *text)
{
    gzFile z = gzopen(at(relative), "wb");
    gzputs(z, text);
    gzclose(z);
}

static void mimic_joins_its_tables(void **state)
{
    (void)state;
    static const char *const paths[] = {
        "in/files/p10/p10000001/s50000001/aa-1.jpg", "in/files/p10/p10000001/s50000001/aa-2.jpg",
        "in/files/p10/p10000001/s50000002/aa-3.jpg", "in/files/p11/p11000002/s50000003/bb-1.jpg",
        "in/files/p11/p11000002/s50000004/bb-2.jpg", "in/files/p12/p12000003/s50000005/cc-1.jpg",
    };
    for (unsigned i = 0; i < 6; i++) write_picture(paths[i], 40, 40, 1, i, 0);
    zip_text("in/mimic-cxr-2.0.0-chexpert.csv.gz",
             "subject_id,study_id,Edema,Mass\n10000001,50000001,1.0,\n"
             "10000001,50000002,-1.0,0.0\n11000002,50000003,,1.0\n12000003,50000005,0.0,\n");
    zip_text(
        "in/mimic-cxr-2.0.0-metadata.csv.gz",
        "dicom_id,subject_id,study_id,PerformedProcedureStepDescription,ViewPosition\n"
        "aa-1,10000001,50000001,\"CHEST (PA, LAT)\",PA\naa-2,10000001,50000001,,LATERAL\naa-3,10000001,50000002,,AP\n"
        "bb-1,11000002,50000003,,\nbb-2,11000002,50000004,,AP\ncc-1,12000003,50000005,,AP\nzz-9,19,59,,AP\n");
    struct import_config c = config_of("mimic", at("in"));
    struct dataset *d = run(&c);
    assert_int_equal(d->count, 4);
    assert_true(has_remark(d, "split by patient"));
    dataset_destroy(d);
    zip_text("in/mimic-cxr-2.0.0-split.csv.gz", "dicom_id,study_id,subject_id,split\naa-1,50000001,10000001,train\n"
                                                "aa-3,50000002,10000001,train\nbb-1,50000003,11000002,validate\n"
                                                "cc-1,50000005,12000003,test\n");
    d = run(&c);
    assert_int_equal(d->count, 4);
    assert_int_equal(d->absent, 1);
    assert_int_equal(d->patients, 3);
    const char *second = "files/p10/p10000001/s50000002/aa-3.jpg", *third = "files/p11/p11000002/s50000003/bb-1.jpg";
    assert_int_equal(label_of(d, second, "Edema"), LABEL_MISSING);
    assert_int_equal(label_of(d, second, "Mass"), 0);
    assert_int_equal(label_of(d, third, "Mass"), 1);
    assert_int_equal(label_of(d, third, "Edema"), 0);
    assert_int_equal(d->images[index_of(d, third)].split, SPLIT_VAL);
    assert_string_equal(attribute(d, index_of(d, second), "view"), "AP");
    assert_string_equal(d->images[index_of(d, third)].patient, "11000002");
    assert_true(has_remark(d, "1 image shows another view"));
    assert_true(has_remark(d, "1 image of a study without labels"));
    dataset_destroy(d);
}

/* ---- PadChest ---- */

static void padchest_makes_classes_of_frequent_labels(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 8; i++) {
        char path[32];
        snprintf(path, sizeof path, "in/%u/i%u.png", i % 2, i);
        write_picture(path, 40, 40, 1, i, 0);
    }
    write_text("in/PADCHEST_chest_x_ray_images_labels_160K_01.02.19.csv",
               ",ImageID,ImageDir,StudyDate_DICOM,StudyID,PatientID,PatientBirth,PatientSex_DICOM,Projection,Labels\n"
               "0,i0.png,0,20140915,s1,p1,1946.0,M,PA,\"['cardiomegaly', ' normal', 'cardiomegaly']\"\n"
               "1,i1.png,1,20140915,s1,p1,1946,M,L,\"['cardiomegaly']\"\n"
               "2,i2.png,0,20140915,s2,p2,,F,AP_horizontal,\"['cardiomegaly', '']\"\n"
               "3,i3.png,1,20140915,s3,p2,,F,PA,\"['mass']\"\n"
               "4,i4.png,0,20140915,s4,p2,,F,PA,\"['mass']\"\n"
               "5,i5.png,1,20140915,s5,p3,,F,EXCLUDE,\"['mass']\"\n"
               "6,i6.png,0,20140915,s6,p4,,F,PA,[]\n"
               "7,i7.png,1,20140915,s7,p5,,F,PA,\n"
               "8,i8.png,1,20140915,s8,p6,,F,PA,['mass']\n");
    struct import_value value = { "min-positives", "2" };
    struct import_config c = config_of("padchest", at("in"));
    expect_failure(&c, "no label has 50 patients among the images here, the most frequent one 2", "--min-positives");
    c.values = &value;
    c.value_count = 1;
    struct dataset *d = run(&c);
    assert_int_equal(d->count, 6);
    assert_int_equal(d->absent, 1);
    assert_int_equal(d->classes, 1); /* mass is of one patient only */
    assert_int_equal(label_of(d, "0/i0.png", "cardiomegaly"), 1);
    assert_int_equal(label_of(d, "1/i3.png", "cardiomegaly"), 0);
    assert_int_equal(label_of(d, "0/i6.png", "cardiomegaly"), 0);
    assert_int_equal(label_of(d, "1/i7.png", "cardiomegaly"), LABEL_MISSING);
    uint32_t i = index_of(d, "0/i0.png");
    assert_string_equal(attribute(d, i, "age"), "68");
    assert_string_equal(attribute(d, i, "sex"), "M");
    assert_string_equal(attribute(d, i, "view"), "PA");
    assert_true(has_remark(d, "1 of 3 labels have 2 patients or more"));
    assert_true(has_remark(d, "1 image is marked EXCLUDE"));
    dataset_destroy(d);
    value.value = "1";
    c.views = IMPORT_ALL_VIEWS;
    d = run(&c);
    assert_int_equal(d->classes, 3);
    assert_int_equal(d->count, 7);
    assert_int_equal(label_of(d, "0/i0.png", "normal"), 1);
    assert_string_equal(attribute(d, index_of(d, "1/i1.png"), "view"), "lateral");
    dataset_destroy(d);
}

/* ---- all of them ---- */

static void a_folder_without_the_tables_is_told_which_they_are(void **state)
{
    (void)state;
    static const struct {
        const char *kind, *part;
    } rows[] = {
        { "vinbig", "no train.csv" },   { "rsna", "no stage_2_train_labels.csv" },      { "siim", "no train-rle.csv" },
        { "chexpert", "no train.csv" }, { "mimic", "no mimic-cxr-2.0.0-chexpert.csv" }, { "padchest", "no PADCHEST_" },
    };
    write_picture("in/1.png", 40, 40, 1, 1, 0);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct import_config c = config_of(rows[i].kind, at("in"));
        expect_failure(&c, rows[i].part, "--table");
    }
}

static void what_lies_there_tells_the_kind(void **state)
{
    (void)state;
    static const struct {
        const char *table, *header, *kind;
    } rows[] = {
        { "Data_Entry_2017_v2020.csv", "Image Index\n", "nih" },
        { "stage_2_train_labels.csv", "patientId\n", "rsna" },
        { "train-rle.csv", "ImageId, EncodedPixels\n", "siim" },
        { "mimic-cxr-2.0.0-metadata.csv", "dicom_id\n", "mimic" },
        { "PADCHEST_chest_x_ray_images_labels_160K_01.02.19.csv", "ImageID\n", "padchest" },
        { "train.csv", "image_id,class_name,class_id,rad_id\n", "vinbig" },
        { "train.csv", "Path,Sex,Age,Frontal/Lateral\n", "chexpert" },
        { "valid.csv", "Path,Sex,Age,Frontal/Lateral\n", "chexpert" },
        { "train.csv", "path,label\n", "folder" },
        { "notes.txt", "x\n", "folder" },
    };
    char why[160], path[300];
    struct err e;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        snprintf(path, sizeof path, "in%zu/%s", i, rows[i].table);
        write_text(path, rows[i].header);
        snprintf(path, sizeof path, "%s/in%zu", scratch, i);
        const char *kind = import_guess(path, why, sizeof why, &e);
        if (!kind || strcmp(kind, rows[i].kind)) fail_msg("%s: %s", rows[i].table, kind ? kind : e.msg);
    }
    assert_string_equal(import_guess(at("in0/Data_Entry_2017_v2020.csv"), why, sizeof why, &e), "csv");
    assert_null(import_guess(at("none"), why, sizeof why, &e));
    /* one level further down: as a folder it would lose labels and splits */
    write_text("out/chest/train.csv", "Path,Sex,Age,Frontal/Lateral\n");
    write_text("out/more/notes.csv", "x\n");
    assert_null(import_guess(at("out/."), why, sizeof why, &e));
    if (e.code != ERR_USAGE || !strstr(e.msg, "its folder chest has train.csv (chexpert)")) fail_msg("%s", e.msg);
    assert_string_equal(import_guess(at("out/more/."), why, sizeof why, &e), "folder");
    write_text("out/train.csv", "image_id,class_name,class_id,rad_id\n");
    assert_string_equal(import_guess(at("out/."), why, sizeof why, &e), "vinbig");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_SCRATCH(the_complete_table_of_vinbig_is_counted),
        IN_SCRATCH(boxes_of_vinbig_are_in_pixels_of_the_original),
        IN_SCRATCH(the_complete_tables_of_rsna_are_counted),
        IN_SCRATCH(a_map_names_the_patients_of_rsna),
        IN_SCRATCH(contradicting_classes_of_rsna_are_refused),
        IN_SCRATCH(the_complete_tables_of_siim_are_counted),
        IN_SCRATCH(run_lengths_that_are_none_are_refused),
        IN_SCRATCH(masks_of_siim_become_masks_of_the_pack),
        IN_SCRATCH(chexpert_reads_paths_views_and_uncertain_labels),
        IN_SCRATCH(a_test_table_of_chexpert_makes_valid_the_validation_set),
        IN_SCRATCH(mimic_joins_its_tables),
        IN_SCRATCH(padchest_makes_classes_of_frequent_labels),
        IN_SCRATCH(what_lies_there_tells_the_kind),
        IN_SCRATCH(a_folder_without_the_tables_is_told_which_they_are),
    };
    return cmocka_run_group_tests_name("import_sets", tests, NULL, NULL);
}
