#include "views/charts/chart_over.h"

#include <math.h>
#include <stdlib.h>

/* The points of a curve; owned, NULL if memory ran out. */
static struct series_point *moved(const struct chart_curve *c, const struct x_axes *x, int place)
{
    struct series_point *out = malloc((size_t)(c->count + 1) * sizeof *out);
    for (int i = 0; out && i < c->count; i++) {
        out[i] = c->points[i];
        out[i].x0 = x_axes_at(x, place, c->points[i].x0);
        out[i].x1 = x_axes_at(x, place, c->points[i].x1);
    }
    return out;
}

static double known(double x)
{
    return isnan(x) ? 0 : x;
}

struct chart_place chart_draw_over(const struct area *a, const struct chart *c, const struct x_axes *x,
                                   const int *places)
{
    struct chart over = *c;
    struct chart_curve curves[CHART_OVER_CURVES];
    struct series_point *points[CHART_OVER_CURVES];
    double ends[CHART_OVER_CURVES];
    int n = c->curve_count < CHART_OVER_CURVES ? c->curve_count : CHART_OVER_CURVES;
    over.x_unit = x_axes_unit(x);
    if (x->kind == X_STEP) return chart_draw(a, &over);
    for (int i = 0; i < n; i++) {
        int place = places ? places[i] : 0;
        curves[i] = c->curves[i];
        curves[i].points = points[i] = moved(&c->curves[i], x, place);
        if (!points[i]) curves[i].count = 0;
        if (curves[i].past > 0) curves[i].past = known(x_axes_at(x, place, curves[i].past));
        if (c->ends) ends[i] = x_axes_at(x, place, c->ends[i]);
    }
    over.curves = curves;
    over.curve_count = n;
    if (c->ends) over.ends = ends;
    over.cursor = x_axes_at(x, 0, c->cursor);
    if (c->x.most > c->x.least) over.x.most = known(x_axes_at(x, 0, c->x.most));
    struct chart_place place = chart_draw(a, &over);
    for (int i = 0; i < n; i++) free(points[i]);
    return place;
}
