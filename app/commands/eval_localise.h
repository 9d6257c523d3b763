/* `eval RUN --localise`: whether heatmaps lie where boxes are. */
#ifndef MLVICX_APP_EVAL_LOCALISE_H
#define MLVICX_APP_EVAL_LOCALISE_H

#include "app/cli/command.h"

/** The command with that option; returns the exit status. */
int eval_localise(struct app *app, const struct arguments *a);

#endif
