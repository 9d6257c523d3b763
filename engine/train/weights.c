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

static int index_of(const struct engine *g, const char *name)
{
    for (int i = 0; i < engine_tensors(g); i++)
        if (!strcmp(engine_tensor(g, i)->name, name)) return i;
    return -1;
}

/* A file on its way into an engine. All borrowed. */
struct loading {
    struct engine *engine;
    struct state_dict *file;
    float *buffer; /* [count of the largest tensor]                    */
    char *seen;    /* [tensors of the engine]: 1 where the file has it */
    int encoder;   /* tensors of the encoder in the file               */
};

static bool check_shape(const struct state_entry *entry, const struct engine_tensor *t, const char *path, struct err *e)
{
    bool same = entry->dims == t->dims;
    for (int d = 0; same && d < t->dims; d++) same = entry->shape[d] == t->shape[d];
    if (same || !entry->tensor) return true; /* reading tells what else it is */
    struct text want = { 0 }, found = { 0 };
    for (int d = 0; d < t->dims; d++) text_printf(&want, "%s%d", d ? "x" : "", t->shape[d]);
    for (int d = 0; d < entry->dims; d++) text_printf(&found, "%s%lld", d ? "x" : "", (long long)entry->shape[d]);
    err_set(e, ERR_FORMAT, "%s: %s has shape %s where this network needs %s; check model.arch, width and dim", path,
            entry->name, text_str(&found), text_str(&want));
    text_clear(&want);
    text_clear(&found);
    return false;
}

static bool check_entry(struct loading *l, const struct state_entry *entry, const struct engine_tensor *t,
                        struct err *e)
{
    if (!check_shape(entry, t, l->file->path, e) || !state_dict_read(l->file, entry, l->buffer, e)) return false;
    bool variance = text_ends(t->name, ".running_var");
    for (size_t i = 0; i < t->count; i++)
        if (!isfinite(l->buffer[i]) || (variance && l->buffer[i] < 0))
            return err_set(e, ERR_NUMERIC, "%s: %s holds a %s", l->file->path, entry->name,
                           isfinite(l->buffer[i]) ? "negative variance" : "number that is not finite");
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

/* A block of the body that this network lacks: without it the rest would be another network's half. */
static bool check_depth(const struct loading *l, const struct state_entry *entry, struct err *e)
{
    if (!starts(entry->own, "encoder.layer")) return true;
    return err_set(e, ERR_FORMAT,
                   "%s: %s has no place in this network; the file is of a deeper or another ResNet: resnet18 and "
                   "resnet50 are read, as model.arch says",
                   l->file->path, entry->name);
}

/* First pass (apply false) only checks, so that a bad file changes nothing. */
static bool walk(struct loading *l, bool apply, struct err *e)
{
    for (size_t i = 0; i < l->file->count; i++) {
        const struct state_entry *entry = &l->file->entries[i];
        if (!*entry->own) continue;
        int at = index_of(l->engine, entry->own);
        if (at < 0) {
            if (!check_depth(l, entry, e)) return false;
            continue;
        }
        if (!apply && l->seen[at])
            return err_set(e, ERR_FORMAT, "%s: %s stands twice in it", l->file->path, entry->name);
        if (!check_entry(l, entry, engine_tensor(l->engine, at), e)) return false;
        if (apply) put(l->engine, at, entry->own, l->buffer);
        l->encoder += starts(entry->own, "encoder.");
        l->seen[at] = 1;
    }
    return true;
}

static void account(const struct loading *l, struct weights_report *r)
{
    const struct engine *g = l->engine;
    const struct state_dict *s = l->file;
    for (int i = 0; i < engine_tensors(g); i++) {
        r->loaded += l->seen[i];
        if (l->seen[i] || engine_tensor(g, i)->kind == TENSOR_TARGET) continue;
        r->missing++;
        text_printf(&r->missing_names, "%s\n", engine_tensor(g, i)->name);
    }
    for (size_t i = 0; i < s->count; i++) {
        const struct state_entry *entry = &s->entries[i];
        if (entry->ignored || (*entry->own && index_of(g, entry->own) >= 0)) continue;
        if (r->surplus++ < WEIGHTS_NAMED) text_printf(&r->surplus_names, "%s\n", entry->name);
    }
    bool own = !strcmp(s->prefix, "encoder.") && !s->torch; /* our own files are safetensors */
    snprintf(r->form, sizeof r->form, "%s%.200s%s%s", *s->prefix && !own ? "prefix " : "", own ? "" : s->prefix,
             *s->prefix && !own ? " stripped" : "", s->sequential ? " (children of nn.Sequential by number)" : "");
}

bool weights_take(struct engine *g, struct state_dict *s, struct weights_report *report, struct err *e)
{
    const char *path = s->path;
    size_t most = 1;
    for (int i = 0; i < engine_tensors(g); i++)
        if (engine_tensor(g, i)->count > most) most = engine_tensor(g, i)->count;
    float *buffer = malloc(most * sizeof *buffer);
    char *seen = calloc((size_t)engine_tensors(g) + 1, 1);
    struct loading l = { .engine = g, .file = s, .buffer = buffer, .seen = seen };
    bool ok = buffer && seen ? true : err_set(e, ERR_MEMORY, "%s: no memory", path);
    ok = ok && walk(&l, false, e);
    if (ok && !l.encoder) ok = err_set(e, ERR_FORMAT, "%s: none of its tensors is one of this network's encoder", path);
    ok = ok && state_dict_check(s, e) && walk(&l, true, e) && state_dict_check(s, e);
    if (ok && report) {
        *report = (struct weights_report){ 0 };
        account(&l, report);
    }
    free(buffer);
    free(seen);
    state_dict_close(s);
    return ok;
}

bool weights_load(struct engine *g, const char *path, struct weights_report *report, struct err *e)
{
    struct state_dict s;
    return state_dict_open(&s, path, e) && weights_take(g, &s, report, e);
}

/* ---- what came of it ---- */

enum { NAMED = 3 };

/* The first names of a list, a line each, of those that count; how many count. */
static int name_some(const char *names, bool heads, struct text *out)
{
    int count = 0;
    for (const char *at = names; *at; at += strcspn(at, "\n"), at += *at == '\n') {
        if (!heads && !starts(at, "encoder.") && !starts(at, "context.")) continue;
        if (count++ < NAMED) text_printf(out, "%s%.*s", count > 1 ? ", " : "", (int)strcspn(at, "\n"), at);
    }
    return count;
}

static void say_some(const char *what, const char *names, int total, bool heads, struct text *out)
{
    struct text some = { 0 };
    int count = name_some(names, heads, &some);
    if (total > count && heads) count = total;
    if (count) text_printf(out, "; %d %s: %s", count, what, text_str(&some));
    if (count > NAMED) text_printf(out, " and %d more", count - NAMED);
    text_clear(&some);
}

void weights_report_line(const struct weights_report *r, bool heads, struct text *out)
{
    text_printf(out, "%d %s loaded%s%s", r->loaded, text_number(r->loaded, "tensor", "tensors"),
                *r->form && *r->form != ' ' ? ", " : "", r->form);
    say_some("not in the file and left as drawn", text_str(&r->missing_names), r->missing, heads, out);
    say_some("in the file and not used", text_str(&r->surplus_names), r->surplus, true, out);
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

bool weights_export(const struct engine *g, bool gates, const char *path, const struct tensors_pair *metadata,
                    size_t pairs, struct err *e)
{
    size_t n = (size_t)engine_tensors(g), rows = 0;
    struct tensors_out *list = calloc(n, sizeof *list);
    int *index = calloc(n, sizeof *index);
    bool ok = list && index ? true : err_set(e, ERR_MEMORY, "%s: no memory", path);
    for (size_t i = 0; ok && i < n; i++) {
        const struct engine_tensor *t = engine_tensor(g, (int)i);
        bool encoder = starts(t->name, "encoder.");
        if (!encoder && !(gates && starts(t->name, "context."))) continue;
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
