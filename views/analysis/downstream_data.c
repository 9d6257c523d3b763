#include "views/analysis/downstream_data.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/settings.h"
#include "store/metric.h"
#include "store/probe.h"
#include "store/run.h"

static const char *const probe_metrics[DOWNSTREAM_CURVES] = { STORE_VALIDATION_METRIC, STORE_PROBE_METRIC,
                                                              STORE_PROBE_SECOND };
const char *const downstream_curve_names[DOWNSTREAM_CURVES] = { "classifier", "ridge", "kNN" };

void downstream_data_clear(struct downstream_data *v)
{
    for (int i = 0; i < v->count; i++) {
        store_evaluations_clear(&v->runs[i]->rows);
        free(v->runs[i]);
    }
    v->count = 0;
    x_axes_clear(&v->x);
}

/* They are freed. */
static void add_points(struct downstream_run *r, int which, struct series *s)
{
    for (int i = 0; i < s->count && r->count[which] < DOWNSTREAM_POINTS; i++) {
        const struct series_point *p = &s->points[i];
        double at = p->x1; /* a probe belongs to its step, the last of the column */
        r->points[which][r->count[which]++] =
            (struct series_point){ at, at, p->min, p->mean, p->max, p->weight, p->missing };
    }
    series_clear(s);
}

static bool read_probe(struct store *store, struct downstream_run *r, int which, struct err *e)
{
    int64_t first, last;
    bool any;
    struct series s;
    r->count[which] = 0;
    if (!series_read_past(store, &r->past, probe_metrics[which], 0, past_last(&r->past), DOWNSTREAM_COLUMNS, &s, e))
        return false;
    add_points(r, which, &s);
    int past = r->count[which];
    if (!series_span(store, r->run, &first, &last, &any, e)) return false;
    if (!any) return true;
    if (!series_read(store, r->run, probe_metrics[which], first, last, DOWNSTREAM_COLUMNS, &s, e)) return false;
    add_points(r, which, &s);
    int n = r->count[which];
    if (n == past) return true;
    r->count[which]++;
    return series_end(store, r->run, probe_metrics[which], &r->points[which][n - 1], &r->points[which][n], e);
}

/* Not one that it was given: from a file, or from another run. */
static bool begins_random(const struct store_run *row)
{
    struct settings s;
    settings_init(&s);
    bool known = row->config && settings_read_ini(&s, row->config, "", NULL);
    return known && !row->parent_id && !strcmp(s.model.init, "kaiming");
}

static bool add_run(struct store *store, struct downstream_data *v, int64_t run, int place, struct err *e)
{
    struct downstream_run *r = calloc(1, sizeof *r);
    struct store_run row;
    if (!r) return err_set(e, ERR_MEMORY, "evaluations: memory ran out");
    v->runs[v->count++] = r;
    r->run = run;
    r->place = place;
    snprintf(r->name, sizeof r->name, "random");
    if (run && !store_run_get(store, run, &row, e)) return false;
    if (run) {
        snprintf(r->name, sizeof r->name, "%s", row.name);
        snprintf(r->data, sizeof r->data, "%s", row.dataset);
        r->random = begins_random(&row);
        bool ok = past_find(store, &row, &r->past, e);
        store_run_clear(&row);
        if (!ok) return false;
    }
    if (!store_evaluation_list(store, run, &r->rows, e)) return false;
    for (int k = 0; run && k < DOWNSTREAM_CURVES; k++) {
        struct series_point first;
        if (!read_probe(store, r, k, e) || !series_at(store, run, &r->past, probe_metrics[k], 0, &first, e))
            return false;
        r->first[k] = first.mean;
    }
    return true;
}

/* Tasks of the shown run first, then of the others. */
static void list_tasks(struct downstream_data *v)
{
    char before[STORE_NAME] = "";
    if (v->task < v->task_count) snprintf(before, sizeof before, "%s", v->tasks[v->task]);
    v->task_count = v->task = 0;
    for (int r = 0; r < v->count; r++)
        for (size_t i = 0; i < v->runs[r]->rows.count && v->task_count < DOWNSTREAM_TASKS; i++) {
            const char *task = v->runs[r]->rows.rows[i].task;
            int at = 0;
            while (at < v->task_count && strcmp(v->tasks[at], task)) at++;
            if (at == v->task_count) snprintf(v->tasks[v->task_count++], STORE_NAME, "%s", task);
        }
    for (int i = 0; i < v->task_count; i++)
        if (!strcmp(v->tasks[i], before)) v->task = i;
}

const char *downstream_data_task(const struct downstream_data *v)
{
    return v->task < v->task_count ? v->tasks[v->task] : "";
}
const char *downstream_data_class(const struct downstream_data *v)
{
    return *v->class ? v->class : NULL;
}

void downstream_data_collect(struct downstream_data *v, int64_t step)
{
    struct score_figure was = { 0 };
    if (v->chosen < v->figure_count) was = v->figures[v->chosen];
    v->figure_count = v->count ? scores_collect(&v->runs[0]->rows, downstream_data_task(v), step,
                                                downstream_data_class(v), v->figures)
                               : 0;
    for (int i = 0; i < v->figure_count; i++)
        if (scores_alike(&v->figures[i], &was)) v->chosen = i;
    if (v->chosen >= v->figure_count) v->chosen = v->figure_count ? v->figure_count - 1 : 0;
}

bool downstream_data_look(struct downstream_data *v, const struct selection *sel, struct err *e)
{
    for (int i = 0; i < v->count; i++)
        for (int k = 0; k < DOWNSTREAM_CURVES; k++) {
            struct downstream_run *r = v->runs[i];
            if (!r->count[k]) continue;
            if (!series_at(sel->store, r->run, &r->past, probe_metrics[k], sel->step, &r->at[k], e)) return false;
        }
    return true;
}

bool downstream_data_read(struct downstream_data *v, const struct selection *sel, struct err *e)
{
    bool changed;
    downstream_data_clear(v);
    bool ok = add_run(sel->store, v, sel->run, 0, e) && add_run(sel->store, v, 0, -1, e);
    for (int i = 0; ok && i < sel->mark_count; i++)
        if (sel->marks[i] != sel->run) ok = add_run(sel->store, v, sel->marks[i], i + 1, e);
    ok = ok && x_axes_read(&v->x, sel, &changed, e);
    ok = ok && downstream_data_look(v, sel, e);
    list_tasks(v);
    downstream_data_collect(v, sel->step);
    return ok;
}

const struct store_evaluation *downstream_data_evaluation(const struct downstream_data *v)
{
    if (v->chosen >= v->figure_count) return NULL;
    const struct score_figure *f = &v->figures[v->chosen];
    const struct store_evaluations *all = &v->runs[0]->rows;
    for (size_t i = 0; i < all->count; i++)
        if (!strcmp(all->rows[i].task, downstream_data_task(v)) && !strcmp(all->rows[i].protocol, f->protocol) &&
            !strcmp(all->rows[i].split, f->split) && all->rows[i].step == f->step)
            return &all->rows[i];
    return NULL;
}

/* What the quick probe gave before the first step: the encoder was random then. */
static double probe_before(const struct downstream_data *v, const struct score_figure *as, const char *class)
{
    const struct downstream_run *r = v->runs[0];
    int k = !strcmp(as->protocol, "ridge") ? DOWNSTREAM_RIDGE : !strcmp(as->protocol, "knn") ? DOWNSTREAM_KNN : -1;
    if (class || k < 0 || strcmp(as->split, "val") != 0 || !r->random || !r->count[k] ||
        strcmp(r->data, downstream_data_task(v)) != 0)
        return NAN;
    return r->first[k];
}

double downstream_data_random(const struct downstream_data *v, const struct score_figure *as, const char *class)
{
    struct score_figure other;
    if (v->count > 1 && scores_like(&v->runs[1]->rows, downstream_data_task(v), -1, class, as, &other) &&
        !isnan(other.mean))
        return other.mean;
    return v->count ? probe_before(v, as, class) : NAN;
}
