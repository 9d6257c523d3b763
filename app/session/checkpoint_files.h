/* Files of checkpoints in runs/ID: opened and compared with their rows, removed, swept up. */
#ifndef MLVICX_APP_CHECKPOINT_FILES_H
#define MLVICX_APP_CHECKPOINT_FILES_H

#include "engine/model/safetensors.h"
#include "store/checkpoint.h"
#include "store/database/store.h"

/** Open the file of a checkpoint, its size and digest compared with the row; closed with tensors_close. ERR_INTERRUPTED
 *  where this process is asked to end meanwhile. */
bool checkpoint_files_open(const struct store *store, int64_t run, const struct store_checkpoint *row,
                           struct tensors *out, struct err *e);
/** Channels of the images that a checkpoint was trained on. */
bool checkpoint_files_channels(const struct store *store, int64_t run, const struct store_checkpoint *row,
                               int *channels, struct err *e);
/** Copy the file of a checkpoint, which is compared with its row, into the folder of the run `to`, as `name`. What
 * fails leaves nothing of that name. */
bool checkpoint_files_copy(const struct store *store, int64_t run, const struct store_checkpoint *row, int64_t to,
                           const char *name, struct err *e);
/** Copy what is left to read of `fd`, borrowed, which is called `path`, into the folder of the run `to`, as `name`;
 * likewise. */
bool checkpoint_files_write(const struct store *store, int fd, const char *path, int64_t to, const char *name,
                            struct err *e);
/** Remove the file of a checkpoint whose row is gone. A name that no checkpoint has is left alone. */
void checkpoint_files_drop(const struct store *store, int64_t run, const struct store_checkpoint *row);

/** Remove what a killed worker left in runs/ID: temporaries, and checkpoint files without a row. */
bool checkpoint_files_sweep(struct store *store, int64_t run, struct err *e);

#endif
