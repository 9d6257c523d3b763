/* LeJEPA (Balestriero, LeCun 2025): the views of an image are drawn to their mean, while SIGReg draws the embeddings to
 * the standard normal: its statistic is that of Epps and Pulley along many random directions.
 *
 *     loss = (1 - w) * inv + w * sigreg
 *     inv = mean of (view - mean of the views)^2
 *     sigreg = mean over views and directions u of n * integral |mean exp(i t u.z) - exp(-t^2 / 2)|^2 exp(-t^2 / 2) dt
 *
 * The integral runs over -3 .. 3, by the trapezoid rule. Directions are drawn, used and forgotten a block at a time:
 * 256 of them at 4096 dimensions are 4 MiB. */
#include "engine/base/arena.h"
#include "engine/train/methods/methods.h"
#include "engine/train/methods/projector.h"
#include "engine/train/methods/statistics.h"

enum { INV, SIGREG };                          /* the terms                          */
enum { BLOCK = 256 };                          /* directions that are held at a time */
enum { ALIGNED = ARENA_ALIGN / sizeof(real) }; /* reals: scratch begins at a multiple */

/* Scratch of a level. */
struct parts {
    real *centred;    /* [2, n, d]: for the facts                 */
    real *var;        /* [2, d]                                   */
    real *directions; /* [BLOCK, d]                               */
    real *along;      /* [2n, BLOCK]: of z, then their gradient   */
    real *statistic;  /* [BLOCK]                                  */
    real *linear;     /* of the map that a block of directions is */
};

/* The map from embeddings to what they are along `count` directions: both views are its rows. */
static struct linear_shape map_of(int n, int d, int count)
{
    return (struct linear_shape){ .rows = 2 * n, .in = d, .out = count };
}

/* Where the scratch of the map begins. */
static size_t own_reals(int n, int d)
{
    size_t reals = 2 * (size_t)n * d + 2 * (size_t)d + (size_t)BLOCK * d + 2 * (size_t)n * BLOCK + BLOCK;
    return (reals + ALIGNED - 1) / ALIGNED * ALIGNED;
}

static size_t scratch(const struct kernels *k, int threads, int n, int d)
{
    const struct linear_shape map = map_of(n, d, BLOCK);
    return own_reals(n, d) + k->linear_scratch(&map, false, threads);
}

static struct parts parts_of(real *at, int n, int d)
{
    struct parts t = { .centred = at };
    t.var = t.centred + 2 * (size_t)n * d;
    t.directions = t.var + 2 * (size_t)d;
    t.along = t.directions + (size_t)BLOCK * d;
    t.statistic = t.along + 2 * (size_t)n * BLOCK;
    t.linear = at + own_reals(n, d);
    return t;
}

/* Mean over views, images and dimensions of (view - mean of the views)^2; dz is filled with its gradient, times scale.
 */
static double invariance(const struct kernel_run *run, const struct loss_views *views, double scale)
{
    size_t count = (size_t)views->n * views->d;
    const real *a = views->z, *b = views->z + count;
    double sum = 0, unit = scale / (2 * (double)count);
    for (size_t i = 0; i < count; i++) sum += ((double)a[i] - b[i]) * ((double)a[i] - b[i]);
#pragma omp parallel for num_threads(run->threads) schedule(static)
    for (size_t i = 0; i < count; i++) {
        double slope = unit * ((double)a[i] - b[i]);
        views->dz[i] = (real)slope;
        views->dz[count + i] = (real)-slope;
    }
    return sum / (4 * (double)count);
}

/* Directions first .. first + count of the step. */
static void some_directions(const struct kernels *k, const struct kernel_run *run, const struct loss_views *views,
                            int first, int count, real *out)
{
    const struct loss_draw *draw = views->draw;
    size_t d = (size_t)views->d;
    if (draw->directions) {
        const float *given = draw->directions + (size_t)first * d;
        for (size_t i = 0; i < (size_t)count * d; i++) out[i] = given[i];
        return;
    }
    k->directions(run, &(struct direction_draw){ draw->seed, (uint32_t)draw->step, first, count, views->d }, out);
}

/* Mean of the statistic over views and directions; its gradient, times scale, is added to dz. */
static double normality(const struct kernels *k, const struct kernel_run *run, const struct loss_views *views,
                        const struct parts *t, double scale)
{
    int n = views->n, d = views->d, slices = views->draw->slices;
    double sum = 0, unit = scale / (2.0 * slices);
    const struct kernel_run linear = { run->threads, t->linear };
    for (int first = 0; first < slices; first += BLOCK) {
        int count = slices - first < BLOCK ? slices - first : BLOCK;
        some_directions(k, run, views, first, count, t->directions);
        const struct linear_shape map = map_of(n, d, count);
        k->linear_forward(&linear, &map,
                          &(struct linear_forward_args){ .x = views->z, .w = t->directions, .y = t->along });
        for (int v = 0; v < 2; v++) {
            real *along = t->along + (size_t)v * n * count;
            k->normality(run, n, count, along, t->statistic, along);
            for (int j = 0; j < count; j++) sum += t->statistic[j];
        }
        for (size_t i = 0; i < 2 * (size_t)n * count; i++) t->along[i] *= (real)unit;
        k->linear_backward_data(&linear, &map, t->along, t->directions, true, views->dz);
    }
    return sum / (2.0 * slices);
}

static struct level_report loss(const struct kernels *k, const struct kernel_run *run, const struct loss_weights *w,
                                const struct loss_views *views, const struct loss_hinge *hinge)
{
    (void)hinge;
    struct level_report out = { 0 };
    int n = views->n, d = views->d;
    const struct parts t = parts_of(run->scratch, n, d);
    for (int v = 0; v < 2; v++)
        level_centre(run, n, d, views->z + (size_t)v * n * d, t.centred + (size_t)v * n * d, t.var + (size_t)v * d);
    level_statistics(n, d, t.centred, t.var, &out);
    out.term[INV] = invariance(run, views, (1 - w->sigreg) * views->scale);
    out.term[SIGREG] = normality(k, run, views, &t, w->sigreg * views->scale);
    out.total = w->sigreg * out.term[SIGREG] + (1 - w->sigreg) * out.term[INV];
    return out;
}

static void heads(struct graph *g, const struct encoder_maps *maps)
{
    projector_heads(g, maps, false);
}

const struct method REAL_NAME(method_lejepa) = {
    .info = { .name = "lejepa",
              .help = "views drawn to their mean, embeddings to the standard normal",
              .views = 2,
              .levels = 1,
              .level = { LEVEL_Z },
              .terms = 2,
              .term = { { "inv", "", "mean squared distance of a view from the mean of both, unweighted" },
                        { "sigreg", "",
                          "how far projections on random directions are from the standard normal, unweighted; about "
                          "1.06 where they are" } },
              .weight = { [INV] = { .key = "method.sigreg", .rest = true }, [SIGREG] = { .key = "method.sigreg" } },
              .stats = 1u << STAT_RHO | 1u << STAT_STD_MEAN | 1u << STAT_STD_MIN | 1u << STAT_DEAD |
                       1u << STAT_ALIGNMENT },
    .heads = heads,
    .scratch = scratch,
    .loss = loss,
};
