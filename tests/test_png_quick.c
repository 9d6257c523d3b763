/* The quick way of reading PNG and libpng: the same samples, the same verdicts.
 *
 * A chunk of a kind that no one knows, behind the header, sends a file to libpng: so each file is read both ways. */
#include "tests/check.h"

#include <zlib.h>

#include "engine/base/random.h"
#include "engine/data/images/image.h"
#include "engine/data/images/png_quick.h"

enum { HEADER_END = 33, FRAME = 12 }; /* signature and IHDR */

static void put32(uint8_t *p, size_t v)
{
    for (int i = 0; i < 4; i++) p[i] = (uint8_t)(v >> (24 - 8 * i));
}

struct file {
    uint8_t *bytes;
    size_t n;
};

static void add_chunk(struct file *f, const char *kind, const uint8_t *data, size_t n)
{
    f->bytes = realloc(f->bytes, f->n + n + FRAME);
    assert_non_null(f->bytes);
    uint8_t *p = f->bytes + f->n;
    put32(p, n);
    memcpy(p + 4, kind, 4);
    if (n) memcpy(p + 8, data, n);
    put32(p + 8 + n, crc32(0, p + 4, (uInt)n + 4));
    f->n += n + FRAME;
}

static void start(struct file *f, int width, int height, int depth, int type)
{
    uint8_t header[13] = { [8] = (uint8_t)depth, [9] = (uint8_t)type };
    *f = (struct file){ malloc(8), 8 };
    assert_non_null(f->bytes);
    memcpy(f->bytes, "\x89PNG\r\n\x1a\n", 8);
    put32(header, (size_t)width);
    put32(header + 4, (size_t)height);
    add_chunk(f, "IHDR", header, sizeof header);
}

/* The same with the unknown chunk. */
static struct file marked(const struct file *f)
{
    struct file head = { malloc(f->n + FRAME), 0 };
    assert_true(head.bytes && f->n >= HEADER_END);
    memcpy(head.bytes, f->bytes, HEADER_END);
    head.n = HEADER_END;
    add_chunk(&head, "teSt", NULL, 0);
    head.bytes = realloc(head.bytes, f->n + FRAME);
    assert_non_null(head.bytes);
    memcpy(head.bytes + head.n, f->bytes + HEADER_END, f->n - HEADER_END);
    head.n += f->n - HEADER_END;
    return head;
}

/* libdeflate 1.14 lets a repeated code length run past the last one where zlib refuses it; what it unpacks then has the
 * right number of bytes and the right check sum (one in 10^5 damaged files is of this kind). */
static bool only_zlib_minds(const struct err *e)
{
    return strstr(e->msg, "invalid bit length repeat") != NULL;
}

static void agree(const struct file *f, bool quick, const char *what)
{
    struct image a, b;
    struct err ea = { 0 }, eb = { 0 };
    struct file slow = marked(f);
    bool read = image_read_memory(f->bytes, f->n, "f", &a, &ea),
         slowly = image_read_memory(slow.bytes, slow.n, "f", &b, &eb);
    if (read != slowly && !(read && only_zlib_minds(&eb)))
        fail_msg("%s: %s; libpng: %s", what, read ? "read" : ea.msg, slowly ? "read" : eb.msg);
    if (read && slowly) {
        assert_int_equal(a.width, b.width);
        assert_int_equal(a.height, b.height);
        assert_int_equal(a.channels, b.channels);
        if (memcmp(a.pixels, b.pixels, (size_t)a.width * (size_t)a.height * (size_t)a.channels))
            fail_msg("%s: other samples than libpng", what);
    } else if (!read) {
        assert_int_equal(ea.code, eb.code);
    }
    image_clear(&a);
    image_clear(&b);
    if (quick && image_deflate_version()) {
        if (!png_quick_read(f->bytes, f->n, &a)) fail_msg("%s: left to libpng", what);
        image_clear(&a);
    }
    assert_false(png_quick_read(slow.bytes, slow.n, &b));
    free(slow.bytes);
}

/* Rows of random bytes, smooth enough here and there, behind filters: all of one (0 to 4) or mixed (5). */
static uint8_t *draw_rows(struct random *r, size_t row, int height, int filter, size_t *n)
{
    *n = (row + 1) * (size_t)height;
    uint8_t *raw = malloc(*n);
    assert_non_null(raw);
    bool smooth = random_below(r, 2);
    for (size_t i = 0; i < *n; i++) raw[i] = (uint8_t)(smooth ? random_below(r, 3) : random_u32(r));
    for (int y = 0; y < height; y++)
        raw[(size_t)y * (row + 1)] = (uint8_t)(filter < 5 ? filter : (int)random_below(r, 5));
    return raw;
}

/* Pack rows into `pieces` chunks of pixels. */
static void add_pixels(struct file *f, const uint8_t *raw, size_t n, int pieces)
{
    uLongf packed = compressBound(n);
    uint8_t *stream = malloc(packed);
    assert_non_null(stream);
    assert_int_equal(compress2(stream, &packed, raw, n, 6), Z_OK);
    size_t at = 0;
    for (int p = 0; p < pieces; p++) {
        size_t here = p + 1 < pieces ? (packed - at) / 2 : packed - at;
        if (here) add_chunk(f, "IDAT", stream + at, here);
        at += here;
    }
    free(stream);
}

static const struct {
    int type, samples;
} forms[] = { { 0, 1 }, { 2, 3 }, { 4, 2 }, { 6, 4 } };

static struct file draw_file(struct random *r, int form, int depth, int width, int height, int filter)
{
    struct file f;
    size_t n, row = (size_t)width * (size_t)forms[form].samples * (size_t)depth / 8;
    start(&f, width, height, depth, forms[form].type);
    uint8_t *raw = draw_rows(r, row, height, filter, &n);
    if (random_below(r, 2)) add_chunk(&f, "tEXt", (const uint8_t *)"a\0b", 3);
    add_pixels(&f, raw, n, 1 + (int)random_below(r, 4));
    if (random_below(r, 2)) add_chunk(&f, "tIME", (const uint8_t *)"1234567", 7);
    add_chunk(&f, "IEND", NULL, 0);
    free(raw);
    return f;
}

static void every_form_and_filter_reads_as_by_libpng(void **state)
{
    (void)state;
    struct random r = random_stream(3, 1, 4, 1);
    char what[80];
    for (int form = 0; form < 4; form++)
        for (int depth = 8; depth <= 16; depth += 8)
            for (int filter = 0; filter <= 5; filter++)
                for (int round = 0; round < 24; round++) {
                    int width = 1 + (int)random_below(&r, round < 8 ? 4 : 90), height = 1 + (int)random_below(&r, 40);
                    struct file f = draw_file(&r, form, depth, width, height, filter);
                    snprintf(what, sizeof what, "type %d, %d bits, filter %d, %d x %d", forms[form].type, depth, filter,
                             width, height);
                    agree(&f, true, what);
                    free(f.bytes);
                }
}

/* Check sums mended, so that damage reaches what lies behind them. */
static void mend(struct file *f)
{
    for (size_t at = 8; at + FRAME <= f->n;) {
        size_t n = (size_t)f->bytes[at] << 24 | (size_t)f->bytes[at + 1] << 16 | (size_t)f->bytes[at + 2] << 8 |
                   f->bytes[at + 3];
        if (n > f->n - at - FRAME) return;
        put32(f->bytes + at + 8 + n, crc32(0, f->bytes + at + 4, (uInt)n + 4));
        at += FRAME + n;
    }
}

static void damaged_files_get_the_verdict_of_libpng(void **state)
{
    (void)state;
    struct random r = random_stream(5, 1, 4, 1);
    int rounds = is_long_suite() ? 200000 : 6000;
    char what[80];
    for (int i = 0; i < rounds; i++) {
        struct file f = draw_file(&r, (int)random_below(&r, 4), random_below(&r, 2) ? 16 : 8,
                                  1 + (int)random_below(&r, 20), 1 + (int)random_below(&r, 12), 5);
        int hurt = 1 + (int)random_below(&r, 3);
        for (int k = 0; k < hurt; k++)
            f.bytes[HEADER_END + random_below(&r, (uint32_t)(f.n - HEADER_END))] ^=
                (uint8_t)(1u << random_below(&r, 8));
        if (i % 3) mend(&f);
        if (i % 4 == 0) f.n = HEADER_END + random_below(&r, (uint32_t)(f.n - HEADER_END));
        snprintf(what, sizeof what, "damaged file %d", i);
        agree(&f, false, what);
        free(f.bytes);
    }
}

/* What libpng reads, or does not, and the quick way must not decide. */
static void unusual_files_are_left_to_libpng(void **state)
{
    (void)state;
    static const char *const kinds[] = { "too few rows", "too many rows",        "a filter of 7",          "no pixels",
                                         "no end",       "pixels in two places", "bytes behind the stream" };
    for (size_t k = 0; k < sizeof kinds / sizeof kinds[0]; k++) {
        struct random r = random_stream(9, 1, 4, 1);
        struct file f;
        size_t n;
        start(&f, 20, 10, 8, 0);
        uint8_t *raw = draw_rows(&r, 20, 12, 5, &n);
        n = k == 0 ? 21 * 9 : k == 1 ? 21 * 12 : 21 * 10;
        if (k == 2) raw[42] = 7;
        if (k != 3) add_pixels(&f, raw, n, 1);
        if (k == 5) add_chunk(&f, "tEXt", (const uint8_t *)"a\0b", 3);
        if (k == 5 || k == 6) add_chunk(&f, "IDAT", (const uint8_t *)"more", 4);
        if (k != 4) add_chunk(&f, "IEND", NULL, 0);
        struct image m;
        if (png_quick_read(f.bytes, f.n, &m)) fail_msg("%s: read quickly", kinds[k]);
        assert_null(m.pixels);
        agree(&f, false, kinds[k]);
        free(raw);
        free(f.bytes);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_form_and_filter_reads_as_by_libpng),
        cmocka_unit_test(damaged_files_get_the_verdict_of_libpng),
        cmocka_unit_test(unusual_files_are_left_to_libpng),
    };
    return cmocka_run_group_tests_name("png_quick", tests, NULL, NULL);
}
