/* Dots: a raster finer than cells, for curves and points. A cell has 2 x 4 dots of braille, where the terminal shows
 * braille; 1 x 2 half blocks where it does not; 1 x 2 of ' . : in ASCII.
 *
 * There are two layers. The front has inks: the one drawn last wins a cell. The back is one shade with every second dot
 * left out, so that it can be told without colours; it shows where the front leaves a cell empty. */
#ifndef MLVICX_VIEWS_DOTS_H
#define MLVICX_VIEWS_DOTS_H

#include <stdbool.h>
#include <stdint.h>

#include "views/terminal/canvas.h"

struct dots {
    struct area area;
    int h, w;         /* in dots          */
    int per_y, per_x; /* dots of a cell   */
    struct dots_cell *cells;
};

/** Begins to draw on an area; false if memory ran out or the area is empty (later calls then do nothing). */
bool dots_begin(struct dots *d, const struct area *a);
/** Writes the characters into the area and frees the dots. Cells without dots keep their contents. */
void dots_end(struct dots *d);

/** Sets one dot of the front; dots outside are ignored. */
void dots_put(struct dots *d, int y, int x, unsigned ink);
/** A line between two dots, both included. */
void dots_line(struct dots *d, int y0, int x0, int y1, int x1, unsigned ink);
/** A column of the back from y0 to y1, in any order. */
void dots_shade(struct dots *d, int x, int y0, int y1, unsigned ink);

#endif
