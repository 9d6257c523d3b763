/* The spectrum of a centred matrix: eigenvalues of the smaller of its two Gram matrices, which share all that is not
 * zero, and the ranks read from them. */
#include "engine/diagnose/diagnose_parts.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>

#include <cblas.h>
#include <lapacke.h>

/* Inputs are float32, so an eigenvalue below this share of the largest is rounding. It floors logarithms and quotients;
 * sums are taken as they are. */
static const double negligible = 1e-14;

bool spectrum_singular(const double *x, int n, int d, double *singular, struct err *e)
{
    int m = n < d ? n : d;
    double *gram = malloc((size_t)m * (size_t)m * sizeof *gram);
    if (!gram) return err_set(e, ERR_MEMORY, "spectrum of %d x %d: no memory for the Gram matrix", n, d);
    /* Row-major upper triangle: for n < d it is x x', else x' x. */
    cblas_dsyrk(CblasRowMajor, CblasUpper, n < d ? CblasNoTrans : CblasTrans, m, n < d ? d : n, 1, x, d, 0, gram, m);
    /* Row-major upper is column-major lower, and LAPACKE transposes nothing for column-major. */
    lapack_int info = LAPACKE_dsyevd(LAPACK_COL_MAJOR, 'N', 'L', m, gram, m, singular);
    free(gram);
    if (info != 0)
        return err_set(e, ERR_NUMERIC, "spectrum of %d x %d: eigenvalues did not converge (%d)", n, d, (int)info);
    for (int i = 0; i < m / 2; i++) {
        double t = singular[i];
        singular[i] = singular[m - 1 - i];
        singular[m - 1 - i] = t;
    }
    for (int i = 0; i < m; i++) singular[i] = singular[i] > 0 ? sqrt(singular[i]) : 0;
    return true;
}

double spectrum_rankme(const double *singular, int count)
{
    double sum = 0, entropy = 0;
    for (int i = 0; i < count; i++) sum += singular[i];
    if (sum <= 0) return 1;
    for (int i = 0; i < count; i++) {
        double p = singular[i] / sum + 1e-7;
        entropy -= p * log(p);
    }
    return exp(entropy);
}

/* Least-squares line through (log j, log lambda_j), j = 5..min(n,d)/2, counted from 1. */
static void alpha_fill(const double *lambda, struct diagnose *g)
{
    int first = 5, last = g->values / 2, count = last - first + 1;
    g->alpha = g->alpha_r2 = NAN;
    if (count < 3 || lambda[0] <= 0) return;
    double mx = 0, my = 0, xx = 0, xy = 0, yy = 0;
    for (int j = first; j <= last; j++) {
        mx += log(j) / count;
        my += log(fmax(lambda[j - 1], negligible * lambda[0])) / count;
    }
    for (int j = first; j <= last; j++) {
        double u = log(j) - mx, v = log(fmax(lambda[j - 1], negligible * lambda[0])) - my;
        xx += u * u;
        xy += u * v;
        yy += v * v;
    }
    g->alpha = -xy / xx;
    g->alpha_r2 = yy > 0 ? xy * xy / (xx * yy) : NAN;
}

bool spectrum_fill(const double *x, struct diagnose *g, struct err *e)
{
    int count = g->values, rank = g->n - 1 < g->d ? g->n - 1 : g->d;
    double *lambda = malloc((size_t)count * sizeof *lambda);
    if (!lambda) return err_set(e, ERR_MEMORY, "spectrum: no memory");
    if (!spectrum_singular(x, g->n, g->d, lambda, e)) {
        free(lambda);
        return false;
    }
    g->rankme = spectrum_rankme(lambda, count);
    double sum = 0, squares = 0;
    for (int i = 0; i < count; i++) {
        g->singular[i] = (float)lambda[i];
        lambda[i] *= lambda[i] / (g->n - 1);
        g->eigenvalues[i] = (float)lambda[i];
        sum += lambda[i];
        squares += lambda[i] * lambda[i];
    }
    bool some = lambda[0] > 0;
    g->participation = some ? sum * sum / squares : 1;
    g->stable_rank = some ? sum / lambda[0] : 1;
    g->condition = some ? lambda[0] / fmax(lambda[rank - 1], negligible * lambda[0]) : NAN;
    alpha_fill(lambda, g);
    free(lambda);
    return true;
}
