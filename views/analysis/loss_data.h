/* The data of the Loss screen: a list of charts, and the curves of each for the shown run and the marked ones. */
#ifndef MLVICX_VIEWS_LOSS_DATA_H
#define MLVICX_VIEWS_LOSS_DATA_H

#include "store/event.h"
#include "views/analysis/comparison.h"
#include "views/analysis/loss_charts.h"
#include "views/analysis/series.h"
#include "views/analysis/usual.h"
#include "views/analysis/x_axes.h"

enum { LOSS_RUNS = 1 + SELECTION_MARKS, LOSS_EVENTS = 400 };

struct loss_curve {
    struct series series;
    struct series_point *points; /* owned: the points of the series, weighted, over the chosen x */
    int count, room;
    struct series_point at; /* at the cursor, weighted */
};

struct loss_data {
    /* asked for */
    bool weighted;
    bool wanted[LOSS_CHARTS_MOST]; /* those that are shown */
    int columns;                   /* that a curve should have            */
    int64_t first, last;           /* span of steps; last -1: to the newest */
    int64_t cursor;                /* a step whose values are read by themselves; -1: none */

    /* read */
    enum x_kind x; /* that of the selection */
    struct comparison comparison;
    struct loss_chart chart[LOSS_CHARTS_MOST]; /* the charts that the compared runs have */
    int charts;
    struct loss_curve curve[LOSS_CHARTS_MOST][LOSS_RUNS];
    struct x_scale scale[LOSS_RUNS]; /* the x of each run */
    int64_t shown_first, shown_last;
    struct store_event events[LOSS_EVENTS]; /* of the run that is shown, oldest first; texts owned */
    int event_count;
    int64_t event_run, event_id, event_rewound;
    struct usual usual;                       /* earlier runs                        */
    struct usual_band band[LOSS_CHARTS_MOST]; /* of each chart, over steps up to ... */
    int64_t band_last[LOSS_CHARTS_MOST];      /* this one; 0: not read yet           */
};

/** Call after comparison_read: finds the charts that there are now. True if they have changed; what was read of the
 * former ones is then discarded. */
bool loss_data_charts(struct loss_data *l);
/** Reads what is new of the compared runs, after loss_data_charts. `*changed`: something must be redrawn. */
bool loss_data_read(struct loss_data *l, const struct selection *sel, bool *changed, struct err *e);
/** Read what is usual of one of the wanted charts that lacks it; `*more`: others still do. Only over steps, and of the
 * whole run. */
bool loss_data_usual(struct loss_data *l, const struct selection *sel, bool *changed, bool *more, struct err *e);
/** Discards what was read: the next call reads everything. */
void loss_data_forget(struct loss_data *l);
void loss_data_clear(struct loss_data *l);
/** The x of a step of compared run `run`, and the step of the shown run nearest to an x. NaN or -1: there is none. */
double loss_data_x(const struct loss_data *l, int run, double step);
/** The last x that belongs to the run before the fork; 0: none. */
double loss_data_past(const struct loss_data *l, int run);
int64_t loss_data_step(const struct loss_data *l, double x);
/** The factor of the newest numbers of a chart. */
double loss_data_weight(const struct loss_data *l, int chart, int run);

#endif
