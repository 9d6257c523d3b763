#include "app/worker/resume_point.h"

#include <stdio.h>
#include <stdlib.h>

#include "app/session/checkpoint_files.h"
#include "engine/base/files.h"
#include "store/database/files.h"

static bool open_point(struct store *store, int64_t run, const struct store_checkpoint *row, struct resume_point *out,
                       struct err *e)
{
    if (!checkpoint_files_open(store, run, row, &out->tensors, e)) return false;
    out->open = true;
    out->row = *row;
    out->step = row->step;
    return true;
}

/* A checkpoint that is given up permanently is used only if its own step is requested. */
static bool is_candidate(const struct store_checkpoint *c, int64_t step)
{
    if (step >= 0 && c->step > step) return false;
    return c->given_up != STORE_GIVEN_UP_PIN || c->step == step;
}

/* Only damaged files are skipped. If a file was moved, may not be read or does not fit into memory, the user must
 * decide: continuing from an older one would give up what is still there. */
static bool not_damaged(const struct store_run *run, const struct store_checkpoint *c, const struct err *why,
                        struct err *e)
{
    return err_set(e, why->code,
                   "run %s: the checkpoint at step %lld: %.300s; put it right, or go back further with --from %lld",
                   run->name, (long long)c->step, why->msg, (long long)(c->step - 1));
}

bool resume_point_find(struct store *store, const struct store_run *run, int64_t step, struct resume_point *out,
                       struct err *e)
{
    struct store_checkpoints list;
    struct err why = { 0 };
    *out = (struct resume_point){ 0 };
    if (!store_checkpoint_list(store, run->id, &list, e)) return false;
    size_t tried = 0;
    bool ok = true;
    for (size_t i = list.count; ok && i-- > 0 && !out->open && step != 0;) {
        if (!is_candidate(&list.rows[i], step)) continue;
        tried++;
        if (open_point(store, run->id, &list.rows[i], out, &why)) break;
        if (why.code == ERR_INTERRUPTED)
            ok = err_set(e, why.code, "run %s: asked to end while it started; it is as it was", run->name);
        else if (why.code != ERR_FORMAT)
            ok = not_damaged(run, &list.rows[i], &why, e);
        if (!*out->refused) snprintf(out->refused, sizeof out->refused, "%s", why.msg);
    }
    store_checkpoints_clear(&list);
    if (!ok || !tried || out->open) return ok;
    return err_set(e, ERR_FORMAT, "%.300s; no older checkpoint is whole either; resume %s --from 0 begins again",
                   out->refused, run->name);
}

bool resume_point_settings(struct store *store, const struct store_run *run, const struct resume_point *point,
                           struct settings *s, struct err *e)
{
    settings_init(s);
    if (point->open) {
        const char *config = tensors_metadata(&point->tensors, "config");
        if (!config) return err_set(e, ERR_FORMAT, "checkpoint at step %lld: holds no config", (long long)point->step);
        return settings_read_ini(s, config, "checkpoint", e);
    }
    char path[STORE_PATH];
    int fd = store_file(store, STORE_RUN, run->id, "config.ini", FOLDER_READ, path, e);
    char *text = fd >= 0 ? file_take_text(fd, path, 1 << 20, e) : NULL;
    bool ok = text && settings_read_ini(s, text, path, e);
    free(text);
    return ok && settings_read_ini(s, run->resolved ? run->resolved : "", "resolved settings", e);
}

void resume_point_close(struct resume_point *point)
{
    if (point->open) tensors_close(&point->tensors);
    point->open = false;
}
