#include "config.h"

#include "app/worker/checkpointing.h"

#include <cblas.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "app/session/checkpoint_files.h"
#include "app/worker/rewind.h"
#include "engine/base/clock.h"
#include "engine/base/limits.h"
#include "engine/base/text.h"
#include "engine/train/checkpoint.h"
#include "store/database/files.h"
#include "store/trash.h"

/* Metadata: everything of the run that is not a tensor. No clock, so that equal states give equal files. */
struct notes {
    struct tensors_pair pairs[24];
    size_t n;
    char values[24][64], memory[SESSION_MEMORIES][VERDICT_MEMORY];
    struct text config, tuning, classes, untaught;
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

/* The classes behind the outputs of a classifier. */
static void note_labels(struct notes *m, const struct session *s)
{
    for (int c = 0; c < s->config.model.classes; c++) {
        text_printf(&m->classes, "%s%s", c ? "\n" : "", s->data.classes[c]);
        if (!session_is_taught(s, c)) text_printf(&m->untaught, "%s\n", s->data.classes[c]);
    }
    note(m, "classes", text_str(&m->classes));
    note(m, "untaught", text_str(&m->untaught));
    note(m, "exclusive", s->config.exclusive ? "on" : "off");
    note_format(m, "labelled", "%d", s->train.count);
}

static void notes_clear(struct notes *m)
{
    text_clear(&m->config);
    text_clear(&m->tuning);
    text_clear(&m->classes);
    text_clear(&m->untaught);
}

/* The epoch that patience counts from. */
static void note_best(struct notes *m, const struct best_epoch *best)
{
    if (!best->step) return;
    note_format(m, "best_validation", "%.17g", best->value);
    note_format(m, "best_step", "%lld", (long long)best->step);
}

static void notes_fill(struct notes *m, const struct session *s, const struct store_run *run, int64_t step)
{
    *m = (struct notes){ 0 };
    settings_write_ini(&s->settings, &m->config);
    tuning_write(&s->tuning, &m->tuning);
    note(m, "method", engine_method((enum method_kind)s->settings.method.name)->name);
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
    if (s->labels) note_labels(m, s);
    for (int k = 0; k < SESSION_MEMORIES; k++) {
        if (!s->memory[k].steps) continue;
        verdict_memory_write(&s->memory[k], m->memory[k]);
        note(m, session_memory_names[k], m->memory[k]);
    }
}

/* Checked before writing, so that a full disk is reported before half of the file is written. */
static bool check_room(const struct session *s, struct store *store, struct err *e)
{
    const char *path = store_dir(store);
    double need = session_checkpoint_bytes(s), have = file_free_bytes(path);
    char a[16], b[16], trash[STORE_TRASH_HINT];
    struct limits l;
    limits_read(NULL, &l);
    if (!limits_check_file(&l, "a checkpoint takes about", need, e)) return false;
    if (have < 0 || have > need) return true;
    return err_set(e, ERR_IO, "%s: a checkpoint takes about %s and %s are free; make room%s, then resume", path,
                   text_bytes(need, a), text_bytes(have, b), store_trash_hint(store, trash));
}

/* Removes rows that are not kept, then their files. If another process keeps the store locked, they stay until the next
 * time. */
static bool drop_spare(struct recorder *r, const struct session *s, struct err *e)
{
    struct store_checkpoints spare;
    if (!store_checkpoint_spare(r->store, r->run, s->settings.checkpoint.keep, &spare, e)) return false;
    bool ok = true;
    for (size_t i = 0; ok && i < spare.count; i++) {
        ok = store_checkpoint_remove(r->store, r->run, spare.rows[i].step, e);
        if (ok) checkpoint_files_drop(r->store, r->run, &spare.rows[i]);
    }
    store_checkpoints_clear(&spare);
    return ok;
}

/* Finds a name in runs/ID that is not in use: a worker that was killed may have left a file, and a name never refers to
 * two different files. */
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
    if (!check_room(s, r->store, e) || !store_folder(r->store, STORE_RUN, r->run, false, &folder, e)) return false;
    free_name(&folder, row);
    notes_fill(&m, s, run, row->step);
    note_best(&m, &r->best);
    bool broken = m.config.broken || m.tuning.broken || m.classes.broken || m.untaught.broken;
    bool ok = !broken || err_set(e, ERR_MEMORY, "%s: memory ran out", row->path);
    ok = ok && file_begin_in(&w, &folder, row->path, e) && checkpoint_put(&w, s->engine, m.pairs, m.n, row->sha256, e);
    notes_clear(&m);
    row->bytes = ok ? size_of(&folder, row->path) : 0;
    folder_close(&folder);
    return ok;
}

/* Writes the row, or keeps it beside the run for the next worker: without a row the file would not be found again. */
static bool list_it(struct recorder *r, const struct session *s, struct err *e)
{
    if (!recorder_flush(r, e)) return false;
    if (recorder_stuck(r) > 0) return recorder_save(r, e);
    if (rewind_settle(r->store, r->run, e) && drop_spare(r, s, e)) return true;
    return e->code == ERR_LOCKED || e->code == ERR_IO;
}

bool checkpointing_save(struct recorder *r, const struct session *s, const struct store_run *run, int64_t step,
                        const char *reason, struct err *e)
{
    struct store_checkpoint *row = &r->saved;
    double begun = clock_seconds();
    if (!recorder_flush(r, e)) return false;
    bool again = row->step == step && *row->path;
    if (again && (!strcmp(row->reason, "epoch") || !strcmp(row->reason, reason)))
        return recorder_stuck(r) == 0 || recorder_save(r, e); /* what is kept because it is the best epoch stays */
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

bool checkpointing_save_file(struct recorder *r, const struct session *s, const struct store_run *run, int64_t step,
                             struct err *e)
{
    struct store_checkpoint fresh = { .step = step };
    if (r->saved.step == step && *r->saved.path) return true;
    if (!write_file(r, s, run, &fresh, e)) return err_wrap(e, "checkpoint at step %lld", (long long)step);
    r->saved = fresh;
    return true;
}
