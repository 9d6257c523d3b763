/* Opening the workbench, the loop that waits for a key or for time to pass, closing. */
#ifndef MLVICX_VIEWS_LOOP_H
#define MLVICX_VIEWS_LOOP_H

#include <stdbool.h>

#include "engine/base/err.h"
#include "store/database/store.h"
#include "views/workbench/screen.h"

/** What the program gives the workbench. */
struct workbench_config {
    const struct screen *const *screens; /* in the order of their tabs, ended by NULL; borrowed  */
    struct store *store;                 /* open, STORE_ANY; borrowed                                             */
    const char *program;                 /* this program's file, for jobs                                         */
    const char *run;                     /* shown first (an id, a name, @last); NULL: what was shown last         */
    const char *screen;                  /* the screen shown first; NULL: what was shown last                     */
    const char *script;                  /* a file of keys; NULL: none. With it no terminal is needed             */
    int rows, columns;                   /* of the canvas where there is no terminal (24, 80)                     */
    bool ascii, mono, no_mouse;
    int background;           /* 0 guess, 1 dark, 2 light                                              */
    double started;           /* clock_seconds() as the program started: for --timing                  */
    const char *const *verbs; /* commands of the command line: "name\targuments\tsummary"; NULL-ended  */
};

/** Run the workbench until it is left; false, with the error, where it cannot be opened or its script cannot be read.
 */
bool workbench_run(const struct workbench_config *c, struct err *e);

#endif
