#include "views/analysis/downstream_compared.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include <jansson.h>

void downstream_compared_clear(struct downstream_compared *c)
{
    for (int i = 0; i < c->count; i++) free(c->pairs[i].rows);
    free(c->pairs);
    *c = (struct downstream_compared){ 0 };
}

static double number(const json_t *o, const char *key)
{
    const json_t *v = json_object_get(o, key);
    return json_is_number(v) ? json_number_value(v) : NAN;
}

static void copy(const json_t *o, const char *key, char *out, size_t size)
{
    const char *s = json_string_value(json_object_get(o, key));
    snprintf(out, size, "%s", s ? s : "");
}

static void read_row(struct compared_class *r, const json_t *o)
{
    copy(o, "name", r->name, sizeof r->name);
    r->a = number(o, "auc_a");
    r->b = number(o, "auc_b");
    r->difference = number(o, "difference");
    r->lo = number(o, "lo");
    r->hi = number(o, "hi");
    r->p = number(o, "p_patient");
    r->p_holm = number(o, "p_holm");
}

static bool read_pair(struct compared_pair *p, const json_t *o)
{
    const json_t *classes = json_object_get(o, "classes"), *macro = json_object_get(o, "macro");
    size_t n = json_array_size(classes);
    if (!json_is_array(classes) || !json_is_object(macro)) return false;
    p->rows = calloc(n + 1, sizeof *p->rows);
    if (!p->rows) return false;
    copy(o, "run_a", p->a, sizeof p->a);
    copy(o, "run_b", p->b, sizeof p->b);
    copy(o, "verdict", p->verdict, sizeof p->verdict);
    p->images = (int)json_integer_value(json_object_get(o, "images"));
    p->patients = (int)json_integer_value(json_object_get(o, "patients"));
    p->draws = (int)json_integer_value(json_object_get(o, "draws"));
    p->detectable = number(macro, "detectable");
    for (size_t i = 0; i < n; i++) read_row(&p->rows[i], json_array_get(classes, i));
    read_row(&p->rows[n], macro);
    snprintf(p->rows[n].name, sizeof p->rows[n].name, "mean of findings");
    p->count = (int)n + 1;
    return true;
}

bool downstream_compared_parse(struct downstream_compared *c, const char *json, struct err *e)
{
    json_t *all = json_loads(json, 0, NULL);
    size_t n = json_is_array(all) ? json_array_size(all) : 1;
    downstream_compared_clear(c);
    c->pairs = calloc(n + 1, sizeof *c->pairs);
    bool ok = all && c->pairs;
    for (size_t i = 0; ok && i < n; i++) {
        ok = read_pair(&c->pairs[i], json_is_array(all) ? json_array_get(all, i) : all);
        c->count++;
    }
    json_decref(all);
    if (ok) return true;
    downstream_compared_clear(c);
    return err_set(e, ERR_FORMAT, "compare: its answer makes no sense");
}
