/* Numbers to cells and cells to numbers. */
#include <math.h>

#include "views/charts/chart_parts.h"

double chart_x(const struct chart_place *p, int column)
{
    return p->plot.w > 0 ? axis_value(&p->x, (column + 0.5) / p->plot.w) : (double)NAN;
}

static int cell_of(double place, int cells)
{
    if (isnan(place) || cells < 1) return -1;
    if (place == 1) return cells - 1;
    double at = floor(place * cells);
    return at < -1 ? -1 : at > cells ? cells : (int)at;
}

int chart_column(const struct chart_place *p, double x)
{
    return cell_of(axis_place(&p->x, x), p->plot.w);
}

int chart_row(const struct chart_place *p, double y)
{
    double place = axis_place(&p->y, y);
    int row = place == 0 ? p->plot.h - 1 : cell_of(1 - place, p->plot.h);
    return isnan(place) ? -1 : row;
}

const struct series_point *chart_at(const struct chart_curve *curve, double x)
{
    if (curve->count < 1) return NULL;
    if (isnan(x)) return &curve->points[curve->count - 1];
    int low = 0, high = curve->count - 1;
    while (low < high) { /* the first point that does not end before x */
        int middle = (low + high) / 2;
        if (curve->points[middle].x1 < x)
            low = middle + 1;
        else
            high = middle;
    }
    const struct series_point *p = &curve->points[low];
    if (low > 0 && p->x0 > x && x - p[-1].x1 < p->x0 - x) p--;
    if (p + 1 < curve->points + curve->count && p[1].x0 == x) p++; /* of two points that meet at x, the later one */
    return p;
}

char chart_letter(const struct chart *c, int curve)
{
    if (c->letters) return c->letters[curve];
    return (char)(c->curve_count > 1 ? 'a' + curve % 26 : 0);
}

bool chart_is_past(const struct chart_curve *curve, double x)
{
    return curve->past > 0 && x <= curve->past;
}
