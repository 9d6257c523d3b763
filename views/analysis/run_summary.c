#include "views/analysis/run_summary.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "engine/diagnose/verdict.h"
#include "store/metric.h"
#include "store/probe.h"

static const struct {
    const char *name, *metric;
} rows[SUMMARY_COUNT] = {
    [SUMMARY_EPOCH] = { "epoch", "epoch" },
    [SUMMARY_LOSS] = { "loss", "loss" },
    [SUMMARY_LOSS_GLOBAL] = { "loss_global", "loss.global" },
    [SUMMARY_LOSS_LOCAL] = { "loss_local", "loss.local" },
    [SUMMARY_SPEED] = { "images_per_second", "images_per_second" },
    [SUMMARY_AUC] = { "auc", STORE_PROBE_METRIC },
    [SUMMARY_RANKME_GLOBAL] = { "rankme_global", "z.rankme" },
    [SUMMARY_RANKME_LOCAL] = { "rankme_local", "d.rankme" },
    [SUMMARY_RATIO_GLOBAL] = { "rankme_ratio_global", "z.rankme_ratio" },
    [SUMMARY_RATIO_LOCAL] = { "rankme_ratio_local", "d.rankme_ratio" },
    [SUMMARY_VERDICT_GLOBAL] = { "verdict_global", "z.verdict" },
    [SUMMARY_VERDICT_LOCAL] = { "verdict_local", "d.verdict" },
    [SUMMARY_BEST_STEP] = { "best_step", STORE_VALIDATION_METRIC }, /* until it is looked for */
};

const char *run_summary_name(int summary_value)
{
    return summary_value >= 0 && summary_value < SUMMARY_COUNT ? rows[summary_value].name : NULL;
}

const char *run_summary_verdict(double stored)
{
    enum verdict_word word = verdict_of_number(stored);
    return word == VERDICT_UNKNOWN ? NULL : verdict_words[word];
}

int64_t run_summary_epoch(const struct run_summary *f, double step)
{
    int64_t epoch = f->run.epochs > 0 ? f->run.steps / f->run.epochs : 0;
    return epoch > 0 && step >= 0 ? (int64_t)step / epoch : 0;
}

static bool read_best(struct store *s, struct run_summary *f, struct err *e)
{
    double auc;
    int64_t step;
    if (isnan(f->value[SUMMARY_BEST_STEP])) return true;
    if (!store_metric_highest(s, f->run.id, STORE_VALIDATION_METRIC, &auc, &step, e)) return false;
    f->value[SUMMARY_AUC] = auc;
    f->value[SUMMARY_BEST_STEP] = step < 0 ? NAN : (double)step;
    return true;
}

bool run_summary_refresh(struct store *s, struct run_summary *f, struct err *e)
{
    const char *metrics[SUMMARY_COUNT];
    for (int i = 0; i < SUMMARY_COUNT; i++) metrics[i] = rows[i].metric;
    if (!store_metric_latest(s, f->run.id, -1, metrics, SUMMARY_COUNT, f->value, NULL, e)) return false;
    if (f->run.step == 0) f->value[SUMMARY_EPOCH] = 0;
    return read_best(s, f, e);
}

bool run_summary_read(struct store *s, struct store_run *run, struct run_summary *f, struct err *e)
{
    *f = (struct run_summary){ .run = *run, .state = store_run_state(s, run) };
    *run = (struct store_run){ 0 };
    if (run_summary_refresh(s, f, e)) return true;
    run_summary_clear(f);
    return false;
}

void run_summary_clear(struct run_summary *f)
{
    store_run_clear(&f->run);
}
