/* What is shown: which run, screen, step and level; the state of every screen. */
#ifndef MLVICX_VIEWS_SHOW_H
#define MLVICX_VIEWS_SHOW_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/err.h"
#include "engine/base/settings.h"
#include "views/analysis/selection.h"
#include "views/workbench/screen.h"

struct workbench;

struct show {
    int current, before; /* screens: the current and the previous one */
    int reading;         /* the screen whose read is in progress */
    void *states[SCREENS_MOST];
    unsigned news[SCREENS_MOST]; /* that the screen has not read yet */
    struct err failed[SCREENS_MOST];
    bool opened[SCREENS_MOST];
    int64_t lost; /* the run that was shown until it was removed; 0: none, or another was chosen since */
    char lost_name[STORE_NAME];
    enum engine_level level; /* asked for; the shown one is of the run, which may have no such level */
};

void show_run(struct workbench *wb, int64_t run);
/** The same where the user has not chosen it: if the run that was removed comes back, it is shown again. */
void show_run_instead(struct workbench *wb, int64_t run);
/** Shows the screen of a name; if there is none, nothing changes. */
void show_screen(struct workbench *wb, const char *name);
/** Shows the screen at an index in the list; -1: nothing changes. */
void show_nth_screen(struct workbench *wb, int screen);
/** Shows the screen New run, filled from a run; on the field of the setting `row` if there is one (else NULL), with
 * `value` in it unless that is "". */
void show_clone(struct workbench *wb, int64_t run, const struct setting *row, const char *value);
/** Shows an image of a data set on the screen Images. */
void show_image(struct workbench *wb, const char *set, uint32_t index);
void show_step(struct workbench *wb, int64_t step);
void show_level(struct workbench *wb, enum engine_level level);
void show_x(struct workbench *wb, enum x_kind x);
/** The settings that make groups of runs, on all screens. */
void show_group(struct workbench *wb, const char *keys);
/** The step that a cursor of the screen is on, -1: none: the screen beside it follows, if there is one. */
void show_cursor(struct workbench *wb, int64_t step);

/** State of the shown screen. */
void *show_state(struct workbench *wb);
/** Opens a screen that is not open yet. */
void show_open(struct workbench *wb, int screen);
/** They are closed. */
void show_close(struct workbench *wb);

#endif
