/* Variance: the standard deviation of every dimension of a level: sorted, over the recorded steps, and as a
 * histogram. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/text.h"
#include "views/analysis/format.h"
#include "engine/base/text.h"
#include "views/analysis/levels.h"
#include "views/charts/chart.h"
#include "views/screens/chart_keys.h"
#include "views/screens/variance_charts.h"
#include "views/screens/legend.h"
#include "views/terminal/keys.h"
#include "views/workbench/layout.h"
#include "views/workbench/message.h"
#include "views/workbench/news.h"
#include "views/workbench/preferences.h"
#include "views/workbench/workbench.h"

enum {
    SIDE_LEAST_W = 100, /* least width at which curves over steps are shown on the right */
    TRAIL_H = 6,
    TRAIL_W = 24,
    SPARK_W = 40,
};

struct variance {
    struct variance_data data;
    enum variance_mode mode;
    bool log;
    int dim;                     /* under the cursor; -1: none */
    bool moved;                  /* a key has changed what is shown */
    struct variance_place place; /* as drawn last */
    int left, top;               /* of the area, on the canvas */
};

/* ---- reading ------------------------------------------------------------------------------------------------------
 */

static bool variance_open(struct workbench *wb, void *state, struct err *e)
{
    struct variance *v = state;
    (void)e;
    v->dim = -1;
    v->data.at = -1;
    v->mode = (enum variance_mode)preference_get_int(wb, "variance.mode", VARIANCE_BARS);
    v->data.order = (enum variance_order)preference_get_int(wb, "variance.order", VARIANCE_BY_VALUE);
    v->log = preference_get_int(wb, "variance.log", 0) != 0;
    if (v->mode < 0 || v->mode >= VARIANCE_MODES) v->mode = VARIANCE_BARS;
    if (v->data.order < 0 || v->data.order >= VARIANCE_ORDERS) v->data.order = VARIANCE_BY_VALUE;
    return true;
}

static void variance_close(struct workbench *wb, void *state)
{
    (void)wb;
    variance_clear(&((struct variance *)state)->data);
}

static bool variance_look_at_store(struct workbench *wb, void *state, unsigned news)
{
    struct variance *v = state;
    struct err e;
    bool changed = v->moved || (news & (NEWS_OPEN | NEWS_RUN | NEWS_SIZE | NEWS_STEP | NEWS_X)) != 0, more = false;
    if (!(news & ~(unsigned)NEWS_SECOND) && !changed) return false;
    if (news & NEWS_PAST) variance_forget(&v->data), changed = true;
    v->moved = false;
    int columns = wb->screen_w >= SIDE_LEAST_W ? wb->screen_w * 2 / 3 : wb->screen_w;
    if (!variance_read(&v->data, &wb->selection, columns, &changed, &more, &e)) return message_fail(wb, &e), true;
    if (v->dim >= v->data.dims) v->dim = -1;
    if (more) news_more(wb);
    return changed;
}

/* ---- drawing ------------------------------------------------------------------------------------------------------
 */

static void say_figures(const struct variance *v, bool remark, struct text *out)
{
    const struct variance_stats *s = &v->data.stats;
    char a[CHART_NUMBER], b[CHART_NUMBER], c[CHART_NUMBER], m[CHART_NUMBER];
    int n = v->data.dims;
    if (v->data.rules.deviations) text_printf(out, "dead %d (%.0f %%)  ", s->dead, 100.0 * s->dead / n);
    if (variance_hinged(&v->data)) text_printf(out, "below hinge %d (%.0f %%)  ", s->active, 100.0 * s->active / n);
    text_printf(out, "mean %s  median %s  %s..%s", chart_number(s->mean, a), chart_number(s->median, m),
                chart_number(s->min, b), chart_number(s->max, c));
    if (s->missing) text_printf(out, "  not finite %d", s->missing);
    if (!remark) return;
    if (!v->data.rules.deviations) text_add(out, "  (of directions: no hinge, none is dead)");
    if (v->data.level > LEVEL_D) text_add(out, "  (maps are of any scale: no hinge, dead below rms / 1000)");
}

static void draw_header(const struct workbench *wb, const struct variance *v, const struct area *a)
{
    const struct variance_data *data = &v->data;
    char step[FORMAT_SIZE];
    int x = 1 + area_printf(a, 0, 1, INK_STRONG, "%s", level_table[data->level].brief);
    x += area_part(a, 0, x, INK_ACCENT, "  step %s", format_count(data->rows[data->at].step, step));
    x += area_part(a, 0, x, INK_DIM, "%s", wb->selection.step < 0 ? ", the newest" : "");
    x += area_part(a, 0, x, INK_DIM, "  %d %s", data->dims, text_number(data->dims, "dimension", "dimensions")) + 3;
    if (data->comparison.count > 1) legend_draw(&data->comparison, a, 0, x);
}

static void draw_figures(const struct variance *v, const struct area *a, int y)
{
    struct text line = { 0 };
    const struct variance_stats *s = &v->data.stats;
    bool bad = s->dead > 0 && v->data.rules.deviations;
    if (!y) text_printf(&line, "%s  ", level_table[v->data.level].name);
    say_figures(v, a->w >= 72, &line);
    const char *part = text_str(&line);
    for (int x = 1; *part;) { /* each name with its share, or not at all */
        const char *end = strstr(part, "  ");
        int n = end ? (int)(end - part) : (int)strlen(part);
        x += area_part(a, y, x, s->missing || bad ? INK_WATCH : INK_NORMAL, "%.*s", n, part) + 2;
        part += n + (end ? 2 : 0);
    }
    text_clear(&line);
}

/* Details of the dimension under the cursor: its value and its history. */
static void draw_cursor(const struct variance *v, const struct area *a, int y)
{
    const struct variance_data *data = &v->data;
    char value[CHART_NUMBER], change[CHART_NUMBER], low[CHART_NUMBER], high[CHART_NUMBER];
    if (v->dim < 0 || v->dim >= data->dims) {
        area_text(a, y, 1, INK_DIM, "arrows choose a dimension: its deviation, rank and history");
        return;
    }
    const float *now = variance_now(data), *before = variance_before(data);
    int x = 1 + area_printf(a, y, 1, INK_ACCENT | STYLE_BOLD, "dimension %d: %s", v->dim,
                            chart_number((double)now[v->dim], value));
    x += area_printf(a, y, x, INK_NORMAL, "  rank %d of %d", variance_rank(now, data->dims, v->dim), data->dims);
    if (before) {
        double by = (double)now[v->dim] - (double)before[v->dim];
        x += area_printf(a, y, x, INK_DIM, "  %s%s", by >= 0 ? "+" : "", chart_number(by, change));
    }
    float *past = malloc((size_t)(data->count + 1) * sizeof *past);
    int n = 0, room = a->w - x - 24;
    double least = INFINITY, most = -INFINITY;
    for (int i = 0; past && i < data->count; i++) {
        if (data->rows[i].dims != data->dims) continue;
        float f = data->rows[i].values[v->dim];
        past[n++] = f;
        if (isfinite(f)) least = fmin(least, (double)f), most = fmax(most, (double)f);
    }
    int w = n < room ? n : room;
    if (w > SPARK_W) w = SPARK_W;
    if (w >= 4 && least <= most) {
        x += 2 + area_printf(a, y, x + 2, INK_DIM, "%s..%s ", chart_number(least, low), chart_number(most, high));
        for (int i = 0; i < w; i++) past[i] = past[(int64_t)i * (n - 1) / (w - 1)];
        chart_spark(a, y, x, w, &(struct chart_spark){ past, w, least, most, INK_ACCENT });
    }
    free(past);
}

static void draw_beside(const struct area *a, const struct variance_look *l, bool beside)
{
    int n = variance_trail_charts(l->data), fit = beside ? a->h / (TRAIL_H - 1) : a->w / TRAIL_W;
    if (n > fit) n = fit;
    for (int i = 0; i < n; i++) {
        int from = layout_share(beside ? a->h : a->w, n, i), to = layout_share(beside ? a->h : a->w, n, i + 1);
        struct area part =
            beside ? area_sub(a, from, 0, to - from, a->w) : area_sub(a, 0, from + (i > 0), a->h, to - from - (i > 0));
        variance_draw_trail(&part, l, i + variance_trail_charts(l->data) - n);
    }
}

static void draw_body(struct variance *v, const struct variance_look *l, const struct area *a)
{
    if (a->w >= SIDE_LEAST_W && a->h >= 9) {
        int w = a->w / 3 > 60 ? 60 : a->w / 3;
        struct area main = area_sub(a, 0, 0, a->h, a->w - w - 2), panel = area_sub(a, 0, a->w - w, a->h, w);
        v->place = variance_draw(&main, l);
        draw_beside(&panel, l, true);
    } else if (a->h >= 15 && a->w >= 2 * TRAIL_W) {
        struct area main = area_sub(a, 0, 0, a->h - TRAIL_H, a->w);
        struct area below = area_sub(a, a->h - TRAIL_H, 0, TRAIL_H, a->w);
        v->place = variance_draw(&main, l);
        draw_beside(&below, l, false);
    } else {
        v->place = variance_draw(a, l);
    }
}

static void variance_draw_screen(struct workbench *wb, void *state, const struct area *a)
{
    struct variance *v = state;
    struct variance_data *data = &v->data;
    v->left = a->x, v->top = a->y;
    v->place = (struct variance_place){ 0 };
    if (!data->dims) {
        struct text why = { 0 };
        text_printf(
            &why, "Nothing of %s is recorded%s. The setting diagnose.steps says how often; v shows another level.",
            level_table[wb->selection.level].brief, wb->selection.step >= 0 && data->count ? " by this step" : " yet");
        area_wrap(a, 0, 1, a->h, a->w - 2, INK_DIM, text_str(&why));
        text_clear(&why);
        return;
    }
    if (a->h < 6 || a->w < 30) {
        struct text line = { 0 };
        for (int remark = 1; remark >= 0; remark--) { /* whole, or not at all */
            text_clear(&line);
            text_printf(&line, "%s ", level_table[data->level].name);
            say_figures(v, remark, &line);
            if (area_wrap(a, 0, 0, 0, a->w, INK_NORMAL, text_str(&line)) <= a->h) break;
        }
        area_wrap(a, 0, 0, a->h, a->w, INK_NORMAL, text_str(&line));
        text_clear(&line);
        return;
    }
    struct variance_look look = { data, &wb->theme, v->mode, v->log, v->dim, wb->selection.step };
    int header = a->h >= 9 ? 2 : 1, footer = a->h >= 8;
    if (header == 2) draw_header(wb, v, a);
    draw_figures(v, a, header - 1);
    struct area body = area_sub(a, header, 0, a->h - header - footer, a->w);
    draw_body(v, &look, &body);
    if (footer) draw_cursor(v, a, a->h - 1);
}

/* ---- keys ---------------------------------------------------------------------------------------------------------
 */

static int place_of(const struct variance *v)
{
    for (int i = 0; i < v->data.dims; i++)
        if (v->data.index[i] == v->dim) return i;
    return -1;
}

static unsigned go(struct variance *v, int place)
{
    if (!v->data.dims) return AFTER_NOTHING;
    place = place < 0 ? 0 : place >= v->data.dims ? v->data.dims - 1 : place;
    v->dim = v->data.index[place];
    return AFTER_DRAW;
}

/* Moves by one column, and by at least one dimension. */
static unsigned on_move(struct workbench *wb, void *state, int by)
{
    struct variance *v = state;
    (void)wb;
    int first, end, at = place_of(v);
    if (at < 0) return go(v, by < 0 ? v->data.dims - 1 : 0);
    if (variance_range(&v->place, variance_column(&v->place, at), &first, &end))
        return go(v, by < 0 ? (first < at ? first : first - (end - first)) : end);
    return go(v, at + by);
}

static unsigned on_walk(struct workbench *wb, void *state, int key)
{
    struct variance *v = state;
    (void)wb;
    return go(v, keys_walk(key, place_of(v), 0, v->data.dims));
}

static unsigned on_mode(struct workbench *wb, void *state, int argument)
{
    (void)argument;
    static const char *const says[VARIANCE_MODES] = { "bars: every dimension at one step",
                                                      "waterfall: every dimension over the recorded steps",
                                                      "histogram: how many dimensions have which deviation" };
    struct variance *v = state;
    v->mode = (enum variance_mode)((v->mode + 1) % VARIANCE_MODES);
    preference_set_int(wb, "variance.mode", v->mode);
    message_say(wb, "%s", says[v->mode]);
    return AFTER_DRAW;
}

static unsigned on_order(struct workbench *wb, void *state, int argument)
{
    struct variance *v = state;
    (void)argument;
    v->data.order = (enum variance_order)((v->data.order + 1) % VARIANCE_ORDERS);
    preference_set_int(wb, "variance.order", v->data.order);
    v->moved = true;
    if (v->data.order == VARIANCE_BY_CHANGE && !variance_before(&v->data))
        message_say(wb, "no step before this one is recorded: dimensions stand by index");
    else
        message_say(wb, "dimensions: %s%s", variance_order_title(v->data.order),
                    v->data.order != VARIANCE_BY_VALUE && v->data.comparison.count > 1
                        ? "; marked runs show with the largest first"
                        : "");
    return AFTER_READ;
}

static unsigned on_log(struct workbench *wb, void *state, int argument)
{
    struct variance *v = state;
    (void)argument;
    v->log = !v->log;
    preference_set_int(wb, "variance.log", v->log);
    return AFTER_DRAW;
}

static unsigned variance_click(struct workbench *wb, void *state, int y, int x)
{
    struct variance *v = state;
    int first, end;
    (void)wb;
    y += v->top - v->place.plot.y;
    if (y < 0 || y >= v->place.plot.h) return AFTER_NOTHING;
    if (!variance_range(&v->place, x + v->left - v->place.plot.x, &first, &end)) return AFTER_NOTHING;
    return go(v, first);
}

static unsigned variance_wheel(struct workbench *wb, void *state, int by)
{
    (void)wb;
    return on_move(wb, state, by);
}

static const struct key_bind keys[] = {
    { 'm', 0, "mode", "mode", "bars, waterfall over the recorded steps, histogram", on_mode, 0, 0 },
    { 'o', 0, "order", "order", "order of dimensions: by value, by index, by change since the step before", on_order, 0,
      0 },
    CHART_KEYS_LEVEL,
    CHART_KEYS_STEP,
    CHART_KEY_X(NULL),
    { 'y', 0, "log-y", "log", "linear or logarithmic axis of deviations", on_log, 0, 0 },
    { KEYS_LEFT, ',', "cursor-left", "cursor", "the cursor a column to the left", on_move, 0, -1 },
    { KEYS_RIGHT, '.', "cursor-right", NULL, "the cursor a column to the right", on_move, 0, 1 },
    { KEYS_UP, 0, "dimension-before", NULL, "the cursor to the dimension before", on_walk, 0, KEYS_UP },
    { KEYS_DOWN, 0, "dimension-after", NULL, "the cursor to the next dimension", on_walk, 0, KEYS_DOWN },
    { KEYS_HOME, 0, "cursor-first", NULL, "the cursor to the first dimension", on_walk, 0, KEYS_HOME },
    { KEYS_END, 0, "cursor-last", NULL, "the cursor to the last dimension", on_walk, 0, KEYS_END },
    { 'e', 0, "export", "export", "write the figure (PNG) and its numbers (CSV)", chart_keys_on_export, 0,
      FIGURE_VARIANCE },
    { 0 },
};

const struct screen screen_variance = {
    .name = "variance",
    .title = "Variance",
    .brief = "Var",
    .digit = '3',
    .about =
        "Deviation of every dimension of a level over the probe set. A loss with a variance term pushes dimensions of "
        "its embeddings below the hinge at 1 up to it; one below 0.1 is dead, it says nothing. Many dead ones are a "
        "collapse. Objectives without that term have no hinge, and where only directions count no dimension is dead. "
        "Maps and h are of any scale: there, dead is what moves less than a thousandth of the level's own root mean "
        "square. Bars show the least, mean and largest of the dimensions "
        "that share a column; the waterfall shows all recorded steps, the newest at the bottom. Marked runs are drawn "
        "as curves with letters while the largest stand first.",
    .keys = keys,
    .size = sizeof(struct variance),
    .needs_run = true,
    .open = variance_open,
    .close = variance_close,
    .read = variance_look_at_store,
    .draw = variance_draw_screen,
    .click = variance_click,
    .wheel = variance_wheel,
};
