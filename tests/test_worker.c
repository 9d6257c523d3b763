/* What a worker does when something fails: the disk is full, the store takes nothing, a batch cannot be read, a
 * gradient leaps or is not finite. The program's own worker runs in a process of this suite, with calls that fail as
 * planned (seam.h); afterwards the run must be as if nothing had happened, or say what did. */
#include "tests/live_run.h"

#include <sys/prctl.h>

#include "app/cli/command.h"
#include "app/worker/worker.h"
#include "store/bundle.h"
#include "store/event.h"
#include "store/lock.h"
#include "tests/seam.h"

const struct command *const commands[] = { NULL }; /* the program's are in its main */

/* ---- a worker with plans ---- */

/* test_worker worker HOME RUN ATTENDED PLAN ... */
static int act(char **argv)
{
    struct app app = { .dir = argv[2], .quiet = true };
    const struct worker_start begin = {
        .run = argv[3], .from = -1, .attended = !strcmp(argv[4], "attended"), .ready = -1
    };
    for (char **plan = argv + 5; *plan; plan++) seam_plan(*plan);
    int status = worker_run(&app, &begin);
    store_close(app.store);
    return status;
}

static pid_t begin_with(int64_t id, bool attended, const char *const *list)
{
    const char *argv[24] = { "test_worker", "worker", home, number(id), attended ? "attended" : "alone" };
    int n = 5;
    for (; *list; list++) argv[n++] = *list;
    pid_t pid = fork();
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL); /* one that waits for room does not outlive a test that fails */
        if (!freopen("/dev/null", "w", stdout) || (!getenv("MLVICX_TEST_LOUD") && !freopen("/dev/null", "w", stderr)))
            _exit(99);
        unsetenv("MLVICX_KERNELS");
        execv("/proc/self/exe", (char *const *)argv);
        _exit(99);
    }
    assert_true(pid > 0);
    return pid;
}

#define WORK(id, ...) finish(begin_with(id, false, (const char *const[]){ __VA_ARGS__, NULL }))

/* A run that waits, and no one who would begin it: this suite holds the queue. */
static int64_t waiting_with(const char *const *more)
{
    const char *words[48] = { "train",  SETTINGS, "--set", "checkpoint.minutes=0", "--set", "checkpoint.every=1",
                              "--queue" };
    struct err e;
    int n = 0, lock;
    while (words[n]) n++;
    for (; *more; more++) words[n++] = *more;
    assert_true(store_queue_lock(store, &lock, &e) && lock >= 0);
    assert_int_equal(finish(start(words)), 0);
    store_lock_release(&lock);
    return last_run();
}

#define WAITING(...) waiting_with((const char *const[]){ __VA_ARGS__, NULL })

static int64_t waiting(void)
{
    return waiting_with((const char *const[]){ NULL });
}

/* ---- what is there afterwards ---- */

static int64_t epoch_steps(void)
{
    return step_of(reference) / 3;
}

/* Events of a kind, and whether the newest of them says some words. */
static int events(int64_t run, const char *kind, const char *words)
{
    struct store_events list;
    struct err e;
    int n = 0;
    const char *text = "";
    assert_true(store_event_list(store, run, 0, 0, &list, &e));
    for (size_t i = 0; i < list.count; i++)
        if (!strcmp(list.rows[i].kind, kind)) text = list.rows[i].text, n++;
    if (n && !strstr(text, words)) fail_msg("%s: '%s' does not say '%s'", kind, text, words);
    store_events_clear(&list);
    return n;
}

static int64_t newest_checkpoint(int64_t run, char reason[24])
{
    struct store_checkpoint row;
    struct err e;
    assert_true(store_checkpoint_find(store, run, -1, &row, &e));
    snprintf(reason, 24, "%s", row.reason);
    return row.step;
}

static void ends_like_the_reference(int64_t run)
{
    assert_int_equal(state_of(run), STORE_FINISHED);
    same_records(reference, run);
    same_parameters(reference, run);
    nothing_half_written(run);
}

static const char *plan(const char *format, ...) __attribute__((format(printf, 1, 2)));
static const char *plan(const char *format, ...)
{
    static char text[4][64];
    static int at;
    va_list ap;
    at = (at + 1) % 4;
    va_start(ap, format);
    vsnprintf(text[at], sizeof text[at], format, ap);
    va_end(ap);
    return text[at];
}

#define ROOM "room 1 1000000 1e15" /* whatever this machine's disk has */

/* ---- nothing fails ---- */

static void without_a_plan_it_trains_as_the_program_does(void **state)
{
    (void)state;
    int64_t id = waiting();
    assert_int_equal(state_of(id), STORE_QUEUED);
    assert_int_equal(WORK(id, ROOM), 0);
    ends_like_the_reference(id);
    assert_int_equal(events(id, "alarm", "") + events(id, "alarm.disk", "") + events(id, "alarm.gradient", ""), 0);
}

/* ---- the disk ---- */

/* Told before half of a file is written, tried again until there is room, and then the run continues. */
static void a_checkpoint_without_room_pauses_the_run_until_there_is(void **state)
{
    (void)state;
    int64_t id = waiting();
    assert_int_equal(WORK(id, "room 1 3 1000", "room 4 1000000 1e15"), 0);
    assert_int_equal(
        events(id, "alarm", "are free; make room, then resume; paused. Try: make room; it then goes on by itself"), 1);
    assert_int_equal(events(id, "resume", "there is room: saved, and goes on"), 1);
    ends_like_the_reference(id);
    /* it does not follow from the training, so that nothing tells it again to a run that goes back */
    struct err e;
    assert_true(store_run_rewind(store, id, 1, &e));
    assert_int_equal(events(id, "alarm", "are free; make room"), 1);
}

static void a_checkpoint_that_cannot_be_written_pauses_the_run_until_it_can(void **state)
{
    (void)state;
    int64_t id = waiting();
    assert_int_equal(WORK(id, ROOM, "commit 2 4 0"), 0);
    assert_int_equal(events(id, "alarm", "No space left on device; paused"), 1);
    assert_int_equal(events(id, "resume", "there is room"), 1);
    ends_like_the_reference(id);
}

/* Who stops it meanwhile is told that it is not saved. */
static void a_run_that_is_stopped_without_room_says_what_is_lost(void **state)
{
    (void)state;
    int64_t id = waiting(), epoch = epoch_steps();
    char reason[24];
    pid_t pid = begin_with(id, false, (const char *const[]){ "room 1 2 1e15", "room 3 1000000 0", NULL });
    UNTIL(state_of(id) == STORE_PAUSED);
    assert_int_equal(step_of(id), 2 * epoch);
    kill(pid, SIGTERM);
    assert_int_equal(finish(pid), 128 + SIGTERM);
    assert_int_equal(state_of(id), STORE_FAILED);
    assert_int_equal(events(id, "error", "since the checkpoint at step"), 1);
    assert_int_equal(newest_checkpoint(id, reason), epoch);
    assert_int_equal(RUN("resume", number(id)), 0);
    ends_like_the_reference(id);
}

static void a_disk_that_is_nearly_full_is_told_and_told_again_when_it_is_not(void **state)
{
    (void)state;
    struct store_checkpoint row;
    struct err e;
    int64_t id = waiting();
    assert_true(store_checkpoint_find(store, reference, -1, &row, &e));
    /* asked before each checkpoint and after it: after the first there is room for two, after the second for many */
    assert_int_equal(WORK(id, plan("room 1 2 %lld", (long long)(2 * row.bytes)), "room 3 1000000 1e15"), 0);
    assert_int_equal(events(id, "alarm.disk", "the disk has room again"), 2);
    ends_like_the_reference(id);
}

/* ---- the store ---- */

static void a_store_that_takes_nothing_for_a_while_costs_nothing(void **state)
{
    (void)state;
    static const struct {
        int from, to, code;
    } rows[] = { { 3, 9, ERR_LOCKED }, { 3, 9, ERR_IO }, { 6, 6, ERR_LOCKED } };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        int64_t id = waiting();
        assert_int_equal(WORK(id, ROOM, plan("send %d %d %d", rows[i].from, rows[i].to, rows[i].code)), 0);
        assert_true(log_says(id, "tried again each second") && log_says(id, "nothing is lost"));
        assert_false(has_file(id, BUNDLE_UNWRITTEN));
        ends_like_the_reference(id);
    }
}

static void a_store_that_takes_nothing_to_the_end_leaves_all_beside_the_run(void **state)
{
    (void)state;
    int64_t id = waiting();
    assert_int_equal(WORK(id, ROOM, plan("send 4 1000000 %d", ERR_LOCKED)), 1);
    assert_true(log_says(id, "the store took nothing for") && has_file(id, BUNDLE_UNWRITTEN));
    assert_int_equal(state_of(id), STORE_LOST);
    assert_int_equal(RUN("resume", number(id)), 0);
    assert_false(has_file(id, BUNDLE_UNWRITTEN));
    assert_int_equal(events(id, "finish", "finished after"), 2); /* of both lives: the last words too were kept */
    ends_like_the_reference(id);
}

static void a_store_that_is_damaged_ends_the_run_and_what_was_trained_is_saved(void **state)
{
    (void)state;
    int64_t id = waiting();
    char reason[24];
    assert_int_equal(WORK(id, ROOM, plan("send 6 6 %d", ERR_FORMAT)), 1);
    assert_int_equal(state_of(id), STORE_FAILED);
    assert_int_equal(events(id, "error", "planned"), 1);
    assert_int_equal(newest_checkpoint(id, reason), step_of(id));
    assert_true(step_of(id) < step_of(reference));
    assert_int_equal(RUN("resume", number(id)), 0);
    ends_like_the_reference(id);
}

/* ---- the data ---- */

static void a_batch_that_cannot_be_read_ends_the_run_and_what_was_trained_is_saved(void **state)
{
    (void)state;
    int64_t id = waiting(), step = epoch_steps() + 2;
    char reason[24];
    assert_int_equal(WORK(id, ROOM, plan("batch %lld %lld 0", (long long)step + 1, (long long)step + 1)), 1);
    assert_int_equal(state_of(id), STORE_FAILED);
    assert_int_equal(events(id, "error", "Input/output error"), 1);
    assert_int_equal(newest_checkpoint(id, reason), step);
    assert_int_equal(step_of(id), step);
    assert_int_equal(RUN("resume", number(id)), 0);
    ends_like_the_reference(id);
}

/* ---- numbers ---- */

static void a_leap_of_the_gradient_is_told_once(void **state)
{
    (void)state;
    int64_t id = WAITING("--set", "optim.epochs=12");
    struct store_events list;
    struct err e;
    struct store_run row = row_of(id);
    assert_true(row.steps > 70);
    store_run_clear(&row);
    assert_int_equal(WORK(id, ROOM, "norm 60 62 1000"), 0);
    assert_int_equal(events(id, "alarm.gradient", "times its running median"), 1);
    assert_true(store_event_list(store, id, 0, 0, &list, &e));
    for (size_t i = 0; i < list.count; i++)
        if (!strcmp(list.rows[i].kind, "alarm.gradient")) assert_true(list.rows[i].step == 60 && list.rows[i].derived);
    store_events_clear(&list);
}

static void a_loss_that_is_not_finite_stops_the_run_at_its_last_good_checkpoint(void **state)
{
    (void)state;
    static const char *const ways[] = { "train.on_divergence=stop", "train.on_divergence=ask" }; /* no one is there */
    for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++) {
        int64_t id = WAITING("--set", ways[i]), epoch = epoch_steps();
        char reason[24], words[120];
        assert_int_equal(WORK(id, ROOM, plan("step %lld 1000000 0", (long long)(epoch + 3))), 1);
        assert_int_equal(state_of(id), STORE_FAILED);
        snprintf(
            words, sizeof words,
            "planned.weight is not finite; the last good checkpoint is that of step %lld. Try: ", (long long)epoch);
        assert_int_equal(events(id, "error", words), 1);
        assert_int_equal(newest_checkpoint(id, reason), epoch); /* none of what may be broken */
        assert_int_equal(step_of(id), epoch + 2);
        assert_int_equal(RUN("resume", number(id)), 0);
        ends_like_the_reference(id);
    }
}

static double rate_at(int64_t run, int64_t step)
{
    static const char *const name = "rate";
    struct err e;
    double value;
    int64_t at;
    assert_true(store_metric_latest(store, run, step, &name, 1, &value, &at, &e));
    assert_int_equal(at, step);
    return value;
}

static void a_loss_that_is_not_finite_goes_back_and_halves_the_rate(void **state)
{
    (void)state;
    int64_t id = WAITING("--set", "train.on_divergence=lower"), epoch = epoch_steps();
    char words[120];
    assert_int_equal(WORK(id, ROOM, plan("step %lld %lld 0", (long long)(epoch + 3), (long long)(epoch + 3))), 0);
    assert_int_equal(state_of(id), STORE_FINISHED);
    snprintf(words, sizeof words, "at step %lld; back to step %lld with optim.lr", (long long)(epoch + 2),
             (long long)epoch);
    assert_int_equal(events(id, "lower", words), 1);
    assert_int_equal(events(id, "lower", "(1 of 3)"), 1);
    for (int64_t step = 1; step <= 3 * epoch; step++) {
        double usual = rate_at(reference, step), want = step > epoch ? usual / 2 : usual;
        assert_true(fabs(rate_at(id, step) - want) <= 1e-9 * usual);
    }
    nothing_half_written(id);
}

static void a_rate_is_halved_three_times_and_then_the_run_ends(void **state)
{
    (void)state;
    int64_t id = WAITING("--set", "train.on_divergence=lower"), epoch = epoch_steps();
    assert_int_equal(WORK(id, ROOM, plan("step %lld 1000000 0", (long long)(epoch + 3))), 1);
    assert_int_equal(state_of(id), STORE_FAILED);
    assert_int_equal(events(id, "lower", "(3 of 3)"), 3);
    assert_int_equal(events(id, "error", "the last good checkpoint is that of step"), 1);
}

/* Someone is there: it waits, with all in memory, and continues from the same step. */
static void a_loss_that_is_not_finite_is_asked_about_where_somebody_is(void **state)
{
    (void)state;
    int64_t id = waiting(), epoch = epoch_steps();
    const char *words = plan("step %lld %lld 0", (long long)(epoch + 3), (long long)(epoch + 3));
    pid_t pid = begin_with(id, true, (const char *const[]){ ROOM, words, NULL });
    UNTIL(state_of(id) == STORE_PAUSED);
    assert_int_equal(events(id, "alarm", "planned.weight is not finite; paused. Try: lower optim.lr"), 1);
    assert_int_equal(step_of(id), epoch + 2);
    assert_int_equal(RUN("resume", number(id)), 0);
    assert_int_equal(finish(pid), 0);
    assert_int_equal(state_of(id), STORE_FINISHED);
    same_points(reference, id); /* except for the alarm, which has the fault that was planned */
    same_snapshots(reference, id);
    same_evaluations(reference, id);
    same_parameters(reference, id);
    nothing_half_written(id);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_a_plan_it_trains_as_the_program_does),
        cmocka_unit_test(a_checkpoint_without_room_pauses_the_run_until_there_is),
        cmocka_unit_test(a_checkpoint_that_cannot_be_written_pauses_the_run_until_it_can),
        cmocka_unit_test(a_run_that_is_stopped_without_room_says_what_is_lost),
        cmocka_unit_test(a_disk_that_is_nearly_full_is_told_and_told_again_when_it_is_not),
        cmocka_unit_test(a_store_that_takes_nothing_for_a_while_costs_nothing),
        cmocka_unit_test(a_store_that_takes_nothing_to_the_end_leaves_all_beside_the_run),
        cmocka_unit_test(a_store_that_is_damaged_ends_the_run_and_what_was_trained_is_saved),
        cmocka_unit_test(a_batch_that_cannot_be_read_ends_the_run_and_what_was_trained_is_saved),
        cmocka_unit_test(a_leap_of_the_gradient_is_told_once),
        cmocka_unit_test(a_loss_that_is_not_finite_stops_the_run_at_its_last_good_checkpoint),
        cmocka_unit_test(a_loss_that_is_not_finite_goes_back_and_halves_the_rate),
        cmocka_unit_test(a_rate_is_halved_three_times_and_then_the_run_ends),
        cmocka_unit_test(a_loss_that_is_not_finite_is_asked_about_where_somebody_is),
    };
    if (argc > 4 && !strcmp(argv[1], "worker")) return act(argv);
    return cmocka_run_group_tests_name("worker", tests, set_up, tear_down);
}
