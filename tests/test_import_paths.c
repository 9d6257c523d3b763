/* Where importers read: roots, links, absolute paths; and names that mean the same: classes, images listed twice. */
#include "tests/import_run.h"

#include <string.h>

#include "engine/data/copies.h"

static void link_to(const char *target, const char *relative)
{
    char full[512];
    snprintf(full, sizeof full, "%s", target);
    assert_int_equal(symlink(full, at(relative)), 0);
}

/* Text with $ for the scratch folder. */
static const char *with_scratch(const char *text)
{
    static char out[8][1024];
    static unsigned turn;
    char *to = out[turn++ % 8], *end = to + 1000;
    for (char *p = to; p < end; text++) {
        if (*text == '$')
            p += snprintf(p, (size_t)(end - p), "%s", scratch);
        else if (!(*p++ = *text))
            break;
    }
    return to;
}

static void absolute_rows_lie_below_the_folders_given(void **state)
{
    (void)state;
    static const struct {
        const char *row, *images[3];
        const char *path; /* in the set; NULL: refused with */
        const char *why;
    } rows[] = {
        { "$/d/a/1.png", { "$/d" }, "a/1.png", NULL },
        { "$/d/a/1.png", { "$/d/" }, "a/1.png", NULL },
        { "$//d/./a/1.png", { "$/d/a/.." }, "a/1.png", NULL },
        { "$/d/a/1.png", { "/" }, "", NULL },
        { "$/alias/a/1.png", { "$/alias" }, "a/1.png", NULL },
        { "$/alias/a/1.png", { "$/d" }, "a/1.png", NULL },
        { "$/d/a/1.png", { "$/alias" }, "a/1.png", NULL },
        { "a/1.png", { "$/other", "$/d" }, "d/a/1.png", NULL },
        { "./a//1.png", { "$/d" }, "a/1.png", NULL },
        { "$/d/a/1.png", { NULL }, "d/a/1.png", NULL }, /* the table's own folder */
        { "$/d/a/1.png", { "$/other" }, NULL, "must lie below" },
        { "$/dd/1.png", { "$/d" }, NULL, "must lie below" },
        { "/etc/hostname.png", { "$/d", "$/other" }, NULL, "; the first: /etc/hostname.png" },
        { "$/d/../d/a/1.png", { "$/d" }, NULL, "'..' is not allowed" },
        { "a/1.png", { "$/none" }, NULL, "no such directory" },
    };
    write_picture("d/a/1.png", 40, 40, 1, 1, 0);
    write_picture("dd/1.png", 40, 40, 1, 1, 0);
    write_picture("other/x.png", 40, 40, 1, 1, 0);
    link_to(at("d"), "alias");
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct import_value values[3];
        char table[1100];
        size_t n = 0;
        for (; n < 3 && rows[i].images[n]; n++)
            values[n] = (struct import_value){ "images", with_scratch(rows[i].images[n]) };
        snprintf(table, sizeof table, "path\r\n%s\r\n", with_scratch(rows[i].row));
        write_text("t.csv", table);
        struct import_config c = config_of("csv", at("t.csv"));
        c.values = values;
        c.value_count = n;
        if (rows[i].why) {
            expect_failure(&c, rows[i].why, "");
            continue;
        }
        struct dataset *d = run(&c);
        assert_int_equal(d->count, 1);
        if (*rows[i].path) assert_string_equal(d->images[0].path, rows[i].path);
        char pack[256];
        snprintf(pack, sizeof pack, "packs/%.200s", d->pack);
        assert_int_equal(unlink(at(pack)), 0);
        dataset_destroy(d);
    }
}

/* in/{train,test}/CLASS: links into pool, out of everything, in circles, to devices. */
static void make_links(void)
{
    for (unsigned i = 0; i < 4; i++) {
        char path[64], name[64];
        snprintf(path, sizeof path, "pool/x/%u.png", i);
        write_picture(path, 40, 40, 1, i, 0);
        snprintf(name, sizeof name, "in/train/A/%u.png", i);
        link_to(at(path), name);
    }
    write_picture("pool/y/5.png", 40, 40, 1, 5, 0);
    write_picture("secret/6.png", 40, 40, 1, 6, 0);
    link_to(at("pool/y"), "in/train/B");
    link_to(at("pool/y"), "pool/y/again");
    link_to(at("in"), "pool/y/back");
    link_to(at("secret/6.png"), "in/train/A/out.png");
    link_to("/dev/zero", "in/train/A/zero.png");
    link_to(at("secret"), "in/train/C");
    link_to("nowhere", "in/train/A/dangling.png");
    link_to("loop.png", "in/train/A/loop.png");
    assert_int_equal(mkfifo(at("in/train/A/pipe.png"), 0600), 0);
}

static void links_are_followed_where_they_may_lead(void **state)
{
    (void)state;
    make_links();
    struct import_config c = config_of("folder", at("in"));
    expect_failure(&c, "a link that leads out of", "--follow-links");
    const struct import_value pool = { "images", with_scratch("$/pool") };
    c.values = &pool;
    c.value_count = 1;
    expect_failure(&c, "add --follow-links", "--images");
    c.follow_links = true;
    struct dataset *d = run(&c);
    assert_int_equal(d->count, 5);
    assert_int_equal(d->classes, 2);
    assert_int_equal(label_of(d, "train/B/5.png", "B"), 1);
    assert_true(has_remark(d, "5 images were read through links"));
    assert_true(has_remark(d, "2 folders that links lead back into"));
    static const struct {
        const char *path, *reason;
    } left[] = {
        { "train/A/out.png", "leads out of the folders given" },
        { "train/A/zero.png", "leads out" },
        { "train/C", "leads out" },
        { "train/A/dangling.png", "no such file" },
        { "train/A/loop.png", "no such file" },
        { "train/A/pipe.png", "not a regular file" },
    };
    assert_int_equal(d->unreadable_count, 6);
    for (size_t i = 0; i < 6; i++) {
        bool found = false;
        for (uint32_t k = 0; k < d->unreadable_count; k++)
            found |= !strcmp(d->unreadable[k].path, left[i].path) && strstr(d->unreadable[k].reason, left[i].reason);
        if (!found) fail_msg("%s", left[i].path);
    }
    pack_close(open_pack(d));
    dataset_destroy(d);
}

/* Whatever an import does not read is counted and said, however wide --images is. */
static void a_linked_split_is_read_whatever_root_holds_it(void **state)
{
    (void)state;
    static const char *const images[] = { "$/ln/pool", "$/ln", "$", "/" };
    static const char *const files[] = { "src/train/A", "src/train/B", "pool/A", "pool/B", "src/.kept/A" };
    for (unsigned i = 0; i < 15; i++) {
        char path[64];
        snprintf(path, sizeof path, "ln/%s/%u.png", files[i / 3], i);
        write_picture(path, 40, 40, 1, i, 0);
    }
    link_to("../pool", "ln/src/val");
    link_to("train/B", "ln/src/test"); /* read where it lies */
    link_to("../.kept/A", "ln/src/train/C");
    link_to("nowhere", "ln/src/train/gone");
    write_picture("ln/src/train/A/.hidden.png", 40, 40, 1, 1, 0);
    write_text("ln/src/train/A/scan.dcm", "x");
    for (size_t i = 0; i < sizeof images / sizeof images[0]; i++) {
        const struct import_value root = { "images", with_scratch(images[i]) };
        struct import_config c = config_of("folder", at("ln/src"));
        c.values = &root;
        c.value_count = 1;
        c.follow_links = true;
        struct dataset *d = run(&c);
        char pack[256];
        assert_int_equal(d->count, 15);
        assert_int_equal(d->classes, 3);
        assert_int_equal(dataset_split_images(d, SPLIT_VAL, NULL), 6);
        assert_int_equal(label_of(d, "val/B/9.png", "B"), 1);
        assert_true(has_remark(d, "6 images were read through links to other folders"));
        assert_true(has_remark(d, "1 link to a folder was not followed, since its images are read where they lie"));
        assert_true(has_remark(d, "2 hidden images and folders"));
        assert_int_equal(has_remark(d, "1 DICOM file was left out"), !dicom_supported());
        assert_int_equal(d->unreadable_count, 1 + dicom_supported()); /* what is named .dcm and is none */
        assert_string_equal(d->unreadable[d->unreadable_count - 1].path, "train/gone"); /* by path */
        snprintf(pack, sizeof pack, "packs/%.200s", d->pack);
        assert_int_equal(unlink(at(pack)), 0);
        dataset_destroy(d);
    }
}

/* The scan saw a file; when it is read, a link has taken its place. */
static bool swap_first(void *ctx, const struct import_progress *p)
{
    bool *swapped = ctx;
    if (!strcmp(p->phase, "reading") || *swapped) return true;
    *swapped = true;
    for (int i = 0; i < 6; i += 2) { /* not with at(): it has lent its buffers to the import */
        char path[128], target[128];
        snprintf(path, sizeof path, "%s/in/%d.png", scratch, i);
        snprintf(target, sizeof target, "%s/secret/6.png", scratch);
        if (unlink(path) || symlink(target, path)) return false;
    }
    return true;
}

static void a_file_that_becomes_a_link_meanwhile_is_not_followed(void **state)
{
    (void)state;
    bool swapped = false;
    write_picture("secret/6.png", 40, 40, 1, 6, 0);
    for (unsigned i = 0; i < 6; i++) {
        char path[32];
        snprintf(path, sizeof path, "in/%u.png", i);
        write_picture(path, 40, 40, 1, i, 0);
    }
    struct import_config c = config_of("folder", at("in"));
    c.threads = 1;
    c.progress = swap_first;
    c.ctx = &swapped;
    struct dataset *d = run(&c);
    assert_int_equal(d->count, 3);
    assert_int_equal(d->unreadable_count, 3);
    assert_non_null(strstr(d->unreadable[0].reason, "leads out"));
    dataset_destroy(d);
}

static void a_table_follows_links_too(void **state)
{
    (void)state;
    write_picture("pool/1.png", 40, 40, 1, 1, 0);
    write_picture("secret/2.png", 40, 40, 1, 2, 0);
    link_to(at("pool/1.png"), "in/1.png");
    link_to(at("secret/2.png"), "in/2.png");
    write_text("in/t.csv", "path\n1.png\n2.png\n");
    const struct import_value roots[] = { { "images", with_scratch("$/in") }, { "images", with_scratch("$/pool") } };
    struct import_config c = config_of("csv", at("in/t.csv"));
    c.values = roots;
    c.value_count = 2;
    expect_failure(&c, "line 2: 1.png: a link that leads out of", "/in");
    c.follow_links = true;
    struct dataset *d = run(&c);
    assert_int_equal(d->count, 1);
    assert_string_equal(d->images[0].path, "in/1.png");
    assert_string_equal(d->unreadable[0].path, "in/2.png");
    assert_true(has_remark(d, "1 image was read through links"));
    dataset_destroy(d);
    struct import_config phantom = config_of("phantom", NULL);
    phantom.follow_links = true;
    struct err e;
    struct dataset *none;
    assert_false(import_run(&phantom, at("packs/."), &none, &e));
    assert_non_null(strstr(e.msg, "--follow-links"));
}

/* ---- names that mean the same ---- */

static void class_folders_that_differ_in_case_or_blanks_are_one(void **state)
{
    (void)state;
    static const char *const paths[] = {
        "in/train/NORMAL/1.png", "in/train/NORMAL/2.png",   "in/train/PNEUMONIA/3.png", "in/train/Ödem/4.png",
        "in/test/Normal /5.png", "in/test/pneumonia/6.png", "in/Test /PNEUMONIA/7.png", "in/test/ödem/8.png",
    };
    for (unsigned i = 0; i < 8; i++) write_picture(paths[i], 40, 40, 1, i, 0);
    struct import_config c = config_of("folder", at("in"));
    struct dataset *d = run(&c);
    assert_int_equal(d->count, 8);
    assert_int_equal(d->classes, 3);
    assert_string_equal(d->class_names[0], "NORMAL");
    assert_string_equal(d->class_names[1], "PNEUMONIA");
    assert_int_equal(label_of(d, "test/Normal /5.png", "NORMAL"), 1);
    assert_int_equal(label_of(d, "test/pneumonia/6.png", "PNEUMONIA"), 1);
    assert_int_equal(label_of(d, "test/pneumonia/6.png", "NORMAL"), 0);
    assert_int_equal(dataset_split_images(d, SPLIT_TEST, NULL), 4);
    assert_true(has_remark(d, "one class, 'NORMAL': 'NORMAL', 'Normal '"));
    assert_true(has_remark(d, "one class, 'PNEUMONIA': 'PNEUMONIA', 'pneumonia'"));
    dataset_destroy(d);
}

static void inner_blanks_of_a_class_are_one(void **state)
{
    (void)state;
    static const char *const paths[] = { "in/train/No  Finding/1.png", "in/train/No  Finding/2.png",
                                         "in/train/Mass/3.png", "in/test/No Finding/4.png", "in/test/Mass/5.png" };
    for (unsigned i = 0; i < 5; i++) write_picture(paths[i], 40, 40, 1, i, 0);
    struct import_config c = config_of("folder", at("in"));
    struct dataset *d = run(&c);
    assert_int_equal(d->classes, 2);
    assert_string_equal(d->class_names[1], "No Finding"); /* as other sets call it, whatever most folders do */
    assert_int_equal(label_of(d, "train/No  Finding/1.png", "No Finding"), 1);
    assert_int_equal(label_of(d, "test/No Finding/4.png", "No Finding"), 1);
    dataset_destroy(d);
}

static void a_set_without_images_to_train_on_is_told(void **state)
{
    (void)state;
    static const char warning[] = "WARNING: no image is in the split train";
    for (unsigned i = 0; i < 4; i++) {
        char path[32];
        snprintf(path, sizeof path, "in/%s/%c/%u.png", i & 1 ? "test" : "val", "AB"[i / 2], i);
        write_picture(path, 40, 40, 1, i, 0);
    }
    struct import_config c = config_of("folder", at("in"));
    struct dataset *d = run(&c);
    assert_true(has_remark(d, warning) && has_remark(d, "a folder named train"));
    dataset_destroy(d);
    write_picture("in/train/A/9.png", 40, 40, 1, 9, 0);
    d = run(&c);
    assert_false(has_remark(d, warning));
    dataset_destroy(d);
}

static void labels_of_a_table_that_differ_in_case_are_one(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 4; i++) {
        char path[32];
        snprintf(path, sizeof path, "in/%u.png", i);
        write_picture(path, 40, 40, 1, i, 0);
    }
    write_text("in/t.csv", "path,l,Edema,edema\n0.png,Mass|Edema,1,1\n1.png,mass | "
                           "Edema,0,0\n2.png,Mass,0,1\n3.png,Pleural  effusion|pleural effusion,0,1\n");
    static const struct import_value list = { "label-column", "l" }, both = { "class-columns", "Edema,edema" };
    struct import_config c = config_of("csv", at("in/t.csv"));
    c.values = &both;
    c.value_count = 1;
    expect_failure(&c, "differ in case or blanks only", "'Edema' and 'edema'");
    c.values = &list;
    struct dataset *d = run(&c);
    assert_int_equal(d->classes, 3);
    assert_int_equal(label_of(d, "1.png", "Mass"), 1);
    assert_int_equal(label_of(d, "2.png", "Edema"), 0);
    assert_true(has_remark(d, "one class, 'Mass': 'Mass', 'mass'"));
    dataset_destroy(d);
}

static void an_image_listed_twice_is_told_with_both_lines(void **state)
{
    (void)state;
    static const struct {
        const char *text, *part;
    } rows[] = {
        { "path,l,p,s\n1.png,a,x,train\n\n2.png,b,x,train\n./1.png,b,x,train\n",
          "1.png stands on more than one line: 2 and 5, with different labels" },
        { "path,l,p,s\n1.png,a,x,train\n1.png,b,x,train\n", "2 and 3, with different labels" },
        { "path,l,p,s\n1.png,a,x,train\r\n1.png,a,x,test\r\n", "2 and 3, with different splits" },
        { "path,l,p,s\n1.png,a,x,train\n1.png,a,y,train\n", "2 and 3, with different patients" },
        { "path,l,p,s\n1.png,a,x,train\n1.png,b,x,train\n2.png,a,x,val\n2.png,b,x,val\n",
          "1.png stands on more than one line: 2 and 3, with different labels; keep one, or say with --repeated what "
          "counts; 1 line more is such" },
    };
    static const struct import_value values[] = { { "label-column", "l" },
                                                  { "patient-column", "p" },
                                                  { "split-column", "s" } };
    write_picture("in/1.png", 40, 40, 1, 1, 0);
    write_picture("in/2.png", 40, 40, 1, 2, 0);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        write_text("in/t.csv", rows[i].text);
        struct import_config c = config_of("csv", at("in/t.csv"));
        c.values = values;
        c.value_count = 3;
        expect_failure(&c, rows[i].part, "t.csv");
    }
}

/* ---- pictures that stand there twice ---- */

static void equal_pixels_are_found_whatever_the_file(void **state)
{
    (void)state;
    write_picture("in/train/A/1.png", 40, 40, 1, 1, 0);
    write_picture("in/train/A/2.png", 40, 40, 1, 2, 0);
    write_picture("in/train/B/3.png", 40, 40, 1, 3, 0);
    write_picture("in/train/B/4.png", 40, 40, 1, 3, 0); /* within a split, of one label: no harm */
    write_picture("in/val/A/5.png", 40, 40, 3, 2, 0);   /* grey in three channels */
    write_picture("in/test/A/6.png", 40, 40, 3, 1, 0);
    write_picture("in/test/B/7.png", 40, 40, 1, 1, 0); /* and of another label */
    write_picture("in/test/B/8.png", 40, 40, 1, 8, 0);
    struct import_config c = config_of("folder", at("in"));
    struct dataset *d = run(&c);
    struct copies_image images[8];
    struct copies found;
    struct err e;
    for (uint32_t i = 0; i < 8; i++)
        images[i] = (struct copies_image){ d->images[i].digest, d->images[i].path, i < 4 ? "p" : "", d->images[i].split,
                                           d->labels + (size_t)i * d->classes };
    assert_true(copies_find(images, 8, d->classes, &found, &e));
    assert_int_equal(found.count, 3);
    assert_int_equal(found.repeated, 4);
    assert_int_equal(found.across[SPLIT_TRAIN][SPLIT_TEST], 2);
    assert_int_equal(found.across[SPLIT_TRAIN][SPLIT_VAL], 1);
    assert_int_equal(found.across[SPLIT_VAL][SPLIT_TEST], 0);
    assert_int_equal(found.contradicting, 1);
    assert_int_equal(found.patients, 0);
    copies_clear(&found);
    for (uint32_t i = 0; i < 8; i++) images[i].patient = images[i].path;
    images[0].digest = NULL;
    assert_true(copies_find(images, 8, 0, &found, &e));
    assert_int_equal(found.contradicting, 0);
    assert_int_equal(found.patients, found.count);
    copies_clear(&found);
    dataset_destroy(d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_SCRATCH(absolute_rows_lie_below_the_folders_given),
        IN_SCRATCH(links_are_followed_where_they_may_lead),
        IN_SCRATCH(a_linked_split_is_read_whatever_root_holds_it),
        IN_SCRATCH(a_file_that_becomes_a_link_meanwhile_is_not_followed),
        IN_SCRATCH(a_table_follows_links_too),
        IN_SCRATCH(class_folders_that_differ_in_case_or_blanks_are_one),
        IN_SCRATCH(inner_blanks_of_a_class_are_one),
        IN_SCRATCH(a_set_without_images_to_train_on_is_told),
        IN_SCRATCH(labels_of_a_table_that_differ_in_case_are_one),
        IN_SCRATCH(an_image_listed_twice_is_told_with_both_lines),
        IN_SCRATCH(equal_pixels_are_found_whatever_the_file),
    };
    return cmocka_run_group_tests_name("import_paths", tests, NULL, NULL);
}
