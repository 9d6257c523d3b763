/* Checkpoints of a run: written durably, listed in the store, thinned. */
#ifndef MLVICX_APP_CHECKPOINTING_H
#define MLVICX_APP_CHECKPOINTING_H

#include "app/worker/recorder.h"
#include "app/session/session.h"
#include "store/run.h"

/** Saves the session's engine after `step` steps: the file, then its row, then removes spare ones. What was recorded
 * so far is flushed first, so that no checkpoint exists without the points before it. If the store cannot be
 * written, the file is saved anyway, and points and row are kept beside the run (recorder_save). A step that is
 * saved already only gets the new reason. reason: "time", "epoch", "best", "command", "stop", "end", "locked". */
bool checkpointing_save(struct recorder *r, const struct session *s, const struct store_run *run, int64_t step,
                        const char *reason, struct err *e);

/** Saves only the file: for a run that the store does not know any more. r->saved is its name. */
bool checkpointing_save_file(struct recorder *r, const struct session *s, const struct store_run *run, int64_t step,
                             struct err *e);

#endif
