/* Imports a data set from the workbench: asks for the kind, the path (with completion) and a name, then starts a
 * job. */
#ifndef MLVICX_VIEWS_IMPORTING_H
#define MLVICX_VIEWS_IMPORTING_H

#include "views/workbench/workbench.h"

/** The answers so far; part of the state of the screen that asks. */
struct importing {
    int kind;
    char path[STORE_PATH];
};

unsigned importing_ask(struct workbench *wb, struct importing *in);

/** The i-th path that completes `text`, NULL beyond the last; folders end with '/'. Borrowed until the next call. */
const char *importing_path(const char *text, int i);

#endif
