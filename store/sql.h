/* Inside of the store: the handle, statements, and what SQLite's codes mean to a person. Only files of store/ include
 * this. Values are bound by a string of letters: i int64_t, d double (not finite: NULL), t text (NULL: NULL),
 * b bytes (const void *, size_t). */
#ifndef MLVICX_STORE_SQL_H
#define MLVICX_STORE_SQL_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <sqlite3.h>

#include "engine/base/err.h"
#include "engine/base/folder.h"
#include "store/store.h"

enum { SQL_CACHE = 128 };

/** A statement that stays prepared; `sql` is a literal and compared by address. */
struct sql_cached {
    const char *sql;
    sqlite3_stmt *statement;
    bool busy;
};

struct metric_name {
    char name[64];
    int64_t id;
};

struct store {
    sqlite3 *db;
    char dir[STORE_PATH];  /* as the user named it                                      */
    char real[STORE_PATH]; /* the same without links, for SQLite, which opens by itself */
    struct folder root;    /* the workspace, held open; fd -1 where there is none       */
    bool read_only, network;
    bool trusted;     /* by the user's word: whose it is was not asked */
    bool foreign;     /* somebody else's (owner.h), which is only read */
    bool copied;      /* what is read is a copy of the time when it was opened (copy.h) */
    double copied_at; /* that time */
    bool partly;      /* the newest entries lie in a log that cannot be read */
    char remark[240]; /* for the person: why it is only read, and as of when; "" for nothing */
    bool bundle; /* a part of a run in a file of its own (bundle.h): no roll-ups, and nothing else hangs on its rows */
    bool gone;   /* from its place, when store_in_place last looked */
    int (*asked)(void); /* whether somebody wants an end (store_set_asked) */
    int depth;          /* of nested transactions */
    bool doomed;        /* an inner one was rolled back */
    struct sql_cached cache[SQL_CACHE];
    int cached;
    struct metric_name *metrics;       /* as far as they were read */
    size_t metric_count, metrics_kept; /* that many of them are committed */
    int64_t changes, data_version;     /* for store_change_counter */
    int64_t looks;                     /* guard.h: at what the running statement does */
    bool (*stop_asked)(void *ctx);     /* store_heed */
    void *stop_context;
};

/** Whether the file that was opened lies no longer where it lay, or another one does. */
bool sql_moved(const struct store *s);

/** End the handle with the statements that are kept for it; `db` is NULL then. */
void sql_close(struct store *s);

/** Fill `e` from SQLite's last error on this handle. `doing` begins the message. Returns false. */
bool sql_fail(struct store *s, struct err *e, const char *doing);

/** A statement with its values bound, ready for sql_step; NULL on error. Release it unless sql_step said it is over.
 *  `sql` is a literal: statements are kept by address. */
sqlite3_stmt *sql_select(struct store *s, struct err *e, const char *sql, const char *types, ...);

enum sql_result { SQL_ERROR = -1, SQL_END = 0, SQL_ROW = 1 };
/** Next row. On SQL_END and SQL_ERROR the statement is released. */
enum sql_result sql_step(struct store *s, sqlite3_stmt *statement, struct err *e);
void sql_release(struct store *s, sqlite3_stmt *statement); /* NULL is fine */

/** Bind anew and run a statement got from sql_select to its end, keeping it: for many rows in a row. */
bool sql_again(struct store *s, sqlite3_stmt *statement, struct err *e, const char *types, ...);

/** Run one statement to its end. */
bool sql_run(struct store *s, struct err *e, const char *sql, const char *types, ...);
/** The same, then fill `*changed` with the number of rows that changed. */
bool sql_change(struct store *s, struct err *e, int *changed, const char *sql, const char *types, ...);
/** The same with a list of arguments. */
bool sql_change_list(struct store *s, struct err *e, int *changed, const char *sql, const char *types, va_list ap);
/** First column of the first row as integer, `otherwise` when there is no row or it is NULL. What is no integer is an
 *  error. */
bool sql_integer(struct store *s, struct err *e, int64_t *out, int64_t otherwise, const char *sql, const char *types,
                 ...);

/** End what store_begin began: commit when `ok`, else roll back. Returns whether all went well. */
bool sql_end(struct store *s, bool ok, struct err *e);

/** One view of the database for several reads, so that what others commit meanwhile does not come in between. `*own`
 *  tells whether it began here: false inside a transaction, which is one already. */
bool sql_view_begin(struct store *s, bool *own, struct err *e);
void sql_view_end(struct store *s, bool own);

/** Which rows of `dataset` readers know: names that begin with a dot are of sets half written or half removed. */
#define DATASET_VISIBLE "name NOT GLOB '.*'"
/** Likewise of `evaluation`: those whose task begins with a dot are half written. */
#define EVALUATION_VISIBLE "task NOT GLOB '.*'"

/** Make room for one more row in a growing list: *rows [count] of `size` bytes each, grown in powers of two. The new
 *  row is zeroed. */
bool rows_grow(void *rows, size_t count, size_t size, struct err *e);
/** May a list go on without a row that failed to be read as `why` says? Where the row is to blame: it is counted, and
 *  the first reason kept. */
bool rows_pass_over(const struct err *why, size_t *unreadable, struct err *first);

/** As sqlite3_exec, for statements of ours that give no rows. `doing` begins the message. */
bool sql_execute(struct store *s, const char *sql, const char *doing, struct err *e);

/** A handle that has nothing open yet; NULL when memory ran out. store_close ends it. */
struct store *store_allocate(void);
/** Whether a database of `folder`, and what SQLite keeps beside it, may be opened by its path (folder_check). */
bool store_database_check(const struct folder *folder, const char *name, struct err *e);
/** Whether what SQLite has opened is the file of that name in `folder`. */
bool store_database_same(struct store *s, const struct folder *folder, const char *name, struct err *e);

/** As store_open, with the finding about the file system given (for tests), and the user's word about its owner. */
bool store_open_as(const char *dir, enum store_mode mode, int network, bool trust, struct store **out, struct err *e);

#endif
