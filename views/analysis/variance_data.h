/* The data of the Variance screen: deviations of a level at the recorded steps, their order, and figures about them. */
#ifndef MLVICX_VIEWS_VARIANCE_DATA_H
#define MLVICX_VIEWS_VARIANCE_DATA_H

#include "views/analysis/comparison.h"
#include "views/analysis/axis.h"
#include "views/analysis/level_rules.h"
#include "views/analysis/series.h"
#include "views/analysis/x_axes.h"

/* The loss pushes deviations of z and d up to the hinge; a dimension of theirs below the other limit is dead. */
#define VARIANCE_HINGE 1.0
#define VARIANCE_DEAD  0.1

/* ---- pure parts ---- */

struct variance_stats {
    int count, missing; /* finite numbers, and others      */
    int dead, active;   /* as diagnose_dead counts them; below VARIANCE_HINGE */
    double mean, median, min, max;
};
/** Figures of n deviations; NaN where nothing is finite, or memory ran out (the median). `held`: of z or d. */
struct variance_stats variance_stats(const float *values, int n, bool held);

enum variance_order { VARIANCE_BY_VALUE, VARIANCE_BY_INDEX, VARIANCE_BY_CHANGE, VARIANCE_ORDERS };
/** Fill index[n] with the dimensions in an order: the largest first, as they are, or the largest rise since `before`
 *  (NULL: nothing is known, as they are) first. Equals stay in order, what is no number comes last. False: no memory.
 */
bool variance_sort(enum variance_order order, const float *now, const float *before, int n, int *index);

/** Place of a dimension among all by value, from 1. */
int variance_rank(const float *values, int n, int dim);

struct variance_column {
    double min, mean, max; /* NaN: nothing finite */
};
/** Minimum, mean and maximum of the dimensions index[first..end). */
struct variance_column variance_reduce(const float *values, const int *index, int first, int end);

/** How n items fill a room with equal cells: `per` items per cell, or `wide` places per cell. Returns the number of
 * cells. */
int variance_fold(int n, int room, int *per, int *wide);

/** Counts values in bins of equal width on the axis; values outside go to the first or last bin. */
void variance_bins(const float *values, int n, const struct axis *x, int bins, float *counts);

/* ---- reading ---- */

enum variance_history { VARIANCE_DEAD_SHARE, VARIANCE_INACTIVE, VARIANCE_MEAN, VARIANCE_LEAST, VARIANCE_HISTORIES };

struct variance_row {
    int64_t step;
    int dims;
    bool known;    /* it was read      */
    float *values; /* owned; [dims]    */
};

struct variance_data {
    struct comparison comparison;
    int64_t run, rewound;
    int level;
    struct variance_row *rows; /* owned: every recorded step, rising; read a few at a time */
    int count;
    int at;     /* the selected row; -1: none */
    int *index; /* owned: its dimensions in the chosen order    */
    int dims;   /* of it; 0: nothing to show                    */
    struct variance_stats stats;
    struct variance_mark {
        int64_t run, rewound, step;
        int level, dims;
        float *sorted; /* owned; the largest first */
    } marks[SELECTION_MARKS];
    struct series history[VARIANCE_HISTORIES];
    struct x_axes x; /* of the histories */
    enum variance_order order;
    struct level_rules rules; /* of the selected level */
};

/** Brings it up to date with run, level, step and marks of the selection. `*changed` is set if anything differs;
 * `*more` if another call must read further steps. */
bool variance_read(struct variance_data *v, const struct selection *sel, int columns, bool *changed, bool *more,
                   struct err *e);
/** Discards what was read: the next call reads everything. */
void variance_forget(struct variance_data *v);
void variance_clear(struct variance_data *v);

/** The selected deviations, and those of the previous step (NULL: none). */
const float *variance_now(const struct variance_data *v);
const float *variance_before(const struct variance_data *v);

#endif
