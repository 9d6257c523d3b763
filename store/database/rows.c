#include "store/database/rows.h"

#include <stdlib.h>
#include <string.h>

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

/* Reads one row, into the list if there is one. */
static bool read_one(struct store *s, sqlite3_stmt *q, const struct row_reader *r, struct err *why)
{
    if (!r->size) return r->read(s, q, NULL, r->context, why);
    if (!rows_grow(r->rows, *r->count, r->size, why)) return false;
    char *list = *(void **)r->rows;
    if (!r->read(s, q, list + *r->count * r->size, r->context, why)) return false;
    ++*r->count;
    return true;
}

/* Bytes of a row's texts and blobs. */
static size_t row_bytes(sqlite3_stmt *q)
{
    size_t bytes = 0;
    for (int i = sqlite3_column_count(q) - 1; i >= 0; i--) {
        int type = sqlite3_column_type(q, i);
        if (type == SQLITE_TEXT || type == SQLITE_BLOB) bytes += (size_t)sqlite3_column_bytes(q, i);
    }
    return bytes;
}

/* Whether the current row is the last of its page. A page does not end after a key that is not an integer: such
 * rows, which are unreadable and take no memory, are skipped. */
static bool page_ends(sqlite3_stmt *q, const struct row_reader *r, size_t *rows, size_t *bytes)
{
    if (!r->place) return false;
    size_t most_rows = r->place->rows ? r->place->rows : ROWS_PAGE,
           most_bytes = r->place->bytes ? r->place->bytes : ROWS_PAGE_BYTES;
    *bytes += row_bytes(q);
    if (++*rows < most_rows && *bytes < most_bytes) return false;
    if (sqlite3_column_type(q, r->key) != SQLITE_INTEGER) return false;
    r->place->last = sqlite3_column_int64(q, r->key);
    r->place->begun = true;
    return true;
}

bool rows_read(struct store *s, sqlite3_stmt *q, const struct row_reader *r, struct err *e)
{
    if (!q) return false;
    struct err why = { 0 };
    enum sql_result got;
    size_t rows = 0, bytes = 0;
    while ((got = sql_step(s, q, e)) == SQL_ROW) {
        bool passed = read_one(s, q, r, &why) || (r->unreadable && rows_pass_over(&why, r->unreadable, r->why));
        if (passed && !page_ends(q, r, &rows, &bytes)) continue;
        if (!passed && e) *e = why;
        sql_release(s, q);
        return passed;
    }
    if (r->place) r->place->ended = true;
    return got == SQL_END;
}
