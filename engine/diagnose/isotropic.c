/* What an isotropic Gaussian of the same n and d would show: the yardstick of RankMe. */
#include "engine/diagnose/diagnose_parts.h"

#include <stdlib.h>

#include "engine/base/random.h"

bool diagnose_isotropic(int n, int d, double *rankme, struct err *e)
{
    int count = n < d ? n : d;
    double *x = malloc(((size_t)n * (size_t)d + (size_t)d + (size_t)count) * sizeof *x);
    if (!x) return err_set(e, ERR_MEMORY, "isotropic reference of %d x %d: no memory", n, d);
    double *mean = x + (size_t)n * (size_t)d, *singular = mean + d;
    struct random r = random_stream(0, (uint32_t)n, (uint32_t)d, RANDOM_DIAGNOSE);
    for (int j = 0; j < d; j++) mean[j] = 0;
    for (int i = 0; i < n; i++) {
        double *row = x + (size_t)i * (size_t)d;
        for (int j = 0; j < d; j++) {
            row[j] = random_normal(&r);
            mean[j] += row[j] / n;
        }
    }
    for (int i = 0; i < n; i++) {
        double *row = x + (size_t)i * (size_t)d;
        for (int j = 0; j < d; j++) row[j] -= mean[j];
    }
    bool ok = spectrum_singular(x, n, d, singular, e);
    if (ok) *rankme = spectrum_rankme(singular, count);
    free(x);
    return ok;
}
