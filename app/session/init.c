#include "app/session/init.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/session/checkpoint_files.h"
#include "engine/train/engine.h"
#include "store/checkpoint.h"
#include "store/database/files.h"

bool init_is_file(const struct settings *s)
{
    return strcmp(s->model.init, "kaiming") != 0;
}

bool init_settle(const struct store *store, struct settings *s, struct err *e)
{
    char path[PATH_MAX];
    int64_t run;
    if (!init_is_file(s) || store_checkpoint_of_path(store, s->model.init, &run)) return true;
    if (!realpath(s->model.init, path)) return err_errno(e, "model.init: %s", s->model.init);
    return settings_set(s, "model.init", path, e);
}

/* The row tells size and digest. A file without one was left by a run that is gone. */
static bool open_checkpoint(struct store *store, int64_t run, const char *name, struct tensors *out, struct err *e)
{
    struct store_checkpoints list;
    char path[STORE_PATH];
    if (!store_checkpoint_list(store, run, &list, e)) return false;
    size_t i = 0;
    while (i < list.count && strcmp(list.rows[i].path, name)) i++;
    bool ok;
    if (i < list.count) {
        ok = checkpoint_files_open(store, run, &list.rows[i], out, e);
    } else {
        int fd = store_checkpoint_open(store, run, name, path, e);
        ok = fd >= 0 && tensors_open_fd(out, fd, path, e);
    }
    store_checkpoints_clear(&list);
    return ok;
}

static const char own_copy[] = "init.safetensors"; /* in the folder of the run that begins with it */

bool init_copy(struct store *store, const struct settings *s, int64_t run, struct err *e)
{
    struct store_checkpoints list;
    int64_t from;
    const char *name = init_is_file(s) ? store_checkpoint_of_path(store, s->model.init, &from) : NULL;
    if (!name) return true;
    if (!store_checkpoint_list(store, from, &list, e)) return false;
    size_t i = 0;
    while (i < list.count && strcmp(list.rows[i].path, name)) i++;
    struct store_checkpoint row = { 0 };
    snprintf(row.path, sizeof row.path, "%s", name); /* without a row: left by a run that is gone */
    if (i < list.count) row = list.rows[i];
    store_checkpoints_clear(&list);
    return checkpoint_files_copy(store, from, &row, run, own_copy, e) || err_wrap(e, "model.init");
}

/* The copy of the run's own. */
static bool open_own(const struct store *store, int64_t run, struct tensors *out, struct err *e)
{
    char path[STORE_PATH];
    int fd = store_file(store, STORE_RUN, run, own_copy, FOLDER_READ, path, e);
    return fd >= 0 && tensors_open_fd(out, fd, path, e);
}

/* A checkpoint of another method: its heads are of no use, whatever their shape. */
static void leave_heads(struct state_dict *d)
{
    static const char *const shared[] = { "encoder.", "context." };
    for (size_t i = 0; i < d->count; i++) {
        char *own = d->entries[i].own;
        bool kept = false;
        for (size_t k = 0; k < sizeof shared / sizeof shared[0]; k++)
            kept = kept || !strncmp(own, shared[k], strlen(shared[k]));
        if (!kept) own[0] = '\0';
    }
}

/* What is needed of a checkpoint for a run with these settings. */
static bool take_checkpoint(const struct settings *s, struct tensors *file, struct state_dict *out, struct err *e)
{
    const char *method = tensors_metadata(file, "method");
    bool same = !method || !strcmp(method, engine_method((enum method_kind)s->method.name)->name);
    if (!state_dict_take(out, file, e)) return false;
    if (!same) leave_heads(out);
    return true;
}

bool init_open(struct store *store, const struct settings *s, int64_t run, struct state_dict *out, struct err *e)
{
    int64_t other;
    const char *name = store_checkpoint_of_path(store, s->model.init, &other);
    struct tensors file;
    bool own = run > 0 && store_file_is(store, STORE_RUN, run, own_copy), ok;
    if (own || name)
        ok = (own ? open_own(store, run, &file, e) : open_checkpoint(store, other, name, &file, e)) &&
             take_checkpoint(s, &file, out, e);
    else
        ok = state_dict_open(out, s->model.init, e);
    return ok || err_wrap(e, "model.init");
}
