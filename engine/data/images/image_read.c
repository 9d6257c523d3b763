/* Reads an image from a file: selects the reader, and turns the image upright. The readers allocate through image.c. */
#include "config.h"

#include "engine/data/images/image.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/base/reading.h"
#include "engine/data/images/image_kinds.h"

/* Turns the image upright, from the EXIF orientation in which it was stored. */
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

/* Formats by their first bytes; a format without a reader is refused by its name. */
static const struct kind {
    size_t offset, length;
    const char *magic, *name;
    image_reader *read;
    bool packed; /* another file may be inside */
    image_head_reader *head;
} kinds[] = {
    { 0, 8, "\x89PNG\r\n\x1a\n", "PNG", image_png_read, false, image_png_head },
    { 0, 3, "\xff\xd8\xff", "JPEG", image_jpeg_read, false, image_jpeg_head },
    { 0, 4, "II*\0", "TIFF", image_tiff_read, false, image_tiff_head },
    { 0, 4, "MM\0*", "TIFF", image_tiff_read, false, image_tiff_head },
    { 0, 4, "II+\0", "TIFF", image_tiff_read, false, image_tiff_head }, /* of 64 bits */
    { 0, 4, "MM\0+", "TIFF", image_tiff_read, false, image_tiff_head },
    { 128, 4, "DICM", "DICOM", NULL, false, NULL },
    { 0, 4, "GIF8", "GIF", NULL, false, NULL },
    { 0, 2, "BM", "BMP", NULL, false, NULL },
    { 8, 4, "WEBP", "WebP", NULL, false, NULL },
    { 0, 12, "\0\0\0\x0cjP  \r\n\x87\n", "JPEG 2000", NULL, false, NULL },
    { 0, 4, "\xff\x4f\xff\x51", "JPEG 2000", NULL, false, NULL },
    { 0, 2, "\x1f\x8b", "gzip", NULL, true, NULL },
    { 0, 4, "PK\x03\x04", "zip", NULL, true, NULL },
    { 0, 3, "BZh", "bzip2", NULL, true, NULL },
    { 0, 6, "\xfd\x37zXZ\0", "xz", NULL, true, NULL },
    { 0, 4, "\x28\xb5\x2f\xfd", "zstd", NULL, true, NULL },
    { 0, 4, "%PDF", "PDF", NULL, false, NULL },
};

static const struct kind *kind_of(const uint8_t *bytes, size_t n)
{
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (n >= kinds[i].offset + kinds[i].length && !memcmp(bytes + kinds[i].offset, kinds[i].magic, kinds[i].length))
            return &kinds[i];
    return NULL;
}

/* The kind that there is a reader for, or why there is none. */
static const struct kind *kind_read(const uint8_t *bytes, size_t n, const char *name, struct err *e)
{
    const struct kind *kind = kind_of(bytes, n);
    if (kind && kind->read) return kind;
    if (!n)
        err_set(e, ERR_FORMAT, "%s: an empty file; copy it again", name);
    else if (kind)
        err_set(e, ERR_UNSUPPORTED, "%s: a %s file, which is not read here; %s", name, kind->name,
                kind->packed ? "unpack it" : "convert it to PNG or JPEG");
    else if (n >= 4 && (!memcmp(bytes + 1, "PNG", 3) || !memcmp(bytes, "\x89PN", 3) || !memcmp(bytes, "PNG", 3)))
        err_set(e, ERR_FORMAT, "%s: damaged: not quite the first bytes of a PNG (was it copied as text?)", name);
    else
        err_set(e, ERR_FORMAT, "%s: not an image: its first bytes are of neither PNG, JPEG, TIFF nor DICOM", name);
    return NULL;
}

bool image_read_memory(const uint8_t *bytes, size_t n, const char *name, struct image *m, struct err *e)
{
    *m = (struct image){ 0 };
    const struct kind *kind = kind_read(bytes, n, name, e);
    int orientation = 1;
    if (!kind) return false;
    if (kind->read(bytes, n, name, m, &orientation, e) && turn_upright(m, orientation, name, e)) return true;
    image_clear(m);
    return false;
}

/* Is it DICOM, by the first bytes or, if they match no format, by the name? */
static bool tells_dicom(const uint8_t *head, size_t n, const char *name)
{
    return dicom_is_magic(head, n) || (!kind_of(head, n) && dicom_is_name(name));
}

bool image_is_dicom(const char *path)
{
    uint8_t head[DICOM_HEAD];
    int fd = file_open_regular(path, NULL, NULL);
    if (fd < 0) return false;
    ssize_t n = pread(fd, head, sizeof head, 0);
    close(fd);
    return n > 0 && tells_dicom(head, (size_t)n, path);
}

/* Read, not mapped: a file that shrinks meanwhile would end the program. */
static uint8_t *read_whole(int fd, off_t size, const char *path, struct err *e)
{
    uint8_t *bytes = malloc((size_t)size + 1);
    size_t n = 0;
    if (!bytes) {
        err_set(e, ERR_MEMORY, "%s: no memory to read it", path);
        return NULL;
    }
    while (n < (size_t)size) {
        ssize_t got = pread(fd, bytes + n, (size_t)size - n, (off_t)n);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) {
            err_errno(e, "%s", path);
            free(bytes);
            return NULL;
        }
        if (!got) break;
        n += (size_t)got;
    }
    memset(bytes + n, 0, (size_t)size - n); /* it shrank: the reader finds the end too early */
    return bytes;
}

bool image_read_as(const char *path, const struct image_options *o, struct image *m, struct err *e)
{
    static const struct image_options plain = { 0 };
    uint8_t head[DICOM_HEAD];
    struct stat st;
    *m = (struct image){ 0 };
    int fd = file_open_regular(path, &st, e);
    if (fd < 0) return false;
    bool ok = false;
    ssize_t n = pread(fd, head, sizeof head, 0);
    if (n < 0) {
        err_errno(e, "%s", path);
    } else if (st.st_size > IMAGE_FILE_MOST) {
        err_set(e, ERR_UNSUPPORTED, "%s: more than %d MiB, too large for an image", path, IMAGE_FILE_MOST >> 20);
    } else if (n && tells_dicom(head, (size_t)n, path)) {
        ok = image_dicom_read(fd, path, o ? o : &plain, m, e);
    } else {
        uint8_t *bytes = read_whole(fd, st.st_size, path, e);
        ok = bytes && image_read_memory(bytes, (size_t)st.st_size, path, m, e);
        free(bytes);
    }
    close(fd);
    return ok;
}

/* ---- headers ---- */

enum { HEAD_BYTES = 4096, HEAD_GROWS = 64 }; /* read at first; times as many where the header is longer */

/* The header in the first `n` bytes; they are read here. */
static bool head_within(struct image_source *from, size_t n, const char *path, struct image_head *h, struct err *e)
{
    uint8_t *bytes = read_whole(from->fd, (off_t)n, path, e);
    from->bytes = bytes;
    from->have = n;
    from->more_wanted = false;
    const struct kind *kind = bytes ? kind_read(bytes, n, path, e) : NULL;
    bool ok = kind && kind->head(from, path, h, e);
    free(bytes);
    return ok;
}

static bool head_of(struct image_source *from, const char *path, struct image_head *h, struct err *e)
{
    for (size_t n = HEAD_BYTES;; n *= HEAD_GROWS) {
        if (n > from->size) n = from->size;
        if (head_within(from, n, path, h, e)) return true;
        if (!from->more_wanted) return false;
    }
}

static bool head_of_dicom(const char *path, struct dicom_pool *decoders, struct image_head *h, struct err *e)
{
    struct dicom_facts f;
    if (!image_dicom_facts(path, decoders, &f, e)) return false;
    *h = (struct image_head){ f.width, f.height, f.grey, false };
    return true;
}

bool image_head_read(const char *path, struct dicom_pool *decoders, struct image_head *h, struct err *e)
{
    uint8_t head[DICOM_HEAD];
    struct stat st;
    *h = (struct image_head){ 0 };
    int fd = file_open_regular(path, &st, e);
    if (fd < 0) return false;
    struct image_source from = { .fd = fd, .size = (size_t)st.st_size };
    ssize_t n = pread(fd, head, sizeof head, 0);
    bool ok = false;
    if (n < 0)
        err_errno(e, "%s", path);
    else if (st.st_size > IMAGE_FILE_MOST)
        err_set(e, ERR_UNSUPPORTED, "%s: more than %d MiB, too large for an image", path, IMAGE_FILE_MOST >> 20);
    else
        ok = n && tells_dicom(head, (size_t)n, path) ? head_of_dicom(path, decoders, h, e) : head_of(&from, path, h, e);
    close(fd);
    return ok;
}

bool image_read(const char *path, struct image *m, struct err *e)
{
    return image_read_as(path, NULL, m, e);
}
