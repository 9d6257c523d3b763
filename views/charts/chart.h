/* Charts on cells: curves, points and bars between axes with round numbers. Pure: values in, cells out.
 *
 *     struct chart c = { .title = "global inv", .curves = curves, .curve_count = 2, .cursor = NAN };
 *     struct chart_place p = chart_draw(&area, &c);
 *     ... chart_x(&p, column) tells what a click means
 *
 * Every column shows the minimum, the mean and the maximum of the points that it stands for: the mean as a line, the
 * rest as a shade behind it. A value that is not a number breaks the line and leaves a cross at the bottom. The smaller
 * the area, the less is drawn: no labels, no axis, and below two rows only the title with its value. */
#ifndef MLVICX_VIEWS_CHART_H
#define MLVICX_VIEWS_CHART_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "views/analysis/axis.h"
#include "views/analysis/point.h"
#include "views/terminal/canvas.h"

struct chart_curve {
    const struct series_point *points; /* by x; borrowed */
    int count;
    const char *name; /* of the legend; NULL: none */
    unsigned ink;
    double past;                   /* what is at this x and before is another's: dots, dim; 0: nothing is */
    const struct series_point *at; /* the value at the cursor, which the points only have as a mean: x0 is the step that
                                      it was recorded at, x1 the one that was asked for, no weight: none; NULL: that of
                                      the points. Borrowed */
};

/** Single points, such as an embedding: group i has inks[group] and, where colours are few, signs[group]. */
struct chart_cloud {
    const float *x, *y;   /* [count], NaN: left out */
    const uint8_t *group; /* NULL: all 0 */
    int count;
    const unsigned *inks;
    const char *signs; /* letters by group; drawn in the cells instead of dots when `letters` */
    bool letters;
};

struct chart_line {
    double y;
    const char *name; /* at its right end; NULL: none */
    unsigned ink;
};
struct chart_mark { /* an event, on the x axis */
    double x;
    char letter;
    unsigned ink;
};

struct chart {
    const char *title, *note; /* the note stands dim behind the title */
    unsigned title_ink;
    struct axis x, y; /* least >= most (such as zeroes): from the data. `log` counts either way */
    bool from_zero;   /* a y axis from the data begins at 0 */
    bool whole;       /* ... and holds the envelope, not only the means */
    const struct chart_curve *curves;
    int curve_count;
    const char *letters; /* [curve_count] that mark the curves and their values, so that several charts can call a run
                            alike; small ones are runs, capitals terms that begin so; NULL: by their place, and none
                            where a curve is alone */
    const double *ends;  /* of each curve the x at which its run ends: no value beyond it; NULL: not told. Borrowed */
    const struct series_point *band; /* what is usual: dotted lines along min and max, behind; borrowed */
    int band_count;
    const struct chart_cloud *cloud; /* NULL: none */
    const struct chart_line *lines;
    int line_count;
    const struct chart_mark *marks;
    int mark_count;
    double smooth;      /* width of the smoothing as a share of the width; 0: none */
    double cursor;      /* an x whose values are shown; NaN: the newest are */
    bool counts;        /* values are counts: 1 is 1, not 1.00 */
    bool no_values;     /* the title shows none */
    bool dotted;        /* every point a dot, not joined */
    const char *x_unit; /* at the right end of the x axis; NULL: none */
};

/** Where things were drawn: for clicks, and for what is drawn on top. */
struct chart_place {
    struct area plot; /* inside the axes */
    struct axis x, y;
};

struct chart_place chart_draw(const struct area *a, const struct chart *c);

/** The x in the middle of a column of the plot; the column of an x (may lie outside; -1 for NaN). The same of rows. */
double chart_x(const struct chart_place *p, int column);
int chart_column(const struct chart_place *p, double x);
int chart_row(const struct chart_place *p, double y);

/** The point of a curve that holds x, else the one nearest to it; NULL when there is none. NaN: the last one. */
const struct series_point *chart_at(const struct chart_curve *curve, double x);

enum { CHART_NUMBER = 32 };
/** A value as charts say it, with three digits that count: "0.371", "41.2", "12.3k". Fills and returns out. */
const char *chart_number(double x, char out[CHART_NUMBER]);

/** Bars over 0..count: more values than columns: a bar is the mean of several, with their maximum as a shade above it.
 *  `ink_of` (may be NULL) gives a bar's ink from its value. The title shows the value of bar `cursor` (-1: none). */
struct chart_bars {
    const char *title, *note;
    unsigned title_ink, ink;
    const float *values;
    int count;
    unsigned (*ink_of)(const void *ctx, double value);
    const void *ctx;
    struct axis x; /* what the bars stand for from left to right; zeroes: 0..count */
    struct axis y; /* zeroes: from 0 to the largest; log counts */
    const struct chart_line *lines;
    int line_count;
    int cursor;
    const char *x_unit;
};
struct chart_place chart_bars(const struct area *a, const struct chart_bars *b);
/** The first bar at a column of the plot, and the first beyond it. */
void chart_bar_range(const struct chart_place *p, int count, int column, int *first, int *end);

/** A line of numbers in one row of text; borrowed. */
struct chart_spark {
    const float *values; /* [count], the newest last; NaN is a blank */
    int count;
    double least, most; /* the scale; NaN: that of the data */
    unsigned ink;
};
/** Drawn in w columns from (y, x) on, the newest at the right. */
void chart_spark(const struct area *a, int y, int x, int w, const struct chart_spark *s);

#endif
