/* Runs that a command makes for itself are found again by their identity (store/run.h), so that a command that is
 * repeated goes on with those that there are. */
#ifndef MLVICX_APP_MADE_BEFORE_H
#define MLVICX_APP_MADE_BEFORE_H

#include <stdbool.h>
#include <stdint.h>

#include "app/cli/command.h"

/** Whether a run with this configuration (INI text) is still what it was made as. */
typedef bool made_before_same(const void *ctx, const char *config);

/** The newest run with that identity that is still the `same` (NULL: any is); 0: there is none. One that is in the
 * trash alone is brought back, which is said. The store is open for writing. */
bool made_before_find(struct app *app, const char *identity, made_before_same *same, const void *ctx, int64_t *id,
                      struct err *e);

#endif
