/* Loss: all curves of a run during training, as a grid of small charts, with marked runs overlaid. */
#include <stdio.h>
#include <string.h>

#include "engine/base/text.h"
#include "views/analysis/format.h"
#include "views/screens/chart_keys.h"
#include "views/screens/group_ask.h"
#include "views/screens/loss_draw.h"
#include "views/terminal/keys.h"
#include "views/workbench/dialogs.h"
#include "views/workbench/message.h"
#include "views/workbench/news.h"
#include "views/workbench/preferences.h"
#include "views/workbench/show.h"
#include "views/workbench/workbench.h"

enum { SPAN_LEAST = 10, MENU_ROW = 48 };

static const int64_t spans[] = { 10000, 1000, 100 };
enum { SPANS = sizeof spans / sizeof *spans };

/* ---- reading ------------------------------------------------------------------------------------------------ */

static bool loss_open(struct workbench *wb, void *state, struct err *e)
{
    struct loss *l = state;
    (void)e;
    l->cursor = l->step = l->event = -1;
    snprintf(l->hidden, sizeof l->hidden, "%s", preference_get(wb, "loss.hidden", ""));
    l->log_y = preference_get_int(wb, "loss.log_y", 0) != 0;
    l->log_x = preference_get_int(wb, "loss.log_x", 0) != 0;
    l->seeds = preference_get_int(wb, "loss.seeds", 0) != 0;
    l->smooth = (int)preference_get_int(wb, "loss.smooth", 0);
    l->data.weighted = preference_get_int(wb, "loss.weighted", 0) != 0;
    if (l->smooth < 0 || l->smooth >= LOSS_SMOOTHINGS) l->smooth = 0;
    return true;
}

static void loss_close(struct workbench *wb, void *state)
{
    (void)wb;
    loss_data_clear(&((struct loss *)state)->data);
}

/* The range of steps that was selected by keys. */
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

/* Finds the charts of the compared runs. The selected chart stays selected if it still exists. If all charts are
 * hidden, none is selected. */
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
    int list[LOSS_CHARTS_MOST], n = loss_chosen(l, list);
    if (!n) l->hidden[0] = '\0';
    if (n && loss_is_hidden(l, l->focus)) l->focus = list[0];
}

static bool loss_read(struct workbench *wb, void *state, unsigned news)
{
    struct loss *l = state;
    struct err e;
    bool changed = l->moved || (news & (NEWS_OPEN | NEWS_RUN | NEWS_SIZE | NEWS_STEP | NEWS_X)) != 0;
    if (!(news & ~(unsigned)NEWS_SECOND) && !changed) return false;
    if (news & NEWS_RUN) l->cursor = l->event = -1;
    if (l->zoomed != wb->selection.run) l->span = 0; /* another run is shown whole */
    l->zoomed = wb->selection.run;
    if (l->step != wb->selection.step) l->cursor = wb->selection.step;
    l->step = wb->selection.step;
    if (news & NEWS_PAST) {
        loss_data_forget(&l->data);
        changed = true;
        l->event = -1;
        if (l->cursor > wb->selection.summary.run.step) l->cursor = -1; /* it was taken back */
    }
    if (!comparison_read(&wb->selection, &l->data.comparison, &changed, &e)) return message_fail(wb, &e), true;
    find_charts(l);
    struct loss_layout layout = loss_layout_of(l, wb->screen_h, wb->screen_w, 1);
    int list[LOSS_CHARTS_MOST], n = loss_chosen(l, list);
    l->moved = false;
    memset(l->data.wanted, 0, sizeof l->data.wanted);
    for (int i = 0; i < (layout.rows ? layout.count : n); i++) /* no rows for charts: all, as numbers */
        l->data.wanted[list[layout.first + i]] = true;
    l->data.columns = 2 * (layout.columns ? wb->screen_w / layout.columns : 8);
    choose_span(l, wb);
    l->data.cursor = l->cursor;
    bool more;
    if (!loss_data_read(&l->data, &wb->selection, &changed, &e) ||
        !loss_data_usual(&l->data, &wb->selection, &changed, &more, &e))
        return message_fail(wb, &e), true;
    if (more) news_more(wb);
    return changed;
}

static void loss_draw(struct workbench *wb, void *state, const struct area *a)
{
    (void)wb;
    loss_draw_charts(state, a);
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

/* To a step, -1: away. The span is around it, and its values are read. */
static unsigned set_cursor(struct workbench *wb, struct loss *l, int64_t step)
{
    l->cursor = step;
    show_cursor(wb, step);
    return again(l);
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
    if (l->cursor < 0) return set_cursor(wb, l, newest);
    int column = chart_column(p, loss_data_x(&l->data, 0, (double)l->cursor)) + by;
    int64_t step = loss_data_step(&l->data, chart_x(p, column));
    if (by > 0 && step <= l->cursor) step = l->cursor + 1;
    if (by < 0 && step >= l->cursor) step = l->cursor - 1;
    return set_cursor(wb, l, step < 0 ? 0 : step > newest ? -1 : step);
}

/* Moves the cursor to the first visible step, or hides it. */
static unsigned on_cursor(struct workbench *wb, void *state, int away)
{
    struct loss *l = state;
    if (away) l->event = -1;
    return set_cursor(wb, l, away ? -1 : l->data.shown_first);
}

/* Selects another chart. */
static unsigned on_focus(struct workbench *wb, void *state, int key)
{
    struct loss *l = state;
    int list[LOSS_CHARTS_MOST], at = 0;
    bool large = l->large;
    (void)wb;
    l->large = false; /* moves among all visible charts */
    int n = loss_chosen(l, list);
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
    for (int i = 0; i < SPANS && !l->span; i++)
        if (spans[i] < wb->selection.summary.run.step) return set_span(wb, l, spans[i]);
    return set_span(wb, l, 0);
}

enum { TOGGLE_LOG_Y, TOGGLE_LOG_X, TOGGLE_WEIGHTS, TOGGLE_SEEDS };
static unsigned on_toggle(struct workbench *wb, void *state, int which)
{
    static const char *const names[] = { "loss.log_y", "loss.log_x", "loss.weighted", "loss.seeds" };
    struct loss *l = state;
    bool *const switches[] = { &l->log_y, &l->log_x, &l->data.weighted, &l->seeds };
    *switches[which] = !*switches[which];
    preference_set_int(wb, names[which], *switches[which]);
    return again(l);
}

/* Without settings it is seeds that are one, as before. */
static unsigned group_given(struct workbench *wb, void *ctx)
{
    struct loss *l = ctx;
    if (*wb->selection.group && !l->seeds) return on_toggle(wb, l, TOGGLE_SEEDS);
    return again(l);
}

static unsigned on_group(struct workbench *wb, void *state, int argument)
{
    (void)argument;
    group_ask(wb, group_given, state);
    return AFTER_DRAW;
}

/* The figure has what the screen shows: its span, its axes, its terms and its groups. */
static unsigned on_export(struct workbench *wb, void *state, int argument)
{
    const struct loss *l = state;
    struct figure_request like = { .screen = FIGURE_LOSS,
                                   .grouped = l->seeds,
                                   .weighted = l->data.weighted,
                                   .y = l->log_y ? FIGURE_SCALE_LOG : FIGURE_SCALE_LINEAR };
    (void)argument;
    if (l->span) like.first = l->data.shown_first, like.last = l->data.shown_last;
    return chart_keys_export(wb, &like);
}

static unsigned on_smooth(struct workbench *wb, void *state, int argument)
{
    struct loss *l = state;
    (void)argument;
    l->smooth = (l->smooth + 1) % LOSS_SMOOTHINGS;
    preference_set_int(wb, "loss.smooth", l->smooth);
    if (l->smooth)
        message_say(wb, "smoothed over %g %% of the width; the raw values are behind", 100 * loss_smoothing[l->smooth]);
    else
        message_say(wb, "not smoothed");
    return AFTER_DRAW;
}

static unsigned choose(struct workbench *wb, void *ctx, int row);

static unsigned ask_charts(struct workbench *wb, struct loss *l, int row)
{
    static char texts[LOSS_CHARTS_MOST][MENU_ROW];
    const char *rows[LOSS_CHARTS_MOST + 1] = { 0 };
    for (int i = 0; i < l->data.charts; i++) {
        snprintf(texts[i], MENU_ROW, "[%c] %.40s", loss_is_hidden(l, i) ? ' ' : 'x', l->data.chart[i].title);
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
    if (row >= l->data.charts) return AFTER_DRAW; /* another run is shown now, which has fewer charts */
    l->large = false;
    loss_set_hidden(l, row, !loss_is_hidden(l, row));
    if (!loss_chosen(l, list)) loss_set_hidden(l, row, false);
    loss_chosen(l, list);
    if (loss_is_hidden(l, l->focus)) l->focus = list[0];
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
    return set_cursor(wb, l, v->events[at].step);
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
        if (column >= 0 && step >= 0) {
            set_cursor(wb, l, step > wb->selection.summary.run.step ? -1 : step);
            l->event = -1;
        }
        return again(l);
    }
    return AFTER_NOTHING;
}

static unsigned loss_wheel(struct workbench *wb, void *state, int by)
{
    return on_zoom(wb, state, by < 0);
}

/* Escape leaves the enlarged chart, then the zoom; then it goes back. */
static unsigned loss_key(struct workbench *wb, void *state, int key)
{
    struct loss *l = state;
    if (key != KEYS_ESCAPE) return AFTER_UNUSED;
    if (l->large) return on_enter(wb, state, 0);
    return l->span ? set_span(wb, l, 0) : AFTER_UNUSED;
}

/* Of one chart alone. */
static const struct key_bind large_keys[] = {
    { KEYS_ESCAPE, 0, "grid", "all charts", "all charts", NULL, 0, 0 },
    { KEYS_DOWN, 0, "chart-after", "next chart", "the next chart", NULL, 0, 0 },
    { KEYS_UP, 0, "chart-before", "chart before", "the chart before", NULL, 0, 0 },
    { 'y', 0, "log-y", "log", "linear or logarithmic y axis", NULL, 0, 0 },
    { 'k', 0, "smooth", "smooth", "smoothing", NULL, 0, 0 },
    { '+', 0, "zoom-in", "zoom", "half the span", NULL, 0, 0 },
    { KEYS_LEFT, 0, "cursor-left", "cursor", "the cursor a column to the left", NULL, 0, 0 },
    { 'e', 0, "export", "export", "write the figure", NULL, 0, 0 },
    { 0 },
};

static const struct key_bind *loss_bar(struct workbench *wb, void *state)
{
    (void)wb;
    return ((struct loss *)state)->large ? large_keys : NULL;
}

static const struct key_bind keys[] = {
    { 'y', 0, "log-y", "log", "linear or logarithmic y axis (what can be negative stays linear)", on_toggle, 0,
      TOGGLE_LOG_Y },
    { 'k', 0, "smooth", "smooth", "loss_smoothing: none, 2, 5, 10 % of the width; the raw values stay behind",
      on_smooth, 0, 0 },
    { 'w', 0, "span", "span", "the newest steps alone (10,000, 1,000 or 100), or all; + and - halve and double",
      on_span, 0, 0 },
    CHART_KEY_X("axis"),
    { 't', 0, "terms", "terms", "terms as they are, or with their weights, as in the total", on_toggle, 0,
      TOGGLE_WEIGHTS },
    { 'c', 0, "charts", "charts", "choose which charts are shown", on_charts, 0, 0 },
    { KEYS_ENTER, 0, "large", "large", "the underlined chart alone, or all (esc: all)", on_enter, 0, 0 },
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
    { 's', 0, "seeds", NULL,
      "runs that differ in the seed alone, or have the same chosen settings (g): one curve of their mean, with their "
      "range",
      on_toggle, 0, TOGGLE_SEEDS },
    { 'g', 0, "group", NULL, "choose the settings that make groups of runs, each of them one curve", on_group, 0, 0 },
    { 'l', 0, "log-x", NULL, "linear or logarithmic x axis", on_toggle, 0, TOGGLE_LOG_X },
    CHART_KEYS_STEP,
    { 'e', 0, "export", "export", "write the figure (PNG) and its numbers (CSV)", on_export, 0, FIGURE_LOSS },
    { 0 },
};

const struct screen screen_loss = {
    .name = "loss",
    .title = "Loss",
    .brief = "Loss",
    .digit = '2',
    .about =
        "Curves of the run: the terms of its objective at each of its levels (Help says what each is), the total, "
        "probe AUC, rate, gradient norm, "
        "view correlation and gain. The line is the mean of what a column stands for, the shade behind reaches from "
        "its minimum to its maximum; a red cross marks numbers that are not finite, a triangle an event. A "
        "dashed line is where the loss stays while the views share nothing. Losses of different objectives are not "
        "comparable: compare probe AUC and rank. Marked runs are drawn too, with letters. Two lines of single dots "
        "bound what is usual: 10 to 90 % of the earlier finished runs of the same method and data, where there are "
        "three "
        "or more.",
    .keys = keys,
    .size = sizeof(struct loss),
    .needs_run = true,
    .open = loss_open,
    .close = loss_close,
    .read = loss_read,
    .draw = loss_draw,
    .bar = loss_bar,
    .key = loss_key,
    .click = loss_click,
    .wheel = loss_wheel,
};
