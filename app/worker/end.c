/* How a worker ends: a last checkpoint, the test images if an evaluation made the run, then the state, then the answer
 * for whoever asked.
 *
 * What was trained since the newest checkpoint is in memory alone. So where the last one cannot be written (the disk is
 * full) the end is put off until it can: the run is paused. Whoever does not want to wait asks a second time; a signal
 * gives it a minute. What is lost then is said, and a run that lost something does not call itself stopped. */
#include "app/worker/score.h"

#include <stdio.h>
#include <time.h>

#include "app/cli/process.h"
#include "store/death.h"
#include "engine/base/clock.h"
#include "engine/base/text.h"

static const double write_out_seconds = 60;

static void nap(void)
{
    static const struct timespec time = { .tv_nsec = 100000000 };
    nanosleep(&time, NULL);
}

/* ---- the last checkpoint ---- */

/* "the 64 steps since the checkpoint at step 66". */
static const char *at_stake(const struct worker *w, char *out, size_t size)
{
    int64_t saved = *w->recorder.saved.path ? w->recorder.saved.step : 0, n = w->step - saved;
    int used = snprintf(out, size, "the %lld %s since ", (long long)n, text_number(n, "step", "steps"));
    if (saved > 0)
        snprintf(out + used, size - (size_t)used, "the checkpoint at step %lld", (long long)saved);
    else
        snprintf(out + used, size - (size_t)used, "the beginning");
    return out;
}

static bool put_off(struct worker *w, const struct err *why, struct err *e)
{
    char stake[96], line[256];
    snprintf(line, sizeof line, "make room: it then saves and ends by itself; asked to stop%s it gives up %s",
             w->stop ? " again" : "", at_stake(w, stake, sizeof stake));
    return worker_pause(w, false, why, line, e);
}

static bool is_given_up(struct worker *w, double begun, bool *given_up, struct err *e)
{
    bool again = false;
    if (!requests_again(w, &again, e)) return false;
    bool late = process_asked() && clock_seconds() - begun > write_out_seconds;
    *given_up = again || late || process_asked_times() > 1;
    return true;
}

/* Tries until the checkpoint is written or given up; `*saved` tells which, and `why` the reason. False: the run cannot
 * continue at all. */
static bool save_last(struct worker *w, const char *reason, bool *saved, struct err *why, struct err *e)
{
    double begun = clock_seconds(), tried = begun;
    bool given_up = false, first = true;
    for (;;) {
        *saved = checkpointing_save(&w->recorder, &w->session, &w->run, w->step, reason, why);
        if (*saved || given_up || (why->code != ERR_IO && why->code != ERR_LOCKED)) return true;
        if (first && !put_off(w, why, e)) return false;
        first = false;
        while (!given_up && clock_seconds() - tried < 1) {
            nap();
            if (!is_given_up(w, begun, &given_up, e)) return false;
        }
        tried = clock_seconds();
        if (recorder_due(&w->recorder) && !recorder_flush(&w->recorder, e)) return false;
    }
}

/* ---- the end ---- */

/* Waits until the store has accepted everything. If it does not, or the user asks a second time, the rest is kept
 * beside the run. */
static bool write_out(struct worker *w, struct err *e)
{
    double begun = clock_seconds();
    for (;;) {
        if (!recorder_flush(&w->recorder, e)) return false;
        if (recorder_stuck(&w->recorder) == 0) return true;
        if (clock_seconds() - begun > write_out_seconds || process_asked_times() > 1) break;
        nap();
    }
    return recorder_save(&w->recorder, e) &&
           err_set(e, ERR_LOCKED,
                   "run %s: the store took nothing for %.0f s; all of it is kept in runs/%lld and goes in with mlvicx "
                   "resume %s",
                   w->run.name, recorder_stuck(&w->recorder), (long long)w->run.id, w->run.name);
}

/* The checkpoint was given up: reports what is lost wherever that is still possible. */
static bool end_unsaved(struct worker *w, const struct err *why, struct err *e)
{
    char stake[96], answer[700];
    at_stake(w, stake, sizeof stake);
    snprintf(answer, sizeof answer, "failed: ended, but not saved: %s are lost: %s", stake, why->msg);
    if (w->stop_command) outbox_answer(&w->recorder.box, w->stop_command, answer);
    outbox_state(&w->recorder.box, STORE_FAILED);
    w->lost = true;
    if (!recorder_event(&w->recorder, &(struct recorder_occasion){ w->step, STORE_BAD, "error", false }, e,
                        "%s are lost: %s", stake, why->msg) ||
        !write_out(w, e))
        return false;
    death_end(w->store, w->run.id, NULL);
    return true;
}

bool worker_end(struct app *app, struct worker *w, struct err *e)
{
    bool finished = !w->stop, saved;
    char line[160], answer[80];
    struct err why;
    if (!save_last(w, finished ? "end" : "stop", &saved, &why, e)) return false;
    if (!saved && finished && why.code != ERR_IO && why.code != ERR_LOCKED) {
        *e = why;
        return false;
    }
    if (!saved) return end_unsaved(w, &why, e);
    if (finished && !score_ordered(app, w, e)) return false;
    bool judged = *judge_words(&w->monitor.judge, line, sizeof line);
    if (!recorder_event(&w->recorder,
                        &(struct recorder_occasion){ w->step, STORE_INFO, finished ? "finish" : "stop", false }, e,
                        "%s after %s%s%s", finished ? "finished" : "stopped", clock_duration(w->wall, answer),
                        judged ? "; verdict " : "", line))
        return false;
    snprintf(answer, sizeof answer, "ok: stopped, step %lld is saved", (long long)w->step);
    if (w->stop_command) outbox_answer(&w->recorder.box, w->stop_command, answer);
    outbox_state(&w->recorder.box, finished ? STORE_FINISHED : STORE_STOPPED);
    if (!write_out(w, e)) return false;
    death_end(w->store, w->run.id, NULL);
    return true;
}
