/* The source of a run's initial weights: a checkpoint of this workspace, or a file of the user. */
#ifndef MLVICX_APP_INIT_H
#define MLVICX_APP_INIT_H

#include <stdbool.h>
#include <stddef.h>

#include "engine/base/err.h"
#include "engine/base/settings.h"
#include "engine/model/state_dict.h"
#include "store/database/store.h"

/** Whether model.init is a file, not a distribution. */
bool init_is_file(const struct settings *s);

/** Makes the path of model.init valid wherever a worker runs. */
bool init_settle(const struct store *store, struct settings *s, struct err *e);

/** If model.init is a file, of this workspace (a checkpoint, or a run's copy of its initial weights) or of the user:
 * puts a copy into the folder of the new run `run`, which then does not depend on the original. */
bool init_copy(struct store *store, const struct settings *s, int64_t run, struct err *e);
/** If the run `from` has such a copy, gives it to the run `run` too. */
bool init_pass_on(struct store *store, int64_t from, int64_t run, struct err *e);
/** The run whose weights model.init names; 0 if it names none of this workspace, or that run is gone. */
bool init_parent(struct store *store, const struct settings *s, int64_t *run, struct err *e);

/** Opens the file of model.init: the copy of the run `run` (0: no run yet), else weights of this workspace (a
 * checkpoint as its row describes it), else a file of the user. From a checkpoint of another method, heads are left
 * out. */
bool init_open(struct store *store, const struct settings *s, int64_t run, struct state_dict *out, struct err *e);

/** What was added inside the sigmoids of a file's gates, as it says itself or by the configuration that a checkpoint
 * keeps: `*start` filled; 0 if the file does not tell. ERR_FORMAT if that is not a number. */
bool init_gates_start(const struct state_dict *d, double *start, struct err *e);
/** ERR_CONFIG if gates of the file would be open otherwise in a network of these settings than when they learned. */
bool init_check_gates(const struct settings *s, const struct state_dict *d, struct err *e);

#endif
