#include "views/screens/profile_rows.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/metric.h"

static const int64_t windows[PROFILE_WINDOWS] = { 16, 100, 512, 0 }; /* number of newest steps to average; 0: all */
static const char rest[] = "rest";                                   /* of a step: what no phase is told of */
enum { REST = 1000 };                                                /* place of what is in no order */

/* The phases: those of the step, which add up to its time; then record, all of the time from one step to the next, and
 * its parts, which are there now and then; then what the loader's threads do while the step computes. Others follow, by
 * name. A name that contains a dot is a part
 * of the phase before the dot. */
static const struct {
    const char *name;
    enum phase_when when;
    bool part; /* of the phase above without this mark */
} order[] = { { "wait", PHASE_WITHIN, false },       { "forward", PHASE_WITHIN, false },
              { "heads", PHASE_WITHIN, false },      { "loss", PHASE_WITHIN, false },
              { "backward", PHASE_WITHIN, false },   { "update", PHASE_WITHIN, false },
              { "record", PHASE_BETWEEN, false },    { "diagnose", PHASE_BETWEEN, true },
              { "probe", PHASE_BETWEEN, true },      { "validation", PHASE_BETWEEN, true },
              { "checkpoint", PHASE_BETWEEN, true }, { "load", PHASE_BESIDE, false },
              { "augment", PHASE_BESIDE, false } };

enum { ORDER = sizeof order / sizeof *order };

static int place_of(const char *name)
{
    size_t n = strcspn(name, ".");
    for (int i = 0; i < ORDER; i++)
        if (strlen(order[i].name) == n && !strncmp(order[i].name, name, n)) return i;
    return REST + 1;
}

static int by_order(const void *a, const void *b)
{
    const struct phase *p = a, *q = b;
    if (p->when != q->when) return (p->when > q->when) - (p->when < q->when);
    return p->place != q->place ? (p->place > q->place) - (p->place < q->place) : strcmp(p->name, q->name);
}

static int by_time(const void *a, const void *b)
{
    const struct phase *p = a, *q = b;
    if (p->when != q->when) return (p->when > q->when) - (p->when < q->when);
    return (p->per_step < q->per_step) - (p->per_step > q->per_step);
}

/* The phases that this run has; read again while it runs, since some appear late. */
static bool read_names(struct workbench *wb, struct profile *p, struct err *e)
{
    struct store_metrics list;
    if (!store_metric_list(wb->store, wb->selection.run, &list, e)) return false;
    p->count = 0;
    for (size_t i = 0; i < list.count && p->count < PROFILE_PHASES; i++) {
        const char *name = list.rows[i].name;
        if (strncmp(name, "time.", 5) || !strcmp(name, "time.step") || !strcmp(name, "time.wall")) continue;
        struct phase *f = &p->phase[p->count++];
        int place = place_of(name + 5);
        *f = (struct phase){ .metric = list.rows[i].id, .place = place, .part = strchr(name + 5, '.') };
        f->when = place < ORDER ? order[place].when : PHASE_BESIDE;
        f->part = f->part || (place < ORDER && order[place].part);
        snprintf(f->name, sizeof f->name, "%s", name + 5);
    }
    store_metrics_clear(&list);
    return true;
}

/* Up to this many steps are read point by point: buckets of the roll-ups would reach beyond them. */
enum { POINTWISE = 4096 };

static bool mean_of(struct workbench *wb, const char *metric, int64_t first, int64_t last, double *mean, int64_t *n,
                    struct err *e)
{
    struct series s;
    struct store_points points;
    struct err why;
    int64_t id, run = wb->selection.run;
    *mean = NAN;
    *n = 0;
    if (last - first >= POINTWISE) {
        if (!series_read(wb->store, run, metric, first, last, 1, &s, e)) return false;
        if (s.count) *mean = s.points[0].mean, *n = (int64_t)s.points[0].weight;
        series_clear(&s);
        return true;
    }
    if (!store_metric_id(wb->store, metric, &id, &why))
        return why.code == ERR_NOT_FOUND || err_set(e, why.code, "%s", why.msg);
    if (!store_points_read(wb->store, run, id, first, last, &points, e)) return false;
    double sum = 0;
    for (size_t i = 0; i < points.count; i++)
        if (!isnan(points.rows[i].value)) sum += points.rows[i].value, ++*n;
    if (*n) *mean = sum / (double)*n;
    store_points_clear(&points);
    return true;
}

/* Images of a batch over the mean times: the mean of the steps' own rates would count short steps too much. */
static bool read_speed(struct workbench *wb, struct profile *p, struct err *e)
{
    static const char *const names[] = { "images_per_second", "time.step" };
    double newest[2];
    int64_t steps[2];
    p->speed = p->whole_speed = NAN;
    if (!store_metric_latest(wb->store, wb->selection.run, -1, names, 2, newest, steps, e)) return false;
    if (steps[0] < 0 || steps[0] != steps[1] || !(p->step_seconds > 0)) return true;
    p->speed = newest[0] * newest[1] / p->step_seconds;
    p->whole_speed = newest[0] * newest[1] / (p->step_seconds + p->between);
    return true;
}

static bool read_means(struct workbench *wb, struct profile *p, struct err *e)
{
    int64_t first, last;
    bool any;
    char name[80];
    double told = 0;
    p->steps = 0;
    p->between = 0;
    if (!series_span(wb->store, wb->selection.run, &first, &last, &any, e)) return false;
    if (!any) return true;
    if (windows[p->window] && last - windows[p->window] + 1 > first) first = last - windows[p->window] + 1;
    if (p->since >= first && p->since < last) first = p->since + 1;
    if (!mean_of(wb, "time.step", first, last, &p->step_seconds, &p->steps, e)) return false;
    for (int i = 0; i < p->count; i++) {
        struct phase *f = &p->phase[i];
        snprintf(name, sizeof name, "time.%s", f->name);
        if (!mean_of(wb, name, first, last, &f->mean, &f->times, e)) return false;
        f->per_step = f->times && p->steps ? f->mean * (double)f->times / (double)p->steps : 0;
        if (f->when == PHASE_WITHIN && !f->part) told += f->per_step;
        if (f->when == PHASE_BETWEEN && !f->part) p->between += f->per_step;
    }
    if (!read_speed(wb, p, e)) return false;
    if (p->count < PROFILE_PHASES && p->step_seconds > told) {
        struct phase *f = &p->phase[p->count++];
        *f = (struct phase){ .place = REST, .when = PHASE_WITHIN, .times = p->steps };
        snprintf(f->name, sizeof f->name, "%s", rest);
        f->mean = f->per_step = p->step_seconds - told;
    }
    qsort(p->phase, (size_t)p->count, sizeof *p->phase, p->by_time ? by_time : by_order);
    if (p->chosen < 0) /* initially the phase of the step that takes longest */
        for (int i = p->chosen = 0; i < p->count; i++)
            if (p->phase[i].when == PHASE_WITHIN && p->phase[i].per_step > p->phase[p->chosen].per_step) p->chosen = i;
    return true;
}

static bool read_history(struct workbench *wb, struct profile *p, struct err *e)
{
    int64_t first, last;
    bool any;
    char name[80];
    series_clear(&p->history);
    p->history = (struct series){ 0 };
    p->point_count = 0;
    if (p->chosen >= p->count) p->chosen = p->count - 1;
    if (p->chosen < 0) p->chosen = 0;
    if (!series_span(wb->store, wb->selection.run, &first, &last, &any, e)) return false;
    if (!any || p->count == 0) return true;
    snprintf(name, sizeof name, "time.%s", p->phase[p->chosen].name);
    if (!series_read(wb->store, wb->selection.run, name, first, last, PROFILE_HISTORY, &p->history, e)) return false;
    if (p->history.count > PROFILE_HISTORY) p->history.count = PROFILE_HISTORY;
    for (int i = 0; i < p->history.count; i++) {
        const struct series_point *s = &p->history.points[i];
        p->points[i] =
            (struct series_point){ s->x0, s->x1, 1e3 * s->min, 1e3 * s->mean, 1e3 * s->max, s->weight, s->missing };
    }
    int n = p->history.count;
    p->point_count = n;
    if (!n) return true;
    struct series_point *end = &p->points[p->point_count++];
    if (!series_end(wb->store, wb->selection.run, name, &p->points[n - 1], end, e)) return false;
    end->min *= 1e3, end->mean *= 1e3, end->max *= 1e3;
    return true;
}

bool profile_read_rows(struct workbench *wb, struct profile *p, struct err *e)
{
    bool moved = false;
    return read_names(wb, p, e) && read_means(wb, p, e) && read_history(wb, p, e) &&
           x_axes_read(&p->x, &wb->selection, &moved, e);
}
