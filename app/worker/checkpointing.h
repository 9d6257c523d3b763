/* Checkpoints of a run: written durably, listed in the store, thinned. */
#ifndef MLVICX_APP_CHECKPOINTING_H
#define MLVICX_APP_CHECKPOINTING_H

#include "app/worker/recorder.h"
#include "app/session/session.h"
#include "store/run.h"

/** Save the session's engine after `step` steps: file, then row, then the spare ones go. What was recorded so far is
 * flushed first, so that a checkpoint never stands without the points before it. Where the store takes neither, the
 * file stands all the same, and both are kept beside the run (recorder_save). A step that is saved already only gets
 * the new reason. reason: "time", "epoch", "best", "command", "stop", "end", "locked". */
bool checkpointing_save(struct recorder *r, const struct session *s, const struct store_run *run, int64_t step,
                        const char *reason, struct err *e);

/** Only the file, whatever the store says: for a run that it does not know any more. r->saved tells its name. */
bool checkpointing_save_file(struct recorder *r, const struct session *s, const struct store_run *run, int64_t step,
                             struct err *e);

#endif
