/* The verdict on a level of a run as the store has it: what the worker said at a step, with the signs that say it.
 * Every screen and command that names a verdict reads it here. */
#ifndef MLVICX_VIEWS_JUDGED_H
#define MLVICX_VIEWS_JUDGED_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/err.h"
#include "engine/base/settings.h"
#include "engine/diagnose/verdict.h"
#include "store/database/store.h"
#include "store/run.h"

/** Read the newest verdict at or before step `at` (negative: of all). The word is the recorded one; of runs of former
 * versions it comes without signs. VERDICT_UNKNOWN where nothing was judged. `settings` of the run are borrowed. */
bool judged_read(struct store *s, const struct store_run *run, const struct settings *settings, enum engine_level level,
                 int64_t at, struct verdict *out, struct err *e);

#endif
