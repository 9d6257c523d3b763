/* How a worker begins: lock, checkpoint, settings, data, engine; then it claims the run and goes back to the
 * checkpoint.
 *
 * Nothing of the run is changed before the lock is held, nor before everything that can be refused was looked at. */
#include "app/worker/worker.h"

#include <cblas.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/cli/fault.h"
#include "app/cli/process.h"
#include "app/session/autotune.h"
#include "app/session/fit.h"
#include "app/session/network.h"
#include "app/worker/death.h"
#include "app/worker/rewind.h"
#include "engine/base/clock.h"
#include "engine/base/text.h"
#include "engine/train/checkpoint.h"
#include "engine/train/methods/reported.h"
#include "store/death.h"
#include "store/database/files.h"
#include "store/kept.h"
#include "store/lock.h"
#include "store/metric.h"

enum { WRITE_MILLISECONDS = 250 }; /* how long a step waits for another process to finish writing */

/* Redirects stdout and stderr to the log of the run, and stdin from /dev/null. */
static bool redirect(struct worker *w, struct err *e)
{
    int log = store_file(w->store, STORE_RUN, w->run.id, "log", FOLDER_APPEND, NULL, e);
    if (log < 0) return false;
    int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (null < 0) {
        err_errno(e, "/dev/null");
        close(log);
        return false;
    }
    fflush(NULL);
    dup2(null, STDIN_FILENO);
    dup2(log, STDOUT_FILENO);
    dup2(log, STDERR_FILENO);
    close(log);
    close(null);
    return true;
}

static bool same_data(const struct worker *w, const struct resume_point *point, struct err *e)
{
    const char *digest = point->open ? tensors_metadata(&point->tensors, "data_digest") : NULL;
    const char *now = w->session.data.dataset.digest;
    if (!digest || !strcmp(digest, now)) return true;
    return err_set(e, ERR_CONFLICT,
                   "run %s: data set %s is not the one that it was trained on (digest %.12s, was %.12s)", w->run.name,
                   w->session.data.dataset.name, now, digest);
}

/* On another kind of CPU the run continues, but not with the same last bits; that is reported. */
static void note_machine(const struct resume_point *point)
{
    const char *core = tensors_metadata(&point->tensors, "blas");
    if (core && strcmp(core, openblas_get_corename()))
        printf(
            "resume: the checkpoint is of another kind of CPU (%s, now %s): numbers may differ in their last digits\n",
            core, openblas_get_corename());
}

/* Chooses how convolutions are computed: as at the first start of the run, or, at that, as is fastest here. */
static bool tune(struct worker *w, const struct resume_point *point, struct err *e)
{
    const char *decided = w->run.resolved;
    if (point->open) decided = tensors_metadata(&point->tensors, "autotune");
    if (!point->open && (!decided || !strstr(decided, "# autotune "))) decided = NULL;
    if (point->open && !decided) decided = ""; /* the checkpoint is older than this choice */
    double seconds;
    int timed;
    if (!autotune_prepare(&w->session, w->store, decided, &seconds, &timed, e)) return false;
    if (timed)
        printf("autotune: %d %s timed in %.1f s\n", timed,
               text_number(timed, "pass of a convolution", "passes of convolutions"), seconds);
    return true;
}

/* Starting takes a while. A user who asks for an end meanwhile does not have to wait, and finds the run unchanged. */
static bool goes_on(const struct worker *w, struct err *e)
{
    return !process_asked() || err_set(e, ERR_INTERRUPTED, "run %s: asked to end while it started", w->run.name);
}

bool worker_prepare(struct worker *w, const struct resume_point *point, struct err *e)
{
    struct settings settings;
    char report[600];
    if (!resume_point_settings(w->store, &w->run, point, &settings, e)) return false;
    /* the values that `auto` had at the first start are used again, whatever the environment says now */
    if (w->run.resolved && *w->run.resolved) unsetenv("MLVICX_KERNELS");
    if (!session_open(&w->session, w->store, &settings, e) || !same_data(w, point, e)) return false;
    if (!goes_on(w, e) || !fit_check(&w->session, e)) return false;
    if (!tune(w, point, e) || !goes_on(w, e) || !session_start(&w->session, (uint64_t)point->step, e)) return false;
    w->step = point->step;
    w->loaded = false;
    if (point->open) {
        note_machine(point);
        for (int k = 0; k < SESSION_MEMORIES; k++) { /* absent in checkpoints of earlier versions */
            const char *memory = tensors_metadata(&point->tensors, session_memory_names[k]);
            if (memory) verdict_memory_read(&w->session.memory[k], memory);
        }
        return checkpoint_restore(w->session.engine, &point->tensors, true, e);
    }
    if (!session_init(&w->session, w->store, w->run.id, report, sizeof report, e)) return false;
    if (*report) app_print("init: %s\n", report);
    return true;
}

/* Reads the seconds trained before `step`, so that time.wall continues. */
static bool recall_wall(struct worker *w, struct err *e)
{
    static const char *const name = "time.wall";
    if (!store_metric_latest(w->store, w->run.id, w->step, &name, 1, &w->wall, NULL, e)) return false;
    if (!isfinite(w->wall)) w->wall = 0;
    return true;
}

/* Claims the run: from here on it belongs to this worker, and what it records is stored. */
static bool claim(struct worker *w, const struct resume_point *point, struct err *e)
{
    death_unseen(w->store, w->run.id);
    fault_note(death_begin(w->store, w->run.id, fit_needed(&w->session), NULL));
    w->claimed = store_run_claim(w->store, w->run.id, w->from, e);
    if (!w->claimed) death_end(w->store, w->run.id, NULL);
    recorder_init(&w->recorder, w->store, w->run.id, w->lock);
    if (point->open) w->recorder.saved = point->row;
    w->recorder.best = resume_point_best(point);
    return w->claimed;
}

/* Stores name, unit and help of the metrics of this run, before the first value. */
static bool tell_metrics(struct worker *w, struct err *e)
{
    const struct engine_config *c = &w->session.config;
    const struct method_info *m = engine_method(c->method);
    return recorder_learn(&w->recorder, m, reported_levels(m, c->model.local), e);
}

/* Brings the store back to the step from which the run continues. Requests made before `started` were for another
 * worker. */
static bool rewind_store(struct worker *w, double started, struct err *e)
{
    return store_command_void(w->store, w->run.id, started, NULL, e) && rewind_to(w->store, w->run.id, w->step, e) &&
           (!w->by_wish || requests_void(w, NULL, e)) && recall_wall(w, e);
}

/* Writes the settings as given, and the values that `auto` became, into the row of the run. */
static bool write_settings(struct worker *w, struct err *e)
{
    struct text resolved = { 0 }, given = { 0 };
    network_resolved_text(&w->session.settings, &resolved);
    tuning_write(&w->session.tuning, &resolved);
    settings_write_ini(&w->given, &given);
    bool ok = !resolved.broken && !given.broken;
    if (!ok) err_set(e, ERR_MEMORY, "run %s: memory ran out", w->run.name);
    ok = ok && store_run_update(w->store, w->run.id, text_str(&given), text_str(&resolved), session_total(&w->session),
                                w->session.settings.optim.epochs, e);
    text_clear(&resolved);
    text_clear(&given);
    return ok;
}

/* Reports the step from which the run continues, if it is not the requested one: not every step has a checkpoint. */
static bool tell_step(struct worker *w, int64_t asked, struct err *e)
{
    if (asked < 0 || asked == w->step) return true;
    return recorder_event(&w->recorder, &(struct recorder_occasion){ w->step, STORE_WATCH, "checkpoint", false }, e,
                          "step %lld has no whole checkpoint: %s step %lld", (long long)asked,
                          w->step > 0 ? "goes on from" : "there is no older one either, begins again at",
                          (long long)w->step);
}

static bool tell_beginning(struct worker *w, const struct resume_point *point, int64_t asked, struct err *e)
{
    bool fresh = w->run.state == STORE_QUEUED && !point->open; /* a fork continues its parent */
    if (*point->refused &&
        !recorder_event(&w->recorder, &(struct recorder_occasion){ w->step, STORE_BAD, "checkpoint", false }, e,
                        "passed over: %.400s", point->refused))
        return false;
    if (!tell_step(w, asked, e)) return false;
    char again[96] = "";
    if (!fresh && asked < 0 && w->run.step > w->step)
        snprintf(again, sizeof again, " from step %lld; %lld %s repeated,", (long long)w->step,
                 (long long)(w->run.step - w->step), w->run.step - w->step == 1 ? "step is" : "steps are");
    return recorder_event(&w->recorder,
                          &(struct recorder_occasion){ w->step, STORE_INFO, fresh ? "start" : "resume", false }, e,
                          "%s%s with %d %s, kernels %s, seed %lld", fresh ? "begins" : "goes on", again,
                          w->session.config.threads, text_number(w->session.config.threads, "thread", "threads"),
                          kernel_set_names[w->session.config.kernels], (long long)w->session.settings.train.seed);
}

static bool ask_sets(struct worker *w, const char *const *sets, struct err *e)
{
    for (; sets && *sets; sets++)
        if (!requests_set(w, *sets, e)) return false;
    return true;
}

/* A lock is not visible on other machines: there, a recent heartbeat means that a worker is alive. */
static bool check_elsewhere(const struct worker *w, struct err *e)
{
    char host[64] = "";
    gethostname(host, sizeof host - 1);
    bool elsewhere = strcmp(host, w->run.host) && *w->run.host;
    enum store_state state = elsewhere ? store_run_state(w->store, &w->run) : STORE_LOST;
    if (state != STORE_RUNNING && state != STORE_PAUSED) return true;
    return err_set(e, ERR_CONFLICT, "run %s: a worker on %s has it (its last sign is %.0f s old); stop it there first",
                   w->run.name, w->run.host, clock_wall() - w->run.heartbeat_at);
}

bool worker_monitor(struct worker *w, struct err *e)
{
    monitor_close(&w->monitor);
    validation_close(&w->validation);
    return monitor_open(&w->monitor, &w->session, &w->recorder, w->run.preset, w->step, e) &&
           validation_open(&w->validation, &w->session, &w->recorder, w->step, e) &&
           alarms_init(&w->alarms, &w->recorder, &w->session.settings, w->step, e);
}

/* Checks everything that can be refused, before the run is claimed: nothing of it has changed yet. */
static bool look_before(struct worker *w, const struct worker_start *start, struct resume_point *point, struct err *e)
{
    return goes_on(w, e) && rewind_recover(w->store, &w->run, e) &&
           resume_point_find(w->store, &w->run, start->from, point, e) && goes_on(w, e) &&
           worker_prepare(w, point, e) && fit_check_files(&w->session, w->step, w->store, e) &&
           requests_prepare(w, start->sets, e) && goes_on(w, e) && rewind_prepare(w->store, &w->run, w->step, e);
}

/* Records figures that an evaluation could not record. If that fails now too, it is left to others. */
static void take_kept(struct worker *w)
{
    size_t taken, left;
    struct err why;
    store_kept_take(w->store, &taken, &left, &why);
    if (taken)
        app_print("figures that %zu earlier %s could not record are in the store now\n", taken,
                  text_number(taken, "evaluation", "evaluations"));
    if (left)
        app_print("figures that %zu earlier %s could not record stay where they are: %s\n", left,
                  text_number(left, "evaluation", "evaluations"), why.msg);
}

bool worker_begin(struct worker *w, const struct worker_start *start, struct err *e)
{
    struct resume_point point = { 0 };
    double started = clock_wall();
    store_set_asked(w->store, process_asked);
    if (!store_lock_take(w->store, w->run.id, &w->lock, e) || !check_elsewhere(w, e) || !redirect(w, e)) return false;
    store_lock_note(w->lock, "");
    bool ok = look_before(w, start, &point, e) && claim(w, &point, e) && rewind_store(w, started, e) &&
              write_settings(w, e) && tell_metrics(w, e) && tell_beginning(w, &point, start->from, e) &&
              requests_replay(w, e) && ask_sets(w, start->sets, e) && worker_monitor(w, e) &&
              recorder_flush(&w->recorder, e);
    resume_point_close(&point);
    store_set_asked(w->store, NULL);
    w->began = w->saved = clock_seconds();
    if (ok) store_set_lock_timeout(w->store, WRITE_MILLISECONDS);
    if (ok) take_kept(w);
    return ok;
}
