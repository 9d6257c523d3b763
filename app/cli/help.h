/* Help, made from the tables. */
#ifndef MLVICX_APP_HELP_H
#define MLVICX_APP_HELP_H

#include <stdio.h>

#include "app/cli/command.h"

/** The few lines that a bare `mlvicx` prints. */
void help_usage(FILE *out);
/** All of `commands`, or those whose name begins with `family`; the exit status. */
int help_all(const struct command *const *commands, const char *family);
/** One command with its options. */
int help_command(const struct command *c);
/** Every setting of a run: key, default, range, help; with --json a list of them. */
int help_keys(const struct app *app);
/** Version, build, kernel sets, libraries. */
int help_version(const struct app *app);

#endif
