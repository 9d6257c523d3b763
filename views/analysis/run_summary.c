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
    [SUMMARY_ETA] = { "eta", "time.wall" }, /* until it is worked out */
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

/* The steps ahead, at the pace of the last fifth of those that are done: diagnostics, probes and checkpoints in between
 * count, pauses do not. */
static bool read_eta(struct store *s, struct run_summary *f, struct err *e)
{
    enum { LEAST = 20 };
    static const char *const wall = "time.wall";
    double now = f->value[SUMMARY_ETA], then = 0;
    int64_t step = f->run.step, from = step - (step / 5 > LEAST ? step / 5 : LEAST), at = -1;
    f->value[SUMMARY_ETA] = NAN;
    if (f->state != STORE_RUNNING || isnan(now) || f->run.steps <= step) return true;
    if (from > 0 && !store_metric_latest(s, f->run.id, from, &wall, 1, &then, &at, e)) return false;
    if (at < 0 && f->run.parent_id) return true; /* a fork that has only begun: since when is not known */
    if (at < 0) at = 0, then = 0;
    if (step <= at || now <= then) return true;
    f->value[SUMMARY_ETA] = (double)(f->run.steps - step) * (now - then) / (double)(step - at);
    return true;
}

bool run_summary_refresh(struct store *s, struct run_summary *f, struct err *e)
{
    const char *metrics[SUMMARY_COUNT];
    for (int i = 0; i < SUMMARY_COUNT; i++) metrics[i] = rows[i].metric;
    if (!store_metric_latest(s, f->run.id, -1, metrics, SUMMARY_COUNT, f->value, NULL, e)) return false;
    if (f->run.step == 0) f->value[SUMMARY_EPOCH] = 0;
    return read_eta(s, f, e) && read_best(s, f, e);
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
