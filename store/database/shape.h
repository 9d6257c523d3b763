/* Whether the tables of a database are those that this program makes. Views, triggers and changed tables would stand
 * between what a statement says and what it does. Only files of store/ include this. */
#ifndef MLVICX_STORE_SHAPE_H
#define MLVICX_STORE_SHAPE_H

#include <stdbool.h>

#include "engine/base/err.h"
#include "store/database/sql.h"

/** Compare the open database, which says that it is of version `version` (0: empty), with one made anew. Tables of
 *  others, and indices on them, may be there too, since nothing reads them; whatever else differs is ERR_FORMAT. Reads
 *  only. */
bool shape_check(struct store *s, int version, struct err *e);

#endif
