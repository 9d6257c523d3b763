/* The linear probe walks the strengths from the most regularised on, each fit starting from the one before. */
#include "engine/evaluate/protocol.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "engine/evaluate/auc.h"
#include "engine/evaluate/classifier.h"
#include "engine/evaluate/knn.h"
#include "engine/evaluate/logistic.h"
#include "engine/evaluate/standardize.h"

const char *const protocol_names[PROTOCOL_COUNT + 1] = { "knn", "linear", "apply", "finetune", "scratch", NULL };

const char *protocol_settings(enum protocol p)
{
    static const char *const texts[PROTOCOL_COUNT] = {
        [PROTOCOL_KNN] = "knn: 20 nearest by cosine, weights exp(similarity/.07)",
        [PROTOCOL_LINEAR] = "linear: standardised by training images, L2, C of 1e-4 1e-3 1e-2 1e-1 1 by validation AUC",
        [PROTOCOL_APPLY] = "apply: as trained",
        [PROTOCOL_FINETUNE] = "finetune: rate and epoch by validation AUC",
        [PROTOCOL_SCRATCH] = "scratch: rate and epoch by validation AUC",
    };
    return texts[p];
}

/* What the linear protocol chooses from (scikit-learn's C). */
enum { STRENGTHS = 5 };
static const double strengths[STRENGTHS] = { 1e-4, 1e-3, 1e-2, 1e-1, 1 };
static const double usual_strength = 1e-2; /* where validation cannot tell */

/* Labels of the chosen rows; NULL when memory ran out. */
static int8_t *labels_of(const struct labelled_features *s, const uint32_t *rows, int count, int classes)
{
    int8_t *out = malloc((size_t)count * (size_t)classes + 1);
    for (int i = 0; out && i < count; i++)
        memcpy(out + (size_t)i * (size_t)classes, s->labels + (size_t)(rows ? rows[i] : (uint32_t)i) * (size_t)classes,
               (size_t)classes);
    return out;
}

static bool score_knn(const struct protocol_data *p, const uint32_t *rows, int count, const int8_t *labels,
                      struct protocol_scores *out, struct err *e)
{
    size_t d = (size_t)p->fit.d;
    float *x = malloc(((size_t)count * d + 1) * sizeof *x);
    if (!x) return err_set(e, ERR_MEMORY, "features of %d images: no memory", count);
    for (int i = 0; i < count; i++)
        memcpy(x + (size_t)i * d, p->fit.x + (size_t)(rows ? rows[i] : (uint32_t)i) * d, d * sizeof *x);
    const struct labelled_features train = { count, p->fit.d, p->fit.classes, x, labels };
    bool ok = knn_score(&train, p->test.x, p->test.n, KNN_NEIGHBOURS, out->test, e) &&
              (!out->validation || knn_score(&train, p->fit.x + (size_t)p->train * d, p->fit.n - p->train,
                                             KNN_NEIGHBOURS, out->validation, e));
    free(x);
    return ok;
}

/* Standardised features: of the chosen rows, of validation and test images. Scratch for scores of validation images.
 * All owned. */
struct linear {
    double *fit;        /* [count, d]               */
    double *validation; /* [validations, d]         */
    double *test;       /* [test.n, d]              */
    double *scores;     /* [validations, classes]   */
    struct auc *areas;  /* [classes]                */
    int validations;
};

static void linear_clear(struct linear *l)
{
    free(l->fit);
    free(l->validation);
    free(l->test);
    free(l->scores);
    free(l->areas);
}

static bool linear_init(struct linear *l, const struct protocol_data *p, const uint32_t *rows, int count, struct err *e)
{
    size_t d = (size_t)p->fit.d, k = (size_t)p->fit.classes, m = (size_t)(p->fit.n - p->train);
    *l = (struct linear){
        .fit = malloc(((size_t)count * d + 1) * sizeof(double)),
        .validation = malloc((m * d + 1) * sizeof(double)),
        .test = malloc(((size_t)p->test.n * d + 1) * sizeof(double)),
        .scores = malloc((m * k + 1) * sizeof(double)),
        .areas = calloc(k + 1, sizeof(struct auc)),
        .validations = (int)m,
    };
    struct standardize s = { 0 };
    bool ok = l->fit && l->validation && l->test && l->scores && l->areas;
    if (!ok) err_set(e, ERR_MEMORY, "features of %d images: no memory", count);
    ok = ok && standardize_fit(&s, p->fit.x, NULL, p->train, p->fit.d, e);
    if (ok) {
        standardize_apply(&s, p->fit.x, rows, count, l->fit);
        standardize_apply(&s, p->fit.x + (size_t)p->train * d, NULL, l->validations, l->validation);
        standardize_apply(&s, p->test.x, NULL, p->test.n, l->test);
    }
    standardize_clear(&s);
    return ok;
}

/* The strength that is best on validation; `best` filled with its fit on the chosen rows, `training`. */
static bool choose_strength(const struct protocol_data *p, struct linear *l,
                            const struct standardized_features *training, struct logistic *best, struct err *e)
{
    const int8_t *truth = p->fit.labels + (size_t)p->train * (size_t)p->fit.classes;
    struct logistic fits[STRENGTHS] = { 0 };
    double highest = -1;
    bool ok = true;
    int found = 0;
    for (int i = 0; ok && i < STRENGTHS; i++) {
        ok = logistic_fit(&fits[i], training, strengths[i], i ? &fits[i - 1] : NULL, e);
        if (!ok) break;
        logistic_score(&fits[i], l->validation, l->validations, l->scores);
        ok = auc_score_classes(l->scores, truth, l->validations, p->fit.classes, l->areas, e);
        double area = auc_macro(l->areas, p->fit.classes);
        if (isnan(area)) area = strengths[i] == usual_strength ? 0 : -1;
        if (area > highest) {
            highest = area;
            found = i;
        }
    }
    for (int i = 0; i < STRENGTHS; i++) {
        if (ok && i == found)
            *best = fits[i];
        else
            logistic_clear(&fits[i]);
    }
    return ok;
}

static void to_probabilities(double *scores, size_t count)
{
    for (size_t i = 0; i < count; i++) scores[i] = classifier_probability(scores[i]);
}

/* Of the fit on standardised features, for features as they are. */
static bool to_weights(const struct protocol_data *p, const struct logistic *l, double *weights, struct err *e)
{
    struct standardize s = { 0 };
    bool ok = standardize_fit(&s, p->fit.x, NULL, p->train, p->fit.d, e);
    for (int i = 0; ok && i < l->classes * l->d; i++) weights[i] = l->weights[i] / s.deviation[i % l->d];
    standardize_clear(&s);
    return ok;
}

static bool score_linear(const struct protocol_data *p, const uint32_t *rows, int count, const int8_t *labels,
                         struct protocol_scores *out, struct err *e)
{
    struct linear l;
    struct logistic chosen = { 0 };
    size_t classes = (size_t)p->fit.classes;
    bool ok = linear_init(&l, p, rows, count, e);
    const struct standardized_features training = { count, p->fit.d, p->fit.classes, l.fit, labels };
    ok = ok && choose_strength(p, &l, &training, &chosen, e);
    if (ok) {
        logistic_score(&chosen, l.test, p->test.n, out->test);
        to_probabilities(out->test, (size_t)p->test.n * classes);
        if (out->validation) {
            logistic_score(&chosen, l.validation, l.validations, out->validation);
            to_probabilities(out->validation, (size_t)l.validations * classes);
        }
        out->strength = chosen.c;
        ok = !out->weights || to_weights(p, &chosen, out->weights, e);
    }
    logistic_clear(&chosen);
    linear_clear(&l);
    return ok;
}

bool protocol_score(enum protocol protocol, const struct protocol_data *p, const uint32_t *rows, int count,
                    struct protocol_scores *out, struct err *e)
{
    out->strength = NAN;
    if (!rows) count = p->train;
    if (count < 1) return err_set(e, ERR_DATA, "no training image has a label to fit on");
    assert(!rows || rows[count - 1] < (uint32_t)p->train);
    int8_t *labels = labels_of(&p->fit, rows, count, p->fit.classes);
    bool ok = labels || err_set(e, ERR_MEMORY, "labels of %d images: no memory", count);
    if (ok && protocol == PROTOCOL_KNN) ok = score_knn(p, rows, count, labels, out, e);
    if (ok && protocol == PROTOCOL_LINEAR) ok = score_linear(p, rows, count, labels, out, e);
    free(labels);
    return ok;
}
