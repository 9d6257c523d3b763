/* What the Loss screen shows: a table of charts, and the curves of each for the run that is shown and the marked ones.
 */
#ifndef MLVICX_VIEWS_LOSS_DATA_H
#define MLVICX_VIEWS_LOSS_DATA_H

#include "store/event.h"
#include "views/analysis/comparison.h"
#include "views/analysis/series.h"

/* What a chart's numbers are multiplied with to be what they are in the total. */
enum loss_term { LOSS_TERM_NONE, LOSS_TERM_INV, LOSS_TERM_VAR, LOSS_TERM_COV, LOSS_TERM_LEVEL };

struct loss_chart {
    const char *name, *metric, *title;
    enum meaning meaning;
    enum loss_term term;
    bool local;    /* of the local level      */
    bool positive; /* follows the key for logarithmic axes */
    int plateaus;  /* how many levels' plateaus of uncorrelated views it can stand on; 0: none */
};
enum { LOSS_CHARTS = 17 };
extern const struct loss_chart loss_charts[LOSS_CHARTS];

/** Where a level stands that has learned to spread but whose views share nothing. */
#define LOSS_PLATEAU 21.9

enum loss_x { LOSS_STEP, LOSS_EPOCH, LOSS_TIME, LOSS_X_COUNT };
extern const char *const loss_x_names[LOSS_X_COUNT];

enum { LOSS_RUNS = 1 + SELECTION_MARKS, LOSS_EVENTS = 400 };

struct loss_curve {
    struct series series;
    struct series_point *points; /* owned: the series', weighted, over the x that is shown */
    int count, room;
};

struct loss_data {
    /* asked for */
    enum loss_x x;
    bool weighted;
    unsigned wanted;     /* a bit a chart: those that are shown */
    int columns;         /* that a curve should have            */
    int64_t first, last; /* span of steps; last -1: to the newest */

    /* read */
    struct comparison comparison;
    struct loss_curve curve[LOSS_CHARTS][LOSS_RUNS];
    struct series scale[LOSS_RUNS]; /* epochs or seconds of each run, for x */
    int64_t shown_first, shown_last;
    struct store_event events[LOSS_EVENTS]; /* of the run that is shown, oldest first; texts owned */
    int event_count;
    int64_t event_run, event_id, event_rewound;
};

/** Read what is new of the runs of `comparison`, which the caller reads first (comparison_read): which charts there are
 *  depends on them. `*changed`: something is to be drawn. */
bool loss_data_read(struct loss_data *l, const struct selection *sel, bool *changed, struct err *e);
/** Forget what was read: the next call reads everything. */
void loss_data_forget(struct loss_data *l);
void loss_data_clear(struct loss_data *l);
/** A step of compared run `run` as an x, and the nearest step of the shown run to an x. NaN, -1: there is none. */
double loss_data_x(const struct loss_data *l, int run, double step);
int64_t loss_data_step(const struct loss_data *l, double x);
/** Whether the objective of any compared run reports what a chart shows; what is no part of an objective always is. */
bool loss_data_has(const struct loss_data *l, int chart);
/** What the newest numbers of a chart are multiplied with. */
double loss_data_weight(const struct loss_data *l, int chart, int run);

#endif
