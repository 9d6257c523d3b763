#include "app/worker/eval_order.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/cli/json.h"
#include "store/checkpoint.h"
#include "store/command.h"
#include "store/metric.h"
#include "store/probe.h"

bool eval_order_put(struct store *s, int64_t child, const struct eval_order *o, struct err *e)
{
    json_t *rates = json_array();
    for (int i = 0; i < o->count; i++)
        json_array_append_new(rates, json_pack("[f, s]", o->rates[i].rate, o->rates[i].identity));
    json_t *all =
        json_pack("{s:s, s:s, s:s, s:b, s:f, s:i, s:s, s:I, s:I, s:b, s:s, s:s, s:i, s:o}", "task", o->task, "data",
                  o->data, "protocol", protocol_names[o->protocol], "gates", o->gates, "percent", o->percent, "draw",
                  o->draw, "settings", o->settings, "run", (json_int_t)o->run, "step", (json_int_t)o->step, "own",
                  o->own, "encoder", o->encoder, "weights", o->weights, "batch", o->batch, "rates", rates);
    char *text = all ? json_dumps(all, JSON_COMPACT) : NULL;
    json_decref(all);
    bool ok = text ? store_order_insert(s, child, text, e) : err_set(e, ERR_MEMORY, "eval: no memory");
    free(text);
    return ok;
}

static bool read_rates(struct eval_order *o, const json_t *list)
{
    o->count = (int)json_array_size(list);
    if (o->count < 1 || o->count > EVAL_ORDER_RATES) return false;
    for (int i = 0; i < o->count; i++) {
        const json_t *pair = json_array_get(list, (size_t)i);
        const char *identity = json_string_value(json_array_get(pair, 1));
        o->rates[i].rate = json_number_value(json_array_get(pair, 0));
        snprintf(o->rates[i].identity, sizeof o->rates[i].identity, "%s", identity ? identity : "");
        if (!*o->rates[i].identity) return false;
    }
    return true;
}

static bool read_protocol(struct eval_order *o, const char *word)
{
    for (int p = PROTOCOL_FINETUNE; p <= PROTOCOL_SCRATCH; p++)
        if (!strcmp(word, protocol_names[p])) return o->protocol = (enum protocol)p, true;
    return false;
}

bool eval_order_read(struct eval_order *o, const char *argument, struct err *e)
{
    const char *task, *data, *protocol, *settings, *encoder, *weights;
    json_int_t run, step;
    int gates, own;
    json_t *rates, *all = json_loads(argument, 0, NULL);
    *o = (struct eval_order){ 0 };
    bool ok = all && !json_unpack(all, "{s:s, s:s, s:s, s:b, s:F, s:i, s:s, s:I, s:I, s:b, s:s, s:s, s?i, s:o}", "task",
                                  &task, "data", &data, "protocol", &protocol, "gates", &gates, "percent", &o->percent,
                                  "draw", &o->draw, "settings", &settings, "run", &run, "step", &step, "own", &own,
                                  "encoder", &encoder, "weights", &weights, "batch", &o->batch, "rates", &rates);
    ok = ok && read_protocol(o, protocol) && read_rates(o, rates);
    if (ok) {
        snprintf(o->task, sizeof o->task, "%s", task);
        snprintf(o->data, sizeof o->data, "%s", data);
        snprintf(o->settings, sizeof o->settings, "%s", settings);
        snprintf(o->encoder, sizeof o->encoder, "%s", encoder);
        snprintf(o->weights, sizeof o->weights, "%s", weights);
        o->gates = gates != 0;
        o->own = own != 0;
        o->run = run;
        o->step = step;
    }
    json_decref(all);
    return ok || err_set(e, ERR_FORMAT, "evaluate: what is asked for makes no sense");
}

bool eval_order_matches(const struct eval_order *o, int64_t child, int size, const struct store_evaluation *row)
{
    return !strcmp(row->settings, o->settings) && !strcmp(row->weights, o->weights) && !strcmp(row->data, o->data) &&
           row->step == o->step && !strcmp(row->task, o->task) && !strcmp(row->protocol, protocol_names[o->protocol]) &&
           row->child_run_id == child && row->seed == o->draw && row->fraction == o->percent &&
           !strcmp(row->split, "test") && row->size == size && (o->own || !strcmp(row->init, o->encoder));
}

int eval_order_choose(const double *auc, int count)
{
    int best = 0;
    for (int i = 1; i < count; i++)
        if (isnan(auc[best]) ? !isnan(auc[i]) : auc[i] > auc[best]) best = i;
    return best;
}

bool eval_order_auc(struct store *s, int64_t run, double *auc, struct err *e)
{
    int64_t id, best;
    struct store_points points;
    *auc = NAN;
    if (!store_metric_id(s, STORE_VALIDATION_METRIC, &id, e) || !store_checkpoint_best(s, run, &best, e) ||
        !store_points_read(s, run, id, best, best, &points, e))
        return false;
    if (points.count) *auc = points.rows[points.count - 1].value;
    store_points_clear(&points);
    return true;
}

void eval_order_describe(const struct eval_order *o, int64_t child, const char *name, double rate,
                         struct eval_result *r)
{
    r->protocol = o->protocol;
    r->gates = o->gates;
    r->percent = o->percent;
    r->draw = o->draw;
    r->child = child;
    r->rate = rate;
    snprintf(r->trained, sizeof r->trained, "%s", name);
    snprintf(r->settings, sizeof r->settings, "%s", o->settings);
    r->batch = o->batch;
    *r->rates = '\0';
    for (int i = 0, n = 0; i < o->count && n < (int)sizeof r->rates; i++)
        n += snprintf(r->rates + n, sizeof r->rates - (size_t)n, "%s%g", i ? "," : "", o->rates[i].rate);
}
