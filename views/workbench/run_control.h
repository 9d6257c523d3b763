/* Control of the shown run, from every screen: pause, resume, stop, checkpoint, live settings.
 *
 * A request to a running worker is a row in `command`. The alarm line shows the request until the worker has taken
 * it, with the step, or says after ten seconds that it is busy or lost. A run without a worker is resumed by a job. */
#ifndef MLVICX_VIEWS_RUN_CONTROL_H
#define MLVICX_VIEWS_RUN_CONTROL_H

#include "engine/base/settings.h"
#include "views/workbench/workbench.h"

/** Actions of keys (screen.h). */
unsigned run_control_pause(struct workbench *wb, void *state, int argument);
unsigned run_control_resume(struct workbench *wb, void *state, int argument);
unsigned run_control_stop(struct workbench *wb, void *state, int argument);
unsigned run_control_checkpoint(struct workbench *wb, void *state, int argument);
/** A menu of the settings that may change while a run is in progress, then a line for the value. */
unsigned run_control_settings(struct workbench *wb, void *state, int argument);

/** Asks for the value of a setting, `value` filled in ("": the value that it has). A run that ended early
 * goes on with it. Where the shown run cannot have it any more, since it has finished or the setting is fixed: the form
 * of a new run with it. Else it says why not. */
unsigned run_control_fill(struct workbench *wb, const struct setting *row, const char *value);

/** Sends a request to the shown run's worker; shows a message if it has none. */
unsigned run_control_ask(struct workbench *wb, const char *verb, const char *argument);

#endif
