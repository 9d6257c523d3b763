/* Where the first weights of a run come from: a checkpoint of this workspace, or a file of the user's. */
#ifndef MLVICX_APP_INIT_H
#define MLVICX_APP_INIT_H

#include <stdbool.h>
#include <stddef.h>

#include "engine/base/err.h"
#include "engine/base/settings.h"
#include "engine/model/state_dict.h"
#include "store/database/store.h"

/** Whether model.init is a file, not a way to draw numbers. */
bool init_is_file(const struct settings *s);

/** Make the path of model.init one that holds wherever a worker runs. */
bool init_settle(const struct store *store, struct settings *s, struct err *e);

/** Where model.init is a file, of this workspace (a checkpoint, or the copy that a run has of what it began with) or of
 * the user's: put a copy of it into the folder of the new run `run`, so that nothing that becomes of it matters. */
bool init_copy(struct store *store, const struct settings *s, int64_t run, struct err *e);
/** Where the run `from` has such a copy, give it to the run `run` too. */
bool init_pass_on(struct store *store, int64_t from, int64_t run, struct err *e);
/** The run whose weights model.init names; 0 where it names none of this workspace, or that run is gone. */
bool init_parent(struct store *store, const struct settings *s, int64_t *run, struct err *e);

/** Open the file of model.init: the copy that the run `run` has (0: no run yet), else weights of this workspace,
 * beneath it and, of a checkpoint, as its row says, else a file of the user's. Of a checkpoint of another method the
 * heads are left. */
bool init_open(struct store *store, const struct settings *s, int64_t run, struct state_dict *out, struct err *e);

#endif
