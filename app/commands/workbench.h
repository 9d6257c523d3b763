/* The workbench, opened by the program without a command, by `attach`, and by `demo` in a terminal. */
#ifndef MLVICX_APP_WORKBENCH_H
#define MLVICX_APP_WORKBENCH_H

#include "app/cli/command.h"

extern const struct command command_attach;

/** True where stdin and stdout are a terminal. */
bool workbench_possible(void);
/** Open it on a run (an id, a name; NULL: what was shown last). Returns the exit status. */
int workbench_open(struct app *app, const char *run);

#endif
