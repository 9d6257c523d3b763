/* Inside of the store: reading from a private copy. Only files of store/ include this.
 *
 * A database that only may be read can neither be brought up to date nor, where its shared index cannot be used, be
 * read while others write it. Then its pages are copied to a temporary database of this process, and that one is
 * read: as it was when it was opened. */
#ifndef MLVICX_STORE_COPY_H
#define MLVICX_STORE_COPY_H

#include <stdbool.h>

#include "engine/base/err.h"

struct store;

/** Exchange the handle of `s` for one on a copy of what it reads; `s->copied` is set. `path`: the file of the database,
 *  where nothing else keeps writers from changing it meanwhile (it is copied again, and given up after some tries);
 *  NULL: SQLite does. */
bool copy_take(struct store *s, const char *path, struct err *e);

#endif
