/* What the suites of the store share: a workspace that is removed afterwards, and the whole database as text. */
#ifndef MLVICX_TESTS_STORE_HELP_H
#define MLVICX_TESTS_STORE_HELP_H

#include "tests/folder_help.h"

#include <sqlite3.h>
#include <unistd.h>

#include "engine/base/files.h"
#include "engine/base/text.h"
#include "store/run.h"
#include "store/database/sql.h"
#include "store/database/store.h"

#define OK(call)                                                                                                       \
    do {                                                                                                               \
        if (!(call)) fail_msg("%s: %s", #call, error.msg);                                                             \
    } while (0)

#define REFUSED(call, wanted, part)                                                                                    \
    do {                                                                                                               \
        error = (struct err){ 0 };                                                                                     \
        assert_false(call);                                                                                            \
        if (!strstr(error.msg, part)) fail_msg("%s: %s", #call, error.msg);                                            \
        assert_int_equal(error.code, wanted);                                                                          \
    } while (0)

static struct err error;

/** Fixture functions: *state is an open store in a workspace of its own. */
static inline int store_setup(void **state)
{
    struct store *s;
    OK(store_open(workspace_make(), STORE_WRITE, &s, &error));
    *state = s;
    return 0;
}

static inline int store_teardown(void **state)
{
    struct store *s = *state;
    char dir[STORE_PATH];
    snprintf(dir, sizeof dir, "%s", store_dir(s));
    store_close(s);
    workspace_remove(dir);
    return 0;
}

/** Into the folder, which is there: the database that a store of an older version was dumped from. */
static inline void old_store_make(const char *dir, int version)
{
    char path[STORE_PATH + 16], name[48], *sql, *why = NULL;
    sqlite3 *db;
    snprintf(name, sizeof name, "tests/fixtures/store-v%d.sql", version);
    sql = file_read_text(source_path(name), 1 << 20, &error);
    OK(sql != NULL);
    snprintf(path, sizeof path, "%s/mlvicx.db", dir);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    if (sqlite3_exec(db, sql, NULL, NULL, &why) != SQLITE_OK) fail_msg("%s: %s", name, why);
    sqlite3_close(db);
    free(sql);
}

static inline int64_t make_run(struct store *s, const char *name)
{
    struct store_run row = { .seed = 7, .steps = 1000, .epochs = 10 };
    snprintf(row.name, sizeof row.name, "%s", name);
    int64_t id;
    OK(store_run_insert(s, &row, &id, &error));
    return id;
}

/** Rows of a query as lines, values separated by '|'. */
static inline void dump_query(sqlite3 *db, const char *sql, struct text *out)
{
    sqlite3_stmt *q;
    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &q, NULL), SQLITE_OK);
    while (sqlite3_step(q) == SQLITE_ROW) {
        for (int i = 0; i < sqlite3_column_count(q); i++) {
            if (sqlite3_column_type(q, i) == SQLITE_FLOAT)
                text_printf(out, "%a|", sqlite3_column_double(q, i)); /* to the bit */
            else if (sqlite3_column_type(q, i) == SQLITE_BLOB)
                text_printf(out, "%d bytes|", sqlite3_column_bytes(q, i));
            else
                text_printf(out, "%s|", sqlite3_column_text(q, i) ? (const char *)sqlite3_column_text(q, i) : "NULL");
        }
        text_add(out, "\n");
    }
    sqlite3_finalize(q);
}

/** Every row of every table. */
static inline void dump_all(sqlite3 *db, struct text *out)
{
    sqlite3_stmt *q;
    assert_int_equal(
        sqlite3_prepare_v2(db, "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name", -1, &q, NULL),
        SQLITE_OK);
    while (sqlite3_step(q) == SQLITE_ROW) {
        char sql[128];
        snprintf(sql, sizeof sql, "SELECT * FROM %s", sqlite3_column_text(q, 0));
        text_printf(out, "-- %s\n", sqlite3_column_text(q, 0));
        dump_query(db, sql, out);
    }
    sqlite3_finalize(q);
}

#endif
