/* Numbers of collapse against numpy's, closed cases, and input that must not break them. */
#include "tests/check.h"

#include <math.h>

#include "engine/base/random.h"
#include "engine/diagnose/diagnose.h"
#include "tests/fixtures/diagnose.h"

/* The recipe of make_diagnose.py. The caller frees. */
static float *matrix(int n, int d, int kind)
{
    uint32_t state = (uint32_t)(n * 1000 + d * 10 + kind);
    float *x = malloc((size_t)n * (size_t)d * sizeof *x);
    assert_non_null(x);
    for (int i = 0; i < n * d; i++) {
        double sum = 0;
        for (int k = 0; k < 4; k++) {
            state = state * 1664525u + 1013904223u;
            sum += (state >> 8) / 16777216.0;
        }
        x[i] = (float)(sum - 2);
    }
    for (int i = 0; i < n; i++)
        for (int j = 0; j < d; j++) {
            float *v = &x[i * d + j];
            if (kind == 1) *v = *v / (float)(j + 1) + (j ? 0.5f * x[i * d] : 0);
            if (kind == 2) *v = j % 3 == 0 ? 1.5f : fmaxf(0, *v - 0.25f);
        }
    return x;
}

static void expect(const char *what, double got, double want, double relative, double absolute)
{
    if (isnan(want) ? !isnan(got) : !(fabs(got - want) <= relative * fabs(want) + absolute))
        fail_msg("%s: got %.12g, want %.12g", what, got, want);
}

static int numpy_value(const char *name)
{
    for (int i = 0; i < NUMBERS; i++)
        if (!strcmp(diagnose_names[i], name)) return i;
    fail_msg("%s has no independent value: add it to make_diagnose.py", name);
    return 0;
}

/* Of every number there is a value of numpy's, and of every value of numpy's a number. */
static void numbers_agree_with_numpy(void **state)
{
    (void)state;
    int count;
    const struct diagnose_number *rows = diagnose_numbers(&count);
    assert_int_equal(count, NUMBERS);
    for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
        float *x = matrix(cases[k].n, cases[k].d, cases[k].kind);
        struct diagnose g;
        struct err e;
        if (!diagnose_level(&(struct diagnose_input){ x, cases[k].n, cases[k].d, true }, NULL, &g, &e))
            fail_msg("%s", e.msg);
        assert_true(g.finite);
        for (int r = 0; r < count; r++) {
            char what[64];
            int i = numpy_value(rows[r].name);
            double want = cases[k].number[i].value;
            snprintf(what, sizeof what, "%d x %d kind %d: %s", cases[k].n, cases[k].d, cases[k].kind, rows[r].name);
            expect(what, diagnose_value(&g, &rows[r]), want, cases[k].number[i].near, 1e-7);
        }
        diagnose_clear(&g);
        free(x);
    }
}

static void cka_agrees_with_numpy(void **state)
{
    (void)state;
    for (size_t k = 0; k < sizeof cka_cases / sizeof cka_cases[0]; k++) {
        int n = cka_cases[k].n;
        float *x = matrix(n, cka_cases[k].dx, cka_cases[k].kind_x),
              *y = matrix(n, cka_cases[k].dy, cka_cases[k].kind_y);
        double cka = 0, mirrored = 0;
        struct err e;
        assert_true(diagnose_cka(x, cka_cases[k].dx, y, cka_cases[k].dy, n, &cka, &e));
        assert_true(diagnose_cka(y, cka_cases[k].dy, x, cka_cases[k].dx, n, &mirrored, &e));
        expect("cka", cka, cka_cases[k].value, 1e-7, 1e-9);
        expect("cka mirrored", mirrored, cka_cases[k].value, 1e-7, 1e-9);
        double all[9];
        const float *const levels[] = { y, x, y };
        const int d[] = { cka_cases[k].dy, cka_cases[k].dx, cka_cases[k].dy };
        assert_true(diagnose_cka_levels(levels, d, 3, n, all, &e));
        expect("cka of all", all[1], cka_cases[k].value, 1e-7, 1e-9);
        expect("cka of all", all[5], cka_cases[k].value, 1e-7, 1e-9);
        expect("cka with itself", all[4], 1, 1e-12, 0);
        expect("cka with its copy", all[2], 1, 1e-12, 0);
        x[0] = NAN;
        assert_true(diagnose_cka(x, cka_cases[k].dx, y, cka_cases[k].dy, n, &cka, &e));
        assert_true(isnan(cka));
        free(x);
        free(y);
    }
}

/* Ranks that an isotropic Gaussian shows: the table of the documentation. */
static void isotropic_references_match_the_known_table(void **state)
{
    (void)state;
    static const struct {
        int n, d;
        double rankme;
    } rows[] = { { 64, 512, 62.0 }, { 256, 512, 236 }, { 1024, 256, 247 } };
    struct diagnose_cache cache = { 0 };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        double rankme;
        struct err e;
        assert_true(diagnose_isotropic(rows[i].n, rows[i].d, &rankme, &e));
        expect("isotropic RankMe", rankme, rows[i].rankme, 0.003, 0);
    }
    float *x = matrix(64, 33, 0);
    struct diagnose g;
    struct err e;
    for (int i = 0; i < 2; i++) {
        assert_true(diagnose_level(&(struct diagnose_input){ x, 64, 33, true }, &cache, &g, &e));
        assert_int_equal(cache.count, 1);
        expect("ratio of noise", g.rankme_ratio, 1, 0.02, 0);
        diagnose_clear(&g);
    }
    free(x);
}

/* Correlations [d, d] of the columns of x [n, d], in double; 0 on the diagonal and for column `constant`. */
static double *correlations(const float *x, int n, int d, int constant)
{
    double *r = calloc((size_t)d * (size_t)d, sizeof *r), *mean = calloc((size_t)d, sizeof *mean);
    assert_true(r && mean);
    for (int j = 0; j < d; j++)
        for (int i = 0; i < n; i++) mean[j] += (double)x[i * d + j] / n;
    for (int p = 0; p < d; p++)
        for (int q = 0; q < d; q++) {
            double pp = 0, qq = 0, pq = 0;
            for (int i = 0; i < n; i++) {
                double u = x[i * d + p] - mean[p], v = x[i * d + q] - mean[q];
                pp += u * u, qq += v * v, pq += u * v;
            }
            if (p != q && p != constant && q != constant) r[p * d + q] = pq / sqrt(pp * qq);
        }
    free(mean);
    return r;
}

static void pairs_and_blocks_agree_with_plain_loops(void **state)
{
    (void)state;
    static const struct {
        int n, d;
    } rows[] = { { 30, 5 }, { 20, 128 }, { 20, 129 }, { 16, 400 } };
    for (size_t k = 0; k < sizeof rows / sizeof rows[0]; k++) {
        int n = rows[k].n, d = rows[k].d;
        float *x = matrix(n, d, 1);
        for (int i = 0; i < n; i++) x[i * d + 2] = 3; /* a constant dimension: r counts as 0 */
        struct diagnose g;
        struct err e;
        assert_true(diagnose_level(&(struct diagnose_input){ x, n, d, true }, NULL, &g, &e));
        int b = (d + 127) / 128;
        assert_int_equal(g.block_size, b);
        assert_int_equal(g.blocks, (d + b - 1) / b);
        double *r = correlations(x, n, d, 2);
        for (int p = 0; p < g.blocks; p++)
            for (int q = 0; q < g.blocks; q++) {
                double sum = 0, largest = 0;
                int count = 0;
                for (int i = p * b; i < (p + 1) * b && i < d; i++)
                    for (int j = q * b; j < (q + 1) * b && j < d; j++)
                        if (i != j) {
                            sum += fabs(r[i * d + j]);
                            largest = fmax(largest, fabs(r[i * d + j]));
                            count++;
                        }
                const struct diagnose_block *cell = &g.correlation[p * g.blocks + q];
                expect("block mean", cell->mean, count ? sum / count : 0, 0, 2e-6);
                expect("block largest", cell->largest, largest, 0, 2e-6);
                expect("pair of the largest", fabs(r[(int)cell->i * d + (int)cell->j]), largest, 0, 4e-6);
            }
        int pairs = d * (d - 1) / 2;
        assert_int_equal(g.pairs, pairs < DIAGNOSE_PAIRS ? pairs : DIAGNOSE_PAIRS);
        int stronger = 0;
        for (int i = 0; i < g.pairs; i++) {
            assert_true(g.pair[i].i < g.pair[i].j);
            expect("r of a pair", g.pair[i].r, r[g.pair[i].i * d + g.pair[i].j], 0, 2e-6);
            if (i) assert_true(fabsf(g.pair[i].r) <= fabsf(g.pair[i - 1].r));
        }
        for (int i = 0; i < d; i++)
            for (int j = i + 1; j < d; j++) stronger += fabs(r[i * d + j]) > fabsf(g.pair[g.pairs - 1].r) + 2e-6;
        assert_true(stronger < g.pairs);
        diagnose_clear(&g);
        free(x);
        free(r);
    }
}

static void eigenvalues_are_those_of_the_covariance(void **state)
{
    (void)state;
    /* Two orthogonal directions: +-3 along the first, +-1 along the third. */
    float x[4 * 3] = { 3, 7, 0, -3, 7, 0, 0, 7, 1, 0, 7, -1 };
    struct diagnose g;
    struct err e;
    assert_true(diagnose_level(&(struct diagnose_input){ x, 4, 3, true }, NULL, &g, &e));
    expect("first", g.eigenvalues[0], 6, 1e-6, 0);
    expect("second", g.eigenvalues[1], 2.0 / 3, 1e-6, 0);
    expect("third", g.eigenvalues[2], 0, 0, 1e-7);
    expect("singular", g.singular[0], sqrt(18), 1e-6, 0);
    expect("deviation", g.deviation[1], 0, 0, 0);
    expect("participation", g.participation, (20.0 / 3) * (20.0 / 3) / (36 + 4.0 / 9), 1e-6, 0);
    diagnose_clear(&g);
}

static void collapsed_and_broken_levels_give_numbers_and_no_crash(void **state)
{
    (void)state;
    enum { N = 40, D = 24 };
    static float x[N * D];
    struct diagnose g;
    struct err e;
    /* One point, except for the last bit of float32 here and there. */
    for (int i = 0; i < N * D; i++) x[i] = i % 7 ? 0.7f : nextafterf(0.7f, 1);
    assert_true(diagnose_level(&(struct diagnose_input){ x, N, D, true }, NULL, &g, &e));
    expect("dead", g.dead, 1, 0, 0);
    expect("rankme", g.rankme, 1, 0, 0);
    expect("uniformity", g.uniformity, 0, 0, 1e-12);
    expect("corr_abs", g.corr_abs, 0, 0, 0);
    assert_true(isnan(g.alpha) && isnan(g.condition));
    diagnose_clear(&g);
    /* One line. */
    for (int i = 0; i < N; i++)
        for (int j = 0; j < D; j++) x[i * D + j] = (float)((i - 17.3) * (j + 1));
    assert_true(diagnose_level(&(struct diagnose_input){ x, N, D, true }, NULL, &g, &e));
    expect("corr_abs", g.corr_abs, 1, 1e-6, 0);
    expect("stable rank", g.stable_rank, 1, 1e-6, 0);
    expect("uniformity", g.uniformity, log((380 + 400 * exp(-8)) / 780), 1e-5, 0); /* half to either side */
    diagnose_clear(&g);
    static const float broken[] = { NAN, INFINITY, -INFINITY };
    for (int i = 0; i < 3; i++) {
        x[N * D - 1] = broken[i];
        assert_true(diagnose_level(&(struct diagnose_input){ x, N, D, true }, NULL, &g, &e));
        assert_false(g.finite);
        assert_true(isnan(g.rankme) && isnan(g.std_mean) && isnan(g.deviation[0]) && isnan(g.eigenvalues[0]));
        diagnose_clear(&g);
    }
    assert_false(diagnose_level(&(struct diagnose_input){ x, 1, D, true }, NULL, &g, &e));
    diagnose_clear(&g);
    assert_true(diagnose_level(&(struct diagnose_input){ (float[]){ 1, 2 }, 2, 1, true }, NULL, &g, &e));
    assert_true(isnan(g.corr_abs) && g.pairs == 0);
    diagnose_clear(&g);
    double cka;
    static float zeros[N * 3];
    assert_true(diagnose_cka(zeros, 3, zeros, 3, N, &cka, &e));
    assert_true(isnan(cka));
}

/* What numpy's (std < 1e-3 * sqrt((std**2).mean())).mean() gives, at any scale; constants are dead. */
static void dead_dimensions_of_a_map_are_judged_by_its_own_scale(void **state)
{
    (void)state;
    enum { N = 40, D = 12 };
    static const float scales[] = { 1e-6F, 0.03F, 1, 1e4F };
    static float x[N * D];
    struct diagnose g;
    struct err e;
    for (size_t k = 0; k < sizeof scales / sizeof *scales; k++) {
        float *m = matrix(N, D, 0);
        /* 2 weak dimensions of 12 above the limit, 3 below it, 1 constant */
        static const float weight[D] = { 1, 1, 1, 1, 1, 1, 3e-3F, 3e-3F, 3e-4F, 3e-4F, 3e-4F, 0 };
        for (int i = 0; i < N * D; i++) x[i] = scales[k] * weight[i % D] * m[i];
        assert_true(diagnose_level(&(struct diagnose_input){ x, N, D, false }, NULL, &g, &e));
        expect("dead", g.dead, 4.0 / 12, 1e-12, 0);
        assert_true(isnan(g.inactive));
        diagnose_clear(&g);
        assert_true(diagnose_level(&(struct diagnose_input){ x, N, D, true }, NULL, &g, &e));
        expect("dead of an embedding", g.dead, scales[k] < 0.1F ? 1 : scales[k] > 1e3F ? 1.0 / 12 : 6.0 / 12, 1e-12, 0);
        assert_true(g.inactive >= 0);
        diagnose_clear(&g);
        free(m);
    }
    for (int i = 0; i < N * D; i++) x[i] = i % 7 ? 0.7f : nextafterf(0.7f, 1); /* a point, except for last bits */
    assert_true(diagnose_level(&(struct diagnose_input){ x, N, D, false }, NULL, &g, &e));
    expect("dead of a point", g.dead, 1, 0, 0);
    diagnose_clear(&g);
    static const float some[] = { NAN, 0, 1, 5e-4F, INFINITY }, none[] = { 0, 0 };
    assert_int_equal(diagnose_dead(some, 5, false), 2);
    assert_int_equal(diagnose_dead(some, 5, true), 2);
    assert_int_equal(diagnose_dead(none, 2, false), 2);
    assert_int_equal(diagnose_dead(NULL, 0, false), 0);
}

static void same_input_gives_same_bits(void **state)
{
    (void)state;
    float *x = matrix(200, 150, 1);
    struct diagnose a, b;
    struct err e;
    assert_true(diagnose_level(&(struct diagnose_input){ x, 200, 150, true }, NULL, &a, &e));
    assert_true(diagnose_level(&(struct diagnose_input){ x, 200, 150, true }, NULL, &b, &e));
    int count;
    const struct diagnose_number *rows = diagnose_numbers(&count);
    for (int i = 0; i < count; i++) assert_true(diagnose_value(&a, &rows[i]) == diagnose_value(&b, &rows[i]));
    assert_memory_equal(a.eigenvalues, b.eigenvalues, 150 * sizeof *a.eigenvalues);
    assert_memory_equal(a.pair, b.pair, sizeof a.pair);
    diagnose_clear(&a);
    diagnose_clear(&b);
    free(x);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_agree_with_numpy),
        cmocka_unit_test(cka_agrees_with_numpy),
        cmocka_unit_test(isotropic_references_match_the_known_table),
        cmocka_unit_test(pairs_and_blocks_agree_with_plain_loops),
        cmocka_unit_test(eigenvalues_are_those_of_the_covariance),
        cmocka_unit_test(collapsed_and_broken_levels_give_numbers_and_no_crash),
        cmocka_unit_test(dead_dimensions_of_a_map_are_judged_by_its_own_scale),
        cmocka_unit_test(same_input_gives_same_bits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
