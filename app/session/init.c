#include "app/session/init.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/session/checkpoint_files.h"
#include "engine/train/engine.h"
#include "store/checkpoint.h"
#include "store/database/files.h"
#include "store/run.h"

bool init_is_file(const struct settings *s)
{
    return strcmp(s->model.init, "kaiming") != 0;
}

bool init_settle(const struct store *store, struct settings *s, struct err *e)
{
    char path[PATH_MAX];
    int64_t run;
    if (!init_is_file(s) || store_weights_of_path(store, s->model.init, &run)) return true;
    if (!realpath(s->model.init, path)) return err_errno(e, "model.init: %s", s->model.init);
    return settings_set(s, "model.init", path, e);
}

/* The row tells size and digest. A file without one was left by a run that is gone, or is the copy that a run has of
 * what it began with. */
static bool open_weights(struct store *store, int64_t run, const char *name, struct tensors *out, struct err *e)
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
        int fd = store_file(store, STORE_RUN, run, name, FOLDER_READ, path, e);
        ok = fd >= 0 && tensors_open_fd(out, fd, path, e);
    }
    store_checkpoints_clear(&list);
    return ok;
}

static bool copy(struct store *store, int64_t from, const char *name, int64_t to, struct err *e)
{
    struct tensors whole;
    char path[STORE_PATH];
    if (!open_weights(store, from, name, &whole, e)) return false;
    tensors_close(&whole);
    int fd = store_file(store, STORE_RUN, from, name, FOLDER_READ, path, e);
    bool ok = fd >= 0 && checkpoint_files_write(store, fd, path, to, STORE_INIT, e);
    if (fd >= 0) close(fd);
    return ok;
}

bool init_copy(struct store *store, const struct settings *s, int64_t run, struct err *e)
{
    int64_t from;
    const char *name = init_is_file(s) ? store_weights_of_path(store, s->model.init, &from) : NULL;
    return !name || copy(store, from, name, run, e) || err_wrap(e, "model.init");
}

bool init_pass_on(struct store *store, int64_t from, int64_t run, struct err *e)
{
    return !store_file_is(store, STORE_RUN, from, STORE_INIT) || copy(store, from, STORE_INIT, run, e);
}

bool init_parent(struct store *store, const struct settings *s, int64_t *run, struct err *e)
{
    struct store_run row;
    struct err why;
    *run = 0;
    const char *name = init_is_file(s) ? store_weights_of_path(store, s->model.init, run) : NULL;
    if (!name) return true;
    if (!store_run_get(store, *run, &row, &why)) {
        *run = 0; /* gone, while its files are still there */
        return why.code == ERR_NOT_FOUND || err_set(e, why.code, "%s", why.msg);
    }
    if (!strcmp(name, STORE_INIT)) *run = row.parent_id;
    store_run_clear(&row);
    return true;
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
    const struct method_info *own = engine_method((enum method_kind)s->method.name);
    bool same = !method || (!strcmp(method, own->name) && !own->labels); /* a classifier begins anew */
    if (!state_dict_take(out, file, e)) return false;
    if (!same) leave_heads(out);
    return true;
}

bool init_open(struct store *store, const struct settings *s, int64_t run, struct state_dict *out, struct err *e)
{
    char own[STORE_PATH];
    int64_t from = run;
    struct tensors file;
    const char *name =
        run > 0 && store_init_path(store, run, own) ? STORE_INIT : store_weights_of_path(store, s->model.init, &from);
    bool ok = name ? open_weights(store, from, name, &file, e) && take_checkpoint(s, &file, out, e)
                   : state_dict_open(out, s->model.init, e);
    return ok || err_wrap(e, "model.init");
}
