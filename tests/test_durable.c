/* What is written is on the disk before it is called written: which fsync comes when, and what SQLite is told. The
 * calls are seen by the linker's --wrap: programs as users have them know nothing of this. */
#include "tests/store_help.h"

#include <errno.h>
#include <sys/stat.h>

#include "engine/base/files.h"
#include "engine/base/folder.h"

int __real_fsync(int fd);
int __wrap_fsync(int fd);

/* The calls since the last `watch`, as letters: f of a file, d of a folder; in capitals once the watched name is there.
 */
static char seen[64], watched[300];
static int fails_at; /* this call says that the disk is broken; 0: none */

int __wrap_fsync(int fd)
{
    struct stat st;
    size_t n = strlen(seen);
    bool folder = fstat(fd, &st) == 0 && S_ISDIR(st.st_mode), there = *watched && access(watched, F_OK) == 0;
    if (n + 1 < sizeof seen) {
        seen[n] = folder ? (there ? 'D' : 'd') : there ? 'F' : 'f';
        seen[n + 1] = '\0';
    }
    if ((int)n + 1 != fails_at) return __real_fsync(fd);
    errno = EIO;
    return -1;
}

static void watch(const char *dir, const char *name)
{
    *seen = '\0';
    fails_at = 0;
    snprintf(watched, sizeof watched, "%s/%s", dir, name);
}

static void put_by_path(const char *dir, bool ok)
{
    struct file_writer w;
    char path[300];
    snprintf(path, sizeof path, "%s/a", dir);
    OK(file_begin(&w, path, &error));
    file_put(&w, "text", 4);
    assert_true(file_commit(&w, &error) == ok);
}

static void put_in_folder(const char *dir, bool ok)
{
    struct file_writer w;
    struct folder f;
    OK(folder_open(&f, dir, dir, &error));
    OK(file_begin_in(&w, &f, "a", &error));
    file_put(&w, "text", 4);
    assert_true(file_commit(&w, &error) == ok);
    folder_close(&f);
}

/* In each way to write a file: which call fails (0: none), and what is synced up to there. */
static void put(int failing, const char *expected, bool named)
{
    static void (*const ways[])(const char *, bool) = { put_by_path, put_in_folder };
    for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++) {
        char dir[64];
        snprintf(dir, sizeof dir, "%s", workspace_make());
        watch(dir, "a");
        fails_at = failing;
        ways[i](dir, !failing);
        assert_string_equal(seen, expected);
        assert_int_equal(access(watched, F_OK) == 0, named);
        if (named) assert_int_equal(unlink(watched), 0);
        assert_int_equal(rmdir(dir), 0); /* no temporary is left */
    }
}

/* The bytes before the name, the name before the end. */
static void a_file_is_synced_then_named_then_its_folder_is_synced(void **state)
{
    (void)state;
    put(0, "fD", true);
}

static void a_disk_that_fails_is_an_error_and_leaves_no_name(void **state)
{
    (void)state;
    put(1, "f", false);
}

static void a_name_whose_folder_cannot_be_synced_is_an_error(void **state)
{
    (void)state;
    put(2, "fD", true);
}

static void a_folder_that_is_made_stands_in_a_synced_one(void **state)
{
    (void)state;
    char dir[64];
    struct folder f, in;
    snprintf(dir, sizeof dir, "%s", workspace_make());
    OK(folder_open(&f, dir, dir, &error));
    watch(dir, "sub");
    OK(folder_enter(&f, "sub", true, &in, &error));
    assert_string_equal(seen, "D");
    folder_close(&in);
    folder_close(&f);
    workspace_remove(dir);
}

static void a_new_store_stands_in_a_synced_folder(void **state)
{
    (void)state;
    char dir[64];
    struct store *s;
    snprintf(dir, sizeof dir, "%s", workspace_make());
    watch(dir, "mlvicx.db");
    OK(store_open(dir, STORE_WRITE, &s, &error));
    assert_non_null(strchr(seen, 'D'));
    store_close(s);
    workspace_remove(dir);
}

static int64_t synchronous(struct store *s)
{
    int64_t value = -1;
    OK(sql_integer(s, &error, &value, -1, "PRAGMA synchronous", BIND_NONE));
    return value;
}

/* 0 off, 1 normal (nothing is torn, the last commits may be lost), 2 full (they are not). */
static void the_database_is_synced_as_each_transaction_asks(void **state)
{
    (void)state;
    char dir[64];
    struct store *s;
    snprintf(dir, sizeof dir, "%s", workspace_make());
    OK(store_open(dir, STORE_WRITE, &s, &error)); /* makes it */
    store_close(s);
    OK(store_open(dir, STORE_WRITE, &s, &error));
    assert_int_equal(synchronous(s), 1);
    OK(store_begin(s, STORE_FULL, &error));
    assert_int_equal(synchronous(s), 2);
    OK(store_commit(s, &error));
    OK(store_begin(s, STORE_NORMAL, &error));
    assert_int_equal(synchronous(s), 1);
    OK(store_commit(s, &error));
    store_close(s);
    workspace_remove(dir);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_is_synced_then_named_then_its_folder_is_synced),
        cmocka_unit_test(a_disk_that_fails_is_an_error_and_leaves_no_name),
        cmocka_unit_test(a_name_whose_folder_cannot_be_synced_is_an_error),
        cmocka_unit_test(a_folder_that_is_made_stands_in_a_synced_one),
        cmocka_unit_test(a_new_store_stands_in_a_synced_folder),
        cmocka_unit_test(the_database_is_synced_as_each_transaction_asks),
    };
    return cmocka_run_group_tests_name("durable", tests, NULL, NULL);
}
