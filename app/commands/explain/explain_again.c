/* Trials of an earlier `explain` of the same run, which are taken up: a trial is known again by a digest of all that
 * its numbers depend on. */
#include <stdio.h>
#include <string.h>

#include "app/commands/explain/explain.h"
#include "app/commands/made_before.h"
#include "engine/base/files.h"
#include "engine/base/text.h"
#include "store/checkpoint.h"
#include "store/command.h"

/* Changes that were made while the run trained: a trial takes over those that it does not undo. */
static bool write_changes(const struct explain *x, struct text *out, struct err *e)
{
    struct store_commands list;
    if (!store_command_list(x->app->store, x->run.id, &list, e)) return false;
    for (size_t i = 0; i < list.count; i++) {
        const struct store_command *c = &list.rows[i];
        if (!strcmp(c->verb, "set") && c->result && !strncmp(c->result, "ok", 2))
            text_printf(out, "step %lld %s\n", (long long)c->step, c->argument);
    }
    store_commands_clear(&list);
    return true;
}

/* The weights that it goes on with. */
static bool write_start(const struct explain *x, const struct explain_trial *t, struct text *out, struct err *e)
{
    struct store_checkpoint row;
    if (!t->from) return true;
    if (!store_checkpoint_find(x->app->store, x->run.id, t->from, &row, e)) return false;
    text_printf(out, "checkpoint %s\n", row.sha256);
    return true;
}

static bool settle_identity(const struct explain *x, struct explain_trial *t, const char *const *sets, struct err *e)
{
    struct text all = { 0 };
    text_printf(&all, "explain\nrun %lld %.17g %lld\nfrom %lld\n", (long long)x->run.id, x->run.created_at,
                (long long)x->run.rewound, (long long)t->from);
    for (; *sets; sets++) text_printf(&all, "undone %s\n", *sets);
    bool ok = write_start(x, t, &all, e) && write_changes(x, &all, e);
    settings_write_ini(&x->settings, &all);
    digest_bytes(text_str(&all), all.length, t->identity);
    ok = ok && (!all.broken || err_set(e, ERR_MEMORY, "explain: no memory"));
    text_clear(&all);
    return ok;
}

/* Whether somebody changed a setting of a trial after it was made. */
static bool is_changed(const struct explain *x, const struct store_run *run, bool *changed, struct err *e)
{
    struct store_commands list;
    *changed = false;
    if (!store_command_list(x->app->store, run->id, &list, e)) return false;
    for (size_t i = 0; i < list.count; i++) {
        const struct store_command *c = &list.rows[i];
        bool own = !strcmp(c->verb, "set") && c->asked_at > run->created_at;
        *changed = *changed || (own && c->result && !strncmp(c->result, "ok", 2) &&
                                strcmp(c->result, STORE_COMMAND_WITH_FORK) != 0);
    }
    store_commands_clear(&list);
    return true;
}

bool explain_find_again(struct explain *x, struct explain_trial *t, const char *const *sets, struct err *e)
{
    struct store_run run;
    bool changed;
    if (!settle_identity(x, t, sets, e) || !made_before_find(x->app, t->identity, NULL, NULL, &t->run, e)) return false;
    if (!t->run) return true;
    if (!store_run_get(x->app->store, t->run, &run, e)) return false;
    bool ok = is_changed(x, &run, &changed, e);
    if (ok && changed)
        t->run = 0;
    else if (ok)
        snprintf(t->name, sizeof t->name, "%s", run.name);
    store_run_clear(&run);
    return ok;
}
