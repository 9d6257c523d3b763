/* A metric over steps, of every run: the mean of each column, its envelope behind, and what happened along the way. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/text.h"
#include "store/event.h"
#include "views/figures/figure_parts.h"
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

/* The numbers of a series as a plot takes them. */
struct lines {
    double *x, *low, *mean, *high; /* one block, owned through x */
    int n;
};

static bool lines_init(struct lines *l, const struct series *v, struct err *e)
{
    l->n = v->count;
    l->x = malloc(4 * (size_t)(v->count + 1) * sizeof *l->x);
    if (!l->x) return err_set(e, ERR_MEMORY, "figure: memory ran out");
    l->low = l->x + v->count;
    l->mean = l->low + v->count;
    l->high = l->mean + v->count;
    for (int i = 0; i < v->count; i++) {
        l->x[i] = series_step(&v->points[i]);
        l->low[i] = v->points[i].min;
        l->mean[i] = v->points[i].mean;
        l->high[i] = v->points[i].max;
    }
    return true;
}

/* Logarithmic if all numbers are above 0 and span several powers of ten. */
static bool wants_log(const struct series *v, int n)
{
    double least = INFINITY, most = 0;
    for (int i = 0; i < n; i++) {
        for (int k = 0; k < v[i].count; k++) {
            double x = v[i].points[k].mean;
            if (isnan(x)) continue;
            if (x <= 0) return false;
            least = fmin(least, x);
            most = fmax(most, x);
        }
    }
    return most > 8 * least;
}

/* `n` series: those of the runs, then what is past of each. */
static void set_axes(const struct figure *f, struct plot *p, const struct series *v, int n,
                     const struct figure_curve *c)
{
    bool log = c->log < 0 ? wants_log(v, n) : c->log > 0;
    p->x = figure_step_axis(f);
    p->y = axis_none(log);
    for (int i = 0; i < n; i++) {
        if (log) {
            for (int k = 0; k < v[i].count; k++) axis_hold(&p->y, v[i].points[k].mean);
        } else {
            axis_hold(&p->y, v[i].least);
            axis_hold(&p->y, v[i].most);
        }
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
    double at = plot_x(m->plot, (double)row->step);
    if (k == MARKED || fabs(at - m->last) < raster_letter_width(m->plot->raster)) return true;
    plot_mark(m->plot, (double)row->step, marked[k].letter, event_colour(m->figure, row->severity));
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

static bool draw_series(struct figure *f, struct plot *p, const struct series *v, struct err *e)
{
    for (int round = 0; round < 2; round++) { /* all envelopes are drawn behind all curves */
        for (int i = 0; i < 2 * f->runs; i++) {
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
    struct series v[2 * FIGURE_RUNS] = { 0 };
    struct plot p = figure_plot(f, box, c->title);
    int columns = (int)((box.x1 - box.x0) / (3 * f->raster.scale)), n = 2 * f->runs;
    bool ok = true;
    for (int i = 0; ok && i < f->runs; i++)
        ok = figure_series(f, &f->run[i], c->metric, columns, &v[i], &v[f->runs + i], e);
    if (ok) {
        set_axes(f, &p, v, n, c);
        char title[96];
        snprintf(title, sizeof title, "%s%s%s", c->title, c->apart ? " \u2260" : "", p.y.log ? ", log" : "");
        p.title = title;
        p.x_label = c->x_label;
        plot_begin(&p);
        for (int k = 0; k < FIGURE_LEVELS && c->level[k].name; k++)
            plot_level(&p, c->level[k].at, c->level[k].name, f->palette->dim);
        ok = (!c->events || draw_events(f, &p, e)) && draw_series(f, &p, v, e);
        plot_end(&p);
    }
    for (int i = 0; i < n; i++) series_clear(&v[i]);
    return ok;
}
