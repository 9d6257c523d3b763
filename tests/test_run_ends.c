/* How a run is refused, changed and ended: a resume that changes nothing, live settings, signals, a loss that is not
 * finite, a folder that is gone. */
#include "tests/live_run.h"

#include <fcntl.h>

#include "store/event.h"

/* ---- refused ---- */

static void a_refused_resume_changes_nothing(void **state)
{
    (void)state;
    int64_t id = finished_run(), epoch = step_of(id) / 3;
    char from[24], before[400];
    snprintf(from, sizeof from, "%lld", (long long)(2 * epoch));
    snprintf(before, sizeof before, "%s", checkpoints(id));
    const char *const tries[][6] = {
        { "--from", from, "--set", "optim.epochs=1" },       { "--set", "optim.epochs=2" },
        { "--from", from, "--set", "optim.lr=-1" },          { "--from", from, "--set", "model.width=8" },
        { "--from", from, "--set", "optim.epochs=nothing" }, { "--set", "nothing=1" },
    };
    for (size_t i = 0; i < sizeof tries / sizeof tries[0]; i++) {
        assert_int_equal(RUN("resume", number(id), tries[i][0], tries[i][1], tries[i][2], tries[i][3]), 2);
        assert_int_equal(state_of(id), STORE_FINISHED);
        assert_string_equal(checkpoints(id), before);
        same_records(reference, id);
    }
}

/* A file that was moved away is not a damaged one: continuing from an older one would give up what is still there. */
static void a_checkpoint_that_was_moved_is_asked_about(void **state)
{
    (void)state;
    int64_t id = finished_run();
    struct store_checkpoint row;
    struct err e;
    char path[STORE_PATH], aside[STORE_PATH + 8], before[400];
    assert_true(store_checkpoint_find(store, id, -1, &row, &e) && store_run_path(store, id, row.path, path, &e));
    snprintf(aside, sizeof aside, "%s.aside", path);
    snprintf(before, sizeof before, "%s", checkpoints(id));
    assert_int_equal(rename(path, aside), 0);
    assert_int_equal(RUN("resume", number(id), "--set", "optim.epochs=4"), 1);
    assert_int_equal(state_of(id), STORE_FINISHED);
    assert_string_equal(checkpoints(id), before);
    same_records(reference, id);
    assert_int_equal(rename(aside, path), 0);
    assert_int_equal(RUN("resume", number(id), "--set", "optim.epochs=4"), 0);
}

/* ---- what the user wrote ---- */

static void a_live_setting_leaves_the_others_as_they_were_written(void **state)
{
    (void)state;
    assert_int_equal(RUN("train", SETTINGS, "--set", "optim.epochs=100000", "--set", "train.threads=0", "--detach"), 0);
    int64_t id = last_run();
    UNTIL(step_of(id) > 0);
    struct store_run before = row_of(id);
    assert_int_equal(RUN("set", number(id), "optim.lr=0.0005"), 0);
    struct store_run after = row_of(id);
    assert_non_null(strstr(before.config, "kernels = auto"));
    assert_non_null(strstr(after.config, "kernels = auto"));
    assert_non_null(strstr(after.config, "threads = 0"));
    assert_non_null(strstr(after.config, "lr = 0.0005"));
    store_run_clear(&before);
    store_run_clear(&after);
    kill_worker(id);
}

/* ---- signals, divergence ---- */

/* Under each name that batch systems and people have for it. */
static void signals_save_and_end(void **state)
{
    (void)state;
    static const struct {
        int save, end;
    } rows[] = { { SIGUSR1, SIGXCPU }, { SIGUSR2, SIGQUIT }, { SIGUSR1, SIGINT }, { SIGUSR2, SIGTERM } };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_int_equal(RUN("train", SETTINGS, "--set", "optim.epochs=100000", "--set", "checkpoint.minutes=0",
                             "--set", "probe.epochs=0", "--detach"),
                         0);
        int64_t id = last_run();
        UNTIL(step_of(id) > 0);
        send(id, rows[i].save);
        UNTIL(*checkpoints(id));
        assert_int_equal(state_of(id), STORE_RUNNING);
        send(id, rows[i].end);
        UNTIL(!store_lock_held(store, id));
        assert_int_equal(state_of(id), STORE_STOPPED);
    }
}

static int trains_here(const char *const *more)
{
    const char *words[40] = { "train", SETTINGS, "--foreground" };
    int n = 0;
    while (words[n]) n++;
    for (; *more; more++) words[n++] = *more;
    return finish(start(words));
}

static void in_the_foreground_the_end_of_training_is_the_end_of_the_command(void **state)
{
    (void)state;
    assert_int_equal(trains_here((const char *const[]){ NULL }), 0);
    same_records(reference, last_run());
    pid_t pid = start((const char *const[]){ "train", SETTINGS, "--set", "optim.epochs=100000", "--foreground", NULL });
    UNTIL(last_run() > reference && state_of(last_run()) == STORE_RUNNING && step_of(last_run()) > 0);
    struct store_run row = row_of(last_run());
    assert_int_equal(row.pid, pid);
    store_run_clear(&row);
    kill(pid, SIGTERM);
    assert_int_equal(finish(pid), 128 + SIGTERM);
    assert_int_equal(state_of(last_run()), STORE_STOPPED);
}

/* In a group of its own, as a shell starts it; what it says goes to a file. */
static pid_t start_group(const char *said)
{
    static const char *const words[] = { "train", SETTINGS, "--set", "optim.epochs=100000", "--foreground", NULL };
    const char *argv[sizeof words / sizeof words[0] + 3] = { "mlvicx", "--store", home }, *program = getenv("MLVICX");
    for (int i = 0; words[i]; i++) argv[3 + i] = words[i];
    pid_t pid = fork();
    if (pid == 0) {
        setpgid(0, 0);
        if (!freopen("/dev/null", "w", stdout) || !freopen(said, "w", stderr)) _exit(99);
        execv(program ? program : "build/mlvicx", (char *const *)argv);
        _exit(99);
    }
    assert_true(pid > 0);
    return pid;
}

/* All lines of the log but those of progress, which are rewritten in place. */
static void says_all_of_the_log(int64_t run, const char *said)
{
    char path[STORE_PATH], *rest = NULL;
    struct err e;
    assert_true(store_run_path(store, run, "log", path, &e));
    char *log = file_read_text(path, 1 << 24, &e), *text = file_read_text(said, 1 << 24, &e);
    assert_true(log && text);
    int lines = 0;
    for (char *line = strtok_r(log, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
        if (!strncmp(line, "step ", 5)) continue;
        if (!strstr(text, line)) fail_msg("'%s' is not in what was said:\n%s", line, text);
        lines++;
    }
    assert_true(lines > 1);
    free(log);
    free(text);
}

/* A terminal's Ctrl-C and a batch system's end reach every process of the group, the one that shows the log too: it
 * shows the log to its end all the same, which is made only after it has begun to look for it. */
static void in_the_foreground_a_signal_to_the_group_is_obeyed_and_all_is_said(void **state)
{
    (void)state;
    static const int ends[] = { SIGINT, SIGTERM, SIGQUIT };
    char said[300];
    snprintf(said, sizeof said, "%s/said", home);
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        int64_t before = last_run();
        pid_t pid = start_group(said);
        UNTIL(last_run() > before && state_of(last_run()) == STORE_RUNNING && step_of(last_run()) > 0);
        kill(-pid, ends[i]);
        assert_int_equal(finish(pid), 128 + ends[i]);
        assert_int_equal(state_of(last_run()), STORE_STOPPED);
        says_all_of_the_log(last_run(), said);
    }
}

#define DIVERGES                                                                                                       \
    "--set", "optim.kind=lars", "--set", "optim.lr=300", "--set", "optim.epochs=40", "--set", "optim.warmup_epochs=20"

static void an_event_says(int64_t run, const char *words)
{
    struct store_events list;
    struct err e;
    bool says = false;
    assert_true(store_event_list(store, run, 0, 0, &list, &e));
    for (size_t i = 0; i < list.count; i++) says |= strstr(list.rows[i].text, words) != NULL;
    for (size_t i = 0; !says && i < list.count; i++)
        print_message("# %lld %s: %s\n", (long long)list.rows[i].step, list.rows[i].kind, list.rows[i].text);
    store_events_clear(&list);
    if (!says) fail_msg("no event of run %lld says '%s'", (long long)run, words);
}

static void a_diverged_run_stands_in_nobodys_way(void **state)
{
    (void)state;
    assert_int_equal(RUN("train", SETTINGS, DIVERGES), 1); /* no terminal: ask means stop */
    assert_int_equal(state_of(last_run()), STORE_FAILED);
    an_event_says(last_run(), "is not finite");
    an_event_says(last_run(), "Try: ");
    assert_int_equal(RUN("train", SETTINGS, DIVERGES, "--set", "train.on_divergence=lower"), 1);
    an_event_says(last_run(), "optim.lr 37.5 (3 of 3)");
    assert_int_equal(RUN("train", SETTINGS, DIVERGES, "--set", "train.on_divergence=ask", "--queue"), 0);
    int64_t diverges = last_run();
    assert_int_equal(RUN("train", SETTINGS, "--queue"), 0);
    UNTIL(state_of(last_run()) == STORE_FINISHED);
    assert_int_equal(state_of(diverges), STORE_FAILED);
}

/* Of the newest checkpoint, 0 where there is none. */
static int64_t saved_step(int64_t run)
{
    struct store_checkpoints list;
    struct err e;
    int64_t newest = 0;
    assert_true(store_checkpoint_list(store, run, &list, &e));
    for (size_t i = 0; i < list.count; i++)
        if (list.rows[i].step > newest) newest = list.rows[i].step;
    store_checkpoints_clear(&list);
    return newest;
}

/* A rate that was set between the checkpoint and the loss that is not finite is set no more on the way there: the
 * lowered one holds, and is what is lowered next. What else was set there is set again. With lars and this trust
 * coefficient a rate of .2 and more multiplies all weights in each step, wherever the run stands by then: no float
 * holds them for long; and simclr's loss, of embeddings of length 1, does not grow with them, so that no unit dies. */
static void a_lowered_rate_holds_over_later_settings(void **state)
{
    (void)state;
    assert_int_equal(RUN("train", SETTINGS, "--method", "simclr", "--set", "optim.epochs=100000", "--set",
                         "checkpoint.minutes=0", "--set", "checkpoint.every=1", "--set", "probe.epochs=0", "--set",
                         "train.on_divergence=lower", "--set", "optim.kind=lars", "--set", "optim.eta=1000", "--set",
                         "optim.warmup_epochs=0", "--set", "optim.lr=1e-9", "--detach"),
                     0);
    int64_t id = last_run();
    UNTIL(saved_step(id) > 0);
    assert_int_equal(RUN("pause", number(id)), 0);
    while (step_of(id) == saved_step(id)) { /* within an epoch, so that the way back is short however long this takes */
        assert_int_equal(RUN("resume", number(id)), 0);
        assert_int_equal(RUN("pause", number(id)), 0);
    }
    assert_int_equal(RUN("set", number(id), "checkpoint.every=0"), 0);
    assert_int_equal(RUN("set", number(id), "optim.lr=1.6"), 0);
    assert_int_equal(RUN("set", number(id), "diagnose.keep=400"), 0);
    assert_int_equal(RUN("resume", number(id)), 0);
    UNTIL(state_of(id) == STORE_FAILED);
    an_event_says(id, "optim.lr 0.8 (1 of 3)");
    an_event_says(id, "optim.lr 0.4 (2 of 3)");
    an_event_says(id, "optim.lr 0.2 (3 of 3)");
    assert_true(log_says(id, "optim.lr=1.6 of step "));
    struct store_run row = row_of(id);
    assert_non_null(strstr(row.config, "lr = 0.2\n"));
    assert_non_null(strstr(row.config, "keep = 400\n"));
    store_run_clear(&row);
}

/* Its folder was put elsewhere: that is said, and what to do; nothing is made in its place. */
static void a_run_without_its_folder_is_told_to_get_it_back(void **state)
{
    (void)state;
    int64_t id = finished_run();
    char dir[STORE_PATH], away[STORE_PATH + 8], said[300];
    struct err e;
    snprintf(said, sizeof said, "%s/said", home);
    assert_true(store_run_path(store, id, NULL, dir, &e));
    snprintf(away, sizeof away, "%s.away", dir);
    assert_int_equal(rename(dir, away), 0);
    static const char *const ways[] = { "--detach", "--foreground", "-q" };
    for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++) {
        setenv("MLVICX_TEST_LOUD", "1", 1);
        int was = dup(STDERR_FILENO), file = open(said, O_WRONLY | O_CREAT | O_TRUNC, 0600);
        dup2(file, STDERR_FILENO);
        int status = RUN("resume", number(id), "--set", "optim.epochs=4", ways[i]);
        dup2(was, STDERR_FILENO);
        close(was);
        close(file);
        unsetenv("MLVICX_TEST_LOUD");
        char *text = file_read_text(said, 1 << 20, &e);
        assert_non_null(text);
        if (!strstr(text, "put the run's folder back in its place")) fail_msg("%s: %s", ways[i], text);
        free(text);
        assert_int_equal(status, 1);
        assert_int_equal(access(dir, F_OK), -1);
        assert_int_equal(state_of(id), STORE_FINISHED);
    }
    assert_int_equal(rename(away, dir), 0);
    assert_int_equal(RUN("resume", number(id), "--set", "optim.epochs=4"), 0);
}

/* The worker holds its lock and waits for the store, which is locked for longer than anybody waits. */
static void a_start_is_left_by_a_signal(void **state)
{
    (void)state;
    static const char *const ways[] = { "-q", "--detach", "--foreground" };
    int64_t run = finished_run();
    int64_t step = step_of(run);
    for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++) {
        sqlite3 *db = lock_store();
        pid_t pid = start((const char *const[]){ "resume", number(run), "--set", "optim.epochs=9", ways[i], NULL });
        UNTIL(store_lock_held(store, run));
        kill(pid, SIGTERM);
        assert_int_equal(finish(pid), 128 + SIGTERM); /* not the status of a store that stays locked */
        UNTIL(!store_lock_held(store, run));
        unlock_store(db);
        assert_int_equal(state_of(run), STORE_FINISHED);
        assert_int_equal(step_of(run), step);
    }
    assert_int_equal(RUN("resume", number(run), "--set", "optim.epochs=4"), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_refused_resume_changes_nothing),
        cmocka_unit_test(a_checkpoint_that_was_moved_is_asked_about),
        cmocka_unit_test(a_live_setting_leaves_the_others_as_they_were_written),
        cmocka_unit_test(signals_save_and_end),
        cmocka_unit_test(a_start_is_left_by_a_signal),
        cmocka_unit_test(in_the_foreground_the_end_of_training_is_the_end_of_the_command),
        cmocka_unit_test(in_the_foreground_a_signal_to_the_group_is_obeyed_and_all_is_said),
        cmocka_unit_test(a_diverged_run_stands_in_nobodys_way),
        cmocka_unit_test(a_lowered_rate_holds_over_later_settings),
        cmocka_unit_test(a_run_without_its_folder_is_told_to_get_it_back),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
