/* Which charts there are of runs: the terms and levels that their objectives report, from the tables of the methods,
 * and what every run has. No method and no term is named here. */
#ifndef MLVICX_VIEWS_LOSS_CHARTS_H
#define MLVICX_VIEWS_LOSS_CHARTS_H

#include "views/analysis/comparison.h"

/* What a chart's numbers are multiplied with to be what they are in the total. */
enum loss_weighing { LOSS_WEIGHS_NONE, LOSS_WEIGHS_LEVEL, LOSS_WEIGHS_TERM };

struct loss_chart {
    char name[48], metric[64], title[48]; /* "global.inv", "loss.global.inv", "global inv" */
    enum meaning meaning;
    enum loss_weighing weighing;
    const char *level, *term; /* of a method's table; NULL: no part of an objective */
    bool log;                 /* follows the key for logarithmic axes        */
    bool sums;                /* the total: its plateau is that of all levels */
    bool labels;              /* only of runs that learn from labels          */
};
enum { LOSS_CHARTS_MOST = 64 };

/** Fill `out` with the charts of these runs, each that any of them has once; returns how many. */
int loss_charts_list(const struct compared_run *runs, int count, struct loss_chart out[LOSS_CHARTS_MOST]);
/** Whether a run reports what a chart shows; what is no part of an objective every run does, or every one with labels.
 */
bool loss_chart_of(const struct loss_chart *c, const struct compared_run *r);
/** Whether run i of these is drawn on a chart that shows the first of them: it reports it, and a score is of the same
 * data set, for areas of different classes and images are not comparable. */
bool loss_chart_drawn(const struct loss_chart *c, const struct compared_run *runs, int i);
/** Whether these runs' numbers of the chart are of one objective, so that one can be better than another. */
bool loss_chart_comparable(const struct loss_chart *c, const struct compared_run *runs, int count);
/** What a run's numbers of the chart are multiplied with in its total. */
double loss_chart_weight(const struct loss_chart *c, const struct compared_run *r);
/** Where the chart's numbers stay while the views of this run share nothing; 0: not known. */
double loss_chart_plateau(const struct loss_chart *c, const struct compared_run *r);

#endif
