/* An import that is killed at any point: nothing of it is visible, and the same command ends with the same set. Calls
 * that change files or the database are counted through the linker (--wrap in Makefile.inc); the process that imports
 * kills itself just before one of them. */
#include "tests/import_help.h"
#include "tests/store_help.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "app/cli/options.h"
#include "app/commands/data/data.h"
#include "app/commands/data/data_left.h"
#include "engine/base/folder.h"
#include "engine/data/images/image.h"
#include "store/dataset.h"

enum { IMAGES = 30, KILLS = 40, AROUND = 4 };

/* What a child tells; shared with it. */
static struct counts {
    int calls, die_at; /* 0: never */
    int packed;        /* the call that made the pack whole */
    int images;        /* that were read */
} * counts;

static void count(void)
{
    if (++counts->calls == counts->die_at) raise(SIGKILL);
}

int __real_sqlite3_step(sqlite3_stmt *q);
int __wrap_sqlite3_step(sqlite3_stmt *q);
int __wrap_sqlite3_step(sqlite3_stmt *q)
{
    count();
    return __real_sqlite3_step(q);
}

int __real_renameat(int from_dir, const char *from, int to_dir, const char *to);
int __wrap_renameat(int from_dir, const char *from, int to_dir, const char *to);
int __wrap_renameat(int from_dir, const char *from, int to_dir, const char *to)
{
    count();
    if (strstr(to, ".pack")) counts->packed = counts->calls;
    return __real_renameat(from_dir, from, to_dir, to);
}

int __real_unlinkat(int dir, const char *name, int flags);
int __wrap_unlinkat(int dir, const char *name, int flags);
int __wrap_unlinkat(int dir, const char *name, int flags)
{
    count();
    return __real_unlinkat(dir, name, flags);
}

int __real_fflush(FILE *f);
int __wrap_fflush(FILE *f);
int __wrap_fflush(FILE *f)
{
    count();
    return __real_fflush(f);
}

int __real_ftruncate(int fd, off_t size);
int __wrap_ftruncate(int fd, off_t size);
int __wrap_ftruncate(int fd, off_t size)
{
    count();
    return __real_ftruncate(fd, size);
}

bool __real_image_read_as(const char *path, const struct image_options *how, struct image *m, struct err *e);
bool __wrap_image_read_as(const char *path, const struct image_options *how, struct image *m, struct err *e);
bool __wrap_image_read_as(const char *path, const struct image_options *how, struct image *m, struct err *e)
{
    __atomic_add_fetch(&counts->images, 1, __ATOMIC_RELAXED);
    return __real_image_read_as(path, how, m, e);
}

/* ---- an import in a process of its own ---- */

static int import(void)
{
    const char *argv[] = { "folder", at("in"), "--name", "set", "--size", "32", "--threads", "1", "--quiet" };
    struct app app = { .dir = at("store"), .quiet = true };
    struct arguments a;
    struct err e;
    if (!freopen("/dev/null", "w", stdout) ||
        !options_parse(sizeof argv / sizeof argv[0], (char *const *)argv, command_data_import.options, &a, &e))
        return 99;
    *counts = (struct counts){ .die_at = counts->die_at };
    int status = command_data_import.run(&app, &a);
    store_close(app.store);
    return status;
}

/* Its exit status; -1 when it was killed before call `die_at` (0: never). */
static int import_until(int die_at)
{
    int status;
    counts->die_at = die_at;
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (!pid) _exit(import());
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL ? -1 : WIFEXITED(status) ? WEXITSTATUS(status) : 99;
}

/* ---- what is there afterwards ---- */

/* The rows of the only set, "" without one. */
static void dump_set(struct text *out)
{
    static const char *const queries[] = {
        "SELECT name, kind, count, size, pack, digest FROM dataset WHERE name NOT GLOB '.*'",
        "SELECT idx, path, patient, split, width, height, image.digest FROM image JOIN dataset ON id = dataset_id"
        " WHERE name NOT GLOB '.*' ORDER BY idx",
        "SELECT image_idx, class_idx, value FROM label JOIN dataset ON id = dataset_id WHERE name NOT GLOB '.*'"
        " ORDER BY image_idx, class_idx",
    };
    struct store *s;
    OK(store_open(at("store"), STORE_WRITE, &s, &error));
    for (size_t i = 0; i < sizeof queries / sizeof queries[0]; i++) dump_query(s->db, queries[i], out);
    store_close(s);
}

static int packs_with(const char *ending)
{
    struct folder packs;
    int n = 0;
    OK(folder_open(&packs, at("store/packs"), "packs", &error));
    DIR *d = folder_list(&packs);
    for (struct dirent *entry; d && (entry = readdir(d));) n += text_ends(entry->d_name, ending);
    if (d) closedir(d);
    folder_close(&packs);
    return n;
}

static void remove_set(void)
{
    struct store *s;
    struct store_dataset row;
    OK(store_open(at("store"), STORE_WRITE, &s, &error));
    OK(store_dataset_find(s, "set", &row, &error) && store_dataset_remove(s, row.id, &error));
    store_dataset_clear(&row);
    store_close(s);
    assert_int_equal(packs_with(".pack") + packs_with(".part") + packs_with(".tmp"), 0);
}

/* Kill one before call n, look, and let the next one end it. */
static void kill_and_go_on(int n, const char *whole)
{
    struct text seen = { 0 }, set = { 0 };
    int status = import_until(n);
    /* the number of transactions depends on the time that they take: it may have ended before call n */
    if (status != -1 && status != 0) fail_msg("call %d: the import ended with %d", n, status);
    dump_set(&seen);
    bool is_there = seen.length > 0, packed = packs_with(".pack") > 0;
    if (is_there && strcmp(text_str(&seen), whole)) fail_msg("call %d: half of a set can be seen", n);
    if (!is_there && import_until(0) != 0) fail_msg("call %d: the import did not go on", n);
    if (!is_there && packed && counts->images > 1) fail_msg("call %d: %d images read again", n, counts->images);
    dump_set(&set);
    if (strcmp(text_str(&set), whole)) fail_msg("call %d: another set:\n%s", n, text_str(&set));
    text_clear(&seen);
    text_clear(&set);
    remove_set();
}

static void write_images(void)
{
    char name[64];
    for (int i = 0; i < IMAGES; i++) {
        snprintf(name, sizeof name, "in/c%d/p%03d.png", i % 2, i);
        write_picture(name, 40, 40, 1, (unsigned)i, 0);
    }
}

static void an_import_that_is_killed_anywhere_ends_with_the_same_set(void **state)
{
    (void)state;
    struct text whole = { 0 };
    write_images();
    assert_int_equal(import_until(0), 0);
    remove_set();
    assert_int_equal(import_until(0), 0); /* the store is made; from here on all are alike */
    const struct counts all = *counts;
    dump_set(&whole);
    remove_set();
    assert_true(all.images > IMAGES && all.packed > IMAGES && all.packed < all.calls);
    int kills = is_long_suite() ? all.calls : KILLS;
    for (int i = 0; i < kills; i++) kill_and_go_on(1 + (int)((int64_t)i * (all.calls - 1) / (kills - 1)), whole.data);
    for (int i = -AROUND; i <= AROUND; i++) kill_and_go_on(all.packed + i, whole.data);
    text_clear(&whole);
}

/* `data rm set` as a user says it; its exit status. */
static int remove_by_command(void)
{
    const char *argv[] = { "set", "--yes" };
    struct app app = { .dir = at("store"), .quiet = true };
    struct arguments a;
    OK(options_parse(2, (char *const *)argv, command_data_rm.options, &a, &error));
    int status = command_data_rm.run(&app, &a);
    store_close(app.store);
    return status;
}

/* What is left of the import of `set`, its images; -1: nothing. */
static int64_t left_images(bool *whole, bool *at_work)
{
    struct store *s;
    struct import_left *rows = NULL;
    size_t count = 0;
    OK(store_open(at("store"), STORE_READ, &s, &error) && data_left_list(s, &rows, &count, &error));
    assert_true(count < 2);
    int64_t images = count ? (int64_t)rows[0].images : -1;
    *whole = count && *rows[0].pack;
    *at_work = count && rows[0].at_work;
    if (count) assert_string_equal(rows[0].name, "set");
    free(rows);
    /* no form offers it */
    struct store_datasets sets;
    OK(store_dataset_list(s, &sets, &error));
    assert_int_equal(sets.count, 0);
    store_datasets_clear(&sets);
    store_close(s);
    return images;
}

static int files_in_packs(void)
{
    return packs_with(".pack") + packs_with(".part") + packs_with(".journal");
}

static void what_a_kill_leaves_is_listed_and_can_be_removed(void **state)
{
    (void)state;
    struct flock whole_file = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
    bool whole, at_work;
    write_images();
    assert_int_equal(import_until(0), 0);
    remove_set();
    assert_int_equal(import_until(0), 0); /* the store is made; from here on all are alike */
    const struct counts again = *counts;
    remove_set();
    assert_int_equal(import_until(again.packed - 20), -1);
    int64_t read = left_images(&whole, &at_work);
    assert_in_range(read, 1, IMAGES - 1);
    assert_false(whole || at_work);
    int part = open(at("store/packs/set.part"), O_RDWR);
    assert_true(part >= 0 && !fcntl(part, F_OFD_SETLK, &whole_file));
    assert_int_equal(left_images(&whole, &at_work), read);
    assert_true(at_work);
    assert_int_not_equal(remove_by_command(), 0);
    assert_int_equal(files_in_packs(), 2);
    close(part);
    assert_int_equal(remove_by_command(), 0);
    assert_int_equal(files_in_packs(), 0);
    assert_int_equal(left_images(&whole, &at_work), -1);
    assert_int_not_equal(remove_by_command(), 0); /* there is none */
    /* all images read, rows not written: only when nobody else is at work */
    assert_int_equal(import_until(again.packed + 4), -1);
    assert_int_equal(left_images(&whole, &at_work), IMAGES);
    assert_true(whole && !at_work);
    int lock = open(at("store/packs/lock"), O_RDWR);
    assert_true(lock >= 0 && !flock(lock, LOCK_SH));
    assert_int_equal(left_images(&whole, &at_work), IMAGES);
    assert_true(whole && at_work);
    assert_int_not_equal(remove_by_command(), 0);
    assert_int_equal(files_in_packs(), 2);
    close(lock);
    assert_int_equal(remove_by_command(), 0);
    assert_int_equal(files_in_packs(), 0);
    assert_int_equal(import_until(0), 0);
    remove_set();
}

int main(void)
{
    counts = mmap(NULL, sizeof *counts, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (counts == MAP_FAILED) return 99;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(an_import_that_is_killed_anywhere_ends_with_the_same_set, scratch_setup,
                                        scratch_teardown),
        cmocka_unit_test_setup_teardown(what_a_kill_leaves_is_listed_and_can_be_removed, scratch_setup,
                                        scratch_teardown),
    };
    return cmocka_run_group_tests_name("import_killed", tests, NULL, NULL);
}
