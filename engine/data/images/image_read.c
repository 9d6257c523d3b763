/* A picture from a file: which reader it needs, and turning it upright. The readers fill what image.c allocates. */
#include "config.h"

#include "engine/data/images/image.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "engine/base/reading.h"
#include "engine/data/images/image_kinds.h"

/* Give the picture the orientation that EXIF says it was stored in. */
static bool turn_upright(struct image *m, int orientation, const char *name, struct err *e)
{
    static const struct {
        bool swap, mirror_x, mirror_y; /* pixel x, y of the result is at swap(x, y), mirrored, of the source */
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
