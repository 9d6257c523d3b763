#include "config.h"

#include "app/worker/save.h"

#include <cblas.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "app/cli/process.h"
#include "app/worker/rewind.h"
#include "engine/base/clock.h"
#include "engine/base/temporary.h"
#include "engine/base/text.h"
#include "engine/train/checkpoint.h"
#include "store/files.h"

/* Metadata: everything of the run that is not a tensor. No clock, so that equal states give equal files. */
struct notes {
    struct tensors_pair pairs[24];
    size_t n;
    char values[24][64];
    struct text config, tuning;
};

static void note(struct notes *m, const char *key, const char *value)
{
    m->pairs[m->n++] = (struct tensors_pair){ (char *)key, (char *)value };
}

__attribute__((format(printf, 3, 4))) static void note_format(struct notes *m, const char *key, const char *format, ...)
{
    va_list ap;
    va_start(ap, format);
    vsnprintf(m->values[m->n], sizeof m->values[m->n], format, ap);
    va_end(ap);
    note(m, key, m->values[m->n]);
}

static void notes_fill(struct notes *m, const struct session *s, const struct store_run *run, int64_t step)
{
    *m = (struct notes){ 0 };
    settings_write_ini(&s->settings, &m->config);
    tuning_write(&s->tuning, &m->tuning);
    note(m, "method", "mlvicx");
    note(m, "run", run->name);
    note_format(m, "step", "%lld", (long long)step);
    note_format(m, "epoch", "%.6f", (double)step / (double)s->steps_per_epoch);
    note_format(m, "steps_per_epoch", "%lld", (long long)s->steps_per_epoch);
    note(m, "config", text_str(&m->config));
    note(m, "code_version", PACKAGE_VERSION);
    note(m, "dataset", s->data.dataset.name);
    note(m, "data_digest", s->data.dataset.digest);
    note_format(m, "channels", "%d", s->config.model.channels);
    /* counter-based: the seed and the step are the whole state */
    note_format(m, "rng", "philox4x32-10 seed %lld step %lld", (long long)s->settings.train.seed, (long long)step);
    note(m, "kernels", kernel_set_names[s->config.kernels]);
    note_format(m, "threads", "%d", s->config.threads);
    note(m, "autotune", text_str(&m->tuning));
    note(m, "blas", openblas_get_corename());
}

void save_drop_file(const struct store *store, int64_t run, const struct store_checkpoint *row)
{
    if (store_checkpoint_name_check(row->path, NULL)) store_file_remove(store, STORE_RUN, run, row->path, NULL);
}

/* Told before half of the file is on the disk. */
static bool check_room(const struct session *s, const char *path, struct err *e)
{
    double need = session_checkpoint_bytes(s), have = file_free_bytes(path);
    char a[16], b[16];
    if (have < 0 || have > need) return true;
    return err_set(e, ERR_IO, "%s: a checkpoint takes about %s and %s are free; make room, then resume", path,
                   text_bytes(need, a), text_bytes(have, b));
}

/* Rows that may go, then their files. Whoever keeps the store locked keeps them until the next time. */
static bool drop_spare(struct recorder *r, const struct session *s, struct err *e)
{
    struct store_checkpoints spare;
    if (!store_checkpoint_spare(r->store, r->run, s->settings.checkpoint.keep, &spare, e)) return false;
    bool ok = true;
    for (size_t i = 0; ok && i < spare.count; i++) {
        ok = store_checkpoint_remove(r->store, r->run, spare.rows[i].step, e);
        if (ok) save_drop_file(r->store, r->run, &spare.rows[i]);
    }
    store_checkpoints_clear(&spare);
    return ok;
}

/* A name in runs/ID that no file has: one of a life that was cut off may be there, and a name never means two things.
 */
static void free_name(const struct folder *folder, struct store_checkpoint *row)
{
    snprintf(row->path, sizeof row->path, "step-%07lld.safetensors", (long long)row->step);
    for (int life = 1; folder_has(folder, row->path); life++)
        snprintf(row->path, sizeof row->path, "step-%07lld.%d.safetensors", (long long)row->step, life);
}

static int64_t size_of(const struct folder *folder, const char *name)
{
    struct stat st;
    return fstatat(folder->fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0 ? st.st_size : 0;
}

static bool write_file(struct recorder *r, const struct session *s, const struct store_run *run,
                       struct store_checkpoint *row, struct err *e)
{
    struct notes m;
    struct folder folder;
    struct file_writer w;
    if (!check_room(s, store_dir(r->store), e) || !store_folder(r->store, STORE_RUN, r->run, false, &folder, e))
        return false;
    free_name(&folder, row);
    notes_fill(&m, s, run, row->step);
    bool ok = (!m.config.broken && !m.tuning.broken) || err_set(e, ERR_MEMORY, "%s: memory ran out", row->path);
    ok = ok && file_begin_in(&w, &folder, row->path, e) && checkpoint_put(&w, s->engine, m.pairs, m.n, row->sha256, e);
    text_clear(&m.config);
    text_clear(&m.tuning);
    row->bytes = ok ? size_of(&folder, row->path) : 0;
    folder_close(&folder);
    return ok;
}

/* The row is written, or kept beside the run for the next worker: the file alone would not be found again. */
static bool list_it(struct recorder *r, const struct session *s, struct err *e)
{
    if (!recorder_flush(r, e)) return false;
    if (recorder_stuck(r) > 0) return recorder_save(r, e);
    if (rewind_settle(r->store, r->run, e) && drop_spare(r, s, e)) return true;
    return e->code == ERR_LOCKED || e->code == ERR_IO;
}

bool save_checkpoint(struct recorder *r, const struct session *s, const struct store_run *run, int64_t step,
                     const char *reason, struct err *e)
{
    struct store_checkpoint *row = &r->saved;
    double begun = clock_seconds();
    if (!recorder_flush(r, e)) return false;
    bool again = row->step == step && *row->path;
    if (again && (!strcmp(row->reason, "epoch") || !strcmp(row->reason, reason)))
        return recorder_stuck(r) == 0 || recorder_save(r, e); /* what was kept for its epoch stays kept */
    if (!again) {
        struct store_checkpoint fresh = { .step = step };
        if (!write_file(r, s, run, &fresh, e)) return err_wrap(e, "checkpoint at step %lld", (long long)step);
        *row = fresh;
        recorder_number(r, "time.checkpoint", step, clock_seconds() - begun);
    }
    snprintf(row->reason, sizeof row->reason, "%s", reason);
    outbox_checkpoint(&r->box, row);
    return list_it(r, s, e) || err_wrap(e, "checkpoint at step %lld", (long long)step);
}

bool save_file(struct recorder *r, const struct session *s, const struct store_run *run, int64_t step, struct err *e)
{
    struct store_checkpoint fresh = { .step = step };
    if (r->saved.step == step && *r->saved.path) return true;
    if (!write_file(r, s, run, &fresh, e)) return err_wrap(e, "checkpoint at step %lld", (long long)step);
    r->saved = fresh;
    return true;
}

static bool not_asked_to_end(void)
{
    return !process_asked();
}

bool save_open(const struct store *store, int64_t run, const struct store_checkpoint *row, struct tensors *out,
               struct err *e)
{
    char path[STORE_PATH];
    int fd = store_checkpoint_open(store, run, row->path, path, e);
    const struct checkpoint_file file = { fd, path, row->bytes > 0 ? row->bytes : -1, row->sha256 };
    return fd >= 0 && checkpoint_open_fd(out, &file, not_asked_to_end, e);
}

static bool open_point(struct store *store, int64_t run, const struct store_checkpoint *row, struct save_point *out,
                       struct err *e)
{
    if (!save_open(store, run, row, &out->tensors, e)) return false;
    out->open = true;
    out->row = *row;
    out->step = row->step;
    return true;
}

/* One that is given up for good is only gone back to by its own step. */
static bool is_candidate(const struct store_checkpoint *c, int64_t step)
{
    if (step >= 0 && c->step > step) return false;
    return c->given_up != STORE_GIVEN_UP_PIN || c->step == step;
}

/* Only what is damaged is passed over. A file that was moved, may not be read or does not fit into memory is a reason
 * to ask: going on from an older one would give up what is still there. */
static bool not_damaged(const struct store_run *run, const struct store_checkpoint *c, const struct err *why,
                        struct err *e)
{
    return err_set(e, why->code,
                   "run %s: the checkpoint at step %lld: %.300s; put it right, or go back further with --from %lld",
                   run->name, (long long)c->step, why->msg, (long long)(c->step - 1));
}

bool save_find(struct store *store, const struct store_run *run, int64_t step, struct save_point *out, struct err *e)
{
    struct store_checkpoints list;
    struct err why = { 0 };
    *out = (struct save_point){ 0 };
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

bool save_settings(struct store *store, const struct store_run *run, const struct save_point *point, struct settings *s,
                   struct err *e)
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

void save_close(struct save_point *point)
{
    if (point->open) tensors_close(&point->tensors);
    point->open = false;
}

static bool is_listed(const struct store_checkpoints *list, const char *name)
{
    for (size_t i = 0; i < list->count; i++)
        if (!strcmp(list->rows[i].path, name)) return true;
    return false;
}

bool save_sweep(struct store *store, int64_t run, struct err *e)
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
