/* Statements are prepared once and kept. */
#include "store/database/sql.h"

#include <assert.h>
#include <math.h>

#include "store/database/guard.h"

static int bind_value(sqlite3_stmt *q, int place, const struct sql_value *v)
{
    switch (v->type) {
    case SQL_INT:
        return sqlite3_bind_int64(q, place, v->integer);
    case SQL_REAL:
        return isfinite(v->real) ? sqlite3_bind_double(q, place, v->real) : sqlite3_bind_null(q, place);
    case SQL_TEXT:
        return sqlite3_bind_text(q, place, v->bytes, -1, SQLITE_TRANSIENT);
    case SQL_BLOB:
        return sqlite3_bind_blob64(q, place, v->bytes ? v->bytes : "", v->size, SQLITE_TRANSIENT);
    }
    return SQLITE_MISUSE;
}

/* No values at all: the statement is kept for sql_again, which has them. */
static bool bind(sqlite3_stmt *q, struct sql_values values)
{
    assert(!values.count || values.count == sqlite3_bind_parameter_count(q));
    int rc = SQLITE_OK;
    for (int i = 0; i < values.count && rc == SQLITE_OK; i++) rc = bind_value(q, i + 1, &values.row[i]);
    return rc == SQLITE_OK;
}

static sqlite3_stmt *prepare(struct store *s, const char *sql, struct err *e)
{
    for (int i = 0; i < s->cached; i++) {
        if (s->cache[i].sql != sql || s->cache[i].busy) continue;
        s->cache[i].busy = true;
        return s->cache[i].statement;
    }
    bool keep = s->cached < SQL_CACHE;
    sqlite3_stmt *q = NULL;
    if (sqlite3_prepare_v3(s->db, sql, -1, keep ? SQLITE_PREPARE_PERSISTENT : 0, &q, NULL) != SQLITE_OK) {
        sql_fail(s, e, "");
        return NULL;
    }
    if (keep) s->cache[s->cached++] = (struct sql_cached){ sql, q, true };
    return q;
}

void sql_release(struct store *s, sqlite3_stmt *q)
{
    if (!q) return;
    for (int i = 0; i < s->cached; i++) {
        if (s->cache[i].statement != q) continue;
        sqlite3_reset(q);
        sqlite3_clear_bindings(q);
        s->cache[i].busy = false;
        return;
    }
    sqlite3_finalize(q);
}

sqlite3_stmt *sql_select(struct store *s, struct err *e, const char *sql, struct sql_values values)
{
    guard_reset(s);
    sqlite3_stmt *q = prepare(s, sql, e);
    if (!q || bind(q, values)) return q;
    sql_fail(s, e, "");
    sql_release(s, q);
    return NULL;
}

enum sql_result sql_step(struct store *s, sqlite3_stmt *q, struct err *e)
{
    int rc = sqlite3_step(q);
    if (rc == SQLITE_ROW) return SQL_ROW;
    if (rc != SQLITE_DONE) sql_fail(s, e, "");
    sql_release(s, q);
    return rc == SQLITE_DONE ? SQL_END : SQL_ERROR;
}

bool sql_again(struct store *s, sqlite3_stmt *q, struct err *e, struct sql_values values)
{
    sqlite3_reset(q);
    guard_reset(s);
    bool ok = bind(q, values) && sqlite3_step(q) == SQLITE_DONE;
    if (!ok) sql_fail(s, e, "");
    sqlite3_reset(q);
    return ok;
}

bool sql_run(struct store *s, struct err *e, const char *sql, struct sql_values values)
{
    if (s->gone && !store_in_place(s, e)) return false;
    sqlite3_stmt *q = sql_select(s, e, sql, values);
    if (!q) return false;
    enum sql_result r;
    while ((r = sql_step(s, q, e)) == SQL_ROW) continue;
    return r == SQL_END;
}

bool sql_change(struct store *s, struct err *e, int *changed, const char *sql, struct sql_values values)
{
    bool ok = sql_run(s, e, sql, values);
    *changed = ok ? sqlite3_changes(s->db) : 0;
    return ok;
}

bool sql_integer(struct store *s, struct err *e, int64_t *out, int64_t otherwise, const char *sql,
                 struct sql_values values)
{
    sqlite3_stmt *q = sql_select(s, e, sql, values);
    *out = otherwise;
    if (!q) return false;
    enum sql_result r = sql_step(s, q, e);
    if (r != SQL_ROW) return r == SQL_END;
    int type = sqlite3_column_type(q, 0);
    if (type == SQLITE_INTEGER) *out = sqlite3_column_int64(q, 0);
    sql_release(s, q);
    return type == SQLITE_INTEGER || type == SQLITE_NULL ||
           err_set(e, ERR_FORMAT,
                   "store %s: a row holds something else than the whole number that belongs there; restore a copy of "
                   "the store",
                   s->dir);
}

bool sql_execute(struct store *s, const char *sql, const char *doing, struct err *e)
{
    guard_reset(s);
    return sqlite3_exec(s->db, sql, NULL, NULL, NULL) == SQLITE_OK || sql_fail(s, e, doing);
}
