/* The store as a file: where it lies, who may read it, versions, faults, several processes. */
#include "tests/store_help.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "engine/base/files.h"
#include "store/lock.h"
#include "store/metric.h"

static void a_workspace_is_found_by_option_environment_and_home(void **state)
{
    (void)state;
    char out[STORE_PATH], here[STORE_PATH / 2];
    static const struct {
        const char *dir, *home, *data, *user, *expected;
    } rows[] = {
        { "/a/b", "/c", "/d", "/e", "/a/b" },
        { NULL, "/c", "/d", "/e", "/c" },
        { NULL, NULL, "/d", "/e", "/d/mlvicx" },
        { NULL, "", "relative", "/e", "/e/.local/share/mlvicx" },
        { NULL, NULL, NULL, "/e", "/e/.local/share/mlvicx" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const char *values[] = { rows[i].home, rows[i].data, rows[i].user };
        static const char *const names[] = { "MLVICX_HOME", "XDG_DATA_HOME", "HOME" };
        for (int k = 0; k < 3; k++) values[k] ? setenv(names[k], values[k], 1) : unsetenv(names[k]);
        OK(store_locate(rows[i].dir, out, &error));
        assert_string_equal(out, rows[i].expected);
    }
    unsetenv("HOME");
    REFUSED(store_locate(NULL, out, &error), ERR_USAGE, "--store");
    REFUSED(store_locate("", out, &error), ERR_USAGE, "empty");
    assert_non_null(getcwd(here, sizeof here));
    OK(store_locate("x", out, &error));
    assert_string_equal(out + strlen(here), "/x");
}

static mode_t mode_of(const char *dir, const char *name)
{
    char path[STORE_PATH];
    struct stat st;
    assert_true(file_join(path, sizeof path, dir, name));
    assert_int_equal(stat(path, &st), 0);
    return st.st_mode & 0777;
}

static void nobody_else_can_read_whatever_the_umask(void **state)
{
    (void)state;
    char dir[STORE_PATH];
    snprintf(dir, sizeof dir, "%s/deep/er", workspace_make());
    mode_t old = umask(0);
    struct store *s;
    OK(store_open(dir, STORE_WRITE, &s, &error));
    make_run(s, "a");
    int lock;
    OK(store_lock_take(s, 1, &lock, &error));
    static const struct {
        const char *name;
        mode_t mode;
    } rows[] = { { "", 0700 },
                 { "packs", 0700 },
                 { "runs", 0700 },
                 { "runs/1", 0700 },
                 { "runs/1/lock", 0600 },
                 { "mlvicx.db", 0600 },
                 { "mlvicx.db-wal", 0600 },
                 { "mlvicx.db-shm", 0600 } };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_int_equal(mode_of(dir, rows[i].name), rows[i].mode);
    store_lock_release(&lock);
    store_close(s);
    umask(old);
    dir[strlen(dir) - strlen("/deep/er")] = '\0';
    workspace_remove(dir);
}

static void an_absent_store_reads_as_empty_and_is_not_made(void **state)
{
    (void)state;
    char dir[STORE_PATH];
    snprintf(dir, sizeof dir, "%s/none", workspace_make());
    struct store *s;
    struct store_runs runs;
    OK(store_open(dir, STORE_READ, &s, &error));
    OK(store_run_list(s, &runs, &error));
    assert_int_equal(runs.count, 0);
    assert_false(file_is_directory(dir));
    REFUSED(store_begin(s, STORE_FULL, &error), ERR_IO, "read-only");
    store_close(s);
    dir[strlen(dir) - strlen("/none")] = '\0';
    workspace_remove(dir);
}

/* Removed, renamed, or with another in its place: said, no word written, and the other one left whole. */
static void a_store_that_left_its_place_is_noticed(void **state)
{
    (void)state;
    enum { REMOVED, RENAMED, REPLACED };
    for (int how = REMOVED; how <= REPLACED; how++) {
        char dir[STORE_PATH], away[STORE_PATH], command[2 * STORE_PATH + 32];
        struct store *s, *other = NULL;
        struct store_runs runs;
        snprintf(dir, sizeof dir, "%s/store", workspace_make());
        snprintf(away, sizeof away, "%.*s/away", (int)strlen(dir) - 6, dir);
        OK(store_open(dir, STORE_WRITE, &s, &error));
        make_run(s, "a");
        assert_true(store_exists(dir));
        OK(store_in_place(s, &error));
        if (how == REMOVED) {
            snprintf(command, sizeof command, "rm -r '%s'", dir);
            assert_int_equal(system(command), 0);
        } else {
            assert_int_equal(rename(dir, away), 0);
        }
        assert_false(store_exists(dir));
        if (how == REPLACED) {
            OK(store_open(dir, STORE_WRITE, &other, &error));
            make_run(other, "b");
        }
        REFUSED(store_in_place(s, &error), ERR_NOT_FOUND, "removed, renamed or replaced");
        REFUSED(store_begin(s, STORE_FULL, &error), ERR_NOT_FOUND, "nothing is written");
        REFUSED(store_run_set_note(s, 1, "lost", &error), ERR_NOT_FOUND, "nothing is written");
        if (how == RENAMED) {
            assert_int_equal(rename(away, dir), 0);
            OK(store_run_set_note(s, 1, "kept", &error));
        }
        store_close(s);
        if (other) { /* what it wrote lies in its journal still */
            make_run(other, "c");
            OK(store_open(dir, STORE_READ, &s, &error));
            OK(store_run_list(s, &runs, &error));
            assert_int_equal(runs.count, 2);
            store_runs_clear(&runs);
            store_close(s);
            store_close(other);
        }
        dir[strlen(dir) - strlen("/store")] = '\0';
        workspace_remove(dir);
    }
}

/* ---- faults ---- */

static void write_file(const char *dir, const char *name, const char *bytes, size_t n)
{
    char path[STORE_PATH];
    assert_true(file_join(path, sizeof path, dir, name));
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(bytes, 1, n, f), n);
    fclose(f);
}

static void what_is_no_database_gets_one_line(void **state)
{
    (void)state;
    const char *dir = workspace_make();
    struct store *s;
    char bytes[8192];
    memset(bytes, 'x', sizeof bytes);
    write_file(dir, "mlvicx.db", bytes, sizeof bytes);
    REFUSED(store_open(dir, STORE_READ, &s, &error), ERR_FORMAT, "not a database");
    REFUSED(store_open(dir, STORE_WRITE, &s, &error), ERR_FORMAT, "not a database");
    write_file(dir, "file", bytes, 1);
    char path[STORE_PATH];
    snprintf(path, sizeof path, "%s/file", dir);
    REFUSED(store_open(path, STORE_WRITE, &s, &error), ERR_IO, "directory");
    workspace_remove(dir);
}

static void a_damaged_database_gets_one_line(void **state)
{
    (void)state;
    char dir[STORE_PATH], path[STORE_PATH + 16];
    struct store *s;
    snprintf(dir, sizeof dir, "%s", workspace_make());
    OK(store_open(dir, STORE_WRITE, &s, &error));
    make_run(s, "a");
    store_close(s);
    snprintf(path, sizeof path, "%s/mlvicx.db", dir);
    FILE *f = fopen(path, "r+b"); /* the head stays, everything behind it is noise */
    assert_non_null(f);
    fseek(f, 0, SEEK_END);
    long size = ftell(f);
    fseek(f, 4096, SEEK_SET);
    for (long i = 4096; i < size; i++) fputc((int)(i * 7 % 251), f);
    fclose(f);
    struct store_runs runs;
    bool opened = store_open(dir, STORE_READ, &s, &error);
    assert_true(!opened || !store_run_list(s, &runs, &error));
    if (!strstr(error.msg, "damaged")) fail_msg("%s", error.msg);
    if (opened) store_close(s);
    workspace_remove(dir);
}

/* As another user, since root may write everywhere. Returns the child's verdict. */
static int as_nobody(const char *dir, int (*check)(const char *dir))
{
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        if (geteuid() == 0 && (setgid(65534) || setuid(65534))) _exit(9);
        _exit(check(dir));
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 99;
}

static int reads_but_does_not_write(const char *dir)
{
    struct store *s;
    struct store_runs runs;
    struct err e;
    if (store_open(dir, STORE_WRITE, &s, &e)) return 1;
    if (!strstr(e.msg, "Permission denied") && !strstr(e.msg, "read-only")) return 2;
    for (int mode = STORE_READ; mode <= STORE_ANY; mode += STORE_ANY) {
        if (!store_open(dir, (enum store_mode)mode, &s, &e)) return 3;
        if (!store_is_read_only(s)) return 4;
        if (!store_run_list(s, &runs, &e) || runs.count != 1) return 5;
        if (store_run_rename(s, 1, "b", &e) || !strstr(e.msg, "is read-only; nothing was written")) return 6;
        store_runs_clear(&runs);
        store_close(s);
    }
    return 0;
}

static void set_modes(const char *dir, mode_t of_dir, mode_t of_file)
{
    char path[STORE_PATH + 16];
    static const char *const parts[] = { "packs", "runs", "runs/1" };
    for (int i = 0; i < 3; i++) {
        snprintf(path, sizeof path, "%s/%s", dir, parts[i]);
        chmod(path, of_dir);
    }
    snprintf(path, sizeof path, "%s/mlvicx.db", dir);
    chmod(path, of_file);
    chmod(dir, of_dir);
}

static void a_read_only_store_is_read_and_writers_get_one_line(void **state)
{
    (void)state;
    char dir[STORE_PATH];
    struct store *s;
    snprintf(dir, sizeof dir, "%s", workspace_make());
    OK(store_open(dir, STORE_WRITE, &s, &error));
    make_run(s, "a");
    store_close(s);
    set_modes(dir, 0555, 0444);
    int verdict = as_nobody(dir, reads_but_does_not_write);
    set_modes(dir, 0755, 0644);
    workspace_remove(dir);
    assert_int_equal(verdict, 0);
}

static void a_full_disk_leaves_the_old_state(void **state)
{
    struct store *s = *state;
    int64_t run = make_run(s, "a");
    struct store_batch b = { 0 };
    struct text before = { 0 }, after = { 0 };
    store_batch_name(&b, s, "loss", 1, 1.0);
    OK(store_points_append(s, run, &b, &error));
    dump_all(s->db, &before);
    sqlite3_exec(s->db, "PRAGMA max_page_count = 1", NULL, NULL, NULL); /* no page more than there are */
    store_batch_reset(&b);
    for (int i = 2; i < 20000; i++) store_batch_name(&b, s, "loss", i, i);
    REFUSED(store_points_append(s, run, &b, &error), ERR_IO, "disk is full; nothing was written");
    dump_all(s->db, &after);
    assert_string_equal(text_str(&before), text_str(&after));
    sqlite3_exec(s->db, "PRAGMA max_page_count = 1000000", NULL, NULL, NULL);
    OK(store_points_append(s, run, &b, &error)); /* and it continues once there is room */
    store_batch_clear(&b);
    text_clear(&before);
    text_clear(&after);
}

static void transactions_nest_and_an_inner_failure_dooms_all(void **state)
{
    struct store *s = *state;
    int64_t run = make_run(s, "a");
    struct text before = { 0 }, after = { 0 };
    dump_all(s->db, &before);
    OK(store_begin(s, STORE_FULL, &error));
    OK(store_run_set_note(s, run, "lost", &error));
    int64_t metric;
    OK(store_metric_id(s, "lost.metric", &metric, &error));
    REFUSED(store_run_set_note(s, run + 1, "x", &error), ERR_NOT_FOUND, "there is none");
    REFUSED(store_commit(s, &error), ERR_INTERNAL, "nothing was written");
    dump_all(s->db, &after);
    assert_string_equal(text_str(&before), text_str(&after));
    OK(store_begin(s, STORE_FULL, &error));
    OK(store_run_set_note(s, run, "kept", &error));
    OK(store_commit(s, &error));
    store_metric_id(s, "lost.metric", &metric, &error); /* known names were forgotten with the transaction */
    struct store_run row;
    OK(store_run_get(s, run, &row, &error));
    assert_string_equal(row.note, "kept");
    store_run_clear(&row);
    text_clear(&before);
    text_clear(&after);
}

/* ---- several processes ---- */

enum { BATCH = 7 };

static void append_for_ever(const char *dir, int signal_to, int batches)
{
    struct store *s;
    struct err e;
    struct store_batch b = { 0 };
    if (!store_open(dir, STORE_WRITE, &s, &e)) _exit(1);
    for (int64_t k = 0; k < batches; k++) {
        for (int64_t i = 1; i <= BATCH; i++) store_batch_name(&b, s, "loss", k * BATCH + i, (double)(k + i));
        if (!store_points_append(s, 1, &b, &e)) _exit(2);
        store_batch_reset(&b);
        if (write(signal_to, "x", 1) != 1) _exit(3);
    }
    store_batch_clear(&b);
    store_close(s);
    _exit(0);
}

static int64_t count_points(struct store *s)
{
    int64_t n;
    OK(sql_integer(s, &error, &n, 0, "SELECT count(*) FROM point", BIND_NONE));
    return n;
}

/* What the first level of roll-ups adds up to. */
static int64_t count_rollups(struct store *s, int64_t level)
{
    int64_t n;
    OK(sql_integer(s, &error, &n, 0, "SELECT sum(n) FROM rollup WHERE level = ?", BIND(INT(level))));
    return n;
}

static void a_reader_and_a_writer_do_not_disturb_each_other(void **state)
{
    struct store *s = *state;
    make_run(s, "a");
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    if (child == 0) append_for_ever(store_dir(s), ends[1], 60);
    close(ends[1]);
    char byte;
    int64_t seen = 0, changes = store_change_counter(s);
    while (read(ends[0], &byte, 1) == 1) {
        int64_t n = count_points(s);
        assert_true(n >= seen && n % BATCH == 0); /* whole batches only */
        seen = n;
        OK(store_run_set_note(s, 1, "meanwhile", &error)); /* and the reader writes a little */
    }
    int status;
    waitpid(child, &status, 0);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    assert_int_equal(count_points(s), 60 * BATCH);
    assert_true(store_change_counter(s) > changes);
    close(ends[0]);
}

static void a_writer_killed_anywhere_leaves_whole_batches(void **state)
{
    (void)state;
    for (int round = 0; round < 8; round++) {
        char dir[STORE_PATH];
        struct store *s;
        snprintf(dir, sizeof dir, "%s", workspace_make());
        OK(store_open(dir, STORE_WRITE, &s, &error));
        make_run(s, "a");
        store_close(s);
        int ends[2];
        assert_int_equal(pipe(ends), 0);
        pid_t child = fork();
        if (child == 0) append_for_ever(dir, ends[1], 1 << 30);
        char bytes[64];
        for (int got = 0; got < 3 + 5 * round;) got += (int)read(ends[0], bytes, 1);
        for (volatile int spin = 0; spin < round * 30000; spin++) continue; /* somewhere within a batch */
        kill(child, SIGKILL);
        waitpid(child, NULL, 0);
        close(ends[0]);
        close(ends[1]);
        OK(store_open(dir, STORE_WRITE, &s, &error));
        int64_t n = count_points(s);
        assert_true(n >= 3 * BATCH && n % BATCH == 0);
        for (int level = 1; level <= 7; level++) assert_int_equal(count_rollups(s, level), n);
        struct text check = { 0 };
        dump_query(s->db, "PRAGMA integrity_check", &check);
        assert_string_equal(text_str(&check), "ok|\n");
        text_clear(&check);
        store_close(s);
        workspace_remove(dir);
    }
}

static void two_processes_make_one_store(void **state)
{
    (void)state;
    char dir[STORE_PATH];
    snprintf(dir, sizeof dir, "%s/new", workspace_make());
    pid_t children[4];
    for (int i = 0; i < 4; i++) {
        children[i] = fork();
        if (children[i] == 0) {
            struct store *s;
            struct err e;
            if (!store_open(dir, STORE_WRITE, &s, &e)) {
                fprintf(stderr, "%s\n", e.msg);
                _exit(1);
            }
            struct store_run row = { 0 };
            int64_t id;
            bool ok = store_run_insert(s, &row, &id, &e);
            store_close(s);
            _exit(ok ? 0 : 2);
        }
    }
    for (int i = 0; i < 4; i++) {
        int status;
        waitpid(children[i], &status, 0);
        assert_int_equal(status, 0);
    }
    struct store *s;
    struct store_runs runs;
    OK(store_open(dir, STORE_READ, &s, &error));
    OK(store_run_list(s, &runs, &error));
    assert_int_equal(runs.count, 4);
    store_runs_clear(&runs);
    store_close(s);
    dir[strlen(dir) - strlen("/new")] = '\0';
    workspace_remove(dir);
}

static void a_network_file_system_gets_a_rollback_journal(void **state)
{
    (void)state;
    char dir[STORE_PATH];
    struct store *s;
    snprintf(dir, sizeof dir, "%s", workspace_make());
    OK(store_open_as(dir, STORE_WRITE, 1, false, &s, &error));
    assert_true(store_is_network(s));
    struct text mode = { 0 };
    dump_query(s->db, "PRAGMA journal_mode", &mode);
    assert_string_equal(text_str(&mode), "truncate|\n");
    text_clear(&mode);
    int64_t run = make_run(s, "a");
    struct store_run row;
    OK(store_run_claim(s, run, 1u << STORE_QUEUED, &error));
    OK(store_run_get(s, run, &row, &error));
    assert_int_equal(store_run_state(s, &row), STORE_RUNNING); /* the heartbeat counts, not the lock */
    row.heartbeat_at -= STORE_HEARTBEAT + 1;
    assert_int_equal(store_run_state(s, &row), STORE_LOST);
    store_run_clear(&row);
    store_close(s);
    OK(store_open_as(dir, STORE_WRITE, 0, false, &s, &error)); /* and back */
    dump_query(s->db, "PRAGMA journal_mode", &mode);
    assert_string_equal(text_str(&mode), "wal|\n");
    text_clear(&mode);
    store_close(s);
    workspace_remove(dir);
}

static void a_lock_goes_free_however_its_holder_dies(void **state)
{
    struct store *s = *state;
    int64_t run = make_run(s, "a");
    int lock, ends[2];
    assert_false(store_lock_held(s, run));
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    if (child == 0) {
        struct store *own;
        struct err e;
        if (!store_open(store_dir(s), STORE_WRITE, &own, &e) || !store_lock_take(own, run, &lock, &e) ||
            !store_run_claim(own, run, 1u << STORE_QUEUED, &e))
            _exit(1);
        if (write(ends[1], "x", 1) != 1) _exit(2);
        for (;;) pause();
    }
    char byte;
    assert_int_equal(read(ends[0], &byte, 1), 1);
    struct store_run row;
    assert_true(store_lock_held(s, run));
    REFUSED(store_lock_take(s, run, &lock, &error), ERR_CONFLICT, "a worker has it already (process");
    REFUSED(store_run_remove(s, run, &error), ERR_CONFLICT, "running; stop it first");
    OK(store_run_get(s, run, &row, &error));
    assert_int_equal(row.pid, child);
    assert_int_equal(store_run_state(s, &row), STORE_RUNNING);
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    assert_int_equal(store_run_state(s, &row), STORE_LOST);
    store_run_clear(&row);
    OK(store_lock_take(s, run, &lock, &error));
    assert_true(fcntl(lock, F_GETFD) & FD_CLOEXEC);
    REFUSED(store_run_claim(s, run, 1u << STORE_QUEUED, &error), ERR_CONFLICT, "is running");
    OK(store_run_claim(s, run, 1u << STORE_QUEUED | 1u << STORE_RUNNING, &error));
    store_lock_release(&lock);
    assert_false(store_lock_held(s, run));
    OK(store_run_remove(s, run, &error));
    close(ends[0]);
    close(ends[1]);
}

/* A screen that keeps what was arranged does not wait for the disk: the log stays until it is very long. */
static void a_log_is_left_to_others(void **state)
{
    struct store *s = *state;
    char path[STORE_PATH + 16];
    struct stat before, after;
    snprintf(path, sizeof path, "%s/mlvicx.db", store_dir(s));
    OK(store_leave_log(s, &error));
    assert_int_equal(stat(path, &before), 0);
    for (int i = 0; i < 1500; i++) { /* a page each, at the least */
        char note[64];
        snprintf(note, sizeof note, "%d", i);
        OK(sql_run(s, &error, "INSERT OR REPLACE INTO setting(key, value) VALUES('a', ?)", BIND(TEXT(note))));
    }
    assert_int_equal(stat(path, &after), 0);
    assert_true(before.st_size == after.st_size && before.st_mtim.tv_sec == after.st_mtim.tv_sec &&
                before.st_mtim.tv_nsec == after.st_mtim.tv_nsec);
}

int main(void)
{
#define STORE_TEST(name) cmocka_unit_test_setup_teardown(name, store_setup, store_teardown)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nobody_else_can_read_whatever_the_umask),
        cmocka_unit_test(an_absent_store_reads_as_empty_and_is_not_made),
        cmocka_unit_test(a_store_that_left_its_place_is_noticed),
        cmocka_unit_test(what_is_no_database_gets_one_line),
        cmocka_unit_test(a_damaged_database_gets_one_line),
        cmocka_unit_test(a_read_only_store_is_read_and_writers_get_one_line),
        STORE_TEST(a_full_disk_leaves_the_old_state),
        STORE_TEST(transactions_nest_and_an_inner_failure_dooms_all),
        STORE_TEST(a_reader_and_a_writer_do_not_disturb_each_other),
        cmocka_unit_test(a_writer_killed_anywhere_leaves_whole_batches),
        cmocka_unit_test(two_processes_make_one_store),
        cmocka_unit_test(a_network_file_system_gets_a_rollback_journal),
        STORE_TEST(a_lock_goes_free_however_its_holder_dies),
        STORE_TEST(a_log_is_left_to_others),
        cmocka_unit_test(a_workspace_is_found_by_option_environment_and_home),
    };
    return cmocka_run_group_tests_name("store", tests, NULL, NULL);
}
