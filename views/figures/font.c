#include "views/figures/font.h"

#include <stddef.h>

#include "views/figures/font.inc"

const struct font *font_get(enum font_size size)
{
    return &fonts[size];
}

/* The table is sorted by code point. */
static const uint16_t *find(const struct font *f, uint32_t code)
{
    int low = 0, high = f->glyphs - 1;
    while (low <= high) {
        int middle = (low + high) / 2;
        const uint16_t *row = f->table + (size_t)middle * (size_t)(f->height + 1);
        if (row[0] == code) return row + 1;
        if (row[0] < code)
            low = middle + 1;
        else
            high = middle - 1;
    }
    return NULL;
}

const uint16_t *font_rows(const struct font *f, uint32_t code)
{
    const uint16_t *rows = find(f, code);
    return rows ? rows : find(f, '?');
}

uint32_t font_next(const char **text)
{
    const unsigned char *p = (const unsigned char *)*text;
    if (!*p) return 0;
    int more = *p < 0x80                 ? 0
               : *p >= 0xc2 && *p < 0xe0 ? 1
               : *p >= 0xe0 && *p < 0xf0 ? 2
               : *p >= 0xf0 && *p < 0xf5 ? 3
                                         : -1;
    uint32_t code = more <= 0 ? *p : *p & (0x3fu >> more);
    *text += 1;
    if (more < 0) return 0xfffd;
    for (int i = 0; i < more; i++) {
        unsigned char c = (unsigned char)**text;
        if ((c & 0xc0) != 0x80) return 0xfffd;
        code = code << 6 | (c & 0x3f);
        *text += 1;
    }
    return code;
}

int font_letters(const char *text)
{
    int n = 0;
    while (font_next(&text)) n++;
    return n;
}
