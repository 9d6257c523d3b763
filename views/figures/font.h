/* Two bitmap fonts, embedded: letters of ASCII, Latin-1 and Greek, some signs of mathematics.
 *
 * misc-fixed 8x13 and 10x20 of the X Window System (Debian's xfonts-base), which say of themselves: "Public domain
 * font. Share and enjoy." make_font.py turned them into font.inc. */
#ifndef MLVICX_VIEWS_FONT_H
#define MLVICX_VIEWS_FONT_H

#include <stdbool.h>
#include <stdint.h>

struct font {
    int width, height, ascent; /* of every glyph, pixels      */
    int glyphs;
    const uint16_t *table; /* a row a glyph: code point, then its `height` rows of bits, the leftmost pixel highest */
};

/** FONT_SMALL is 8x13, FONT_LARGE 10x20. */
enum font_size { FONT_SMALL, FONT_LARGE, FONT_COUNT };
const struct font *font_get(enum font_size size);

/** The rows of a code point; those of '?' where the font lacks it. Borrowed, forever. */
const uint16_t *font_rows(const struct font *f, uint32_t code);

/** Take the next code point off a UTF-8 string; 0 at its end, U+FFFD for a byte that is no UTF-8. */
uint32_t font_next(const char **text);
/** Letters of a UTF-8 string. */
int font_letters(const char *text);

#endif
