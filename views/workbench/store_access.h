/* The store's place: whether it was removed, renamed or replaced while it is open; writes that wait for no one. */
#ifndef MLVICX_VIEWS_STORE_ACCESS_H
#define MLVICX_VIEWS_STORE_ACCESS_H

#include <stdbool.h>

#include "engine/base/err.h"

struct workbench;

struct store_access {
    bool gone, asked; /* the store, from its place; whether to quit was asked then */
};

/** Whether the store still lies where it was opened; where it does not, it is said, and asked whether to quit. Whatever
 *  writes asks first. */
bool store_access_check(struct workbench *wb);
/** A write of this process stands between these two: for a moment it waits for another program that has the store, then
 *  it fails, since keys and drawing wait with it. The first is false, with a message, where the store is gone; the
 * second says why where `ok` is false, and returns it. */
bool store_access_begin_write(struct workbench *wb);
bool store_access_end_write(struct workbench *wb, bool ok, const struct err *e);

#endif
