/* t-SNE: its gradient against finite differences, its tree against sums over all pairs, what a map keeps of planted
 * clusters beside two principal components, equal bits with any number of threads, and what it refuses. */
#include "tests/check.h"

#include <math.h>

#include "engine/base/random.h"
#include "engine/evaluate/tsne_parts.h"

enum { CLUSTERS = 12, EACH = 25, ROWS = CLUSTERS * EACH, DIMS = 19, NEAR = 12 };

/* Clusters around corners that no plane keeps apart: every other centre lies in further dimensions. */
static void plant(float *x, int dims)
{
    struct random r = random_stream(7, 0, 0, RANDOM_DIAGNOSE);
    for (int i = 0; i < ROWS; i++)
        for (int c = 0; c < dims; c++)
            x[i * dims + c] = (float)(random_normal(&r) + (c == i % CLUSTERS ? 12 + c / 4. : 0));
}

/* ---- what is minimised ---- */

/* KL(P || Q) by all pairs, from the definition alone. */
static double divergence(const struct tsne_likeness *p, const double *y)
{
    double z = 0, sum = 0;
    for (int i = 0; i < p->n; i++)
        for (int j = 0; j < p->n; j++)
            if (i != j) z += 1 / (1 + pow(y[2 * i] - y[2 * j], 2) + pow(y[2 * i + 1] - y[2 * j + 1], 2));
    for (int i = 0; i < p->n; i++)
        for (size_t t = p->first[i]; t < p->first[i + 1]; t++) {
            int j = p->other[t];
            double q = 1 / (1 + pow(y[2 * i] - y[2 * j], 2) + pow(y[2 * i + 1] - y[2 * j + 1], 2)) / z;
            sum += p->p[t] * log(p->p[t] / q);
        }
    return sum;
}

static void random_places(double *y, int n, double spread)
{
    struct random r = random_stream(3, 1, 0, RANDOM_DIAGNOSE);
    for (int i = 0; i < 2 * n; i++) y[i] = spread * random_normal(&r);
}

static void gradient_is_that_of_the_divergence(void **state)
{
    enum { N = 23 };
    static float x[ROWS * DIMS];
    struct tsne_likeness p;
    struct tsne_field field;
    struct err e;
    double y[2 * N], gradient[2 * N], h = 1e-5;
    (void)state;
    plant(x, DIMS);
    assert_true(tsne_likeness(&p, x, N, DIMS, 5, 1, &e) && tsne_field_create(&field, N, &e));
    random_places(y, N, 1.5);
    y[4] = y[6], y[5] = y[7]; /* two points at one place */
    double z = tsne_gradient(&field, &p, y, 0, 1, 1, gradient), kl = tsne_divergence(&p, y, z);
    if (fabs(kl - divergence(&p, y)) > 1e-12) fail_msg("divergence: %.15g, not %.15g", kl, divergence(&p, y));
    for (int i = 0; i < 2 * N; i++) {
        double at = y[i], up, down;
        y[i] = at + h, up = divergence(&p, y);
        y[i] = at - h, down = divergence(&p, y);
        y[i] = at;
        double want = (up - down) / (2 * h);
        if (fabs(gradient[i] - want) > 1e-8) fail_msg("gradient %d: %.12g, not %.12g", i, gradient[i], want);
    }
    tsne_likeness_clear(&p);
    tsne_field_clear(&field);
}

static void tree_comes_close_to_all_pairs(void **state)
{
    static float x[ROWS * DIMS];
    static double y[2 * ROWS], exact[2 * ROWS], tree[2 * ROWS];
    struct tsne_likeness p;
    struct tsne_field field;
    struct err e;
    (void)state;
    plant(x, DIMS);
    assert_true(tsne_likeness(&p, x, ROWS, DIMS, 30, 2, &e) && tsne_field_create(&field, ROWS, &e));
    random_places(y, ROWS, 10);
    double z = tsne_gradient(&field, &p, y, 0, 1, 1, exact);
    static const struct {
        double theta, gradient, z;
    } limits[] = { { 0.05, 1e-3, 1e-4 }, { 0.2, 0.01, 2e-3 }, { 0.5, 0.06, 0.02 } };
    for (int k = 0; k < 3; k++) {
        double near = tsne_gradient(&field, &p, y, limits[k].theta, 1, 2, tree), off = 0, all = 0;
        for (int i = 0; i < 2 * ROWS; i++) off += pow(exact[i] - tree[i], 2), all += pow(exact[i], 2);
        printf("theta %g: gradient off by %.2g, Z by %.2g\n", limits[k].theta, sqrt(off / all), fabs(near / z - 1));
        if (!(sqrt(off / all) < limits[k].gradient)) fail_msg("gradient is off by %g", sqrt(off / all));
        if (!(fabs(near / z - 1) < limits[k].z)) fail_msg("Z: %g, not %g", near, z);
    }
    tsne_likeness_clear(&p);
    tsne_field_clear(&field);
}

static void likeness_is_symmetric_and_has_the_perplexity(void **state)
{
    static float x[ROWS * DIMS];
    struct tsne_likeness p;
    struct err e;
    double sum = 0;
    (void)state;
    plant(x, DIMS);
    assert_true(tsne_likeness(&p, x, ROWS, DIMS, 10, 2, &e));
    for (int i = 0; i < ROWS; i++)
        for (size_t t = p.first[i]; t < p.first[i + 1]; t++) {
            bool found = false;
            int j = p.other[t];
            for (size_t back = p.first[j]; back < p.first[j + 1]; back++)
                found = found || (p.other[back] == i && p.p[back] == p.p[t]);
            if (!found) fail_msg("%d is like %d, but not the other way", i, j);
            if (t > p.first[i]) assert_true(p.other[t - 1] < j);
            sum += p.p[t];
        }
    if (fabs(sum - 1) > 1e-12) fail_msg("likeness sums to %.15g", sum);
    tsne_likeness_clear(&p);
    /* on a circle no row is another's superior: p(j|i) = n p_ij */
    enum { RING = 12 };
    float ring[2 * RING];
    for (int i = 0; i < RING; i++) {
        ring[2 * i] = (float)cos(2 * M_PI * i / RING);
        ring[2 * i + 1] = (float)sin(2 * M_PI * i / RING);
    }
    assert_true(tsne_likeness(&p, ring, RING, 2, 3.7, 1, &e));
    for (int i = 0; i < RING; i++) {
        double entropy = 0;
        for (size_t t = p.first[i]; t < p.first[i + 1]; t++) entropy -= RING * p.p[t] * log(RING * p.p[t]);
        if (fabs(exp(entropy) - 3.7) > 1e-4) fail_msg("perplexity %g", exp(entropy));
    }
    tsne_likeness_clear(&p);
}

/* ---- what a map keeps ---- */

static double squared(const float *a, const float *b, int d)
{
    double sum = 0;
    for (int c = 0; c < d; c++) sum += pow((double)a[c] - (double)b[c], 2);
    return sum;
}

/* rank[j]: how many rows are nearer to row i than j. */
static void ranks(const float *x, int d, int i, int *rank)
{
    static double far[ROWS];
    for (int j = 0; j < ROWS; j++) far[j] = j == i ? -1 : squared(x + i * d, x + j * d, d);
    for (int j = 0; j < ROWS; j++) {
        rank[j] = 0;
        for (int k = 0; k < ROWS; k++) rank[j] += k != i && (far[k] < far[j] || (far[k] == far[j] && k < j));
    }
}

/* Trustworthiness (Venna & Kaski, Neural Networks 14, 2001) and the share of nearest neighbours that are kept. */
static void compare_neighbours(const float *x, int d, const float *y, double *trust, double *kept)
{
    static int before[ROWS], after[ROWS];
    double strangers = 0, same = 0;
    for (int i = 0; i < ROWS; i++) {
        ranks(x, d, i, before);
        ranks(y, 2, i, after);
        for (int j = 0; j < ROWS; j++) {
            if (j == i || after[j] >= NEAR) continue;
            same += before[j] < NEAR;
            strangers += before[j] < NEAR ? 0 : before[j] + 1 - NEAR;
        }
    }
    *trust = 1 - 2 * strangers / (ROWS * NEAR * (2. * ROWS - 3 * NEAR - 1));
    *kept = same / (ROWS * NEAR);
}

/* The first two principal components, by power iteration on the covariance. */
static void principal(const float *x, float *y)
{
    static double c[DIMS][DIMS];
    double mean[DIMS] = { 0 };
    for (int i = 0; i < ROWS; i++)
        for (int a = 0; a < DIMS; a++) mean[a] += (double)x[i * DIMS + a] / ROWS;
    for (int a = 0; a < DIMS; a++)
        for (int b = 0; b < DIMS; b++) {
            c[a][b] = 0;
            for (int i = 0; i < ROWS; i++)
                c[a][b] += ((double)x[i * DIMS + a] - mean[a]) * ((double)x[i * DIMS + b] - mean[b]);
        }
    for (int k = 0; k < 2; k++) {
        double v[DIMS], w[DIMS], length = 0;
        for (int a = 0; a < DIMS; a++) v[a] = 1 + 0.1 * a * (k ? -1 : 1);
        for (int round = 0; round < 500; round++) {
            length = 0;
            for (int a = 0; a < DIMS; a++) {
                w[a] = 0;
                for (int b = 0; b < DIMS; b++) w[a] += c[a][b] * v[b];
                length += w[a] * w[a];
            }
            length = sqrt(length);
            for (int a = 0; a < DIMS; a++) v[a] = w[a] / length;
        }
        for (int a = 0; a < DIMS; a++)
            for (int b = 0; b < DIMS; b++) c[a][b] -= length * v[a] * v[b];
        for (int i = 0; i < ROWS; i++) {
            double at = 0;
            for (int a = 0; a < DIMS; a++) at += ((double)x[i * DIMS + a] - mean[a]) * v[a];
            y[2 * i + k] = (float)at;
        }
    }
}

static void map_keeps_neighbours_that_components_lose(void **state)
{
    static float x[ROWS * DIMS], y[2 * ROWS], plane[2 * ROWS];
    double trust, kept, trust_of_plane, kept_of_plane;
    struct err e;
    (void)state;
    plant(x, DIMS);
    principal(x, plane);
    if (!tsne_map(x, ROWS, DIMS, 2, y, &e)) fail_msg("%s", e.msg);
    compare_neighbours(x, DIMS, y, &trust, &kept);
    compare_neighbours(x, DIMS, plane, &trust_of_plane, &kept_of_plane);
    printf("trustworthiness %.3f (components %.3f), neighbours kept %.3f (%.3f)\n", trust, trust_of_plane, kept,
           kept_of_plane);
    if (!(trust > 0.95 && trust > trust_of_plane + 0.05)) fail_msg("trustworthiness %g", trust);
    if (!(kept > 0.6 && kept > kept_of_plane + 0.2)) fail_msg("%g of the neighbours are kept", kept);
    for (int i = 0; i < ROWS; i++) { /* no point is nearer to another cluster than to its own */
        double own = 0, least = INFINITY;
        for (int k = 0; k < CLUSTERS; k++) {
            double far = 0;
            for (int j = k; j < ROWS; j += CLUSTERS) far += sqrt(squared(y + 2 * i, y + 2 * j, 2));
            if (k == i % CLUSTERS) own = far;
            if (k != i % CLUSTERS && far < least) least = far;
        }
        if (!(own < least)) fail_msg("row %d lies in another cluster", i);
    }
}

static void threads_do_not_change_a_bit(void **state)
{
    static float x[ROWS * DIMS], one[2 * ROWS], more[2 * ROWS];
    struct err e;
    (void)state;
    plant(x, DIMS);
    assert_true(tsne_map(x, ROWS, DIMS, 1, one, &e));
    for (int threads = 1; threads <= 3; threads++) {
        assert_true(tsne_map(x, ROWS, DIMS, threads, more, &e));
        assert_memory_equal(one, more, sizeof one);
    }
}

/* ---- the edges ---- */

static void scale_and_place_of_the_rows_do_not_matter(void **state)
{
    static const double scales[] = { 1e-30, 1, 1e30 };
    float x[40], y[20], first[20];
    struct err e;
    (void)state;
    for (int s = 0; s < 3; s++) {
        for (int i = 0; i < 40; i++) x[i] = (float)(scales[s] * (double)((i * 7) % 11));
        if (!tsne_map(x, 10, 4, 1, y, &e)) fail_msg("%s", e.msg);
        if (s == 0) memcpy(first, y, sizeof y);
        for (int i = 0; i < 20; i++)
            if (!isfinite(y[i]) || fabs(y[i]) > 1e4f) fail_msg("scale %g: place %g", scales[s], (double)y[i]);
    }
}

static void equal_rows_lie_at_one_place(void **state)
{
    float x[60], y[40];
    struct err e;
    (void)state;
    for (int i = 0; i < 60; i++) x[i] = 3;
    assert_true(tsne_map(x, 20, 3, 2, y, &e));
    for (int i = 0; i < 40; i++) assert_true(y[i] == 0);
    x[59] = 4; /* one of them is another */
    assert_true(tsne_map(x, 20, 3, 2, y, &e));
    for (int i = 0; i < 40; i++) assert_true(isfinite(y[i]));
}

static void four_rows_on_a_line_are_enough(void **state)
{
    static const float x[] = { 0, 1, 2, 40 };
    float y[8];
    struct err e;
    (void)state;
    assert_true(tsne_map(x, 4, 1, 1, y, &e));
    for (int i = 0; i < 8; i++) assert_true(isfinite(y[i]));
}

static void what_has_no_map_is_refused(void **state)
{
    float x[] = { 0, 1, 2, NAN, 4, 5, 6, 7 }, y[16] = { 0 };
    struct err e;
    (void)state;
    assert_false(tsne_map(x, 3, 1, 1, y, &e));
    assert_int_equal(e.code, ERR_DATA);
    assert_string_equal(e.msg, "t-SNE: 3 rows; it takes 4 to 16384");
    assert_false(tsne_map(x, TSNE_MOST + 1, 1, 1, y, &e));
    assert_int_equal(e.code, ERR_DATA);
    assert_false(tsne_map(x, 4, 2, 1, y, &e));
    assert_int_equal(e.code, ERR_NUMERIC);
    assert_non_null(strstr(e.msg, "row 1 "));
    x[3] = INFINITY;
    assert_false(tsne_map(x, 4, 2, 1, y, &e));
    for (int i = 0; i < 16; i++) assert_true(y[i] == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gradient_is_that_of_the_divergence),
        cmocka_unit_test(tree_comes_close_to_all_pairs),
        cmocka_unit_test(likeness_is_symmetric_and_has_the_perplexity),
        cmocka_unit_test(map_keeps_neighbours_that_components_lose),
        cmocka_unit_test(threads_do_not_change_a_bit),
        cmocka_unit_test(scale_and_place_of_the_rows_do_not_matter),
        cmocka_unit_test(equal_rows_lie_at_one_place),
        cmocka_unit_test(four_rows_on_a_line_are_enough),
        cmocka_unit_test(what_has_no_map_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
