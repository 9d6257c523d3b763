/* Waits until a run of an evaluation is trained: by a worker of this process, by the queue's supervisor, or by whoever
 * trains it already. A run that others train is not stopped with this command; if they leave it untrained, this command
 * takes it over. */
#include "app/commands/evaluation.h"

#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>

#include "app/cli/process.h"
#include "app/commands/queue.h"
#include "app/commands/train.h"
#include "store/command.h"
#include "store/event.h"
#include "store/lock.h"
#include "store/queue.h"

/* How this command trains a run, or waits for it. */
struct training {
    pid_t pid; /* of a worker that this process started; 0: none */
    struct death death;
    bool ours;    /* this command began or queued it: with this command it is stopped */
    bool tried;   /* ours, and not begun a second time */
    bool stopped; /* it was asked to stop */
    bool told;    /* that it is paused */
    bool waits;   /* it was said whom this command waits for */
};

static void nap(void)
{
    static const struct timespec time = { .tv_nsec = 100000000 };
    nanosleep(&time, NULL);
}

static bool is_alive(enum store_state state)
{
    return state == STORE_RUNNING || state == STORE_PAUSED;
}

/* ---- asked to end ---- */

/* Takes a run of ours out of the queue, or asks its worker to save and stop. */
static bool stop_one(const struct evaluation *v, int64_t run, struct err *e)
{
    struct store_run row;
    struct err why;
    int64_t ignored;
    if (store_queue_drop(v->store, run, &why)) return true;
    if (!store_run_get(v->store, run, &row, e)) return e->code == ERR_NOT_FOUND;
    bool alive = is_alive(store_run_state(v->store, &row));
    store_run_clear(&row);
    return !alive || store_command_insert(v->store, run, "stop", NULL, &ignored, e);
}

/* Once: whatever of this command is in the queue or trained. */
static bool stop_ours(const struct evaluation *v, const struct child *c, struct training *t, struct err *e)
{
    if (!process_asked() || t->stopped || !t->ours) return true;
    int64_t ignored;
    t->stopped = true;
    if (t->pid && !store_command_insert(v->store, c->run, "stop", NULL, &ignored, e)) return false;
    for (size_t i = 0; i < v->ours_count; i++)
        if (v->ours[i] != c->run && !stop_one(v, v->ours[i], e)) return false;
    return t->pid || stop_one(v, c->run, e);
}

static bool interrupted(const struct child *c, const struct training *t, struct err *e)
{
    if (t->ours || !t->waits)
        return err_set(e, ERR_INTERRUPTED,
                       "eval: asked to end; run %s and the others stay as they are, and the same command goes on", c->name);
    return err_set(e, ERR_INTERRUPTED,
                   "eval: asked to end; run %s is left to whoever trains it, and the same command goes on", c->name);
}

/* ---- waiting ---- */

static void tell_wait(const struct evaluation *v, const struct child *c, const struct store_run *run,
                      struct training *t)
{
    static const char what[] = "this command waits for it, and Ctrl-C ends only the waiting";
    if (t->ours || t->waits) return;
    t->waits = true;
    if (c->waits)
        app_note(v->app, "run %s: is in the queue already (mlvicx queue); %s", c->name, what);
    else if (run->pid)
        app_note(v->app, "run %s: is trained by process %lld on %s already; %s", c->name, (long long)run->pid,
                 run->host, what);
    else
        app_note(v->app, "run %s: another process has it already; %s", c->name, what);
}

/* One look at a run that someone trains: false if it ended badly. */
static bool watch(struct evaluation *v, struct child *c, struct training *t, struct err *e)
{
    struct store_run run;
    int status;
    nap();
    if (t->pid && waitpid(t->pid, &status, WNOHANG) == t->pid) {
        t->pid = 0;
        struct err why;
        if (death_after(&t->death, v->store, c->run, status, &why))
            return err_set(e, why.code, "run %s: %.300s; the same command goes on", c->name, why.msg);
    }
    if (!stop_ours(v, c, t, e) || !store_run_get(v->store, c->run, &run, e)) return false;
    tell_wait(v, c, &run, t);
    app_progress(v->app, false, "%s %g %%, draw %d, rate %g: step %lld of %lld", protocol_names[c->protocol],
                 c->percent, c->draw, c->rate, (long long)run.step, (long long)run.steps);
    store_run_clear(&run);
    return true;
}

/* ---- beginning ---- */

/* Another process may have been faster: then this one waits. */
static bool begin(struct evaluation *v, struct child *c, struct training *t, struct err *e)
{
    enum store_state state;
    struct err ignored;
    if (process_asked()) return interrupted(c, t, e);
    if (train_launch(v->app, c->run, NULL, false, &t->pid, &t->death, e)) return t->ours = t->tried = true;
    t->pid = 0;
    if (e->code != ERR_CONFLICT || !child_look(v, c, &state, &ignored)) return false;
    t->ours = false;
    return is_alive(state) || c->finished || store_lock_held(v->store, c->run) == STORE_LOCK_HELD;
}

/* Why a run of ours is not trained, with the newest problem of it. */
static bool ended_early(struct evaluation *v, const struct child *c, enum store_state state, struct err *e)
{
    struct store_events open = { 0 };
    struct err ignored;
    bool any = state == STORE_FAILED && store_event_open(v->store, c->run, &open, &ignored) && open.count;
    err_set(e, ERR_INTERNAL, "run %s: is %s before its end%s%.100s; mlvicx log %s tells why, the same command goes on",
            c->name, store_state_name(state), any ? ": " : "", any ? open.rows[0].text : "", c->name);
    store_events_clear(&open);
    return false;
}

/* It waits in the queue: for its turn, or, where the queue is busy with other runs, taken out of it. */
static bool await_turn(struct evaluation *v, struct child *c, struct training *t, struct err *e)
{
    if (process_asked() && !t->ours) return interrupted(c, t, e);
    if (!t->ours || !v->beside || process_asked()) return queue_ensure(v->store, e) && watch(v, c, t, e);
    if (store_queue_drop(v->store, c->run, e)) return begin(v, c, t, e);
    return e->code == ERR_CONFLICT; /* the queue was faster */
}

/* What is to be done about a run in this state. */
static bool act(struct evaluation *v, struct child *c, struct training *t, enum store_state state, struct err *e)
{
    bool held = store_lock_held(v->store, c->run) == STORE_LOCK_HELD;
    if (t->pid || is_alive(state) || state == STORE_UNKNOWN || (held && !c->waits)) {
        if (process_asked() && !t->ours) return interrupted(c, t, e);
        if (state == STORE_PAUSED && !t->told)
            app_note(v->app, "run %s: is paused; mlvicx log %s tells why, mlvicx resume %s goes on", c->name, c->name,
                     c->name);
        t->told = state == STORE_PAUSED;
        return watch(v, c, t, e);
    }
    if (c->waits) return await_turn(v, c, t, e);
    if (process_asked()) return interrupted(c, t, e);
    if (t->tried) return ended_early(v, c, state, e);
    if (t->waits) app_note(v->app, "run %s: is %s; this command trains it on", c->name, store_state_name(state));
    return begin(v, c, t, e);
}

bool child_finish(struct evaluation *v, struct child *c, struct err *e)
{
    struct training t = { 0 };
    for (size_t i = 0; i < v->ours_count; i++) t.ours = t.ours || v->ours[i] == c->run;
    t.tried = t.ours && !v->beside;
    process_catch(PROCESS_FOLLOWS);
    for (;;) {
        enum store_state state;
        if (!child_look(v, c, &state, e)) return false;
        if (c->finished && !t.pid) return true;
        if (!act(v, c, &t, state, e)) return false;
    }
}
