/* Checkpoints: everything that a run needs to go on bit for bit, in one safetensors file.
 *
 * Tensors: parameters and running statistics by their names, `momentum.NAME`, `second.NAME` (AdamW). Metadata: the
 * caller's pairs (run, step, epoch, config, ...) plus `format` (CHECKPOINT_FORMAT) and `updates`. */
#ifndef MLVICX_TRAIN_CHECKPOINT_H
#define MLVICX_TRAIN_CHECKPOINT_H

#include <stdbool.h>
#include <stddef.h>

#include "engine/base/err.h"
#include "engine/base/files.h"
#include "engine/model/safetensors.h"
#include "engine/train/engine.h"

#define CHECKPOINT_FORMAT "1"

/** Write durably to a file that is begun; it is committed or, on failure, abandoned. metadata [pairs], borrowed; hex is
 *  filled with the SHA-256 of the file. Refuses (ERR_NUMERIC) to save a non-finite weight. */
bool checkpoint_put(struct file_writer *w, const struct engine *g, const struct tensors_pair *metadata, size_t pairs,
                    char hex[DIGEST_HEX_SIZE], struct err *e);

/** An open file that should be a checkpoint, and what is known of it. */
struct checkpoint_file {
    int fd;
    const char *path;   /* for errors, borrowed                                */
    int64_t bytes;      /* that were written; negative: not known              */
    const char *sha256; /* 64 hex digits, borrowed; NULL: not known            */
};

/** Check size, digest and format of an open file and read its index. The caller reads metadata with tensors_metadata
 * and closes `t`, and the file with it, with tensors_close; on failure the file is closed at once. `go_on` (may be
 * NULL) is asked while the digest is computed: false ends it with ERR_INTERRUPTED. */
bool checkpoint_open_fd(struct tensors *t, const struct checkpoint_file *f, bool (*go_on)(void), struct err *e);

/** Put an opened checkpoint into an engine of the same shape. All tensors are checked before the first is changed.
 *  `training` false: only parameters and running statistics (the engine may be made for features only). */
bool checkpoint_restore(struct engine *g, const struct tensors *t, bool training, struct err *e);

#endif
