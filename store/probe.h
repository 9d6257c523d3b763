/* Which number says how good a run is. Only this header names it; `@best`, the best checkpoint, lists and charts use
 * it. */
#ifndef MLVICX_STORE_PROBE_H
#define MLVICX_STORE_PROBE_H

/** For a supervised run: its own AUC on the validation images, at the end of each epoch. A run that has it is judged
 * by it alone. */
#define STORE_VALIDATION_METRIC "auc.validation"

/** Metrics of the quick probe, the preferred one first; the next one counts if a run does not have it. */
#define STORE_PROBE_METRIC "auc.ridge"
#define STORE_PROBE_SECOND "auc.knn"

/** SQL of its newest value at or before a step: `run` and `last` are SQL of the run's id and that step. */
#define STORE_PROBE_VALUE(run, last)                                                                                   \
    "CASE WHEN " STORE_PROBE_VALIDATED(run) " THEN " STORE_PROBE_NEWEST(                                               \
        STORE_VALIDATION_METRIC, run,                                                                                  \
        last) " ELSE coalesce(" STORE_PROBE_NEWEST(STORE_PROBE_METRIC, run,                                            \
                                                   last) ", " STORE_PROBE_NEWEST(STORE_PROBE_SECOND, run,              \
                                                                                 last) ") END"
/** SQL that tests whether the run has its own AUC on validation images. */
#define STORE_PROBE_VALIDATED(run)                                                                                     \
    "EXISTS(SELECT 1 FROM point WHERE run_id = " run                                                                   \
    " AND metric_id = (SELECT id FROM metric WHERE name = '" STORE_VALIDATION_METRIC "') AND value IS NOT NULL)"
#define STORE_PROBE_NEWEST(metric, run, last)                                                                          \
    "(SELECT value FROM point WHERE run_id = " run " AND metric_id = (SELECT id FROM metric WHERE name = '" metric     \
    "') AND step <= " last " ORDER BY step DESC LIMIT 1)"

#endif
