/* The dashboard of the selected run: progress, curves as sparklines, rank with the verdict's word, one line of
 * conclusion. */
#ifndef MLVICX_VIEWS_RUNS_BOARD_H
#define MLVICX_VIEWS_RUNS_BOARD_H

#include "views/analysis/run_board.h"
#include "views/workbench/workbench.h"

/** Draws it from the top of an area; where rows are few, the least important are left out. Returns the rows it took. */
int runs_board_draw(const struct run_board *b, const struct workbench *wb, const struct area *a);

#endif
