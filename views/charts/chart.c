#include "views/charts/chart.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "views/charts/chart_parts.h"
#include "views/analysis/format.h"

enum {
    LEAST_LABELLED = 16, /* columns below which the y axis has no numbers */
    LEAST_AXIS = 4,      /* rows below which the x axis is left out       */
    LEAST_TWO_ROWS = 9,  /* rows from which marks have a row of their own */
    FINER = 6,           /* so many more numbers are tried beside a unit than a wide axis would have */
};

const char *chart_number(double x, char out[CHART_NUMBER])
{
    double size = fabs(x);
    bool count = size == 0 || (size >= 2 && size < 1e4 && size == floor(size)); /* 1 may be a share */
    if (count) return snprintf(out, CHART_NUMBER, "%.0f", x), out;
    return format_number(x, size < 0.01 ? 5 : size < 1 ? 4 : 3, out);
}

/* ---- the frame ------------------------------------------------------------------------------------------- */

static int draw_title(const struct area *a, const struct chart_frame *f)
{
    struct area top = area_sub(a, 0, 0, 1, a->w);
    int x = f->title ? text_columns(f->title) : 0, note = f->note ? text_columns(f->note) : 0;
    if (x) area_field(&top, 0, 0, x < a->w ? x : a->w, -1, f->title_ink | STYLE_BOLD, f->title);
    if (!note || x + 1 + note > a->w) return x;
    return x + 1 + area_text(&top, 0, x + 1, INK_DIM, f->note);
}

static int gutter_width(const struct tick *ticks, int n)
{
    int w = 0;
    for (int i = 0; i < n; i++)
        if (text_columns(ticks[i].text) > w) w = text_columns(ticks[i].text);
    return w;
}

/* Leaves out every other tick as long as two share a row, so that steps stay equal. Returns their number. */
static int thin_ticks(const struct chart_place *p, struct tick *ticks, int n)
{
    bool close = true;
    while (close && n > 2 && !p->y.log) {
        close = false;
        for (int i = 1; i < n; i++) close = close || chart_row(p, ticks[i].value) == chart_row(p, ticks[i - 1].value);
        if (!close) break;
        int kept = 0, zero = 0;
        for (int i = 0; i < n; i++)
            if (ticks[i].value == 0) zero = i;
        for (int i = zero % 2; i < n; i += 2) ticks[kept++] = ticks[i]; /* 0 stays */
        n = kept;
    }
    return n;
}

static void draw_y_axis(const struct area *a, const struct chart_place *p, const struct tick *ticks, int n, int gutter)
{
    int top = p->plot.y - a->y;
    if (gutter < 0) return;
    for (int y = 0; y < p->plot.h; y++) area_put(a, top + y, gutter, 0x2502, INK_DIM);
    int taken = -1;
    for (int i = n - 1; i >= 0; i--) {
        int row = chart_row(p, ticks[i].value);
        if (row < 0 || row >= p->plot.h || row == taken) continue;
        area_put(a, top + row, gutter, 0x2524, INK_DIM);
        if (ticks[i].small) continue;
        area_field(a, top + row, 0, gutter, 1, INK_DIM, ticks[i].text);
        taken = row;
    }
}

static bool marked(const struct chart_place *p, const struct chart_frame *f, int column)
{
    for (int i = 0; i < f->mark_count; i++)
        if (chart_column(p, f->marks[i].x) == column) return true;
    return false;
}

/* The numbers of the x axis, and the columns at which their texts begin. */
struct x_texts {
    struct tick ticks[AXIS_TICKS];
    int at[AXIS_TICKS]; /* -1: it has no room, or is none */
    int n, count;       /* ticks; texts */
};

/* Texts between the y axis and column `end` of the plot, about `most`; in the row of the marks none over a mark. */
static void lay_texts(const struct area *a, const struct chart_place *p, const struct chart_frame *f, int left,
                      int rows, int end, int most, struct x_texts *t)
{
    int next = left > 0 ? left - 1 : 0;
    t->n = axis_ticks(&p->x, most, a->canvas->ascii, t->ticks);
    t->count = 0;
    for (int i = 0; i < t->n; i++) {
        int column = chart_column(p, t->ticks[i].value), w = text_columns(t->ticks[i].text);
        int x = left + column - (rows > 1 ? w / 2 : 0);
        t->at[i] = -1;
        x = x < next ? next : x;
        if (rows == 1 && x == left + column && marked(p, f, column)) x++; /* beside the mark, not over it */
        bool over = false;
        for (int k = 0; rows == 1 && k < w; k++) over |= marked(p, f, x - left + k);
        if (column < 0 || column >= p->plot.w || t->ticks[i].small || x + w > left + end || x > left + column + 1 ||
            over)
            continue;
        t->at[i] = x;
        t->count++;
        next = x + w + 1;
    }
}

/* Whether `w` columns from x on are free of numbers, with a blank between, and in the row of the marks of marks. */
static bool is_free(const struct chart_place *p, const struct chart_frame *f, const struct x_texts *t, int left, int x,
                    int w, bool beside_marks)
{
    for (int i = 0; i < t->n; i++)
        if (t->at[i] >= 0 && left + x <= t->at[i] + text_columns(t->ticks[i].text) && t->at[i] <= left + x + w)
            return false;
    for (int k = x; beside_marks && k < x + w; k++)
        if (marked(p, f, k)) return false;
    return true;
}

/* Lays out numbers and unit. The unit stands at the right end, left of marks there, if two numbers are left beside it;
 * else in the last gap between them, else beside one. Returns its column in the plot; -1: there is no room for it. */
static int lay_x_axis(const struct area *a, const struct chart_place *p, const struct chart_frame *f, int left,
                      int rows, struct x_texts *t)
{
    int w = f->x_unit ? text_columns(f->x_unit) : 0, end = p->plot.w - w;
    t->n = 0;
    for (int x = end; w && x > 1 && x >= end - p->plot.w / 4; x--) {
        if (!is_free(p, f, &(struct x_texts){ .n = 0 }, left, x, w, rows == 1)) continue;
        for (int most = x / 12; most <= x / 12 + FINER; most++) {
            lay_texts(a, p, f, left, rows, x - 1, most < 2 ? 2 : most, t);
            if (t->count >= 2) return x;
        }
        break;
    }
    lay_texts(a, p, f, left, rows, p->plot.w, p->plot.w / 12, t);
    for (int marks = rows == 1; w && marks >= 0; marks--)
        for (int x = end; x >= 0; x--)
            if (is_free(p, f, t, left, x, w, marks)) return x;
    if (!w || end < 2) return -1;
    lay_texts(a, p, f, left, rows, end - 1, 2, t); /* a number and the unit say more than two numbers of nothing */
    return t->count ? end : -1;
}

/* The texts under the axis, or in it where there is one row alone. */
static void draw_x_axis(const struct area *a, const struct chart_place *p, const struct chart_frame *f, int left,
                        int rows)
{
    struct x_texts t;
    int at = p->plot.y - a->y + p->plot.h;
    if (rows < 1) return;
    if (left > 0) area_put(a, at, left - 1, 0x2514, INK_DIM);
    area_fill(a, at, left, 1, p->plot.w, 0x2500, INK_DIM);
    for (int i = 0; i < f->mark_count; i++) {
        int column = chart_column(p, f->marks[i].x);
        if (column >= 0 && column < p->plot.w) area_put(a, at, left + column, 0x25b2, f->marks[i].ink);
    }
    int unit = lay_x_axis(a, p, f, left, rows, &t);
    for (int i = 0; i < t.n; i++) {
        int column = chart_column(p, t.ticks[i].value);
        if (column < 0 || column >= p->plot.w) continue;
        if (rows > 1 && !marked(p, f, column)) area_put(a, at, left + column, 0x252c, INK_DIM);
        if (t.at[i] >= 0) area_text(a, at + rows - 1, t.at[i], INK_DIM, t.ticks[i].text);
    }
    if (unit >= 0) area_text(a, at + rows - 1, left + unit, INK_DIM, f->x_unit);
    for (int i = 0; rows > 1 && i < f->mark_count; i++) { /* letters beside their marks, where there is room */
        int column = chart_column(p, f->marks[i].x);
        int beside = column + 1 < p->plot.w ? column + 1 : column - 1;
        if (column < 0 || column >= p->plot.w || beside < 0 || marked(p, f, beside)) continue;
        area_put(a, at, left + beside, (unsigned char)f->marks[i].letter, f->marks[i].ink);
    }
}

static void draw_lines(const struct chart_place *p, const struct chart_frame *f)
{
    for (int i = 0; i < f->line_count; i++) {
        int row = chart_row(p, f->lines[i].y);
        double place = axis_place(&p->y, f->lines[i].y);
        if (isnan(place) || place < 0 || place > 1 || row < 0 || row >= p->plot.h) continue;
        area_fill(&p->plot, row, 0, 1, p->plot.w, 0x2504, f->lines[i].ink);
        int w = f->lines[i].name ? text_columns(f->lines[i].name) : 0;
        if (w && w + 2 < p->plot.w) area_text(&p->plot, row, p->plot.w - w, f->lines[i].ink, f->lines[i].name);
    }
}

int chart_frame(const struct area *a, const struct chart_frame *f, struct chart_place *p)
{
    struct tick ticks[AXIS_TICKS];
    int title = draw_title(a, f), below = a->h >= LEAST_TWO_ROWS ? 2 : a->h >= LEAST_AXIS ? 1 : 0;
    int h = a->h - 1 - below, gutter = -1, n = 0;
    p->plot = area_sub(a, 1, 0, h > 0 ? h : 0, a->w);
    if (h < 1) return title;
    if (a->w >= LEAST_LABELLED && h > 1) {
        n = axis_ticks(&p->y, h / 3, a->canvas->ascii, ticks);
        gutter = gutter_width(ticks, n);
        if (gutter > a->w / 3) gutter = a->w / 3;
    }
    p->plot = area_sub(a, 1, gutter + 1, h, a->w);
    n = thin_ticks(p, ticks, n);
    draw_y_axis(a, p, ticks, n, gutter);
    draw_x_axis(a, p, f, gutter + 1, below);
    draw_lines(p, f);
    return title;
}

/* ---- a chart of curves ------------------------------------------------------------------------------------ */

static bool is_set(const struct axis *a)
{
    return a->least < a->most;
}

static void span_x(struct axis *x, const struct chart *c)
{
    for (int i = 0; i < c->curve_count; i++)
        for (int k = 0; k < c->curves[i].count; k++) {
            axis_hold(x, c->curves[i].points[k].x0);
            axis_hold(x, c->curves[i].points[k].x1);
        }
    for (int i = 0; c->cloud && i < c->cloud->count; i++) axis_hold(x, c->cloud->x[i]);
}

static void span_curve(struct axis *y, const struct axis *x, const struct chart *c, int i)
{
    for (int k = 0; k < c->curves[i].count; k++) {
        const struct series_point *p = &c->curves[i].points[k];
        if (p->x1 < x->least || p->x0 > x->most) continue;
        axis_hold(y, p->mean);
        if (c->whole) axis_hold(y, p->min), axis_hold(y, p->max);
    }
}

/* Whether a curve other than the first would press all others into a stripe: it is many times as far out as they
 * reach. A logarithmic axis holds them all. */
static bool stands_out(const struct chart *c, const struct axis *x, int i)
{
    const double times = 8;
    struct axis mine = axis_none(false), rest = axis_none(false);
    if (i == 0 || c->y.log || is_set(&c->y)) return false;
    span_curve(&mine, x, c, i);
    for (int k = 0; k < c->curve_count; k++)
        if (k != i) span_curve(&rest, x, c, k);
    double reach = rest.most - rest.least;
    if (mine.least > mine.most || !(reach > 0)) return false;
    return fmax(mine.most - rest.most, rest.least - mine.least) > times * reach;
}

/* The band has as much room above the curves, and below them, as they take themselves: it presses none of them flat. */
static void span_band(struct axis *y, const struct axis *x, const struct chart *c)
{
    double reach = c->y.log || !(y->most > y->least) ? INFINITY : y->most - y->least;
    const double least = y->least - reach, most = y->most + reach;
    for (int i = 0; i < c->band_count; i++) {
        const double edges[] = { c->band[i].min, c->band[i].max };
        if (c->band[i].x0 > x->most || c->band[i].x1 < x->least) continue;
        for (int k = 0; k < 2; k++)
            if (!isnan(edges[k])) axis_hold(y, fmin(fmax(edges[k], least), most));
    }
}

static void span_y(struct axis *y, const struct axis *x, const struct chart *c)
{
    for (int i = 0; i < c->curve_count; i++)
        if (!stands_out(c, x, i)) span_curve(y, x, c, i);
    span_band(y, x, c);
    for (int i = 0; c->cloud && i < c->cloud->count; i++) axis_hold(y, c->cloud->y[i]);
    if (c->from_zero) axis_hold(y, 0);
}

static struct chart_place spans(const struct chart *c)
{
    struct chart_place p = { .x = c->x, .y = c->y };
    if (!is_set(&c->x)) {
        p.x = axis_none(c->x.log);
        span_x(&p.x, c);
        axis_finish(&p.x, c->cloud ? 0.02 : 0);
    }
    if (!is_set(&c->y)) {
        p.y = axis_none(c->y.log);
        span_y(&p.y, &p.x, c);
        axis_finish(&p.y, c->from_zero ? 0 : 0.02);
    }
    return p;
}

/* How many points a logarithmic axis cannot show: said in the title. */
static int left_out(const struct chart *c, const struct chart_place *p)
{
    int n = 0;
    for (int i = 0; i < c->curve_count && p->y.log; i++)
        for (int k = 0; k < c->curves[i].count; k++) n += c->curves[i].points[k].mean <= 0;
    return n;
}

enum { VALUES_MOST = 8, BETWEEN = 2 };

/* The values at the cursor, as many as have room. */
struct values {
    char text[VALUES_MOST][64];
    int count, width;
};

/* What is told of a curve: NULL: it has no value there. */
static const struct series_point *value_at(const struct chart *c, int curve)
{
    const struct series_point *at = c->curves[curve].at;
    if (isnan(c->cursor) || !at) return chart_at(&c->curves[curve], c->cursor);
    return at->weight > 0 || at->missing ? at : NULL;
}

/* The first one stands without its name where there is no room for that. */
static void lay_values(const struct chart *c, int room, struct values *v)
{
    char value[CHART_NUMBER];
    v->count = v->width = 0;
    for (int i = 0; i < c->curve_count && i < VALUES_MOST; i++) {
        bool over = c->ends && c->cursor > c->ends[i]; /* its run has ended before */
        const struct series_point *p = over ? NULL : value_at(c, i);
        const char *name = c->curves[i].name ? c->curves[i].name : "";
        chart_number(p ? p->mean : (double)NAN, value);
        if (p && c->counts && p->mean == 1) strcpy(value, "1");
        if (p && p->missing && isnan(p->mean)) snprintf(value, sizeof value, "NaN");
        if (p && p == c->curves[i].at && p->x0 != p->x1)
            snprintf(value + strlen(value), sizeof value - strlen(value), "@%.0f", p->x0);
        char letter = chart_letter(c, i);
        bool own = letter && toupper((unsigned char)*name) == letter; /* a capital: the first of its name */
        if (own)
            snprintf(v->text[i], sizeof *v->text, "%.12s %s", name, value);
        else
            snprintf(v->text[i], sizeof *v->text, "%c%s%.12s %s", letter ? letter : ' ', *name ? " " : "", name, value);
        if (!letter || (i == 0 && text_columns(v->text[0]) > room)) snprintf(v->text[i], sizeof *v->text, "%s", value);
        int w = text_columns(v->text[i]) + (i ? BETWEEN : 0);
        if (v->width + w > room) break;
        v->width += w;
        v->count++;
    }
}

/* Whether a note leaves room for as many values as there are without it. */
static bool note_fits(const struct area *a, const struct chart *c)
{
    int title = c->title ? text_columns(c->title) : 0, note = text_columns(c->note);
    struct values with, without;
    if (c->no_values) return true;
    lay_values(c, a->w - title - 1, &without);
    lay_values(c, a->w - title - 1 - note - 1, &with);
    return with.count >= without.count;
}

/* From the right end of the title row. */
static void draw_values(const struct area *a, const struct chart *c, int title)
{
    struct values v;
    struct area top = area_sub(a, 0, 0, 1, a->w);
    lay_values(c, a->w - title - 1, &v);
    int x = a->w - v.width;
    for (int i = 0; i < v.count; i++) {
        const struct series_point *p = chart_at(&c->curves[i], c->cursor);
        x += BETWEEN +
             area_text(&top, 0, x, p && chart_is_past(&c->curves[i], p->x1) ? INK_DIM : c->curves[i].ink, v.text[i]);
    }
}

/* Beside letters of names, not over them. */
static void draw_cursor(const struct chart_place *p, int column)
{
    const struct canvas *c = p->plot.canvas;
    if (column < 0 || column >= p->plot.w) return;
    for (int y = 0; y < p->plot.h; y++) {
        uint32_t ch = c->cells[(p->plot.y + y) * c->w + p->plot.x + column].ch;
        if (ch >= 128 || !isalnum((int)ch)) area_put(&p->plot, y, column, 0x2506, INK_ACCENT);
    }
}

/* "b off the chart ": the curves that reach far beyond it. */
static void say_off(const struct chart *c, const struct chart_place *p, char *out, size_t size)
{
    char letters[VALUES_MOST * 2 + 1] = "";
    size_t n = 0;
    for (int i = 0; i < c->curve_count && i < VALUES_MOST; i++) {
        struct axis mine = axis_none(false);
        span_curve(&mine, &p->x, c, i);
        bool outside = mine.most > p->y.most || mine.least < p->y.least; /* an axis from 0 may hold it anyway */
        if (outside && stands_out(c, &p->x, i))
            n += (size_t)snprintf(letters + n, sizeof letters - n, "%c ", chart_letter(c, i));
    }
    snprintf(out, size, "%s%s", letters, *letters ? "off the chart " : "");
}

struct chart_place chart_draw(const struct area *a, const struct chart *c)
{
    char note[128], off[48];
    struct chart_place p = spans(c);
    say_off(c, &p, off, sizeof off);
    const char *told = c->note && note_fits(a, c) ? c->note : "";
    int less = left_out(c, &p);
    snprintf(note, sizeof note, "%s%s", off, told);
    if (less) {
        size_t n = strlen(note);
        snprintf(note + n, sizeof note - n, "%s\u2264 0 left out: %d", n ? " \u00b7 " : "", less);
    }
    struct chart_frame f = { .title = c->title,
                             .note = note,
                             .x_unit = c->x_unit,
                             .title_ink = c->title_ink,
                             .marks = c->marks,
                             .mark_count = c->mark_count,
                             .lines = c->lines,
                             .line_count = c->line_count };
    if (a->h < 1 || a->w < 1) return p;
    int title = chart_frame(a, &f, &p), column = chart_column(&p, c->cursor);
    draw_cursor(&p, column);
    chart_draw_curves(&p, c);
    if (c->cloud) chart_draw_cloud(&p, c->cloud);
    if (!c->no_values) draw_values(a, c, title);
    return p;
}
