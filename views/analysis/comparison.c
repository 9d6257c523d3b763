#include "views/analysis/comparison.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/text.h"
#include "engine/train/engine.h"
#include "store/run.h"

static double number(const struct settings *s, const char *key, double otherwise)
{
    char text[SETTINGS_TEXT];
    const struct setting *row = settings_find(key, NULL);
    double value;
    if (!row) return otherwise;
    settings_get(s, row, text);
    return text_to_double(text, &value) ? value : otherwise;
}

/* What terms and levels weigh, by the method's table. */
static void weigh(const struct settings *s, const struct method_info *m, double term[METHOD_TERMS],
                  double level[METHOD_LEVELS])
{
    for (int t = 0; t < m->terms; t++) {
        const struct term_weight *w = &m->weight[t];
        double value = w->key ? number(s, w->key, 1) : 1;
        term[t] = w->key && w->rest ? 1 - value : value;
    }
    for (int l = 0; l < m->levels; l++) {
        char key[64];
        snprintf(key, sizeof key, "loss.%s_weight", method_level_name(m, l));
        level[l] = number(s, key, 1);
    }
}

/* FNV-1a. */
static uint64_t hash(const char *text)
{
    uint64_t h = 0xcbf29ce484222325u;
    for (const char *p = text; *p; p++) h = (h ^ (unsigned char)*p) * 0x100000001b3u;
    return h;
}

/* A number of all settings but the seed. */
static uint64_t number_of(const struct settings *settings)
{
    struct settings s = *settings;
    struct text t = { 0 };
    s.train.seed = 0;
    settings_write_ini(&s, &t);
    uint64_t h = hash(text_str(&t));
    text_clear(&t);
    return h;
}

void compared_run_fill(struct compared_run *r, const struct store_run *row, enum store_state state, int place,
                       const char *keys)
{
    struct settings s;
    struct compared_run usual = { 0 };
    *r = (struct compared_run){
        .id = row->id, .step = row->step, .planned = row->steps, .rewound = row->rewound, .state = state, .place = place
    };
    snprintf(r->name, sizeof r->name, "%s", row->name);
    snprintf(r->label, sizeof r->label, "%lld", (long long)row->id);
    snprintf(r->data, sizeof r->data, "%s", row->dataset);
    settings_init(&s);
    if (row->config && !settings_read_ini(&s, row->config, "", NULL)) settings_init(&s);
    r->method = (enum method_kind)s.method.name;
    r->local = s.model.local;
    r->alike = *keys ? hash(group_text(&s, keys, true, r->group)) + (uint64_t)r->method : number_of(&s);
    r->images = (double)(s.data.batch * s.optim.accumulate);
    const struct method_info *m = engine_method(r->method);
    weigh(&s, m, r->term_weight, r->level_weight);
    settings_init(&s);
    weigh(&s, m, usual.term_weight, usual.level_weight);
    r->usual = !memcmp(r->term_weight, usual.term_weight, sizeof usual.term_weight) &&
               !memcmp(r->level_weight, usual.level_weight, sizeof usual.level_weight);
}

static bool differs(const struct compared_run *a, const struct compared_run *b)
{
    return a->id != b->id || a->step != b->step || a->rewound != b->rewound || a->state != b->state ||
           a->place != b->place || a->alike != b->alike ||
           memcmp(a->term_weight, b->term_weight, sizeof a->term_weight) != 0 ||
           memcmp(a->level_weight, b->level_weight, sizeof a->level_weight) != 0 || a->method != b->method ||
           a->local != b->local || !past_same(&a->past, &b->past) || strcmp(a->name, b->name) != 0;
}

bool comparison_read(const struct selection *sel, struct comparison *o, bool *changed, struct err *e)
{
    struct comparison now = { .count = 0 };
    compared_run_fill(&now.run[now.count++], &sel->summary.run, sel->summary.state, 0, sel->group);
    if (!past_find(sel->store, &sel->summary.run, &now.run[0].past, e)) return false;
    for (int i = 0; i < sel->mark_count; i++) {
        struct store_run row;
        struct err why;
        if (sel->marks[i] == sel->run) continue;
        if (!store_run_get(sel->store, sel->marks[i], &row, &why)) {
            if (why.code == ERR_NOT_FOUND) continue; /* removed meanwhile */
            return err_set(e, why.code, "%s", why.msg);
        }
        compared_run_fill(&now.run[now.count], &row, store_run_state(sel->store, &row), i + 1, sel->group);
        bool ok = past_find(sel->store, &row, &now.run[now.count++].past, e);
        store_run_clear(&row);
        if (!ok) return false;
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

void comparison_ends(const struct comparison *o, double out[1 + SELECTION_MARKS])
{
    for (int i = 0; i < o->count; i++) out[i] = (double)o->run[i].step;
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
