#include "views/trail.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/metric.h"

void trail_clear(struct trail *t)
{
    free(t->points);
    *t = (struct trail){ 0 };
}

/* The widest column, a power of two of steps, with which the span has as many as asked for. */
static int64_t width_for(int64_t span, int columns)
{
    int64_t per = 1;
    while (per <= span / 2 / columns) per *= 2;
    return per;
}

static bool make_room(struct trail *t)
{
    if (t->count < t->room) return true;
    int room = t->room ? 2 * t->room : 64;
    struct chart_point *grown = realloc(t->points, (size_t)room * sizeof *grown);
    if (!grown) return false;
    t->points = grown;
    t->room = room;
    return true;
}

static bool add(struct trail *t, const struct store_column *c)
{
    if (c->first > c->last || c->n + c->missing == 0) return true;
    if (!make_room(t)) return false;
    t->points[t->count++] = (struct chart_point){ .x0 = (double)c->first,
                                                  .x1 = (double)(t->per == 1 ? c->first : c->last),
                                                  .min = c->min,
                                                  .mean = c->n ? c->sum / (double)c->n : (double)NAN,
                                                  .max = c->max,
                                                  .weight = (double)c->n,
                                                  .missing = c->missing > 0 };
    return true;
}

/* Columns from step `from`, where one begins, to the one that holds `last`. */
static bool append(struct trail *t, struct store *s, int64_t metric, int64_t from, int64_t last, struct err *e)
{
    int columns = (int)((last - from) / t->per) + 1;
    struct store_column *read = malloc((size_t)columns * sizeof *read);
    bool ok = read || err_set(e, ERR_MEMORY, "curve of %s: memory ran out", t->metric);
    ok = ok && store_series_read(s, t->run, metric, from, from + t->per * columns - 1, columns, read, e);
    for (int i = 0; ok && i < columns; i++)
        ok = add(t, &read[i]) || err_set(e, ERR_MEMORY, "curve of %s: memory ran out", t->metric);
    free(read);
    return ok;
}

bool trail_end(struct store *s, int64_t run, const char *metric, struct chart_point *column, struct chart_point *end,
               struct err *e)
{
    static const double next_to_nothing = 1e-9;
    double value;
    int64_t step;
    if (!store_metric_latest(s, run, (int64_t)column->x1, &metric, 1, &value, &step, e)) return false;
    double x = step < 0 ? column->x1 : (double)step;
    *end = (struct chart_point){ x, x, value, value, value, next_to_nothing, isnan(value) };
    column->x1 = x;
    return true;
}

/* Where the last column stands for one value, it is the newest. */
static bool end(struct trail *t, struct store *s, struct err *e)
{
    struct chart_point newest, *last = t->count ? &t->points[t->count - 1] : NULL;
    if (!last || last->weight + (last->missing ? 2 : 0) < 2) return true;
    if (!make_room(t)) return err_set(e, ERR_MEMORY, "curve of %s: memory ran out", t->metric);
    if (!trail_end(s, t->run, t->metric, &t->points[t->count - 1], &newest, e)) return false;
    t->points[t->count++] = newest;
    t->ended = true;
    return true;
}

static bool equal(const struct chart_point *a, const struct chart_point *b)
{
    return a->x1 == b->x1 && a->weight == b->weight && a->missing == b->missing &&
           (a->mean == b->mean || (isnan(a->mean) && isnan(b->mean)));
}

bool trail_read(struct trail *t, struct store *s, int64_t run, int64_t rewound, const char *metric, int64_t first,
                int64_t last, int columns, bool *changed, struct err *e)
{
    struct err why;
    int64_t id;
    if (columns < 1) columns = 1;
    if (first < 0) first = 0;
    if (first > STORE_STEP_MOST) first = STORE_STEP_MOST;
    if (last > STORE_STEP_MOST) last = STORE_STEP_MOST;
    if (last < first) last = first;
    int64_t per = width_for(last - first + 1, columns);
    first -= first % per;
    bool same = t->per == per && t->run == run && t->rewound == rewound && t->first == first && last >= t->last &&
                !strcmp(t->metric, metric);
    if (!store_metric_id(s, metric, &id, &why)) { /* nobody has recorded it yet */
        trail_clear(t);
        return why.code == ERR_NOT_FOUND || err_set(e, why.code, "%s", why.msg);
    }
    int64_t from = first;
    struct chart_point before = { 0 };
    int count = t->count;
    if (same) { /* the last column may have grown */
        from = t->last - t->last % per;
        if (count) before = t->points[count - 1];
        t->count -= t->ended;
        while (t->count && t->points[t->count - 1].x1 >= (double)from) t->count--;
    } else {
        t->count = 0;
        t->run = run, t->rewound = rewound, t->first = first, t->per = per;
        snprintf(t->metric, sizeof t->metric, "%s", metric);
    }
    t->last = last;
    t->ended = false;
    if (!append(t, s, id, from, last, e) || !end(t, s, e)) {
        trail_clear(t);
        *changed = true;
        return false;
    }
    if (!same || t->count != count || (count && !equal(&before, &t->points[count - 1]))) *changed = true;
    return true;
}
