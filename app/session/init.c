#include "app/session/init.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/session/checkpoint_files.h"
#include "engine/train/engine.h"
#include "store/checkpoint.h"
#include "store/run.h"
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

static const char own_copy[] = "init.safetensors"; /* in the folder of the run that begins with it */

/* Whether this run began with the checkpoint at `path`, and has its copy. */
static bool has_copy(const struct store *store, const struct store_run *run, const char *path)
{
    struct settings s;
    settings_init(&s);
    return settings_read_ini(&s, run->config, "configuration of a run", NULL) && !strcmp(s.model.init, path) &&
           store_file_is(store, STORE_RUN, run->id, own_copy);
}

/* A checkpoint that is gone with its run lives on in those that began with it: one of them, 0 where it is there, or
 * where there is none. */
static bool find_heir(struct store *store, const char *path, int64_t run, const char *name, int64_t *heir, struct err *e)
{
    struct store_runs all;
    *heir = 0;
    if (store_file_is(store, STORE_RUN, run, name)) return true;
    if (!store_run_list(store, &all, e)) return false;
    for (size_t i = 0; i < all.count && !*heir; i++)
        if (has_copy(store, &all.rows[i], path)) *heir = all.rows[i].id;
    store_runs_clear(&all);
    return true;
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

bool init_copy(struct store *store, const struct settings *s, int64_t run, struct err *e)
{
    struct store_checkpoints list;
    int64_t from;
    const char *name = init_is_file(s) ? store_checkpoint_of_path(store, s->model.init, &from) : NULL;
    int64_t heir;
    if (!name) return true;
    if (!find_heir(store, s->model.init, from, name, &heir, e)) return false;
    if (heir) return checkpoint_files_copy_again(store, heir, run, own_copy, e) || err_wrap(e, "model.init");
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
    const struct method_info *own = engine_method((enum method_kind)s->method.name);
    bool same = !method || (!strcmp(method, own->name) && !own->labels); /* a classifier begins anew */
    if (!state_dict_take(out, file, e)) return false;
    if (!same) leave_heads(out);
    return true;
}

bool init_open(struct store *store, const struct settings *s, int64_t run, struct state_dict *out, struct err *e)
{
    int64_t other;
    const char *name = store_checkpoint_of_path(store, s->model.init, &other);
    struct tensors file;
    int64_t copy = run > 0 && store_file_is(store, STORE_RUN, run, own_copy) ? run : 0;
    bool ok = copy || !name || find_heir(store, s->model.init, other, name, &copy, e);
    if (ok && (copy || name))
        ok = (copy ? open_own(store, copy, &file, e) : open_checkpoint(store, other, name, &file, e)) &&
             take_checkpoint(s, &file, out, e);
    else if (ok)
        ok = state_dict_open(out, s->model.init, e);
    return ok || err_wrap(e, "model.init");
}
