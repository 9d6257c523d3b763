/* One trial of `explain`: a run that continues from the checkpoint, or begins again, with one change undone. It is
 * stopped after the diagnostics of the step that is judged. */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>

#include "app/cli/process.h"
#include "app/commands/explain/explain.h"
#include "app/commands/fork.h"
#include "app/commands/train.h"
#include "store/command.h"
#include "store/metric.h"
#include "views/analysis/judged.h"

bool explain_reading_at(const struct explain *x, int64_t run, int64_t step, struct explain_reading *out, struct err *e)
{
    static const char *const said = "z.verdict";
    struct store_run of = x->run; /* whose preset and steps the trials share */
    int worst = -1;
    of.id = run;
    *out = (struct explain_reading){ .step = -1, .shared = NAN };
    if (!store_metric_latest(x->app->store, run, step, &said, 1, &out->shared, &out->step, e)) return false;
    for (int level = 0; level < LEVEL_JUDGED; level++) {
        struct verdict v;
        if (!judged_read(x->app->store, &of, &x->settings, (enum engine_level)level, step, &v, e)) return false;
        int worry = 2 * verdict_worry(v.word) + verdict_is_narrow(&v);
        out->narrow |= verdict_is_narrow(&v);
        if (worry <= worst) continue;
        worst = worry;
        out->word = v.word;
        out->shared = v.sign[SIGN_SHARED].value;
    }
    out->ill = out->narrow || verdict_worry(out->word) >= verdict_worry(VERDICT_WATCH);
    return true;
}

const char *explain_word(const struct explain_reading *r)
{
    return r->narrow && r->word == VERDICT_LEARNING ? "LEARNING, narrow" : verdict_words[r->word];
}

bool explain_readings(const struct explain *x, struct explain_reading *out, int most, int *count, struct err *e)
{
    struct store *s = x->app->store;
    struct store_points points;
    int64_t id;
    *count = 0;
    if (!store_metric_id(s, "z.verdict", &id, e) || !store_points_read(s, x->run.id, id, 0, INT64_MAX, &points, e))
        return false;
    bool ok = true;
    int n = points.count < (size_t)most ? (int)points.count : most;
    for (int i = 0; ok && i < n; i++) {
        size_t at = n > 1 ? (size_t)i * (points.count - 1) / (size_t)(n - 1) : 0;
        ok = explain_reading_at(x, x->run.id, points.rows[at].step, &out[i], e);
    }
    store_points_clear(&points);
    *count = ok ? n : 0;
    return ok;
}

/* ---- making it ---- */

/* "KEY=USUAL" for each change that a trial undoes, ended by NULL; if `live`, only settings that may change during a
 * run. */
static void undone(const struct explain *x, const struct explain_trial *t, bool live,
                   char text[EXPLAIN_SINGLE][SETTINGS_TEXT + 64], const char *sets[EXPLAIN_SINGLE + 1])
{
    int n = 0;
    for (int i = 0; i < x->single; i++) {
        const struct explain_trial *one = &x->trial[i];
        if (!(t->undone >> i & 1) || (live && settings_find(one->key, NULL)->change != SETTING_LIVE)) continue;
        snprintf(text[n], SETTINGS_TEXT + 64, "%s=%s", one->key, one->usual);
        sets[n] = text[n];
        n++;
    }
    sets[n] = NULL;
}

/* Begins again with the settings that the run got on its way, without the changes that are undone. */
static bool begin_again(struct explain *x, struct explain_trial *t, struct err *e)
{
    struct settings s = x->settings;
    char text[EXPLAIN_SINGLE][SETTINGS_TEXT + 64];
    const char *sets[EXPLAIN_SINGLE + 1];
    const struct train_row row = { .preset = x->run.preset, .name = t->name };
    undone(x, t, false, text, sets);
    for (int i = 0; sets[i]; i++)
        if (!settings_assign(&s, sets[i], e)) return false;
    if (!settings_check(&s, e) || !train_create(x->app, &s, &row, &t->run, e)) return false;
    undone(x, t, true, text, sets);
    bool ok = store_command_inherit(x->app->store, x->run.id, t->run, 0, sets, e);
    if (!ok) train_undo(x->app, t->run);
    return ok;
}

static bool go_on(struct explain *x, struct explain_trial *t, struct err *e)
{
    char text[EXPLAIN_SINGLE][SETTINGS_TEXT + 64], word[64];
    const char *sets[EXPLAIN_SINGLE + 1];
    undone(x, t, true, text, sets);
    snprintf(word, sizeof word, "%lld@%lld", (long long)x->run.id, (long long)t->from);
    return fork_create(x->app, word, sets, t->name, &t->run, e);
}

/* ---- watching it ---- */

/* Waits until the step that is judged has its diagnostics, or the run has ended by itself. */
static bool watch(struct explain *x, struct explain_trial *t, pid_t pid, struct err *e)
{
    static const struct timespec nap = { .tv_nsec = 100000000 };
    bool asked = false, ended = false, interrupted = false;
    while (!ended) {
        int64_t ignored;
        int status;
        if (!explain_reading_at(x, t->run, t->until, &t->last, e)) return false;
        app_progress(x->app, false, "%s: step %lld of %lld", t->name, (long long)(t->last.step < 0 ? 0 : t->last.step),
                     (long long)t->until);
        interrupted = interrupted || process_asked();
        if (!asked && (t->last.step >= t->until || interrupted)) {
            asked = true;
            if (!store_command_insert(x->app->store, t->run, "stop", NULL, &ignored, e)) return false;
        }
        nanosleep(&nap, NULL);
        ended = waitpid(pid, &status, WNOHANG) == pid;
    }
    if (!explain_reading_at(x, t->run, t->until, &t->last, e)) return false;
    if (t->last.step < 0)
        app_progress(x->app, true, "%s: no verdict yet", t->name);
    else
        app_progress(x->app, true, "%s: %s at step %lld", t->name, explain_word(&t->last), (long long)t->last.step);
    return !interrupted || err_set(e, ERR_INTERRUPTED, "explain: asked to end; the runs that it made stay");
}

/* A larger batch makes fewer steps of the same images. */
static bool find_end(struct explain *x, struct explain_trial *t, struct err *e)
{
    struct store_run row;
    if (!store_run_get(x->app->store, t->run, &row, e)) return false;
    t->steps = row.steps;
    store_run_clear(&row);
    return true;
}

/* Start its worker and watch it; `fresh`: it has not begun yet. */
static bool train_on(struct explain *x, struct explain_trial *t, bool fresh, struct err *e)
{
    struct err why = { 0 };
    struct death death;
    pid_t pid;
    if (!train_launch(x->app, t->run, NULL, fresh, &pid, &death, &why)) {
        snprintf(t->failed, sizeof t->failed, "%.150s", why.msg);
        if (fresh) t->run = 0; /* it was removed again */
        return why.code != ERR_INTERRUPTED || err_set(e, why.code, "%s", why.msg);
    }
    if (!watch(x, t, pid, e)) return false;
    if (t->last.step < t->until)
        snprintf(t->failed, sizeof t->failed, "ended at step %lld; mlvicx log %.90s tells why", (long long)t->last.step,
                 t->name);
    if (!*t->failed && t->last.word != VERDICT_UNKNOWN && !t->last.ill) t->well = t->until;
    return true;
}

bool explain_try(struct explain *x, struct explain_trial *t, struct err *e)
{
    struct err why = { 0 };
    *t->failed = '\0';
    if (process_asked()) return err_set(e, ERR_INTERRUPTED, "explain: asked to end");
    bool made = false;
    size_t end = strlen(t->name);
    for (int n = 1; n < 100 && !made && (n == 1 || why.code == ERR_CONFLICT);
         n++) { /* an earlier trial may have that name */
        if (n > 1) snprintf(t->name + end, sizeof t->name - end, "-%d", n);
        made = t->from > 0 ? go_on(x, t, &why) : begin_again(x, t, &why);
    }
    if (!made || !find_end(x, t, &why)) {
        snprintf(t->failed, sizeof t->failed, "%.150s", why.msg);
        t->run = made ? t->run : 0;
        return why.code != ERR_INTERRUPTED || err_set(e, why.code, "%s", why.msg);
    }
    if (t->steps < t->until) t->until = t->steps;
    return train_on(x, t, true, e);
}

bool explain_prolong(struct explain *x, struct explain_trial *t, struct err *e)
{
    if (process_asked()) return err_set(e, ERR_INTERRUPTED, "explain: asked to end");
    t->until += t->until - t->from;
    if (t->until > t->steps) t->until = t->steps;
    return train_on(x, t, false, e);
}
