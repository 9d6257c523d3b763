#include "app/session/checkpoint_files.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/cli/process.h"
#include "engine/base/files.h"
#include "engine/base/temporary.h"
#include "engine/base/text.h"
#include "engine/train/checkpoint.h"
#include "store/database/files.h"

void checkpoint_files_drop(const struct store *store, int64_t run, const struct store_checkpoint *row)
{
    if (store_checkpoint_name_check(row->path, NULL)) store_file_remove(store, STORE_RUN, run, row->path, NULL);
}

static bool not_asked_to_end(void)
{
    return !process_asked();
}

bool checkpoint_files_open(const struct store *store, int64_t run, const struct store_checkpoint *row,
                           struct tensors *out, struct err *e)
{
    char path[STORE_PATH];
    int fd = store_checkpoint_open(store, run, row->path, path, e);
    const struct checkpoint_file file = { fd, path, row->bytes > 0 ? row->bytes : -1, row->sha256 };
    return fd >= 0 && checkpoint_open_fd(out, &file, not_asked_to_end, e);
}

/* Copies the bytes of `fd` to the file that is being written. */
static bool pump(int fd, const char *path, struct file_writer *w, struct err *e)
{
    enum { PIECE = 1 << 20 };
    char *piece = malloc(PIECE);
    if (!piece) return err_set(e, ERR_MEMORY, "%s: memory ran out while it was copied", path);
    ssize_t n = 0;
    while (!process_asked() && (n = read(fd, piece, PIECE)) > 0) file_put(w, piece, (size_t)n);
    bool failed = n < 0;
    if (failed) err_errno(e, "%s", path);
    free(piece);
    if (process_asked()) return err_set(e, ERR_INTERRUPTED, "%s: asked to end while it was copied", path);
    return !failed;
}

bool checkpoint_files_write(const struct store *store, int fd, const char *path, int64_t to, const char *name,
                            struct err *e)
{
    struct folder folder;
    struct file_writer w;
    if (!store_folder(store, STORE_RUN, to, false, &folder, e)) return false;
    bool ok = file_begin_in(&w, &folder, name, e);
    folder_close(&folder);
    if (ok && !pump(fd, path, &w, e)) {
        file_abandon(&w);
        ok = false;
    }
    return ok && file_commit(&w, e);
}

/* The file was compared with its row through the same descriptor that is read here; a file of this name never changes.
 */
bool checkpoint_files_copy(const struct store *store, int64_t run, const struct store_checkpoint *row, int64_t to,
                           const char *name, struct err *e)
{
    struct tensors whole;
    char path[STORE_PATH];
    if (!checkpoint_files_open(store, run, row, &whole, e)) return false;
    tensors_close(&whole);
    int fd = store_checkpoint_open(store, run, row->path, path, e);
    bool ok = fd >= 0 && checkpoint_files_write(store, fd, path, to, name, e);
    if (fd >= 0) close(fd);
    return ok;
}

static bool is_listed(const struct store_checkpoints *list, const char *name)
{
    for (size_t i = 0; i < list->count; i++)
        if (!strcmp(list->rows[i].path, name)) return true;
    return false;
}

bool checkpoint_files_sweep(struct store *store, int64_t run, struct err *e)
{
    struct folder folder;
    struct store_checkpoints list;
    if (!store_checkpoint_list(store, run, &list, e)) return false;
    if (!store_folder(store, STORE_RUN, run, false, &folder, e)) {
        store_checkpoints_clear(&list);
        return false;
    }
    DIR *d = folder_list(&folder);
    for (struct dirent *entry; d && (entry = readdir(d));) {
        const char *name = entry->d_name;
        if (store_checkpoint_name_check(name, NULL) && !is_listed(&list, name)) folder_unlink(&folder, name, NULL);
    }
    if (d) closedir(d);
    temporary_sweep_in(&folder, "step-", ".safetensors");
    folder_close(&folder);
    store_checkpoints_clear(&list);
    return true;
}

bool checkpoint_files_channels(const struct store *store, int64_t run, const struct store_checkpoint *row,
                               int *channels, struct err *e)
{
    struct tensors file;
    int64_t n;
    if (!checkpoint_files_open(store, run, row, &file, e)) return false;
    const char *text = tensors_metadata(&file, "channels");
    bool ok = text && text_to_int(text, &n) && (n == 1 || n == 3);
    if (ok) *channels = (int)n;
    if (!ok) err_set(e, ERR_FORMAT, "%s: does not say how many channels its images have", file.path);
    tensors_close(&file);
    return ok;
}
