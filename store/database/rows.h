/* Private to the store: reads the rows of a query one after another; the loop of every reader. */
#ifndef MLVICX_STORE_ROWS_H
#define MLVICX_STORE_ROWS_H

#include <math.h>
#include <stdbool.h>
#include <stddef.h>

#include "engine/base/err.h"
#include "store/database/sql.h"

/* What happens with each row. If `size` is not 0, the rows form a list: each is read into a new element at its end,
 * zeroed before; else `row` is NULL and everything goes to `context`. */
struct row_reader {
    /** Reads the current row of `q`. False: e says why, and whatever `row` owned is released. */
    bool (*read)(struct store *s, sqlite3_stmt *q, void *row, void *context, struct err *e);
    void *context;
    void *rows; /* address of the pointer to the list */
    size_t *count, size;
    size_t *unreadable;         /* damaged rows are skipped and counted here; NULL: the first ends the reading */
    struct err *why;            /* of the first of them */
    struct store_cursor *place; /* where to stop after a page; NULL: all rows are read */
    int key;                    /* column by which the rows of a page are ordered, in one direction */
};

/* A page ends after this many rows, or this many bytes of texts and blobs, unless its cursor says otherwise. */
enum { ROWS_PAGE = 1024, ROWS_PAGE_BYTES = 1 << 24 };
/** The key after which a statement begins: NULL at the first page, for which it says coalesce(?, -9e999), or 9e999
 * if it descends. */
#define ROWS_BEHIND(place) ((place)->begun ? INT((place)->last) : REAL(NAN))
/** The reader of a page of `list`, as ROW_LIST, whose rows come in the order of integer column `column`. */
#define ROW_PAGE(list, read_row, at, column)                                                                           \
    {                                                                                                                  \
        .read = (read_row), .rows = &(list)->rows, .count = &(list)->count, .size = sizeof *(list)->rows,              \
        .unreadable = &(list)->unreadable, .why = &(list)->why, .place = (at), .key = (column)                         \
    }

/** The reader that fills `list`, a pointer to a struct with the members rows, count, unreadable and why. `lenient`:
 * damaged rows are skipped and counted; else the first of them ends the reading. */
#define ROW_LIST(list, read_row, lenient)                                                                              \
    {                                                                                                                  \
        .read = (read_row), .rows = &(list)->rows, .count = &(list)->count, .size = sizeof *(list)->rows,              \
        .unreadable = (lenient) ? &(list)->unreadable : NULL, .why = &(list)->why                                      \
    }

/** Reads all rows of `q`, or a page of them; `q` is released. NULL is an error that was reported. On false the
 * caller must clear the list: it holds the rows that were read before. */
bool rows_read(struct store *s, sqlite3_stmt *q, const struct row_reader *reader, struct err *e);

/** Make room for one more row in a growing list: *rows [count] of `size` bytes each, grown in powers of two. The new
 *  row is zeroed. */
bool rows_grow(void *rows, size_t count, size_t size, struct err *e);
/** May a list go on without a row that failed to be read as `why` says? Where the row is to blame: it is counted, and
 *  the first reason kept. */
bool rows_pass_over(const struct err *why, size_t *unreadable, struct err *first);

#endif
