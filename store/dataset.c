/* Data sets: the row, inserting a whole one, removing, counting. Loading stands in contents.c. */
#include "store/dataset.h"

#include <stdlib.h>
#include <string.h>

#include "engine/base/clock.h"
#include "engine/base/text.h"
#include "store/sql.h"

static const char *const splits[] = { "none", "train", "val", "test" };

const char *store_split_name(enum store_split split)
{
    return (unsigned)split < STORE_SPLIT_COUNT ? splits[split] : "?";
}

void store_dataset_clear(struct store_dataset *d)
{
    free(d->source);
    free(d->pack);
    free(d->remarks);
    *d = (struct store_dataset){ 0 };
}

void store_datasets_clear(struct store_datasets *d)
{
    for (size_t i = 0; i < d->count; i++) store_dataset_clear(&d->rows[i]);
    free(d->rows);
    *d = (struct store_datasets){ 0 };
}

/* ---- inserting ---- */

static bool insert_images(struct store *s, int64_t id, const struct store_contents *c, struct err *e)
{
    sqlite3_stmt *q = sql_select(s, e,
                                 "INSERT INTO image(dataset_id, idx, path, patient, split, width, height, digest, note)"
                                 " VALUES(?,?,?,?,?,?,?,?,?)",
                                 "");
    bool ok = q != NULL;
    for (size_t i = 0; ok && i < c->images_count; i++) {
        const struct store_image *m = &c->images[i];
        ok = sql_again(s, q, e, "iittiiitt", id, (int64_t)i, m->path, m->patient && *m->patient ? m->patient : NULL,
                       (int64_t)m->split, m->width, m->height, m->digest, m->note && *m->note ? m->note : NULL);
    }
    sql_release(s, q);
    return ok;
}

static bool insert_labels(struct store *s, int64_t id, const struct store_contents *c, struct err *e)
{
    for (size_t k = 0; k < c->classes_count; k++)
        if (!sql_run(s, e, "INSERT INTO class(dataset_id, idx, name) VALUES(?,?,?)", "iit", id, (int64_t)k,
                     c->classes[k]))
            return false;
    if (!c->labels) return true;
    sqlite3_stmt *q =
        sql_select(s, e, "INSERT INTO label(dataset_id, image_idx, class_idx, value) VALUES(?,?,?,?)", "");
    bool ok = q != NULL;
    for (size_t i = 0; ok && i < c->images_count; i++) {
        for (size_t k = 0; ok && k < c->classes_count; k++) {
            int8_t value = c->labels[i * c->classes_count + k];
            if (value >= 0) ok = sql_again(s, q, e, "iiii", id, (int64_t)i, (int64_t)k, (int64_t)value);
        }
    }
    sql_release(s, q);
    return ok;
}

static bool insert_places(struct store *s, int64_t id, const struct store_contents *c, struct err *e)
{
    bool ok = true;
    for (size_t i = 0; ok && i < c->boxes_count; i++) {
        const struct store_box *b = &c->boxes[i];
        ok = sql_run(
            s, e, "INSERT INTO box(dataset_id, image_idx, class_idx, x0, y0, x1, y1, reader) VALUES(?,?,?,?,?,?,?,?)",
            "iiiddddt", id, b->image, b->class, b->x0, b->y0, b->x1, b->y1, b->reader && *b->reader ? b->reader : NULL);
    }
    for (size_t i = 0; ok && i < c->masks_count; i++) {
        const struct store_mask *m = &c->masks[i];
        ok = sql_run(
            s, e,
            "INSERT INTO mask(dataset_id, image_idx, class_idx, width, height, encoding, data) VALUES(?,?,?,?,?,?,?)",
            "iiiiitb", id, m->image, m->class, m->width, m->height, m->encoding, m->data, m->bytes);
    }
    for (size_t i = 0; ok && i < c->unreadable_count; i++)
        ok = sql_run(s, e, "INSERT INTO unreadable(dataset_id, idx, path, reason) VALUES(?,?,?,?)", "iitt", id,
                     (int64_t)i, c->unreadable[i].path, c->unreadable[i].reason);
    return ok;
}

static bool insert(struct store *s, const struct store_contents *c, int64_t *id, struct err *e)
{
    const struct store_dataset *d = &c->dataset;
    int64_t other;
    if (!sql_integer(s, e, &other, 0, "SELECT id FROM dataset WHERE name = ?", "t", d->name)) return false;
    if (other)
        return err_set(e, ERR_CONFLICT, "data set %s: there is one of that name; choose another or remove it", d->name);
    if (!sql_run(
            s, e,
            "INSERT INTO dataset(name, kind, source, size, channels, count, pack, digest, bytes, remarks, created_at)"
            " VALUES(?,?,?,?,?,?,?,?,?,?,?)",
            "tttiiittitd", d->name, d->kind, d->source ? d->source : "", d->size, d->channels, (int64_t)c->images_count,
            d->pack ? d->pack : "", d->digest, d->bytes, d->remarks ? d->remarks : "",
            d->created_at > 0 ? d->created_at : clock_wall()))
        return false;
    *id = sqlite3_last_insert_rowid(s->db);
    return insert_images(s, *id, c, e) && insert_labels(s, *id, c, e) && insert_places(s, *id, c, e);
}

bool store_dataset_insert(struct store *s, const struct store_contents *c, int64_t *id, struct err *e)
{
    int64_t own;
    if (!store_name_check("data set", c->dataset.name, e) || !store_begin(s, STORE_FULL, e)) return false;
    return sql_end(s, insert(s, c, id ? id : &own, e), e);
}

bool store_dataset_remove(struct store *s, int64_t id, struct err *e)
{
    if (!store_begin(s, STORE_FULL, e)) return false;
    struct store_dataset d = { 0 };
    bool ok = store_dataset_get(s, id, &d, e);
    sqlite3_stmt *q = ok ? sql_select(s, e,
                                      "SELECT name, state FROM run WHERE dataset_id = ?"
                                      " AND state IN ('queued', 'running', 'paused') LIMIT 1",
                                      "i", id)
                         : NULL;
    enum sql_result r = q ? sql_step(s, q, e) : SQL_ERROR;
    if (r == SQL_ROW) {
        err_set(e, ERR_CONFLICT, "data set %s: run %s (%s) uses it", d.name, (const char *)sqlite3_column_text(q, 0),
                (const char *)sqlite3_column_text(q, 1));
        sql_release(s, q);
    }
    ok = r == SQL_END && sql_run(s, e, "DELETE FROM dataset WHERE id = ?", "i", id);
    store_dataset_clear(&d);
    return sql_end(s, ok, e);
}

/* ---- rows ---- */

#define SELECT_DATASET                                                                                                 \
    "SELECT id, name, kind, source, size, channels, count, pack, digest, bytes, remarks, created_at,"                  \
    " (SELECT count(*) FROM class WHERE dataset_id = dataset.id),"                                                     \
    " (SELECT count(*) FROM unreadable WHERE dataset_id = dataset.id) FROM dataset"

static bool read_row(sqlite3_stmt *q, struct store_dataset *d, struct err *e)
{
    *d = (struct store_dataset){ 0 };
    d->id = sqlite3_column_int64(q, 0);
    sql_copy(q, 1, d->name, sizeof d->name);
    sql_copy(q, 2, d->kind, sizeof d->kind);
    d->size = sqlite3_column_int64(q, 4);
    d->channels = sqlite3_column_int64(q, 5);
    d->count = sqlite3_column_int64(q, 6);
    sql_copy(q, 8, d->digest, sizeof d->digest);
    d->bytes = sqlite3_column_int64(q, 9);
    d->created_at = sqlite3_column_double(q, 11);
    d->classes = sqlite3_column_int64(q, 12);
    d->unreadable = sqlite3_column_int64(q, 13);
    if (sql_text(q, 3, &d->source, e) && sql_text(q, 7, &d->pack, e) && sql_text(q, 10, &d->remarks, e)) return true;
    store_dataset_clear(d);
    return false;
}

static bool read_one(struct store *s, sqlite3_stmt *q, struct store_dataset *out, bool *found, struct err *e)
{
    *found = false;
    *out = (struct store_dataset){ 0 };
    if (!q) return false;
    enum sql_result r = sql_step(s, q, e);
    if (r != SQL_ROW) return r == SQL_END;
    *found = read_row(q, out, e);
    sql_release(s, q);
    return *found;
}

bool store_dataset_get(struct store *s, int64_t id, struct store_dataset *out, struct err *e)
{
    bool found;
    return read_one(s, sql_select(s, e, SELECT_DATASET " WHERE id = ?", "i", id), out, &found, e) &&
           (found || err_set(e, ERR_NOT_FOUND, "data set %lld: there is none", (long long)id));
}

static const char *name_of(const void *ctx, size_t i)
{
    return ((const struct store_datasets *)ctx)->rows[i].name;
}

bool store_dataset_find(struct store *s, const char *name, struct store_dataset *out, struct err *e)
{
    bool found;
    struct store_datasets all;
    if (!read_one(s, sql_select(s, e, SELECT_DATASET " WHERE name = ?", "t", name), out, &found, e)) return false;
    if (found) return true;
    if (!store_dataset_list(s, &all, e)) return false;
    const char *near = text_nearest(name, all.count, name_of, &all);
    if (near)
        err_set(e, ERR_NOT_FOUND, "data set %s: there is none; did you mean %s", name, near);
    else
        err_set(e, ERR_NOT_FOUND, "data set %s: there is none; %s", name,
                all.count ? "see mlvicx data list" : "import one with mlvicx data import");
    store_datasets_clear(&all);
    return false;
}

bool store_dataset_list(struct store *s, struct store_datasets *out, struct err *e)
{
    *out = (struct store_datasets){ 0 };
    sqlite3_stmt *q = sql_select(s, e, SELECT_DATASET " ORDER BY name", "");
    if (!q) return false;
    enum sql_result r;
    while ((r = sql_step(s, q, e)) == SQL_ROW) {
        if (rows_grow(&out->rows, out->count, sizeof *out->rows, e) && read_row(q, &out->rows[out->count], e)) {
            out->count++;
            continue;
        }
        sql_release(s, q);
        r = SQL_ERROR;
        break;
    }
    if (r == SQL_ERROR) store_datasets_clear(out);
    return r != SQL_ERROR;
}

/* ---- counting ---- */

void store_counts_clear(struct store_counts *c)
{
    for (size_t i = 0; c->names && i < c->classes; i++) free(c->names[i]);
    free(c->names);
    free(c->positives);
    free(c->negatives);
    free(c->together);
    *c = (struct store_counts){ 0 };
}

static bool count_images(struct store *s, int64_t id, struct store_counts *c, struct err *e)
{
    sqlite3_stmt *q =
        sql_select(s, e, "SELECT split, count(*) FROM image WHERE dataset_id = ? GROUP BY split", "i", id);
    if (!q) return false;
    enum sql_result r;
    while ((r = sql_step(s, q, e)) == SQL_ROW) {
        int split = sqlite3_column_int(q, 0);
        if (split >= 0 && split < STORE_SPLIT_COUNT) c->splits[split] = sqlite3_column_int64(q, 1);
    }
    return r == SQL_END &&
           sql_integer(s, e, &c->patients, 0,
                       "SELECT count(DISTINCT patient) + sum(patient IS NULL) FROM image WHERE dataset_id = ?", "i",
                       id) &&
           sql_integer(s, e, &c->shared_patients, 0,
                       "SELECT count(*) FROM (SELECT patient FROM image WHERE dataset_id = ? AND patient IS NOT NULL"
                       " AND split > 0 GROUP BY patient HAVING count(DISTINCT split) > 1)",
                       "i", id);
}

static bool count_names(struct store *s, int64_t id, struct store_counts *c, struct err *e)
{
    sqlite3_stmt *q = sql_select(s, e, "SELECT name FROM class WHERE dataset_id = ? ORDER BY idx", "i", id);
    if (!q) return false;
    enum sql_result r;
    while ((r = sql_step(s, q, e)) == SQL_ROW) {
        char *name;
        if (!rows_grow(&c->names, c->classes, sizeof *c->names, e) || !sql_text(q, 0, &name, e)) {
            sql_release(s, q);
            return false;
        }
        c->names[c->classes++] = name;
    }
    size_t n = c->classes + 1; /* calloc of nothing may be NULL */
    c->positives = calloc(n, sizeof *c->positives);
    c->negatives = calloc(n, sizeof *c->negatives);
    c->together = calloc(n * n, sizeof *c->together);
    return r == SQL_END &&
           ((c->positives && c->negatives && c->together) || err_set(e, ERR_MEMORY, "data set: no memory to count"));
}

/* Rows come image by image; `with` gathers the findings of the current one. */
static bool count_labels(struct store *s, int64_t id, struct store_counts *c, int64_t *with, struct err *e)
{
    sqlite3_stmt *q = sql_select(s, e,
                                 "SELECT l.image_idx, l.class_idx, l.value, i.split FROM label l JOIN image i"
                                 " ON i.dataset_id = l.dataset_id AND i.idx = l.image_idx WHERE l.dataset_id = ?"
                                 " ORDER BY l.image_idx, l.class_idx",
                                 "i", id);
    if (!q) return false;
    int64_t image = -1;
    size_t n = 0;
    enum sql_result r;
    while ((r = sql_step(s, q, e)) == SQL_ROW) {
        int64_t class = sqlite3_column_int64(q, 1);
        int split = sqlite3_column_int(q, 3);
        if (class < 0 || class >= (int64_t)c->classes || split < 0 || split >= STORE_SPLIT_COUNT) continue;
        if (sqlite3_column_int64(q, 0) != image) {
            image = sqlite3_column_int64(q, 0);
            c->labelled++;
            n = 0;
        }
        if (!sqlite3_column_int(q, 2)) {
            c->negatives[class][split]++;
            continue;
        }
        c->positives[class][split]++;
        for (size_t k = 0; k < n; k++) {
            c->together[(size_t)with[k] * c->classes + (size_t) class]++;
            c->together[(size_t) class * c->classes + (size_t)with[k]]++;
        }
        c->together[(size_t) class * c->classes + (size_t) class]++;
        with[n++] = class;
    }
    return r == SQL_END;
}

bool store_dataset_counts(struct store *s, int64_t id, struct store_counts *out, struct err *e)
{
    *out = (struct store_counts){ 0 };
    int64_t *with = NULL;
    bool ok = count_images(s, id, out, e) && count_names(s, id, out, e);
    if (ok) {
        with = malloc((out->classes + 1) * sizeof *with);
        ok = (with || err_set(e, ERR_MEMORY, "data set: no memory to count")) && count_labels(s, id, out, with, e);
    }
    free(with);
    if (!ok) store_counts_clear(out);
    return ok;
}
