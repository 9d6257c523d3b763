/* A file is walked twice: once to check every tensor that has a place, once to write them. */
#include "engine/train/weights.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void weights_report_clear(struct weights_report *r)
{
    text_clear(&r->missing_names);
    text_clear(&r->surplus_names);
    *r = (struct weights_report){ 0 };
}

static bool starts(const char *s, const char *prefix)
{
    return !strncmp(s, prefix, strlen(prefix));
}

/* Name of the tensor in this network that a name in a file means: own names stay, torchvision's and timm's (the same
 * for both ResNets) lack "encoder.". */
static void own_name(const char *name, char *out, size_t size)
{
    static const char *const own[] = { "encoder.", "context.", "global.", "local.", "predictor." };
    for (size_t i = 0; i < sizeof own / sizeof own[0]; i++)
        if (starts(name, own[i])) {
            snprintf(out, size, "%s", name);
            return;
        }
    snprintf(out, size, "encoder.%s", name);
}

static bool ignored(const char *name)
{
    return starts(name, "fc.") || strstr(name, "num_batches_tracked") || starts(name, "momentum.") ||
           starts(name, "second.") || starts(name, "target.");
}

static int index_of(const struct engine *g, const char *name)
{
    for (int i = 0; i < engine_tensors(g); i++)
        if (!strcmp(engine_tensor(g, i)->name, name)) return i;
    return -1;
}

/* A file on its way into an engine. All borrowed. */
struct loading {
    struct engine *engine;
    const struct tensors *file;
    const char *path; /* for errors                                       */
    float *buffer;    /* [count of the largest tensor]                    */
    char *seen;       /* [tensors of the engine]: 1 where the file has it */
    int encoder;      /* tensors of the encoder in the file               */
};

static bool check_entry(const struct tensors_entry *entry, const struct engine_tensor *t, const char *path,
                        float *buffer, struct err *e)
{
    bool same = entry->dims == t->dims;
    for (int d = 0; same && d < t->dims; d++) same = entry->shape[d] == t->shape[d];
    if (!same) {
        struct text want = { 0 }, found = { 0 };
        for (int d = 0; d < t->dims; d++) text_printf(&want, "%s%d", d ? "x" : "", t->shape[d]);
        for (int d = 0; d < entry->dims; d++) text_printf(&found, "%s%lld", d ? "x" : "", (long long)entry->shape[d]);
        err_set(e, ERR_FORMAT, "%s: %s has shape %s where this network needs %s; check model.arch, width and dim", path,
                entry->name, text_str(&found), text_str(&want));
        text_clear(&want);
        text_clear(&found);
        return false;
    }
    if (!tensors_read(entry, buffer))
        return err_set(e, ERR_UNSUPPORTED, "%s: %s is not of a float type", path, entry->name);
    for (size_t i = 0; i < t->count; i++)
        if (!isfinite(buffer[i]))
            return err_set(e, ERR_NUMERIC, "%s: %s holds a number that is not finite", path, entry->name);
    return true;
}

/* A moving average begins where what it follows does. */
static void put(struct engine *g, int at, const char *name, const float *numbers)
{
    char target[176];
    snprintf(target, sizeof target, "target.%s", name);
    int follower = index_of(g, target);
    engine_write(g, at, PART_VALUE, numbers);
    if (follower >= 0) engine_write(g, follower, PART_VALUE, numbers);
}

/* First pass (apply false) only checks, so that a bad file changes nothing. */
static bool walk(struct loading *l, bool apply, struct err *e)
{
    for (size_t i = 0; i < l->file->count; i++) {
        const struct tensors_entry *entry = &l->file->entries[i];
        char name[160];
        if (ignored(entry->name)) continue;
        own_name(entry->name, name, sizeof name);
        int at = index_of(l->engine, name);
        if (at < 0) continue;
        if (!check_entry(entry, engine_tensor(l->engine, at), l->path, l->buffer, e)) return false;
        if (apply) put(l->engine, at, name, l->buffer);
        l->encoder += starts(name, "encoder.");
        l->seen[at] = 1;
    }
    return true;
}

static void account(const struct engine *g, const struct tensors *t, const char *seen, struct weights_report *r)
{
    for (int i = 0; i < engine_tensors(g); i++) {
        r->loaded += seen[i];
        if (seen[i] || engine_tensor(g, i)->kind == TENSOR_TARGET) continue;
        r->missing++;
        text_printf(&r->missing_names, "%s\n", engine_tensor(g, i)->name);
    }
    for (size_t i = 0; i < t->count; i++) {
        char name[160];
        own_name(t->entries[i].name, name, sizeof name);
        if (ignored(t->entries[i].name) || index_of(g, name) >= 0) continue;
        r->surplus++;
        text_printf(&r->surplus_names, "%s\n", t->entries[i].name);
    }
}

bool weights_take(struct engine *g, struct tensors *t, struct weights_report *report, struct err *e)
{
    const char *path = t->path;
    size_t most = 1;
    for (int i = 0; i < engine_tensors(g); i++)
        if (engine_tensor(g, i)->count > most) most = engine_tensor(g, i)->count;
    float *buffer = malloc(most * sizeof *buffer);
    char *seen = calloc((size_t)engine_tensors(g) + 1, 1);
    struct loading l = { .engine = g, .file = t, .path = path, .buffer = buffer, .seen = seen };
    bool ok = buffer && seen ? true : err_set(e, ERR_MEMORY, "%s: no memory", path);
    ok = ok && walk(&l, false, e);
    if (ok && !l.encoder)
        ok = err_set(
            e, ERR_FORMAT,
            "%s: no tensor of a ResNet encoder in it; expected names such as conv1.weight or encoder.conv1.weight",
            path);
    ok = ok && walk(&l, true, e) && tensors_check(t, e);
    if (ok && report) {
        *report = (struct weights_report){ 0 };
        account(g, t, seen, report);
    }
    free(buffer);
    free(seen);
    tensors_close(t);
    return ok;
}

bool weights_load(struct engine *g, const char *path, struct weights_report *report, struct err *e)
{
    struct tensors t;
    return tensors_open(&t, path, e) && weights_take(g, &t, report, e);
}

/* ---- export ---- */

struct writing {
    const struct engine *engine;
    int *index; /* tensor of each row */
};

static void fill(void *ctx, size_t row, void *out)
{
    const struct writing *w = ctx;
    engine_read(w->engine, w->index[row], PART_VALUE, out);
}

bool weights_export(const struct engine *g, const char *path, const struct tensors_pair *metadata, size_t pairs,
                    struct err *e)
{
    size_t n = (size_t)engine_tensors(g), rows = 0;
    struct tensors_out *list = calloc(n, sizeof *list);
    int *index = calloc(n, sizeof *index);
    bool ok = list && index ? true : err_set(e, ERR_MEMORY, "%s: no memory", path);
    for (size_t i = 0; ok && i < n; i++) {
        const struct engine_tensor *t = engine_tensor(g, (int)i);
        bool encoder = starts(t->name, "encoder.");
        if (!encoder && !starts(t->name, "context.")) continue;
        list[rows] =
            (struct tensors_out){ .name = t->name + (encoder ? strlen("encoder.") : 0), .dims = t->dims, .fill = fill };
        for (int d = 0; d < t->dims; d++) list[rows].shape[d] = t->shape[d];
        index[rows++] = (int)i;
    }
    struct writing w = { g, index };
    const struct tensors_content content = { list, rows, &w, metadata, pairs };
    ok = ok && tensors_write(path, FILE_OF_USER, &content, NULL, e);
    free(list);
    free(index);
    return ok;
}
