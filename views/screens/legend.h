/* What charts of several runs share: a colour for what a curve stands for, and the legend above them. */
#ifndef MLVICX_VIEWS_LEGEND_H
#define MLVICX_VIEWS_LEGEND_H

#include "views/analysis/comparison.h"
#include "views/terminal/canvas.h"

unsigned legend_ink(enum meaning meaning, int place);

/** "a 17 nih-small  b 16 kermany": letters as charts draw them, in a row of w columns. Returns the columns taken. */
int legend_draw(const struct comparison *o, const struct area *a, int y, int x);

#endif
