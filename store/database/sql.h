/* Inside of the store: statements, and what SQLite's codes mean to a person. Only files of store/ include this. Values
 * are bound by a list that the compiler checks: BIND(INT(run), TEXT(name), REAL(at), BLOB(data, bytes)). */
#ifndef MLVICX_STORE_SQL_H
#define MLVICX_STORE_SQL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <sqlite3.h>

#include "engine/base/err.h"
#include "engine/base/folder.h"
#include "store/database/handle.h"

/* ---- sql_error.c ---- */

/** Fill `e` from SQLite's last error on this handle. `doing` begins the message. Returns false. */
bool sql_fail(struct store *s, struct err *e, const char *doing);

/* ---- sql.c: values of a statement ---- */

enum sql_type { SQL_INT, SQL_REAL, SQL_TEXT, SQL_BLOB };
struct sql_value {
    enum sql_type type;
    int64_t integer;
    double real;       /* not finite: NULL is bound */
    const void *bytes; /* borrowed until the call returns; a text of NULL: NULL is bound */
    size_t size;       /* of a blob */
};
struct sql_values {
    const struct sql_value *row;
    int count;
};

#define INT(x)        ((struct sql_value){ .type = SQL_INT, .integer = (x) })
#define REAL(x)       ((struct sql_value){ .type = SQL_REAL, .real = (x) })
#define TEXT(x)       sql_text(x)
#define BLOB(data, n) ((struct sql_value){ .type = SQL_BLOB, .bytes = (data), .size = (n) })
/** As many values as the statement has places. */
#define BIND(...)                                                                                                      \
    ((struct sql_values){ (const struct sql_value[]){ __VA_ARGS__ },                                                   \
                          (int)(sizeof((const struct sql_value[]){ __VA_ARGS__ }) / sizeof(struct sql_value)) })
#define BIND_NONE ((struct sql_values){ 0 })

static inline struct sql_value sql_text(const char *text)
{
    return (struct sql_value){ .type = SQL_TEXT, .bytes = text };
}

/* ---- sql.c: statements ---- */

/** A statement with its values bound, ready for sql_step; NULL on error. Release it unless sql_step said it is over.
 *  `sql` is a literal: statements are kept by address. */
sqlite3_stmt *sql_select(struct store *s, struct err *e, const char *sql, struct sql_values values);

enum sql_result { SQL_ERROR = -1, SQL_END = 0, SQL_ROW = 1 };
/** Next row. On SQL_END and SQL_ERROR the statement is released. */
enum sql_result sql_step(struct store *s, sqlite3_stmt *statement, struct err *e);
void sql_release(struct store *s, sqlite3_stmt *statement); /* NULL is fine */

/** Bind anew and run a statement got from sql_select to its end, keeping it: for many rows in a row. */
bool sql_again(struct store *s, sqlite3_stmt *statement, struct err *e, struct sql_values values);

/** Run one statement to its end. */
bool sql_run(struct store *s, struct err *e, const char *sql, struct sql_values values);
/** The same, then fill `*changed` with the number of rows that changed. */
bool sql_change(struct store *s, struct err *e, int *changed, const char *sql, struct sql_values values);
/** First column of the first row as integer, `otherwise` when there is no row or it is NULL. What is no integer is an
 *  error. */
bool sql_integer(struct store *s, struct err *e, int64_t *out, int64_t otherwise, const char *sql,
                 struct sql_values values);

/* ---- transaction.c ---- */

/** End what store_begin began: commit when `ok`, else roll back. Returns whether all went well. */
bool sql_end(struct store *s, bool ok, struct err *e);

/** Begin a read transaction, so that several reads see one state of the database whatever others commit meanwhile.
 * `*own` tells whether it began here: false inside a transaction, which is one already. */
bool sql_read_begin(struct store *s, bool *own, struct err *e);
void sql_read_end(struct store *s, bool own);

/* ---- sql.c: rows ---- */

/** Which rows of `dataset` readers know: names that begin with a dot are of sets half written or half removed. */
#define DATASET_VISIBLE "name NOT GLOB '.*'"
/** Likewise of `evaluation`: those whose task begins with a dot are half written. */
#define EVALUATION_VISIBLE "task NOT GLOB '.*'"

/** As sqlite3_exec, for statements of ours that give no rows. `doing` begins the message. */
bool sql_execute(struct store *s, const char *sql, const char *doing, struct err *e);

/* ---- store.c ---- */

/** Whether a database of `folder`, and what SQLite keeps beside it, may be opened by its path (folder_check). */
bool store_database_check(const struct folder *folder, const char *name, struct err *e);
/** Whether what SQLite has opened is the file of that name in `folder`. */
bool store_database_same(struct store *s, const struct folder *folder, const char *name, struct err *e);

/** As store_open, with the finding about the file system given (for tests), and the user's word about its owner. */
bool store_open_as(const char *dir, enum store_mode mode, int network, bool trust, struct store **out, struct err *e);

#endif
