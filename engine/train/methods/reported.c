#include "engine/train/methods/reported.h"

#include <stdio.h>

static const struct metric_def level_total = { "loss", "", "loss of one level: its terms with their weights" };

int reported_levels(const struct method_info *m, bool local)
{
    return local || m->levels < 2 ? m->levels : 1;
}

static void append(struct reported *out, int *n, const struct method_info *m, struct reported row,
                   const struct metric_def *def)
{
    row.unit = def->unit;
    row.help = def->help;
    if (row.kind == REPORTED_TERM)
        snprintf(row.name, sizeof row.name, "%s.%s.%s", level_total.name, method_level_name(m, row.level), def->name);
    else
        snprintf(row.name, sizeof row.name, "%s.%s", def->name, method_level_name(m, row.level));
    out[(*n)++] = row;
}

int reported_list(const struct method_info *m, int levels, struct reported out[REPORTED_MOST])
{
    int n = 0;
    for (int l = 0; l < levels; l++) {
        append(out, &n, m, (struct reported){ .kind = REPORTED_TOTAL, .level = l }, &level_total);
        for (int t = 0; t < m->terms; t++)
            append(out, &n, m, (struct reported){ .kind = REPORTED_TERM, .level = l, .index = t }, &m->term[t]);
        for (int k = 0; k < STAT_COUNT; k++)
            if (m->stats & 1u << k)
                append(out, &n, m, (struct reported){ .kind = REPORTED_STAT, .level = l, .index = k }, &level_stats[k]);
    }
    return n;
}

double reported_value(const struct reported *r, const struct level_report level[METHOD_LEVELS])
{
    const struct level_report *of = &level[r->level];
    switch (r->kind) {
    case REPORTED_TERM:
        return of->term[r->index];
    case REPORTED_STAT:
        return of->stat[r->index];
    case REPORTED_TOTAL:
        break;
    }
    return of->total;
}
