/* The folder of packs, and what killed imports, merges and removals leave in it.
 *
 * A pack without rows, and rows without a name, can only come of a kill before all rows were written. Whoever writes a
 * pack holds a shared lock on packs/lock meanwhile, so the first one, who is alone, may tidy up: rows go, and so do
 * packs, except those of imports that can be continued (import_part). */
#ifndef MLVICX_APP_DATA_PACKS_H
#define MLVICX_APP_DATA_PACKS_H

#include "engine/base/folder.h"
#include "store/dataset.h"

/** Take the lock that all who write packs share, after tidying up what a kill left. Returns the descriptor, which frees
 *  it when closed; -1 with an error. */
int data_packs_enter(struct store *s, const struct folder *packs, struct err *e);
/** A pack that no data set has: it becomes the part of its import again (true), or is removed (false; e->code is ERR_OK
 *  unless that failed). One that a data set has stays as it is (false). */
bool data_pack_unrecorded(struct store *s, const struct folder *packs, const char *pack, struct err *e);
/** After the rows of set `id` were written: ERR_CONFLICT, and no set, where a removal took its pack meanwhile. */
bool data_pack_stays(struct store *s, const char *pack, const char *name, int64_t id, struct err *e);

#endif
