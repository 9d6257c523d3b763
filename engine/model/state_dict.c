/* One list of entries over two kinds of file; entry i is tensor i of either. */
#include "engine/model/state_dict.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/base/reading.h"
#include "engine/base/text.h"

static void entry_of_tensors(struct state_entry *out, const struct tensors_entry *t)
{
    *out = (struct state_entry){ .name = t->name, .tensor = true, .type = t->type, .dims = t->dims, .count = t->count };
    memcpy(out->shape, t->shape, sizeof out->shape);
}

static void entry_of_torch(struct state_entry *out, const struct torch_tensor *t)
{
    *out = (struct state_entry){
        .name = t->name, .tensor = !t->what, .type = t->type, .dims = t->dims, .count = t->count
    };
    memcpy(out->shape, t->shape, sizeof out->shape);
}

/* Networks often have one tensor under two names. */
static bool same_tensor(const struct state_dict *s, size_t a, size_t b)
{
    if (!s->torch) return false;
    const struct torch_tensor *list = torch_file_tensors(s->torch)->list, *x = &list[a], *y = &list[b];
    return !x->what && !y->what && !strcmp(x->key, y->key) && x->offset == y->offset && x->count == y->count;
}

/* The rest, once either file is open. */
static bool fill(struct state_dict *s, struct err *e)
{
    s->count = s->torch ? torch_file_tensors(s->torch)->count : s->tensors.count;
    s->entries = calloc(s->count + 1, sizeof *s->entries);
    bool ok = s->entries || err_set(e, ERR_MEMORY, "%s: no memory", s->path);
    for (size_t i = 0; ok && i < s->count; i++) {
        if (s->torch)
            entry_of_torch(&s->entries[i], &torch_file_tensors(s->torch)->list[i]);
        else
            entry_of_tensors(&s->entries[i], &s->tensors.entries[i]);
    }
    ok = ok && state_names_find(s, same_tensor, e);
    if (!ok) state_dict_close(s);
    return ok;
}

bool state_dict_open(struct state_dict *s, const char *path, struct err *e)
{
    *s = (struct state_dict){ 0 };
    int fd = file_open_regular(path, NULL, e);
    return fd >= 0 && state_dict_open_fd(s, fd, path, e);
}

bool state_dict_open_fd(struct state_dict *s, int fd, const char *path, struct err *e)
{
    unsigned char head[TORCH_SNIFF];
    *s = (struct state_dict){ 0 };
    ssize_t n = pread(fd, head, sizeof head, 0);
    if (n < 0) {
        err_errno(e, "%s", path);
        close(fd);
        return false;
    }
    if (!torch_file_is(head, (size_t)n)) {
        struct tensors file;
        return tensors_open_fd(&file, fd, path, e) && state_dict_take(s, &file, e);
    }
    if (!torch_file_modern(head, (size_t)n, path, e)) {
        close(fd);
        return false;
    }
    if (!torch_file_take(&s->torch, fd, path, e)) return false;
    s->path = s->text = text_copy(path);
    if (s->text) return fill(s, e);
    state_dict_close(s);
    return err_set(e, ERR_MEMORY, "%s: no memory", path);
}

bool state_dict_take(struct state_dict *s, struct tensors *file, struct err *e)
{
    *s = (struct state_dict){ .tensors = *file, .path = file->path };
    *file = (struct tensors){ 0 };
    return fill(s, e);
}

void state_dict_close(struct state_dict *s)
{
    free(s->entries);
    free(s->text);
    if (s->torch)
        torch_file_close(s->torch);
    else
        tensors_close(&s->tensors);
    *s = (struct state_dict){ 0 };
}

const struct state_entry *state_dict_find(const struct state_dict *s, const char *own)
{
    for (size_t i = 0; i < s->count; i++)
        if (!strcmp(s->entries[i].own, own)) return &s->entries[i];
    return NULL;
}

bool state_dict_read(struct state_dict *s, const struct state_entry *entry, float *out, struct err *e)
{
    size_t at = (size_t)(entry - s->entries);
    if (s->torch) return torch_file_read(s->torch, &torch_file_tensors(s->torch)->list[at], out, e);
    return tensors_read(&s->tensors.entries[at], out) ||
           err_set(e, ERR_UNSUPPORTED, "%s: %s is not of a float type", s->path, entry->name);
}

bool state_dict_check(const struct state_dict *s, struct err *e)
{
    return s->torch ? torch_file_check(s->torch, e) : tensors_check(&s->tensors, e);
}
