/* Heatmaps on cells: a matrix, reduced to the cells there are. Pure: values in, cells out. Colour goes with the square
 * root of how far the magnitude is above the least: correlations crowd near their floor, and there their structure is.
 * With the colours of a map a cell shows two values, one above the other, or where the terminal shows pixels as many as
 * it has pixels; otherwise a ramp of characters does. */
#ifndef MLVICX_VIEWS_HEAT_H
#define MLVICX_VIEWS_HEAT_H

#include <stdbool.h>

#include "views/terminal/canvas.h"
#include "views/terminal/theme.h"

struct heat {
    const float *values; /* [rows, cols], NaN: shown as a cross; borrowed */
    int rows, cols;
    double least;    /* magnitudes up to it are the beginning of the map (where it is signed, its middle) */
    double most;     /* magnitudes from it on are its end                                                  */
    bool with_sign;  /* the signed map; its reduction keeps what is farthest from 0   */
    bool max;        /* values that share a cell: their maximum, otherwise the mean   */
    int row, column; /* the cursor; -1: none */
    const struct theme *theme;
};

/** What was drawn where: a cell of the picture stands for per x per values, and a value takes `zoom` cells. */
struct heat_place {
    struct area plot;
    int per, zoom; /* one of them is 1 */
    bool halves;   /* two rows of values in a row of the screen  */
    int wide;      /* columns of the screen for a value          */
    int fine;      /* as pixels: a pixel stands for fine x fine values; 0: not as pixels */
};

/** The value that stands for a rectangle of the matrix: NaN only where nothing in it is a number. */
float heat_reduce(const struct heat *h, int row, int column, int per);
/** How it would lie in an area of that size. */
struct heat_place heat_lay(const struct area *a, const struct heat *h);
struct heat_place heat_draw(const struct area *a, const struct heat *h);
/** The value at a cell of the plot; false beyond the matrix. */
bool heat_at(const struct heat_place *p, const struct heat *h, int y, int x, int *row, int *column);
/** A row with the map from its least to its most, with numbers. */
void heat_legend(const struct area *a, int y, const struct heat *h);

#endif
