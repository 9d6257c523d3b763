/* Variance: the deviation of every dimension, sorted and as a histogram; how it came about over the recorded steps; the
 * share of dimensions that are dead, and that the hinge leaves alone. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/text.h"
#include "store/snapshot.h"
#include "views/analysis/comparison.h"
#include "views/analysis/level_rules.h"
#include "views/figures/figure_parts.h"

enum { BINS = 40, STEPS_MOST = 400 };

/* What the objective of the main run does to the deviations of the level. */
static struct level_rules rules_of(const struct figure *f)
{
    struct compared_run r;
    int level = 0;
    compared_run_fill(&r, &f->run[0].row, f->run[0].row.state, 0, "");
    while (level < LEVELS_SHOWN && strcmp(f->level, level_table[level].name)) level++;
    return level_rules_of(r.method, r.local, (enum engine_level)level);
}

static bool hinged(const struct figure *f)
{
    return rules_of(f).hinge;
}

static int compare(const void *a, const void *b)
{
    float x = *(const float *)a, y = *(const float *)b;
    return x < y ? 1 : x > y ? -1 : 0;
}

/* ---- sorted ---- */

static bool draw_run_sorted(struct figure *f, struct plot *p, int run, struct err *e)
{
    const struct level_state *v = &f->run[run].level;
    float *sorted = malloc((size_t)(v->dims + 1) * sizeof *sorted);
    double *x = malloc(2 * (size_t)(v->dims + 1) * sizeof *x), *y = x ? x + v->dims : NULL;
    bool ok = (sorted && x) || err_set(e, ERR_MEMORY, "figure: memory ran out");
    if (ok) {
        memcpy(sorted, v->deviation, (size_t)v->dims * sizeof *sorted);
        qsort(sorted, (size_t)v->dims, sizeof *sorted, compare);
        for (int i = 0; i < v->dims; i++) {
            x[i] = i + 1;
            y[i] = (double)sorted[i];
        }
        if (f->runs == 1) {
            double *zero = calloc((size_t)(v->dims + 1), sizeof *zero);
            if (zero) plot_band(p, x, zero, y, v->dims, figure_colour(f, run));
            free(zero);
        }
        plot_curve(p, x, y, v->dims, figure_colour(f, run));
    }
    free(sorted);
    free(x);
    return ok;
}

static struct axis deviation_axis(const struct figure *f)
{
    struct axis a = axis_none(false);
    axis_hold(&a, 0);
    if (hinged(f)) axis_hold(&a, 1.15);
    for (int i = 0; i < f->runs; i++)
        for (int k = 0; k < f->run[i].level.dims; k++) axis_hold(&a, (double)f->run[i].level.deviation[k]);
    axis_finish(&a, 0.03);
    a.least = 0;
    return a;
}

static bool draw_sorted(struct figure *f, struct raster_box box, struct err *e)
{
    struct plot p = figure_plot(f, box, "deviation, dimensions sorted");
    int dims = 2;
    for (int i = 0; i < f->runs; i++)
        if (f->run[i].level.dims > dims) dims = f->run[i].level.dims;
    p.x = (struct axis){ 1, dims, false };
    p.y = deviation_axis(f);
    p.x_label = "dimension, the largest first";
    plot_begin(&p);
    bool ok = true;
    for (int i = 0; ok && i < f->runs; i++) ok = draw_run_sorted(f, &p, i, e);
    if (hinged(f)) plot_level(&p, 1, "hinge 1", f->palette->good);
    if (rules_of(f).held) {
        plot_level(&p, 0.1, "dead below 0.1", f->palette->bad);
    }
    plot_end(&p);
    return ok;
}

/* ---- histogram ---- */

static void draw_histogram(struct figure *f, struct raster_box box)
{
    struct plot p = figure_plot(f, box, "dimensions by deviation");
    double edge[BINS + 1], count[FIGURE_RUNS][BINS] = { { 0 } };
    p.x = deviation_axis(f);
    p.y = axis_none(false);
    axis_hold(&p.y, 0);
    for (int k = 0; k <= BINS; k++) edge[k] = p.x.most * k / BINS;
    for (int i = 0; i < f->runs; i++) {
        const struct level_state *v = &f->run[i].level;
        for (int k = 0; k < v->dims; k++) {
            int bin = (int)((double)v->deviation[k] / p.x.most * BINS);
            count[i][bin < 0 ? 0 : bin >= BINS ? BINS - 1 : bin]++;
        }
        for (int k = 0; k < BINS; k++) axis_hold(&p.y, count[i][k]);
    }
    axis_finish(&p.y, 0.05);
    p.y.least = 0;
    p.x_label = "deviation";
    plot_begin(&p);
    for (int i = 0; i < f->runs; i++) plot_bars(&p, edge, count[i], BINS, i, f->runs, figure_colour(f, i));
    if (hinged(f))
        for (int k = 0; k < 2; k++) {
            double x = plot_x(&p, k ? 0.1 : 1);
            raster_line(p.raster, x, p.area.y0, x, p.area.y1, p.raster->scale * 1.2,
                        raster_letter_width(p.raster) * 0.7, k ? f->palette->bad : f->palette->good);
        }
    plot_end(&p);
}

/* ---- over steps ---- */

/* Deviations of the main run at its recorded steps, reduced to the rows of the picture. */
struct waterfall {
    double *cell; /* [rows, columns] */
    double *left; /* [columns + 1] steps at which the columns meet */
    int rows, columns;
    struct axis scale;
    bool hinged;
};

static struct colour waterfall_colour(const void *ctx, int row, int column)
{
    const struct waterfall *w = ctx;
    double x = w->cell[row * w->columns + column];
    return w->hinged ? palette_signed(fmax(-1, fmin(1, x - 1))) : palette_map(axis_place(&w->scale, x));
}

static void waterfall_clear(struct waterfall *w)
{
    free(w->cell);
    free(w->left);
}

/* The mean of the dimensions in each row. */
static void reduce(struct waterfall *w, int column, const float *deviation, int dims)
{
    for (int i = 0; i < w->rows; i++) {
        int from = (int)((int64_t)dims * i / w->rows), to = (int)((int64_t)dims * (i + 1) / w->rows);
        double sum = 0;
        for (int k = from; k < to; k++) sum += (double)deviation[k];
        w->cell[i * w->columns + column] = sum / (to > from ? to - from : 1);
        axis_hold(&w->scale, sum / (to > from ? to - from : 1));
    }
}

static bool read_waterfall(struct figure *f, int rows, int columns, struct waterfall *w, struct err *e)
{
    const struct figure_run *r = &f->run[0];
    int n = r->step_count < (size_t)columns ? (int)r->step_count : columns;
    *w = (struct waterfall){ .rows = r->level.dims < rows ? r->level.dims : rows, .columns = n, .hinged = hinged(f) };
    w->scale = axis_none(false);
    axis_hold(&w->scale, 0);
    w->cell = calloc((size_t)(w->rows * n + 1), sizeof *w->cell);
    w->left = calloc((size_t)(n + 2), sizeof *w->left);
    if (!w->cell || !w->left) return err_set(e, ERR_MEMORY, "figure: memory ran out");
    for (int j = 0; j < n; j++) {
        struct store_snapshot p;
        int64_t step = r->steps[(int64_t)r->step_count * j / n];
        if (!store_snapshot_get(f->q->store, &(struct store_snapshot_key){ r->row.id, step, f->level, "deviation" }, &p,
                                e))
            return false;
        reduce(w, j, p.data, p.cols);
        store_snapshot_clear(&p);
        w->left[j] = (double)step;
    }
    axis_finish(&w->scale, 0);
    /* a column extends half way to its neighbours */
    double newest = w->left[n - 1], before = n > 1 ? w->left[n - 2] : newest - 1;
    for (int j = n - 1; j > 0; j--) w->left[j] = (w->left[j - 1] + w->left[j]) / 2;
    w->left[n] = newest + (newest - before) / 2;
    w->left[0] = n > 1 ? fmax(0, 2 * w->left[0] - w->left[1]) : w->left[0] - 0.5;
    return true;
}

static bool draw_waterfall(struct figure *f, struct raster_box box, struct err *e)
{
    struct waterfall w;
    char label[64], title[96];
    snprintf(title, sizeof title, "%.40s%sdeviation of each dimension over steps",
             f->runs > 1 ? f->run[0].row.name : "", f->runs > 1 ? ": " : "");
    struct plot p = figure_plot(f, box, title);
    const struct raster *r = &f->raster;
    int rows = (int)(box.y1 - box.y0 - 4 * raster_letter_height(r)), columns = (int)(box.x1 - box.x0);
    bool ok = read_waterfall(f, rows > 8 ? rows : 8, columns < STEPS_MOST ? columns : STEPS_MOST, &w, e);
    if (ok) {
        p.x = (struct axis){ w.left[0], w.left[w.columns], false };
        p.y = (struct axis){ f->run[0].level.dims, 0, false }; /* the first on top */
        snprintf(label, sizeof label, "step (a row: mean of %.3g dimensions)", (double)f->run[0].level.dims / w.rows);
        p.x_label = w.rows < f->run[0].level.dims ? label : "step";
        p.bare = true;
        p.right = 9 * raster_letter_width(r);
        plot_begin(&p);
        plot_heatmap(&p, w.rows, w.columns, w.left, waterfall_colour, &w);
        plot_end(&p);
        if (w.hinged) w.scale = (struct axis){ 0, 2, false };
        struct raster_box bar = { p.area.x1 + 1.5 * raster_letter_width(r), p.area.y0,
                                  p.area.x1 + 3 * raster_letter_width(r), p.area.y1 };
        plot_colours(&p, bar, &w.scale, w.hinged, NULL, NAN, NULL);
    }
    waterfall_clear(&w);
    return ok;
}

static bool draw(struct figure *f, struct err *e)
{
    char metric[4][64];
    for (int i = 0; i < f->runs; i++)
        if (!f->run[i].level.dims)
            return err_set(e, ERR_NOT_FOUND, "run %s: no deviations at step %lld", f->run[i].row.name,
                           (long long)f->run[i].level.step);
    snprintf(metric[0], sizeof metric[0], "%s.dead", f->level);
    snprintf(metric[1], sizeof metric[1], "%s.inactive", f->level);
    snprintf(metric[2], sizeof metric[2], "%s.std_mean", f->level);
    snprintf(metric[3], sizeof metric[3], "%s.std_min", f->level);
    const struct figure_curve dead = { .metric = metric[0],
                                       .title = rules_of(f).held ? "share dead (below 0.1)"
                                                                 : "share dead (below rms / 1000)",
                                       .from_zero = true };
    const struct figure_curve inactive = {
        .metric = metric[1], .title = "share above 1", .x_label = "step", .from_zero = true
    };
    const struct figure_curve spread = {
        .metric = metric[2], .title = "mean deviation", .x_label = "step", .from_zero = true
    };
    const struct figure_curve least = { .metric = metric[3], .title = "least deviation", .from_zero = true };
    if (f->compact) return draw_sorted(f, f->body, e);
    struct raster_box side = figure_part(f, f->body, 0.64, 0.5, 1, 1);
    if (!draw_sorted(f, figure_part(f, f->body, 0, 0, 0.64, 0.5), e)) return false;
    draw_histogram(f, figure_part(f, f->body, 0.64, 0, 1, 0.5));
    return draw_waterfall(f, figure_part(f, f->body, 0, 0.5, 0.64, 1), e) &&
           figure_curves(f, figure_cell(f, side, 2, 1, 0, 0, 1), rules_of(f).deviations ? &dead : &least, e) &&
           figure_curves(f, figure_cell(f, side, 2, 1, 1, 0, 1), hinged(f) ? &inactive : &spread, e);
}

static bool csv(struct figure *f, FILE *out, struct err *e)
{
    (void)e;
    fputs("run,level,step,dimension,deviation,method\n", out);
    for (int i = 0; i < f->runs; i++) {
        const struct figure_run *r = &f->run[i];
        for (int k = 0; k < r->level.dims; k++)
            fprintf(out, "%s,%s,%lld,%d,%.9g,%s\n", text_str(&r->cell), f->level, (long long)r->level.step, k,
                    (double)r->level.deviation[k], text_str(&r->method));
    }
    return true;
}

const struct figure_kind figure_variance = {
    .what = "deviations of", .parts = LEVELS_DEVIATION, .kind = "deviation", .draw = draw, .csv = csv
};
