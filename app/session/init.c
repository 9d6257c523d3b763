#include "app/session/init.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/session/checkpoint_files.h"
#include "engine/base/reading.h"
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
    if (!realpath(s->model.init, path))
        return err_errno(e, "model.init: no file of weights is there (the encoder of a run: --parent RUN): %s",
                         s->model.init);
    return settings_set(s, "model.init", path, e);
}

/* The row of a checkpoint has its size and digest. A file without a row was left by a run that is gone, or is the copy
 * that a run keeps of its initial weights. */
static bool open_weights(struct store *store, int64_t run, const char *name, struct state_dict *out, struct err *e)
{
    struct store_checkpoints list;
    struct tensors checkpoint;
    char path[STORE_PATH];
    if (!store_checkpoint_list(store, run, &list, e)) return false;
    size_t i = 0;
    while (i < list.count && strcmp(list.rows[i].path, name)) i++;
    bool ok;
    if (i < list.count) {
        ok = checkpoint_files_open(store, run, &list.rows[i], &checkpoint, e) && state_dict_take(out, &checkpoint, e);
    } else {
        int fd = store_file(store, STORE_RUN, run, name, FOLDER_READ, path, e);
        ok = fd >= 0 && state_dict_open_fd(out, fd, path, e);
    }
    store_checkpoints_clear(&list);
    return ok;
}

/* Copies the rest of `fd` into the folder of the run `to`. */
static bool write_copy(struct store *store, int fd, const char *path, int64_t to, struct err *e)
{
    unsigned char head[TORCH_SNIFF];
    ssize_t n = pread(fd, head, sizeof head, 0);
    if (n < 0) return err_errno(e, "%s", path);
    const char *name = torch_file_is(head, (size_t)n) ? STORE_INIT_TORCH : STORE_INIT;
    return checkpoint_files_write(store, fd, path, to, name, e);
}

static bool copy(struct store *store, int64_t from, const char *name, int64_t to, struct err *e)
{
    struct state_dict whole;
    char path[STORE_PATH];
    if (!open_weights(store, from, name, &whole, e)) return false;
    state_dict_close(&whole);
    int fd = store_file(store, STORE_RUN, from, name, FOLDER_READ, path, e);
    bool ok = fd >= 0 && write_copy(store, fd, path, to, e);
    if (fd >= 0) close(fd);
    return ok;
}

/* A file of the user, which may have changed or disappeared by the time the run starts. */
static bool copy_file(struct store *store, const char *path, int64_t to, struct err *e)
{
    int fd = file_open_regular(path, NULL, e);
    bool ok = fd >= 0 && write_copy(store, fd, path, to, e);
    if (fd >= 0) close(fd);
    return ok;
}

bool init_copy(struct store *store, const struct settings *s, int64_t run, struct err *e)
{
    int64_t from;
    if (!init_is_file(s)) return true;
    const char *name = store_weights_of_path(store, s->model.init, &from);
    return (name ? copy(store, from, name, run, e) : copy_file(store, s->model.init, run, e)) ||
           err_wrap(e, "model.init");
}

bool init_pass_on(struct store *store, int64_t from, int64_t run, struct err *e)
{
    const char *name = store_init_name(store, from);
    return !name || copy(store, from, name, run, e);
}

bool init_parent(struct store *store, const struct settings *s, int64_t *run, struct err *e)
{
    struct store_run row;
    struct err why;
    *run = 0;
    const char *name = init_is_file(s) ? store_weights_of_path(store, s->model.init, run) : NULL;
    if (!name) return true;
    if (!store_run_get(store, *run, &row, &why)) {
        *run = 0; /* the row is gone, but its files are still there */
        return why.code == ERR_NOT_FOUND || err_set(e, why.code, "%s", why.msg);
    }
    if (!store_checkpoint_name_check(name, NULL)) *run = row.parent_id;
    store_run_clear(&row);
    return true;
}

/* The heads of a checkpoint of another method are useless, whatever their shape. */
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

/* Keeps of a checkpoint what a run with these settings needs. */
static void fit_method(const struct settings *s, struct state_dict *d)
{
    const char *method = d->torch ? NULL : tensors_metadata(&d->tensors, "method");
    const struct method_info *own = engine_method((enum method_kind)s->method.name);
    bool same =
        !method || (!strcmp(method, own->name) && !own->labels); /* a new classifier is trained from the start */
    if (!same) leave_heads(d);
}

bool init_open(struct store *store, const struct settings *s, int64_t run, struct state_dict *out, struct err *e)
{
    int64_t from = run;
    const char *name = run > 0 ? store_init_name(store, run) : NULL;
    if (!name) name = store_weights_of_path(store, s->model.init, &from);
    if (!(name ? open_weights(store, from, name, out, e) : state_dict_open(out, s->model.init, e)))
        return err_wrap(e, "model.init");
    fit_method(s, out);
    return true;
}

bool init_gates_start(const struct state_dict *d, double *start, struct err *e)
{
    struct settings s;
    const char *said = d->torch ? NULL : tensors_metadata(&d->tensors, "context_start"),
               *config = d->torch ? NULL : tensors_metadata(&d->tensors, "config");
    settings_init(&s);
    *start = 0;
    if (said ? !settings_set(&s, "model.context_start", said, e)
             : config && !settings_read_ini(&s, config, "configuration", e)) {
        e->code = ERR_FORMAT;
        return err_wrap(e, "%s", d->path);
    }
    if (said || config) *start = s.model.context_start;
    return true;
}

bool init_check_gates(const struct settings *s, const struct state_dict *d, struct err *e)
{
    double start;
    if (!s->model.context || !state_dict_find(d, "context.1.channel.reduce.weight")) return true;
    if (!init_gates_start(d, &start, e)) return err_wrap(e, "model.init");
    return start == s->model.context_start ||
           err_set(e, ERR_CONFIG,
                   "model.init: %s: its gates learned with model.context_start=%g, this run has %g; try --set "
                   "model.context_start=%g",
                   d->path, start, s->model.context_start, start);
}
