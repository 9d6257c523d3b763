#include "views/analysis/covariance_data.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/run.h"
#include "views/analysis/levels.h"

double covariance_data_r(const struct covariance_data *v, int a, int b)
{
    const struct store_snapshot *p = &v->embedding;
    double sum[2] = { 0 }, aa = 0, bb = 0, ab = 0;
    if (!p->data || a >= p->cols || b >= p->cols) return NAN;
    const float *x = p->data + a, *y = p->data + b;
    size_t step = (size_t)p->cols;
    for (int i = 0; i < p->rows; i++) sum[0] += (double)x[(size_t)i * step], sum[1] += (double)y[(size_t)i * step];
    for (int i = 0; i < p->rows; i++) {
        double u = (double)x[(size_t)i * step] - sum[0] / p->rows, w = (double)y[(size_t)i * step] - sum[1] / p->rows;
        aa += u * u, bb += w * w, ab += u * w;
    }
    return aa > 0 && bb > 0 ? ab / sqrt(aa * bb) : NAN;
}

/* Blocks one after the other, each the nearest to the one before that is left, by mean |r|. */
static void cluster(struct covariance_data *v)
{
    int n = v->level.blocks;
    for (int i = 0; i < n; i++) v->order[i] = i;
    for (int i = 1; v->clustered && i < n; i++) {
        const float *near = v->level.planes + (size_t)v->order[i - 1] * (size_t)n;
        int best = i;
        for (int k = i + 1; k < n; k++)
            if (near[v->order[k]] > near[v->order[best]]) best = k;
        int swap = v->order[i];
        v->order[i] = v->order[best];
        v->order[best] = swap;
    }
}

/* What the rows (or columns) from a position on are. */
static int list(const struct covariance_data *v, int first, int *out)
{
    int n = 0, size = v->level.block_size;
    for (int i = first; i < first + v->window && i < v->level.blocks; i++) {
        int block = v->order[i];
        if (!v->exact) out[n++] = block;
        for (int k = block * size; v->exact && k < (block + 1) * size && k < v->level.dims; k++) out[n++] = k;
    }
    return n;
}

static int by_size(const void *a, const void *b)
{
    float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

/* The 99th percentile of magnitudes off the diagonal; 1 where there are none, negative when memory ran out. */
static double percentile_99(const struct covariance_data *v, const float *values)
{
    size_t n = 0, most = (size_t)v->row_count * (size_t)v->column_count;
    float *sizes = malloc((most + 1) * sizeof *sizes);
    if (!sizes) return -1;
    for (int i = 0; i < v->row_count; i++)
        for (int k = 0; k < v->column_count; k++) {
            float x = fabsf(values[i * v->column_count + k]);
            if (v->rows[i] != v->columns[k] && isfinite(x)) sizes[n++] = x;
        }
    qsort(sizes, n, sizeof *sizes, by_size);
    double out = n ? (double)sizes[(size_t)(0.99 * (double)(n - 1))] : 1;
    free(sizes);
    return out;
}

/* From the floor, below which nothing is told from chance, to the 99th percentile: a single strong pair must not make
 * the rest one tone. The diagonal is left out. */
static bool find_range(struct covariance_data *v)
{
    const double apart = 1.5, smallest = 0.01;
    double floor = v->level.number[LEVELS_CORR_FLOOR];
    v->least = floor > 0 && floor < 1 ? floor : 0;
    v->most = percentile_99(v, v->values);
    if (v->most < 0) return false;
    v->most = fmin(1, fmax(v->most, fmax(smallest, apart * v->least)));
    return true;
}

bool covariance_data_difference(const struct covariance_data *a, const struct covariance_data *b, float *out,
                                double *most)
{
    if (a->row_count != b->row_count || a->column_count != b->column_count || a->exact != b->exact ||
        a->level.dims != b->level.dims)
        return false;
    for (int i = 0; i < a->row_count * a->column_count; i++) out[i] = a->values[i] - b->values[i];
    *most = percentile_99(a, out);
    return *most >= 0;
}

bool covariance_data_fill(struct covariance_data *v, struct err *e)
{
    int blocks = v->level.blocks;
    v->row_count = v->column_count = 0;
    if (!blocks) return true;
    if (v->window < 1 || v->window > blocks) v->window = blocks;
    if (v->row < 0 || v->row + v->window > blocks) v->row = v->row < 0 ? 0 : blocks - v->window;
    if (v->column < 0 || v->column + v->window > blocks) v->column = v->column < 0 ? 0 : blocks - v->window;
    v->exact = v->embedding.data && v->window * v->level.block_size <= COVARIANCE_EXACT;
    size_t most = (size_t)(v->exact ? v->window * v->level.block_size : v->window);
    float *values = realloc(v->values, most * most * sizeof *values);
    if (values) v->values = values;
    int *rows = realloc(v->rows, most * sizeof *rows);
    if (rows) v->rows = rows;
    int *columns = realloc(v->columns, most * sizeof *columns);
    if (columns) v->columns = columns;
    int *order = realloc(v->order, (size_t)blocks * sizeof *order);
    if (order) v->order = order;
    if (!values || !rows || !columns || !order) return err_set(e, ERR_MEMORY, "correlations: out of memory");
    cluster(v);
    v->row_count = list(v, v->row, rows);
    v->column_count = list(v, v->column, columns);
    const float *plane = v->level.planes + (v->max ? (size_t)blocks * (size_t)blocks : 0);
    for (int i = 0; i < v->row_count; i++)
        for (int k = 0; k < v->column_count; k++) {
            double r = v->exact ? covariance_data_r(v, rows[i], columns[k])
                                : (double)plane[(size_t)rows[i] * (size_t)blocks + (size_t)columns[k]];
            values[i * v->column_count + k] = (float)(v->absolute ? fabs(r) : r);
        }
    return find_range(v) || err_set(e, ERR_MEMORY, "correlations: out of memory");
}

static bool read_histories(struct covariance_data *v, const struct selection *sel, const char *level, struct err *e)
{
    char name[64];
    bool changed = false;
    const struct store_run *r = &sel->summary.run;
    const struct series_want want = { r->id, r->rewound, &v->past, name, 0, r->step, 64 };
    if (!past_find(sel->store, r, &v->past, e)) return false;
    snprintf(name, sizeof name, "%s.corr_abs", level);
    if (!series_continue(&v->mean, sel->store, &want, &changed, e) ||
        !series_look(&v->mean, sel->store, v->level.step, &changed, e))
        return false;
    snprintf(name, sizeof name, "%s.corr_floor", level);
    return series_continue(&v->floor, sel->store, &want, &changed, e) &&
           series_look(&v->floor, sel->store, v->level.step, &changed, e) && x_axes_read(&v->x, sel, &changed, e);
}

bool covariance_data_read(struct covariance_data *v, const struct selection *sel, struct err *e)
{
    const char *level = level_table[sel->level].name;
    int64_t *steps;
    size_t count;
    struct err why;
    if (!levels_steps(sel->store, sel->run, level, "correlation", &steps, &count, e)) return false;
    int at = levels_find(steps, count, sel->step);
    int64_t step = at < 0 ? -1 : steps[at];
    free(steps);
    levels_clear(&v->level);
    store_snapshot_clear(&v->embedding);
    v->embedding = (struct store_snapshot){ 0 };
    v->run = sel->run;
    v->level.step = step;
    if (step < 0) return covariance_data_fill(v, e);
    if (!levels_read(sel->store, sel->run, level, step, LEVELS_DEVIATION | LEVELS_CORRELATION, &v->level, e))
        return false;
    if (!store_snapshot_get(sel->store, &(struct store_snapshot_key){ sel->run, step, level, "embedding" },
                            &v->embedding, &why)) {
        v->embedding = (struct store_snapshot){ 0 };
        if (why.code != ERR_NOT_FOUND) return err_set(e, why.code, "%s", why.msg);
    }
    return read_histories(v, sel, level, e) && covariance_data_fill(v, e);
}

void covariance_data_clear(struct covariance_data *v)
{
    levels_clear(&v->level);
    store_snapshot_clear(&v->embedding);
    series_clear(&v->mean);
    series_clear(&v->floor);
    x_axes_clear(&v->x);
    free(v->order);
    free(v->values);
    free(v->rows);
    free(v->columns);
}

bool covariance_data_beside(struct covariance_data *v, const struct covariance_data *like, const struct selection *sel,
                            int64_t run, struct err *e)
{
    struct selection other = *sel;
    struct err why;
    other.run = run;
    v->max = like->max, v->clustered = like->clustered, v->absolute = like->absolute;
    v->window = like->window, v->row = like->row, v->column = like->column;
    if (!store_run_get(sel->store, run, &other.summary.run, &why)) {
        v->row_count = 0;
        return why.code == ERR_NOT_FOUND || err_set(e, why.code, "%s", why.msg); /* removed meanwhile */
    }
    bool ok = covariance_data_read(v, &other, e);
    store_run_clear(&other.summary.run);
    return ok;
}
