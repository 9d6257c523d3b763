/* `eval --probe-for`: how well a linear probe on frozen features tells facts of the images that no finding should need,
 * beside the same probe on a random encoder of the same shape. What features tell better than chance may become a
 * shortcut; what a random encoder tells as well lies open in the pixels. Nothing is recorded. */
#include "app/commands/evaluation.h"
#include "app/worker/eval_facts.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "app/cli/json.h"
#include "app/cli/process.h"
#include "app/session/areas.h"
#include "engine/base/text.h"
#include "engine/evaluate/delong.h"

/* Both probes of all facts. */
struct probed {
    struct eval_facts facts;
    struct eval_result own[EVAL_FACTS], random[EVAL_FACTS];
    char name[STORE_NAME]; /* of the random encoder */
    bool gates;
};

/* Features once, then each fact by itself. */
static bool probe(const struct eval_encoder *c, const struct probed *p, struct eval_result *r, struct err *e)
{
    struct eval_features f;
    if (!eval_features_read(&f, c, &p->facts.task, p->gates, NULL, NULL, e)) return false;
    bool ok = true;
    for (int k = 0; ok && k < p->facts.count; k++) {
        const struct eval_task task = eval_facts_task(&p->facts, k);
        ok = eval_score(&r[k], &f, &task, PROTOCOL_LINEAR, 100, 1, e);
    }
    eval_features_clear(&f);
    return ok;
}

static bool probe_both(struct evaluation *v, struct probed *p, struct err *e)
{
    struct eval_encoder random;
    struct settings shape = v->encoder.settings;
    if (!eval_encoder_random(&random, &shape, v->channels, e)) return false;
    snprintf(p->name, sizeof p->name, "%s", random.name);
    bool ok = probe(&v->encoder, p, p->own, e) && probe(&random, p, p->random, e);
    eval_encoder_close(&random);
    return ok;
}

/* Two-sided p of the difference of both areas, by patient where some have several images; NaN: none. */
static bool p_of(const struct probed *p, int c, double *out, struct err *e)
{
    const struct eval_task t = eval_facts_task(&p->facts, c);
    const struct delong_images images = { t.test.n, 1, t.test.labels, t.test.patients };
    struct delong d;
    *out = NAN;
    if (!delong_areas(p->own[c].test, p->random[c].test, &images, &d, e)) return false;
    double difference = p->own[c].classes[0].auc - p->random[c].classes[0].auc;
    if (!isnan(difference))
        *out = significance_p(difference, delong_difference(delong_is_clustered(&d) ? &d.clustered : &d.plain));
    return true;
}

/* Better than chance: the whole interval lies above .5. */
static bool is_told(const struct eval_result *r)
{
    return eval_interval(&r->details[0])->lo > .5;
}

static json_t *fact_json(const struct probed *p, int c, double p_value)
{
    const struct interval *i = eval_interval(&p->own[c].details[0]), *k = eval_interval(&p->random[c].details[0]);
    return json_pack("{s:o, s:o, s:i, s:i, s:o, s:o, s:o, s:b, s:o, s:o, s:o, s:o, s:o}", "fact",
                     json_text(p->facts.fact[c]), "value", json_text(p->facts.value[c]), "positives",
                     p->own[c].classes[0].positives, "negatives", p->own[c].classes[0].negatives, "auc",
                     json_number(p->own[c].classes[0].auc), "lo", json_number(i->lo), "hi", json_number(i->hi), "told",
                     is_told(&p->own[c]), "auc_random", json_number(p->random[c].classes[0].auc), "lo_random",
                     json_number(k->lo), "hi_random", json_number(k->hi), "difference",
                     json_number(p->own[c].classes[0].auc - p->random[c].classes[0].auc), "p", json_number(p_value));
}

static const char *interval_text(const struct interval *i, char out[40])
{
    char lo[16], hi[16];
    snprintf(out, 40, isnan(i->lo) ? "-" : "(%s - %s)", areas_text(i->lo, 3, lo), areas_text(i->hi, 3, hi));
    return out;
}

static void show_fact(const struct probed *p, int c, double p_value)
{
    char name[2 * EVAL_FACT_NAME + 2], a[16], b[16], d[16], at[40], other[40], chance[16];
    double difference = p->own[c].classes[0].auc - p->random[c].classes[0].auc;
    snprintf(name, sizeof name, "%s %s", p->facts.fact[c], p->facts.value[c]);
    snprintf(d, sizeof d, isnan(difference) ? "-" : "%+.3f", difference);
    app_print("%-24s %7d %7d  %6s %-15s  %6s %-15s %7s %6s%s\n", name, p->own[c].classes[0].positives,
              p->own[c].classes[0].negatives, areas_text(p->own[c].classes[0].auc, 3, a),
              interval_text(eval_interval(&p->own[c].details[0]), at), areas_text(p->random[c].classes[0].auc, 3, b),
              interval_text(eval_interval(&p->random[c].details[0]), other), d, areas_text(p_value, 3, chance),
              is_told(&p->own[c]) ? "  told" : "");
}

static const struct sheet_column columns[] = {
    { "run", NULL, SHEET_TEXT, 0 },
    { "step", NULL, SHEET_COUNT, 0 },
    { "task", NULL, SHEET_TEXT, 0 },
    { "gates", NULL, SHEET_TEXT, 0 },
    { "fact", "fact", SHEET_TEXT, 0 },
    { "value", "value", SHEET_TEXT, 0 },
    { "positives", "with", SHEET_COUNT, 0 },
    { "negatives", "without", SHEET_COUNT, 0 },
    { "auc", "AUC (95 %)", SHEET_INTERVAL, 3 },
    { "auc_random", "random encoder (95 %)", SHEET_INTERVAL, 3 },
    { "difference", "more", SHEET_SIGNED, 3 },
    { "p", "p", SHEET_P, 0 },
    { "told", "told", SHEET_TEXT, 0 },
    { 0 },
};

static void add_fact(struct sheet *s, const struct evaluation *v, const struct probed *p, int c, double p_value)
{
    const struct interval *i = eval_interval(&p->own[c].details[0]), *k = eval_interval(&p->random[c].details[0]);
    sheet_text(s, v->encoder.name);
    sheet_count(s, v->own ? v->encoder.step : -1);
    sheet_text(s, v->task.data.dataset.name);
    sheet_text(s, p->gates ? "on" : "off");
    sheet_text(s, p->facts.fact[c]);
    sheet_text(s, p->facts.value[c]);
    sheet_count(s, p->own[c].classes[0].positives);
    sheet_count(s, p->own[c].classes[0].negatives);
    sheet_number(s, p->own[c].classes[0].auc, i->lo, i->hi);
    sheet_number(s, p->random[c].classes[0].auc, k->lo, k->hi);
    sheet_number(s, p->own[c].classes[0].auc - p->random[c].classes[0].auc, NAN, NAN);
    sheet_number(s, p_value, NAN, NAN);
    sheet_text(s, is_told(&p->own[c]) ? "yes" : "no");
}

static int show_sheet(struct evaluation *v, const struct probed *p)
{
    struct sheet s;
    struct text caption = { 0 };
    struct err e;
    bool ok = true;
    text_printf(&caption, "%s, on %s: linear probe for facts of the images, tested on %d; beside %s", v->encoder.name,
                v->task.data.dataset.name, v->task.test.n, p->name);
    sheet_begin(&s, v->request.format, columns, text_str(&caption));
    for (int c = 0; ok && c < p->facts.count; c++) {
        double value;
        ok = p_of(p, c, &value, &e);
        if (ok) add_fact(&s, v, p, c, value);
    }
    if (ok && (ok = sheet_end(&s, &e))) fputs(text_str(&s.out), stdout);
    sheet_clear(&s);
    text_clear(&caption);
    return ok ? app_finish(v->app) : app_fail(v->app, &e);
}

static int show(struct evaluation *v, const struct probed *p)
{
    struct err e;
    json_t *facts = json_array();
    if (!v->app->json)
        app_print("%s, on %s: linear probe on all training images, tested on %d; beside %s\n\n"
                  "%-24s %7s %7s  %6s %-15s  %6s %-15s %7s %6s\n",
                  v->encoder.name, v->task.data.dataset.name, v->task.test.n, p->name, "", "with", "without", "AUC",
                  "95 %", "random", "95 %", "more", "p");
    for (int c = 0; c < p->facts.count; c++) {
        double value;
        if (!p_of(p, c, &value, &e)) {
            json_decref(facts);
            return app_fail(v->app, &e);
        }
        if (v->app->json)
            json_array_append_new(facts, fact_json(p, c, value));
        else
            show_fact(p, c, value);
    }
    if (v->app->json)
        return app_print_json(v->app, json_pack("{s:o, s:o, s:o, s:o, s:o, s:b, s:o}", "run",
                                                json_text(v->own ? v->encoder.name : NULL), "init",
                                                json_text(v->own ? NULL : v->encoder.name), "step",
                                                v->own ? json_integer(v->encoder.step) : json_null(), "task",
                                                json_text(v->task.data.dataset.name), "random", json_text(p->name),
                                                "context", p->gates, "facts", facts));
    json_decref(facts);
    return app_finish(v->app);
}

int evaluation_probe(struct evaluation *v)
{
    struct probed *p = calloc(1, sizeof *p);
    struct err e;
    bool ok = p || err_set(&e, ERR_MEMORY, "--probe-for: no memory");
    if (ok) p->gates = v->request.gates[1];
    ok = ok && eval_task_check_fit(&v->task, &e) &&
         eval_facts_make(&p->facts, v->store, &v->task, v->request.probe_for, &e) && probe_both(v, p, &e);
    int status = !ok ? app_fail(v->app, &e) : v->request.paper ? show_sheet(v, p) : show(v, p);
    for (int k = 0; p && k < EVAL_FACTS; k++) {
        eval_result_clear(&p->own[k]);
        eval_result_clear(&p->random[k]);
    }
    if (p) eval_facts_clear(&p->facts);
    free(p);
    return status;
}
