/* The verdict on a level of a run as recorded: the word that the worker gave at a step, with the signs that explain it.
 * Every screen and command that shows a verdict reads it here. */
#ifndef MLVICX_VIEWS_JUDGED_H
#define MLVICX_VIEWS_JUDGED_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/err.h"
#include "engine/base/settings.h"
#include "engine/diagnose/verdict.h"
#include "store/database/store.h"
#include "store/run.h"

/** Reads the newest verdict at or before step `at` (negative: of all). The word is the recorded one; runs of earlier
 * versions have a word without signs. VERDICT_UNKNOWN if there is none. `settings` of the run are borrowed. */
bool judged_read(struct store *s, const struct store_run *run, const struct settings *settings, enum engine_level level,
                 int64_t at, struct verdict *out, struct err *e);

#endif
