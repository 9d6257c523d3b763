/* Rows of a selection, one after another: the loop of every reader. Only files of store/ include this. */
#ifndef MLVICX_STORE_ROWS_H
#define MLVICX_STORE_ROWS_H

#include <math.h>
#include <stdbool.h>
#include <stddef.h>

#include "engine/base/err.h"
#include "store/database/sql.h"

/* What becomes of each row. Where `size` is not 0, the rows make a list: each is read into a new one at its end, zeroed
 * before; else `row` is NULL and everything goes to `context`. */
struct row_reader {
    /** Read the current row of `q`. False: e says why, and what was taken for `row` is given back. */
    bool (*read)(struct store *s, sqlite3_stmt *q, void *row, void *context, struct err *e);
    void *context;
    void *rows; /* address of the pointer to the list */
    size_t *count, size;
    size_t *unreadable;         /* rows that are damaged are skipped and counted here; NULL: the first ends all */
    struct err *why;            /* of the first of them */
    struct store_cursor *place; /* where to stop after a page; NULL: all rows are read */
    int key;                    /* column that the rows of a page are ordered by, in one direction */
};

/* A page ends after so many rows, or with so many bytes of texts and blobs, where its cursor says nothing else. */
enum { ROWS_PAGE = 1024, ROWS_PAGE_BYTES = 1 << 24 };
/** What a statement is to begin behind: NULL at the first page, for which it says coalesce(?, -9e999), or 9e999 where
 *  it goes down. */
#define ROWS_BEHIND(place) ((place)->begun ? INT((place)->last) : REAL(NAN))
/** The reader of a page of `list`, as ROW_LIST, whose rows come in the order of integer column `column`. */
#define ROW_PAGE(list, read_row, at, column)                                                                           \
    {                                                                                                                  \
        .read = (read_row), .rows = &(list)->rows, .count = &(list)->count, .size = sizeof *(list)->rows,              \
        .unreadable = &(list)->unreadable, .why = &(list)->why, .place = (at), .key = (column)                         \
    }

/** The reader that fills `list`, a pointer to a struct with the members rows, count, unreadable and why. `lenient`:
 *  damaged rows are skipped and counted; else the first of them ends the reading. */
#define ROW_LIST(list, read_row, lenient)                                                                              \
    {                                                                                                                  \
        .read = (read_row), .rows = &(list)->rows, .count = &(list)->count, .size = sizeof *(list)->rows,              \
        .unreadable = (lenient) ? &(list)->unreadable : NULL, .why = &(list)->why                                      \
    }

/** Read all rows of `q`, or a page of them, which is released; NULL is an error that was said. On false the list is the
 * caller's to clear: it holds the rows that were read before. */
bool rows_read(struct store *s, sqlite3_stmt *q, const struct row_reader *reader, struct err *e);

/** Make room for one more row in a growing list: *rows [count] of `size` bytes each, grown in powers of two. The new
 *  row is zeroed. */
bool rows_grow(void *rows, size_t count, size_t size, struct err *e);
/** May a list go on without a row that failed to be read as `why` says? Where the row is to blame: it is counted, and
 *  the first reason kept. */
bool rows_pass_over(const struct err *why, size_t *unreadable, struct err *first);

#endif
