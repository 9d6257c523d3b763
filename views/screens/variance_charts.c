#include "views/screens/variance_charts.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "views/analysis/format.h"
#include "views/analysis/levels.h"
#include "views/charts/chart_over.h"

enum { LABEL_W = 9, RAMP_W = 12, TALL_MOST = 6 };

bool variance_hinged(const struct variance_data *v)
{
    return v->rules.hinge;
}

const char *variance_order_title(enum variance_order order)
{
    static const char *const titles[VARIANCE_ORDERS] = { "the largest first", "by index", "the largest rise first" };
    return titles[order];
}

static unsigned level_ink(const struct variance_data *v)
{
    return v->level == LEVEL_Z ? INK_GLOBAL : v->level == LEVEL_D ? INK_LOCAL : INK_VIEW1;
}

bool variance_range(const struct variance_place *p, int column, int *first, int *end)
{
    if (column < 0 || column >= p->plot.w || !p->dims) return false;
    if (p->per) {
        *first = column / p->wide * p->per;
        *end = *first + p->per;
    } else {
        const struct chart_place whole = { .plot = p->plot };
        chart_bar_range(&whole, p->dims, column, first, end);
    }
    if (*end > p->dims) *end = p->dims;
    return *first < *end;
}

int variance_column(const struct variance_place *p, int place)
{
    int first, end;
    if (p->per) return place / p->per * p->wide;
    for (int x = p->dims ? (int)((int64_t)place * p->plot.w / p->dims) - 1 : p->plot.w; x < p->plot.w; x++)
        if (variance_range(p, x, &first, &end) && place >= first && place < end) return x;
    return -1;
}

static int place_of(const struct variance_look *l)
{
    for (int i = 0; i < l->data->dims; i++)
        if (l->data->index[i] == l->dim) return i;
    return -1;
}

/* An axis that includes every drawn deviation, and the lines at 1 and 0.1. */
static struct axis deviation_axis(const struct variance_look *l)
{
    const struct variance_data *v = l->data;
    struct axis y = axis_none(l->log);
    for (int i = 0; i < v->dims; i++) axis_hold(&y, (double)variance_now(v)[i]);
    for (int k = 1; k < v->comparison.count; k++)
        for (int i = 0; i < v->marks[k - 1].dims; i++) axis_hold(&y, (double)v->marks[k - 1].sorted[i]);
    if (!l->log) axis_hold(&y, 0);
    if (v->rules.hinge) axis_hold(&y, 1.1 * VARIANCE_HINGE);
    if (v->rules.held) axis_hold(&y, VARIANCE_DEAD / 2);
    axis_finish(&y, 0);
    double top = l->log ? y.most * 1.1 : y.most + (y.most - y.least) * 0.05;
    return (struct axis){ l->log ? fmax(y.least, y.most * 1e-6) : y.least, top, l->log };
}

/* ---- bars ------------------------------------------------------------------------------------------------------- */

static const struct chart_line hinge_lines[] = { { VARIANCE_HINGE, "hinge 1", INK_GOOD },
                                                 { VARIANCE_DEAD, "dead below 0.1", INK_BAD } };

/* The lines that apply to the level: [first, 2). */
static int first_line(const struct variance_data *v)
{
    return v->rules.hinge ? 0 : v->rules.held ? 1 : 2;
}

/* A partly filled cell, in the steps that the terminal can show. */
static uint32_t part_of_cell(const struct canvas *c, double share)
{
    int eighths = (int)floor(share * 8 + 0.5);
    if (eighths <= 0) return ' ';
    if (c->ascii) return eighths >= 6 ? '#' : eighths >= 3 ? '=' : '_';
    if (c->plain) return eighths >= 6 ? 0x2588 : 0x2584;
    return 0x2580 + (uint32_t)eighths;
}

static double height_of(const struct axis *y, double x, int rows)
{
    double place = axis_place(y, x);
    return isnan(place) || place < 0 ? 0 : fmin(place, 1) * rows;
}

/* Solid up to the minimum, shaded up to the mean, lightly shaded up to the maximum. */
static void draw_bar(const struct chart_place *p, int x, const struct variance_column *c, unsigned ink, bool here)
{
    int h = p->plot.h;
    double min = height_of(&p->y, c->min, h), mean = height_of(&p->y, c->mean, h), max = height_of(&p->y, c->max, h);
    if (here) ink = INK_ACCENT | STYLE_BOLD;
    for (int i = 0; i < h; i++) {
        int y = h - 1 - i;
        uint32_t ch = part_of_cell(p->plot.canvas, fmin(1, min - i));
        if (ch == ' ' && i < mean - 0.5) ch = 0x2592;
        if (ch == ' ' && i < max - 0.5) ch = 0x2591;
        if (ch == ' ' && i == 0) ch = part_of_cell(p->plot.canvas, c->min > 0 ? 0.125 : 0); /* something is there */
        if (ch != ' ') area_put(&p->plot, y, x, ch, ink);
    }
    if (here) area_put(&p->plot, max < h - 1 ? h - 2 - (int)max : 0, x, 0x25bc, INK_ACCENT | STYLE_BOLD);
}

/* One character of a line. If it crosses a bar, the colour of the bar becomes its background. */
static void put_over(const struct area *plot, int y, int x, uint32_t ch, unsigned ink)
{
    if (y < 0 || y >= plot->h || x < 0 || x >= plot->w) return;
    const struct cell *below = &plot->canvas->cells[(plot->y + y) * plot->canvas->w + plot->x + x];
    bool full = below->ch == 0x2588 || STYLE_PAPER_OF(below->style);
    int bar = STYLE_PAPER_OF(below->style) ? STYLE_PAPER_OF(below->style) : STYLE_INK_OF(below->style);
    area_put(plot, y, x, ch, ink | (full ? STYLE_PAPER(bar) : 0));
}

/* A line across the bars, with its name. */
static void draw_hinge(const struct chart_place *p, const struct chart_line *l)
{
    int y = chart_row(p, l->y), name = p->plot.w - (int)strlen(l->name);
    if (y < 0 || y >= p->plot.h) return;
    for (int x = 0; x < p->plot.w; x++)
        if (p->plot.canvas->cells[(p->plot.y + y) * p->plot.canvas->w + p->plot.x + x].ch == 0x2588)
            put_over(&p->plot, y, x, 0x2500, l->ink);
    for (int i = 0; name > p->plot.w / 2 && l->name[i]; i++)
        put_over(&p->plot, y, name + i, (unsigned char)l->name[i], l->ink);
}

static void draw_mark(const struct chart_place *p, const struct variance_mark *m, char letter, unsigned ink)
{
    int before = -1;
    for (int x = 0; x < p->plot.w && m->dims; x++) {
        int at = (int)((int64_t)x * m->dims / p->plot.w), h = p->plot.h;
        int y = h - 1 - (int)fmin(h - 1, height_of(&p->y, (double)m->sorted[at], h));
        for (int k = before + 1; before >= 0 && k < y; k++) put_over(&p->plot, k, x, 0x2502, ink);
        bool named = x % 16 == 4;
        put_over(&p->plot, y, x, named ? (uint32_t)letter : 0x2500, ink | STYLE_BOLD);
        before = y;
    }
}

static unsigned bar_ink(const struct variance_data *v, const struct variance_column *c)
{
    if (v->rules.held && c->mean < VARIANCE_DEAD) return INK_BAD;
    return level_ink(v);
}

static struct variance_place draw_bars(const struct area *a, const struct variance_look *l)
{
    const struct variance_data *v = l->data;
    char title[64], note[96];
    int line = first_line(v);
    snprintf(title, sizeof title, "deviation, %s", variance_order_title(v->order));
    snprintf(note, sizeof note, "%s%s", l->log ? "log" : "",
             v->dims > a->w ? a->canvas->ascii ? "  a column: # least : mean . largest"
                                               : "  a column: \u2588 least \u2592 mean \u2591 largest"
                            : "");
    struct chart_place p = chart_draw(a, &(struct chart){ .title = title,
                                                          .title_ink = level_ink(v),
                                                          .note = note,
                                                          .x = { 0, v->dims, false },
                                                          .y = deviation_axis(l),
                                                          .lines = hinge_lines + line,
                                                          .line_count = 2 - line,
                                                          .cursor = NAN,
                                                          .no_values = true,
                                                          .x_unit = "dimensions" });
    struct variance_place out = { .plot = p.plot, .dims = p.plot.w > 0 && p.plot.h > 0 ? v->dims : 0 };
    int first, end, cursor = place_of(l);
    for (int x = 0; x < p.plot.w && variance_range(&out, x, &first, &end); x++) {
        struct variance_column c = variance_reduce(variance_now(v), v->index, first, end);
        if (isnan(c.mean))
            area_put(&p.plot, p.plot.h - 1, x, 0xd7, INK_BAD);
        else
            draw_bar(&p, x, &c, bar_ink(v, &c), cursor >= first && cursor < end);
    }
    for (int k = line; k < 2; k++) draw_hinge(&p, &hinge_lines[k]);
    for (int k = 1; k < v->comparison.count && v->order == VARIANCE_BY_VALUE; k++)
        draw_mark(&p, &v->marks[k - 1], (char)('a' + k), INK_SERIES(v->comparison.run[k].place));
    return out;
}

/* ---- waterfall ----------------------------------------------------------------------------------------------------
 */

struct heat {
    int rows, columns;                   /* of cells                              */
    int per_row, tall, per_column, wide; /* steps per row, half rows (or rows) each */
    bool half;                           /* two rows per character */
    struct axis scale;
    float *cell; /* [rows, columns]; NaN: not read; infinite: not a number */
};

static float heat_mean(const struct variance_data *v, const struct heat *t, int row, int column)
{
    double sum = 0;
    int n = 0, bad = 0, end = (column + 1) * t->per_column < v->dims ? (column + 1) * t->per_column : v->dims;
    for (int r = row * t->per_row; r < (row + 1) * t->per_row && r < v->count; r++)
        for (int i = column * t->per_column; i < end && v->rows[r].dims == v->dims; i++) {
            double x = (double)v->rows[r].values[v->index[i]];
            if (isfinite(x))
                sum += x, n++;
            else
                bad++;
        }
    return n ? (float)(sum / n) : bad ? INFINITY : NAN;
}

static bool heat_make(struct heat *t, const struct variance_look *l, int h, int w)
{
    const struct variance_data *v = l->data;
    t->half = theme_has_map(l->theme);
    t->rows = variance_fold(v->count, t->half ? 2 * h : h, &t->per_row, &t->tall);
    if (t->tall > TALL_MOST) t->tall = TALL_MOST;
    t->columns = variance_fold(v->dims, w, &t->per_column, &t->wide);
    t->cell = malloc((size_t)(t->rows * t->columns + 1) * sizeof *t->cell);
    if (!t->cell) return false;
    t->scale = axis_none(l->log);
    if (!l->log) axis_hold(&t->scale, 0);
    if (variance_hinged(v)) axis_hold(&t->scale, VARIANCE_HINGE);
    for (int r = 0; r < t->rows; r++)
        for (int c = 0; c < t->columns; c++) {
            float x = t->cell[r * t->columns + c] = heat_mean(v, t, r, c);
            if (isfinite(x)) axis_hold(&t->scale, (double)x);
        }
    axis_finish(&t->scale, 0);
    return true;
}

static double heat_share(const struct heat *t, int row, int x)
{
    int r = row / t->tall;
    double value = r < t->rows ? (double)t->cell[r * t->columns + x / t->wide] : NAN;
    if (!isfinite(value)) return value;
    double place = axis_place(&t->scale, value);
    return isnan(place) || place < 0 ? 0 : fmin(1, place);
}

static void heat_put(const struct area *a, int y, int x, bool half, double top, double bottom)
{
    bool upper = isfinite(top), lower = isfinite(bottom);
    if (!half) {
        if (upper) area_put(a, y, x, theme_ramp(a->canvas->ascii, top), INK_NORMAL);
    } else if (a->canvas->ascii && (upper || lower)) {
        area_put(a, y, x, ' ', STYLE_PAPER(theme_map(upper && lower ? (top + bottom) / 2 : upper ? top : bottom)));
    } else if (upper && lower) {
        area_put(a, y, x, 0x2580, (unsigned)theme_map(top) | STYLE_PAPER(theme_map(bottom)));
    } else if (upper || lower) {
        area_put(a, y, x, upper ? 0x2580 : 0x2584, (unsigned)theme_map(upper ? top : bottom));
    }
    if (isinf(top) || (half && isinf(bottom))) area_put(a, y, x, 'x', INK_BAD);
}

static void heat_cells(const struct area *plot, const struct heat *t)
{
    for (int y = 0; y < plot->h; y++)
        for (int x = 0; x < t->columns * t->wide; x++) {
            int row = t->half ? 2 * y : y;
            heat_put(plot, y, x, t->half, heat_share(t, row, x), t->half ? heat_share(t, row + 1, x) : (double)NAN);
        }
}

/* The row of the plot for a recorded step. */
static int heat_row(const struct heat *t, int step)
{
    return step / t->per_row * t->tall / (t->half ? 2 : 1);
}

static void heat_labels(const struct area *a, const struct variance_data *v, const struct heat *t, int h)
{
    char text[FORMAT_SIZE];
    int taken = -2, at = v->at >= 0 ? heat_row(t, v->at) : -1;
    for (int i = 0; i < v->count; i++) {
        int y = heat_row(t, i);
        bool last = i == v->count - 1, here = y == at, room = y >= taken + 2 && y + 1 < at;
        if (y >= h || !(i == 0 || here || last || room || (y > at && y >= taken + 2))) continue;
        if (here && i != v->at) continue;
        area_field(a, y, 0, LABEL_W - 2, 1, here ? INK_ACCENT : INK_DIM, format_count(v->rows[i].step, text));
        if (here) area_put(a, y, LABEL_W - 2, 0x25b6, INK_ACCENT);
        taken = y;
    }
}

static void heat_legend(const struct area *a, int y, const struct heat *t)
{
    char text[CHART_NUMBER];
    int x = 1;
    x += area_text(a, y, x, INK_DIM, "deviation ");
    for (int k = 0; k < 3; k++) {
        double at = axis_value(&t->scale, k / 2.0);
        x += area_printf(a, y, x, INK_NORMAL, "%s ", at == 0 ? "0" : chart_number(at, text));
        for (int i = 0; i < RAMP_W && k < 2; i++) {
            double share = k / 2.0 + (i + 0.5) / (2 * RAMP_W);
            heat_put(a, y, x + i, t->half, share, share);
        }
        if (k < 2) x += RAMP_W + 1;
    }
    if (t->scale.log) area_text(a, y, x, INK_DIM, "log");
}

static struct variance_place draw_heat(const struct area *a, const struct variance_look *l)
{
    const struct variance_data *v = l->data;
    int foot = a->h >= 6 ? 2 : 0, left = a->w >= 40 ? LABEL_W : 0, x;
    struct area body = area_sub(a, 1, 0, a->h - 1 - foot, a->w), plot = area_sub(&body, 0, left, body.h, a->w - left);
    struct heat t = { 0 };
    if (plot.h < 1 || plot.w < 1 || !heat_make(&t, l, plot.h, plot.w)) return (struct variance_place){ 0 };
    x = area_printf(a, 0, 0, level_ink(v) | STYLE_BOLD, "deviation over steps, %s", variance_order_title(v->order));
    if (t.per_row * t.per_column > 1)
        area_printf(a, 0, x + 2, INK_DIM, "a cell: mean of %d x %d", t.per_row, t.per_column);
    plot.w = t.columns * t.wide;
    plot.h = t.half ? (t.rows * t.tall + 1) / 2 : t.rows * t.tall;
    heat_cells(&plot, &t);
    if (left) heat_labels(&body, v, &t, body.h);
    struct variance_place out = { plot, t.per_column, t.wide, v->dims };
    int cursor = place_of(l);
    if (foot) {
        area_text(a, 1 + plot.h, left, INK_DIM, "0");
        char text[16];
        snprintf(text, sizeof text, "%d", v->dims - 1);
        if (plot.w >= 12) area_text(a, 1 + plot.h, left + plot.w - text_columns(text), INK_DIM, text);
        if (cursor >= 0) area_put(a, 1 + plot.h, left + variance_column(&out, cursor), 0x25b2, INK_ACCENT);
        heat_legend(a, 2 + plot.h, &t);
    }
    free(t.cell);
    return out;
}

/* ---- histogram ----------------------------------------------------------------------------------------------------
 */

static struct variance_place draw_histogram(const struct area *a, const struct variance_look *l)
{
    enum { BINS_MOST = 60 };
    const struct variance_data *v = l->data;
    float counts[BINS_MOST];
    int bins = (a->w - 8) / 2 < 8 ? 8 : (a->w - 8) / 2 > BINS_MOST ? BINS_MOST : (a->w - 8) / 2;
    struct axis x = deviation_axis(l);
    variance_bins(variance_now(v), v->dims, &x, bins, counts);
    struct chart_place p = chart_bars(a, &(struct chart_bars){ .title = "dimensions by deviation",
                                                               .title_ink = level_ink(v),
                                                               .note = l->log ? "log" : "",
                                                               .ink = level_ink(v),
                                                               .values = counts,
                                                               .count = bins,
                                                               .x = x,
                                                               .cursor = -1,
                                                               .x_unit = "deviation" });
    for (int k = first_line(v); k < 2; k++) {
        int column = chart_column(&p, hinge_lines[k].y);
        for (int y = 0; y < p.plot.h; y++) put_over(&p.plot, y, column, 0x2502, hinge_lines[k].ink);
        int w = text_columns(hinge_lines[k].name), at = column + 1 + w <= p.plot.w ? column + 1 : column - w;
        if (column >= 0 && p.plot.h > 2) area_text(&p.plot, k, at, hinge_lines[k].ink, hinge_lines[k].name);
    }
    if (l->dim >= 0 && l->dim < v->dims && p.plot.h > 0)
        area_put(&p.plot, 0, chart_column(&p, (double)variance_now(v)[l->dim]), 0x25bc, INK_ACCENT | STYLE_BOLD);
    return (struct variance_place){ .plot = p.plot };
}

struct variance_place variance_draw(const struct area *a, const struct variance_look *l)
{
    static struct variance_place (*const draws[VARIANCE_MODES])(
        const struct area *, const struct variance_look *) = { draw_bars, draw_heat, draw_histogram };
    return draws[l->mode](a, l);
}

/* ---- over steps ---------------------------------------------------------------------------------------------------
 */

int variance_trail_charts(const struct variance_data *v)
{
    return 3 - first_line(v);
}

/* Converts a share to a count: `scale` times the share, from `offset`. */
static struct series_point scaled_point(const struct series_point *p, double offset, double scale)
{
    double a = offset + scale * p->min, b = offset + scale * p->max;
    struct series_point out = *p;
    out.min = fmin(a, b), out.mean = offset + scale * p->mean, out.max = fmax(a, b);
    return out;
}

static struct series_point *scaled(const struct series *t, double offset, double scale)
{
    struct series_point *out = malloc((size_t)(t->count + 1) * sizeof *out);
    for (int i = 0; out && i < t->count; i++) out[i] = scaled_point(&t->points[i], offset, scale);
    return out;
}

static struct axis count_axis(const struct chart_curve *c)
{
    struct axis y = { 0, 4, false };
    for (int i = 0; i < c->count; i++) axis_hold(&y, c->points[i].max);
    return y;
}

void variance_draw_trail(const struct area *a, const struct variance_look *l, int chart)
{
    static const char *const titles[] = { "dead dimensions", "below the hinge", "mean and least" };
    static const unsigned inks[] = { INK_SERIES(6), INK_WATCH, INK_NORMAL };
    const struct variance_data *v = l->data;
    int kind = v->rules.hinge || (v->rules.held && chart == 0) ? chart : 2;
    const struct series *mean = &v->history[VARIANCE_MEAN], *least = &v->history[VARIANCE_LEAST];
    struct series_point *points = NULL, at;
    const double offset = kind == 1 ? v->dims : 0, scale = kind == 1 ? -v->dims : v->dims;
    if (kind < 2) points = scaled(&v->history[kind], offset, scale);
    at = scaled_point(&v->history[kind < 2 ? kind : 0].at, offset, scale);
    const struct past *before = &v->comparison.run[0].past;
    double past = (double)past_last(before);
    char note[PAST_NOTE];
    struct chart_curve curves[2] = { { mean->points, mean->count, "mean", level_ink(v), past, &mean->at },
                                     { least->points, least->count, "least", INK_WATCH, past, &least->at } };
    if (kind < 2)
        curves[0] = (struct chart_curve){ points, points ? v->history[kind].count : 0, NULL, inks[kind], past, &at };
    bool dead = kind == 0 && curves[0].count && curves[0].points[curves[0].count - 1].max > 0;
    const struct chart c = { .title = titles[kind],
                             .note = past_note(before, note),
                             .title_ink = dead   ? INK_BAD
                                          : kind ? inks[kind]
                                                 : INK_NORMAL,
                             .x = { 0, fmax(1, (double)v->comparison.run[0].step), false },
                             .y = kind < 2 ? count_axis(&curves[0]) : (struct axis){ 0, 0, l->log },
                             .from_zero = !l->log,
                             .counts = kind < 2,
                             .curves = curves,
                             .curve_count = kind < 2 ? 1 : 2,
                             .letters = kind < 2 ? NULL : "ML",
                             .cursor = l->cursor >= 0 ? (double)l->cursor : (double)NAN };
    chart_draw_over(a, &c, &v->x, NULL);
    free(points);
}
