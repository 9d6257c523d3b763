/* Encoders that are no runs: what `eval --init` has scored, by the names under which it recorded them. */
#ifndef MLVICX_APP_CLI_SCORED_INIT_H
#define MLVICX_APP_CLI_SCORED_INIT_H

#include "app/cli/command.h"

struct scored_init {
    char name[STORE_NAME]; /* "random:1:resnet18-w32-s64", or of a file */
    char task[STORE_NAME]; /* the data set that it was scored on; "": several */
};

/** The one that `word` names, or that alone begins with it (such as "random", where one random encoder was scored);
 * `task` (NULL: any): of those that were scored on that data set, if there are any. ERR_NOT_FOUND and ERR_CONFLICT list
 * what there is. Opens the store for reading. */
bool scored_init_find(struct app *app, const char *word, const char *task, struct scored_init *out, struct err *e);

#endif
