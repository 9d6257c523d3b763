/* Pictures on cells: square images of a pack as half blocks, two pixels a cell; where colours are few, as a ramp of
 * characters. Boxes and outlines are marks on its pixels. */
#ifndef MLVICX_VIEWS_PICTURE_H
#define MLVICX_VIEWS_PICTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "views/terminal/canvas.h"
#include "views/terminal/theme.h"

struct picture {
    int side; /* pixels, even                     */
    bool colour;
    uint8_t *rgb;    /* [side, side, 3], owned           */
    unsigned *marks; /* [side, side] ink over it, or 0   */
};

/** The rows of cells that a square picture takes in h x w cells; it takes twice as many columns. */
int picture_rows(int h, int w);
/** Scales an image [size, size, channels] to `rows` rows of cells; each pixel is the mean of the pixels that it covers.
 * Zero-initialise the picture before the first call; its memory is reused. False if memory ran out. */
bool picture_scale(struct picture *p, const uint8_t *pixels, int size, int channels, int rows);
/** Marks the edges of a box; coordinates are fractions of the side, 0..1. */
void picture_box(struct picture *p, double x0, double y0, double x1, double y1, unsigned ink);
/** Mark the outline of a mask: run lengths (little-endian uint32) over width x height, beginning outside. */
void picture_mask(struct picture *p, const void *runs, size_t bytes, int width, int height, unsigned ink);
/** Draws it at the top left of the area. */
void picture_draw(const struct picture *p, const struct area *a, const struct theme *t);
void picture_clear(struct picture *p);

#endif
