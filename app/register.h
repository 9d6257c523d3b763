/* The register: every command of the program. It is at the top and is handed down in struct app, so that nothing
 * below needs to know which commands there are. */
#ifndef MLVICX_APP_REGISTER_H
#define MLVICX_APP_REGISTER_H

#include "app/cli/command.h"

/** All commands in the order of --help, ended by NULL. */
extern const struct command *const register_commands[];

#endif
