/* What test_resume.c shows of mlvicx holds for methods that keep more than a network: a moving average (byol), random
 * directions (lejepa), labels with a best epoch and patience (supervised). */
#include "tests/kill_help.h"

#include "store/probe.h"

static const struct moment moments[] = {
    { "inside a checkpoint's write", ".tmp.", NULL, IN_CREATE, false, 1 },
    { "between a checkpoint's file and its row", ".safetensors", ".tmp.", IN_MOVED_TO, false, 2 },
    { "while recording", "mlvicx.db-wal", NULL, IN_MODIFY, true, 60 },
    { "inside a later checkpoint's write", ".tmp.", NULL, IN_CREATE, false, 3 },
};

/* Train it in peace, then again with kills. Ids of both. */
static void train_twice(const char *const *more, int64_t *peaceful, int64_t *killed)
{
    const char *words[44] = { "train", SETTINGS };
    int n = 1 + sizeof(const char *[]){ SETTINGS } / sizeof *words, kills = 0;
    for (int i = 0; more[i]; i++) words[n++] = more[i];
    assert_int_equal(finish(start(words)), 0);
    *peaceful = last_run();
    *killed = begun_and_killed(more);
    for (size_t i = 0; i < sizeof moments / sizeof moments[0]; i++) {
        if (!killed_at(*killed, &moments[i])) break;
        kills++;
    }
    print_message("# %s: killed %d times\n", more[1], kills);
    assert_true(kills >= 2);
    RUN("resume", number(*killed));
    same_records(*peaceful, *killed);
    same_parameters(*peaceful, *killed);
    nothing_half_written(*killed);
}

static bool has_tensor(int64_t run, const char *name)
{
    struct tensors t;
    open_checkpoint(run, STORE_NEWEST, &t);
    bool there = tensors_find(&t, name) != NULL;
    tensors_close(&t);
    return there;
}

static void a_moving_average_survives_kills(void **state)
{
    (void)state;
    int64_t a, b;
    train_twice((const char *const[]){ "--method", "byol", NULL }, &a, &b);
    assert_true(has_tensor(b, "target.encoder.conv1.weight"));
}

static void random_directions_survive_kills(void **state)
{
    (void)state;
    int64_t a, b;
    train_twice((const char *const[]){ "--method", "lejepa", "--set", "method.slices=16", NULL }, &a, &b);
}

static int64_t best_step(int64_t run)
{
    struct err e;
    int64_t step;
    double auc;
    assert_true(store_metric_highest(store, run, STORE_VALIDATION_METRIC, &auc, &step, &e));
    return step;
}

/* The rate is so high that it soon makes no progress. */
static void the_best_epoch_survives_kills(void **state)
{
    (void)state;
    struct store_checkpoint row;
    struct err e;
    int64_t a, b;
    train_twice((const char *const[]){ "--method", "supervised", "--set", "data.labels=60", "--set",
                                       "data.epoch_steps=9", "--set", "optim.epochs=30", "--set", "optim.lr=0.02",
                                       "--set", "train.patience=3", "--set", "probe.epochs=2", NULL },
                &a, &b);
    int64_t best = best_step(a), last = step_of(a);
    assert_true(best > 0 && best % 9 == 0 && last == best + 3 * 9);
    assert_int_equal(best_step(b), best);
    assert_int_equal(state_of(b), STORE_FINISHED);
    for (int i = 0; i < 2; i++) { /* it is there, and what the run is known by */
        assert_true(store_checkpoint_find(store, i ? b : a, STORE_STANDING, &row, &e));
        assert_int_equal(row.step, best);
    }
    same_parameters_at(a, b, STORE_STANDING);
    assert_true(has_tensor(b, "classifier.weight"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_moving_average_survives_kills),
        cmocka_unit_test(random_directions_survive_kills),
        cmocka_unit_test(the_best_epoch_survives_kills),
    };
    return cmocka_run_group_tests(tests, set_up_store, tear_down);
}
