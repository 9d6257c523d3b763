/* Covariance: the correlations between the dimensions of a level, as a heatmap, as summary numbers and as the
 * strongest pairs. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "views/analysis/format.h"
#include "views/analysis/level_rules.h"
#include "views/analysis/levels.h"
#include "views/charts/chart.h"
#include "views/charts/chart_over.h"
#include "views/charts/heat.h"
#include "views/analysis/covariance_data.h"
#include "views/screens/chart_keys.h"
#include "views/terminal/keys.h"
#include "views/workbench/marks.h"
#include "views/workbench/message.h"
#include "views/workbench/preferences.h"
#include "views/workbench/workbench.h"

enum {
    SIDE_W = 34,
    SIDE_LEAST = 26,
    PAIRS_H = 8,
    HISTORY_H = 5,
    LEGEND_W = 29,
    MATRIX_LEAST = 16,
    FOOT_LEAST = 9,
    LOW = 14, /* rows below which the numbers do not stand below the matrix, but beside it */
    NARROW = 34
}; /* columns from which they can */

/* What is drawn of the first marked run. */
enum beside { BESIDE_MATRIX, BESIDE_DIFFERENCE, BESIDE_NOTHING, BESIDE_COUNT };

struct covariance {
    struct covariance_data data, other; /* of the shown run, of the first marked one */
    int64_t marked;                     /* 0: none                                   */
    enum beside beside;
    float *difference; /* owned; as large as the matrix */
    double difference_most;
    bool differs;    /* it is filled */
    int row, column; /* the cursor in the matrix */
    int pair;        /* the strongest pair last jumped to; -1: none */
    struct heat_place place;
};

static bool covariance_open(struct workbench *wb, void *state, struct err *e)
{
    struct covariance *c = state;
    (void)e;
    c->pair = -1;
    c->data.max = preference_get_int(wb, "covariance.max", 0);
    c->data.clustered = preference_get_int(wb, "covariance.clustered", 0);
    c->data.absolute = preference_get_int(wb, "covariance.absolute", 0);
    return true;
}

static void covariance_close(struct workbench *wb, void *state)
{
    (void)wb;
    struct covariance *c = state;
    covariance_data_clear(&c->data);
    covariance_data_clear(&c->other);
    free(c->difference);
}

/* The same of the marked run, and where both have one shape, their difference. */
static bool read_beside(struct workbench *wb, struct covariance *c, struct err *e)
{
    c->marked = marks_first(wb);
    c->differs = false;
    if (!c->marked) return true;
    if (!covariance_data_beside(&c->other, &c->data, &wb->selection, c->marked, e)) return false;
    size_t n = (size_t)c->data.row_count * (size_t)c->data.column_count;
    float *room = realloc(c->difference, (n + 1) * sizeof *room);
    if (!room) return err_set(e, ERR_MEMORY, "correlations: out of memory");
    c->difference = room;
    c->differs = c->other.row_count && covariance_data_difference(&c->data, &c->other, room, &c->difference_most);
    return true;
}

static int within(int x, int count)
{
    return x >= count ? (count ? count - 1 : 0) : x < 0 ? 0 : x;
}

static bool covariance_read(struct workbench *wb, void *state, unsigned news)
{
    struct covariance *c = state;
    struct err e;
    if (!(news & ~(unsigned)(NEWS_SECOND | NEWS_SIZE))) return false;
    if (news & NEWS_PAST) series_clear(&c->data.mean), series_clear(&c->data.floor);
    if (news & NEWS_PAST) series_clear(&c->other.mean), series_clear(&c->other.floor);
    if (!covariance_data_read(&c->data, &wb->selection, &e) || !read_beside(wb, c, &e)) message_fail(wb, &e);
    c->row = within(c->row, c->data.row_count);
    c->column = within(c->column, c->data.column_count);
    return true;
}

/* ---- drawing --------------------------------------------------------------------------------------------------- */

static struct heat heat_of(const struct workbench *wb, const struct covariance *c)
{
    const struct covariance_data *v = &c->data;
    return (struct heat){ .values = v->values,
                          .rows = v->row_count,
                          .cols = v->column_count,
                          .least = v->least,
                          .most = v->most,
                          .with_sign = v->exact && !v->absolute,
                          .max = v->max,
                          .row = c->row,
                          .column = c->column,
                          .theme = &wb->theme };
}

/* The matrix less that of the marked run. */
static struct heat heat_of_difference(const struct workbench *wb, const struct covariance *c)
{
    struct heat h = heat_of(wb, c);
    h.values = c->difference;
    h.least = 0;
    h.most = c->difference_most > 0 ? c->difference_most : 1;
    h.with_sign = true;
    return h;
}

static int draw_numbers(const struct covariance *c, const struct area *a)
{
    const double *n = c->data.level.number;
    char text[3][CHART_NUMBER];
    int x = area_printf(a, 0, 0, INK_STRONG, "mean |r| %s  ", chart_number(n[LEVELS_CORR_ABS], text[0]));
    area_part(a, 0, x, INK_DIM, "max %s", chart_number(n[LEVELS_CORR_MAX], text[1]));
    x = area_part(a, 1, 0, INK_NORMAL, "ratio %s", chart_number(n[LEVELS_CORR_RATIO], text[2]));
    area_part(a, 1, x, INK_DIM, "  floor %s", chart_number(n[LEVELS_CORR_FLOOR], text[0]));
    return 2;
}

static void deviation_of(const struct level_state *l, int dim, char out[CHART_NUMBER])
{
    chart_number(l->deviation && dim >= 0 && dim < l->dims ? (double)l->deviation[dim] : NAN, out);
}

/* How many values of the matrix a cell of the picture stands for, along each side; 0: it is not drawn yet. */
static int values_per_cell(const struct covariance *c)
{
    return c->place.fine > 0 ? c->place.fine : c->place.per;
}

/* What the cell has whose value is told: where it stands for several, that is another number. */
static void draw_cell_value(const struct workbench *wb, const struct covariance *c, const struct area *a, int y, int x)
{
    struct heat h = heat_of(wb, c);
    char text[CHART_NUMBER];
    int per = values_per_cell(c);
    if (per < 2) return;
    chart_number((double)heat_reduce(&h, c->row / per * per, c->column / per * per, per), text);
    area_part(a, y, x, INK_DIM, "  of a cell, %s %s", h.with_sign ? "farthest" : h.max ? "max" : "mean", text);
}

/* Details of what is under the cursor: two or three lines. */
static int draw_cursor(const struct workbench *wb, const struct covariance *c, const struct area *a, int y)
{
    const struct covariance_data *v = &c->data;
    const struct level_state *l = &v->level;
    int i = v->rows[c->row], k = v->columns[c->column], size = l->block_size;
    char text[2][CHART_NUMBER], s[2][CHART_NUMBER];
    int one = i, other = k, x, first = y;
    if (v->exact) {
        x = area_printf(a, y++, 0, INK_ACCENT, "dims %d, %d: r %s", i, k,
                        chart_number((double)v->values[c->row * v->column_count + c->column], text[0]));
    } else if (size == 1) {
        chart_number((double)v->values[c->row * v->column_count + c->column], text[0]);
        x = area_printf(a, y++, 0, INK_ACCENT, "dims %d, %d: %s%s", i, k, i == k ? "the same" : "|r| ",
                        i == k ? "" : text[0]);
    } else {
        size_t plane = (size_t)l->blocks * (size_t)l->blocks, at = (size_t)i * (size_t)l->blocks + (size_t)k;
        x = area_printf(a, y++, 0, INK_ACCENT, "dims %d-%d, %d-%d", i * size, within((i + 1) * size - 1, l->dims),
                        k * size, within((k + 1) * size - 1, l->dims));
        chart_number((double)l->planes[at], text[0]);
        chart_number((double)l->planes[plane + at], text[1]);
        one = (int)l->planes[2 * plane + at], other = (int)l->planes[3 * plane + at];
        int end = area_part(a, y, 0, INK_ACCENT, "mean %s", text[0]);
        end += area_part(a, y, end, INK_ACCENT, ", max %s", text[1]);
        area_part(a, y++, end, INK_ACCENT, " (%d, %d)", one, other);
    }
    draw_cell_value(wb, c, a, first, x);
    deviation_of(l, one, s[0]);
    deviation_of(l, other, s[1]);
    area_part(a, y++, 0, INK_DIM, "deviations %s, %s", s[0], s[1]);
    return y;
}

static int draw_pairs(const struct covariance *c, const struct area *a, int y, int most)
{
    const struct level_state *l = &c->data.level;
    if (most < 2 || !l->pairs) return y;
    area_text(a, y++, 0, INK_STRONG, "strongest pairs");
    int first = c->pair >= most - 1 ? c->pair - most + 2 : 0;
    for (int i = first; i < l->pairs && i < first + most - 1; i++)
        area_printf(a, y++, 0, i == c->pair ? INK_ACCENT | STYLE_REVERSE : INK_NORMAL, "%5d %5d  %+.3f",
                    (int)l->pair[3 * i], (int)l->pair[3 * i + 1], (double)l->pair[3 * i + 2]);
    return y;
}

static void draw_beside(const struct workbench *wb, const struct covariance *c, const struct area *a)
{
    int y = draw_numbers(c, a) + 1;
    y = draw_cursor(wb, c, a, y) + 1;
    int left = a->h - y, history = left >= PAIRS_H + HISTORY_H ? left / 3 : 0;
    if (history < HISTORY_H) history = left >= 2 * HISTORY_H ? HISTORY_H : 0;
    draw_pairs(c, a, y, left - history - (history > 0));
    char note[PAST_NOTE];
    double past = (double)past_last(&c->data.past);
    const struct chart_curve curves[] = {
        { c->data.mean.points, c->data.mean.count, "mean", INK_SERIES(0), past, &c->data.mean.at },
        { c->data.floor.points, c->data.floor.count, "floor", INK_DIM, past, &c->data.floor.at },
    };
    struct area chart = area_sub(a, a->h - history, 0, history, a->w);
    if (history)
        chart_draw_over(&chart,
                        &(struct chart){ .title = "|r|",
                                         .note = past_note(&c->data.past, note),
                                         .curves = curves,
                                         .curve_count = 2,
                                         .letters = "MF",
                                         .from_zero = true,
                                         .cursor = (double)c->data.level.step },
                        &c->data.x, NULL);
}

/* The line that explains what a cell represents. */
static void draw_header(const struct workbench *wb, const struct covariance *c, const struct area *a)
{
    const struct covariance_data *v = &c->data;
    struct heat h = heat_of(wb, c);
    struct area body = area_sub(a, 1, 0, a->h - 2, a->w - SIDE_W);
    char step[FORMAT_SIZE];
    int per = values_per_cell(c) > 0 ? values_per_cell(c) : heat_lay(&body, &h).per;
    int x = area_printf(a, 0, 0, INK_STRONG, "%s  step %s  ", level_table[wb->selection.level].brief,
                        format_count(v->level.step, step));
    const char *how = v->max ? "max" : "mean";
    int dims = (v->exact ? 1 : v->level.block_size) * per;
    if (dims == 1 && !v->exact)
        x += area_part(a, 0, x, INK_DIM, "a cell: |r| of two dims");
    else if (dims == 1)
        x += area_part(a, 0, x, INK_DIM, "a cell: %s of two dims, exact", v->absolute ? "|r|" : "r");
    else
        x += area_part(a, 0, x, INK_DIM, "a cell: %s |r| of %d x %d dims", h.with_sign ? "farthest" : how, dims, dims);
    if (v->clustered)
        area_part(a, 0, x, INK_DIM, ", clustered");
    else if (v->window < v->level.blocks) {
        int size = v->exact ? 1 : v->level.block_size;
        area_part(a, 0, x, INK_DIM, ", rows %d-%d", v->rows[0] * size,
                  within((v->rows[v->row_count - 1] + 1) * size - 1, v->level.dims));
    }
}

static void draw_matrix(const struct workbench *wb, struct covariance *c, const struct area *a)
{
    const struct covariance_data *v = &c->data;
    struct heat h = heat_of(wb, c);
    int foot = a->h >= FOOT_LEAST ? 2 : 0; /* without them the matrix is larger, and the numbers stand beside it */
    struct area map = area_sub(a, 0, 0, a->h - foot, a->w);
    c->place = heat_draw(&map, &h);
    if (!foot) return;
    int size = v->exact ? 1 : v->level.block_size, w = c->place.plot.w, y = c->place.plot.h;
    char last[32];
    snprintf(last, sizeof last, "%d", within((v->columns[v->column_count - 1] + 1) * size - 1, v->level.dims));
    int at = area_printf(a, y, 0, INK_DIM, "%d", v->columns[0] * size) + 1;
    int right = w - text_columns(last);
    area_text(a, y, right > at ? right : at, INK_DIM, last);
    struct area legend = area_sub(a, y + 1, 0, 1, w + 2 > LEGEND_W ? w + 2 : LEGEND_W); /* left of what stands beside */
    heat_legend(&legend, 0, &h);
}

/* What the marked run's matrix, or the difference from it, comes to. */
static void say_beside(const struct covariance *c, const struct area *row)
{
    char mean[CHART_NUMBER], floor[CHART_NUMBER], ratio[CHART_NUMBER];
    const double *n = c->other.level.number;
    int x = area_printf(row, 0, 0, INK_SERIES(1) | STYLE_BOLD, "%s run %lld",
                        c->beside == BESIDE_DIFFERENCE ? "less" : "beside", (long long)c->marked);
    if (!c->other.row_count)
        area_text(row, 0, x + 2, INK_DIM, "nothing of this level is recorded");
    else if (c->beside == BESIDE_DIFFERENCE && !c->differs)
        area_text(row, 0, x + 2, INK_WATCH, "of another shape: no difference");
    else {
        x += area_part(row, 0, x + 2, INK_NORMAL, "mean |r| %s", chart_number(n[LEVELS_CORR_ABS], mean)) + 2;
        x += area_part(row, 0, x + 2, INK_NORMAL, "ratio %s", chart_number(n[LEVELS_CORR_RATIO], ratio)) + 2;
        area_part(row, 0, x + 2, INK_DIM, "floor %s", chart_number(n[LEVELS_CORR_FLOOR], floor));
    }
}

/* The matrices of both runs, from one floor to one end; true if there was room. */
static bool draw_both(const struct workbench *wb, struct covariance *c, const struct area *a)
{
    struct heat own = heat_of(wb, c), other = own;
    int w = (a->w - 2) / 2;
    if (w < MATRIX_LEAST || !c->other.row_count) return false;
    other.values = c->other.values;
    other.rows = c->other.row_count, other.cols = c->other.column_count;
    other.row = other.column = -1;
    own.most = other.most = fmax(c->data.most, c->other.most);
    own.least = other.least = fmin(c->data.least, c->other.least);
    struct area left = area_sub(a, 0, 0, a->h - 2, w);
    c->place = heat_draw(&left, &own);
    int at = c->place.plot.w + 2;
    struct area right = area_sub(a, 0, at, a->h - 2, a->w - at);
    struct heat_place place = heat_draw(&right, &other);
    struct area legend = area_sub(a, place.plot.h > c->place.plot.h ? place.plot.h : c->place.plot.h, 0, 1, a->w);
    heat_legend(&legend, 0, &own);
    return true;
}

/* Whether the marked run has a row, the last one. */
static bool has_row(const struct covariance *c, int h)
{
    return c->marked && c->beside != BESIDE_NOTHING && h >= 6;
}

/* `w`: columns of its row, below what stands beside the matrices. */
static void draw_matrices(const struct workbench *wb, struct covariance *c, const struct area *a, int w)
{
    if (!has_row(c, a->h)) {
        draw_matrix(wb, c, a);
        return;
    }
    struct area row = { .canvas = a->canvas, .y = a->y + a->h - 1, .x = a->x, .h = 1, .w = w },
                rest = area_sub(a, 0, 0, a->h - 1, a->w);
    say_beside(c, &row);
    if (c->beside == BESIDE_DIFFERENCE && c->differs) {
        struct heat h = heat_of_difference(wb, c);
        struct area map = area_sub(&rest, 0, 0, rest.h - 1, rest.w);
        c->place = heat_draw(&map, &h);
        struct area legend =
            area_sub(a, c->place.plot.h, 0, 1, c->place.plot.w + 2 > LEGEND_W ? c->place.plot.w + 2 : LEGEND_W);
        heat_legend(&legend, 0, &h);
    } else if (c->beside == BESIDE_DIFFERENCE || !draw_both(wb, c, &rest)) {
        draw_matrix(wb, c, &rest);
    }
}

static void covariance_draw(struct workbench *wb, void *state, const struct area *a)
{
    struct covariance *c = state;
    c->place = (struct heat_place){ 0 };
    if (!c->data.row_count) {
        area_wrap(a, 0, 1, a->h, a->w - 2, INK_DIM,
                  "No correlations of this level are recorded yet: they come with the first diagnosis of the run. "
                  "v goes to the next level.");
        return;
    }
    if (a->h < 5 || a->w < 12) {
        draw_numbers(c, a);
        return;
    }
    bool beside = a->w >= 2 * SIDE_LEAST || (a->w >= NARROW && a->h < LOW), below = !beside && a->h >= LOW;
    int beside_w = a->w >= 3 * SIDE_LEAST ? SIDE_W : a->w >= SIDE_LEAST + LOW ? SIDE_LEAST : a->w - LOW;
    struct area body = area_sub(a, 1, 0, a->h - 1 - (below ? 6 : 0), beside ? a->w - beside_w - 2 : a->w);
    bool over = a->w < 2 * SIDE_LEAST && beside; /* the row of the marked run is as wide as all */
    draw_matrices(wb, c, &body, over ? a->w : body.w);
    draw_header(wb, c, a);
    int x = c->place.plot.w + 3 > 30 ? c->place.plot.w + 3 : 30;
    if (x > a->w - beside_w || (c->marked && c->beside == BESIDE_MATRIX)) x = a->w - beside_w;
    struct area text = beside ? area_sub(a, 1, x, a->h - 1 - (over && has_row(c, body.h)),
                                         a->w - x > 2 * SIDE_W ? 2 * SIDE_W : a->w - x)
                              : area_sub(a, a->h - 6, 0, 6, a->w);
    if (beside || below) draw_beside(wb, c, &text);
}

/* ---- keys ------------------------------------------------------------------------------------------------------ */

static unsigned fill(struct workbench *wb, struct covariance *c)
{
    struct err e;
    if (!covariance_data_fill(&c->data, &e) || !read_beside(wb, c, &e)) message_fail(wb, &e);
    c->row = within(c->row, c->data.row_count);
    c->column = within(c->column, c->data.column_count);
    return AFTER_DRAW;
}

/* Shows the window of `window` blocks around the given block positions, with the cursor on the first of them. */
static unsigned look(struct workbench *wb, struct covariance *c, int row, int column, int window)
{
    struct covariance_data *v = &c->data;
    v->window = window;
    v->row = row - window / 2, v->column = column - window / 2;
    fill(wb, c);
    int size = v->exact ? v->level.block_size : 1;
    c->row = within((row - v->row) * size, v->row_count);
    c->column = within((column - v->column) * size, v->column_count);
    return AFTER_DRAW;
}

static unsigned on_zoom(struct workbench *wb, void *state, int in)
{
    struct covariance *c = state;
    struct covariance_data *v = &c->data;
    int size = v->exact ? v->level.block_size : 1;
    if (!v->row_count) return AFTER_NOTHING;
    if (in && v->window == 1) {
        message_say(wb, v->exact ? "single dimensions are shown: there is nothing smaller"
                                 : "blocks end here: this step has no embedding to compute single dimensions from");
        return AFTER_DRAW;
    }
    int window = in ? (v->window + 1) / 2 : 2 * v->window;
    if (window > v->level.blocks) window = v->level.blocks;
    return look(wb, c, v->row + c->row / size, v->column + c->column / size, window);
}

static unsigned on_move(struct workbench *wb, void *state, int key)
{
    struct covariance *c = state;
    int down = (key == KEYS_DOWN) - (key == KEYS_UP), right = (key == KEYS_RIGHT) - (key == KEYS_LEFT);
    (void)wb;
    int per = c->place.per > 1 ? c->place.per : 1;
    c->row = within(c->row + down * per, c->data.row_count);
    c->column = within(c->column + right * per, c->data.column_count);
    return AFTER_DRAW;
}

static unsigned toggle(struct workbench *wb, struct covariance *c, bool *what, const char *key)
{
    *what = !*what;
    preference_set_int(wb, key, *what);
    return fill(wb, c);
}

enum { TOGGLE_MAX, TOGGLE_ORDER };
static unsigned on_toggle(struct workbench *wb, void *state, int what)
{
    struct covariance *c = state;
    return what == TOGGLE_MAX ? toggle(wb, c, &c->data.max, "covariance.max")
                              : toggle(wb, c, &c->data.clustered, "covariance.clustered");
}
static unsigned on_absolute(struct workbench *wb, void *state, int argument)
{
    struct covariance *c = state;
    (void)argument;
    if (!c->data.exact) message_say(wb, "blocks hold |r|; signs are shown where single dimensions are (zoom in)");
    return toggle(wb, c, &c->data.absolute, "covariance.absolute");
}

static unsigned on_beside(struct workbench *wb, void *state, int argument)
{
    static const char *const said[BESIDE_COUNT] = { "beside it the first marked run", "less the first marked run",
                                                    "the shown run alone" };
    struct covariance *c = state;
    (void)argument;
    c->beside = (enum beside)((c->beside + 1) % BESIDE_COUNT);
    message_say(wb, c->marked ? "%s" : "%s; none is marked (space)", said[c->beside]);
    return AFTER_DRAW;
}

static int position(const struct covariance_data *v, int dim)
{
    int i = 0;
    while (i < v->level.blocks - 1 && v->order[i] != dim / v->level.block_size) i++;
    return i;
}

static unsigned on_pair(struct workbench *wb, void *state, int argument)
{
    struct covariance *c = state;
    struct covariance_data *v = &c->data;
    (void)argument;
    if (!v->level.pairs || !v->row_count) return AFTER_NOTHING;
    c->pair = (c->pair + 1) % v->level.pairs;
    const float *p = v->level.pair + (size_t)c->pair * 3;
    look(wb, c, position(v, (int)p[0]), position(v, (int)p[1]), v->window);
    for (int i = 0; v->exact && i < v->row_count; i++)
        if (v->rows[i] == (int)p[0]) c->row = i;
    for (int i = 0; v->exact && i < v->column_count; i++)
        if (v->columns[i] == (int)p[1]) c->column = i;
    return AFTER_DRAW;
}

static unsigned covariance_click(struct workbench *wb, void *state, int y, int x)
{
    struct covariance *c = state;
    struct heat h = heat_of(wb, c);
    /* the plot starts in the second row, at the left edge */
    return heat_at(&c->place, &h, y - 1, x, &c->row, &c->column) ? AFTER_DRAW : AFTER_NOTHING;
}

static unsigned covariance_wheel(struct workbench *wb, void *state, int by)
{
    return on_zoom(wb, state, by < 0);
}

static const struct key_bind keys[] = {
    CHART_KEYS_LEVEL,
    CHART_KEYS_STEP,
    CHART_KEY_X(NULL),
    { KEYS_ENTER, '+', "zoom-in", "zoom", "half the window, around the cursor", on_zoom, 0, true },
    { '-', 0, "zoom-out", NULL, "twice the window", on_zoom, 0, false },
    { 'm', 0, "max", "max", "mean or maximum of what shares a cell", on_toggle, 0, TOGGLE_MAX },
    { 'a', 0, "absolute", "sign", "signed r or |r|, where single dimensions are shown", on_absolute, 0, 0 },
    { 'o', 0, "order", "order", "blocks as stored, or the alike side by side", on_toggle, 0, TOGGLE_ORDER },
    { 'p', 0, "pair", "pair", "the cursor to the next of the strongest pairs", on_pair, 0, 0 },
    { 'd', 0, "beside", "beside", "the first marked run beside it, or the difference from it, or neither", on_beside, 0,
      0 },
    { KEYS_UP, 0, "cursor-up", NULL, "the cursor a cell up", on_move, 0, KEYS_UP },
    { KEYS_DOWN, 0, "cursor-down", NULL, "the cursor a cell down", on_move, 0, KEYS_DOWN },
    { KEYS_LEFT, 0, "cursor-left", NULL, "the cursor a cell to the left", on_move, 0, KEYS_LEFT },
    { KEYS_RIGHT, 0, "cursor-right", NULL, "the cursor a cell to the right", on_move, 0, KEYS_RIGHT },
    { 'e', 0, "export", "export", "write the figure (PNG) and its numbers (CSV)", chart_keys_on_export, 0,
      FIGURE_COVARIANCE },
    { 0 },
};

const struct screen screen_covariance = {
    .name = "covariance",
    .title = "Covariance",
    .brief = "Cov",
    .digit = '4',
    .about =
        "Correlations of the dimensions of a level over the probe images. Independent dimensions still have a mean "
        "|r| of about sqrt(2 / (pi N)) with N images: the floor. Blocks of dimensions share a cell; the line "
        "above says how. Zoomed in, single dimensions are computed where the step has an embedding. Bright "
        "blocks off the diagonal are dimensions that repeat each other.",
    .keys = keys,
    .size = sizeof(struct covariance),
    .needs_run = true,
    .open = covariance_open,
    .close = covariance_close,
    .read = covariance_read,
    .draw = covariance_draw,
    .click = covariance_click,
    .wheel = covariance_wheel,
};
