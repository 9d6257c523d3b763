/* Reading pictures: every kind as another decoder does, damage refused and never a crash. */
#include "tests/check.h"

#include <sys/stat.h>
#include <unistd.h>

#include <zlib.h>

#include "engine/base/files.h"
#include "engine/base/mapping.h"
#include "engine/base/random.h"
#include "engine/base/text.h"
#include "engine/data/images/image.h"

enum { NAME = 4096, FILES_MOST = 512 };

/* ---- tables made by tests/fixtures/make_images.py ---- */

struct row {
    char *name, *shape, *third, *fourth; /* digest; or code and reason where shape is "refused" */
};

struct table {
    char *text;
    struct row rows[FILES_MOST];
    size_t n;
};

static void table_read(struct table *t, const char *relative)
{
    struct err e;
    t->n = 0;
    t->text = file_read_text(source_path(relative), 1 << 20, &e);
    if (!t->text) fail_msg("%s", e.msg);
    for (char *save, *line = strtok_r(t->text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
        struct row *r = &t->rows[t->n++];
        assert_true(t->n < FILES_MOST);
        r->name = strsep(&line, "\t");
        r->shape = strsep(&line, "\t");
        r->third = strsep(&line, "\t");
        r->fourth = strsep(&line, "\t");
    }
}

/* As the table writes it. */
static const char *name_of(enum err_code code)
{
    static const char *const names[] = {
#define NAME(code, status, meaning) [code] = #code,
        ERR_LIST(NAME)
#undef NAME
    };
    return names[code];
}

static bool row_holds(const struct row *r, const char *path)
{
    struct image m;
    struct err e = { 0 };
    if (!image_read(path, &m, &e)) {
        assert_null(m.pixels);
        assert_non_null(strstr(e.msg, r->name)); /* named by its name */
        if (!strcmp(r->shape, "refused") && !strcmp(r->third, name_of(e.code)) && strstr(e.msg, r->fourth)) return true;
        print_error("%s: expected %s %s, got %s: %s\n", r->name, r->shape, r->third, name_of(e.code), e.msg);
        return false;
    }
    char shape[64], digest[DIGEST_HEX_SIZE];
    snprintf(shape, sizeof shape, "%dx%dx%d", m.width, m.height, m.channels);
    digest_bytes(m.pixels, (size_t)m.width * (size_t)m.height * (size_t)m.channels, digest);
    bool ok = !strcmp(shape, r->shape) && !strcmp(digest, r->third);
    if (!ok) print_error("%s: expected %s %s, got %s %s\n", r->name, r->shape, r->third, shape, digest);
    image_clear(&m);
    return ok;
}

static size_t wrong_rows(const char *relative, const char *folder)
{
    static struct table t;
    size_t wrong = 0;
    table_read(&t, relative);
    for (size_t i = 0; i < t.n; i++) {
        char path[NAME];
        assert_true(file_join(path, sizeof path, folder, t.rows[i].name));
        wrong += !row_holds(&t.rows[i], path);
    }
    free(t.text);
    return wrong;
}

static void image_read_agrees_with_another_decoder(void **state)
{
    (void)state;
    char folder[NAME];
    snprintf(folder, sizeof folder, "%s", source_path("tests/fixtures/images"));
    assert_int_equal(wrong_rows("tests/fixtures/images.txt", folder), 0);
}

static void tiff_files_hold_what_was_put_into_them(void **state)
{
    (void)state;
    char folder[NAME], version[32];
    struct image m;
    struct err e = { 0 };
    snprintf(folder, sizeof folder, "%s", source_path("tests/fixtures/tiff"));
    if (image_tiff_version(version)) {
        assert_int_equal(wrong_rows("tests/fixtures/tiff.txt", folder), 0);
        return;
    }
    assert_false(image_read(source_path("tests/fixtures/tiff/grey8.tif"), &m, &e));
    assert_int_equal(e.code, ERR_UNSUPPORTED);
    assert_non_null(strstr(e.msg, "libtiff-dev"));
}

static void image_read_agrees_on_the_large_conformance_set(void **state)
{
    (void)state;
    char folder[NAME];
    snprintf(folder, sizeof folder, "%s", source_path("../shared/data/images"));
    if (!file_is_directory(folder)) skip();
    assert_int_equal(wrong_rows("tests/fixtures/conformance.txt", folder), 0);
}

/* ---- damage ---- */

static void each_file(const char *list, const char *folder,
                      void (*visit)(const char *name, const uint8_t *bytes, size_t n))
{
    static struct table t;
    table_read(&t, list);
    for (size_t i = 0; i < t.n; i++) {
        char relative[512];
        struct err e;
        struct mapping m;
        snprintf(relative, sizeof relative, "%s/%.400s", folder, t.rows[i].name);
        if (!mapping_open(&m, source_path(relative), &e)) fail_msg("%s", e.msg);
        if (m.size) visit(strcmp(t.rows[i].shape, "refused") ? t.rows[i].name : "", m.data, m.size);
        mapping_close(&m);
    }
    free(t.text);
}

static bool reads_tiff(void)
{
    char version[32];
    return image_tiff_version(version) != NULL;
}

static void each_fixture(void (*visit)(const char *name, const uint8_t *bytes, size_t n))
{
    each_file("tests/fixtures/images.txt", "tests/fixtures/images", visit);
    if (reads_tiff()) each_file("tests/fixtures/tiff.txt", "tests/fixtures/tiff", visit);
}

/* In a block of its exact length, so that a checker sees any byte read behind it. */
static bool reads(const uint8_t *bytes, size_t n, struct err *e)
{
    struct image m;
    uint8_t *copy = malloc(n ? n : 1);
    assert_non_null(copy);
    if (n) memcpy(copy, bytes, n);
    bool ok = image_read_memory(copy, n, "damaged", &m, e);
    if (ok) assert_non_null(m.pixels);
    if (!ok) assert_true(*e->msg && !m.pixels);
    image_clear(&m);
    free(copy);
    return ok;
}

static void refuse_every_beginning(const char *name, const uint8_t *bytes, size_t n)
{
    struct err e;
    if (!*name || !strcmp(name, "trailing.jpg") || !strcmp(name, "pages.tif")) return;
    if (n >= 4 && (!memcmp(bytes, "II", 2) || !memcmp(bytes, "MM", 2)))
        n -= 8; /* a TIFF may end in a link to nothing */
    for (size_t length = 0; length < n; length++)
        if (reads(bytes, length, &e)) fail_msg("%s: read although cut to %zu of %zu bytes", name, length, n);
}

static void image_read_refuses_every_truncated_file(void **state)
{
    (void)state;
    each_fixture(refuse_every_beginning);
}

/* Make checksums right again, so that damage reaches what lies behind them. */
static void mend_checksums(uint8_t *bytes, size_t n)
{
    for (size_t at = 8; n >= 12 && at <= n - 12;) {
        size_t length =
            (size_t)bytes[at] << 24 | (size_t)bytes[at + 1] << 16 | (size_t)bytes[at + 2] << 8 | bytes[at + 3];
        if (length > n - at - 12) return;
        uLong sum = crc32(0, bytes + at + 4, (uInt)length + 4);
        for (int i = 0; i < 4; i++) bytes[at + 8 + length + (size_t)i] = (uint8_t)(sum >> (24 - 8 * i));
        at += 12 + length;
    }
}

static void damage_and_read(const char *name, const uint8_t *bytes, size_t n)
{
    (void)name;
    struct random r = random_stream(1, (uint32_t)n, crc32(0, bytes, (uInt)n) & 0xffff, 99);
    uint8_t *copy = malloc(n + 1);
    assert_non_null(copy);
    int times = is_long_suite() ? 5000 : 150;
    for (int i = 0; i < times; i++) {
        struct err e;
        memcpy(copy, bytes, n);
        uint32_t places = 1 + random_below(&r, 4), near = n > 64 ? 64 : (uint32_t)n;
        for (uint32_t k = 0; k < places; k++) {
            uint32_t at = random_below(&r, i % 3 ? (uint32_t)n : near), kind = random_below(&r, 4);
            copy[at] = (uint8_t)(kind == 0   ? 0
                                 : kind == 1 ? 255
                                 : kind == 2 ? copy[at] ^ (1u << random_below(&r, 8))
                                             : random_u32(&r));
        }
        if (i & 1) mend_checksums(copy, n);
        reads(copy, i % 5 ? n : 1 + random_below(&r, (uint32_t)n), &e);
    }
    free(copy);
}

static void damaged_files_neither_crash_nor_print(void **state)
{
    (void)state;
    FILE *heard = tmpfile();
    assert_non_null(heard);
    fflush(stderr);
    int kept = dup(STDERR_FILENO);
    assert_true(kept >= 0 && dup2(fileno(heard), STDERR_FILENO) >= 0);
    each_fixture(damage_and_read);
    fflush(stderr);
    dup2(kept, STDERR_FILENO);
    close(kept);
    struct stat st;
    assert_int_equal(fstat(fileno(heard), &st), 0);
    assert_int_equal(st.st_size, 0);
    fclose(heard);
}

/* ---- headers ---- */

/* A header is refused only where the file is, with the same words, and says what the file holds. */
static void check_head(const char *path, bool *refused)
{
    struct image m;
    struct image_head h;
    struct err e = { 0 }, why = { 0 };
    bool read = image_read(path, &m, &e), head = image_head_read(path, NULL, &h, &why);
    *refused = !head;
    if (!head && (read || strcmp(e.msg, why.msg))) fail_msg("%s: the header: %s; the file: %s", path, why.msg, e.msg);
    if (read && !(m.width == h.width && m.height == h.height) && !(m.width == h.height && m.height == h.width))
        fail_msg("%s: %d x %d, its header: %d x %d", path, m.width, m.height, h.width, h.height);
    if (read && h.grey) assert_int_equal(m.channels, 1);
    image_clear(&m);
}

static void a_header_tells_what_the_file_holds(void **state)
{
    (void)state;
    static const char *const lists[] = { "images", "tiff" };
    static const char *const told[] = { "bomb.png",     "bomb.jpg", "huge.png",  "no.txt",   "nothing.png",
                                        "xhdn0g08.png", "two.jpg",  "float.tif", "lzma.tif", "cmyk.tif" };
    size_t found = 0;
    for (int l = 0; l < (reads_tiff() ? 2 : 1); l++) {
        static struct table t;
        char list[64], relative[512];
        snprintf(list, sizeof list, "tests/fixtures/%s.txt", lists[l]);
        table_read(&t, list);
        for (size_t i = 0; i < t.n; i++) {
            bool refused;
            snprintf(relative, sizeof relative, "tests/fixtures/%s/%.400s", lists[l], t.rows[i].name);
            check_head(source_path(relative), &refused);
            for (size_t k = 0; k < sizeof told / sizeof told[0]; k++)
                found += refused && !strcmp(told[k], t.rows[i].name);
        }
        free(t.text);
    }
    assert_int_equal(found, reads_tiff() ? 10 : 7);
    if (!reads_tiff()) return;
    struct image_head h;
    struct err e;
    assert_true(image_head_read(source_path("tests/fixtures/tiff/pages.tif"), NULL, &h, &e) && h.more);
    assert_true(image_head_read(source_path("tests/fixtures/tiff/grey8.tif"), NULL, &h, &e) && !h.more);
}

/* ---- the rest ---- */

static void image_read_names_what_is_no_file(void **state)
{
    (void)state;
    static const struct {
        const char *path, *part;
    } rows[] = { { "/nonexistent/x.png", "No such file" },
                 { "/", "not a regular file" },
                 { "/dev/null", "not a regular file" } };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct image m;
        struct err e;
        assert_false(image_read(rows[i].path, &m, &e));
        assert_int_equal(e.code, ERR_IO);
        if (!strstr(e.msg, rows[i].part)) fail_msg("%s", e.msg);
    }
}

static void sixteen_bits_are_scaled_by_quantiles(void **state)
{
    (void)state;
    uint16_t v[1001];
    uint8_t out[1001];
    for (int i = 0; i < 1001; i++) v[i] = (uint16_t)(1000 + 4 * ((i * 3) % 1001));
    image_from_samples(v, 1001, out);
    for (int i = 0; i < 1001; i++) { /* ranks 5 and 995: 1020 and 4980 */
        int x = v[i] < 1020 ? 0 : v[i] > 4980 ? 3960 : v[i] - 1020;
        assert_int_equal(out[i], (x * 255 + 1980) / 3960);
    }
    for (int i = 0; i < 1001; i++) v[i] = i == 500 ? 2000 : 1000; /* one bright spot: the quantiles are equal */
    image_from_samples(v, 1001, out);
    assert_int_equal(out[0], 0);
    assert_int_equal(out[500], 255);
    for (int i = 0; i < 1001; i++) v[i] = 257 * 77;
    image_from_samples(v, 1001, out);
    assert_int_equal(out[3], 77);
    image_from_samples(v, 1, out);
    assert_int_equal(out[0], 77);
}

static void a_written_image_is_read_again(void **state)
{
    (void)state;
    char path[] = "/tmp/mlvicx-image-XXXXXX.png";
    int fd = mkstemps(path, 4);
    assert_true(fd >= 0);
    close(fd);
    for (int channels = 1; channels <= 3; channels += 2) {
        struct image a, b;
        struct err e;
        assert_true(image_init(&a, 33, 7, channels, "x", &e));
        for (int i = 0; i < 33 * 7 * channels; i++) a.pixels[i] = (uint8_t)(i * 37);
        if (!image_write_png(path, &a, &e) || !image_read(path, &b, &e)) fail_msg("%s", e.msg);
        assert_int_equal(b.channels, channels);
        assert_memory_equal(a.pixels, b.pixels, 33 * 7 * (size_t)channels);
        image_clear(&a);
        image_clear(&b);
    }
    unlink(path);
    struct image a;
    struct err e;
    assert_true(image_init(&a, 1, 1, 1, "x", &e));
    assert_false(image_write_png("/nonexistent/x.png", &a, &e));
    image_clear(&a);
}

static void channels_are_told_apart_and_converted(void **state)
{
    (void)state;
    static const struct {
        uint8_t rgb[3];
        bool grey;
        uint8_t luma;
    } rows[] = { { { 100, 104, 108 }, true, 103 },
                 { { 100, 104, 109 }, false, 103 },
                 { { 9, 0, 3 }, false, 3 },
                 { { 255, 255, 255 }, true, 255 } };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct image m;
        struct err e;
        assert_true(image_init(&m, 3, 2, 3, "x", &e));
        memcpy(m.pixels + 15, rows[i].rgb, 3);
        assert_int_equal(image_is_grey(&m), rows[i].grey);
        assert_true(image_convert(&m, 1, &e) && image_is_grey(&m));
        assert_int_equal(m.pixels[5], rows[i].luma);
        assert_true(image_convert(&m, 3, &e) && m.channels == 3 && m.pixels[17] == rows[i].luma && m.pixels[14] == 0);
        image_clear(&m);
    }
}

static void image_init_refuses_sizes_beyond_reason(void **state)
{
    (void)state;
    static const struct {
        int w, h;
        enum err_code code;
    } rows[] = {
        { 0, 5, ERR_FORMAT }, { 5, -1, ERR_FORMAT }, { 70000, 1, ERR_UNSUPPORTED }, { 30000, 30000, ERR_UNSUPPORTED }
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct image m;
        struct err e;
        assert_false(image_init(&m, rows[i].w, rows[i].h, 3, "x", &e));
        assert_int_equal(e.code, rows[i].code);
        image_clear(&m);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(image_read_agrees_with_another_decoder),
        cmocka_unit_test(tiff_files_hold_what_was_put_into_them),
        cmocka_unit_test(image_read_agrees_on_the_large_conformance_set),
        cmocka_unit_test(image_read_refuses_every_truncated_file),
        cmocka_unit_test(damaged_files_neither_crash_nor_print),
        cmocka_unit_test(a_header_tells_what_the_file_holds),
        cmocka_unit_test(image_read_names_what_is_no_file),
        cmocka_unit_test(sixteen_bits_are_scaled_by_quantiles),
        cmocka_unit_test(a_written_image_is_read_again),
        cmocka_unit_test(channels_are_told_apart_and_converted),
        cmocka_unit_test(image_init_refuses_sizes_beyond_reason),
    };
    return cmocka_run_group_tests_name("image", tests, NULL, NULL);
}
