/* Statements are prepared once and kept; errors come out as one line for the person at the terminal. */
#include "store/sql.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/guard.h"
#include "store/holder.h"

/* What a code means, and what to do about it. Extended codes are looked up first. */
static const struct {
    int rc;
    enum err_code code;
    const char *text; /* NULL: SQLite's own words */
} meanings[] = {
    { SQLITE_FULL, ERR_IO, "the disk is full; nothing was written: free some space and try again" },
    { SQLITE_READONLY, ERR_IO, "the store is read-only; nothing was written" },
    { SQLITE_PERM, ERR_IO, "no permission" },
    { SQLITE_CORRUPT, ERR_FORMAT,
      "the database is damaged; restore a copy, or save what can be read with sqlite3's .recover" },
    { SQLITE_NOTADB, ERR_FORMAT, "this is not a database of mlvicx; move it away or choose another --store" },
    { SQLITE_NOMEM, ERR_MEMORY, "memory ran out" },
    { SQLITE_TOOBIG, ERR_FORMAT, "a row is larger than any that this program writes; restore a copy of the store" },
    { SQLITE_CONSTRAINT, ERR_CONFLICT, NULL },
    { SQLITE_CANTOPEN, ERR_IO, "cannot be opened" },
};

/* Somebody else has the database, or the file system gives no locks at all, which SQLite reports alike. */
static bool busy_fail(const struct store *s, struct err *e, const char *doing)
{
    char holder[80];
    const char *colon = *doing ? ": " : "";
    if (!s->read_only && holder_without_locks(s->dir))
        return err_set(
            e, ERR_IO,
            "store %s: %s%sthe file system gives no locks (%s); start its lock service, mount it with locks, or "
            "choose a local --store",
            s->dir, doing, colon, strerror(ENOLCK));
    return err_set(e, ERR_LOCKED, "store %s: %s%sanother process keeps the database locked%s; try again", s->dir, doing,
                   colon, holder_describe(s->dir, holder, sizeof holder));
}

/* SQLite says the same of a disk without room and of a table that has given its greatest number, after which
 * AUTOINCREMENT gives none. Only a database that was changed by hand comes to that. */
static bool numbers_fail(struct store *s, struct err *e, const char *doing)
{
    sqlite3_stmt *q = NULL;
    char table[64] = "";
    if (sqlite3_prepare_v2(s->db,
                           "SELECT name FROM sqlite_sequence WHERE CAST(seq AS INTEGER) = 9223372036854775807 LIMIT 1",
                           -1, &q, NULL) == SQLITE_OK &&
        sqlite3_step(q) == SQLITE_ROW)
        snprintf(table, sizeof table, "%s", (const char *)sqlite3_column_text(q, 0));
    sqlite3_finalize(q);
    return *table &&
           !err_set(e, ERR_FORMAT,
                    "store %s: %s%stable %s has given its greatest number, so that no row can be added; the store was "
                    "changed by hand: restore a copy, or begin another one with --store",
                    s->dir, doing, *doing ? ": " : "", table);
}

bool sql_fail(struct store *s, struct err *e, const char *doing)
{
    int rc = sqlite3_errcode(s->db), system = sqlite3_system_errno(s->db);
    if ((rc & 0xff) == SQLITE_BUSY || (rc & 0xff) == SQLITE_LOCKED) return busy_fail(s, e, doing);
    if ((rc & 0xff) == SQLITE_INTERRUPT) return guard_fail(s, e, doing);
    if ((rc & 0xff) == SQLITE_FULL && numbers_fail(s, e, doing)) return false;
    for (size_t i = 0; i < sizeof meanings / sizeof meanings[0]; i++) {
        if (meanings[i].rc != (rc & 0xff)) continue;
        return err_set(e, meanings[i].code, "store %s: %s%s%s", s->dir, doing, *doing ? ": " : "",
                       meanings[i].text ? meanings[i].text : sqlite3_errmsg(s->db));
    }
    if ((rc & 0xff) == SQLITE_IOERR) {
        char reason[ERR_REASON];
        if (store_outgrown(s)) system = EFBIG; /* which SQLite does not always keep */
        return err_set(e, ERR_IO, "store %s: %s%sreading or writing the database failed: %s", s->dir, doing,
                       *doing ? ": " : "", system ? err_reason(system, reason, sizeof reason) : sqlite3_errmsg(s->db));
    }
    return err_set(e, ERR_INTERNAL, "store %s: %s%s%s", s->dir, doing, *doing ? ": " : "", sqlite3_errmsg(s->db));
}

bool sql_moved(const struct store *s)
{
    int moved = 0;
    sqlite3_file_control(s->db, "main", SQLITE_FCNTL_HAS_MOVED, &moved); /* an empty one in memory has not */
    return moved;
}

void sql_close(struct store *s)
{
    for (int i = 0; i < s->cached; i++) sqlite3_finalize(s->cache[i].statement);
    s->cached = 0;
    sqlite3_close(s->db);
    s->db = NULL;
}

static bool bind(sqlite3_stmt *q, const char *types, va_list ap)
{
    int rc = SQLITE_OK;
    for (int i = 1; *types && rc == SQLITE_OK; types++, i++) {
        switch (*types) {
        case 'i':
            rc = sqlite3_bind_int64(q, i, va_arg(ap, int64_t));
            break;
        case 'd': {
            double x = va_arg(ap, double);
            rc = isfinite(x) ? sqlite3_bind_double(q, i, x) : sqlite3_bind_null(q, i);
            break;
        }
        case 't':
            rc = sqlite3_bind_text(q, i, va_arg(ap, const char *), -1, SQLITE_TRANSIENT);
            break;
        case 'b': {
            const void *bytes = va_arg(ap, const void *);
            size_t n = va_arg(ap, size_t);
            rc = sqlite3_bind_blob64(q, i, bytes ? bytes : "", n, SQLITE_TRANSIENT);
            break;
        }
        default:
            rc = SQLITE_MISUSE;
        }
    }
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

static sqlite3_stmt *select_list(struct store *s, struct err *e, const char *sql, const char *types, va_list ap)
{
    guard_reset(s);
    sqlite3_stmt *q = prepare(s, sql, e);
    if (!q || bind(q, types, ap)) return q;
    sql_fail(s, e, "");
    sql_release(s, q);
    return NULL;
}

sqlite3_stmt *sql_select(struct store *s, struct err *e, const char *sql, const char *types, ...)
{
    va_list ap;
    va_start(ap, types);
    sqlite3_stmt *q = select_list(s, e, sql, types, ap);
    va_end(ap);
    return q;
}

enum sql_result sql_step(struct store *s, sqlite3_stmt *q, struct err *e)
{
    int rc = sqlite3_step(q);
    if (rc == SQLITE_ROW) return SQL_ROW;
    if (rc != SQLITE_DONE) sql_fail(s, e, "");
    sql_release(s, q);
    return rc == SQLITE_DONE ? SQL_END : SQL_ERROR;
}

bool sql_again(struct store *s, sqlite3_stmt *q, struct err *e, const char *types, ...)
{
    sqlite3_reset(q);
    guard_reset(s);
    va_list ap;
    va_start(ap, types);
    bool ok = bind(q, types, ap) && sqlite3_step(q) == SQLITE_DONE;
    va_end(ap);
    if (!ok) sql_fail(s, e, "");
    sqlite3_reset(q);
    return ok;
}

static bool run_list(struct store *s, struct err *e, const char *sql, const char *types, va_list ap)
{
    if (s->gone && !store_in_place(s, e)) return false;
    sqlite3_stmt *q = select_list(s, e, sql, types, ap);
    if (!q) return false;
    enum sql_result r;
    while ((r = sql_step(s, q, e)) == SQL_ROW) continue;
    return r == SQL_END;
}

bool sql_run(struct store *s, struct err *e, const char *sql, const char *types, ...)
{
    va_list ap;
    va_start(ap, types);
    bool ok = run_list(s, e, sql, types, ap);
    va_end(ap);
    return ok;
}

bool sql_change_list(struct store *s, struct err *e, int *changed, const char *sql, const char *types, va_list ap)
{
    bool ok = run_list(s, e, sql, types, ap);
    *changed = ok ? sqlite3_changes(s->db) : 0;
    return ok;
}

bool sql_change(struct store *s, struct err *e, int *changed, const char *sql, const char *types, ...)
{
    va_list ap;
    va_start(ap, types);
    bool ok = sql_change_list(s, e, changed, sql, types, ap);
    va_end(ap);
    return ok;
}

bool sql_integer(struct store *s, struct err *e, int64_t *out, int64_t otherwise, const char *sql, const char *types,
                 ...)
{
    va_list ap;
    va_start(ap, types);
    sqlite3_stmt *q = select_list(s, e, sql, types, ap);
    va_end(ap);
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

bool sql_end(struct store *s, bool ok, struct err *e)
{
    if (ok) return store_commit(s, e);
    store_rollback(s);
    return false;
}

bool sql_view_begin(struct store *s, bool *own, struct err *e)
{
    *own = sqlite3_get_autocommit(s->db) != 0;
    return !*own || sql_execute(s, "BEGIN", "reading", e);
}

void sql_view_end(struct store *s, bool own)
{
    if (own) sqlite3_exec(s->db, "COMMIT", NULL, NULL, NULL);
}

bool sql_execute(struct store *s, const char *sql, const char *doing, struct err *e)
{
    guard_reset(s);
    return sqlite3_exec(s->db, sql, NULL, NULL, NULL) == SQLITE_OK || sql_fail(s, e, doing);
}

bool rows_grow(void *rows, size_t count, size_t size, struct err *e)
{
    void **place = rows;
    if (count == 0 || (count >= 8 && (count & (count - 1)) == 0)) {
        void *grown = realloc(*place, (count ? count * 2 : 8) * size);
        if (!grown) return err_set(e, ERR_MEMORY, "store: no memory for %zu rows", count + 1);
        *place = grown;
    }
    memset((char *)*place + count * size, 0, size);
    return true;
}

bool rows_pass_over(const struct err *why, size_t *unreadable, struct err *first)
{
    if (why->code != ERR_FORMAT) return false;
    if (!(*unreadable)++) *first = *why;
    return true;
}
