/* EXIF orientation.
 *
 * The block is a TIFF file: byte order, 42, offset of the first directory; a directory is a count and 12-byte
 * entries (tag, type, count, value). Only tag 0x0112 is read. Anything unexpected means "as stored". */
#include "config.h"

#include "engine/data/images/image_kinds.h"

#include <string.h>

static unsigned get16(const uint8_t *p, bool big)
{
    return big ? (unsigned)(p[0] << 8 | p[1]) : (unsigned)(p[1] << 8 | p[0]);
}

static uint32_t get32(const uint8_t *p, bool big)
{
    return big ? (uint32_t)get16(p, true) << 16 | get16(p + 2, true)
               : (uint32_t)get16(p + 2, false) << 16 | get16(p, false);
}

int exif_orientation(const uint8_t *tiff, size_t n)
{
    enum { TAG_ORIENTATION = 0x0112, TYPE_BYTE = 1, TYPE_SHORT = 3, TYPE_LONG = 4 };
    if (n < 8) return 1;
    bool big = !memcmp(tiff, "MM\0*", 4);
    if (!big && memcmp(tiff, "II*\0", 4)) return 1;
    size_t at = get32(tiff + 4, big);
    if (at > n - 2) return 1;
    unsigned entries = get16(tiff + at, big);
    at += 2;
    for (unsigned i = 0; i < entries && n - at >= 12; i++, at += 12) {
        const uint8_t *p = tiff + at;
        if (get16(p, big) != TAG_ORIENTATION) continue;
        unsigned type = get16(p + 2, big);
        uint32_t value = type == TYPE_SHORT ? get16(p + 8, big) : type == TYPE_LONG ? get32(p + 8, big) : p[8];
        bool known = (type == TYPE_BYTE || type == TYPE_SHORT || type == TYPE_LONG) && value >= 1 && value <= 8;
        return known ? (int)value : 1;
    }
    return 1;
}
