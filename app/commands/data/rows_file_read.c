/* Reading rows that anybody may have written: what is not as rows_file.h says is refused, with its line. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>
#include <nettle/sha2.h>

#include "app/cli/json.h"
#include "app/commands/data/rows_file.h"
#include "app/commands/data/rows_file_parts.h"
#include "engine/base/reading.h"
#include "engine/base/text.h"

enum {
    LINE_MOST = 1 << 26, /* bytes; the masks of one image */
    PIECE = 1 << 16,
    TEXT_MOST = 4000, /* bytes of a path, a note and the like */
    CLASSES_MOST = 4096,
    CELLS_MOST = 1 << 30, /* of the matrix of labels */
    SIDE_MOST = 1 << 20
};
static const double place_most = 1e6; /* pixels: where a box may lie */

/* Rows whose number is not known before; in the end they become part of the contents. */
struct grown {
    void *rows;
    size_t count, room, size;
};

struct reading {
    const char *path;
    FILE *stream;
    const struct pack *pack;
    struct store_contents *out;
    struct err *e;
    size_t number; /* of the line */
    struct text line;
    json_t *value; /* of the line */
    struct sha256_ctx digest;
    struct store_image *images;
    int8_t *labels;
    struct grown boxes, masks, attributes, unreadable;
    struct text remarks;
    size_t next; /* image */
    bool ended;
};

static bool bad(const struct reading *r, const char *what)
{
    return err_set(r->e, ERR_FORMAT, "%s: line %zu: %s; have the data set shared again", r->path, r->number, what);
}

static bool no_memory(const struct reading *r)
{
    return err_set(r->e, ERR_MEMORY, "%s: line %zu: no memory for its rows", r->path, r->number);
}

/* ---- lines ---- */

/* The next line, and its value; false with no error at the end of the file. */
static bool read_line(struct reading *r, bool *ended)
{
    char piece[PIECE];
    json_error_t why;
    json_decref(r->value);
    r->value = NULL;
    r->line.length = 0;
    r->number++;
    do {
        if (!fgets(piece, sizeof piece, r->stream)) break;
        text_add(&r->line, piece);
        if (r->line.length > LINE_MOST) return bad(r, "it is longer than any row");
    } while (!r->line.broken && piece[strlen(piece) - (*piece != '\0')] != '\n');
    *ended = !r->line.length;
    if (ferror(r->stream)) return err_errno(r->e, "%s", r->path);
    if (r->line.broken) return no_memory(r);
    if (*ended) return true;
    r->value = json_loadb(r->line.data, r->line.length, JSON_REJECT_DUPLICATES, &why);
    return json_is_object(r->value) || bad(r, "it is no JSON object");
}

/* ---- values ---- */

/* Text under `key` into the pool, cleaned; "" where it is missing or null. NULL with an error. */
static char *take(struct reading *r, const json_t *object, const char *key, char *last)
{
    const json_t *v = json_object_get(object, key);
    if (v && !json_is_null(v) && !json_is_string(v)) return bad(r, "a text is something else"), NULL;
    const char *s = v ? json_string_value(v) : NULL;
    if (s && strlen(s) > TEXT_MOST) return bad(r, "a text is longer than any name"), NULL;
    char *copy = pool_text(&r->out->memory, s, last);
    if (!copy) return no_memory(r), NULL;
    if (*copy && copy != last) text_clean(copy);
    return copy;
}

static int digit(char c)
{
    static const char digits[] = "0123456789abcdef";
    const char *at = c ? strchr(digits, c) : NULL;
    return at ? (int)(at - digits) : -1;
}

/* The bytes that a path had, which its text must show. Letters that steer a terminal are none of them. */
static char *take_bytes(struct reading *r, const char *hex, const char *shown)
{
    size_t n = strlen(hex) / 2;
    char *bytes = n && n <= TEXT_MOST ? pool_take(&r->out->memory, n + 1) : NULL;
    if (!bytes) return n && n <= TEXT_MOST ? no_memory(r) : bad(r, "the bytes of a path are none"), NULL;
    for (size_t i = 0; i < n; i++) {
        int high = digit(hex[2 * i]), low = digit(hex[2 * i + 1]);
        bytes[i] = (char)(high < 0 || low < 0 ? 0 : high << 4 | low);
    }
    bytes[n] = '\0';
    json_t *text = json_text(bytes);
    bool same = strlen(bytes) == n && !hex[2 * n] && text && !strcmp(json_string_value(text), shown);
    json_decref(text);
    if (!same) return bad(r, "the bytes of a path are not those of its text"), NULL;
    text_tame(bytes);
    return bytes;
}

/* The path under `key`. */
static char *take_path(struct reading *r, const char *key)
{
    char name[32];
    snprintf(name, sizeof name, "%s" ROWS_BYTES_END, key);
    const char *hex = json_string_value(json_object_get(r->value, name));
    const char *shown = json_string_value(json_object_get(r->value, key));
    return hex && shown ? take_bytes(r, hex, shown) : take(r, r->value, key, NULL);
}

static bool number(struct reading *r, const json_t *object, const char *key, int64_t most, int64_t *out)
{
    const json_t *v = json_object_get(object, key);
    *out = json_integer_value(v);
    return (json_is_integer(v) && *out >= 0 && *out <= most) || bad(r, "a number is missing or out of its range");
}

static bool real(struct reading *r, const json_t *object, const char *key, double *out)
{
    const json_t *v = json_object_get(object, key);
    *out = json_number_value(v);
    return (json_is_number(v) && isfinite(*out) && fabs(*out) <= place_most) || bad(r, "a box is out of its range");
}

static void *grow(struct reading *r, struct grown *g)
{
    if (g->count == g->room) {
        size_t room = g->room ? 2 * g->room : 64;
        void *p = realloc(g->rows, room * g->size);
        if (!p) return no_memory(r), NULL;
        g->rows = p;
        g->room = room;
    }
    return (char *)g->rows + g->count++ * g->size;
}

/* ---- the first line ---- */

static bool read_classes(struct reading *r)
{
    const json_t *list = json_object_get(r->value, "classes"), *row;
    struct store_contents *c = r->out;
    size_t i, n = json_array_size(list);
    if (!json_is_array(list) || n > CLASSES_MOST) return bad(r, "the classes are no list of at most 4096");
    const char **names = pool_take(&c->memory, (n + 1) * sizeof *names);
    bool *nothing = pool_take(&c->memory, n + 1);
    if (!names || !nothing) return no_memory(r);
    json_array_foreach(list, i, row)
    {
        if (!(names[i] = take(r, row, "name", NULL))) return false;
        if (!*names[i]) return bad(r, "a class has no name");
        for (size_t k = 0; k < i; k++)
            if (!strcmp(names[k], names[i])) return bad(r, "two classes have one name");
        nothing[i] = json_is_true(json_object_get(row, "nothing"));
    }
    c->classes = names;
    c->nothing = nothing;
    c->classes_count = n;
    return true;
}

static bool read_remarks(struct reading *r)
{
    size_t i;
    const json_t *list = json_object_get(r->value, "remarks"), *row;
    json_array_foreach(list, i, row) if (json_is_string(row) && strlen(json_string_value(row)) <= TEXT_MOST && i < 1000)
        text_printf(&r->remarks, "%s%s", i ? "\n" : "", json_string_value(row));
    return !r->remarks.broken || no_memory(r);
}

static bool check_pack(struct reading *r)
{
    int64_t size, channels, images;
    const char *digest = json_string_value(json_object_get(r->value, "digest"));
    if (!number(r, r->value, "size", PACK_MAX_SIZE, &size) || !number(r, r->value, "channels", 3, &channels) ||
        !number(r, r->value, "images", INT32_MAX, &images))
        return false;
    if (digest && !strcmp(digest, pack_digest(r->pack)) && size == pack_size(r->pack) &&
        channels == pack_channels(r->pack) && images == pack_count(r->pack))
        return true;
    return bad(r, "these are the rows of another pack than the one beside it");
}

static bool read_head(struct reading *r)
{
    struct store_contents *c = r->out;
    struct store_dataset *d = &c->dataset;
    int64_t version;
    if (!number(r, r->value, ROWS_VERSION_KEY, INT32_MAX, &version)) return false;
    if (version != ROWS_VERSION)
        return err_set(r->e, ERR_UNSUPPORTED, "%s: rows of version %lld; this program reads version %d", r->path,
                       (long long)version, ROWS_VERSION);
    char *name = take(r, r->value, "name", NULL), *kind = take(r, r->value, "kind", NULL),
         *source = take(r, r->value, "source", NULL);
    if (!name || !kind || !source || !check_pack(r) || !read_classes(r) || !read_remarks(r)) return false;
    if (!store_name_check("data set", name, NULL)) return bad(r, "its name is none of a data set");
    if (!*kind || strlen(kind) >= sizeof d->kind) return bad(r, "its kind is none");
    snprintf(d->name, sizeof d->name, "%s", name);
    snprintf(d->kind, sizeof d->kind, "%s", kind);
    snprintf(d->digest, sizeof d->digest, "%s", pack_digest(r->pack));
    d->source = text_copy(source);
    d->size = pack_size(r->pack);
    d->channels = pack_channels(r->pack);
    d->bytes = (int64_t)pack_bytes(r->pack);
    d->exclusive = json_is_true(json_object_get(r->value, "exclusive"));
    c->images_count = pack_count(r->pack);
    if (c->classes_count && c->images_count > CELLS_MOST / c->classes_count)
        return bad(r, "too many labels for a data set");
    r->images = pool_take(&c->memory, (c->images_count + 1) * sizeof *r->images);
    r->labels = pool_take(&c->memory, c->images_count * c->classes_count + 1);
    return (d->source && r->images && r->labels) || no_memory(r);
}

/* ---- images ---- */

static bool read_labels(struct reading *r)
{
    const json_t *list = json_object_get(r->value, "labels"), *row;
    size_t i, n = r->out->classes_count, ones = 0, known = 0;
    int8_t *labels = r->labels + r->next * n;
    if (json_array_size(list) != n) return bad(r, "it has not a label or null for each class");
    json_array_foreach(list, i, row)
    {
        json_int_t value = json_integer_value(row);
        if (!json_is_null(row) && (!json_is_integer(row) || value < 0 || value > 1))
            return bad(r, "a label is neither 0, 1 nor null");
        labels[i] = json_is_null(row) ? STORE_LABEL_MISSING : (int8_t)value;
        ones += labels[i] == 1;
        known += labels[i] != STORE_LABEL_MISSING;
    }
    if (r->out->dataset.exclusive && known && ones != 1) return bad(r, "classes exclude one another, but not here");
    return true;
}

static bool read_attributes(struct reading *r)
{
    const char *key;
    json_t *object = json_object_get(r->value, "attributes"), *value;
    json_object_foreach(object, key, value)
    {
        struct store_attribute *a = grow(r, &r->attributes);
        if (!a) return false;
        *a = (struct store_attribute){ .image = (int64_t)r->next };
        if (!(a->value = take(r, object, key, NULL))) return false;
        char *name = pool_text(&r->out->memory, key, NULL);
        if (!name) return no_memory(r);
        if (!*name || !*a->value || strlen(name) > TEXT_MOST) return bad(r, "an attribute has no name or no value");
        text_clean(name);
        a->name = name;
    }
    return true;
}

static bool read_class_of(struct reading *r, const json_t *row, int64_t *class)
{
    if (!r->out->classes_count) return bad(r, "it has places of findings, and the set no classes");
    return number(r, row, "class", (int64_t)r->out->classes_count - 1, class);
}

static bool read_boxes(struct reading *r)
{
    size_t i;
    const json_t *row;
    json_array_foreach(json_object_get(r->value, "boxes"), i, row)
    {
        struct store_box *b = grow(r, &r->boxes);
        if (!b) return false;
        b->image = (int64_t)r->next;
        if (!read_class_of(r, row, &b->class) || !real(r, row, "x0", &b->x0) || !real(r, row, "y0", &b->y0) ||
            !real(r, row, "x1", &b->x1) || !real(r, row, "y1", &b->y1) || !(b->reader = take(r, row, "reader", NULL)))
            return false;
        if (b->x0 >= b->x1 || b->y0 >= b->y1) return bad(r, "a box is empty");
    }
    return true;
}

/* Run lengths that cover the image, as the store keeps them. */
static bool read_runs(struct reading *r, const json_t *runs, struct store_mask *m)
{
    size_t i, n = json_array_size(runs);
    uint64_t all = (uint64_t)m->width * (uint64_t)m->height, sum = 0;
    const json_t *run;
    if (!json_is_array(runs) || n > all + 1) return bad(r, "a mask has more runs than pixels");
    unsigned char *bytes = pool_take(&r->out->memory, 4 * n + 1);
    if (!bytes) return no_memory(r);
    json_array_foreach(runs, i, run)
    {
        json_int_t length = json_integer_value(run);
        if (!json_is_integer(run) || length < 0 || (uint64_t)length > all - sum)
            return bad(r, "the runs of a mask reach beyond its image");
        sum += (uint64_t)length;
        for (int b = 0; b < 4; b++) bytes[4 * i + (size_t)b] = (unsigned char)(length >> (8 * b));
    }
    if (sum != all) return bad(r, "the runs of a mask do not cover its image");
    m->data = bytes;
    m->bytes = 4 * n;
    return true;
}

static bool read_masks(struct reading *r)
{
    size_t i;
    const json_t *row;
    json_array_foreach(json_object_get(r->value, "masks"), i, row)
    {
        struct store_mask *m = grow(r, &r->masks);
        if (!m) return false;
        *m = (struct store_mask){
            .image = (int64_t)r->next, .width = pack_size(r->pack), .height = pack_size(r->pack), .encoding = "runs"
        };
        if (!read_class_of(r, row, &m->class) || !read_runs(r, json_object_get(row, "runs"), m)) return false;
    }
    return true;
}

static bool read_image(struct reading *r)
{
    char digest[DIGEST_HEX_SIZE];
    if (r->next == r->out->images_count) return bad(r, "more images than the pack has");
    struct store_image *m = &r->images[r->next], *before = r->next ? m - 1 : NULL;
    const char *split = json_string_value(json_object_get(r->value, "split"));
    const char *given = json_string_value(json_object_get(r->value, "digest"));
    int k = 0;
    while (split && k < STORE_SPLIT_COUNT && strcmp(split, store_split_names[k])) k++;
    if (!split || k == STORE_SPLIT_COUNT) return bad(r, "its split is neither none, train, val nor test");
    m->split = (enum store_split)k;
    pack_image_digest(r->pack, (uint32_t)r->next, digest);
    if (!given || strcmp(given, digest)) return bad(r, "it is not the image that the pack has there");
    m->path = take_path(r, "path");
    m->patient = take(r, r->value, "patient", before ? (char *)before->patient : NULL);
    m->note = take(r, r->value, "note", before ? (char *)before->note : NULL);
    m->digest = pool_bytes(&r->out->memory, digest, strlen(digest));
    if (!m->path || !m->patient || !m->note || !m->digest) return false;
    if (!*m->path) return bad(r, "an image has no path");
    bool ok = number(r, r->value, "width", SIDE_MOST, &m->width) &&
              number(r, r->value, "height", SIDE_MOST, &m->height) && read_labels(r) && read_attributes(r) &&
              read_boxes(r) && read_masks(r);
    r->next++;
    return ok;
}

/* ---- the last lines ---- */

static bool read_unreadable(struct reading *r)
{
    struct store_unreadable *u = grow(r, &r->unreadable);
    if (!u) return false;
    *u = (struct store_unreadable){ 0 };
    return (u->path = take_path(r, "unreadable")) && (u->reason = take(r, r->value, "reason", NULL));
}

/* The digest of all lines before. */
static bool read_end(struct reading *r)
{
    uint8_t hash[SHA256_DIGEST_SIZE];
    char hex[DIGEST_HEX_SIZE] = "";
    const char *given = json_string_value(json_object_get(r->value, ROWS_END_KEY));
    sha256_digest(&r->digest, sizeof hash, hash);
    for (size_t i = 0; i < sizeof hash; i++) snprintf(hex + 2 * i, 3, "%02x", hash[i]);
    if (!given || strcmp(given, hex)) return bad(r, "the lines before are not those that were written");
    r->ended = true;
    return r->next == r->out->images_count || bad(r, "fewer images than the pack has");
}

static bool read_row(struct reading *r)
{
    static const struct {
        const char *key;
        bool (*read)(struct reading *r);
    } kinds[] = { { ROWS_END_KEY, read_end }, { "unreadable", read_unreadable }, { "path", read_image } };
    if (r->number == 1) return read_head(r);
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (json_object_get(r->value, kinds[i].key)) return kinds[i].read(r);
    return bad(r, "neither an image nor a file that could not be read");
}

static bool read_all(struct reading *r)
{
    for (bool ended = false; !ended;) {
        if (!read_line(r, &ended)) return false;
        if (ended) break;
        if (r->ended) return bad(r, "more after the last line");
        if (!read_row(r)) return false;
        sha256_update(&r->digest, r->line.length, (const uint8_t *)r->line.data);
    }
    return r->ended || bad(r, "the file ends here, before its last line");
}

/* What was grown becomes part of the contents. */
static const void *settle(struct reading *r, struct grown *g, size_t *count)
{
    void *rows = pool_take(&r->out->memory, (g->count + 1) * g->size);
    if (rows && g->count) memcpy(rows, g->rows, g->count * g->size);
    *count = g->count;
    return rows;
}

static bool settle_all(struct reading *r)
{
    struct store_contents *c = r->out;
    c->images = r->images;
    c->labels = r->labels;
    c->boxes = settle(r, &r->boxes, &c->boxes_count);
    c->masks = settle(r, &r->masks, &c->masks_count);
    c->attributes = settle(r, &r->attributes, &c->attributes_count);
    c->unreadable = settle(r, &r->unreadable, &c->unreadable_count);
    c->dataset.remarks = text_copy(text_str(&r->remarks));
    return (c->boxes && c->masks && c->attributes && c->unreadable && c->dataset.remarks) || no_memory(r);
}

bool rows_file_read(const char *path, const struct pack *pack, struct store_contents *out, struct err *e)
{
    struct reading r = { .path = path,
                         .pack = pack,
                         .out = out,
                         .e = e,
                         .boxes.size = sizeof(struct store_box),
                         .masks.size = sizeof(struct store_mask),
                         .attributes.size = sizeof(struct store_attribute),
                         .unreadable.size = sizeof(struct store_unreadable) };
    *out = (struct store_contents){ 0 };
    sha256_init(&r.digest);
    if (!(r.stream = file_stream_regular(path, NULL, e))) return false;
    bool ok = read_all(&r) && settle_all(&r);
    fclose(r.stream);
    json_decref(r.value);
    text_clear(&r.line);
    text_clear(&r.remarks);
    free(r.boxes.rows);
    free(r.masks.rows);
    free(r.attributes.rows);
    free(r.unreadable.rows);
    if (!ok) store_contents_clear(out);
    return ok;
}
