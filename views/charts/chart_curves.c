/* Curves and clouds of points, as dots. */
#include <math.h>
#include <stdlib.h>

#include "views/charts/chart_parts.h"
#include "views/charts/dots.h"

/* The values in one column of dots. */
struct column {
    double min, mean, max, weight, x;
    bool missing;
};

enum { GAP = 8 }; /* a gap this many times wider than the mean distance of points breaks the line */

static int dot_of(double place, int dots)
{
    if (isnan(place)) return -1;
    double at = place == 1 ? dots - 1 : floor(place * dots);
    return at < -dots ? -dots : at > 2 * dots ? 2 * dots : (int)at;
}

static int dot_y(const struct dots *d, const struct chart_place *p, double y)
{
    double place = axis_place(&p->y, y);
    return place == 0 ? d->h - 1 : dot_of(1 - place, d->h);
}

/* The x of a point; of a column that extends beyond the axis, the middle of the visible part. */
static double middle_of(const struct series_point *q, const struct axis *x)
{
    double first = fmax(q->x0, x->least), last = fmin(q->x1, x->most);
    return first <= last ? (first + last) / 2 : (q->x0 + q->x1) / 2;
}

static void gather(const struct dots *d, const struct chart_place *p, const struct chart_curve *curve,
                   struct column *columns)
{
    for (int i = 0; i < d->w; i++) columns[i] = (struct column){ .min = NAN, .mean = NAN, .max = NAN, .x = NAN };
    for (int i = 0; i < curve->count; i++) {
        const struct series_point *q = &curve->points[i];
        double x = middle_of(q, &p->x);
        int at = dot_of(axis_place(&p->x, x), d->w);
        if (at < 0 || at >= d->w) continue;
        struct column *c = &columns[at];
        double weight = q->weight > 0 ? q->weight : 1;
        c->missing = c->missing || q->missing;
        if (isnan(c->x)) c->x = x;
        if (isnan(q->mean)) continue;
        c->mean = c->weight > 0 ? (c->mean * c->weight + q->mean * weight) / (c->weight + weight) : q->mean;
        c->weight += weight;
        c->min = fmin(c->min, q->min); /* fmin skips a NaN */
        c->max = fmax(c->max, q->max);
    }
}

/* Replaces means by weighted means of their neighbours. */
static void smooth(struct column *columns, double *out, int n, double share)
{
    double sigma = fmax(1, share * n / 2);
    int reach = (int)(3 * sigma);
    for (int i = 0; i < n; i++) {
        double sum = 0, weight = 0;
        out[i] = NAN;
        if (!(columns[i].weight > 0)) continue;
        for (int k = i - reach < 0 ? 0 : i - reach; k <= i + reach && k < n; k++) {
            if (!(columns[k].weight > 0)) continue;
            double w = exp(-0.5 * (k - i) * (k - i) / (sigma * sigma));
            sum += w * columns[k].mean;
            weight += w;
        }
        out[i] = sum / weight;
    }
    for (int i = 0; i < n; i++) columns[i].mean = out[i];
}

static double gap_of(const struct chart_curve *curve)
{
    if (curve->count < 3) return INFINITY;
    return GAP * (curve->points[curve->count - 1].x1 - curve->points[0].x0) / (curve->count - 1);
}

static void draw_line(struct dots *d, const struct chart_place *p, const struct chart *c, const struct column *columns,
                      const struct chart_curve *curve)
{
    int before = -1, before_y = 0;
    double gap = gap_of(curve);
    for (int i = 0; i < d->w; i++) {
        if (columns[i].missing && !(columns[i].weight > 0)) before = -1; /* NaN: the line breaks */
        if (!(columns[i].weight > 0) || isnan(axis_place(&p->y, columns[i].mean))) continue;
        int y = dot_y(d, p, columns[i].mean);
        bool joined = before >= 0 && !c->dotted && columns[i].x - columns[before].x <= gap;
        bool past = chart_is_past(curve, columns[i].x);
        if (joined && !past)
            dots_line(d, before_y, before, y, i, curve->ink);
        else if (!past || i % 2 == 0 || before < 0)
            dots_put(d, y, i, past ? INK_DIM : curve->ink);
        before = i;
        before_y = y;
    }
}

/* Draws the raw values behind the curve: from the minimum to the maximum of each column. */
static void draw_shade(struct dots *d, const struct chart_place *p, const struct column *columns)
{
    for (int i = 0; i < d->w; i++) {
        if (!(columns[i].weight > 0)) continue;
        bool low = isnan(axis_place(&p->y, columns[i].min));
        int top = dot_y(d, p, columns[i].max);
        dots_shade(d, i, top, low ? d->h - 1 : dot_y(d, p, columns[i].min), INK_SHADE);
    }
}

static void draw_letters(const struct chart_place *p, const struct chart *c, const struct column *columns, int dots,
                         int curve)
{
    int every = p->plot.w / 3 < 8 ? p->plot.w : p->plot.w / 3, per = dots / p->plot.w;
    for (int x = p->plot.w - 1 - curve * 2, drawn = -1; x >= 0; x--) {
        const struct column *at = &columns[x * per];
        if (!(at->weight > 0) && per > 1) at++;
        int row = at->weight > 0 ? chart_row(p, at->mean) : -1;
        if (row < 0 || (drawn >= 0 && drawn - x < every)) continue;
        unsigned ink = chart_is_past(&c->curves[curve], at->x) ? INK_DIM : c->curves[curve].ink;
        area_put(&p->plot, row, x, (unsigned char)chart_letter(c, curve), ink | STYLE_BOLD);
        drawn = x;
    }
}

/* Both edges of the band, a dot in two columns: nothing else is drawn so. */
static void draw_band(struct dots *d, const struct chart_place *p, const struct chart *c)
{
    enum { APART = 3 };
    const struct chart_curve band = { .points = c->band, .count = c->band_count };
    for (int i = 0; i < d->w && c->band_count; i += APART) {
        double x = axis_value(&p->x, (i + 0.5) / d->w);
        const struct series_point *q = chart_at(&band, x);
        if (x < c->band[0].x0 || x > c->band[c->band_count - 1].x1) continue;
        if (!isnan(axis_place(&p->y, q->min))) dots_put(d, dot_y(d, p, q->min), i, INK_DIM);
        if (!isnan(axis_place(&p->y, q->max))) dots_put(d, dot_y(d, p, q->max), i, INK_DIM);
    }
}

void chart_draw_curves(const struct chart_place *p, const struct chart *c)
{
    struct dots d;
    int n = c->curve_count;
    if (!n || !dots_begin(&d, &p->plot)) return;
    size_t w = (size_t)d.w;
    struct column *columns = malloc((size_t)n * w * sizeof *columns);
    double *scratch = malloc(w * sizeof *scratch);
    draw_band(&d, p, c);
    for (int i = n - 1; i >= 0 && columns && scratch; i--) { /* the first curve is drawn last, above the others */
        struct column *mine = columns + (size_t)i * w;
        gather(&d, p, &c->curves[i], mine);
        draw_shade(&d, p, mine);
        if (c->smooth > 0) smooth(mine, scratch, d.w, c->smooth);
        draw_line(&d, p, c, mine, &c->curves[i]);
    }
    int dots = d.w;
    dots_end(&d);
    for (int i = n - 1; i >= 0 && columns && scratch; i--) {
        const struct column *mine = columns + (size_t)i * w;
        if (chart_letter(c, i)) draw_letters(p, c, mine, dots, i);
        for (int x = 0; x < dots; x++)
            if (mine[x].missing) area_put(&p->plot, p->plot.h - 1, x * p->plot.w / dots, 0xd7, INK_BAD);
    }
    free(columns);
    free(scratch);
}

void chart_draw_cloud(const struct chart_place *p, const struct chart_cloud *c)
{
    struct dots d;
    if (!dots_begin(&d, &p->plot)) return;
    for (int i = 0; i < c->count; i++) {
        int group = c->group ? c->group[i] : 0;
        double x = axis_place(&p->x, c->x[i]), y = axis_place(&p->y, c->y[i]);
        if (isnan(x) || isnan(y)) continue;
        if (c->letters && c->signs)
            area_put(&p->plot, chart_row(p, c->y[i]), chart_column(p, c->x[i]), (unsigned char)c->signs[group],
                     c->inks[group]);
        else
            dots_put(&d, dot_y(&d, p, c->y[i]), dot_of(x, d.w), c->inks[group]);
    }
    dots_end(&d);
}
