/* Finds the bytes of the first frame. The pixel data are walked to their end first, so that a truncated file is
 * refused before anything of it is decoded. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "engine/data/dicom/dicom_parts.h"

static uint32_t get(const uint8_t *p, int bytes, bool big)
{
    uint32_t v = 0;
    for (int i = 0; i < bytes; i++) v |= (uint32_t)p[big ? bytes - 1 - i : i] << (8 * i);
    return v;
}

static bool cut(struct err *e)
{
    return err_set(e, ERR_FORMAT, "truncated: the file ends before its pixel data does");
}

/* Head of the pixel data at `at`: `*at` becomes the start of its value. */
static bool read_head(const struct dicom_whole *w, const struct dicom_syntax *s, size_t *at, uint32_t *length,
                      struct err *e)
{
    const uint8_t *p = w->bytes + *at;
    size_t left = w->n - *at, head = s->implicit ? 8 : 12;
    if (left < head) return cut(e);
    if (get(p, 2, s->big_endian) != 0x7fe0 || get(p + 2, 2, s->big_endian) != 0x0010)
        return err_set(e, ERR_FORMAT, "it holds no pixel data");
    if (!s->implicit && memcmp(p + 4, "OB", 2) && memcmp(p + 4, "OW", 2) && memcmp(p + 4, "UN", 2))
        return err_set(e, ERR_FORMAT, "damaged: its pixel data is of another kind than bytes or words");
    *length = get(p + head - 4, 4, s->big_endian);
    *at += head;
    return true;
}

/* Fragments of the pixel data, without the offset table in front. */
struct fragments {
    struct fragment {
        size_t at, length, offset; /* in the file; as the offset table counts */
    } * rows;
    size_t count, room;
    const uint8_t *offsets; /* [offset_count], 4 bytes each */
    size_t offset_count;
};

static bool add(struct fragments *f, size_t at, size_t length, size_t offset, struct err *e)
{
    if (f->count == f->room) {
        size_t room = f->room ? 2 * f->room : 16;
        struct fragment *p = realloc(f->rows, room * sizeof *p);
        if (!p) return err_set(e, ERR_MEMORY, "no memory");
        f->rows = p;
        f->room = room;
    }
    f->rows[f->count++] = (struct fragment){ at, length, offset };
    return true;
}

static bool walk(const struct dicom_whole *w, size_t at, struct fragments *f, struct err *e)
{
    enum { ITEM = 0xe000, DELIMITER = 0xe0dd };
    size_t start = 0;
    for (bool first = true;; first = false) {
        if (w->n - at < 8) return cut(e);
        uint32_t group = get(w->bytes + at, 2, false), element = get(w->bytes + at + 2, 2, false);
        size_t length = get(w->bytes + at + 4, 4, false), head = at;
        at += 8;
        if (group == 0xfffe && element == DELIMITER)
            return f->count || err_set(e, ERR_FORMAT, "it holds no pixel data");
        if (group != 0xfffe || element != ITEM)
            return err_set(e, ERR_FORMAT, "damaged: its pixel data is not a row of fragments");
        if (length > w->n - at) return cut(e);
        if (first) {
            f->offsets = w->bytes + at;
            f->offset_count = length / 4;
            start = at + length;
        } else if (!add(f, at, length, head - start, e)) {
            return false;
        }
        at += length;
    }
}

static bool begins_stream(const uint8_t *p, size_t n)
{
    return n >= 3 && p[0] == 0xff && ((p[1] == 0xd8 && p[2] == 0xff) || (p[1] == 0x4f && p[2] == 0xff));
}

/* The number of fragments in the first frame. */
static bool first_frame(const struct dicom_whole *w, const struct fragments *f, int frames, size_t *count,
                        struct err *e)
{
    size_t begun = 0, second = f->count;
    *count = f->count;
    if (frames == 1) return true;
    if (f->offset_count == (size_t)frames) {
        uint32_t next = get(f->offsets + 4, 4, false);
        for (*count = 1; *count < f->count && f->rows[*count].offset < next;) ++*count;
        return true;
    }
    *count = 1;
    if (f->count == (size_t)frames) return true;
    for (size_t i = 0; i < f->count; i++)
        if (begins_stream(w->bytes + f->rows[i].at, f->rows[i].length) && ++begun == 2) second = i;
    *count = second;
    return begun == (size_t)frames ||
           err_set(e, ERR_FORMAT, "damaged: %zu fragments for %d frames, and no table that parts them", f->count,
                   frames);
}

/* A codestream ends with its end marker; padding may follow. */
static bool is_whole(const uint8_t *p, size_t n, const struct dicom_syntax *s)
{
    if (s->coding == DICOM_RLE) {
        uint32_t segments = n >= 64 ? get(p, 4, false) : 0;
        if (segments < 1 || segments > 15) return false;
        for (uint32_t i = 1; i <= segments; i++) {
            uint32_t at = get(p + 4 * i, 4, false);
            if (at < 64 || at >= n || (i > 1 && at <= get(p + 4 * i - 4, 4, false))) return false;
        }
        return true;
    }
    while (n > 2 && (p[n - 1] == 0 || (p[n - 1] == 0xff && p[n - 2] != 0xff))) n--;
    for (size_t i = 0; n >= i + 2 && i < 4; i++)
        if (p[n - 2 - i] == 0xff && p[n - 1 - i] == 0xd9) return true;
    return false;
}

static bool find_stream(const struct dicom_whole *w, size_t at, const struct dicom_syntax *s, int frames,
                        const uint8_t **bytes, size_t *n, uint8_t **owned, struct err *e)
{
    struct fragments f = { 0 };
    size_t count = 0;
    bool ok = walk(w, at, &f, e) && first_frame(w, &f, frames, &count, e);
    *n = 0;
    for (size_t i = 0; ok && i < count; i++) *n += f.rows[i].length;
    if (ok && count == 1) {
        *bytes = w->bytes + f.rows[0].at;
    } else if (ok && !(*bytes = *owned = malloc(*n + 1))) {
        ok = err_set(e, ERR_MEMORY, "no memory");
    } else if (ok) {
        uint8_t *to = *owned;
        for (size_t i = 0; i < count; to += f.rows[i++].length) memcpy(to, w->bytes + f.rows[i].at, f.rows[i].length);
    }
    free(f.rows);
    return ok && (is_whole(*bytes, *n, s) || err_set(e, ERR_FORMAT, "truncated: its %s stream has no end", s->name));
}

bool dicom_frame_find(const struct dicom_whole *w, const struct dicom_file *f, const struct dicom_layout *l, int frames,
                      const uint8_t **bytes, size_t *n, uint8_t **owned, struct err *e)
{
    const struct dicom_syntax *s = dicom_syntax_find(dicom_file_syntax(f));
    size_t at = dicom_file_end(f), wanted = dicom_layout_bytes(l);
    uint32_t length = 0;
    *owned = NULL;
    if (!s) return err_set(e, ERR_UNSUPPORTED, "its transfer syntax is not known here");
    if (at == (size_t)-1 || at >= w->n) return err_set(e, ERR_FORMAT, "it holds no pixel data");
    if (!read_head(w, s, &at, &length, e)) return false;
    if (s->coding == DICOM_NATIVE) {
        if (length == 0xffffffff) return err_set(e, ERR_FORMAT, "damaged: its pixel data has no length");
        if (length > w->n - at) return cut(e);
        if (length / (size_t)frames < wanted)
            return err_set(e, ERR_FORMAT, "truncated: %u bytes of pixel data for %d x %d pixels", length, l->width,
                           l->height);
        if (s->big_endian && l->allocated == 8 && !memcmp(w->bytes + at - 8, "OW", 2))
            return err_set(e, ERR_UNSUPPORTED, "its samples of 8 bits stand in big-endian words; convert it");
        *bytes = w->bytes + at;
        *n = wanted;
        return true;
    }
    if (length != 0xffffffff)
        return err_set(e, ERR_FORMAT, "damaged: its pixel data should be %s in fragments", s->name);
    return find_stream(w, at, s, frames, bytes, n, owned, e);
}
