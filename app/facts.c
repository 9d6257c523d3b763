#include "app/facts.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "app/json.h"
#include "engine/train/verdict.h"
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

bool facts_read(struct store *s, struct store_run *run, struct run_facts *f, struct err *e)
{
    const char *metrics[FACT_COUNT];
    *f = (struct run_facts){ .run = *run, .state = store_run_state(s, run) };
    *run = (struct store_run){ 0 };
    for (int i = 0; i < FACT_COUNT; i++) metrics[i] = rows[i].metric;
    if (!store_metric_latest(s, f->run.id, -1, metrics, FACT_COUNT, f->value, NULL, e)) {
        facts_clear(f);
        return false;
    }
    if (f->run.step == 0) f->value[FACT_EPOCH] = 0;
    return true;
}

void facts_clear(struct run_facts *f)
{
    store_run_clear(&f->run);
}

static json_t *tags_json(const char *tags)
{
    json_t *list = json_array();
    for (const char *p = tags ? tags : ""; *p;) {
        size_t n = strcspn(p, " ");
        json_array_append_new(list, json_stringn(p, n));
        p += n + (p[n] == ' ');
    }
    return list;
}

json_t *facts_json(const struct run_facts *f)
{
    const struct store_run *r = &f->run;
    json_t *o = json_object();
    json_object_set_new(o, "id", json_integer(r->id));
    json_object_set_new(o, "name", json_text(r->name));
    json_object_set_new(o, "state", json_string(store_state_name(f->state)));
    json_object_set_new(o, "method", json_text(r->method));
    json_object_set_new(o, "dataset", *r->dataset ? json_text(r->dataset) : json_null());
    json_object_set_new(o, "epoch", json_number(f->value[FACT_EPOCH]));
    json_object_set_new(o, "epochs", json_integer(r->epochs));
    json_object_set_new(o, "step", json_integer(r->step));
    json_object_set_new(o, "steps", json_integer(r->steps));
    for (int i = FACT_LOSS; i <= FACT_RANKME_LOCAL; i++) json_object_set_new(o, rows[i].name, json_number(f->value[i]));
    for (int i = FACT_VERDICT_GLOBAL; i <= FACT_VERDICT_LOCAL; i++)
        json_object_set_new(o, rows[i].name, json_text(facts_verdict(f->value[i])));
    json_object_set_new(o, "seed", json_integer(r->seed));
    json_object_set_new(o, "created", json_time(r->created_at));
    json_object_set_new(o, "tags", tags_json(r->tags));
    return o;
}
