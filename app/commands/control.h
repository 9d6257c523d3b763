/* Requests to a running worker, with its answer. */
#ifndef MLVICX_APP_CONTROL_H
#define MLVICX_APP_CONTROL_H

#include "app/cli/command.h"
#include "store/run.h"

/** Sends a command to the worker of the run that `word` means, waits for the answer and prints it; returns the exit
 * status. */
int control_ask(struct app *app, const char *word, const char *verb, const char *argument);

/** Checks that all of `sets` (NULL-terminated, K=V) can be requested of the running `run`, one after the other;
 * otherwise gives the first reason against it. The worker decides in the end. */
bool control_check_sets(const struct store_run *run, const char *const *sets, struct err *e);

/** Notes which of the typed settings ("K=V") the method does not read. */
void control_note_unread(struct app *app, const char *method, const char *assignment);

#endif
