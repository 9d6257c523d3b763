/* The canvas: a grid of cells that screens draw on, and areas, rectangles of it that clip.
 *
 * Nothing here knows a terminal. A screen draws into the area it was given, with coordinates of its own; the loop sends
 * the cells that changed to the terminal (terminal.h), or prints the canvas as text (canvas_text). So a screen can be
 * tested without any terminal, and cannot draw outside of its place.
 *
 * A style says what something means, not how it looks: an ink (theme.h turns inks into colours), a paper behind it, and
 * attributes, in one number: `INK_BAD | STYLE_BOLD | STYLE_PAPER(INK_BAR)`. */
#ifndef MLVICX_VIEWS_CANVAS_H
#define MLVICX_VIEWS_CANVAS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/base/text.h"

/* name, what wears it */
#define CANVAS_INKS(X)                                                                                                 \
    X(NORMAL) /* text                                       */                                                         \
    X(DIM)    /* less important: units, frames */                                                                      \
    X(STRONG) /* titles, the figure that matters            */                                                         \
    X(ACCENT) /* the cursor's values, the current tab       */                                                         \
    X(KEY)    /* keys in the key bar                        */                                                         \
    X(GOOD)                                                                                                            \
    X(WATCH)                                                                                                           \
    X(BAD)                                                                                                             \
    X(GLOBAL) /* the two levels of the loss                 */                                                         \
    X(LOCAL)                                                                                                           \
    X(VIEW1) /* the two views of an image                   */                                                         \
    X(VIEW2)                                                                                                           \
    X(BAR)    /* paper of the title line and the key bar    */                                                         \
    X(CHOSEN) /* paper of the chosen row                    */                                                         \
    X(SHADE)  /* envelopes behind curves                    */

enum canvas_ink {
#define CANVAS_INK(name) INK_##name,
    CANVAS_INKS(CANVAS_INK)
#undef CANVAS_INK
        INK_COUNT,
    INK_SERIES0 = 32, /* .. + 7: overlaid runs, classes of labels, levels                     */
    INK_SERIES_COUNT = 8,
    INK_MAP0 = 256,    /* .. + 255: the sequential map of heatmaps, least to most               */
    INK_SIGNED0 = 512, /* .. + 255: the signed map, -1 to +1                                    */
    INK_GREY0 = 768,   /* .. + 255: grey levels of images                                       */
    INK_RGB0 = 4096,   /* .. + 4095: colours of images, four bits each of red, green and blue   */
    INK_MASK = 8191
};
#define INK_SERIES(i) ((unsigned)(INK_SERIES0 + (int)(i) % INK_SERIES_COUNT))

enum { STYLE_PAPER_SHIFT = 13 };
#define STYLE_PAPER(ink)      ((unsigned)(ink) << STYLE_PAPER_SHIFT)
#define STYLE_INK_OF(style)   ((int)((style)&INK_MASK))
#define STYLE_PAPER_OF(style) ((int)((style) >> STYLE_PAPER_SHIFT & INK_MASK))
enum canvas_style {
    STYLE_BOLD = 1 << 26,
    STYLE_REVERSE = 1 << 27,
    STYLE_UNDERLINE = 1 << 28,
};

struct cell {
    uint32_t ch;        /* 0: the right half of a wide character */
    uint32_t combining; /* a mark over it, or 0                  */
    unsigned style;     /* paper 0 (INK_NORMAL): the terminal's  */
    uint8_t overlay;    /* 1 up: it belongs to that overlay of the canvas; 0: to none */
    bool above;         /* it is shown above its overlay */
};

/** A picture in pixels over a rectangle of cells. The cells keep what is drawn in them: it is shown where pixels cannot
 * be, and where something covers a part of the picture. */
enum overlay_haste { OVERLAY_NOW, OVERLAY_WAITS /* one of many: until no key has been pressed for a moment */ };
struct overlay {
    int y, x, h, w;    /* cells */
    int height, width; /* pixels; the terminal's cells may have more or fewer */
    uint8_t *rgb;      /* [height, width, 3], owned */
    uint64_t key;      /* equal for equal pixels */
    enum overlay_haste haste;
};
enum { OVERLAYS_MOST = 200 };

/** How fine pictures can be drawn. */
enum canvas_pictures {
    PICTURES_HALVES, /* two pixels in a cell */
    PICTURES_FINE,   /* characters that follow the edges in a cell */
    PICTURES_PIXELS, /* overlays */
};

struct canvas {
    int h, w;
    bool ascii;         /* the terminal shows only ASCII: lines and blocks are replaced by substitutes */
    bool plain;         /* it shows lines and half blocks, but no braille and no eighth blocks */
    struct cell *cells; /* [h, w], owned */
    enum canvas_pictures pictures;
    int cell_h, cell_w;       /* pixels of a cell, for overlays; 0: not known, and the terminal scales */
    struct overlay *overlays; /* [overlay_count], owned */
    int overlay_count;
};

/** Makes it h x w (1 up) and blank. False if memory ran out: it is then unchanged. Zero-initialise before the first
 * call. */
bool canvas_resize(struct canvas *c, int h, int w);
void canvas_clear(struct canvas *c); /* frees */
void canvas_blank(struct canvas *c);
/** Append the canvas as UTF-8 text, a line a row, trailing blanks cut. */
void canvas_text(const struct canvas *c, struct text *out);
/** The same with SGR colours by `sgr(ctx, style, out)`, which writes the escape sequence of a style. */
void canvas_styled(const struct canvas *c, struct text *out,
                   void (*sgr)(const void *ctx, unsigned style, struct text *out), const void *ctx);

/** A rectangle of a canvas. Plain; may be empty (h or w <= 0). Coordinates below are relative to it; what lies outside
 *  is not drawn. */
struct area {
    struct canvas *canvas;
    int y, x, h, w;
};
struct area canvas_area(struct canvas *c);
/** The part of `a` at y, x of size h, w, cut to it. */
struct area area_sub(const struct area *a, int y, int x, int h, int w);

/** One cell. */
void area_put(const struct area *a, int y, int x, uint32_t ch, unsigned style);
/** Fill a rectangle with a character. */
void area_fill(const struct area *a, int y, int x, int h, int w, uint32_t ch, unsigned style);
/** Change the style of a rectangle, keeping its characters: `keep_ink` changes the paper only. */
void area_restyle(const struct area *a, int y, int x, int h, int w, unsigned style, bool keep_ink);

/** Put a picture in pixels over the whole area, whose cells have been drawn. rgb: [height, width, 3], copied. False,
 * and nothing changed, where the canvas takes none (PICTURES_PIXELS, OVERLAYS_MOST), or the area is empty. */
bool area_overlay(const struct area *a, const uint8_t *rgb, int height, int width, enum overlay_haste haste);
/** A number that is equal for equal bytes, and else for one pair in 2^64. */
uint64_t canvas_key(const uint8_t *bytes, size_t n);
/** One cell above the overlay that is there, if any. */
void area_above(const struct area *a, int y, int x, uint32_t ch, unsigned style);

/** UTF-8 text by display width (wcwidth); control characters and broken bytes become '?'. Cut at the area's edge.
 *  Returns the columns that it takes (uncut), so that calls can be chained. */
int area_text(const struct area *a, int y, int x, unsigned style, const char *utf8);
int area_printf(const struct area *a, int y, int x, unsigned style, const char *format, ...)
    __attribute__((format(printf, 5, 6)));
/** The same, but only if all of it fits, such as a number with its unit. Returns the columns that it would take in
 * either case, so that what follows in a chain is left out too. */
int area_part(const struct area *a, int y, int x, unsigned style, const char *format, ...)
    __attribute__((format(printf, 5, 6)));
/** The same in a field of `w` columns: cut with an ellipsis, padded with blanks. `align` < 0 left, 0 centre, > 0 right.
 */
void area_field(const struct area *a, int y, int x, int w, int align, unsigned style, const char *utf8);
/** Text over several lines, broken at blanks, except between a number and its '%'; at most h lines of w columns.
 * Returns the number of lines (with h 0: how many it would take). */
int area_wrap(const struct area *a, int y, int x, int h, int w, unsigned style, const char *utf8);
/** A frame along the edge, `title` (may be NULL) in its top line. Returns the inside. */
struct area area_frame(const struct area *a, unsigned style, const char *title, unsigned title_style);
/** A horizontal rule. */
void area_rule(const struct area *a, int y, unsigned style);

/** Columns that a UTF-8 text takes. */
int text_columns(const char *utf8);
/** Decode one character at *p (advancing it); 0 at the end; 0xfffd for broken bytes. */
uint32_t text_decode(const char **p);
/** Append one character as UTF-8. */
void text_add_char(struct text *t, uint32_t ch);
/** Display width of a character: 0 (combining), 1 or 2; control characters 1 (they become '?'). */
int char_columns(uint32_t ch);

#endif
