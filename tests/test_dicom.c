/* DICOM files: levels against pydicom and numpy, refusals by reason, decoders that crash, hang and eat memory. */
#include "tests/check.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include "engine/base/files.h"
#include "engine/base/random.h"
#include "engine/data/dicom/dicom_levels.h"
#include "engine/data/dicom/dicom_pool.h"
#include "engine/data/images/image.h"

enum { NAME = 4096, PLACES = 64, BYTES_MOST = 1 << 20 };

static const char own[] = "tests/fixtures/dicom", shared[] = "../shared/data/dicom";

static struct dicom_pool *pool;

static void need_dicom(void)
{
    if (!dicom_supported()) skip();
}

static bool read_any(const char *folder, const char *name, struct image *m, struct err *e)
{
    const struct image_options how = { .decoders = pool, .any_modality = true };
    char path[NAME];
    assert_true(file_join(path, sizeof path, source_path(folder), name));
    return image_read_as(path, &how, m, e);
}

/* ---- tables made by tests/fixtures/make_dicom.py ---- */

/* One line: name, width, height, channels, tolerance, digest, levels at 64 places. */
static bool row_holds(const char *folder, char *line)
{
    char name[256], digest[DIGEST_HEX_SIZE], found[DIGEST_HEX_SIZE], places[2 * PLACES + 1];
    int width, height, channels, tolerance, worst = 0;
    struct image m;
    struct err e = { 0 };
    assert_int_equal(
        sscanf(line, "%255s %d %d %d %d %64s %128s", name, &width, &height, &channels, &tolerance, digest, places), 7);
    if (!read_any(folder, name, &m, &e)) {
        print_error("%s: %s\n", name, e.msg);
        return false;
    }
    bool ok = m.width == width && m.height == height && m.channels == channels;
    for (int i = 0; ok && i < PLACES; i++) {
        unsigned want;
        int row = (2 * (i / 8) + 1) * height / 16, column = (2 * (i % 8) + 1) * width / 16;
        assert_int_equal(sscanf(places + 2 * i, "%2x", &want), 1);
        int off = abs((int)want - m.pixels[(row * width + column) * channels + i % channels]);
        if (off > worst) worst = off;
    }
    digest_bytes(m.pixels, (size_t)m.width * (size_t)m.height * (size_t)m.channels, found);
    ok = ok && worst <= tolerance && (tolerance || !strcmp(digest, found));
    if (!ok)
        print_error("%s: %d x %d x %d, digest %.8s for %.8s, up to %d levels off\n", name, m.width, m.height,
                    m.channels, found, digest, worst);
    image_clear(&m);
    return ok;
}

static size_t wrong_rows(const char *table, const char *folder)
{
    struct err e;
    size_t wrong = 0, rows = 0;
    char *text = file_read_text(source_path(table), BYTES_MOST, &e);
    if (!text) fail_msg("%s", e.msg);
    for (char *save, *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save), rows++)
        wrong += !row_holds(folder, line);
    free(text);
    assert_true(rows > 40);
    return wrong;
}

static void levels_agree_with_numpy(void **state)
{
    (void)state;
    need_dicom();
    assert_int_equal(wrong_rows("tests/fixtures/dicom.txt", own), 0);
}

static void levels_agree_on_the_real_files(void **state)
{
    (void)state;
    need_dicom();
    if (!file_is_directory(source_path(shared))) skip();
    assert_int_equal(wrong_rows("tests/fixtures/dicom_shared.txt", shared), 0);
}

static void same_levels(const char *folder, const char *const *names)
{
    struct image first = { 0 }, m;
    struct err e;
    for (size_t i = 0; names[i]; i++) {
        if (!read_any(folder, names[i], i ? &m : &first, &e)) fail_msg("%s", e.msg);
        if (!i) continue;
        size_t n = (size_t)first.width * (size_t)first.height * (size_t)first.channels;
        if (m.width != first.width || m.height != first.height || m.channels != first.channels ||
            memcmp(m.pixels, first.pixels, n))
            fail_msg("%s differs from %s", names[i], names[0]);
        image_clear(&m);
    }
    image_clear(&first);
}

static void one_picture_has_the_same_levels_however_it_is_coded(void **state)
{
    (void)state;
    need_dicom();
    static const char *const names[] = { "same.png",
                                         "same_implicit.dcm",
                                         "same_explicit.dcm",
                                         "same_big.dcm",
                                         "same_deflated.dcm",
                                         "same_rle.dcm",
                                         "same_jpegll.dcm",
                                         "same_jpegls.dcm",
                                         "same_j2k.dcm",
                                         "same_mono1.dcm",
                                         NULL };
    same_levels(own, names);
    if (!file_is_directory(source_path(shared))) return;
    static const char *const groups[][9] = {
        { "mr_small/MR_small.dcm", "mr_small/MR_small_implicit.dcm", "mr_small/MR_small_expb.dcm",
          "mr_small/MR_small_bigendian.dcm", "mr_small/MR_small_RLE.dcm", "mr_small/MR_small_jp2klossless.dcm",
          "mr_small/MR_small_jpeg_ls_lossless.dcm", NULL },
        { "ct1/CT1_UNC.explicit_little_endian.dcm", "ct1/CT1_UNC.explicit_big_endian.dcm",
          "ct1/CT1_UNC.fragmented_bot_jpeg_ls.80.dcm", "ct1/CT1_UNC.not_fragmented_no_bot_jpeg_ls.80.dcm",
          "ct1/D_CLUNIE_CT1_RLE_FRAGS.dcm", NULL },
        { "ct0012/CT0012.fragmented_no_bot_jpeg_lossless.57.dcm",
          "ct0012/CT0012.fragmented_no_bot_jpeg_lossless.70.dcm", "ct0012/CT0012.fragmented_no_bot_jpeg_ls.80.dcm",
          "ct0012/CT0012.not_fragmented_bot_rle.dcm", NULL },
        { "emri_small/emri_small.dcm", "emri_small/emri_small_big_endian.dcm",
          "emri_small/emri_small_jpeg_2k_lossless.dcm", "emri_small/emri_small_jpeg_ls_lossless.dcm", NULL },
        { "colour/SC_rgb.dcm", "colour/SC_rgb_rle.dcm", "colour/SC_rgb_expb.dcm", NULL },
    };
    for (size_t i = 0; i < sizeof groups / sizeof groups[0]; i++) same_levels(shared, groups[i]);
}

/* A copy compressed 76 times: 5 levels off on average. JPEG2000.dcm of the same folder is compressed 2,097 times and
 * shows little of the picture. */
static void a_lossy_copy_stays_close(void **state)
{
    (void)state;
    need_dicom();
    struct image a, b;
    struct err e;
    double off = 0;
    if (!file_is_directory(source_path(shared))) skip();
    if (!read_any(shared, "nm/JPEG-LL.dcm", &a, &e) || !read_any(shared, "nm/JPGExtended.dcm", &b, &e))
        fail_msg("%s", e.msg);
    assert_true(a.width == b.width && a.height == b.height && a.channels == 1 && b.channels == 1);
    size_t n = (size_t)a.width * (size_t)a.height;
    for (size_t k = 0; k < n; k++) off += abs(a.pixels[k] - b.pixels[k]);
    if (!(off / (double)n <= 8)) fail_msg("%g levels off", off / (double)n);
    image_clear(&a);
    image_clear(&b);
}

static void monochrome1_is_the_negative(void **state)
{
    (void)state;
    need_dicom();
    struct image a, b;
    struct err e;
    if (!read_any(own, "window.dcm", &a, &e)) fail_msg("%s", e.msg);
    image_clear(&a);
    if (!file_is_directory(source_path(shared))) return;
    if (!read_any(shared, "radiograph/Fake_MONOHR1.dcm", &a, &e) ||
        !read_any(shared, "radiograph/1.2.276.0.7230010.3.1.4.8323329.6904.1517875201.850819.dcm", &b, &e))
        fail_msg("%s", e.msg);
    for (size_t i = 0; i < 1024 * 1024; i++) assert_int_equal(a.pixels[i], 255 - b.pixels[i]);
    image_clear(&a);
    image_clear(&b);
}

/* ---- refusals ---- */

static void broken_files_are_refused_by_reason(void **state)
{
    (void)state;
    need_dicom();
    static const struct {
        const char *name, *reason;
    } rows[] = {
        { "broken/ExplVR_BigEndNoMeta.dcm", "no pixel data" },
        { "broken/HTJ2K_08_RGB.dcm", "High-Throughput JPEG 2000" },
        { "broken/MR_truncated.dcm", "truncated" },
        { "broken/emri_small_jpeg_2k_lossless_too_short.dcm", "truncated" },
        { "broken/meta_missing_tsyntax.dcm", "transfer syntax" },
        { "broken/no_meta.dcm", "header cannot be read" },
        { "broken/parametric_map_float.dcm", "floating-point" },
        { "broken/rtplan_truncated.dcm", "header cannot be read" },
        { "broken/test-SR.dcm", "no pixel data" },
        { "grey/genFile.dcm", "JPEG baseline stream has no end" },
        { "grey/liver_1frame.dcm", "1 bit" },
        { "radiograph/chrKoreanMulti.dcm", "no pixel data" },
    };
    if (!file_is_directory(source_path(shared))) skip();
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct image m;
        struct err e = { 0 };
        assert_false(read_any(shared, rows[i].name, &m, &e));
        assert_null(m.pixels);
        if (!strstr(e.msg, rows[i].name) || !strstr(e.msg, rows[i].reason)) fail_msg("%s", e.msg);
    }
}

static void what_is_no_radiograph_is_refused_by_its_kind(void **state)
{
    (void)state;
    need_dicom();
    static const struct {
        const char *name, *reason;
    } rows[] = { { "other_ct.dcm", "(CT)" }, { "other_frames.dcm", "(several frames)" } };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct image m;
        struct err e = { 0 };
        char path[NAME];
        assert_true(file_join(path, sizeof path, source_path(own), rows[i].name));
        assert_false(image_read(path, &m, &e));
        assert_int_equal(e.code, ERR_UNSUPPORTED);
        if (!strstr(e.msg, rows[i].reason) || !strstr(e.msg, "--any-modality")) fail_msg("%s", e.msg);
    }
}

static uint8_t *read_own(const char *name, size_t *n)
{
    char path[NAME];
    assert_true(file_join(path, sizeof path, source_path(own), name));
    FILE *f = fopen(path, "rb");
    uint8_t *bytes = malloc(BYTES_MOST);
    assert_non_null(f);
    *n = fread(bytes, 1, BYTES_MOST, f);
    fclose(f);
    return bytes;
}

/* The bytes as a file, through the pool. */
static bool read_bytes(const uint8_t *bytes, size_t n, struct image *m, struct err *e)
{
    const struct dicom_request q = { .pixels = true, .any_modality = true };
    struct dicom_facts facts;
    int fd = memfd_create("file", 0);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, bytes, n), (ssize_t)n);
    *m = (struct image){ 0 };
    bool ok = dicom_pool_read(pool, fd, &q, &facts, &m->channels, &m->pixels, e);
    m->width = facts.width;
    m->height = facts.height;
    close(fd);
    return ok;
}

/* Set a number of 16 bits of a big-endian header: group, element, "US", length 2, value. */
static void set_word(uint8_t *bytes, size_t n, uint8_t element, uint8_t value)
{
    const uint8_t head[] = { 0x00, 0x28, 0x01, element, 'U', 'S', 0, 2 };
    uint8_t *at = memmem(bytes, n, head, sizeof head);
    assert_non_null(at);
    at[sizeof head] = 0;
    at[sizeof head + 1] = value;
}

/* Of two samples in such a word the second comes first; in bytes they stand in order. */
static void bytes_in_big_endian_words_are_refused(void **state)
{
    (void)state;
    need_dicom();
    size_t n;
    uint8_t *bytes = read_own("same_big.dcm", &n);
    struct image m;
    struct err e = { 0 };
    for (uint8_t element = 0; element < 3; element++) set_word(bytes, n, element, element < 2 ? 8 : 7);
    assert_false(read_bytes(bytes, n, &m, &e));
    assert_int_equal(e.code, ERR_UNSUPPORTED);
    assert_non_null(strstr(e.msg, "8 bits stand in big-endian words; convert it"));
    uint8_t *words = memmem(bytes, n, "OW", 2);
    assert_non_null(words);
    memcpy(words, "OB", 2);
    if (!read_bytes(bytes, n, &m, &e)) fail_msg("%s", e.msg);
    image_clear(&m);
    free(bytes);
}

static const char *const coded[] = { "same_explicit.dcm", "same_implicit.dcm", "same_deflated.dcm", "same_rle.dcm",
                                     "same_jpegll.dcm",   "same_jpegls.dcm",   "same_j2k.dcm",      "jpeg8.dcm" };
enum { CODED = sizeof coded / sizeof coded[0] };

/* The last byte alone may be padding. */
static void every_truncated_file_is_refused(void **state)
{
    (void)state;
    need_dicom();
    for (size_t k = 0; k < CODED; k++) {
        size_t n;
        uint8_t *bytes = read_own(coded[k], &n);
        struct image m;
        struct err e;
        if (!read_bytes(bytes, n, &m, &e)) fail_msg("%s: %s", coded[k], e.msg);
        image_clear(&m);
        for (size_t left = 1; left < n - 1; left += left < n - 16 ? 41 : 1)
            if (read_bytes(bytes, left, &m, &e))
                fail_msg("%s: read from its first %zu of %zu bytes", coded[k], left, n);
        free(bytes);
    }
}

/* Flipped bits: refused, or a picture of some size; neither ends anything but a decoder. MLVICX_LONG=1: many more. */
static void flipped_bits_cost_a_decoder_at_most(void **state)
{
    (void)state;
    need_dicom();
    const struct dicom_limits few = { .processor_seconds = 1, .seconds = 60, .bytes = 512 << 20 };
    struct dicom_pool *usual = pool;
    struct err why;
    int rounds = is_long_suite() ? 1000 : 40;
    if (!dicom_pool_create(&pool, &few, &why)) fail_msg("%s", why.msg);
    for (size_t k = 0; k < CODED; k++) {
        size_t n;
        uint8_t *bytes = read_own(coded[k], &n), *copy = malloc(n);
        struct random r = random_stream(7, (uint32_t)k, 0, RANDOM_SPLIT);
        for (int i = 0; i < rounds; i++) {
            struct image m;
            struct err e = { 0 };
            memcpy(copy, bytes, n);
            for (int flips = 1 + i % 4; flips--;) {
                uint32_t at = random_below(&r, (uint32_t)n * 8);
                copy[at / 8] ^= (uint8_t)(1 << at % 8);
            }
            if (read_bytes(copy, n, &m, &e))
                assert_true(m.width > 0 && m.height > 0 && (m.channels == 1 || m.channels == 3));
            else
                assert_true(*e.msg && !m.pixels);
            image_clear(&m);
        }
        struct image m;
        struct err e;
        if (!read_bytes(bytes, n, &m, &e)) fail_msg("%s: %s", coded[k], e.msg);
        image_clear(&m);
        free(copy);
        free(bytes);
    }
    dicom_pool_destroy(pool);
    pool = usual;
}

/* ---- decoders that misbehave: what the first byte of the file says ---- */

static bool misbehave(const uint8_t *bytes, size_t n, const struct dicom_request *q, struct dicom_facts *facts,
                      int *channels, uint8_t **pixels, struct err *e)
{
    (void)n, (void)q;
    *facts = (struct dicom_facts){ .width = 2, .height = 1, .frames = 1 };
    *channels = 1;
    *pixels = NULL;
    if (*bytes == 'k') raise(SIGKILL);
    if (*bytes == 's') raise(SIGSEGV);
    for (volatile int on = *bytes == 'l'; on;) continue;
    if (*bytes == 'w') pause();
    if (*bytes == 'm') {
        void *volatile p = malloc((size_t)256 << 20); /* volatile: else a compiler may leave it out */
        bool none = !p;
        free(p);
        if (none) return err_set(e, ERR_MEMORY, "no memory");
    }
    *pixels = calloc(2, 1);
    return *pixels != NULL;
}

static bool try(struct dicom_pool *p, const char *text, struct err *e)
{
    const struct dicom_request q = { .pixels = true };
    struct dicom_facts facts;
    int channels, fd = memfd_create("file", 0);
    uint8_t *pixels;
    assert_int_equal(write(fd, text, 1), 1);
    *e = (struct err){ 0 };
    bool ok = dicom_pool_read(p, fd, &q, &facts, &channels, &pixels, e);
    assert_int_equal(ok, pixels != NULL);
    free(pixels);
    close(fd);
    return ok;
}

static void a_decoder_that_dies_or_hangs_costs_one_picture(void **state)
{
    (void)state;
    const struct dicom_limits limits = {
        .processor_seconds = .2, .seconds = 2, .bytes = 128 << 20, .decode = misbehave
    };
    struct dicom_pool *p;
    struct err e;
    if (!dicom_pool_create(&p, &limits, &e)) fail_msg("%s", e.msg);
    static const struct {
        const char *text, *reason;
    } rows[] = {
        { "k", "crashed" }, { "s", "crashed" }, { "l", "did not end" }, { "w", "did not end" }, { "m", "no memory" }
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_true(try(p, "x", &e));
        assert_false(try(p, rows[i].text, &e));
        if (!strstr(e.msg, rows[i].reason)) fail_msg("%s: %s", rows[i].text, e.msg);
        assert_true(try(p, "x", &e));
    }
    dicom_pool_destroy(p);
}

/* ---- facts and windows ---- */

static void facts_are_words_of_the_standard(void **state)
{
    (void)state;
    need_dicom();
    static const struct {
        const char *name, *view_name, *modality;
        enum dicom_view view;
        bool burned_in;
    } rows[] = {
        { "window.dcm", "PA", "CR", DICOM_VIEW_FRONTAL, false },
        { "view_lateral.dcm", "lateral", "CR", DICOM_VIEW_LATERAL, false },
        { "view_code.dcm", "", "CR", DICOM_VIEW_UNKNOWN, false },
        { "burned.dcm", "PA", "CR", DICOM_VIEW_FRONTAL, true },
        { "other_ct.dcm", "PA", "CT", DICOM_VIEW_FRONTAL, false },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct dicom_facts f;
        struct err e;
        char path[NAME];
        assert_true(file_join(path, sizeof path, source_path(own), rows[i].name));
        if (!image_dicom_facts(path, pool, &f, &e)) fail_msg("%s", e.msg);
        assert_string_equal(f.view_name, rows[i].view_name);
        assert_string_equal(f.age, "66");
        assert_string_equal(f.sex, "F");
        assert_string_equal(f.modality, rows[i].modality);
        assert_int_equal(f.view, rows[i].view);
        assert_int_equal(f.burned_in, rows[i].burned_in);
        assert_int_equal(f.width, 24);
        assert_int_equal(f.height, 17);
        assert_false(f.id_in_path);
    }
}

static void windows_are_read_as_they_are_written(void **state)
{
    (void)state;
    struct dicom_window w;
    struct err e;
    assert_true(dicom_window_parse("auto", &w, &e) && w.kind == DICOM_WINDOW_AUTO);
    assert_true(dicom_window_parse("given", &w, &e) && w.kind == DICOM_WINDOW_GIVEN);
    assert_true(dicom_window_parse("-40.5,350", &w, &e) && w.kind == DICOM_WINDOW_FIXED);
    assert_true(w.center == -40.5 && w.width == 350);
    static const char *const wrong[] = { "", "x", "1", "1,", "1,0", ",1", "1,2,3", "nan,1", "1,inf", NULL };
    for (int i = 0; wrong[i]; i++) {
        assert_false(dicom_window_parse(wrong[i], &w, &e));
        assert_int_equal(e.code, ERR_USAGE);
    }
}

/* Levels by hand: PS3.3 C.11.2 at the ends and in the middle, rounded half up, then inverted. */
static void linear_window_follows_the_standard(void **state)
{
    (void)state;
    static const uint8_t bytes[] = { 0, 0, 100, 0, 101, 0, 150, 0, 199, 0, 255, 0 };
    struct dicom_layout l = {
        .width = 6, .height = 1, .samples = 1, .allocated = 16, .stored = 12, .high = 11, .photometric = DICOM_MONO2
    };
    struct dicom_display d = { .slope = 1 };
    const struct dicom_window w = { DICOM_WINDOW_FIXED, 150, 100 };
    uint8_t out[6];
    struct err e;
    assert_true(dicom_levels(&l, &d, &w, bytes, out, &e));
    const uint8_t want[] = { 0, 0, 3, 129, 255, 255 };
    assert_memory_equal(out, want, 6);
    l.photometric = DICOM_MONO1;
    assert_true(dicom_levels(&l, &d, &w, bytes, out, &e));
    for (int i = 0; i < 6; i++) assert_int_equal(out[i], 255 - want[i]);
}

/* Under AddressSanitizer: memory that a limit refuses is NULL, as without it. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
    return "allocator_may_return_null=1";
}

static int begin(void **state)
{
    struct err e;
    (void)state;
    return dicom_supported() && !dicom_pool_create(&pool, &dicom_limits, &e);
}

static int end(void **state)
{
    (void)state;
    dicom_pool_destroy(pool);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(levels_agree_with_numpy),
        cmocka_unit_test(levels_agree_on_the_real_files),
        cmocka_unit_test(one_picture_has_the_same_levels_however_it_is_coded),
        cmocka_unit_test(a_lossy_copy_stays_close),
        cmocka_unit_test(monochrome1_is_the_negative),
        cmocka_unit_test(broken_files_are_refused_by_reason),
        cmocka_unit_test(what_is_no_radiograph_is_refused_by_its_kind),
        cmocka_unit_test(bytes_in_big_endian_words_are_refused),
        cmocka_unit_test(every_truncated_file_is_refused),
        cmocka_unit_test(flipped_bits_cost_a_decoder_at_most),
        cmocka_unit_test(a_decoder_that_dies_or_hangs_costs_one_picture),
        cmocka_unit_test(facts_are_words_of_the_standard),
        cmocka_unit_test(windows_are_read_as_they_are_written),
        cmocka_unit_test(linear_window_follows_the_standard),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
