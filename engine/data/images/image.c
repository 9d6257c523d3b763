/* A picture: its memory, which reader it needs, and turning it upright. */
#include "config.h"

#include "engine/data/images/image.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "engine/base/reading.h"
#include "engine/data/images/image_kinds.h"

bool image_check_size(double width, double height, const char *name, struct err *e)
{
    if (width < 1 || height < 1) return err_set(e, ERR_FORMAT, "%s: damaged: %.0f x %.0f pixels", name, width, height);
    if (width > IMAGE_SIDE_MOST || height > IMAGE_SIDE_MOST || width * height > IMAGE_PIXELS_MOST)
        return err_set(e, ERR_UNSUPPORTED,
                       "%s: %.0f x %.0f pixels is too large; at most %d a side and %d million in all are read", name,
                       width, height, IMAGE_SIDE_MOST, IMAGE_PIXELS_MOST / 1000000);
    return true;
}

bool image_init(struct image *m, int width, int height, int channels, const char *name, struct err *e)
{
    *m = (struct image){ 0 };
    if (!image_check_size(width, height, name, e)) return false;
    uint8_t *pixels = calloc((size_t)width * (size_t)height, (size_t)channels);
    if (!pixels) return err_set(e, ERR_MEMORY, "%s: no memory for %d x %d pixels", name, width, height);
    *m = (struct image){ width, height, channels, pixels };
    return true;
}

void image_clear(struct image *m)
{
    free(m->pixels);
    *m = (struct image){ 0 };
}

bool image_is_grey(const struct image *m)
{
    if (m->channels == 1) return true;
    const uint8_t *p = m->pixels, *end = p + (size_t)m->width * (size_t)m->height * 3;
    for (; p < end; p += 3) {
        int most = p[0] > p[1] ? p[0] : p[1], least = p[0] < p[1] ? p[0] : p[1];
        if (p[2] > most) most = p[2];
        if (p[2] < least) least = p[2];
        if (most - least > IMAGE_GREY_LEVELS) return false;
    }
    return true;
}

bool image_convert(struct image *m, int channels, struct err *e)
{
    struct image out;
    if (m->channels == channels) return true;
    if (!image_init(&out, m->width, m->height, channels, "converting channels", e)) return false;
    size_t n = (size_t)m->width * (size_t)m->height;
    const uint8_t *p = m->pixels;
    for (size_t i = 0; i < n; i++) {
        if (channels == 1)
            out.pixels[i] =
                (uint8_t)((19595u * p[3 * i] + 38470u * p[3 * i + 1] + 7471u * p[3 * i + 2] + 0x8000u) >> 16);
        else
            memset(out.pixels + 3 * i, p[i], 3);
    }
    image_clear(m);
    *m = out;
    return true;
}

/* The sample at rank `rank` of all in order: first its high byte by counting, then its low byte among those. */
static unsigned sample_of_rank(const uint16_t *samples, size_t n, size_t rank)
{
    size_t count[256] = { 0 };
    unsigned high = 0, low = 0;
    for (size_t i = 0; i < n; i++) count[samples[i] >> 8]++;
    while (rank >= count[high]) rank -= count[high++];
    memset(count, 0, sizeof count);
    for (size_t i = 0; i < n; i++)
        if (samples[i] >> 8 == high) count[samples[i] & 255]++;
    while (rank >= count[low]) rank -= count[low++];
    return high << 8 | low;
}

void image_from_samples(const uint16_t *samples, size_t n, uint8_t *out)
{
    if (!n) return;
    size_t tail = (n - 1) / 200; /* floor(0.005 (n-1)), and n-1 minus it is ceil(0.995 (n-1)) */
    unsigned low = sample_of_rank(samples, n, tail), high = sample_of_rank(samples, n, n - 1 - tail);
    if (low == high) {
        low = sample_of_rank(samples, n, 0);
        high = sample_of_rank(samples, n, n - 1);
    }
    if (low == high) {
        memset(out, (int)((low * 255 + 32767) / 65535), n);
        return;
    }
    unsigned span = high - low;
    for (size_t i = 0; i < n; i++) {
        unsigned v = samples[i] < low ? 0 : samples[i] > high ? span : samples[i] - low;
        out[i] = (uint8_t)((v * 255 + span / 2) / span);
    }
}

/* Give the picture the orientation that EXIF says it was stored in. */
static bool turn_upright(struct image *m, int orientation, const char *name, struct err *e)
{
    static const struct {
        bool swap, mirror_x, mirror_y; /* pixel x, y of the result stands at swap(x, y), mirrored, of the source */
    } turns[9] = { { 0 },       { 0 },       { 0, 1, 0 }, { 0, 1, 1 }, { 0, 0, 1 },
                   { 1, 0, 0 }, { 1, 0, 1 }, { 1, 1, 1 }, { 1, 1, 0 } };
    if (orientation <= 1) return true;
    bool swap = turns[orientation].swap;
    struct image out;
    if (!image_init(&out, swap ? m->height : m->width, swap ? m->width : m->height, m->channels, name, e)) return false;
    size_t bytes = (size_t)m->channels;
    uint8_t *to = out.pixels;
    for (int y = 0; y < out.height; y++) {
        for (int x = 0; x < out.width; x++, to += bytes) {
            int column = swap ? y : x, row = swap ? x : y;
            if (turns[orientation].mirror_x) column = m->width - 1 - column;
            if (turns[orientation].mirror_y) row = m->height - 1 - row;
            const uint8_t *from = m->pixels + ((size_t)row * (size_t)m->width + (size_t)column) * bytes;
            for (size_t c = 0; c < bytes; c++) to[c] = from[c];
        }
    }
    image_clear(m);
    *m = out;
    return true;
}

/* Kinds by their first bytes; a kind without a reader is refused by its name. */
static const struct kind {
    size_t offset, length;
    const char *magic, *name;
    image_reader *read;
} kinds[] = {
    { 0, 8, "\x89PNG\r\n\x1a\n", "PNG", image_png_read },
    { 0, 3, "\xff\xd8\xff", "JPEG", image_jpeg_read },
    { 128, 4, "DICM", "DICOM", NULL },
    { 0, 4, "GIF8", "GIF", NULL },
    { 0, 4, "II*\0", "TIFF", NULL },
    { 0, 4, "MM\0*", "TIFF", NULL },
    { 0, 2, "BM", "BMP", NULL },
    { 8, 4, "WEBP", "WebP", NULL },
    { 0, 12, "\0\0\0\x0cjP  \r\n\x87\n", "JPEG 2000", NULL },
    { 0, 4, "\xff\x4f\xff\x51", "JPEG 2000", NULL },
    { 0, 2, "\x1f\x8b", "gzip", NULL },
    { 0, 4, "PK\x03\x04", "zip", NULL },
    { 0, 4, "%PDF", "PDF", NULL },
};

static const struct kind *kind_of(const uint8_t *bytes, size_t n)
{
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (n >= kinds[i].offset + kinds[i].length && !memcmp(bytes + kinds[i].offset, kinds[i].magic, kinds[i].length))
            return &kinds[i];
    return NULL;
}

bool image_read_memory(const uint8_t *bytes, size_t n, const char *name, struct image *m, struct err *e)
{
    *m = (struct image){ 0 };
    if (!n) return err_set(e, ERR_FORMAT, "%s: an empty file; copy it again", name);
    const struct kind *kind = kind_of(bytes, n);
    if (!kind && n >= 4 && (!memcmp(bytes + 1, "PNG", 3) || !memcmp(bytes, "\x89PN", 3) || !memcmp(bytes, "PNG", 3)))
        return err_set(e, ERR_FORMAT, "%s: damaged: not quite the first bytes of a PNG (was it copied as text?)", name);
    if (!kind)
        return err_set(e, ERR_FORMAT, "%s: not an image: its first bytes are neither of a PNG nor of a JPEG", name);
    if (!kind->read)
        return err_set(e, ERR_UNSUPPORTED, "%s: a %s file, which is not read here; convert it to PNG or JPEG", name,
                       kind->name);
    int orientation = 1;
    if (kind->read(bytes, n, name, m, &orientation, e) && turn_upright(m, orientation, name, e)) return true;
    image_clear(m);
    return false;
}

/* Read, not mapped: a file that shrinks meanwhile would end the program. */
static uint8_t *read_whole(const char *path, size_t *n, struct err *e)
{
    uint8_t *bytes = NULL;
    struct stat st;
    FILE *f = file_stream_regular(path, &st, e);
    if (!f) return NULL;
    if (st.st_size > IMAGE_FILE_MOST) {
        err_set(e, ERR_UNSUPPORTED, "%s: more than %d MiB, too large for an image", path, IMAGE_FILE_MOST >> 20);
    } else if (!(bytes = malloc((size_t)st.st_size + 1))) {
        err_set(e, ERR_MEMORY, "%s: no memory to read it", path);
    } else {
        *n = fread(bytes, 1, (size_t)st.st_size, f);
        if (ferror(f)) {
            err_errno(e, "%s", path);
            free(bytes);
            bytes = NULL;
        }
    }
    fclose(f);
    return bytes;
}

bool image_read(const char *path, struct image *m, struct err *e)
{
    *m = (struct image){ 0 };
    size_t n;
    uint8_t *bytes = read_whole(path, &n, e);
    if (!bytes) return false;
    bool ok = image_read_memory(bytes, n, path, m, e);
    free(bytes);
    return ok;
}
