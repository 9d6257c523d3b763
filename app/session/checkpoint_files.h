/* Checkpoint files in runs/ID: opened and compared with their rows, removed, leftovers deleted. */
#ifndef MLVICX_APP_CHECKPOINT_FILES_H
#define MLVICX_APP_CHECKPOINT_FILES_H

#include "engine/model/safetensors.h"
#include "store/checkpoint.h"
#include "store/database/store.h"

/** Opens the file of a checkpoint, compares size and digest with the row; closed with tensors_close. ERR_INTERRUPTED
 * if this process is asked to end meanwhile. */
bool checkpoint_files_open(const struct store *store, int64_t run, const struct store_checkpoint *row,
                           struct tensors *out, struct err *e);
/** Reads the number of channels of the images that a checkpoint was trained on. */
bool checkpoint_files_channels(const struct store *store, int64_t run, const struct store_checkpoint *row,
                               int *channels, struct err *e);
/** Copies the file of a checkpoint, after comparing it with its row, into the folder of the run `to`, as `name`. A
 * failure leaves nothing of that name. */
bool checkpoint_files_copy(const struct store *store, int64_t run, const struct store_checkpoint *row, int64_t to,
                           const char *name, struct err *e);
/** Copies the rest of `fd`, borrowed, whose path is `path`, into the folder of the run `to`, as `name`, in the same
 * way. */
bool checkpoint_files_write(const struct store *store, int fd, const char *path, int64_t to, const char *name,
                            struct err *e);
/** Removes the file of a checkpoint whose row is gone. A name that is not that of a checkpoint is ignored. */
void checkpoint_files_drop(const struct store *store, int64_t run, const struct store_checkpoint *row);

/** Removes what a killed worker left in runs/ID: temporary files, and checkpoint files without a row. */
bool checkpoint_files_sweep(struct store *store, int64_t run, struct err *e);

#endif
