/* Which number says how good a run is: the one place that names it. `@best`, the best checkpoint, lists and charts read
 * it from here. */
#ifndef MLVICX_STORE_PROBE_H
#define MLVICX_STORE_PROBE_H

/** Of a run that learns from labels: its own figure on the validation images, at the end of each epoch. A run that has
 * it is judged by it alone. */
#define STORE_VALIDATION_METRIC "auc.validation"

/** Metrics of the quick probe, the telling one first; the next one counts where a run has none of it. */
#define STORE_PROBE_METRIC "auc.ridge"
#define STORE_PROBE_SECOND "auc.knn"

/** SQL of its newest value at one step and before: `run` and `last` are SQL of the run's id and that step. */
#define STORE_PROBE_VALUE(run, last)                                                                                   \
    "CASE WHEN " STORE_PROBE_VALIDATED(run) " THEN " STORE_PROBE_NEWEST(                                               \
        STORE_VALIDATION_METRIC, run,                                                                                  \
        last) " ELSE coalesce(" STORE_PROBE_NEWEST(STORE_PROBE_METRIC, run,                                            \
                                                   last) ", " STORE_PROBE_NEWEST(STORE_PROBE_SECOND, run,              \
                                                                                 last) ") END"
/** SQL of whether the run has a figure of its own on validation images. */
#define STORE_PROBE_VALIDATED(run)                                                                                     \
    "EXISTS(SELECT 1 FROM point WHERE run_id = " run                                                                   \
    " AND metric_id = (SELECT id FROM metric WHERE name = '" STORE_VALIDATION_METRIC "') AND value IS NOT NULL)"
#define STORE_PROBE_NEWEST(metric, run, last)                                                                          \
    "(SELECT value FROM point WHERE run_id = " run " AND metric_id = (SELECT id FROM metric WHERE name = '" metric     \
    "') AND step <= " last " ORDER BY step DESC LIMIT 1)"

#endif
