#include "views/analysis/trail.h"

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

static bool add(struct trail *t, const struct store_column *c)
{
    if (c->first > c->last || c->n + c->missing == 0) return true;
    if (t->count == t->room) {
        int room = t->room ? 2 * t->room : 64;
        struct chart_point *grown = realloc(t->points, (size_t)room * sizeof *grown);
        if (!grown) return false;
        t->points = grown;
        t->room = room;
    }
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
        while (t->count && t->points[t->count - 1].x1 >= (double)from) t->count--;
    } else {
        t->count = 0;
        t->run = run, t->rewound = rewound, t->first = first, t->per = per;
        snprintf(t->metric, sizeof t->metric, "%s", metric);
    }
    t->last = last;
    if (!append(t, s, id, from, last, e)) {
        trail_clear(t);
        *changed = true;
        return false;
    }
    if (!same || t->count != count || (count && !equal(&before, &t->points[count - 1]))) *changed = true;
    return true;
}
