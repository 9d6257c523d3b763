/* Runs for tests of what the workbench says of them. */
#ifndef MLVICX_TESTS_BOARD_HELP_H
#define MLVICX_TESTS_BOARD_HELP_H

#include "tests/screen_help.h"

#include "engine/base/settings.h"
#include "engine/diagnose/verdict.h"
#include "store/metric.h"
#include "views/analysis/selection.h"

struct made {
    const char *name, *set, *data, *resolved;
    int64_t steps, epochs;
};

static inline int64_t make(struct store *s, const struct made *m)
{
    struct settings settings;
    struct text ini = { 0 };
    struct store_run row = { .seed = 1, .steps = m->steps, .epochs = m->epochs, .preset = "small" };
    int64_t id;
    settings_init(&settings);
    if (m->set) OK(settings_assign(&settings, m->set, &error));
    settings_write_ini(&settings, &ini);
    row.config = (char *)text_str(&ini);
    snprintf(row.name, sizeof row.name, "%s", m->name);
    snprintf(row.method, sizeof row.method, "mlvicx");
    snprintf(row.dataset, sizeof row.dataset, "%s", m->data ? m->data : "phantom");
    OK(store_run_insert(s, &row, &id, &error));
    if (m->resolved) OK(store_run_update(s, id, NULL, m->resolved, -1, -1, &error));
    text_clear(&ini);
    return id;
}

static inline void put(struct store *s, int64_t run, const char *metric, int64_t step, double value)
{
    struct store_batch b = { 0 };
    store_batch_name(&b, s, metric, step, value);
    OK(store_points_append(s, run, &b, &error));
    store_batch_clear(&b);
}

static inline void select_run(struct store *s, int64_t run, struct selection *sel)
{
    struct store_run row;
    *sel = (struct selection){ .store = s, .run = run, .step = -1 };
    OK(store_run_get(s, run, &row, &error));
    OK(run_summary_read(s, &row, &sel->summary, &error));
}

static const struct {
    int64_t step;
    double auc;
} learned_probes[] = { { 0, .670 }, { 10, .740 }, { 20, .765 }, { 30, .782 } };

static inline int64_t learned(struct store *s)
{
    int64_t run = make(s, &(struct made){ .name = "learned", .steps = 60, .epochs = 6 });
    for (size_t i = 0; i < sizeof learned_probes / sizeof *learned_probes; i++)
        put(s, run, "auc.ridge", learned_probes[i].step, learned_probes[i].auc);
    put(s, run, "loss", 30, 13.4);
    put(s, run, "z.verdict", 30, VERDICT_LEARNING);
    put(s, run, "d.verdict", 30, VERDICT_LEARNING);
    put(s, run, "z.rankme_ratio", 30, .36);
    put(s, run, "d.rankme_ratio", 30, .52);
    put(s, run, "z.dead", 30, 0);
    put(s, run, "d.dead", 30, 0);
    return run;
}

#endif
