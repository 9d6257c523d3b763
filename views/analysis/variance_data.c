#include "views/analysis/variance_data.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/diagnose/diagnose.h"
#include "store/snapshot.h"
#include "views/analysis/levels.h"

enum { ROWS_A_LOOK = 16 }; /* recorded steps that one call reads */

/* ---- order and figures ------------------------------------------------------------------------------------------ */

struct keyed {
    double key;
    int index;
};

static int compare(const void *a, const void *b)
{
    const struct keyed *x = a, *y = b;
    if (isnan(x->key) != isnan(y->key)) return isnan(x->key) ? 1 : -1;
    return x->key > y->key ? -1 : x->key < y->key ? 1 : x->index - y->index;
}

static double key_of(enum variance_order order, const float *now, const float *before, int i)
{
    if (order == VARIANCE_BY_VALUE) return (double)now[i];
    if (order == VARIANCE_BY_CHANGE && before) return (double)now[i] - (double)before[i];
    return -i;
}

bool variance_sort(enum variance_order order, const float *now, const float *before, int n, int *index)
{
    struct keyed *list = malloc((size_t)(n > 0 ? n : 1) * sizeof *list);
    if (!list) return false;
    for (int i = 0; i < n; i++) list[i] = (struct keyed){ key_of(order, now, before, i), i };
    qsort(list, (size_t)n, sizeof *list, compare);
    for (int i = 0; i < n; i++) index[i] = list[i].index;
    free(list);
    return true;
}

static double median_of(const float *values, int n, int count)
{
    int *index = malloc((size_t)(n > 0 ? n : 1) * sizeof *index);
    double out = NAN;
    if (index && count && variance_sort(VARIANCE_BY_VALUE, values, NULL, n, index))
        out = ((double)values[index[(count - 1) / 2]] + (double)values[index[count / 2]]) / 2;
    free(index);
    return out;
}

struct variance_stats variance_stats(const float *values, int n, bool held)
{
    struct variance_stats s = { .mean = NAN, .median = NAN, .min = NAN, .max = NAN };
    double sum = 0;
    for (int i = 0; i < n; i++) {
        double x = (double)values[i];
        if (!isfinite(x)) {
            s.missing++;
            continue;
        }
        s.count++;
        s.active += x < VARIANCE_HINGE;
        s.min = fmin(s.min, x);
        s.max = fmax(s.max, x);
        sum += x;
    }
    s.dead = diagnose_dead(values, n, held);
    if (s.count) s.mean = sum / s.count;
    if (!s.missing) s.median = median_of(values, n, s.count);
    return s;
}

int variance_rank(const float *values, int n, int dim)
{
    int rank = 1;
    for (int i = 0; i < n; i++) rank += values[i] > values[dim] || (values[i] == values[dim] && i < dim);
    return rank;
}

struct variance_column variance_reduce(const float *values, const int *index, int first, int end)
{
    struct variance_column c = { NAN, NAN, NAN };
    double sum = 0;
    int n = 0;
    for (int i = first; i < end; i++) {
        double x = (double)values[index[i]];
        if (!isfinite(x)) continue;
        c.min = fmin(c.min, x);
        c.max = fmax(c.max, x);
        sum += x;
        n++;
    }
    if (n) c.mean = sum / n;
    return c;
}

int variance_fold(int n, int room, int *per, int *wide)
{
    *per = *wide = 1;
    if (n < 1 || room < 1) return 0;
    if (n > room) *per = (n + room - 1) / room;
    int cells = (n + *per - 1) / *per;
    *wide = room / cells;
    return cells;
}

void variance_bins(const float *values, int n, const struct axis *x, int bins, float *counts)
{
    for (int i = 0; i < bins; i++) counts[i] = 0;
    for (int i = 0; i < n; i++) {
        if (!isfinite(values[i])) continue;
        double place = axis_place(x, (double)values[i]);
        int bin = isnan(place) || place < 0 ? 0 : place >= 1 ? bins - 1 : (int)(place * bins);
        counts[bin]++;
    }
}

/* ---- reading ------------------------------------------------------------------------------------------------------
 */

static void drop_rows(struct variance_data *v)
{
    for (int i = 0; i < v->count; i++) free(v->rows[i].values);
    free(v->rows);
    v->rows = NULL;
    v->count = v->dims = 0;
    v->at = -1;
}

void variance_forget(struct variance_data *v)
{
    drop_rows(v);
    for (int i = 0; i < SELECTION_MARKS; i++) {
        free(v->marks[i].sorted);
        v->marks[i] = (struct variance_mark){ 0 };
    }
    for (int i = 0; i < VARIANCE_HISTORIES; i++) series_clear(&v->history[i]);
    x_axes_clear(&v->x);
}

void variance_clear(struct variance_data *v)
{
    variance_forget(v);
    free(v->index);
    *v = (struct variance_data){ .at = -1 };
}

const float *variance_now(const struct variance_data *v)
{
    return v->dims ? v->rows[v->at].values : NULL;
}

const float *variance_before(const struct variance_data *v)
{
    return v->dims && v->at > 0 && v->rows[v->at - 1].dims == v->dims ? v->rows[v->at - 1].values : NULL;
}

/* Updates the rows to these steps, keeping what was read of them before. */
static bool update_steps(struct variance_data *v, const int64_t *steps, size_t count, bool *changed)
{
    struct variance_row *rows = calloc(count ? count : 1, sizeof *rows);
    int old = 0;
    if (!rows) return false;
    if ((int)count != v->count) *changed = true;
    for (size_t i = 0; i < count; i++) {
        rows[i].step = steps[i];
        while (old < v->count && v->rows[old].step < steps[i]) free(v->rows[old++].values);
        if (old < v->count && v->rows[old].step == steps[i])
            rows[i] = v->rows[old++];
        else
            *changed = true;
    }
    while (old < v->count) free(v->rows[old++].values);
    free(v->rows);
    v->rows = rows;
    v->count = (int)count;
    return true;
}

/* Reads a snapshot; one that has been removed meanwhile is no error. */
static bool get(const struct selection *sel, int64_t run, int64_t step, int level, float **values, int *dims,
                struct err *e)
{
    struct store_snapshot p;
    struct err why;
    *values = NULL;
    *dims = 0;
    if (!store_snapshot_get(sel->store, &(struct store_snapshot_key){ run, step, level_table[level].name, "deviation" },
                            &p, &why))
        return why.code == ERR_NOT_FOUND || err_set(e, why.code, "%s", why.msg);
    *values = p.data;
    *dims = p.rows * p.cols;
    return true;
}

static bool read_row(struct variance_data *v, const struct selection *sel, int i, int *left, bool *changed,
                     struct err *e)
{
    if (i < 0 || v->rows[i].known || *left < 1) return true;
    v->rows[i].known = *changed = true;
    --*left;
    return get(sel, v->run, v->rows[i].step, v->level, &v->rows[i].values, &v->rows[i].dims, e);
}

/* Reads the selected row first, then the others from the newest backwards. */
static bool read_rows(struct variance_data *v, const struct selection *sel, bool *changed, bool *more, struct err *e)
{
    int left = ROWS_A_LOOK;
    bool ok = read_row(v, sel, v->at, &left, changed, e) && read_row(v, sel, v->at - 1, &left, changed, e);
    for (int i = v->count - 1; ok && i >= 0; i--) ok = read_row(v, sel, i, &left, changed, e);
    for (int i = 0; i < v->count; i++)
        if (!v->rows[i].known) *more = true;
    return ok;
}

static bool read_run(struct variance_data *v, const struct selection *sel, bool *changed, bool *more, struct err *e)
{
    int64_t *steps, rewound = v->comparison.run[0].rewound;
    size_t count;
    if (v->run != sel->run || v->level != (int)sel->level || v->rewound != rewound) {
        drop_rows(v);
        *changed = true;
        v->run = sel->run, v->level = (int)sel->level, v->rewound = rewound;
    }
    if (!levels_steps(sel->store, v->run, level_table[v->level].name, "deviation", &steps, &count, e)) return false;
    bool ok = update_steps(v, steps, count, changed) || err_set(e, ERR_MEMORY, "deviations: memory ran out");
    int at = ok ? levels_find(steps, count, sel->step) : -1;
    free(steps);
    if (!ok) return false;
    if (at != v->at) *changed = true;
    v->at = at;
    v->rules = level_rules_of(v->comparison.run[0].method, v->comparison.run[0].local, sel->level);
    return read_rows(v, sel, changed, more, e);
}

static bool read_mark(struct variance_mark *m, const struct compared_run *r, const struct selection *sel, bool *changed,
                      struct err *e)
{
    int64_t *steps;
    size_t count;
    if (!levels_steps(sel->store, r->id, level_table[sel->level].name, "deviation", &steps, &count, e)) return false;
    int at = levels_find(steps, count, sel->step);
    int64_t step = at < 0 ? -1 : steps[at];
    free(steps);
    if (m->run == r->id && m->rewound == r->rewound && m->step == step && m->level == (int)sel->level) return true;
    free(m->sorted);
    *m = (struct variance_mark){ .run = r->id, .rewound = r->rewound, .step = step, .level = (int)sel->level };
    *changed = true;
    float *values = NULL;
    if (step < 0) return true;
    bool ok = get(sel, r->id, step, m->level, &values, &m->dims, e);
    int *index = malloc((size_t)(m->dims + 1) * sizeof *index);
    m->sorted = malloc((size_t)(m->dims + 1) * sizeof *m->sorted);
    if (ok && (!index || !m->sorted || !variance_sort(VARIANCE_BY_VALUE, values, NULL, m->dims, index)))
        ok = err_set(e, ERR_MEMORY, "deviations: memory ran out");
    if (!ok) m->dims = 0;
    for (int i = 0; i < m->dims; i++) m->sorted[i] = values[index[i]];
    free(index);
    free(values);
    return ok;
}

static bool read_histories(struct variance_data *v, const struct selection *sel, int columns, bool *changed,
                           struct err *e)
{
    static const enum levels_number numbers[VARIANCE_HISTORIES] = { LEVELS_DEAD, LEVELS_INACTIVE, LEVELS_STD_MEAN,
                                                                    LEVELS_STD_MIN };
    for (int i = 0; i < VARIANCE_HISTORIES; i++) {
        char name[64];
        snprintf(name, sizeof name, "%s.%s", level_table[v->level].name, levels_metrics[numbers[i]]);
        const struct compared_run *r = &v->comparison.run[0];
        const struct series_want want = { v->run, v->rewound, &r->past, name, 0, r->step, columns };
        if (!series_continue(&v->history[i], sel->store, &want, changed, e) ||
            !series_look(&v->history[i], sel->store, sel->step, changed, e))
            return false;
    }
    return x_axes_read(&v->x, sel, changed, e);
}

static bool put_in_order(struct variance_data *v, struct err *e)
{
    v->dims = v->at >= 0 ? v->rows[v->at].dims : 0;
    v->stats = variance_stats(variance_now(v), v->dims, v->level <= LEVEL_D);
    free(v->index);
    v->index = malloc((size_t)(v->dims + 1) * sizeof *v->index);
    if (v->index && variance_sort(v->order, variance_now(v), variance_before(v), v->dims, v->index)) return true;
    v->dims = 0;
    return err_set(e, ERR_MEMORY, "deviations: memory ran out");
}

bool variance_read(struct variance_data *v, const struct selection *sel, int columns, bool *changed, bool *more,
                   struct err *e)
{
    bool ok = comparison_read(sel, &v->comparison, changed, e) && read_run(v, sel, changed, more, e);
    for (int i = 1; ok && i < v->comparison.count; i++)
        ok = read_mark(&v->marks[i - 1], &v->comparison.run[i], sel, changed, e);
    ok = ok && read_histories(v, sel, columns, changed, e);
    if (!ok) {
        drop_rows(v);
        *changed = true;
        return false;
    }
    return !*changed || put_in_order(v, e);
}
