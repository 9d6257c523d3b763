/* Pictures as sixels, in the size of their cells. Source: VT330/VT340 Programmer Reference Manual, volume 2,
 * chapter 14. Pure functions. */
#ifndef MLVICX_VIEWS_SIXEL_H
#define MLVICX_VIEWS_SIXEL_H

#include "views/terminal/canvas.h"

/* Levels of a grey picture, and of one of many: fewer make shorter rows, and contours that are seen where it is large.
 */
enum { SIXEL_LEVELS = 64, SIXEL_LEVELS_OF_MANY = 32 };

/** Append what shows a picture where the cursor is; the cells of the terminal have cell_h x cell_w pixels, and at the
 * bottom up to 5 rows of pixels are left out. A picture of more than 256 colours gets fewer levels of each. False, and
 * nothing appended, if memory ran out or there is no row. */
bool sixel_show(const struct overlay *o, int cell_h, int cell_w, struct text *out);

#endif
