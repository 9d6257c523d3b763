/* Rows of (tensor, part) list what a checkpoint holds; writing, checking and restoring walk over the same rows. */
#include "engine/train/checkpoint.h"

#include <fcntl.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/base/text.h"

/* Parts of a tensor that a checkpoint holds, and what stands before its name. */
static const struct {
    enum engine_part part;
    const char *prefix;
} parts[] = { { PART_VALUE, "" }, { PART_MOMENTUM, "momentum." }, { PART_SECOND, "second." } };

enum { PARTS = sizeof parts / sizeof parts[0], NAME_SIZE = 96 };

struct row {
    int tensor, part;
    char name[NAME_SIZE];
};

struct writing {
    const struct engine *engine;
    const struct row *rows;
};

/* The numbers of a row as the engine holds them: floats or doubles. */
static void read_row(const struct engine *g, const struct row *r, void *out)
{
    if (engine_is_double(g))
        engine_read64(g, r->tensor, parts[r->part].part, out);
    else
        engine_read(g, r->tensor, parts[r->part].part, out);
}

static void fill(void *ctx, size_t i, void *out)
{
    const struct writing *w = ctx;
    read_row(w->engine, &w->rows[i], out);
}

/* All rows of an engine: values of everything, moments of what is trained and not exactly zero. Returns how many. */
static size_t list_rows(const struct engine *g, struct row *rows)
{
    size_t n = 0;
    for (int p = 0; p < (int)PARTS; p++)
        for (int i = 0; i < engine_tensors(g); i++) {
            const struct engine_tensor *t = engine_tensor(g, i);
            if (p && (t->kind != TENSOR_PARAMETER || t->zero_gradient || !t->trained || !engine_has(g, parts[p].part)))
                continue;
            rows[n].tensor = i;
            rows[n].part = p;
            snprintf(rows[n].name, sizeof rows[n].name, "%s%s", parts[p].prefix, t->name);
            n++;
        }
    return n;
}

/* Room for any of its tensors. */
static void *room(const struct engine *g)
{
    size_t most = 1;
    for (int i = 0; i < engine_tensors(g); i++)
        if (engine_tensor(g, i)->count > most) most = engine_tensor(g, i)->count;
    return malloc(most * (engine_is_double(g) ? sizeof(double) : sizeof(float)));
}

static bool all_finite(const struct engine *g, const struct row *rows, size_t n, void *buffer, struct err *e)
{
    const float *f32 = buffer;
    const double *f64 = buffer;
    bool wide = engine_is_double(g);
    for (size_t i = 0; i < n; i++) {
        const struct engine_tensor *t = engine_tensor(g, rows[i].tensor);
        read_row(g, &rows[i], buffer);
        for (size_t j = 0; j < t->count; j++)
            if (!(wide ? isfinite(f64[j]) : isfinite(f32[j])))
                return err_set(e, ERR_NUMERIC, "%s is not finite and is not saved", rows[i].name);
    }
    return true;
}

bool checkpoint_put(struct file_writer *w, const struct engine *g, const struct tensors_pair *metadata, size_t pairs,
                    char hex[DIGEST_HEX_SIZE], struct err *e)
{
    size_t most = (size_t)engine_tensors(g) * PARTS;
    struct row *rows = calloc(most, sizeof *rows);
    struct tensors_out *list = calloc(most, sizeof *list);
    struct tensors_pair *all = calloc(pairs + 2, sizeof *all);
    void *buffer = room(g);
    bool ok = rows && list && all && buffer ? true : err_set(e, ERR_MEMORY, "%s: no memory", w->path);
    size_t n = ok ? list_rows(g, rows) : 0;
    ok = ok && all_finite(g, rows, n, buffer, e);
    free(buffer); /* as large as the one that writing takes */
    for (size_t i = 0; ok && i < n; i++) {
        const struct engine_tensor *t = engine_tensor(g, rows[i].tensor);
        list[i] =
            (struct tensors_out){ .name = rows[i].name, .wide = engine_is_double(g), .dims = t->dims, .fill = fill };
        for (int d = 0; d < t->dims; d++) list[i].shape[d] = t->shape[d];
    }
    if (ok) {
        char format[] = CHECKPOINT_FORMAT, key_format[] = "format", key_updates[] = "updates", updates[32];
        snprintf(updates, sizeof updates, "%" PRId64, engine_updates(g));
        all[0] = (struct tensors_pair){ key_format, format };
        all[1] = (struct tensors_pair){ key_updates, updates };
        if (pairs) memcpy(all + 2, metadata, pairs * sizeof *all);
        struct writing writing = { g, rows };
        ok = tensors_put(w, &(struct tensors_content){ list, n, &writing, all, pairs + 2 }, hex, e);
    } else {
        file_abandon(w);
    }
    free(rows);
    free(list);
    free(all);
    return ok;
}

static bool check_digest(int fd, const char *path, const char *expected, bool (*go_on)(void), struct err *e)
{
    enum { PIECE = 1 << 24 };
    char hex[DIGEST_HEX_SIZE];
    struct digest_pieces *d;
    int own = fcntl(fd, F_DUPFD_CLOEXEC, 0);
    if (own < 0) return err_errno(e, "%s", path);
    if (!digest_take(&d, own, path, e)) return false;
    bool ok = true;
    for (bool done = false; ok && !done;) {
        ok = digest_more(d, PIECE, &done, hex, e);
        if (ok && !done && go_on && !go_on()) ok = err_set(e, ERR_INTERRUPTED, "%s: stopped while it was read", path);
    }
    digest_end(d);
    if (!ok || !strcmp(expected, hex)) return ok;
    return err_set(e, ERR_FORMAT,
                   "%s: digest %.12s... is not the %.12s... recorded when it was written; it was changed or cut, "
                   "use another checkpoint",
                   path, hex, expected);
}

static bool check_size(int fd, const char *path, int64_t bytes, struct err *e)
{
    struct stat st;
    if (fstat(fd, &st)) return err_errno(e, "%s", path);
    if (!S_ISREG(st.st_mode)) return err_set(e, ERR_IO, "%s: not a regular file", path);
    if (bytes < 0 || st.st_size == bytes) return true;
    return err_set(e, ERR_FORMAT,
                   "%s: has %lld bytes, not the %lld that were written; it was changed or cut, use another checkpoint",
                   path, (long long)st.st_size, (long long)bytes);
}

bool checkpoint_open_fd(struct tensors *t, const struct checkpoint_file *f, bool (*go_on)(void), struct err *e)
{
    *t = (struct tensors){ 0 };
    if (!check_size(f->fd, f->path, f->bytes, e) || (f->sha256 && !check_digest(f->fd, f->path, f->sha256, go_on, e))) {
        close(f->fd);
        return false;
    }
    if (!tensors_open_fd(t, f->fd, f->path, e)) return false;
    const char *format = tensors_metadata(t, "format");
    if (format && !strcmp(format, CHECKPOINT_FORMAT)) return true;
    if (format)
        err_set(e, ERR_UNSUPPORTED, "%s: a checkpoint of another format version (%.16s); use the program that wrote it",
                f->path, format);
    else
        err_set(e, ERR_FORMAT, "%s: not a checkpoint of mlvicx", f->path);
    tensors_close(t);
    return false;
}

static bool restore_row(struct engine *g, const struct tensors *t, const struct row *r, void *buffer, bool apply,
                        struct err *e)
{
    const struct tensors_entry *entry = tensors_find(t, r->name);
    const struct engine_tensor *want = engine_tensor(g, r->tensor);
    bool same = entry && (entry->type == TENSORS_F32 || entry->type == TENSORS_F64) && entry->dims == want->dims;
    for (int d = 0; same && d < want->dims; d++) same = entry->shape[d] == want->shape[d];
    if (!same) return err_set(e, ERR_FORMAT, "checkpoint: %s is %s", r->name, entry ? "of another shape" : "missing");
    if (!apply) return true;
    if (engine_is_double(g)) {
        tensors_read64(entry, buffer);
        engine_write64(g, r->tensor, parts[r->part].part, buffer);
    } else {
        tensors_read(entry, buffer);
        engine_write(g, r->tensor, parts[r->part].part, buffer);
    }
    return true;
}

bool checkpoint_restore(struct engine *g, const struct tensors *t, bool training, struct err *e)
{
    struct row *rows = calloc((size_t)engine_tensors(g) * PARTS, sizeof *rows);
    void *buffer = room(g);
    bool ok = rows && buffer ? true : err_set(e, ERR_MEMORY, "checkpoint: no memory");
    size_t n = ok ? list_rows(g, rows) : 0;
    const char *updates = tensors_metadata(t, "updates");
    int64_t count = 0;
    if (ok && (!updates || !text_to_int(updates, &count) || count < 0))
        ok = err_set(e, ERR_FORMAT, "checkpoint: its update count is missing");
    for (int apply = 0; ok && apply < 2; apply++)
        for (size_t i = 0; ok && i < n; i++)
            if (training || parts[rows[i].part].part == PART_VALUE) ok = restore_row(g, t, &rows[i], buffer, apply, e);
    ok = ok && tensors_check(t, e);
    if (ok) engine_set_updates(g, count);
    free(rows);
    free(buffer);
    return ok;
}
