/* Row by row, in double: d cos(x, c) / dx = (c / |c| - cos(x, c) x / |x|) / |x|. Lengths are at least 1e-8, as in
 * PyTorch's cosine_similarity; below that the length is a constant, and only the first part remains. */
#include "engine/train/methods/cosine.h"

#include <math.h>

#include "engine/train/methods/statistics.h"

#define LEAST_LENGTH 1e-8

size_t cosine_scratch(const struct kernels *k, int threads, int n, int d)
{
    (void)k, (void)threads;
    return 2 * (size_t)n * d + 2 * (size_t)d;
}

/* Of x [d] and c [d]; dx [d] is filled with `slope` times the gradient. */
static double cosine_row(int d, const real *x, const real *c, double slope, real *dx)
{
    double xx = 0, cc = 0, xc = 0;
    for (int j = 0; j < d; j++) {
        xx += (double)x[j] * x[j];
        cc += (double)c[j] * c[j];
        xc += (double)x[j] * c[j];
    }
    double length = sqrt(xx) < LEAST_LENGTH ? LEAST_LENGTH : sqrt(xx); /* NaN stays */
    double other = sqrt(cc) < LEAST_LENGTH ? LEAST_LENGTH : sqrt(cc), cosine = xc / (length * other);
    double along = sqrt(xx) < LEAST_LENGTH ? 0 : cosine / (length * length);
    for (int j = 0; j < d; j++) dx[j] = (real)(slope * (c[j] / (length * other) - along * x[j]));
    return cosine;
}

double cosine_pair(const struct kernel_run *run, const struct loss_views *views, const real *c, double factor,
                   struct level_report *out)
{
    int n = views->n, d = views->d;
    size_t view = (size_t)n * d;
    real *centred = run->scratch, *var = run->scratch + 2 * view;
    for (size_t v = 0; v < 2; v++)
        level_centre(run, n, d, views->embedding + v * view, centred + v * view, var + v * (size_t)d);
    level_statistics(n, d, centred, var, out);
    double sum = 0;
    for (size_t v = 0; v < 2; v++)
        for (size_t i = 0; i < (size_t)n; i++) {
            size_t at = v * view + i * d;
            sum += cosine_row(d, views->z + at, c + (1 - v) * view + i * d, factor * views->scale / n, views->dz + at);
        }
    return sum / n;
}
