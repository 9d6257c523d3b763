/* The text of a table as UTF-8, whatever its encoding: UTF-8, UTF-16 with or without a byte order mark, or
 * Windows-1252 (which includes Latin-1, as far as tables are concerned); plain or gzip.
 *
 * A file is scanned once when it is opened, because its last line may show what its first does not: a text that
 * is not valid UTF-8 anywhere is read as Windows-1252 everywhere. What is not text (a workbook, UTF-32, zero bytes)
 * is refused by name. */
#ifndef MLVICX_DATA_TABLE_TEXT_H
#define MLVICX_DATA_TABLE_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "engine/base/err.h"

struct table_text;

/** Opens a regular file: tables are read more than once. `path` is borrowed until the close. */
bool table_text_open(const char *path, struct table_text **out, struct err *e);
void table_text_close(struct table_text *t); /* NULL is fine */

/** "UTF-8", "UTF-16", "Windows-1252". */
const char *table_text_encoding(const struct table_text *t);

/** Reads up to `room` (64 or more) bytes of text into `out`, without a byte order mark. Line ends are as in the
 * file, except that lone carriage returns become line feeds. Returns the number of bytes, 0 at the end, -1 on an
 * error. */
int table_text_read(struct table_text *t, char *out, int room, struct err *e);

#endif
