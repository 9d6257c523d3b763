/* Downstream: how useful the encoder is on labelled images: the probe during training, and evaluations. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/files.h"
#include "engine/base/text.h"
#include "store/metric.h"
#include "store/probe.h"
#include "store/run.h"
#include "views/analysis/format.h"
#include "views/analysis/scores.h"
#include "views/analysis/series.h"
#include "views/charts/chart.h"
#include "views/screens/eval_form.h"
#include "views/terminal/keys.h"
#include "views/workbench/dialogs.h"
#include "views/workbench/message.h"
#include "views/workbench/show.h"
#include "views/workbench/workbench.h"

enum { RUNS_MOST = SELECTION_MARKS + 2, COLUMNS = 200, POINTS_MOST = 3 * COLUMNS, TASKS_MOST = 32 };
enum { BEFORE = 54, SPREAD = 14 }; /* columns before the bars; columns of an AUC with its spread */
/* Scores on validation images during training. In a supervised run the classifier comes first. */
enum { CURVES = 3 };
static const char *const probe_metrics[CURVES] = { STORE_VALIDATION_METRIC, STORE_PROBE_METRIC, STORE_PROBE_SECOND },
                         *const probe_names[CURVES] = { "classifier", "ridge", "kNN" };

struct shown {
    int64_t run; /* 0: rows of the random encoder */
    char name[STORE_NAME];
    unsigned ink;
    struct store_evaluations rows;
    struct series_point points[CURVES][POINTS_MOST + 1]; /* as probe_metrics; the last is the newest value alone */
    struct past past;
    int count[CURVES];
};

struct downstream {
    struct shown *runs[RUNS_MOST]; /* the shown run, the random encoder, then the marked runs; owned */
    int count;
    char tasks[TASKS_MOST][STORE_NAME];
    int task_count, task;
    struct score_figure figures[SCORES_MOST];
    int figure_count, chosen;
    char class[128]; /* "": the macro mean */
    int first_class, class_height, classes;
    struct eval_form form;
};

/* ---- reading ------------------------------------------------------------------------------------------------ */

static void drop_runs(struct downstream *v)
{
    for (int i = 0; i < v->count; i++) {
        store_evaluations_clear(&v->runs[i]->rows);
        free(v->runs[i]);
    }
    v->count = 0;
}

/* They are freed. */
static void add_points(struct shown *r, int which, struct series *s)
{
    for (int i = 0; i < s->count && r->count[which] < POINTS_MOST; i++) {
        const struct series_point *p = &s->points[i];
        double at = p->x1; /* a probe is drawn at its own step, the last of its column */
        r->points[which][r->count[which]++] =
            (struct series_point){ at, at, p->min, p->mean, p->max, p->weight, p->missing };
    }
    series_clear(s);
}

static bool read_probe(struct workbench *wb, struct shown *r, int which, struct err *e)
{
    int64_t first, last;
    bool any;
    struct series s;
    r->count[which] = 0;
    if (!series_read_past(wb->store, &r->past, probe_metrics[which], 0, past_last(&r->past), COLUMNS, &s, e))
        return false;
    add_points(r, which, &s);
    int past = r->count[which];
    if (!series_span(wb->store, r->run, &first, &last, &any, e)) return false;
    if (!any) return true;
    if (!series_read(wb->store, r->run, probe_metrics[which], first, last, COLUMNS, &s, e)) return false;
    add_points(r, which, &s);
    int n = r->count[which];
    if (n == past) return true;
    r->count[which]++;
    return series_end(wb->store, r->run, probe_metrics[which], &r->points[which][n - 1], &r->points[which][n], e);
}

static bool add_run(struct workbench *wb, struct downstream *v, int64_t run, unsigned ink, struct err *e)
{
    struct shown *r = calloc(1, sizeof *r);
    struct store_run row;
    if (!r) return err_set(e, ERR_MEMORY, "evaluations: memory ran out");
    v->runs[v->count++] = r;
    r->run = run;
    r->ink = ink;
    snprintf(r->name, sizeof r->name, "random");
    if (run && !store_run_get(wb->store, run, &row, e)) return false;
    if (run) {
        snprintf(r->name, sizeof r->name, "%s", row.name);
        bool ok = past_find(wb->store, &row, &r->past, e);
        store_run_clear(&row);
        if (!ok) return false;
    }
    if (!store_evaluation_list(wb->store, run, &r->rows, e)) return false;
    for (int k = 0; run && k < CURVES; k++)
        if (!read_probe(wb, r, k, e)) return false;
    return true;
}

/* The tasks of the shown run first, then those of the others. */
static void list_tasks(struct downstream *v)
{
    char before[STORE_NAME] = "";
    if (v->task < v->task_count) snprintf(before, sizeof before, "%s", v->tasks[v->task]);
    v->task_count = v->task = 0;
    for (int r = 0; r < v->count; r++)
        for (size_t i = 0; i < v->runs[r]->rows.count && v->task_count < TASKS_MOST; i++) {
            const char *task = v->runs[r]->rows.rows[i].task;
            int at = 0;
            while (at < v->task_count && strcmp(v->tasks[at], task)) at++;
            if (at == v->task_count) snprintf(v->tasks[v->task_count++], STORE_NAME, "%s", task);
        }
    for (int i = 0; i < v->task_count; i++)
        if (!strcmp(v->tasks[i], before)) v->task = i;
}

static const char *task_of(const struct downstream *v)
{
    return v->task < v->task_count ? v->tasks[v->task] : "";
}
static const char *class_of(const struct downstream *v)
{
    return *v->class ? v->class : NULL;
}

/* Keeps the selected figure selected if new ones are inserted before it. */
static void collect(const struct workbench *wb, struct downstream *v)
{
    struct score_figure was = { 0 };
    if (v->chosen < v->figure_count) was = v->figures[v->chosen];
    v->figure_count =
        v->count ? scores_collect(&v->runs[0]->rows, task_of(v), wb->selection.step, class_of(v), v->figures) : 0;
    for (int i = 0; i < v->figure_count; i++)
        if (scores_alike(&v->figures[i], &was)) v->chosen = i;
    if (v->chosen >= v->figure_count) v->chosen = v->figure_count ? v->figure_count - 1 : 0;
}

static bool read_all(struct workbench *wb, struct downstream *v, struct err *e)
{
    drop_runs(v);
    bool ok = add_run(wb, v, wb->selection.run, INK_SERIES(0), e) && add_run(wb, v, 0, INK_DIM, e);
    for (int i = 0; ok && i < wb->selection.mark_count; i++)
        if (wb->selection.marks[i] != wb->selection.run)
            ok = add_run(wb, v, wb->selection.marks[i], INK_SERIES(i + 1), e);
    list_tasks(v);
    collect(wb, v);
    return ok;
}

static void downstream_close(struct workbench *wb, void *state)
{
    struct downstream *v = state;
    (void)wb;
    drop_runs(v);
    eval_form_close(&v->form);
}

static bool downstream_read(struct workbench *wb, void *state, unsigned news)
{
    struct downstream *v = state;
    struct err e;
    if (news & NEWS_RUN) v->form.shown = false, v->chosen = v->figure_count = v->first_class = 0;
    if (news & NEWS_STORE) eval_form_refresh(&v->form, wb);
    if (news & (NEWS_OPEN | NEWS_RUN | NEWS_ROWS | NEWS_PAST) && !read_all(wb, v, &e)) message_fail(wb, &e);
    if (news & NEWS_STEP) collect(wb, v);
    return true;
}

/* ---- drawing --------------------------------------------------------------------------------------------------- */

static void draw_curves(const struct downstream *v, const struct area *a)
{
    static const unsigned inks[CURVES] = { 0, 0, INK_VIEW1 };
    struct chart_curve curves[CURVES * RUNS_MOST];
    char names[CURVES * RUNS_MOST][STORE_NAME + 16];
    int n = 0;
    bool own = false;
    for (int r = 0; r < v->count; r++) {
        const struct shown *s = v->runs[r];
        for (int k = 0, drawn = 0; k < CURVES; k++) {
            if (!s->count[k] || (r > 0 && drawn > 0)) continue; /* of a marked run, only the first curve */
            snprintf(names[n], sizeof names[n], r == 0 ? "%s" : "%s %s", probe_names[k], s->name);
            curves[n] = (struct chart_curve){ s->points[k], s->count[k], names[n],
                                              drawn && k == 1 ? INK_VIEW2
                                              : inks[k]       ? inks[k]
                                                              : s->ink,
                                              (double)past_last(&s->past) };
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
                       .cursor = NAN,
                       .x_unit = "step" };
    if (n)
        chart_draw(a, &c);
    else
        area_text(a, 0, 1, INK_DIM, "the quick probe has not run yet (probe.epochs), or its data set has no labels");
}

static int scale(double auc, int w)
{
    double share = (auc - 0.5) / 0.5;
    return share <= 0 || isnan(share) ? 0 : (int)(share * w + 0.5);
}

/* The bar runs from .5 to 1. It is solid up to the lowest draw and shaded to the highest; a stroke marks the random
 * encoder. */
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

/* The figure with its spread, or without it if the field is narrow. */
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

/* Difference from the shown run; the sign is always printed before the number. */
static void draw_others(const struct downstream *v, const struct workbench *wb, const struct area *a, int y, int x,
                        const struct score_figure *as, const char *class)
{
    for (int r = 1; r < v->count && x + 7 <= a->w; r++, x += 8) {
        struct score_figure other;
        (void)wb;
        if (!scores_like(&v->runs[r]->rows, task_of(v), -1, class, as, &other) || isnan(other.mean) ||
            isnan(as->mean)) {
            area_field(a, y, x, 7, 1, INK_DIM, "-");
            continue;
        }
        double by = as->mean - other.mean;
        char text[32];
        snprintf(text, sizeof text, "%+.3f", by);
        area_field(a, y, x, 7, 1, by > 0.005 ? INK_GOOD : by < -0.005 ? INK_BAD : INK_DIM, text);
    }
}

static double random_of(const struct downstream *v, const struct score_figure *as, const char *class)
{
    struct score_figure other;
    return v->count > 1 && scores_like(&v->runs[1]->rows, task_of(v), -1, class, as, &other) ? other.mean : NAN;
}

static int bar_width(const struct downstream *v, int w, int before)
{
    int bar = w - before - 8 * (v->count - 1) - 1;
    return bar > 50 ? 50 : bar < 6 ? 0 : bar;
}

static void draw_heads(const struct downstream *v, const struct area *a, int y, int x)
{
    for (int r = 1; r < v->count && x + 7 <= a->w; r++, x += 8) {
        char name[STORE_NAME + 2];
        snprintf(name, sizeof name, "-%s", v->runs[r]->name);
        area_field(a, y, x, 7, 1, v->runs[r]->ink, name);
    }
}

/* The columns of the table in their order. On a narrow screen columns are dropped, but never the AUC. */
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

static void draw_figures(const struct workbench *wb, const struct downstream *v, const struct area *a)
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
        draw_bar(a, y, BEFORE, bar, f, random_of(v, f, class_of(v)), INK_SERIES(strcmp(f->protocol, "linear") ? 2 : 0));
        draw_others(v, wb, a, y, BEFORE + bar + 1, f, class_of(v));
    }
}

/* The evaluation that a figure belongs to; it has the names of the classes. */
static const struct store_evaluation *behind(const struct downstream *v, const struct score_figure *f)
{
    const struct store_evaluations *all = &v->runs[0]->rows;
    for (size_t i = 0; i < all->count; i++)
        if (!strcmp(all->rows[i].task, task_of(v)) && !strcmp(all->rows[i].protocol, f->protocol) &&
            !strcmp(all->rows[i].split, f->split) && all->rows[i].step == f->step)
            return &all->rows[i];
    return NULL;
}

static void draw_classes(const struct workbench *wb, struct downstream *v, const struct area *a)
{
    const struct score_figure *f = &v->figures[v->chosen];
    const struct store_evaluation *row = behind(v, f);
    int bar = bar_width(v, a->w, BEFORE);
    area_rule(a, 0, INK_DIM);
    int x = 2 + area_part(a, 0, 2, INK_DIM, " AUC by class: %s %s", f->split, f->protocol);
    area_text(a, 0, x, INK_DIM, " ");
    area_part(a, 0, x, INK_DIM, ", %.3g %% of the labels ", f->fraction);
    int wide = a->w >= 36 ? SPREAD : 4, at = a->w >= 49 ? 35 : a->w >= 21 + wide ? 21 : a->w - wide;
    v->classes = row ? (int)row->scores_count : 0;
    v->class_height = a->h - 1;
    if (v->first_class > v->classes - v->class_height) v->first_class = v->classes - v->class_height;
    if (v->first_class < 0) v->first_class = 0;
    for (int i = v->first_class; i < v->classes && i - v->first_class < a->h - 1; i++) {
        const char *name = row->scores[i].name;
        struct score_figure one;
        char text[64];
        int y = i - v->first_class + 1;
        if (!scores_like(&v->runs[0]->rows, task_of(v), wb->selection.step, name, f, &one)) continue;
        area_field(a, y, 1, at < 20 ? at - 2 : 19, -1, !strcmp(name, v->class) ? INK_ACCENT : INK_NORMAL, name);
        snprintf(text, sizeof text, "%lld+ %lld-", (long long)one.positives, (long long)one.negatives);
        if (at == 35) area_field(a, y, 21, 12, 1, one.positives && one.negatives ? INK_DIM : INK_WATCH, text);
        figure_text(&one, wide, text, sizeof text);
        area_field(a, y, at, wide, -1, isnan(one.mean) ? INK_DIM : INK_STRONG, text);
        draw_bar(a, y, BEFORE, bar, &one, random_of(v, f, name), INK_SERIES(strcmp(f->protocol, "linear") ? 2 : 0));
        draw_others(v, wb, a, y, BEFORE + bar + 1, &one, name);
    }
}

static void draw_head(const struct workbench *wb, const struct downstream *v, const struct area *a)
{
    char status[400];
    if (eval_form_status(&v->form, wb, status, sizeof status)) {
        area_text(a, 0, 1, INK_ACCENT, status);
        return;
    }
    int x = 1 + area_printf(a, 0, 1, INK_STRONG, "%s", *task_of(v) ? task_of(v) : "no evaluation yet");
    if (wb->selection.step >= 0)
        x += area_part(a, 0, x + 2, INK_WATCH, "up to step %lld", (long long)wb->selection.step) + 2;
    if (*v->class) x += area_part(a, 0, x + 2, INK_ACCENT, "%s", v->class) + 2;
    if (v->task_count > 1) x += area_part(a, 0, x + 2, INK_DIM, "task %d of %d (t)", v->task + 1, v->task_count) + 2;
    x += area_part(a, 0, x + 2, INK_DIM, "shade: spread of draws") + 2;
    area_part(a, 0, x, INK_DIM, "   stroke: random encoder");
}

static void downstream_draw(struct workbench *wb, void *state, const struct area *a)
{
    struct downstream *v = state;
    if (!v->count) return;
    int head = a->h > 4, left = a->h - head;
    int figures = v->figure_count ? v->figure_count + 1 : 1;
    int chart = left < 9 ? 0 : left / 3;
    if (figures > (left - chart) / 2) figures = (left - chart) / 2;
    if (figures < 2) figures = left < 2 ? left : 2;
    int spare = left - chart - figures - v->classes - 2; /* on a high screen, the curves get the remaining rows */
    if (chart && v->classes && spare > 0) chart += spare < left / 3 ? spare : left / 3;
    if (head) draw_head(wb, v, a);
    struct area part = area_sub(a, head, 0, chart, a->w);
    if (chart) draw_curves(v, &part);
    part = area_sub(a, head + chart, 0, figures, a->w);
    if (v->figure_count)
        draw_figures(wb, v, &part);
    else
        area_text(&part, 0, 1, INK_DIM, "nothing is evaluated here yet; E starts an evaluation");
    part = area_sub(a, head + chart + figures, 0, left - chart - figures, a->w);
    if (v->figure_count && part.h > 1) draw_classes(wb, v, &part);
    eval_form_draw(&v->form, wb, a);
}

/* ---- keys ------------------------------------------------------------------------------------------------------- */

static unsigned on_move(struct workbench *wb, void *state, int by)
{
    struct downstream *v = state;
    (void)wb;
    v->chosen += by;
    if (v->chosen >= v->figure_count) v->chosen = v->figure_count - 1;
    if (v->chosen < 0) v->chosen = 0;
    return AFTER_DRAW;
}
static unsigned on_scroll(struct workbench *wb, void *state, int pages)
{
    struct downstream *v = state;
    (void)wb;
    v->first_class += pages * (v->class_height > 1 ? v->class_height : 1);
    return AFTER_DRAW;
}

static unsigned on_task(struct workbench *wb, void *state, int argument)
{
    struct downstream *v = state;
    (void)argument;
    if (v->task_count) v->task = (v->task + 1) % v->task_count;
    v->class[0] = '\0';
    v->chosen = v->figure_count = 0;
    collect(wb, v);
    return AFTER_DRAW;
}

/* Selects the next protocol in the table. */
static unsigned on_protocol(struct workbench *wb, void *state, int argument)
{
    struct downstream *v = state;
    (void)wb, (void)argument;
    for (int i = 1; i < v->figure_count; i++) {
        int at = (v->chosen + i) % v->figure_count;
        if (!strcmp(v->figures[at].protocol, v->figures[v->chosen].protocol)) continue;
        v->chosen = at;
        break;
    }
    return AFTER_DRAW;
}

static unsigned class_chosen(struct workbench *wb, void *ctx, int row)
{
    struct downstream *v = ctx;
    const struct store_evaluation *e = v->figure_count ? behind(v, &v->figures[v->chosen]) : NULL;
    v->class[0] = '\0';
    if (e && row > 0 && (size_t)row <= e->scores_count)
        snprintf(v->class, sizeof v->class, "%s", e->scores[row - 1].name);
    collect(wb, v);
    return AFTER_DRAW;
}

static unsigned on_class(struct workbench *wb, void *state, int argument)
{
    struct downstream *v = state;
    const struct store_evaluation *e = v->figure_count ? behind(v, &v->figures[v->chosen]) : NULL;
    (void)argument;
    const char **rows = e ? calloc(e->scores_count + 2, sizeof *rows) : NULL;
    if (!rows) return AFTER_DRAW;
    rows[0] = "macro mean";
    for (size_t i = 0; i < e->scores_count; i++) rows[i + 1] = e->scores[i].name;
    dialog_choose(wb, "AUC of", rows, 0, class_chosen, v);
    free(rows);
    return AFTER_DRAW;
}

static unsigned on_evaluate(struct workbench *wb, void *state, int argument)
{
    (void)argument;
    eval_form_open(&((struct downstream *)state)->form, wb, wb->selection.step);
    return AFTER_DRAW;
}

/* Moves to the next or previous step that was evaluated on this task. */
static unsigned on_step(struct workbench *wb, void *state, int by)
{
    struct downstream *v = state;
    if (!v->count) return AFTER_DRAW;
    const struct store_evaluations *all = &v->runs[0]->rows;
    int64_t at = wb->selection.step, found = -1, newest = -1;
    for (size_t i = 0; i < all->count; i++)
        if (!strcmp(all->rows[i].task, task_of(v)) && all->rows[i].step > newest) newest = all->rows[i].step;
    if (at < 0) at = newest;
    for (size_t i = 0; i < all->count; i++) {
        int64_t step = all->rows[i].step;
        if (strcmp(all->rows[i].task, task_of(v)) || (by < 0 ? step >= at : step <= at)) continue;
        if (found < 0 || (by < 0 ? step > found : step < found)) found = step;
    }
    if (found >= 0 || by > 0) show_step(wb, found == newest || found < 0 ? -1 : found);
    return AFTER_DRAW | AFTER_READ;
}
static unsigned on_last(struct workbench *wb, void *state, int argument)
{
    (void)state, (void)argument;
    show_step(wb, -1);
    return AFTER_DRAW | AFTER_READ;
}

static unsigned write_csv(struct workbench *wb, void *ctx, const char *path)
{
    const struct downstream *v = ctx;
    struct text t = { 0 };
    struct err e;
    for (int r = 0; r < v->count; r++)
        scores_csv(&v->runs[r]->rows, v->runs[r]->run ? v->runs[r]->name : "", r == 0, &t);
    if (file_write_text(path, &t, FILE_OF_USER, &e))
        message_say(wb, "%s: all evaluations of the shown, the marked and random encoders", path);
    else
        message_fail(wb, &e);
    text_clear(&t);
    return AFTER_DRAW;
}

static unsigned on_export(struct workbench *wb, void *state, int argument)
{
    char name[STORE_NAME + 16], stem[STORE_NAME];
    (void)argument;
    snprintf(name, sizeof name, "%s-auc.csv", store_run_stem(&wb->selection.summary.run, stem));
    dialog_ask(wb, &(struct dialog_question){
                       .label = "to file: ", .initial = name, .history = "auc", .done = write_csv, .ctx = state });
    return AFTER_DRAW;
}

static unsigned downstream_key(struct workbench *wb, void *state, int key)
{
    return eval_form_key(&((struct downstream *)state)->form, wb, key);
}

static unsigned downstream_wheel(struct workbench *wb, void *state, int by)
{
    (void)wb;
    return on_move(wb, state, by);
}

static const struct key_bind keys[] = {
    { 'E', 0, "evaluate", "evaluate", "score this encoder on labelled images: a form", on_evaluate, NEEDS_WRITE, 0 },
    { 'c', 0, "class", "class", "one class instead of the macro mean", on_class, 0, 0 },
    { 't', 0, "task", "task", "the next data set that was scored", on_task, 0, 0 },
    { 'p', 0, "protocol", "protocol", "the next protocol: linear, knn, ridge (the quick probe)", on_protocol, 0, 0 },
    { '[', 0, "earlier", "step", "the evaluated step before", on_step, 0, -1 },
    { ']', 0, "later", NULL, "the next evaluated step", on_step, 0, 1 },
    { '}', 0, "last", NULL, "the newest of each, and follow it", on_last, 0, 0 },
    { 'e', 0, "export", "export", "write all evaluations as CSV", on_export, 0, 0 },
    { KEYS_UP, 'k', "up", NULL, "the figure above", on_move, 0, -1 },
    { KEYS_DOWN, 'j', "down", NULL, "the figure below: its classes are listed", on_move, 0, 1 },
    { KEYS_PAGE_UP, 0, "page-up", NULL, "classes before", on_scroll, 0, -1 },
    { KEYS_PAGE_DOWN, 0, "page-down", NULL, "more classes", on_scroll, 0, 1 },
    { 0 },
};

const struct screen screen_downstream = {
    .name = "downstream",
    .title = "Downstream",
    .brief = "Down",
    .digit = '6',
    .about =
        "What the frozen encoder is worth on labelled images, as area under the ROC curve: .5 is chance, 1 "
        "perfect. Above, "
        "the quick probe on validation images as training goes on. Then a line for each protocol and share of the "
        "labels, with the spread over draws; the columns on the right are the difference from a random encoder "
        "and from "
        "marked runs. A class has no area (-) where the labels of the fit or the scored images hold only one of both "
        "values; it is left out of the mean. An encoder that is "
        "worth no more than a random one has learned nothing (score it: E, checkpoint: random).",
    .keys = keys,
    .size = sizeof(struct downstream),
    .needs_run = true,
    .close = downstream_close,
    .read = downstream_read,
    .draw = downstream_draw,
    .key = downstream_key,
    .wheel = downstream_wheel,
};
