/* A loss that is not finite. The step was not applied, so the weights are those of the step before. */
#include "app/worker/worker.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "app/cli/process.h"
#include "app/worker/rewind.h"

enum { HALVINGS = 3 };
static const char halved[] = "lower"; /* kind of the event: such events are counted over all workers of the run */

static bool ask(struct worker *w, const struct err *why, struct err *e)
{
    return worker_pause(
        w, true, why, "lower optim.lr (L, or mlvicx set) and resume, or stop and resume --from an older checkpoint", e);
}

/* Ends the run; its last good checkpoint remains. */
static bool stop(struct worker *w, const struct err *why, struct err *e)
{
    const struct store_checkpoint *good = &w->recorder.saved;
    double rate = w->session.settings.optim.lr / 2;
    if (!*good->path)
        return err_set(e, ERR_NUMERIC, "%.200s; nothing was saved before. Try: train again with optim.lr=%g", why->msg,
                       rate);
    return err_set(e, ERR_NUMERIC,
                   "%.200s; the last good checkpoint is that of step %lld. Try: mlvicx resume %s --from %lld --set "
                   "optim.lr=%g",
                   why->msg, (long long)good->step, w->run.name, (long long)good->step, rate);
}

static bool count_halving(void *count, const struct store_event *row, struct err *e)
{
    (void)e;
    *(int *)count += !strcmp(row->kind, halved);
    return true;
}

static bool count_halvings(struct worker *w, int *count, struct err *e)
{
    *count = 0;
    return store_event_each(w->store, w->run.id, count_halving, count, e);
}

/* Brings engine, loader and store back to the newest intact checkpoint. */
static bool go_back(struct worker *w, struct err *e)
{
    struct resume_point point;
    if (!recorder_flush(&w->recorder, e)) return false;
    if (recorder_stuck(&w->recorder) > 0) /* unwritten rows after the checkpoint would be written after the rewind */
        return err_set(e, ERR_LOCKED, "run %s: the store takes nothing", w->run.name);
    if (!resume_point_find(w->store, &w->run, -1, &point, e)) return false;
    monitor_close(&w->monitor); /* both borrow the session */
    validation_close(&w->validation);
    session_close(&w->session);
    w->recorder.best = resume_point_best(&point);
    bool ok = worker_prepare(w, &point, e) && requests_prepare(w, NULL, e) &&
              rewind_to(w->store, w->run.id, w->step, e) && requests_replay(w, e) && worker_monitor(w, e);
    resume_point_close(&point);
    return ok;
}

/* Repeats a write that must succeed before the run continues, while the store is locked. */
static bool insist(struct worker *w, bool (*what)(struct worker *w, struct err *e), struct err *e)
{
    static const struct timespec nap = { .tv_sec = 1 };
    while (!what(w, e)) {
        if (e->code != ERR_LOCKED || process_asked()) return false;
        nanosleep(&nap, NULL);
    }
    return true;
}

/* Halves the learning rate. Rates that the user set after the step that the run returns to are void: on the way they
 * would be set again, over the lower one. */
static bool halve(struct worker *w, struct err *e)
{
    char assignment[64];
    snprintf(assignment, sizeof assignment, "optim.lr=%.9g", w->lowered);
    return requests_void(w, "optim.lr", e) && requests_set(w, assignment, e);
}

static bool lower(struct worker *w, const struct err *why, struct err *e)
{
    int count;
    int64_t step = w->step;
    w->lowered = w->session.settings.optim.lr / 2; /* half of the rate at which the loss diverged, whoever set it */
    if (!count_halvings(w, &count, e)) return false;
    if (count >= HALVINGS) return stop(w, why, e);
    if (!insist(w, go_back, e) || !insist(w, halve, e)) return false;
    return recorder_event(&w->recorder, &(struct recorder_occasion){ w->step, STORE_INFO, halved, false }, e,
                          "%.240s at step %lld; back to step %lld with optim.lr %g (%d of %d)", why->msg,
                          (long long)step, (long long)w->step, w->session.settings.optim.lr, count + 1, HALVINGS) &&
           recorder_flush(&w->recorder, e);
}

bool diverge(struct worker *w, const struct err *why, struct err *e)
{
    switch ((enum divergence)w->session.settings.train.on_divergence) {
    case DIVERGENCE_LOWER:
        return lower(w, why, e);
    case DIVERGENCE_ASK:
        if (w->attended) return ask(w, why, e);
        return stop(w, why, e);
    default:
        return stop(w, why, e);
    }
}
