/* The charts of the screen Loss: which are shown, where they lie, how they are drawn. */
#ifndef MLVICX_VIEWS_LOSS_DRAW_H
#define MLVICX_VIEWS_LOSS_DRAW_H

#include "views/analysis/loss_data.h"
#include "views/charts/chart.h"

/** The screen. */
struct loss {
    struct loss_data data;
    char hidden[1024]; /* names of charts that are not shown, a blank around each */
    int focus;         /* the chart that Enter makes large */
    bool large;
    int64_t span;   /* steps that are shown; 0: all */
    int64_t cursor; /* a step; -1: none, the newest values are shown */
    bool log_y, log_x;
    int smooth;
    int event;  /* that the cursor stands on; -1 */
    bool moved; /* what is shown was changed by a key */
    int left;   /* column of the terminal where the screen begins */
    struct loss_place {
        int chart, y, x, h, w;
        struct chart_place place;
    } places[LOSS_CHARTS_MOST]; /* as drawn last */
    int place_count;
};

enum { LOSS_SMOOTHINGS = 4 };
/** Parts of a chart's width over which curves are smoothed; the first is 0. */
extern const double loss_smoothing[LOSS_SMOOTHINGS];

struct loss_layout {
    int header, footer; /* rows */
    int rows, columns;  /* of charts; 0: numbers only */
    int first, count;   /* of the chosen charts: those on this page */
    int pages;
};

bool loss_is_hidden(const struct loss *l, int chart);
/** Show or hide a chart. The list of hidden charts has room for a limited number of names; a chart beyond them stays.
 */
void loss_set_hidden(struct loss *l, int chart, bool hide);
/** The charts that are chosen, in their order: the large one alone, or all that are not hidden. Returns how many. */
int loss_chosen(const struct loss *l, int list[LOSS_CHARTS_MOST]);
/** What fits into h rows and w columns, with a footer of `footer` rows at most. */
struct loss_layout loss_layout_of(const struct loss *l, int h, int w, int footer);
/** Draw everything; fills l->places. */
void loss_draw_charts(struct loss *l, const struct area *a);

#endif
