/* Scores, probes and label draws: against scikit-learn, closed cases, and input that must not break them. */
#include "tests/check.h"

#include <math.h>

#include "engine/evaluate/auc.h"
#include "engine/evaluate/classifier.h"
#include "engine/evaluate/fraction.h"
#include "engine/evaluate/knn.h"
#include "engine/evaluate/logistic.h"
#include "engine/evaluate/lookalike.h"
#include "engine/evaluate/probe.h"
#include "engine/evaluate/protocol.h"
#include "engine/evaluate/ridge.h"
#include "engine/evaluate/standardize.h"
#include "tests/fixtures/evaluate.h"

enum { CLASSES = 3 };

static void expect(const char *what, double got, double want, double relative, double absolute)
{
    if (isnan(want) ? !isnan(got) : !(fabs(got - want) <= relative * fabs(want) + absolute))
        fail_msg("%s: got %.12g, want %.12g", what, got, want);
}

/* The recipe of make_evaluate.py; the caller frees both. `standard`, when given, holds the standardised rows. */
static void make(int n, int d, float **x, int8_t **y, double **standard)
{
    uint32_t state = (uint32_t)(n * 1000 + d);
    *x = malloc((size_t)n * (size_t)d * sizeof **x);
    *y = malloc((size_t)n * CLASSES);
    assert_true(*x && *y);
    for (int i = 0; i < n * d; i++) {
        double sum = 0;
        for (int k = 0; k < 4; k++) {
            state = state * 1664525u + 1013904223u;
            sum += (state >> 8) / 16777216.0;
        }
        (*x)[i] = (float)(sum - 2);
    }
    for (int i = 0; i < n; i++)
        for (int c = 0; c < CLASSES; c++) {
            const float *row = *x + i * d;
            double v = (double)row[c] + row[c + 1] / 2.0 + (*x)[((i * 7 + c * 13) % n) * d + d - 1];
            (*y)[i * CLASSES + c] = c == 1 && (i + c) % 11 == 0 ? -1 : v > c / 5.0;
        }
    if (!standard) return;
    struct standardize s;
    struct err e;
    assert_true(standardize_fit(&s, *x, NULL, n, d, &e));
    *standard = malloc((size_t)n * (size_t)d * sizeof **standard);
    assert_non_null(*standard);
    standardize_apply(&s, *x, NULL, n, *standard);
    standardize_clear(&s);
}

static void areas_agree_with_scikit_learn(void **state)
{
    (void)state;
    for (size_t k = 0; k < sizeof auc_cases / sizeof auc_cases[0]; k++) {
        int n = auc_cases[k].n;
        double *score = malloc((size_t)n * 2 * sizeof *score);
        int8_t *label = malloc((size_t)n * 2);
        for (int i = 0; i < n; i++) {
            score[2 * i] = (i * 37 % auc_cases[k].m) / 4;
            score[2 * i + 1] = -score[2 * i];
            label[2 * i] = (i * i + i / 3) % 3 == 0;
            label[2 * i + 1] = i % 5 ? -1 : label[2 * i];
        }
        struct auc a[2];
        struct err e;
        assert_true(auc_score_classes(score, label, n, 2, a, &e));
        expect("area", a[0].auc, auc_cases[k].auc, 1e-12, 0);
        assert_int_equal(a[0].positives + a[0].negatives, n);
        assert_int_equal(a[1].positives + a[1].negatives, (n + 4) / 5);
        free(score);
        free(label);
    }
}

static void undefined_areas_stay_out_of_the_mean(void **state)
{
    (void)state;
    double score[] = { 1, 5, 0, 2, 5, 0, 3, 5, NAN, 4, 5, 0 };
    int8_t label[] = { 0, 1, 0, 1, 1, 1, 0, 1, 0, 1, 1, 1 };
    struct auc a[3];
    struct err e;
    assert_true(auc_score_classes(score, label, 4, 3, a, &e));
    expect("area", a[0].auc, 0.75, 1e-15, 0);
    assert_true(isnan(a[1].auc) && a[1].positives == 4 && a[1].negatives == 0);
    assert_true(isnan(a[2].auc));
    expect("macro", auc_macro(a, 3), 0.75, 1e-15, 0);
    assert_true(isnan(auc_macro(a + 1, 2)));
    for (int i = 0; i < 4; i++) score[3 * i] = 7;
    assert_true(auc_score(score, label, 4, 3, a, &e));
    expect("all ties", a[0].auc, 0.5, 0, 0);
    assert_true(auc_score(score, label, 0, 3, a, &e));
    assert_true(isnan(a[0].auc));
}

static void standardised_features_have_mean_0_and_deviation_1(void **state)
{
    (void)state;
    float x[] = { 1, 5, 100, 2, 5, -100, 4, 5, 0, 9, 5, 7 };
    uint32_t rows[] = { 0, 2, 3 };
    struct standardize s;
    struct err e;
    double out[9];
    assert_true(standardize_fit(&s, x, rows, 3, 3, &e));
    standardize_apply(&s, x, rows, 3, out);
    for (int j = 0; j < 3; j++) {
        double sum = 0, squares = 0;
        for (int i = 0; i < 3; i++) sum += out[3 * i + j], squares += out[3 * i + j] * out[3 * i + j];
        expect("mean", sum, 0, 0, 1e-12);
        expect("variance", squares / 3, j == 1 ? 0 : 1, 1e-12, 0);
    }
    standardize_clear(&s);
}

static void logistic_agrees_with_scikit_learn(void **state)
{
    (void)state;
    for (size_t k = 0; k < sizeof logistic_cases / sizeof logistic_cases[0]; k++) {
        int n = logistic_cases[k].n, d = logistic_cases[k].d, fit = n - n / 5;
        float *x;
        int8_t *y;
        double *s, scores[2 * CLASSES];
        make(n, d, &x, &y, &s);
        struct logistic cold, warm, start;
        struct err e;
        if (!logistic_fit(&cold, &(struct standardized_features){ fit, d, CLASSES, s, y }, logistic_cases[k].c, NULL,
                          &e))
            fail_msg("%s", e.msg);
        assert_true(logistic_fit(&start, &(struct standardized_features){ fit, d, CLASSES, s, y }, 0.03, NULL, &e));
        assert_true(logistic_fit(&warm, &(struct standardized_features){ fit, d, CLASSES, s, y }, logistic_cases[k].c,
                                 &start, &e));
        const struct logistic *both[] = { &cold, &warm };
        for (int v = 0; v < 2; v++) {
            const struct logistic *l = both[v];
            assert_true(l->converged);
            logistic_score(l, s + fit * d, 2, scores);
            for (int c = 0; c < CLASSES; c++) {
                expect("offset", l->offset[c], logistic_cases[k].offset[c], 1e-5, 1e-6);
                for (int j = 0; j < 4; j++)
                    expect("weight", l->weights[c * d + j], logistic_cases[k].weights[c][j], 1e-5, 1e-6);
                for (int i = 0; i < 2; i++)
                    expect("score", scores[i * CLASSES + c], logistic_cases[k].scores[i][c], 1e-5, 1e-6);
            }
        }
        logistic_clear(&cold);
        logistic_clear(&warm);
        logistic_clear(&start);
        free(x);
        free(y);
        free(s);
    }
}

static void logistic_handles_one_value_constants_and_nan(void **state)
{
    (void)state;
    double x[] = { 1, 0, 2, 0, 3, 0, 4, 0 }, score[8];
    int8_t y[] = { 1, 0, 1, 0, 1, 1, 1, 1 };
    struct logistic l;
    struct err e;
    assert_true(logistic_fit(&l, &(struct standardized_features){ 4, 2, 2, x, y }, 1e6, NULL, &e));
    expect("one value", l.weights[0], 0, 0, 0);
    expect("constant feature", l.weights[3], 0, 0, 1e-9);
    logistic_score(&l, x, 4, score);
    assert_true(isnan(score[0]) && isnan(score[6]));
    assert_true(score[3] < 0 && score[5] > 0 && isfinite(score[5])); /* separable, nearly no penalty */
    logistic_clear(&l);
    x[5] = NAN;
    assert_false(logistic_fit(&l, &(struct standardized_features){ 4, 2, 2, x, y }, 1, NULL, &e));
    assert_non_null(strstr(e.msg, "feature 1 of image 2"));
}

static void ridge_agrees_with_scikit_learn(void **state)
{
    (void)state;
    for (size_t k = 0; k < sizeof ridge_cases / sizeof ridge_cases[0]; k++) {
        int n = ridge_cases[k].n, d = ridge_cases[k].d, fit = n - n / 5;
        float *x;
        int8_t *y;
        double *s, scores[2 * CLASSES];
        make(n, d, &x, &y, &s);
        struct ridge r;
        struct err e;
        if (!ridge_fit(&r, &(struct standardized_features){ fit, d, CLASSES, s, y }, &e)) fail_msg("%s", e.msg);
        ridge_score(&r, s + fit * d, 2, scores);
        for (int c = 0; c < CLASSES; c++) {
            expect("lambda", r.lambda[c], ridge_cases[k].lambda[c], 1e-12, 0);
            for (int i = 0; i < 2; i++)
                expect("score", scores[i * CLASSES + c], ridge_cases[k].scores[i][c], 1e-7, 1e-8);
        }
        ridge_clear(&r);
        memset(y, -1, (size_t)n * CLASSES); /* no labels at all */
        assert_true(ridge_fit(&r, &(struct standardized_features){ fit, d, CLASSES, s, y }, &e));
        assert_true(isnan(r.lambda[0]) && r.weights[0] == 0 && isnan(r.offset[0]));
        ridge_clear(&r);
        free(x);
        free(y);
        free(s);
    }
}

static void neighbours_agree_with_numpy(void **state)
{
    (void)state;
    for (size_t k = 0; k < sizeof knn_cases / sizeof knn_cases[0]; k++) {
        int n = knn_cases[k].n, d = knn_cases[k].d, fit = n - n / 5;
        float *x;
        int8_t *y;
        double scores[2 * CLASSES];
        make(n, d, &x, &y, NULL);
        struct err e;
        assert_true(knn_score(&(struct labelled_features){ fit, d, CLASSES, x, y }, x + fit * d, 2, knn_cases[k].k,
                              scores, &e));
        for (int i = 0; i < 2 * CLASSES; i++)
            expect("score", scores[i], knn_cases[k].scores[i / CLASSES][i % CLASSES], 1e-5, 1e-6);
        for (int i = 0; i < fit; i++) y[i * CLASSES + 1] = -1;
        assert_true(knn_score(&(struct labelled_features){ fit, d, CLASSES, x, y }, x + fit * d, 2, 20, scores, &e));
        assert_true(isnan(scores[1]) && isfinite(scores[0]));
        assert_false(knn_score(&(struct labelled_features){ 0, d, CLASSES, x, y }, x, 2, 20, scores, &e));
        free(x);
        free(y);
    }
}

/* Of equally near images the first counts. */
static void equal_neighbours_are_taken_in_order(void **state)
{
    (void)state;
    float train[] = { 1, 0, 2, 0, 3, 0, 0, 1 }, query[] = { 5, 0, 0, 0 };
    int8_t y[] = { 1, 0, 0, 0 };
    double score[2];
    struct err e;
    assert_true(knn_score(&(struct labelled_features){ 4, 2, 1, train, y }, query, 2, 1, score, &e));
    expect("first of three equal", score[0], 1, 0, 0);
    expect("no direction", score[1], 1, 0, 0);
}

/* 500 images of 180 patients: class 0 common, class 1 in three patients, class 2 nowhere. */
static void fractions_keep_patients_whole_and_classes_present(void **state)
{
    (void)state;
    enum { N = 500, C = 3 };
    static int8_t y[N * C];
    static uint32_t patient[N], rows[N], again[N];
    for (int i = 0; i < N; i++) {
        patient[i] = (uint32_t)(i * 37 % 180) * 7u;
        y[i * C] = patient[i] / 7 % 3 == 0;
        y[i * C + 1] = patient[i] / 7 == 4;
    }
    static const double percents[] = { 0.1, 1, 10, 30, 77, 100 };
    for (size_t k = 0; k < sizeof percents / sizeof percents[0]; k++)
        for (uint32_t draw = 1; draw <= 5; draw++) {
            int count, twice;
            struct err e;
            assert_true(fraction_draw(&(struct fraction_images){ N, C, y, patient },
                                      &(struct fraction){ percents[k], 1, draw }, rows, &count, &e));
            assert_true(fraction_draw(&(struct fraction_images){ N, C, y, patient },
                                      &(struct fraction){ percents[k], 1, draw }, again, &twice, &e));
            assert_int_equal(count, twice);
            assert_memory_equal(rows, again, (size_t)count * sizeof *rows);
            static bool in[N];
            memset(in, 0, sizeof in);
            int sum[C] = { 0 };
            for (int i = 0; i < count; i++) {
                assert_true(!i || rows[i] > rows[i - 1]);
                in[rows[i]] = true;
                for (int c = 0; c < C; c++) sum[c] += y[rows[i] * C + (uint32_t)c];
            }
            assert_true(sum[0] > 0 && sum[0] < count && sum[1] > 0 && sum[2] == 0);
            for (int i = 0; i < N; i++)
                for (int j = 0; j < N; j++)
                    if (patient[i] == patient[j]) assert_true(in[i] == in[j]);
            expect("share", count, percents[k] / 100 * N, 0, 12);
            if (percents[k] > 20) expect("share of class 0", sum[0], percents[k] / 100 * 167, 0, 20);
        }
    int one, two;
    struct err e;
    assert_true(
        fraction_draw(&(struct fraction_images){ N, C, y, patient }, &(struct fraction){ 10, 1, 1 }, rows, &one, &e));
    assert_true(
        fraction_draw(&(struct fraction_images){ N, C, y, patient }, &(struct fraction){ 10, 1, 2 }, again, &two, &e));
    assert_true(one != two || memcmp(rows, again, (size_t)one * sizeof *rows));
    assert_true(
        fraction_draw(&(struct fraction_images){ 0, C, y, patient }, &(struct fraction){ 10, 1, 1 }, rows, &one, &e));
    assert_int_equal(one, 0);
}

static void the_quick_probe_finds_what_is_there(void **state)
{
    (void)state;
    int n = 300, d = 33, fit = 240;
    float *x;
    int8_t *y;
    make(n, d, &x, &y, NULL);
    for (int i = 0; i < n; i++) y[i * CLASSES + 2] = 1; /* one value only */
    const struct labelled_features train = { fit, d, CLASSES, x, y }, single = { 1, d, CLASSES, x, y },
                                   validation = { n - fit, d, CLASSES, x + fit * d, y + fit * CLASSES };
    struct probe p;
    struct err e;
    if (!probe_quick(&p, &train, &validation, &e)) fail_msg("%s", e.msg);
    assert_true(p.ridge[0].auc > 0.7 && p.ridge[1].auc > 0.6 && p.knn[0].auc > 0.55);
    assert_true(isnan(p.ridge[2].auc) && isnan(p.knn[2].auc));
    expect("macro", p.ridge_macro, (p.ridge[0].auc + p.ridge[1].auc) / 2, 1e-12, 0);
    probe_clear(&p);
    x[5] = INFINITY;
    assert_false(probe_quick(&p, &train, &validation, &e));
    assert_int_equal(e.code, ERR_NUMERIC);
    assert_false(probe_quick(&p, &single, &single, &e));
    uint32_t rows[300];
    assert_int_equal(probe_choose(300, 20, rows), 20);
    for (int i = 1; i < 20; i++) assert_true(rows[i] > rows[i - 1] && rows[i] < 300);
    assert_int_equal(probe_choose(7, 20, rows), 7);
    free(x);
    free(y);
}

/* Labels of class 2 hold one value among the first `fit` images, and both behind them. */
static void hide_class(int8_t *y, int fit, int n, int8_t value)
{
    for (int i = 0; i < n; i++) y[i * CLASSES + 2] = (int8_t)(i < fit ? value : i % 2);
}

static void a_class_that_no_fit_saw_has_no_area(void **state)
{
    (void)state;
    int n = 300, d = 33, fit = 240;
    static const int8_t values[] = { 0, 1, -1 };
    uint32_t rows[160];
    for (uint32_t i = 0; i < 160; i++) rows[i] = i + i / 8;
    for (size_t k = 0; k < sizeof values; k++) {
        float *x;
        int8_t *y;
        struct probe p;
        struct auc a[CLASSES];
        double scores[60 * CLASSES];
        struct err e;
        make(n, d, &x, &y, NULL);
        hide_class(y, fit, n, values[k]);
        const struct labelled_features train = { fit, d, CLASSES, x, y },
                                       validation = { n - fit, d, CLASSES, x + fit * d, y + fit * CLASSES };
        assert_true(probe_quick(&p, &train, &validation, &e));
        assert_true(isnan(p.ridge[2].auc) && isnan(p.knn[2].auc) && p.knn[2].positives == 30);
        assert_int_equal(auc_lacks(&p.ridge[2]), AUC_UNTAUGHT);
        assert_int_equal(auc_lacks(&p.ridge[0]), AUC_DEFINED);
        expect("macro", p.ridge_macro, (p.ridge[0].auc + p.ridge[1].auc) / 2, 1e-12, 0);
        expect("macro", p.knn_macro, (p.knn[0].auc + p.knn[1].auc) / 2, 1e-12, 0);
        probe_clear(&p);
        struct protocol_data data = { 180, train, validation };
        for (int protocol = 0; protocol < PROTOCOL_FITTED; protocol++) {
            assert_true(protocol_score((enum protocol)protocol, &data, rows, 160,
                                       &(struct protocol_scores){ .test = scores }, &e));
            assert_true(auc_score_classes(scores, data.test.labels, 60, CLASSES, a, &e));
            assert_true(isnan(a[2].auc) && a[0].auc > 0.5 && a[1].auc > 0.5);
        }
        /* the validation images alone have both values: they teach nothing */
        hide_class(y, 180, n, values[k]);
        assert_true(protocol_score(PROTOCOL_LINEAR, &data, NULL, 0, &(struct protocol_scores){ .test = scores }, &e));
        for (int i = 0; i < 60 * CLASSES; i++) assert_int_equal(isnan(scores[i]), i % CLASSES == 2);
        free(x);
        free(y);
    }
    struct auc unscored = { NAN, 4, 0 };
    assert_int_equal(auc_lacks(&unscored), AUC_UNSCORED);
}

static void protocols_fit_choose_and_score(void **state)
{
    (void)state;
    int n = 300, d = 33;
    float *x;
    int8_t *y;
    make(n, d, &x, &y, NULL);
    struct protocol_data p = { 180, { 240, d, CLASSES, x, y }, { 60, d, CLASSES, x + 240 * d, y + 240 * CLASSES } };
    double all[60 * CLASSES], some[60 * CLASSES], validation[60 * CLASSES], *place = validation;
    struct protocol_scores whole = { .validation = place, .test = all }, part = { .test = some };
    struct auc a[CLASSES];
    struct err e;
    uint32_t rows[180];
    for (uint32_t i = 0; i < 180; i++) rows[i] = i;
    for (int k = 0; k < PROTOCOL_FITTED; k++) {
        if (!protocol_score((enum protocol)k, &p, NULL, 0, &whole, &e)) fail_msg("%s", e.msg);
        assert_true(k == PROTOCOL_KNN ? isnan(whole.strength) : whole.strength > 0);
        for (int i = 0; i < 60 * CLASSES; i++)
            assert_true(all[i] >= 0 && all[i] <= 1 && validation[i] >= 0 && validation[i] <= 1);
        for (int of = 0; of < 2; of++) {
            assert_true(auc_score_classes(of ? all : validation, y + (of ? 240 : 180) * CLASSES, 60, CLASSES, a, &e));
            assert_true(auc_macro(a, CLASSES) > (k == PROTOCOL_KNN ? 0.55 : 0.65));
        }
        assert_true(protocol_score((enum protocol)k, &p, rows, 180, &part, &e));
        assert_memory_equal(all, some, sizeof all);
        assert_true(protocol_score((enum protocol)k, &p, rows, 20, &part, &e));
        assert_memory_not_equal(all, some, sizeof all);
        assert_false(protocol_score((enum protocol)k, &p, rows, 0, &part, &e));
    }
    memset(y + 180 * CLASSES, -1, 60 * CLASSES); /* validation that cannot tell */
    assert_true(protocol_score(PROTOCOL_LINEAR, &p, NULL, 0, &whole, &e));
    expect("strength", whole.strength, 0.01, 0, 0);
    p.fit.n = 180; /* without labels they count for nothing */
    assert_true(protocol_score(PROTOCOL_LINEAR, &p, NULL, 0, &part, &e));
    assert_memory_equal(all, some, sizeof all);
    x[0] = NAN;
    assert_false(protocol_score(PROTOCOL_LINEAR, &p, NULL, 0, &part, &e));
    free(x);
    free(y);
}

/* Fits are of the training images alone: at one strength, whatever validation labels say, and kNN in any case. */
static void validation_images_teach_nothing(void **state)
{
    (void)state;
    int n = 300, d = 33, found = 0;
    float *x;
    int8_t *y;
    make(n, d, &x, &y, NULL);
    const struct protocol_data p = { 180,
                                     { 240, d, CLASSES, x, y },
                                     { 60, d, CLASSES, x + 240 * d, y + 240 * CLASSES } };
    double first[60 * CLASSES], scores[60 * CLASSES];
    for (int k = 0; k < PROTOCOL_FITTED; k++) {
        struct protocol_scores before = { .test = first }, after = { .test = scores };
        struct err e;
        assert_true(protocol_score((enum protocol)k, &p, NULL, 0, &before, &e));
        for (int turn = 1; turn < 5; turn++) {
            for (int i = 180 * CLASSES; i < 240 * CLASSES; i++) y[i] = (int8_t)((i * turn / 7) % 2);
            assert_true(protocol_score((enum protocol)k, &p, NULL, 0, &after, &e));
            if (k == PROTOCOL_LINEAR && after.strength != before.strength) continue;
            assert_memory_equal(first, scores, sizeof first);
            found++;
        }
    }
    assert_true(found > 4);
    free(x);
    free(y);
}

/* By hand, and where probabilities round to 0 and 1. */
static void logits_become_odds_and_cross_entropy(void **state)
{
    (void)state;
    static const float x[] = { 0, 0, 0, 60, -60, 0, -1, 2, 0.5f };
    static const int8_t one[] = { 0, 1, 0, 1, 0, 0, -1, -1, -1 }, many[] = { 0, 1, -1, 1, 0, -1, -1, -1, -1 };
    double odds[9];
    struct classifier_logits l = { 3, 3, false, x };
    classifier_odds(&l, odds);
    for (int i = 0; i < 9; i++) expect("odds", odds[i], x[i], 0, 0);
    expect("binary", classifier_cross_entropy(&l, many), (2 * log(2) + 2 * exp(-60)) / 4, 1e-12, 0);
    l.exclusive = true;
    classifier_odds(&l, odds);
    expect("odds", odds[0], log(1. / 2), 1e-12, 0);
    expect("odds", odds[3], 60, 1e-12, 0);
    expect("odds", odds[4], -120, 1e-12, 0);
    double sum = 0;
    for (int c = 0; c < 3; c++) sum += classifier_probability(odds[6 + c]);
    expect("sum of probabilities", sum, 1, 1e-12, 0);
    expect("softmax", classifier_cross_entropy(&l, one), log(3) / 2, 1e-12, 0);
    static const int8_t none[] = { -1, -1, -1, -1, -1, -1, -1, -1, -1 };
    expect("nothing known", classifier_cross_entropy(&l, none), NAN, 0, 0);
}

/* Images 2k and 2k + 1 are one person of every four; one direction that all share is far larger than the rest. */
static bool are_of_one_half(void *ctx, int a, int b)
{
    (void)ctx;
    return a % 2 == b % 2;
}

static void images_of_one_person_are_paired(void **state)
{
    (void)state;
    enum { N = 200, D = 16 };
    float *x = malloc(sizeof *x * N * D);
    uint32_t random = 5;
    struct lookalike *pairs;
    int count, right = 0;
    struct err e;
    assert_non_null(x);
    for (int i = 0; i < N; i++)
        for (int j = 0; j < D; j++) {
            random = random * 1664525 + 1013904223;
            float v = (float)(random >> 8) / (1 << 24) - 0.5f;
            x[i * D + j] = i % 8 == 1 ? x[(i - 1) * D + j] + 0.02f * v : v * (j ? 1 : 100);
        }
    if (!lookalike_find(&(struct lookalike_search){ .x = x, .n = N, .d = D }, &pairs, &count, &e))
        fail_msg("%s", e.msg);
    for (int k = 0; k < count; k++) {
        assert_true(pairs[k].a < pairs[k].b && (!k || pairs[k].likeness <= pairs[k - 1].likeness));
        if (!lookalike_is(&pairs[k])) continue;
        right += pairs[k].a % 8 == 0 && pairs[k].b == pairs[k].a + 1;
    }
    assert_int_equal(right, N / 8);
    free(pairs);
    const struct lookalike_search told = { .x = x, .n = N, .d = D, .may = are_of_one_half };
    if (!lookalike_find(&told, &pairs, &count, &e)) fail_msg("%s", e.msg);
    for (int k = 0; k < count; k++) {
        assert_true(are_of_one_half(NULL, pairs[k].a, pairs[k].b));
        assert_false(pairs[k].a % 8 == 0 && pairs[k].b == pairs[k].a + 1);
    }
    free(pairs);
    for (int i = 0; i < N * D; i++) x[i] = 1; /* nothing to tell them by */
    if (!lookalike_find(&(struct lookalike_search){ .x = x, .n = N, .d = D }, &pairs, &count, &e))
        fail_msg("%s", e.msg);
    for (int k = 0; k < count; k++) assert_false(lookalike_is(&pairs[k]));
    free(pairs);
    if (!lookalike_find(&(struct lookalike_search){ .x = x, .n = 1, .d = D }, &pairs, &count, &e))
        fail_msg("%s", e.msg);
    assert_int_equal(count, 0);
    free(pairs);
    free(x);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(areas_agree_with_scikit_learn),
        cmocka_unit_test(undefined_areas_stay_out_of_the_mean),
        cmocka_unit_test(standardised_features_have_mean_0_and_deviation_1),
        cmocka_unit_test(logistic_agrees_with_scikit_learn),
        cmocka_unit_test(logistic_handles_one_value_constants_and_nan),
        cmocka_unit_test(ridge_agrees_with_scikit_learn),
        cmocka_unit_test(neighbours_agree_with_numpy),
        cmocka_unit_test(equal_neighbours_are_taken_in_order),
        cmocka_unit_test(images_of_one_person_are_paired),
        cmocka_unit_test(fractions_keep_patients_whole_and_classes_present),
        cmocka_unit_test(the_quick_probe_finds_what_is_there),
        cmocka_unit_test(a_class_that_no_fit_saw_has_no_area),
        cmocka_unit_test(protocols_fit_choose_and_score),
        cmocka_unit_test(validation_images_teach_nothing),
        cmocka_unit_test(logits_become_odds_and_cross_entropy),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
