/* Going back to a checkpoint: afterwards the store holds what it would hold had nothing after that step happened, but
 * for checkpoints, which stay listed as given up until the first new one stands.
 *
 * A long run is cut from its end in slices, each a span of steps in all tables at once: a reader in between sees a run
 * that is shorter, never one with holes. */
#include <stdlib.h>

#include "store/leftovers.h"
#include "store/rollup.h"
#include "store/run.h"
#include "store/database/slice.h"
#include "store/database/sql.h"

struct cut {
    int64_t run, step;
    struct store_metrics metrics; /* that the run has points of */
    bool begun;
};

/* The last step that anything to be cut away lies at; at most `step` when there is nothing. */
static bool last_step(struct store *s, const struct cut *c, int64_t *last, struct err *e)
{
    int64_t other;
    bool any;
    if (!sql_integer(s, e, last, c->step,
                     "SELECT max((SELECT coalesce(max(step), 0) FROM snapshot WHERE run_id = ?1),"
                     " (SELECT coalesce(max(step), 0) FROM evaluation WHERE run_id = ?1),"
                     " (SELECT coalesce(max(step), 0) FROM event WHERE run_id = ?1 AND derived))",
                     BIND(INT(c->run))))
        return false;
    for (size_t i = 0; i < c->metrics.count; i++) {
        int64_t first;
        if (!store_points_span(s, c->run, c->metrics.rows[i].id, &first, &other, &any, e)) return false;
        if (any && other > *last) *last = other;
    }
    return true;
}

/* Everything after `step`. */
static bool cut_after(struct store *s, const struct cut *c, int64_t step, struct err *e)
{
    for (size_t i = 0; i < c->metrics.count; i++)
        if (!rollup_cut(s, c->run, c->metrics.rows[i].id, step, e)) return false;
    return sql_run(s, e, "DELETE FROM snapshot WHERE run_id = ? AND step > ?", BIND(INT(c->run), INT(step))) &&
           sql_run(s, e, "DELETE FROM evaluation WHERE run_id = ? AND step > ?", BIND(INT(c->run), INT(step))) &&
           sql_run(s, e, "DELETE FROM event WHERE run_id = ? AND step > ? AND derived", BIND(INT(c->run), INT(step)));
}

static bool cut_slice(struct store *s, void *ctx, int64_t size, bool *done, struct err *e)
{
    struct cut *c = ctx;
    int64_t last;
    int changed;
    if (!last_step(s, c, &last, e)) return false;
    int64_t to = last - size > c->step ? last - size : c->step;
    *done = to == c->step;
    if (last > c->step && !cut_after(s, c, to, e)) return false;
    if (!c->begun && !sql_run(s, e, "UPDATE checkpoint SET given_up = 1 WHERE run_id = ? AND step > ? AND given_up = 0",
                              BIND(INT(c->run), INT(c->step))))
        return false;
    c->begun = true;
    /* counted at every slice: a reader that looked in between looks again */
    return sql_change(s, e, &changed, "UPDATE run SET rewound = rewound + 1 WHERE id = ?", BIND(INT(c->run))) &&
           (changed || err_set(e, ERR_NOT_FOUND, "run %lld: there is none", (long long)c->run));
}

bool store_run_rewind(struct store *s, int64_t id, int64_t step, struct err *e)
{
    struct cut c = { .run = id, .step = step };
    if (!store_metric_list(s, id, &c.metrics, e)) return false;
    bool ok = leftovers_keep(s, true, e) && slice_run(s, cut_slice, &c, e);
    ok = leftovers_keep(s, false, ok ? e : NULL) && ok;
    store_metrics_clear(&c.metrics);
    return ok && leftovers_sweep(s, e);
}
