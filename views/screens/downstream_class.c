#include "views/screens/downstream_class.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/text.h"
#include "views/analysis/format.h"
#include "views/charts/chart.h"
#include "views/charts/dots.h"
#include "views/workbench/workbench.h"

enum {
    CHART_LEAST_H = 6, /* rows and columns below which a curve is its number alone */
    CHART_LEAST_W = 24,
    NUMBERS_W = 32,     /* columns of the numbers beside it          */
    TWO_CHARTS_W = 120, /* columns from which there are two of them  */
};

static enum class_curve curve_of(const struct downstream_panes *v)
{
    return v->pane == PANE_ROC ? CLASS_ROC : v->pane == PANE_PRECISION ? CLASS_PRECISION : CLASS_RELIABILITY;
}

/* ---- the numbers ---- */

/* "AUC .826 (.790 to .861)", the interval only where there is room for it. */
static void figure_text(const struct class_scores *s, enum class_curve which, int columns, char *out, size_t size)
{
    char n[3][FORMAT_SIZE];
    const struct predictions_area *area = &s->from.areas[s->class];
    int used =
        snprintf(out, size, "%s %s", class_curve_figures[which], format_share(class_scores_figure(s, which), 3, n[0]));
    if (which == CLASS_ROC && !isnan(area->lo) && columns >= used + 15)
        snprintf(out + used, size - (size_t)used, " (%s to %s)", format_share(area->lo, 3, n[1]),
                 format_share(area->hi, 3, n[2]));
}

/* The operating point and what else the scores are worth, in at most `most` lines. Returns the line after them. */
static int draw_point(const struct class_scores *s, const struct area *a, int y, int most)
{
    const struct {
        const char *name;
        double value;
    } lines[] = { { "threshold", s->threshold },        { "sensitivity", s->at.sensitivity },
                  { "specificity", s->at.specificity }, { "F1", s->at.f1 },
                  { "AP", s->at.average_precision },    { "Brier", s->at.brier },
                  { "ECE, 15 bins", s->at.calibration } };
    enum { LINES = sizeof lines / sizeof lines[0] };
    char text[FORMAT_SIZE];
    for (int i = 0; i < LINES && i < most; i++, y++) {
        area_text(a, y, 2, INK_DIM, lines[i].name);
        area_text(a, y, 16, INK_NORMAL, isnan(lines[i].value) ? "-" : format_share(lines[i].value, 3, text));
    }
    if (most > LINES) area_part(a, y++, 2, INK_DIM, "%d+ %d- test images", s->at.positives, s->at.negatives);
    return y;
}

/* Two lines for each run; what is left has the operating point of the shown one. */
static void draw_numbers(const struct downstream_panes *v, const struct area *a)
{
    enum class_curve which = curve_of(v);
    int y = 0;
    char text[96];
    for (int i = 0; i < v->curves.count && y < a->h; i++) {
        const struct class_of_run *c = &v->curves.list[i];
        area_field(a, y++, 0, a->w, -1, INK_SERIES(c->place) | STYLE_BOLD, c->name);
        if (c->scores.from.n)
            figure_text(&c->scores, which, a->w - 2, text, sizeof text);
        else
            snprintf(text, sizeof text, "no such predictions");
        if (y < a->h) area_text(a, y++, 2, c->scores.from.n ? INK_STRONG : INK_DIM, text);
        if (i == 0) y = draw_point(&c->scores, a, y, a->h - 2 * v->curves.count);
    }
}

/* ---- the curve ---- */

static int dot_x(const struct dots *d, const struct chart_place *p, double x)
{
    return (int)(axis_place(&p->x, x) * (d->w - 1) + .5);
}
static int dot_y(const struct dots *d, const struct chart_place *p, double y)
{
    return (int)((1 - axis_place(&p->y, y)) * (d->h - 1) + .5);
}

/* Straight between points that are numbers. */
static void draw_line(struct dots *d, const struct chart_place *p, const double *x, const double *y, int n,
                      unsigned ink)
{
    for (int i = 0; i + 1 < n; i++)
        if (!isnan(x[i]) && !isnan(y[i]) && !isnan(x[i + 1]) && !isnan(y[i + 1]))
            dots_line(d, dot_y(d, p, y[i]), dot_x(d, p, x[i]), dot_y(d, p, y[i + 1]), dot_x(d, p, x[i + 1]), ink);
}

/* Chance, or calibration that is perfect; of precision and recall the share of positives. */
static void draw_reference(struct dots *d, const struct chart_place *p, const struct class_scores *s,
                           enum class_curve which)
{
    double share = (double)s->curve.positives / (s->curve.positives + s->curve.negatives);
    if (which == CLASS_PRECISION && isnan(share)) return;
    for (int x = 0; x < d->w; x += 2 * d->per_x) {
        double at = (double)x / (d->w > 1 ? d->w - 1 : 1);
        dots_put(d, dot_y(d, p, which == CLASS_PRECISION ? share : at), x, INK_DIM);
    }
}

static void draw_curves(const struct downstream_panes *v, enum class_curve which, const struct chart_place *p)
{
    struct dots d;
    struct err e;
    if (!dots_begin(&d, &p->plot)) return;
    draw_reference(&d, p, &v->curves.list[0].scores, which);
    for (int i = v->curves.count - 1; i >= 0; i--) {
        const struct class_scores *s = &v->curves.list[i].scores;
        double *x, *y;
        int n;
        if (!s->from.n || !class_scores_points(s, which, &n, &x, &y, &e)) continue;
        draw_line(&d, p, x, y, n, INK_SERIES(v->curves.list[i].place));
        free(x);
        free(y);
    }
    dots_end(&d);
    for (int i = v->curves.count - 1; i >= 0; i--) {
        const struct class_scores *s = &v->curves.list[i].scores;
        double x, y;
        if (s->from.n && class_scores_chosen(s, which, &x, &y))
            area_put(&p->plot, chart_row(p, y), chart_column(p, x), 'o',
                     INK_SERIES(v->curves.list[i].place) | STYLE_BOLD | STYLE_REVERSE);
    }
}

/* One curve below its title, for which there are `room` columns. */
static void draw_chart(const struct downstream_panes *v, enum class_curve which, const struct area *a, int room)
{
    static const char *const units[CLASS_CURVES] = { "false positive rate", "recall", "mean probability" };
    static const char *const notes[CLASS_CURVES] = { "true positive rate; o: threshold of validation",
                                                     "precision; o: threshold of validation",
                                                     "share of positives by probability" };
    struct area below = area_sub(a, 1, 0, a->h - 1, a->w);
    const struct chart c = {
        .x = { 0, 1, false }, .y = { 0, 1, false }, .cursor = NAN, .no_values = true, .x_unit = units[which]
    };
    struct area title = *a;
    title.w = room;
    int x = 1 + area_part(&title, 0, 1, INK_STRONG, "%s of %s, draw %lld", class_curve_titles[which], v->curves.class,
                          (long long)v->curves.list[0].scores.from.draw);
    area_part(&title, 0, x + 2, INK_DIM, "%s", notes[which]);
    struct chart_place p = chart_draw(&below, &c);
    draw_curves(v, which, &p);
}

void downstream_class_curve(const struct downstream_panes *v, const struct area *a)
{
    enum class_curve which = curve_of(v);
    char text[96];
    if (a->h < CHART_LEAST_H || a->w < CHART_LEAST_W) {
        figure_text(&v->curves.list[0].scores, which, a->w - 2, text, sizeof text);
        int x = 1 + area_part(a, 0, 1, INK_STRONG, "%s", text);
        area_part(a, 0, x, INK_DIM, "  %s", v->curves.class);
        return;
    }
    int beside = a->w >= CHART_LEAST_W + NUMBERS_W + 2 ? NUMBERS_W + 2 : 0, charts = a->w >= TWO_CHARTS_W ? 2 : 1;
    int wide = (a->w - beside) / charts;
    if (wide > 3 * a->h) wide = 3 * a->h; /* a square, about */
    for (int i = 0; i < charts; i++) {
        struct area part = area_sub(a, 0, i * wide, a->h, charts > 1 ? wide - 2 : wide);
        draw_chart(v, (which + (unsigned)i) % CLASS_CURVES, &part, charts > 1 ? part.w : a->w);
    }
    struct area right = area_sub(a, 1, charts * wide + 2, a->h - 1, a->w - charts * wide - 2);
    if (beside) draw_numbers(v, &right);
}

/* ---- mistakes ---- */

static void draw_mistake(struct downstream_panes *v, const struct workbench *wb, const struct area *cell, int rows,
                         const struct class_mistake *m)
{
    const struct image_set *set = &v->curves.set;
    char score[FORMAT_SIZE];
    album_show(&v->mistakes,
               &(struct picture_source){ pack_image(set->pack, m->image), pack_size(set->pack),
                                         pack_channels(set->pack), PICTURE_WHOLE },
               rows, cell, &wb->theme);
    area_printf(cell, rows, 0, INK_ACCENT, "%s", format_share(m->score, 2, score));
    area_field(cell, rows, 5, cell->w - 5, -1, INK_DIM, m->label ? "labelled +" : "labelled -");
}

/* One a line, where there are no pictures or no room for them. */
static void list_mistakes(struct downstream_panes *v, const struct area *a)
{
    char score[FORMAT_SIZE];
    v->page = a->h;
    for (int i = v->first; i < v->curves.mistake_count && i - v->first < a->h; i++) {
        const struct class_mistake *m = &v->curves.mistakes[i];
        area_printf(a, i - v->first, 1, INK_ACCENT, "%s", format_share(m->score, 2, score));
        area_text(a, i - v->first, 7, INK_NORMAL, m->label ? "labelled +" : "labelled -");
        area_field(a, i - v->first, 19, a->w - 19, -1, INK_DIM, v->curves.set.data.images[m->image].path);
    }
}

void downstream_class_mistakes(struct downstream_panes *v, const struct workbench *wb, const struct area *a)
{
    const struct class_scores *s = &v->curves.list[0].scores;
    struct area rest = area_sub(a, 1, 0, a->h - 1, a->w);
    char threshold[FORMAT_SIZE];
    int x = 1 + area_part(a, 0, 1, INK_STRONG, "%d of %d on the wrong side of %s", v->curves.mistake_count,
                          s->at.positives + s->at.negatives,
                          format_share(isnan(s->threshold) ? .5 : s->threshold, 3, threshold));
    x += area_part(a, 0, x, INK_STRONG, ": %s", v->curves.class);
    area_part(a, 0, x + 2, INK_DIM, "the most confident first: hard, or labelled wrongly");
    int rows = rest.h >= 40 ? 12 : rest.h >= 20 ? 9 : rest.h - 1 < 12 ? rest.h - 1 : 12;
    int wide = picture_columns(a->canvas, rows);
    if (v->first >= v->curves.mistake_count) v->first = v->curves.mistake_count ? v->curves.mistake_count - 1 : 0;
    if (v->first < 0) v->first = 0;
    if (!v->curves.set.pack || rows < 4 || wide > rest.w) {
        list_mistakes(v, &rest);
        return;
    }
    int across = (rest.w + 1) / (wide + 1), down = rest.h / (rows + 1);
    v->page = across * down;
    for (int i = 0; i < v->page && v->first + i < v->curves.mistake_count; i++) {
        struct area cell = area_sub(&rest, i / across * (rows + 1), i % across * (wide + 1), rows + 1, wide);
        draw_mistake(v, wb, &cell, rows, &v->curves.mistakes[v->first + i]);
    }
    if (!image_set_whole(&v->curves.set)) list_mistakes(v, &rest);
}

/* ---- the comparison ---- */

static const char *p_text(double p, char out[FORMAT_SIZE])
{
    if (isnan(p))
        snprintf(out, FORMAT_SIZE, "-");
    else if (p < .0001)
        snprintf(out, FORMAT_SIZE, "<.0001");
    else
        format_share(p, 4, out);
    return out;
}

static void signed_text(double x, char out[FORMAT_SIZE])
{
    char share[FORMAT_SIZE];
    if (isnan(x))
        snprintf(out, FORMAT_SIZE, "-");
    else
        snprintf(out, FORMAT_SIZE, "%c%s", x < 0 ? '-' : '+', format_share(fabs(x), 3, share));
}

/* Where the screen is narrow Holm's p goes first, then the areas, then the interval; never difference and p. */
static void draw_compared(const struct area *a, int y, const struct compared_class *c, bool head)
{
    char n[7][FORMAT_SIZE];
    unsigned ink = head ? INK_DIM : INK_NORMAL;
    bool clear = !head && (c->lo > 0 || c->hi < 0);
    int x = a->w >= 44 ? 22 : 10;
    bool interval = a->w >= x + 34, areas = a->w >= x + 48, holm = a->w >= x + 57;
    area_field(a, y, 1, x - 2, -1, ink, head ? "" : c->name);
    if (areas) {
        area_field(a, y, x, 6, 1, ink, head ? "AUC" : isnan(c->a) ? "-" : format_share(c->a, 3, n[0]));
        area_field(a, y, x + 7, 6, 1, ink, head ? "other" : isnan(c->b) ? "-" : format_share(c->b, 3, n[1]));
        x += 14;
    }
    signed_text(c->difference, n[2]);
    area_field(a, y, x, 7, 1,
               clear  ? (c->lo > 0 ? INK_GOOD : INK_BAD)
               : head ? INK_DIM
                      : INK_STRONG,
               head ? "by" : n[2]);
    x += 8;
    if (interval) {
        signed_text(c->lo, n[3]);
        signed_text(c->hi, n[4]);
        char both[2 * FORMAT_SIZE + 8];
        snprintf(both, sizeof both, isnan(c->lo) ? "-" : "(%s to %s)", n[3], n[4]);
        area_field(a, y, x, 18, -1, INK_DIM, head ? "95 %" : both);
        x += 19;
    }
    area_field(a, y, x, 7, 1, ink, head ? "p" : p_text(c->p, n[5]));
    if (holm) area_field(a, y, x + 8, 7, 1, ink, head ? "Holm" : p_text(c->p_holm, n[6]));
}

/* Line `at` of a pair: its verdict, the heads, then a class each. */
static void draw_pair_line(const struct area *a, int y, const struct compared_pair *p, int at)
{
    static const struct compared_class none;
    char text[FORMAT_SIZE];
    if (at == 1) draw_compared(a, y, &none, true);
    if (at > 1) draw_compared(a, y, &p->rows[at - 2], false);
    if (at) return;
    int x = 1 + area_part(a, y, 1, INK_STRONG, "%s and %s", p->a, p->b);
    x += area_part(a, y, x, INK_NORMAL, ": %s", p->verdict);
    x += area_part(a, y, x, INK_DIM, "; %d test %s", p->images, text_number(p->images, "image", "images"));
    if (!isnan(p->detectable))
        area_part(a, y, x, INK_DIM, "; %s would have been found", format_share(p->detectable, 3, text));
}

void downstream_class_compared(struct downstream_panes *v, const struct area *a)
{
    int lines = 0, y = 0;
    if (!v->compared.count) {
        area_wrap(a, 0, 1, a->h, a->w - 2, INK_DIM,
                  v->asked          ? "comparing ..."
                  : *v->compared_of ? "They cannot be compared as they are: score them alike (E), on test images."
                                    : "Mark runs in Runs (space) to compare them with this one, on test images.");
        return;
    }
    for (int i = 0; i < v->compared.count; i++) lines += v->compared.pairs[i].count + 3;
    if (v->first > lines - a->h) v->first = lines - a->h;
    if (v->first < 0) v->first = 0;
    v->page = a->h;
    for (int i = 0, at = 0; i < v->compared.count; i++)
        for (int k = 0; k < v->compared.pairs[i].count + 3; k++, at++)
            if (at >= v->first && y < a->h && k < v->compared.pairs[i].count + 2)
                draw_pair_line(a, at - v->first, &v->compared.pairs[i], k), y = at - v->first + 1;
}
