/* What the figures share: the runs and what was read of them, the sheet and its division. Private to the figures. */
#ifndef MLVICX_VIEWS_FIGURE_PARTS_H
#define MLVICX_VIEWS_FIGURE_PARTS_H

#include "engine/base/text.h"
#include "store/run.h"
#include "views/figures/figure.h"
#include "views/analysis/levels.h"
#include "views/analysis/past.h"
#include "views/analysis/series.h"
#include "views/analysis/x_axes.h"
#include "views/figures/palette.h"
#include "views/figures/plot.h"
#include "views/figures/raster.h"

struct figure_run {
    struct store_run row;     /* owned */
    struct text cell, method; /* owned: its name and its method as cells of a table */
    struct level_state level; /* owned; of views that show one */
    int64_t *steps;           /* owned: those at which the level was looked at */
    size_t step_count;
    int64_t first, last;    /* steps that have points, of its past too */
    struct past past;       /* of a fork */
    struct compared_run as; /* what charts need of it; its past is this one's too */
    struct x_scale scale;   /* its x; owned */
};

struct figure {
    const struct figure_request *q;
    const char *level;
    struct figure_run run[FIGURE_RUNS];
    int runs;
    struct raster raster;
    const struct palette *palette;
    struct raster_box body; /* what is left below the heading */
    bool compact;           /* too small for more than the main panel */
    int64_t first, last;    /* span of the curves over steps  */
    char x_label[32];       /* what their x axis counts, with its unit */
};

/** A figure: what it reads, draws and writes. */
struct figure_kind {
    const char *what; /* of the heading: "loss", "deviations of"                 */
    unsigned parts;   /* arrays of the level; 0: it is about no level     */
    const char *kind; /* the snapshot whose steps count                          */
    bool (*draw)(struct figure *f, struct err *e);
    bool (*csv)(struct figure *f, FILE *out, struct err *e);
};
extern const struct figure_kind figure_loss, figure_variance, figure_covariance, figure_spectrum;

/** The sheet of f->q's size, with letters that grow with it, so that a large one can be printed small; fills palette,
 * raster and compact. ERR_USAGE for a size that cannot be drawn. The caller clears f->raster in any case. */
bool figure_open_sheet(struct figure *f, struct err *e);
/** Pixels left free around what is drawn. */
double figure_margin(const struct figure *f);
/** Cell (row, column) of a division of a box into equal parts, `span` columns wide. */
struct raster_box figure_cell(const struct figure *f, struct raster_box box, int rows, int columns, int row, int column,
                              int span);
/** Part of a box: shares of its width and height. */
struct raster_box figure_part(const struct figure *f, struct raster_box box, double x0, double y0, double x1,
                              double y1);
/** A plot of this figure in a box; axes are still to be set. */
struct plot figure_plot(struct figure *f, struct raster_box box, const char *title);
/** The span of the figure as an x axis: steps, or what it was asked for. */
struct axis figure_x_axis(const struct figure *f);
/** The x of a step of a run; NaN where it is not known. */
double figure_x(const struct figure *f, int run, double step);
struct colour figure_colour(const struct figure *f, int run);
/** The same for what is past. */
struct colour figure_past_colour(const struct figure *f, int run);

/** The runs that are alike run `first`, as seeds_group has it. */
int figure_group(const struct figure *f, const bool *drawn, int first, int member[FIGURE_RUNS]);

/** A metric of a run over the span of the figure, and the part of it that is past; both are the caller's to clear. */
bool figure_series(const struct figure *f, const struct figure_run *r, const char *metric, int columns,
                   struct series *own, struct series *past, struct err *e);

/** One metric of every run over the span, with its envelope, in a box. `log`: -1 as the numbers ask for, 0 or 1. */
enum { FIGURE_LEVELS = 3 };
struct figure_curve {
    const char *metric, *title, *x_label; /* x_label: NULL: the axis has no name here, else that of the figure */
    const bool *drawn;                    /* [runs] whether it is drawn of a run; NULL: of all */
    const double *weight;                 /* [runs] that numbers are multiplied by; NULL: 1    */
    bool apart; /* the runs learn from other losses: which curve is lower says nothing; marked */
    int log;
    struct {
        double at;
        const char *name; /* NULL: no more */
    } level[FIGURE_LEVELS];
    bool holds;     /* the y axis holds these levels, else they show where it does anyway */
    bool events;    /* marks of what happened to the main run                              */
    bool from_zero; /* the y axis begins at 0                                              */
};
/** What is drawn of a metric: points by x, of every run, then what is past of each. Where runs are one, that of the
 * first of them has all, and `runs` says how many; those of the others are empty. */
struct figure_points {
    struct series_point *at; /* owned */
    int count, runs;
};
bool figure_points_read(const struct figure *f, const struct figure_curve *c, int columns,
                        struct figure_points v[2 * FIGURE_RUNS], struct err *e);
void figure_points_clear(struct figure_points v[2 * FIGURE_RUNS]);

bool figure_curves(struct figure *f, struct raster_box box, const struct figure_curve *c, struct err *e);

#endif
