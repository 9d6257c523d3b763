/* Checkpoints of a run: written durably, listed in the store, thinned; found again, checked, and gone on from. */
#ifndef MLVICX_APP_SAVE_H
#define MLVICX_APP_SAVE_H

#include "app/worker/recorder.h"
#include "app/session/session.h"
#include "engine/model/safetensors.h"
#include "store/checkpoint.h"
#include "store/run.h"

/** Save the session's engine after `step` steps: file, then row, then the spare ones go. What was recorded so far is
 * flushed first, so that a checkpoint never stands without the points before it. Where the store takes neither, the
 * file stands all the same, and both are kept beside the run (recorder_save). A step that is saved already only gets
 * the new reason. reason: "time", "epoch", "best", "command", "stop", "end", "locked". */
bool save_checkpoint(struct recorder *r, const struct session *s, const struct store_run *run, int64_t step,
                     const char *reason, struct err *e);

/** Only the file, whatever the store says: for a run that it does not know any more. r->saved tells its name. */
bool save_file(struct recorder *r, const struct session *s, const struct store_run *run, int64_t step, struct err *e);

/** A checkpoint to go on from. */
struct save_point {
    int64_t step;                /* 0 with an unopened file: the beginning                       */
    struct store_checkpoint row; /* of the file, when open */
    struct tensors tensors;      /* open (digest checked) when step came from a file; save_close */
    bool open;
    char refused[512]; /* why newer ones were passed over, one line; "" when none was  */
};

/** Find the newest checkpoint of `run` that is whole, at most `step` (negative: any); those that are truncated or were
 * edited are named in `refused`, and any other reason that one cannot be opened is an error. With no checkpoint at all,
 * or for step 0, the beginning. ERR_FORMAT when there are some but none is good. */
bool save_find(struct store *store, const struct store_run *run, int64_t step, struct save_point *out, struct err *e);
/** Settings as they were at the point: what the checkpoint holds, or runs/ID/config.ini at the beginning, with what
 * `auto` became at the run's start on top. */
bool save_settings(struct store *store, const struct store_run *run, const struct save_point *point, struct settings *s,
                   struct err *e);
void save_close(struct save_point *point);

#endif
