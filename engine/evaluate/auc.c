/* Sort once, then walk groups of equal scores: each positive beats the negatives below and half of those beside it. */
#include "engine/evaluate/auc.h"

#include <math.h>
#include <stdlib.h>

struct scored {
    double score;
    int8_t label;
};

static int scored_compare(const void *a, const void *b)
{
    double u = ((const struct scored *)a)->score, v = ((const struct scored *)b)->score;
    return u < v ? -1 : u > v;
}

bool auc_score(const double *scores, const int8_t *labels, int n, int stride, struct auc *out, struct err *e)
{
    struct scored *list = malloc((size_t)(n > 0 ? n : 1) * sizeof *list);
    if (!list) return err_set(e, ERR_MEMORY, "area under the curve of %d scores: no memory", n);
    *out = (struct auc){ .auc = NAN };
    int count = 0;
    bool broken = false;
    for (int i = 0; i < n; i++) {
        size_t k = (size_t)i * (size_t)stride;
        if (labels[k] < 0) continue;
        list[count++] = (struct scored){ scores[k], labels[k] > 0 };
        if (labels[k] > 0)
            out->positives++;
        else
            out->negatives++;
        broken = broken || isnan(scores[k]);
    }
    if (!broken && out->positives && out->negatives) {
        qsort(list, (size_t)count, sizeof *list, scored_compare);
        double wins = 0, below = 0;
        for (int first = 0, next; first < count; first = next) {
            double positives = 0, negatives = 0;
            for (next = first; next < count && list[next].score == list[first].score; next++) {
                if (list[next].label)
                    positives++;
                else
                    negatives++;
            }
            wins += positives * (below + negatives / 2);
            below += negatives;
        }
        out->auc = wins / out->positives / out->negatives;
    }
    free(list);
    return true;
}

bool auc_score_classes(const double *scores, const int8_t *labels, int n, int classes, struct auc *out, struct err *e)
{
    for (int c = 0; c < classes; c++)
        if (!auc_score(scores + c, labels + c, n, classes, &out[c], e)) return false;
    return true;
}

enum auc_lack auc_lacks(const struct auc *a)
{
    if (!isnan(a->auc)) return AUC_DEFINED;
    return a->positives && a->negatives ? AUC_UNTAUGHT : AUC_UNSCORED;
}

double auc_macro_findings(const struct auc *classes, const bool *apart, int count)
{
    double sum = 0;
    int defined = 0;
    for (int c = 0; c < count; c++) {
        if (isnan(classes[c].auc) || (apart && apart[c])) continue;
        sum += classes[c].auc;
        defined++;
    }
    return defined ? sum / defined : NAN;
}

double auc_macro(const struct auc *classes, int count)
{
    return auc_macro_findings(classes, NULL, count);
}
