/* What is in the store of a run that was trained by the program: checkpoints where they are due, times that add up,
 * the best area over lives, the gates of the probe, and the data that it may continue with. */
#include "tests/run_help.h"

#include <sqlite3.h>

#include "engine/diagnose/diagnose.h"
#include "engine/diagnose/verdict.h"
#include "store/evaluation.h"
#include "store/snapshot.h"
#include "tests/fixtures/diagnose.h"

/* ---- helpers ---- */

/* Settings after which checkpoints come from `every` and the probe alone, and all of them stay. */
#define BY_EPOCH(every, probe)                                                                                         \
    "--set", "checkpoint.minutes=0", "--set", "checkpoint.keep=100", "--set", "checkpoint.every=" every, "--set",      \
        "probe.epochs=" probe

static void points_of(int64_t run, const char *name, struct store_points *out)
{
    struct err e;
    int64_t metric;
    assert_true(store_metric_id(store, name, &metric, &e));
    assert_true(store_points_read(store, run, metric, 0, STORE_STEP_MOST, out, &e));
}

static int64_t steps_of(int64_t run)
{
    struct store_run row = row_of(run);
    int64_t steps = row.steps;
    assert_int_equal(row.step, steps);
    store_run_clear(&row);
    return steps;
}

/* "12 epoch, 24 end, " */
static const char *checkpoints(int64_t run)
{
    static char text[800];
    struct store_checkpoints list;
    struct err e;
    size_t n = 0;
    assert_true(store_checkpoint_list(store, run, &list, &e));
    *text = '\0';
    for (size_t i = 0; i < list.count; i++)
        n +=
            (size_t)snprintf(text + n, sizeof text - n, "%lld %s, ", (long long)list.rows[i].step, list.rows[i].reason);
    store_checkpoints_clear(&list);
    return text;
}

/* A statement of another program. */
static void change(const char *sql)
{
    char path[300];
    sqlite3 *db;
    snprintf(path, sizeof path, "%s/mlvicx.db", home);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    sqlite3_busy_timeout(db, 60000);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
}

/* ---- checkpoints ---- */

static void checkpoints_stand_where_they_are_due(void **state)
{
    (void)state;
    char want[200];
    assert_int_equal(RUN("train", SETTINGS, BY_EPOCH("1", "0")), 0);
    int64_t steps = steps_of(last_run()), epoch = steps / 3;
    assert_true(epoch > 1);
    snprintf(want, sizeof want, "%lld epoch, %lld epoch, %lld epoch, ", (long long)epoch, (long long)(2 * epoch),
             (long long)steps);
    assert_string_equal(checkpoints(last_run()), want);
    assert_int_equal(RUN("train", SETTINGS, BY_EPOCH("2", "0")), 0);
    snprintf(want, sizeof want, "%lld epoch, %lld end, ", (long long)(2 * epoch), (long long)steps);
    assert_string_equal(checkpoints(last_run()), want);
    assert_int_equal(RUN("train", SETTINGS, BY_EPOCH("0", "0")), 0);
    snprintf(want, sizeof want, "%lld end, ", (long long)steps);
    assert_string_equal(checkpoints(last_run()), want);
}

/* Where the area is above all before, and nowhere else. */
static void each_new_best_area_is_saved(void **state)
{
    (void)state;
    struct store_points auc;
    char want[800] = "";
    double best = -1;
    assert_int_equal(RUN("train", SETTINGS, BY_EPOCH("0", "1"), "--set", "optim.epochs=5"), 0);
    int64_t steps = steps_of(last_run());
    points_of(last_run(), "auc.ridge", &auc);
    assert_int_equal(auc.count, 6);
    for (size_t i = 0; i < auc.count; i++) {
        bool better = auc.rows[i].value > best;
        best = better ? auc.rows[i].value : best;
        if (auc.rows[i].step == steps)
            snprintf(want + strlen(want), 40, "%lld end, ", (long long)steps);
        else if (better && auc.rows[i].step > 0)
            snprintf(want + strlen(want), 40, "%lld best, ", (long long)auc.rows[i].step);
    }
    assert_string_equal(checkpoints(last_run()), want);
    store_points_clear(&auc);
}

/* The area of an earlier life cannot be beaten: nothing after it is the best. */
static void the_best_area_is_known_to_the_next_life(void **state)
{
    (void)state;
    struct store_batch b = { 0 };
    struct err e;
    char want[800];
    assert_int_equal(RUN("train", SETTINGS, BY_EPOCH("0", "1")), 0);
    int64_t id = last_run(), steps = steps_of(id);
    store_batch_name(&b, store, "auc.ridge", steps / 3, 1);
    assert_true(store_points_append(store, id, &b, &e));
    store_batch_clear(&b);
    snprintf(want, sizeof want, "%s%lld end, ", checkpoints(id), (long long)(steps + steps));
    assert_int_equal(RUN("resume", number(id), "--set", "optim.epochs=6"), 0);
    assert_int_equal(steps_of(id), 2 * steps);
    assert_string_equal(checkpoints(id), want);
}

/* ---- times ---- */

/* Each step's wall time is that of the step before, and what the step and the recording before it took: in the next
 * life too, which continues from the first one's. */
static void the_wall_clock_counts_training_and_recording(void **state)
{
    (void)state;
    struct store_points wall, step, record;
    assert_int_equal(RUN("train", SETTINGS), 0);
    int64_t id = last_run();
    struct store_run before = row_of(id);
    assert_int_equal(RUN("resume", number(id), "--set", "optim.epochs=4"), 0);
    struct store_run after = row_of(id);
    assert_true(before.started_at > 0 && after.started_at == before.started_at && after.ended_at > before.ended_at);
    assert_true(after.created_at == before.created_at && after.step > before.step);
    points_of(id, "time.wall", &wall);
    points_of(id, "time.step", &step);
    points_of(id, "time.record", &record);
    assert_true(wall.count > 10 && wall.count == step.count && wall.count == record.count);
    double last = 0, recording = 0;
    for (size_t i = 0; i < wall.count; i++) {
        last += step.rows[i].value + record.rows[i].value;
        recording += record.rows[i].value;
        if (!(fabs(wall.rows[i].value - last) < 1e-9 * (1 + last)))
            fail_msg("step %lld: %.12g s, its parts add up to %.12g", (long long)wall.rows[i].step, wall.rows[i].value,
                     last);
    }
    assert_true(recording > 1e-6);
    store_points_clear(&wall);
    store_points_clear(&step);
    store_points_clear(&record);
    store_run_clear(&before);
    store_run_clear(&after);
}

/* A warm-up from 0, then a cosine over all steps that ends at a thousandth of the rate. */
static void epochs_and_rates_are_those_of_the_step(void **state)
{
    (void)state;
    struct store_points epoch, rate;
    assert_int_equal(RUN("train", SETTINGS, BY_EPOCH("0", "0"), "--set", "optim.kind=adamw", "--set", "optim.lr=0.004",
                         "--set", "optim.warmup_epochs=1"),
                     0);
    int64_t steps = steps_of(last_run());
    double warm = (double)steps / 3;
    points_of(last_run(), "epoch", &epoch);
    points_of(last_run(), "rate", &rate);
    assert_int_equal(epoch.count, steps);
    assert_int_equal(rate.count, steps);
    for (int64_t i = 0; i < steps; i++) {
        double q = (1 + cos(acos(-1) * ((double)i - warm) / (double)steps)) / 2,
               want = (double)i < warm ? 0.004 * (double)i / warm : 0.004 * (q + 0.001 * (1 - q));
        assert_true(epoch.rows[i].step == i + 1 && rate.rows[i].step == i + 1);
        assert_true(fabs(epoch.rows[i].value - (double)(i + 1) / warm) < 1e-12);
        if (!(fabs(rate.rows[i].value - want) < 1e-12))
            fail_msg("step %lld: rate %.12g, not %.12g", (long long)i + 1, rate.rows[i].value, want);
    }
    store_points_clear(&epoch);
    store_points_clear(&rate);
}

/* ---- the probe ---- */

static int contexts(int64_t run, bool context)
{
    struct store_evaluations list;
    struct err e;
    int n = 0;
    assert_true(store_evaluation_list(store, run, &list, &e));
    for (size_t i = 0; i < list.count; i++) n += list.rows[i].context == context;
    store_evaluations_clear(&list);
    return n;
}

static void the_probe_reads_with_the_gates_that_were_asked_for(void **state)
{
    (void)state;
    static const char *const areas[] = { "auc.ridge", "auc.knn" };
    size_t compared = 0, different = 0;
    assert_int_equal(RUN("train", SETTINGS, "--set", "eval.context=off"), 0);
    int64_t without = last_run();
    assert_true(contexts(reference, true) >= 8 && contexts(reference, false) == 0);
    assert_true(contexts(without, false) >= 8 && contexts(without, true) == 0);
    struct store_points a, b;
    points_of(reference, "loss", &a); /* training is the same */
    points_of(without, "loss", &b);
    assert_int_equal(a.count, b.count);
    for (size_t i = 0; i < a.count; i++) assert_true(a.rows[i].value == b.rows[i].value);
    store_points_clear(&a);
    store_points_clear(&b);
    for (size_t k = 0; k < sizeof areas / sizeof areas[0]; k++) {
        points_of(reference, areas[k], &a);
        points_of(without, areas[k], &b);
        assert_int_equal(a.count, b.count);
        for (size_t i = 0; i < a.count; i++, compared++) different += a.rows[i].value != b.rows[i].value;
        store_points_clear(&a);
        store_points_clear(&b);
    }
    assert_true(compared >= 8 && different >= 2);
}

/* ---- the data ---- */

/* The name now means other images, as many and as large. */
static void a_run_does_not_go_on_with_other_data(void **state)
{
    (void)state;
    static const char *const ways[][2] = { { "--set", "optim.epochs=4" }, { "--from", "1000000" } };
    assert_int_equal(RUN("train", SETTINGS), 0);
    int64_t id = last_run();
    assert_int_equal(
        RUN("data", "import", "phantom", "--name", "others", "--patients", "60", "--size", "40", "--seed", "2"), 0);
    change("UPDATE dataset SET name = 'kept' WHERE name = 'ghosts';"
           "UPDATE dataset SET name = 'ghosts' WHERE name = 'others'");
    struct store_run before = row_of(id);
    for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++)
        assert_int_equal(RUN("resume", number(id), ways[i][0], ways[i][1]), 1);
    struct store_run after = row_of(id);
    assert_int_equal(after.state, STORE_FINISHED);
    assert_true(after.step == before.step && after.rewound == before.rewound);
    change("UPDATE dataset SET name = 'others' WHERE name = 'ghosts';"
           "UPDATE dataset SET name = 'ghosts' WHERE name = 'kept'");
    same_points(reference, id);
    same_parameters(reference, id);
    assert_int_equal(RUN("resume", number(id), ways[0][0], ways[0][1]), 0); /* with its own it does */
    store_run_clear(&before);
    store_run_clear(&after);
}

/* ---- names ---- */

static bool is_one_of(const char *name, const char *const *list)
{
    for (; *list; list++)
        if (!strcmp(*list, name)) return true;
    return false;
}

/* LEVEL.NUMBER, of a number that numpy's values cover. */
static bool is_of_level(const char *name)
{
    static const char *const levels[] = { "z", "d", "map1", "map2", "map3", "map4", "map5", "h", NULL };
    const char *dot = strchr(name, '.');
    char level[16];
    if (!dot) return false;
    snprintf(level, sizeof level, "%.*s", (int)(dot - name), name);
    if (!is_one_of(level, levels)) return false;
    for (int i = 0; i < NUMBERS; i++)
        if (!strcmp(diagnose_names[i], dot + 1)) return true;
    return false;
}

/* A metric that no suite holds against an independent value is noticed here. */
static void every_metric_of_a_run_is_compared_somewhere(void **state)
{
    (void)state;
    /* test_numbers: of a step, by numpy; test_step: h.rho, by its definition; test_evaluate: areas, by scikit-learn;
     * test_verdict and below: verdicts; times are none */
    static const char *const known[] = { "loss",
                                         "loss.global",
                                         "loss.global.inv",
                                         "loss.global.var",
                                         "loss.global.cov",
                                         "loss.local",
                                         "loss.local.inv",
                                         "loss.local.var",
                                         "loss.local.cov",
                                         "rho.global",
                                         "rho.local",
                                         "gain.global",
                                         "gain.local",
                                         "std_mean.global",
                                         "std_mean.local",
                                         "std_min.global",
                                         "std_min.local",
                                         "dead.global",
                                         "dead.local",
                                         "inactive.global",
                                         "inactive.local",
                                         "alignment.global",
                                         "alignment.local",
                                         "rate",
                                         "epoch",
                                         "grad_norm",
                                         "images_per_second",
                                         "auc.ridge",
                                         "auc.knn",
                                         "z.verdict",
                                         "d.verdict",
                                         "z.rho",
                                         "d.rho",
                                         "z.kept",
                                         "d.kept",
                                         "h.rho",
                                         NULL };
    struct store_metrics list;
    struct err e;
    assert_true(store_metric_list(store, reference, &list, &e));
    size_t of_levels = 0;
    for (size_t i = 0; i < list.count; i++) {
        const char *name = list.rows[i].name;
        of_levels += is_of_level(name);
        if (!*list.rows[i].help) fail_msg("%s: nobody told the store what it means", name);
        if (strncmp(name, "time.", 5) && !is_one_of(name, known) && !is_of_level(name))
            fail_msg("%s is recorded, and no suite holds it against an independent value", name);
    }
    assert_int_equal(of_levels, 8 * NUMBERS);
    store_metrics_clear(&list);
}

/* What the views share at a reading is the mean of the steps before it, and what is kept of it a share of the highest;
 * the word is what the recorded numbers make. */
static void a_verdict_is_what_the_recorded_numbers_make(void **state)
{
    (void)state;
    static const struct {
        const char *rho, *mean, *kept, *word;
    } levels[] = { { "rho.global", "z.rho", "z.kept", "z.verdict" }, { "rho.local", "d.rho", "d.kept", "d.verdict" } };
    for (int l = 0; l < 2; l++) {
        struct store_points all, means;
        struct err e;
        int64_t id[2];
        double peak = 0;
        assert_true(store_metric_id(store, levels[l].rho, &id[0], &e) &&
                    store_metric_id(store, levels[l].mean, &id[1], &e));
        assert_true(store_points_read(store, reference, id[0], 0, 1000000, &all, &e) &&
                    store_points_read(store, reference, id[1], 0, 1000000, &means, &e));
        assert_true(means.count > 1);
        for (size_t i = 0; i < means.count; i++) {
            int64_t step = means.rows[i].step;
            const char *const names[] = { levels[l].kept, levels[l].word };
            double sum = 0, n = 0, said[2];
            for (size_t k = 0; k < all.count; k++) {
                if (all.rows[k].step > step || all.rows[k].step <= step - 20) continue;
                sum += all.rows[k].value;
                n++;
            }
            peak = fmax(peak, sum / n);
            if (!(fabs(means.rows[i].value - sum / n) < 1e-9)) fail_msg("%s at %lld", levels[l].mean, (long long)step);
            assert_true(store_metric_latest(store, reference, step, names, 2, said, NULL, &e));
            double kept = peak < verdict_rules[SIGN_SHARED].watch ? 1 : fmax(0, sum / n) / peak;
            if (!(fabs(said[0] - kept) < 1e-9)) fail_msg("%s at %lld", levels[l].kept, (long long)step);
            struct verdict_reading r = { .value = { [SIGN_SHARED] = sum / n, [SIGN_KEPT] = kept },
                                         .share = (double)step / (double)steps_of(reference) };
            for (int k = SIGN_FEATURES; k < SIGN_COUNT; k++) {
                const char *const name = verdict_rules[k].metric[l];
                assert_true(store_metric_latest(store, reference, step, &name, 1, &r.value[k], NULL, &e));
                assert_false(isnan(r.value[k]));
            }
            assert_true(fabs(r.value[SIGN_FEATURES]) <= 1 && r.value[SIGN_FEATURES] != r.value[SIGN_SHARED]);
            struct verdict v;
            verdict_judge(&r, &v);
            assert_int_equal(v.word, verdict_of_number(said[1]));
        }
        store_points_clear(&all);
        store_points_clear(&means);
    }
}

/* The numbers of each level are those of its own embedding, as far as halves of precision tell. */
static void the_numbers_of_a_level_are_those_of_its_embedding(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        bool held;
    } levels[] = { { "z", true }, { "d", true }, { "h", false } };
    /* what the least eigenvalues say drowns in the rounding */
    static const char *const fragile[] = { "condition", "alpha", "alpha_r2", NULL };
    int64_t last = steps_of(reference);
    for (size_t l = 0; l < sizeof levels / sizeof levels[0]; l++) {
        struct store_snapshot x;
        struct diagnose g;
        struct err e;
        int count;
        if (!store_snapshot_get(store, &(struct store_snapshot_key){ reference, last, levels[l].name, "embedding" }, &x,
                                &e))
            fail_msg("%s", e.msg);
        const struct diagnose_input input = { x.data, (int)x.rows, (int)x.cols, levels[l].held };
        assert_true(diagnose_level(&input, NULL, &g, &e));
        const struct diagnose_number *rows = diagnose_numbers(&count);
        for (int i = 0; i < count; i++) {
            char name[64];
            const char *const names[] = { name };
            double got, want = diagnose_value(&g, &rows[i]);
            snprintf(name, sizeof name, "%s.%s", levels[l].name, rows[i].name);
            assert_true(store_metric_latest(store, reference, last, names, 1, &got, NULL, &e));
            if (is_one_of(rows[i].name, fragile)) continue;
            if (isnan(want) ? !isnan(got) : !(fabs(got - want) <= 0.01 * fabs(want) + 0.01))
                fail_msg("%s: %g is recorded, its embedding says %g", name, got, want);
        }
        diagnose_clear(&g);
        store_snapshot_clear(&x);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(checkpoints_stand_where_they_are_due),
        cmocka_unit_test(each_new_best_area_is_saved),
        cmocka_unit_test(the_best_area_is_known_to_the_next_life),
        cmocka_unit_test(the_wall_clock_counts_training_and_recording),
        cmocka_unit_test(epochs_and_rates_are_those_of_the_step),
        cmocka_unit_test(the_probe_reads_with_the_gates_that_were_asked_for),
        cmocka_unit_test(every_metric_of_a_run_is_compared_somewhere),
        cmocka_unit_test(a_verdict_is_what_the_recorded_numbers_make),
        cmocka_unit_test(the_numbers_of_a_level_are_those_of_its_embedding),
        cmocka_unit_test(a_run_does_not_go_on_with_other_data),
    };
    return cmocka_run_group_tests_name("recorded", tests, set_up, tear_down);
}
