/* Loss, AUC and rank of the selected run as charts: where a screen about something else has room to spare. */
#ifndef MLVICX_VIEWS_BOARD_CHARTS_H
#define MLVICX_VIEWS_BOARD_CHARTS_H

#include "views/analysis/run_board.h"
#include "views/terminal/canvas.h"

/** Beside one another, as many as there is room for. `cursor`: the step whose values are told; NaN: the newest. */
void board_charts_draw(const struct run_board *b, double cursor, const struct area *a);

#endif
