#include "store/trash.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/text.h"
#include "store/database/column.h"
#include "store/database/files.h"
#include "store/database/rows.h"
#include "store/leftovers.h"
#include "store/lock.h"
#include "store/run_parts.h"
#include "store/database/sql.h"

/* Columns that `run` and `trash` share, but the id, the name and the state; a test compares them with both tables. */
#define SHARED                                                                                                         \
    "method, dataset_id, dataset, config, resolved, preset, parent_id, seed, created_at, started_at, ended_at,"        \
    " heartbeat_at, host, steps, epochs, rewound, thinned, note, identity"

/* ---- into it, and out of it ---- */

/* Moves a row from one table to the other, while what refers to it stays. */
static bool move(struct store *s, const char *insert, struct sql_values values, const char *cut, int64_t id,
                 struct err *e)
{
    return sql_run(s, e, insert, values) && sql_run(s, e, cut, BIND(INT(id)));
}

bool store_run_trash(struct store *s, int64_t id, double at, struct err *e)
{
    if (!run_is_idle(s, id, e) || !leftovers_keep(s, true, e)) return false;
    bool ok = store_begin(s, STORE_FULL, e) &&
              sql_end(s,
                      move(s,
                           "INSERT INTO trash(id, trashed_at, name, state, " SHARED ") SELECT id, ?2, name,"
                           " CASE state WHEN 'queued' THEN 'stopped' ELSE state END, " SHARED " FROM run WHERE id = ?1",
                           BIND(INT(id), REAL(at)), "DELETE FROM run WHERE id = ?", id, e),
                      e);
    return leftovers_keep(s, false, ok ? e : NULL) && ok;
}

static bool own_name(struct store *s, int64_t id, char name[STORE_NAME], struct err *e)
{
    *name = '\0';
    sqlite3_stmt *q = sql_select(s, e, "SELECT name FROM trash WHERE id = ? AND NOT gone", BIND(INT(id)));
    enum sql_result r = q ? sql_step(s, q, e) : SQL_ERROR;
    if (r == SQL_END) return err_set(e, ERR_NOT_FOUND, "run %lld: is not in the trash", (long long)id);
    if (r == SQL_ERROR) return false;
    struct columns c = column_begin(s, q, "trash", id, e);
    column_word(&c, 0, name, STORE_NAME);
    bool ok = column_end(&c);
    sql_release(s, q);
    return ok && run_free_name(s, id, name, e);
}

bool store_trash_restore(struct store *s, int64_t id, char name[STORE_NAME], struct err *e)
{
    if (!leftovers_keep(s, true, e)) return false;
    bool ok =
        store_begin(s, STORE_FULL, e) &&
        sql_end(s,
                own_name(s, id, name, e) && move(s,
                                                 "INSERT INTO run(id, name, state, " SHARED
                                                 ") SELECT id, ?2, state, " SHARED " FROM trash WHERE id = ?1",
                                                 BIND(INT(id), TEXT(name)), "DELETE FROM trash WHERE id = ?", id, e),
                e);
    return leftovers_keep(s, false, ok ? e : NULL) && ok;
}

/* ---- looking ---- */

bool store_trash_find_identity(struct store *s, const char *identity, int64_t before, int64_t *id, char **config,
                               struct err *e)
{
    *id = 0;
    *config = NULL;
    sqlite3_stmt *q = sql_select(
        s, e, "SELECT id, config FROM trash WHERE identity = ? AND id < ? AND NOT gone ORDER BY id DESC LIMIT 1",
        BIND(TEXT(identity), INT(before)));
    enum sql_result r = q ? sql_step(s, q, e) : SQL_ERROR;
    if (r != SQL_ROW) return r == SQL_END;
    *id = sqlite3_column_int64(q, 0);
    struct columns c = column_begin(s, q, "trash", *id, e);
    *config = column_text(&c, 1, COLUMN_LONG);
    bool ok = column_end(&c);
    sql_release(s, q);
    if (ok) return true;
    free(*config);
    *config = NULL;
    return false;
}

static bool read_row(struct store *s, sqlite3_stmt *q, void *out, void *context, struct err *e)
{
    (void)context;
    struct store_trashed *t = out;
    t->id = sqlite3_column_int64(q, 0);
    struct columns c = column_begin(s, q, "trash", t->id, e);
    column_word(&c, 1, t->name, sizeof t->name);
    column_word(&c, 2, t->dataset, sizeof t->dataset);
    t->trashed_at = column_time(&c, 3);
    t->step = column_integer_or(&c, 4, 0, STORE_STEP_MOST, 0);
    t->checkpoints = column_integer(&c, 5, 0, STORE_STEP_MOST);
    t->bytes = (int64_t)column_real(&c, 6, 0, 0x1p62);
    store_name_tame(t->name);
    return column_end(&c);
}

bool store_trash_list(struct store *s, struct store_trash *out, struct err *e)
{
    *out = (struct store_trash){ 0 };
    const struct row_reader reader = ROW_LIST(out, read_row, true);
    if (rows_read(s,
                  sql_select(s, e,
                             "SELECT id, name, dataset, trashed_at, (SELECT max(step) FROM point WHERE run_id ="
                             " trash.id AND metric_id = (SELECT id FROM metric WHERE name = 'loss')),"
                             " (SELECT count(*) FROM checkpoint WHERE run_id = trash.id),"
                             " (SELECT total(bytes) FROM checkpoint WHERE run_id = trash.id)"
                             " FROM trash WHERE NOT gone ORDER BY trashed_at DESC, id DESC",
                             BIND_NONE),
                  &reader, e))
        return true;
    store_trash_clear(out);
    return false;
}

void store_trash_clear(struct store_trash *t)
{
    free(t->rows);
    *t = (struct store_trash){ 0 };
}

const struct store_trashed *store_trash_find(const struct store_trash *t, const char *text)
{
    char id[24];
    for (size_t i = 0; i < t->count; i++) {
        snprintf(id, sizeof id, "%lld", (long long)t->rows[i].id);
        if (!strcmp(t->rows[i].name, text) || !strcmp(id, text)) return &t->rows[i];
    }
    return NULL;
}

bool store_trash_size(struct store *s, int64_t *runs, double *bytes, struct err *e)
{
    int64_t size;
    bool ok = sql_integer(s, e, runs, 0, "SELECT count(*) FROM trash WHERE NOT gone", BIND_NONE) &&
              sql_integer(s, e, &size, 0,
                          "SELECT CAST(total(bytes) AS INTEGER) FROM checkpoint WHERE run_id IN (SELECT id FROM trash)",
                          BIND_NONE);
    *bytes = ok ? (double)size : 0;
    return ok;
}

const char *store_trash_hint(struct store *s, char out[STORE_TRASH_HINT])
{
    int64_t runs;
    double bytes;
    char size[16];
    *out = '\0';
    if (store_trash_size(s, &runs, &bytes, NULL) && bytes > 0)
        snprintf(out, STORE_TRASH_HINT, " (the trash holds %s: mlvicx rm --trash)", text_bytes(bytes, size));
    return out;
}

/* ---- emptying ----
 *
 * First the row says that the run is gone: from then on it cannot be brought back, and what was recorded for it are
 * leftovers. Then its folder goes, then its rows, at last the row in the trash. */

static bool read_id(struct store *s, sqlite3_stmt *q, void *out, void *context, struct err *e)
{
    (void)s, (void)context, (void)e;
    *(int64_t *)out = sqlite3_column_int64(q, 0);
    return true;
}

/* A folder whose worker is, or may be, alive is left alone. */
static bool drop_folders(struct store *s, const char *cut, struct err *e)
{
    int64_t *ids = NULL;
    size_t count = 0;
    const struct row_reader reader = { .read = read_id, .rows = &ids, .count = &count, .size = sizeof *ids };
    bool ok = rows_read(s, sql_select(s, e, "SELECT id FROM trash WHERE gone", BIND_NONE), &reader, e);
    for (size_t i = 0; ok && i < count; i++) {
        if (store_lock_held(s, ids[i]) != STORE_LOCK_FREE) continue;
        ok = store_run_remove_folder(s, ids[i], e) && (!cut || sql_run(s, e, cut, BIND(INT(ids[i]))));
    }
    free(ids);
    return ok;
}

static bool forget(struct store *s, const char *which, struct sql_values values, struct err *e)
{
    static const char gone[] = "(SELECT id FROM trash WHERE gone)";
    static const char *const links[][2] = { { "run", "parent_id" },
                                            { "trash", "parent_id" },
                                            { "evaluation", "child_run_id" } };
    if (!store_begin(s, STORE_FULL, e)) return false;
    bool ok = /* only a changed store has a run in both places: it is not in the trash */
        sql_execute(s, "DELETE FROM trash WHERE id IN (SELECT id FROM run)", "emptying the trash", e) &&
        sql_run(s, e, which, values);
    for (size_t i = 0; ok && i < sizeof links / sizeof links[0]; i++) {
        char sql[160];
        snprintf(sql, sizeof sql, "UPDATE %s SET %s = NULL WHERE %s IN %s", links[i][0], links[i][1], links[i][1],
                 gone);
        ok = sql_execute(s, sql, "emptying the trash", e);
    }
    return sql_end(s, ok, e);
}

static bool sweep(struct store *s, double seconds, struct err *e)
{
    bool swept;
    return drop_folders(s, NULL, e) && leftovers_sweep_for(s, seconds, &swept, e) &&
           (!swept || drop_folders(s, "DELETE FROM trash WHERE id = ?", e));
}

bool store_trash_empty(struct store *s, double before, double seconds, struct err *e)
{
    int64_t any;
    if (store_is_read_only(s)) return true;
    if (!sql_integer(s, e, &any, 0, "SELECT 1 FROM trash WHERE gone OR trashed_at <= ? LIMIT 1", BIND(REAL(before))))
        return false;
    return !any || (forget(s, "UPDATE trash SET gone = 1 WHERE trashed_at <= ?", BIND(REAL(before)), e) &&
                    sweep(s, seconds, e));
}

bool store_trash_delete(struct store *s, int64_t id, struct err *e)
{
    return forget(s, "UPDATE trash SET gone = 1 WHERE id = ?", BIND(INT(id)), e) && sweep(s, HUGE_VAL, e);
}
