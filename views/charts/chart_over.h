/* A chart over steps, drawn over what the user wants instead: epochs, images or time. */
#ifndef MLVICX_VIEWS_CHART_OVER_H
#define MLVICX_VIEWS_CHART_OVER_H

#include "views/analysis/x_axes.h"
#include "views/charts/chart.h"

enum { CHART_OVER_CURVES = 32 };

/** Draws a chart whose curves, past, ends, cursor and x axis are in steps. `places` says whose run each curve is of
 * (x_axes_at); NULL: all are of the shown one. Nothing of the chart is changed. */
struct chart_place chart_draw_over(const struct area *a, const struct chart *c, const struct x_axes *x,
                                   const int *places);

#endif
