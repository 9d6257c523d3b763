/* The verdict on a level: the rule against plain comparisons, its line, what is remembered between readings, advice. */
#include "tests/check.h"

#include <math.h>

#include "engine/diagnose/verdict.h"

static struct verdict_reading reading(void)
{
    return (struct verdict_reading){ .value = { [SIGN_SHARED] = 0.7,
                                                [SIGN_KEPT] = 1,
                                                [SIGN_FEATURES] = 0.6,
                                                [SIGN_DEVIATION] = 0.9,
                                                [SIGN_DIRECTIONS] = 3,
                                                [SIGN_CROWDING] = -2.8,
                                                [SIGN_EMBEDDING] = -3 },
                                     .share = 1 };
}

/* A value just past a limit, or just not. */
static double beside(const struct verdict_rule *r, double limit, bool past)
{
    return limit + (r->below == past ? -1e-6 : 1e-6);
}

static void the_word_is_that_of_the_worst_sign(void **state)
{
    (void)state;
    struct verdict v;
    struct verdict_reading in = reading();
    verdict_judge(&in, &v);
    assert_int_equal(v.word, VERDICT_LEARNING);
    assert_int_equal(v.worst, -1);
    assert_string_equal(v.advice, "");
    for (int i = 0; i < SIGN_COUNT; i++) {
        const struct verdict_rule *r = &verdict_rules[i];
        in = reading();
        in.value[i] = beside(r, r->watch, false);
        verdict_judge(&in, &v);
        assert_int_equal(v.word, VERDICT_LEARNING);
        in.value[i] = beside(r, r->watch, true);
        verdict_judge(&in, &v);
        assert_int_equal(v.word, VERDICT_WATCH);
        assert_int_equal(v.worst, i);
        assert_true(*v.advice);
        if (isnan(r->bad)) continue;
        in.value[i] = beside(r, r->bad, true);
        in.value[SIGN_SHARED] = 0; /* a worse sign hides a watch before it */
        verdict_judge(&in, &v);
        assert_int_equal(v.word, VERDICT_COLLAPSING);
        assert_int_equal(v.worst, i);
    }
}

static void views_that_share_nothing_are_a_plateau_for_a_part_of_the_budget(void **state)
{
    (void)state;
    static const struct {
        double share, rho;
        enum verdict_word word;
    } rows[] = { { 0.1, 0.05, VERDICT_PLATEAU }, { 0.4, -0.1, VERDICT_PLATEAU }, { 0.41, 0.05, VERDICT_WATCH },
                 { 1, 0.05, VERDICT_WATCH },     { 0.1, 0.2, VERDICT_LEARNING }, { 0.1, NAN, VERDICT_UNKNOWN } };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct verdict v;
        struct verdict_reading in = reading();
        in.share = rows[i].share;
        in.value[SIGN_SHARED] = rows[i].rho;
        verdict_judge(&in, &v);
        if (v.word != rows[i].word) fail_msg("row %zu: %s", i, verdict_words[v.word]);
    }
}

/* Narrow features or embeddings are no fault where both views agree on the features: they keep what there is. */
static void narrow_features_that_both_views_share_are_no_fault(void **state)
{
    (void)state;
    int excused = 0;
    for (int i = 0; i < SIGN_COUNT; i++) {
        const struct verdict_rule *r = &verdict_rules[i];
        struct verdict v;
        struct verdict_reading in = reading();
        in.value[i] = beside(r, isnan(r->bad) ? r->watch : r->bad, true);
        enum verdict_word past = isnan(r->bad) ? VERDICT_WATCH : VERDICT_COLLAPSING;
        const double features[] = { 0.79, 0.8, 1, NAN };
        for (int k = 0; k < 4 && i != SIGN_FEATURES; k++) {
            in.value[SIGN_FEATURES] = features[k];
            verdict_judge(&in, &v);
            bool is_excused = !isnan(r->excused) && features[k] >= 0.8;
            assert_int_equal(v.word, is_excused ? VERDICT_LEARNING : past);
            assert_int_equal(verdict_is_narrow(&v), is_excused);
            excused += is_excused;
        }
    }
    assert_int_equal(excused, 3 * 2); /* directions, crowding, embedding */
}

static void features_that_share_little_are_a_fault_only_later(void **state)
{
    (void)state;
    static const struct {
        double share, features;
        enum verdict_word word;
    } rows[] = { { 0.1, 0.1, VERDICT_LEARNING },
                 { 0.4, 0.1, VERDICT_LEARNING },
                 { 0.41, 0.29, VERDICT_WATCH },
                 { 0.41, 0.31, VERDICT_LEARNING },
                 { 1, NAN, VERDICT_LEARNING } };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct verdict v;
        struct verdict_reading in = reading();
        in.share = rows[i].share;
        in.value[SIGN_FEATURES] = rows[i].features;
        verdict_judge(&in, &v);
        if (v.word != rows[i].word) fail_msg("row %zu: %s", i, verdict_words[v.word]);
    }
}

/* Every mixture of signs, just past their limits, just not and without a number: what the line says of each is true by
 * its own numbers, and its word is the worst of them. */
static void no_line_contradicts_itself(void **state)
{
    (void)state;
    enum { KINDS = 4 };
    int all = 1;
    for (int i = 1; i < SIGN_COUNT; i++) all *= KINDS;
    for (int i = 0; i < all; i++) {
        struct verdict_reading in = reading();
        int worst = 0;
        for (int k = 1, at = i; k < SIGN_COUNT; k++, at /= KINDS) {
            const struct verdict_rule *r = &verdict_rules[k];
            const double kinds[KINDS] = { beside(r, r->watch, false), beside(r, r->watch, true),
                                          isnan(r->bad) ? beside(r, r->watch, true) : beside(r, r->bad, true), NAN };
            int kind = at % KINDS;
            in.value[k] = kinds[kind];
            int grade = kind == 3 ? 0 : kind == 2 && isnan(r->bad) ? 1 : kind;
            worst = grade > worst ? grade : worst;
        }
        struct verdict v;
        char line[600];
        verdict_judge(&in, &v);
        verdict_line(&v, line, sizeof line);
        if (isnan(in.value[SIGN_EMBEDDING])) {
            assert_string_equal(line, "UNKNOWN: no number for embedding");
            continue;
        }
        static const char *const words[] = { "LEARNING: shared 0.7", "WATCH: ", "COLLAPSING: " };
        if (strncmp(line, words[worst], strlen(words[worst]))) fail_msg("%d: %s", i, line);
        for (const char *at = line; (at = strchr(at, '('));) {
            char grade[16], sense[16];
            double limit, value;
            const char *number = at++;
            if (sscanf(at, "%15s %15s %lf", grade, sense, &limit) != 3) break; /* of an advice */
            for (number -= 2; number > line && number[-1] != ' '; number--) {
            }
            value = strtod(number, NULL);
            if (!strcmp(sense, "below") ? value >= limit : value <= limit) fail_msg("%d: %s", i, line);
        }
        char shorter[8];
        assert_int_equal(strlen(verdict_line(&v, shorter, sizeof shorter)), sizeof shorter - 1);
    }
}

static void a_line_says_what_it_rests_on(void **state)
{
    (void)state;
    struct verdict v;
    struct verdict_reading in = reading();
    char line[600];
    verdict_judge(&in, &v);
    assert_string_equal(
        verdict_line(&v, line, sizeof line),
        "LEARNING: shared 0.7, kept 1, features 0.6, deviation 0.9, directions 3, crowding -2.8, embedding -3");
    in.value[SIGN_DIRECTIONS] = 1.1;
    in.value[SIGN_FEATURES] = 0.95;
    verdict_judge(&in, &v);
    assert_string_equal(verdict_line(&v, line, sizeof line),
                        "LEARNING: features 0.95, directions 1.1 (narrow below 1.12)");
    in.value[SIGN_FEATURES] = 0.6;
    in.value[SIGN_DIRECTIONS] = 1.0499999;
    verdict_judge(&in, &v);
    verdict_line(&v, line, sizeof line);
    assert_non_null(strstr(line, "COLLAPSING: directions 1.05 (bad below "));
    assert_non_null(strstr(line, ". Try: "));
    in.value[SIGN_FEATURES] = 0.2;
    verdict_judge(&in, &v);
    verdict_line(&v, line, sizeof line);
    assert_non_null(strstr(line, "COLLAPSING: directions 1.05 (bad below 1.12), features 0.2 (watch below 0.3)"));
    v = (struct verdict){ .word = VERDICT_HEALTHY, .worst = -1 }; /* of a store of a former version */
    for (int i = 0; i < SIGN_COUNT; i++) v.sign[i].value = NAN;
    assert_string_equal(verdict_line(&v, line, sizeof line), "HEALTHY");
    assert_string_equal(verdict_grade(&v.sign[0]), "unknown");
    in.value[SIGN_SHARED] = NAN;
    verdict_judge(&in, &v);
    assert_string_equal(verdict_line(&v, line, sizeof line), "UNKNOWN: no number for shared");
    static const struct {
        double value;
        const char *text;
    } numbers[] = { { 0, "0" }, { -0.0001, "0" }, { 0.0996, "0.0996" }, { 0.7191, "0.719" }, { NAN, "-" } };
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        char out[VERDICT_NUMBER];
        assert_string_equal(verdict_number(numbers[i].value, out), numbers[i].text);
    }
}

/* Stores of former versions have the numbers 0 to 3; none may change its meaning, and worry orders them all. */
static void a_stored_number_keeps_its_word(void **state)
{
    (void)state;
    static const struct {
        double stored;
        const char *word;
        int worry;
    } rows[] = { { 0, "unknown", 0 },    { 1, "HEALTHY", 1 },  { 2, "WATCH", 3 },
                 { 3, "COLLAPSING", 4 }, { 4, "LEARNING", 1 }, { 5, "PLATEAU", 2 },
                 { 6, "unknown", 0 },    { -1, "unknown", 0 }, { NAN, "unknown", 0 } };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        enum verdict_word word = verdict_of_number(rows[i].stored);
        assert_string_equal(verdict_words[word], rows[i].word);
        assert_int_equal(verdict_worry(word), rows[i].worry);
        assert_true(*verdict_meaning(word));
    }
}

static double plain_mean(const double *x, int n)
{
    double sum = 0;
    for (int i = n > VERDICT_WINDOW ? n - VERDICT_WINDOW : 0; i < n; i++) sum += x[i];
    return sum / (n > VERDICT_WINDOW ? VERDICT_WINDOW : n);
}

/* The mean of the last steps and the share of the highest, against plain loops; and the same bits after a pause at any
 * step. */
static void what_is_remembered_is_the_mean_and_the_highest(void **state)
{
    (void)state;
    enum { STEPS = 90, EVERY = 7 };
    struct verdict_memory m = { 0 };
    double x[STEPS], peak = 0, value[SIGN_COUNT];
    for (int i = 0; i < STEPS; i++) {
        x[i] = 0.02 + 0.8 * sin(i / 20.0) + 0.01 * cos(7.0 * i);
        verdict_note(&m, x[i]);
        char text[VERDICT_MEMORY];
        struct verdict_memory again;
        verdict_memory_write(&m, text);
        assert_true(verdict_memory_read(&again, text));
        assert_true(again.steps == m.steps && again.peak == m.peak && again.begun == m.begun);
        for (int k = 0; k < VERDICT_WINDOW; k++) assert_true(again.rho[k] == m.rho[k]);
        m = again;
        if ((i + 1) % EVERY) continue;
        double mean = plain_mean(x, i + 1);
        peak = fmax(peak, mean);
        verdict_take(&m, value);
        assert_true(fabs(value[SIGN_SHARED] - mean) < 1e-12 && verdict_mean(&m) == value[SIGN_SHARED]);
        double kept = peak < verdict_rules[SIGN_SHARED].watch ? 1 : fmax(0, mean) / peak;
        assert_true(fabs(value[SIGN_KEPT] - kept) < 1e-12);
    }
    assert_true(value[SIGN_KEPT] < 0.5); /* rho fell again: the rows above were not all alike */
    m = (struct verdict_memory){ 0 };
    verdict_take(&m, value);
    assert_true(isnan(value[SIGN_SHARED]) && isnan(value[SIGN_KEPT]));
    static const char *const broken[] = { "", "x", "5", "5 1", "5 1 0x1p-1 0x1p-2", "-1 0 0", "9 1 0 a b c" };
    for (size_t i = 0; i < sizeof broken / sizeof broken[0]; i++) {
        assert_false(verdict_memory_read(&m, broken[i]));
        assert_true(m.steps == 0 && m.peak == 0);
    }
}

/* A setting that is off or far from usual is named before what is tried otherwise. */
static void an_advice_looks_at_the_settings(void **state)
{
    (void)state;
    static const struct {
        const char *method, *key, *value;
        enum engine_level level;
        const char *says;
    } rows[] = {
        { "vicreg", "loss.var", "0", LEVEL_Z, "loss.var 25: it is 0, and nothing holds the dimensions open" },
        { "vicreg", "loss.var", "3", LEVEL_Z, "loss.var 25: it is 3, and little holds the dimensions open" },
        { "mlvicx", "loss.cov", "0", LEVEL_D, "loss.cov 1: it is 0, and nothing keeps dimensions" },
        { "mlvicx", "loss.local_weight", "0", LEVEL_D, "raise loss.local_weight: it is 0" },
        { "mlvicx", "loss.local_weight", "0", LEVEL_Z, "a lower optim.lr" },
        { "barlow", "method.off", "0", LEVEL_Z, "method.off 0.005: it is 0" },
        { "byol", "method.predictor", "off", LEVEL_Z, "method.predictor on: it is off" },
        { "byol", "method.ema", "1", LEVEL_Z, "method.ema 0.99: it is 1" },
        { "simclr", "method.temperature", "10", LEVEL_Z, "method.temperature 0.1: it is 10" },
        { "lejepa", "method.sigreg", "0", LEVEL_Z, "method.sigreg 0.05: it is 0" },
        { "simsiam", "optim.lr", "0.04", LEVEL_Z, "optim.lr 0.004: it is 0.04" },
        { "simclr", "data.batch", "8", LEVEL_Z, "data.batch 64: it is 8" },
        { "byol", "loss.var", "0", LEVEL_Z, "a lower optim.lr" }, /* which byol does not read */
        { "vicreg", "optim.lr", "0.004", LEVEL_Z, "a lower optim.lr" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct settings s;
        struct verdict v;
        struct verdict_reading in = reading();
        settings_init(&s);
        assert_true(settings_preset(&s, "demo", NULL) && settings_set(&s, "method.name", rows[i].method, NULL) &&
                    settings_set(&s, rows[i].key, rows[i].value, NULL));
        in.settings = &s;
        in.preset = "demo";
        in.level = rows[i].level;
        in.value[SIGN_CROWDING] = -0.5;
        verdict_judge(&in, &v);
        if (!strstr(v.advice, rows[i].says)) fail_msg("%zu: %s", i, v.advice);
    }
}

/* A plateau at the beginning is no fault: nothing is to be tried, unless a setting stands out. */
static void an_early_plateau_asks_for_nothing(void **state)
{
    (void)state;
    struct settings s;
    struct verdict v;
    struct verdict_reading in = reading();
    settings_init(&s);
    in.settings = &s;
    in.value[SIGN_SHARED] = 0.05;
    in.share = 0.19;
    verdict_judge(&in, &v);
    assert_int_equal(v.word, VERDICT_PLATEAU);
    assert_string_equal(v.advice, "");
    in.share = 0.21;
    verdict_judge(&in, &v);
    assert_int_equal(v.word, VERDICT_PLATEAU);
    assert_non_null(strstr(v.advice, "more epochs"));
    in.share = 0.01;
    assert_true(settings_set(&s, "loss.inv", "25", NULL) && settings_set(&s, "loss.var", "0", NULL));
    verdict_judge(&in, &v);
    assert_non_null(strstr(v.advice, "loss.var 25: it is 0"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_word_is_that_of_the_worst_sign),
        cmocka_unit_test(views_that_share_nothing_are_a_plateau_for_a_part_of_the_budget),
        cmocka_unit_test(narrow_features_that_both_views_share_are_no_fault),
        cmocka_unit_test(features_that_share_little_are_a_fault_only_later),
        cmocka_unit_test(no_line_contradicts_itself),
        cmocka_unit_test(a_line_says_what_it_rests_on),
        cmocka_unit_test(a_stored_number_keeps_its_word),
        cmocka_unit_test(what_is_remembered_is_the_mean_and_the_highest),
        cmocka_unit_test(an_advice_looks_at_the_settings),
        cmocka_unit_test(an_early_plateau_asks_for_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
