#include "engine/train/loss.h"

#include <math.h>
#include <string.h>

#define LOSS_EPS 1e-4 /* inside the root of the deviation */

/* scratch: the gradient of a view in double [n, d], centred views [2, n, d], variances [2, d], covariance gradient [n,
 * d], then the Gram or covariance matrix. The last norm of a head removes most of the gradient again, so what is left
 * must not be rounding: its parts are added in double. */
size_t loss_scratch(int n, int d)
{
    size_t small = n < d ? (size_t)n : (size_t)d, nd = (size_t)n * d;
    return nd * sizeof(double) / sizeof(real) + 3 * nd + 2 * (size_t)d + small * small;
}

/* Centre a view; its unbiased variances. */
static void centre(const struct kernel_run *run, int n, int d, const real *x, real *centred, real *var)
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

/* Covariance term of a view; its gradient, times `scale`, added to dx. */
static double covariance(const struct kernels *k, const struct kernel_run *run, int n, int d, const real *x,
                         const real *var, real *product, real *matrix, double scale, double *dx)
{
    bool gram = n < d;
    int m = gram ? n : d;
    k->product(run, !gram, gram, m, m, gram ? d : n, 1, x, d, x, d, 0, matrix, m);
    double full = 0, diagonal = 0, unit = n - 1;
    for (int i = 0; i < m; i++) {
        double row = 0;
        for (int j = 0; j < m; j++) row += (double)matrix[(size_t)i * m + j] * matrix[(size_t)i * m + j];
        full += row;
    }
    for (int j = 0; j < d; j++) diagonal += (double)var[j] * var[j];
    /* d/dx: 4/((n-1)^2 d) (x x^T) x, or x (x^T x), minus the diagonal's 4/((n-1) d) var x */
    if (gram)
        k->product(run, false, false, n, d, n, 1, matrix, n, x, d, 0, product, d);
    else
        k->product(run, false, false, n, d, d, 1, x, d, matrix, d, 0, product, d);
    double outer = scale * 4 / (unit * unit * d), inner = scale * 4 / (unit * d);
    for (int i = 0; i < n; i++)
        for (int j = 0; j < d; j++) {
            size_t at = (size_t)i * d + j;
            dx[at] += outer * product[at] - inner * var[j] * x[at];
        }
    return (full / (unit * unit) - diagonal) / d;
}

/* Facts that cost little and say much: deviations, correlation and alignment of the views. */
static void view_statistics(int n, int d, const real *x, const real *var, struct level_loss *out)
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
    out->rho = rho / d;
    out->std_mean = sum / d;
    out->std_min = least;
    out->dead = (double)dead / d;
    out->inactive = (double)inactive / d;
    out->alignment = alignment / n;
}

/* Deviations are near 1 where the hinge is, so their distance from 1 counts as it is. */
static void note(struct choice *record, size_t i, bool own, bool forced, double distance)
{
    record->bytes[i] = own;
    if (own == forced) return;
    record->flips++;
    if (!(distance <= record->worst)) record->worst = distance;
}

void loss_level(const struct kernels *k, const struct kernel_run *run, const struct loss_weights *w, double weight,
                int n, int d, const real *ab, real *dab, real *scratch, const uint8_t *hinge, struct choice *record,
                struct level_loss *out)
{
    size_t nd = (size_t)n * d;
    double *dx = (double *)(void *)scratch;
    real *x = scratch + nd * sizeof(double) / sizeof(real), *var = x + 2 * nd, *product = var + 2 * (size_t)d,
         *matrix = product + nd;
    double inv = 0, variance = 0, cov = 0;
    if (record) record->flips = 0, record->worst = 0;
    for (int v = 0; v < 2; v++) {
        real *xv = x + v * nd, *vv = var + (size_t)v * d;
        const real *own = ab + v * nd, *other = ab + (1 - v) * nd;
        for (size_t i = 0; i < nd; i++) {
            double t = (double)own[i] - other[i];
            inv += t * t / 2; /* met once from either side */
            dx[i] = weight * w->sim * 2 * t / (double)nd;
        }
        centre(run, n, d, own, xv, vv);
        for (int j = 0; j < d; j++) {
            double deviation = sqrt((double)vv[j] + LOSS_EPS);
            bool below = deviation < 1, active = hinge ? hinge[(size_t)v * d + j] : below;
            if (record) note(record, (size_t)v * d + j, below, active, fabs(1 - deviation));
            if (!active) continue;
            variance += (1 - deviation) / d / 2;
            double slope = weight * w->std / (2.0 * d * (n - 1) * deviation);
            for (int i = 0; i < n; i++) dx[(size_t)i * d + j] -= slope * xv[(size_t)i * d + j];
        }
        cov += covariance(k, run, n, d, xv, vv, product, matrix, weight * w->cov, dx);
        for (size_t i = 0; i < nd; i++) dab[v * nd + i] = (real)dx[i];
    }
    out->inv = inv / (double)nd;
    out->var = variance;
    out->cov = cov;
    out->total = w->sim * out->inv + w->std * out->var + w->cov * out->cov;
    view_statistics(n, d, x, var, out);
}
