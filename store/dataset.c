/* Data sets: the row, and counts. Inserting and removing are in dataset_write.c, loading in contents.c. */
#include "store/dataset.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/clock.h"
#include "engine/base/text.h"
#include "store/database/column.h"
#include "store/database/rows.h"

const char *const store_split_names[STORE_SPLIT_COUNT] = { "none", "train", "val", "test" };

const char *store_split_name(enum store_split split)
{
    return (unsigned)split < STORE_SPLIT_COUNT ? store_split_names[split] : "?";
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
    " (SELECT count(*) FROM class WHERE dataset_id = dataset.id) AS classes,"                                          \
    " (SELECT count(*) FROM unreadable WHERE dataset_id = dataset.id) AS unreadable, exclusive"                        \
    " FROM dataset WHERE " DATASET_VISIBLE

enum { MOST_SIDE = 4096, MOST_CLASSES = 4096 };

/* A name is used in commands and paths, so it must be valid, as it must when it is written. */
static bool check_name(const struct store_dataset *d, struct err *e)
{
    char shown[STORE_NAME];
    if (store_name_check("data set", d->name, NULL)) return true;
    snprintf(shown, sizeof shown, "%s", d->name);
    store_name_tame(shown);
    return err_set(e, ERR_FORMAT, "data set %lld: its row holds what mlvicx never writes ('%s' is no name of one)",
                   (long long)d->id, shown);
}

static bool read_row(struct store *s, sqlite3_stmt *q, void *out, void *context, struct err *e)
{
    (void)context;
    struct store_dataset *d = out;
    *d = (struct store_dataset){ .id = sqlite3_column_int64(q, 0) };
    struct columns c = column_begin(s, q, "dataset", d->id, e);
    column_word(&c, 1, d->name, sizeof d->name);
    column_name(&c, 2, d->kind, sizeof d->kind);
    d->source = column_text(&c, 3, COLUMN_LINE);
    d->size = column_integer(&c, 4, 0, MOST_SIDE);
    d->channels = column_integer(&c, 5, 0, 4);
    d->count = column_integer(&c, 6, 0, INT32_MAX);
    d->pack = column_text(&c, 7, COLUMN_LINE);
    column_name(&c, 8, d->digest, sizeof d->digest);
    d->bytes = column_integer(&c, 9, 0, STORE_STEP_MOST);
    d->remarks = column_text(&c, 10, COLUMN_LONG);
    d->created_at = column_time(&c, 11);
    d->classes = column_integer(&c, 12, 0, MOST_CLASSES);
    d->unreadable = column_integer(&c, 13, 0, INT32_MAX);
    d->exclusive = column_integer(&c, 14, 0, 1) != 0;
    if (column_end(&c) && check_name(d, e)) return true;
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
    *found = read_row(s, q, out, NULL, e);
    sql_release(s, q);
    return *found;
}

bool store_dataset_get(struct store *s, int64_t id, struct store_dataset *out, struct err *e)
{
    bool found;
    return read_one(s, sql_select(s, e, SELECT_DATASET " AND id = ?", BIND(INT(id))), out, &found, e) &&
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
    if (!read_one(s, sql_select(s, e, SELECT_DATASET " AND name = ?", BIND(TEXT(name))), out, &found, e)) return false;
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
    struct store_cursor at = { .rows = STORE_DATASETS_MOST, .bytes = 1 << 27 };
    sqlite3_stmt *q = sql_select(s, e, SELECT_DATASET " ORDER BY name", BIND_NONE);
    const struct row_reader reader = ROW_PAGE(out, read_row, &at, 0);
    bool ok = rows_read(s, q, &reader, e);
    if (ok && !at.ended) {
        ok = sql_integer(s, e, &out->more, 0, "SELECT count(*) FROM dataset WHERE " DATASET_VISIBLE, BIND_NONE);
        out->more -= (int64_t)(out->count + out->unreadable);
    }
    if (!ok) store_datasets_clear(out);
    return ok;
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

struct counting {
    int64_t dataset;
    struct store_counts *c;
    int64_t image; /* whose labels are read */
    int64_t *with; /* its findings so far */
    size_t with_count;
};

static bool read_split(struct store *s, sqlite3_stmt *q, void *none, void *context, struct err *e)
{
    (void)none;
    struct counting *k = context;
    struct columns row = column_begin(s, q, "image", k->dataset, e);
    int split = column_choice(&row, 0, store_split_names, STORE_SPLIT_COUNT);
    k->c->splits[split] = column_integer(&row, 1, 0, INT32_MAX);
    return column_end(&row);
}

static bool count_images(struct store *s, struct counting *k, struct err *e)
{
    struct store_counts *c = k->c;
    int64_t id = k->dataset;
    const struct row_reader reader = { .read = read_split, .context = k };
    return rows_read(
               s,
               sql_select(s, e, "SELECT split, count(*) FROM image WHERE dataset_id = ? GROUP BY split", BIND(INT(id))),
               &reader, e) &&
           sql_integer(s, e, &c->patients, 0,
                       "SELECT count(DISTINCT patient) + sum(patient IS NULL) FROM image WHERE dataset_id = ?",
                       BIND(INT(id))) &&
           sql_integer(s, e, &c->shared_patients, 0,
                       "SELECT count(*) FROM (SELECT patient FROM image WHERE dataset_id = ? AND patient IS NOT NULL"
                       " AND split <> 'none' GROUP BY patient HAVING count(DISTINCT split) > 1)",
                       BIND(INT(id)));
}

static bool read_class(struct store *s, sqlite3_stmt *q, void *out, void *context, struct err *e)
{
    char **name = out;
    const struct store_counts *c = context;
    if (c->classes >= MOST_CLASSES) return err_set(e, ERR_FORMAT, "data set: more than %d classes", MOST_CLASSES);
    struct columns row = column_begin(s, q, "class", (int64_t)c->classes, e);
    *name = column_text(&row, 0, COLUMN_LINE);
    return column_end(&row);
}

static bool count_names(struct store *s, struct counting *k, struct err *e)
{
    struct store_counts *c = k->c;
    const struct row_reader reader = {
        .read = read_class, .context = c, .rows = &c->names, .count = &c->classes, .size = sizeof *c->names
    };
    sqlite3_stmt *q =
        sql_select(s, e, "SELECT name FROM class WHERE dataset_id = ? ORDER BY idx", BIND(INT(k->dataset)));
    if (!rows_read(s, q, &reader, e)) return false;
    size_t n = c->classes + 1; /* calloc of nothing may be NULL */
    c->positives = calloc(n, sizeof *c->positives);
    c->negatives = calloc(n, sizeof *c->negatives);
    c->together = calloc(n * n, sizeof *c->together);
    return (c->positives && c->negatives && c->together) || err_set(e, ERR_MEMORY, "data set: no memory to count");
}

/* Rows come image by image. */
static bool read_label(struct store *s, sqlite3_stmt *q, void *none, void *context, struct err *e)
{
    (void)none;
    struct counting *k = context;
    struct store_counts *c = k->c;
    struct columns row = column_begin(s, q, "label", sqlite3_column_int64(q, 0), e);
    int64_t of = column_integer(&row, 0, 0, INT32_MAX), class = column_integer(&row, 1, 0, (int64_t)c->classes - 1);
    bool value = column_bool(&row, 2);
    int split = column_choice(&row, 3, store_split_names, STORE_SPLIT_COUNT);
    if (!column_end(&row)) return false;
    if (of != k->image) {
        k->image = of;
        c->labelled++;
        k->with_count = 0;
    }
    if (!value) {
        c->negatives[class][split]++;
        return true;
    }
    c->positives[class][split]++;
    for (size_t i = 0; i < k->with_count; i++) {
        c->together[(size_t)k->with[i] * c->classes + (size_t) class]++;
        c->together[(size_t) class * c->classes + (size_t)k->with[i]]++;
    }
    c->together[(size_t) class * c->classes + (size_t) class]++;
    if (k->with_count < c->classes) k->with[k->with_count++] = class; /* a valid table has each name once */
    return true;
}

static bool count_labels(struct store *s, struct counting *k, struct err *e)
{
    const struct row_reader reader = { .read = read_label, .context = k };
    k->with = malloc((k->c->classes + 1) * sizeof *k->with);
    if (!k->with) return err_set(e, ERR_MEMORY, "data set: no memory to count");
    bool ok = rows_read(s,
                        sql_select(s, e,
                                   "SELECT l.image_idx, l.class_idx, l.value, i.split FROM label l JOIN image i"
                                   " ON i.dataset_id = l.dataset_id AND i.idx = l.image_idx WHERE l.dataset_id = ?"
                                   " ORDER BY l.image_idx, l.class_idx",
                                   BIND(INT(k->dataset))),
                        &reader, e);
    free(k->with);
    return ok;
}

bool store_dataset_counts(struct store *s, int64_t id, struct store_counts *out, struct err *e)
{
    *out = (struct store_counts){ 0 };
    struct counting k = { .dataset = id, .c = out, .image = -1 };
    bool own;
    if (!sql_read_begin(s, &own, e)) return false;
    bool ok = count_images(s, &k, e) && count_names(s, &k, e) && count_labels(s, &k, e);
    sql_read_end(s, own);
    if (!ok) store_counts_clear(out);
    return ok;
}
