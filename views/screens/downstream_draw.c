#include "views/screens/downstream_draw.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "views/analysis/format.h"
#include "views/charts/chart.h"
#include "views/charts/chart_over.h"
#include "views/charts/scroll.h"
#include "views/workbench/workbench.h"

enum { BEFORE = 54, SPREAD = 14 }; /* columns before the bars, and of an area with its spread */

static unsigned ink_of(const struct downstream_run *r)
{
    return r->place < 0 ? INK_DIM : INK_SERIES(r->place);
}

/* The letter of a run, as on every chart; the second entry is the random encoder, which has none. */
static char letter_of(int r)
{
    return (char)('a' + (r > 1 ? r - 1 : 0));
}

/* Whether a curve of run r is drawn. */
static bool has_curve(const struct downstream_run *r)
{
    return r->count[DOWNSTREAM_CLASSIFIER] || r->count[DOWNSTREAM_RIDGE] || r->count[DOWNSTREAM_KNN];
}

static void draw_curves(const struct downstream_data *v, int64_t step, const struct area *a)
{
    static const unsigned inks[DOWNSTREAM_CURVES] = { 0, 0, INK_NORMAL }; /* no run's */
    static const char terms[DOWNSTREAM_CURVES] = { 'C', 'R', 'K' };
    char letters[DOWNSTREAM_CURVES * DOWNSTREAM_RUNS];
    bool several = false;
    for (int r = 1; r < v->count; r++) several |= has_curve(v->runs[r]);
    struct chart_curve curves[DOWNSTREAM_CURVES * DOWNSTREAM_RUNS];
    char names[DOWNSTREAM_CURVES * DOWNSTREAM_RUNS][STORE_NAME + 16];
    int n = 0, places[DOWNSTREAM_CURVES * DOWNSTREAM_RUNS];
    bool own = false;
    for (int r = 0; r < v->count; r++) {
        const struct downstream_run *s = v->runs[r];
        for (int k = 0, drawn = 0; k < DOWNSTREAM_CURVES; k++) {
            if (!s->count[k] || (r > 0 && drawn > 0)) continue; /* of marked runs the telling one alone */
            if (r == 0)
                snprintf(names[n], sizeof names[n], "%s", downstream_curve_names[k]);
            else
                snprintf(names[n], sizeof names[n], "%s %lld", downstream_curve_names[k], (long long)s->run);
            curves[n] = (struct chart_curve){ s->points[k],
                                              s->count[k],
                                              names[n],
                                              drawn && k == 1 ? INK_VIEW2
                                              : inks[k]       ? inks[k]
                                                              : ink_of(s),
                                              (double)past_last(&s->past),
                                              &s->at[k] };
            places[n] = s->place;
            letters[n] = several && !drawn ? letter_of(r) : terms[k]; /* the first is the one that others have too */
            own |= k == 0;
            drawn++;
            n++;
        }
    }
    struct chart c = { .title = own ? "AUC while it trains" : "AUC of the quick probe",
                       .note = "macro, on validation images",
                       .title_ink = INK_STRONG,
                       .curves = curves,
                       .curve_count = n,
                       .letters = n > 1 ? letters : NULL,
                       .cursor = step < 0 ? (double)NAN : (double)step };
    if (n)
        chart_draw_over(a, &c, &v->x, places);
    else
        area_text(a, 0, 1, INK_DIM, "the quick probe has not run yet (probe.epochs), or its data set has no labels");
}

static int scale(double auc, int w)
{
    double share = (auc - 0.5) / 0.5;
    return share <= 0 || isnan(share) ? 0 : (int)(share * w + 0.5);
}

/* From .5 to 1: whole up to the lowest draw, shaded to the highest; a stroke where the random encoder stands. */
static void draw_bar(const struct area *a, int y, int x, int w, const struct score_figure *f, double random,
                     unsigned ink)
{
    if (w < 6) return;
    area_fill(a, y, x, 1, w, 0x00b7, INK_SHADE);
    int low = scale(f->lo, w), high = scale(f->hi, w);
    area_fill(a, y, x, 1, low, 0x2588, ink);
    area_fill(a, y, x + low, 1, high - low, 0x2592, ink);
    if (!isnan(random) && random >= 0.5) area_put(a, y, x + (scale(random, w - 1)), 0x2502, INK_STRONG);
}

/* With its spread, or where the field is narrow without. */
static void figure_text(const struct score_figure *f, int w, char *out, size_t size)
{
    char mean[FORMAT_SIZE], lo[FORMAT_SIZE], hi[FORMAT_SIZE];
    if (isnan(f->mean))
        snprintf(out, size, "-");
    else if (f->draws > 1 && f->hi - f->lo > 5e-4 && w >= SPREAD)
        snprintf(out, size, "%s %s-%s", format_share(f->mean, 3, mean), format_share(f->lo, 3, lo),
                 format_share(f->hi, 3, hi));
    else
        snprintf(out, size, "%s", format_share(f->mean, 3, mean));
}

/* Difference from the shown one, with its sign in words too: the sign stands before the number. */
static void draw_others(const struct downstream_data *v, const struct workbench *wb, const struct area *a, int y, int x,
                        const struct score_figure *as, const char *class)
{
    for (int r = 1; r < v->count && x + 7 <= a->w; r++, x += 8) {
        struct score_figure other;
        (void)wb;
        double mean = NAN;
        if (r == 1)
            mean = downstream_data_random(v, as, class);
        else if (scores_like(&v->runs[r]->rows, downstream_data_task(v), -1, class, as, &other))
            mean = other.mean;
        double by = as->mean - mean;
        char text[32];
        if (isnan(by)) {
            area_field(a, y, x, 7, 1, INK_DIM, "-");
            continue;
        }
        snprintf(text, sizeof text, fabs(by) < 0.0005 ? "0.000" : "%+.3f", by);
        area_field(a, y, x, 7, 1, by > 0.005 ? INK_GOOD : by < -0.005 ? INK_BAD : INK_DIM, text);
    }
}

static int bar_width(const struct downstream_data *v, int w, int before)
{
    int bar = w - before - 8 * (v->count - 1) - 1;
    return bar > 50 ? 50 : bar < 6 ? 0 : bar;
}

static void draw_heads(const struct downstream_data *v, const struct area *a, int y, int x)
{
    int r;
    for (r = 1; r < v->count && x + 7 <= a->w; r++, x += 8) {
        char name[STORE_NAME + 2];
        if (v->runs[r]->place < 0)
            snprintf(name, sizeof name, "-%s", v->runs[r]->name);
        else
            snprintf(name, sizeof name, "-run %lld", (long long)v->runs[r]->run); /* names begin alike */
        area_field(a, y, x, 7, 1, ink_of(v->runs[r]), name);
    }
    if (r < v->count) area_put(a, y, a->w - 1, 0x25b6, INK_ACCENT); /* there are others */
}

/* Columns of the table in their order, and what gives way first where the screen is narrow: never the area. */
enum column { SPLIT, PROTOCOL, GATES, LABELS, STEP, AREA, COLUMN_COUNT };
struct places {
    int x[COLUMN_COUNT], w[COLUMN_COUNT]; /* w 0: not there */
};

static struct places lay_out(int w)
{
    static const struct {
        enum column column;
        int w;
    } gives_way[] = { { GATES, 0 },    { STEP, 0 },   { SPLIT, 0 },   { AREA, 4 },
                      { PROTOCOL, 6 }, { LABELS, 0 }, { PROTOCOL, 0 } };
    struct places p = { .w = { 5, 8, 5, 7, 7, SPREAD } };
    for (size_t i = 0;; i++) {
        int x = 1;
        for (int c = 0; c < COLUMN_COUNT; c++) p.x[c] = x, x += p.w[c] ? p.w[c] + 1 : 0;
        if (x - 1 <= w || i == sizeof gives_way / sizeof gives_way[0]) return p;
        p.w[gives_way[i].column] = gives_way[i].w;
    }
}

static void draw_figures(const struct workbench *wb, const struct downstream_data *v, const struct area *a)
{
    static const char *const heads[COLUMN_COUNT] = { "split", "protocol", "gates", "labels", "step" };
    static const int aligned[COLUMN_COUNT] = { -1, -1, -1, 1, 1, -1 };
    bool mono = wb->theme.depth == THEME_MONO;
    struct places p = lay_out(a->w);
    int bar = bar_width(v, a->w, BEFORE), top = v->chosen >= a->h - 1 ? v->chosen - (a->h - 2) : 0;
    const char *area = *v->class ? v->class : p.w[AREA] < SPREAD ? "AUC" : "AUC, macro";
    for (int c = 0; c < COLUMN_COUNT; c++)
        area_field(a, 0, p.x[c], p.w[c], aligned[c], INK_DIM,
                   c == AREA                     ? area
                   : c == PROTOCOL && p.w[c] < 8 ? "probe"
                                                 : heads[c]);
    if (bar) area_printf(a, 0, BEFORE, INK_DIM, ".5%*s", bar - 2, "1");
    draw_heads(v, a, 0, BEFORE + bar + 1);
    for (int i = top; i < v->figure_count && i - top < a->h - 1; i++) {
        const struct score_figure *f = &v->figures[i];
        unsigned paper = i == v->chosen ? STYLE_PAPER(INK_CHOSEN) | (mono ? STYLE_REVERSE : 0) : 0;
        char cells[COLUMN_COUNT][64];
        int y = i - top + 1;
        snprintf(cells[SPLIT], sizeof *cells, "%s", f->split);
        snprintf(cells[PROTOCOL], sizeof *cells, "%s", f->protocol);
        snprintf(cells[GATES], sizeof *cells, "%s", f->context ? "on" : "off");
        snprintf(cells[LABELS], sizeof *cells, "%.3g %%", f->fraction);
        snprintf(cells[STEP], sizeof *cells, "%lld", (long long)f->step);
        figure_text(f, p.w[AREA], cells[AREA], sizeof *cells);
        area_fill(a, y, 0, 1, BEFORE - 1, ' ', paper);
        for (int c = 0; c < COLUMN_COUNT; c++)
            area_field(a, y, p.x[c], p.w[c], aligned[c], (c == AREA ? INK_STRONG : INK_NORMAL) | paper, cells[c]);
        draw_bar(a, y, BEFORE, bar, f, downstream_data_random(v, f, downstream_data_class(v)),
                 INK_SERIES(strcmp(f->protocol, "linear") ? 2 : 0));
        draw_others(v, wb, a, y, BEFORE + bar + 1, f, downstream_data_class(v));
    }
    struct area rows = area_sub(a, 1, 0, a->h - 1, a->w);
    scroll_marks(&rows, top, v->figure_count);
}

static void draw_classes(const struct workbench *wb, struct downstream *s, const struct area *a)
{
    const struct downstream_data *v = &s->data;
    const struct score_figure *f = &v->figures[v->chosen];
    const struct store_evaluation *row = downstream_data_evaluation(v);
    int bar = bar_width(v, a->w, BEFORE);
    area_rule(a, 0, INK_DIM);
    int x = 2 + area_part(a, 0, 2, INK_DIM, " AUC by class: %s %s", f->split, f->protocol);
    area_text(a, 0, x, INK_DIM, " ");
    area_part(a, 0, x, INK_DIM, ", %.3g %% of the labels ", f->fraction);
    int wide = a->w >= 36 ? SPREAD : 4, at = a->w >= 49 ? 35 : a->w >= 21 + wide ? 21 : a->w - wide;
    s->classes = row ? (int)row->scores_count : 0;
    s->class_height = a->h - 1;
    if (s->first_class > s->classes - s->class_height) s->first_class = s->classes - s->class_height;
    if (s->first_class < 0) s->first_class = 0;
    for (int i = s->first_class; i < s->classes && i - s->first_class < a->h - 1; i++) {
        const char *name = row->scores[i].name;
        struct score_figure one;
        char text[64];
        int y = i - s->first_class + 1;
        if (!scores_like(&v->runs[0]->rows, downstream_data_task(v), wb->selection.step, name, f, &one)) continue;
        area_field(a, y, 1, at < 20 ? at - 2 : 19, -1, !strcmp(name, v->class) ? INK_ACCENT : INK_NORMAL, name);
        snprintf(text, sizeof text, "%lld+ %lld-", (long long)one.positives, (long long)one.negatives);
        if (at == 35) area_field(a, y, 21, 12, 1, one.positives && one.negatives ? INK_DIM : INK_WATCH, text);
        figure_text(&one, wide, text, sizeof text);
        area_field(a, y, at, wide, -1, isnan(one.mean) ? INK_DIM : INK_STRONG, text);
        draw_bar(a, y, BEFORE, bar, &one, downstream_data_random(v, f, name),
                 INK_SERIES(strcmp(f->protocol, "linear") ? 2 : 0));
        draw_others(v, wb, a, y, BEFORE + bar + 1, &one, name);
    }
    struct area rows = area_sub(a, 1, 0, a->h - 1, a->w);
    scroll_marks(&rows, s->first_class, s->classes);
}

static void draw_head(const struct workbench *wb, const struct downstream *s, const struct area *a)
{
    const struct downstream_data *v = &s->data;
    char status[400];
    if (eval_form_status(&s->form, wb, status, sizeof status)) {
        area_text(a, 0, 1, INK_ACCENT, status);
        return;
    }
    int x = 1 + area_printf(a, 0, 1, INK_STRONG, "%s",
                            *downstream_data_task(v) ? downstream_data_task(v) : "no evaluation yet");
    if (wb->selection.step >= 0)
        x += area_part(a, 0, x + 2, INK_WATCH, "up to step %lld", (long long)wb->selection.step) + 2;
    if (*v->class) x += area_part(a, 0, x + 2, INK_ACCENT, "%s", v->class) + 2;
    if (v->task_count > 1) x += area_part(a, 0, x + 2, INK_DIM, "task %d of %d (t)", v->task + 1, v->task_count) + 2;
    for (int r = 1; r < v->count; r++)
        if (v->runs[r]->place > 0) {
            char letter[3] = { letter_of(r), ' ', '\0' };
            x += 2 + area_part(a, 0, x + 2, ink_of(v->runs[r]), "%s%lld %s", has_curve(v->runs[r]) ? letter : "",
                               (long long)v->runs[r]->run, v->runs[r]->name);
        }
    x += area_part(a, 0, x + 2, INK_DIM, "shade: spread of draws") + 2;
    area_part(a, 0, x, INK_DIM, "   stroke: random encoder");
}

void downstream_draw_all(struct downstream *s, const struct workbench *wb, const struct area *a)
{
    const struct downstream_data *v = &s->data;
    if (!v->count) return;
    int head = a->h > 4, left = a->h - head;
    int figures = v->figure_count ? v->figure_count + 1 : 1;
    bool classes = s->panes.pane == PANE_CLASSES;
    int chart = left < 9 || !classes ? 0 : left / 3;
    if (!classes && figures > left / 4) figures = left / 4; /* the pane is what is looked at */
    if (figures > (left - chart) / 2) figures = (left - chart) / 2;
    if (figures < 2) figures = left < 2 ? left : 2;
    int spare = left - chart - figures - s->classes - 2; /* a high screen gives what is left to the curves */
    if (chart && s->classes && spare > 0) chart += spare < left / 3 ? spare : left / 3;
    if (head) draw_head(wb, s, a);
    struct area part = area_sub(a, head, 0, chart, a->w);
    if (chart) draw_curves(v, wb->selection.step, &part);
    part = area_sub(a, head + chart, 0, figures, a->w);
    if (v->figure_count)
        draw_figures(wb, v, &part);
    else
        area_text(&part, 0, 1, INK_DIM, "nothing is evaluated here yet; E starts an evaluation");
    part = area_sub(a, head + chart + figures, 0, left - chart - figures, a->w);
    if (!classes)
        downstream_panes_draw(&s->panes, wb, &part);
    else if (v->figure_count && part.h > 1)
        draw_classes(wb, s, &part);
    eval_form_draw(&s->form, wb, a);
}
