/* Nothing that was trained is lost: not to a store that is locked or gone back on, nor to a command that is refused. */
#include "tests/run_help.h"

#include <fcntl.h>
#include <glob.h>
#include <sqlite3.h>
#include <sys/resource.h>

#include "store/bundle.h"
#include "store/evaluation.h"
#include "store/event.h"
#include "store/lock.h"

/* ---- helpers ---- */

/* Another program's write lock on the database. */
static sqlite3 *lock_store(void)
{
    char path[300];
    sqlite3 *db;
    snprintf(path, sizeof path, "%s/mlvicx.db", home);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    sqlite3_busy_timeout(db, 60000);
    assert_int_equal(sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
    return db;
}

static void unlock_store(sqlite3 *db)
{
    assert_int_equal(sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
}

static bool log_says(int64_t run, const char *words)
{
    char path[STORE_PATH], *text;
    struct err e;
    if (!store_run_path(store, run, "log", path, &e) || !(text = file_read_text(path, 1 << 24, &e))) return false;
    bool says = strstr(text, words) != NULL;
    free(text);
    return says;
}

static bool has_file(int64_t run, const char *name)
{
    char path[STORE_PATH];
    struct err e;
    return store_run_path(store, run, name, path, &e) && access(path, F_OK) == 0;
}

static void send(int64_t run, int number_of_signal)
{
    struct store_run row = row_of(run);
    if (row.pid > 0) kill((pid_t)row.pid, number_of_signal);
    store_run_clear(&row);
}

static void kill_worker(int64_t run)
{
    send(run, SIGKILL);
    UNTIL(!store_lock_held(store, run));
}

/* Steps of the checkpoints, as text. */
static const char *checkpoints(int64_t run)
{
    static char text[400];
    struct store_checkpoints list;
    struct err e;
    assert_true(store_checkpoint_list(store, run, &list, &e));
    *text = '\0';
    for (size_t i = 0; i < list.count; i++)
        snprintf(text + strlen(text), sizeof text - strlen(text), "%lld%s ", (long long)list.rows[i].step,
                 list.rows[i].pinned ? "p" : "");
    store_checkpoints_clear(&list);
    return text;
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

/* A run with the settings of the reference that trains so slowly that it can be met on its way: each step is followed
 * by a look, and each look by a write. */
static int64_t begin_run(void)
{
    assert_int_equal(RUN("train", SETTINGS, "--detach"), 0);
    return last_run();
}

/* A finished run like the reference with a checkpoint each epoch, all of them kept. */
static int64_t finished_run(void)
{
    assert_int_equal(RUN("train", SETTINGS, "--set", "checkpoint.every=1", "--set", "checkpoint.minutes=0"), 0);
    return last_run();
}

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

/* Somebody's `rm`, or sqlite3 by hand: what it learned stays, also when later removals sweep the folders of runs that
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

/* A file that was moved away is not a damaged one: going on from an older one would give up what is still there. */
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
    const char *argv[48] = { "mlvicx", "--store", home }, *program = getenv("MLVICX");
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

/* A rate that was set between the checkpoint and the loss that is not finite is set no more on the way there: the
 * lowered one holds, and is what is lowered next. What else was set there is set again. */
static void a_lowered_rate_holds_over_later_settings(void **state)
{
    (void)state;
    assert_int_equal(RUN("train", SETTINGS, "--set", "optim.epochs=100000", "--set", "checkpoint.minutes=0", "--set",
                         "checkpoint.every=1", "--set", "probe.epochs=0", "--set", "train.on_divergence=lower", "--set",
                         "optim.kind=lars", "--set", "optim.lr=0.001", "--detach"),
                     0);
    int64_t id = last_run();
    UNTIL(saved_step(id) > 0);
    assert_int_equal(RUN("pause", number(id)), 0);
    while (step_of(id) == saved_step(id)) { /* within an epoch, so that the way back is short however long this takes */
        assert_int_equal(RUN("resume", number(id)), 0);
        assert_int_equal(RUN("pause", number(id)), 0);
    }
    assert_int_equal(RUN("set", number(id), "checkpoint.every=0"), 0);
    assert_int_equal(RUN("set", number(id), "optim.lr=0.0016"), 0);
    static const char *const heavy[] = { "loss.global_weight=1e6", "loss.inv=1e6", "loss.var=1e6", "loss.cov=1e6" };
    for (size_t i = 0; i < sizeof heavy / sizeof heavy[0]; i++) /* not for long is the loss finite then */
        assert_int_equal(RUN("set", number(id), heavy[i]), 0);
    assert_int_equal(RUN("resume", number(id)), 0);
    UNTIL(state_of(id) == STORE_FAILED);
    an_event_says(id, "optim.lr 0.0008 (1 of 3)");
    an_event_says(id, "optim.lr 0.0004 (2 of 3)");
    an_event_says(id, "optim.lr 0.0002 (3 of 3)");
    assert_true(log_says(id, "optim.lr=0.0016 of step "));
    struct store_run row = row_of(id);
    assert_non_null(strstr(row.config, "lr = 0.0002\n"));
    assert_non_null(strstr(row.config, "inv = 1e+06\n"));
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
