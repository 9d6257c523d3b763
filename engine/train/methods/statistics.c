#include "engine/train/methods/statistics.h"

#include <math.h>

/* Column by column, since each dimension has a mean and a variance of its own; two passes, in double. */
void level_centre(const struct kernel_run *run, int n, int d, const real *x, real *centred, real *var)
{
#pragma omp parallel for num_threads(run->threads) schedule(static)
    for (int j = 0; j < d; j++) {
        double sum = 0, squares = 0;
        for (int i = 0; i < n; i++) sum += x[(size_t)i * d + j];
        double mean = sum / n;
        for (int i = 0; i < n; i++) {
            double t = x[(size_t)i * d + j] - mean;
            centred[(size_t)i * d + j] = (real)t;
            squares += t * t;
        }
        var[j] = (real)(squares / (n - 1));
    }
}

/* Rows are read as they lie, a block of columns at a time. Sums are of differences to the first image, so that a mean
 * much larger than the deviation costs no digits. */
double views_correlation(int n, int d, const real *x)
{
    enum { BLOCK = 64 };
    const real *y = x + (size_t)n * d;
    double rho = 0;
    for (int from = 0; from < d; from += BLOCK) {
        double a[BLOCK] = { 0 }, b[BLOCK] = { 0 }, aa[BLOCK] = { 0 }, bb[BLOCK] = { 0 }, ab[BLOCK] = { 0 };
        int count = d - from < BLOCK ? d - from : BLOCK;
        for (int i = 1; i < n; i++)
            for (int j = 0; j < count; j++) {
                size_t at = (size_t)i * d + from + j;
                double u = (double)x[at] - x[from + j], v = (double)y[at] - y[from + j];
                a[j] += u;
                b[j] += v;
                aa[j] += u * u;
                bb[j] += v * v;
                ab[j] += u * v;
            }
        for (int j = 0; j < count; j++) {
            double product = (aa[j] - a[j] * a[j] / n) * (bb[j] - b[j] * b[j] / n);
            rho += product > 0 ? (ab[j] - a[j] * b[j] / n) / sqrt(product) : 0;
        }
    }
    return rho / d;
}

/* rho: mean over dimensions of the correlation of both views over the images; a dimension that does not vary counts as
 * 0. alignment: mean over images of |u - v|^2 = 2 - 2 cos(u, v), u and v the centred views of unit length (Wang, Isola
 * 2020). */
void level_statistics(int n, int d, const real *x, const real *var, struct level_report *out)
{
    const real *b = x + (size_t)n * d;
    double rho = 0, least = INFINITY, sum = 0;
    int dead = 0, inactive = 0;
    for (int j = 0; j < d; j++) {
        double both = 0, va = var[j], vb = var[d + j];
        for (int i = 0; i < n; i++) both += (double)x[(size_t)i * d + j] * b[(size_t)i * d + j];
        double product = sqrt(va * vb), deviation = (sqrt(va) + sqrt(vb)) / 2;
        rho += product > 0 ? both / (n - 1) / product : 0;
        sum += deviation;
        if (!(deviation >= least)) least = deviation;
        dead += deviation < 0.1;
        inactive += deviation > 1;
    }
    double alignment = 0;
    for (int i = 0; i < n; i++) {
        double aa = 0, bb = 0, ab = 0;
        for (int j = 0; j < d; j++) {
            double p = x[(size_t)i * d + j], q = b[(size_t)i * d + j];
            aa += p * p;
            bb += q * q;
            ab += p * q;
        }
        alignment += aa > 0 && bb > 0 ? 2 - 2 * ab / sqrt(aa * bb) : 0;
    }
    out->stat[STAT_RHO] = rho / d;
    out->stat[STAT_STD_MEAN] = sum / d;
    out->stat[STAT_STD_MIN] = least;
    out->stat[STAT_DEAD] = (double)dead / d;
    out->stat[STAT_INACTIVE] = (double)inactive / d;
    out->stat[STAT_ALIGNMENT] = alignment / n;
}
