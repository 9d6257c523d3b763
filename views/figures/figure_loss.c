/* Loss: the total, then each term of each level as a small chart; events of the main run as marks. */
#include <stdio.h>
#include <string.h>

#include "engine/base/text.h"
#include "store/probe.h"
#include "views/figures/figure_parts.h"
#include "views/analysis/loss_charts.h"
#include "views/analysis/seeds.h"
#include "views/analysis/series.h"

static const struct figure_curve total = { .metric = "loss", .title = "total loss", .log = -1, .events = true };

static const struct figure_curve others[] = {
    { .metric = STORE_PROBE_METRIC, .title = "probe AUC (ridge)" },
    { .metric = "rate", .title = "learning rate", .from_zero = true },
    { .metric = "grad_norm", .title = "gradient norm", .log = -1 },
};

/* A chart of the runs: of which it is drawn, and what their numbers are multiplied by. */
struct panel {
    bool drawn[FIGURE_RUNS];
    double weight[FIGURE_RUNS];
    bool apart; /* of several objectives: not comparable */
};

/* The terms that the objectives of the runs report, as charts with as many columns as the objective of the main run has
 * terms. */
struct terms {
    struct loss_chart chart[LOSS_CHARTS_MOST];
    struct panel panel[LOSS_CHARTS_MOST], total, score;
    int count, columns;
    double plateau; /* of the total, 0: not known */
};

static void fill_panel(const struct figure *f, const struct compared_run *runs, const struct loss_chart *c,
                       struct panel *p)
{
    p->apart = !loss_chart_comparable(c, runs, f->runs);
    for (int i = 0; i < f->runs; i++) {
        p->drawn[i] = loss_chart_drawn(c, runs, i);
        p->weight[i] = f->q->weighted ? loss_chart_weight(c, &runs[i]) : 1;
    }
}

static void find_terms(const struct figure *f, struct terms *t)
{
    struct compared_run runs[FIGURE_RUNS];
    for (int i = 0; i < f->runs; i++) runs[i] = f->run[i].as;
    const char *first = NULL; /* level of the main run */
    *t = (struct terms){ .count = 0 };
    for (int i = 0; i < f->runs; i++) {
        t->total.drawn[i] = t->score.drawn[i] = true;
        t->total.weight[i] = t->score.weight[i] = 1;
    }
    int n = loss_charts_list(runs, f->runs, t->chart);
    for (int i = 0; i < n; i++) {
        const struct loss_chart *c = &t->chart[i];
        if (c->sums) {
            t->plateau = loss_chart_plateau(c, &runs[0]);
            fill_panel(f, runs, c, &t->total);
        }
        if (!strcmp(c->metric, STORE_PROBE_METRIC)) fill_panel(f, runs, c, &t->score);
        if (!c->term) continue;
        if (!first) first = c->level;
        t->columns += loss_chart_of(c, &runs[0]) && !strcmp(c->level, first);
        fill_panel(f, runs, c, &t->panel[t->count]);
        t->chart[t->count++] = *c;
    }
}

static struct figure_curve curve_of(const struct figure_curve *like, const struct panel *p)
{
    struct figure_curve c = *like;
    c.apart = p->apart;
    c.drawn = p->drawn;
    c.weight = p->weight;
    return c;
}

static bool draw_terms(struct figure *f, struct raster_box box, const struct terms *t, struct err *e)
{
    int rows = (t->count + t->columns - 1) / t->columns;
    for (int i = 0; i < t->count; i++) {
        bool lowest = i + t->columns >= t->count; /* of its column */
        const struct loss_chart *c = &t->chart[i];
        char title[64];
        snprintf(title, sizeof title, "%.30s: %.30s", c->level, c->term);
        struct figure_curve curve =
            curve_of(&(struct figure_curve){ .metric = c->metric, .title = title, .log = -1 }, &t->panel[i]);
        if (lowest) curve.x_label = "x";
        if (!figure_curves(f, figure_cell(f, box, rows, t->columns, i / t->columns, i % t->columns, 1), &curve, e))
            return false;
    }
    return true;
}

static bool draw(struct figure *f, struct err *e)
{
    struct raster_box top = figure_part(f, f->body, 0, 0, 1, 0.37), below = figure_part(f, f->body, 0, 0.37, 1, 1);
    struct terms terms;
    find_terms(f, &terms);
    struct figure_curve first = curve_of(&total, &terms.total), score = curve_of(&others[0], &terms.score);
    if (terms.plateau > 0) {
        first.level[0].at = terms.plateau;
        first.level[0].name = "plateau of uncorrelated views";
    }
    if (f->compact) {
        first.x_label = "x";
        return figure_curves(f, f->body, &first, e);
    }
    if (!figure_curves(f, figure_part(f, top, 0, 0, 2.0 / 3, 1), &first, e)) return false;
    struct raster_box side = figure_part(f, top, 2.0 / 3, 0, 1, 1);
    bool tall = side.y1 - side.y0 > 16 * raster_letter_height(&f->raster);
    if (!figure_curves(f, figure_cell(f, side, tall ? 2 : 1, 1, 0, 0, 1), &score, e)) return false;
    if (tall && !figure_curves(f, figure_cell(f, side, 2, 1, 1, 0, 1), &others[1], e)) return false;
    return draw_terms(f, below, &terms, e);
}

/* ---- numbers ---- */

/* What a row says at its end where x is not the step. */
static void csv_end(const struct figure *f, double first, double last, FILE *out)
{
    if (f->q->x == X_STEP)
        fputc('\n', out);
    else
        fprintf(out, ",%.9g,%.9g,%s\n", first, last, x_scale_unit(&f->run[0].scale));
}

/* Rows of a fork begin with those before the fork, with the id of the run that recorded them. */
static void csv_rows(const struct figure *f, int run, const char *metric, double weight, const struct series *v,
                     bool past, FILE *out)
{
    const struct figure_run *r = &f->run[run];
    for (int i = 0; i < v->count; i++) {
        const struct series_point *p = &v->points[i];
        int64_t owner = past ? past_owner(&r->past, r->row.id, (int64_t)p->x1) : r->row.id;
        fprintf(out, "%s,%s,%lld,%lld,%lld,%lld,%.9g,%.9g,%.9g,%lld,%s", text_str(&r->cell), metric, (long long)p->x0,
                (long long)p->x1, (long long)p->weight, (long long)p->missing, weight * p->min, weight * p->mean,
                weight * p->max, (long long)owner, text_str(&r->method));
        csv_end(f, figure_x(f, run, p->x0), figure_x(f, run, p->x1), out);
    }
}

static bool csv_metric(struct figure *f, int run, const struct figure_curve *c, FILE *out, struct err *e)
{
    struct series own, past;
    int columns = f->q->width ? f->q->width : FIGURE_WIDTH;
    double weight = c->weight ? c->weight[run] : 1;
    if (!figure_series(f, &f->run[run], c->metric, columns, &own, &past, e)) return false;
    csv_rows(f, run, c->metric, weight, &past, true, out);
    csv_rows(f, run, c->metric, weight, &own, false, out);
    series_clear(&past);
    series_clear(&own);
    return true;
}

/* The curves as they are drawn, where runs are one: n is how many of them a point is the mean of. Its steps are those
 * of no run where x is not the step. */
static bool csv_groups(struct figure *f, const struct figure_curve *c, FILE *out, struct err *e)
{
    struct figure_points v[2 * FIGURE_RUNS];
    bool ok = figure_points_read(f, c, f->q->width ? f->q->width : FIGURE_WIDTH, v, e);
    for (int i = 0; ok && i < f->runs; i++) {
        struct text cell = { 0 };
        char name[GROUP_TEXT];
        if (v[i].runs > 1) text_cell(&cell, seeds_name(&f->run[i].as, v[i].runs, name));
        ok = !cell.broken || err_set(e, ERR_MEMORY, "figure: memory ran out");
        for (int k = 0; ok && k < v[i].count; k++) {
            const struct series_point *p = &v[i].at[k];
            bool one = v[i].runs == 1, steps = f->q->x == X_STEP;
            fprintf(out, "%s,%s,", text_str(one ? &f->run[i].cell : &cell), c->metric);
            if (steps)
                fprintf(out, "%lld,%lld,", (long long)p->x0, (long long)p->x1);
            else
                fputs(",,", out);
            fprintf(out, "%lld,%lld,%.9g,%.9g,%.9g,,%s", (long long)p->weight, (long long)p->missing, p->min, p->mean,
                    p->max, text_str(&f->run[i].method));
            csv_end(f, p->x0, p->x1, out);
        }
        text_clear(&cell);
    }
    figure_points_clear(v);
    return ok;
}

static bool csv(struct figure *f, FILE *out, struct err *e)
{
    enum { OTHERS = sizeof others / sizeof others[0] };
    struct terms terms;
    struct figure_curve curve[1 + LOSS_CHARTS_MOST + OTHERS];
    int n = 0;
    find_terms(f, &terms);
    curve[n++] = curve_of(&total, &terms.total);
    for (int k = 0; k < terms.count; k++)
        curve[n++] = curve_of(&(struct figure_curve){ .metric = terms.chart[k].metric }, &terms.panel[k]);
    curve[n++] = curve_of(&others[0], &terms.score);
    for (int k = 1; k < OTHERS; k++) curve[n++] = others[k];
    fprintf(out, "run,metric,first_step,last_step,n,missing,min,mean,max,recorded_by,method%s\n",
            f->q->x == X_STEP ? "" : ",first_x,last_x,x_unit");
    for (int i = 0; i < f->runs && !f->q->grouped; i++)
        for (int k = 0; k < n; k++)
            if (!csv_metric(f, i, &curve[k], out, e)) return false;
    for (int k = 0; k < n && f->q->grouped; k++)
        if (!csv_groups(f, &curve[k], out, e)) return false;
    return true;
}

const struct figure_kind figure_loss = { .what = "loss", .draw = draw, .csv = csv };
