/* Folders of masks: which file is a mask of what, what its grey levels mean, what is known of images without one. */
#include "tests/import_run.h"

#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include "engine/data/reasons.h"

enum { SIDE = 40 };

/* A mask whose columns [left, right) are inside, at levels `out` and `in`. */
static void write_mask(const char *relative, int w, int h, int left, int right, int out, int in)
{
    struct image m;
    struct err e;
    if (!image_init(&m, w, h, 1, relative, &e)) fail_msg("%s", e.msg);
    for (int i = 0; i < w * h; i++) m.pixels[i] = (uint8_t)(i % w >= left && i % w < right ? in : out);
    if (!image_write_png(at(relative), &m, &e)) fail_msg("%s", e.msg);
    image_clear(&m);
}

static void write_plain(const char *relative)
{
    write_mask(relative, SIDE, SIDE, 10, 20, 0, 255);
}

static struct dataset *run_on(const char *folder)
{
    struct import_config c = config_of("masks", at(folder));
    c.size = SIDE;
    return run(&c);
}

/* Pixels of the mask of a structure in the pack; -1: the image has none. */
static long area_of(const struct dataset *d, const char *path, const char *name)
{
    uint32_t image = index_of(d, path), c = (uint32_t)dataset_class(d, name);
    long area = -1;
    for (uint32_t k = 0; k < d->mask_count; k++) {
        const struct dataset_mask *m = &d->masks[k];
        if (m->image != image || m->class_index != c) continue;
        assert_int_equal(area, -1);
        area = 0;
        for (uint32_t r = 1; r < m->run_count; r += 2) area += m->runs[r];
    }
    return area;
}

static bool is_unreadable(const struct dataset *d, const char *path, const char *part)
{
    for (uint32_t i = 0; i < d->unreadable_count; i++)
        if (!strcmp(d->unreadable[i].path, path) && strstr(d->unreadable[i].reason, part)) return true;
    return false;
}

/* ---- which file is what ---- */

static void layouts_are_understood(void **state)
{
    (void)state;
    static const struct {
        const char *name, *image, *masks[2], *classes[2];
        struct import_value values[3];
    } rows[] = {
        { "a folder a structure",
          "in/images/a.png",
          { "in/masks/heart/a.png", "in/masks/lung/a.png" },
          { "heart", "lung" },
          { { 0 } } },
        { "below one folder",
          "in/images/a.png",
          { "in/images/masks/heart/a.png", "in/images/masks/lung/a.png" },
          { "heart", "lung" },
          { { 0 } } },
        { "other extension", "in/images/a.png", { "in/Masks/heart/A.png", NULL }, { "heart", NULL }, { { 0 } } },
        { "ending beside the image", "in/a.png", { "in/a_mask.png", NULL }, { "mask", NULL }, { { 0 } } },
        { "ending beside the image in a folder",
          "in/images/x/a.png",
          { "in/images/x/a_MASK.png", NULL },
          { "mask", NULL },
          { { 0 } } },
        { "ending in a sibling", "in/CXR_png/a.png", { "in/mask/a_mask.png", NULL }, { "mask", NULL }, { { 0 } } },
        { "ending in a folder a structure",
          "in/images/a.png",
          { "in/masks/heart/a_mask.png", NULL },
          { "heart", NULL },
          { { 0 } } },
        { "subfolders", "in/images/x/a.png", { "in/masks/heart/x/a.png", NULL }, { "heart", NULL }, { { 0 } } },
        { "subfolders are no structures",
          "in/images/x/a.png",
          { "in/masks/x/a.png", NULL },
          { "mask", NULL },
          { { 0 } } },
        { "below a folder", "in/set/images/a.png", { "in/set/masks/heart/a.png", NULL }, { "heart", NULL }, { { 0 } } },
        { "named",
          "in/CXR_png/a.png",
          { "in/ManualMask/leftMask/a.png", "in/ManualMask/rightMask/a.png" },
          { "left lung", "right lung" },
          { { "images", "CXR_png" },
            { "mask", "left lung=ManualMask/leftMask" },
            { "mask", "right lung=ManualMask/rightMask" } } },
        { "named masks alone",
          "in/a.png",
          { "in/outlines/a.png", NULL },
          { "lung", NULL },
          { { "mask", "lung=outlines" } } },
        { "named images alone",
          "in/films/a.png",
          { "in/masks/heart/a.png", NULL },
          { "heart", NULL },
          { { "images", "films" } } },
        { "named, all in one",
          "in/x/a.png",
          { "in/x/a_mask.png", NULL },
          { "lung", NULL },
          { { "images", "x" }, { "mask", "lung=x" } } },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        write_picture(rows[i].image, SIDE, SIDE, 1, 1, 0);
        for (int k = 0; k < 2 && rows[i].masks[k]; k++) write_plain(rows[i].masks[k]);
        struct import_config c = config_of("masks", at("in"));
        c.size = SIDE;
        c.values = rows[i].values;
        while (c.value_count < 3 && rows[i].values[c.value_count].name) c.value_count++;
        struct dataset *d;
        struct err e;
        if (!import_run(&c, at("packs/."), &d, &e)) fail_msg("%s: %s", rows[i].name, e.msg);
        uint32_t classes = rows[i].masks[1] ? 2 : 1;
        if (d->count != 1 || d->classes != classes || d->mask_count != classes || d->unreadable_count ||
            d->left_out_count)
            fail_msg("%s: %u images, %u classes, %u masks, %u unreadable", rows[i].name, d->count, d->classes,
                     d->mask_count, d->unreadable_count);
        for (uint32_t k = 0; k < classes; k++) {
            assert_string_equal(d->class_names[k], rows[i].classes[k]);
            assert_int_equal(area_of(d, strchr(rows[i].image, '/') + 1, rows[i].classes[k]), 10 * SIDE);
            assert_int_equal(d->labels[k], 1);
        }
        dataset_destroy(d);
        scratch_remove();
        scratch_make();
    }
}

static void the_kind_is_guessed(void **state)
{
    (void)state;
    static const struct {
        const char *files[3], *kind;
    } rows[] = {
        { { "in/images/a.png", "in/masks/heart/a.png" }, "masks" },
        { { "in/CXR_png/a.png", "in/ManualMask/leftMask/a.png" }, "masks" },
        { { "in/a.png", "in/a_mask.png" }, "masks" },
        { { "in/a.png", "in/b_mask.png" }, "folder" },
        { { "in/NORMAL/a.png", "in/masks/a.png" }, "folder" },
        { { "in/images/a.png", "in/PNEUMONIA/a.png" }, "folder" },
        { { "in/images/a.png", "in/masks/heart/a.png", "in/Data_Entry_2017.csv" }, "nih" },
    };
    char why[160];
    struct err e;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        for (int k = 0; k < 3 && rows[i].files[k]; k++) write_plain(rows[i].files[k]);
        assert_string_equal(import_guess(at("in"), why, sizeof why, &e), rows[i].kind);
        workspace_remove(at("in"));
    }
    write_plain("in/set/images/a.png");
    write_plain("in/set/masks/heart/a.png");
    assert_null(import_guess(at("in"), why, sizeof why, &e));
    assert_non_null(strstr(e.msg, "its folder set holds images with masks"));
}

static void links_to_folders_of_masks_are_followed_where_asked(void **state)
{
    (void)state;
    char images[512], elsewhere[512];
    write_plain("elsewhere/a.png");
    write_picture("in/images/a.png", SIDE, SIDE, 1, 1, 0);
    snprintf(elsewhere, sizeof elsewhere, "%s", at("elsewhere"));
    snprintf(images, sizeof images, "%s", at("in/images"));
    at("packs/.");
    assert_int_equal(symlink(elsewhere, at("in/masks/heart")), 0);
    struct import_config c = config_of("masks", at("in"));
    expect_failure(&c, "leads out of", "--follow-links --images DIR");
    const struct import_value values[] = { { "images", elsewhere }, { "images", images } };
    for (size_t n = 1; n < 3; n++) {
        c = config_of("masks", at("in"));
        c.size = SIDE;
        c.follow_links = true;
        c.values = values;
        c.value_count = n;
        struct dataset *d = run(&c);
        assert_int_equal(d->count, 1);
        assert_int_equal(area_of(d, "images/a.png", "heart"), 10 * SIDE);
        dataset_destroy(d);
    }
}

static void what_belongs_to_nothing_is_left_out_by_name(void **state)
{
    (void)state;
    for (int i = 0; i < 3; i++) {
        char path[64];
        snprintf(path, sizeof path, "in/images/%d.png", i);
        write_picture(path, SIDE, SIDE, 1, (unsigned)i, 0);
        snprintf(path, sizeof path, "in/masks/heart/%d.png", i);
        write_plain(path);
    }
    write_plain("in/masks/heart/9.png");
    write_plain("in/preview/1.png");
    at("in/masks/lung/.");
    struct dataset *d = run_on("in");
    assert_int_equal(d->count, 3);
    assert_int_equal(d->mask_count, 3);
    assert_true(has_remark(d, "1 mask has no image of that name and was left out: masks/heart/9.png"));
    assert_true(has_remark(d, "1 picture lies in no folder of images or masks and was left out: preview/1.png"));
    assert_true(has_remark(d, "WARNING: the folder masks/lung holds no mask"));
    assert_true(has_remark(d, "images with a mask: heart 3"));
    assert_int_equal(d->left_out_count, 2);
    dataset_destroy(d);
}

static void what_cannot_be_meant_is_refused(void **state)
{
    (void)state;
    static const struct {
        struct import_value value;
        const char *part;
    } rows[] = {
        { { "mask", "heart" }, "expected NAME=DIR" },
        { { "mask", "=masks" }, "expected NAME=DIR" },
        { { "mask", "heart=" }, "expected NAME=DIR" },
        { { "mask", "heart=nowhere" }, "no folder nowhere" },
        { { "mask", "heart=/" }, "lies outside" },
        { { "images", "nowhere" }, "no folder nowhere" },
        { { "images", "masks" }, "no masks there" },
        { { "mask", "heart=empty" }, "--mask heart=empty: no masks there" },
        { { "inside", "grey" }, "take white or black" },
        { { "table", "nowhere.csv" }, "nowhere.csv" },
        { { "readers", "any" }, "no option of data sets of kind masks" },
    };
    write_picture("in/images/a.png", SIDE, SIDE, 1, 1, 0);
    write_plain("in/masks/heart/a.png");
    at("in/empty/.");
    at("packs/.");
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct import_config c = config_of("masks", at("in"));
        c.values = &rows[i].value;
        c.value_count = 1;
        expect_failure(&c, rows[i].part, "");
    }
    struct import_config c = config_of("masks", at("in/images"));
    expect_failure(&c, "no masks there", "--mask NAME=DIR");
    write_plain("other/masks/heart/b.png");
    c = config_of("masks", at("other"));
    expect_failure(&c, "no images beside the masks", "--images DIR");
    write_plain("other/images/a.png");
    c = config_of("masks", at("other"));
    expect_failure(&c, "none of its 1 mask belongs to an image", "masks/heart/b.png");
}

/* ---- what pixels mean ---- */

static void grey_levels_of_masks_are_understood(void **state)
{
    (void)state;
    static const struct {
        int out, in;
        const char *inside;
        long area; /* of a mask 10 columns wide; 0: empty */
    } rows[] = {
        { 0, 255, NULL, 10 * SIDE },   { 0, 1, NULL, 10 * SIDE },      { 0, 128, NULL, 10 * SIDE },
        { 0, 38, NULL, 10 * SIDE },    { 20, 240, NULL, 10 * SIDE },   { 0, 0, NULL, 0 },
        { 255, 0, NULL, 30 * SIDE },   { 255, 0, "black", 10 * SIDE }, { 255, 0, "white", 30 * SIDE },
        { 255, 255, NULL, 40 * SIDE }, { 255, 255, "black", 0 },       { 0, 0, "black", 40 * SIDE },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        write_picture("in/images/a.png", SIDE, SIDE, 1, 1, 0);
        write_mask("in/masks/heart/a.png", SIDE, SIDE, 10, 20, rows[i].out, rows[i].in);
        struct import_config c = config_of("masks", at("in"));
        const struct import_value value = { "inside", rows[i].inside };
        c.size = SIDE;
        c.values = &value;
        c.value_count = rows[i].inside ? 1 : 0;
        struct dataset *d = run(&c);
        long area = area_of(d, "images/a.png", "heart");
        if (area != (rows[i].area ? rows[i].area : -1)) fail_msg("%d in %d: %ld pixels", rows[i].in, rows[i].out, area);
        assert_int_equal(label_of(d, "images/a.png", "heart"), rows[i].area > 0);
        assert_int_equal(has_remark(d, "1 mask is empty"), rows[i].area == 0);
        assert_int_equal(has_remark(d, "WARNING: 1 mask covers most of the image's border"), rows[i].area > 20 * SIDE);
        dataset_destroy(d);
    }
}

static void put_chunk(FILE *f, const char *kind, const unsigned char *data, unsigned n)
{
    const unsigned char length[4] = { 0, 0, 0, (unsigned char)n };
    unsigned long sum = crc32(crc32(0, (const Bytef *)kind, 4), data, n);
    const unsigned char tail[4] = { (unsigned char)(sum >> 24), (unsigned char)(sum >> 16), (unsigned char)(sum >> 8),
                                    (unsigned char)sum };
    fwrite(length, 4, 1, f);
    fwrite(kind, 4, 1, f);
    fwrite(data, 1, n, f);
    fwrite(tail, 4, 1, f);
}

/* A black picture of 2 x 2 whose left half is transparent, as RGBA. */
static void write_transparent(const char *relative)
{
    static const unsigned char head[13] = { 0, 0, 0, 2, 0, 0, 0, 2, 8, 6, 0, 0, 0 };
    const unsigned char rows[18] = { [8] = 255, [17] = 255 };
    unsigned char packed[64];
    uLongf n = sizeof packed;
    assert_int_equal(compress(packed, &n, rows, sizeof rows), Z_OK);
    FILE *f = fopen(at(relative), "wb");
    assert_non_null(f);
    fwrite("\x89PNG\r\n\x1a\n", 8, 1, f);
    put_chunk(f, "IHDR", head, sizeof head);
    put_chunk(f, "IDAT", packed, (unsigned)n);
    put_chunk(f, "IEND", packed, 0);
    fclose(f);
}

static void masks_that_are_none_are_named_and_leave_nothing_known(void **state)
{
    (void)state;
    struct image m;
    struct err e;
    write_picture("in/images/a.png", SIDE, SIDE, 1, 1, 0);
    write_picture("in/images/b.png", SIDE, SIDE, 1, 2, 0);
    write_plain("in/masks/heart/b.png");
    /* three structures in one file */
    assert_true(image_init(&m, SIDE, SIDE, 1, "map", &e));
    for (int i = 0; i < SIDE * SIDE; i++) m.pixels[i] = (uint8_t)(i % SIDE / 10);
    assert_true(image_write_png(at("in/masks/heart/a.png"), &m, &e));
    struct dataset *d = run_on("in");
    assert_true(is_unreadable(d, "masks/heart/a.png", "mask, several grey levels"));
    assert_int_equal(label_of(d, "images/a.png", "heart"), LABEL_MISSING);
    assert_int_equal(label_of(d, "images/b.png", "heart"), 1);
    assert_int_equal(d->count, 2);
    assert_int_equal(d->mask_count, 1);
    assert_true(has_remark(d, "images without a mask (1 of 'heart')"));
    dataset_destroy(d);
    /* smooth borders are no structures */
    for (int i = 0; i < SIDE * SIDE; i++) {
        int x = i % SIDE;
        m.pixels[i] = (uint8_t)(x < 10 ? 0 : x < 14 ? (x - 9) * 50 : 255);
    }
    assert_true(image_write_png(at("in/masks/heart/a.png"), &m, &e));
    d = run_on("in");
    assert_int_equal(area_of(d, "images/a.png", "heart"), 28 * SIDE);
    dataset_destroy(d);
    /* a radiograph */
    for (int i = 0; i < SIDE * SIDE; i++) m.pixels[i] = (uint8_t)(i * 7 % 251);
    assert_true(image_write_png(at("in/masks/heart/a.png"), &m, &e));
    d = run_on("in");
    assert_true(is_unreadable(d, "masks/heart/a.png", "mask, a picture, not a mask"));
    dataset_destroy(d);
    image_clear(&m);
    /* in the opacity, which is dropped */
    write_transparent("in/masks/heart/a.png");
    d = run_on("in");
    assert_true(is_unreadable(d, "masks/heart/a.png", "mask, of one colour, with transparency"));
    dataset_destroy(d);
    /* no picture at all */
    write_text("in/masks/heart/a.png", "no picture");
    d = run_on("in");
    assert_true(is_unreadable(d, "masks/heart/a.png", "mask, "));
    assert_int_equal(d->unreadable_count, 1);
    dataset_destroy(d);
    /* two of one image */
    write_plain("in/masks/heart/a.png");
    write_plain("in/masks/heart/a_mask.png");
    d = run_on("in");
    assert_true(is_unreadable(d, "masks/heart/a.png", "several masks of one image"));
    assert_true(is_unreadable(d, "masks/heart/a_mask.png", "several masks of one image"));
    assert_int_equal(label_of(d, "images/a.png", "heart"), LABEL_MISSING);
    struct dataset_reason *reasons;
    size_t count;
    assert_true(reasons_unreadable(d, &reasons, &count, &e));
    assert_int_equal(count, 1);
    assert_int_equal(reasons[0].count, 2);
    reasons_free(reasons, count);
    dataset_destroy(d);
}

static void masks_of_other_sizes_cover_the_image(void **state)
{
    (void)state;
    static const struct {
        int w, h; /* of a mask whose right half is inside, of an image of 80 x 40 */
        bool fits;
    } rows[] = { { 80, 40, true }, { 160, 80, true }, { 40, 20, true },  { 82, 41, true },
                 { 81, 41, true }, { 40, 80, false }, { 40, 40, false }, { 80, 44, false } };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        write_picture("in/images/a.png", 80, 40, 1, 1, 0);
        write_mask("in/masks/heart/a.png", rows[i].w, rows[i].h, rows[i].w / 2, rows[i].w, 0, 255);
        struct dataset *d = run_on("in");
        long area = area_of(d, "images/a.png", "heart");
        if (rows[i].fits ? area < 19 * 40 || area > 21 * 40 : area >= 0)
            fail_msg("%d x %d: %ld", rows[i].w, rows[i].h, area);
        assert_int_equal(is_unreadable(d, "masks/heart/a.png", "its sides do not fit"), !rows[i].fits);
        assert_int_equal(label_of(d, "images/a.png", "heart"), rows[i].fits ? 1 : LABEL_MISSING);
        dataset_destroy(d);
    }
}

static void folders_of_one_structure_are_united(void **state)
{
    (void)state;
    static const struct import_value values[] = { { "mask", "lungs=left" }, { "mask", "lungs=right" } };
    write_picture("in/images/a.png", SIDE, SIDE, 1, 1, 0);
    write_picture("in/images/b.png", SIDE, SIDE, 1, 2, 0);
    write_mask("in/left/a.png", SIDE, SIDE, 0, 12, 0, 255);
    write_mask("in/right/a.png", SIDE, SIDE, 10, 30, 0, 255);
    write_mask("in/left/b.png", SIDE, SIDE, 0, 12, 0, 255);
    write_text("in/right/b.png", "no picture");
    struct import_config c = config_of("masks", at("in"));
    c.size = SIDE;
    c.values = values;
    c.value_count = 2;
    struct dataset *d = run(&c);
    assert_int_equal(d->classes, 1);
    assert_int_equal(area_of(d, "images/a.png", "lungs"), 30 * SIDE);
    assert_int_equal(area_of(d, "images/b.png", "lungs"), -1); /* half of a union is none */
    assert_int_equal(label_of(d, "images/b.png", "lungs"), LABEL_MISSING);
    dataset_destroy(d);
}

/* Half of a structure is neither a mask nor an absent one; folders that no image has both of are no halves. */
static void a_missing_half_is_unknown(void **state)
{
    (void)state;
    static const struct import_value values[] = { { "mask", "lungs=left" },
                                                  { "mask", "lungs=right" },
                                                  { "mask", "lungs=other" } };
    static const char *const names[] = { "both", "empty", "half", "lone", "none", "third" };
    char name[64];
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        snprintf(name, sizeof name, "in/images/%s.png", names[i]);
        write_picture(name, SIDE, SIDE, 1, (unsigned)i, 0);
    }
    write_mask("in/left/both.png", SIDE, SIDE, 0, 12, 0, 255);
    write_mask("in/right/both.png", SIDE, SIDE, 20, 30, 0, 255);
    write_mask("in/left/none.png", SIDE, SIDE, 0, 0, 0, 255); /* empty in both: known to be absent */
    write_mask("in/right/none.png", SIDE, SIDE, 0, 0, 0, 255);
    write_mask("in/left/empty.png", SIDE, SIDE, 0, 0, 0, 255);
    write_mask("in/left/half.png", SIDE, SIDE, 0, 12, 0, 255);
    write_mask("in/right/lone.png", SIDE, SIDE, 20, 30, 0, 255);
    write_mask("in/other/third.png", SIDE, SIDE, 0, 5, 0, 255);
    struct import_config c = config_of("masks", at("in"));
    c.size = SIDE;
    c.values = values;
    c.value_count = 3;
    struct dataset *d = run(&c);
    static const struct {
        const char *path;
        int label, area;
    } rows[] = { { "images/both.png", 1, 22 * SIDE },
                 { "images/empty.png", LABEL_MISSING, -1 },
                 { "images/half.png", LABEL_MISSING, -1 },
                 { "images/lone.png", LABEL_MISSING, -1 },
                 { "images/none.png", 0, -1 },
                 { "images/third.png", 1, 5 * SIDE } };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (label_of(d, rows[i].path, "lungs") != rows[i].label) fail_msg("label of %s", rows[i].path);
        if (area_of(d, rows[i].path, "lungs") != rows[i].area) fail_msg("mask of %s", rows[i].path);
    }
    assert_true(has_remark(d, "WARNING: 3 images have a mask in some folders"));
    assert_true(has_remark(d, "the first is lungs of images/empty.png"));
    assert_true(has_remark(d, "images with a mask: lungs 3"));
    assert_true(has_remark(d, "images without a mask (3 of 'lungs')"));
    assert_true(has_remark(d, "1 mask is empty"));
    dataset_destroy(d);
}

/* What was refused, or went with its image, is not counted. */
static void counts_of_masks_are_those_of_what_is_stored(void **state)
{
    (void)state;
    char name[64];
    for (int i = 0; i < 6; i++) {
        snprintf(name, sizeof name, "in/images/%d.png", i);
        write_picture(name, SIDE, SIDE, 1, (unsigned)i, 0);
        snprintf(name, sizeof name, "in/masks/heart/%d.png", i);
        write_plain(name);
    }
    write_mask("in/masks/heart/1.png", SIDE, SIDE / 2, 0, 10, 0, 255); /* of other proportions */
    write_mask("in/masks/heart/2.png", SIDE, SIDE, 0, 0, 0, 255);
    struct stat st;
    assert_int_equal(stat(at("in/images/3.png"), &st), 0);
    assert_int_equal(truncate(at("in/images/3.png"), st.st_size - 30), 0);
    struct dataset *d = run_on("in");
    assert_int_equal(d->count, 5);
    assert_int_equal(d->mask_count, 3);
    assert_true(has_remark(d, "images with a mask: heart 4")); /* one of them empty */
    assert_true(has_remark(d, "images without a mask (1 of 'heart')"));
    assert_true(has_remark(d, "1 mask is empty"));
    assert_int_equal(label_of(d, "images/1.png", "heart"), LABEL_MISSING);
    dataset_destroy(d);
}

/* ---- the table ---- */

static void write_four(void)
{
    for (int i = 0; i < 4; i++) {
        char path[64];
        snprintf(path, sizeof path, "in/images/%d.png", i);
        write_picture(path, SIDE, SIDE, 1, (unsigned)i, 0);
    }
    write_plain("in/masks/heart/0.png");
    write_mask("in/masks/heart/1.png", SIDE, SIDE, 0, 0, 0, 255);
}

static void a_table_gives_labels_patients_and_splits(void **state)
{
    (void)state;
    write_four();
    write_text("in/list.csv", "File;Patient;sex;nodule;Split;Heart\n0.png;p;F;1;train;1\n1;q;M;0;test;1\n"
                              "images/2.png;p;F;;train;0\n2.png;p;F;;train;0\n7.png;r;F;1;test;\n");
    struct dataset *d = run_on("in");
    assert_int_equal(d->count, 4);
    assert_int_equal(d->classes, 2);
    assert_int_equal(label_of(d, "images/0.png", "nodule"), 1);
    assert_int_equal(label_of(d, "images/1.png", "nodule"), 0);
    assert_int_equal(label_of(d, "images/2.png", "nodule"), LABEL_MISSING);
    assert_string_equal(d->images[index_of(d, "images/2.png")].patient, "p");
    assert_int_equal(d->images[index_of(d, "images/0.png")].split, d->images[index_of(d, "images/2.png")].split);
    assert_int_equal(d->images[index_of(d, "images/1.png")].split, SPLIT_TEST);
    assert_int_equal(d->images[index_of(d, "images/3.png")].split, SPLIT_NONE);
    /* of the structure: a mask counts, and the table tells where there is none */
    const char *heart = d->class_names[0];
    assert_int_equal(label_of(d, "images/0.png", heart), 1);
    assert_int_equal(label_of(d, "images/1.png", heart), 0);
    assert_int_equal(label_of(d, "images/2.png", heart), 0);
    assert_int_equal(label_of(d, "images/3.png", heart), LABEL_MISSING);
    assert_true(has_remark(d, "1 mask contradicts the table, and counts"));
    assert_true(has_remark(d, "images without a mask (1 of"));
    assert_true(has_remark(d, "1 row of the table repeats another one"));
    assert_true(has_remark(d, "1 image of the table is not here"));
    assert_true(has_remark(d, "1 image has no line in the table"));
    assert_true(has_remark(d, "columns that are not read: sex"));
    assert_int_equal(d->mask_count, 1);
    dataset_destroy(d);
}

static void tables_that_do_not_tell_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *text, *part;
    } rows[] = {
        { "name,nodule\n0.png,1\n", "no column image, path or file" },
        { "image,nodule\n", "no rows" },
        { "image,nodule\n,1\n", "line 2: column 'image' is empty" },
        { "image,nodule\n0.png,1\n0.png,0\n", "the image images/0.png stands on more than one line: 2 and 3" },
        { "image,nodule\n8.png,1\n9.png,0\n", "none of its 2 images is below" },
        { "image,split\n0.png,sometimes\n", "expected train, val or test" },
        { "image,nodule\n0.png\n", "line 2" },
    };
    write_four();
    at("packs/.");
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        write_text("in/list.csv", rows[i].text);
        struct import_config c = config_of("masks", at("in"));
        expect_failure(&c, rows[i].part, "list.csv");
    }
    write_text("in/other.csv", "image,a\n0.png,1\n");
    struct import_config c = config_of("masks", at("in"));
    expect_failure(&c, "several tables are there", "--table FILE");
    char table[512];
    snprintf(table, sizeof table, "%s", at("in/other.csv"));
    const struct import_value value = { "table", table };
    c = config_of("masks", at("in"));
    c.values = &value;
    c.value_count = 1;
    struct dataset *d = run(&c);
    assert_true(dataset_class(d, "a") >= 0);
    dataset_destroy(d);
}

/* ---- the whole ---- */

static void a_real_set_comes_whole(void **state)
{
    (void)state;
    char path[4096];
    snprintf(path, sizeof path, "%s", source_path("../shared/data/jsrt"));
    if (!file_is_directory(path)) {
        print_message("no images with masks beside the sources\n");
        skip();
    }
    struct import_config c = config_of("masks", path);
    c.size = 64;
    struct dataset *d = run(&c);
    assert_int_equal(d->count, 207);
    assert_int_equal(d->classes, 6);
    assert_int_equal(d->mask_count, 5 * 207);
    assert_int_equal(d->unreadable_count, 0);
    assert_int_equal(dataset_split_images(d, SPLIT_TEST, NULL), 83);
    assert_int_equal(dataset_split_images(d, SPLIT_TRAIN, NULL) + dataset_split_images(d, SPLIT_VAL, NULL), 124);
    assert_true(dataset_split_images(d, SPLIT_VAL, NULL) > 0);
    /* lungs are large, clavicles are small, and all are there */
    long lungs = 0, clavicles = 0;
    for (uint32_t i = 0; i < d->count; i++) {
        lungs += area_of(d, d->images[i].path, "left_lung") + area_of(d, d->images[i].path, "right_lung");
        clavicles += area_of(d, d->images[i].path, "left_clavicle") + area_of(d, d->images[i].path, "right_clavicle");
    }
    assert_in_range(lungs / d->count, 64 * 64 / 5, 64 * 64 / 2);
    assert_in_range(clavicles / d->count, 64 * 64 / 100, 64 * 64 / 15);
    dataset_destroy(d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_SCRATCH(layouts_are_understood),
        IN_SCRATCH(the_kind_is_guessed),
        IN_SCRATCH(links_to_folders_of_masks_are_followed_where_asked),
        IN_SCRATCH(what_belongs_to_nothing_is_left_out_by_name),
        IN_SCRATCH(what_cannot_be_meant_is_refused),
        IN_SCRATCH(grey_levels_of_masks_are_understood),
        IN_SCRATCH(masks_that_are_none_are_named_and_leave_nothing_known),
        IN_SCRATCH(masks_of_other_sizes_cover_the_image),
        IN_SCRATCH(folders_of_one_structure_are_united),
        IN_SCRATCH(a_missing_half_is_unknown),
        IN_SCRATCH(counts_of_masks_are_those_of_what_is_stored),
        IN_SCRATCH(a_table_gives_labels_patients_and_splits),
        IN_SCRATCH(tables_that_do_not_tell_are_refused),
        IN_SCRATCH(a_real_set_comes_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
