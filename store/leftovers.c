#include "store/leftovers.h"

#include "store/database/slice.h"
#include "store/database/sql.h"

/* Tables whose rows belong to a row of another table. `next` finds the smallest owner above ?1 that has rows: one
 * index look-up, whatever the table holds. `lost`: whether owner ?1 is gone. `cut` deletes at most ?2 of its rows.
 * An evaluation of no run has no owner and stays. */
#define NEXT(table, column) "SELECT min(" column ") FROM " table " WHERE " column " > ?1"
#define LOST(owner)         "SELECT NOT EXISTS(SELECT 1 FROM " owner " WHERE id = ?1)"
#define CUT(table, column, key)                                                                                        \
    "DELETE FROM " table " WHERE (" key ") IN (SELECT " key " FROM " table " WHERE " column " = ?1 LIMIT ?2)"
#define HANGS(table, column, owner, key)                                                                               \
    {                                                                                                                  \
        NEXT(table, column), LOST(owner), CUT(table, column, key)                                                      \
    }

static const struct {
    const char *next, *lost, *cut;
} tables[] = {
    HANGS("point", "run_id", "run", "run_id, metric_id, step"),
    HANGS("rollup", "run_id", "run", "run_id, metric_id, level, bucket"),
    HANGS("snapshot", "run_id", "run", "id"),
    HANGS("event", "run_id", "run", "id"),
    HANGS("command", "run_id", "run", "id"),
    HANGS("checkpoint", "run_id", "run", "run_id, step"),
    /* with two columns, SQLite would look up only the first, and read all tags of the run for each slice */
    { NEXT("tag", "run_id"), LOST("run"),
      "DELETE FROM tag WHERE run_id = ?1 AND tag IN (SELECT tag FROM tag WHERE run_id = ?1 LIMIT ?2)" },
    HANGS("evaluation", "run_id", "run", "id"),
    HANGS("prediction", "evaluation_id", "evaluation", "evaluation_id, image_idx, class_idx"),
    HANGS("score", "evaluation_id", "evaluation", "evaluation_id, class"),
};

enum { TABLES = sizeof tables / sizeof tables[0] };

struct sweep {
    int table;
    int64_t owner; /* the last one looked at */
};

/* An index and its table contradict each other: a found row cannot be deleted, or is found again. */
static bool damaged(struct store *s, const struct sweep *w, int64_t owner, struct err *e)
{
    return err_set(
        e, ERR_FORMAT,
        "store %s: rows of %lld are found and cannot be removed (%.24s ...), so the database is damaged; restore a "
        "copy, or save what can be read with sqlite3's .recover",
        store_dir(s), (long long)owner, tables[w->table].cut);
}

/* Moves to the next owner that is gone; `*found` is false if there is none in any table. */
static bool find(struct store *s, struct sweep *w, bool *found, struct err *e)
{
    for (; w->table < TABLES; w->table++, w->owner = 0) {
        for (;;) {
            int64_t owner, lost;
            if (!sql_integer(s, e, &owner, 0, tables[w->table].next, BIND(INT(w->owner)))) return false;
            if (!owner) break;
            if (owner <= w->owner) return damaged(s, w, owner, e);
            if (!sql_integer(s, e, &lost, 0, tables[w->table].lost, BIND(INT(owner)))) return false;
            *found = lost != 0;
            if (lost) return true;
            w->owner = owner;
        }
    }
    *found = false;
    return true;
}

/* As many owners as fit into the slice: thousands of them may have a few rows each. */
static bool sweep_slice(struct store *s, void *ctx, int64_t size, bool *done, struct err *e)
{
    struct sweep *w = ctx;
    while (size > 0) {
        int64_t owner;
        int gone;
        bool found;
        if (!find(s, w, &found, e)) return false;
        *done = !found;
        if (!found) return true;
        if (!sql_integer(s, e, &owner, 0, tables[w->table].next, BIND(INT(w->owner))) ||
            !sql_change(s, e, &gone, tables[w->table].cut, BIND(INT(owner), INT(size))))
            return false;
        if (gone < 1) return damaged(s, w, owner, e);
        size -= gone;
    }
    return true;
}

bool leftovers_keep(struct store *s, bool keep, struct err *e)
{
    const char *sql = keep ? "PRAGMA foreign_keys = OFF" : "PRAGMA foreign_keys = ON";
    return sql_execute(s, sql, "", e);
}

bool leftovers_sweep(struct store *s, struct err *e)
{
    struct sweep w = { 0 };
    bool found;
    if (!find(s, &w, &found, e)) return false;
    return !found || slice_run(s, sweep_slice, &w, e);
}
