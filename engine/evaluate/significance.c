#include "engine/evaluate/significance.h"

#include <math.h>

static const double at_95 = 1.96, at_95_exact = 1.959963984540054;
static const double at_power = 1.959963984540054 + 0.8416212335729143; /* quantiles .975 and .8 */

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

/* Of Student's t within -x..x, by Simpson's rule. */
static double within(double x, double freedom)
{
    enum { PIECES = 512 };
    double sum = 0, scale = exp(lgamma((freedom + 1) / 2) - lgamma(freedom / 2)) / sqrt(freedom * acos(-1));
    for (int i = 0; i <= PIECES; i++) {
        double t = x * i / PIECES, weight = i == 0 || i == PIECES ? 1 : i % 2 ? 4 : 2;
        sum += weight * pow(1 + t * t / freedom, -(freedom + 1) / 2);
    }
    return 2 * scale * sum * x / PIECES / 3;
}

double significance_student(double freedom)
{
    double low = at_95_exact, high = 13;
    if (!(freedom < 1e5)) return at_95_exact;
    for (int i = 0; i < 50; i++) {
        double middle = (low + high) / 2;
        *(within(middle, freedom) < .95 ? &low : &high) = middle;
    }
    return (low + high) / 2;
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
