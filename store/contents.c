/* Loading a data set: rows of the tables become plain arrays, checked against the counts of its row. */
#include "store/dataset.h"

#include <stdlib.h>
#include <string.h>

#include "store/sql.h"

enum { CHUNK = 1 << 16 };

/* Memory that is freed as a whole: a list of chunks, dealt out from the front. */
struct chunk {
    struct chunk *next;
    size_t used, size;
    _Alignas(16) unsigned char bytes[];
};

static void *take(struct chunk **pool, size_t size)
{
    size = (size + 15) / 16 * 16;
    struct chunk *c = *pool;
    if (!c || c->size - c->used < size) {
        size_t room = size > CHUNK ? size : CHUNK;
        c = calloc(1, sizeof *c + room);
        if (!c) return NULL;
        c->next = *pool;
        c->size = room;
        *pool = c;
    }
    void *p = c->bytes + c->used;
    c->used += size;
    return p;
}

static const char *take_text(struct chunk **pool, sqlite3_stmt *q, int column, bool *ok)
{
    const void *text = sqlite3_column_text(q, column);
    if (!text) return NULL;
    size_t n = (size_t)sqlite3_column_bytes(q, column) + 1;
    char *copy = take(pool, n);
    if (!copy) {
        *ok = false;
        return NULL;
    }
    return memcpy(copy, text, n);
}

void store_contents_clear(struct store_contents *c)
{
    for (struct chunk *p = c->memory, *next; p; p = next) {
        next = p->next;
        free(p);
    }
    store_dataset_clear(&c->dataset);
    *c = (struct store_contents){ 0 };
}

/* Where the rows of one part go; each part has a function that reads the current row into place i. */
struct loading {
    struct chunk *pool;
    struct store_contents *c;
    struct store_image *images;
    const char **classes;
    int8_t *labels;
    struct store_box *boxes;
    struct store_mask *masks;
    struct store_unreadable *unreadable;
};

static bool read_image(struct loading *l, sqlite3_stmt *q, size_t i)
{
    bool ok = sqlite3_column_int64(q, 0) == (int64_t)i;
    int split = sqlite3_column_int(q, 3);
    struct store_image *m = &l->images[i];
    m->path = take_text(&l->pool, q, 1, &ok);
    m->patient = take_text(&l->pool, q, 2, &ok);
    m->split = split >= 0 && split < STORE_SPLIT_COUNT ? (enum store_split)split : STORE_SPLIT_NONE;
    m->width = sqlite3_column_int64(q, 4);
    m->height = sqlite3_column_int64(q, 5);
    m->digest = take_text(&l->pool, q, 6, &ok);
    m->note = take_text(&l->pool, q, 7, &ok);
    return ok && m->path;
}

static bool read_class(struct loading *l, sqlite3_stmt *q, size_t i)
{
    bool ok = sqlite3_column_int64(q, 0) == (int64_t)i;
    l->classes[i] = take_text(&l->pool, q, 1, &ok);
    return ok && l->classes[i];
}

/* Image and class of a row, which must exist. */
static bool read_place(const struct loading *l, sqlite3_stmt *q, int64_t *image, int64_t *class)
{
    *image = sqlite3_column_int64(q, 0);
    *class = sqlite3_column_int64(q, 1);
    return *image >= 0 && *image < (int64_t)l->c->images_count && *class >= 0 && *class < (int64_t)l->c->classes_count;
}

static bool read_label(struct loading *l, sqlite3_stmt *q, size_t i)
{
    (void)i;
    int64_t image, class;
    if (!read_place(l, q, &image, &class)) return false;
    l->labels[(size_t)image * l->c->classes_count + (size_t) class] = (int8_t)(sqlite3_column_int(q, 2) != 0);
    return true;
}

static bool read_box(struct loading *l, sqlite3_stmt *q, size_t i)
{
    struct store_box *b = &l->boxes[i];
    bool ok = read_place(l, q, &b->image, &b->class);
    b->x0 = sqlite3_column_double(q, 2);
    b->y0 = sqlite3_column_double(q, 3);
    b->x1 = sqlite3_column_double(q, 4);
    b->y1 = sqlite3_column_double(q, 5);
    b->reader = take_text(&l->pool, q, 6, &ok);
    return ok;
}

static bool read_mask(struct loading *l, sqlite3_stmt *q, size_t i)
{
    struct store_mask *m = &l->masks[i];
    bool ok = read_place(l, q, &m->image, &m->class);
    m->width = sqlite3_column_int64(q, 2);
    m->height = sqlite3_column_int64(q, 3);
    m->encoding = take_text(&l->pool, q, 4, &ok);
    const void *data = sqlite3_column_blob(q, 5);
    m->bytes = (size_t)sqlite3_column_bytes(q, 5);
    void *copy = take(&l->pool, m->bytes + 1);
    if (!ok || !copy) return false;
    if (m->bytes) memcpy(copy, data, m->bytes);
    m->data = copy;
    return true;
}

static bool read_unreadable(struct loading *l, sqlite3_stmt *q, size_t i)
{
    bool ok = true;
    l->unreadable[i].path = take_text(&l->pool, q, 0, &ok);
    l->unreadable[i].reason = take_text(&l->pool, q, 1, &ok);
    return ok;
}

static bool load(struct store *s, struct loading *l, const char *sql, size_t count, bool exact,
                 bool (*read)(struct loading *l, sqlite3_stmt *q, size_t i), struct err *e)
{
    sqlite3_stmt *q = sql_select(s, e, sql, "i", l->c->dataset.id);
    if (!q) return false;
    size_t i = 0;
    enum sql_result r;
    while ((r = sql_step(s, q, e)) == SQL_ROW) {
        if (i < count && read(l, q, i++)) continue;
        sql_release(s, q);
        return err_set(e, ERR_FORMAT, "data set %s: its rows in the store do not fit together; import it again",
                       l->c->dataset.name);
    }
    if (r == SQL_END && exact && i != count)
        return err_set(e, ERR_FORMAT, "data set %s: %zu rows where %zu were expected; import it again",
                       l->c->dataset.name, i, count);
    return r == SQL_END;
}

static bool count_rows(struct store *s, int64_t id, const char *sql, bool wanted, size_t *out, struct err *e)
{
    int64_t n = 0;
    if (wanted && !sql_integer(s, e, &n, 0, sql, "i", id)) return false;
    *out = (size_t)n;
    return true;
}

static bool make_room(struct loading *l, unsigned parts, struct err *e)
{
    struct store_contents *c = l->c;
    size_t cells = c->images_count * c->classes_count;
    l->classes = take(&l->pool, (c->classes_count + 1) * sizeof *l->classes);
    bool ok = l->classes != NULL;
    if (parts & STORE_PART_IMAGES) ok = ok && (l->images = take(&l->pool, (c->images_count + 1) * sizeof *l->images));
    if (parts & STORE_PART_LABELS) ok = ok && (l->labels = take(&l->pool, cells + 1));
    if (parts & STORE_PART_BOXES) ok = ok && (l->boxes = take(&l->pool, (c->boxes_count + 1) * sizeof *l->boxes));
    if (parts & STORE_PART_MASKS) ok = ok && (l->masks = take(&l->pool, (c->masks_count + 1) * sizeof *l->masks));
    if (parts & STORE_PART_UNREADABLE)
        ok = ok && (l->unreadable = take(&l->pool, (c->unreadable_count + 1) * sizeof *l->unreadable));
    if (!ok) return err_set(e, ERR_MEMORY, "data set %s: no memory to load it", c->dataset.name);
    if (l->labels) memset(l->labels, STORE_LABEL_MISSING, cells);
    return true;
}

static bool load_parts(struct store *s, struct loading *l, unsigned parts, struct err *e)
{
    struct store_contents *c = l->c;
    int64_t id = c->dataset.id;
    c->images_count = (size_t)c->dataset.count;
    c->classes_count = (size_t)c->dataset.classes;
    c->unreadable_count = parts & STORE_PART_UNREADABLE ? (size_t)c->dataset.unreadable : 0;
    if (!count_rows(s, id, "SELECT count(*) FROM box WHERE dataset_id = ?", parts & STORE_PART_BOXES, &c->boxes_count,
                    e) ||
        !count_rows(s, id, "SELECT count(*) FROM mask WHERE dataset_id = ?", parts & STORE_PART_MASKS, &c->masks_count,
                    e) ||
        !make_room(l, parts, e) ||
        !load(s, l, "SELECT idx, name FROM class WHERE dataset_id = ? ORDER BY idx", c->classes_count, true, read_class,
              e))
        return false;
    return (!l->images || load(s, l,
                               "SELECT idx, path, patient, split, width, height, digest, note FROM image WHERE "
                               "dataset_id = ? ORDER BY idx",
                               c->images_count, true, read_image, e)) &&
           (!l->labels || load(s, l, "SELECT image_idx, class_idx, value FROM label WHERE dataset_id = ?",
                               c->images_count * c->classes_count, false, read_label, e)) &&
           (!l->boxes ||
            load(s, l, "SELECT image_idx, class_idx, x0, y0, x1, y1, reader FROM box WHERE dataset_id = ? ORDER BY id",
                 c->boxes_count, true, read_box, e)) &&
           (!l->masks ||
            load(
                s, l,
                "SELECT image_idx, class_idx, width, height, encoding, data FROM mask WHERE dataset_id = ? ORDER BY id",
                c->masks_count, true, read_mask, e)) &&
           (!l->unreadable || load(s, l, "SELECT path, reason FROM unreadable WHERE dataset_id = ? ORDER BY idx",
                                   c->unreadable_count, true, read_unreadable, e));
}

static bool check_name(const struct store_dataset *d, struct err *e)
{
    return !d->misnamed ||
           err_set(e, ERR_FORMAT,
                   "data set %s: what the store calls it is no name, so that nothing is done with it; mlvicx data rm "
                   "'%s' removes it",
                   d->name, d->name);
}

bool store_dataset_load(struct store *s, int64_t id, unsigned parts, struct store_contents *out, struct err *e)
{
    *out = (struct store_contents){ 0 };
    struct loading l = { .c = out };
    bool own;
    if (!sql_view_begin(s, &own, e)) return false;
    bool ok = store_dataset_get(s, id, &out->dataset, e) && check_name(&out->dataset, e) && load_parts(s, &l, parts, e);
    sql_view_end(s, own);
    out->memory = l.pool;
    if (!ok) {
        store_contents_clear(out);
        return false;
    }
    out->images = l.images;
    out->classes = l.classes;
    out->labels = l.labels;
    out->boxes = l.boxes;
    out->masks = l.masks;
    out->unreadable = l.unreadable;
    return true;
}
