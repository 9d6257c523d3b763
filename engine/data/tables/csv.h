/* Tables with a header (RFC 4180): quotes, CRLF, line breaks inside quotes, a byte order mark, gzip; columns
 * separated by commas, semicolons, tabs or bars, in the encodings of table_text.h.
 *
 * A table is read row by row; fields of the current row are borrowed until the next. What would go wrong silently
 * is refused by name: a row whose width differs from the header, a missing or duplicate column, a quote that never
 * ends. Empty rows are skipped. */
#ifndef MLVICX_DATA_CSV_H
#define MLVICX_DATA_CSV_H

#include <stdbool.h>
#include <stddef.h>

#include "engine/base/err.h"

struct csv;

/** Opens `path`, or `path`.gz if the plain file is absent, and reads its header. Plain and gzip content are both
 * read, whatever the name says. The separator is the one that explains the first rows best, or that a first line
 * "sep=;" gives. */
bool csv_open(const char *path, struct csv **out, struct err *e);
/** The same with a known separator; 0: detect it. */
bool csv_open_as(const char *path, char separator, struct csv **out, struct err *e);
void csv_close(struct csv *t); /* NULL is fine */

/** The file that was opened. */
const char *csv_path(const struct csv *t);
char csv_separator(const struct csv *t);
/** As in table_text.h. */
const char *csv_encoding(const struct csv *t);
size_t csv_columns(const struct csv *t);
const char *csv_column_name(const struct csv *t, size_t column);
/** Column of a name (exact match, then ignoring case), -1 if there is none. */
int csv_find(const struct csv *t, const char *name);
/** The same; false with an error if two columns have that name. */
bool csv_want(const struct csv *t, const char *name, int *column, struct err *e);
/** The same, but a missing column is an error that lists the columns found. */
bool csv_need(const struct csv *t, const char *name, int *column, struct err *e);

/** Reads the next row that is not empty. False at the end (e->code ERR_OK) and on an error. */
bool csv_next(struct csv *t, struct err *e);
/** Line on which the current row begins, from 1. */
size_t csv_line(const struct csv *t);
/** Field of the current row, outer blanks removed; "" if the row is too short. */
const char *csv_field(const struct csv *t, int column);
/** The field as a number, with a decimal point or a decimal comma. False if it is none. */
bool csv_number(const struct csv *t, int column, double *out);

#endif
