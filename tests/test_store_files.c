/* Files of a store that someone else made. Victims are files that a test makes itself, beside its store. */
#include "tests/store_help.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "engine/base/files.h"
#include "engine/base/temporary.h"
#include "store/bundle.h"
#include "store/checkpoint.h"
#include "store/dataset.h"
#include "store/event.h"
#include "store/database/files.h"
#include "store/lock.h"
#include "store/metric.h"

/* What is below the store's folder, or beside it ("../x"); a static buffer, good for four calls. */
static const char *below(const struct store *s, const char *relative)
{
    static char paths[4][STORE_PATH + 256];
    static int next;
    char *path = paths[next++ % 4];
    snprintf(path, sizeof paths[0], "%s/%s", store_dir(s), relative);
    return path;
}

static void write_file(const char *path, const char *text)
{
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs(text, f);
    assert_int_equal(fclose(f), 0);
}

static bool holds(const char *path, const char *wanted)
{
    struct err e;
    char *text = file_read_text(path, 1 << 20, &e);
    bool same = text && !strcmp(text, wanted);
    free(text);
    return same;
}

/* Everything a name may be that is no regular file of the store's own. */
static void make_link(const char *path)
{
    assert_int_equal(symlink("../../victim", path), 0);
}
static void make_dangling(const char *path)
{
    assert_int_equal(symlink("../../planted", path), 0);
}
static void make_device(const char *path)
{
    assert_int_equal(symlink("/dev/zero", path), 0);
}
static void make_pipe(const char *path)
{
    assert_int_equal(mkfifo(path, 0600), 0);
}
static void make_folder(const char *path)
{
    assert_int_equal(mkdir(path, 0700), 0);
}
static void make_socket(const char *path)
{
    struct sockaddr_un a = { .sun_family = AF_UNIX };
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    snprintf(a.sun_path, sizeof a.sun_path, "%.100s", path);
    assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof a), 0);
    close(fd);
}

static const struct {
    void (*make)(const char *path);
    const char *said;
} strangers[] = {
    { make_link, "is a link" }, { make_dangling, "is a link" }, { make_device, "is a link" },
    { make_pipe, "is a pipe" }, { make_folder, "is a folder" }, { make_socket, "is a socket" },
};

enum { STRANGERS = sizeof strangers / sizeof strangers[0] };

/* A store in a folder of its own, so that there is a place beside it that the test may look at. */
static int set_up(void **state)
{
    struct store *s;
    char dir[128];
    snprintf(dir, sizeof dir, "%s/home", workspace_make());
    OK(store_open(dir, STORE_WRITE, &s, &error));
    write_file(below(s, "../victim"), "precious");
    *state = s;
    return 0;
}

static int tear_down(void **state)
{
    struct store *s = *state;
    char dir[STORE_PATH];
    snprintf(dir, sizeof dir, "%s", store_dir(s));
    store_close(s);
    *strrchr(dir, '/') = '\0';
    workspace_remove(dir);
    return 0;
}

static void untouched(const struct store *s)
{
    assert_true(holds(below(s, "../victim"), "precious"));
    assert_int_not_equal(access(below(s, "../planted"), F_OK), 0);
}

static void only_regular_files_are_opened_whatever_for(void **state)
{
    struct store *s = *state;
    int64_t run = make_run(s, "a");
    for (int i = 0; i < STRANGERS; i++) {
        const char *path = below(s, "runs/1/step-1.safetensors");
        strangers[i].make(path);
        for (int use = FOLDER_READ; use <= FOLDER_LOCK; use++)
            REFUSED(store_file(s, STORE_RUN, run, "step-1.safetensors", (enum folder_use)use, NULL, &error) >= 0,
                    ERR_IO, strangers[i].said);
        struct folder folder;
        struct file_writer w;
        OK(store_folder(s, STORE_RUN, run, false, &folder, &error));
        REFUSED(file_begin_in(&w, &folder, "step-1.safetensors", &error), ERR_IO, strangers[i].said);
        folder_close(&folder);
        remove(path);
    }
    untouched(s);
    REFUSED(store_file(s, STORE_RUN, run, "none", FOLDER_READ, NULL, &error) >= 0, ERR_NOT_FOUND, "No such file");
    REFUSED(store_file(s, STORE_RUN, 99, "log", FOLDER_APPEND, NULL, &error) >= 0, ERR_NOT_FOUND, "No such file");
}

static void a_name_is_one_in_its_folder(void **state)
{
    struct store *s = *state;
    int64_t run = make_run(s, "a");
    static const char *const names[] = { "",         ".",   "..",      "../../victim", "/etc/hostname",
                                         "../1/log", "a/b", ".hidden", "a\x1b[31m",    "a\n" };
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        for (int use = FOLDER_READ; use <= FOLDER_LOCK; use++)
            REFUSED(store_file(s, STORE_RUN, run, names[i], (enum folder_use)use, NULL, &error) >= 0, ERR_FORMAT,
                    "is no name of a file");
        REFUSED(store_file_remove(s, STORE_RUN, run, names[i], &error), ERR_FORMAT, "is no name of a file");
        assert_false(store_file_is(s, STORE_RUN, run, names[i]));
        assert_false(store_checkpoint_name_check(names[i], &error) || store_pack_name_check(names[i], &error));
    }
    untouched(s);
    static const char *const others[] = { "lock", "log", "config.ini", "unwritten.db", "step-.safetensors" };
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        REFUSED(store_checkpoint_name_check(others[i], &error), ERR_FORMAT, "is no name of one");
    REFUSED(store_pack_name_check("lock", &error), ERR_FORMAT, "is no name of one");
    OK(store_checkpoint_name_check("step-0000001.2.safetensors", &error) && store_pack_name_check("n-00.pack", &error));
}

static void nothing_is_written_to_a_file_with_a_second_name(void **state)
{
    struct store *s = *state;
    int64_t run = make_run(s, "a");
    int lock;
    assert_int_equal(link(below(s, "../victim"), below(s, "runs/1/lock")), 0);
    REFUSED(store_lock_take(s, run, &lock, &error), ERR_IO, "another name");
    int fd = store_file(s, STORE_RUN, run, "lock", FOLDER_READ, NULL, &error);
    assert_true(fd >= 0); /* to be read it may have two */
    close(fd);
    untouched(s);
}

static void locks_of_other_kinds_hang_nobody(void **state)
{
    struct store *s = *state;
    int64_t run = make_run(s, "a");
    for (int i = 0; i < STRANGERS; i++) {
        int lock = -1;
        char note[16];
        strangers[i].make(below(s, "runs/1/lock"));
        strangers[i].make(below(s, "queue.lock"));
        assert_int_equal(store_lock_held(s, run), STORE_LOCK_UNKNOWN);
        assert_int_equal(store_queue_held(s, NULL), STORE_LOCK_UNKNOWN);
        store_lock_read_note(s, run, note, sizeof note);
        REFUSED(store_lock_take(s, run, &lock, &error), ERR_IO, strangers[i].said);
        REFUSED(store_queue_lock(s, &lock, &error), ERR_IO, strangers[i].said);
        remove(below(s, "runs/1/lock"));
        remove(below(s, "queue.lock"));
    }
    untouched(s);
}

static void a_folder_that_is_a_link_is_not_entered(void **state)
{
    struct store *s = *state;
    struct folder folder;
    int64_t run = make_run(s, "a"), *ids;
    size_t n;
    make_folder(below(s, "../other"));
    make_folder(below(s, "../other/1"));
    write_file(below(s, "../other/1/file"), "precious");
    assert_int_equal(rename(below(s, "runs"), below(s, "../runs-away")), 0);
    assert_int_equal(symlink("../other", below(s, "runs")), 0);
    REFUSED(store_folder(s, STORE_RUN, run, true, &folder, &error), ERR_IO, "is a link, not a folder");
    REFUSED(store_run_remove_folder(s, run, &error), ERR_IO, "is a link, not a folder");
    REFUSED(store_run_folders(s, &ids, &n, &error), ERR_IO, "is a link, not a folder");
    struct store_run row = { .name = "b" };
    REFUSED(store_run_insert(s, &row, &run, &error), ERR_IO, "is a link, not a folder");
    assert_true(holds(below(s, "../other/1/file"), "precious"));
    struct store *again;
    REFUSED(store_open(store_dir(s), STORE_WRITE, &again, &error), ERR_IO, "is a link, not a folder");
}

static void a_removal_stays_in_the_folder_of_its_run(void **state)
{
    struct store *s = *state;
    int64_t run = make_run(s, "a");
    make_folder(below(s, "../other"));
    write_file(below(s, "../other/file"), "precious");
    make_folder(below(s, "runs/1/sub"));
    assert_int_equal(symlink("../../../../other", below(s, "runs/1/sub/link")), 0);
    make_link(below(s, "runs/1/link"));
    make_pipe(below(s, "runs/1/pipe"));
    OK(store_run_remove_folder(s, run, &error) && store_run_remove_folder(s, run, &error));
    assert_int_not_equal(access(below(s, "runs/1"), F_OK), 0);
    assert_int_equal(symlink("../../other", below(s, "runs/1")), 0);
    OK(store_run_remove_folder(s, run, &error)); /* the link */
    assert_true(holds(below(s, "../other/file"), "precious"));
    char deep[STORE_PATH];
    snprintf(deep, sizeof deep, "%s", below(s, "runs/2"));
    for (int i = 0; i < 20; i++) {
        make_folder(deep);
        strcat(deep, "/d");
    }
    REFUSED(store_run_remove_folder(s, 2, &error), ERR_IO, "nested deeper");
    untouched(s);
}

static void only_numbers_as_they_are_written_are_folders_of_runs(void **state)
{
    struct store *s = *state;
    int64_t *ids;
    size_t n;
    static const char *const names[] = { "7", "007", "+8", " 9", "x", "10 " };
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        char name[32];
        snprintf(name, sizeof name, "runs/%s", names[i]);
        make_folder(below(s, name));
    }
    OK(store_run_folders(s, &ids, &n, &error));
    assert_true(n == 1 && ids[0] == 7);
    free(ids);
}

/* The database, and what SQLite keeps beside it: SQLite opens these by itself. */
static void a_database_of_another_kind_is_refused_in_a_line(void **state)
{
    struct store *s = *state, *again;
    static const char *const files[] = { "mlvicx.db", "mlvicx.db-wal", "mlvicx.db-shm", "mlvicx.db-journal" };
    static const enum store_mode modes[] = { STORE_READ, STORE_WRITE, STORE_ANY };
    char dir[STORE_PATH], path[STORE_PATH + 32];
    snprintf(dir, sizeof dir, "%s/other", store_dir(s));
    for (size_t f = 0; f < 4; f++)
        for (int i = 0; i < STRANGERS; i++) {
            OK(store_open(dir, STORE_WRITE, &again, &error));
            store_close(again);
            snprintf(path, sizeof path, "%s/%s", dir, files[f]);
            remove(path);
            strangers[i].make(path);
            for (int m = 0; m < 3; m++)
                REFUSED(store_open_trusting(dir, modes[m], &again, &error), ERR_IO, strangers[i].said);
            workspace_remove(dir);
        }
    OK(store_open(dir, STORE_WRITE, &again, &error));
    store_close(again);
    snprintf(path, sizeof path, "%s/mlvicx.db", dir);
    assert_int_equal(link(path, below(s, "second")), 0);
    REFUSED(store_open(dir, STORE_READ, &again, &error), ERR_IO, "another name");
    untouched(s);
}

static void a_workspace_may_be_reached_through_links(void **state)
{
    struct store *s = *state, *again;
    int64_t run;
    assert_int_equal(symlink(store_dir(s), below(s, "../way")), 0);
    OK(store_open(below(s, "../way"), STORE_WRITE, &again, &error));
    run = make_run(again, "a");
    OK(store_bundle_give_up(again, run, 0, &error) && store_bundle_merge(again, run, BUNDLE_GIVEN_UP, &error));
    store_close(again);
    assert_int_equal(access(below(s, "runs/1/given-up.db"), F_OK), 0);
}

/* ---- rows ---- */

static void change(struct store *s, const char *sql)
{
    if (sqlite3_exec(s->db, sql, NULL, NULL, NULL) != SQLITE_OK) fail_msg("%s: %s", sql, sqlite3_errmsg(s->db));
}

static void a_name_that_is_none_becomes_harmless(void **state)
{
    (void)state;
    static const struct {
        const char *name, *shown;
        bool fine;
    } rows[] = {
        { "good-1.x_Y", "good-1.x_Y", true },
        { "../../x", "?.?..?x", false },
        { "", "?", false },
        { "-rf", "?rf", false },
        { "a/b", "a?b", false },
        { "\x1b[31m", "??31m", false },
        { "12", "12", false },
        { "na\xc3\xafve", "na??ve", false },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char name[STORE_NAME];
        snprintf(name, sizeof name, "%s", rows[i].name);
        assert_int_equal(store_name_tame(name), rows[i].fine);
        assert_string_equal(name, rows[i].shown);
    }
}

static void a_misnamed_run_is_not_read(void **state)
{
    struct store *s = *state;
    struct store_runs list;
    struct store_run row;
    make_run(s, "a");
    int64_t run = make_run(s, "b");
    change(s, "UPDATE run SET name = '../../b' WHERE id = 2");
    OK(store_run_list(s, &list, &error));
    assert_int_equal(list.count, 1);
    assert_int_equal(list.unreadable, 1);
    assert_non_null(strstr(list.why.msg, "run 2: its row holds what mlvicx never writes"));
    store_runs_clear(&list);
    REFUSED(store_run_get(s, run, &row, &error), ERR_FORMAT, "run 2: its row holds what mlvicx never writes");
    assert_null(strchr(error.msg, '/'));
    OK(store_run_get(s, 1, &row, &error));
    store_run_clear(&row);
}

static void removing_a_data_set_removes_only_packs(void **state)
{
    struct store *s = *state;
    struct store_contents c = { .dataset = { .kind = "folder", .size = 8, .channels = 1 } };
    struct store_dataset d;
    int64_t id;
    static const char *const packs[] = { "../../victim", "/etc/x.pack", "../runs/1/log", "lock", "" };
    write_file(below(s, "packs/lock"), "");
    for (size_t i = 0; i < sizeof packs / sizeof packs[0]; i++) {
        char sql[160];
        snprintf(c.dataset.name, sizeof c.dataset.name, "set");
        c.dataset.pack = (char[]){ "n-00.pack" };
        OK(store_dataset_insert(s, &c, &id, &error));
        snprintf(sql, sizeof sql, "UPDATE dataset SET pack = '%s'", packs[i]);
        change(s, sql);
        OK(store_dataset_find(s, "set", &d, &error));
        store_dataset_clear(&d);
        char path[STORE_PATH];
        assert_int_equal(store_pack_open(s, packs[i], path, &error), -1);
        OK(store_dataset_remove(s, id, &error));
        untouched(s);
        assert_int_equal(access(below(s, "packs/lock"), F_OK), 0);
    }
}

static void a_checkpoint_is_called_like_one_when_written_and_when_opened(void **state)
{
    struct store *s = *state;
    int64_t run = make_run(s, "a");
    char path[STORE_PATH];
    struct store_checkpoint c = { .step = 1, .path = "../../../victim" };
    REFUSED(store_checkpoint_insert(s, run, &c, &error), ERR_FORMAT, "is no name of one");
    REFUSED(store_checkpoint_open(s, run, "../../../victim", path, &error) >= 0, ERR_FORMAT, "is no name of one");
    REFUSED(store_checkpoint_open(s, run, "log", path, &error) >= 0, ERR_FORMAT, "is no name of one");
}

/* ---- bundles ---- */

/* Rows of two runs, and a checkpoint of the first that is called `ctx`. */
static bool fill(struct store *bundle, void *ctx, struct err *e)
{
    (void)e;
    char sql[512];
    snprintf(sql, sizeof sql,
             "INSERT OR IGNORE INTO metric(id, name, unit, help) VALUES(1, 'loss', '', '');"
             "INSERT INTO point(run_id, metric_id, step, value) VALUES(1, 1, 5, 9), (2, 1, 5, 9);"
             "INSERT INTO event(run_id, step, at, severity, kind, text, derived) VALUES(1, 1, 1, 0, 'k', 't', 0),"
             " (2, 1, 1, 0, 'k', 't', 0);"
             "INSERT INTO checkpoint(run_id, step, path, bytes, sha256, pinned, reason, created_at)"
             " VALUES(1, 1, '%s', 1, '', 0, 'time', 1), (2, 1, 'step-1.safetensors', 1, '', 0, 'time', 1)",
             (const char *)ctx);
    change(bundle, sql);
    return true;
}

static void a_path_may_be_that_of_a_checkpoint(void **state)
{
    struct store *s = *state;
    static const struct {
        const char *path;
        int64_t run; /* 0: of none */
    } rows[] = {
        { "runs/7/step-1.safetensors", 7 },
        { "runs/12/step-0000009.safetensors", 12 },
        { "runs/7/init.safetensors", 7 },
        { "runs/7/other.safetensors", 0 },
        { "runs/07/step-1.safetensors", 0 },
        { "runs/7.kept/step-1.safetensors", 0 },
        { "runs/7/../7/step-1.safetensors", 0 },
        { "runs/7/sub/step-1.safetensors", 0 },
        { "runs/7/log", 0 },
        { "runs/7/", 0 },
        { "runs/7", 0 },
        { "runs//step-1.safetensors", 0 },
        { "packs/step-1.safetensors", 0 },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char path[STORE_PATH + 64];
        int64_t run = 0;
        snprintf(path, sizeof path, "%s/%s", store_dir(s), rows[i].path);
        const char *name = store_weights_of_path(s, path, &run);
        if (!name != !rows[i].run) fail_msg("%s", rows[i].path);
        assert_int_equal(run, rows[i].run); /* untouched where it is no path of weights */
        if (!name) continue;
        assert_string_equal(name, strrchr(path, '/') + 1);
    }
    assert_null(store_weights_of_path(s, "/elsewhere/runs/7/step-1.safetensors", &(int64_t){ 0 }));
    assert_null(store_weights_of_path(s, "kaiming", &(int64_t){ 0 }));
}

static void a_bundle_writes_rows_of_its_run_only(void **state)
{
    struct store *s = *state;
    int64_t run = make_run(s, "a"), n;
    make_run(s, "b");
    char good[] = "step-1.safetensors", bad[] = "../../../victim";
    OK(store_bundle_write(s, run, BUNDLE_UNWRITTEN, fill, good, &error));
    OK(store_bundle_merge(s, run, BUNDLE_UNWRITTEN, &error));
    OK(sql_integer(
        s, &error, &n, -1,
        "SELECT (SELECT count(*) FROM point WHERE run_id = 2) + (SELECT count(*) FROM event WHERE run_id = 2)"
        " + (SELECT count(*) FROM checkpoint WHERE run_id = 2)",
        BIND_NONE));
    assert_int_equal(n, 0);
    OK(sql_integer(s, &error, &n, -1, "SELECT count(*) FROM point WHERE run_id = 1", BIND_NONE));
    assert_int_equal(n, 1);
    OK(store_bundle_write(s, run, BUNDLE_UNWRITTEN, fill, bad, &error));
    REFUSED(store_bundle_merge(s, run, BUNDLE_UNWRITTEN, &error), ERR_FORMAT, "is no name of one");
}

static void a_bundle_is_a_file_of_its_run(void **state)
{
    struct store *s = *state;
    int64_t run = make_run(s, "a");
    char good[] = "step-1.safetensors";
    struct stat st;
    for (int i = 0; i < STRANGERS; i++) {
        strangers[i].make(below(s, "runs/1/unwritten.db"));
        REFUSED(store_bundle_merge(s, run, BUNDLE_UNWRITTEN, &error), ERR_IO, strangers[i].said);
        remove(below(s, "runs/1/unwritten.db"));
    }
    make_dangling(below(s, "runs/1/unwritten.db.tmp")); /* the name that an earlier version took */
    make_dangling(below(s, "runs/1/unwritten.db.tmp.elsewhere.0123abcd"));
    OK(store_bundle_write(s, run, BUNDLE_UNWRITTEN, fill, good, &error));
    assert_int_equal(lstat(below(s, "runs/1/unwritten.db"), &st), 0);
    assert_true(S_ISREG(st.st_mode) && (st.st_mode & 0777) == 0600);
    untouched(s);
}

/* A journal that a killed writer could have left, without a page in it; `named`: the file at its end, NULL for none. */
static void make_journal(const char *database, const char *named)
{
    enum { PAGE = 4096, SECTOR = 512 };
    unsigned char block[SECTOR + STORE_PATH + 32] = { 0xd9, 0xd5, 0x05, 0xf9, 0x20, 0xa1, 0x63, 0xd7 };
    char path[STORE_PATH + 256];
    struct stat st;
    size_t n = SECTOR, length = named ? strlen(named) : 0;
    uint32_t sum = 0;
    assert_int_equal(stat(database, &st), 0);
    const uint32_t header[] = { htonl(0), htonl(1), htonl((uint32_t)(st.st_size / PAGE)), htonl(SECTOR), htonl(PAGE) };
    memcpy(block + 8, header, sizeof header);
    for (size_t i = 0; i < length; i++) sum += (unsigned char)named[i];
    if (named) {
        const uint32_t lock_page = htonl((1 << 30) / PAGE + 1), tail[] = { htonl((uint32_t)length), htonl(sum) };
        memcpy(block + n, &lock_page, 4);
        memcpy(block + n + 4, named, length);
        memcpy(block + n + 4 + length, tail, 8);
        memcpy(block + n + 12 + length, block, 8);
        n += 20 + length;
    }
    snprintf(path, sizeof path, "%s-journal", database);
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(block, 1, n, f), n);
    assert_int_equal(fclose(f), 0);
}

/* SQLite plays a journal back before it reads, and removes the file that it names. */
static void a_journal_names_no_file(void **state)
{
    struct store *s = *state, *other;
    int64_t run = make_run(s, "a");
    char dir[STORE_PATH + 16], database[STORE_PATH + 32], good[] = "step-1.safetensors";
    snprintf(dir, sizeof dir, "%s", below(s, "../crafted"));
    snprintf(database, sizeof database, "%s/mlvicx.db", dir);
    OK(store_open(dir, STORE_WRITE, &other, &error));
    store_close(other);
    for (int mode = STORE_READ; mode <= STORE_ANY; mode++) {
        make_journal(database, below(s, "../victim"));
        REFUSED(store_open(dir, (enum store_mode)mode, &other, &error), ERR_FORMAT, "names another file");
        untouched(s);
        make_journal(database, NULL);
        OK(store_open(dir, (enum store_mode)mode, &other, &error));
        store_close(other);
    }
    OK(store_bundle_write(s, run, BUNDLE_UNWRITTEN, fill, good, &error));
    make_journal(below(s, "runs/1/unwritten.db"), below(s, "../victim"));
    REFUSED(store_bundle_merge(s, run, BUNDLE_UNWRITTEN, &error), ERR_FORMAT, "names another file");
    untouched(s);
}

int main(void)
{
#define FILES_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        FILES_TEST(only_regular_files_are_opened_whatever_for),
        FILES_TEST(a_name_is_one_in_its_folder),
        FILES_TEST(nothing_is_written_to_a_file_with_a_second_name),
        FILES_TEST(locks_of_other_kinds_hang_nobody),
        FILES_TEST(a_folder_that_is_a_link_is_not_entered),
        FILES_TEST(a_removal_stays_in_the_folder_of_its_run),
        FILES_TEST(only_numbers_as_they_are_written_are_folders_of_runs),
        FILES_TEST(a_database_of_another_kind_is_refused_in_a_line),
        FILES_TEST(a_workspace_may_be_reached_through_links),
        cmocka_unit_test(a_name_that_is_none_becomes_harmless),
        FILES_TEST(a_misnamed_run_is_not_read),
        FILES_TEST(removing_a_data_set_removes_only_packs),
        FILES_TEST(a_checkpoint_is_called_like_one_when_written_and_when_opened),
        FILES_TEST(a_path_may_be_that_of_a_checkpoint),
        FILES_TEST(a_bundle_writes_rows_of_its_run_only),
        FILES_TEST(a_bundle_is_a_file_of_its_run),
        FILES_TEST(a_journal_names_no_file),
    };
    return cmocka_run_group_tests_name("store files", tests, NULL, NULL);
}
