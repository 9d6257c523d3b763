/* Private: what the files of charts share. */
#ifndef MLVICX_VIEWS_CHART_PARTS_H
#define MLVICX_VIEWS_CHART_PARTS_H

#include "views/charts/chart.h"

/** The frame of a plot, common to curves and bars. */
struct chart_frame {
    const char *title, *note, *x_unit;
    unsigned title_ink;
    const struct chart_mark *marks;
    int mark_count;
    const struct chart_line *lines;
    int line_count;
};

/** Draws title, axes with their numbers, marks and lines; p->x and p->y must be set, p->plot is filled (empty if there
 * is no room). Returns the column at which the title ends. */
int chart_frame(const struct area *a, const struct chart_frame *f, struct chart_place *p);
/** The letter of a curve; 0: it is alone and needs none. */
char chart_letter(const struct chart *c, int curve);

/** Whether the value of a curve at x belongs to an earlier run. */
bool chart_is_past(const struct chart_curve *curve, double x);

/** Draw curves and clouds into the plot. */
void chart_draw_curves(const struct chart_place *p, const struct chart *c);
void chart_draw_cloud(const struct chart_place *p, const struct chart_cloud *c);

#endif
