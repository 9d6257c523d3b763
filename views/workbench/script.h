/* Scripts: keys and commands from a file, on a canvas without a terminal. */
#ifndef MLVICX_VIEWS_SCRIPT_H
#define MLVICX_VIEWS_SCRIPT_H

#include <stdbool.h>

#include "engine/base/err.h"

struct workbench;

struct script {
    char *text; /* owned; NULL: none */
    const char *at;
    int line;
    bool failed;
    double now; /* of :clock; 0: the real time */
};
bool script_open(struct workbench *wb, const char *path, struct err *e);
/** Executes the next key or command; false at the end. */
bool script_step(struct workbench *wb);
void script_close(struct workbench *wb);

#endif
