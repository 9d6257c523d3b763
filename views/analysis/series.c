#include "views/analysis/series.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/metric.h"

bool series_span(struct store *s, int64_t run, int64_t *first, int64_t *last, bool *any, struct err *e)
{
    return store_points_span(s, run, 0, first, last, any, e);
}

void series_clear(struct series *v)
{
    free(v->points);
    *v = (struct series){ .least = NAN, .most = NAN };
}

double series_step(const struct series_point *p)
{
    return (p->x0 + p->x1) / 2;
}

static bool make_room(struct series *v)
{
    if (v->count < v->room) return true;
    int room = v->room ? 2 * v->room : 64;
    struct series_point *grown = realloc(v->points, (size_t)room * sizeof *grown);
    if (!grown) return false;
    v->points = grown;
    v->room = room;
    return true;
}

/* Appends the numbers of a column; false: no memory. */
static bool add(struct series *v, const struct store_column *c)
{
    if (c->first > c->last || c->n + c->missing == 0) return true;
    if (!make_room(v)) return false;
    v->points[v->count++] = (struct series_point){ .x0 = (double)c->first,
                                                   .x1 = (double)(v->per == 1 ? c->first : c->last),
                                                   .min = c->min,
                                                   .mean = c->n ? c->sum / (double)c->n : (double)NAN,
                                                   .max = c->max,
                                                   .weight = (double)c->n,
                                                   .missing = c->missing };
    return true;
}

static void find_range(struct series *v)
{
    v->least = v->most = NAN;
    for (int i = 0; i < v->count; i++) {
        v->least = fmin(v->least, v->points[i].min); /* fmin skips a NaN */
        v->most = fmax(v->most, v->points[i].max);
    }
}

static bool no_memory(const char *metric, struct err *e)
{
    return err_set(e, ERR_MEMORY, "curve of %s: memory ran out", metric);
}

bool series_read(struct store *s, int64_t run, const char *metric, int64_t first, int64_t last, int columns,
                 struct series *out, struct err *e)
{
    struct err why;
    int64_t id;
    *out = (struct series){ .least = NAN, .most = NAN };
    if (!store_metric_id(s, metric, &id, &why)) return why.code == ERR_NOT_FOUND || err_set(e, why.code, "%s", why.msg);
    if (columns < 1) columns = 1;
    struct store_column *read = malloc((size_t)columns * sizeof *read);
    bool ok = read || no_memory(metric, e);
    ok = ok && store_series_read(s, run, id, first, last, columns, read, e);
    for (int i = 0; ok && i < columns; i++) ok = add(out, &read[i]) || no_memory(metric, e);
    find_range(out);
    free(read);
    if (!ok) series_clear(out);
    return ok;
}

/* ---- the past of a fork ---- */

/* The widest column, a power of two of steps, that still gives as many columns as requested. */
static int64_t width_for(int64_t span, int columns)
{
    int64_t per = 1;
    while (per <= span / 2 / columns) per *= 2;
    return per;
}

/* Appends steps from..to, fewer than a column, as one point: roll-ups would include later steps. */
static bool append_rest(struct series *v, struct store *s, int64_t run, int64_t metric, int64_t from, int64_t to,
                        struct err *e)
{
    struct store_points points;
    struct store_column c = { .first = from, .last = to, .min = NAN, .max = NAN };
    if (to < from) return true;
    if (!store_points_read(s, run, metric, from, to, &points, e)) return false;
    for (size_t i = 0; i < points.count; i++) {
        double value = points.rows[i].value;
        c.missing += isnan(value);
        if (isnan(value)) continue;
        c.n++;
        c.sum += value;
        c.min = fmin(c.min, value), c.max = fmax(c.max, value);
    }
    store_points_clear(&points);
    return add(v, &c) || no_memory(v->metric, e);
}

/* Appends the part of each run, oldest first, in columns of v->per steps, a power of two. */
static bool append_past(struct series *v, struct store *s, const struct past *past, int64_t metric, int64_t first,
                        int64_t last, struct err *e)
{
    bool ok = true;
    for (int i = past->count - 1; ok && i >= 0; i--) {
        int64_t from = i + 1 < past->count ? past->part[i + 1].last + 1 : 0, to = past->part[i].last,
                run = past->part[i].run;
        if (from < first) from = first;
        if (to > last) to = last;
        if (to < from) continue;
        int64_t whole = (from + v->per - 1) / v->per * v->per; /* the first column that lies entirely in this part */
        if (whole > to) whole = to + 1;
        int columns = (int)((to + 1 - whole) / v->per);
        int64_t rest = whole + columns * v->per;
        struct store_column *read = malloc((size_t)(columns + 1) * sizeof *read);
        ok = (read || no_memory(v->metric, e)) && append_rest(v, s, run, metric, from, whole - 1, e);
        ok = ok && (!columns || store_series_read(s, run, metric, whole, rest - 1, columns, read, e));
        for (int k = 0; ok && k < columns; k++) ok = add(v, &read[k]) || no_memory(v->metric, e);
        free(read);
        ok = ok && append_rest(v, s, run, metric, rest, to, e);
    }
    v->before = v->count;
    return ok;
}

bool series_read_past(struct store *s, const struct past *past, const char *metric, int64_t first, int64_t last,
                      int columns, struct series *out, struct err *e)
{
    struct err why;
    int64_t id;
    *out = (struct series){ .least = NAN, .most = NAN };
    if (!past->count) return true;
    if (!store_metric_id(s, metric, &id, &why)) return why.code == ERR_NOT_FOUND || err_set(e, why.code, "%s", why.msg);
    out->per = width_for(last - first + 1, columns < 1 ? 1 : columns);
    bool ok = append_past(out, s, past, id, first, last, e);
    find_range(out);
    if (!ok) series_clear(out);
    return ok;
}

/* ---- a series that is kept ---- */

/* Appends columns from step `from`, where one begins, to the one that contains `last`. */
static bool append(struct series *v, struct store *s, int64_t metric, int64_t from, int64_t last, struct err *e)
{
    int columns = (int)((last - from) / v->per) + 1;
    struct store_column *read = malloc((size_t)columns * sizeof *read);
    bool ok = read || no_memory(v->metric, e);
    ok = ok && store_series_read(s, v->run, metric, from, from + v->per * columns - 1, columns, read, e);
    for (int i = 0; ok && i < columns; i++) {
        if (read[i].first <= past_last(&v->past) && v->past.count) read[i].first = past_last(&v->past) + 1;
        ok = add(v, &read[i]) || no_memory(v->metric, e);
    }
    free(read);
    return ok;
}

bool series_at(struct store *s, int64_t run, const struct past *past, const char *metric, int64_t at,
               struct series_point *out, struct err *e)
{
    double value = NAN;
    int64_t step = -1;
    *out = (struct series_point){ .x0 = (double)at, .x1 = (double)at, .min = NAN, .mean = NAN, .max = NAN };
    for (int64_t from = at; from >= 0 && step < 0;) {
        int64_t before = -1;
        if (!store_metric_latest(s, past_owner(past, run, from), from, &metric, 1, &value, &step, e)) return false;
        for (int i = 0; i < past->count; i++) /* nothing in this part: the part before it */
            if (past->part[i].last < from && past->part[i].last > before) before = past->part[i].last;
        from = before;
    }
    if (step < 0) return true;
    out->x0 = (double)step;
    out->min = out->mean = out->max = value;
    out->weight = !isnan(value), out->missing = isnan(value);
    return true;
}

bool series_look(struct series *v, struct store *s, int64_t at, bool *changed, struct err *e)
{
    struct series_point found;
    if (!series_at(s, v->run, &v->past, v->metric, v->count ? at : -1, &found, e)) return false;
    if (found.x0 != v->at.x0 || found.x1 != v->at.x1 || found.missing != v->at.missing ||
        (found.mean != v->at.mean && !isnan(found.mean)))
        *changed = true;
    v->at = found;
    return true;
}

bool series_end(struct store *s, int64_t run, const char *metric, struct series_point *column, struct series_point *end,
                struct err *e)
{
    static const double next_to_nothing = 1e-9;
    double value;
    int64_t step;
    if (!store_metric_latest(s, run, (int64_t)column->x1, &metric, 1, &value, &step, e)) return false;
    double x = step < 0 ? column->x1 : (double)step;
    *end = (struct series_point){ x, x, value, value, value, next_to_nothing, isnan(value) };
    column->x1 = x;
    return true;
}

/* If the last column stands for several values, the newest value is appended too. */
static bool end(struct series *v, struct store *s, struct err *e)
{
    struct series_point newest, *last = v->count ? &v->points[v->count - 1] : NULL;
    if (!last || last->weight + (last->missing ? 2 : 0) < 2) return true;
    if (!make_room(v)) return no_memory(v->metric, e);
    last = &v->points[v->count - 1];
    int64_t run = v->count > v->before ? v->run : past_owner(&v->past, v->run, (int64_t)last->x1);
    if (!series_end(s, run, v->metric, last, &newest, e)) return false;
    v->points[v->count++] = newest;
    v->ended = true;
    return true;
}

static bool equal(const struct series_point *a, const struct series_point *b)
{
    return a->x1 == b->x1 && a->weight == b->weight && a->missing == b->missing &&
           (a->mean == b->mean || (isnan(a->mean) && isnan(b->mean)));
}

/* Whether the kept series is the requested one. */
static bool is_of(const struct series *v, const struct series_want *want, const struct past *past, int64_t first,
                  int64_t per)
{
    return v->per == per && v->run == want->run && v->rewound == want->rewound && v->first == first &&
           !strcmp(v->metric, want->metric) && past_same(&v->past, past);
}

/* Starts again, with the points before the fork. */
static bool begin(struct series *v, struct store *s, int64_t metric, const struct series_want *want,
                  const struct past *past, struct err *e)
{
    v->count = v->before = 0;
    v->run = want->run, v->rewound = want->rewound, v->past = *past;
    snprintf(v->metric, sizeof v->metric, "%s", want->metric);
    return append_past(v, s, past, metric, v->first, v->last, e);
}

bool series_continue(struct series *v, struct store *s, const struct series_want *want, bool *changed, struct err *e)
{
    static const struct past none = { 0 };
    const struct past *past = want->past ? want->past : &none;
    struct err why;
    int64_t id, first = want->first, last = want->last;
    if (first < 0) first = 0;
    if (first > STORE_STEP_MOST) first = STORE_STEP_MOST;
    if (last > STORE_STEP_MOST) last = STORE_STEP_MOST;
    if (last < first) last = first;
    int64_t per = width_for(last - first + 1, want->columns < 1 ? 1 : want->columns);
    first -= first % per;
    bool same = is_of(v, want, past, first, per) && last >= v->last;
    if (!store_metric_id(s, want->metric, &id, &why)) { /* nobody has recorded it yet */
        series_clear(v);
        return why.code == ERR_NOT_FOUND || err_set(e, why.code, "%s", why.msg);
    }
    int64_t from = first;
    struct series_point before = { 0 };
    int count = v->count;
    if (same) { /* the last column may have grown */
        from = v->last - v->last % per;
        if (count) before = v->points[count - 1];
        v->count -= v->ended;
        while (v->count > v->before && v->points[v->count - 1].x1 >= (double)from) v->count--;
    }
    v->first = first, v->last = last, v->per = per;
    v->ended = false;
    if ((!same && !begin(v, s, id, want, past, e)) || !append(v, s, id, from, last, e) || !end(v, s, e)) {
        series_clear(v);
        *changed = true;
        return false;
    }
    find_range(v);
    if (!same || v->count != count || (count && !equal(&before, &v->points[count - 1]))) *changed = true;
    return true;
}
