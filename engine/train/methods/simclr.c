/* SimCLR (Chen, Kornblith, Norouzi, Hinton 2020): among all other images of both views, of unit length, each finds its
 * partner; normalised temperature-scaled cross-entropy (equation 1) over 2n rows:
 *
 *     loss = mean over i of -log(exp(s_ip) / sum over j != i of exp(s_ij)),   s = u u' / temperature
 *
 * p is the partner of i, u the rows of unit length.
 * ds_ij = (softmax_ij - [j = p]) / 2n. u appears on both sides of s, so du = (ds + ds') u / temperature, and through
 * the unit length dz = (du - u (u . du)) / |z|. */
#include <math.h>

#include "engine/model/heads.h"
#include "engine/train/methods/methods.h"
#include "engine/train/methods/statistics.h"

enum { NCE, ACCURACY }; /* the terms */

/* Scratch of a level; rows are the images of both views. */
struct parts {
    real *unit;    /* [2n, d]                                                   */
    real *centred; /* [2, n, d]: for the facts, then the gradient of unit       */
    real *var;     /* [2, d]                                                    */
    real *length;  /* [2n]                                                      */
    real *matrix;  /* [2n, 2n]: similarities, then their gradient               */
};

static size_t scratch(const struct kernels *k, int threads, int n, int d)
{
    (void)k, (void)threads;
    size_t rows = 2 * (size_t)n;
    return 2 * rows * (size_t)d + 2 * (size_t)d + rows + rows * rows;
}

static struct parts parts_of(real *at, int n, int d)
{
    size_t rows = 2 * (size_t)n;
    struct parts t = { .unit = at };
    t.centred = t.unit + rows * (size_t)d;
    t.var = t.centred + rows * (size_t)d;
    t.length = t.var + 2 * (size_t)d;
    t.matrix = t.length + rows;
    return t;
}

static void unit_rows(const struct kernel_run *run, int rows, int d, const real *z, const struct parts *t)
{
#pragma omp parallel for num_threads(run->threads) schedule(static)
    for (int i = 0; i < rows; i++) {
        double squares = 0;
        for (int j = 0; j < d; j++) squares += (double)z[(size_t)i * d + j] * z[(size_t)i * d + j];
        double length = sqrt(squares);
        if (!(length >= 1e-12)) length = squares >= 0 ? 1e-12 : length; /* NaN stays */
        t->length[i] = (real)length;
        for (int j = 0; j < d; j++) t->unit[(size_t)i * d + j] = (real)(z[(size_t)i * d + j] / length);
    }
}

/* Cross-entropy of row i of s [rows, rows] against its partner; the row becomes its gradient: probability less the
 * partner's 1. The largest similarity is taken out before exp, which so never overflows. */
static double row_loss(real *s, int rows, int i, int partner, bool *hit)
{
    double most = -INFINITY, sum = 0, own = s[partner];
    int nearest = -1;
    for (int j = 0; j < rows; j++)
        if (j != i && s[j] > most) most = s[j], nearest = j;
    for (int j = 0; j < rows; j++)
        if (j != i) sum += exp((double)s[j] - most);
    for (int j = 0; j < rows; j++) s[j] = j == i ? 0 : (real)(exp((double)s[j] - most) / sum - (j == partner));
    *hit = nearest == partner;
    return log(sum) + most - own;
}

/* The gradient of a similarity reaches both of its rows. */
static void symmetrise(real *s, int rows)
{
    for (int i = 0; i < rows; i++)
        for (int j = 0; j < i; j++) {
            real sum = s[(size_t)i * rows + j] + s[(size_t)j * rows + i];
            s[(size_t)i * rows + j] = s[(size_t)j * rows + i] = sum;
        }
}

static struct level_report loss(const struct kernels *k, const struct kernel_run *run, const struct loss_weights *w,
                                const struct loss_views *views, const struct loss_hinge *hinge)
{
    (void)hinge;
    struct level_report out = { 0 };
    int n = views->n, d = views->d, rows = 2 * n;
    const struct parts t = parts_of(run->scratch, n, d);
    for (int v = 0; v < 2; v++)
        level_centre(run, n, d, views->z + (size_t)v * n * d, t.centred + (size_t)v * n * d, t.var + (size_t)v * d);
    level_statistics(n, d, t.centred, t.var, &out);
    unit_rows(run, rows, d, views->z, &t);
    k->product(run, &(struct product){ .m = rows,
                                       .n = rows,
                                       .k = d,
                                       .a = { .x = t.unit, .pitch = d },
                                       .b = { t.unit, d, .transposed = true },
                                       .c = t.matrix,
                                       .pitch = rows,
                                       .alpha = (real)(1 / w->temperature) });
    for (int i = 0; i < rows; i++) {
        bool hit;
        out.term[NCE] += row_loss(t.matrix + (size_t)i * rows, rows, i, (i + n) % rows, &hit) / rows;
        out.term[ACCURACY] += hit ? 1.0 / rows : 0;
    }
    out.total = out.term[NCE];
    symmetrise(t.matrix, rows);
    k->product(run, &(struct product){ .m = rows,
                                       .n = d,
                                       .k = rows,
                                       .a = { .x = t.matrix, .pitch = rows },
                                       .b = { .x = t.unit, .pitch = d },
                                       .c = t.centred,
                                       .pitch = d,
                                       .alpha = 1 });
    double unit = views->scale / (w->temperature * rows);
#pragma omp parallel for num_threads(run->threads) schedule(static)
    for (int i = 0; i < rows; i++) {
        const real *u = t.unit + (size_t)i * d, *du = t.centred + (size_t)i * d;
        double dot = 0;
        for (int j = 0; j < d; j++) dot += (double)u[j] * du[j];
        for (int j = 0; j < d; j++) views->dz[(size_t)i * d + j] = (real)(unit * (du[j] - u[j] * dot) / t.length[i]);
    }
    return out;
}

static void heads(struct graph *g, const struct encoder_maps *maps)
{
    const struct head_stage stages[] = { { g->net->shape.dim, true, true, false },
                                         { model_out(&g->net->shape), true, false, false } };
    heads_stages(g, &(struct head){ level_table[LEVEL_Z].loss, level_table[LEVEL_Z].name, stages, 2, false, false },
                 maps->h);
}

const struct method REAL_NAME(method_simclr) = {
    .info = { .name = "simclr",
              .help = "each image finds its other view among all images of the batch",
              .views = 2,
              .levels = 1,
              .level = { LEVEL_Z },
              .terms = 2,
              .term = { { "nce", "nats", "cross-entropy of finding the other view" },
                        { "accuracy", "", "share of rows whose nearest row is their other view" } },
              .stats = 1u << STAT_RHO | 1u << STAT_GAIN | 1u << STAT_ALIGNMENT },
    .heads = heads,
    .scratch = scratch,
    .loss = loss,
};
