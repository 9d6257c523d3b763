/* Loads a data set: rows of the tables become plain arrays, checked against the counts in its row. */
#include "store/dataset.h"

#include <stdlib.h>
#include <string.h>

#include "engine/base/pool.h"
#include "store/database/column.h"
#include "store/database/rows.h"

enum {
    CELLS = 1 << 30, /* of a matrix of labels */
    SIDE = 1 << 20   /* of an original */
};
#define PIXEL_MOST 1e6 /* where a box may lie */

/* Text of a column, NULL if it is NULL. */
static const char *take_text(struct pool *pool, struct columns *row, int column)
{
    size_t n;
    const char *text = column_peek(row, column, COLUMN_LONG, &n);
    char *copy = text ? pool_bytes(pool, text, n) : NULL;
    if (text && !copy) row->ok = err_set(row->e, ERR_MEMORY, "data set: no memory to load it");
    return copy;
}

/* Text that must be there. */
static const char *need_text(struct pool *pool, struct columns *row, int column)
{
    const char *text = take_text(pool, row, column);
    if (!text) column_refuse(row, column, "text");
    return text;
}

void store_contents_clear(struct store_contents *c)
{
    pool_clear(&c->memory);
    store_dataset_clear(&c->dataset);
    *c = (struct store_contents){ 0 };
}

/* Where the rows of a part are stored; each part has a function that reads the current row into index i. */
struct loading {
    struct pool pool;
    struct store_contents *c;
    struct store_image *images;
    const char **classes;
    bool *nothing;
    int8_t *labels;
    struct store_box *boxes;
    struct store_mask *masks;
    struct store_attribute *attributes;
    struct store_unreadable *unreadable;
};

static void read_image(struct loading *l, struct columns *row, size_t i)
{
    struct store_image *m = &l->images[i];
    column_integer(row, 0, (int64_t)i, (int64_t)i);
    m->path = need_text(&l->pool, row, 1);
    m->patient = take_text(&l->pool, row, 2);
    m->split = (enum store_split)column_choice(row, 3, store_split_names, STORE_SPLIT_COUNT);
    m->width = column_integer(row, 4, 0, SIDE);
    m->height = column_integer(row, 5, 0, SIDE);
    m->digest = take_text(&l->pool, row, 6);
    m->note = take_text(&l->pool, row, 7);
}

static void read_class(struct loading *l, struct columns *row, size_t i)
{
    column_integer(row, 0, (int64_t)i, (int64_t)i);
    l->classes[i] = need_text(&l->pool, row, 1);
    l->nothing[i] = column_integer(row, 2, 0, 1) != 0;
}

/* Image and class of a row; both must exist. */
static void read_place(const struct loading *l, struct columns *row, int64_t *image, int64_t *class)
{
    *image = column_integer(row, 0, 0, (int64_t)l->c->images_count - 1);
    *class = column_integer(row, 1, 0, (int64_t)l->c->classes_count - 1);
}

static void read_label(struct loading *l, struct columns *row, size_t i)
{
    (void)i;
    int64_t image, class;
    read_place(l, row, &image, &class);
    bool value = column_bool(row, 2);
    if (column_end(row)) l->labels[(size_t)image * l->c->classes_count + (size_t) class] = (int8_t)value;
}

static void read_box(struct loading *l, struct columns *row, size_t i)
{
    struct store_box *b = &l->boxes[i];
    read_place(l, row, &b->image, &b->class);
    b->x0 = column_real(row, 2, -PIXEL_MOST, PIXEL_MOST);
    b->y0 = column_real(row, 3, -PIXEL_MOST, PIXEL_MOST);
    b->x1 = column_real(row, 4, -PIXEL_MOST, PIXEL_MOST);
    b->y1 = column_real(row, 5, -PIXEL_MOST, PIXEL_MOST);
    b->reader = take_text(&l->pool, row, 6);
}

static void read_mask(struct loading *l, struct columns *row, size_t i)
{
    struct store_mask *m = &l->masks[i];
    read_place(l, row, &m->image, &m->class);
    m->width = column_integer(row, 2, l->c->dataset.size, l->c->dataset.size); /* it covers the image */
    m->height = column_integer(row, 3, l->c->dataset.size, l->c->dataset.size);
    m->encoding = need_text(&l->pool, row, 4);
    const void *data = column_blob(row, 5, COLUMN_BLOB, &m->bytes);
    void *copy = pool_take(&l->pool, m->bytes + 1);
    if (!copy) {
        row->ok = err_set(row->e, ERR_MEMORY, "data set: no memory to load it");
        return;
    }
    memcpy(copy, data, m->bytes);
    m->data = copy;
}

static void read_attribute(struct loading *l, struct columns *row, size_t i)
{
    struct store_attribute *a = &l->attributes[i];
    a->image = column_integer(row, 0, 0, (int64_t)l->c->images_count - 1);
    a->name = need_text(&l->pool, row, 1);
    a->value = need_text(&l->pool, row, 2);
}

static void read_unreadable(struct loading *l, struct columns *row, size_t i)
{
    l->unreadable[i].path = need_text(&l->pool, row, 0);
    l->unreadable[i].reason = need_text(&l->pool, row, 1);
}

/* One table of a set: where its rows are stored, and how many there are. */
struct part {
    const char *table, *sql;
    size_t count;
    bool exact; /* exactly all of them */
    void (*read)(struct loading *l, struct columns *row, size_t i);
};

/* Reads one row of a part, the next after `read`. */
struct part_reader {
    struct loading *l;
    const struct part *p;
    size_t read;
};

static bool read_part(struct store *s, sqlite3_stmt *q, void *none, void *context, struct err *e)
{
    (void)none;
    struct part_reader *k = context;
    struct columns row = column_begin(s, q, k->p->table, (int64_t)k->read, e);
    if (k->read < k->p->count)
        k->p->read(k->l, &row, k->read++);
    else
        row.ok = err_set(e, ERR_FORMAT, "more rows of table %s than there may be; import it again", k->p->table);
    return column_end(&row) || err_wrap(e, "data set %s", k->l->c->dataset.name);
}

static bool load(struct store *s, struct loading *l, const struct part *p, struct err *e)
{
    struct part_reader k = { .l = l, .p = p };
    const struct row_reader reader = { .read = read_part, .context = &k };
    if (!rows_read(s, sql_select(s, e, p->sql, BIND(INT(l->c->dataset.id))), &reader, e)) return false;
    if (p->exact && k.read != p->count)
        return err_set(e, ERR_FORMAT, "data set %s: %zu rows of table %s where %zu were expected; import it again",
                       l->c->dataset.name, k.read, p->table, p->count);
    return true;
}

static bool count_rows(struct store *s, int64_t id, const char *sql, bool wanted, size_t *out, struct err *e)
{
    int64_t n = 0;
    if (wanted && !sql_integer(s, e, &n, 0, sql, BIND(INT(id)))) return false;
    *out = (size_t)n;
    return true;
}

static bool make_room(struct loading *l, unsigned parts, struct err *e)
{
    struct store_contents *c = l->c;
    size_t cells = c->images_count * c->classes_count; /* both are bounded: store_dataset_get */
    if (parts & STORE_PART_LABELS && cells > CELLS)
        return err_set(e, ERR_FORMAT, "data set %s: %zu images by %zu classes are more labels than can be loaded",
                       c->dataset.name, c->images_count, c->classes_count);
    l->classes = pool_take(&l->pool, (c->classes_count + 1) * sizeof *l->classes);
    l->nothing = pool_take(&l->pool, c->classes_count + 1);
    bool ok = l->classes && l->nothing;
    if (parts & STORE_PART_IMAGES)
        ok = ok && (l->images = pool_take(&l->pool, (c->images_count + 1) * sizeof *l->images));
    if (parts & STORE_PART_LABELS) ok = ok && (l->labels = pool_take(&l->pool, cells + 1));
    if (parts & STORE_PART_BOXES) ok = ok && (l->boxes = pool_take(&l->pool, (c->boxes_count + 1) * sizeof *l->boxes));
    if (parts & STORE_PART_MASKS) ok = ok && (l->masks = pool_take(&l->pool, (c->masks_count + 1) * sizeof *l->masks));
    if (parts & STORE_PART_ATTRIBUTES)
        ok = ok && (l->attributes = pool_take(&l->pool, (c->attributes_count + 1) * sizeof *l->attributes));
    if (parts & STORE_PART_UNREADABLE)
        ok = ok && (l->unreadable = pool_take(&l->pool, (c->unreadable_count + 1) * sizeof *l->unreadable));
    if (!ok) return err_set(e, ERR_MEMORY, "data set %s: no memory to load it", c->dataset.name);
    if (l->labels) memset(l->labels, STORE_LABEL_MISSING, cells);
    return true;
}

/* Counts the rows. The number of images is also stored in the set's row; memory is allocated for the rows that
 * exist. */
static bool count_parts(struct store *s, struct store_contents *c, unsigned parts, struct err *e)
{
    int64_t id = c->dataset.id;
    if (!count_rows(s, id, "SELECT count(*) FROM image WHERE dataset_id = ?", true, &c->images_count, e)) return false;
    if (c->images_count != (size_t)c->dataset.count)
        return err_set(e, ERR_FORMAT, "data set %s: %zu images where its row says %lld; import it again",
                       c->dataset.name, c->images_count, (long long)c->dataset.count);
    c->classes_count = (size_t)c->dataset.classes;
    c->unreadable_count = parts & STORE_PART_UNREADABLE ? (size_t)c->dataset.unreadable : 0;
    return count_rows(s, id, "SELECT count(*) FROM box WHERE dataset_id = ?", parts & STORE_PART_BOXES, &c->boxes_count,
                      e) &&
           count_rows(s, id, "SELECT count(*) FROM mask WHERE dataset_id = ?", parts & STORE_PART_MASKS,
                      &c->masks_count, e) &&
           count_rows(s, id, "SELECT count(*) FROM image_attribute WHERE dataset_id = ?", parts & STORE_PART_ATTRIBUTES,
                      &c->attributes_count, e);
}

static bool load_parts(struct store *s, struct loading *l, unsigned parts, struct err *e)
{
    struct store_contents *c = l->c;
    if (!count_parts(s, c, parts, e) || !make_room(l, parts, e)) return false;
    const struct part all[] = {
        { "class", "SELECT idx, name, is_nothing FROM class WHERE dataset_id = ? ORDER BY idx", c->classes_count, true,
          read_class },
        { "image",
          "SELECT idx, path, patient, split, width, height, digest, note FROM image WHERE dataset_id = ? ORDER BY idx",
          c->images_count, true, read_image },
        { "label", "SELECT image_idx, class_idx, value FROM label WHERE dataset_id = ?",
          c->images_count * c->classes_count, false, read_label },
        { "box", "SELECT image_idx, class_idx, x0, y0, x1, y1, reader FROM box WHERE dataset_id = ? ORDER BY id",
          c->boxes_count, true, read_box },
        { "mask",
          "SELECT image_idx, class_idx, width, height, encoding, data FROM mask WHERE dataset_id = ? ORDER BY id",
          c->masks_count, true, read_mask },
        { "image_attribute",
          "SELECT image_idx, name, value FROM image_attribute WHERE dataset_id = ? ORDER BY image_idx, name",
          c->attributes_count, true, read_attribute },
        { "unreadable", "SELECT path, reason FROM unreadable WHERE dataset_id = ? ORDER BY idx", c->unreadable_count,
          true, read_unreadable },
    };
    const bool wanted[] = { true, l->images, l->labels, l->boxes, l->masks, l->attributes, l->unreadable };
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        if (wanted[i] && !load(s, l, &all[i], e)) return false;
    return true;
}

bool store_dataset_load(struct store *s, int64_t id, unsigned parts, struct store_contents *out, struct err *e)
{
    *out = (struct store_contents){ 0 };
    struct loading l = { .c = out };
    bool own;
    if (!sql_read_begin(s, &own, e)) return false;
    bool ok = store_dataset_get(s, id, &out->dataset, e) && load_parts(s, &l, parts, e);
    sql_read_end(s, own);
    out->memory = l.pool;
    if (!ok) {
        store_contents_clear(out);
        return false;
    }
    out->images = l.images;
    out->classes = l.classes;
    out->nothing = l.nothing;
    out->labels = l.labels;
    out->boxes = l.boxes;
    out->masks = l.masks;
    out->attributes = l.attributes;
    out->unreadable = l.unreadable;
    return true;
}
