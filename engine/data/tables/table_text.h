/* The text of a table, as UTF-8, whatever it was saved as: UTF-8, UTF-16 with or without its mark, or Windows-1252
 * (which Latin-1 is a part of, as far as tables go); plain or gzip.
 *
 * A file is looked over once when it is opened, since its last line may tell what its first does not: a text that is no
 * UTF-8 anywhere is Windows-1252 everywhere. What is no text (a workbook, UTF-32, zero bytes) is refused by name. */
#ifndef MLVICX_DATA_TABLE_TEXT_H
#define MLVICX_DATA_TABLE_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "engine/base/err.h"

struct table_text;

/** Open a regular file: tables are read more than once. `path` is borrowed until the close. */
bool table_text_open(const char *path, struct table_text **out, struct err *e);
void table_text_close(struct table_text *t); /* NULL is fine */

/** "UTF-8", "UTF-16", "Windows-1252". */
const char *table_text_encoding(const struct table_text *t);

/** Up to `room` (64 or more) bytes of text into `out`, without a byte order mark, lines ended as in the file, those of
 *  lone carriage returns by line feeds. Returns their number, 0 at the end, -1 on an error. */
int table_text_read(struct table_text *t, char *out, int room, struct err *e);

#endif
