/* Two passes in double: means, then deviations about them. */
#include "engine/evaluate/standardize.h"

#include <math.h>
#include <stdlib.h>

static const float *row_of(const float *x, const uint32_t *rows, int i, int d)
{
    return x + (size_t)(rows ? rows[i] : (uint32_t)i) * (size_t)d;
}

bool standardize_fit(struct standardize *s, const float *x, const uint32_t *rows, int count, int d, struct err *e)
{
    *s = (struct standardize){ .d = d };
    s->mean = calloc((size_t)d, sizeof *s->mean);
    s->deviation = calloc((size_t)d, sizeof *s->deviation);
    if (!s->mean || !s->deviation) {
        standardize_clear(s);
        return err_set(e, ERR_MEMORY, "standardise %d features: no memory", d);
    }
    for (int i = 0; i < count; i++) {
        const float *row = row_of(x, rows, i, d);
        for (int j = 0; j < d; j++) s->mean[j] += row[j];
    }
    for (int j = 0; j < d; j++) s->mean[j] /= count > 0 ? count : 1;
    for (int i = 0; i < count; i++) {
        const float *row = row_of(x, rows, i, d);
        for (int j = 0; j < d; j++) s->deviation[j] += (row[j] - s->mean[j]) * (row[j] - s->mean[j]);
    }
    for (int j = 0; j < d; j++) {
        double v = sqrt(s->deviation[j] / (count > 0 ? count : 1));
        /* Below the rounding of float32 a feature is constant: dividing would blow up its last bits. */
        s->deviation[j] = v > 0x1p-22 * fabs(s->mean[j]) ? v : 1;
    }
    return true;
}

void standardize_apply(const struct standardize *s, const float *x, const uint32_t *rows, int count, double *out)
{
    for (int i = 0; i < count; i++) {
        const float *row = row_of(x, rows, i, s->d);
        double *to = out + (size_t)i * (size_t)s->d;
        for (int j = 0; j < s->d; j++) to[j] = (row[j] - s->mean[j]) / s->deviation[j];
    }
}

void standardize_clear(struct standardize *s)
{
    free(s->mean);
    free(s->deviation);
    *s = (struct standardize){ 0 };
}
