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

/* One row, into the list if there is one. */
static bool read_one(struct store *s, sqlite3_stmt *q, const struct row_reader *r, struct err *why)
{
    if (!r->size) return r->read(s, q, NULL, r->context, why);
    if (!rows_grow(r->rows, *r->count, r->size, why)) return false;
    char *list = *(void **)r->rows;
    if (!r->read(s, q, list + *r->count * r->size, r->context, why)) return false;
    ++*r->count;
    return true;
}

bool rows_read(struct store *s, sqlite3_stmt *q, const struct row_reader *r, struct err *e)
{
    if (!q) return false;
    struct err why = { 0 };
    enum sql_result got;
    while ((got = sql_step(s, q, e)) == SQL_ROW) {
        if (read_one(s, q, r, &why) || (r->unreadable && rows_pass_over(&why, r->unreadable, r->why))) continue;
        if (e) *e = why;
        sql_release(s, q);
        return false;
    }
    return got == SQL_END;
}
