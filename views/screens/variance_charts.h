/* The charts of the screen Variance. Pure functions: they take the data that were read, and draw cells. */
#ifndef MLVICX_VIEWS_VARIANCE_CHARTS_H
#define MLVICX_VIEWS_VARIANCE_CHARTS_H

#include "views/terminal/theme.h"
#include "views/charts/chart.h"
#include "views/analysis/variance_data.h"

enum variance_mode { VARIANCE_BARS, VARIANCE_HEAT, VARIANCE_HISTOGRAM, VARIANCE_MODES };

struct variance_look {
    const struct variance_data *data;
    const struct theme *theme;
    enum variance_mode mode;
    bool log;
    int dim;        /* under the cursor; -1: none */
    int64_t cursor; /* a step; -1: the newest     */
};

/** Where the dimensions were drawn: a column of the plot represents the positions first..end of the sorted order. */
struct variance_place {
    struct area plot;
    int per, wide; /* as of variance_fold; 0: they fill the whole width */
    int dims;      /* 0: columns represent no dimensions */
};

/** z and d have a hinge at 1; the scale of maps is arbitrary. */
bool variance_hinged(const struct variance_data *v);
/** "by value, the largest first" ... */
const char *variance_order_title(enum variance_order order);

struct variance_place variance_draw(const struct area *a, const struct variance_look *l);
/** The positions at a column; false if the column has none. */
bool variance_range(const struct variance_place *p, int column, int *first, int *end);
/** The first column of a position in the sorted order. */
int variance_column(const struct variance_place *p, int place);

/** Charts over steps: their number, and drawing one of them. */
int variance_trail_charts(const struct variance_data *v);
void variance_draw_trail(const struct area *a, const struct variance_look *l, int chart);

#endif
