/* Transactions that nest: the outermost one writes, and a part that failed dooms the whole. */
#include "store/database/sql.h"

bool store_begin(struct store *s, enum store_safety safety, struct err *e)
{
    if (s->read_only)
        return err_set(e, ERR_IO, "store %s: is read-only; nothing was written%s%s%s", s->dir, *s->remark ? " (" : "",
                       s->remark, *s->remark ? ")" : "");
    if (s->gone && !store_in_place(s, e)) return false;
    if (s->depth == 0) {
        const char *sql = safety == STORE_FULL ? "PRAGMA synchronous = FULL; BEGIN IMMEDIATE"
                                               : "PRAGMA synchronous = NORMAL; BEGIN IMMEDIATE";
        if (!sql_execute(s, sql, "writing", e)) return false;
        s->doomed = false;
    }
    s->depth++;
    return true;
}

bool store_commit(struct store *s, struct err *e)
{
    if (s->depth > 1 && !s->doomed) {
        s->depth--;
        return true;
    }
    if (s->doomed) {
        store_rollback(s);
        return err_set(e, ERR_INTERNAL, "store %s: a part of the transaction failed; nothing was written", s->dir);
    }
    if (sqlite3_exec(s->db, "COMMIT", NULL, NULL, NULL) == SQLITE_OK) {
        s->depth = 0;
        s->metrics_kept = s->metric_count;
        return true;
    }
    sql_fail(s, e, "writing");
    store_rollback(s);
    return false;
}

void store_rollback(struct store *s)
{
    if (s->depth > 1) {
        s->doomed = true;
        s->depth--;
        return;
    }
    /* after a full disk SQLite has rolled back already */
    if (!sqlite3_get_autocommit(s->db)) sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL);
    s->depth = 0;
    s->doomed = false;
    s->metric_count = s->metrics_kept; /* names learned meanwhile may be gone */
}

bool sql_end(struct store *s, bool ok, struct err *e)
{
    if (ok) return store_commit(s, e);
    store_rollback(s);
    return false;
}

bool sql_read_begin(struct store *s, bool *own, struct err *e)
{
    *own = sqlite3_get_autocommit(s->db) != 0;
    return !*own || sql_execute(s, "BEGIN", "reading", e);
}

void sql_read_end(struct store *s, bool own)
{
    if (own) sqlite3_exec(s->db, "COMMIT", NULL, NULL, NULL);
}
