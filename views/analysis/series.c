#include "views/analysis/series.h"

#include <math.h>
#include <stdlib.h>

#include "store/metric.h"

bool series_span(struct store *s, int64_t run, int64_t *first, int64_t *last, bool *any, struct err *e)
{
    return store_points_span(s, run, 0, first, last, any, e);
}

static void take(struct series *v, const struct store_column *c)
{
    if (c->first > c->last || c->n + c->missing == 0) return;
    v->points[v->count++] = (struct series_point){ .first = c->first,
                                                   .last = c->last,
                                                   .min = c->min,
                                                   .mean = c->n ? c->sum / (double)c->n : (double)NAN,
                                                   .max = c->max,
                                                   .n = c->n,
                                                   .missing = c->missing };
    v->least = fmin(v->least, c->min); /* fmin passes over a NaN */
    v->most = fmax(v->most, c->max);
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
    out->points = malloc((size_t)columns * sizeof *out->points);
    bool ok = (read && out->points) || err_set(e, ERR_MEMORY, "curve of %s: memory ran out", metric);
    ok = ok && store_series_read(s, run, id, first, last, columns, read, e);
    for (int i = 0; ok && i < columns; i++) take(out, &read[i]);
    free(read);
    if (!ok) series_clear(out);
    return ok;
}

void series_clear(struct series *v)
{
    free(v->points);
    *v = (struct series){ .least = NAN, .most = NAN };
}

double series_step(const struct series_point *p)
{
    return ((double)p->first + (double)p->last) / 2;
}
