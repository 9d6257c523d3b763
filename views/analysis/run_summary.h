/* What one line about a run says: its row, its state as one should say it, and the newest of its main numbers. */
#ifndef MLVICX_VIEWS_RUN_SUMMARY_H
#define MLVICX_VIEWS_RUN_SUMMARY_H

#include "engine/base/err.h"
#include "store/run.h"

enum summary_value {
    SUMMARY_EPOCH,
    SUMMARY_LOSS,
    SUMMARY_LOSS_GLOBAL,
    SUMMARY_LOSS_LOCAL,
    SUMMARY_SPEED,
    SUMMARY_AUC,
    SUMMARY_RANKME_GLOBAL,
    SUMMARY_RANKME_LOCAL,
    SUMMARY_RATIO_GLOBAL,
    SUMMARY_RATIO_LOCAL,
    SUMMARY_ETA, /* seconds that the steps ahead take; NaN unless it is running */
    SUMMARY_VERDICT_GLOBAL,
    SUMMARY_VERDICT_LOCAL,
    SUMMARY_BEST_STEP, /* of a run that is judged by its own figure on validation images: where that was best */
    SUMMARY_COUNT
};

struct run_summary {
    struct store_run run;        /* owned */
    enum store_state state;      /* lost included */
    double value[SUMMARY_COUNT]; /* NaN where there is none */
};

/** Epoch that ends at a step of this run; 0 where that cannot be told. */
int64_t run_summary_epoch(const struct run_summary *f, double step);

/** Fill from a row, which is taken over (and zeroed). The AUC of a run that has a figure of its own on validation
 * images is that of its best epoch; else it is the newest of the quick probe. */
bool run_summary_read(struct store *s, struct store_run *run, struct run_summary *f, struct err *e);
/** Read the numbers of a run whose row is there anew. */
bool run_summary_refresh(struct store *s, struct run_summary *f, struct err *e);
void run_summary_clear(struct run_summary *f);

/** Name of a value as JSON and filters say it ("rankme_global"), NULL beyond the end. */
const char *run_summary_name(int summary_value);

/** Word of a stored verdict ("LEARNING"), NULL where there is none. */
const char *run_summary_verdict(double stored);

#endif
