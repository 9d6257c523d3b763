/* What charts of several runs share: the colour of each curve, and the legend above the chart. */
#ifndef MLVICX_VIEWS_LEGEND_H
#define MLVICX_VIEWS_LEGEND_H

#include "views/analysis/comparison.h"
#include "views/terminal/canvas.h"

unsigned legend_ink(enum meaning meaning, int place);

/** Draws "a 17 nih-small  b 16 kermany", with the letters that charts use, or where that has no room "a 17  b 16", in
 * a row of w columns. Returns the columns used. */
int legend_draw(const struct comparison *o, const struct area *a, int y, int x);
/** The columns that it takes. */
int legend_columns(const struct comparison *o, bool names);

#endif
