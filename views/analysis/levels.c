#include "views/analysis/levels.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/metric.h"
#include "store/snapshot.h"

const char *const levels_metrics[LEVELS_NUMBERS] = {
    "std_mean",    "std_min",    "dead",     "inactive",         "corr_abs",     "corr_max",
    "corr_floor",  "corr_ratio", "rankme",   "rankme_isotropic", "rankme_ratio", "participation",
    "stable_rank", "alpha",      "alpha_r2", "condition",        "uniformity",
};

const char *levels_title(const char *level)
{
    int at = level_find(level);
    return at < 0 ? level : level_table[at].title;
}

bool levels_check(const char *level, struct err *e)
{
    return level_find(level) >= 0 ||
           err_set(e, ERR_USAGE, "level: '%s' is none; there are z, d, map1 to map5, and h", level);
}

bool levels_steps(struct store *s, int64_t run, const char *level, const char *kind, int64_t **steps, size_t *count,
                  struct err *e)
{
    return store_snapshot_steps(s, run, level, kind, steps, count, e);
}

int levels_find(const int64_t *steps, size_t count, int64_t step)
{
    size_t n = 0;
    while (n < count && (step < 0 || steps[n] <= step)) n++;
    return (int)n - 1;
}

/* ---- reading ---- */

static bool read_numbers(struct store *s, int64_t run, const char *level, struct level_state *v, struct err *e)
{
    char names[LEVELS_NUMBERS][64];
    const char *list[LEVELS_NUMBERS];
    int64_t steps[LEVELS_NUMBERS];
    for (int i = 0; i < LEVELS_NUMBERS; i++) {
        snprintf(names[i], sizeof names[i], "%s.%s", level, levels_metrics[i]);
        list[i] = names[i];
    }
    if (!store_metric_latest(s, run, v->step, list, LEVELS_NUMBERS, v->number, steps, e)) return false;
    for (int i = 0; i < LEVELS_NUMBERS; i++)
        if (steps[i] != v->step) v->number[i] = NAN;
    if (isnan(v->number[LEVELS_CORR_RATIO]))
        v->number[LEVELS_CORR_RATIO] = v->number[LEVELS_CORR_ABS] / v->number[LEVELS_CORR_FLOOR];
    return true;
}

/* Reads an array, if there is one; the caller owns it. */
static bool read_array(struct store *s, int64_t run, const char *level, const char *kind, const struct level_state *v,
                       struct store_snapshot *out, struct err *e)
{
    struct err why;
    if (store_snapshot_get(s, &(struct store_snapshot_key){ run, v->step, level, kind }, out, &why)) return true;
    *out = (struct store_snapshot){ 0 };
    return why.code == ERR_NOT_FOUND || err_set(e, why.code, "%s", why.msg);
}

static bool read_correlation(struct store *s, int64_t run, const char *level, struct level_state *v, struct err *e)
{
    struct store_snapshot p, pairs;
    if (!read_array(s, run, level, "correlation", v, &p, e)) return false;
    if (p.rows == 4 * p.cols) {
        v->planes = p.data;
        v->blocks = p.cols;
        v->block_size = v->blocks ? (v->dims + v->blocks - 1) / v->blocks : 0;
    } else {
        store_snapshot_clear(&p);
    }
    if (!read_array(s, run, level, "pairs", v, &pairs, e)) return false;
    if (pairs.cols == 3) {
        v->pair = pairs.data;
        v->pairs = pairs.rows;
    } else {
        store_snapshot_clear(&pairs);
    }
    return true;
}

bool levels_read(struct store *s, int64_t run, const char *level, int64_t step, unsigned parts, struct level_state *out,
                 struct err *e)
{
    struct store_snapshot p = { 0 };
    *out = (struct level_state){ .step = step };
    bool ok = read_numbers(s, run, level, out, e);
    if (ok && parts & (LEVELS_DEVIATION | LEVELS_CORRELATION)) { /* its width is that of the level */
        ok = read_array(s, run, level, "deviation", out, &p, e);
        out->deviation = p.data;
        out->dims = p.cols;
    }
    if (ok && parts & LEVELS_SPECTRUM) {
        p = (struct store_snapshot){ 0 };
        ok = read_array(s, run, level, "spectrum", out, &p, e);
        out->eigenvalues = p.data;
        out->values = p.cols;
    }
    if (ok && parts & LEVELS_CORRELATION) ok = read_correlation(s, run, level, out, e);
    if (!ok) levels_clear(out);
    return ok;
}

void levels_clear(struct level_state *v)
{
    free(v->deviation);
    free(v->eigenvalues);
    free(v->planes);
    free(v->pair);
    *v = (struct level_state){ 0 };
}

int levels_images(const struct level_state *v)
{
    double floor_r = v->number[LEVELS_CORR_FLOOR];
    return floor_r > 0 ? (int)lround(2 / (acos(-1) * floor_r * floor_r)) : 0;
}

/* ---- the isotropic reference ---- */

void levels_isotropic(int images, int dims, double trace, int values, double *out)
{
    enum { GRID = 4096 };
    for (int i = 0; i < values; i++) out[i] = NAN;
    if (images < 2 || dims < 1 || values < 1) return;
    double ratio = (double)dims / (images - 1), variance = trace / dims;
    double low = variance * pow(1 - sqrt(ratio), 2), high = variance * pow(1 + sqrt(ratio), 2);
    int known = images - 1 < dims ? images - 1 : dims;
    /* the share of eigenvalues above x, from the top; angles make the ends of the density smooth */
    double *above = malloc((GRID + 1) * sizeof *above);
    if (!above) return;
    above[0] = 0;
    for (int i = 1; i <= GRID; i++) {
        double angle = acos(-1) * (i - 0.5) / GRID, x = (high + low) / 2 + (high - low) / 2 * cos(angle);
        above[i] = above[i - 1] + sin(angle) * sin(angle) / x;
    }
    for (int i = 0, k = 0; i < values && i < known; i++) {
        double share = (i + 0.5) / known * above[GRID];
        while (k < GRID && above[k + 1] < share) k++;
        double t = k + (share - above[k]) / (above[k + 1] - above[k]);
        out[i] = (high + low) / 2 + (high - low) / 2 * cos(acos(-1) * t / GRID);
    }
    free(above);
}
