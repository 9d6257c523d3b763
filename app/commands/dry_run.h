/* What a run would take: shown by `train --dry-run`. */
#ifndef MLVICX_APP_DRY_RUN_H
#define MLVICX_APP_DRY_RUN_H

#include "app/cli/command.h"
#include "engine/base/settings.h"

/** Print layers, memory, arithmetic and a time estimate of a run with these settings; with --json one object. The
 * estimate comes from steps of the same network with a small batch, measured here. Returns the exit status. */
int dry_run(struct app *app, const struct settings *s);

#endif
