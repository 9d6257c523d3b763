#include "views/analysis/loss_charts.h"

#include <stdio.h>
#include <string.h>

#include "engine/train/engine.h"
#include "engine/train/methods/reported.h"
#include "store/probe.h"

/* The facts of a level that are worth a chart; the others are the Variance screen's. */
static const struct {
    enum level_stat stat;
    const char *title;
    bool log;
} charted[] = { { STAT_RHO, "\u03c1", false }, { STAT_GAIN, "gain", true } };

static const struct loss_chart
    total = { .name = "total",
              .metric = "loss",
              .title = "total",
              .meaning = MEANING_TOTAL,
              .log = true,
              .sums = true },
    others[] = { { .name = "validation",
                   .metric = STORE_VALIDATION_METRIC,
                   .title = "AUC validation",
                   .meaning = MEANING_SCORE,
                   .labels = true },
                 { .name = "entropy",
                   .metric = "cross_entropy.validation",
                   .title = "cross-entropy, val",
                   .log = true,
                   .labels = true },
                 { .name = "auc", .metric = STORE_PROBE_METRIC, .title = "AUC probe", .meaning = MEANING_SCORE },
                 { .name = "rate", .metric = "rate", .title = "rate", .log = true },
                 { .name = "gradient", .metric = "grad_norm", .title = "gradient", .log = true } },
    speed = { .name = "speed", .metric = "images_per_second", .title = "img/s", .log = true };

struct charts {
    struct loss_chart *at;
    int count;
};

static void append(struct charts *o, const struct loss_chart *c)
{
    for (int i = 0; i < o->count; i++)
        if (!strcmp(o->at[i].metric, c->metric)) return;
    if (o->count < LOSS_CHARTS_MOST) o->at[o->count++] = *c;
}

static const struct method_info *method_of(const struct compared_run *r, int *levels)
{
    const struct method_info *m = engine_method(r->method);
    *levels = reported_levels(m, r->local);
    return m;
}

static struct loss_chart describe(const struct method_info *m, const struct reported *r)
{
    struct loss_chart c = { .meaning = r->level ? MEANING_LOCAL : MEANING_GLOBAL,
                            .level = method_level_name(m, r->level) };
    snprintf(c.metric, sizeof c.metric, "%.63s", r->name);
    if (r->kind == REPORTED_TERM) {
        c.term = m->term[r->index].name;
        c.weighing = LOSS_WEIGHS_TERM;
        snprintf(c.name, sizeof c.name, "%.20s.%.20s", c.level, c.term);
        snprintf(c.title, sizeof c.title, "%.20s %.20s", c.level, c.term);
    } else {
        c.weighing = LOSS_WEIGHS_LEVEL;
        snprintf(c.name, sizeof c.name, "%.20s", c.level);
        snprintf(c.title, sizeof c.title, "%.20s", c.level);
    }
    c.log = true;
    return c;
}

/* All that the runs report of one kind; `stat` of a REPORTED_STAT, at `row` of the table. */
static void append_reported(struct charts *o, const struct compared_run *runs, int count, enum reported_kind kind,
                            size_t row)
{
    for (int i = 0; i < count; i++) {
        struct reported list[REPORTED_MOST];
        int levels;
        const struct method_info *m = method_of(&runs[i], &levels);
        int n = reported_list(m, levels, list);
        for (int k = 0; k < n; k++) {
            if (list[k].kind != kind || (kind == REPORTED_STAT && list[k].index != (int)charted[row].stat)) continue;
            struct loss_chart c = describe(m, &list[k]);
            if (kind == REPORTED_STAT) {
                c.weighing = LOSS_WEIGHS_NONE;
                c.log = charted[row].log;
                snprintf(c.name, sizeof c.name, "%.47s", c.metric);
                snprintf(c.title, sizeof c.title, "%s %.20s", charted[row].title, c.level);
            }
            append(o, &c);
        }
    }
}

static bool any_has(const struct loss_chart *c, const struct compared_run *runs, int count)
{
    for (int i = 0; i < count; i++)
        if (loss_chart_of(c, &runs[i])) return true;
    return count == 0 && !c->labels;
}

/* Of a run with one level its total is the total. */
static bool levels_differ(const struct compared_run *runs, int count)
{
    bool several = false;
    for (int i = 0; i < count; i++) {
        int levels;
        method_of(&runs[i], &levels);
        several |= levels > 1;
    }
    return several;
}

int loss_charts_list(const struct compared_run *runs, int count, struct loss_chart out[LOSS_CHARTS_MOST])
{
    struct charts o = { out, 0 };
    bool apart = !loss_chart_comparable(&total, runs, count);
    for (size_t i = 0; apart && i < sizeof others / sizeof others[0]; i++) /* first what can be compared */
        if (others[i].meaning == MEANING_SCORE && any_has(&others[i], runs, count)) append(&o, &others[i]);
    append_reported(&o, runs, count, REPORTED_TERM, 0);
    append(&o, &total);
    if (levels_differ(runs, count)) append_reported(&o, runs, count, REPORTED_TOTAL, 0);
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        if (any_has(&others[i], runs, count)) append(&o, &others[i]);
    append_reported(&o, runs, count, REPORTED_STAT, 0);
    append(&o, &speed);
    for (size_t i = 1; i < sizeof charted / sizeof charted[0]; i++) append_reported(&o, runs, count, REPORTED_STAT, i);
    return o.count;
}

static int level_at(const struct loss_chart *c, const struct compared_run *r)
{
    int levels;
    const struct method_info *m = method_of(r, &levels);
    for (int l = 0; c->level && l < levels; l++)
        if (!strcmp(method_level_name(m, l), c->level)) return l;
    return -1;
}

static int term_at(const struct loss_chart *c, const struct compared_run *r)
{
    const struct method_info *m = engine_method(r->method);
    for (int t = 0; c->term && t < m->terms; t++)
        if (!strcmp(m->term[t].name, c->term)) return t;
    return -1;
}

bool loss_chart_of(const struct loss_chart *c, const struct compared_run *r)
{
    struct reported list[REPORTED_MOST];
    int levels;
    const struct method_info *m = method_of(r, &levels);
    int n = reported_list(m, levels, list);
    for (int i = 0; i < n; i++)
        if (!strcmp(list[i].name, c->metric)) return true;
    return !c->level && (!c->labels || m->labels);
}

bool loss_chart_drawn(const struct loss_chart *c, const struct compared_run *runs, int i)
{
    return loss_chart_of(c, &runs[i]) && (c->meaning != MEANING_SCORE || !strcmp(runs[i].data, runs[0].data));
}

bool loss_chart_comparable(const struct loss_chart *c, const struct compared_run *runs, int count)
{
    int first = -1;
    if (!c->sums && c->weighing == LOSS_WEIGHS_NONE) return true; /* rates, areas, facts about the views */
    for (int i = 0; i < count; i++) {
        if (!loss_chart_of(c, &runs[i])) continue;
        if (first < 0) first = (int)runs[i].method;
        if ((int)runs[i].method != first) return false;
    }
    return true;
}

double loss_chart_weight(const struct loss_chart *c, const struct compared_run *r)
{
    int level = level_at(c, r), term = term_at(c, r);
    if (c->weighing == LOSS_WEIGHS_NONE || level < 0) return 1;
    return r->level_weight[level] * (c->weighing == LOSS_WEIGHS_TERM && term >= 0 ? r->term_weight[term] : 1);
}

double loss_chart_plateau(const struct loss_chart *c, const struct compared_run *r)
{
    int levels;
    const struct method_info *m = method_of(r, &levels);
    if (!r->usual) return 0;
    if (c->sums) return levels * m->plateau;
    return c->weighing == LOSS_WEIGHS_LEVEL ? m->plateau : 0;
}
