#include "engine/evaluate/classifier.h"

#include <math.h>
#include <stddef.h>

/* log of the sum of exp over the row, without its entry `but` (negative: with all). */
static double log_sum(const float *row, int classes, int but)
{
    double most = -INFINITY, sum = 0;
    for (int c = 0; c < classes; c++)
        if (c != but) most = fmax(most, (double)row[c]);
    for (int c = 0; c < classes; c++)
        if (c != but) sum += exp(row[c] - most);
    return most + log(sum);
}

void classifier_odds(const struct classifier_logits *l, double *odds)
{
    for (int i = 0; i < l->n; i++) {
        const float *row = l->x + (size_t)i * (size_t)l->classes;
        double *out = odds + (size_t)i * (size_t)l->classes;
        for (int c = 0; c < l->classes; c++)
            out[c] = l->exclusive && l->classes > 1 ? row[c] - log_sum(row, l->classes, c) : row[c];
    }
}

double classifier_probability(double odds)
{
    return 1 / (1 + exp(-odds));
}

/* -log of the probability that the label gets, from log odds of a positive. */
static double log_loss(double odds, bool positive)
{
    double x = positive ? -odds : odds;
    return fmax(x, 0) + log1p(exp(-fabs(x)));
}

static double row_loss(const struct classifier_logits *l, const float *row, const int8_t *labels, int *count)
{
    double sum = 0;
    for (int c = 0; c < l->classes; c++) {
        if (labels[c] < 0 || (l->exclusive && labels[c] == 0)) continue;
        sum += l->exclusive ? log_sum(row, l->classes, -1) - row[c] : log_loss(row[c], labels[c] > 0);
        ++*count;
    }
    return sum;
}

double classifier_cross_entropy(const struct classifier_logits *l, const int8_t *labels)
{
    double sum = 0;
    int count = 0;
    for (int i = 0; i < l->n; i++) {
        size_t at = (size_t)i * (size_t)l->classes;
        sum += row_loss(l, l->x + at, labels + at, &count);
    }
    return count ? sum / count : NAN;
}
