/* What one line about a run says: its row, its state as one should say it, and the newest of its main numbers. */
#ifndef MLVICX_VIEWS_FACTS_H
#define MLVICX_VIEWS_FACTS_H

#include "engine/base/err.h"
#include "store/run.h"

enum fact {
    FACT_EPOCH,
    FACT_LOSS,
    FACT_LOSS_GLOBAL,
    FACT_LOSS_LOCAL,
    FACT_SPEED,
    FACT_AUC,
    FACT_RANKME_GLOBAL,
    FACT_RANKME_LOCAL,
    FACT_RATIO_GLOBAL,
    FACT_RATIO_LOCAL,
    FACT_VERDICT_GLOBAL,
    FACT_VERDICT_LOCAL,
    FACT_COUNT
};

struct run_facts {
    struct store_run run;     /* owned */
    enum store_state state;   /* lost included */
    double value[FACT_COUNT]; /* NaN where there is none */
};

/** Fill from a row, which is taken over (and zeroed). */
bool facts_read(struct store *s, struct store_run *run, struct run_facts *f, struct err *e);
/** Read the numbers of a run whose row is there anew. */
bool facts_refresh(struct store *s, struct run_facts *f, struct err *e);
void facts_clear(struct run_facts *f);

/** Name of a fact as JSON and filters say it ("rankme_global"), NULL beyond the end. */
const char *facts_name(int fact);

/** Word of a stored verdict ("HEALTHY"), NULL where there is none. */
const char *facts_verdict(double stored);

#endif
