/* The workbench, opened by the program without a command, by `attach`, and by `demo` in a terminal. */
#ifndef MLVICX_APP_WORKBENCH_H
#define MLVICX_APP_WORKBENCH_H

#include "app/cli/command.h"

extern const struct command command_attach;

/** True if stdin and stdout are terminals. */
bool workbench_possible(void);
/** Opens the workbench on a run (an id or a name; NULL: what was shown last). Returns the exit status. */
int workbench_open(struct app *app, const char *run);

#endif
