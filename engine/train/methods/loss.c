/* One view at a time: its gradient gathers in double, term after term, and is rounded once. */
#include "engine/train/methods/loss.h"

#include <math.h>
#include <string.h>

#include "engine/train/methods/statistics.h"

#define LOSS_EPS 1e-4 /* inside the root of the deviation */

enum { INV, VAR, COV }; /* the terms of a level */

/* Scratch of a level. The last norm of a head removes most of the gradient again, so what is left must not be rounding:
 * its parts are added in double. */
struct parts {
    double *dx;    /* [n, d]: gradient of the view at hand               */
    real *centred; /* [2, n, d]                                          */
    real *var;     /* [2, d]: unbiased variances                         */
    real *product; /* [n, d]: gradient of the covariance term            */
    real *matrix;  /* [m, m], m = min(n, d): Gram or covariance matrix   */
};

size_t loss_scratch(const struct kernels *k, int threads, int n, int d)
{
    (void)k, (void)threads;
    size_t small = n < d ? (size_t)n : (size_t)d, nd = (size_t)n * d;
    return nd * sizeof(double) / sizeof(real) + 3 * nd + 2 * (size_t)d + small * small;
}

static struct parts parts_of(real *scratch, int n, int d)
{
    size_t nd = (size_t)n * d;
    struct parts t = { .dx = (double *)(void *)scratch, .centred = scratch + nd * sizeof(double) / sizeof(real) };
    t.var = t.centred + 2 * nd;
    t.product = t.var + 2 * (size_t)d;
    t.matrix = t.product + nd;
    return t;
}

/* Covariance term of view v; its gradient, times `scale`, added to dx [n, d].
 *
 * |x' x|^2 = |x x'|^2, so where n < d the n x n Gram matrix gives the same sum, and (x x') x = x (x' x) the same
 * gradient, for n / d of the work. Off the diagonal is all less the diagonal, which the variances have. */
static double covariance(const struct kernels *k, const struct kernel_run *run, const struct loss_views *views, int v,
                         const struct parts *t, double scale)
{
    int n = views->n, d = views->d;
    const real *x = t->centred + (size_t)v * n * d, *var = t->var + (size_t)v * d;
    real *product = t->product, *matrix = t->matrix;
    bool gram = n < d;
    int m = gram ? n : d;
    k->product(run, &(struct product){ .m = m,
                                       .n = m,
                                       .k = gram ? d : n,
                                       .a = { x, d, .transposed = !gram },
                                       .b = { x, d, .transposed = gram },
                                       .c = matrix,
                                       .pitch = m,
                                       .alpha = 1 });
    double full = 0, diagonal = 0, unit = n - 1;
    for (int i = 0; i < m; i++) {
        double row = 0;
        for (int j = 0; j < m; j++) row += (double)matrix[(size_t)i * m + j] * matrix[(size_t)i * m + j];
        full += row;
    }
    for (int j = 0; j < d; j++) diagonal += (double)var[j] * var[j];
    /* d/dx: 4/((n-1)^2 d) (x x^T) x, or x (x^T x), minus the diagonal's 4/((n-1) d) var x */
    k->product(run, &(struct product){ .m = n,
                                       .n = d,
                                       .k = m,
                                       .a = { .x = gram ? matrix : x, .pitch = m },
                                       .b = { .x = gram ? x : matrix, .pitch = d },
                                       .c = product,
                                       .pitch = d,
                                       .alpha = 1 });
    double outer = scale * 4 / (unit * unit * d), inner = scale * 4 / (unit * d);
    for (int i = 0; i < n; i++)
        for (int j = 0; j < d; j++) {
            size_t at = (size_t)i * d + j;
            t->dx[at] += outer * product[at] - inner * var[j] * x[at];
        }
    return (full / (unit * unit) - diagonal) / d;
}

/* Deviations are near 1 where the hinge is, so their distance from 1 counts as it is. */
static void note(struct choice *record, size_t i, bool own, bool forced, double distance)
{
    record->bytes[i] = own;
    if (own == forced) return;
    record->flips++;
    if (!(distance <= record->worst)) record->worst = distance;
}

/* Variance term of view v, halved, added to out; its gradient, times `scale`, to dx: d sqrt(var_j + eps) / dx_ij =
 * x_ij / ((n - 1) sqrt(var_j + eps)), where x is centred. */
static void variance(const struct loss_views *views, int v, const struct parts *t, const struct loss_hinge *hinge,
                     double scale, struct level_report *out)
{
    int n = views->n, d = views->d;
    const real *x = t->centred + (size_t)v * n * d, *var = t->var + (size_t)v * d;
    double sum = out->term[VAR];
    for (int j = 0; j < d; j++) {
        size_t at = (size_t)v * d + j;
        double deviation = sqrt((double)var[j] + LOSS_EPS);
        bool below = deviation < 1, active = hinge->forced ? hinge->forced[at] : below;
        if (hinge->record) note(hinge->record, at, below, active, fabs(1 - deviation));
        if (!active) continue;
        sum += (1 - deviation) / d / 2;
        double slope = scale / (2.0 * d * (n - 1) * deviation);
        for (int i = 0; i < n; i++) t->dx[(size_t)i * d + j] -= slope * x[(size_t)i * d + j];
    }
    out->term[VAR] = sum;
}

/* Half the sum of squared differences, as view v meets them, added to out; its gradient begins dx. */
static void invariance(const struct loss_views *views, int v, const struct parts *t, double scale,
                       struct level_report *out)
{
    size_t nd = (size_t)views->n * views->d;
    const real *own = views->z + v * nd, *other = views->z + (1 - v) * nd;
    double sum = out->term[INV];
    for (size_t i = 0; i < nd; i++) {
        double difference = (double)own[i] - other[i];
        sum += difference * difference / 2;
        t->dx[i] = scale * 2 * difference / (double)nd;
    }
    out->term[INV] = sum;
}

struct level_report loss_level(const struct kernels *k, const struct kernel_run *run, const struct loss_weights *w,
                               const struct loss_views *views, const struct loss_hinge *hinge)
{
    struct level_report out = { 0 };
    int n = views->n, d = views->d;
    size_t nd = (size_t)n * d;
    const struct parts t = parts_of(run->scratch, n, d);
    if (hinge->record) hinge->record->flips = 0, hinge->record->worst = 0;
    for (int v = 0; v < 2; v++) {
        invariance(views, v, &t, views->scale * w->sim, &out);
        level_centre(run, n, d, views->z + v * nd, t.centred + v * nd, t.var + (size_t)v * d);
        variance(views, v, &t, hinge, views->scale * w->std, &out);
        out.term[COV] += covariance(k, run, views, v, &t, views->scale * w->cov);
        for (size_t i = 0; i < nd; i++) views->dz[v * nd + i] = (real)t.dx[i];
    }
    out.term[INV] /= (double)nd;
    out.total = w->sim * out.term[INV] + w->std * out.term[VAR] + w->cov * out.term[COV];
    level_statistics(n, d, t.centred, t.var, &out);
    return out;
}
