/* A picture to draw on: rectangles, smooth lines and discs, text. Everything is clipped; drawing never fails.
 *
 * Coordinates are pixels from the upper left corner, real numbers: the centre of the first pixel is (0.5, 0.5). */
#ifndef MLVICX_VIEWS_RASTER_H
#define MLVICX_VIEWS_RASTER_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/err.h"
#include "engine/data/images/image.h"
#include "views/figures/font.h"

struct colour {
    uint8_t r, g, b;
};
#define COLOUR(hex) ((struct colour){ (hex) >> 16 & 0xff, (hex) >> 8 & 0xff, (hex)&0xff })

struct raster_box {
    double x0, y0, x1, y1; /* x1, y1 just outside */
};

struct raster {
    struct image image;     /* owned, 3 channels                                */
    struct raster_box clip; /* nothing is drawn outside; the whole at the start */
    enum font_size font;
    int scale; /* of letters: 1, 2, ... pixels a dot */
};

/** A picture of one colour; raster_clear frees. */
bool raster_init(struct raster *r, int width, int height, struct colour background, struct err *e);
void raster_clear(struct raster *r);

/** Draw only inside the box from now on; NULL: everywhere. */
void raster_clip(struct raster *r, const struct raster_box *box);

/** Blend a colour over one pixel: opacity 0 to 1. */
void raster_blend(struct raster *r, int x, int y, struct colour c, double opacity);
/** Fill a box, its edges smooth where they cut pixels. */
void raster_fill(struct raster *r, struct raster_box b, struct colour c, double opacity);
/** The frame of a box, one pixel wide (times scale), inside it. */
void raster_frame(struct raster *r, struct raster_box b, struct colour c);
/** A smooth line of some width; `dash` > 0: strokes and gaps of that length. */
void raster_line(struct raster *r, double x0, double y0, double x1, double y1, double width, double dash,
                 struct colour c);
/** Points joined, opaque: where strokes of the same line overlap, nothing darkens. NaN in x or y makes a gap. */
void raster_polyline(struct raster *r, const double *x, const double *y, int n, double width, struct colour c);
/** A triangle that points up, its base centred at (x, y). */
void raster_triangle(struct raster *r, double x, double y, double size, struct colour c);

enum raster_anchor { ANCHOR_LEFT, ANCHOR_CENTRE, ANCHOR_RIGHT };

/** Size of a letter and of a text (UTF-8) in pixels. */
int raster_letter_width(const struct raster *r);
int raster_letter_height(const struct raster *r);
double raster_text_width(const struct raster *r, const char *text);
/** Text whose left end, middle or right end is at x and whose box begins at y. `bold`: struck twice. */
void raster_text(struct raster *r, double x, double y, enum raster_anchor anchor, bool bold, const char *text,
                 struct colour c);
/** Text that runs upwards: x is the left edge of its box, y its anchor along the way. */
void raster_text_up(struct raster *r, double x, double y, enum raster_anchor anchor, const char *text, struct colour c);

#endif
