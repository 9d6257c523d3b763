/* The command line ':'. */
#ifndef MLVICX_VIEWS_COMMAND_LINE_H
#define MLVICX_VIEWS_COMMAND_LINE_H

#include <stdbool.h>

struct workbench;

/** Asks for a command (the action of a key, screen.h). */
unsigned command_line_ask(struct workbench *wb, void *state, int argument);
/** The workbench's own commands, row by row, for help; false beyond the end. */
bool command_line_row(int i, const char **name, const char **arguments, const char **help);
/** Executes one. Returns enum after bits. */
unsigned command_line_run(struct workbench *wb, const char *line);

#endif
