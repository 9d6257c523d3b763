/* Lists that are longer than their area: which rows are shown, and the marks that say that there are others. */
#ifndef MLVICX_VIEWS_SCROLL_H
#define MLVICX_VIEWS_SCROLL_H

#include "views/terminal/canvas.h"

/** The first row to show of `rows`, in an area of `height` that was `before` high when `top` was the first: as few rows
 * further down as shows row `chosen` (-1: none) in an area that has grown, and never empty rows at the end. */
int scroll_top(int top, int before, int height, int rows, int chosen);
/** A triangle at the right edge of the first row, and of the last, where rows are hidden above and below. Not in an
 * area of a single row, which has no room for both. */
void scroll_marks(const struct area *a, int top, int rows);

#endif
