/* Tables with a header (RFC 4180): quotes, CRLF, line breaks inside quotes, a byte order mark, gzip.
 *
 * A table is read row by row; fields of the current row are borrowed until the next. What usually goes wrong is refused
 * by name: another separator than the comma, a column that is not there, a quote that never ends. */
#ifndef MLVICX_DATA_CSV_H
#define MLVICX_DATA_CSV_H

#include <stdbool.h>
#include <stddef.h>

#include "engine/base/err.h"

struct csv;

/** Open `path`, or `path`.gz where the plain file is absent, and read its header. Plain and gzip content are both read
 * whatever the name says. */
bool csv_open(const char *path, struct csv **out, struct err *e);
void csv_close(struct csv *t); /* NULL is fine */

/** The file that was opened. */
const char *csv_path(const struct csv *t);
size_t csv_columns(const struct csv *t);
const char *csv_column_name(const struct csv *t, size_t column);
/** Column of a name (exactly, then ignoring case), -1 where there is none. */
int csv_find(const struct csv *t, const char *name);
/** The same, but its absence is an error that tells the columns found. */
bool csv_need(const struct csv *t, const char *name, int *column, struct err *e);

/** Read the next row; blank lines are skipped. False at the end (e->code ERR_OK) and on an error. */
bool csv_next(struct csv *t, struct err *e);
/** Line on which the current row begins, from 1. */
size_t csv_line(const struct csv *t);
/** Field of the current row, outer blanks removed; "" where the row is too short. */
const char *csv_field(const struct csv *t, int column);

#endif
