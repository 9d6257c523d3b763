/* One panel of a figure: axes with round numbers, a grid, a title, and what is drawn between them. */
#ifndef MLVICX_VIEWS_PLOT_H
#define MLVICX_VIEWS_PLOT_H

#include "views/analysis/axis.h"
#include "views/figures/palette.h"
#include "views/figures/raster.h"

struct plot {
    struct raster *raster;         /* borrowed */
    const struct palette *palette; /* borrowed */
    struct raster_box outer;       /* the whole panel, labels included */
    struct raster_box area;        /* between the axes: filled by plot_begin */
    struct axis x, y;
    const char *title, *x_label, *y_label; /* NULL: none */
    bool bare;                             /* no grid: a heatmap fills the area */
    int cells;         /* above 0: the area is a square of so many equal cells a side, whole pixels each where it can */
    double right;      /* pixels kept free right of the area, for a colour bar */
    bool legend_right; /* the legend stands in the lower right corner */
};

/** Lay the panel out and draw everything but data: title, grid, ticks, labels. Data is drawn afterwards, clipped to the
 *  area, and plot_end draws the frame. */
void plot_begin(struct plot *p);
void plot_end(struct plot *p);

/** Pixel of a number; NaN where it has no place. */
double plot_x(const struct plot *p, double x);
double plot_y(const struct plot *p, double y);
/** Width of a usual line in pixels. */
double plot_line_width(const struct raster *r);

void plot_curve(struct plot *p, const double *x, const double *y, int n, struct colour c);
/** The room between two curves, pale. */
void plot_band(struct plot *p, const double *x, const double *low, const double *high, int n, struct colour c);
/** A dashed line across at y, with its name at the right end (NULL: none). */
void plot_level(struct plot *p, double y, const char *name, struct colour c);
/** A dashed line through points. */
void plot_dashed(struct plot *p, const double *x, const double *y, int n, struct colour c);
/** Bars of height y[i] from edge[i] to edge[i+1], on the axis; `of` bars side by side, this is number `which`. */
void plot_bars(struct plot *p, const double *edge, const double *y, int n, int which, int of, struct colour c);
/** A square point with a rim, larger than the line is wide. */
void plot_point(struct plot *p, double x, double y, struct colour c);
/** A mark on the x axis: a triangle with a letter. */
void plot_mark(struct plot *p, double x, char letter, struct colour c);

/** Colour of cell (row, column) of a heatmap. */
typedef struct colour plot_cell(const void *ctx, int row, int column);
/** Fill the area with rows x columns cells; row 0 is uppermost. `left` [columns + 1] are the cells' edges in numbers of
 *  the x axis, NULL: of equal width. */
void plot_heatmap(struct plot *p, int rows, int columns, const double *left, plot_cell *cell, const void *ctx);

/** A bar of colours with its numbers right of it; `a` is what it spans, `signed_map` which map. `mark`: a number that
 * is pointed out (NaN: none) with its name. */
void plot_colours(const struct plot *p, struct raster_box bar, const struct axis *a, bool signed_map, const char *label,
                  double mark, const char *mark_name);

struct plot_entry {
    const char *name;
    struct colour colour;
    bool dashed;
};
/** A legend in a lower corner of the area, the left one unless the panel says otherwise, on a pale ground. */
void plot_legend(struct plot *p, const struct plot_entry *entries, int n);

#endif
