#include "app/register.h"

#include <stddef.h>

#define COMMAND(name) extern const struct command command_##name;
#include "app/commands.def"
#undef COMMAND

const struct command *const register_commands[] = {
#define COMMAND(name) &command_##name,
#include "app/commands.def"
#undef COMMAND
    NULL,
};
