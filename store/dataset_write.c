/* Data sets: inserts a whole one, and removes it, in slices.
 *
 * A large set has millions of rows. They are written, and deleted, in short transactions, so that a training run at
 * the same time does not wait. Meanwhile the row of the set has a name that begins with a dot, which no set can have
 * and readers skip: the last transaction of an insert gives it its name, the first of a removal takes it away. So a
 * reader sees all of a set or nothing, and rows left by a killed process are recognised by this name
 * (store_dataset_sweep). */
#include <stdio.h>
#include <string.h>

#include "engine/base/clock.h"
#include "store/database/column.h"
#include "store/dataset.h"
#include "store/database/files.h"
#include "store/run.h"
#include "store/database/slice.h"
#include "store/database/sql.h"

/* Names of sets that are half written (with the time, in seconds, when that began) or half removed. */
#define UNFINISHED ".new."
#define REMOVED    ".gone."

/* ---- removing ---- */

static bool rename_pack(const struct store *s, const char *pack, const char *to, bool *renamed, struct err *e)
{
    struct folder packs;
    if (!store_folder(s, STORE_PACKS, 0, false, &packs, e)) return false;
    bool ok = folder_rename(&packs, pack, to, e);
    folder_close(&packs);
    *renamed = ok;
    return ok;
}

/* Removes packs/PACK, or renames it to `to` (NULL: removes it), unless a row other than `id` has it. Done under the
 * lock, so that no insert uses it meanwhile. */
static bool free_pack(struct store *s, const char *pack, int64_t id, const char *to, bool *renamed, struct err *e)
{
    int64_t others;
    /* a row may contain anything: what is not the name of a pack below packs/ is not our file, an attached one least */
    if (!store_pack_name_check(pack, NULL)) return true;
    if (!slice_lock(s, STORE_NORMAL, e)) return false;
    bool ok = sql_integer(s, e, &others, 0, "SELECT count(*) FROM dataset WHERE pack = ? AND id <> ?",
                          BIND(TEXT(pack), INT(id)));
    if (ok && !others) ok = to ? rename_pack(s, pack, to, renamed, e) : store_file_remove(s, STORE_PACKS, 0, pack, e);
    return sql_end(s, ok, e);
}

bool store_dataset_drop_pack(struct store *s, const char *pack, struct err *e)
{
    return free_pack(s, pack, 0, NULL, NULL, e);
}

bool store_dataset_put_pack_aside(struct store *s, const char *pack, const char *to, bool *renamed, struct err *e)
{
    *renamed = false;
    return free_pack(s, pack, 0, to, renamed, e);
}

/* A few rows of a set at a time, by the keys with which they are found, and the cost of a row. */
static const struct {
    const char *sql;
    int weight;
} removals[] = {
    { "DELETE FROM label WHERE dataset_id = ?1"
      " AND image_idx <= 7 + (SELECT min(image_idx) FROM label WHERE dataset_id = ?1)",
      1 },
    { "DELETE FROM image WHERE dataset_id = ?1 AND idx <= 63 + (SELECT min(idx) FROM image WHERE dataset_id = ?1)", 1 },
    { "DELETE FROM class WHERE dataset_id = ?1 AND idx <= 63 + (SELECT min(idx) FROM class WHERE dataset_id = ?1)", 1 },
    { "DELETE FROM unreadable WHERE dataset_id = ?1"
      " AND idx <= 63 + (SELECT min(idx) FROM unreadable WHERE dataset_id = ?1)",
      1 },
    { "DELETE FROM image_attribute WHERE dataset_id = ?1"
      " AND image_idx <= 15 + (SELECT min(image_idx) FROM image_attribute WHERE dataset_id = ?1)",
      1 },
    { "DELETE FROM box WHERE id IN (SELECT id FROM box WHERE dataset_id = ?1 LIMIT 64)", 1 },
    { "DELETE FROM mask WHERE id IN (SELECT id FROM mask WHERE dataset_id = ?1 LIMIT 8)", 8 },
};

/* Deletes the rows of a set that is hidden already, its own row last. */
static bool remove_rows(struct store *s, int64_t id, struct err *e)
{
    struct slice k;
    if (!slice_begin(&k, s, e)) return false;
    bool ok = true;
    for (size_t i = 0; ok && i < sizeof removals / sizeof removals[0]; i++)
        for (int n = 1; ok && n > 0;)
            ok = sql_change(s, e, &n, removals[i].sql, BIND(INT(id))) && slice_go_on(&k, n * removals[i].weight, e);
    if (!slice_end(&k, ok, e) || !slice_lock(s, STORE_FULL, e)) return false;
    return sql_end(s, sql_run(s, e, "DELETE FROM dataset WHERE id = ?", BIND(INT(id))), e);
}

/* No run may be about to train on it. Its name is then removed; runs keep the name, and a run can be resumed with it
 * if the set is imported again. */
static bool hide(struct store *s, int64_t id, const char *name, struct err *e)
{
    sqlite3_stmt *q = sql_select(s, e,
                                 "SELECT id FROM run WHERE (dataset_id = ? OR (dataset_id IS NULL AND dataset = ?))"
                                 " AND state IN ('queued', 'running', 'paused') LIMIT 1",
                                 BIND(INT(id), TEXT(name)));
    enum sql_result r = q ? sql_step(s, q, e) : SQL_ERROR;
    if (r == SQL_ROW) {
        struct store_run run;
        int64_t user = sqlite3_column_int64(q, 0);
        sql_release(s, q);
        if (!store_run_get(s, user, &run, e)) return false;
        err_set(e, ERR_CONFLICT, "data set %s: run %s (%s) uses it", name, run.name,
                store_state_name(store_run_state(s, &run)));
        store_run_clear(&run);
    }
    return r == SQL_END && sql_run(s, e, "UPDATE run SET dataset_id = NULL WHERE dataset_id = ?", BIND(INT(id))) &&
           sql_run(s, e, "UPDATE trash SET dataset_id = NULL WHERE dataset_id = ?", BIND(INT(id))) &&
           sql_run(s, e, "UPDATE dataset SET name = '" REMOVED "' || id WHERE id = ?", BIND(INT(id)));
}

bool store_dataset_remove(struct store *s, int64_t id, struct err *e)
{
    struct store_dataset d = { 0 };
    if (!store_begin(s, STORE_FULL, e)) return false;
    bool ok = sql_end(s, store_dataset_get(s, id, &d, e) && hide(s, id, d.name, e), e);
    if (ok && (!free_pack(s, d.pack, id, NULL, NULL, e) || !remove_rows(s, id, e)))
        ok = err_wrap(e, "data set %s: is removed, but not yet all of its rows and pixels (the next import goes on)",
                      d.name);
    store_dataset_clear(&d);
    return ok;
}

bool store_dataset_sweep(struct store *s, double age, struct err *e)
{
    for (;;) {
        char pack[STORE_PATH] = "";
        int64_t id = 0;
        sqlite3_stmt *q =
            sql_select(s, e,
                       "SELECT id, pack, name GLOB '" REMOVED "*' FROM dataset WHERE name GLOB '" REMOVED "*'"
                       " OR (name GLOB '" UNFINISHED "*' AND CAST(substr(name, 6) AS INTEGER) <= ?) LIMIT 1",
                       BIND(INT((int64_t)(clock_wall() - age))));
        enum sql_result r = q ? sql_step(s, q, e) : SQL_ERROR;
        if (r != SQL_ROW) return r == SQL_END;
        id = sqlite3_column_int64(q, 0);
        struct columns c = column_begin(s, q, "dataset", id, e);
        column_word(&c, 1, pack, sizeof pack);
        bool removed = column_integer(&c, 2, 0, 1) != 0;
        sql_release(s, q);
        if (!column_end(&c) || (removed && !free_pack(s, pack, id, NULL, NULL, e)) || !remove_rows(s, id, e))
            return false;
    }
}

/* ---- inserting ---- */

static bool insert_images(struct store *s, struct slice *k, int64_t id, const struct store_contents *c, struct err *e)
{
    sqlite3_stmt *q = sql_select(s, e,
                                 "INSERT INTO image(dataset_id, idx, path, patient, split, width, height, digest, note)"
                                 " VALUES(?,?,?,?,?,?,?,?,?)",
                                 BIND_NONE);
    bool ok = q != NULL;
    for (size_t i = 0; ok && i < c->images_count; i++) {
        struct store_image row, *m = &row;
        if (c->images)
            row = c->images[i];
        else
            c->image_at(c->rows, i, &row);
        ok = sql_again(s, q, e,
                       BIND(INT(id), INT(i), TEXT(m->path), TEXT(m->patient && *m->patient ? m->patient : NULL),
                            TEXT(store_split_name(m->split)), INT(m->width), INT(m->height), TEXT(m->digest),
                            TEXT(m->note && *m->note ? m->note : NULL))) &&
             slice_go_on(k, 1, e);
    }
    sql_release(s, q);
    return ok;
}

static bool insert_labels(struct store *s, struct slice *slice, int64_t id, const struct store_contents *c,
                          struct err *e)
{
    for (size_t k = 0; k < c->classes_count; k++)
        if (!sql_run(s, e, "INSERT INTO class(dataset_id, idx, name, is_nothing) VALUES(?,?,?,?)",
                     BIND(INT(id), INT(k), TEXT(c->classes[k]), INT(c->nothing && c->nothing[k]))))
            return false;
    if (!c->labels) return true;
    sqlite3_stmt *q =
        sql_select(s, e, "INSERT INTO label(dataset_id, image_idx, class_idx, value) VALUES(?,?,?,?)", BIND_NONE);
    bool ok = q != NULL;
    for (size_t i = 0; ok && i < c->images_count; i++) {
        for (size_t k = 0; ok && k < c->classes_count; k++) {
            int8_t value = c->labels[i * c->classes_count + k];
            if (value >= 0)
                ok = sql_again(s, q, e, BIND(INT(id), INT(i), INT(k), INT(value))) && slice_go_on(slice, 1, e);
        }
    }
    sql_release(s, q);
    return ok;
}

static bool insert_attributes(struct store *s, struct slice *k, int64_t id, const struct store_contents *c,
                              struct err *e)
{
    bool ok = true;
    for (size_t i = 0; ok && i < c->attributes_count; i++) {
        struct store_attribute row, *a = &row;
        if (c->attributes)
            row = c->attributes[i];
        else
            c->attribute_at(c->rows, i, &row);
        ok = sql_run(s, e,
                     "INSERT INTO image_attribute(dataset_id, image_idx, name, value) VALUES(?,?,?,?)"
                     " ON CONFLICT(dataset_id, image_idx, name) DO NOTHING",
                     BIND(INT(id), INT(a->image), TEXT(a->name), TEXT(a->value))) &&
             slice_go_on(k, 1, e);
    }
    return ok;
}

static bool insert_places(struct store *s, struct slice *k, int64_t id, const struct store_contents *c, struct err *e)
{
    bool ok = true;
    for (size_t i = 0; ok && i < c->boxes_count; i++) {
        const struct store_box *b = &c->boxes[i];
        ok =
            sql_run(s, e,
                    "INSERT INTO box(dataset_id, image_idx, class_idx, x0, y0, x1, y1, reader) VALUES(?,?,?,?,?,?,?,?)",
                    BIND(INT(id), INT(b->image), INT(b->class), REAL(b->x0), REAL(b->y0), REAL(b->x1), REAL(b->y1),
                         TEXT(b->reader && *b->reader ? b->reader : NULL))) &&
            slice_go_on(k, 1, e);
    }
    for (size_t i = 0; ok && i < c->masks_count; i++) {
        const struct store_mask *m = &c->masks[i];
        ok = sql_run(s, e,
                     "INSERT INTO mask(dataset_id, image_idx, class_idx, width, height, encoding, data) "
                     "VALUES(?,?,?,?,?,?,?)",
                     BIND(INT(id), INT(m->image), INT(m->class), INT(m->width), INT(m->height), TEXT(m->encoding),
                          BLOB(m->data, m->bytes))) &&
             slice_go_on(k, 8, e);
    }
    for (size_t i = 0; ok && i < c->unreadable_count; i++)
        ok = sql_run(s, e, "INSERT INTO unreadable(dataset_id, idx, path, reason) VALUES(?,?,?,?)",
                     BIND(INT(id), INT(i), TEXT(c->unreadable[i].path), TEXT(c->unreadable[i].reason))) &&
             slice_go_on(k, 1, e);
    return ok;
}

static bool name_is_free(struct store *s, const char *name, struct err *e)
{
    int64_t other;
    return sql_integer(s, e, &other, 0, "SELECT id FROM dataset WHERE name = ?", BIND(TEXT(name))) &&
           (!other ||
            err_set(e, ERR_CONFLICT, "data set %s: there is one of that name; choose another or remove it", name));
}

/* Inserts the row under a name that readers skip. */
static bool insert_row(struct store *s, const struct store_contents *c, int64_t *id, struct err *e)
{
    const struct store_dataset *d = &c->dataset;
    if (!name_is_free(s, d->name, e) ||
        !sql_run(
            s, e,
            "INSERT INTO dataset(name, kind, source, size, channels, count, pack, digest, bytes, remarks, created_at,"
            " exclusive) VALUES('" UNFINISHED "' || ? || '.' || hex(randomblob(8)),?,?,?,?,?,?,?,?,?,?,?)",
            BIND(INT((int64_t)clock_wall()), TEXT(d->kind), TEXT(d->source ? d->source : ""), INT(d->size),
                 INT(d->channels), INT(c->images_count), TEXT(d->pack ? d->pack : ""), TEXT(d->digest), INT(d->bytes),
                 TEXT(d->remarks ? d->remarks : ""), REAL(d->created_at > 0 ? d->created_at : clock_wall()),
                 INT(d->exclusive))))
        return false;
    *id = sqlite3_last_insert_rowid(s->db);
    return true;
}

static bool insert_rows(struct store *s, const struct store_contents *c, int64_t id, struct err *e)
{
    struct slice k;
    if (!slice_begin(&k, s, e)) return false;
    bool ok = insert_images(s, &k, id, c, e) && insert_labels(s, &k, id, c, e) && insert_attributes(s, &k, id, c, e) &&
              insert_places(s, &k, id, c, e);
    return slice_end(&k, ok, e);
}

/* Complete: from here on readers see it. */
static bool give_name(struct store *s, const char *name, int64_t id, struct err *e)
{
    int changed;
    if (!slice_lock(s, STORE_FULL, e)) return false;
    bool ok = name_is_free(s, name, e) &&
              sql_change(s, e, &changed, "UPDATE dataset SET name = ? WHERE id = ?", BIND(TEXT(name), INT(id)));
    if (ok && changed != 1)
        ok = err_set(e, ERR_CONFLICT, "data set %s: another process took its rows away; import it again", name);
    return sql_end(s, ok, e);
}

/* Nobody has seen that id, so it may be used again. What cannot be removed now is removed by the next import. */
static void discard(struct store *s, int64_t id)
{
    if (remove_rows(s, id, NULL))
        sql_run(s, NULL, "UPDATE sqlite_sequence SET seq = ?1 - 1 WHERE name = 'dataset' AND seq = ?1", BIND(INT(id)));
}

bool store_dataset_insert(struct store *s, const struct store_contents *c, int64_t *id, struct err *e)
{
    int64_t own;
    if (!id) id = &own;
    if (!store_name_check("data set", c->dataset.name, e) || !slice_lock(s, STORE_NORMAL, e)) return false;
    if (!sql_end(s, insert_row(s, c, id, e), e)) return false;
    if (insert_rows(s, c, *id, e) && give_name(s, c->dataset.name, *id, e)) return true;
    discard(s, *id);
    return false;
}
