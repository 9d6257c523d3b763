/* Asking a running worker for something, and waiting for its answer. */
#ifndef MLVICX_APP_CONTROL_H
#define MLVICX_APP_CONTROL_H

#include "app/cli/command.h"
#include "store/run.h"

/** Put a command before the worker of the run that `word` means, wait for the answer, print it; the exit status. */
int control_ask(struct app *app, const char *word, const char *verb, const char *argument);

/** All of `sets` (NULL-terminated, K=V) can be asked of the running `run` one after the other; otherwise the first
 * reason why not. Its worker decides in the end. */
bool control_check_sets(const struct store_run *run, const char *const *sets, struct err *e);

/** Say of what was typed ("K=V") that a method, by its name, does not read that setting. */
void control_note_unread(struct app *app, const char *method, const char *assignment);

#endif
