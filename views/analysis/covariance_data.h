/* What the screen Covariance shows: the correlations of a level at a step, in blocks or (from the embedding) of single
 * dimensions, in the order and the window that are looked at. */
#ifndef MLVICX_VIEWS_COVARIANCE_DATA_H
#define MLVICX_VIEWS_COVARIANCE_DATA_H

#include "store/snapshot.h"
#include "views/analysis/levels.h"
#include "views/analysis/series.h"
#include "views/analysis/selection.h"
#include "views/analysis/x_axes.h"

enum { COVARIANCE_EXACT = 128 }; /* sides of windows whose single dimensions are computed */

struct covariance_data {
    int64_t run;
    struct level_state level;        /* step -1: nothing recorded */
    struct store_snapshot embedding; /* empty where there is none */
    struct series mean, floor;
    struct x_axes x;  /* of both */
    struct past past; /* of the run */
    int *order;       /* owned: the block at each position */
    /* the window, in positions of blocks */
    int row, column, window;
    /* the matrix that is shown: what its rows and columns are: blocks, or dimensions where `exact` */
    bool exact, max, absolute, clustered;
    float *values;
    int *rows, *columns;
    int row_count, column_count;
    double least, most; /* of the map: the floor of |r|, and the 99th percentile of |r| off the diagonal */
};

/** Read the run's level at the step that is looked at. */
bool covariance_data_read(struct covariance_data *v, const struct selection *sel, struct err *e);
/** Fill the matrix anew: window, order or mode changed. */
bool covariance_data_fill(struct covariance_data *v, struct err *e);
void covariance_data_clear(struct covariance_data *v);
/** Read the same level of another run, the window and the modes of `like`; at the step that is looked at, or its newest
 * before. Empty where that run has no such level. */
bool covariance_data_beside(struct covariance_data *v, const struct covariance_data *like, const struct selection *sel,
                            int64_t run, struct err *e);
/** Fill `out` with a's matrix less b's, and the 99th percentile of its magnitude off the diagonal; false where they
 * differ in shape. */
bool covariance_data_difference(const struct covariance_data *a, const struct covariance_data *b, float *out,
                                double *most);
/** The correlation of two dimensions, from the embedding; NaN without one. */
double covariance_data_r(const struct covariance_data *v, int a, int b);

#endif
