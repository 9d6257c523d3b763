#include "views/figures/plot.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MOST_PIXELS 1e6 /* of a stroke: what is longer does not lie in the picture */

double plot_line_width(const struct raster *r)
{
    return r->scale * (r->font == FONT_LARGE ? 1.8 : 1.4);
}

double plot_x(const struct plot *p, double x)
{
    return p->area.x0 + axis_place(&p->x, x) * (p->area.x1 - p->area.x0);
}

double plot_y(const struct plot *p, double y)
{
    return p->area.y1 - axis_place(&p->y, y) * (p->area.y1 - p->area.y0);
}

/* ---- axes ---- */

static double gap(const struct raster *r)
{
    return raster_letter_width(r) * 0.6;
}

static double widest(const struct raster *r, const struct tick *ticks, int n)
{
    double w = 0;
    for (int i = 0; i < n; i++) w = fmax(w, raster_text_width(r, ticks[i].text));
    return w;
}

static int y_ticks(const struct plot *p, double height, struct tick out[AXIS_TICKS])
{
    return axis_ticks(&p->y, (int)(height / (2.6 * raster_letter_height(p->raster))), false, out);
}

static void lay_out(struct plot *p)
{
    struct tick ticks[AXIS_TICKS];
    const struct raster *r = p->raster;
    double line = raster_letter_height(r), space = gap(r);
    p->area = p->outer;
    if (p->title) p->area.y0 += line + space;
    p->area.y1 -= line + 1.5 * space + (p->x_label ? line : 0);
    int n = y_ticks(p, p->area.y1 - p->area.y0, ticks);
    p->area.x0 += widest(r, ticks, n) + 2 * space + (p->y_label ? line + space : 0);
    p->area.x1 -= p->right + space;
    p->area.x0 = floor(p->area.x0), p->area.x1 = floor(p->area.x1);
    p->area.y0 = floor(p->area.y0), p->area.y1 = floor(p->area.y1);
    if (p->cells < 1) return;
    double side = fmin(p->area.x1 - p->area.x0, p->area.y1 - p->area.y0);
    if (side > p->cells) side = floor(side / p->cells) * p->cells;
    p->area.x1 = p->area.x0 + side;
    p->area.y1 = p->area.y0 + side;
}

static void draw_x_axis(struct plot *p)
{
    struct tick ticks[AXIS_TICKS];
    struct raster *r = p->raster;
    double space = gap(r), s = r->scale, width = p->area.x1 - p->area.x0;
    int n = axis_ticks(&p->x, (int)(width / (8 * raster_letter_width(r))), false, ticks);
    double free_from = -INFINITY; /* texts never touch */
    for (int i = 0; i < n; i++) {
        double x = floor(plot_x(p, ticks[i].value)), half = raster_text_width(r, ticks[i].text) / 2;
        double length = ticks[i].small ? space / 2 : space;
        if (!p->bare && !ticks[i].small)
            raster_fill(r, (struct raster_box){ x, p->area.y0, x + s, p->area.y1 }, p->palette->grid, 1);
        raster_fill(r, (struct raster_box){ x, p->area.y1, x + s, p->area.y1 + length }, p->palette->frame, 1);
        if (ticks[i].small || x - half < free_from) continue;
        raster_text(r, x + s / 2, p->area.y1 + 1.4 * space, ANCHOR_CENTRE, false, ticks[i].text, p->palette->text);
        free_from = x + half + raster_letter_width(r);
    }
}

static void draw_y_axis(struct plot *p)
{
    struct tick ticks[AXIS_TICKS];
    struct raster *r = p->raster;
    double space = gap(r), s = r->scale;
    int n = y_ticks(p, p->area.y1 - p->area.y0, ticks);
    for (int i = 0; i < n; i++) {
        double y = floor(plot_y(p, ticks[i].value)), length = ticks[i].small ? space / 2 : space;
        if (!p->bare && !ticks[i].small)
            raster_fill(r, (struct raster_box){ p->area.x0, y, p->area.x1, y + s }, p->palette->grid, 1);
        raster_fill(r, (struct raster_box){ p->area.x0 - length, y, p->area.x0, y + s }, p->palette->frame, 1);
        raster_text(r, p->area.x0 - 1.5 * space, y - raster_letter_height(r) / 2.0, ANCHOR_RIGHT, false, ticks[i].text,
                    p->palette->text);
    }
}

void plot_begin(struct plot *p)
{
    struct raster *r = p->raster;
    double line = raster_letter_height(r), space = gap(r);
    lay_out(p);
    raster_clip(r, NULL);
    raster_fill(r, p->area, p->palette->panel, 1);
    raster_clip(r, &p->outer); /* a title never runs into the next panel */
    if (p->title) raster_text(r, p->area.x0, p->outer.y0, ANCHOR_LEFT, true, p->title, p->palette->text);
    raster_clip(r, NULL);
    draw_x_axis(p);
    draw_y_axis(p);
    if (p->x_label)
        raster_text(r, (p->area.x0 + p->area.x1) / 2, p->area.y1 + line + 1.5 * space, ANCHOR_CENTRE, false, p->x_label,
                    p->palette->dim);
    if (p->y_label)
        raster_text_up(r, p->outer.x0, (p->area.y0 + p->area.y1) / 2, ANCHOR_CENTRE, p->y_label, p->palette->dim);
    raster_clip(r, &p->area);
}

void plot_end(struct plot *p)
{
    raster_clip(p->raster, NULL);
    raster_frame(p->raster, p->area, p->palette->frame);
}

/* ---- data ---- */

/* Pixels of n numbers; owned by the caller. NULL when memory ran out: then nothing is drawn. */
static double *pixels(const struct plot *p, double (*place)(const struct plot *, double), const double *v, int n)
{
    double *out = malloc((size_t)(n + 1) * sizeof *out);
    for (int i = 0; out && i < n; i++) out[i] = place(p, v[i]);
    return out;
}

void plot_curve(struct plot *p, const double *x, const double *y, int n, struct colour c)
{
    double *px = pixels(p, plot_x, x, n), *py = pixels(p, plot_y, y, n);
    if (px && py) raster_polyline(p->raster, px, py, n, plot_line_width(p->raster), c);
    free(px);
    free(py);
}

void plot_dashed(struct plot *p, const double *x, const double *y, int n, struct colour c)
{
    double dash = raster_letter_width(p->raster) * 0.8, travelled = 0;
    for (int i = 1; i < n; i++) {
        double x0 = plot_x(p, x[i - 1]), y0 = plot_y(p, y[i - 1]), x1 = plot_x(p, x[i]), y1 = plot_y(p, y[i]);
        double length = hypot(x1 - x0, y1 - y0);
        if (!(length < MOST_PIXELS)) continue;
        for (double at = 0; at < length;) { /* strokes go on across the corners */
            double phase = fmod(travelled + at, 2 * dash),
                   stretch = fmin(length - at, (phase < dash ? dash : 2 * dash) - phase);
            double a = at / length, b = (at + stretch) / length;
            if (phase < dash)
                raster_line(p->raster, x0 + a * (x1 - x0), y0 + a * (y1 - y0), x0 + b * (x1 - x0), y0 + b * (y1 - y0),
                            plot_line_width(p->raster), 0, c);
            at += fmax(stretch, 1e-3);
        }
        travelled += length;
    }
}

void plot_band(struct plot *p, const double *x, const double *low, const double *high, int n, struct colour c)
{
    for (int i = 1; i < n; i++) {
        if (!(high[i - 1] > low[i - 1] || high[i] > low[i])) continue; /* single numbers have no envelope */
        double x0 = plot_x(p, x[i - 1]), x1 = plot_x(p, x[i]), top0 = plot_y(p, high[i - 1]), top1 = plot_y(p, high[i]);
        double low0 = plot_y(p, low[i - 1]), low1 = plot_y(p, low[i]);
        if (isnan(low0)) low0 = p->area.y1; /* zero on a logarithmic axis */
        if (isnan(low1)) low1 = p->area.y1;
        double first = fmax(x0, p->area.x0 - 1), last = fmin(x1, p->area.x1 + 1);
        for (double at = ceil(first - 0.5); at + 0.5 < last;
             at++) { /* whole pixels: neighbours neither overlap nor part */
            double t = (at + 0.5 - x0) / (x1 - x0), top = top0 + t * (top1 - top0), bottom = low0 + t * (low1 - low0);
            if (isfinite(top))
                raster_fill(p->raster, (struct raster_box){ at, top - 0.5, at + 1, bottom + 0.5 }, c, 0.22);
        }
    }
}

void plot_level(struct plot *p, double y, const char *name, struct colour c)
{
    struct raster *r = p->raster;
    double at = plot_y(p, y), line = raster_letter_height(r), space = gap(r);
    if (!isfinite(at) || at < p->area.y0 || at > p->area.y1) return;
    raster_line(r, p->area.x0, at, p->area.x1, at, r->scale * 1.2, raster_letter_width(r) * 0.7, c);
    if (!name) return;
    double top = at - line - r->scale * 2 < p->area.y0 ? at + r->scale * 2 : at - line - r->scale;
    raster_text(r, p->area.x1 - space, top, ANCHOR_RIGHT, false, name, c);
}

void plot_bars(struct plot *p, const double *edge, const double *y, int n, int which, int of, struct colour c)
{
    for (int i = 0; i < n; i++) {
        double left = plot_x(p, edge[i]), right = plot_x(p, edge[i + 1]), width = (right - left) / of;
        double a = left + width * which, b = a + width, top = plot_y(p, y[i]);
        if (!(y[i] > 0)) continue;
        if (width > 4 * p->raster->scale) b -= p->raster->scale;
        raster_fill(p->raster, (struct raster_box){ a, top, b, p->area.y1 }, c, 0.85);
    }
}

void plot_point(struct plot *p, double x, double y, struct colour c)
{
    double at_x = plot_x(p, x), at_y = plot_y(p, y), half = 2.5 * plot_line_width(p->raster);
    if (isnan(at_x) || isnan(at_y)) return;
    for (int rim = 1; rim >= 0; rim--, half *= 0.6)
        raster_fill(p->raster, (struct raster_box){ at_x - half, at_y - half, at_x + half, at_y + half },
                    rim ? p->palette->text : c, 1);
}

void plot_mark(struct plot *p, double x, char letter, struct colour c)
{
    struct raster *r = p->raster;
    double at = plot_x(p, x), size = raster_letter_width(r) * 0.9;
    const char text[] = { letter, '\0' };
    if (!(at >= p->area.x0 && at <= p->area.x1)) return;
    double end = p->area.y1 - size - raster_letter_height(r);
    raster_line(r, at, p->area.y0, at, end, r->scale * 0.8, r->scale * 3, c);
    raster_triangle(r, at, p->area.y1 - r->scale, size, c);
    raster_text(r, at, end, ANCHOR_CENTRE, false, text, c);
}

void plot_heatmap(struct plot *p, int rows, int columns, const double *left, plot_cell *cell, const void *ctx)
{
    double height = p->area.y1 - p->area.y0, width = p->area.x1 - p->area.x0;
    if (rows < 1 || columns < 1) return;
    for (int j = 0; j < columns; j++) {
        double x0 = left ? plot_x(p, left[j]) : p->area.x0 + width * j / columns;
        double x1 = left ? plot_x(p, left[j + 1]) : p->area.x0 + width * (j + 1) / columns;
        x0 = round(x0), x1 = round(x1); /* whole pixels: no cell has a colour that is not on the map */
        for (int i = 0; x1 > x0 && i < rows; i++) {
            double y0 = round(p->area.y0 + height * i / rows), y1 = round(p->area.y0 + height * (i + 1) / rows);
            raster_fill(p->raster, (struct raster_box){ x0, y0, x1, y1 }, cell(ctx, i, j), 1);
        }
    }
}

/* ---- explanations ---- */

void plot_colours(const struct plot *p, struct raster_box bar, const struct axis *a, bool signed_map, const char *label,
                  double mark, const char *mark_name)
{
    struct raster *r = p->raster;
    struct tick ticks[AXIS_TICKS];
    double height = bar.y1 - bar.y0, space = gap(r), line = raster_letter_height(r), s = r->scale;
    for (int y = 0; y < (int)height; y++) {
        double place = 1 - (y + 0.5) / height;
        struct colour c = signed_map ? palette_signed(2 * place - 1) : palette_map(place);
        raster_fill(r, (struct raster_box){ bar.x0, bar.y0 + y, bar.x1, bar.y0 + y + 1 }, c, 1);
    }
    raster_frame(r, bar, p->palette->frame);
    double marked = bar.y1 - axis_place(a, mark) * height;
    int n = axis_ticks(a, (int)(height / (2.6 * line)), false, ticks);
    for (int i = 0; i < n; i++) {
        double y = floor(bar.y1 - axis_place(a, ticks[i].value) * height);
        if (ticks[i].small || fabs(y - marked) < line * 0.9) continue;
        raster_fill(r, (struct raster_box){ bar.x1, y, bar.x1 + space, y + s }, p->palette->frame, 1);
        raster_text(r, bar.x1 + 1.5 * space, y - line / 2, ANCHOR_LEFT, false, ticks[i].text, p->palette->text);
    }
    if (isfinite(marked) && marked >= bar.y0 && marked <= bar.y1) {
        raster_fill(r, (struct raster_box){ bar.x0, floor(marked), bar.x1 + space, floor(marked) + s },
                    p->palette->text, 1);
        raster_text(r, bar.x1 + 1.5 * space, marked - line / 2, ANCHOR_LEFT, false, mark_name, p->palette->text);
    }
    if (label) raster_text(r, bar.x0, bar.y0 - line - space, ANCHOR_LEFT, false, label, p->palette->dim);
}

void plot_legend(struct plot *p, const struct plot_entry *entries, int n)
{
    struct raster *r = p->raster;
    double line = raster_letter_height(r), space = gap(r), sample = 2.5 * raster_letter_width(r), width = 0;
    for (int i = 0; i < n; i++) width = fmax(width, raster_text_width(r, entries[i].name));
    width += sample + 3 * space;
    double x = p->legend_right ? p->area.x1 - 2 * space - width : p->area.x0 + 2 * space,
           y = p->area.y1 - n * line - 2.5 * space;
    raster_fill(r, (struct raster_box){ x, y, x + width, y + n * line + space }, p->palette->panel, 0.85);
    for (int i = 0; i < n; i++) {
        double middle = y + space / 2 + (i + 0.5) * line;
        raster_line(r, x + space, middle, x + space + sample, middle, plot_line_width(r),
                    entries[i].dashed ? raster_letter_width(r) * 0.7 : 0, entries[i].colour);
        raster_text(r, x + 2 * space + sample, middle - line / 2, ANCHOR_LEFT, false, entries[i].name,
                    p->palette->text);
    }
}
