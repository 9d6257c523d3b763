#include "store/leftovers.h"

#include <math.h>

#include "engine/base/clock.h"
#include "store/database/slice.h"
#include "store/database/sql.h"

/* Tables whose rows belong to a row of another table. `next` finds the smallest owner above ?1 that has rows: one
 * index look-up, whatever the table holds. `lost`: whether owner ?1 is gone. `cut` deletes at most ?2 of its rows.
 * An evaluation of no run has no owner and stays. */
#define NEXT(table, column) "SELECT min(" column ") FROM " table " WHERE " column " > ?1"
#define LOST_run                                                                                                       \
    "SELECT NOT EXISTS(SELECT 1 FROM run WHERE id = ?1) AND NOT EXISTS(SELECT 1 FROM trash WHERE id = ?1 AND NOT "     \
    "gone)"
#define LOST_evaluation "SELECT NOT EXISTS(SELECT 1 FROM evaluation WHERE id = ?1)"
#define CUT(table, column, key)                                                                                        \
    "DELETE FROM " table " WHERE (" key ") IN (SELECT " key " FROM " table " WHERE " column " = ?1 LIMIT ?2)"
#define HANGS(table, column, owner, key)                                                                               \
    {                                                                                                                  \
        NEXT(table, column), LOST_##owner, CUT(table, column, key)                                                     \
    }

static const struct {
    const char *next, *lost, *cut;
} tables[] = {
    HANGS("point", "run_id", run, "run_id, metric_id, step"),
    HANGS("rollup", "run_id", run, "run_id, metric_id, level, bucket"),
    HANGS("snapshot", "run_id", run, "id"),
    HANGS("event", "run_id", run, "id"),
    HANGS("command", "run_id", run, "id"),
    HANGS("checkpoint", "run_id", run, "run_id, step"),
    /* with two columns, SQLite would look up only the first, and read all tags of the run for each slice */
    { NEXT("tag", "run_id"), LOST_run,
      "DELETE FROM tag WHERE run_id = ?1 AND tag IN (SELECT tag FROM tag WHERE run_id = ?1 LIMIT ?2)" },
    HANGS("evaluation", "run_id", run, "id"),
    HANGS("prediction", "evaluation_id", evaluation, "evaluation_id, image_idx, class_idx"),
    HANGS("score", "evaluation_id", evaluation, "evaluation_id, class"),
};

enum { TABLES = sizeof tables / sizeof tables[0] };

struct sweep {
    int table;
    int64_t owner; /* the last one looked at */
    double until;  /* on clock_seconds        */
    bool found;    /* something is left       */
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
    *done = clock_seconds() > w->until;
    while (size > 0 && !*done) {
        int64_t owner;
        int gone;
        if (!find(s, w, &w->found, e)) return false;
        *done = !w->found;
        if (!w->found) return true;
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

bool leftovers_sweep_for(struct store *s, double seconds, bool *swept, struct err *e)
{
    struct sweep w = { .until = clock_seconds() + seconds };
    bool ok = find(s, &w, &w.found, e) && (!w.found || slice_run(s, sweep_slice, &w, e));
    *swept = ok && !w.found;
    return ok;
}

bool leftovers_sweep(struct store *s, struct err *e)
{
    bool swept;
    return leftovers_sweep_for(s, HUGE_VAL, &swept, e);
}
