/* Control of the shown run, from every screen: pause, resume, stop, checkpoint, live settings.
 *
 * A running worker is asked by a row in `command`; the alarm line shows what was asked until the worker took it, with
 * the step, or says after ten seconds that it is busy or lost. A run without a worker is resumed by a job. */
#ifndef MLVICX_VIEWS_LIVE_H
#define MLVICX_VIEWS_LIVE_H

#include "views/workbench/desk.h"

/** Actions of keys (view.h). */
unsigned live_pause(struct desk *d, void *state);
unsigned live_resume(struct desk *d, void *state);
unsigned live_stop(struct desk *d, void *state);
unsigned live_checkpoint(struct desk *d, void *state);
/** A menu of the settings that may change while a run goes on, then its value. */
unsigned live_settings(struct desk *d, void *state);

/** Ask the shown run's worker; says so when it has none. */
unsigned live_ask(struct desk *d, const char *verb, const char *argument);

/** See what became of what was asked. */
void live_watch(struct desk *d);
/** What is asked and not answered yet; false when nothing is. */
bool live_waiting(const struct desk *d, char *out, size_t size);
/** True while an answer is awaited. */
bool live_awaits(const struct desk *d);

#endif
