/* Barlow Twins (Zbontar, Jing, Misra, LeCun, Deny 2021): the cross-correlation of both views, standardised over the
 * batch, is drawn to the identity.
 *
 *     loss = sum over j of (1 - c_jj)^2 + off * sum over i != j of c_ij^2
 *
 * c = a^T b / n with a, b standardised. The sum of all its squares is that of products of the Gram matrices,
 * |a^T b|^2 = <a a^T, b b^T>, so where n < d the d x d matrix is never made; its diagonal is summed by itself. */
#include <math.h>
#include <string.h>

#include "engine/train/methods/methods.h"
#include "engine/train/methods/projector.h"
#include "engine/train/methods/statistics.h"

#define BARLOW_EPS 1e-5 /* inside the root of the deviation */

enum { ON, OFF }; /* the terms */

/* Scratch of a level. */
struct parts {
    double *diagonal;  /* [d]: of c                                                 */
    double *dx;        /* [n, d]: gradient of the standardised view at hand         */
    real *standard[2]; /* [n, d] each                                               */
    real *var;         /* [2, d]: unbiased variances                                */
    real *matrix[2];   /* [m, m] each, m = min(n, d): Gram matrices, or c times n   */
    real *product;     /* [n, d]                                                    */
};

static size_t scratch(const struct kernels *k, int threads, int n, int d)
{
    (void)k, (void)threads;
    size_t small = n < d ? (size_t)n : (size_t)d, nd = (size_t)n * d;
    return (nd + (size_t)d) * (sizeof(double) / sizeof(real)) + 3 * nd + 2 * (size_t)d + 2 * small * small;
}

static struct parts parts_of(real *at, int n, int d)
{
    size_t small = n < d ? (size_t)n : (size_t)d, nd = (size_t)n * d, doubles = sizeof(double) / sizeof(real);
    struct parts t = { .diagonal = (double *)(void *)at };
    t.dx = t.diagonal + d;
    t.standard[0] = at + (nd + (size_t)d) * doubles;
    t.standard[1] = t.standard[0] + nd;
    t.var = t.standard[1] + nd;
    t.matrix[0] = t.var + 2 * (size_t)d;
    t.matrix[1] = t.matrix[0] + small * small;
    t.product = t.matrix[1] + small * small;
    return t;
}

static double deviation(const struct parts *t, int n, int d, int view, int j)
{
    return sqrt((double)t->var[(size_t)view * d + j] * (n - 1) / n + BARLOW_EPS);
}

/* From centred views, whose facts are told, to standardised ones. */
static void standardise(const struct kernel_run *run, int n, int d, const struct parts *t)
{
    for (int v = 0; v < 2; v++)
#pragma omp parallel for num_threads(run->threads) schedule(static)
        for (int j = 0; j < d; j++) {
            double s = deviation(t, n, d, v, j);
            for (int i = 0; i < n; i++)
                t->standard[v][(size_t)i * d + j] = (real)(t->standard[v][(size_t)i * d + j] / s);
        }
    for (int j = 0; j < d; j++) {
        double sum = 0;
        for (int i = 0; i < n; i++)
            sum += (double)t->standard[0][(size_t)i * d + j] * t->standard[1][(size_t)i * d + j];
        t->diagonal[j] = sum / n;
    }
}

/* Both matrices; the sum of all squares of c. */
static double squares_of_c(const struct kernels *k, const struct kernel_run *run, int n, int d, const struct parts *t)
{
    bool gram = n < d;
    int m = gram ? n : d;
    const real *a = t->standard[0], *b = t->standard[1];
    struct product p = { .m = m,
                         .n = m,
                         .k = gram ? d : n,
                         .a = { a, d, .transposed = !gram },
                         .b = { gram ? a : b, d, .transposed = gram },
                         .c = t->matrix[0],
                         .pitch = m,
                         .alpha = 1 };
    k->product(run, &p);
    if (gram) {
        p.a.x = p.b.x = b;
        p.c = t->matrix[1];
        k->product(run, &p);
    } else {
        memcpy(t->matrix[1], t->matrix[0], (size_t)m * m * sizeof(real));
    }
    double sum = 0;
    for (int i = 0; i < m; i++) {
        double row = 0;
        for (int j = 0; j < m; j++) row += (double)t->matrix[0][(size_t)i * m + j] * t->matrix[1][(size_t)i * m + j];
        sum += row;
    }
    return sum / n / n;
}

/* Gradient of view v: of its standardised form, t->dx [n, d], then through the standardisation, as through a batch
 * norm: (g - mean(g) - a mean(g a)) / deviation, column by column. */
static void backward(const struct kernels *k, const struct kernel_run *run, const struct loss_views *views, int v,
                     const struct parts *t, double off)
{
    int n = views->n, d = views->d;
    const real *own = t->standard[v], *other = t->standard[1 - v];
    /* off: d/da = 2 / n^2 (b b^T) a, or 2 / n^2 b (a^T b)^T; that of b has a and b in each other's place */
    bool gram = n < d;
    k->product(run, &(struct product){ .m = n,
                                       .n = d,
                                       .k = gram ? n : d,
                                       .a = { .x = gram ? t->matrix[1 - v] : other, .pitch = gram ? n : d },
                                       .b = { gram ? own : t->matrix[0], d, .transposed = !gram && v == 0 },
                                       .c = t->product,
                                       .pitch = d,
                                       .alpha = 1 });
#pragma omp parallel for num_threads(run->threads) schedule(static)
    for (int j = 0; j < d; j++) {
        double c = t->diagonal[j], along = (-2 * (1 - c) - 2 * off * c) / n, all = 2 * off / n / n, sum = 0, dot = 0;
        for (int i = 0; i < n; i++) {
            size_t at = (size_t)i * d + j;
            t->dx[at] = views->scale * (all * t->product[at] + along * other[at]);
            sum += t->dx[at];
            dot += t->dx[at] * own[at];
        }
        double s = deviation(t, n, d, v, j);
        for (int i = 0; i < n; i++) {
            size_t at = (size_t)i * d + j;
            views->dz[(size_t)v * n * d + at] = (real)((t->dx[at] - sum / n - own[at] * dot / n) / s);
        }
    }
}

static struct level_report loss(const struct kernels *k, const struct kernel_run *run, const struct loss_weights *w,
                                const struct loss_views *views, const struct loss_hinge *hinge)
{
    (void)hinge;
    struct level_report out = { 0 };
    int n = views->n, d = views->d;
    const struct parts t = parts_of(run->scratch, n, d);
    for (int v = 0; v < 2; v++)
        level_centre(run, n, d, views->z + (size_t)v * n * d, t.standard[v], t.var + (size_t)v * d);
    level_statistics(n, d, t.standard[0], t.var, &out);
    standardise(run, n, d, &t);
    double diagonal = 0;
    for (int j = 0; j < d; j++) {
        out.term[ON] += (1 - t.diagonal[j]) * (1 - t.diagonal[j]);
        diagonal += t.diagonal[j] * t.diagonal[j];
    }
    out.term[OFF] = squares_of_c(k, run, n, d, &t) - diagonal;
    out.total = out.term[ON] + w->off * out.term[OFF];
    for (int v = 0; v < 2; v++) backward(k, run, views, v, &t, w->off);
    return out;
}

static void heads(struct graph *g, const struct encoder_maps *maps)
{
    projector_heads(g, maps, true);
}

const struct method REAL_NAME(method_barlow) = {
    .info = { .name = "barlow",
              .help = "cross-correlation of both views drawn to the identity",
              .views = 2,
              .levels = 1,
              .level = { LEVEL_Z },
              .terms = 2,
              .term = { { "on", "", "squared distance of the correlations on the diagonal from 1; 0 is best" },
                        { "off", "", "squared correlations off the diagonal, unweighted; 0 is best" } },
              .weight = { [OFF] = { .key = "method.off" } },
              .stats = 1u << STAT_RHO | 1u << STAT_STD_MEAN | 1u << STAT_STD_MIN | 1u << STAT_DEAD |
                       1u << STAT_ALIGNMENT },
    .heads = heads,
    .scratch = scratch,
    .loss = loss,
};
