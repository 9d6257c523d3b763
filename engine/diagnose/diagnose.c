/* One level, one pass: centre the columns in double, then let each part add its numbers. */
#include "engine/diagnose/diagnose.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "engine/diagnose/diagnose_parts.h"

/* A column that moves less than this share of its mean only shows the rounding of float32: it counts as constant.
 * Without this a level that has collapsed to a point would show the noise of its last bits, which is isotropic. */
static const double rounding = 0x1p-22;

static const double dead_below = 0.1, dead_share = 1e-3, inactive_above = 1;

static const struct diagnose_number numbers[] = {
    { "std_mean", "", "mean deviation of a dimension", offsetof(struct diagnose, std_mean), false },
    { "std_min", "", "least deviation of a dimension", offsetof(struct diagnose, std_min), false },
    { "dead", "", "share of dead dimensions", offsetof(struct diagnose, dead), false },
    { "inactive", "", "share of dimensions with deviation above 1", offsetof(struct diagnose, inactive), false },
    { "corr_abs", "", "mean |r| of two dimensions", offsetof(struct diagnose, corr_abs), false },
    { "corr_max", "", "largest |r| of two dimensions", offsetof(struct diagnose, corr_max), false },
    { "corr_floor", "", "mean |r| of independent dimensions", offsetof(struct diagnose, corr_floor), true },
    { "corr_ratio", "", "mean |r| over that of independent dimensions", offsetof(struct diagnose, corr_ratio), false },
    { "rankme", "dimensions", "RankMe", offsetof(struct diagnose, rankme), false },
    { "rankme_ceiling", "dimensions", "largest rank that so many images can show",
      offsetof(struct diagnose, rankme_ceiling), true },
    { "rankme_isotropic", "dimensions", "RankMe of an isotropic Gaussian of this size",
      offsetof(struct diagnose, rankme_isotropic), false },
    { "rankme_ratio", "", "RankMe over the isotropic value", offsetof(struct diagnose, rankme_ratio), false },
    { "participation", "dimensions", "participation ratio of the eigenvalues", offsetof(struct diagnose, participation),
      false },
    { "stable_rank", "dimensions", "sum of the eigenvalues over the largest", offsetof(struct diagnose, stable_rank),
      false },
    { "alpha", "", "decay of the eigenvalues, as a power", offsetof(struct diagnose, alpha), false },
    { "alpha_r2", "", "how straight that decay is, R^2", offsetof(struct diagnose, alpha_r2), false },
    { "condition", "", "largest eigenvalue over the smallest", offsetof(struct diagnose, condition), false },
    { "uniformity", "", "log mean exp(-2 distance^2) on the sphere", offsetof(struct diagnose, uniformity), false },
    { "cosine", "", "mean cosine of two images", offsetof(struct diagnose, cosine), false },
};
enum { NUMBERS = sizeof numbers / sizeof numbers[0] };

const struct diagnose_number *diagnose_numbers(int *count)
{
    *count = NUMBERS;
    return numbers;
}

double diagnose_value(const struct diagnose *g, const struct diagnose_number *number)
{
    return *(const double *)(const void *)((const char *)g + number->offset);
}

static bool all_finite(const float *x, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!isfinite(x[i])) return false;
    return true;
}

/* Centred copy [n, d], deviations, and the length of each centred column (0: constant). */
static void centre(const float *x, struct diagnose *g, double *c, double *norm)
{
    int n = g->n, d = g->d;
    for (int j = 0; j < d; j++) norm[j] = 0;
    for (int i = 0; i < n; i++)
        for (int j = 0; j < d; j++) norm[j] += x[(size_t)i * (size_t)d + (size_t)j];
    for (int i = 0; i < n; i++)
        for (int j = 0; j < d; j++)
            c[(size_t)i * (size_t)d + (size_t)j] = x[(size_t)i * (size_t)d + (size_t)j] - norm[j] / n;
    for (int j = 0; j < d; j++) {
        double mean = norm[j] / n, squares = 0;
        for (int i = 0; i < n; i++) {
            double v = c[(size_t)i * (size_t)d + (size_t)j];
            squares += v * v;
        }
        double deviation = sqrt(squares / (n - 1));
        g->deviation[j] = (float)deviation;
        norm[j] = sqrt(squares);
        if (deviation <= rounding * fabs(mean)) {
            g->deviation[j] = 0;
            norm[j] = 0;
            for (int i = 0; i < n; i++) c[(size_t)i * (size_t)d + (size_t)j] = 0;
        }
    }
}

int diagnose_dead(const float *deviation, int d, bool held)
{
    double squares = 0;
    int count = 0, dead = 0;
    for (int j = 0; j < d; j++) {
        if (!isfinite(deviation[j])) continue;
        squares += (double)deviation[j] * (double)deviation[j];
        count++;
    }
    double limit = held ? dead_below : dead_share * sqrt(squares / (count ? count : 1));
    for (int j = 0; j < d; j++) dead += (double)deviation[j] < limit || deviation[j] == 0;
    return dead;
}

static void deviations_fill(struct diagnose *g)
{
    double sum = 0, least = INFINITY;
    int inactive = 0;
    for (int j = 0; j < g->d; j++) {
        double v = g->deviation[j];
        sum += v;
        least = fmin(least, v);
        inactive += v > inactive_above;
    }
    g->std_mean = sum / g->d;
    g->std_min = least;
    g->dead = (double)diagnose_dead(g->deviation, g->d, g->held) / g->d;
    g->inactive = g->held ? (double)inactive / g->d : NAN; /* there is no hinge at 1 */
}

static bool isotropic_cached(struct diagnose_cache *cache, int n, int d, double *rankme, struct err *e)
{
    for (int i = 0; cache && i < cache->count; i++) {
        if (cache->rows[i].n == n && cache->rows[i].d == d) {
            *rankme = cache->rows[i].rankme;
            return true;
        }
    }
    if (!diagnose_isotropic(n, d, rankme, e)) return false;
    if (cache && cache->count < DIAGNOSE_CACHE) {
        int i = cache->count++;
        cache->rows[i].n = n;
        cache->rows[i].d = d;
        cache->rows[i].rankme = *rankme;
    }
    return true;
}

/* The numbers of a level that is not finite: NaN wherever a number stands. */
static void fill_nan(struct diagnose *g)
{
    for (int i = 0; i < NUMBERS; i++)
        if (!numbers[i].of_size) *(double *)(void *)((char *)g + numbers[i].offset) = NAN;
    for (int j = 0; j < g->d; j++) g->deviation[j] = NAN;
    for (int j = 0; j < g->values; j++) g->eigenvalues[j] = g->singular[j] = NAN;
    for (int k = 0; k < g->blocks * g->blocks; k++) g->correlation[k] = (struct diagnose_block){ NAN, NAN, 0, 0 };
}

static bool arrays_create(struct diagnose *g)
{
    g->deviation = calloc((size_t)g->d, sizeof *g->deviation);
    g->eigenvalues = calloc((size_t)g->values, sizeof *g->eigenvalues);
    g->singular = calloc((size_t)g->values, sizeof *g->singular);
    g->correlation = calloc((size_t)g->blocks * (size_t)g->blocks, sizeof *g->correlation);
    return g->deviation && g->eigenvalues && g->singular && g->correlation;
}

bool diagnose_level(const struct diagnose_input *in, struct diagnose_cache *cache, struct diagnose *out, struct err *e)
{
    const float *x = in->x;
    int n = in->n, d = in->d;
    struct diagnose *g = out;
    memset(g, 0, sizeof *g);
    if (n < 2 || d < 1)
        return err_set(e, ERR_DATA, "diagnose %d rows of %d dimensions: at least 2 rows are needed", n, d);
    g->n = n;
    g->d = d;
    g->held = in->held;
    g->values = n < d ? n : d;
    g->block_size = (d + DIAGNOSE_BLOCKS - 1) / DIAGNOSE_BLOCKS;
    g->blocks = (d + g->block_size - 1) / g->block_size;
    g->corr_floor = sqrt(2 / (acos(-1) * n));
    g->rankme_ceiling = n - 1 < d ? n - 1 : d;
    size_t count = (size_t)n * (size_t)d;
    double *centred = malloc((count + (size_t)d) * sizeof *centred);
    bool ok = centred && arrays_create(g);
    if (!ok) {
        err_set(e, ERR_MEMORY, "diagnose %d rows of %d dimensions: no memory", n, d);
        goto done;
    }
    g->finite = all_finite(x, count);
    if (!g->finite) {
        fill_nan(g);
        goto done;
    }
    double *norm = centred + count;
    centre(x, g, centred, norm);
    deviations_fill(g);
    ok = correlation_fill(centred, norm, g, e) && spectrum_fill(centred, g, e) && spread_fill(centred, g, e) &&
         isotropic_cached(cache, n, d, &g->rankme_isotropic, e);
    g->corr_ratio = g->corr_abs / g->corr_floor;
    g->rankme_ratio = g->rankme / g->rankme_isotropic;
done:
    free(centred);
    if (!ok) diagnose_clear(g);
    return ok;
}

void diagnose_clear(struct diagnose *g)
{
    free(g->deviation);
    free(g->eigenvalues);
    free(g->singular);
    free(g->correlation);
    memset(g, 0, sizeof *g);
}
