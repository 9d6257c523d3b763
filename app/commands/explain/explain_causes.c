/* What `explain` may undo: every change made while the run trained and every difference to its preset, each a trial
 * with the steps that it lasts. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "app/commands/explain/explain.h"
#include "engine/base/text.h"
#include "store/command.h"
#include "views/analysis/differences.h"

static const double far = 9; /* decades: the distance of a setting that is off, or that is a word */

/* Settings that change what is learned. The others say how fast, how often and how much is looked at, or which network
 * is used. */
static bool is_cause(const struct setting *row)
{
    static const char *const causes[] = { "method.", "loss.", "optim.", "data.batch", "data.augment." };
    static const char *const never[] = { "method.name", "method.freeze", "method.weighting", "optim.epochs",
                                         "data.augment.recipe" };
    bool is = false;
    for (size_t i = 0; i < sizeof causes / sizeof causes[0]; i++)
        is = is || !strncmp(row->name, causes[i], strlen(causes[i]));
    for (size_t i = 0; i < sizeof never / sizeof never[0]; i++) is = is && strcmp(row->name, never[i]) != 0;
    return is;
}

static double distance_of(const char *now, const char *usual)
{
    double a, b;
    if (!text_to_double(now, &a) || !text_to_double(usual, &b) || !(a * b > 0)) return far;
    return fabs(log10(a / b));
}

/* Sets where a trial begins and ends: it lasts as long as the collapse took, but at least a quarter of the run, so that
 * the noise at the start is over, and ends at the next diagnostics. */
static void schedule_trial(const struct explain *x, struct explain_trial *t, bool live)
{
    int64_t every = x->settings.diagnose.steps > 0 ? x->settings.diagnose.steps : 1, total = x->run.steps;
    int64_t took = x->since - x->from, least = total / 4;
    t->from = live ? x->from : 0;
    t->until = t->from + (took > least ? took : least);
    if (!live && t->until < x->since) t->until = x->since;
    t->until = (t->until + every - 1) / every * every;
    if (t->until > total) t->until = total;
}

static void add_trial(struct explain *x, const struct setting *row, const char *now, const char *usual)
{
    for (int i = 0; i < x->trials; i++)
        if (!strcmp(x->trial[i].key, row->name)) return;
    if (x->single == EXPLAIN_SINGLE || !strcmp(now, usual)) return;
    struct explain_trial *t = &x->trial[x->single++];
    x->trials = x->single;
    *t = (struct explain_trial){ .key = row->name,
                                 .undone = (uint32_t)1 << (x->single - 1),
                                 .distance = distance_of(now, usual) };
    snprintf(t->now, sizeof t->now, "%s", now);
    snprintf(t->usual, sizeof t->usual, "%s", usual);
    snprintf(t->name, sizeof t->name, "%.*s-without-%s", EXPLAIN_NAME_SHOWN, x->run.name, row->name);
    schedule_trial(x, t, row->change == SETTING_LIVE);
}

struct explain_trial *explain_add_lower_rate(struct explain *x)
{
    struct settings usual;
    settings_init(&usual);
    if (*x->run.preset) settings_preset(&usual, x->run.preset, NULL);
    double now = x->settings.optim.lr, least = now < usual.optim.lr ? now : usual.optim.lr;
    if (x->single == EXPLAIN_SINGLE || !(least > 0)) return NULL;
    struct explain_trial *t = &x->trial[x->single++];
    x->trials = x->single;
    *t = (struct explain_trial){ .key = "optim.lr", .undone = (uint32_t)1 << (x->single - 1), .distance = far };
    snprintf(t->now, sizeof t->now, "%g", now);
    snprintf(t->usual, sizeof t->usual, "%g", least / 4);
    snprintf(t->name, sizeof t->name, "%.*s-lower-optim.lr", EXPLAIN_NAME_SHOWN, x->run.name);
    schedule_trial(x, t, true);
    return t;
}

static void add_difference(void *ctx, const struct setting *row, const char *now)
{
    struct explain *x = ctx;
    struct settings usual;
    char text[SETTINGS_TEXT];
    if (!is_cause(row) || !settings_reads(row, (enum method_kind)x->settings.method.name)) return;
    settings_init(&usual);
    if (*x->run.preset) settings_preset(&usual, x->run.preset, NULL);
    settings_set(&usual, "method.name", settings_methods[x->settings.method.name], NULL);
    settings_get(&usual, row, text);
    add_trial(x, row, now, text);
}

bool explain_find_causes(struct explain *x, struct err *e)
{
    struct store_commands sets;
    struct settings s = x->settings;
    if (!store_command_replay(x->app->store, x->run.id, 0, &sets, e)) return false;
    bool ok = true;
    for (size_t i = 0; ok && i < sets.count; i++) {
        char key[64], before[SETTINGS_TEXT], after[SETTINGS_TEXT];
        snprintf(key, sizeof key, "%.*s", (int)strcspn(sets.rows[i].argument, "="), sets.rows[i].argument);
        const struct setting *row = settings_find(key, NULL);
        if (row) settings_get(&s, row, before);
        ok = settings_assign_stored(&s, sets.rows[i].argument, e);
        if (!ok || !row || !is_cause(row) || sets.rows[i].step > x->since) continue;
        settings_get(&s, row, after);
        add_trial(x, row, after, before);
    }
    store_commands_clear(&sets);
    if (ok) differences_from_preset(x->run.preset, &x->settings, add_difference, x);
    return ok;
}

struct explain_trial *explain_add_several(struct explain *x, uint32_t undone, const char *suffix)
{
    struct explain_trial *t = &x->trial[x->trials++];
    *t = (struct explain_trial){ .key = "", .undone = undone, .distance = far };
    snprintf(t->name, sizeof t->name, "%.*s-%.40s", EXPLAIN_NAME_SHOWN, x->run.name, suffix);
    schedule_trial(x, t, false);
    return t;
}
