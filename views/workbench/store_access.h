/* Watches whether the store was removed, renamed or replaced while it is open; and writes that do not block. */
#ifndef MLVICX_VIEWS_STORE_ACCESS_H
#define MLVICX_VIEWS_STORE_ACCESS_H

#include <stdbool.h>

#include "engine/base/err.h"

struct workbench;

struct store_access {
    bool gone, asked; /* the store was removed from its place; the question whether to quit was asked */
};

/** Whether the store is still where it was opened. If it is not, the user is told, and asked whether to quit. Every
 * write calls this first. */
bool store_access_check(struct workbench *wb);
/** A write of this process goes between these two calls. It waits only briefly for another program that locks the
 * store, then it fails, since keys and drawing wait too. The first returns false, with a message, if the store is
 * gone; the second shows why if `ok` is false, and returns `ok`. */
bool store_access_begin_write(struct workbench *wb);
bool store_access_end_write(struct workbench *wb, bool ok, const struct err *e);

#endif
