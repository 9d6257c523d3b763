/* Pictures on cells: square images of a pack, as fine as the terminal can show them: pixels over the cells, characters
 * that follow edges, half blocks with two pixels a cell, or where colours are few a ramp of characters. Boxes and
 * outlines are marks on its pixels. */
#ifndef MLVICX_VIEWS_PICTURE_H
#define MLVICX_VIEWS_PICTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "views/terminal/canvas.h"
#include "views/terminal/theme.h"

/** Which part of an image is seen, and how bright: shares of its side, and of the range of grey levels. */
struct picture_look {
    double y, x, side;    /* the part's upper left corner, and its side */
    double level, window; /* the grey in the middle; the range from black to white */
};
/** All of it, as it is. */
#define PICTURE_WHOLE ((struct picture_look){ 0, 0, 1, 0.5, 1 })

struct picture_source {
    const uint8_t *pixels; /* [size, size, channels], borrowed */
    int size, channels;
    struct picture_look look;
};

/* How a picture is laid on cells. */
struct picture_size {
    int rows, columns; /* of cells */
    int fine;          /* pixels of a side in half the height of a cell */
};

struct picture {
    int side; /* pixels, 2 * rows * fine */
    struct picture_size size;
    bool colour;
    struct picture_look look;
    uint8_t *rgb;    /* [side, side, 3], owned           */
    unsigned *marks; /* [side, side] ink over it, or 0   */
};

enum { PICTURE_SIDE_MOST = 640 }; /* pixels of a terminal: some 190 KB of sixels */

/** The columns of cells that a square picture of so many rows takes: twice as many, or as the terminal says that its
 * cells are. */
int picture_columns(const struct canvas *c, int rows);
/** The rows of cells that a square picture takes in h x w cells. */
int picture_rows(const struct canvas *c, int h, int w);
/** The same for one that is shown as pixels, if the canvas takes them: no larger than PICTURE_SIDE_MOST. */
int picture_rows_large(const struct canvas *c, int h, int w);
/** How the canvas shows an image of `pixels` a side (the part that is seen) in `rows` rows. */
struct picture_size picture_size(const struct canvas *c, const struct theme *t, int rows, int pixels);
/** How it shows one of many: coarser. */
struct picture_size picture_size_of_many(const struct canvas *c, const struct theme *t, int rows, int pixels);
/** Scales an image to so many cells; each pixel is the mean of the pixels that it covers, or lies between its
 * neighbours. Zero-initialise the picture before the first call; its memory is reused. False if memory ran out. */
bool picture_scale(struct picture *p, const struct picture_source *s, const struct picture_size *size);
/** One of many, drawn at the top left of the area; in pixels only when no key has been pressed for a moment. For pages
 * of them there is an album (album.h). */
bool picture_show(struct picture *p, const struct picture_source *s, int rows, const struct area *a,
                  const struct theme *t);
/** Marks the edges of a box; coordinates are shares of the side of the whole image. */
void picture_box(struct picture *p, double x0, double y0, double x1, double y1, unsigned ink);
/** Mark the outline of a mask of the whole image: run lengths (little-endian uint32) over width x height, beginning
 * outside. */
void picture_mask(struct picture *p, const void *runs, size_t bytes, int width, int height, unsigned ink);
/** The cell that shows a place of the whole image; false if it is not seen. */
bool picture_cell(const struct picture *p, double share_y, double share_x, int *y, int *x);
/** Draws it at the top left of the area. */
void picture_draw(const struct picture *p, const struct area *a, const struct theme *t);
void picture_clear(struct picture *p);

#endif
