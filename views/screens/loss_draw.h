/* The charts of the screen Loss: which are visible, where they are placed, and how they are drawn. */
#ifndef MLVICX_VIEWS_LOSS_DRAW_H
#define MLVICX_VIEWS_LOSS_DRAW_H

#include "views/analysis/loss_data.h"
#include "views/charts/chart.h"

/** The screen. */
struct loss {
    struct loss_data data;
    char hidden[1024]; /* names of hidden charts, a blank around each */
    int focus;         /* the chart that Enter enlarges */
    bool large;
    int64_t span;             /* steps that are shown; 0: all */
    int64_t zoomed;           /* the run that the span is of */
    int64_t cursor;           /* a step; -1: none, the newest values are shown */
    int64_t step;             /* that other screens looked at when this one read last */
    bool log_y, log_x, seeds; /* seeds: runs that differ in the seed alone are one curve */
    int smooth;
    int event;  /* that the cursor is on; -1: none */
    bool moved; /* a key has changed what is shown */
    int left;   /* terminal column at which the screen begins */
    struct loss_place {
        int chart, y, x, h, w;
        struct chart_place place;
    } places[LOSS_CHARTS_MOST]; /* as drawn last */
    int place_count;
};

enum { LOSS_SMOOTHINGS = 4 };
/** Widths of the smoothing window, as fractions of a chart's width; the first is 0. */
extern const double loss_smoothing[LOSS_SMOOTHINGS];

struct loss_layout {
    int header, footer; /* rows */
    int rows, columns;  /* of charts; 0: numbers only */
    int first, count;   /* of the visible charts: those on this page */
    int pages;
};

bool loss_is_hidden(const struct loss *l, int chart);
/** Shows or hides a chart. The list of hidden charts has limited room; a chart for which there is no room stays
 * visible. */
void loss_set_hidden(struct loss *l, int chart, bool hide);
/** The visible charts in their order: the enlarged one alone, or all that are not hidden. Returns how many. */
int loss_chosen(const struct loss *l, int list[LOSS_CHARTS_MOST]);
/** The layout for h rows and w columns, with a footer of at most `footer` rows. */
struct loss_layout loss_layout_of(const struct loss *l, int h, int w, int footer);
/** Draws everything and fills l->places. */
void loss_draw_charts(struct loss *l, const struct area *a);

#endif
