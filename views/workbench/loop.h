/* Opens the workbench, runs the loop that waits for a key or a timeout, and closes it. */
#ifndef MLVICX_VIEWS_LOOP_H
#define MLVICX_VIEWS_LOOP_H

#include <stdbool.h>

#include "engine/base/err.h"
#include "store/database/store.h"
#include "views/terminal/graphics.h"
#include "views/workbench/screen.h"

/** What the program passes to the workbench. */
struct workbench_config {
    const struct screen *const *screens; /* in the order of their tabs, ended by NULL; borrowed  */
    struct store *store;                 /* open, STORE_ANY; borrowed                                             */
    const char *program;                 /* path of this program, for jobs */
    const char *run;                     /* the run to show first (id, name, @last); NULL: the last one shown */
    const char *screen;                  /* the screen to show first; NULL: the last one shown */
    const char *script;                  /* a file of keys; NULL: none. With it no terminal is needed */
    int rows, columns;                   /* size of the canvas without a terminal (24, 80) */
    bool ascii, mono, no_mouse;
    enum graphics_mode graphics; /* a script's canvas shows characters at most */
    int background;              /* 0 guess, 1 dark, 2 light                                              */
    double started;              /* clock_seconds() as the program started: for --timing                  */
    const char *const *verbs;    /* commands of the command line: "name\targuments\tsummary"; NULL-ended  */
};

/** Runs the workbench until the user leaves it; false, with the error, if it cannot be opened or its script cannot
 * be read. */
bool workbench_run(const struct workbench_config *c, struct err *e);

#endif
