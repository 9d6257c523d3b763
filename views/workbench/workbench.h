/* The workbench: the state that all screens share.
 *
 * Each part of it belongs to a module, whose header has its struct and the functions on it; code that needs a part
 * includes that header. Screens read the members here, call the functions of the modules, and return what must
 * follow as bits of screen.h. Work that takes long or starts processes is done by this program itself, started again
 * as a job (jobs.h): a screen holds no state of the engine and does not wait. */
#ifndef MLVICX_VIEWS_WORKBENCH_H
#define MLVICX_VIEWS_WORKBENCH_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/settings.h"
#include "store/database/store.h"
#include "views/analysis/selection.h"
#include "views/terminal/theme.h"
#include "views/workbench/screen.h"

struct workbench {
    struct store *store; /* borrowed */
    bool read_only;
    struct theme theme;
    bool ascii;
    int screen_h, screen_w; /* cells of the screen, known before it reads */
    double now;             /* seconds since 1970: the same for everything that is drawn at once */
    struct selection selection;
    int64_t clone; /* the run whose settings the screen New run shall take over, 0: none */
    struct {
        const struct setting *row; /* that the new run shall have otherwise, NULL: none */
        char value[SETTINGS_TEXT]; /* "": the user gives it */
    } clone_with;
    struct {
        char set[STORE_NAME]; /* its data set; "": none */
        uint32_t index;
    } image;   /* that the screen Images shall show */
    bool quit; /* the loop ends */

    const struct screen *const *screens;   /* in the order of their tabs, ended by NULL; borrowed */
    const struct workbench_config *config; /* loop.h; borrowed */
    struct alarms *alarms;                 /* alarm_line.h */
    struct dialogs *dialogs;
    struct error_log *error_log;
    struct film *film;
    struct frame *frame;
    struct freshness *freshness;
    struct jobs *jobs;
    struct keymap *keymap;
    struct marks *marks;
    struct message *message;
    struct notify *notify;
    struct panes *panes;
    struct store_access *access;
    struct preferences *preferences;
    struct refresh *refresh;
    struct requests *requests;
    struct script *script;
    struct show *show;
};

#endif
