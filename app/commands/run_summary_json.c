#include "app/commands/run_summary_json.h"

#include <math.h>
#include <string.h>

#include "app/cli/json.h"

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

json_t *run_summary_json(const struct run_summary *f)
{
    const struct store_run *r = &f->run;
    json_t *o = json_object();
    json_object_set_new(o, "id", json_integer(r->id));
    json_object_set_new(o, "name", json_text(r->name));
    json_object_set_new(o, "state", json_string(store_state_name(f->state)));
    json_object_set_new(o, "method", json_text(r->method));
    json_object_set_new(o, "dataset", *r->dataset ? json_text(r->dataset) : json_null());
    json_object_set_new(o, "epoch", json_number(f->value[SUMMARY_EPOCH]));
    json_object_set_new(o, "epochs", json_integer(r->epochs));
    json_object_set_new(o, "step", json_integer(r->step));
    json_object_set_new(o, "steps", json_integer(r->steps));
    for (int i = SUMMARY_LOSS; i <= SUMMARY_RANKME_LOCAL; i++)
        json_object_set_new(o, run_summary_name(i), json_number(f->value[i]));
    json_object_set_new(o, "eta_seconds", json_number(f->value[SUMMARY_ETA]));
    for (int i = SUMMARY_VERDICT_GLOBAL; i <= SUMMARY_VERDICT_LOCAL; i++)
        json_object_set_new(o, run_summary_name(i), json_text(run_summary_verdict(f->value[i])));
    double best = f->value[SUMMARY_BEST_STEP];
    json_object_set_new(o, "best",
                        isnan(best) ? json_null()
                                    : json_pack("{s:I, s:I, s:o}", "step", (json_int_t)best, "epoch",
                                                (json_int_t)run_summary_epoch(f, best), "auc",
                                                json_number(f->value[SUMMARY_AUC])));
    json_object_set_new(o, "seed", json_integer(r->seed));
    json_object_set_new(o, "created", json_time(r->created_at));
    json_object_set_new(o, "tags", tags_json(r->tags));
    return o;
}
