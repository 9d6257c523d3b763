/* Private to the store: reading from a private copy.
 *
 * A database that may only be read cannot be upgraded, and if its shared index cannot be used, it cannot be read
 * while others write it. Then its pages are copied to a temporary database of this process, and that one is read, as
 * it was when it was opened. */
#ifndef MLVICX_STORE_COPY_H
#define MLVICX_STORE_COPY_H

#include <stdbool.h>

#include "engine/base/err.h"

struct store;

/** Replaces the handle of `s` by one on a copy of what it reads; `s->copied` is set. `path`: the file of the
 * database, if nothing else keeps writers from changing it meanwhile (it is copied again, and given up after some
 * attempts); NULL: SQLite does. */
bool copy_take(struct store *s, const char *path, struct err *e);

#endif
