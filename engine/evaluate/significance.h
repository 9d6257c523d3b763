/* From a difference and its variance to what may be said about it. */
#ifndef MLVICX_EVALUATE_SIGNIFICANCE_H
#define MLVICX_EVALUATE_SIGNIFICANCE_H

#include <stdbool.h>

/** Ends of an interval; NaN where there is none. */
struct interval {
    double lo, hi;
};

/** value +- 1.96 deviations, cut to least..most; NaN without a variance. */
struct interval significance_interval(double value, double variance, double least, double most);
/** Two-sided p of a difference, normal; variance 0: 1 where the difference is 0, else 0. NaN without a variance. */
double significance_p(double difference, double variance);
/** Student's quantile .975 at so many degrees of freedom, 1 or more: how many deviations half an interval of 95 % has.
 */
double significance_student(double freedom);
/** Holm's correction of p [count]: out [count], filled; NaN stays, and does not count. */
void significance_holm(const double *p, int count, double *out);
/** The difference that is found at 80 % power by a two-sided test at 5 % whose difference has this deviation. */
double significance_detectable(double deviation);
/** How many times as many images (or seeds) would find a difference that has this deviation at 80 % power; infinite for
 * a difference of 0. */
double significance_more(double difference, double deviation);

#endif
