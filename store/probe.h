/* Which number says how good a run is: the one place that names it. `@best`, the best checkpoint, lists and charts read
 * it from here. */
#ifndef MLVICX_STORE_PROBE_H
#define MLVICX_STORE_PROBE_H

/** Metrics of the quick probe, the telling one first; the next one counts where a run has none of it. */
#define STORE_PROBE_METRIC "auc.ridge"
#define STORE_PROBE_SECOND "auc.knn"

/** SQL of its newest value at one step and before: `run` and `last` are SQL of the run's id and that step. */
#define STORE_PROBE_VALUE(run, last)                                                                                   \
    "coalesce(" STORE_PROBE_NEWEST(STORE_PROBE_METRIC, run, last) ", " STORE_PROBE_NEWEST(STORE_PROBE_SECOND, run,     \
                                                                                          last) ")"
#define STORE_PROBE_NEWEST(metric, run, last)                                                                          \
    "(SELECT value FROM point WHERE run_id = " run " AND metric_id = (SELECT id FROM metric WHERE name = '" metric     \
    "') AND step <= " last " ORDER BY step DESC LIMIT 1)"

#endif
