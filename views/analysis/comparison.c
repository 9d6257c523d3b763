#include "views/analysis/comparison.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/run.h"

static void fill(struct compared_run *r, const struct store_run *row, enum store_state state, int place)
{
    struct settings s;
    *r = (struct compared_run){ .id = row->id,
                                .step = row->step,
                                .planned = row->steps,
                                .rewound = row->rewound,
                                .state = state,
                                .place = place,
                                .inv = 25,
                                .var = 25,
                                .cov = 1,
                                .global_weight = 1,
                                .local_weight = 1,
                                .local = true };
    snprintf(r->name, sizeof r->name, "%s", row->name);
    snprintf(r->label, sizeof r->label, "%lld", (long long)row->id);
    settings_init(&s);
    if (!row->config || !settings_read_ini(&s, row->config, "", NULL)) return;
    r->inv = s.method.name == METHOD_lejepa ? 1 - s.method.sigreg : s.loss.inv; /* its two weights sum to 1 */
    r->var = s.loss.var;
    r->cov = s.loss.cov;
    r->global_weight = s.loss.global_weight;
    r->local_weight = s.loss.local_weight;
    r->method = (enum method_kind)s.method.name;
    r->local = s.model.local;
}

static bool differs(const struct compared_run *a, const struct compared_run *b)
{
    return a->id != b->id || a->step != b->step || a->rewound != b->rewound || a->state != b->state ||
           a->place != b->place || a->inv != b->inv || a->var != b->var || a->cov != b->cov ||
           a->global_weight != b->global_weight || a->local_weight != b->local_weight || a->method != b->method ||
           a->local != b->local || strcmp(a->name, b->name) != 0;
}

bool comparison_read(const struct selection *sel, struct comparison *o, bool *changed, struct err *e)
{
    struct comparison now = { .count = 0 };
    fill(&now.run[now.count++], &sel->summary.run, sel->summary.state, 0);
    for (int i = 0; i < sel->mark_count; i++) {
        struct store_run row;
        struct err why;
        if (sel->marks[i] == sel->run) continue;
        if (!store_run_get(sel->store, sel->marks[i], &row, &why)) {
            if (why.code == ERR_NOT_FOUND) continue; /* removed meanwhile */
            return err_set(e, why.code, "%s", why.msg);
        }
        fill(&now.run[now.count++], &row, store_run_state(sel->store, &row), i + 1);
        store_run_clear(&row);
    }
    for (int i = 0; i < now.count; i++)
        if (differs(&now.run[i], &o->run[i])) *changed = true;
    if (now.count != o->count) *changed = true;
    *o = now;
    return true;
}

int64_t comparison_last(const struct comparison *o)
{
    int64_t last = 0;
    for (int i = 0; i < o->count; i++)
        if (o->run[i].step > last) last = o->run[i].step;
    return last;
}

bool comparison_live(const struct comparison *o)
{
    for (int i = 0; i < o->count; i++)
        if (o->run[i].state == STORE_RUNNING) return true;
    return false;
}

double comparison_ahead(const struct comparison *o)
{
    double newest = (double)comparison_last(o), end = newest;
    for (int i = 0; i < o->count; i++)
        if ((double)o->run[i].planned > end) end = (double)o->run[i].planned;
    if (newest < 1) return 1;
    while (end / 2 >= newest) end /= 2;
    return end / newest;
}
