/* Facts about the two views of a level that cost little and say much, whatever the objective. */
#ifndef MLVICX_METHODS_STATISTICS_H
#define MLVICX_METHODS_STATISTICS_H

#include "engine/base/real.h"
#include "engine/kernels/kernels.h"
#include "engine/train/methods/method.h"

#define level_centre      REAL_NAME(level_centre)
#define level_statistics  REAL_NAME(level_statistics)
#define views_correlation REAL_NAME(views_correlation)

/** Centre a view x [n, d] to centred [n, d]; var [d]: its unbiased variances. */
void level_centre(const struct kernel_run *run, int n, int d, const real *x, real *centred, real *var);

/** Deviations, correlation and alignment of centred views x [2, n, d] with unbiased variances var [2, d]; the gain is
 * left as it is. */
void level_statistics(int n, int d, const real *x, const real *var, struct level_report *out);

/** Mean over dimensions of the correlation of both views x [2, n, d], which need not be centred, over the n images: the
 * same as STAT_RHO, of values that no loss is computed on. A dimension that does not vary counts as 0. n at least 2. */
double views_correlation(int n, int d, const real *x);

#endif
