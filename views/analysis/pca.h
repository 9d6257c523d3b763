/* Principal components of a few hundred rows, by orthogonal iteration in pieces, so that a screen need not wait. */
#ifndef MLVICX_VIEWS_PCA_H
#define MLVICX_VIEWS_PCA_H

#include <stdbool.h>

#include "engine/base/err.h"

enum { PCA_MOST = 6 };

struct pca {
    int n, d, k;
    double *x;              /* [n, d], centred; owned, as all below            */
    double *axes;           /* [k, d], orthonormal                             */
    double *next;           /* [k, d]                                          */
    float *score;           /* [k, n]: where the rows lie on the axes          */
    double share[PCA_MOST]; /* of the variance, once it is done                */
    double total;           /* sum of squares of x; 0: all rows are equal */
    float *before;          /* [before_k, n]: pca_keep_direction; NULL: none */
    int before_k;
    int rounds;
    bool done;
};

/** Begins with rows [n, d] (borrowed); rows that are not finite are an error. pca_clear frees. */
bool pca_begin(struct pca *p, const float *rows, int n, int d, struct err *e);
/** One round; sets done after the last. The sign of an axis is such that its largest part is positive. */
void pca_round(struct pca *p);
/** Instead, each axis is turned to where the same rows lay before: score [k, n], owned from now on, dropped if its rows
 * are others. Call between pca_begin and the last round. */
void pca_keep_direction(struct pca *p, float *score, int k, int n);
void pca_clear(struct pca *p); /* fine on a zeroed struct */

#endif
