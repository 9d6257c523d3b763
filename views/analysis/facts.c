#include "views/analysis/facts.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "engine/diagnose/verdict.h"
#include "store/metric.h"

static const struct {
    const char *name, *metric;
} rows[FACT_COUNT] = {
    [FACT_EPOCH] = { "epoch", "epoch" },
    [FACT_LOSS] = { "loss", "loss" },
    [FACT_LOSS_GLOBAL] = { "loss_global", "loss.global" },
    [FACT_LOSS_LOCAL] = { "loss_local", "loss.local" },
    [FACT_SPEED] = { "images_per_second", "images_per_second" },
    [FACT_AUC] = { "auc", "auc.ridge" },
    [FACT_RANKME_GLOBAL] = { "rankme_global", "z.rankme" },
    [FACT_RANKME_LOCAL] = { "rankme_local", "d.rankme" },
    [FACT_RATIO_GLOBAL] = { "rankme_ratio_global", "z.rankme_ratio" },
    [FACT_RATIO_LOCAL] = { "rankme_ratio_local", "d.rankme_ratio" },
    [FACT_VERDICT_GLOBAL] = { "verdict_global", "z.verdict" },
    [FACT_VERDICT_LOCAL] = { "verdict_local", "d.verdict" },
};

const char *facts_name(int fact)
{
    return fact >= 0 && fact < FACT_COUNT ? rows[fact].name : NULL;
}

const char *facts_verdict(double stored)
{
    return stored > VERDICT_UNKNOWN && stored < VERDICT_COUNT ? verdict_words[(int)stored] : NULL;
}

bool facts_refresh(struct store *s, struct run_facts *f, struct err *e)
{
    const char *metrics[FACT_COUNT];
    for (int i = 0; i < FACT_COUNT; i++) metrics[i] = rows[i].metric;
    if (!store_metric_latest(s, f->run.id, -1, metrics, FACT_COUNT, f->value, NULL, e)) return false;
    if (f->run.step == 0) f->value[FACT_EPOCH] = 0;
    return true;
}

bool facts_read(struct store *s, struct store_run *run, struct run_facts *f, struct err *e)
{
    *f = (struct run_facts){ .run = *run, .state = store_run_state(s, run) };
    *run = (struct store_run){ 0 };
    if (facts_refresh(s, f, e)) return true;
    facts_clear(f);
    return false;
}

void facts_clear(struct run_facts *f)
{
    store_run_clear(&f->run);
}
