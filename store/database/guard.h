/* What a database is not allowed to do to its reader: run code that lies in its schema, or take all the time there is.
 * Only files of store/ include this. */
#ifndef MLVICX_STORE_GUARD_H
#define MLVICX_STORE_GUARD_H

#include <stdbool.h>

#include "engine/base/err.h"
#include "store/database/sql.h"

/** Right after sqlite3_open, before the first statement: no views, no triggers, no functions of the schema's choice, no
 *  other databases, cells checked as pages are read, lengths bounded; and the count of what a statement does begins. */
bool guard_database(struct store *s, struct err *e);

/** A new statement begins: its count is 0. */
void guard_reset(struct store *s);

#endif
