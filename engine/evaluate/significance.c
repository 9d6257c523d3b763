#include "engine/evaluate/significance.h"

#include <math.h>

static const double at_95 = 1.96, at_power = 1.959963984540054 + 0.8416212335729143; /* quantiles .975 and .8 */

struct interval significance_interval(double value, double variance, double least, double most)
{
    double half = at_95 * sqrt(variance);
    if (!(variance >= 0) || isnan(value)) return (struct interval){ NAN, NAN };
    return (struct interval){ fmax(least, value - half), fmin(most, value + half) };
}

double significance_p(double difference, double variance)
{
    if (!(variance >= 0) || isnan(difference)) return NAN;
    if (variance == 0) return difference == 0 ? 1 : 0;
    return erfc(fabs(difference) / sqrt(2 * variance));
}

/* The least p times their number, the next times one less, ...: never falling, at most 1. */
void significance_holm(const double *p, int count, double *out)
{
    int left = 0;
    double last = 0;
    for (int i = 0; i < count; i++) {
        left += !isnan(p[i]);
        out[i] = NAN;
    }
    for (; left; left--) {
        int next = -1;
        for (int i = 0; i < count; i++)
            if (!isnan(p[i]) && isnan(out[i]) && (next < 0 || p[i] < p[next])) next = i;
        last = out[next] = fmin(1, fmax(last, left * p[next]));
    }
}

double significance_detectable(double deviation)
{
    return at_power * deviation;
}

double significance_more(double difference, double deviation)
{
    double ratio = significance_detectable(deviation) / difference;
    return ratio * ratio;
}
