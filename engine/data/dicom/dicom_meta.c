/* The file as a whole: what its meta group says about the rest, and deflated data sets. */
#include "config.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "engine/data/dicom/dicom_parts.h"

enum { META = DICOM_HEAD, INFLATED_MOST = 1 << 30 };

static uint32_t get16(const uint8_t *p)
{
    return (uint32_t)p[0] | (uint32_t)p[1] << 8;
}

static uint32_t get32(const uint8_t *p)
{
    return get16(p) | get16(p + 2) << 16;
}

/* A UID of n bytes, without the padding to an even length. */
static void copy_uid(char out[DICOM_UID], const uint8_t *from, size_t n)
{
    size_t most = n < DICOM_UID - 1 ? n : DICOM_UID - 1;
    memcpy(out, from, most);
    out[most] = '\0';
    for (size_t k = strlen(out); k && out[k - 1] == ' ';) out[--k] = '\0';
}

/* Walks the meta group, which is always explicit little endian. Fills the UIDs of the transfer syntax and of the
 * object class ("" if absent) and returns where the data set begins; 0 if the group is invalid. */
static size_t walk_meta(const uint8_t *b, size_t n, char syntax[DICOM_UID], char object[DICOM_UID])
{
    static const char *const wide[] = { "OB", "OW", "OF", "OD", "OL", "SQ", "UN", "UT", "UC", "UR" };
    size_t at = META;
    *syntax = *object = '\0';
    while (n - at >= 8 && get16(b + at) == 2) {
        size_t head = 8, length = get16(b + at + 6);
        uint32_t element = get16(b + at + 2);
        for (size_t i = 0; i < sizeof wide / sizeof wide[0]; i++)
            if (!memcmp(b + at + 4, wide[i], 2)) head = 12;
        if (n - at < head) return 0;
        if (head == 12) length = get32(b + at + 8);
        if (length > n - at - head) return 0;
        if (element == 0x0010) copy_uid(syntax, b + at + head, length);
        if (element == 0x0002) copy_uid(object, b + at + head, length);
        at += head + length;
    }
    return at;
}

/* Builds an explicit little endian file from the inflated data set. */
static bool inflate_set(struct dicom_whole *w, const uint8_t *from, size_t n, struct err *e)
{
    static const uint8_t meta[] = { 'D', 'I', 'C', 'M', 2, 0, 0,    0, 'U', 'L', 4,  0,
                                    28,  0,   0,   0,   2, 0, 0x10, 0, 'U', 'I', 20, 0 };
    static const char uid[20] = "1.2.840.10008.1.2.1";
    size_t head = 128 + sizeof meta + sizeof uid, room = head + 8 * n + (1 << 16), used = head;
    z_stream z = { .next_in = (Bytef *)(uintptr_t)from, .avail_in = (uInt)n };
    if (n > INFLATED_MOST || inflateInit2(&z, -MAX_WBITS) != Z_OK) return err_set(e, ERR_MEMORY, "no memory");
    int got = Z_OK;
    while (got == Z_OK) {
        uint8_t *p = room - used < (1 << 15) || !w->owned ? realloc(w->owned, w->owned ? (room *= 2) : room) : w->owned;
        if (!p || room > 2 * (size_t)INFLATED_MOST) {
            inflateEnd(&z);
            if (p) w->owned = p;
            return err_set(e, ERR_UNSUPPORTED, "its deflated data set is too large");
        }
        w->owned = p;
        z.next_out = p + used;
        z.avail_out = (uInt)(room - used);
        got = inflate(&z, Z_NO_FLUSH);
        used = room - z.avail_out;
    }
    inflateEnd(&z);
    if (got != Z_STREAM_END) return err_set(e, ERR_FORMAT, "its deflated data set is damaged or cut off");
    memset(w->owned, 0, 128);
    memcpy(w->owned + 128, meta, sizeof meta);
    memcpy(w->owned + 128 + sizeof meta, uid, sizeof uid);
    w->bytes = w->owned;
    w->n = used;
    return true;
}

bool dicom_whole_init(struct dicom_whole *w, const uint8_t *bytes, size_t n, struct err *e)
{
    char uid[DICOM_UID];
    *w = (struct dicom_whole){ .bytes = bytes, .n = n };
    if (!dicom_is_magic(bytes, n)) return true;
    size_t at = walk_meta(bytes, n, uid, w->object);
    if (!at) return err_set(e, ERR_FORMAT, "damaged: its meta group is cut off or makes no sense");
    if (!*uid) return err_set(e, ERR_FORMAT, "damaged: it does not say its transfer syntax");
    w->syntax = dicom_syntax_find(uid);
    if (!w->syntax) return err_set(e, ERR_UNSUPPORTED, "its transfer syntax is not known here");
    if (w->syntax->coding == DICOM_NOT_READ)
        return err_set(e, ERR_UNSUPPORTED, "its transfer syntax is %s, which is not read here; convert it",
                       w->syntax->name);
    return w->syntax->coding != DICOM_DEFLATED || inflate_set(w, bytes + at, n - at, e);
}

void dicom_whole_clear(struct dicom_whole *w)
{
    free(w->owned);
    *w = (struct dicom_whole){ 0 };
}
