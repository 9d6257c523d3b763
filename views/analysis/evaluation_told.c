#include "views/analysis/evaluation_told.h"

#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include "store/run.h"
#include "views/analysis/differences.h"

static const char usual_rates[] = "0.0003,0.001";

/* Settings that are no protocol's: the network and where it comes from, the configuration that stands in columns of its
 * own, the machine, and what a run keeps of itself. Rate and batch are settled as the run is made: of them there is
 * what was asked for. */
static bool is_protocols(const char *name)
{
    static const char *const groups[] = { "model.", "checkpoint.", "diagnose." }, *const names[] = {
        "data.name", "data.labels",   "data.draw",  "data.size", "data.threads", "data.batch",  "data.held_out",
        "optim.lr",  "train.threads", "train.seed", "kernels",   "autotune",     "method.name", "train.on_divergence"
    };
    for (size_t i = 0; i < sizeof groups / sizeof groups[0]; i++)
        if (!strncmp(name, groups[i], strlen(groups[i]))) return false;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (!strcmp(name, names[i])) return false;
    return true;
}

static void read_detail(struct evaluation_told *t, const char *detail)
{
    json_t *all = detail ? json_loads(detail, 0, NULL) : NULL;
    const char *rates = json_string_value(json_object_get(all, "rates"));
    snprintf(t->rates, sizeof t->rates, "%s", rates ? rates : "");
    t->batch = (int)json_integer_value(json_object_get(all, "batch"));
    json_decref(all);
}

bool evaluation_told_read(struct evaluation_told *t, struct store *s, const struct store_evaluation *row, struct err *e)
{
    struct store_run run;
    struct err why;
    *t = (struct evaluation_told){ 0 };
    settings_init(&t->settings);
    snprintf(t->protocol, sizeof t->protocol, "%s", row->protocol);
    snprintf(t->digest, sizeof t->digest, "%s", row->settings);
    read_detail(t, row->detail);
    if (!row->child_run_id) return true;
    if (!store_run_get(s, row->child_run_id, &run, &why))
        return why.code == ERR_NOT_FOUND || err_set(e, why.code, "%s", why.msg);
    snprintf(t->preset, sizeof t->preset, "%s", run.preset);
    t->known = settings_read_ini(&t->settings, run.config, "configuration of the run", &why);
    store_run_clear(&run);
    return true;
}

/* ---- as text ---- */

static void put(struct text *out, const char *name, const char *value)
{
    text_printf(out, "%s%s=%s", out->length ? " " : "", name, value);
}

static void put_setting(void *ctx, const struct setting *row, const char *value)
{
    if (is_protocols(row->name)) put(ctx, row->name, value);
}

/* Only what is not the preset's, whose name stands before it where that is not the usual one. */
static void put_settings(const struct evaluation_told *t, struct text *out)
{
    struct settings from;
    settings_init(&from);
    settings_preset(&from, *t->preset ? t->preset : SETTINGS_PRESET, NULL);
    settings_set(&from, "method.name", "supervised", NULL);
    if (*t->preset && strcmp(t->preset, SETTINGS_PRESET) != 0) put(out, "preset", t->preset);
    differences_each(&from, &t->settings, put_setting, out);
    if (!t->batch || t->batch == (int)from.data.batch) return;
    char batch[24];
    snprintf(batch, sizeof batch, "%d", t->batch);
    put(out, "data.batch", batch);
}

void evaluation_told_put(const struct evaluation_told *t, struct text *out)
{
    struct text own = { 0 };
    if (t->known) put_settings(t, &own);
    if (*t->rates && strcmp(t->rates, usual_rates) != 0) put(&own, "rates", t->rates);
    if (own.length) text_add(out, text_str(&own));
    text_clear(&own);
}

static void put_pair(struct text *out, const char *name, const char *a, const char *b)
{
    text_printf(out, "%s%s %s and %s", out->length ? ", " : "", name, a, b);
}

static void put_numbers(struct text *out, const char *name, int a, int b)
{
    text_printf(out, "%s%s %d and %d", out->length ? ", " : "", name, a, b);
}

void evaluation_told_differ(const struct evaluation_told *a, const struct evaluation_told *b, struct text *out)
{
    struct text own = { 0 };
    size_t n;
    const struct setting *rows = settings_table(&n);
    bool trained = !strcmp(a->protocol, "finetune") || !strcmp(a->protocol, "scratch");
    for (size_t i = 0; a->known && b->known && i < n; i++) {
        char x[SETTINGS_TEXT], y[SETTINGS_TEXT];
        if (!is_protocols(rows[i].name) || differences_same(&a->settings, &b->settings, &rows[i])) continue;
        settings_get(&a->settings, &rows[i], x);
        settings_get(&b->settings, &rows[i], y);
        put_pair(&own, rows[i].name, x, y);
    }
    if (*a->rates && *b->rates && strcmp(a->rates, b->rates) != 0) put_pair(&own, "rates", a->rates, b->rates);
    if (a->batch && b->batch && a->batch != b->batch) put_numbers(&own, "data.batch", a->batch, b->batch);
    if (!own.length && !trained && *a->digest && *b->digest && strcmp(a->digest, b->digest) != 0)
        text_add(&own, "the protocol itself, of another version");
    if (own.length) text_printf(out, "%s%s", out->length ? ", " : "", text_str(&own));
    text_clear(&own);
}
