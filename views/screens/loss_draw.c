#include "views/screens/loss_draw.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/text.h"
#include "store/event.h"
#include "views/analysis/seeds.h"
#include "views/analysis/format.h"
#include "views/screens/legend.h"
#include "views/workbench/layout.h"
#include "views/workbench/notice.h"

enum { CHART_LEAST_H = 5, CHART_LEAST_W = 24 }; /* least rows and columns of a chart */

const double loss_smoothing[LOSS_SMOOTHINGS] = { 0, 0.02, 0.05, 0.1 };

/* ---- layout ------------------------------------------------------------------------------------------------ */

bool loss_is_hidden(const struct loss *l, int chart)
{
    char word[64];
    snprintf(word, sizeof word, " %s ", l->data.chart[chart].name);
    return strstr(l->hidden, word) != NULL;
}

void loss_set_hidden(struct loss *l, int chart, bool hide)
{
    char word[64];
    snprintf(word, sizeof word, " %s ", l->data.chart[chart].name);
    char *at = strstr(l->hidden, word);
    size_t length = strlen(l->hidden);
    if (!hide && at) memmove(at, at + strlen(word) - 1, strlen(at + strlen(word) - 1) + 1);
    if (!hide && !strcmp(l->hidden, " ")) l->hidden[0] = '\0';
    if (hide && !at && length + strlen(word) < sizeof l->hidden) strcat(l->hidden, length ? word + 1 : word);
}

int loss_chosen(const struct loss *l, int list[LOSS_CHARTS_MOST])
{
    int n = 0;
    for (int i = 0; i < l->data.charts; i++)
        if (l->large ? i == l->focus : !loss_is_hidden(l, i)) list[n++] = i;
    return n;
}

struct loss_layout loss_layout_of(const struct loss *l, int h, int w, int footer)
{
    int list[LOSS_CHARTS_MOST], n = loss_chosen(l, list), at = 0;
    struct loss_layout out = { .header = h >= 12, .footer = h >= 16 ? footer : h >= 7 };
    int room = h - out.header - out.footer;
    int columns = w / CHART_LEAST_W < 1 ? 1 : w / CHART_LEAST_W > 3 ? 3 : w / CHART_LEAST_W;
    if (columns > n) columns = n;
    if (room < 2 || w < 12 || n == 0) return out;
    int rows = room / CHART_LEAST_H < 1 ? 1 : room / CHART_LEAST_H, needed = (n + columns - 1) / columns;
    if (rows > needed) rows = needed;
    for (int i = 0; i < n; i++)
        if (list[i] == l->focus) at = i;
    out.rows = rows;
    out.columns = columns;
    out.pages = (n + rows * columns - 1) / (rows * columns);
    out.first = at / (rows * columns) * rows * columns;
    out.count = n - out.first < rows * columns ? n - out.first : rows * columns;
    return out;
}

/* ---- drawing ------------------------------------------------------------------------------------------------- */

static char event_letter(const struct store_event *v)
{
    char c = v->kind[0];
    return c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
}

static unsigned event_ink(const struct store_event *v)
{
    return v->severity == STORE_BAD ? INK_BAD : v->severity == STORE_WATCH ? INK_WATCH : INK_ACCENT;
}

/* The step axis that all charts share. During training its end is ahead of the curve, so that not every step redraws
 * everything. */
static struct axis x_axis(const struct loss *l)
{
    const struct loss_data *v = &l->data;
    double first = (double)v->shown_first, last = (double)v->shown_last;
    struct axis x = { loss_data_x(v, 0, first), loss_data_x(v, 0, last), l->log_x };
    for (int i = 1; i < v->comparison.count && v->x != X_STEP && !l->span; i++)
        x.most = fmax(x.most, loss_data_x(v, i, (double)v->comparison.run[i].step));
    if (isnan(x.least) || v->shown_first == 0) x.least = 0;
    if (isnan(x.most)) x.most = 1;
    if (comparison_live(&v->comparison) && v->last < 0)
        x.most = x.least + (x.most - x.least) * comparison_ahead(&v->comparison);
    if (l->log_x && x.least <= 0) x.least = v->x == X_STEP ? 1 : x.most / 1000;
    if (x.most <= x.least) x.most = x.least + 1;
    return x;
}

/* Whether a chart has values below 0, which a logarithmic axis cannot show. */
static bool is_negative(const struct loss_data *v, int chart)
{
    for (int i = 0; i < v->comparison.count; i++)
        for (int k = 0; k < v->curve[chart][i].count; k++)
            if (v->curve[chart][i].points[k].mean < 0) return true;
    return false;
}

/* Whether the runs' numbers are of different objectives: which is lower says nothing. */
static bool is_apart(const struct loss_data *v, int chart)
{
    return !loss_chart_comparable(&v->chart[chart], v->comparison.run, v->comparison.count);
}

/* What is to be known of a chart beside its curves: weight, scale, and which runs have no such number. */
static void write_note(const struct loss_data *v, int chart, bool log, char *out, size_t size)
{
    struct text note = { 0 };
    double weight = loss_data_weight(v, chart, 0);
    const char *before = "not of ";
    if (weight != 1) text_printf(&note, "\u00d7%g ", weight);
    if (log) text_add(&note, "log ");
    if (v->chart[chart].meaning == MEANING_SCORE && *v->comparison.run[0].data)
        text_printf(&note, "on %.24s ", v->comparison.run[0].data);
    for (int i = 0; i < v->comparison.count; i++) {
        const struct compared_run *r = &v->comparison.run[i];
        if (loss_chart_drawn(&v->chart[chart], v->comparison.run, i)) continue;
        text_printf(&note, "%s%s", before, r->label);
        if (loss_chart_of(&v->chart[chart], r)) text_printf(&note, " (%.16s)", r->data);
        text_add(&note, " ");
        before = "";
    }
    if (is_apart(v, chart)) text_add(&note, "not comparable: other losses ");
    snprintf(out, size, "%.*s", (int)(note.length ? note.length - 1 : 0), text_str(&note));
    text_clear(&note);
}

/* What is usual, as the curves are drawn; none where x is no step. */
static int weigh_band(const struct loss_data *v, int chart, struct series_point out[USUAL_COLUMNS])
{
    double weight = loss_data_weight(v, chart, 0);
    if (v->x != X_STEP || !v->band_last[chart]) return 0;
    for (int i = 0; i < v->band[chart].count; i++) {
        out[i] = v->band[chart].points[i];
        out[i].min *= weight, out[i].mean *= weight, out[i].max *= weight;
    }
    return v->band[chart].count;
}

/* The letter of a run, or of its group, on every chart: that of the legend. '\0': it is alone and needs none. */
static char letter_of(const struct loss *l, int run)
{
    const struct comparison *o = &l->data.comparison;
    int member[LOSS_RUNS], before = 0, first = 0;
    if (o->count < 2) return '\0';
    if (!l->seeds) return (char)('a' + run);
    while (o->run[first].alike != o->run[run].alike) before += seeds_group(o->run, NULL, o->count, first++, member) > 0;
    return (char)('a' + before);
}

/* The groups in place of the runs. */
static void draw_groups(const struct loss *l, const struct area *a)
{
    const struct comparison *o = &l->data.comparison;
    for (int i = 0, x = 1; i < o->count; i++) {
        char name[GROUP_TEXT];
        int member[LOSS_RUNS], n = seeds_group(o->run, NULL, o->count, i, member);
        if (!n) continue;
        seeds_name(&o->run[i], n, name);
        x += 2 + area_part(a, 0, x, INK_SERIES(o->run[i].place) | (i ? 0 : STYLE_BOLD), "%c %s",
                           o->count > 1 ? letter_of(l, i) : 'a', name);
    }
}

/* The runs that are alike run `first` as one curve. Returns how many they are: 1: it stands alone; 0: it is drawn with
 * an earlier one. `*points` is filled, and owned by the caller. */
static int combine(const struct loss_data *v, int chart, int first, struct chart_curve *out, char name[GROUP_TEXT],
                   struct series_point **points, struct series_point *at, double *end)
{
    int member[LOSS_RUNS], longest = 0;
    bool drawn[LOSS_RUNS];
    struct seeds_curve curves[LOSS_RUNS];
    for (int i = 0; i < v->comparison.count; i++) drawn[i] = loss_chart_drawn(&v->chart[chart], v->comparison.run, i);
    int n = seeds_group(v->comparison.run, drawn, v->comparison.count, first, member);
    if (n < 2) return n;
    for (int i = 0; i < n; i++) {
        const struct loss_curve *c = &v->curve[chart][member[i]];
        curves[i] = (struct seeds_curve){ c->points, c->count };
        if (c->count > longest) longest = c->count;
        *end = fmax(*end, loss_data_x(v, member[i], (double)v->comparison.run[member[i]].step));
        if (!isnan(c->at.mean)) at->mean += (c->at.mean - at->mean) / ++at->weight; /* of the runs that have one */
    }
    *points = malloc((size_t)(longest + 1) * sizeof **points);
    if (!*points) return 1;
    seeds_name(&v->comparison.run[first], n, name);
    *out = (struct chart_curve){ *points, seeds_combine(curves, n, *points),
                                 name,    INK_SERIES(v->comparison.run[first].place),
                                 0,       at };
    return n;
}

static void draw_chart(struct loss *l, const struct area *a, struct loss_place *p, const struct chart_mark *marks,
                       int mark_count)
{
    const struct loss_data *v = &l->data;
    const struct loss_chart *kind = &v->chart[p->chart];
    struct chart_curve curves[LOSS_RUNS];
    double ends[LOSS_RUNS];
    char letters[LOSS_RUNS];
    struct series_point *combined[LOSS_RUNS] = { NULL }, at[LOSS_RUNS] = { { 0 } };
    char names[LOSS_RUNS][GROUP_TEXT];
    char note[96], level[48], title[sizeof kind->title + 8];
    bool log = l->log_y && kind->log && !is_negative(v, p->chart);
    double plateau = loss_chart_plateau(kind, &v->comparison.run[0]);
    int n = v->comparison.count, count = 0;
    for (int i = 0; i < n; i++) {
        const struct loss_curve *c = &v->curve[p->chart][i];
        if (!loss_chart_drawn(kind, v->comparison.run, i)) continue;
        ends[count] = loss_data_x(v, i, (double)v->comparison.run[i].step);
        int alike =
            l->seeds ? combine(v, p->chart, i, &curves[count], names[i], &combined[i], &at[i], &ends[count]) : 1;
        letters[count] = letter_of(l, i);
        if (alike > 1) count++;
        if (alike != 1) continue;
        curves[count++] =
            (struct chart_curve){ c->points,
                                  c->count,
                                  v->comparison.run[i].label,
                                  n > 1 ? INK_SERIES(v->comparison.run[i].place) : legend_ink(kind->meaning, 0),
                                  loss_data_past(v, i),
                                  &c->at };
    }
    snprintf(level, sizeof level, "%.1f: views share nothing", plateau);
    struct chart_line line = { plateau, level, INK_DIM };
    struct series_point band[USUAL_COLUMNS];
    int band_count = weigh_band(v, p->chart, band);
    write_note(v, p->chart, log, note, sizeof note);
    snprintf(title, sizeof title, "%s%s", kind->title, is_apart(v, p->chart) ? " \u2260" : "");
    struct area part = area_sub(a, p->y, p->x, p->h, p->w);
    p->place = chart_draw(&part, &(struct chart){ .title = title,
                                                  .title_ink = legend_ink(kind->meaning, 0) |
                                                               (p->chart == l->focus ? STYLE_UNDERLINE : 0),
                                                  .note = note,
                                                  .x = x_axis(l),
                                                  .y.log = log,
                                                  .curves = curves,
                                                  .curve_count = count,
                                                  .letters = letters,
                                                  .ends = ends,
                                                  .band = band,
                                                  .band_count = l->span ? 0 : band_count,
                                                  .lines = &line,
                                                  .line_count = plateau > 0,
                                                  .marks = marks,
                                                  .mark_count = mark_count,
                                                  .smooth = loss_smoothing[l->smooth],
                                                  .cursor = l->cursor >= 0 ? loss_data_x(v, 0, (double)l->cursor) : NAN,
                                                  .x_unit = x_scale_unit(&v->scale[0]) });
    for (int i = 0; i < LOSS_RUNS; i++) free(combined[i]);
}

/* A part of the run alone: told loudly. Returns the columns that it takes. */
static int draw_zoom(const struct loss *l, const struct area *a)
{
    char first[FORMAT_SIZE], last[FORMAT_SIZE];
    if (!l->span) return 0;
    return area_printf(a, 0, 0, INK_WATCH | STYLE_REVERSE, " ZOOM %s-%s  w: all ",
                       format_count(l->data.shown_first, first), format_count(l->data.shown_last, last)) +
           1;
}

enum mode_form { MODES_ALL, MODES_FEW, MODES_X, MODES_LEAST, MODES_FORMS };

/* How the charts are drawn; in less room the most important alone. */
static void say_modes(const struct loss *l, enum mode_form form, char *out, size_t size)
{
    const struct loss_data *v = &l->data;
    char usual[64] = "", x[32];
    bool apart = false;
    for (int i = 0; i < v->charts; i++) apart |= is_apart(v, i);
    if (v->usual.count >= USUAL_LEAST && v->x == X_STEP && !l->span && form == MODES_ALL)
        snprintf(usual, sizeof usual, "dots: 10-90 %% of %d earlier runs \u00b7 ", v->usual.count);
    snprintf(x, sizeof x, "by %s", x_kind_names[v->x]);
    if (form >= MODES_X)
        snprintf(out, size, "%s%s", !apart ? "" : form == MODES_X ? "\u2260 not comparable \u00b7 " : "\u2260 ", x);
    else
        snprintf(out, size, "%s%s%s%s%s%s%s %s", usual, apart ? "\u2260 not comparable \u00b7 " : "",
                 v->weighted ? "as in the total" : "raw terms", l->log_y ? " \u00b7 log y" : "",
                 l->log_x ? " \u00b7 log x" : "", l->smooth ? " \u00b7 smooth" : "",
                 !l->seeds                     ? ""
                 : *v->comparison.run[0].group ? " \u00b7 groups as one"
                                               : " \u00b7 seeds as one",
                 x);
}

static void draw_header(const struct loss *l, const struct area *a)
{
    const struct loss_data *v = &l->data;
    char modes[200];
    int loud = draw_zoom(l, a), w = 0;
    for (int names = 1, done = 0; names >= 0 && !done; names--) /* the names of the runs go last */
        for (int form = a->w >= 100 ? MODES_ALL : MODES_FEW; form < MODES_FORMS && !done; form++) {
            say_modes(l, (enum mode_form)form, modes, sizeof modes);
            w = text_columns(modes);
            done = loud + 1 + legend_columns(&v->comparison, names) + 2 + w + 1 <= a->w;
        }
    int x = a->w - w - 1;
    struct area left = area_sub(a, 0, loud, 1, (x > loud ? x : a->w) - loud);
    if (l->seeds)
        draw_groups(l, &left);
    else
        legend_draw(&v->comparison, &left, 0, 1);
    if (x > loud) area_text(a, 0, x, INK_DIM, modes);
}

/* The event nearest to the cursor, within the steps of one column; without a cursor, the newest event. */
static int event_at(const struct loss *l)
{
    const struct loss_data *v = &l->data;
    int best = -1;
    if (l->cursor < 0) return v->event_count - 1;
    if (l->event >= 0 && l->event < v->event_count && v->events[l->event].step == l->cursor) return l->event;
    double reach = l->place_count && l->places[0].place.plot.w > 0
                       ? (double)(v->shown_last - v->shown_first + 1) / l->places[0].place.plot.w
                       : 1;
    for (int i = 0; i < v->event_count; i++) {
        double off = fabs((double)(v->events[i].step - l->cursor));
        if (off <= reach && (best < 0 || off <= fabs((double)(v->events[best].step - l->cursor)))) best = i;
    }
    return best;
}

/* Draws the cursor and the event at it, in two rows if its reason and advice do not fit into one. Returns the number
 * of rows; with `h` 0 nothing is drawn. */
static int draw_footer(const struct loss *l, const struct area *a, int h, bool pages)
{
    const struct loss_data *v = &l->data;
    struct area row = area_sub(a, a->h - h, 0, h, a->w);
    char step[FORMAT_SIZE];
    int x = 1, event = event_at(l);
    if (l->cursor >= 0) {
        x += area_printf(&row, 0, x, INK_ACCENT, "cursor %s", format_count(l->cursor, step)) + 2;
        char at[FORMAT_SIZE];
        x_scale_text(&v->scale[0], (double)l->cursor, at);
        if (v->x != X_STEP && *at) x += area_printf(&row, 0, x, INK_DIM, "%s", at) + 2;
    }
    if (event < 0) {
        if (l->cursor < 0) area_text(&row, 0, x, INK_DIM, "arrows move a cursor over the curves; enter enlarges one");
        return 1;
    }
    const struct store_event *e = &v->events[event];
    struct notice n;
    area_put(&row, 0, x, strcmp(e->kind, "start") != 0 ? 0x25b2 : ' ', event_ink(e)); /* as the charts mark it */
    area_put(&row, 0, x + 1, (unsigned char)event_letter(e), event_ink(e));
    x += 3 + area_printf(&row, 0, x + 3, INK_DIM, "step %s", format_count(e->step, step)) + 1;
    int rows = notice_event(e->text ? e->text : "", e->severity != STORE_INFO, a->w - x - (pages ? 12 : 0),
                            h == 1 ? 1 : NOTICE_ROWS, &n);
    for (int i = 0; i < rows; i++) area_text(&row, i, x, event_ink(e), n.row[i]);
    return rows;
}

/* The fallback if there is no room for charts. */
static void draw_numbers(const struct loss *l, const struct area *a)
{
    struct text line = { 0 };
    for (int i = 0; i < l->data.charts; i++) {
        char value[CHART_NUMBER];
        const struct loss_curve *c = &l->data.curve[i][0];
        if (loss_is_hidden(l, i) || !c->count) continue;
        text_printf(&line, "%s %s  ", l->data.chart[i].name, chart_number(c->points[c->count - 1].mean, value));
    }
    area_wrap(a, 0, 0, a->h, a->w, INK_NORMAL, text_str(&line));
    text_clear(&line);
}

void loss_draw_charts(struct loss *l, const struct area *a)
{
    struct chart_mark marks[LOSS_EVENTS];
    struct loss_layout layout = loss_layout_of(l, a->h, a->w, 1);
    if (layout.footer) layout = loss_layout_of(l, a->h, a->w, draw_footer(l, a, 0, layout.pages > 1));
    int list[LOSS_CHARTS_MOST], n = 0;
    l->left = a->x;
    l->place_count = 0;
    if (!layout.rows) {
        draw_numbers(l, a);
        return;
    }
    loss_chosen(l, list);
    for (int i = 0; i < l->data.event_count; i++) {
        const struct store_event *e = &l->data.events[i];
        if (!strcmp(e->kind, "start")) continue;
        marks[n++] = (struct chart_mark){ loss_data_x(&l->data, 0, (double)e->step), event_letter(e), event_ink(e) };
    }
    if (layout.header) draw_header(l, a);
    struct area body = area_sub(a, layout.header, 0, a->h - layout.header - layout.footer, a->w);
    for (int i = 0; i < layout.count; i++) {
        int row = i / layout.columns, column = i % layout.columns;
        int y = layout_share(body.h, layout.rows, row), x = layout_share(body.w, layout.columns, column);
        struct loss_place *p = &l->places[l->place_count++];
        *p = (struct loss_place){ .chart = list[layout.first + i],
                                  .y = y,
                                  .x = x + (column > 0),
                                  .h = layout_share(body.h, layout.rows, row + 1) - y,
                                  .w = layout_share(body.w, layout.columns, column + 1) - x - (column > 0) };
        draw_chart(l, &body, p, marks, n);
        p->y += layout.header;
    }
    if (layout.footer) draw_footer(l, a, layout.footer, layout.pages > 1);
    if (layout.pages > 1 && layout.footer)
        area_printf(a, a->h - 1, a->w - 12, INK_DIM, " page %d/%d ", layout.first / (layout.rows * layout.columns) + 1,
                    layout.pages);
}
