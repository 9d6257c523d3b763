/* Killed at any moment and resumed, a run ends as if nothing had happened: same parameters, same records: points,
 * events, snapshots, evaluations.
 *
 * One run is trained in peace. Others with the same settings are killed (SIGKILL) at points chosen by what the
 * worker does to its files, watched through inotify: the n-th write of the database's log, the moment a checkpoint's
 * temporary appears (inside its write), the moment it gets its name (before its row). */
#include "tests/kill_help.h"

#include "store/command.h"
#include "store/lock.h"

/* ---- tests ---- */

static void killed_anywhere_it_ends_the_same(void **state)
{
    (void)state;
    static const struct moment moments[] = {
        { "at the first commit", "mlvicx.db-wal", NULL, IN_MODIFY, true, 1 },
        { "inside a checkpoint's write", ".tmp.", NULL, IN_CREATE, false, 1 },
        { "between a checkpoint's file and its row", ".safetensors", ".tmp.", IN_MOVED_TO, false, 1 },
        { "while recording", "mlvicx.db-wal", NULL, IN_MODIFY, true, 40 },
        { "inside a later checkpoint's write", ".tmp.", NULL, IN_CREATE, false, 3 },
        { "late while recording", "mlvicx.db-wal", NULL, IN_MODIFY, true, 90 },
        { "between the file and the row of a later checkpoint", ".safetensors", ".tmp.", IN_MOVED_TO, false, 3 },
    };
    static const char *const threads[] = { "train.threads=1", "train.threads=2" };
    for (size_t t = 0; t < sizeof threads / sizeof threads[0]; t++) {
        int64_t peaceful = reference;
        if (t > 0) {
            assert_int_equal(RUN("train", SETTINGS, "--set", threads[t]), 0);
            peaceful = last_run();
        }
        int64_t id = begun_and_killed((const char *const[]){ "--set", threads[t], NULL });
        int killed = 0;
        for (size_t i = 0; i < sizeof moments / sizeof moments[0]; i++) {
            if (!killed_at(id, &moments[i])) break; /* it came to its end before that moment */
            killed++;
        }
        print_message("# %s: killed %d times\n", threads[t], killed);
        assert_true(killed >= 3);
        RUN("resume", number(id));
        same_records(peaceful, id);
        same_parameters(peaceful, id);
        nothing_half_written(id);
    }
}

static void a_kill_inside_a_checkpoint_leaves_the_older_ones(void **state)
{
    (void)state;
    static const struct moment inside = { "inside", ".tmp.", NULL, IN_CREATE, false, 2 };
    int64_t id = begun_and_killed((const char *const[]){ NULL });
    assert_true(killed_at(id, &inside));
    assert_int_equal(RUN("resume", number(id)), 0);
    same_parameters(reference, id);
    nothing_half_written(id);
}

static void loss_of(int64_t run, struct store_points *out)
{
    struct err e;
    int64_t metric;
    assert_true(store_metric_id(store, "loss", &metric, &e));
    assert_true(store_points_read(store, run, metric, 0, INT64_MAX, out, &e));
}

static size_t replayed(int64_t run)
{
    struct store_commands list;
    struct err e;
    assert_true(store_command_replay(store, run, 0, &list, &e));
    size_t count = list.count;
    store_commands_clear(&list);
    return count;
}

static void a_live_setting_is_replayed_at_its_step(void **state)
{
    (void)state;
    static const struct moment later = { "later", "mlvicx.db-wal", NULL, IN_MODIFY, true, 30 };
    struct store_points before, after, again;
    /* no checkpoint before the end: it begins again at 0, with the settings of then */
    assert_int_equal(RUN("train", SETTINGS, "--set", "optim.epochs=40", "--set", "probe.epochs=0", "--set",
                         "checkpoint.minutes=0", "--detach"),
                     0);
    int64_t id = last_run();
    usleep(100000);
    assert_int_equal(RUN("set", number(id), "optim.lr=0.0005"), 0);
    assert_int_equal(RUN("set", number(id), "loss.cov=2"), 0);
    struct store_run run;
    struct err e;
    assert_true(store_run_get(store, id, &run, &e));
    if (run.pid > 0) kill((pid_t)run.pid, SIGKILL);
    store_run_clear(&run);
    UNTIL(!store_lock_held(store, id));
    loss_of(id, &before);
    killed_at(id, &later); /* another life on the way */
    assert_int_equal(RUN("resume", number(id), "--set", "checkpoint.keep=5"), 0);
    loss_of(id, &after);
    assert_true(before.count > 0 && before.count <= after.count);
    for (size_t i = 0; i < before.count; i++) assert_true(before.rows[i].value == after.rows[i].value);
    assert_int_equal(replayed(id), 3);
    /* going back by wish drops them */
    assert_int_equal(RUN("resume", number(id), "--from", "0", "--set", "checkpoint.keep=5"), 0);
    loss_of(id, &again);
    assert_int_equal(again.count, after.count);
    assert_true(again.rows[again.count - 1].value != after.rows[after.count - 1].value);
    assert_int_equal(replayed(id), 2); /* both wishes for checkpoints, made at step 0 */
    store_points_clear(&before);
    store_points_clear(&after);
    store_points_clear(&again);
}

/* Damage the run's newest checkpoint: cut it, or change one byte of it. */
static void damage(int64_t run, bool cut)
{
    struct store_checkpoint row;
    struct err e;
    char path[STORE_PATH];
    assert_true(store_checkpoint_find(store, run, -1, &row, &e) && store_run_path(store, run, row.path, path, &e));
    if (cut) {
        assert_int_equal(truncate(path, row.bytes / 2), 0);
        return;
    }
    FILE *f = fopen(path, "r+b");
    assert_non_null(f);
    fseek(f, -5, SEEK_END);
    int byte = fgetc(f);
    fseek(f, -5, SEEK_END);
    fputc(byte ^ 1, f);
    fclose(f);
}

static void a_damaged_checkpoint_is_passed_over(void **state)
{
    (void)state;
    struct store_checkpoints list;
    struct err e;
    for (int cut = 0; cut < 2; cut++) {
        int64_t id = begun_and_killed((const char *const[]){ NULL });
        assert_int_equal(RUN("resume", number(id)), 0);
        assert_true(store_checkpoint_list(store, id, &list, &e));
        size_t count = list.count;
        store_checkpoints_clear(&list);
        assert_true(count >= 2);
        damage(id, cut);
        assert_int_equal(RUN("resume", number(id), "--from", "1000000"), 0);
        same_records(reference, id);
        same_parameters(reference, id);
    }
}

static void without_a_whole_checkpoint_it_says_so(void **state)
{
    (void)state;
    struct store_checkpoints list;
    struct err e;
    char path[STORE_PATH];
    int64_t id = begun_and_killed((const char *const[]){ NULL });
    assert_int_equal(RUN("resume", number(id)), 0);
    assert_true(store_checkpoint_list(store, id, &list, &e));
    for (size_t i = 0; i < list.count; i++) {
        assert_true(store_run_path(store, id, list.rows[i].path, path, &e));
        assert_int_equal(truncate(path, 100), 0);
    }
    store_checkpoints_clear(&list);
    assert_int_equal(RUN("resume", number(id), "--from", "1000000"), 1);
    assert_int_equal(RUN("resume", number(id), "--from", "0"), 0);
    same_records(reference, id);
    same_parameters(reference, id);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(killed_anywhere_it_ends_the_same),
        cmocka_unit_test(a_kill_inside_a_checkpoint_leaves_the_older_ones),
        cmocka_unit_test(a_live_setting_is_replayed_at_its_step),
        cmocka_unit_test(a_damaged_checkpoint_is_passed_over),
        cmocka_unit_test(without_a_whole_checkpoint_it_says_so),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
