/* Snapshots: what comes back, how a series of them is thinned, and which embeddings stay. */
#include "tests/store_help.h"

#include <math.h>

#include "engine/base/random.h"
#include "store/checkpoint.h"
#include "store/metric.h"
#include "store/snapshot.h"
/* ---- snapshots ---- */

static void snapshots_come_back_exactly_and_embeddings_as_half(void **state)
{
    struct store *s = *state;
    int64_t run = make_run(s, "a");
    float data[35];
    struct random r = random_stream(3, 0, 0, 0);
    for (int i = 0; i < 35; i++) data[i] = (float)random_normal(&r) * (i % 7 == 0 ? 1e-6f : 30.0f);
    data[0] = 0;
    data[1] = 65504;
    data[2] = 1e6f;
    data[3] = -5.9604645e-8f; /* smallest half */
    data[4] = NAN;
    data[5] = 1.0009765625f + 0.00048828125f; /* halfway between two halves: to the even one */
    OK(store_snapshot_put(s, &(struct store_snapshot_key){ run, 10, "z", "spectrum" }, 5, 7, data, &error));
    OK(store_snapshot_put(s, &(struct store_snapshot_key){ run, 10, "z", "embedding" }, 5, 7, data, &error));
    struct store_snapshot p;
    OK(store_snapshot_get(s, &(struct store_snapshot_key){ run, 10, "z", "spectrum" }, &p, &error));
    assert_true(p.rows == 5 && p.cols == 7);
    assert_memory_equal(p.data, data, sizeof data);
    store_snapshot_clear(&p);
    OK(store_snapshot_get(s, &(struct store_snapshot_key){ run, 10, "z", "embedding" }, &p, &error));
    assert_true(p.data[0] == 0 && p.data[1] == 65504 && isinf(p.data[2]) && p.data[3] == data[3] && isnan(p.data[4]));
    assert_true(p.data[5] == 1.001953125f);
    for (int i = 6; i < 35; i++) assert_true(fabsf(p.data[i] - data[i]) <= fmaxf(fabsf(data[i]) / 2048, 3e-8f));
    store_snapshot_clear(&p);
    REFUSED(store_snapshot_get(s, &(struct store_snapshot_key){ run, 11, "z", "spectrum" }, &p, &error), ERR_NOT_FOUND,
            "no spectrum of z at step 11");
    OK(store_snapshot_put(s, &(struct store_snapshot_key){ run, 10, "z", "spectrum" }, 1, 1, data,
                          &error)); /* replaces */
    OK(store_snapshot_get(s, &(struct store_snapshot_key){ run, 10, "z", "spectrum" }, &p, &error));
    assert_int_equal(p.cols, 1);
    store_snapshot_clear(&p);
    sqlite3_exec(s->db, "UPDATE snapshot SET data = x'00112233'", NULL, NULL, NULL);
    REFUSED(store_snapshot_get(s, &(struct store_snapshot_key){ run, 10, "z", "spectrum" }, &p, &error), ERR_FORMAT,
            "damaged");
    sqlite3_exec(s->db, "UPDATE snapshot SET rows = 1 << 40", NULL, NULL, NULL);
    REFUSED(store_snapshot_get(s, &(struct store_snapshot_key){ run, 10, "z", "spectrum" }, &p, &error), ERR_FORMAT,
            "row 1: rows is 1099511627776");
    sqlite3_exec(s->db, "UPDATE snapshot SET rows = 1 << 13, cols = 1 << 13", NULL, NULL, NULL);
    REFUSED(store_snapshot_get(s, &(struct store_snapshot_key){ run, 10, "z", "spectrum" }, &p, &error), ERR_FORMAT,
            "damaged");
}

/* Snapshots every 50 steps with thinning after each, cut at `cut` and continued from 0 < back < cut; cut 0: in one go.
 */
static size_t thin_run(struct store *s, const char *name, int64_t keep, int64_t last, int64_t cut, int64_t back,
                       int64_t **steps)
{
    int64_t run = make_run(s, name);
    float x[4] = { 0 };
    for (int64_t step = 0; step <= last; step += 50) {
        OK(store_snapshot_put(s, &(struct store_snapshot_key){ run, step, "z", "spectrum" }, 1, 4, x, &error));
        OK(store_snapshot_put(s, &(struct store_snapshot_key){ run, step, "z", "embedding" }, 2, 2, x, &error));
        OK(store_snapshot_thin(s, run, keep, &error));
        if (step == cut && cut) {
            OK(store_run_rewind(s, run, back, &error));
            step = back / 50 * 50;
            cut = 0;
        }
    }
    size_t n;
    OK(store_snapshot_steps(s, run, NULL, NULL, steps, &n, &error));
    return n;
}

static void thinning_spaces_by_log_and_does_not_depend_on_a_resume(void **state)
{
    struct store *s = *state;
    int64_t *whole, *cut;
    size_t n = thin_run(s, "whole", 10, 24000, 0, 0, &whole), m;
    assert_in_range(n, 6, 10);
    assert_int_equal(whole[n - 1], 24000);
    assert_int_equal(whole[0], 0);
    for (size_t i = 2; i + 2 < n; i++) { /* steps grow by a factor, within that of two cells */
        double ratio = (double)whole[i + 1] / (double)whole[i];
        assert_true(ratio > 1.5 && ratio < 8);
    }
    /* without a memory of how coarse it was, each of these would keep more than the whole run */
    static const int64_t cuts[][2] = {
        { 19000, 30 }, { 10000, 9000 }, { 6450, 1200 }, { 1000, 950 }, { 23900, 21000 }
    };
    for (size_t i = 0; i < sizeof cuts / sizeof cuts[0]; i++) {
        char name[16];
        snprintf(name, sizeof name, "cut%d", (int)i);
        m = thin_run(s, name, 10, 24000, cuts[i][0], cuts[i][1], &cut);
        assert_int_equal(m, n);
        assert_memory_equal(whole, cut, n * sizeof *whole);
        free(cut);
    }
    m = thin_run(s, "least", 1, 2000, 0, 0, &cut); /* the first and the newest stay in any case */
    assert_true(m == 2 && cut[1] == 2000);
    free(cut);
    free(whole);
}

static void embeddings_stay_for_the_newest_and_for_checkpoints(void **state)
{
    struct store *s = *state;
    int64_t run = make_run(s, "a"), *steps;
    size_t n;
    float x[4] = { 0 };
    for (int64_t step = 0; step <= 1000; step += 100) {
        OK(store_snapshot_put(s, &(struct store_snapshot_key){ run, step, "z", "embedding" }, 2, 2, x, &error));
        OK(store_snapshot_put(s, &(struct store_snapshot_key){ run, step, "z", "tsne" }, 2, 2, x, &error));
        if (step == 200)
            OK(store_snapshot_put(s, &(struct store_snapshot_key){ run, step, "h", "probe-012" }, 2, 2, x, &error));
        OK(store_snapshot_thin(s, run, 500, &error));
        if (step == 300)
            OK(store_checkpoint_insert(s, run, &(struct store_checkpoint){ .step = step, .path = "step-p.safetensors" },
                                       &error));
    }
    OK(store_snapshot_thin(s, run, 2, &error));
    OK(store_snapshot_steps(s, run, "h", "probe-012", &steps, &n, &error)); /* no thinning removes it */
    assert_true(n == 1 && steps[0] == 200);
    free(steps);
    static const char *const kinds[] = { "embedding", "tsne" };
    for (int k = 0; k < 2; k++) {
        OK(store_snapshot_steps(s, run, "z", kinds[k], &steps, &n, &error));
        assert_true(n == 2 && steps[0] == 300 && steps[1] == 1000);
        free(steps);
    }
}

/* Whoever computes from an embedding for a while may find that a resume took it back, and then stores nothing. */
static void what_is_derived_needs_its_source(void **state)
{
    struct store *s = *state;
    int64_t run = make_run(s, "a");
    float x[4] = { 1, 2, 3, 4 };
    struct store_snapshot p;
    const struct store_snapshot_key map = { run, 10, "z", "tsne" };
    OK(store_snapshot_put(s, &(struct store_snapshot_key){ run, 10, "d", "embedding" }, 2, 2, x, &error));
    REFUSED(store_snapshot_derive(s, &map, "embedding", 2, 2, x, &error), ERR_NOT_FOUND, "gone meanwhile");
    REFUSED(store_snapshot_get(s, &map, &p, &error), ERR_NOT_FOUND, "no tsne");
    OK(store_snapshot_put(s, &(struct store_snapshot_key){ run, 10, "z", "embedding" }, 2, 2, x, &error));
    OK(store_snapshot_derive(s, &map, "embedding", 2, 2, x, &error));
    OK(store_snapshot_get(s, &map, &p, &error));
    assert_memory_equal(p.data, x, sizeof x);
    store_snapshot_clear(&p);
    static const float given[] = { 0.1f, 70000, -3e-8f },
                       kept[] = { 0.0999755859375f, INFINITY, -5.9604644775390625e-8f };
    for (int i = 0; i < 3; i++) assert_true(store_snapshot_rounded(given[i]) == kept[i]);
}

int main(void)
{
#define STORE_TEST(name) cmocka_unit_test_setup_teardown(name, store_setup, store_teardown)
    const struct CMUnitTest tests[] = {
        STORE_TEST(snapshots_come_back_exactly_and_embeddings_as_half),
        STORE_TEST(thinning_spaces_by_log_and_does_not_depend_on_a_resume),
        STORE_TEST(embeddings_stay_for_the_newest_and_for_checkpoints),
        STORE_TEST(what_is_derived_needs_its_source),
    };
    return cmocka_run_group_tests_name("store_snapshot", tests, NULL, NULL);
}
