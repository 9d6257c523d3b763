/* A run that an evaluation trains: its settings follow from the encoder, the task and one configuration. It is known
 * again by a digest of all that its weights depend on, whatever its name is, so that an evaluation that was interrupted
 * goes on with the runs that there are, and encoders that would train the same run share it. */
#include "app/commands/evaluation.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "app/commands/made_before.h"
#include "app/commands/train.h"
#include "engine/base/text.h"
#include "store/checkpoint.h"
#include "store/database/files.h"

/* ---- its settings ---- */

static bool set_number(struct settings *s, const char *key, double value, struct err *e)
{
    char text[32];
    snprintf(text, sizeof text, "%.17g", value);
    return settings_set(s, key, text, e);
}

/* What the first weights are. */
static bool set_init(const struct evaluation *v, const struct child *c, struct settings *s, struct err *e)
{
    struct store_checkpoint row;
    char path[STORE_PATH];
    if (c->protocol == PROTOCOL_SCRATCH) return settings_set(s, "model.init", "kaiming", e);
    if (!v->own) return settings_set(s, "model.init", arguments_text(v->arguments, "init", ""), e);
    return store_checkpoint_find(v->store, v->encoder.run_id, v->encoder.step, &row, e) &&
           store_checkpoint_name_check(row.path, e) && store_run_path(v->store, v->encoder.run_id, row.path, path, e) &&
           settings_set(s, "model.init", path, e);
}

static bool settle_settings(const struct evaluation *v, struct child *c, struct err *e)
{
    static const char *const more[] = { "data.size", "data.threads", "train.seed", "train.threads",
                                        "kernels",   "autotune",     NULL };
    struct settings *s = &c->settings;
    const char *set;
    settings_init(s);
    bool ok = settings_preset(s, v->preset, e) && settings_set(s, "method.name", "supervised", e) &&
              train_inherit(s, &v->given, METHOD_supervised, more, e) &&
              settings_set(s, "model.context", c->gates ? "on" : "off", e) &&
              settings_set(s, "data.name", v->task.data.dataset.name, e) &&
              settings_set(s, "train.on_divergence", "lower", e) && set_number(s, "data.labels", c->percent, e) &&
              set_number(s, "data.draw", c->draw, e) &&
              set_number(s, "data.held_out", v->task.made_validation ? EVAL_HELD_OUT : 0, e) &&
              set_number(s, "optim.lr", c->rate, e) && set_init(v, c, s, e);
    for (int i = 0; ok && (set = arguments_nth(v->arguments, "set", i)); i++)
        if (strncmp(set, "model.", 6) != 0) ok = settings_assign(s, set, e);
    return ok && settings_check(s, e);
}

void child_write_settings(const struct settings *s, struct text *out)
{
    static const char since[] = "held_out = 0\n";
    struct text ini = { 0 };
    settings_write_ini(s, &ini);
    const char *all = text_str(&ini), *at = strstr(all, since);
    if (at)
        text_printf(out, "%.*s%s", (int)(at - all), all, at + strlen(since));
    else
        text_printf(out, "%s", all);
    out->broken = out->broken || ini.broken;
    text_clear(&ini);
}

/* Weights that it begins with by their digest, not by where they are. */
static bool settle_identity(const struct evaluation *v, struct child *c, struct err *e)
{
    struct settings plain = c->settings;
    struct text all = { 0 };
    if (!settings_set(&plain, "model.init", "kaiming", e)) return false;
    text_printf(&all, "weights %s\ndata %s\n", c->protocol == PROTOCOL_SCRATCH ? "" : v->encoder.weights,
                v->task.data.dataset.digest);
    child_write_settings(&plain, &all);
    digest_bytes(text_str(&all), all.length, c->identity);
    bool ok = !all.broken || err_set(e, ERR_MEMORY, "eval: no memory");
    text_clear(&all);
    return ok;
}

/* ---- the run ---- */

/* The settings of a run are still those that it was made with. Those that its making settles differ by right. */
static bool is_as_made(const void *ctx, const char *config)
{
    static const char *const settled[] = { "model.init", "data.batch", "optim.lr" };
    struct child *c = *(struct child *const *)ctx;
    struct settings now;
    struct err why;
    size_t n;
    const struct setting *rows = settings_table(&n);
    settings_init(&now);
    if (!settings_read_ini(&now, config, "configuration of the run", &why)) return false;
    for (size_t i = 0; i < n; i++) {
        char is[SETTINGS_TEXT], was[SETTINGS_TEXT];
        bool may = false;
        for (size_t k = 0; k < sizeof settled / sizeof settled[0]; k++) may = may || !strcmp(rows[i].name, settled[k]);
        settings_get(&now, &rows[i], is);
        settings_get(&c->settings, &rows[i], was);
        if (!may && strcmp(is, was) != 0) return false;
    }
    c->rate_now = now.optim.lr;
    return true;
}

bool child_look(const struct evaluation *v, struct child *c, enum store_state *state, struct err *e)
{
    struct store_run run;
    if (!store_run_get(v->store, c->run, &run, e)) return false;
    *state = store_run_state(v->store, &run);
    c->waits = *state == STORE_QUEUED && run.place;
    snprintf(c->name, sizeof c->name, "%s", run.name);
    store_run_clear(&run);
    c->finished = *state == STORE_FINISHED;
    c->auc = NAN;
    return !c->finished || eval_order_auc(v->store, c->run, &c->auc, e);
}

static bool find(struct evaluation *v, struct child *c, struct err *e)
{
    enum store_state state;
    return made_before_find(v->app, c->identity, is_as_made, &c, &c->run, e) &&
           (!c->run || child_look(v, c, &state, e));
}

bool child_settle(struct evaluation *v, struct child *c, struct err *e)
{
    c->run = 0;
    c->finished = false;
    c->rate_now = c->rate;
    return settle_settings(v, c, e) && settle_identity(v, c, e) && find(v, c, e);
}

/* "small-finetune10-d1-r0.001"; `again` numbers further ones of that name. */
static void name_child(const struct evaluation *v, struct child *c, int again)
{
    char stem[STORE_NAME];
    snprintf(stem, sizeof stem, "%.24s", v->own ? v->encoder.name : "init");
    int n = snprintf(c->name, sizeof c->name, "%s-%s%g-d%d-r%g", stem, protocol_names[c->protocol], c->percent, c->draw,
                     c->rate);
    if (!c->gates && v->given.model.context) n += snprintf(c->name + n, sizeof c->name - (size_t)n, "-off");
    if (again > 1) snprintf(c->name + n, sizeof c->name - (size_t)n, "-%d", again);
}

bool child_make(struct evaluation *v, struct child *c, struct err *e)
{
    enum store_state state;
    enum { NAMES = 100 };
    for (int again = 1; !c->run && again < NAMES; again++) {
        name_child(v, c, again);
        const struct train_row row = {
            .preset = v->preset, .name = c->name, .parent = v->encoder.run_id, .identity = c->identity
        };
        if (train_create(v->app, &c->settings, &row, &c->run, e)) break;
        c->run = 0;
        if (e->code != ERR_CONFLICT) return err_wrap(e, "eval: %s", c->name);
        if (!find(v, c, e)) return false; /* another process may just have made it */
    }
    return c->run ? child_look(v, c, &state, e) : err_wrap(e, "eval: %s", c->name);
}
