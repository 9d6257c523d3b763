/* Loss: the total, then each term of each level as a small chart; events of the main run as marks. */
#include <string.h>

#include "engine/base/text.h"
#include "store/probe.h"
#include "views/figures/figure_parts.h"
#include "views/analysis/loss_charts.h"
#include "views/analysis/series.h"

static const struct figure_curve total = { .metric = "loss", .title = "total loss", .log = -1, .events = true };

static const struct figure_curve others[] = {
    { .metric = STORE_PROBE_METRIC, .title = "probe AUC (ridge)" },
    { .metric = "rate", .title = "learning rate", .from_zero = true },
    { .metric = "grad_norm", .title = "gradient norm", .log = -1 },
};

/* The terms that the objectives of the runs report, as charts with as many columns as the objective of the main run has
 * terms. */
struct terms {
    struct loss_chart chart[LOSS_CHARTS_MOST];
    bool apart[LOSS_CHARTS_MOST]; /* of several objectives: not comparable */
    bool total_apart;
    int count, columns;
    double plateau; /* of the total, 0: not known */
};

static void find_terms(const struct figure *f, struct terms *t)
{
    struct compared_run runs[FIGURE_RUNS];
    for (int i = 0; i < f->runs; i++) compared_run_fill(&runs[i], &f->run[i].row, f->run[i].row.state, i, "");
    int n = loss_charts_list(runs, f->runs, t->chart);
    const char *first = NULL; /* level of the main run */
    t->count = 0;
    t->plateau = 0;
    t->total_apart = false;
    t->columns = 0;
    for (int i = 0; i < n; i++) {
        bool apart = !loss_chart_comparable(&t->chart[i], runs, f->runs);
        if (t->chart[i].sums) {
            t->plateau = loss_chart_plateau(&t->chart[i], &runs[0]);
            t->total_apart = apart;
        }
        if (!t->chart[i].term) continue;
        if (!first) first = t->chart[i].level;
        t->columns += loss_chart_of(&t->chart[i], &runs[0]) && !strcmp(t->chart[i].level, first);
        t->apart[t->count] = apart;
        t->chart[t->count++] = t->chart[i];
    }
}

static bool draw_terms(struct figure *f, struct raster_box box, const struct terms *t, struct err *e)
{
    int rows = (t->count + t->columns - 1) / t->columns;
    for (int i = 0; i < t->count; i++) {
        const struct loss_chart *c = &t->chart[i];
        char title[64];
        snprintf(title, sizeof title, "%.30s: %.30s", c->level, c->term);
        struct figure_curve curve = { .metric = c->metric, .title = title, .log = -1, .apart = t->apart[i] };
        if (i / t->columns == rows - 1) curve.x_label = "step";
        if (!figure_curves(f, figure_cell(f, box, rows, t->columns, i / t->columns, i % t->columns, 1), &curve, e))
            return false;
    }
    return true;
}

static bool draw(struct figure *f, struct err *e)
{
    struct raster_box top = figure_part(f, f->body, 0, 0, 1, 0.37), below = figure_part(f, f->body, 0, 0.37, 1, 1);
    struct figure_curve first = total;
    struct terms terms;
    find_terms(f, &terms);
    first.apart = terms.total_apart;
    if (terms.plateau > 0) {
        first.level[0].at = terms.plateau;
        first.level[0].name = "plateau of uncorrelated views";
    }
    if (f->compact) return figure_curves(f, f->body, &first, e);
    if (!figure_curves(f, figure_part(f, top, 0, 0, 2.0 / 3, 1), &first, e)) return false;
    struct raster_box side = figure_part(f, top, 2.0 / 3, 0, 1, 1);
    bool tall = side.y1 - side.y0 > 16 * raster_letter_height(&f->raster);
    if (!figure_curves(f, figure_cell(f, side, tall ? 2 : 1, 1, 0, 0, 1), &others[0], e)) return false;
    if (tall && !figure_curves(f, figure_cell(f, side, 2, 1, 1, 0, 1), &others[1], e)) return false;
    return draw_terms(f, below, &terms, e);
}

/* Rows of a fork begin with those before the fork, with the id of the run that recorded them. */
static void csv_rows(const struct figure_run *r, const char *metric, const struct series *v, bool past, FILE *out)
{
    for (int i = 0; i < v->count; i++) {
        const struct series_point *p = &v->points[i];
        int64_t owner = past ? past_owner(&r->past, r->row.id, (int64_t)p->x1) : r->row.id;
        fprintf(out, "%s,%s,%lld,%lld,%lld,%lld,%.9g,%.9g,%.9g,%lld,%s\n", text_str(&r->cell), metric, (long long)p->x0,
                (long long)p->x1, (long long)p->weight, (long long)p->missing, p->min, p->mean, p->max,
                (long long)owner, text_str(&r->method));
    }
}

static bool csv_metric(struct figure *f, const struct figure_run *r, const char *metric, FILE *out, struct err *e)
{
    struct series own, past;
    int columns = f->q->width ? f->q->width : FIGURE_WIDTH;
    if (!figure_series(f, r, metric, columns, &own, &past, e)) return false;
    csv_rows(r, metric, &past, true, out);
    csv_rows(r, metric, &own, false, out);
    series_clear(&past);
    series_clear(&own);
    return true;
}

static bool csv(struct figure *f, FILE *out, struct err *e)
{
    struct terms terms;
    find_terms(f, &terms);
    fputs("run,metric,first_step,last_step,n,missing,min,mean,max,recorded_by,method\n", out);
    for (int i = 0; i < f->runs; i++) {
        if (!csv_metric(f, &f->run[i], total.metric, out, e)) return false;
        for (int k = 0; k < terms.count; k++)
            if (!csv_metric(f, &f->run[i], terms.chart[k].metric, out, e)) return false;
        for (size_t k = 0; k < sizeof others / sizeof others[0]; k++)
            if (!csv_metric(f, &f->run[i], others[k].metric, out, e)) return false;
    }
    return true;
}

const struct figure_kind figure_loss = { .what = "loss", .draw = draw, .csv = csv };
