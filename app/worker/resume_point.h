/* The checkpoint from which a run continues: the newest intact one, or the beginning. */
#ifndef MLVICX_APP_RESUME_POINT_H
#define MLVICX_APP_RESUME_POINT_H

#include "engine/base/settings.h"
#include "engine/model/safetensors.h"
#include "store/checkpoint.h"
#include "store/run.h"

/** A checkpoint to continue from. */
struct resume_point {
    int64_t step;                /* 0 with an unopened file: the beginning                       */
    struct store_checkpoint row; /* of the file, when open */
    struct tensors tensors;      /* open (digest checked) when step came from a file */
    bool open;
    char refused[512]; /* why newer ones were skipped, one line; "" if none was */
};

/** Finds the newest intact checkpoint of `run`, at most `step` (negative: any). Those that are truncated or were
 * edited are named in `refused`; any other reason why one cannot be opened is an error. With no checkpoint at all,
 * or for step 0, the beginning. ERR_FORMAT if there are some but none is intact. */
bool resume_point_find(struct store *store, const struct store_run *run, int64_t step, struct resume_point *out,
                       struct err *e);
/** The settings at the point: from the checkpoint, or runs/ID/config.ini at the beginning, with the values that
 * `auto` had at the run's start on top. */
bool resume_point_settings(struct store *store, const struct store_run *run, const struct resume_point *point,
                           struct settings *s, struct err *e);
void resume_point_close(struct resume_point *point);

#endif
