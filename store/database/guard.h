/* Private to the store: limits what a database can do to its reader, such as running code from its schema, or taking
 * unlimited time. */
#ifndef MLVICX_STORE_GUARD_H
#define MLVICX_STORE_GUARD_H

#include <stdbool.h>

#include "engine/base/err.h"
#include "store/database/sql.h"

/** Call it right after sqlite3_open, before the first statement: no views, no triggers, no functions of the schema's
 * choice, no other databases, cells checked as pages are read, lengths bounded; and the steps of a statement are
 * counted from now on. */
bool guard_database(struct store *s, struct err *e);

/** A new statement begins: its count is 0. */
void guard_reset(struct store *s);

#endif
