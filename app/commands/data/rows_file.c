/* Writing. Reading is in rows_file_read.c. */
#include "app/commands/data/rows_file.h"

#include <stdlib.h>
#include <string.h>

#include <nettle/sha2.h>

#include "app/cli/json.h"
#include "app/commands/data/rows_file_parts.h"

/* The stream, and the digest of what it was given. */
struct writing {
    FILE *stream;
    struct sha256_ctx digest;
    struct err *e;
};

static bool put(struct writing *w, json_t *line)
{
    struct text t = { 0 };
    json_write(&t, line, JSON_COMPACT);
    text_add(&t, "\n");
    bool ok = line && !t.broken;
    if (ok) {
        fwrite(t.data, 1, t.length, w->stream);
        sha256_update(&w->digest, t.length, (const uint8_t *)t.data);
    }
    text_clear(&t);
    return ok || err_set(w->e, ERR_MEMORY, "no memory to write the rows of a data set");
}

static json_t *lines_of(const char *text)
{
    json_t *list = json_array();
    for (const char *p = text ? text : ""; list && *p; p += strcspn(p, "\n"), p += *p == '\n') {
        char *line = strndup(p, strcspn(p, "\n"));
        json_array_append_new(list, json_text(line));
        free(line);
    }
    return list;
}

static json_t *head_of(const struct store_contents *c)
{
    const struct store_dataset *d = &c->dataset;
    json_t *classes = json_array();
    for (size_t k = 0; classes && k < c->classes_count; k++)
        json_array_append_new(
            classes, json_pack("{s:o, s:b}", "name", json_text(c->classes[k]), "nothing", c->nothing && c->nothing[k]));
    return json_pack("{s:i, s:o, s:o, s:o, s:I, s:I, s:I, s:o, s:b, s:o, s:o}", ROWS_VERSION_KEY, ROWS_VERSION, "name",
                     json_text(d->name), "kind", json_text(d->kind), "source", json_text(d->source), "size",
                     (json_int_t)d->size, "channels", (json_int_t)d->channels, "images", (json_int_t)c->images_count,
                     "digest", json_text(d->digest), "exclusive", d->exclusive, "remarks", lines_of(d->remarks),
                     "classes", classes);
}

/* Where the boxes, masks and attributes of the next image begin: all three are sorted by image when they are written.
 */
struct next {
    size_t attribute;
    const uint32_t *boxes, *masks; /* [count] their order */
    size_t box, mask;
};

static json_t *attributes_of(const struct store_contents *c, size_t image, struct next *at)
{
    json_t *all = json_object();
    bool ok = all != NULL;
    for (; at->attribute < c->attributes_count && c->attributes[at->attribute].image == (int64_t)image;
         at->attribute++) {
        const struct store_attribute *a = &c->attributes[at->attribute];
        ok = ok && !json_object_set_new(all, a->name, json_text(a->value));
    }
    if (!ok) json_decref(all);
    return ok ? all : NULL;
}

static json_t *boxes_of(const struct store_contents *c, size_t image, struct next *at)
{
    json_t *list = json_array();
    for (; at->box < c->boxes_count && c->boxes[at->boxes[at->box]].image == (int64_t)image; at->box++) {
        const struct store_box *b = &c->boxes[at->boxes[at->box]];
        json_array_append_new(list,
                              json_pack("{s:I, s:f, s:f, s:f, s:f, s:o}", "class", (json_int_t)b->class, "x0", b->x0,
                                        "y0", b->y0, "x1", b->x1, "y1", b->y1, "reader", json_text(b->reader)));
    }
    return list;
}

static bool masks_of(const struct store_contents *c, size_t image, struct next *at, json_t *list, struct err *e)
{
    for (; at->mask < c->masks_count && c->masks[at->masks[at->mask]].image == (int64_t)image; at->mask++) {
        const struct store_mask *m = &c->masks[at->masks[at->mask]];
        const unsigned char *p = m->data;
        json_t *runs = json_array();
        if (strcmp(m->encoding, "runs"))
            return err_set(e, ERR_UNSUPPORTED, "%s: a mask is encoded as '%.20s', which this version does not know",
                           c->images[image].path, m->encoding);
        for (size_t i = 0; runs && i + 4 <= m->bytes; i += 4)
            json_array_append_new(runs, json_integer(p[i] | (json_int_t)p[i + 1] << 8 | (json_int_t)p[i + 2] << 16 |
                                                     (json_int_t)p[i + 3] << 24));
        json_array_append_new(list, json_pack("{s:I, s:o}", "class", (json_int_t)m->class, "runs", runs));
    }
    return true;
}

static json_t *labels_of(const struct store_contents *c, size_t image)
{
    json_t *list = json_array();
    for (size_t k = 0; list && c->labels && k < c->classes_count; k++) {
        int8_t value = c->labels[image * c->classes_count + k];
        json_array_append_new(list, value == STORE_LABEL_MISSING ? json_null() : json_integer(value));
    }
    return list;
}

/* A row of a path and `rest`, which is taken. A file name may hold any bytes: where they are no UTF-8, they follow in
 * hex. */
static json_t *path_row(const char *key, const char *path, json_t *rest)
{
    json_t *row = json_object(), *shown = json_text(path);
    const char *s = json_string_value(shown);
    bool ok = row && s && rest && !json_object_set(row, key, shown);
    if (ok && strcmp(s, path)) {
        char name[32];
        struct text hex = { 0 };
        snprintf(name, sizeof name, "%s" ROWS_BYTES_END, key);
        for (const char *p = path; *p; p++) text_printf(&hex, "%02x", (unsigned char)*p);
        ok = !hex.broken && !json_object_set_new(row, name, json_string(text_str(&hex)));
        text_clear(&hex);
    }
    ok = ok && !json_object_update(row, rest);
    json_decref(shown);
    json_decref(rest);
    if (!ok) json_decref(row);
    return ok ? row : NULL;
}

static bool put_image(struct writing *w, const struct store_contents *c, size_t i, struct next *at)
{
    const struct store_image *m = &c->images[i];
    json_t *masks = json_array();
    if (!masks_of(c, i, at, masks, w->e)) return json_decref(masks), false;
    json_t *row =
        json_pack("{s:o, s:s, s:I, s:I, s:o, s:o, s:o, s:o, s:o, s:o}", "patient", json_text(m->patient), "split",
                  store_split_name(m->split), "width", (json_int_t)m->width, "height", (json_int_t)m->height, "digest",
                  json_text(m->digest), "note", json_text(m->note), "labels", labels_of(c, i), "attributes",
                  attributes_of(c, i, at), "boxes", boxes_of(c, i, at), "masks", masks);
    return put(w, path_row("path", m->path, row));
}

/* The numbers 0 to n - 1 in the order of the images, of one image in their own. Owned. */
static uint32_t *order_of(size_t n, const int64_t *first, size_t stride, size_t images)
{
    uint32_t *order = malloc((n + 1) * sizeof *order);
    size_t *from = calloc(images + 2, sizeof *from);
#define IMAGE_OF(i) (size_t)(*(const int64_t *)((const char *)first + (i)*stride))
    for (size_t i = 0; order && from && i < n; i++) from[IMAGE_OF(i) + 1]++;
    for (size_t i = 0; order && from && i < images; i++) from[i + 1] += from[i];
    for (size_t i = 0; order && from && i < n; i++) order[from[IMAGE_OF(i)]++] = (uint32_t)i;
#undef IMAGE_OF
    if (!from) {
        free(order);
        order = NULL;
    }
    free(from);
    return order;
}

bool rows_file_write(FILE *f, const struct store_contents *c, struct err *e)
{
    struct writing w = { .stream = f, .e = e };
    uint8_t hash[SHA256_DIGEST_SIZE];
    char hex[DIGEST_HEX_SIZE] = "";
    uint32_t *boxes = order_of(c->boxes_count, &c->boxes->image, sizeof *c->boxes, c->images_count);
    uint32_t *masks = order_of(c->masks_count, &c->masks->image, sizeof *c->masks, c->images_count);
    struct next at = { .boxes = boxes, .masks = masks };
    sha256_init(&w.digest);
    bool ok = (boxes && masks) || err_set(e, ERR_MEMORY, "no memory to write the rows of a data set");
    ok = ok && put(&w, head_of(c));
    for (size_t i = 0; ok && i < c->images_count; i++) ok = put_image(&w, c, i, &at);
    for (size_t i = 0; ok && i < c->unreadable_count; i++)
        ok = put(&w, path_row("unreadable", c->unreadable[i].path,
                              json_pack("{s:o}", "reason", json_text(c->unreadable[i].reason))));
    free(boxes);
    free(masks);
    if (!ok) return false;
    sha256_digest(&w.digest, sizeof hash, hash);
    for (size_t i = 0; i < sizeof hash; i++) snprintf(hex + 2 * i, 3, "%02x", hash[i]);
    return put(&w, json_pack("{s:s}", ROWS_END_KEY, hex));
}
