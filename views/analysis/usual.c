#include "views/analysis/usual.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "store/metric.h"
#include "store/run.h"

static const double low = 0.1, high = 0.9;

static bool is_marked(const struct selection *sel, int64_t run)
{
    for (int i = 0; i < sel->mark_count; i++)
        if (sel->marks[i] == run) return true;
    return false;
}

bool usual_find(struct usual *u, const struct selection *sel, struct err *e)
{
    const struct store_run *own = &sel->summary.run;
    struct store_runs list;
    *u = (struct usual){ .of = sel->run };
    if (!store_run_list(sel->store, &list, e)) return false;
    for (size_t i = 0; i < list.count && u->count < USUAL_RUNS; i++) { /* newest first */
        const struct store_run *r = &list.rows[i];
        if (r->id >= own->id || r->state != STORE_FINISHED || is_marked(sel, r->id)) continue;
        if (strcmp(r->method, own->method) || strcmp(r->dataset, own->dataset)) continue;
        u->runs[u->count++] = r->id;
    }
    store_runs_clear(&list);
    return true;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

double usual_percentile(const double *rising, int n, double share)
{
    double at = share * (n - 1);
    int below = (int)floor(at), above = below + 1 < n ? below + 1 : below;
    return rising[below] + (at - below) * (rising[above] - rising[below]);
}

bool usual_read(const struct usual *u, struct store *s, const char *metric, int64_t last, struct usual_band *out,
                struct err *e)
{
    double value[USUAL_COLUMNS][USUAL_RUNS];
    int n[USUAL_COLUMNS] = { 0 }, columns = last < USUAL_COLUMNS ? (int)last : USUAL_COLUMNS;
    int64_t id;
    struct err why;
    *out = (struct usual_band){ .count = 0 };
    if (u->count < USUAL_LEAST || last < 1) return true;
    if (!store_metric_id(s, metric, &id, &why)) return why.code == ERR_NOT_FOUND || err_set(e, why.code, "%s", why.msg);
    for (int r = 0; r < u->count; r++) {
        struct store_column read[USUAL_COLUMNS];
        if (!store_series_read(s, u->runs[r], id, 1, last, columns, read, e)) return false;
        for (int c = 0; c < columns; c++)
            if (read[c].n > 0) value[c][n[c]++] = read[c].sum / (double)read[c].n;
    }
    for (int c = 0; c < columns; c++) {
        if (n[c] < USUAL_LEAST) continue;
        qsort(value[c], (size_t)n[c], sizeof value[c][0], by_value);
        double first = 1 + (double)(last * c / columns), end = (double)(last * (c + 1) / columns);
        out->points[out->count++] = (struct series_point){ .x0 = first,
                                                           .x1 = end,
                                                           .min = usual_percentile(value[c], n[c], low),
                                                           .mean = usual_percentile(value[c], n[c], 0.5),
                                                           .max = usual_percentile(value[c], n[c], high),
                                                           .weight = n[c] };
    }
    return true;
}
