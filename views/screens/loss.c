/* Loss: every curve of a run while it is trained, stacked as small charts, with marked runs on top of each other. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/text.h"
#include "store/event.h"
#include "views/analysis/format.h"
#include "engine/base/text.h"
#include "views/charts/chart.h"
#include "views/analysis/loss_data.h"
#include "views/screens/chart_keys.h"
#include "views/screens/legend.h"
#include "views/terminal/keys.h"
#include "views/workbench/dialogs.h"
#include "views/workbench/layout.h"
#include "views/workbench/message.h"
#include "views/workbench/notice.h"
#include "views/workbench/preferences.h"
#include "views/workbench/workbench.h"

enum {
    CHART_LEAST_H = 5, /* rows and columns that a chart wants at least */
    CHART_LEAST_W = 24,
    SPAN_LEAST = 10,
    MENU_ROW = 48,
};

struct loss {
    struct loss_data data;
    char hidden[1024]; /* names of charts that are not shown, a blank around each */
    int focus;         /* the chart that Enter makes large */
    bool large;
    int64_t span;   /* steps that are shown; 0: all */
    int64_t cursor; /* a step; -1: none, the newest values are shown */
    bool log_y, log_x;
    int smooth;
    int event;  /* that the cursor stands on; -1 */
    bool moved; /* what is shown was changed by a key */
    int left;   /* column of the terminal where the screen begins */
    struct loss_place {
        int chart, y, x, h, w;
        struct chart_place place;
    } places[LOSS_CHARTS_MOST]; /* as drawn last */
    int place_count;
};

static const double smoothing[] = { 0, 0.02, 0.05, 0.1 };
enum { SMOOTHINGS = sizeof smoothing / sizeof *smoothing };
static const int64_t spans[] = { 0, 10000, 1000, 100 };
enum { SPANS = sizeof spans / sizeof *spans };

/* ---- layout ------------------------------------------------------------------------------------------------ */

struct loss_layout {
    int header, footer; /* rows */
    int rows, columns;  /* of charts; 0: numbers only */
    int first, count;   /* of the chosen charts: those on this page */
    int pages;
};

static bool is_hidden(const struct loss *l, int chart)
{
    char word[64];
    snprintf(word, sizeof word, " %s ", l->data.chart[chart].name);
    return strstr(l->hidden, word) != NULL;
}

/* Show or hide a chart. A list that is full takes no more: the chart stays. */
static void set_hidden(struct loss *l, int chart, bool hide)
{
    char word[64];
    snprintf(word, sizeof word, " %s ", l->data.chart[chart].name);
    char *at = strstr(l->hidden, word);
    size_t length = strlen(l->hidden);
    if (!hide && at) memmove(at, at + strlen(word) - 1, strlen(at + strlen(word) - 1) + 1);
    if (!hide && !strcmp(l->hidden, " ")) l->hidden[0] = '\0';
    if (hide && !at && length + strlen(word) < sizeof l->hidden) strcat(l->hidden, length ? word + 1 : word);
}

static int list_chosen(const struct loss *l, int list[LOSS_CHARTS_MOST])
{
    int n = 0;
    for (int i = 0; i < l->data.charts; i++)
        if (l->large ? i == l->focus : !is_hidden(l, i)) list[n++] = i;
    return n;
}

/* The charts of the runs that are compared now: the one that was underlined stays so where there still is one. Where
 * all are hidden, none is. */
static void find_charts(struct loss *l)
{
    char name[sizeof l->data.chart[0].name];
    snprintf(name, sizeof name, "%s", l->data.charts ? l->data.chart[l->focus].name : "");
    if (loss_data_charts(&l->data)) {
        l->focus = 0;
        l->event = -1;
        for (int i = 0; i < l->data.charts; i++)
            if (!strcmp(l->data.chart[i].name, name)) l->focus = i;
    }
    int list[LOSS_CHARTS_MOST], n = list_chosen(l, list);
    if (!n) l->hidden[0] = '\0';
    if (n && is_hidden(l, l->focus)) l->focus = list[0];
}

/* With a footer of `footer` rows at most. */
static struct loss_layout lay_out(const struct loss *l, int h, int w, int footer)
{
    int list[LOSS_CHARTS_MOST], n = list_chosen(l, list), at = 0;
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

/* ---- reading ------------------------------------------------------------------------------------------------ */

static bool loss_open(struct workbench *wb, void *state, struct err *e)
{
    struct loss *l = state;
    (void)e;
    l->cursor = l->event = -1;
    snprintf(l->hidden, sizeof l->hidden, "%s", preference_get(wb, "loss.hidden", ""));
    l->log_y = preference_get_int(wb, "loss.log_y", 0) != 0;
    l->log_x = preference_get_int(wb, "loss.log_x", 0) != 0;
    l->smooth = (int)preference_get_int(wb, "loss.smooth", 0);
    l->span = preference_get_int(wb, "loss.span", 0);
    l->data.weighted = preference_get_int(wb, "loss.weighted", 0) != 0;
    l->data.x = (enum loss_x)preference_get_int(wb, "loss.x", LOSS_STEP);
    if (l->smooth < 0 || l->smooth >= SMOOTHINGS) l->smooth = 0;
    if (l->data.x < 0 || l->data.x >= LOSS_X_COUNT) l->data.x = LOSS_STEP;
    if (l->span < 0) l->span = 0;
    return true;
}

static void loss_close(struct workbench *wb, void *state)
{
    (void)wb;
    loss_data_clear(&((struct loss *)state)->data);
}

/* The span of steps that the keys ask for. */
static void choose_span(struct loss *l, const struct workbench *wb)
{
    int64_t newest = wb->selection.summary.run.step;
    l->data.first = 0;
    l->data.last = -1;
    if (!l->span || l->span > newest) return;
    l->data.last = l->cursor < 0 ? newest : l->cursor + l->span / 2;
    if (l->data.last > newest) l->data.last = newest;
    l->data.first = l->data.last - l->span + 1;
    if (l->data.first < 0) l->data.last -= l->data.first, l->data.first = 0;
}

static bool loss_read(struct workbench *wb, void *state, unsigned news)
{
    struct loss *l = state;
    struct err e;
    bool changed = l->moved || (news & (NEWS_OPEN | NEWS_RUN | NEWS_SIZE | NEWS_STEP)) != 0;
    if (!(news & ~(unsigned)NEWS_SECOND) && !changed) return false;
    if (news & NEWS_RUN) l->cursor = l->event = -1;
    if (news & NEWS_STEP) l->cursor = wb->selection.step;
    if (news & NEWS_PAST) {
        loss_data_forget(&l->data);
        changed = true;
        l->event = -1;
        if (l->cursor > wb->selection.summary.run.step) l->cursor = -1; /* it was taken back */
    }
    if (!comparison_read(&wb->selection, &l->data.comparison, &changed, &e)) return message_fail(wb, &e), true;
    find_charts(l);
    struct loss_layout layout = lay_out(l, wb->screen_h, wb->screen_w, 1);
    int list[LOSS_CHARTS_MOST], n = list_chosen(l, list);
    l->moved = false;
    memset(l->data.wanted, 0, sizeof l->data.wanted);
    for (int i = 0; i < (layout.rows ? layout.count : n); i++) /* without rows: all, as numbers */
        l->data.wanted[list[layout.first + i]] = true;
    l->data.columns = 2 * (layout.columns ? wb->screen_w / layout.columns : 8);
    choose_span(l, wb);
    if (!loss_data_read(&l->data, &wb->selection, &changed, &e)) return message_fail(wb, &e), true;
    return changed;
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

/* The axis that all charts share. While a run goes on its end is ahead of the curve, so that not every step moves all
 * that is drawn. */
static struct axis x_axis(const struct loss *l)
{
    const struct loss_data *v = &l->data;
    double first = (double)v->shown_first, last = (double)v->shown_last;
    struct axis x = { loss_data_x(v, 0, first), loss_data_x(v, 0, last), l->log_x };
    for (int i = 1; i < v->comparison.count && v->x != LOSS_STEP && !l->span; i++)
        x.most = fmax(x.most, loss_data_x(v, i, (double)v->comparison.run[i].step));
    if (isnan(x.least) || v->shown_first == 0) x.least = 0;
    if (isnan(x.most)) x.most = 1;
    if (comparison_live(&v->comparison) && v->last < 0)
        x.most = x.least + (x.most - x.least) * comparison_ahead(&v->comparison);
    if (l->log_x && x.least <= 0) x.least = v->x == LOSS_STEP ? 1 : x.most / 1000;
    if (x.most <= x.least) x.most = x.least + 1;
    return x;
}

/* Whether a chart has numbers below 0, which no logarithmic axis has room for. */
static bool is_negative(const struct loss_data *v, int chart)
{
    for (int i = 0; i < v->comparison.count; i++)
        for (int k = 0; k < v->curve[chart][i].count; k++)
            if (v->curve[chart][i].points[k].mean < 0) return true;
    return false;
}

/* What is to be known of a chart beside its curves: weight, scale, and which runs have no such number. */
static void write_note(const struct loss_data *v, int chart, bool log, char *out, size_t size)
{
    struct text note = { 0 };
    double weight = loss_data_weight(v, chart, 0);
    const char *before = "not of ";
    if (weight != 1) text_printf(&note, "\u00d7%g ", weight);
    if (log) text_add(&note, "log ");
    for (int i = 0; i < v->comparison.count; i++) {
        if (loss_chart_of(&v->chart[chart], &v->comparison.run[i])) continue;
        text_printf(&note, "%s%s ", before, v->comparison.run[i].label);
        before = "";
    }
    snprintf(out, size, "%.*s", (int)(note.length ? note.length - 1 : 0), text_str(&note));
    text_clear(&note);
}

static void draw_chart(struct loss *l, const struct area *a, struct loss_place *p, const struct chart_mark *marks,
                       int mark_count)
{
    const struct loss_data *v = &l->data;
    const struct loss_chart *kind = &v->chart[p->chart];
    struct chart_curve curves[LOSS_RUNS];
    char note[64], level[48];
    bool log = l->log_y && kind->log && !is_negative(v, p->chart);
    double plateau = loss_chart_plateau(kind, &v->comparison.run[0]);
    int n = v->comparison.count, count = 0;
    for (int i = 0; i < n; i++) {
        const struct loss_curve *c = &v->curve[p->chart][i];
        if (!loss_chart_of(kind, &v->comparison.run[i])) continue;
        curves[count++] =
            (struct chart_curve){ c->points, c->count, v->comparison.run[i].label,
                                  n > 1 ? INK_SERIES(v->comparison.run[i].place) : legend_ink(kind->meaning, 0),
                                  loss_data_past(v, i) };
    }
    snprintf(level, sizeof level, "%.1f: views share nothing", plateau);
    struct chart_line line = { plateau, level, INK_DIM };
    write_note(v, p->chart, log, note, sizeof note);
    struct area part = area_sub(a, p->y, p->x, p->h, p->w);
    p->place = chart_draw(&part, &(struct chart){ .title = kind->title,
                                                  .title_ink = legend_ink(kind->meaning, 0) |
                                                               (p->chart == l->focus ? STYLE_UNDERLINE : 0),
                                                  .note = note,
                                                  .x = x_axis(l),
                                                  .y.log = log,
                                                  .curves = curves,
                                                  .curve_count = count,
                                                  .lines = &line,
                                                  .line_count = plateau > 0,
                                                  .marks = marks,
                                                  .mark_count = mark_count,
                                                  .smooth = smoothing[l->smooth],
                                                  .cursor = l->cursor >= 0 ? loss_data_x(v, 0, (double)l->cursor) : NAN,
                                                  .x_unit = loss_x_names[v->x] });
}

static void draw_header(const struct loss *l, const struct area *a)
{
    const struct loss_data *v = &l->data;
    char modes[160], span[FORMAT_SIZE];
    snprintf(modes, sizeof modes, "%s%s%s%s%s%s by %s", v->weighted ? "as in the total" : "raw terms",
             l->log_y ? " \u00b7 log y" : "", l->log_x ? " \u00b7 log x" : "", l->smooth ? " \u00b7 smooth" : "",
             l->span ? " \u00b7 span " : "", l->span ? format_count(l->span, span) : "", loss_x_names[v->x]);
    int w = text_columns(modes), x = a->w - w - 1;
    struct area left = area_sub(a, 0, 0, 1, x > 0 ? x : a->w);
    legend_draw(&v->comparison, &left, 0, 1);
    if (x > 0) area_text(a, 0, x, INK_DIM, modes);
}

/* The event nearest to the cursor, within what one column stands for; without a cursor the newest. */
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

/* The cursor, and the event at it: where its reason and its advice do not fit into one row, in two. Returns the rows
 * that it takes; where `h` is 0 it only tells. */
static int draw_footer(const struct loss *l, const struct area *a, int h, bool pages)
{
    const struct loss_data *v = &l->data;
    struct area row = area_sub(a, a->h - h, 0, h, a->w);
    char step[FORMAT_SIZE];
    int x = 1, event = event_at(l);
    if (l->cursor >= 0) {
        x += area_printf(&row, 0, x, INK_ACCENT, "cursor %s", format_count(l->cursor, step)) + 2;
        double at = loss_data_x(v, 0, (double)l->cursor);
        if (v->x != LOSS_STEP && !isnan(at))
            x += area_printf(&row, 0, x, INK_DIM, "%s %.3g", loss_x_names[v->x], at) + 2;
    }
    if (event < 0) {
        if (l->cursor < 0) area_text(&row, 0, x, INK_DIM, "arrows move a cursor over the curves; enter enlarges one");
        return 1;
    }
    const struct store_event *e = &v->events[event];
    struct notice n;
    area_put(&row, 0, x, 0x25b2, event_ink(e));
    area_put(&row, 0, x + 1, (unsigned char)event_letter(e), event_ink(e));
    x += 3 + area_printf(&row, 0, x + 3, INK_DIM, "step %s", format_count(e->step, step)) + 1;
    int rows = notice_event(e->text ? e->text : "", e->severity != STORE_INFO, a->w - x - (pages ? 12 : 0),
                            h == 1 ? 1 : NOTICE_ROWS, &n);
    for (int i = 0; i < rows; i++) area_text(&row, i, x, event_ink(e), n.row[i]);
    return rows;
}

/* Where there is no room for charts. */
static void draw_numbers(const struct loss *l, const struct area *a)
{
    struct text line = { 0 };
    for (int i = 0; i < l->data.charts; i++) {
        char value[CHART_NUMBER];
        const struct loss_curve *c = &l->data.curve[i][0];
        if (is_hidden(l, i) || !c->count) continue;
        text_printf(&line, "%s %s  ", l->data.chart[i].name, chart_number(c->points[c->count - 1].mean, value));
    }
    area_wrap(a, 0, 0, a->h, a->w, INK_NORMAL, text_str(&line));
    text_clear(&line);
}

static void loss_draw(struct workbench *wb, void *state, const struct area *a)
{
    struct loss *l = state;
    struct chart_mark marks[LOSS_EVENTS];
    struct loss_layout layout = lay_out(l, a->h, a->w, 1);
    if (layout.footer) layout = lay_out(l, a->h, a->w, draw_footer(l, a, 0, layout.pages > 1));
    int list[LOSS_CHARTS_MOST], n = 0;
    (void)wb;
    l->left = a->x;
    l->place_count = 0;
    if (!layout.rows) {
        draw_numbers(l, a);
        return;
    }
    list_chosen(l, list);
    for (int i = 0; i < l->data.event_count; i++) {
        const struct store_event *e = &l->data.events[i];
        if (!strcmp(e->kind, "start") || !strcmp(e->kind, "finish")) continue;
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

/* ---- keys ------------------------------------------------------------------------------------------------------ */

static unsigned again(struct loss *l)
{
    l->moved = true;
    return AFTER_READ;
}

static const struct chart_place *place_of(const struct loss *l)
{
    return l->place_count ? &l->places[0].place : NULL;
}

/* The cursor by some columns. */
static unsigned on_move(struct workbench *wb, void *state, int by)
{
    struct loss *l = state;
    if (by > 0 && l->cursor < 0) return AFTER_NOTHING;
    const struct chart_place *p = place_of(l);
    int64_t newest = wb->selection.summary.run.step;
    l->event = -1;
    if (!p || p->plot.w < 1) return AFTER_NOTHING;
    if (l->cursor < 0) {
        l->cursor = newest;
        return AFTER_DRAW;
    }
    int column = chart_column(p, loss_data_x(&l->data, 0, (double)l->cursor)) + by;
    int64_t step = loss_data_step(&l->data, chart_x(p, column));
    if (by > 0 && step <= l->cursor) step = l->cursor + 1;
    if (by < 0 && step >= l->cursor) step = l->cursor - 1;
    l->cursor = step < 0 ? 0 : step > newest ? -1 : step;
    return l->span ? again(l) : AFTER_DRAW;
}

/* The cursor to the first step that is shown, or away. */
static unsigned on_cursor(struct workbench *wb, void *state, int away)
{
    struct loss *l = state;
    (void)wb;
    if (away) l->event = -1;
    l->cursor = away ? -1 : l->data.shown_first;
    return l->span ? again(l) : AFTER_DRAW;
}

/* The underline goes to another chart. */
static unsigned on_focus(struct workbench *wb, void *state, int key)
{
    struct loss *l = state;
    int list[LOSS_CHARTS_MOST], at = 0;
    bool large = l->large;
    (void)wb;
    l->large = false; /* walk over all that are chosen */
    int n = list_chosen(l, list);
    l->large = large;
    for (int i = 0; i < n; i++)
        if (list[i] == l->focus) at = i;
    at = keys_walk(key, at, l->place_count, n);
    at = at < 0 ? 0 : at >= n ? n - 1 : at;
    l->focus = list[at];
    return again(l);
}

static unsigned on_enter(struct workbench *wb, void *state, int argument)
{
    (void)wb, (void)argument;
    struct loss *l = state;
    l->large = !l->large;
    return again(l);
}

static unsigned set_span(struct workbench *wb, struct loss *l, int64_t span)
{
    char text[FORMAT_SIZE];
    if (span >= wb->selection.summary.run.step) span = 0;
    if (span && span < SPAN_LEAST) span = SPAN_LEAST;
    l->span = span;
    preference_set_int(wb, "loss.span", span);
    if (span)
        message_say(wb, "span: %s %s%s", format_count(span, text), text_number(span, "step", "steps"),
                    l->cursor < 0 ? ", the newest" : ", around the cursor");
    else
        message_say(wb, "span: all steps");
    return again(l);
}

static unsigned on_zoom(struct workbench *wb, void *state, int in)
{
    struct loss *l = state;
    return set_span(wb, l, in ? (l->span ? l->span : wb->selection.summary.run.step) / 2 : 2 * l->span);
}

static unsigned on_span(struct workbench *wb, void *state, int argument)
{
    struct loss *l = state;
    (void)argument;
    for (int i = 0; i < SPANS; i++)
        if (spans[i] && spans[i] < wb->selection.summary.run.step && (!l->span || spans[i] < l->span))
            return set_span(wb, l, spans[i]);
    return set_span(wb, l, 0);
}

enum { TOGGLE_LOG_Y, TOGGLE_LOG_X, TOGGLE_WEIGHTS };
static unsigned on_toggle(struct workbench *wb, void *state, int which)
{
    static const char *const names[] = { "loss.log_y", "loss.log_x", "loss.weighted" };
    struct loss *l = state;
    bool *const switches[] = { &l->log_y, &l->log_x, &l->data.weighted };
    *switches[which] = !*switches[which];
    preference_set_int(wb, names[which], *switches[which]);
    return again(l);
}

static unsigned on_smooth(struct workbench *wb, void *state, int argument)
{
    struct loss *l = state;
    (void)argument;
    l->smooth = (l->smooth + 1) % SMOOTHINGS;
    preference_set_int(wb, "loss.smooth", l->smooth);
    if (l->smooth)
        message_say(wb, "smoothed over %g %% of the width; the raw values are behind", 100 * smoothing[l->smooth]);
    else
        message_say(wb, "not smoothed");
    return AFTER_DRAW;
}

static unsigned on_x(struct workbench *wb, void *state, int argument)
{
    struct loss *l = state;
    (void)argument;
    l->data.x = (enum loss_x)((l->data.x + 1) % LOSS_X_COUNT);
    preference_set_int(wb, "loss.x", l->data.x);
    return again(l);
}

static unsigned choose(struct workbench *wb, void *ctx, int row);

static unsigned ask_charts(struct workbench *wb, struct loss *l, int row)
{
    static char texts[LOSS_CHARTS_MOST][MENU_ROW];
    const char *rows[LOSS_CHARTS_MOST + 1] = { 0 };
    for (int i = 0; i < l->data.charts; i++) {
        snprintf(texts[i], MENU_ROW, "[%c] %.40s", is_hidden(l, i) ? ' ' : 'x', l->data.chart[i].title);
        rows[i] = texts[i];
    }
    dialog_choose(wb, "charts: enter shows or hides, q ends", rows, row, choose, l);
    return AFTER_DRAW;
}

static unsigned choose(struct workbench *wb, void *ctx, int row)
{
    struct loss *l = ctx;
    int list[LOSS_CHARTS_MOST];
    bool large = l->large;
    if (row >= l->data.charts) return AFTER_DRAW; /* another run is shown meanwhile, which has fewer */
    l->large = false;
    set_hidden(l, row, !is_hidden(l, row));
    if (!list_chosen(l, list)) set_hidden(l, row, false);
    list_chosen(l, list);
    if (is_hidden(l, l->focus)) l->focus = list[0];
    l->large = large;
    preference_set(wb, "loss.hidden", l->hidden);
    ask_charts(wb, l, row);
    return again(l);
}

static unsigned on_charts(struct workbench *wb, void *state, int argument)
{
    (void)argument;
    return ask_charts(wb, state, ((struct loss *)state)->focus);
}

static unsigned on_event(struct workbench *wb, void *state, int by)
{
    struct loss *l = state;
    const struct loss_data *v = &l->data;
    int at = l->event >= 0 ? l->event + by : l->cursor < 0 ? (by < 0 ? v->event_count - 1 : v->event_count) : -1;
    for (int i = 0; at < 0 && l->event < 0 && i < v->event_count; i++)
        if (by > 0 ? v->events[i].step > l->cursor : v->events[i].step >= l->cursor)
            at = by > 0 ? i : i - 1, i = v->event_count;
    if (at < 0 || at >= v->event_count) {
        message_say(wb, "no %s event", by > 0 ? "later" : "earlier");
        return AFTER_DRAW;
    }
    l->event = at;
    l->cursor = v->events[at].step;
    return l->span ? again(l) : AFTER_DRAW;
}

static unsigned loss_click(struct workbench *wb, void *state, int y, int x)
{
    struct loss *l = state;
    for (int i = 0; i < l->place_count; i++) {
        const struct loss_place *p = &l->places[i];
        if (y < p->y || y >= p->y + p->h || x < p->x || x >= p->x + p->w) continue;
        l->focus = p->chart;
        int column = x - (p->place.plot.x - l->left);
        int64_t step = loss_data_step(&l->data, chart_x(&p->place, column));
        if (column >= 0 && step >= 0) l->cursor = step > wb->selection.summary.run.step ? -1 : step, l->event = -1;
        return again(l);
    }
    return AFTER_NOTHING;
}

static unsigned loss_wheel(struct workbench *wb, void *state, int by)
{
    return on_zoom(wb, state, by < 0);
}

static const struct key_bind keys[] = {
    { 'y', 0, "log-y", "log", "linear or logarithmic y axis (what can be negative stays linear)", on_toggle, 0,
      TOGGLE_LOG_Y },
    { 'k', 0, "smooth", "smooth", "smoothing: none, 2, 5, 10 % of the width; the raw values stay behind", on_smooth, 0,
      0 },
    { 'w', 0, "span", "span", "span: all, the newest 10,000, 1,000, 100 steps", on_span, 0, 0 },
    { 'x', 0, "x-axis", "x", "x axis: step, epoch, hours of training", on_x, 0, 0 },
    { 't', 0, "terms", "terms", "terms as they are, or with their weights, as in the total", on_toggle, 0,
      TOGGLE_WEIGHTS },
    { 'c', 0, "charts", "charts", "choose which charts are shown", on_charts, 0, 0 },
    { KEYS_ENTER, 0, "large", "large", "the underlined chart alone, or all", on_enter, 0, 0 },
    { '+', '=', "zoom-in", "zoom", "half the span, around the cursor", on_zoom, 0, true },
    { '-', 0, "zoom-out", NULL, "twice the span", on_zoom, 0, false },
    { 'n', 0, "next-event", "event", "the cursor to the next event", on_event, 0, 1 },
    { 'p', 0, "previous-event", NULL, "the cursor to the event before", on_event, 0, -1 },
    { KEYS_LEFT, ',', "cursor-left", "cursor", "the cursor a column to the left", on_move, 0, -1 },
    { KEYS_RIGHT, '.', "cursor-right", NULL, "the cursor a column to the right; beyond the end it goes", on_move, 0,
      1 },
    { KEYS_HOME, 0, "cursor-first", NULL, "the cursor to the first step that is shown", on_cursor, 0, false },
    { KEYS_END, 0, "cursor-off", NULL, "no cursor: the newest values", on_cursor, 0, true },
    { KEYS_UP, 0, "chart-before", NULL, "underline the chart before", on_focus, 0, KEYS_UP },
    { KEYS_DOWN, 0, "chart-after", NULL, "underline the next chart", on_focus, 0, KEYS_DOWN },
    { KEYS_PAGE_UP, 0, "page-up", NULL, "the charts before", on_focus, 0, KEYS_PAGE_UP },
    { KEYS_PAGE_DOWN, 0, "page-down", NULL, "the next charts", on_focus, 0, KEYS_PAGE_DOWN },
    { 'l', 0, "log-x", NULL, "linear or logarithmic x axis", on_toggle, 0, TOGGLE_LOG_X },
    CHART_KEYS_STEP,
    { 'e', 0, "export", "export", "write the figure (PNG) and its numbers (CSV)", chart_keys_on_export, 0,
      FIGURE_LOSS },
    { 0 },
};

const struct screen screen_loss = {
    .name = "loss",
    .title = "Loss",
    .brief = "Loss",
    .digit = '2',
    .about =
        "Curves of the run: the terms of both levels (inv: how far the two views of an image are apart; var: how far "
        "deviations fall short of 1; cov: what dimensions have in common), the total, probe AUC, rate, gradient norm, "
        "view correlation and gain. The line is the mean of what a column stands for, the shade behind reaches from "
        "its minimum to its maximum; a red cross marks numbers that are not finite, a triangle an event. A level "
        "near 21.9 has learned to spread while its views share nothing yet. Marked runs are drawn too, with letters.",
    .keys = keys,
    .size = sizeof(struct loss),
    .needs_run = true,
    .open = loss_open,
    .close = loss_close,
    .read = loss_read,
    .draw = loss_draw,
    .click = loss_click,
    .wheel = loss_wheel,
};
