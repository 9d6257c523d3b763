#include "views/analysis/class_scores.h"

#include <math.h>
#include <stdlib.h>

const char *const class_curve_names[CLASS_CURVES + 1] = { "roc", "pr", "reliability", NULL };
const char *const class_curve_titles[CLASS_CURVES] = { "ROC curve", "precision-recall curve", "reliability" };
const char *const class_curve_figures[CLASS_CURVES] = { "AUC", "AP", "ECE" };

static bool is_test(const struct class_scores *c, int i)
{
    return c->data->images[c->from.images[i]].split == STORE_SPLIT_TEST;
}

static int label_of(const struct class_scores *c, int i)
{
    return c->data->labels[(size_t)c->from.images[i] * c->data->classes_count + (size_t)c->class];
}

static double score_of(const struct class_scores *c, int i)
{
    return c->from.scores[(size_t)i * (size_t)c->from.classes + (size_t)c->class];
}

/* Scores and labels of the test images, or of the others, which chose. Both arrays have room for all. */
static struct operating_scores gather(const struct class_scores *c, bool test, double *scores, int8_t *labels)
{
    struct operating_scores out = { 0, 1, scores, labels };
    for (int i = 0; i < c->from.n; i++) {
        if (is_test(c, i) != test) continue;
        scores[out.n] = score_of(c, i);
        labels[out.n++] = (int8_t)label_of(c, i);
    }
    return out;
}

static bool compute(struct class_scores *c, struct err *e)
{
    double *scores = malloc(((size_t)c->from.n + 1) * sizeof *scores);
    int8_t *labels = malloc((size_t)c->from.n + 1);
    bool ok = (scores && labels) || err_set(e, ERR_MEMORY, "curves: no memory");
    if (ok) {
        struct operating_scores s = gather(c, false, scores, labels);
        ok = operating_threshold(&s, &c->threshold, e);
    }
    if (ok) {
        struct operating_scores s = gather(c, true, scores, labels);
        ok = operating_point(&s, c->threshold, &c->at, e) && operating_curve(&s, &c->curve, e) &&
             operating_bins(&s, c->bins, e);
    }
    free(scores);
    free(labels);
    return ok;
}

bool class_scores_read(struct class_scores *c, struct store *s, const struct store_run *run,
                       const struct predictions_wanted *w, const struct store_contents *data, int class, struct err *e)
{
    *c = (struct class_scores){ .data = data, .class = class, .threshold = NAN };
    bool ok = predictions_newest(s, run, w, data, &c->from, e) && compute(c, e);
    if (!ok) class_scores_clear(c);
    return ok;
}

void class_scores_clear(struct class_scores *c)
{
    predictions_clear(&c->from);
    operating_curve_clear(&c->curve);
    *c = (struct class_scores){ 0 };
}

/* ---- curves ---- */

static void step_place(const struct class_scores *c, enum class_curve which, int i, double *x, double *y)
{
    const struct operating_step *s = &c->curve.steps[i];
    double positives = s->positives, negatives = s->negatives, sensitivity = positives / c->curve.positives;
    *x = which == CLASS_ROC ? negatives / c->curve.negatives : sensitivity;
    *y = which == CLASS_ROC ? sensitivity : positives / (positives + negatives); /* 0 / 0 is NaN */
}

bool class_scores_points(const struct class_scores *c, enum class_curve which, int *count, double **x, double **y,
                         struct err *e)
{
    int most = which == CLASS_RELIABILITY ? OPERATING_BINS : c->curve.count;
    *count = 0;
    *x = malloc(((size_t)most + 1) * sizeof **x);
    *y = malloc(((size_t)most + 1) * sizeof **y);
    if (!*x || !*y) {
        free(*x);
        free(*y);
        *x = *y = NULL;
        return err_set(e, ERR_MEMORY, "curve: no memory");
    }
    for (int i = 0; i < most; i++) {
        if (which == CLASS_RELIABILITY && !c->bins[i].count) continue;
        int at = (*count)++;
        if (which != CLASS_RELIABILITY) {
            step_place(c, which, i, &(*x)[at], &(*y)[at]);
            continue;
        }
        (*x)[at] = c->bins[i].score;
        (*y)[at] = c->bins[i].positives;
    }
    return true;
}

bool class_scores_chosen(const struct class_scores *c, enum class_curve which, double *x, double *y)
{
    if (which == CLASS_RELIABILITY || isnan(c->threshold) || !c->curve.count) return false;
    step_place(c, which, operating_curve_at(&c->curve, c->threshold), x, y);
    return !isnan(*x) && !isnan(*y);
}

double class_scores_figure(const struct class_scores *c, enum class_curve which)
{
    const double figures[CLASS_CURVES] = { c->from.areas ? c->from.areas[c->class].auc : NAN, c->at.average_precision,
                                           c->at.calibration };
    return figures[which];
}

/* ---- mistakes ---- */

static int by_distance(const void *a, const void *b)
{
    const struct class_mistake *u = a, *v = b;
    if (u->off != v->off) return u->off > v->off ? -1 : 1;
    return u->image < v->image ? -1 : u->image > v->image;
}

bool class_scores_mistakes(const struct class_scores *c, struct class_mistake **list, int *count, struct err *e)
{
    double threshold = isnan(c->threshold) ? .5 : c->threshold;
    *count = 0;
    *list = malloc(((size_t)c->from.n + 1) * sizeof **list);
    if (!*list) return err_set(e, ERR_MEMORY, "mistakes: no memory");
    for (int i = 0; i < c->from.n; i++) {
        int label = label_of(c, i);
        double score = score_of(c, i);
        if (!is_test(c, i) || label < 0 || isnan(score) || (score >= threshold) == (label == 1)) continue;
        (*list)[(*count)++] = (struct class_mistake){ c->from.images[i], label, score, fabs(score - label) };
    }
    qsort(*list, (size_t)*count, sizeof **list, by_distance);
    return true;
}
