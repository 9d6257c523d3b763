/* Data sets: the row, and counting. Inserting and removing stand in dataset_write.c, loading in contents.c. */
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

/* ---- rows ---- */

#define SELECT_DATASET                                                                                                 \
    "SELECT id, name, kind, source, size, channels, count, pack, digest, bytes, remarks, created_at,"                  \
    " (SELECT count(*) FROM class WHERE dataset_id = dataset.id),"                                                     \
    " (SELECT count(*) FROM unreadable WHERE dataset_id = dataset.id) FROM dataset WHERE " DATASET_VISIBLE

static bool read_row(sqlite3_stmt *q, struct store_dataset *d, struct err *e)
{
    *d = (struct store_dataset){ 0 };
    d->id = sqlite3_column_int64(q, 0);
    sql_copy(q, 1, d->name, sizeof d->name);
    d->misnamed = !store_name_tame(d->name);
    sql_copy(q, 2, d->kind, sizeof d->kind);
    d->size = sqlite3_column_int64(q, 4);
    d->channels = sqlite3_column_int64(q, 5);
    d->count = sqlite3_column_int64(q, 6);
    sql_copy(q, 8, d->digest, sizeof d->digest);
    d->bytes = sqlite3_column_int64(q, 9);
    d->created_at = sqlite3_column_double(q, 11);
    d->classes = sqlite3_column_int64(q, 12);
    d->unreadable = sqlite3_column_int64(q, 13);
    struct err why;
    if (!store_name_check("data set", d->name, &why))
        return err_set(e, ERR_FORMAT, "data set %lld: its row holds what mlvicx never writes (%.300s)",
                       (long long)d->id, why.msg);
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
    return read_one(s, sql_select(s, e, SELECT_DATASET " AND id = ?", "i", id), out, &found, e) &&
           (found || err_set(e, ERR_NOT_FOUND, "data set %lld: there is none", (long long)id));
}

static const char *name_of(const void *ctx, size_t i)
{
    return ((const struct store_datasets *)ctx)->rows[i].name;
}

/* One that has no name goes by what is shown for it, so that it can be removed. The list is cleared then. */
static bool take_misnamed(struct store_datasets *all, const char *shown, struct store_dataset *out)
{
    for (size_t i = 0; i < all->count; i++) {
        if (!all->rows[i].misnamed || strcmp(all->rows[i].name, shown)) continue;
        *out = all->rows[i];
        all->rows[i] = (struct store_dataset){ 0 };
        store_datasets_clear(all);
        return true;
    }
    return false;
}

bool store_dataset_find(struct store *s, const char *name, struct store_dataset *out, struct err *e)
{
    bool found;
    struct store_datasets all;
    if (!read_one(s, sql_select(s, e, SELECT_DATASET " AND name = ?", "t", name), out, &found, e)) return false;
    if (found) return true;
    if (!store_dataset_list(s, &all, e)) return false;
    if (take_misnamed(&all, name, out)) return true;
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
    bool own;
    if (!sql_view_begin(s, &own, e)) return false;
    bool ok = count_images(s, id, out, e) && count_names(s, id, out, e);
    if (ok) {
        with = malloc((out->classes + 1) * sizeof *with);
        ok = (with || err_set(e, ERR_MEMORY, "data set: no memory to count")) && count_labels(s, id, out, with, e);
    }
    free(with);
    sql_view_end(s, own);
    if (!ok) store_counts_clear(out);
    return ok;
}
