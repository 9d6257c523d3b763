#include "views/analysis/loss_data.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "store/event.h"

double loss_data_weight(const struct loss_data *l, int chart, int run)
{
    return l->weighted ? loss_chart_weight(&l->chart[chart], &l->comparison.run[run]) : 1;
}

bool loss_data_charts(struct loss_data *l)
{
    struct loss_chart now[LOSS_CHARTS_MOST];
    int n = loss_charts_list(l->comparison.run, l->comparison.count, now);
    bool same = n == l->charts;
    for (int i = 0; same && i < n; i++) same = !strcmp(now[i].metric, l->chart[i].metric);
    if (same) return false;
    loss_data_forget(l);
    memcpy(l->chart, now, (size_t)n * sizeof *now);
    l->charts = n;
    return true;
}

/* ---- x ---- */

double loss_data_x(const struct loss_data *l, int run, double step)
{
    return x_scale_at(&l->scale[run], step);
}

double loss_data_past(const struct loss_data *l, int run)
{
    int64_t last = past_last(&l->comparison.run[run].past);
    double x = last ? loss_data_x(l, run, (double)last) : 0;
    return isnan(x) ? 0 : x;
}

int64_t loss_data_step(const struct loss_data *l, double x)
{
    return x_scale_step(&l->scale[0], l->shown_first, l->shown_last, x);
}

/* Computes the drawn points of a curve from its series. */
static bool show(struct loss_data *l, int chart, int run, struct err *e)
{
    struct loss_curve *c = &l->curve[chart][run];
    double weight = loss_data_weight(l, chart, run);
    if (c->series.count > c->room) {
        struct series_point *grown = realloc(c->points, (size_t)c->series.room * sizeof *grown);
        if (!grown) return err_set(e, ERR_MEMORY, "curve of %s: memory ran out", l->chart[chart].name);
        c->points = grown;
        c->room = c->series.room;
    }
    c->count = c->series.count;
    for (int i = 0; i < c->count; i++) {
        struct series_point *p = &c->points[i];
        *p = c->series.points[i];
        p->x0 = loss_data_x(l, run, p->x0);
        p->x1 = loss_data_x(l, run, p->x1);
        p->min *= weight, p->mean *= weight, p->max *= weight;
    }
    return true;
}

/* ---- reading ---- */

static void drop_events(struct loss_data *l)
{
    for (int i = 0; i < l->event_count; i++) free((char *)l->events[i].text);
    l->event_count = 0;
    l->event_id = 0;
}

/* Reads events after the last one read; the oldest are dropped if there are too many. Probes of the AUC occur regularly
 * and have a curve of their own. */
static bool read_events(struct loss_data *l, const struct selection *sel, bool *changed, struct err *e)
{
    struct store_events list;
    const struct compared_run *r = &l->comparison.run[0];
    if (l->event_run != r->id || l->event_rewound != r->rewound) {
        drop_events(l);
        l->event_run = r->id, l->event_rewound = r->rewound;
        *changed = true;
    }
    if (!store_event_list(sel->store, r->id, l->event_id, LOSS_EVENTS, &list, e)) return false;
    for (size_t i = 0; i < list.count; i++) {
        struct store_event *row = &list.rows[i];
        l->event_id = row->id;
        if (!strcmp(row->kind, "probe")) continue;
        if (l->event_count == LOSS_EVENTS) {
            free((char *)l->events[0].text);
            memmove(l->events, l->events + 1, (LOSS_EVENTS - 1) * sizeof *l->events);
            l->event_count--;
        }
        l->events[l->event_count++] = *row;
        row->text = NULL; /* taken over */
        *changed = true;
    }
    store_events_clear(&list);
    return true;
}

/* What is read of a run. Where x is not the step, other runs than the shown one are read whole: their steps differ. */
static struct series_want want_of(const struct loss_data *l, int run)
{
    const struct compared_run *r = &l->comparison.run[run];
    bool whole = l->x != X_STEP && run > 0;
    int64_t last = whole || l->shown_last > r->step ? r->step : l->shown_last;
    return (struct series_want){ .run = r->id,
                                 .rewound = r->rewound,
                                 .past = &r->past,
                                 .first = whole ? 0 : l->shown_first,
                                 .last = last,
                                 .columns = l->columns };
}

/* The x of all runs, before any curve is placed by it. */
static bool read_scales(struct loss_data *l, const struct selection *sel, bool moved[LOSS_RUNS], struct err *e)
{
    int n = l->comparison.count;
    for (int i = 0; i < n; i++) {
        struct series_want want = want_of(l, i);
        if (!x_scale_read(&l->scale[i], sel->store, l->x, &l->comparison.run[i], want.first, want.last, l->columns,
                          &moved[i], e))
            return false;
    }
    if (!x_scales_agree(l->scale, n)) return true;
    for (int i = 0; i < n; i++) moved[i] = true;
    return true;
}

/* The step of a run at which the cursor of the shown one stands. */
static int64_t cursor_of(const struct loss_data *l, int run)
{
    if (l->cursor < 0 || l->x == X_STEP || run == 0) return l->cursor;
    return x_scale_step(&l->scale[run], 0, l->comparison.run[run].step, loss_data_x(l, 0, (double)l->cursor));
}

static bool read_run(struct loss_data *l, const struct selection *sel, int run, bool moved, bool *changed,
                     struct err *e)
{
    const struct compared_run *r = &l->comparison.run[run];
    struct series_want want = want_of(l, run);
    int64_t cursor = cursor_of(l, run);
    for (int i = 0; i < l->charts; i++) {
        bool anew = moved;
        if (!l->wanted[i] || !loss_chart_of(&l->chart[i], r)) continue;
        want.metric = l->chart[i].metric;
        if (!series_continue(&l->curve[i][run].series, sel->store, &want, &anew, e)) return false;
        if (anew && !show(l, i, run, e)) return false;
        *changed = *changed || anew;
        struct loss_curve *c = &l->curve[i][run];
        if (!series_look(&c->series, sel->store, cursor, changed, e)) return false;
        double weight = loss_data_weight(l, i, run);
        c->at = c->series.at;
        c->at.min *= weight, c->at.mean *= weight, c->at.max *= weight;
    }
    return true;
}

bool loss_data_read(struct loss_data *l, const struct selection *sel, bool *changed, struct err *e)
{
    int64_t newest = comparison_last(&l->comparison);
    l->x = sel->x;
    l->shown_last = l->last < 0 || l->last > newest ? newest : l->last;
    l->shown_first = l->first;
    bool moved[LOSS_RUNS];
    for (int i = 0; i < LOSS_RUNS; i++) moved[i] = *changed;
    if (!read_scales(l, sel, moved, e)) return false;
    for (int i = 0; i < l->comparison.count; i++)
        if (!read_run(l, sel, i, moved[i], changed, e)) return false;
    return read_events(l, sel, changed, e);
}

/* ---- what is usual ---- */

bool loss_data_usual(struct loss_data *l, const struct selection *sel, bool *changed, bool *more, struct err *e)
{
    int64_t last = (int64_t)((double)comparison_last(&l->comparison) * comparison_ahead(&l->comparison));
    *more = false;
    if (l->x != X_STEP) return true;
    if (l->usual.of != sel->run) {
        memset(l->band_last, 0, sizeof l->band_last);
        if (!usual_find(&l->usual, sel, e)) return false;
    }
    bool read = false;
    for (int i = 0; i < l->charts && l->usual.count >= USUAL_LEAST; i++) {
        if (!l->wanted[i] || l->band_last[i] == last) continue;
        if (read) return *more = true;
        if (!usual_read(&l->usual, sel->store, l->chart[i].metric, last, &l->band[i], e)) return false;
        l->band_last[i] = last;
        read = *changed = true;
    }
    return true;
}

void loss_data_forget(struct loss_data *l)
{
    for (int i = 0; i < LOSS_CHARTS_MOST; i++)
        for (int k = 0; k < LOSS_RUNS; k++) series_clear(&l->curve[i][k].series), l->curve[i][k].count = 0;
    for (int k = 0; k < LOSS_RUNS; k++) x_scale_clear(&l->scale[k]);
    drop_events(l);
    l->event_run = 0;
    l->usual.of = 0;
}

void loss_data_clear(struct loss_data *l)
{
    loss_data_forget(l);
    for (int i = 0; i < LOSS_CHARTS_MOST; i++)
        for (int k = 0; k < LOSS_RUNS; k++) free(l->curve[i][k].points);
}
