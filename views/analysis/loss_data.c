#include "views/analysis/loss_data.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "engine/train/engine.h"
#include "store/event.h"

#define LEVEL(level, meaning, local)                                                                                   \
    { #level ".inv", "loss." #level ".inv", #level " inv", meaning, LOSS_TERM_INV, local, true, 0 },                   \
        { #level ".var", "loss." #level ".var", #level " var", meaning, LOSS_TERM_VAR, local, true, 0 },               \
    {                                                                                                                  \
#level ".cov", "loss." #level ".cov", #level " cov", meaning, LOSS_TERM_COV, local, true, 0                    \
    }

const struct loss_chart loss_charts[LOSS_CHARTS] = {
    LEVEL(global, MEANING_GLOBAL, false),
    LEVEL(local, MEANING_LOCAL, true),
    { "total", "loss", "total", MEANING_TOTAL, LOSS_TERM_NONE, false, true, 2 },
    { "global", "loss.global", "global", MEANING_GLOBAL, LOSS_TERM_LEVEL, false, true, 1 },
    { "local", "loss.local", "local", MEANING_LOCAL, LOSS_TERM_LEVEL, true, true, 1 },
    { "auc", "auc.ridge", "AUC probe", MEANING_SCORE, LOSS_TERM_NONE, false, false, 0 },
    { "rate", "rate", "rate", MEANING_OTHER, LOSS_TERM_NONE, false, true, 0 },
    { "gradient", "grad_norm", "gradient", MEANING_OTHER, LOSS_TERM_NONE, false, true, 0 },
    { "rho.global", "rho.global", "\u03c1 global", MEANING_GLOBAL, LOSS_TERM_NONE, false, false, 0 },
    { "rho.local", "rho.local", "\u03c1 local", MEANING_LOCAL, LOSS_TERM_NONE, true, false, 0 },
    { "speed", "images_per_second", "img/s", MEANING_OTHER, LOSS_TERM_NONE, false, true, 0 },
    { "gain.global", "gain.global", "gain global", MEANING_GLOBAL, LOSS_TERM_NONE, false, true, 0 },
    { "gain.local", "gain.local", "gain local", MEANING_LOCAL, LOSS_TERM_NONE, true, true, 0 },
};

const char *const loss_x_names[LOSS_X_COUNT] = { "step", "epoch", "hours" };

static const char *const scale_metrics[LOSS_X_COUNT] = { NULL, "epoch", "time.wall" };
static const double scale_units[LOSS_X_COUNT] = { 1, 1, 3600 };

double loss_data_weight(const struct loss_data *l, int chart, int run)
{
    const struct compared_run *r = &l->comparison.run[run];
    const struct loss_chart *c = &loss_charts[chart];
    double level = c->local ? r->local_weight : r->global_weight;
    switch (l->weighted ? c->term : LOSS_TERM_NONE) {
    case LOSS_TERM_INV:
        return level * r->inv;
    case LOSS_TERM_VAR:
        return level * r->var;
    case LOSS_TERM_COV:
        return level * r->cov;
    case LOSS_TERM_LEVEL:
        return level;
    case LOSS_TERM_NONE:
        break;
    }
    return 1;
}

/* Whether a run's objective has what a chart shows. */
static bool reports(const struct compared_run *r, const struct loss_chart *c)
{
    const struct method_info *m = engine_method(r->method);
    const char *dot = strrchr(c->metric, '.');
    if (c->local && (!r->local || m->levels < 2)) return false;
    if (c->term == LOSS_TERM_INV || c->term == LOSS_TERM_VAR || c->term == LOSS_TERM_COV) {
        for (int k = 0; k < m->terms; k++)
            if (!strcmp(dot + 1, m->term[k].name)) return true;
        return false;
    }
    for (int k = 0; dot && k < STAT_COUNT; k++)
        if (!strncmp(c->metric, level_stats[k].name, (size_t)(dot - c->metric)) &&
            !level_stats[k].name[dot - c->metric])
            return m->stats >> k & 1;
    return true;
}

bool loss_data_has(const struct loss_data *l, int chart)
{
    for (int i = 0; i < l->comparison.count; i++)
        if (reports(&l->comparison.run[i], &loss_charts[chart])) return true;
    return l->comparison.count == 0;
}

/* ---- x ---- */

double loss_data_x(const struct loss_data *l, int run, double step)
{
    const struct series *t = &l->scale[run];
    if (l->x == LOSS_STEP || isnan(step)) return step;
    if (!t->count) return NAN;
    int low = 0, high = t->count - 1; /* the last point at or before the step */
    while (low < high) {
        int middle = (low + high + 1) / 2;
        if (t->points[middle].x0 <= step)
            low = middle;
        else
            high = middle - 1;
    }
    const struct series_point *p = &t->points[low];
    double at = p->x0, value = p->min, next = p->x1, end = p->max; /* both rise, so its ends are its extremes */
    if (step > p->x1 && low + 1 < t->count) at = p->x1, value = p->max, next = p[1].x0, end = p[1].min;
    double share = next > at ? (step - at) / (next - at) : 0;
    share = share < 0 ? 0 : share > 1 ? 1 : share;
    return (value + share * (end - value)) / scale_units[l->x];
}

int64_t loss_data_step(const struct loss_data *l, double x)
{
    int64_t low = l->shown_first, high = l->shown_last;
    if (isnan(x)) return -1;
    if (l->x == LOSS_STEP) return (int64_t)llround(x);
    while (low < high) {
        int64_t middle = low + (high - low) / 2;
        double at = loss_data_x(l, 0, (double)middle);
        if (isnan(at)) return -1;
        if (at < x)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* The series of a curve as it is drawn. */
static bool show(struct loss_data *l, int chart, int run, struct err *e)
{
    struct loss_curve *c = &l->curve[chart][run];
    double weight = loss_data_weight(l, chart, run);
    if (c->series.count > c->room) {
        struct series_point *grown = realloc(c->points, (size_t)c->series.room * sizeof *grown);
        if (!grown) return err_set(e, ERR_MEMORY, "curve of %s: memory ran out", loss_charts[chart].name);
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

/* Events after the last one that was read; the oldest are forgotten when there are too many. Probes of the AUC come at
 * every interval and have a curve of their own. */
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

static bool read_run(struct loss_data *l, const struct selection *sel, int run, int64_t first, int64_t last,
                     bool *changed, struct err *e)
{
    const struct compared_run *r = &l->comparison.run[run];
    bool moved = *changed;
    if (l->x != LOSS_STEP && run > 0) first = 0, last = r->step; /* its steps are not those of the shown run */
    if (last > r->step) last = r->step;
    if (l->x != LOSS_STEP && !series_continue(&l->scale[run], sel->store, r->id, r->rewound, scale_metrics[l->x], first,
                                              last, l->columns, &moved, e))
        return false;
    for (int i = 0; i < LOSS_CHARTS; i++) {
        bool anew = moved;
        if (!(l->wanted >> i & 1)) continue;
        if (!series_continue(&l->curve[i][run].series, sel->store, r->id, r->rewound, loss_charts[i].metric, first,
                             last, l->columns, &anew, e))
            return false;
        if (anew && !show(l, i, run, e)) return false;
        *changed = *changed || anew;
    }
    return true;
}

bool loss_data_read(struct loss_data *l, const struct selection *sel, bool *changed, struct err *e)
{
    int64_t newest = comparison_last(&l->comparison);
    l->shown_last = l->last < 0 || l->last > newest ? newest : l->last;
    l->shown_first = l->first;
    for (int i = 0; i < l->comparison.count; i++)
        if (!read_run(l, sel, i, l->shown_first, l->shown_last, changed, e)) return false;
    return read_events(l, sel, changed, e);
}

void loss_data_forget(struct loss_data *l)
{
    for (int i = 0; i < LOSS_CHARTS; i++)
        for (int k = 0; k < LOSS_RUNS; k++) series_clear(&l->curve[i][k].series), l->curve[i][k].count = 0;
    for (int k = 0; k < LOSS_RUNS; k++) series_clear(&l->scale[k]);
    drop_events(l);
    l->event_run = 0;
}

void loss_data_clear(struct loss_data *l)
{
    loss_data_forget(l);
    for (int i = 0; i < LOSS_CHARTS; i++)
        for (int k = 0; k < LOSS_RUNS; k++) free(l->curve[i][k].points);
}
