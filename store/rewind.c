/* Going back to a checkpoint: afterwards the store holds what it would hold if nothing after that step had happened,
 * except for checkpoints, which stay listed as given up until the first new one is saved.
 *
 * A long run is deleted from its end in slices, each a span of steps in all tables at once, and then its events from
 * the newest on: a reader in between sees a shorter run, never one with gaps. */
#include <stdlib.h>

#include "store/leftovers.h"
#include "store/rollup.h"
#include "store/run.h"
#include "store/database/slice.h"
#include "store/database/sql.h"

struct cut {
    int64_t run, step;
    struct store_metrics metrics; /* metrics of which the run has points */
    int64_t event;                /* events up to this id remain to be checked */
    bool begun, spans_done;
};

/* The step at which a slice cuts: that of the row with `size` rows after it, in the table that has most of them. A
 * span is measured in rows, as steps may be any distance apart. */
static bool place_of_cut(struct store *s, const struct cut *c, int64_t size, int64_t *to, struct err *e)
{
    int64_t step;
    if (!sql_integer(s, e, to, c->step,
                     "SELECT max(?2,"
                     " coalesce((SELECT step FROM snapshot WHERE run_id = ?1 ORDER BY step DESC LIMIT 1 OFFSET ?3), 0),"
                     " coalesce((SELECT step FROM evaluation WHERE run_id = ?1 ORDER BY step DESC LIMIT 1 OFFSET ?3),"
                     "  0))",
                     BIND(INT(c->run), INT(c->step), INT(size))))
        return false;
    for (size_t i = 0; i < c->metrics.count; i++) {
        if (!sql_integer(
                s, e, &step, 0,
                "SELECT step FROM point WHERE run_id = ? AND metric_id = ? ORDER BY step DESC LIMIT 1 OFFSET ?",
                BIND(INT(c->run), INT(c->metrics.rows[i].id), INT(size))))
            return false;
        if (step > *to) *to = step;
    }
    return true;
}

/* Everything after `step`, except events. */
static bool cut_after(struct store *s, const struct cut *c, int64_t step, struct err *e)
{
    for (size_t i = 0; i < c->metrics.count; i++)
        if (!rollup_cut(s, c->run, c->metrics.rows[i].id, step, e)) return false;
    return sql_run(s, e, "DELETE FROM snapshot WHERE run_id = ? AND step > ?", BIND(INT(c->run), INT(step))) &&
           sql_run(s, e, "DELETE FROM evaluation WHERE run_id = ? AND step > ?", BIND(INT(c->run), INT(step)));
}

static bool cut_span(struct store *s, struct cut *c, int64_t size, struct err *e)
{
    int64_t to;
    if (!place_of_cut(s, c, size, &to, e)) return false;
    c->spans_done = to <= c->step;
    return cut_after(s, c, to, e);
}

/* Events have no index by step: the newest `size` that no slice has checked yet. */
static bool cut_events(struct store *s, struct cut *c, int64_t size, bool *done, struct err *e)
{
    int64_t from;
    if (!sql_integer(s, e, &from, INT64_MIN,
                     "SELECT min(id) FROM (SELECT id FROM event WHERE run_id = ? AND id <= ? ORDER BY id DESC LIMIT ?)",
                     BIND(INT(c->run), INT(c->event), INT(size))))
        return false;
    if (!sql_run(s, e, "DELETE FROM event WHERE run_id = ? AND id BETWEEN ? AND ? AND step > ? AND derived",
                 BIND(INT(c->run), INT(from), INT(c->event), INT(c->step))))
        return false;
    if (!sql_integer(s, e, &c->event, INT64_MIN, "SELECT max(id) FROM event WHERE run_id = ? AND id < ?",
                     BIND(INT(c->run), INT(from))))
        return false;
    *done = c->event == INT64_MIN;
    return true;
}

static bool cut_slice(struct store *s, void *ctx, int64_t size, bool *done, struct err *e)
{
    struct cut *c = ctx;
    int changed;
    if (!c->spans_done && !cut_span(s, c, size, e)) return false;
    if (c->spans_done && !cut_events(s, c, size, done, e)) return false;
    if (!c->begun && !sql_run(s, e, "UPDATE checkpoint SET given_up = 1 WHERE run_id = ? AND step > ? AND given_up = 0",
                              BIND(INT(c->run), INT(c->step))))
        return false;
    c->begun = true;
    /* incremented at every slice: a reader that read in between reads again */
    return sql_change(s, e, &changed, "UPDATE run SET rewound = rewound + 1 WHERE id = ?", BIND(INT(c->run))) &&
           (changed || err_set(e, ERR_NOT_FOUND, "run %lld: there is none", (long long)c->run));
}

bool store_run_rewind(struct store *s, int64_t id, int64_t step, struct err *e)
{
    struct cut c = { .run = id, .step = step, .event = INT64_MAX };
    if (!store_metric_list(s, id, &c.metrics, e)) return false;
    bool ok = leftovers_keep(s, true, e) && slice_run(s, cut_slice, &c, e);
    ok = leftovers_keep(s, false, ok ? e : NULL) && ok;
    store_metrics_clear(&c.metrics);
    return ok && leftovers_sweep(s, e);
}
