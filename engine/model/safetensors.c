/* Nothing of a file is believed before it is checked: lengths first, then JSON, then every range against the mapping.
 */
#include "engine/model/safetensors.h"

#include <fcntl.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "engine/base/text.h"

enum { HEADER_MOST = 100 << 20 };

static const struct {
    const char *name;
    enum tensors_type type;
    size_t bytes;
} types[] = {
    { "F32", TENSORS_F32, 4 },  { "F64", TENSORS_F64, 8 },    { "F16", TENSORS_F16, 2 },   { "BF16", TENSORS_BF16, 2 },
    { "I64", TENSORS_I64, 8 },  { "I32", TENSORS_OTHER, 4 },  { "I16", TENSORS_OTHER, 2 }, { "I8", TENSORS_OTHER, 1 },
    { "U8", TENSORS_OTHER, 1 }, { "BOOL", TENSORS_OTHER, 1 },
};

static bool read_dtype(const json_t *item, struct tensors_entry *t, size_t *bytes)
{
    const char *name = json_string_value(json_object_get(item, "dtype"));
    for (size_t i = 0; name && i < sizeof types / sizeof types[0]; i++)
        if (!strcmp(types[i].name, name)) {
            t->type = types[i].type;
            *bytes = types[i].bytes;
            return true;
        }
    return false;
}

/* Shape and range of one tensor; false with the reason in `why`. */
static bool read_entry(const json_t *item, struct tensors_entry *t, const unsigned char *data, size_t size,
                       const char **why)
{
    const json_t *shape = json_object_get(item, "shape"), *range = json_object_get(item, "data_offsets");
    size_t bytes = 0, i;
    json_t *v;
    *why = "its type is not known";
    if (!read_dtype(item, t, &bytes)) return false;
    *why = "its shape is not a list of at most 8 whole numbers";
    if (!json_is_array(shape) || json_array_size(shape) > TENSORS_MAX_DIMS) return false;
    t->count = 1;
    json_array_foreach(shape, i, v)
    {
        json_int_t n = json_integer_value(v);
        if (!json_is_integer(v) || n < 0 || (n > 0 && t->count > size / (size_t)n)) return false;
        t->shape[i] = n;
        t->count *= (size_t)n;
    }
    t->dims = (int)json_array_size(shape);
    *why = "its range lies outside the file or does not fit its shape";
    if (!json_is_array(range) || json_array_size(range) != 2) return false;
    json_int_t from = json_integer_value(json_array_get(range, 0)), to = json_integer_value(json_array_get(range, 1));
    if (!json_is_integer(json_array_get(range, 0)) || !json_is_integer(json_array_get(range, 1)) || from < 0 ||
        to < from || (size_t)to > size || (size_t)(to - from) != t->count * bytes)
        return false;
    t->data = data + from;
    return true;
}

static bool read_metadata(struct tensors *t, json_t *object)
{
    const char *key;
    json_t *v;
    t->metadata = calloc(json_object_size(object) + 1, sizeof *t->metadata);
    if (!t->metadata) return false;
    json_object_foreach(object, key, v)
    {
        if (!json_is_string(v)) continue;
        struct tensors_pair *p = &t->metadata[t->metadata_count++];
        p->key = text_copy(key);
        p->value = text_copy(json_string_value(v));
        if (!p->key || !p->value) return false;
    }
    return true;
}

static int by_offset(const void *a, const void *b)
{
    const struct tensors_entry *x = a, *y = b;
    if (x->data != y->data) return x->data < y->data ? -1 : 1;
    return strcmp(x->name, y->name);
}

static bool read_header(struct tensors *t, json_t *root, const unsigned char *data, size_t size, const char *path,
                        struct err *e)
{
    const char *key, *why;
    json_t *v;
    t->entries = calloc(json_object_size(root) + 1, sizeof *t->entries);
    if (!t->entries) return err_set(e, ERR_MEMORY, "%s: no memory", path);
    json_object_foreach(root, key, v)
    {
        if (!strcmp(key, "__metadata__")) {
            if (!read_metadata(t, v)) return err_set(e, ERR_MEMORY, "%s: no memory", path);
            continue;
        }
        struct tensors_entry *entry = &t->entries[t->count];
        if (!read_entry(v, entry, data, size, &why)) return err_set(e, ERR_FORMAT, "%s: tensor %s: %s", path, key, why);
        if (!(entry->name = text_copy(key))) return err_set(e, ERR_MEMORY, "%s: no memory", path);
        t->count++;
    }
    qsort(t->entries, t->count, sizeof *t->entries, by_offset);
    size_t end = 0, last = 0;
    for (size_t i = 0; i < t->count; i++) {
        size_t from = (size_t)(t->entries[i].data - data), width = 1;
        if (!t->entries[i].count) continue; /* an empty one may stand anywhere */
        for (size_t k = 0; k < sizeof types / sizeof types[0]; k++)
            if (types[k].type == t->entries[i].type && types[k].type != TENSORS_OTHER) width = types[k].bytes;
        if (from < end)
            return err_set(e, ERR_FORMAT, "%s: tensors %s and %s overlap", path, t->entries[last].name,
                           t->entries[i].name);
        end = from + t->entries[i].count * width;
        last = i;
    }
    return true;
}

/* What is mapped, with every range in it checked. */
static bool check_mapped(struct tensors *t, const char *path, struct err *e)
{
    if (!(t->path = text_copy(path))) {
        tensors_close(t);
        return err_set(e, ERR_MEMORY, "%s: no memory", path);
    }
    uint64_t length = 0;
    bool ok = t->map.size >= 8;
    for (int i = 7; ok && i >= 0; i--) length = length << 8 | t->map.data[i];
    if (!ok || length < 2 || length > HEADER_MOST || length > t->map.size - 8) {
        err_set(e, ERR_FORMAT, "%s: not a whole safetensors file: header of %" PRIu64 " bytes in a file of %zu", path,
                length, t->map.size);
        tensors_close(t);
        return false;
    }
    json_error_t je;
    json_t *root = json_loadb((const char *)t->map.data + 8, (size_t)length, JSON_REJECT_DUPLICATES, &je);
    if (!json_is_object(root))
        ok = err_set(e, ERR_FORMAT, "%s: not a safetensors file: header: %s", path, root ? "not an object" : je.text);
    else
        ok = read_header(t, root, t->map.data + 8 + length, t->map.size - 8 - (size_t)length, path, e);
    json_decref(root);
    ok = tensors_check(t, e) && ok;
    if (!ok) tensors_close(t);
    return ok;
}

bool tensors_open(struct tensors *t, const char *path, struct err *e)
{
    *t = (struct tensors){ 0 };
    return mapping_open(&t->map, path, e) && check_mapped(t, path, e);
}

bool tensors_open_fd(struct tensors *t, int fd, const char *path, struct err *e)
{
    *t = (struct tensors){ 0 };
    return mapping_take(&t->map, fd, path, e) && check_mapped(t, path, e);
}

void tensors_close(struct tensors *t)
{
    for (size_t i = 0; t->entries && i < t->count; i++) free(t->entries[i].name);
    for (size_t i = 0; i < t->metadata_count; i++) {
        free(t->metadata[i].key);
        free(t->metadata[i].value);
    }
    free(t->entries);
    free(t->metadata);
    mapping_close(&t->map);
    free(t->path);
    *t = (struct tensors){ 0 };
}

bool tensors_check(const struct tensors *t, struct err *e)
{
    return mapping_check(&t->map, t->path, e);
}

const struct tensors_entry *tensors_find(const struct tensors *t, const char *name)
{
    for (size_t i = 0; i < t->count; i++)
        if (!strcmp(t->entries[i].name, name)) return &t->entries[i];
    return NULL;
}

const char *tensors_metadata(const struct tensors *t, const char *key)
{
    for (size_t i = 0; i < t->metadata_count; i++)
        if (!strcmp(t->metadata[i].key, key)) return t->metadata[i].value;
    return NULL;
}

static double half(uint16_t h)
{
    int exponent = h >> 10 & 31, mantissa = h & 1023;
    double v = exponent == 0    ? ldexp(mantissa, -24)
               : exponent == 31 ? (mantissa ? NAN : INFINITY)
                                : ldexp(1024 + mantissa, exponent - 25);
    return h >> 15 ? -v : v;
}

/* Little-endian machines only: configure refuses others through the tests of known files. */
static bool number(const struct tensors_entry *t, size_t i, double *out)
{
    float f;
    uint16_t h;
    uint32_t w;
    switch (t->type) {
    case TENSORS_F32:
        memcpy(&f, t->data + 4 * i, 4);
        *out = (double)f;
        return true;
    case TENSORS_F64:
        memcpy(out, t->data + 8 * i, 8);
        return true;
    case TENSORS_F16:
        memcpy(&h, t->data + 2 * i, 2);
        *out = half(h);
        return true;
    case TENSORS_BF16:
        memcpy(&h, t->data + 2 * i, 2);
        w = (uint32_t)h << 16;
        memcpy(&f, &w, 4);
        *out = (double)f;
        return true;
    default:
        return false;
    }
}

bool tensors_read(const struct tensors_entry *entry, float *out)
{
    if (entry->type == TENSORS_F32) {
        memcpy(out, entry->data, 4 * entry->count);
        return true;
    }
    for (size_t i = 0; i < entry->count; i++) {
        double v;
        if (!number(entry, i, &v)) return false;
        out[i] = (float)v;
    }
    return true;
}

bool tensors_read64(const struct tensors_entry *entry, double *out)
{
    for (size_t i = 0; i < entry->count; i++)
        if (!number(entry, i, &out[i])) return false;
    return true;
}

/* ---- writing ---- */

static size_t bytes_of(const struct tensors_out *t)
{
    size_t bytes = t->wide ? sizeof(double) : sizeof(float);
    for (int d = 0; d < t->dims; d++) bytes *= (size_t)t->shape[d];
    return bytes;
}

/* A name in a store may be no UTF-8, which no header can hold. */
static json_t *words(const char *s)
{
    json_t *value = json_string(s);
    char *clean = value ? NULL : text_copy(s);
    if (!clean) return value;
    text_clean(clean);
    value = json_string(clean);
    free(clean);
    return value;
}

static char *header_of(const struct tensors_out *list, size_t n, const struct tensors_pair *metadata, size_t pairs)
{
    json_t *root = json_object(), *meta = json_object();
    for (size_t i = 0; i < pairs; i++) json_object_set_new(meta, metadata[i].key, words(metadata[i].value));
    if (pairs)
        json_object_set_new(root, "__metadata__", meta);
    else
        json_decref(meta);
    json_int_t at = 0;
    for (size_t i = 0; i < n; i++) {
        json_t *shape = json_array();
        json_int_t bytes = (json_int_t)bytes_of(&list[i]);
        for (int d = 0; d < list[i].dims; d++) json_array_append_new(shape, json_integer(list[i].shape[d]));
        json_object_set_new(root, list[i].name,
                            json_pack("{s:s, s:o, s:[I,I]}", "dtype", list[i].wide ? "F64" : "F32", "shape", shape,
                                      "data_offsets", at, at + bytes));
        at += bytes;
    }
    char *text = json_dumps(root, JSON_COMPACT);
    json_decref(root);
    return text;
}

/* The digest of what was written so far, read from the file itself: what its name leads to may be another one. */
static bool digest_written(struct file_writer *w, char hex[DIGEST_HEX_SIZE], struct err *e)
{
    struct digest_pieces *d;
    bool done;
    if (w->failed || fflush(w->stream)) return true; /* told by file_commit */
    int fd = fcntl(fileno(w->stream), F_DUPFD_CLOEXEC, 0);
    if (fd < 0) return err_errno(e, "%s", w->path);
    if (!digest_take(&d, fd, w->path, e)) return false;
    bool ok = digest_more(d, SIZE_MAX, &done, hex, e);
    digest_end(d);
    return ok;
}

bool tensors_write(const char *path, enum file_use use, const struct tensors_content *c, char hex[DIGEST_HEX_SIZE],
                   struct err *e)
{
    struct file_writer w;
    return file_begin_as(&w, path, use, e) && tensors_put(&w, c, hex, e);
}

bool tensors_put(struct file_writer *w, const struct tensors_content *c, char hex[DIGEST_HEX_SIZE], struct err *e)
{
    const struct tensors_out *list = c->list;
    size_t n = c->n;
    size_t most = 1;
    for (size_t i = 0; i < n; i++)
        if (bytes_of(&list[i]) > most) most = bytes_of(&list[i]);
    char *header = header_of(list, n, c->metadata, c->pairs);
    void *buffer = malloc(most);
    bool ok = (header && buffer) || err_set(e, ERR_MEMORY, "%s: no memory", w->path);
    if (ok) {
        size_t length = strlen(header), rounded = (length + 7) & ~(size_t)7;
        unsigned char prefix[8];
        for (int i = 0; i < 8; i++) prefix[i] = (unsigned char)(rounded >> 8 * i);
        file_put(w, prefix, 8);
        file_put(w, header, length);
        file_put(w, "       ", rounded - length);
        for (size_t i = 0; i < n; i++) {
            list[i].fill(c->ctx, i, buffer);
            file_put(w, buffer, bytes_of(&list[i]));
        }
        ok = !hex || digest_written(w, hex, e);
    }
    if (!ok)
        file_abandon(w);
    else
        ok = file_commit(w, e);
    free(header);
    free(buffer);
    return ok;
}
