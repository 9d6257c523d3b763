/* Going back to a checkpoint: afterwards the store holds what it would hold had nothing after that step happened. */
#include <stdlib.h>

#include "store/rollup.h"
#include "store/run.h"
#include "store/sql.h"

static bool cut_metrics(struct store *s, int64_t run, int64_t step, struct err *e)
{
    struct store_metrics metrics;
    if (!store_metric_list(s, run, &metrics, e)) return false;
    bool ok = true;
    for (size_t i = 0; i < metrics.count && ok; i++) ok = rollup_cut(s, run, metrics.rows[i].id, step, e);
    store_metrics_clear(&metrics);
    return ok;
}

static bool cut(struct store *s, int64_t run, int64_t step, struct err *e)
{
    int changed;
    return cut_metrics(s, run, step, e) &&
           sql_run(s, e, "DELETE FROM snapshot WHERE run_id = ? AND step > ?", "ii", run, step) &&
           sql_run(s, e, "DELETE FROM evaluation WHERE run_id = ? AND step > ?", "ii", run, step) &&
           sql_run(s, e, "DELETE FROM event WHERE run_id = ? AND step > ? AND derived", "ii", run, step) &&
           sql_run(s, e, "DELETE FROM checkpoint WHERE run_id = ? AND step > ?", "ii", run, step) &&
           sql_change(s, e, &changed, "UPDATE run SET rewound = rewound + 1 WHERE id = ?", "i", run) &&
           (changed || err_set(e, ERR_NOT_FOUND, "run %lld: there is none", (long long)run));
}

bool store_run_rewind(struct store *s, int64_t id, int64_t step, struct err *e)
{
    if (!store_begin(s, STORE_FULL, e)) return false;
    return sql_end(s, cut(s, id, step, e), e);
}
