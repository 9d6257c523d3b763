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

/** Begin on an area; false when memory ran out or the area is empty (what follows then does nothing). */
bool dots_begin(struct dots *d, const struct area *a);
/** Put the characters into the area and free. Cells without dots keep what they show. */
void dots_end(struct dots *d);

/** One dot of the front; what lies outside is left out. */
void dots_put(struct dots *d, int y, int x, unsigned ink);
/** A line between two dots, both included. */
void dots_line(struct dots *d, int y0, int x0, int y1, int x1, unsigned ink);
/** A column of the back from y0 to y1, in any order. */
void dots_shade(struct dots *d, int x, int y0, int y1, unsigned ink);

#endif
