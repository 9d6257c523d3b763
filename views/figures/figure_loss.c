/* Loss: the total, then each term of each level as a small chart; events of the main run as marks. */
#include "engine/base/settings.h"
#include "engine/base/text.h"
#include "store/probe.h"
#include "views/figures/figure_parts.h"
#include "views/analysis/series.h"

static const struct figure_curve total = { .metric = "loss", .title = "total loss", .log = -1, .events = true };

/* Where the loss stays while the views share nothing, for the usual weights alone: 21.9 a level, see the manual. */
static bool plateau_known(const struct store_run *r)
{
    struct settings s;
    settings_init(&s);
    return settings_read_ini(&s, r->config, "config", NULL) && s.loss.global_weight == 1 && s.loss.local_weight == 1 &&
           s.loss.inv == 25 && s.loss.var == 25 && s.loss.cov == 1;
}

static const struct figure_curve terms[2][3] = {
    { { .metric = "loss.global.inv", .title = "global: invariance", .log = -1 },
      { .metric = "loss.global.var", .title = "global: variance", .from_zero = true },
      { .metric = "loss.global.cov", .title = "global: covariance", .log = -1 } },
    { { .metric = "loss.local.inv", .title = "local: invariance", .log = -1, .x_label = "step" },
      { .metric = "loss.local.var", .title = "local: variance", .from_zero = true, .x_label = "step" },
      { .metric = "loss.local.cov", .title = "local: covariance", .log = -1, .x_label = "step" } },
};

static const struct figure_curve others[] = {
    { .metric = STORE_PROBE_METRIC, .title = "probe AUC (ridge)" },
    { .metric = "rate", .title = "learning rate", .from_zero = true },
    { .metric = "grad_norm", .title = "gradient norm", .log = -1 },
};

static bool draw(struct figure *f, struct err *e)
{
    struct raster_box top = figure_part(f, f->body, 0, 0, 1, 0.37), below = figure_part(f, f->body, 0, 0.37, 1, 1);
    struct figure_curve first = total;
    if (plateau_known(&f->run[0].row)) {
        first.level[0].at = 43.8;
        first.level[0].name = "plateau of uncorrelated views";
    }
    if (f->compact) return figure_curves(f, f->body, &first, e);
    if (!figure_curves(f, figure_part(f, top, 0, 0, 2.0 / 3, 1), &first, e)) return false;
    struct raster_box side = figure_part(f, top, 2.0 / 3, 0, 1, 1);
    bool tall = side.y1 - side.y0 > 16 * raster_letter_height(&f->raster);
    if (!figure_curves(f, figure_cell(f, side, tall ? 2 : 1, 1, 0, 0, 1), &others[0], e)) return false;
    if (tall && !figure_curves(f, figure_cell(f, side, 2, 1, 1, 0, 1), &others[1], e)) return false;
    for (int level = 0; level < 2; level++)
        for (int k = 0; k < 3; k++)
            if (!figure_curves(f, figure_cell(f, below, 2, 3, level, k, 1), &terms[level][k], e)) return false;
    return true;
}

static bool csv_metric(struct figure *f, const struct figure_run *r, const char *metric, FILE *out, struct err *e)
{
    struct series v;
    int columns = f->q->width ? f->q->width : FIGURE_WIDTH;
    if (!series_read(f->q->store, r->row.id, metric, f->first, f->last, columns, &v, e)) return false;
    for (int i = 0; i < v.count; i++) {
        const struct series_point *p = &v.points[i];
        fprintf(out, "%s,%s,%lld,%lld,%lld,%lld,%.9g,%.9g,%.9g\n", text_str(&r->cell), metric, (long long)p->x0,
                (long long)p->x1, (long long)p->weight, (long long)p->missing, p->min, p->mean, p->max);
    }
    series_clear(&v);
    return true;
}

static bool csv(struct figure *f, FILE *out, struct err *e)
{
    fputs("run,metric,first_step,last_step,n,missing,min,mean,max\n", out);
    for (int i = 0; i < f->runs; i++) {
        if (!csv_metric(f, &f->run[i], total.metric, out, e)) return false;
        for (int k = 0; k < 6; k++)
            if (!csv_metric(f, &f->run[i], terms[k / 3][k % 3].metric, out, e)) return false;
        for (size_t k = 0; k < sizeof others / sizeof others[0]; k++)
            if (!csv_metric(f, &f->run[i], others[k].metric, out, e)) return false;
    }
    return true;
}

const struct figure_kind figure_loss = { .what = "loss", .draw = draw, .csv = csv };
