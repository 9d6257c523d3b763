/* Runs that a suite meets while they train: their worker's signals, log and files, and another program's lock on the
 * database. */
#ifndef MLVICX_TESTS_LIVE_RUN_H
#define MLVICX_TESTS_LIVE_RUN_H

#include "tests/run_help.h"

#include <sqlite3.h>

#include "store/lock.h"

/* Another program's write lock on the database. */
static inline sqlite3 *lock_store(void)
{
    char path[300];
    sqlite3 *db;
    snprintf(path, sizeof path, "%s/mlvicx.db", home);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    sqlite3_busy_timeout(db, 60000);
    assert_int_equal(sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
    return db;
}

static inline void unlock_store(sqlite3 *db)
{
    assert_int_equal(sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
}

static inline bool log_says(int64_t run, const char *words)
{
    char path[STORE_PATH], *text;
    struct err e;
    if (!store_run_path(store, run, "log", path, &e) || !(text = file_read_text(path, 1 << 24, &e))) return false;
    bool says = strstr(text, words) != NULL;
    free(text);
    return says;
}

static inline bool has_file(int64_t run, const char *name)
{
    char path[STORE_PATH];
    struct err e;
    return store_run_path(store, run, name, path, &e) && access(path, F_OK) == 0;
}

static inline void send(int64_t run, int number_of_signal)
{
    struct store_run row = row_of(run);
    if (row.pid > 0) kill((pid_t)row.pid, number_of_signal);
    store_run_clear(&row);
}

static inline void kill_worker(int64_t run)
{
    send(run, SIGKILL);
    UNTIL(!store_lock_held(store, run));
}

/* Steps of the checkpoints, as text. */
static inline const char *checkpoints(int64_t run)
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

/* A run with the settings of the reference that trains so slowly that it can be met on its way: each step is followed
 * by a look, and each look by a write. */
static inline int64_t begin_run(void)
{
    assert_int_equal(RUN("train", SETTINGS, "--detach"), 0);
    return last_run();
}

/* A finished run like the reference with a checkpoint each epoch, all of them kept. */
static inline int64_t finished_run(void)
{
    assert_int_equal(RUN("train", SETTINGS, "--set", "checkpoint.every=1", "--set", "checkpoint.minutes=0"), 0);
    return last_run();
}

#endif
