/* Private to the files of diagnose: each part takes the centred matrix in double and fills its share of the numbers. */
#ifndef MLVICX_DIAGNOSE_PARTS_H
#define MLVICX_DIAGNOSE_PARTS_H

#include "engine/diagnose/diagnose.h"

/** Singular values of the centred x [n, d] in descending order: min(n, d) of them, filled. Squares below the rounding
 * of double may come out as 0. */
bool spectrum_singular(const double *x, int n, int d, double *singular, struct err *e);

/** singular [count], borrowed: exp of the entropy of p = s / sum s + 1e-7 (Garrido et al. 2023); 1 where all are 0. */
double spectrum_rankme(const double *singular, int count);

/** Everything that follows from the singular values of the centred x [n, d], the isotropic reference excepted. */
bool spectrum_fill(const double *x, struct diagnose *g, struct err *e);

/** Correlations: blocks, strongest pairs, mean and largest |r|. x [n, d] centred; norm [d]: length of each column of x,
 * 0 where constant. */
bool correlation_fill(const double *x, const double *norm, struct diagnose *g, struct err *e);

/** Uniformity and mean cosine of the rows of the centred x [n, d]. */
bool spread_fill(const double *x, struct diagnose *g, struct err *e);

#endif
