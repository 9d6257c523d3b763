/* Whose a store is: what others own or may write is only read, without a trace; and locks that no one can look at. */
#include "tests/store_help.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "engine/base/clock.h"
#include "engine/base/files.h"
#include "store/dataset.h"
#include "store/lock.h"
#include "store/queue.h"

enum { ALICE = 61001, BOB = 61002 }; /* numbers that no user has; only root can take them */

/* ---- helpers ---- */

/* A workspace DIR/store with a run "a", closed; `dir` filled with its path. */
static void make_store(char dir[STORE_PATH])
{
    struct store *s;
    snprintf(dir, STORE_PATH, "%s/store", workspace_make());
    OK(store_open(dir, STORE_WRITE, &s, &error));
    make_run(s, "a");
    store_close(s);
}

static void remove_store(char *dir)
{
    *strrchr(dir, '/') = '\0';
    workspace_remove(dir);
}

static void part_path(const char *dir, const char *part, char out[STORE_PATH])
{
    assert_true(*part ? file_join(out, STORE_PATH, dir, part) : snprintf(out, STORE_PATH, "%.4000s", dir) > 0);
}

static struct text *tree;

static int list_entry(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)type;
    (void)ftw;
    text_printf(tree, "%s %o %d %lld %lld.%09ld\n", path, st->st_mode, (int)st->st_uid,
                (long long)(S_ISREG(st->st_mode) ? st->st_size : 0),
                (long long)(S_ISREG(st->st_mode) ? st->st_mtim.tv_sec : 0),
                S_ISREG(st->st_mode) ? st->st_mtim.tv_nsec : 0L);
    return 0;
}

/* Names, modes, owners, sizes and times of all that lies in a folder. */
static char *list_tree(const char *dir)
{
    struct text t = { 0 };
    tree = &t;
    nftw(dir, list_entry, 16, FTW_PHYS);
    return t.data;
}

static int change_owner(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st;
    (void)type;
    (void)ftw;
    return lchown(path, ALICE, ALICE);
}

static int open_up(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)type;
    (void)ftw;
    return chmod(path, S_ISDIR(st->st_mode) ? 0755 : 0644);
}

/* What `check` says in a child that is another user; 0 is well. */
static int as_user(int user, const char *dir, int (*check)(const char *dir))
{
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        if (setgid((gid_t)user) || setuid((uid_t)user)) _exit(99);
        _exit(check(dir));
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 98;
}

/* It is only read, with that remark, and no one sees that it was. */
static void assert_only_read(const char *dir, const char *why)
{
    struct store *s;
    struct store_runs runs;
    char *before = list_tree(dir);
    REFUSED(store_open(dir, STORE_WRITE, &s, &error), ERR_IO, why);
    if (!strstr(error.msg, "--trust-store")) fail_msg("%s", error.msg);
    for (int mode = STORE_READ; mode <= STORE_ANY; mode += STORE_ANY) {
        OK(store_open(dir, (enum store_mode)mode, &s, &error));
        assert_true(store_is_read_only(s));
        if (!strstr(store_remark(s), why)) fail_msg("%s, not %s", store_remark(s), why);
        OK(store_run_list(s, &runs, &error));
        assert_int_equal(runs.count, 1);
        REFUSED(store_run_set_note(s, 1, "x", &error), ERR_IO, why);
        store_runs_clear(&runs);
        store_close(s);
    }
    char *after = list_tree(dir);
    assert_string_equal(before, after);
    free(before);
    free(after);
}

/* ---- whose ---- */

static void what_others_may_write_is_only_read(void **state)
{
    static const struct {
        const char *part, *why;
        mode_t mode;
    } rows[] = {
        { "", "its folder may be written by others", 0770 },
        { "", "its folder may be written by others", 01777 },
        { "mlvicx.db", "mlvicx.db may be written by others", 0660 },
        { "packs", "packs may be written by others", 0775 },
        { "runs", "runs may be written by others", 0702 },
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char dir[STORE_PATH], path[STORE_PATH];
        struct store *s;
        make_store(dir);
        part_path(dir, rows[i].part, path);
        assert_int_equal(chmod(path, rows[i].mode), 0);
        assert_only_read(dir, rows[i].why);
        OK(store_open_trusting(dir, STORE_WRITE, &s, &error));
        assert_true(store_is_trusted(s) && !store_is_read_only(s));
        assert_string_equal(store_remark(s), "");
        OK(store_run_set_note(s, 1, "x", &error));
        store_close(s);
        remove_store(dir);
    }
}

static void a_store_is_not_begun_where_others_write(void **state)
{
    (void)state;
    char dir[STORE_PATH];
    struct store *s;
    snprintf(dir, sizeof dir, "%s", workspace_make());
    assert_int_equal(chmod(dir, 0777), 0);
    REFUSED(store_open(dir, STORE_WRITE, &s, &error), ERR_IO, "may be written by others");
    char *left = list_tree(dir);
    assert_null(strstr(left, "mlvicx.db"));
    free(left);
    workspace_remove(dir);
}

static void what_belongs_to_others_is_only_read(void **state)
{
    static const struct {
        const char *part, *why;
    } rows[] = {
        { "", "belongs to user 61001" },
        { "mlvicx.db", "mlvicx.db belongs to user 61001" },
        { "packs", "packs belongs to user 61001" },
        { "runs", "runs belongs to user 61001" },
    };
    (void)state;
    if (geteuid() != 0) skip();
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char dir[STORE_PATH], path[STORE_PATH];
        make_store(dir);
        part_path(dir, rows[i].part, path);
        assert_int_equal(chown(path, ALICE, ALICE), 0);
        assert_only_read(dir, rows[i].why);
        remove_store(dir);
    }
}

static void root_begins_no_store_in_a_folder_of_somebody(void **state)
{
    (void)state;
    if (geteuid() != 0) skip();
    char dir[STORE_PATH], inside[STORE_PATH + 32];
    struct store *s;
    int64_t user, group;
    snprintf(dir, sizeof dir, "%s", workspace_make());
    assert_int_equal(chown(dir, ALICE, ALICE), 0);
    snprintf(inside, sizeof inside, "%s/share/mlvicx", dir);
    REFUSED(store_open(inside, STORE_WRITE, &s, &error), ERR_IO, "sudo -u '#61001'");
    snprintf(inside, sizeof inside, "%s/share", dir);
    assert_false(file_is_directory(inside));
    OK(store_owner(inside, &user, &group, &error));
    assert_int_equal(user, ALICE);
    assert_int_equal(group, ALICE);
    workspace_remove(dir);
}

static int reads_a_store_of_another(const char *dir)
{
    struct store *s;
    struct store_runs runs;
    struct err e;
    if (store_open(dir, STORE_WRITE, &s, &e) || !strstr(e.msg, "a store has one user")) return 1;
    if (!store_open(dir, STORE_READ, &s, &e) || !strstr(store_remark(s), "belongs to user 61001")) return 2;
    if (!store_run_list(s, &runs, &e) || runs.count != 1) return 3;
    store_runs_clear(&runs);
    store_close(s);
    return 0;
}

static int is_kept_out(const char *dir)
{
    struct store *s;
    struct err e;
    for (int mode = STORE_READ; mode <= STORE_ANY; mode++)
        if (store_open(dir, (enum store_mode)mode, &s, &e) || e.code != ERR_IO) return 1 + mode;
    return 0;
}

/* Idle, and while its owner has it open: seen live then, the index of the log being there to be read. */
static void another_user_reads_what_he_may_and_nothing_more(void **state)
{
    (void)state;
    if (geteuid() != 0) skip();
    char dir[STORE_PATH], up[STORE_PATH];
    struct store *s;
    make_store(dir);
    snprintf(up, sizeof up, "%.*s", (int)(strrchr(dir, '/') - dir), dir);
    assert_int_equal(chmod(up, 0755), 0);
    nftw(dir, change_owner, 16, FTW_PHYS);
    assert_int_equal(as_user(BOB, dir, is_kept_out), 0);
    nftw(dir, open_up, 16, FTW_PHYS);
    char *before = list_tree(dir);
    assert_int_equal(as_user(BOB, dir, reads_a_store_of_another), 0);
    char *after = list_tree(dir);
    assert_string_equal(before, after);
    OK(store_open_trusting(dir, STORE_WRITE, &s, &error));
    OK(store_run_set_note(s, 1, "newest", &error));
    assert_int_equal(as_user(BOB, dir, reads_a_store_of_another), 0);
    store_close(s);
    free(before);
    free(after);
    remove_store(dir);
}

/* ---- as far as it can be read ---- */

static int sees_the_last_checkpoint(const char *dir)
{
    struct store *s;
    struct store_runs runs;
    struct err e;
    if (!store_open(dir, STORE_READ, &s, &e)) return 1;
    if (!strstr(store_remark(s), "shown as of its last checkpoint")) return 2;
    if (!store_run_list(s, &runs, &e) || runs.count != 1) return 3;
    store_runs_clear(&runs);
    store_close(s);
    return 0;
}

/* The log of a store that is at work may not be read: what is in the database is shown, and said to be old. */
static void a_log_that_cannot_be_read_is_said(void **state)
{
    (void)state;
    char dir[STORE_PATH], path[STORE_PATH], up[STORE_PATH];
    struct store *s;
    int nobody = geteuid() == 0 ? BOB : (int)geteuid();
    make_store(dir);
    snprintf(up, sizeof up, "%.*s", (int)(strrchr(dir, '/') - dir), dir);
    chmod(up, 0755);
    OK(store_open(dir, STORE_WRITE, &s, &error));
    make_run(s, "b");
    part_path(dir, "mlvicx.db", path);
    chmod(path, 0444);
    part_path(dir, "mlvicx.db-wal", path);
    chmod(path, 0);
    chmod(dir, 0555);
    pid_t child = fork();
    if (child == 0) {
        if (geteuid() == 0 && setuid((uid_t)nobody)) _exit(99);
        _exit(sees_the_last_checkpoint(dir));
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    chmod(dir, 0755);
    store_close(s);
    remove_store(dir);
    assert_int_equal(WEXITSTATUS(status), 0);
}

/* Reading does not bring it up to date: no one else who uses it is surprised. */
static void expect_read_from_a_copy(int version)
{
    char dir[STORE_PATH], path[STORE_PATH];
    struct store *s;
    struct store_run run;
    snprintf(dir, sizeof dir, "%s/store", workspace_make());
    assert_int_equal(mkdir(dir, 0700), 0);
    part_path(dir, "mlvicx.db", path);
    old_store_make(dir, version);
    chmod(path, 0600);
    char *before = list_tree(dir);
    OK(store_open(dir, STORE_READ, &s, &error));
    OK(store_run_get(s, 1, &run, &error));
    assert_int_equal(run.step, 9);
    store_run_clear(&run);
    REFUSED(store_run_set_note(s, 1, "x", &error), ERR_IO, "is read-only; nothing was written");
    store_close(s);
    char *after = list_tree(dir);
    assert_string_equal(before, after);
    OK(store_open(dir, STORE_ANY, &s, &error));
    OK(store_run_set_note(s, 1, "x", &error));
    store_close(s);
    free(before);
    free(after);
    remove_store(dir);
}

static void an_older_version_is_read_from_a_copy(void **state)
{
    (void)state;
    for (int version = 1; version < store_schema_version(); version++) expect_read_from_a_copy(version);
}

/* ---- locks ---- */

/* A lock that no one can look at, as another user's: by a link, which is not followed; that holds for root too. */
static void make_unknown(struct store *s, int64_t run)
{
    char path[STORE_PATH];
    OK(store_run_path(s, run, "lock", path, &error));
    unlink(path);
    assert_int_equal(symlink("lock", path), 0);
    assert_int_equal(store_lock_held(s, run), STORE_LOCK_UNKNOWN);
}

static void the_heartbeat_tells_where_the_lock_does_not(void **state)
{
    struct store *s = *state;
    int64_t run = make_run(s, "a");
    struct store_run row;
    OK(store_run_claim(s, run, 1u << STORE_QUEUED, &error));
    make_unknown(s, run);
    OK(store_run_get(s, run, &row, &error));
    assert_int_equal(store_run_state(s, &row), STORE_RUNNING);
    REFUSED(store_run_remove(s, run, &error), ERR_CONFLICT, "is running; stop it first");
    row.heartbeat_at -= STORE_HEARTBEAT + 1;
    assert_int_equal(store_run_state(s, &row), STORE_LOST);
    store_run_clear(&row);
}

/* What is read is a copy: of what came after it nothing is known, neither an end nor a death. */
static void a_copy_does_not_tell_what_became_of_a_run(void **state)
{
    (void)state;
    char dir[STORE_PATH], log[STORE_PATH];
    struct store *s, *copy;
    struct store_run row;
    int lock;
    make_store(dir);
    OK(store_open(dir, STORE_WRITE, &s, &error));
    OK(store_lock_take(s, 1, &lock, &error));
    OK(store_run_claim(s, 1, ~0u, &error));
    store_close(s);
    assert_int_equal(chmod(dir, 0770), 0); /* others may write it; where no one has it open, it is copied */
    OK(store_open(dir, STORE_READ, &copy, &error));
    assert_true(copy->copied && !copy->partly);
    OK(store_run_get(copy, 1, &row, &error));
    assert_int_equal(store_run_state(copy, &row), STORE_RUNNING);
    store_lock_release(&lock);
    assert_int_equal(store_run_state(copy, &row), STORE_UNKNOWN); /* it may have said its end since */
    part_path(dir, "mlvicx.db", log);
    struct timespec old[2] = { { .tv_sec = 1 }, { .tv_sec = 1 } };
    assert_int_equal(utimensat(AT_FDCWD, log, old, 0), 0);
    row.heartbeat_at = copy->copied_at - STORE_HEARTBEAT - 1;
    assert_int_equal(store_run_state(copy, &row), STORE_LOST); /* silent for long when the copy was taken */
    copy->partly = true;
    assert_int_equal(store_run_state(copy, &row), STORE_UNKNOWN);
    store_run_clear(&row);
    store_close(copy);
    chmod(dir, 0700);
    remove_store(dir);
}

/* Its worker says the end of the run where a copy does not show it. */
static void a_log_is_followed_to_an_end_that_a_copy_does_not_show(void **state)
{
    (void)state;
    char dir[STORE_PATH], path[STORE_PATH], said[4096] = "";
    struct store *s;
    int lock, ends[2], status;
    const char *given = getenv("MLVICX"), *program = given ? given : "build/mlvicx";
    size_t n = 0;
    make_store(dir);
    OK(store_open(dir, STORE_WRITE, &s, &error));
    OK(store_lock_take(s, 1, &lock, &error));
    OK(store_run_claim(s, 1, ~0u, &error));
    OK(store_run_path(s, 1, "log", path, &error));
    store_close(s);
    FILE *log = fopen(path, "w");
    assert_non_null(log);
    fputs("step 1\n", log);
    fclose(log);
    assert_int_equal(chmod(dir, 0770), 0);
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    if (child == 0) {
        close(lock);
        dup2(ends[1], STDOUT_FILENO);
        dup2(ends[1], STDERR_FILENO);
        execl(program, "mlvicx", "--store", dir, "log", "a", "-f", (char *)NULL);
        _exit(99);
    }
    close(ends[1]);
    while (!strstr(said, "step 1\n")) {
        ssize_t got = read(ends[0], said + n, sizeof said - 1 - n);
        if (got <= 0) fail_msg("it ended: %s", said);
        said[n += (size_t)got] = '\0';
    }
    OK(store_open_trusting(dir, STORE_WRITE, &s, &error));
    OK(store_run_set_state(s, 1, STORE_FINISHED, &error));
    store_close(s);
    store_lock_release(&lock);
    for (ssize_t got; (got = read(ends[0], said + n, sizeof said - 1 - n)) > 0;) said[n += (size_t)got] = '\0';
    close(ends[0]);
    assert_int_equal(waitpid(child, &status, 0), child);
    if (strstr(said, "lost") || !strstr(said, "its worker has ended; how, what is read here does not tell"))
        fail_msg("it says: %s", said);
    assert_int_equal(WEXITSTATUS(status), 0);
    remove_store(dir);
}

/* Locks that lie where a store lay are another one's, or no one's. */
static void a_store_that_was_replaced_does_not_tell_who_lives(void **state)
{
    (void)state;
    char dir[STORE_PATH], runs[STORE_PATH];
    struct store *s, *other;
    struct store_run row;
    int lock;
    make_store(dir);
    OK(store_open(dir, STORE_WRITE, &s, &error));
    OK(store_lock_take(s, 1, &lock, &error));
    OK(store_run_claim(s, 1, ~0u, &error));
    OK(store_run_get(s, 1, &row, &error));
    assert_int_equal(store_run_state(s, &row), STORE_RUNNING);
    part_path(dir, "runs", runs);
    workspace_remove(runs);
    part_path(dir, "mlvicx.db", runs);
    assert_int_equal(unlink(runs), 0);
    assert_int_equal(store_run_state(s, &row), STORE_UNKNOWN);
    strcat(runs, "-wal");
    unlink(runs);
    OK(store_open(dir, STORE_WRITE, &other, &error));
    make_run(other, "b");
    assert_int_equal(store_run_state(s, &row), STORE_UNKNOWN);
    row.state = STORE_FINISHED;
    assert_int_equal(store_run_state(s, &row), STORE_FINISHED);
    store_run_clear(&row);
    store_lock_release(&lock);
    store_close(s);
    store_close(other);
    remove_store(dir);
}

/* However old its heartbeat is. */
static void an_unknown_lock_keeps_what_it_guards(void **state)
{
    struct store *s = *state;
    static const enum store_state states[] = { STORE_STOPPED, STORE_FAILED, STORE_RUNNING };
    for (size_t i = 0; i < sizeof states / sizeof states[0]; i++) {
        char name[16];
        snprintf(name, sizeof name, "run-%zu", i);
        int64_t run = make_run(s, name);
        struct store_run row;
        OK(store_run_set_state(s, run, states[i], &error));
        OK(sql_run(s, &error, "UPDATE run SET heartbeat_at = 1 WHERE id = ?", BIND(INT(run))));
        make_unknown(s, run);
        OK(store_run_get(s, run, &row, &error));
        REFUSED(store_lock_known(s, &row, &error), ERR_CONFLICT, "its lock cannot be read (");
        REFUSED(store_run_remove(s, run, &error), ERR_CONFLICT, "nobody can tell whether its worker lives");
        REFUSED(store_queue_add(s, run, &error), ERR_CONFLICT, "nobody can tell whether its worker lives");
        store_run_clear(&row);
        OK(store_run_get(s, run, &row, &error));
        assert_int_equal(row.place, 0);
        store_run_clear(&row);
    }
}

static void the_queue_says_what_it_does_not_know(void **state)
{
    struct store *s = *state;
    char path[STORE_PATH];
    int64_t pid;
    part_path(store_dir(s), "queue.lock", path);
    assert_int_equal(symlink("queue.lock", path), 0);
    assert_int_equal(store_queue_held(s, &pid), STORE_LOCK_UNKNOWN);
    assert_int_equal(pid, 0);
}

/* ---- names ---- */

/* One of the two runs; the other is listed all the same. */
static void check_passed_over(struct store *s)
{
    struct store_runs runs;
    OK(store_run_list(s, &runs, &error));
    assert_int_equal(runs.count, 1);
    assert_string_equal(runs.rows[0].name, "other");
    assert_int_equal(runs.unreadable, 1);
    assert_non_null(strstr(runs.why.msg, "what mlvicx never writes"));
    store_runs_clear(&runs);
}

static void names_are_checked_when_they_are_read(void **state)
{
    struct store *s = *state;
    static const char *const names[] = { "../../x", "a\n$(id)", "a\033]0;x\007", "", "-x", "7", "a b" };
    struct store_runs runs;
    struct store_datasets sets;
    int64_t run = make_run(s, "a");
    make_run(s, "other");
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        OK(sql_run(s, &error, "UPDATE run SET name = ? WHERE id = ?", BIND(TEXT(names[i]), INT(run))));
        check_passed_over(s);
    }
    OK(sql_run(s, &error, "UPDATE run SET name = 'a', dataset = '../x' WHERE id = ?", BIND(INT(run))));
    check_passed_over(s);
    OK(sql_run(s, &error, "UPDATE run SET dataset = '' WHERE id = ?", BIND(INT(run))));
    OK(sql_run(s, &error, "INSERT INTO tag(run_id, tag) VALUES(?, '../x')", BIND(INT(run))));
    check_passed_over(s);
    OK(sql_run(s, &error, "DELETE FROM tag", BIND_NONE));
    OK(store_run_list(s, &runs, &error));
    assert_int_equal(runs.count, 2);
    store_runs_clear(&runs);
    OK(sql_run(
        s, &error,
        "INSERT INTO dataset(name, kind, source, size, channels, count, pack, digest, bytes, remarks, created_at)"
        " VALUES('x/../y', 'csv', '', 8, 1, 0, '', '', 0, '', 1)",
        BIND_NONE));
    OK(store_dataset_list(s, &sets, &error));
    assert_int_equal(sets.count, 0);
    assert_int_equal(sets.unreadable, 1);
    assert_non_null(strstr(sets.why.msg, "what mlvicx never writes"));
    store_datasets_clear(&sets);
}

#define STORE_TEST(f) cmocka_unit_test_setup_teardown(f, store_setup, store_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_others_may_write_is_only_read),
        cmocka_unit_test(a_store_is_not_begun_where_others_write),
        cmocka_unit_test(what_belongs_to_others_is_only_read),
        cmocka_unit_test(root_begins_no_store_in_a_folder_of_somebody),
        cmocka_unit_test(another_user_reads_what_he_may_and_nothing_more),
        cmocka_unit_test(a_log_that_cannot_be_read_is_said),
        cmocka_unit_test(an_older_version_is_read_from_a_copy),
        STORE_TEST(the_heartbeat_tells_where_the_lock_does_not),
        cmocka_unit_test(a_copy_does_not_tell_what_became_of_a_run),
        cmocka_unit_test(a_log_is_followed_to_an_end_that_a_copy_does_not_show),
        cmocka_unit_test(a_store_that_was_replaced_does_not_tell_who_lives),
        STORE_TEST(an_unknown_lock_keeps_what_it_guards),
        STORE_TEST(the_queue_says_what_it_does_not_know),
        STORE_TEST(names_are_checked_when_they_are_read),
    };
    return cmocka_run_group_tests_name("owner", tests, NULL, NULL);
}
