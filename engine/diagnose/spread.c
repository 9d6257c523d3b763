/* How the rows lie on the sphere: uniformity (Wang, Isola 2020) and mean cosine of centred rows of unit length. */
#include "engine/diagnose/diagnose_parts.h"

#include <math.h>
#include <stdlib.h>

#include <cblas.h>

enum { PANEL = 256 };

/* Sum of exp(-2 |x-y|^2) over pairs i < j, i in first..last. A row without direction has length 0 and lies at the
 * centre. */
static double panel_sum(const float *dot, const float *length, int first, int last, int n)
{
    double sum = 0;
    for (int i = first; i < last; i++) {
        const float *row = dot + (size_t)(i - first) * (size_t)(n - first) - first;
        double line = 0;
        for (int j = i + 1; j < n; j++) line += exp(-2.0 * fmax(0, length[i] + length[j] - 2 * row[j]));
        sum += line;
    }
    return sum;
}

bool spread_fill(const double *x, struct diagnose *g, struct err *e)
{
    int n = g->n, d = g->d;
    size_t panel = (size_t)(n < PANEL ? n : PANEL) * (size_t)n;
    float *unit = malloc((size_t)n * (size_t)d * sizeof *unit), *dot = malloc(panel * sizeof *dot);
    float *length = malloc((size_t)n * sizeof *length); /* squared: 1, or 0 for a zero row */
    double *total = calloc((size_t)d, sizeof *total);
    bool ok = unit && dot && length && total;
    if (!ok) {
        err_set(e, ERR_MEMORY, "uniformity of %d rows: no memory", n);
        goto done;
    }
    double squares = 0, together = 0, sum = 0, pairs = 0.5 * n * (n - 1.0);
    for (int i = 0; i < n; i++) {
        const double *row = x + (size_t)i * (size_t)d;
        double norm = cblas_dnrm2(d, row, 1);
        length[i] = norm > 0;
        squares += length[i];
        for (int j = 0; j < d; j++) {
            double u = norm > 0 ? row[j] / norm : 0;
            unit[(size_t)i * (size_t)d + (size_t)j] = (float)u;
            total[j] += u;
        }
    }
    for (int j = 0; j < d; j++) together += total[j] * total[j];
    g->cosine = (together - squares) / (2 * pairs);
    for (int first = 0; first < n; first += PANEL) {
        int last = first + PANEL < n ? first + PANEL : n;
        const float *block = unit + (size_t)first * (size_t)d;
        cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, last - first, n - first, d, 1, block, d, block, d, 0, dot,
                    n - first);
        sum += panel_sum(dot, length, first, last, n);
    }
    g->uniformity = log(sum / pairs);
done:
    free(unit);
    free(dot);
    free(length);
    free(total);
    return ok;
}
