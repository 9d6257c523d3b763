/* A metric over steps, of every run: the mean of each column, its envelope behind, and what happened along the way. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/text.h"
#include "store/event.h"
#include "views/figures/figure_parts.h"
#include "views/analysis/seeds.h"
#include "views/analysis/series.h"

bool figure_series(const struct figure *f, const struct figure_run *r, const char *metric, int columns,
                   struct series *own, struct series *past, struct err *e)
{
    int64_t end = past_last(&r->past) < f->last ? past_last(&r->past) : f->last;
    double share = (double)(end - f->first + 1) / (double)(f->last - f->first + 1);
    *own = *past = (struct series){ 0 };
    if (r->past.count && end >= f->first &&
        !series_read_past(f->q->store, &r->past, metric, f->first, end, (int)(share * columns), past, e))
        return false;
    if (series_read(f->q->store, r->row.id, metric, f->first, f->last, columns, own, e)) return true;
    series_clear(past);
    return false;
}

int figure_group(const struct figure *f, const bool *drawn, int first, int member[FIGURE_RUNS])
{
    struct compared_run runs[FIGURE_RUNS];
    int all[1 + SELECTION_MARKS];
    for (int i = 0; i < f->runs; i++) runs[i] = f->run[i].as;
    int n = seeds_group(runs, drawn, f->runs, first, all);
    for (int i = 0; i < n; i++) member[i] = all[i];
    return n;
}

/* ---- the points of a curve ---- */

static bool append(const struct figure *f, int run, const struct series *v, double weight, struct figure_points *out,
                   struct err *e)
{
    struct series_point *grown = realloc(out->at, (size_t)(out->count + v->count + 1) * sizeof *grown);
    if (!grown) return err_set(e, ERR_MEMORY, "figure: memory ran out");
    out->at = grown;
    for (int i = 0; i < v->count; i++) {
        struct series_point *p = &out->at[out->count++];
        *p = v->points[i];
        p->x0 = figure_x(f, run, p->x0);
        p->x1 = figure_x(f, run, p->x1);
        p->min *= weight, p->mean *= weight, p->max *= weight;
    }
    return true;
}

/* Runs that are one have their past in it. */
static bool read_run(const struct figure *f, const struct figure_curve *c, int run, int columns,
                     struct figure_points v[2 * FIGURE_RUNS], struct err *e)
{
    struct series own, past;
    double weight = c->weight ? c->weight[run] : 1;
    if (c->drawn && !c->drawn[run]) return true;
    if (!figure_series(f, &f->run[run], c->metric, columns, &own, &past, e)) return false;
    v[run].runs = v[f->runs + run].runs = 1;
    bool ok = append(f, run, &past, weight, &v[f->q->grouped ? run : f->runs + run], e) &&
              append(f, run, &own, weight, &v[run], e);
    series_clear(&own);
    series_clear(&past);
    return ok;
}

/* Makes one curve of those of the runs that are alike run `first`. */
static bool combine(const struct figure *f, const struct figure_curve *c, int first,
                    struct figure_points v[2 * FIGURE_RUNS], struct err *e)
{
    struct seeds_curve curves[FIGURE_RUNS];
    int member[FIGURE_RUNS], n = figure_group(f, c->drawn, first, member), longest = 0;
    if (n < 2) return true;
    for (int i = 0; i < n; i++) {
        curves[i] = (struct seeds_curve){ v[member[i]].at, v[member[i]].count };
        if (curves[i].count > longest) longest = curves[i].count;
    }
    struct series_point *out = malloc((size_t)(longest + 1) * sizeof *out);
    if (!out) return err_set(e, ERR_MEMORY, "figure: memory ran out");
    int count = seeds_combine(curves, n, out);
    for (int i = 0; i < n; i++) {
        free(v[member[i]].at);
        v[member[i]] = (struct figure_points){ 0 };
    }
    v[first] = (struct figure_points){ out, count, n };
    return true;
}

bool figure_points_read(const struct figure *f, const struct figure_curve *c, int columns,
                        struct figure_points v[2 * FIGURE_RUNS], struct err *e)
{
    memset(v, 0, 2 * FIGURE_RUNS * sizeof *v);
    for (int i = 0; i < f->runs; i++)
        if (!read_run(f, c, i, columns, v, e)) return false;
    for (int i = 0; i < f->runs && f->q->grouped; i++)
        if (!(c->drawn && !c->drawn[i]) && !combine(f, c, i, v, e)) return false;
    return true;
}

void figure_points_clear(struct figure_points v[2 * FIGURE_RUNS])
{
    for (int i = 0; i < 2 * FIGURE_RUNS; i++) free(v[i].at);
}

/* ---- drawing ---- */

/* The same as a plot takes them. */
struct lines {
    double *x, *low, *mean, *high; /* one block, owned through x */
    int n;
};

static bool lines_init(struct lines *l, const struct figure_points *v, struct err *e)
{
    l->n = v->count;
    l->x = malloc(4 * (size_t)(v->count + 1) * sizeof *l->x);
    if (!l->x) return err_set(e, ERR_MEMORY, "figure: memory ran out");
    l->low = l->x + v->count;
    l->mean = l->low + v->count;
    l->high = l->mean + v->count;
    for (int i = 0; i < v->count; i++) {
        l->x[i] = series_step(&v->at[i]);
        l->low[i] = v->at[i].min;
        l->mean[i] = v->at[i].mean;
        l->high[i] = v->at[i].max;
    }
    return true;
}

static bool is_shown(const struct plot *p, const struct series_point *at)
{
    return !(at->x1 < p->x.least || at->x0 > p->x.most);
}

/* Logarithmic if all numbers are above 0 and, unless it was asked for, span several powers of ten. */
static bool wants_log(const struct plot *p, const struct figure_points *v, int n, bool asked)
{
    double least = INFINITY, most = 0;
    for (int i = 0; i < n; i++) {
        for (int k = 0; k < v[i].count; k++) {
            double x = v[i].at[k].mean;
            if (isnan(x) || !is_shown(p, &v[i].at[k])) continue;
            if (x <= 0) return false;
            least = fmin(least, x);
            most = fmax(most, x);
        }
    }
    return asked ? most > 0 : most > 8 * least;
}

/* `n` curves: those of the runs, then what is past of each. */
static void set_axes(const struct figure *f, struct plot *p, const struct figure_points *v, int n,
                     const struct figure_curve *c)
{
    p->x = figure_x_axis(f);
    bool log = c->log > 0;
    if (c->log < 0 && f->q->y != FIGURE_SCALE_LINEAR) log = wants_log(p, v, n, f->q->y == FIGURE_SCALE_LOG);
    p->y = axis_none(log);
    for (int i = 0; i < n; i++)
        for (int k = 0; k < v[i].count; k++) {
            if (!is_shown(p, &v[i].at[k])) continue;
            axis_hold(&p->y, v[i].at[k].mean);
            if (!log) axis_hold(&p->y, v[i].at[k].min), axis_hold(&p->y, v[i].at[k].max);
        }
    for (int k = 0; k < FIGURE_LEVELS && c->holds && c->level[k].name; k++) axis_hold(&p->y, c->level[k].at);
    if (c->from_zero) axis_hold(&p->y, 0);
    axis_finish(&p->y, 0.04);
    if (c->from_zero) p->y.least = -0.03 * p->y.most; /* so that a curve at 0 is visible */
}

/* Letters for the events that are marked; regular ones (checkpoints, probes) are not. */
static const struct {
    const char *kind;
    char letter;
} marked[] = { { "set", 'S' },   { "resume", 'R' }, { "verdict", 'V' },
               { "alarm", 'A' }, { "error", 'E' },  { "stop", 'X' } };
enum { MARKED = sizeof marked / sizeof marked[0] };

static struct colour event_colour(const struct figure *f, enum store_severity severity)
{
    return severity == STORE_BAD ? f->palette->bad : severity == STORE_WATCH ? f->palette->watch : f->palette->dim;
}

struct marking {
    struct figure *figure;
    struct plot *plot;
    bool used[MARKED];
    double last; /* x of the previous mark */
};

static bool mark_event(void *ctx, const struct store_event *row, struct err *e)
{
    struct marking *m = ctx;
    (void)e;
    int k = 0;
    while (k < MARKED && strcmp(store_event_is_alarm(row->kind) ? "alarm" : row->kind, marked[k].kind)) k++;
    double x = figure_x(m->figure, 0, (double)row->step), at = plot_x(m->plot, x);
    if (isnan(x)) return true;
    if (k == MARKED || fabs(at - m->last) < raster_letter_width(m->plot->raster)) return true;
    plot_mark(m->plot, x, marked[k].letter, event_colour(m->figure, row->severity));
    m->used[k] = true;
    m->last = at;
    return true;
}

/* Draws marks on the axis, and their legend at the right end of the title line. */
static bool draw_events(struct figure *f, struct plot *p, struct err *e)
{
    struct marking m = { .figure = f, .plot = p, .last = -INFINITY };
    struct text key = { 0 };
    if (!store_event_each(f->q->store, f->run[0].row.id, mark_event, &m, e)) return false;
    for (int k = 0; k < MARKED; k++)
        if (m.used[k]) text_printf(&key, "%s%c %s", key.length ? ", " : "", marked[k].letter, marked[k].kind);
    raster_clip(p->raster, NULL);
    raster_text(p->raster, p->area.x1, p->outer.y0, ANCHOR_RIGHT, false, text_str(&key), f->palette->dim);
    raster_clip(p->raster, &p->area);
    text_clear(&key);
    return true;
}

static bool draw_points(struct figure *f, struct plot *p, const struct figure_points *v, struct err *e)
{
    for (int round = 0; round < 2; round++) {        /* all envelopes are drawn behind all curves */
        for (int i = 2 * f->runs - 1; i >= 0; i--) { /* the main run lies above the others */
            struct lines l = { 0 };
            bool past = i >= f->runs;
            int run = past ? i - f->runs : i;
            if (!lines_init(&l, &v[i], e)) return false;
            if (round == 0 && !past)
                plot_band(p, l.x, l.low, l.high, l.n, figure_colour(f, run));
            else if (round == 1 && past)
                plot_dashed(p, l.x, l.mean, l.n, figure_past_colour(f, run));
            else if (round == 1)
                plot_curve(p, l.x, l.mean, l.n, figure_colour(f, run));
            free(l.x);
        }
    }
    return true;
}

bool figure_curves(struct figure *f, struct raster_box box, const struct figure_curve *c, struct err *e)
{
    struct figure_points v[2 * FIGURE_RUNS];
    struct plot p = figure_plot(f, box, c->title);
    int columns = (int)((box.x1 - box.x0) / (3 * f->raster.scale)), n = 2 * f->runs;
    bool ok = figure_points_read(f, c, columns, v, e);
    if (ok) {
        set_axes(f, &p, v, n, c);
        char title[96];
        snprintf(title, sizeof title, "%s%s%s", c->title, c->apart ? " \u2260" : "", p.y.log ? ", log" : "");
        p.title = title;
        p.x_label = c->x_label ? f->x_label : NULL;
        plot_begin(&p);
        for (int k = 0; k < FIGURE_LEVELS && c->level[k].name; k++)
            plot_level(&p, c->level[k].at, c->level[k].name, f->palette->dim);
        ok = (!c->events || draw_events(f, &p, e)) && draw_points(f, &p, v, e);
        plot_end(&p);
    }
    figure_points_clear(v);
    return ok;
}
