/* What `explain` prints: the plan with its cost, the trials, their curves side by side, and the cause. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "app/cli/json.h"
#include "app/cli/table.h"
#include "app/commands/explain/explain.h"
#include "engine/base/clock.h"
#include "engine/base/text.h"

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

void explain_print_plan(const struct explain *x)
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
        table_add(&t, "%s", !done ? "-" : *r->failed ? r->failed : explain_word(&r->last));
        table_number(&t, done ? r->last.shared : (double)NAN, 3);
    }
    app_print("\n");
    table_print(&t);
    table_clear(&t);
}

/* That of its word; N: narrow. */
static char letter_of(const struct explain_reading *r)
{
    return r->narrow && r->word == VERDICT_LEARNING ? 'N' : verdict_words[r->word][0];
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
                (struct table_column){ x->trial[i].name + strnlen(x->run.name, EXPLAIN_NAME_SHOWN) + 1, true, 0 };
    if (!explain_readings(x, own, EXPLAIN_READINGS, &count, e)) return false;
    bool ok = true;
    for (int k = 0; ok && k < count; k++) {
        table_add(&t, "%lld", (long long)own[k].step);
        table_add(&t, "%.2f %c", own[k].shared, letter_of(&own[k]));
        for (int i = 0; ok && i < x->trials; i++) {
            if (!x->trial[i].run) continue;
            ok = explain_reading_at(x, x->trial[i].run, own[k].step, &r, e);
            if (r.step == own[k].step)
                table_add(&t, "%.2f %c", r.shared, letter_of(&r));
            else
                table_add(&t, "-");
        }
    }
    if (ok) app_print("\n");
    if (ok) table_print(&t);
    table_clear(&t);
    return ok;
}

static void conclude(const struct explain *x, char *out, size_t size)
{
    const struct explain_trial *t = explain_smallest(x);
    char text[200];
    if (!x->now.ill)
        snprintf(out, size, "nothing to explain");
    else if (!x->trials)
        snprintf(out, size, "nothing differs from the preset that could be undone; a lower optim.lr would be tried");
    else if (!t)
        snprintf(out, size, "none of these changes cures it. Try: other views, or another data.batch");
    else if (!*t->key)
        snprintf(out, size,
                 "%s together: with the usual values of all it is %s at step %lld, with those of one it is not",
                 change_text(x, t, text, sizeof text), verdict_words[t->last.word], (long long)t->last.step);
    else if (!explain_stays_well(t))
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
                            t->run ? json_number(t->last.shared) : json_null(), "cured", (int)explain_stays_well(t),
                            "failed", *t->failed ? json_text(t->failed) : json_null()));
    }
    return list;
}

int explain_tell(const struct explain *x, bool done, struct err *e)
{
    char cause[400] = "";
    const struct explain_trial *t = explain_smallest(x);
    if (done || !x->trials) conclude(x, cause, sizeof cause);
    if (x->app->json)
        return app_print_json(
            x->app, json_pack("{s:o, s:s, s:o, s:I, s:I, s:I, s:o, s:o, s:o, s:o}", "run", json_text(x->run.name),
                              "verdict", verdict_words[x->now.word], "line", json_text(x->line), "healthy",
                              (json_int_t)x->healthy, "since", (json_int_t)x->since, "from", (json_int_t)x->from,
                              "estimated_seconds", json_number(cost(x)), "trials", trials_json(x), "cause",
                              t && *t->key ? json_string(t->key) : json_null(), "conclusion", json_text(cause)));
    if (x->trials) print_trials(x, done);
    if (done && x->trials && !print_curves(x, e)) return app_fail(x->app, e);
    if (*cause) app_print("\ncause: %s\n", cause);
    return app_finish(x->app);
}
