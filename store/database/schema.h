/* Bringing a database up to date: the migrations that it lacks, counted by PRAGMA user_version. */
#ifndef MLVICX_STORE_SCHEMA_H
#define MLVICX_STORE_SCHEMA_H

#include <stdbool.h>

#include "engine/base/err.h"
#include "store/database/migrations.h"
#include "store/database/store.h"

/** Bring the open database to the version of the last of `count` migrations, each in one transaction. A database of a
 *  newer version is refused by name. Fine when two processes do it at once. */
bool schema_upgrade(struct store *s, const struct migration *list, int count, struct err *e);

/** Version of the open database, as it says. */
bool schema_version(struct store *s, int *version, struct err *e);
/** The same; the database must look as that version does (shape.h), and a newer one is refused by name. Reads only. */
bool schema_known(struct store *s, int *version, struct err *e);

/** Add a metric, or renew its unit and help. */
bool metric_renew(struct store *s, const char *name, const char *unit, const char *help, struct err *e);

#endif
