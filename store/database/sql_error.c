/* Errors of SQLite as one line for the person at the terminal: what happened, and what to do about it. */
#include "store/database/sql.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "store/database/holder.h"

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

/* Someone else has the database, or the file system gives no locks at all, which SQLite reports alike. */
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

/* A statement that the guard ended (guard.h), or the wish to stop. */
static bool ended_fail(const struct store *s, struct err *e, const char *doing)
{
    const char *colon = *doing ? ": " : "";
    if (s->stop_asked && s->stop_asked(s->stop_context))
        return err_set(e, ERR_INTERRUPTED, "store %s: %s%sinterrupted", s->dir, doing, colon);
    return err_set(
        e, ERR_FORMAT,
        "store %s: %s%sa look into the database does not end, so it is damaged; restore a copy, or save what "
        "can be read with sqlite3's .recover",
        s->dir, doing, colon);
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
    if ((rc & 0xff) == SQLITE_INTERRUPT) return ended_fail(s, e, doing);
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
