/* The files of a workspace, and the only way to them.
 *
 *     DIR/          mlvicx.db, queue.lock, queue.log, workbench.log, keys, patient.key
 *     DIR/packs/    lock, NAME-DIGEST.pack
 *     DIR/presets/  NAME.ini
 *     DIR/unwritten/ eval-NUMBER.db: evaluations that the database would not take (kept.h)
 *     DIR/runs/ID.kept/  what a worker had learned whose run was removed
 *     DIR/runs/ID/  config.ini, log, lock, life, step-N.safetensors, init.safetensors or init.pt, unwritten.db,
 * given-up.db
 *
 * A store may have been made by anybody: rows may name any path, and what lies there may be a link, a pipe or a device.
 * So a handle keeps the workspace open as a folder, and all files are opened, made and removed beneath it as
 * engine/base/folder.h says. The path that a user gives for the workspace may lead through links; nothing in it does.
 * The one file outside that is read is an attached pack (store_pack_is_attached).
 */
#ifndef MLVICX_STORE_FILES_H
#define MLVICX_STORE_FILES_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/err.h"
#include "engine/base/folder.h"
#include "store/database/store.h"

enum store_place {
    STORE_WORKSPACE, /* the workspace itself */
    STORE_PACKS,
    STORE_PRESETS,
    STORE_UNWRITTEN,
    STORE_RUN /* the folder of the run with the given id; for other places the id is 0 */
};

/** Opens a place as a folder; the caller closes it. `make`: it is created if it does not exist. */
bool store_folder(const struct store *s, enum store_place place, int64_t run, bool make, struct folder *out,
                  struct err *e);

/** Opens a file of a place. The descriptor belongs to the caller; -1 with an error: ERR_NOT_FOUND if there is none,
 * ERR_FORMAT if `name` is not a valid file name there. `path` (may be NULL) is filled for messages in either case. A
 * read-only store refuses writing. */
int store_file(const struct store *s, enum store_place place, int64_t run, const char *name, enum folder_use use,
               char path[STORE_PATH], struct err *e);
/** The path of a file without links, for libraries that open files themselves (folder_check); false if it is too
 * long. */
bool store_real_path(const struct store *s, enum store_place place, int64_t run, const char *name,
                     char path[STORE_PATH]);
/** True if something with that name exists. */
bool store_file_is(const struct store *s, enum store_place place, int64_t run, const char *name);
/** Remove one; none is fine. */
bool store_file_remove(const struct store *s, enum store_place place, int64_t run, const char *name, struct err *e);

/** Removes the folder of a run that was never completed, if it is empty. */
void store_run_drop_folder(const struct store *s, int64_t run);
/** Removes the folder of a run with everything in it. */
bool store_run_remove_folder(const struct store *s, int64_t run, struct err *e);
/** Renames the folder of a run that is gone from the store to runs/ID.kept; `kept` is filled with its path. */
bool store_run_keep_folder(const struct store *s, int64_t run, char kept[STORE_PATH], struct err *e);

/** The ids of all runs that have a folder; `*ids` is owned. */
bool store_run_folders(const struct store *s, int64_t **ids, size_t *count, struct err *e);

/** Whether a name from a row can be that of a checkpoint, or a pack; files with other names are not touched.
 * ERR_FORMAT. */
bool store_checkpoint_name_check(const char *name, struct err *e);
bool store_pack_name_check(const char *name, struct err *e);

/** Whether the name of a pack in a row is that of an attached one: the absolute path, without links at its end or "."
 * and
 * ".." in it, of a file *.pack outside of the workspace, which may be anybody's. It is only ever opened for reading. */
bool store_pack_is_attached(const char *name);
/** Opens the file of a pack or a checkpoint under the name in its row. As store_file. The path of an attached pack is a
 * word of the row, which anybody may have written: whoever opens it reads nothing of it but a pack with the digest of
 * its data set (pack_take_as). */
int store_pack_open(const struct store *s, const char *name, char path[STORE_PATH], struct err *e);
int store_checkpoint_open(const struct store *s, int64_t run, const char *name, char path[STORE_PATH], struct err *e);

/** The run's own copy of its initial weights, if model.init was a file: safetensors, or a file of torch.save. */
#define STORE_INIT       "init.safetensors"
#define STORE_INIT_TORCH "init.pt"
/** The name of the copy that a run has; NULL for a run without one. */
const char *store_init_name(const struct store *s, int64_t run);
/** Its path; false for a run without one. */
bool store_init_path(const struct store *s, int64_t run, char path[STORE_PATH]);
/** The file name in a path to weights of this workspace, DIR/runs/ID/NAME, where NAME is that of a checkpoint or of
 * such a copy; `*run` is filled. NULL for all other paths. The name is part of `path`. */
const char *store_weights_of_path(const struct store *s, const char *path, int64_t *run);

#endif
