#include "views/analysis/scores.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The AUC of an evaluation for the class, or its macro mean. */
static double area_of(const struct store_evaluation *v, const char *class, int64_t *positives, int64_t *negatives)
{
    *positives = *negatives = 0;
    if (!class) return v->auc_macro;
    for (size_t i = 0; i < v->scores_count; i++)
        if (!strcmp(v->scores[i].name, class)) {
            *positives = v->scores[i].positives;
            *negatives = v->scores[i].negatives;
            return v->scores[i].auc;
        }
    return NAN;
}

static bool belongs(const struct score_figure *f, const struct store_evaluation *v)
{
    return !strcmp(f->protocol, v->protocol) && !strcmp(f->split, v->split) && f->context == v->context &&
           fabs(f->fraction - v->fraction) < 1e-6;
}

/* A newer row tells of the same draw: of the same encoder, with other settings or another size of the images. */
static bool is_superseded(const struct store_evaluations *v, size_t i)
{
    const struct store_evaluation *a = &v->rows[i];
    for (size_t k = i + 1; k < v->count; k++) {
        const struct store_evaluation *b = &v->rows[k];
        if (a->step == b->step && a->seed == b->seed && a->context == b->context && a->run_id == b->run_id &&
            fabs(a->fraction - b->fraction) < 1e-6 && !strcmp(a->protocol, b->protocol) && !strcmp(a->task, b->task) &&
            !strcmp(a->split, b->split) && !strcmp(a->init, b->init))
            return true;
    }
    return false;
}

static void begin(struct score_figure *f, const struct store_evaluation *v)
{
    *f = (struct score_figure){
        .context = v->context, .fraction = v->fraction, .step = v->step, .mean = NAN, .lo = NAN, .hi = NAN
    };
    snprintf(f->protocol, sizeof f->protocol, "%s", v->protocol);
    snprintf(f->split, sizeof f->split, "%s", v->split);
}

/* Adds one draw; undefined ones are ignored. */
static void add(struct score_figure *f, const struct store_evaluation *v, const char *class)
{
    double a = area_of(v, class, &f->positives, &f->negatives);
    if (isnan(a)) return;
    f->lo = f->draws ? fmin(f->lo, a) : a;
    f->hi = f->draws ? fmax(f->hi, a) : a;
    f->mean = f->draws ? f->mean + (a - f->mean) / (f->draws + 1) : a;
    f->draws++;
}

/* The most telling protocol comes first: the own classifier of a run, the linear probe, then the quick probes. */
static int place_of(const char *protocol)
{
    static const char *const order[] = { "apply", "linear", "ridge", "knn" };
    int at = 0, n = (int)(sizeof order / sizeof order[0]);
    while (at < n && strcmp(order[at], protocol)) at++;
    return at;
}

static int compare(const void *x, const void *y)
{
    const struct score_figure *a = x, *b = y;
    int order = strcmp(a->split, b->split); /* test before val */
    if (!order) order = place_of(a->protocol) - place_of(b->protocol);
    if (!order) order = strcmp(a->protocol, b->protocol);
    if (!order) order = (int)b->context - (int)a->context;
    return order ? order : (a->fraction > b->fraction) - (a->fraction < b->fraction);
}

int scores_collect(const struct store_evaluations *v, const char *task, int64_t step, const char *class,
                   struct score_figure out[SCORES_MOST])
{
    int n = 0;
    for (size_t i = 0; i < v->count; i++) {
        const struct store_evaluation *row = &v->rows[i];
        int at = 0;
        if (strcmp(row->task, task) || (step >= 0 && row->step > step) || is_superseded(v, i)) continue;
        while (at < n && !belongs(&out[at], row)) at++;
        if (at == SCORES_MOST) continue;
        if (at == n) begin(&out[n++], row);
        if (row->step < out[at].step) continue;
        if (row->step > out[at].step) begin(&out[at], row);
        add(&out[at], row, class);
    }
    qsort(out, (size_t)n, sizeof *out, compare);
    return n;
}

bool scores_alike(const struct score_figure *a, const struct score_figure *b)
{
    return !compare(a, b);
}

bool scores_like(const struct store_evaluations *v, const char *task, int64_t step, const char *class,
                 const struct score_figure *as, struct score_figure *out)
{
    struct score_figure all[SCORES_MOST];
    int n = scores_collect(v, task, step, class, all);
    for (int i = 0; i < n; i++) {
        if (!scores_alike(&all[i], as)) continue;
        *out = all[i];
        return true;
    }
    return false;
}

void scores_csv(const struct store_evaluations *v, const char *run, bool head, struct text *out)
{
    if (head) text_add(out, "run,step,task,protocol,context,labels_percent,draw,split,class,auc,positives,negatives\n");
    for (size_t i = 0; i < v->count; i++) {
        const struct store_evaluation *row = &v->rows[i];
        for (size_t c = 0; c <= row->scores_count; c++) {
            const struct store_score *s = c ? &row->scores[c - 1] : NULL;
            double auc = s ? s->auc : row->auc_macro;
            text_cell(out, *run ? run : row->init);
            text_printf(out, ",%lld,", (long long)row->step);
            text_cell(out, row->task);
            text_add(out, ",");
            text_cell(out, row->protocol);
            text_printf(out, ",%s,%g,%lld,", row->context ? "on" : "off", row->fraction, (long long)row->seed);
            text_cell(out, row->split);
            text_add(out, ",");
            text_cell(out, s ? s->name : "macro");
            text_add(out, ",");
            if (!isnan(auc)) text_printf(out, "%.9g", auc);
            if (s)
                text_printf(out, ",%lld,%lld\n", (long long)s->positives, (long long)s->negatives);
            else
                text_add(out, ",,\n");
        }
    }
}
