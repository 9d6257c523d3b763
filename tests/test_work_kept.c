/* Nothing that was trained is lost to a store that is locked, a file that may not grow, or a resume that leads nowhere.
 */
#include "tests/live_run.h"

#include <glob.h>
#include <sys/resource.h>

#include "store/bundle.h"
#include "store/evaluation.h"
#include "store/event.h"

/* ---- a locked store ---- */

static void a_locked_store_costs_nothing(void **state)
{
    (void)state;
    int64_t id = begin_run();
    sqlite3 *other = lock_store();
    if (state_of(id) == STORE_RUNNING) {
        UNTIL(log_says(id, "tried again each second") || state_of(id) != STORE_RUNNING);
        char note[300];
        store_lock_read_note(store, id, note, sizeof note);
        assert_non_null(strstr(note, "cannot write: another process"));
    }
    unlock_store(other);
    UNTIL(state_of(id) == STORE_FINISHED);
    same_records(reference, id);
    same_parameters(reference, id);
    nothing_half_written(id);
    assert_false(has_file(id, BUNDLE_UNWRITTEN));
}

static void killed_while_the_store_is_locked_it_goes_on_from_what_was_saved_meanwhile(void **state)
{
    (void)state;
    int64_t id = begin_run();
    sqlite3 *other = lock_store();
    UNTIL(has_file(id, BUNDLE_UNWRITTEN) || state_of(id) != STORE_RUNNING);
    int64_t before = step_of(id);
    kill_worker(id);
    unlock_store(other);
    assert_true(has_file(id, BUNDLE_UNWRITTEN));
    assert_int_equal(RUN("resume", number(id)), 0);
    assert_true(log_says(id, "could not write is in the store now"));
    assert_true(step_of(id) > before);
    same_records(reference, id);
    same_parameters(reference, id);
    nothing_half_written(id);
}

static void asked_twice_to_end_it_keeps_all_beside_the_run(void **state)
{
    (void)state;
    int64_t id = begin_run();
    sqlite3 *other = lock_store();
    UNTIL(log_says(id, "tried again each second") || state_of(id) != STORE_RUNNING);
    assert_true(store_lock_held(store, id));
    send(id, SIGTERM);
    usleep(200000); /* so that both arrive */
    while (store_lock_held(store, id)) {
        send(id, SIGTERM);
        usleep(100000);
    }
    unlock_store(other);
    assert_int_equal(state_of(id), STORE_LOST);
    assert_true(has_file(id, BUNDLE_UNWRITTEN));
    assert_int_equal(RUN("resume", number(id)), 0);
    same_records(reference, id);
    same_parameters(reference, id);
    nothing_half_written(id);
}

/* Someone's `rm`, or sqlite3 by hand: what it learned stays, also when later removals sweep the folders of runs that
 * are gone. */
static void a_run_whose_row_is_removed_leaves_what_it_has_learned(void **state)
{
    (void)state;
    int64_t id = begin_run(), other;
    struct store_run row = { .name = "idle", .config = (char *)"" };
    char dir[STORE_PATH], kept[STORE_PATH + 64], sql[64];
    struct err e;
    glob_t found;
    UNTIL(step_of(id) > 0);
    assert_true(store_run_path(store, id, NULL, dir, &e));
    snprintf(kept, sizeof kept, "%s.kept/step-*.safetensors", dir);
    snprintf(sql, sizeof sql, "DELETE FROM run WHERE id = %lld; COMMIT; BEGIN", (long long)id);
    sqlite3 *db = lock_store();
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    unlock_store(db);
    UNTIL(access(dir, F_OK) != 0);
    assert_true(store_run_insert(store, &row, &other, &e));
    assert_int_equal(RUN("rm", "--yes", number(other)), 0);
    assert_int_equal(glob(kept, 0, NULL, &found), 0);
    assert_true(found.gl_pathc >= 1); /* and those that it had saved by then */
    globfree(&found);
}

/* ---- evaluations ---- */

#define EVALUATE "eval", "--init", "random", "--task", "ghosts", "--set", "model.width=4", "--size", "32", "--labels"

static int kept_figures(void)
{
    char pattern[300];
    glob_t found;
    snprintf(pattern, sizeof pattern, "%s/unwritten/eval-*.db", home);
    int n = glob(pattern, 0, NULL, &found) == 0 ? (int)found.gl_pathc : 0;
    globfree(&found);
    return n;
}

/* Evaluations of no run with that share of the labels. */
static int figures(double percent)
{
    struct store_evaluations list;
    struct err e;
    int n = 0;
    assert_true(store_evaluation_list(store, 0, &list, &e));
    for (size_t i = 0; i < list.count; i++) n += list.rows[i].fraction == percent;
    store_evaluations_clear(&list);
    return n;
}

static void an_evaluation_waits_for_a_locked_store(void **state)
{
    (void)state;
    sqlite3 *other = lock_store();
    pid_t pid = start((const char *const[]){ EVALUATE, "50", NULL });
    UNTIL(kept_figures() == 1);
    assert_int_equal(figures(50), 0);
    unlock_store(other);
    assert_int_equal(finish(pid), 0);
    assert_int_equal(figures(50), 3);
    assert_int_equal(kept_figures(), 0);
}

/* Killed, or asked not to wait: the next evaluation, or the next worker, records what was kept. */
static void an_evaluation_that_ends_before_is_recorded_by_the_next(void **state)
{
    (void)state;
    static const struct {
        double percent;
        const char *labels;
        int ends, status;
    } rows[] = { { 40, "40", SIGKILL, 256 + SIGKILL }, { 30, "30", SIGTERM, 128 + SIGTERM } };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        sqlite3 *other = lock_store();
        pid_t pid = start((const char *const[]){ EVALUATE, rows[i].labels, NULL });
        UNTIL(kept_figures() == 1);
        kill(pid, rows[i].ends);
        assert_int_equal(finish(pid), rows[i].status);
        unlock_store(other);
        assert_int_equal(kept_figures(), 1);
        assert_int_equal(figures(rows[i].percent), 0);
        if (rows[i].ends == SIGKILL)
            assert_int_equal(RUN(EVALUATE, "20"), 0);
        else
            assert_int_equal(RUN("train", SETTINGS), 0);
        assert_int_equal(figures(rows[i].percent), 3);
        assert_int_equal(kept_figures(), 0);
    }
}

/* ---- files that may not grow ---- */

/* What a process may write, as `ulimit -f` sets it; its hard limit stays. */
static void limit_files(pid_t pid, rlim_t bytes)
{
    struct rlimit r;
    assert_int_equal(prlimit(pid, RLIMIT_FSIZE, NULL, &r), 0);
    r.rlim_cur = bytes < r.rlim_max ? bytes : r.rlim_max;
    assert_int_equal(prlimit(pid, RLIMIT_FSIZE, &r, NULL), 0);
}

enum { LITTLE = 64 << 10 }; /* less than a checkpoint and the database take, more than a log */

static void what_does_not_fit_into_a_file_is_refused_before_it_begins(void **state)
{
    (void)state;
    static const char *const commands[][12] = {
        { EVALUATE, "60", NULL },
        { "data", "import", "phantom", "--name", "more", "--patients", "9", NULL },
    };
    int64_t before = last_run(), id = finished_run();
    limit_files(getpid(), LITTLE);
    int trained = RUN("train", SETTINGS), resumed = RUN("resume", number(id), "--set", "optim.epochs=4");
    int others[2];
    for (int i = 0; i < 2; i++) others[i] = finish(start(commands[i]));
    limit_files(getpid(), RLIM_INFINITY);
    assert_int_equal(trained, 1);
    assert_int_equal(resumed, 1);
    for (int i = 0; i < 2; i++) assert_int_equal(others[i], 1);
    assert_true(id > before && last_run() == id);
    assert_int_equal(state_of(id), STORE_FINISHED);
    assert_int_equal(figures(60), 0);
    assert_int_equal(RUN("resume", number(id), "--set", "optim.epochs=4"), 0);
}

/* A run that trains on and on and saves when it ends. */
static int64_t begin_unsaved(pid_t *pid)
{
    assert_int_equal(RUN("train", SETTINGS, "--set", "optim.epochs=100000", "--set", "checkpoint.minutes=0", "--set",
                         "checkpoint.every=0", "--set", "probe.epochs=0", "--detach"),
                     0);
    int64_t id = last_run();
    UNTIL(step_of(id) > 0);
    struct store_run row = row_of(id);
    *pid = (pid_t)row.pid;
    store_run_clear(&row);
    return id;
}

/* As on a full disk: the last checkpoint is waited for, and written once there is room. */
static void the_last_checkpoint_is_written_once_it_can_be(void **state)
{
    (void)state;
    pid_t pid;
    int64_t id = begin_unsaved(&pid);
    limit_files(pid, LITTLE);
    kill(pid, SIGTERM);
    UNTIL(log_says(id, "it then saves and ends by itself"));
    limit_files(pid, RLIM_INFINITY);
    UNTIL(!store_lock_held(store, id));
    assert_int_equal(state_of(id), STORE_STOPPED);
    assert_true(step_of(id) > 0 && atoll(checkpoints(id)) == step_of(id));
}

static void without_room_the_end_says_what_is_lost(void **state)
{
    (void)state;
    pid_t pid;
    int64_t id = begin_unsaved(&pid);
    limit_files(pid, LITTLE);
    kill(pid, SIGTERM);
    UNTIL(log_says(id, "it then saves and ends by itself"));
    kill(pid, SIGTERM);
    UNTIL(!store_lock_held(store, id));
    assert_true(log_says(id, "since the beginning are lost: checkpoint at step"));
    assert_true(state_of(id) != STORE_STOPPED);
    assert_string_equal(checkpoints(id), "");
    assert_true(log_says(id, "RLIMIT_FSIZE"));
}

/* ---- going back ---- */

static void what_was_given_up_in_vain_comes_back(void **state)
{
    (void)state;
    int64_t id = finished_run();
    char before[400];
    struct store_checkpoint first;
    struct err e;
    assert_true(store_checkpoint_find(store, id, -1, &first, &e));
    int64_t last = first.step, epoch = last / 3;
    char from[24];
    snprintf(from, sizeof from, "%lld", (long long)epoch);
    snprintf(before, sizeof before, "%s", checkpoints(id));
    assert_int_equal(RUN("resume", number(id), "--from", from, "--set", "checkpoint.every=0", "--set", "optim.lr=0.5",
                         "--set", "optim.epochs=100000", "--detach"),
                     0);
    UNTIL(step_of(id) > epoch);
    kill_worker(id);
    assert_string_equal(checkpoints(id), before); /* still listed, and their files are there */
    nothing_half_written(id);
    assert_int_equal(RUN("resume", number(id)), 0); /* at its end, as it was before */
    assert_string_equal(checkpoints(id), before);
    same_records(reference, id);
    struct store_run row = row_of(id);
    assert_int_equal(row.epochs, 3); /* what was set for the try is void */
    store_run_clear(&row);
}

static void the_first_new_checkpoint_takes_the_place_of_what_was_given_up(void **state)
{
    (void)state;
    int64_t id = finished_run(), epoch = step_of(id) / 3;
    char from[24], want[200];
    struct err e;
    snprintf(from, sizeof from, "%lld", (long long)epoch);
    assert_true(store_checkpoint_pin(store, id, 2 * epoch, true, &e));
    assert_int_equal(RUN("resume", number(id), "--from", from, "--set", "checkpoint.every=0"), 0);
    snprintf(want, sizeof want, "%lld %lldp %lld ", (long long)epoch, (long long)(2 * epoch), (long long)(3 * epoch));
    assert_string_equal(checkpoints(id), want);
    nothing_half_written(id);
    assert_false(has_file(id, BUNDLE_GIVEN_UP));
    same_records(reference, id);
}

static void the_beginning_again_keeps_what_is_pinned(void **state)
{
    (void)state;
    int64_t id = finished_run(), epoch = step_of(id) / 3;
    char want[200];
    struct err e;
    assert_true(store_checkpoint_pin(store, id, epoch, true, &e));
    assert_int_equal(RUN("resume", number(id), "--from", "0", "--set", "checkpoint.every=0"), 0);
    snprintf(want, sizeof want, "%lldp ", (long long)epoch);
    assert_non_null(strstr(checkpoints(id), want));
    nothing_half_written(id);
    same_records(reference, id);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_locked_store_costs_nothing),
        cmocka_unit_test(killed_while_the_store_is_locked_it_goes_on_from_what_was_saved_meanwhile),
        cmocka_unit_test(asked_twice_to_end_it_keeps_all_beside_the_run),
        cmocka_unit_test(an_evaluation_waits_for_a_locked_store),
        cmocka_unit_test(an_evaluation_that_ends_before_is_recorded_by_the_next),
        cmocka_unit_test(what_does_not_fit_into_a_file_is_refused_before_it_begins),
        cmocka_unit_test(the_last_checkpoint_is_written_once_it_can_be),
        cmocka_unit_test(without_room_the_end_says_what_is_lost),
        cmocka_unit_test(a_run_whose_row_is_removed_leaves_what_it_has_learned),
        cmocka_unit_test(what_was_given_up_in_vain_comes_back),
        cmocka_unit_test(the_first_new_checkpoint_takes_the_place_of_what_was_given_up),
        cmocka_unit_test(the_beginning_again_keeps_what_is_pinned),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
