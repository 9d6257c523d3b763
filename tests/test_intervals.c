/* Variances of areas against the vector of the method, naive twins and simulation; figures at a threshold; corrections.
 * With MLVICX_PROC=FILE the cases are written for tests/check_proc.sh, which asks R's pROC. */
#include "tests/check.h"

#include <math.h>

#include "engine/base/random.h"
#include "engine/evaluate/auc.h"
#include "engine/evaluate/bootstrap.h"
#include "engine/evaluate/delong.h"
#include "engine/evaluate/operating.h"
#include "engine/evaluate/significance.h"
#include "tests/fixtures/intervals.h"

static void expect(const char *what, double got, double want, double within)
{
    if (isnan(want) ? !isnan(got) : !(fabs(got - want) <= within))
        fail_msg("%s: got %.12g, want %.12g", what, got, want);
}

/* ---- variances ---- */

static const int8_t vector_labels[] = { 1, 1, 1, 1, 0, 0, 0, 0, 0 };
static const uint32_t vector_patients[] = { 1, 1, 2, 3, 3, 4, 4, 5, 6 };
static const double vector_a[] = { .9, .8, .8, .4, .7, .8, .3, .2, .4 };
static const double vector_b[] = { .6, .9, .5, .7, .6, .1, .3, .5, .2 };
static const struct delong_images vector_images = { 9, 1, vector_labels, vector_patients };

static void the_vector_of_the_method_holds(void **state)
{
    (void)state;
    struct delong d;
    struct err e;
    assert_true(delong_areas(vector_a, vector_b, &vector_images, &d, &e));
    double difference = d.auc[0] - d.auc[1];
    expect("area a", d.auc[0], .825, 1e-12);
    expect("area b", d.auc[1], .9, 1e-12);
    expect("plain a", sqrt(d.plain.first), .14506, 5e-6);
    expect("plain b", sqrt(d.plain.second), .10155, 5e-6);
    expect("plain p", significance_p(difference, delong_difference(&d.plain)), .69814, 5e-6);
    expect("clustered a", sqrt(d.clustered.first), .14994, 5e-6);
    expect("clustered b", sqrt(d.clustered.second), .09518, 5e-6);
    expect("clustered p", significance_p(difference, delong_difference(&d.clustered)), .64726, 5e-6);
    assert_int_equal(d.patients, 6);
    assert_true(delong_is_clustered(&d));
}

/* Scores on a coarse grid, so that they tie; one label of ten is missing. */
static void make_case(int n, int levels, uint32_t seed, double *a, double *b, int8_t *y, uint32_t *patient)
{
    struct random r = random_stream(seed, 1, 0, RANDOM_SPLIT);
    for (int i = 0; i < n; i++) {
        y[i] = random_below(&r, 10) ? (int8_t)(random_below(&r, 3) == 0) : -1;
        patient[i] = random_below(&r, (uint32_t)n / 2 + 1);
        a[i] = (double)random_below(&r, (uint32_t)levels) + (y[i] > 0);
        b[i] = (double)random_below(&r, (uint32_t)levels) + a[i] / 2;
    }
}

static void same_variance(const char *what, const struct delong_variance *got, const struct delong_variance *want)
{
    expect(what, got->first, want->first, 1e-12);
    expect(what, got->second, want->second, 1e-12);
    expect(what, got->covariance, want->covariance, 1e-12);
}

static void ranks_give_what_pairs_give(void **state)
{
    (void)state;
    static const int sizes[] = { 0, 1, 2, 3, 7, 33, 200 }, levels[] = { 1, 4, 1000 };
    enum { MOST = 200 };
    double a[MOST], b[MOST];
    int8_t y[MOST];
    uint32_t patient[MOST];
    for (int k = 0; k < 63; k++) {
        int n = sizes[k % 7];
        struct delong fast, slow;
        struct err e;
        struct auc area;
        const struct delong_images images = { n, 1, y, patient };
        make_case(n, levels[k % 3], (uint32_t)k, a, b, y, patient);
        assert_true(delong_areas(a, b, &images, &fast, &e) && delong_areas_naive(a, b, &images, &slow, &e));
        assert_true(auc_score(a, y, n, 1, &area, &e));
        expect("area", fast.auc[0], slow.auc[0], 1e-13);
        expect("area by ranks", fast.auc[0], area.auc, 1e-13);
        expect("area", fast.auc[1], slow.auc[1], 1e-13);
        same_variance("plain", &fast.plain, &slow.plain);
        same_variance("clustered", &fast.clustered, &slow.clustered);
        struct delong alone;
        assert_true(delong_areas(a, NULL, &images, &alone, &e));
        expect("alone", alone.clustered.first, fast.clustered.first, 1e-15);
        assert_true(isnan(fast.auc[0]) || alone.auc[1] == 0);
    }
}

static void pathological_scores_have_no_wrong_interval(void **state)
{
    (void)state;
    static const int8_t y[] = { 1, 1, 1, 0, 0, 0 }, one[] = { 1, 0, 0, 0, 0, 0 }, none[] = { 0, 0, 0, 0, 0, 0 };
    static const uint32_t apart[] = { 1, 2, 3, 4, 5, 6 }, all_one[] = { 1, 1, 1, 1, 1, 1 };
    static const double perfect[] = { 4, 5, 6, 1, 2, 3 }, equal[] = { 1, 1, 1, 1, 1, 1 },
                        broken[] = { 1, NAN, 1, 1, 1, 1 };
    struct delong d;
    struct err e;
    assert_true(delong_areas(perfect, equal, &(struct delong_images){ 6, 1, y, apart }, &d, &e));
    assert_true(d.auc[0] == 1 && d.auc[1] == .5 && d.plain.first == 0 && d.plain.second == 0);
    expect("p of a difference without variance", significance_p(.5, delong_difference(&d.plain)), 0, 0);
    expect("p of no difference without variance", significance_p(0, 0), 1, 0);
    assert_false(delong_is_clustered(&d));
    assert_true(delong_areas(perfect, perfect, &(struct delong_images){ 6, 1, one, apart }, &d, &e));
    assert_true(!isnan(d.auc[0]) && isnan(d.plain.first) && isnan(d.clustered.first)); /* one positive */
    struct interval i = significance_interval(d.auc[0], d.plain.first, 0, 1);
    assert_true(isnan(i.lo) && isnan(i.hi) && isnan(significance_p(0, d.plain.first)));
    assert_true(delong_areas(perfect, NULL, &(struct delong_images){ 6, 1, y, all_one }, &d, &e));
    assert_true(!isnan(d.plain.first) && isnan(d.clustered.first)); /* one patient */
    assert_true(delong_areas(perfect, NULL, &(struct delong_images){ 6, 1, none, apart }, &d, &e));
    assert_true(isnan(d.auc[0]) && d.negatives == 6);
    assert_true(delong_areas(broken, NULL, &(struct delong_images){ 6, 1, y, apart }, &d, &e) && isnan(d.auc[0]));
    i = significance_interval(.99, .01, 0, 1);
    expect("lo", i.lo, .99 - .196, 1e-12);
    expect("cut", i.hi, 1, 0);
}

/* 100,000 scores, two encoders: a sort each. That it ends at all within the suite says that it is not pair by pair. */
static void many_scores_are_no_matter_of_pairs(void **state)
{
    (void)state;
    enum { MANY = 100000 };
    double *a = malloc(MANY * sizeof *a), *b = malloc(MANY * sizeof *b);
    int8_t *y = malloc(MANY);
    uint32_t *patient = malloc(MANY * sizeof *patient);
    struct delong d;
    struct operating o;
    struct err e;
    double t;
    make_case(MANY, 1 << 20, 3, a, b, y, patient);
    for (int i = 0; i < MANY; i++) a[i] /= (1 << 20) + 1.;
    assert_true(delong_areas(a, b, &(struct delong_images){ MANY, 1, y, patient }, &d, &e));
    const struct operating_scores s = { MANY, 1, a, y };
    assert_true(operating_threshold(&s, &t, &e) && operating_point(&s, t, &o, &e));
    assert_true(d.auc[0] > .49 && d.auc[0] < .51 && d.clustered.first > 0 && o.f1 > .4);
    free(a);
    free(b);
    free(y);
    free(patient);
}

/* ---- simulation: what the intervals promise ---- */

enum { PATIENTS = 60, EACH = 9, ROUNDS = 300 };

/* Images of a patient share a label and most of a score. */
static void the_clustered_interval_covers_where_the_plain_one_does_not(void **state)
{
    (void)state;
    enum { N = PATIENTS * EACH };
    static double a[N];
    static int8_t y[N];
    static uint32_t patient[N];
    const double truth =
        .5 * erfc(-.8 / sqrt(2 * 2 * 1.2) * 1); /* P(positive above negative): shift .8, variance 1.2 */
    int plain = 0, clustered = 0;
    for (int k = 0; k < ROUNDS; k++) {
        struct random r = random_stream(11, (uint32_t)k, 0, RANDOM_SPLIT);
        struct delong d;
        struct err e;
        for (int p = 0; p < PATIENTS; p++) {
            double own = random_normal(&r);
            for (int i = 0; i < EACH; i++) {
                int at = p * EACH + i;
                y[at] = (int8_t)(p % 2);
                patient[at] = (uint32_t)p;
                a[at] = own + sqrt(.2) * random_normal(&r) + .8 * (p % 2);
            }
        }
        assert_true(delong_areas(a, NULL, &(struct delong_images){ N, 1, y, patient }, &d, &e));
        struct interval narrow = significance_interval(d.auc[0], d.plain.first, 0, 1),
                        wide = significance_interval(d.auc[0], d.clustered.first, 0, 1);
        plain += narrow.lo <= truth && truth <= narrow.hi;
        clustered += wide.lo <= truth && truth <= wide.hi;
    }
    print_message("of %d intervals the clustered cover in %d, the plain in %d\n", ROUNDS, clustered, plain);
    assert_in_range(clustered, ROUNDS * 92 / 100, ROUNDS * 98 / 100);
    assert_true(plain < ROUNDS * 80 / 100);
}

/* Labels that have nothing to do with the scores: area one half, p uniform. */
static void without_a_difference_p_is_uniform(void **state)
{
    (void)state;
    enum { N = 200, DRAWS = 200, TENTHS = 10 };
    double a[N], b[N], mean = 0, chi = 0;
    int8_t y[N];
    uint32_t patient[N];
    int tenth[TENTHS] = { 0 }, called = 0;
    for (int k = 0; k < DRAWS; k++) {
        struct random r = random_stream(5, (uint32_t)k, 0, RANDOM_SPLIT);
        struct delong d;
        struct err e;
        for (int i = 0; i < N; i++) {
            double shared = random_normal(&r);
            a[i] = shared + random_normal(&r);
            b[i] = shared + random_normal(&r);
            y[i] = (int8_t)random_below(&r, 2);
            patient[i] = (uint32_t)i / 2;
        }
        assert_true(delong_areas(a, b, &(struct delong_images){ N, 1, y, patient }, &d, &e));
        double p = significance_p(d.auc[0] - d.auc[1], delong_difference(&d.clustered));
        tenth[(int)fmin(p * TENTHS, TENTHS - 1)]++;
        called += p < .05;
        mean += d.auc[0] / DRAWS;
    }
    for (int t = 0; t < TENTHS; t++) chi += pow(tenth[t] - DRAWS / TENTHS, 2) / (DRAWS / TENTHS);
    print_message("mean area %.4f, chi squared of p over tenths %.1f, %d of %d below .05\n", mean, chi, called, DRAWS);
    expect("mean area", mean, .5, .01);
    assert_true(chi < 27.9); /* 99.9 % of 9 degrees of freedom */
    assert_true(called <= DRAWS * 9 / 100);
}

/* ---- bootstrap ---- */

/* Two methods of equal worth, five fits each, that differ by chance alone: called different in 5 % at most. */
static void equal_methods_are_seldom_called_different(void **state)
{
    (void)state;
    enum { N = 120, PAIRS = 200, FITS = 5 };
    static double scores[2][FITS][N];
    int8_t y[N];
    uint32_t patient[N];
    int called = 0;
    for (int k = 0; k < PAIRS; k++) {
        const double *list[2][FITS];
        struct bootstrap_figure classes, macro;
        struct err e;
        struct random r = random_stream(6, (uint32_t)k, 0, RANDOM_SPLIT);
        double shared[N];
        for (int i = 0; i < N; i++) {
            y[i] = (int8_t)(i % 2);
            patient[i] = (uint32_t)i / 2;
            shared[i] = random_normal(&r) + y[i];
        }
        for (int m = 0; m < 2; m++)
            for (int f = 0; f < FITS; f++) {
                list[m][f] = scores[m][f];
                for (int i = 0; i < N; i++) scores[m][f][i] = shared[i] + random_normal(&r);
            }
        const struct bootstrap_input in = { .n = N,
                                            .classes = 1,
                                            .labels = y,
                                            .patients = patient,
                                            .a = { FITS, list[0], 1 },
                                            .b = { FITS, list[1], 1 },
                                            .rounds = 200,
                                            .seed = 3 };
        assert_true(bootstrap_areas(&in, &classes, &macro, &e));
        assert_true(macro.value == classes.value && macro.lo == classes.lo && classes.left_out == 0);
        called += macro.lo > 0 || macro.hi < 0;
    }
    print_message("%d of %d pairs called different\n", called, PAIRS);
    assert_true(called <= PAIRS * 5 / 100 + 3);
}

enum { FEW_IMAGES = 60, FEW_ROUNDS = 50 };

/* Area of one fit where each patient counts times[patient] times, pair by pair. */
static double area_of_pairs(const double *s, const int8_t *y, const uint32_t *patient, const int *times)
{
    double wins = 0, pairs = 0;
    for (int i = 0; i < FEW_IMAGES; i++)
        for (int j = 0; j < FEW_IMAGES; j++) {
            double weight = y[i] == 1 && y[j] == 0 ? times[patient[i]] * times[patient[j]] : 0;
            wins += weight * ((s[i] > s[j]) + .5 * (s[i] == s[j]));
            pairs += weight;
        }
    return wins / pairs;
}

static double variance_by_hand(const double *x, int n)
{
    double mean = 0, sum = 0;
    for (int i = 0; i < n; i++) mean += x[i] / n;
    for (int i = 0; i < n; i++) sum += (x[i] - mean) * (x[i] - mean) / (n - 1);
    return sum;
}

static int by_value(const void *a, const void *b)
{
    double u = *(const double *)a, v = *(const double *)b;
    return u < v ? -1 : u > v;
}

/* The same by its definition: for each round seeds, draws, patients, then areas pair by pair. */
static void seeds_are_resampled_as_by_hand(void **state)
{
    (void)state;
    enum { A = 3, B = 2, DRAWS = 2 };
    static double scores[(A + B) * DRAWS][FEW_IMAGES];
    const double *list[(A + B) * DRAWS];
    int8_t y[FEW_IMAGES];
    uint32_t patient[FEW_IMAGES];
    int once[FEW_IMAGES / 2], times[FEW_IMAGES / 2];
    double found[FEW_ROUNDS], all[FEW_ROUNDS], seed_area[A + B], value = 0;
    const int seeds[] = { A, B };
    struct random r = random_stream(4, 0, 0, RANDOM_SPLIT);
    for (int i = 0; i < FEW_IMAGES; i++) {
        y[i] = (int8_t)(i % 3 == 0);
        patient[i] = (uint32_t)i / 2;
        once[patient[i]] = 1;
        for (int f = 0; f < (A + B) * DRAWS; f++) {
            list[f] = scores[f];
            scores[f][i] = (int)(4 * (random_normal(&r) + y[i])) / 4.; /* ties */
        }
    }
    const struct bootstrap_input in = { .n = FEW_IMAGES,
                                        .classes = 1,
                                        .labels = y,
                                        .patients = patient,
                                        .a = { A * DRAWS, list, A },
                                        .b = { B * DRAWS, list + A * DRAWS, B },
                                        .rounds = FEW_ROUNDS,
                                        .seed = 9 };
    struct bootstrap_figure class, macro;
    struct err e;
    assert_true(bootstrap_areas(&in, &class, &macro, &e));
    for (int k = 0; k < FEW_ROUNDS; k++) {
        struct random draw = random_stream(9, (uint32_t)k, 0, RANDOM_BOOTSTRAP);
        int which[2][A], of_draws[2][DRAWS];
        for (int m = 0; m < 2; m++) {
            for (int s = 0; s < seeds[m]; s++) which[m][s] = (int)random_below(&draw, (uint32_t)seeds[m]);
            for (int d = 0; d < DRAWS; d++) of_draws[m][d] = (int)random_below(&draw, DRAWS);
        }
        memset(times, 0, sizeof times);
        for (int p = 0; p < FEW_IMAGES / 2; p++) times[random_below(&draw, FEW_IMAGES / 2)]++;
        found[k] = all[k] = 0;
        for (int m = 0; m < 2; m++)
            for (int s = 0; s < seeds[m]; s++)
                for (int d = 0; d < DRAWS; d++) {
                    double sign = (m ? -1. : 1.) / (seeds[m] * DRAWS);
                    const double *const *fits = list + m * A * DRAWS;
                    found[k] += sign * area_of_pairs(fits[which[m][s] * DRAWS + of_draws[m][d]], y, patient, times);
                    all[k] += sign * area_of_pairs(fits[s * DRAWS + d], y, patient, times);
                }
    }
    double parts[2], rounds = variance_by_hand(found, FEW_ROUNDS), whole = rounds, squares = 0;
    for (int m = 0, at = 0; m < 2; at += seeds[m++]) {
        for (int s = 0; s < seeds[m]; s++) {
            seed_area[at + s] = 0;
            for (int d = 0; d < DRAWS; d++)
                seed_area[at + s] += area_of_pairs(list[(at + s) * DRAWS + d], y, patient, once) / DRAWS;
            value += (m ? -1 : 1) * seed_area[at + s] / seeds[m];
        }
        parts[m] = variance_by_hand(seed_area + at, seeds[m]) / seeds[m];
        whole += parts[m] / seeds[m];
        squares += parts[m] * parts[m] / (seeds[m] - 1);
    }
    double wider =
        significance_student(whole * whole / squares) / significance_student(INFINITY) * sqrt(whole / rounds);
    int below = 0, above = 0;
    for (int k = 0; k < FEW_ROUNDS; k++) {
        found[k] = value + wider * (found[k] - value);
        below += found[k] <= 0;
        above += found[k] >= 0;
    }
    qsort(found, FEW_ROUNDS, sizeof *found, by_value);
    double at = .025 * (FEW_ROUNDS - 1), low = found[(int)at] + (at - (int)at) * (found[(int)at + 1] - found[(int)at]);
    expect("difference", class.value, value, 1e-12);
    expect("variance by patients", class.patients, variance_by_hand(all, FEW_ROUNDS), 1e-12);
    expect("variance by seeds", class.seeds, parts[0] + parts[1], 1e-12);
    expect("deviation", class.deviation, wider * sqrt(rounds), 1e-12);
    expect("lo", class.lo, low, 1e-12);
    expect("p", class.p, fmin(1, 2. * ((below < above ? below : above) + 1) / (FEW_ROUNDS + 1)), 1e-12);
    assert_true(macro.lo == class.lo && macro.seeds == class.seeds && wider > 1);
}

/* Methods of equal worth whose seeds differ in what they learned, more than test images vary: few seeds say little, and
 * seldom more than they may. */
static void seeds_of_one_method_are_seldom_called_different(void **state)
{
    (void)state;
    enum { N = 200, PAIRS = 200, MOST = 5, TENTH = 10 };
    static const int sizes[] = { 2, 3, 5 };
    static double scores[2 * MOST][N];
    for (size_t z = 0; z < sizeof sizes / sizeof sizes[0]; z++) {
        int seeds = sizes[z], called = 0, found = 0;
        for (int k = 0; k < PAIRS; k++) {
            const double *list[2 * MOST];
            int8_t y[N];
            uint32_t patient[N];
            double shared[N];
            struct random r = random_stream(12, (uint32_t)k, (uint32_t)seeds, RANDOM_SPLIT);
            for (int i = 0; i < N; i++) {
                y[i] = (int8_t)(i % 2);
                patient[i] = (uint32_t)i / 2;
                shared[i] = random_normal(&r);
            }
            for (int s = 0; s < 2 * seeds; s++) {
                double learned = 1 + .4 * random_normal(&r);
                list[s] = scores[s];
                for (int i = 0; i < N; i++) scores[s][i] = 3 * shared[i] + learned * y[i] + .3 * random_normal(&r);
            }
            struct bootstrap_input in = { .n = N,
                                          .classes = 1,
                                          .labels = y,
                                          .patients = patient,
                                          .a = { seeds, list, seeds },
                                          .b = { seeds, list + seeds, seeds },
                                          .rounds = 200,
                                          .seed = 3 };
            struct bootstrap_figure class, macro;
            struct err e;
            assert_true(bootstrap_areas(&in, &class, &macro, &e));
            called += macro.lo > 0 || macro.hi < 0;
            if (k % TENTH) continue;
            for (int s = 0; s < seeds; s++) /* a method that is better by far is still found */
                for (int i = 0; i < N; i++) scores[s][i] += 4 * y[i];
            assert_true(bootstrap_areas(&in, &class, &macro, &e));
            found += macro.lo > 0;
        }
        print_message("%d seeds: %d of %d pairs called different, %d where one is better\n", seeds, called, PAIRS,
                      found);
        assert_true(called <= PAIRS * 8 / 100); /* 5 % on average, two deviations of the count above it at most */
        assert_true(found >= PAIRS / TENTH * 8 / 10);
    }
}

static void the_bootstrap_agrees_with_delong(void **state)
{
    (void)state;
    enum { N = 400, CLASSES = 3 };
    static double a[N * CLASSES], b[N * CLASSES];
    static int8_t y[N * CLASSES];
    static uint32_t patient[N];
    static const bool apart[CLASSES] = { false, false, true };
    const double *one[] = { a }, *two[] = { b };
    struct random r = random_stream(8, 0, 0, RANDOM_SPLIT);
    for (int i = 0; i < N; i++) {
        double own = random_normal(&r);
        patient[i] = (uint32_t)i / 3;
        for (int c = 0; c < CLASSES; c++) {
            y[i * CLASSES + c] = random_below(&r, 9) ? (int8_t)(random_below(&r, 3) == 0) : -1;
            a[i * CLASSES + c] = own + random_normal(&r) + y[i * CLASSES + c];
            b[i * CLASSES + c] = own + random_normal(&r) + y[i * CLASSES + c] * .5;
        }
    }
    struct bootstrap_input in = { .n = N,
                                  .classes = CLASSES,
                                  .labels = y,
                                  .patients = patient,
                                  .apart = apart,
                                  .a = { 1, one, 1 },
                                  .b = { 1, two, 1 },
                                  .rounds = BOOTSTRAP_ROUNDS,
                                  .seed = 1 };
    struct bootstrap_figure f[CLASSES], macro, again[CLASSES], whole;
    struct err e;
    assert_true(bootstrap_areas(&in, f, &macro, &e) && bootstrap_areas(&in, again, &whole, &e));
    assert_true(macro.lo == whole.lo && macro.hi == whole.hi && macro.p == whole.p); /* the same each time */
    for (int c = 0; c < CLASSES; c++) {
        struct delong d;
        assert_true(delong_areas(a + c, b + c, &(struct delong_images){ N, CLASSES, y + c, patient }, &d, &e));
        expect("area", f[c].a, d.auc[0], 1e-12);
        expect("difference", f[c].value, d.auc[0] - d.auc[1], 1e-12);
        expect("deviation", f[c].deviation, sqrt(delong_difference(&d.clustered)), .15 * f[c].deviation);
    }
    expect("macro of the classes that count", macro.value, (f[0].value + f[1].value) / 2, 1e-12);
    in.b.fits = 0;
    assert_true(bootstrap_areas(&in, f, &macro, &e));
    assert_true(macro.value == macro.a && macro.lo < macro.a && macro.a < macro.hi && isnan(macro.p));
    for (int i = 0; i < N; i++) y[i * CLASSES] = i == 0; /* one positive: many rounds do not draw it */
    assert_true(bootstrap_areas(&in, f, &macro, &e));
    assert_true(f[0].left_out > BOOTSTRAP_ROUNDS / 4 && f[0].left_out < BOOTSTRAP_ROUNDS / 2 && macro.left_out == 0);
}

/* ---- figures at a threshold, against scikit-learn ---- */

static void figures_agree_with_scikit_learn(void **state)
{
    (void)state;
    for (size_t k = 0; k < sizeof operating_cases / sizeof operating_cases[0]; k++) {
        int n = operating_cases[k].n;
        double *scores = malloc((size_t)n * sizeof *scores), t;
        int8_t *labels = malloc((size_t)n);
        struct operating o;
        struct err e;
        for (int i = 0; i < n; i++) { /* the recipe of make_intervals.py */
            scores[i] = (double)(i * 37 % operating_cases[k].m) / operating_cases[k].m;
            labels[i] = (int8_t)((i * i + i / 3) % 3 == 0);
        }
        const struct operating_scores s = { n, 1, scores, labels };
        assert_true(operating_threshold(&s, &t, &e) && operating_point(&s, t, &o, &e));
        expect("average precision", o.average_precision, operating_cases[k].precision, 1e-12);
        expect("threshold", t, operating_cases[k].threshold, 1e-12);
        expect("F1", o.f1, operating_cases[k].f1, 1e-12);
        expect("sensitivity", o.sensitivity, operating_cases[k].sensitivity, 1e-12);
        expect("specificity", o.specificity, operating_cases[k].specificity, 1e-12);
        expect("Brier", o.brier, operating_cases[k].brier, 1e-12);
        expect("calibration", o.calibration, operating_cases[k].calibration, 1e-12);
        free(scores);
        free(labels);
    }
}

static void figures_that_are_not_defined_are_nan(void **state)
{
    (void)state;
    static const double p[] = { 1, 0, .5, .5 };
    static const int8_t negatives[] = { 0, 0, 0, -1 }, missing[] = { -1, -1, -1, -1 }, positives[] = { 1, 1, -1, 1 };
    struct operating o;
    struct err e;
    double t;
    assert_true(operating_threshold(&(struct operating_scores){ 4, 1, p, negatives }, &t, &e) && isnan(t));
    assert_true(operating_point(&(struct operating_scores){ 4, 1, p, negatives }, .5, &o, &e));
    assert_true(isnan(o.average_precision) && isnan(o.sensitivity) && isnan(o.f1) && o.negatives == 3);
    expect("specificity", o.specificity, 1. / 3, 1e-12);
    expect("Brier", o.brier, 1.25 / 3, 1e-12);
    assert_true(operating_point(&(struct operating_scores){ 4, 1, p, missing }, .5, &o, &e) && isnan(o.brier));
    assert_true(operating_threshold(&(struct operating_scores){ 4, 1, p, positives }, &t, &e));
    expect("all positive", t, 0, 0);
    assert_true(operating_point(&(struct operating_scores){ 0, 1, p, positives }, NAN, &o, &e) && isnan(o.calibration));
    static const double broken[] = { NAN, 1, 1, 1 };
    assert_true(operating_point(&(struct operating_scores){ 4, 1, broken, positives }, .5, &o, &e) && isnan(o.f1));
}

/* ---- curves ---- */

/* Six scores with a tie between the values: by hand. */
static void a_curve_walks_down_the_scores(void **state)
{
    (void)state;
    static const double p[] = { .9, .8, .8, .3, .1, .7 };
    static const int8_t y[] = { 1, 1, 0, 0, 0, -1 };
    static const struct operating_step want[] = {
        { INFINITY, 0, 0 }, { .9, 1, 0 }, { .8, 2, 1 }, { .3, 2, 2 }, { .1, 2, 3 }
    };
    struct operating_curve c;
    struct err e;
    assert_true(operating_curve(&(struct operating_scores){ 6, 1, p, y }, &c, &e));
    assert_true(c.count == 5 && c.positives == 2 && c.negatives == 3);
    for (int i = 0; i < c.count; i++)
        assert_true(c.steps[i].threshold == want[i].threshold && c.steps[i].positives == want[i].positives &&
                    c.steps[i].negatives == want[i].negatives);
    assert_true(operating_curve_at(&c, .85) == 1 && operating_curve_at(&c, .8) == 2 && operating_curve_at(&c, 0) == 4);
    assert_true(operating_curve_at(&c, 2) == 0 && operating_curve_at(&c, NAN) == 0);
    operating_curve_clear(&c);
    static const double broken[] = { NAN, 1, 1, 1, 1, 1 };
    assert_true(operating_curve(&(struct operating_scores){ 6, 1, broken, y }, &c, &e) && c.count == 0);
    operating_curve_clear(&c);
}

/* The area by trapezoids is the area by ranks, for the cases that scikit-learn scored too. */
static void the_area_below_the_curve_is_that_by_ranks(void **state)
{
    (void)state;
    for (size_t k = 0; k < sizeof operating_cases / sizeof operating_cases[0]; k++) {
        int n = operating_cases[k].n;
        double *scores = malloc((size_t)n * sizeof *scores), area = 0;
        int8_t *labels = malloc((size_t)n);
        struct operating_curve c;
        struct operating_bin bins[OPERATING_BINS];
        struct auc auc;
        struct err e;
        for (int i = 0; i < n; i++) {
            scores[i] = (double)(i * 37 % operating_cases[k].m) / operating_cases[k].m;
            labels[i] = (int8_t)((i * i + i / 3) % 3 == 0);
        }
        const struct operating_scores s = { n, 1, scores, labels };
        assert_true(operating_curve(&s, &c, &e) && auc_score(scores, labels, n, 1, &auc, &e) &&
                    operating_bins(&s, bins, &e));
        for (int i = 1; i < c.count; i++)
            area += (double)(c.steps[i].negatives - c.steps[i - 1].negatives) *
                    (c.steps[i].positives + c.steps[i - 1].positives) / 2;
        expect("area", area / ((double)c.positives * c.negatives), auc.auc, 1e-12);
        double off = 0;
        for (int b = 0, images = 0; b < OPERATING_BINS; b++) {
            images += bins[b].count;
            if (bins[b].count) off += bins[b].count * fabs(bins[b].score - bins[b].positives) / n;
            if (b + 1 == OPERATING_BINS) assert_int_equal(images, n);
        }
        expect("calibration of the bins", off, operating_cases[k].calibration, 1e-12);
        operating_curve_clear(&c);
        free(scores);
        free(labels);
    }
}

/* ---- corrections ---- */

static void holm_and_power_by_hand(void **state)
{
    (void)state;
    static const double p[] = { .01, .04, NAN, .03, .005 }, want[] = { .03, .06, NAN, .06, .02 };
    double out[5];
    significance_holm(p, 5, out);
    for (int i = 0; i < 5; i++) expect("Holm", out[i], want[i], 1e-12);
    expect("detectable", significance_detectable(.01), .0280158521, 1e-9);
    expect("more", significance_more(.0140079260, .01), 4, 1e-6);
    assert_true(isinf(significance_more(0, .01)));
    static const double student[][2] = { { 1, 12.7062047 }, { 2, 4.3026527 },  { 4, 2.7764451 },
                                         { 8, 2.3060041 },  { 30, 2.0422725 }, { INFINITY, 1.9599640 } };
    for (size_t i = 0; i < sizeof student / sizeof student[0]; i++)
        expect("Student", significance_student(student[i][0]), student[i][1], 1e-5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_vector_of_the_method_holds),
        cmocka_unit_test(ranks_give_what_pairs_give),
        cmocka_unit_test(pathological_scores_have_no_wrong_interval),
        cmocka_unit_test(many_scores_are_no_matter_of_pairs),
        cmocka_unit_test(the_clustered_interval_covers_where_the_plain_one_does_not),
        cmocka_unit_test(without_a_difference_p_is_uniform),
        cmocka_unit_test(equal_methods_are_seldom_called_different),
        cmocka_unit_test(seeds_are_resampled_as_by_hand),
        cmocka_unit_test(seeds_of_one_method_are_seldom_called_different),
        cmocka_unit_test(the_bootstrap_agrees_with_delong),
        cmocka_unit_test(figures_agree_with_scikit_learn),
        cmocka_unit_test(figures_that_are_not_defined_are_nan),
        cmocka_unit_test(a_curve_walks_down_the_scores),
        cmocka_unit_test(the_area_below_the_curve_is_that_by_ranks),
        cmocka_unit_test(holm_and_power_by_hand),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
