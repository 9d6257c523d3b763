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
    const struct train_row row = { .preset = x->run.preset, .name = t->name, .identity = t->identity };
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
    const struct fork_row row = { word, sets, t->name, t->identity };
    return fork_create(x->app, &row, &t->run, e);
}

/* ---- watching it ---- */

/* Whether the worker of a trial is gone; `pid` 0: it is not a child of this process. */
static bool is_over(struct explain *x, const struct explain_trial *t, pid_t pid, bool *over, struct err *e)
{
    struct store_run row;
    int status;
    if (pid) return *over = waitpid(pid, &status, WNOHANG) == pid, true;
    if (!store_run_get(x->app->store, t->run, &row, e)) return false;
    *over = explain_needs(&(struct explain_trial){ .last.step = -1 }, store_run_state(x->app->store, &row)) !=
            EXPLAIN_WAITING;
    store_run_clear(&row);
    return true;
}

static void tell(const struct explain *x, const struct explain_trial *t)
{
    if (t->last.step < 0)
        app_progress(x->app, true, "%s: no verdict yet", t->name);
    else
        app_progress(x->app, true, "%s: %s at step %lld", t->name, explain_word(&t->last), (long long)t->last.step);
}

/* Waits until the step that is judged has its diagnostics, or the run has ended by itself. A worker that is not ours is
 * not stopped before that. */
static bool watch(struct explain *x, struct explain_trial *t, pid_t pid, struct err *e)
{
    static const struct timespec nap = { .tv_nsec = 100000000 };
    bool asked = false, over = false, interrupted = false;
    while (!over) {
        int64_t ignored;
        if (!explain_reading_at(x, t->run, t->until, &t->last, e)) return false;
        app_progress(x->app, false, "%s: step %lld of %lld", t->name, (long long)(t->last.step < 0 ? 0 : t->last.step),
                     (long long)t->until);
        interrupted = interrupted || process_asked();
        if (interrupted && !pid)
            return err_set(e, ERR_INTERRUPTED,
                           "explain: asked to end; run %s is left to its worker (mlvicx stop %s ends it), and the same "
                           "command goes on",
                           t->name, t->name);
        if (!asked && (t->last.step >= t->until || interrupted)) {
            asked = true;
            if (!store_command_insert(x->app->store, t->run, "stop", NULL, &ignored, e)) return false;
        }
        nanosleep(&nap, NULL);
        if (!is_over(x, t, pid, &over, e)) return false;
    }
    if (!explain_reading_at(x, t->run, t->until, &t->last, e)) return false;
    tell(x, t);
    return !interrupted || err_set(e, ERR_INTERRUPTED,
                                   "explain: asked to end; the runs that it made stay, and the same command goes on");
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

/* Start its worker and watch it; `fresh`: it has not begun yet. *tried false: t->failed tells why not. */
static bool train_on(struct explain *x, struct explain_trial *t, bool fresh, bool *tried, struct err *e)
{
    struct err why = { 0 };
    struct death death;
    pid_t pid;
    *tried = train_launch(x->app, t->run, NULL, fresh, &pid, &death, &why);
    if (*tried) return watch(x, t, pid, e);
    snprintf(t->failed, sizeof t->failed, "%.150s", why.msg);
    if (fresh) t->run = 0; /* it was removed again */
    return why.code != ERR_INTERRUPTED || err_set(e, why.code, "%s", why.msg);
}

/* Until the step that is judged has its diagnostics. What is recorded already is not trained again; what another
 * process trains is waited for, and trained here if that leaves it. */
static bool reach(struct explain *x, struct explain_trial *t, bool fresh, struct err *e)
{
    bool tried = false, waited = false;
    while (!tried) {
        struct store_run row;
        if (!explain_reading_at(x, t->run, t->until, &t->last, e) || !store_run_get(x->app->store, t->run, &row, e))
            return false;
        enum explain_need need = explain_needs(t, store_run_state(x->app->store, &row));
        if (need == EXPLAIN_WAITING && !waited)
            app_note(x->app, "run %s: is trained by process %lld on %s already; this command waits for it", t->name,
                     (long long)row.pid, row.host);
        store_run_clear(&row);
        if (need == EXPLAIN_NOTHING && !waited) tell(x, t);
        if (need == EXPLAIN_NOTHING) break;
        if (need == EXPLAIN_WAITING && !watch(x, t, 0, e)) return false;
        if (need == EXPLAIN_TRAINING && !train_on(x, t, fresh, &tried, e)) return false;
        if (*t->failed) return true;
        waited = true;
    }
    if (t->last.step < t->until)
        snprintf(t->failed, sizeof t->failed, "ended at step %lld; mlvicx log %.90s tells why", (long long)t->last.step,
                 t->name);
    if (!*t->failed && t->last.word != VERDICT_UNKNOWN && !t->last.ill) t->well = t->until;
    return true;
}

/* Under the first name that is free: an earlier run may have that of a trial. */
static bool make(struct explain *x, struct explain_trial *t, struct err *e)
{
    enum { NAMES = 100 };
    size_t end = strlen(t->name);
    bool made = t->from > 0 ? go_on(x, t, e) : begin_again(x, t, e);
    for (int n = 2; n < NAMES && !made && e->code == ERR_CONFLICT; n++) {
        snprintf(t->name + end, sizeof t->name - end, "-%d", n);
        made = t->from > 0 ? go_on(x, t, e) : begin_again(x, t, e);
    }
    if (!made) t->run = 0;
    return made;
}

bool explain_try(struct explain *x, struct explain_trial *t, struct err *e)
{
    struct err why = { 0 };
    char text[EXPLAIN_SINGLE][SETTINGS_TEXT + 64];
    const char *sets[EXPLAIN_SINGLE + 1];
    *t->failed = '\0';
    if (process_asked()) return err_set(e, ERR_INTERRUPTED, "explain: asked to end");
    process_catch(PROCESS_FOLLOWS);
    undone(x, t, t->from > 0, text, sets);
    if (!explain_find_again(x, t, sets, e)) return false;
    bool found = t->run != 0;
    if ((!found && !make(x, t, &why)) || !find_end(x, t, &why)) {
        snprintf(t->failed, sizeof t->failed, "%.150s", why.msg);
        return why.code != ERR_INTERRUPTED || err_set(e, why.code, "%s", why.msg);
    }
    if (t->steps < t->until) t->until = t->steps;
    return reach(x, t, !found, e);
}

bool explain_prolong(struct explain *x, struct explain_trial *t, struct err *e)
{
    if (process_asked()) return err_set(e, ERR_INTERRUPTED, "explain: asked to end");
    t->until += t->until - t->from;
    if (t->until > t->steps) t->until = t->steps;
    return reach(x, t, false, e);
}
