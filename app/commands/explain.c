/* `explain`: why did a run collapse? Undoes one difference at a time from the last healthy checkpoint on, and names the
 * smallest change that cures the run. */
#include "app/commands/explain.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/cli/json.h"
#include "app/cli/process.h"
#include "app/cli/table.h"
#include "app/worker/resume_point.h"
#include "engine/base/clock.h"
#include "engine/base/text.h"
#include "store/checkpoint.h"
#include "store/command.h"
#include "store/metric.h"
#include "views/analysis/differences.h"
#include "views/analysis/judged.h"

enum { NAME_SHOWN = 60 };    /* bytes of the name of the run with which the names of its trials begin */
static const double far = 9; /* decades: the distance of a setting that is off, or that is a word */

/* ---- what happened ---- */

/* Finds the newest healthy step, and the first step of the verdict that the run has had since. */
static bool find_onset(struct explain *x, struct err *e)
{
    struct store_points points;
    struct explain_reading r;
    struct store *s = x->app->store;
    int64_t id, stretch = 0;
    if (!explain_reading_at(s, x->run.id, -1, &r, e)) return false;
    x->word = r.word;
    if (r.word == VERDICT_UNKNOWN)
        return err_set(e, ERR_NOT_FOUND, "run %s: no verdict yet; diagnose.steps says how often one is given",
                       x->run.name);
    if (!store_metric_id(s, "z.verdict", &id, e) || !store_points_read(s, x->run.id, id, 0, INT64_MAX, &points, e))
        return false;
    bool ok = true;
    for (size_t i = 0; ok && i < points.count; i++) {
        ok = explain_reading_at(s, x->run.id, points.rows[i].step, &r, e);
        if (verdict_worry(r.word) < verdict_worry(VERDICT_WATCH)) {
            x->healthy = r.step;
            x->since = stretch = 0;
        } else if (!x->since || verdict_worry(r.word) > stretch) {
            x->since = r.step;
            stretch = verdict_worry(r.word);
        }
    }
    store_points_clear(&points);
    return ok;
}

static bool find_checkpoint(struct explain *x, struct err *e)
{
    struct store_checkpoints list;
    if (!store_checkpoint_list(x->app->store, x->run.id, &list, e)) return false;
    for (size_t i = 0; i < list.count; i++)
        if (list.rows[i].step <= x->healthy && list.rows[i].given_up == STORE_KEPT) x->from = list.rows[i].step;
    store_checkpoints_clear(&list);
    return true;
}

/* The settings at the start of the run, with the values that `auto` became. */
static bool read_beginning(struct explain *x, struct err *e)
{
    struct resume_point beginning = { 0 };
    static const char *const time = "time.step";
    return resume_point_settings(x->app->store, &x->run, &beginning, &x->settings, e) &&
           store_metric_latest(x->app->store, x->run.id, -1, &time, 1, &x->step_seconds, NULL, e);
}

static bool describe(struct explain *x, struct err *e)
{
    struct verdict v, worst = { .worst = -1 };
    int level = 0;
    for (int k = 0; k < LEVEL_JUDGED; k++) {
        if (!judged_read(x->app->store, &x->run, &x->settings, (enum engine_level)k, -1, &v, e)) return false;
        if (verdict_worry(v.word) <= verdict_worry(worst.word)) continue;
        worst = v;
        level = k;
    }
    *worst.advice = '\0'; /* the advice given below rests on more evidence */
    snprintf(x->line, sizeof x->line, "%s ", level_table[level].loss);
    verdict_line(&worst, x->line + strlen(x->line), sizeof x->line - strlen(x->line));
    return true;
}

/* ---- what may be undone ---- */

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
    snprintf(t->name, sizeof t->name, "%.*s-without-%s", NAME_SHOWN, x->run.name, row->name);
    schedule_trial(x, t, row->change == SETTING_LIVE);
}

/* What is tried where nothing that differs is the cause: a quarter of the rate, or of the usual one if that is lower.
 */
static struct explain_trial *add_lower_rate(struct explain *x)
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
    snprintf(t->name, sizeof t->name, "%.*s-lower-optim.lr", NAME_SHOWN, x->run.name);
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

/* Live changes come first: undoing one restores the value before it. */
static bool find_causes(struct explain *x, struct err *e)
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

/* ---- telling ---- */

static double cost(const struct explain *x)
{
    double steps = 0;
    for (int i = 0; i < x->trials; i++) steps += (double)(x->trial[i].until - x->trial[i].from);
    return steps * x->step_seconds;
}

/* "loss.var 0 -> 25", or for several changes "loss.var, loss.cov". */
static const char *change_text(const struct explain *x, const struct explain_trial *t, char *out, size_t size)
{
    size_t used = 0;
    if (*t->key) {
        snprintf(out, size, "%s %.20s -> %.20s", t->key, t->now, t->usual);
        return out;
    }
    *out = '\0';
    for (int i = 0; i < x->single && used < size; i++)
        if (t->undone >> i & 1)
            used += (size_t)snprintf(out + used, size - used, "%s%s", used ? ", " : "", x->trial[i].key);
    return out;
}

static void print_plan(const struct explain *x)
{
    char time[CLOCK_ISO_SIZE];
    app_print("run %lld %s: %s\n", (long long)x->run.id, x->run.name, x->line);
    if (x->healthy > 0)
        app_print("well up to step %lld, so since step %lld; trials begin at step %lld\n", (long long)x->healthy,
                  (long long)x->since, (long long)x->from);
    else
        app_print("so since step %lld, and never well before; trials begin at step 0\n", (long long)x->since);
    app_print("%d %s to undo, about %s of training\n", x->trials, text_number(x->trials, "change", "changes"),
              clock_duration(cost(x), time));
}

static void print_trials(const struct explain *x, bool done)
{
    static const struct table_column columns[] = { { "undone", false, 0 },
                                                   { "from", true, 0 },
                                                   { "until", true, 0 },
                                                   { "run", false, 40 },
                                                   { "verdict", false, 0 },
                                                   { "shared", true, 0 },
                                                   { 0 } };
    struct table t = { .columns = columns };
    char text[160];
    for (int i = 0; i < x->trials; i++) {
        const struct explain_trial *r = &x->trial[i];
        table_add(&t, "%s", change_text(x, r, text, sizeof text));
        table_add(&t, "%lld", (long long)r->from);
        table_add(&t, "%lld", (long long)r->until);
        table_add(&t, "%s", r->name);
        table_add(&t, "%s", !done ? "-" : *r->failed ? r->failed : verdict_words[r->last.word]);
        table_number(&t, done ? r->last.shared : (double)NAN, 3);
    }
    app_print("\n");
    table_print(&t);
    table_clear(&t);
}

/* Prints how much the views share: a column for each run, a row for each step. */
static bool print_curves(const struct explain *x, struct err *e)
{
    struct table_column columns[EXPLAIN_TRIALS + 3] = { { "shared at step", true, 0 }, { x->run.name, true, 0 } };
    struct table t = { .columns = columns };
    struct explain_reading own[EXPLAIN_READINGS], r;
    int count, shown = 0;
    for (int i = 0; i < x->trials; i++)
        if (x->trial[i].run)
            columns[2 + shown++] =
                (struct table_column){ x->trial[i].name + strnlen(x->run.name, NAME_SHOWN) + 1, true, 0 };
    if (!explain_readings(x->app->store, x->run.id, own, EXPLAIN_READINGS, &count, e)) return false;
    bool ok = true;
    for (int k = 0; ok && k < count; k++) {
        table_add(&t, "%lld", (long long)own[k].step);
        table_add(&t, "%.2f %c", own[k].shared, verdict_words[own[k].word][0]);
        for (int i = 0; ok && i < x->trials; i++) {
            if (!x->trial[i].run) continue;
            ok = explain_reading_at(x->app->store, x->trial[i].run, own[k].step, &r, e);
            if (r.step == own[k].step)
                table_add(&t, "%.2f %c", r.shared, verdict_words[r.word][0]);
            else
                table_add(&t, "-");
        }
    }
    if (ok) app_print("\n");
    if (ok) table_print(&t);
    table_clear(&t);
    return ok;
}

static int changes_of(const struct explain_trial *t)
{
    return __builtin_popcount(t->undone);
}

/* Up to its end, as far as it was trained. */
static bool stays_well(const struct explain_trial *t)
{
    return t->well > 0 && t->well == t->until;
}

/* Whether a is the better answer: it undoes fewer changes; of equals it stays well for longer, then it learns where the
 * other one is on a plateau, then its value moves less. */
static bool is_better(const struct explain_trial *a, const struct explain_trial *b)
{
    const double by[] = { changes_of(a) - changes_of(b), (double)(b->well - a->well),
                          verdict_worry(a->last.word) - verdict_worry(b->last.word), a->distance - b->distance };
    for (size_t i = 0; i < sizeof by / sizeof by[0]; i++)
        if (by[i] != 0) return by[i] < 0;
    return false;
}

/* The smallest change that cures it; NULL: none does. */
static const struct explain_trial *smallest(const struct explain *x)
{
    const struct explain_trial *best = NULL;
    for (int i = 0; i < x->trials; i++)
        if (x->trial[i].well && (!best || is_better(&x->trial[i], best))) best = &x->trial[i];
    return best;
}

static void conclude(const struct explain *x, char *out, size_t size)
{
    const struct explain_trial *t = smallest(x);
    char text[200];
    if (verdict_worry(x->word) < verdict_worry(VERDICT_WATCH))
        snprintf(out, size, "nothing to explain");
    else if (!x->trials)
        snprintf(out, size, "nothing differs from the preset that could be undone; a lower optim.lr would be tried");
    else if (!t)
        snprintf(out, size, "none of these changes cures it. Try: other views, or another data.batch");
    else if (!*t->key)
        snprintf(out, size,
                 "%s together: with the usual values of all it is %s at step %lld, with those of one it is not",
                 change_text(x, t, text, sizeof text), verdict_words[t->last.word], (long long)t->last.step);
    else if (!stays_well(t))
        snprintf(out, size, "%s=%.60s: with %.60s it stays well longest, up to step %lld. Try: %s=%.60s", t->key,
                 t->now, t->usual, (long long)t->well, t->key, t->usual);
    else
        snprintf(out, size, "%s=%.60s: with %.60s it is %s at step %lld. Try: %s=%.60s", t->key, t->now, t->usual,
                 verdict_words[t->last.word], (long long)t->well, t->key, t->usual);
}

static json_t *trials_json(const struct explain *x)
{
    json_t *list = json_array();
    for (int i = 0; i < x->trials; i++) {
        const struct explain_trial *t = &x->trial[i];
        json_array_append_new(
            list, json_pack("{s:o, s:o, s:o, s:I, s:I, s:o, s:o, s:o, s:b, s:o}", "key",
                            *t->key ? json_string(t->key) : json_null(), "value", json_text(t->now), "usual",
                            json_text(t->usual), "from", (json_int_t)t->from, "until", (json_int_t)t->until, "run",
                            t->run ? json_text(t->name) : json_null(), "verdict",
                            t->run && !*t->failed ? json_string(verdict_words[t->last.word]) : json_null(), "shared",
                            t->run ? json_number(t->last.shared) : json_null(), "cured", (int)stays_well(t), "failed",
                            *t->failed ? json_text(t->failed) : json_null()));
    }
    return list;
}

static int tell(const struct explain *x, bool done, struct err *e)
{
    char cause[400] = "";
    const struct explain_trial *t = smallest(x);
    if (done || !x->trials) conclude(x, cause, sizeof cause);
    if (x->app->json)
        return app_print_json(
            x->app, json_pack("{s:o, s:s, s:o, s:I, s:I, s:I, s:o, s:o, s:o, s:o}", "run", json_text(x->run.name),
                              "verdict", verdict_words[x->word], "line", json_text(x->line), "healthy",
                              (json_int_t)x->healthy, "since", (json_int_t)x->since, "from", (json_int_t)x->from,
                              "estimated_seconds", json_number(cost(x)), "trials", trials_json(x), "cause",
                              t && *t->key ? json_string(t->key) : json_null(), "conclusion", json_text(cause)));
    if (x->trials) print_trials(x, done);
    if (done && x->trials && !print_curves(x, e)) return app_fail(x->app, e);
    if (*cause) app_print("\ncause: %s\n", cause);
    return app_finish(x->app);
}

/* ---- the command ---- */

static bool try_several(struct explain *x, uint32_t undone, const char *suffix, struct explain_trial **out,
                        struct err *e)
{
    struct explain_trial *t = *out = &x->trial[x->trials++];
    *t = (struct explain_trial){ .key = "", .undone = undone, .distance = far };
    snprintf(t->name, sizeof t->name, "%.*s-%.40s", NAME_SHOWN, x->run.name, suffix);
    schedule_trial(x, t, false);
    return explain_try(x, t, e);
}

static int count_well(const struct explain *x)
{
    int n = 0;
    for (int i = 0; i < x->trials; i++) n += stays_well(&x->trial[i]);
    return n;
}

/* Where several changes seem to cure it, some of them only put it off: those that are well go on, twice as long each
 * time, until one is left or all have reached their ends. */
static bool choose(struct explain *x, struct err *e)
{
    for (bool going = true; going && count_well(x) > 1;) {
        going = false;
        for (int i = 0; i < x->single; i++) {
            struct explain_trial *t = &x->trial[i];
            if (!stays_well(t) || t->until >= t->steps) continue;
            if (!explain_prolong(x, t, e)) return false;
            going = true;
        }
    }
    return true;
}

/* Where no single change cures it but all together do: one after the other is left as it was, as long as it stays
 * cured. */
static bool try_all(struct explain *x, struct err *e)
{
    struct explain_trial *t;
    uint32_t undone = ((uint32_t)1 << x->single) - 1;
    char suffix[48];
    for (int i = 0; i < x->single; i++)
        if (!explain_try(x, &x->trial[i], e)) return false;
    if (!choose(x, e)) return false;
    int single = x->single;
    struct explain_trial *lower = smallest(x) ? NULL : add_lower_rate(x);
    if (lower && !explain_try(x, lower, e)) return false;
    if (single < 2 || smallest(x)) return true;
    if (!try_several(x, undone, "without-all", &t, e)) return false;
    for (int i = 0; t->well && i < single && undone & (undone - 1); i++) {
        uint32_t less = undone & ~((uint32_t)1 << i);
        struct explain_trial *one;
        if (!(less & (less - 1))) break; /* single changes have been tried already */
        snprintf(suffix, sizeof suffix, "but-%.40s", x->trial[i].key);
        if (!try_several(x, less, suffix, &one, e)) return false;
        if (one->well) undone = less;
    }
    return true;
}

static int explain_run(struct app *app, const struct arguments *a)
{
    static struct explain x; /* trials and their texts are large */
    struct err e;
    bool dry = arguments_has(a, "dry-run");
    x = (struct explain){ .app = app, .step_seconds = NAN };
    bool ok = app_existing_store(app, dry ? STORE_READ : STORE_WRITE, &e) &&
              app_find_run(app, arguments_word(a, 0), &x.run, &e) && find_onset(&x, &e) && read_beginning(&x, &e) &&
              describe(&x, &e);
    bool ill = ok && verdict_worry(x.word) >= verdict_worry(VERDICT_WATCH);
    ok = ok && (!ill || (find_checkpoint(&x, &e) && find_causes(&x, &e)));
    int status = 0;
    if (ok && !ill && !app->json)
        app_print("run %lld %s: nothing to explain: %s\n", (long long)x.run.id, x.run.name, x.line);
    if (ok && ill && !app->json) print_plan(&x);
    ok = ok && (!ill || dry || try_all(&x, &e));
    if (!ok)
        status = app_fail(app, &e);
    else if (ill || app->json)
        status = tell(&x, ill && !dry, &e);
    if (!ok && process_asked()) status = 128 + process_asked();
    store_run_clear(&x.run);
    return status;
}

static const struct option_row options[] = {
    { "dry-run", 0, OPTION_FLAG, NULL, "print what would be tried and what it costs, without training", 0, 0 },
    { 0 },
};

const struct command command_explain = {
    .name = "explain",
    .arguments = "RUN",
    .summary = "find out which setting makes a run collapse",
    .least = 1,
    .most = 1,
    .options = options,
    .run = explain_run,
    .details =
        "Undoes one difference to the preset, or one change made while it trained, at a time: each trial is a run "
        "with the\nsame images, views and seed that goes on from the last checkpoint before the verdict became "
        "WATCH or worse (or\nbegins again where there is none, or where a setting cannot change in between), for "
        "as long as that took. Names the\nsmallest change that cures it; where several seem to, they go on, since "
        "some only put it off; where\nnone does, a lower optim.lr is tried. The trials stay in the list of runs, to be "
        "compared or removed.",
};
