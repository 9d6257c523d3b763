/* Common PNG files (8 and 16 bits, grey or RGB, with or without alpha, not interlaced) through libdeflate.
 *
 * Nothing is refused here. Whatever is not exactly as it should be (a check sum, a chunk of a kind or in a place that
 * is not expected, a byte too many or too few) leaves the file to libpng, which either reads it all the same or says
 * why not. So the two ways give the same samples or the same words. */
#include "config.h"

#include "engine/data/images/png_quick.h"

#ifndef HAVE_DEFLATE

bool png_quick_read(const uint8_t *bytes, size_t n, struct image *m)
{
    (void)bytes, (void)n;
    *m = (struct image){ 0 };
    return false;
}

const char *image_deflate_version(void)
{
    return NULL;
}

#else

#include <stdlib.h>
#include <string.h>

#include <libdeflate.h>

#include "engine/data/images/image_kinds.h"

enum { SIGNATURE = 8, FRAME = 12, WINDOW_MOST = 32768 }; /* FRAME: length, kind and check sum of a chunk */
enum { GREY = 0, RGB = 2, GREY_ALPHA = 4, RGB_ALPHA = 6 };

struct picture {
    int width, height, depth, type;
    size_t step, row;      /* bytes of a pixel and of a row */
    const uint8_t *packed; /* the zlib stream: within the file where it is in one piece, else `joined` */
    size_t packed_bytes;
    uint8_t *joined;
    uint8_t *raw; /* [height, 1 + row] a filter and a row */
};

static uint32_t get32(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

/* ---- chunks ---- */

struct chunk {
    const uint8_t *kind, *data;
    size_t n;
};

/* The chunk at `*at`, whole and with the right check sum; `*at` goes behind it. */
static bool chunk_next(const uint8_t *bytes, size_t n, size_t *at, struct chunk *c)
{
    if (n - *at < FRAME) return false;
    const uint8_t *p = bytes + *at;
    c->n = get32(p);
    if (c->n > n - *at - FRAME) return false;
    c->kind = p + 4;
    c->data = p + 8;
    *at += FRAME + c->n;
    return libdeflate_crc32(0, c->kind, c->n + 4) == get32(c->data + c->n);
}

static bool is_kind(const struct chunk *c, const char *kind)
{
    return !memcmp(c->kind, kind, 4);
}

/* Chunks that change no sample; image_png.c has libpng skip them, too. */
static bool is_skipped(const struct chunk *c)
{
    static const char kinds[][5] = { "bKGD", "cHRM", "gAMA", "hIST", "iCCP", "iTXt", "oFFs", "pCAL", "pHYs",
                                     "sBIT", "sCAL", "sPLT", "sRGB", "tEXt", "tIME", "tRNS", "zTXt" };
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (is_kind(c, kinds[i])) return true;
    return false;
}

static bool take_header(struct picture *p, const struct chunk *c)
{
    static const int8_t samples[7] = { [GREY] = 1, [RGB] = 3, [GREY_ALPHA] = 2, [RGB_ALPHA] = 4 };
    const uint8_t *b = c->data;
    if (!is_kind(c, "IHDR") || c->n != 13 || (b[8] != 8 && b[8] != 16) || b[9] > 6 || !samples[b[9]]) return false;
    if (b[10] || b[11] || b[12] || !image_check_size(get32(b), get32(b + 4), "", NULL)) return false;
    p->width = (int)get32(b);
    p->height = (int)get32(b + 4);
    p->depth = b[8];
    p->type = b[9];
    p->step = (size_t)samples[p->type] * (size_t)p->depth / 8;
    p->row = p->step * (size_t)p->width;
    return true;
}

/* Append what follows the first piece of the stream. */
static bool join(struct picture *p, const struct chunk *c, size_t most)
{
    if (!p->joined) {
        if (!(p->joined = malloc(most))) return false;
        memcpy(p->joined, p->packed, p->packed_bytes);
        p->packed = p->joined;
    }
    memcpy(p->joined + p->packed_bytes, c->data, c->n);
    p->packed_bytes += c->n;
    return true;
}

static bool take_chunks(struct picture *p, const uint8_t *bytes, size_t n)
{
    struct chunk c;
    size_t at = SIGNATURE;
    bool ended = false; /* pixels stand in one row of chunks */
    if (n < SIGNATURE || memcmp(bytes, "\x89PNG\r\n\x1a\n", SIGNATURE)) return false;
    if (!chunk_next(bytes, n, &at, &c) || !take_header(p, &c)) return false;
    while (chunk_next(bytes, n, &at, &c)) {
        if (is_kind(&c, "IEND")) return !c.n && p->packed;
        bool pixels = is_kind(&c, "IDAT");
        if (pixels ? ended || !c.n : !is_skipped(&c)) return false;
        ended = ended || (!pixels && p->packed);
        if (!pixels) continue;
        if (p->packed) {
            if (!join(p, &c, n)) return false;
        } else {
            p->packed = c.data;
            p->packed_bytes = c.n;
        }
    }
    return false;
}

/* All of the stream, to its last byte, makes all of the rows. */
static bool inflate_rows(struct picture *p)
{
    size_t bytes = (size_t)p->height * (p->row + 1), used = 0;
    if (p->packed_bytes < 2 || (double)bytes > 1040.0 * (double)p->packed_bytes) return false;
    size_t window = (size_t)256 << (p->packed[0] >> 4); /* of the stream's header: zlib reaches back no further */
    if (window != WINDOW_MOST && bytes > window) return false;
    struct libdeflate_decompressor *d = libdeflate_alloc_decompressor();
    p->raw = malloc(bytes);
    bool ok = d && p->raw &&
              libdeflate_zlib_decompress_ex(d, p->packed, p->packed_bytes, p->raw, bytes, &used, NULL) ==
                  LIBDEFLATE_SUCCESS &&
              used == p->packed_bytes;
    libdeflate_free_decompressor(d);
    return ok;
}

/* ---- filters ---- */

/* The one of a, b, c that is nearest to a + b - c, as the standard chooses it. Written so that little waits for a,
 * which is the pixel before: where 3 c - (a + b) lies, beside the lesser and the greater of a and b, tells it. */
static inline int paeth(int a, int b, int c)
{
    int place = 3 * c - (a + b), low = a < b ? a : b, high = a < b ? b : a;
    int other = high <= place ? low : c;
    return place <= low ? high : other;
}

/* One row, n bytes of pixels of `step` bytes; before: the row above. to == from is fine. */
static inline __attribute__((always_inline)) bool unfilter_step(int filter, const uint8_t *from, const uint8_t *before,
                                                                uint8_t *to, size_t n, size_t step)
{
    size_t i = 0;
    switch (filter) {
    case 0:
        if (to != from) memcpy(to, from, n);
        return true;
    case 1:
        for (; i < step; i++) to[i] = from[i];
        for (; i < n; i++) to[i] = (uint8_t)(from[i] + to[i - step]);
        return true;
    case 2:
        for (; i < n; i++) to[i] = (uint8_t)(from[i] + before[i]);
        return true;
    case 3:
        for (; i < step; i++) to[i] = (uint8_t)(from[i] + before[i] / 2);
        for (; i < n; i++) to[i] = (uint8_t)(from[i] + (to[i - step] + before[i]) / 2);
        return true;
    case 4:
        for (; i < step; i++) to[i] = (uint8_t)(from[i] + before[i]);
        for (; i < n; i++) to[i] = (uint8_t)(from[i] + paeth(to[i - step], before[i], before[i - step]));
        return true;
    default:
        return false;
    }
}

/* The step known to the compiler: it keeps the pixel before in registers. */
static bool unfilter(int filter, const uint8_t *from, const uint8_t *before, uint8_t *to, size_t n, size_t step)
{
    switch (step) {
    case 1:
        return unfilter_step(filter, from, before, to, n, 1);
    case 2:
        return unfilter_step(filter, from, before, to, n, 2);
    case 3:
        return unfilter_step(filter, from, before, to, n, 3);
    case 4:
        return unfilter_step(filter, from, before, to, n, 4);
    default:
        return unfilter_step(filter, from, before, to, n, step);
    }
}

/* ---- samples ---- */

/* A row of 8-bit samples without alpha, or of 16-bit grey into `deep`. */
static void put_row(const struct picture *p, const uint8_t *row, uint8_t *to, uint16_t *deep)
{
    int channels = p->type & RGB ? 3 : 1, width = p->depth / 8;
    for (int x = 0; x < p->width; x++, row += p->step) {
        if (deep) {
            deep[x] = (uint16_t)(row[0] << 8 | row[1]);
            continue;
        }
        for (int c = 0; c < channels; c++) {
            unsigned v = width == 1 ? row[c] : (unsigned)row[2 * c] << 8 | row[2 * c + 1];
            *to++ = (uint8_t)(width == 1 ? v : (v * 255 + 32895) >> 16); /* as libpng scales 16 bits */
        }
    }
}

static bool put_rows(struct picture *p, struct image *m, uint16_t *deep)
{
    bool plain = p->row == (size_t)m->width * (size_t)m->channels; /* bytes are samples */
    uint8_t *blank = calloc(p->row, 1);
    const uint8_t *before = blank;
    bool ok = blank != NULL;
    for (int y = 0; ok && y < p->height; y++) {
        uint8_t *from = p->raw + (size_t)y * (p->row + 1);
        uint8_t *pixels = m->pixels + (size_t)y * (size_t)m->width * (size_t)m->channels;
        uint8_t *to = plain ? pixels : from + 1;
        ok = unfilter(*from, from + 1, before, to, p->row, p->step);
        if (!plain) put_row(p, to, pixels, deep ? deep + (size_t)y * (size_t)m->width : NULL);
        before = to;
    }
    free(blank);
    return ok;
}

static bool make_image(struct picture *p, struct image *m)
{
    bool colour = p->type & RGB, is_deep = p->depth == 16 && !colour;
    size_t n = (size_t)p->width * (size_t)p->height;
    uint16_t *deep = is_deep ? malloc(n * sizeof *deep) : NULL;
    bool ok =
        (deep || !is_deep) && image_init(m, p->width, p->height, colour ? 3 : 1, "", NULL) && put_rows(p, m, deep);
    if (ok && deep) image_from_samples(deep, n, m->pixels);
    free(deep);
    if (!ok) image_clear(m);
    return ok;
}

bool png_quick_read(const uint8_t *bytes, size_t n, struct image *m)
{
    struct picture p = { 0 };
    *m = (struct image){ 0 };
    bool ok = take_chunks(&p, bytes, n) && inflate_rows(&p) && make_image(&p, m);
    free(p.joined);
    free(p.raw);
    return ok;
}

const char *image_deflate_version(void)
{
    return LIBDEFLATE_VERSION_STRING;
}

#endif
