/* A walk over dicts with a bound on depth and steps: a pickle may share its parts, or contain itself. */
#include "engine/model/torch_tensors.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/text.h"

enum { MOST_DEPTH = 16, MOST_STEPS = 1 << 20 };

struct walk {
    struct torch_tensors *out;
    const struct pickle *p;
    const char *path;
    struct err *e;
    int depth, steps;
};

static const struct {
    const char *global;
    enum tensors_type type;
    size_t width;
} storages[] = {
    { "torch.FloatStorage", TENSORS_F32, 4 },    { "torch.DoubleStorage", TENSORS_F64, 8 },
    { "torch.HalfStorage", TENSORS_F16, 2 },     { "torch.BFloat16Storage", TENSORS_BF16, 2 },
    { "torch.LongStorage", TENSORS_I64, 8 },     { "torch.IntStorage", TENSORS_OTHER, 4 },
    { "torch.ShortStorage", TENSORS_OTHER, 2 },  { "torch.CharStorage", TENSORS_OTHER, 1 },
    { "torch.ByteStorage", TENSORS_OTHER, 1 },   { "torch.BoolStorage", TENSORS_OTHER, 1 },
    { "torch.QInt8Storage", TENSORS_OTHER, 1 },  { "torch.ComplexFloatStorage", TENSORS_OTHER, 8 },
    { "torch.QUInt8Storage", TENSORS_OTHER, 1 }, { "torch.ComplexDoubleStorage", TENSORS_OTHER, 16 },
};

static const struct pickle_node *at(const struct walk *w, uint32_t node)
{
    return &w->p->nodes[node];
}

static bool whole(const struct walk *w, uint32_t node, int64_t *out)
{
    *out = at(w, node)->whole;
    return at(w, node)->kind == PICKLE_INT && *out >= 0;
}

/* ('storage', torch.FloatStorage, key, device, numbers) */
static bool read_storage(const struct walk *w, uint32_t node, struct torch_tensor *t)
{
    if (at(w, node)->kind != PICKLE_PERSISTENT) return false;
    const struct pickle_node *id = at(w, at(w, node)->argument);
    int64_t numbers;
    if (id->kind != PICKLE_TUPLE || id->count < 5 || !pickle_is_text(w->p, id->items[0], "storage") ||
        !whole(w, id->items[4], &numbers))
        return false;
    const struct pickle_node *key = at(w, id->items[2]);
    if (key->kind != PICKLE_TEXT || !key->length || key->length >= TORCH_KEY || memchr(key->text, 0, key->length))
        return false;
    size_t k = 0, n = sizeof storages / sizeof storages[0];
    while (k < n && !pickle_is_global(w->p, id->items[1], storages[k].global)) k++;
    if (k == n || (uint64_t)numbers > SIZE_MAX / 2 / storages[k].width) return false;
    memcpy(t->key, key->text, key->length);
    t->type = storages[k].type;
    t->width = storages[k].width;
    t->numbers = (size_t)numbers;
    return true;
}

/* Sizes and strides, two tuples of whole numbers; `inside`: whether every element stands in the storage. */
static bool read_view(const struct walk *w, const struct pickle_node *arguments, struct torch_tensor *t, bool *inside)
{
    const struct pickle_node *shape = at(w, arguments->items[2]), *stride = at(w, arguments->items[3]);
    if (shape->kind != PICKLE_TUPLE || stride->kind != PICKLE_TUPLE || shape->count != stride->count ||
        shape->count > TENSORS_MAX_DIMS || !whole(w, arguments->items[1], &t->offset))
        return false;
    int64_t last = t->offset, count = 1;
    *inside = true;
    t->dims = (int)shape->count;
    for (int d = 0; d < t->dims; d++) {
        int64_t span;
        if (!whole(w, shape->items[d], &t->shape[d]) || !whole(w, stride->items[d], &t->stride[d])) return false;
        if (__builtin_mul_overflow(count, t->shape[d], &count)) *inside = false;
        if (t->shape[d] > 1 &&
            (__builtin_mul_overflow(t->shape[d] - 1, t->stride[d], &span) || __builtin_add_overflow(last, span, &last)))
            *inside = false;
    }
    if (*inside) t->count = (size_t)count;
    *inside = *inside && (!count || (uint64_t)last < t->numbers);
    return true;
}

/* The node behind what wraps tensors: parameters, and tensors of other classes. */
static uint32_t unwrap(const struct walk *w, uint32_t node, const struct pickle_node **arguments)
{
    for (int i = 0; i < 4; i++) {
        const struct pickle_node *n = at(w, node);
        if (n->kind != PICKLE_CALL || at(w, n->argument)->kind != PICKLE_TUPLE) return node;
        *arguments = at(w, n->argument);
        if (!pickle_is_global(w->p, n->callee, "torch._utils._rebuild_parameter") || (*arguments)->count < 1)
            return node;
        node = (*arguments)->items[0];
    }
    return node;
}

/* A tensor, if this node is one. False with an error for one that is wrong. */
static bool read_tensor(const struct walk *w, uint32_t node, struct torch_tensor *t, bool *is)
{
    static const char *const makers[] = { "torch._utils._rebuild_tensor_v2", "torch._utils._rebuild_tensor" };
    const struct pickle_node *arguments = NULL;
    bool inside = false;
    *is = false;
    node = unwrap(w, node, &arguments);
    if (at(w, node)->kind != PICKLE_CALL || !arguments) return true;
    uint32_t callee = at(w, node)->callee;
    if (pickle_is_global(w->p, callee, "torch._tensor._rebuild_from_type_v2") && arguments->count >= 3) {
        callee = arguments->items[0];
        arguments = at(w, arguments->items[2]);
    }
    bool made = pickle_is_global(w->p, callee, makers[0]) || pickle_is_global(w->p, callee, makers[1]);
    if (!made || arguments->kind != PICKLE_TUPLE || arguments->count < 4) return true;
    if (!read_storage(w, arguments->items[0], t) || !read_view(w, arguments, t, &inside)) return true;
    if (!inside)
        return err_set(w->e, ERR_FORMAT, "%s: tensor %s lies outside its storage; the file is damaged", w->path,
                       t->name);
    *is = true;
    return true;
}

static bool add(struct walk *w, const struct torch_tensor *t)
{
    struct torch_tensors *out = w->out;
    if (out->count == TORCH_MOST_TENSORS)
        return err_set(w->e, ERR_UNSUPPORTED, "%s: more than %d tensors; save the state dict alone", w->path,
                       TORCH_MOST_TENSORS);
    if (out->count == out->room) {
        size_t room = out->room ? out->room * 2 : 256;
        struct torch_tensor *list = realloc(out->list, room * sizeof *list);
        if (!list) return err_set(w->e, ERR_MEMORY, "%s: no memory", w->path);
        out->list = list;
        out->room = room;
    }
    out->list[out->count++] = *t;
    return true;
}

static bool is_dict(const struct walk *w, uint32_t node)
{
    const struct pickle_node *n = at(w, node);
    return n->kind == PICKLE_DICT ||
           (n->kind == PICKLE_CALL && (pickle_is_global(w->p, n->callee, "collections.OrderedDict") ||
                                       pickle_is_global(w->p, n->callee, "collections.defaultdict")));
}

static bool walk_value(struct walk *w, uint32_t node, const char *name)
{
    struct torch_tensor t = { .name = text_copy(name) };
    bool is = false, ok = t.name != NULL || err_set(w->e, ERR_MEMORY, "%s: no memory", w->path);
    ok = ok && read_tensor(w, node, &t, &is);
    if (ok && !is) {
        char what[256];
        struct torch_tensor other = { .name = t.name, .type = TENSORS_OTHER };
        other.what = text_copy(pickle_describe(w->p, node, what, sizeof what));
        t = other;
        ok = t.what || err_set(w->e, ERR_MEMORY, "%s: no memory", w->path);
    }
    ok = ok && add(w, &t);
    if (!ok) {
        free(t.name);
        free(t.what);
    }
    return ok;
}

/* Only text keys name tensors of a network; an optimizer's are numbers. `name` has room for TORCH_NAME bytes. */
static bool walk_dict(struct walk *w, uint32_t node, char *name) // NOLINT(misc-no-recursion)
{
    const struct pickle_node *dict = at(w, node);
    size_t length = strlen(name);
    bool ok = true;
    if (w->depth >= MOST_DEPTH)
        return err_set(w->e, ERR_UNSUPPORTED, "%s: dicts in dicts deeper than %d; save the state dict alone", w->path,
                       MOST_DEPTH);
    w->depth++;
    for (uint32_t i = 0; ok && i + 1 < dict->count; i += 2) {
        const struct pickle_node *key = at(w, dict->items[i]);
        if (++w->steps > MOST_STEPS)
            return err_set(w->e, ERR_UNSUPPORTED, "%s: more than %d values in its dicts", w->path, MOST_STEPS);
        if (key->kind != PICKLE_TEXT || memchr(key->text, 0, key->length)) continue;
        if (length + key->length + 2 > TORCH_NAME)
            return err_set(w->e, ERR_UNSUPPORTED, "%s: a name in it is longer than %d bytes", w->path, TORCH_NAME);
        snprintf(name + length, TORCH_NAME - length, "%s%.*s", length ? "." : "", (int)key->length, key->text);
        ok = is_dict(w, dict->items[i + 1]) ? walk_dict(w, dict->items[i + 1], name)
                                            : walk_value(w, dict->items[i + 1], name);
        name[length] = '\0';
    }
    w->depth--;
    return ok;
}

static int by_storage(const void *a, const void *b)
{
    const struct torch_tensor *x = a, *y = b;
    int order = strcmp(x->key, y->key);
    if (order) return order;
    if (x->offset != y->offset) return x->offset < y->offset ? -1 : 1;
    return strcmp(x->name, y->name);
}

bool torch_tensors_find(struct torch_tensors *t, const struct pickle *p, const char *path, struct err *e)
{
    struct walk w = { .out = t, .p = p, .path = path, .e = e };
    char name[TORCH_NAME] = "", what[256];
    *t = (struct torch_tensors){ 0 };
    bool ok =
        is_dict(&w, p->root) ||
        err_set(e, ERR_UNSUPPORTED, "%s: holds %s where a state dict is needed; torch.save(model.state_dict(), ...)",
                path, pickle_describe(p, p->root, what, sizeof what));
    ok = ok && walk_dict(&w, p->root, name);
    if (ok && t->count) qsort(t->list, t->count, sizeof *t->list, by_storage);
    if (!ok) torch_tensors_clear(t);
    return ok;
}

void torch_tensors_clear(struct torch_tensors *t)
{
    for (size_t i = 0; i < t->count; i++) {
        free(t->list[i].name);
        free(t->list[i].what);
    }
    free(t->list);
    *t = (struct torch_tensors){ 0 };
}
