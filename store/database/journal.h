/* Inside of the store: a journal that somebody else wrote. Only files of store/ include this.
 *
 * A journal that a writer left is played back by whoever opens the database next, to read as well. One of a transaction
 * over several databases ends with the path of a further file, which SQLite opens, whatever it is, and removes at the
 * end. No transaction of this program has several databases, so none of its journals names a file. */
#ifndef MLVICX_STORE_JOURNAL_H
#define MLVICX_STORE_JOURNAL_H

#include <stdbool.h>

#include "engine/base/err.h"
#include "engine/base/folder.h"

/** True where the journal `name` of the folder is missing or names no other file; else ERR_FORMAT. */
bool journal_check(const struct folder *folder, const char *name, struct err *e);

#endif
