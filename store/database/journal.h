/* Private to the store: a journal that somebody else wrote.
 *
 * A journal left by a writer is replayed by the next process that opens the database, also for reading. A journal of
 * a transaction over several databases ends with the path of another file, which SQLite opens, whatever it is, and
 * removes at the end. No transaction of this program has several databases, so none of its journals names a file. */
#ifndef MLVICX_STORE_JOURNAL_H
#define MLVICX_STORE_JOURNAL_H

#include <stdbool.h>

#include "engine/base/err.h"
#include "engine/base/folder.h"

/** True if the journal `name` of the folder is missing or names no other file; else ERR_FORMAT. */
bool journal_check(const struct folder *folder, const char *name, struct err *e);

#endif
